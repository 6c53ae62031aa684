/* The form of messages and LSAs, and their checksums. */
#include "core/routing/ospf/ospf_msg.h"
#include "core/wire/checksum.h"
#include "core/wire/ip4.h"

enum { AGE_SIZE = 2, CSUM_PLACE = offsetof(struct ospf_lsa_hdr, csum) - AGE_SIZE };

static const struct ospf_lsa_hdr *lsa_hdr(const u8 *lsa)
{
	return (const struct ospf_lsa_hdr *)(const void *)lsa;
}

static const char *body_wrong(u8 type, const u8 *body, u32 len)
{
	const struct ospf_dd *dd = (const void *)body;
	be32 count;

	switch (type) {
	case OSPF_HELLO:
		if (len < sizeof(struct ospf_hello) || len % 4 != 0)
			return "a hello of a wrong length";
		return NULL;
	case OSPF_DD:
		if (len < sizeof *dd || (len - sizeof *dd) % sizeof(struct ospf_lsa_hdr) != 0)
			return "a database description of a wrong length";
		return NULL;
	case OSPF_LSREQ:
		return len % sizeof(struct ospf_req) != 0 ? "a request of a wrong length" : NULL;
	case OSPF_LSUPD:
		if (len < sizeof count)
			return "an update of a wrong length";
		memcpy(&count, body, sizeof count);
		if (be32_host(count) > (len - sizeof count) / sizeof(struct ospf_lsa_hdr))
			return "an update with more LSAs than fit";
		return NULL;
	case OSPF_LSACK:
		return len % sizeof(struct ospf_lsa_hdr) != 0
			       ? "an acknowledgment of a wrong length"
			       : NULL;
	default: return "an unknown type of message";
	}
}

const char *ospf_msg_wrong(const u8 *msg, u32 len)
{
	const struct ospf_hdr *hdr = (const void *)msg;

	if (len < sizeof *hdr)
		return "shorter than a header";
	if (hdr->version != OSPF_VERSION)
		return "another version";
	if (be16_host(hdr->len) < sizeof *hdr || be16_host(hdr->len) > len)
		return "a wrong length";
	return body_wrong(hdr->type, msg + sizeof *hdr, be16_host(hdr->len) - (u32)sizeof *hdr);
}

be16 ospf_msg_csum(const u8 *msg, u32 len)
{
	const struct ospf_hdr *hdr = (const void *)msg;
	u64 sum = csum_sum(msg, offsetof(struct ospf_hdr, csum));

	sum += hdr->auth_type.raw;
	sum += csum_sum(msg + sizeof *hdr, len - (u32)sizeof *hdr);
	return csum_finish(sum);
}

/* The two sums of RFC 905 annex B over what section 12.1.7 counts: all but the age. */
static void fletcher_sums(const u8 *at, u32 len, s32 *c0, s32 *c1)
{
	s32 low = 0, high = 0;

	for (u32 n = 0; n < len; n++) {
		low = (low + at[n]) % 255;
		high = (high + low) % 255;
	}
	*c0 = low;
	*c1 = high;
}

void ospf_lsa_sign(u8 *lsa, u32 len)
{
	u8 *at = lsa + AGE_SIZE;
	s32 count = (s32)len - AGE_SIZE;
	s32 c0, c1, x, y;

	at[CSUM_PLACE] = at[CSUM_PLACE + 1] = 0;
	fletcher_sums(at, (u32)count, &c0, &c1);
	x = ((count - CSUM_PLACE - 1) * c0 - c1) % 255;
	if (x <= 0)
		x += 255;
	y = 510 - c0 - x;
	if (y > 255)
		y -= 255;
	at[CSUM_PLACE] = (u8)x;
	at[CSUM_PLACE + 1] = (u8)y;
}

static bool lsa_csum_right(const u8 *lsa, u32 len)
{
	s32 c0, c1;

	if (lsa_hdr(lsa)->csum.raw == 0)
		return false;
	fletcher_sums(lsa + AGE_SIZE, len - AGE_SIZE, &c0, &c1);
	return c0 == 0 && c1 == 0;
}

static bool router_lsa_fits(const u8 *lsa, u32 len)
{
	const struct ospf_router_lsa *router = (const void *)lsa;
	u32 at = sizeof *router;

	if (len < sizeof *router)
		return false;
	for (u32 n = 0; n < be16_host(router->link_count); n++) {
		const struct ospf_link *link = (const void *)(lsa + at);

		if (len - at < sizeof *link || (len - at - sizeof *link) / 4 < link->tos_count)
			return false;
		at += (u32)sizeof *link + 4u * link->tos_count;
	}
	return at == len;
}

static bool lsa_form_right(const u8 *lsa, u32 len)
{
	switch (lsa_hdr(lsa)->type) {
	case OSPF_ROUTER_LSA: return router_lsa_fits(lsa, len);
	case OSPF_NETWORK_LSA: return len >= sizeof(struct ospf_network_lsa) && len % 4 == 0;
	case OSPF_SUMMARY_LSA:
	case OSPF_ASBR_LSA: return len >= sizeof(struct ospf_summary_lsa);
	case OSPF_EXTERNAL_LSA:
	case OSPF_NSSA_LSA: return len >= sizeof(struct ospf_external_lsa);
	default: return true;
	}
}

static bool lsa_mask_right(const u8 *lsa)
{
	switch (lsa_hdr(lsa)->type) {
	case OSPF_NETWORK_LSA:
	case OSPF_SUMMARY_LSA:
	case OSPF_EXTERNAL_LSA:
	case OSPF_NSSA_LSA:
		return ospf_mask_len(be32_load(lsa + sizeof(struct ospf_lsa_hdr))) <= 32;
	default: return true;
	}
}

const char *ospf_lsa_wrong(const u8 *lsa, u32 len)
{
	u32 own;

	if (len < sizeof(struct ospf_lsa_hdr))
		return "an LSA shorter than its header";
	own = ospf_lsa_len(lsa);
	if (own < sizeof(struct ospf_lsa_hdr) || own > len)
		return "an LSA of a wrong length";
	if (!lsa_csum_right(lsa, own))
		return "an LSA with a wrong checksum";
	if (!lsa_form_right(lsa, own))
		return "an LSA that is cut";
	if (!lsa_mask_right(lsa))
		return "an LSA with a mask that is none";
	return NULL;
}

bool ospf_lsa_type_known(u8 type)
{
	return type >= OSPF_ROUTER_LSA && type <= OSPF_NSSA_LSA && type != 6;
}

bool ospf_link_next(const u8 *lsa, u32 *at, struct ospf_link *link)
{
	u32 place = *at == 0 ? (u32)sizeof(struct ospf_router_lsa) : *at;

	if (ospf_lsa_len(lsa) < place + sizeof *link)
		return false;
	memcpy(link, lsa + place, sizeof *link);
	*at = place + (u32)sizeof *link + 4u * link->tos_count;
	return true;
}

u32 ospf_mask_len(be32 mask)
{
	u32 len = (u32)u64_count_bits(be32_host(mask));

	return be32_host(mask) == ip4_mask(len) ? len : 33;
}
