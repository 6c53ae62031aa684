/* The model's laws of ICMP errors: those that the gateway makes (RFC 792, 1122, 1812), and those
 * of others that it translates (RFC 5508).                                                       */
#include "model/model_in.h"

#include "core/wire/checksum.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/sctp.h"
#include "core/wire/tcp.h"

void model_log_add(struct model *m, u16 in_if, u32 link_flags, const u8 *ip, u32 len,
		   bool reassembled)
{
	struct model_log *log = &m->log[m->log_count++ % MODEL_LOG_MAX];
	struct seen seen;

	log->in_if = in_if;
	log->link_flags = link_flags;
	log->reassembled = reassembled;
	log->ended = false;
	log->valid_header = seen_parse(&seen, ip, len) && seen.len <= len &&
			    seen.len >= seen.hlen && (seen.wrong & SEEN_IP_CSUM) == 0;
	log->len = log->valid_header ? seen.len : len;
	log->when = m->now;
	log->kept = u32_min(log->len, MODEL_LOG_BYTES);
	memcpy(log->bytes, ip, log->kept);
}

void model_log_segment(struct model *m, u16 gso_size)
{
	static _Thread_local u8 first[65536];
	const struct seen *seen = &m->cur.seen;
	u32 len = m->cur.segment;
	u32 l4_len = len - seen->hlen;
	u8 *l4 = first + seen->hlen;
	u8 *csum = l4 + (seen->proto == IP_PROTO_TCP ? 16 : 6);
	u64 sum;

	if (seen->data_len <= gso_size)
		return;
	memcpy(first, m->cur.bytes, len);
	be16_store(first + 2, be16_of((u16)len));
	be16_store(first + 10, be16_of(0));
	be16_store(first + 10, csum_finish(csum_sum(first, seen->hlen)));
	if (seen->proto == IP_PROTO_TCP)
		l4[13] &= (u8) ~(TCP_FIN | TCP_PSH);
	else
		be16_store(l4 + 4, be16_of((u16)l4_len));
	be16_store(csum, be16_of(0));
	sum = csum_sum(first + 12, 8) + be16_of((u16)(seen->proto + l4_len)).raw;
	be16_store(csum, csum_finish(sum + csum_sum(l4, l4_len)));
	if (seen->proto == IP_PROTO_UDP && be16_load(csum).raw == 0)
		be16_store(csum, be16_of(0xffff));
	model_log_add(m, m->cur.in_if, m->cur.link_flags, first, len, false);
}

/* Its first byte tells an ICMP query, however short the rest is. */
static bool model_is_query(const struct model_log *log, const struct seen *seen)
{
	u8 type;

	if (seen->hlen >= log->kept)
		return false;
	type = log->bytes[seen->hlen];
	return icmp_is_request(type) || icmp_is_reply(type);
}

/* RFC 1812 section 4.3.2.7: packets about which no error may be sent. */
static const char *model_suppressed(const struct model *m, const struct model_log *log,
				    const struct seen *seen)
{
	u8 zone = model_zone_of(m, log->in_if);

	if (!log->valid_header)
		return "a packet with an invalid IP header";
	if (seen->proto == IP_PROTO_ICMP && seen->frag_offset == 0 && !model_is_query(log, seen))
		return "an ICMP error, or a type that may be one";
	if (model_sees_group(m, zone, seen->dst))
		return "a packet to a group";
	if (log->link_flags != 0)
		return "a link-layer broadcast or multicast";
	if (seen->frag_offset != 0)
		return "a fragment other than the first";
	if (!model_source_ok(m, zone, seen->src))
		return "a source that is no single host";
	return NULL;
}

static bool model_cause_transit(const struct model *m, const struct seen *about)
{
	(void)m;
	return about->ttl <= 1;
}

static bool model_any_mtu_below(const struct model *m, u32 len)
{
	for (u32 n = 0; n < m->conf->iface_count; n++) {
		if (m->conf->iface[n].mtu < len)
			return true;
	}
	return false;
}

static bool model_any_silent(const struct model *m)
{
	for (u32 n = 0; n < m->conf->iface_count; n++) {
		if (m->link_down[n])
			return true;
	}
	return m->silent_count > 0;
}

static bool model_unreach_has_cause(const struct model *m, const struct seen *seen, u8 zone,
				    const struct seen *about)
{
	u8 view = model_view(m, zone, about->dst);
	bool local = model_is_own(m, view, about->dst) ||
		     model_sees_public(m, zone, about->dst);

	switch (seen->code) {
	case ICMP_UNREACH_NET:
		return model_filter_rejects(m, FILTER_REJECT_NET) ||
		       !model_route(m, view, about->dst, &(u16){ 0 }, &(be32){ 0 }) ||
		       model_any_silent(m);
	case ICMP_UNREACH_HOST:
		return model_any_silent(m) || model_filter_rejects(m, FILTER_REJECT_HOST);
	case ICMP_UNREACH_PROTO: return local && about->proto != IP_PROTO_UDP;
	case ICMP_UNREACH_PORT:
		/* Other sums than those of all bytes are for end-points to look at. */
		return (local && (about->wrong & SEEN_L4_CSUM) == 0) ||
		       (model_filter_rejects(m, FILTER_REJECT_PORT) &&
			((about->wrong & SEEN_L4_CSUM) == 0 || about->proto == IP_PROTO_SCTP ||
			 about->proto == IP_PROTO_UDPLITE || about->proto == IP_PROTO_DCCP));
	case ICMP_UNREACH_FRAG: return about->df && model_any_mtu_below(m, about->len);
	case ICMP_UNREACH_SRC_ROUTE: return about->hlen > IP4_HLEN_MIN;
	case ICMP_UNREACH_PROHIBITED: return true;
	default: return false;
	}
}

/* RFC 1812 section 5.2.7.2: the sender and the gateway that it is told of are on one network. */
static bool model_redirect_has_cause(const struct model *m, const struct seen *seen,
				     const struct model_log *log, const struct seen *about)
{
	const struct iface_conf *iface = &m->conf->iface[log->in_if];
	u32 gateway = (u32)seen->icmp_id << 16 | seen->icmp_seq;

	for (u32 n = 0; n < iface->addr_count && m->conf->redirects; n++) {
		u32 own = be32_host(iface->addr[n].addr), shift = 32 - iface->addr[n].prefix_len;

		if (shift == 32 ||
		    ((own ^ gateway) >> shift == 0 && (own ^ be32_host(about->src)) >> shift == 0))
			return true;
	}
	return false;
}

static bool model_has_cause(const struct model *m, const struct seen *seen,
			    const struct model_log *log, const struct seen *about)
{
	if (seen->type == ICMP_UNREACH)
		return model_unreach_has_cause(m, seen, model_zone_of(m, log->in_if), about);
	if (seen->type == ICMP_TIME_EXCEEDED && seen->code == ICMP_EXCEEDED_TRANSIT)
		return model_cause_transit(m, about);
	if (seen->type == ICMP_TIME_EXCEEDED)
		return about->mf && m->now > log->when;
	if (seen->type == ICMP_PARAM_PROBLEM)
		return about->hlen > IP4_HLEN_MIN;
	return seen->type == ICMP_REDIRECT && model_redirect_has_cause(m, seen, log, about);
}

static bool model_same(const u8 *a, const u8 *b, u32 from, u32 to)
{
	return to <= from || memcmp(a + from, b + from, to - from) == 0;
}

/* 0x0000 and 0xffff are the same sum. */
static bool model_quote_same(const u8 *want, const u8 *got, u32 len, const struct seen *about)
{
	bool as_udp = about->proto == IP_PROTO_UDP || about->proto == IP_PROTO_DCCP ||
		      about->proto == IP_PROTO_UDPLITE;
	u32 csum_at = about->hlen + (about->proto == IP_PROTO_TCP ? 16 : as_udp ? 6 : 2);

	for (u32 n = 0; n < len; n++) {
		bool in_csum = about->proto != IP_PROTO_SCTP && (n == csum_at || n == csum_at + 1);

		if (want[n] != got[n] && !(in_csum && (want[n] == 0 || want[n] == 0xff) &&
					   (got[n] == 0 || got[n] == 0xff)))
			return false;
	}
	return true;
}

static bool model_quotes_whole(const struct model_log *log, const struct seen *seen)
{
	struct seen about;

	return model_same(log->bytes, seen->quote, 0, seen->quote_len) ||
	       (seen_parse_quote(&about, log->bytes, log->kept) &&
		model_quote_same(log->bytes, seen->quote, seen->quote_len, &about));
}

/* A packet that was cut here and then died waiting for its neighbour is quoted as its first
 * fragment: but for length, fragment field and header checksum what the sender made.             */
static bool model_quotes_cut(const struct model_log *log, const struct seen *seen)
{
	const u8 *a = log->bytes;
	const u8 *b = seen->quote;
	u32 len = seen->quote_len;

	if (len < 20 || (b[6] & 0x20) == 0 || (b[6] & 0x1f) != 0 || b[7] != 0)
		return false;
	return model_same(a, b, 0, 2) && model_same(a, b, 4, 6) && model_same(a, b, 8, 10) &&
	       model_same(a, b, 12, len);
}

void model_log_end(struct model *m)
{
	m->log[(m->log_count - 1) % MODEL_LOG_MAX].ended = true;
}

/* May the error be about this packet? A redirect says nothing of its end. */
static bool model_log_explains(const struct model *m, const struct model_log *log,
			       const struct seen *seen)
{
	struct seen about;

	return (!log->ended || seen->type == ICMP_REDIRECT) &&
	       seen_parse_quote(&about, log->bytes, log->kept) &&
	       model_suppressed(m, log, &about) == NULL && model_has_cause(m, seen, log, &about);
}

/* The packet that an error quotes, byte for byte as its sender made it, who is where the error
 * goes; newest first. The same bytes may have come more than once, and only one of the packets may
 * be the cause: the others came to all stations of the link, or by another interface.            */
static struct model_log *model_log_find(struct model *m, u8 zone, const struct seen *seen)
{
	struct model_log *newest = NULL;

	for (u32 n = 0; n < u32_min(m->log_count, MODEL_LOG_MAX); n++) {
		struct model_log *log = &m->log[(m->log_count - 1 - n) % MODEL_LOG_MAX];

		if (log->len == 0 || seen->quote_len > log->kept ||
		    model_zone_of(m, log->in_if) != zone ||
		    !(model_quotes_whole(log, seen) || model_quotes_cut(log, seen)))
			continue;
		if (model_log_explains(m, log, seen))
			return log;
		if (newest == NULL)
			newest = log;
	}
	return newest;
}

void model_judge_error(struct model *m, u16 out_if, const struct seen *seen, const u8 *ip)
{
	u8 zone = model_zone_of(m, out_if);
	struct model_log *log = model_log_find(m, zone, seen);
	struct seen about;
	const char *rule;

	(void)ip;
	if (log == NULL || !seen_parse_quote(&about, log->bytes, log->kept)) {
		model_wrong(m, "ICMP error %u/%u quotes a packet that nobody sent so", seen->type,
			    seen->code);
		return;
	}
	if (m->cur.active)
		m->cur.errors++;
	m->cur.unreachable |= seen->type == ICMP_UNREACH && seen->code == ICMP_UNREACH_HOST;
	if (log->ended && seen->type != ICMP_REDIRECT)
		model_wrong(m, "ICMP error %u/%u about a packet that came to its end before",
			    seen->type, seen->code);
	/* Of those that were cut one may look like another. */
	log->ended |= seen->type != ICMP_REDIRECT &&
		      model_same(log->bytes, seen->quote, 0, seen->quote_len);
	rule = model_suppressed(m, log, &about);
	if (rule != NULL)
		model_wrong(m, "ICMP error %u/%u about %s", seen->type, seen->code, rule);
	if (!be32_eq(seen->dst, about.src))
		model_wrong(m, "ICMP error not to the sender");
	if (!model_is_own(m, zone, seen->src))
		model_wrong(m, "ICMP error from an address that is not the gateway's");
	model_judge_way_out(m, out_if, zone, seen->dst);
	model_filter_output_ok(m, out_if, seen);
	if (seen->tos != (0xc0 | (about.tos & 0x1c)))
		model_wrong(m, "ICMP error with type of service %u about %u", seen->tos, about.tos);
	if (seen->len > 576)
		model_wrong(m, "ICMP error of %u bytes", seen->len);
	if (seen->quote_len < u32_min(log->len, about.hlen + 8))
		model_wrong(m, "ICMP error quotes %u bytes only", seen->quote_len);
	if ((seen->wrong & SEEN_L4_CSUM) != 0)
		model_wrong(m, "ICMP error with a wrong checksum");
	if (!model_has_cause(m, seen, log, &about))
		model_wrong(m, "ICMP error %u/%u without a cause", seen->type, seen->code);
	if (m->cur.active && m->cur.fate.must_error && m->cur.errors == 1 &&
	    (seen->type != m->cur.fate.error_type || seen->code != m->cur.fate.error_code))
		model_wrong(m, "ICMP error %u/%u instead of %u/%u", seen->type, seen->code,
			    m->cur.fate.error_type, m->cur.fate.error_code);
}

/* A quoted packet was on its way out, so its tuple is a way out of the flow: of the first
 * direction, or (reply) of the other.                                                            */
bool model_related(const struct model *m, u32 *flow, bool *reply)
{
	const struct seen *in = &m->cur.seen;
	struct model_tuple t;
	struct seen about;
	u32 found = MODEL_NONE;

	if ((in->wrong & (SEEN_L4_CSUM | SEEN_QUOTE_IP_CSUM)) != 0 || in->quote == NULL ||
	    !seen_parse_quote(&about, in->quote, in->quote_len) || about.frag_offset != 0 ||
	    in->quote_len < about.hlen + 8 || seen_is_icmp_error(&about) ||
	    !model_tuple_of(&about, m->cur.zone, &t) || !be32_eq(in->dst, about.src))
		return false;
	for (u32 n = 0; n < m->flow_count; n++) {
		const struct model_flow *f = &m->flow[n];
		struct model_tuple back = model_tuple_reversed(&f->in);
		bool first = model_tuple_eq(&f->out, &t);

		if (f->proto != about.proto || !f->known || !model_flow_may_live(m, f) ||
		    !(first || model_tuple_eq(&back, &t)))
			continue;
		if (found == MODEL_NONE || model_flow_lives(m, f)) {
			found = n;
			*reply = !first;
		}
	}
	*flow = found;
	return found != MODEL_NONE;
}

/* Add what changed from a to b, `len` bytes at an even place, to a checksum (RFC 1624). */
static u16 model_sum_changed(u16 csum, const u8 *a, const u8 *b, u32 len)
{
	u32 sum = (u16)~csum;

	for (u32 n = 0; n + 1 < len; n += 2) {
		sum += (u16) ~(u16)(a[n] << 8 | a[n + 1]);
		sum += (u32)(b[n] << 8 | b[n + 1]);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

static void model_put16(u8 *at, u16 v)
{
	at[0] = (u8)(v >> 8);
	at[1] = (u8)v;
}

/* The sum of SCTP follows what its ports were before, bit by bit, if the quotation reaches that far
 * and says how long the whole was, which that of a fragment does not.                            */
static void model_sctp_back(u8 *quote, u32 len, u32 hlen, const u8 *ports)
{
	u32 whole = (u32)(quote[2] << 8 | quote[3]);
	u8 *l4 = quote + hlen;
	u32 flips = 0;

	if (len < hlen + SCTP_HLEN || whole < hlen + SCTP_HLEN || (quote[6] & 0x3f) != 0 ||
	    quote[7] != 0)
		return;
	for (u32 n = 0; n < whole - hlen; n++) {
		flips ^= n < 4 ? (u32)(ports[n] ^ l4[n]) : 0;
		for (u32 bit = 0; bit < 8; bit++)
			flips = flips >> 1 ^ ((flips & 1) != 0 ? 0x82f63b78 : 0);
	}
	for (u32 n = 0; n < 4; n++)
		l4[SCTP_CSUM_AT + n] ^= (u8)(flips >> 8 * n);
}

/* The quotation as the original sender knows it: `want` is the tuple with which it sent. */
static void model_quote_back(u8 *quote, u32 len, const struct seen *about,
			     const struct model_tuple *want)
{
	u8 before[64];
	u8 *l4 = quote + about->hlen;
	bool as_udp = about->proto == IP_PROTO_UDP || about->proto == IP_PROTO_DCCP ||
		      about->proto == IP_PROTO_UDPLITE;
	u32 csum_at = about->proto == IP_PROTO_TCP ? 16 : as_udp ? 6 : 2;
	u16 csum = (u16)(quote[10] << 8 | quote[11]);
	u16 l4_csum;

	memcpy(before, quote, 20);
	be32_store(quote + 12, want->src);
	be32_store(quote + 16, want->dst);
	model_put16(quote + 10, model_sum_changed(csum, before + 12, quote + 12, 8));
	if (model_nat_proto(about->proto) == NAT_PROTO_COUNT)
		return;
	memcpy(before + 20, l4, 8);
	if (about->proto == IP_PROTO_ICMP) {
		model_put16(l4 + 4, icmp_is_request(about->type) ? want->sport : want->dport);
	} else {
		model_put16(l4, want->sport);
		model_put16(l4 + 2, want->dport);
	}
	if (about->proto == IP_PROTO_SCTP) {
		model_sctp_back(quote, len, about->hlen, before + 20);
		return;
	}
	if (about->hlen + csum_at + 2 > len)
		return;
	l4_csum = (u16)(l4[csum_at] << 8 | l4[csum_at + 1]);
	if (model_is_udp(about->proto) && l4_csum == 0)
		return;
	if (about->proto != IP_PROTO_ICMP)
		l4_csum = model_sum_changed(l4_csum, before + 12, quote + 12, 8);
	if (about->proto == IP_PROTO_ICMP)
		l4_csum = model_sum_changed(l4_csum, before + 24, l4 + 4, 2);
	else
		l4_csum = model_sum_changed(l4_csum, before + 20, l4, 4);
	if (model_is_udp(about->proto) && l4_csum == 0)
		l4_csum = 0xffff;
	model_put16(l4 + csum_at, l4_csum);
}

void model_judge_related(struct model *m, u16 out_if, const struct seen *seen, const u8 *ip)
{
	static _Thread_local u8 quote[65536];
	const struct seen *in = &m->cur.seen;
	const struct model_flow *f;
	struct model_tuple want, back;
	struct seen about;
	bool reply, to_end;
	be32 end, source;
	u32 flow;

	(void)ip;
	if (++m->cur.forwarded > 1)
		model_wrong(m, "one ICMP error went in and two came out");
	if (!model_related(m, &flow, &reply) ||
	    !seen_parse_quote(&about, in->quote, in->quote_len)) {
		model_wrong(m, "an ICMP error about no flow was forwarded");
		return;
	}
	f = &m->flow[flow];
	back = model_tuple_reversed(&f->out);
	want = reply ? back : f->in;
	if (!be32_eq(seen->dst, want.src))
		model_wrong(m, "an ICMP error went to the wrong host");
	model_judge_way_out(m, out_if, want.zone, seen->dst);
	model_filter_related_ok(m, out_if, seen, f);
	if (seen->ttl != in->ttl - 1)
		model_wrong(m, "ICMP error: TTL %u became %u", in->ttl, seen->ttl);
	/* Sent by the flow's other end itself: it appears as what the receiver knows it by. */
	end = reply ? f->in.src : f->out.dst;
	source = want.dst;
	to_end = be32_eq(in->src, end);
	if (to_end && !be32_eq(seen->src, source))
		model_wrong(m, "an ICMP error of the other end has the wrong source");
	/* Of others, too, as the receiver knows that end, whose address may be public no more. */
	if (!to_end && !be32_eq(seen->src, in->src) && !be32_eq(seen->src, source) &&
	    !model_is_public(m, seen->src) && !model_is_own(m, want.zone, seen->src))
		model_wrong(m, "an ICMP error has a source from nowhere");
	if (!to_end && model_flow_is_translated(f) &&
	    m->conf->iface[m->cur.in_if].side == IFACE_INSIDE &&
	    m->conf->iface[out_if].side == IFACE_OUTSIDE && be32_eq(seen->src, in->src) &&
	    !be32_eq(seen->src, source) && !model_is_public(m, seen->src))
		model_wrong(m, "an ICMP error shows an inside address to the outside");
	if (want.zone != m->cur.zone && be32_eq(seen->src, in->src) &&
	    !model_passes_as(m, want.zone, seen->src))
		model_wrong(m, "an ICMP error passes for the gateway's in zone %u", want.zone);
	if (seen->quote_len != in->quote_len || seen->icmp_id != in->icmp_id ||
	    (seen->icmp_seq != in->icmp_seq && in->code != ICMP_UNREACH_FRAG)) {
		model_wrong(m, "an ICMP error's length or second word changed");
		return;
	}
	memcpy(quote, in->quote, in->quote_len);
	model_quote_back(quote, in->quote_len, &about, &want);
	if (!model_quote_same(quote, seen->quote, seen->quote_len, &about))
		model_wrong(m, "an ICMP error's quotation is not what its receiver sent");
	if (about.proto == IP_PROTO_SCTP && ((in->wrong ^ seen->wrong) & SEEN_QUOTE_L4_CSUM) != 0)
		model_wrong(m, "a translated ICMP error has another sum of SCTP");
	if ((seen->wrong & (SEEN_L4_CSUM | SEEN_QUOTE_IP_CSUM)) != 0)
		model_wrong(m, "a translated ICMP error has a wrong checksum");
	m->judged++;
}
