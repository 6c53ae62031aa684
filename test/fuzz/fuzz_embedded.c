/* What ICMP errors quote: any bytes behind an error's header, a flow that fits them, and the error
 * translated as the flow says. Nothing outside of addresses, ports and checksums may change, and
 * the way back gives the same bytes.
 *
 *     byte 0       how the flow is translated, direction, whether the quotation is put right
 *     then         numbers for addresses and port (6 bytes), the error's type and who sends it, the
 *                  quotation                                                                    */
#include "core/nat/nat.h"
#include "core/wire/checksum.h"
#include "core/wire/icmp.h"
#include "fuzz/bed.h"

enum { FLOWS = 64, OUTER = IP4_HLEN_MIN + ICMP_HLEN, ERROR_MAX = 700 };

struct stage {
	struct ct ct;
	struct nat nat; /* one-to-one addresses only */
	struct bed *bed;
	struct build b;
	u32 flow; /* index << 1 | direction of the error */
};

enum fact {
	FACT_PROTO = 3, /* of a quotation that is put right */
	FACT_REPLY = 1 << 2,
	FACT_OTHER_SRC = 1 << 3,
	FACT_OTHER_PORT = 1 << 4,
	FACT_OTHER_DST = 1 << 5,
	FACT_RIGHT = 1 << 7,
};

/* The inputs' view of a flow. */
struct wish {
	u8 facts;
	u16 src;
	u16 dst;
	u16 port;
};

static const ns_t now = 1000 * NS_PER_SEC;

static struct stage *stage_new(void)
{
	struct stage *stage = calloc(1, sizeof *stage);
	struct ct_conf conf;
	struct hash_key key = bed_key();

	CHECK(stage != NULL);
	stage->bed = bed_new();
	ct_conf_defaults(&conf);
	conf.flow_count = FLOWS;
	ct_layout(&stage->ct, &conf, &stage->bed->mem);
	CHECK(!stage->bed->mem.short_of);
	ct_init(&stage->ct, &key, now);
	stage->nat.conf.static_count = 1;
	stage->nat.conf.fixed[0] = (struct nat_static_conf){ addr("10.10.0.12"),
							     addr("198.18.2.12"), 32, 0 };
	return stage;
}

/* A quotation with a right header checksum, of whatever bytes there are. */
static void make_error(struct stage *stage, struct input *in, u8 facts)
{
	static const u8 protos[] = { IP_PROTO_TCP, IP_PROTO_UDP, IP_PROTO_ICMP, 50 };
	static const u8 types[] = { ICMP_UNREACH, ICMP_SOURCE_QUENCH, ICMP_REDIRECT,
				    ICMP_TIME_EXCEEDED, ICMP_PARAM_PROBLEM };
	static const char *const senders[] = { "203.0.113.5", "10.10.0.12" };
	struct build *b = &stage->b;
	u8 type = next_byte(in);
	const u8 *bytes;
	u32 have;

	build_error4(b, addr(senders[type >> 7]), addr("198.18.0.1"),
		     types[type % ARRAY_COUNT(types)], type & 15, 0);
	have = next_bytes(in, ERROR_MAX, &bytes);
	build_bytes(b, bytes, have);
	if (have >= IP4_HLEN_MIN && (facts & FACT_RIGHT) != 0) {
		static _Thread_local struct build quote;

		build_start(&quote);
		build_bytes(&quote, bytes, have);
		quote.bytes[0] = 0x45;
		be16_store(quote.bytes + 2, be16_of((u16)have));
		quote.bytes[6] &= 0x60;
		quote.bytes[7] = 0;
		quote.bytes[9] = protos[facts & FACT_PROTO];
		quote.l4 = IP4_HLEN_MIN;
		build_seal_ip(&quote);
		memcpy(b->bytes + OUTER, quote.bytes, IP4_HLEN_MIN);
	}
	if (have >= IP4_HLEN_MIN)
		memcpy(&build_ip(b)->dst, b->bytes + OUTER + 12, 4);
	build_seal(b);
}

/* The protocols whose ports the engine translates and struct seen does not tell. */
static bool is_beyond_seen(u8 proto)
{
	return proto == IP_PROTO_SCTP || proto == IP_PROTO_DCCP || proto == IP_PROTO_UDPLITE ||
	       proto == IP_PROTO_GRE;
}

/* The tuple that the quoted packet left with, read anew. */
static bool quoted_tuple(const struct build *b, struct tuple_key *key, bool *has_port)
{
	struct seen seen;

	if (b->len < OUTER + IP4_HLEN_MIN ||
	    !seen_parse_quote(&seen, b->bytes + OUTER, b->len - OUTER) || seen.frag_offset != 0 ||
	    (seen.wrong & SEEN_IP_CSUM) != 0)
		return false;
	memset(key, 0, sizeof *key);
	*has_port = seen.proto == IP_PROTO_TCP || seen.proto == IP_PROTO_UDP;
	key->proto = seen.proto;
	key->tuple.src = seen.src;
	key->tuple.dst = seen.dst;
	key->tuple.sport = be16_of(seen.sport);
	key->tuple.dport = be16_of(seen.dport);
	if (seen.proto == IP_PROTO_ICMP && icmp_is_request(seen.type)) {
		*has_port = true;
		key->tuple.sport = be16_of(seen.icmp_id);
		key->tuple.dport = be16_of((u16)(seen.type << 8 | seen.code));
	} else if (seen.proto == IP_PROTO_ICMP && icmp_is_reply(seen.type)) {
		key->tuple.sport = be16_of((u16)(icmp_request_of(seen.type) << 8 | seen.code));
		key->tuple.dport = be16_of(seen.icmp_id);
	} else if (seen.proto == IP_PROTO_ICMP || is_beyond_seen(seen.proto)) {
		return false;
	}
	return seen.len >= seen.hlen + 8 && b->len >= OUTER + seen.hlen + 8;
}

/* A flow of which the quoted packet is one of a direction. */
static bool make_flow(struct stage *stage, const struct tuple_key *quoted, bool has_port,
		      const struct wish *wish)
{
	struct tuple_key key = *quoted;
	bool reply = (wish->facts & FACT_REPLY) != 0;
	u32 idx;

	if ((wish->facts & FACT_OTHER_SRC) != 0)
		key.tuple.src = be32_of(0x0a0a0000u | wish->src);
	if ((wish->facts & FACT_OTHER_PORT) != 0 && has_port)
		key.tuple.sport = be16_of(wish->port);
	if ((wish->facts & FACT_OTHER_DST) != 0)
		key.tuple.dst = be32_of(0x0a140000u | wish->dst);
	/* As the original direction it arrived as key and left as quoted; as a reply it is the same
	 * from the other end.                                                                   */
	if (reply) {
		struct tuple arrived = key.tuple;

		key.tuple = tuple_reversed(&quoted->tuple);
		idx = ct_new(&stage->ct, &key, now);
		stage->ct.flow[idx].repl = arrived;
	} else {
		idx = ct_new(&stage->ct, &key, now);
		stage->ct.flow[idx].repl = tuple_reversed(&quoted->tuple);
	}
	nat_bind(&stage->ct.flow[idx]);
	if (ct_confirm(&stage->ct, idx, now) != ERR_OK) {
		ct_abandon(&stage->ct, idx);
		return false;
	}
	stage->flow = idx << 1 | (reply ? TUPLE_ORIG : TUPLE_REPLY);
	return true;
}

static void flows_end(struct stage *stage)
{
	for (u32 idx = 0; idx < FLOWS; idx++) {
		if (flow_is_confirmed(&stage->ct.flow[idx]))
			ct_end(&stage->ct, idx);
	}
	while (ct_ended_next(&stage->ct) != IDX_NONE)
		ct_free(&stage->ct);
}

/* The same flow with its directions' ends exchanged: what translates back. */
static struct flow flow_backwards(const struct flow *flow)
{
	struct flow back = *flow;

	back.orig = tuple_reversed(&flow->repl);
	back.repl = tuple_reversed(&flow->orig);
	nat_bind(&back);
	return back;
}

/* Where a byte of the error may differ after translation. */
static bool may_change(u32 at, u32 hlen, u8 proto)
{
	u32 l4 = OUTER + hlen;

	if ((at >= 10 && at < 20) || (at >= IP4_HLEN_MIN + 2 && at < IP4_HLEN_MIN + 4))
		return true;
	if (at >= OUTER + 10 && at < OUTER + 20)
		return true;
	if (proto == IP_PROTO_TCP)
		return (at >= l4 && at < l4 + 4) || (at >= l4 + 16 && at < l4 + 18);
	if (proto == IP_PROTO_UDP)
		return (at >= l4 && at < l4 + 4) || (at >= l4 + 6 && at < l4 + 8);
	if (proto == IP_PROTO_ICMP)
		return (at >= l4 + 2 && at < l4 + 6);
	return false;
}

/* RFC 5508 REQ-4 and REQ-5: the other end under the name that the receiver has for it; who is
 * behind it under a public name, and on an end that is not translated under his own.             */
static be32 source_wanted(be32 from, const struct flow *flow, const struct tuple *sent)
{
	const struct tuple *other = sent == &flow->orig ? &flow->repl : &flow->orig;

	if ((flow->flags & FLOW_TRANSLATED) == 0)
		return from;
	if (be32_eq(from, other->src))
		return sent->dst;
	if (be32_eq(other->src, sent->dst))
		return from;
	return be32_eq(from, addr("10.10.0.12")) ? addr("198.18.2.12") : sent->dst;
}

static void judge(const struct stage *stage, const struct pkt *pkt)
{
	const struct flow *flow = &stage->ct.flow[stage->flow >> 1];
	const struct tuple *sent = flow_tuple(flow, !(stage->flow & 1));
	u32 hlen = (stage->b.bytes[OUTER] & 15u) * 4;
	struct seen before, seen, quoted, whole;

	CHECK(seen_parse(&seen, pkt_l3(pkt), pkt->len));
	CHECK((seen.wrong & (SEEN_IP_CSUM | SEEN_L4_CSUM | SEEN_QUOTE_IP_CSUM)) == 0);
	CHECK(seen_parse(&before, stage->b.bytes, stage->b.len));
	CHECK((seen.wrong & SEEN_QUOTE_L4_CSUM) == (before.wrong & SEEN_QUOTE_L4_CSUM));
	CHECK(seen_parse_quote(&quoted, seen.quote, seen.quote_len));
	CHECK(be32_eq(quoted.src, sent->src) && be32_eq(quoted.dst, sent->dst));
	CHECK(be32_eq(seen.dst, sent->src));
	CHECK(be32_eq(seen.src, source_wanted(before.src, flow, sent)));
	if (quoted.proto == IP_PROTO_TCP || quoted.proto == IP_PROTO_UDP) {
		CHECK(quoted.sport == be16_host(sent->sport));
		CHECK(quoted.dport == be16_host(sent->dport));
	}
	CHECK(seen_parse_quote(&whole, stage->b.bytes + OUTER, stage->b.len - OUTER));
	if (quoted.proto == IP_PROTO_UDP)
		CHECK((whole.csum == 0) == (quoted.csum == 0));
	for (u32 at = 0; at < pkt->len; at++)
		CHECK(pkt_l3(pkt)[at] == stage->b.bytes[at] || may_change(at, hlen, quoted.proto));
}

/* One's complement has two zeros, and a checksum may come back as the other one. */
static void same_but_zeros(const u8 *a, const u8 *b, u32 len)
{
	for (u32 at = 0; at + 1 < len; at += 2) {
		u16 left = be16_host(be16_load(a + at)), right = be16_host(be16_load(b + at));

		CHECK(left == right || (left == 0 && right == 0xffff) ||
		      (left == 0xffff && right == 0));
	}
	CHECK(len % 2 == 0 || a[len - 1] == b[len - 1]);
}

static void translate(struct stage *stage)
{
	const struct flow *flow = &stage->ct.flow[stage->flow >> 1];
	enum tuple_dir dir = stage->flow & 1;
	struct flow back = flow_backwards(flow);
	struct pkt *pkt = build_pkt(&stage->bed->pool, &stage->b, 1);
	u32 quote_at = OUTER;
	u32 ref;

	CHECK(pkt != NULL);
	CHECK(verdict_is_accept(ip_validate(&stage->bed->stats, pkt)));
	ref = nat_related(&stage->ct, pkt);
	/* A flow whose two tuples are one may be found by either. */
	CHECK(ref == stage->flow || tuple_eq(&flow->orig, &flow->repl));
	nat_rewrite_error(&stage->nat, pkt, flow, dir);
	judge(stage, pkt);
	nat_rewrite_error(&stage->nat, pkt, &back, dir);
	same_but_zeros(pkt_l3(pkt) + quote_at, stage->b.bytes + quote_at, pkt->len - quote_at);
	pkt_put(pkt);
}

/* Whatever the bytes are, with flows or without. */
static void look_up(struct stage *stage)
{
	u8 *memory;
	struct pkt *pkt = bed_pkt_at_end(stage->bed, stage->b.bytes, stage->b.len, &memory);

	if (verdict_is_accept(ip_validate(&stage->bed->stats, pkt)) &&
	    verdict_is_accept(ip_check_l4(&stage->bed->stats, pkt)))
		(void)nat_related(&stage->ct, pkt);
	pkt_put(pkt);
	free(memory);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct stage *stage;
	struct input in = { data, size };
	struct tuple_key quoted;
	struct wish wish;
	bool has_port;

	if (stage == NULL)
		stage = stage_new();
	wish.facts = next_byte(&in);
	wish.src = next_u16(&in);
	wish.dst = next_u16(&in);
	wish.port = next_u16(&in);
	make_error(stage, &in, wish.facts);
	look_up(stage);
	if (quoted_tuple(&stage->b, &quoted, &has_port) &&
	    make_flow(stage, &quoted, has_port, &wish)) {
		look_up(stage);
		translate(stage);
	}
	flows_end(stage);
	bed_check(stage->bed);
	return 0;
}
