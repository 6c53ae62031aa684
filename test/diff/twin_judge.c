/* The verdict about one packet: same, different for a known reason, or different. */
#include "diff/twin.h"

#include <stdio.h>

#include "core/wire/checksum.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/sctp.h"
#include "core/wire/tcp.h"

static const char *const rule_names[TWIN_RULES] = {
	[TWIN_SAME] = "same",
	[TWIN_RULE_ICMP_CSUM] = "wrong ICMP checksum: the kernel passes it on",
	[TWIN_RULE_BAD_QUOTE] = "ICMP error with a broken quotation: the kernel passes it on",
	[TWIN_RULE_ERROR_SOURCE] = "source of an ICMP error about a packet to the gateway",
	[TWIN_RULE_TIMESTAMP] = "ICMP timestamp request to the gateway: the kernel answers",
	[TWIN_RULE_REVIVED_FLOW] = "TCP that goes on after a reset: the kernel's flow ends earlier",
	[TWIN_RULE_PORTLESS_CLASH] = "second flow of a protocol without ports",
	[TWIN_RULE_RECORD_ROUTE] = "IP options of a packet",
	[TWIN_RULE_RESET_TOS] = "type of service of a reset",
	[TWIN_RULE_LINK_LOCAL] = "link-local addresses: the kernel forwards them",
	[TWIN_RULE_CLASS_E] = "class E address: the kernel forwards",
	[TWIN_RULE_BROADCAST_SOURCE] = "source is a directed broadcast: the kernel forwards",
	[TWIN_RULE_IGMP] = "IGMP to the gateway: the kernel speaks it",
	[TWIN_RULE_SOURCE_ROUTE] = "source route: the kernel sends no 3/5",
	[TWIN_RULE_FRAG_LIMIT] = "more than 64 fragments of one packet",
	[TWIN_RULE_FRAG_OPTIONS] = "options that are not copied into fragments",
	[TWIN_RULE_REFUSED_FLOW] = "TCP that a reset refused: the kernel forgets it at once",
	[TWIN_RULE_ERROR_ECN] = "congestion mark of an ICMP error",
	[TWIN_RULE_ERROR_OPTIONS] = "IP options of an ICMP error",
	[TWIN_RULE_QUOTED_CSUM] = "checksum of a quoted TCP header that is cut behind it",
	[TWIN_RULE_QUOTED_TTL] = "TTL in the quotation of a packet that a rule rejects",
	[TWIN_RULE_REJECT_OPTIONS] =
		"packet with IP options that a rule rejects: the kernel is silent",
	[TWIN_RULE_SCTP_QUOTE] = "sum of a quoted SCTP packet",
	[TWIN_RULE_SCTP_CSUM] = "wrong sum of SCTP: the kernel makes it right",
	[TWIN_RULE_SCTP_INVALID] = "SCTP that the kernel takes for invalid",
	[TWIN_RULE_NO_PORTS] = "protocol whose ports the kernel does not know",
	[TWIN_RULE_GRE_KEY] = "tunnel of GRE: the kernel knows one for each pair of addresses",
	[TWIN_RULE_LOCAL_PROTO] = "protocol that the gateway does not speak",
	[TWIN_RULE_COVERAGE] = "UDP-Lite with a coverage that can not be: the kernel drops it",
	[TWIN_DIFFERENT] = "different",
};

const char *twin_rule_name(enum twin_rule rule)
{
	return rule_names[rule];
}

/* ---- equality ---------------------------------------------------------------------------------*/

static bool is_local(const struct ip4_hdr *ip)
{
	return be32_eq(ip->src, addr("10.10.0.1")) || be32_eq(ip->src, addr("198.18.0.1"));
}

/* Nothing answers a reset with a reset, so who sends one tells who made it. */
static bool has_reset(const u8 *bytes, u32 len)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)bytes;
	u32 flags_at = ip4_hlen(ip) + 13;

	return ip->proto == IP_PROTO_TCP && !ip4_is_fragment(ip) && flags_at < len &&
	       (bytes[flags_at] & TCP_RST) != 0;
}

/* Did the gateway make it? Then its IP identifier is its own affair. What answers the packet: an
 * ICMP message, or a reset in somebody's name.                                                  */
static bool made_here(const struct twin *twin, const struct twin_out *out)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)out->bytes;
	const struct ip4_hdr *in = (const struct ip4_hdr *)twin->in;

	return be32_eq(ip->dst, in->src) && (is_local(ip) || (has_reset(out->bytes, out->len) &&
							      !has_reset(twin->in, twin->len)));
}

/* Zero and all ones are the same sum. */
static bool csum_same(const u8 *a, const u8 *b)
{
	u16 x = (u16)(a[0] << 8 | a[1]), y = (u16)(b[0] << 8 | b[1]);

	return x == y || ((x == 0 || x == 0xffff) && (y == 0 || y == 0xffff));
}

static u32 l4_csum_at(const struct twin_out *out)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)out->bytes;

	if (ip4_frag_offset_bytes(ip) != 0)
		return 0;
	switch (ip->proto) {
	case IP_PROTO_TCP: return ip4_hlen(ip) + 16;
	case IP_PROTO_ICMP: return ip4_hlen(ip) + 2;
	default: return 0;
	}
}

/* The sum of SCTP in a first fragment: nobody knows here what the others would change in it. */
static u32 cut_sctp_sum_at(const struct twin_out *out)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)out->bytes;
	u32 at = ip4_hlen(ip) + SCTP_CSUM_AT;

	return ip->proto == IP_PROTO_SCTP && ip4_is_fragment(ip) &&
			       ip4_frag_offset_bytes(ip) == 0 && at + 4 <= out->len
		       ? at
		       : 0;
}

/* The headers in `clear` are set to zero in both before they are compared. */
static bool out_same(const struct twin *twin, const struct twin_out *ours,
		     const struct twin_out *theirs)
{
	static struct twin_out a, b;
	u32 csum = l4_csum_at(ours);

	if (ours->iface != theirs->iface || ours->len != theirs->len)
		return false;
	a = *ours;
	b = *theirs;
	if (made_here(twin, ours) && made_here(twin, theirs)) {
		memset(a.bytes + 4, 0, 2);
		memset(b.bytes + 4, 0, 2);
		memset(a.bytes + 10, 0, 2);
		memset(b.bytes + 10, 0, 2);
	}
	if (csum != 0 && csum + 2 <= a.len && csum_same(a.bytes + csum, b.bytes + csum))
		memcpy(a.bytes + csum, b.bytes + csum, 2);
	if (cut_sctp_sum_at(ours) != 0)
		memcpy(a.bytes + cut_sctp_sum_at(ours), b.bytes + cut_sctp_sum_at(ours), 4);
	return memcmp(a.bytes, b.bytes, a.len) == 0;
}

static bool outs_same(const struct twin *twin)
{
	if (twin->ours.count != twin->theirs.count)
		return false;
	for (u32 n = 0; n < twin->ours.count; n++) {
		if (!out_same(twin, &twin->ours.out[n], &twin->theirs.out[n]))
			return false;
	}
	return true;
}

/* ---- differences with a reason ----------------------------------------------------------------*/

static bool ours_is_error(const struct twin *twin, const struct twin_outs *outs, struct seen *seen)
{
	return outs->count == 1 && seen_parse(seen, outs->out[0].bytes, outs->out[0].len) &&
	       seen_is_icmp_error(seen) && made_here(twin, &outs->out[0]);
}

static bool to_gateway(const struct twin *twin)
{
	be32 dst = ((const struct ip4_hdr *)twin->in)->dst;

	return be32_eq(dst, addr("10.10.0.1")) || be32_eq(dst, addr("198.18.0.1"));
}

static enum twin_rule judge_errors(const struct twin *twin, const struct seen *ours,
				   const struct seen *theirs)
{
	u32 quote_len = u32_min(ours->quote_len, theirs->quote_len);
	u8 proto = ((const struct ip4_hdr *)twin->in)->proto;

	if (ours->type == ICMP_UNREACH && theirs->type == ICMP_UNREACH &&
	    ours->code == ICMP_UNREACH_PROTO && theirs->code == ICMP_UNREACH_PORT &&
	    to_gateway(twin) && (proto == IP_PROTO_GRE || proto == IP_PROTO_UDPLITE))
		return TWIN_RULE_LOCAL_PROTO;
	if (ours->type != theirs->type || ours->code != theirs->code ||
	    (ours->tos & ~3) != (theirs->tos & ~3) || ours->icmp_seq != theirs->icmp_seq ||
	    ours->icmp_id != theirs->icmp_id)
		return TWIN_DIFFERENT;
	/* The kernel quotes options as it filled them in, under the checksum from before. */
	if (ip4_hlen((const void *)twin->in) > IP4_HLEN_MIN &&
	    memcmp(ours->quote, theirs->quote, IP4_HLEN_MIN) == 0)
		return TWIN_RULE_ERROR_OPTIONS;
	if (memcmp(ours->quote, theirs->quote, quote_len) != 0)
		return TWIN_DIFFERENT;
	if (!be32_eq(ours->src, theirs->src))
		return to_gateway(twin) ? TWIN_RULE_ERROR_SOURCE : TWIN_DIFFERENT;
	if (ours->tos != theirs->tos && ours->len == theirs->len)
		return TWIN_RULE_ERROR_ECN;
	return TWIN_DIFFERENT;
}

/* Silence, or a reset as for mid-stream. */
static bool kernel_refuses(const struct twin *twin)
{
	struct seen seen;

	const struct ip4_hdr *ours = (const void *)twin->ours.out[0].bytes;

	if (twin->theirs.count == 0)
		return true;
	if (ours->proto == IP_PROTO_TCP && made_here(twin, &twin->ours.out[0]))
		return false;
	return twin->theirs.count == 1 && twin->theirs.out[0].iface == twin->iface &&
	       seen_parse(&seen, twin->theirs.out[0].bytes, twin->theirs.out[0].len) &&
	       seen.proto == IP_PROTO_TCP && (seen.flags & TCP_RST) != 0;
}

/* Equal but for these fields of the IP header, one after the other. */
static enum twin_rule judge_headers(const struct twin *twin)
{
	static struct twin copy;
	u32 hlen = ip4_hlen((const void *)twin->in);

	if (twin->ours.count != twin->theirs.count || twin->ours.count == 0)
		return TWIN_DIFFERENT;
	copy = *twin;
	for (u32 n = 0; n < copy.ours.count; n++) {
		struct twin_out *ours = &copy.ours.out[n], *theirs = &copy.theirs.out[n];

		if (made_here(twin, ours) && l4_csum_at(ours) > 0 &&
		    ((struct ip4_hdr *)ours->bytes)->proto == IP_PROTO_TCP) {
			theirs->bytes[1] = ours->bytes[1];
			memcpy(theirs->bytes + 10, ours->bytes + 10, 2);
			if (outs_same(&copy))
				return TWIN_RULE_RESET_TOS;
		}
		if (hlen > IP4_HLEN_MIN && ip4_hlen((void *)ours->bytes) == hlen &&
		    ip4_hlen((void *)theirs->bytes) == hlen) {
			memcpy(theirs->bytes + 10, ours->bytes + 10, 2);
			memcpy(theirs->bytes + 20, ours->bytes + 20, hlen - 20);
		}
	}
	return outs_same(&copy) ? TWIN_RULE_RECORD_ROUTE : TWIN_DIFFERENT;
}

/* The payload of all packets, one after the other. */
static u32 outs_payload(const struct twin_outs *outs, u8 *to)
{
	u32 len = 0;

	for (u32 n = 0; n < outs->count; n++) {
		const struct twin_out *out = &outs->out[n];
		u32 hlen = ip4_hlen((const void *)out->bytes);

		memcpy(to + len, out->bytes + hlen, out->len - hlen);
		if (cut_sctp_sum_at(out) != 0)
			memset(to + len + SCTP_CSUM_AT, 0, 4);
		len += out->len - hlen;
	}
	return len;
}

static bool payloads_same(const struct twin *twin)
{
	static u8 ours[TWIN_OUTS_MAX * TWIN_OUT_SIZE];
	static u8 theirs[TWIN_OUTS_MAX * TWIN_OUT_SIZE];
	u32 len = outs_payload(&twin->ours, ours);

	return len == outs_payload(&twin->theirs, theirs) && memcmp(ours, theirs, len) == 0;
}

static bool has_source_route(const struct twin *twin)
{
	return ip4_hlen((const void *)twin->in) > IP4_HLEN_MIN &&
	       (twin->in[20] == 131 || twin->in[20] == 137);
}

/* An ICMP error whose quotation ends within the last word of the TCP header: equal but for the
 * quoted checksum, and so for the checksum of the error.                                         */
static bool same_but_quoted_csum(const struct twin *twin, const struct seen *in)
{
	static struct twin copy;
	struct seen ours, quoted;
	u32 at;

	if (!seen_is_icmp_error(in) || twin->ours.count != 1 || twin->theirs.count != 1 ||
	    !seen_parse(&ours, twin->ours.out[0].bytes, twin->ours.out[0].len) ||
	    ours.quote == NULL || !seen_parse_quote(&quoted, ours.quote, ours.quote_len) ||
	    quoted.proto != IP_PROTO_TCP || ours.quote_len < quoted.hlen + 18 ||
	    ours.quote_len >= quoted.hlen + TCP_HLEN_MIN)
		return false;
	copy = *twin;
	at = (u32)(ours.quote - twin->ours.out[0].bytes) + quoted.hlen + 16;
	memcpy(copy.theirs.out[0].bytes + at, copy.ours.out[0].bytes + at, 2);
	at = ours.hlen + 2;
	memcpy(copy.theirs.out[0].bytes + at, copy.ours.out[0].bytes + at, 2);
	return outs_same(&copy);
}

/* The sum was wrong as it came: the kernel, which looks at none, writes a right one. */
static bool same_but_sctp_sum(const struct twin *twin, const struct seen *in)
{
	static struct twin copy;

	if (in->proto != IP_PROTO_SCTP || (in->wrong & SEEN_L4_CSUM) == 0)
		return false;
	copy = *twin;
	for (u32 n = 0; n < u32_min(copy.ours.count, copy.theirs.count); n++) {
		u32 at = ip4_hlen((const void *)copy.ours.out[n].bytes) + SCTP_CSUM_AT;

		if (ip4_frag_offset_bytes((const void *)copy.ours.out[n].bytes) == 0)
			memcpy(copy.theirs.out[n].bytes + at, copy.ours.out[n].bytes + at, 4);
	}
	return outs_same(&copy);
}

/* Both dealt with it, but not in the same bytes. */
static enum twin_rule judge_both(const struct twin *twin, const struct seen *in)
{
	struct seen ours, theirs;

	if (same_but_quoted_csum(twin, in))
		return TWIN_RULE_QUOTED_CSUM;
	if (same_but_sctp_sum(twin, in))
		return TWIN_RULE_SCTP_CSUM;
	if (ours_is_error(twin, &twin->ours, &ours) && ours_is_error(twin, &twin->theirs, &theirs))
		return judge_errors(twin, &ours, &theirs);
	if (ip4_hlen((const void *)twin->in) > IP4_HLEN_MIN && twin->ours.count > 1 &&
	    payloads_same(twin))
		return TWIN_RULE_FRAG_OPTIONS;
	if (ip4_hlen((const void *)twin->in) > IP4_HLEN_MIN && twin->ours.count == 1 &&
	    twin->theirs.count == 1 && made_here(twin, &twin->ours.out[0]) && payloads_same(twin))
		return TWIN_RULE_RECORD_ROUTE;
	return judge_headers(twin);
}

/* RFC 5508 REQ-3, RFC 792: a whole header, its checksum right, and eight bytes behind it. */
static bool quote_is_broken(const struct seen *in)
{
	struct seen quoted;

	return !seen_parse_quote(&quoted, in->quote, in->quote_len) ||
	       (quoted.wrong & SEEN_IP_CSUM) != 0 || quoted.hlen + 8 > in->quote_len;
}

/* The engine says nothing, the kernel does. */
static enum twin_rule judge_silence(const struct twin *twin, const struct seen *in)
{
	struct seen theirs;

	seen_parse(&theirs, twin->theirs.out[0].bytes, twin->theirs.out[0].len);
	if (ip4_is_link_local(in->src) || ip4_is_link_local(in->dst))
		return TWIN_RULE_LINK_LOCAL;
	if (be32_eq(in->src, addr("10.10.255.255")) || be32_eq(in->src, addr("198.18.255.255")))
		return TWIN_RULE_BROADCAST_SOURCE;
	if (ip4_is_class_e(in->src) || ip4_is_class_e(in->dst))
		return TWIN_RULE_CLASS_E;
	if (seen_is_fragment(in) && twin->pieces >= REASS_FRAGMENTS_MAX)
		return TWIN_RULE_FRAG_LIMIT;
	if (in->proto == IP_PROTO_ICMP && (in->wrong & SEEN_L4_CSUM) != 0)
		return TWIN_RULE_ICMP_CSUM;
	if (seen_is_icmp_error(in) && quote_is_broken(in))
		return TWIN_RULE_BAD_QUOTE;
	if (theirs.proto == IP_PROTO_ICMP && theirs.type == ICMP_TIMESTAMP_REPLY &&
	    to_gateway(twin) && made_here(twin, &twin->theirs.out[0]))
		return TWIN_RULE_TIMESTAMP;
	return TWIN_DIFFERENT;
}

static bool knows_proto(const struct twin *twin, u8 proto)
{
	return proto == IP_PROTO_ICMP || twin->names.has_ports[proto];
}

/* The protocol of the packet, or of the one that it is an error about. */
static u8 proto_meant(const struct seen *in)
{
	return seen_is_icmp_error(in) && in->quote_len > 9 ? in->quote[9] : in->proto;
}

/* RFC 3828 section 3.1. */
static bool coverage_is_wrong(const struct twin *twin, const struct seen *in)
{
	u32 coverage;

	if (in->proto != IP_PROTO_UDPLITE || seen_is_fragment(in) || in->hlen + 8 > twin->len)
		return false;
	coverage = be16_host(be16_load(twin->in + in->hlen + 4));
	return coverage != 0 && (coverage < 8 || coverage > in->len - in->hlen);
}

/* The engine says something, the kernel does not, or refuses. */
static enum twin_rule judge_refusal(const struct twin *twin, const struct seen *in)
{
	bool passed = !made_here(twin, &twin->ours.out[0]);
	struct seen ours;

	/* The kernel has filled in the options, and takes the sum of the header for wrong then. */
	if (twin->theirs.count == 0 && twin->rules.rule_count > 0 && !passed &&
	    in->hlen > IP4_HLEN_MIN)
		return TWIN_RULE_REJECT_OPTIONS;
	if (ours_is_error(twin, &twin->ours, &ours)) {
		if (ours.type == ICMP_UNREACH && ours.code == 2 && in->proto == 2)
			return TWIN_RULE_IGMP;
		if (ours.type == ICMP_UNREACH && ours.code == 2 &&
		    in->proto == IP_PROTO_UDPLITE && (in->wrong & SEEN_L4_CSUM) != 0)
			return TWIN_RULE_LOCAL_PROTO;
		if (ours.type == ICMP_UNREACH && ours.code == 5 && has_source_route(twin))
			return TWIN_RULE_SOURCE_ROUTE;
	}
	if (twin->theirs.count == 0 && !knows_proto(twin, proto_meant(in)))
		return TWIN_RULE_PORTLESS_CLASH;
	if (twin->theirs.count == 0 && coverage_is_wrong(twin, in))
		return TWIN_RULE_COVERAGE;
	if (twin->theirs.count == 0 && has_reset(twin->in, twin->len))
		return TWIN_RULE_REFUSED_FLOW;
	if (passed && twin->theirs.count == 0 && seen_is_icmp_error(in) && in->quote_len > 9 &&
	    in->quote[9] == IP_PROTO_TCP)
		return TWIN_RULE_REFUSED_FLOW;
	/* Translated, or with the error that a known flow deserves: too big, out of time, refused
	 * by a rule. A SYN+ACK that comes again is no news to the kernel: its flow grows older. */
	if (in->proto == IP_PROTO_TCP && (in->flags & (TCP_SYN | TCP_ACK)) != TCP_SYN &&
	    twin->names.epoch > 0)
		return TWIN_RULE_REVIVED_FLOW;
	return TWIN_DIFFERENT;
}

/* What rules reject has passed the TTL: the kernel quotes it one lower than it came. */
static bool quoted_ttl_restored(const struct twin *twin, struct twin *restored)
{
	struct seen ours, theirs;
	struct ip4_hdr *quoted;
	be16 old;

	if (!ours_is_error(twin, &twin->ours, &ours) ||
	    !ours_is_error(twin, &twin->theirs, &theirs) || ours.type != ICMP_UNREACH ||
	    ours.quote == NULL || theirs.quote == NULL ||
	    ((const struct ip4_hdr *)ours.quote)->ttl !=
		    ((const struct ip4_hdr *)theirs.quote)->ttl + 1)
		return false;
	*restored = *twin;
	quoted = (struct ip4_hdr *)(restored->theirs.out[0].bytes +
				    (theirs.quote - twin->theirs.out[0].bytes));
	old = be16_load(&quoted->ttl);
	quoted->ttl++;
	quoted->csum = csum_replace16(quoted->csum, old, be16_load(&quoted->ttl));
	return true;
}

/* Ports and checksum of what is sent, or quoted, made equal. */
static void ports_blank(struct twin_out *out, struct twin_out *like)
{
	struct seen seen, quoted;
	u32 at;

	if (!seen_parse(&seen, out->bytes, out->len) || seen.frag_offset != 0)
		return;
	at = seen.hlen;
	if (seen_is_icmp_error(&seen)) {
		if (!seen_parse_quote(&quoted, seen.quote, seen.quote_len))
			return;
		memcpy(out->bytes + at + 2, like->bytes + at + 2, 2);
		at = (u32)(seen.quote - out->bytes) + quoted.hlen;
	}
	if (at + 8 > out->len || at + 8 > like->len)
		return;
	memcpy(out->bytes + at, like->bytes + at, 4);
	memcpy(out->bytes + at + 6, like->bytes + at + 6, 2);
}

/* What became of it: nothing, an ICMP error of this type and code, or it went this way to him. */
struct deed {
	bool silent;
	bool error;
	u8 type;
	u8 code;
	u32 iface;
	be32 dst;
};

static struct deed deed_of(const struct twin *twin, const struct twin_outs *outs)
{
	struct deed deed = { .silent = outs->count == 0 };
	struct seen seen;

	if (deed.silent || !seen_parse(&seen, outs->out[0].bytes, outs->out[0].len))
		return deed;
	deed.error = seen_is_icmp_error(&seen) && made_here(twin, &outs->out[0]);
	deed.type = deed.error ? seen.type : 0;
	deed.code = deed.error ? seen.code : 0;
	deed.iface = outs->out[0].iface;
	deed.dst = seen.dst;
	return deed;
}

/* Who has the flow with the engine, by its ports or its key, may not be who has the only one
 * between two addresses with the kernel; or only one of the two has it still.                    */
static bool is_of_others(const struct twin *twin)
{
	struct deed ours = deed_of(twin, &twin->ours), theirs = deed_of(twin, &twin->theirs);

	return ours.silent != theirs.silent || ours.error != theirs.error ||
	       ours.type != theirs.type || ours.code != theirs.code ||
	       ours.iface != theirs.iface || !be32_eq(ours.dst, theirs.dst);
}

/* The kernel drops what its tracker takes for invalid, so it knows nothing of what answers that,
 * and nobody here has a name for it. What ends an association, and is of none, is for nobody (RFC
 * 9260 section 8.4): the engine says nothing, and the kernel that it has no SCTP.                */
static bool is_sctp_of_one(const struct twin *twin)
{
	struct deed ours = deed_of(twin, &twin->ours), theirs = deed_of(twin, &twin->theirs);
	bool unknown = theirs.error && theirs.type == ICMP_UNREACH &&
		       theirs.code == ICMP_UNREACH_PROTO;

	return !ours.silent ? theirs.silent || (unknown && !ours.error) : unknown;
}

/* To the kernel all that two hosts say to each other is one flow, in which nothing but the
 * addresses is translated, and so the checksum, which is over them too, is not right any more.   */
static enum twin_rule judge_no_ports(const struct twin *twin)
{
	static struct twin copy;

	if (is_of_others(twin))
		return TWIN_RULE_NO_PORTS;
	if (twin->ours.count != twin->theirs.count)
		return TWIN_DIFFERENT;
	copy = *twin;
	for (u32 n = 0; n < copy.ours.count; n++)
		ports_blank(&copy.theirs.out[n], &copy.ours.out[n]);
	return outs_same(&copy) ? TWIN_RULE_NO_PORTS : TWIN_DIFFERENT;
}

static enum twin_rule judge(const struct twin *twin)
{
	struct seen in;

	if (outs_same(twin))
		return TWIN_SAME;
	if (!seen_parse(&in, twin->in, twin->len))
		return TWIN_DIFFERENT;
	if (proto_meant(&in) == IP_PROTO_GRE && is_of_others(twin))
		return TWIN_RULE_GRE_KEY;
	if (proto_meant(&in) == IP_PROTO_SCTP && is_sctp_of_one(twin))
		return TWIN_RULE_SCTP_INVALID;
	if (ip4_has_ports(proto_meant(&in)) && !knows_proto(twin, proto_meant(&in)) &&
	    judge_no_ports(twin) != TWIN_DIFFERENT)
		return TWIN_RULE_NO_PORTS;
	if (twin->ours.count == 0)
		return judge_silence(twin, &in);
	if (kernel_refuses(twin))
		return judge_refusal(twin, &in);
	return judge_both(twin, &in);
}

/* The sum of a quoted SCTP packet is over what the quotation does not have: the kernel writes one
 * of what is there.                                                                              */
static bool sctp_quote_restored(const struct twin *twin, struct twin *restored)
{
	struct seen ours, quoted;
	u8 *theirs, *csum;
	u32 at;

	if (twin->ours.count != 1 || twin->theirs.count != 1 ||
	    twin->ours.out[0].len != twin->theirs.out[0].len ||
	    !seen_parse(&ours, twin->ours.out[0].bytes, twin->ours.out[0].len) ||
	    ours.quote == NULL || !seen_parse_quote(&quoted, ours.quote, ours.quote_len) ||
	    quoted.proto != IP_PROTO_SCTP || ours.quote_len < quoted.hlen + SCTP_HLEN)
		return false;
	*restored = *twin;
	theirs = restored->theirs.out[0].bytes;
	csum = theirs + ours.hlen + 2;
	at = (u32)(ours.quote - twin->ours.out[0].bytes) + quoted.hlen + SCTP_CSUM_AT;
	for (u32 end = at + 4; at < end; at += 2) {
		be16 old = be16_load(theirs + at);

		memcpy(theirs + at, twin->ours.out[0].bytes + at, 2);
		be16_store(csum, csum_replace16(be16_load(csum), old, be16_load(theirs + at)));
	}
	return true;
}

/* What is known to differ in every quotation is put right first. */
enum twin_rule twin_judge(const struct twin *twin)
{
	static struct twin first, second;
	const struct twin *at = twin;
	enum twin_rule same = TWIN_SAME, rule;

	if (quoted_ttl_restored(at, &first)) {
		at = &first;
		same = TWIN_RULE_QUOTED_TTL;
	}
	if (judge(at) == TWIN_DIFFERENT && sctp_quote_restored(at, &second)) {
		at = &second;
		same = TWIN_RULE_SCTP_QUOTE;
	}
	rule = judge(at);
	return rule == TWIN_SAME ? same : rule;
}

/* ---- for whoever reads a failure --------------------------------------------------------------*/

static void print_bytes(const u8 *bytes, u32 len)
{
	for (u32 n = 0; n < u32_min(len, 96); n++)
		fprintf(stderr, "%s%02x",
			n % 32 == 0  ? "\n      "
			: n % 4 == 0 ? " "
				     : "",
			bytes[n]);
	fprintf(stderr, "\n");
}

static void print_packet(const char *what, u32 iface, const u8 *bytes, u32 len)
{
	char text[400] = "no IP packet";
	struct seen seen;

	if (seen_parse(&seen, bytes, len))
		seen_print(&seen, text, sizeof text);
	fprintf(stderr, "  %s %s tos %u: %s", what, iface == KERNEL_IN ? "in0" : "out0",
		len > 1 ? bytes[1] : 0, text);
	print_bytes(bytes, len);
}

void twin_print(const struct twin *twin)
{
	print_packet("packet to both,", twin->iface, twin->in, twin->len);
	if (memcmp(twin->in, twin->in_kernel, twin->len) != 0)
		print_packet("to the kernel,", twin->iface, twin->in_kernel, twin->len);
	for (u32 n = 0; n < twin->ours.count; n++)
		print_packet("engine,", twin->ours.out[n].iface, twin->ours.out[n].bytes,
			     twin->ours.out[n].len);
	if (twin->ours.count == 0)
		fprintf(stderr, "  engine: silence\n");
	for (u32 n = 0; n < twin->theirs.count; n++)
		print_packet("kernel,", twin->theirs.out[n].iface, twin->theirs.out[n].bytes,
			     twin->theirs.out[n].len);
	if (twin->theirs.count == 0)
		fprintf(stderr, "  kernel: silence\n");
}
