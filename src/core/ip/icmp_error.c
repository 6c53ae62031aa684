/* ICMP errors: which death deserves one, what forbids one, and how it is built.
 *
 * The rate limits are kept as one time each (the generic cell rate algorithm): `due` is when the
 * bucket would be full again. An error moves it one interval on and is allowed while it is not more
 * than a burst ahead of now. A bucket at rest costs nothing, and nothing ticks.                  */
#include "core/ip/icmp.h"
#include "core/ip/ip.h"
#include "core/pkt/segment.h"

enum {
	ICMP_PRECEDENCE = 0xc0, /* internetwork control, RFC 1812 section 4.3.2.5 */
	/* What the sender asked of the service; the two bits below belong to congestion marks now
	 * (RFC 3168), which an error has none of.                                               */
	ICMP_TOS_MASK = 0x1c,
	ICMP_QUOTE_MAX = ICMP_ERROR_LEN_MAX - IP4_HLEN_MIN - ICMP_HLEN,
	REDIRECT_HOST = 1,
};

/* What drop_arg means to the error. */
enum answer_arg { ARG_NONE, ARG_MTU, ARG_POINTER, ARG_CODE };

struct answer {
	u8 type; /* 0: none (an echo reply is never an error) */
	u8 code;
	u8 arg; /* enum answer_arg */
};

static const struct answer answers[DROP_COUNT] = {
	[DROP_TTL_EXPIRED] = { ICMP_TIME_EXCEEDED, ICMP_EXCEEDED_TRANSIT, ARG_NONE },
	[DROP_FRAG_TIMEOUT] = { ICMP_TIME_EXCEEDED, ICMP_EXCEEDED_REASSEMBLY, ARG_NONE },
	[DROP_TOO_BIG_DF] = { ICMP_UNREACH, ICMP_UNREACH_FRAG, ARG_MTU },
	[DROP_NO_ROUTE] = { ICMP_UNREACH, ICMP_UNREACH_NET, ARG_NONE },
	[DROP_NEIGH_FAILED] = { ICMP_UNREACH, ICMP_UNREACH_HOST, ARG_NONE },
	[DROP_IFACE_DOWN] = { ICMP_UNREACH, ICMP_UNREACH_HOST, ARG_NONE },
	[DROP_FILTER_REJECTED] = { ICMP_UNREACH, 0, ARG_CODE },
	[DROP_ROUTE_ZONE] = { ICMP_UNREACH, ICMP_UNREACH_PROHIBITED, ARG_NONE },
	[DROP_ROUTE_PROHIBITED] = { ICMP_UNREACH, ICMP_UNREACH_PROHIBITED, ARG_NONE },
	/* RFC 5508 REQ-8: no state could be made for the packet. */
	[DROP_NAT_NO_PORT] = { ICMP_UNREACH, ICMP_UNREACH_PROHIBITED, ARG_NONE },
	[DROP_NAT_NO_ADDRESS] = { ICMP_UNREACH, ICMP_UNREACH_PROHIBITED, ARG_NONE },
	[DROP_NAT_MAPPING_FULL] = { ICMP_UNREACH, ICMP_UNREACH_PROHIBITED, ARG_NONE },
	[DROP_CT_FULL] = { ICMP_UNREACH, ICMP_UNREACH_PROHIBITED, ARG_NONE },
	[DROP_NAT_NO_BACKEND] = { ICMP_UNREACH, ICMP_UNREACH_PORT, ARG_NONE },
	[DROP_SUBSCRIBER_FLOWS] = { ICMP_UNREACH, ICMP_UNREACH_PROHIBITED, ARG_NONE },
	[DROP_SUBSCRIBER_PORTS] = { ICMP_UNREACH, ICMP_UNREACH_PROHIBITED, ARG_NONE },
	[DROP_SUBSCRIBER_RATE] = { ICMP_UNREACH, ICMP_UNREACH_PROHIBITED, ARG_NONE },
	[DROP_SUBSCRIBER_FULL] = { ICMP_UNREACH, ICMP_UNREACH_PROHIBITED, ARG_NONE },
	[DROP_SPLIT_UNREACHABLE] = { ICMP_UNREACH, ICMP_UNREACH_HOST, ARG_NONE },
	[DROP_NO_SOCKET] = { ICMP_UNREACH, ICMP_UNREACH_PORT, ARG_NONE },
	[DROP_NO_PROTOCOL] = { ICMP_UNREACH, ICMP_UNREACH_PROTO, ARG_NONE },
	[DROP_IP_OPTIONS] = { ICMP_PARAM_PROBLEM, 0, ARG_POINTER },
	[DROP_IP_SOURCE_ROUTE] = { ICMP_UNREACH, ICMP_UNREACH_SRC_ROUTE, ARG_NONE },
};

static const char *const refusal_names[ICMP_REFUSAL_COUNT] = {
	[ICMP_SENT] = "an ICMP error is sent",
	[ICMP_REFUSED_SILENT] = "this reason is answered by no ICMP error",
	[ICMP_REFUSED_TCP_RESET] = "TCP is answered by a reset instead",
	[ICMP_REFUSED_HEADER] = "the IP header is invalid",
	[ICMP_REFUSED_ERROR] = "the packet is an ICMP error itself, or no known ICMP query",
	[ICMP_REFUSED_LINK_GROUP] = "the packet came as a link-layer broadcast or multicast",
	[ICMP_REFUSED_DST_MULTICAST] = "the destination is a multicast address",
	[ICMP_REFUSED_DST_BROADCAST] = "the destination is a broadcast address",
	[ICMP_REFUSED_FRAGMENT] = "the packet is a fragment other than the first",
	[ICMP_REFUSED_SRC_ZERO] = "the source is in 0.0.0.0/8, no single host",
	[ICMP_REFUSED_SRC_LOOPBACK] = "the source is a loopback address",
	[ICMP_REFUSED_SRC_MULTICAST] = "the source is a multicast address",
	[ICMP_REFUSED_SRC_BROADCAST] = "the source is a broadcast address",
	[ICMP_REFUSED_SRC_CLASS_E] = "the source is a class E address",
	[ICMP_REFUSED_RATE] = "the rate limit for all ICMP errors is reached",
	[ICMP_REFUSED_DEST_RATE] = "the rate limit for ICMP errors to this host is reached",
	[ICMP_REFUSED_NO_BUFFER] = "no packet buffer was free",
};

const char *icmp_refusal_name(enum icmp_refusal refusal)
{
	CHECK(refusal < ICMP_REFUSAL_COUNT);
	return refusal_names[refusal];
}

void icmp_init(struct icmp *icmp, const struct icmp_conf *conf, struct pkt_pool *pool,
	       const struct hash_key *key)
{
	memset(icmp, 0, sizeof *icmp);
	icmp->conf = *conf;
	icmp->pool = pool;
	icmp->key = *key;
}

/* ---- the decision ---------------------------------------------------------------------------- */

/* A packet that died before or at these checks has no header to go by. */
static bool died_of_header(enum drop reason)
{
	return reason == DROP_IP_SHORT || reason == DROP_IP_VERSION ||
	       reason == DROP_IP_HEADER_LEN || reason == DROP_IP_CHECKSUM ||
	       reason == DROP_IP_LENGTH;
}

/* An ICMP message may cause an error only when it is known to be a query: types that nobody knows
 * could be errors of tomorrow, and a loop of errors has no end (RFC 1122 section 3.2.2).         */
static bool is_icmp_query(const struct pkt *pkt, const struct ip4_hdr *ip)
{
	u32 hlen = ip4_hlen(ip);
	u8 type;

	if (pkt->len <= hlen)
		return false;
	type = pkt_l3(pkt)[hlen];
	return icmp_is_request(type) || icmp_is_reply(type);
}

static enum icmp_refusal judge_source(be32 src, u32 facts)
{
	if (ip4_is_zeronet(src))
		return ICMP_REFUSED_SRC_ZERO;
	if (ip4_is_loopback(src))
		return ICMP_REFUSED_SRC_LOOPBACK;
	if (ip4_is_multicast(src))
		return ICMP_REFUSED_SRC_MULTICAST;
	if (ip4_is_limited_broadcast(src) || (facts & ICMP_SRC_IS_BROADCAST) != 0)
		return ICMP_REFUSED_SRC_BROADCAST;
	if (ip4_is_class_e(src))
		return ICMP_REFUSED_SRC_CLASS_E;
	return ICMP_SENT;
}

/* RFC 1812 section 4.3.2.7, rule by rule. */
static enum icmp_refusal judge_packet(const struct pkt *pkt, u32 facts)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(pkt);

	if ((be16_host(ip->frag) & IP4_OFFSET_MASK) != 0)
		return ICMP_REFUSED_FRAGMENT;
	if (ip->proto == IP_PROTO_ICMP && !is_icmp_query(pkt, ip))
		return ICMP_REFUSED_ERROR;
	if ((pkt->flags & (PKT_LINK_BROADCAST | PKT_LINK_MULTICAST)) != 0)
		return ICMP_REFUSED_LINK_GROUP;
	if (ip4_is_multicast(ip->dst))
		return ICMP_REFUSED_DST_MULTICAST;
	if (ip4_is_limited_broadcast(ip->dst) || (facts & ICMP_DST_IS_BROADCAST) != 0)
		return ICMP_REFUSED_DST_BROADCAST;
	return judge_source(ip->src, facts);
}

/* Answered to TCP alone. */
static bool is_for_tcp(enum drop reason)
{
	return reason == DROP_CT_MIDSTREAM || reason == DROP_NAT_BACKEND_GONE ||
	       reason == DROP_NAT_WAY_GONE || reason == DROP_SPLIT_REFUSED;
}

/* Nobody is behind this port: answered to TCP and UDP. */
static bool is_of_port(enum drop reason)
{
	return reason == DROP_NO_SOCKET || reason == DROP_NAT_NO_BACKEND;
}

/* What belongs to TCP is answered by TCP. */
static bool is_reset_instead(const struct pkt *dead, enum drop reason, u8 proto)
{
	return proto == IP_PROTO_TCP &&
	       (is_of_port(reason) || is_for_tcp(reason) ||
		(reason == DROP_FILTER_REJECTED && dead->drop_arg == ICMP_REJECT_RESET));
}

static be32 answer_word(const struct answer *answer, u32 drop_arg)
{
	switch ((enum answer_arg)answer->arg) {
	case ARG_MTU: return be32_of(u32_min(drop_arg, IP4_LEN_MAX));
	case ARG_POINTER: return be32_of(drop_arg << 24);
	case ARG_CODE:
	case ARG_NONE: break;
	}
	return (be32){ 0 };
}

enum icmp_refusal icmp_error_decide(const struct pkt *dead, u32 facts, struct icmp_error_spec *spec)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(dead);
	enum drop reason = (enum drop)dead->drop;
	const struct answer *answer;
	enum icmp_refusal refusal;

	CHECK(reason < DROP_COUNT);
	if (died_of_header(reason))
		return ICMP_REFUSED_HEADER;
	answer = &answers[reason];
	if (answer->type == 0 && !is_for_tcp(reason))
		return ICMP_REFUSED_SILENT;
	refusal = judge_packet(dead, facts);
	if (refusal != ICMP_SENT)
		return refusal;
	if (is_reset_instead(dead, reason, ip->proto))
		return ICMP_REFUSED_TCP_RESET;
	if (answer->type == 0 || (is_of_port(reason) && ip->proto != IP_PROTO_UDP))
		return ICMP_REFUSED_SILENT;
	spec->type = answer->type;
	spec->code = answer->arg == ARG_CODE ? (u8)dead->drop_arg : answer->code;
	spec->word = answer_word(answer, dead->drop_arg);
	return ICMP_SENT;
}

/* ---- rate limits ----------------------------------------------------------------------------- */

/* Whether a bucket lets one more through; *due is moved on then. */
static bool bucket_take(ns_t *due, ns_t now, u32 rate_per_second, u32 burst)
{
	ns_t interval_ns, from;

	if (rate_per_second == 0 || burst == 0)
		return false;
	interval_ns = NS_PER_SEC / rate_per_second;
	from = *due > now ? *due : now;
	if (from - now > (burst - 1) * interval_ns)
		return false;
	*due = from + interval_ns;
	return true;
}

/* Both buckets or none: what the common one refuses must not cost the destination anything. */
static enum icmp_refusal rate_take(struct icmp *icmp, be32 dst, ns_t now)
{
	u32 bucket = hash_range(hash_words(&icmp->key, dst.raw, 0), ICMP_DEST_BUCKETS);
	ns_t dest_due_ns = icmp->dest_due_ns[bucket];

	if (!bucket_take(&dest_due_ns, now, icmp->conf.dest_rate_per_second, icmp->conf.dest_burst))
		return ICMP_REFUSED_DEST_RATE;
	if (!bucket_take(&icmp->due_ns, now, icmp->conf.rate_per_second, icmp->conf.burst))
		return ICMP_REFUSED_RATE;
	icmp->dest_due_ns[bucket] = dest_due_ns;
	return ICMP_SENT;
}

/* ---- the message ----------------------------------------------------------------------------- */

/* The first bytes of the packet into the error. What the sender left to the hardware is finished,
 * what this gateway changed is changed back: the sender must recognize its packet.               */
static void quote_write(u8 *quote, u32 quote_len, const struct pkt *pkt)
{
	struct ip4_hdr *ip = (struct ip4_hdr *)quote;
	u32 field = (u32)pkt->csum_start + pkt->csum_offset;

	memcpy(quote, pkt_l3(pkt), quote_len);
	/* Of what died before ip_check_l4 the driver may have said anything. */
	if ((pkt->flags & PKT_CSUM_PARTIAL) != 0 && pkt->gso_type == GSO_NONE &&
	    pkt->csum_start >= ip4_hlen(ip) && pkt_csum_fits(pkt) &&
	    field + sizeof(be16) <= quote_len)
		be16_store(quote + field, pkt_csum_value(pkt));
	if ((pkt->flags & PKT_TTL_TAKEN) != 0) {
		be16 old = be16_load(&ip->ttl);

		ip->ttl++;
		ip->csum = csum_replace16(ip->csum, old, be16_load(&ip->ttl));
	}
	if ((pkt->flags & PKT_FRAG_DF) != 0) {
		be16 old = ip->frag;

		ip->frag = be16_of((u16)(be16_host(old) | IP4_DF));
		ip->csum = csum_replace16(ip->csum, old, ip->frag);
	}
}

static void error_write(struct icmp *icmp, struct pkt *error, const struct icmp_error_spec *spec,
			be32 source, const struct ip4_hdr *about)
{
	struct ip4_hdr *ip = (struct ip4_hdr *)pkt_l3(error);
	struct icmp_hdr *message = (struct icmp_hdr *)(ip + 1);
	u64 id = hash_words(&icmp->key, icmp->id_count++, about->src.raw);

	*ip = (struct ip4_hdr){
		.version_ihl = 0x45,
		.tos = (u8)(ICMP_PRECEDENCE | (about->tos & ICMP_TOS_MASK)),
		.len = be16_of((u16)error->len),
		.id = be16_of((u16)id),
		.ttl = IP4_TTL_DEFAULT,
		.proto = IP_PROTO_ICMP,
		.src = source,
		.dst = about->src,
	};
	ip_set_csum(ip);
	message->type = spec->type;
	message->code = spec->code;
	message->word = spec->word;
	message->csum = (be16){ 0 };
	message->csum = csum_finish(csum_sum(message, error->len - IP4_HLEN_MIN));
	error->l4 = (u16)(error->l3 + IP4_HLEN_MIN);
	error->flags = PKT_LOCAL_OUT | PKT_ICMP_ERROR;
}

/* A segment that stands for many was never on a wire: the first of its parts is quoted instead,
 * unless no buffer is free for it. One that can not be split stands for itself alone.            */
static struct pkt *first_on_wire(struct icmp *icmp, const struct pkt *pkt)
{
	if (!pkt_is_segmentable(pkt))
		return NULL;
	return pkt_segment_at(icmp->pool, pkt, 0, PKT_CSUM_COMPLETE);
}

struct pkt *icmp_error_make(struct icmp *icmp, const struct pkt *dead,
			    const struct icmp_error_spec *spec, be32 source, ns_t now,
			    enum icmp_refusal *why)
{
	const struct ip4_hdr *about = (const struct ip4_hdr *)pkt_l3(dead);
	struct pkt *part, *error;
	const struct pkt *quoted;
	u32 quote_len;

	*why = rate_take(icmp, about->src, now);
	if (*why != ICMP_SENT) {
		icmp->count[*why]++;
		return NULL;
	}
	part = first_on_wire(icmp, dead);
	quoted = part != NULL ? part : dead;
	quote_len = u32_min(quoted->len, ICMP_QUOTE_MAX);
	error = pkt_new(icmp->pool, IP4_HLEN_MIN + ICMP_HLEN + quote_len);
	if (error != NULL) {
		quote_write(pkt_l3(error) + IP4_HLEN_MIN + ICMP_HLEN, quote_len, quoted);
		error_write(icmp, error, spec, source, about);
	} else {
		*why = ICMP_REFUSED_NO_BUFFER;
	}
	if (part != NULL)
		pkt_put(part);
	icmp->count[*why]++;
	return error;
}

struct pkt *icmp_redirect_make(struct icmp *icmp, const struct pkt *pkt, be32 gateway, be32 source,
			       ns_t now, enum icmp_refusal *why)
{
	struct icmp_error_spec spec = { ICMP_REDIRECT, REDIRECT_HOST, gateway };

	*why = judge_packet(pkt, 0);
	if (*why != ICMP_SENT) {
		icmp->count[*why]++;
		return NULL;
	}
	return icmp_error_make(icmp, pkt, &spec, source, now, why);
}
