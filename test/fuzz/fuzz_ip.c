/* IP headers, options and transport headers of any bytes, and what the gateway says about them:
 * ICMP errors for every reason of death, redirects, echo replies, resets. What is made has to be
 * whole, for the right station, and about no packet that must not be answered.
 *
 *     byte 0       reason of death
 *     byte 1       facts: link-layer flags, offloads, whether the checksum is put right
 *     then         driver's facts (6 bytes, with offloads), the packet                         */
#include "core/ip/icmp.h"
#include "core/ip/ip_opt.h"
#include "core/ip/tcp_reset.h"
#include "core/wire/tcp.h"
#include "fuzz/bed.h"

enum fact {
	FACT_SEAL = 1 << 0,
	FACT_BROADCAST = 1 << 1,
	FACT_OFFLOAD = 1 << 2,
	FACT_CSUM_VALID = 1 << 3,
};

static const ns_t now = 1000 * NS_PER_SEC;

/* What a driver says of its frame. */
struct claim {
	u8 gso_type;
	u16 gso_size;
	u16 csum_start;
	u16 csum_offset;
	bool partial;
};

static struct claim next_claim(struct input *in)
{
	static const u8 kinds[] = { GSO_NONE, GSO_TCP4, GSO_UDP_FRAG, GSO_UDP_L4 };
	struct claim claim;

	claim.gso_type = kinds[next_byte(in) % ARRAY_COUNT(kinds)];
	claim.gso_size = next_u16(in);
	claim.csum_start = next_byte(in);
	claim.csum_offset = next_byte(in);
	claim.partial = (next_byte(in) & 1) != 0;
	return claim;
}

/* RFC 1812 section 4.3.2.7 and RFC 1122 section 3.2.2, from the packet alone. */
static bool may_be_answered(const struct pkt *pkt)
{
	const u8 *ip = pkt_l3(pkt);
	u32 hlen = (ip[0] & 15u) * 4;
	u8 type = pkt->len > hlen ? ip[hlen] : 3;

	if ((ip[6] & 0x1f) != 0 || ip[7] != 0 || (pkt->flags & PKT_LINK_BROADCAST) != 0)
		return false;
	if (ip[9] == IP_PROTO_ICMP && type != 0 && type != 8 && (type < 13 || type > 18))
		return false;
	if ((ip[16] & 0xf0) == 0xe0 || memcmp(ip + 16, "\xff\xff\xff\xff", 4) == 0)
		return false;
	return ip[12] < 224 && ip[12] != 0 && ip[12] != 127;
}

static void see_error(const struct pkt *pkt, const struct pkt *error, be32 source)
{
	struct seen seen = bed_see(error);

	CHECK(may_be_answered(pkt));
	CHECK(seen.proto == IP_PROTO_ICMP && seen_is_icmp_error(&seen));
	CHECK(seen.len <= ICMP_ERROR_LEN_MAX);
	CHECK(be32_eq(seen.src, source));
	CHECK(be32_eq(seen.dst, be32_load(pkt_l3(pkt) + 12)));
	CHECK(seen.quote_len == u32_min(pkt->len, ICMP_ERROR_LEN_MAX - 28) ||
	      pkt->gso_type != GSO_NONE);
}

static void error_about(struct icmp *icmp, struct pkt *pkt, u8 reason)
{
	be32 source = addr("198.18.0.1");
	struct icmp_error_spec spec;
	enum icmp_refusal why;
	struct pkt *error;

	pkt->drop = (u8)(1 + reason % (DROP_COUNT - 1));
	pkt->drop_arg = pkt->drop == DROP_IP_OPTIONS ? reason % IP4_HLEN_MAX : 1280;
	if (icmp_error_decide(pkt, 0, &spec) == ICMP_SENT) {
		error = icmp_error_make(icmp, pkt, &spec, source, now, &why);
		CHECK(error != NULL);
		see_error(pkt, error, source);
		pkt_put(error);
	}
	error = icmp_redirect_make(icmp, pkt, addr("10.0.0.9"), source, now, &why);
	if (error != NULL) {
		see_error(pkt, error, source);
		pkt_put(error);
	}
}

static void echo(struct icmp *icmp, const struct pkt *pkt)
{
	struct pkt *reply = icmp_echo_reply(icmp, pkt);
	struct seen seen, before;

	if (reply == NULL)
		return;
	/* What the driver vouches for may be wrong, and stays as wrong as it was. */
	CHECK(seen_parse(&seen, pkt_l3(reply), reply->len));
	CHECK((seen.wrong & SEEN_IP_CSUM) == 0 && seen.len == reply->len);
	CHECK(seen_parse(&before, pkt_l3(pkt), pkt->len));
	if ((pkt->flags & PKT_CSUM_PARTIAL) != 0)
		before.wrong = 0;
	CHECK((seen.wrong & SEEN_L4_CSUM) == (before.wrong & SEEN_L4_CSUM));
	CHECK(seen.type == ICMP_ECHO_REPLY);
	CHECK(be32_eq(seen.dst, be32_load(pkt_l3(pkt) + 12)));
	CHECK(seen.len - seen.hlen == pkt_l4_len(pkt));
	CHECK(memcmp(pkt_l3(reply) + seen.hlen + 4, pkt_l4(pkt) + 4, pkt_l4_len(pkt) - 4) == 0);
	pkt_put(reply);
}

static void reset(struct bed *bed, const struct pkt *pkt)
{
	struct pkt *made = ip_tcp_reset(&bed->pool, pkt);
	struct seen seen;

	if (made == NULL)
		return;
	seen = bed_see(made);
	CHECK(seen.proto == IP_PROTO_TCP && (seen.flags & TCP_RST) != 0);
	CHECK((pkt_l4(pkt)[13] & TCP_RST) == 0);
	CHECK(be32_eq(seen.dst, be32_load(pkt_l3(pkt) + 12)));
	CHECK(be32_eq(seen.src, be32_load(pkt_l3(pkt) + 16)));
	pkt_put(made);
}

/* Filling options in may not change their shape, nor anything behind them. */
static void fill_options(struct bed *bed, struct pkt *pkt)
{
	u8 before[PKT_LARGE_SIZE];
	u32 hlen = ip4_hlen((const struct ip4_hdr *)pkt_l3(pkt));

	memcpy(before, pkt_l3(pkt), pkt->len);
	ip_fill_options(pkt, addr("198.18.0.1"), 12345);
	CHECK(memcmp(before, pkt_l3(pkt), 10) == 0);
	CHECK(memcmp(before + 12, pkt_l3(pkt) + 12, 8) == 0);
	CHECK(memcmp(before + hlen, pkt_l3(pkt) + hlen, pkt->len - hlen) == 0);
	CHECK(verdict_is_accept(ip_validate(&bed->stats, pkt)));
	ip_fill_options(pkt, addr("198.18.0.1"), 12345);
}

static void after_validation(struct bed *bed, struct icmp *icmp, struct pkt *pkt, u8 reason)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(pkt);
	bool options_good = verdict_is_accept(ip_check_options(&bed->stats, pkt));
	bool l4_good = verdict_is_accept(ip_check_l4(&bed->stats, pkt));

	(void)ip_check_forwardable(&bed->stats, pkt);
	if (!options_good)
		CHECK(pkt->drop != DROP_IP_OPTIONS || pkt->drop_arg < ip4_hlen(ip));
	if (options_good && l4_good && !ip4_is_fragment(ip)) {
		if (ip->proto == IP_PROTO_ICMP && pkt_l4(pkt)[0] == ICMP_ECHO)
			echo(icmp, pkt);
		if (ip->proto == IP_PROTO_TCP)
			reset(bed, pkt);
	}
	error_about(icmp, pkt, reason);
	if (options_good)
		fill_options(bed, pkt);
	if (verdict_is_accept(ip_check_ttl(&bed->stats, pkt))) {
		ip_decrement_ttl(pkt);
		error_about(icmp, pkt, reason);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct icmp_conf conf = { 1000000, 1000000, 1000000, 1000000 };
	static struct bed *bed;
	static struct icmp icmp;
	struct input in = { data, size };
	struct hash_key key = bed_key();
	u8 reason = next_byte(&in);
	u8 facts = next_byte(&in);
	struct claim claim = { .gso_type = GSO_NONE };
	const u8 *bytes;
	struct pkt *pkt;
	u8 *memory;
	u32 len;

	if (bed == NULL)
		bed = bed_new();
	icmp_init(&icmp, &conf, &bed->pool, &key);
	if ((facts & FACT_OFFLOAD) != 0)
		claim = next_claim(&in);
	len = next_bytes(&in, IP4_LEN_MAX, &bytes);
	pkt = bed_pkt_at_end(bed, bytes, len, &memory);
	if ((facts & FACT_SEAL) != 0)
		bed_seal_ip(pkt_l3(pkt), len);
	pkt->gso_type = claim.gso_type;
	pkt->gso_size = claim.gso_size;
	pkt->csum_start = claim.csum_start;
	pkt->csum_offset = claim.csum_offset;
	pkt->flags |= claim.partial ? PKT_CSUM_PARTIAL : 0;
	pkt->flags |= (facts & FACT_BROADCAST) != 0 ? PKT_LINK_BROADCAST : 0;
	pkt->flags |= (facts & FACT_CSUM_VALID) != 0 ? PKT_CSUM_VALID : 0;
	if (verdict_is_accept(ip_validate(&bed->stats, pkt)))
		after_validation(bed, &icmp, pkt, reason);
	pkt_put(pkt);
	free(memory);
	bed_check(bed);
	return 0;
}
