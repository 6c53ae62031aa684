/* Fragments, cut by a plan: sizes are worked out once, then each piece is a header and a copy.
 *
 * Every piece but the last carries a multiple of 8 bytes. Pieces behind the first carry only the
 * options with the copied flag (RFC 791 section 3.1), so their header may be shorter. A packet that
 * is itself a fragment may be cut again: offsets add up, and MF of the last piece stays its own. */
#include "core/ip/frag.h"
#include "core/ip/ip.h"
#include "core/ip/ip_opt.h"
#include "core/pkt/segment.h"

enum { FRAG_UNIT = 8 };

struct frag_plan {
	u32 payload_len;
	u32 first_len; /* payload of the first piece */
	u32 rest_len;  /* payload of a later piece that is not the last */
	u32 last_max;  /* payload that the last piece can hold */
	u32 first_hlen;
	u32 rest_hlen;
	u32 count;
	u8 rest_options[IP4_HLEN_MAX - IP4_HLEN_MIN]; /* filled up with END, which is zero */
};

/* Gather the options with the copied flag; returns their length, in whole words. */
static u32 plan_options(const u8 *header, u32 hlen, u8 *kept)
{
	u32 kept_len = 0;
	u32 len;

	for (u32 at = IP4_HLEN_MIN; at < hlen && header[at] != IP_OPT_END; at += len) {
		len = ip_option_len(header + at, hlen - at);
		if (len == 0)
			break;
		if ((header[at] & IP_OPT_COPIED) == 0)
			continue;
		memcpy(kept + kept_len, header + at, len);
		kept_len += len;
	}
	return (kept_len + 3) / 4 * 4;
}

/* The largest piece: the link's MTU, and for what came in pieces the size they came in. */
static u32 plan_limit(const struct pkt *pkt, u32 mtu)
{
	u32 hlen = ip4_hlen((const struct ip4_hdr *)pkt_l3(pkt));
	u32 came = mtu;

	if ((pkt->flags & PKT_REASSEMBLED) != 0 && pkt->frag_max > 0)
		came = pkt->frag_max;
	else if (pkt->gso_type == GSO_UDP_FRAG)
		came = hlen + pkt->gso_size;
	return u32_min(mtu, u32_max(came, hlen + FRAG_UNIT));
}

static void plan_make(struct frag_plan *plan, const struct pkt *pkt, u32 mtu)
{
	const u8 *header = pkt_l3(pkt);
	u32 limit = plan_limit(pkt, mtu);
	u32 left;

	CHECK(mtu >= IP4_MTU_MIN);
	CHECK(pkt->gso_type == GSO_NONE || pkt->gso_type == GSO_UDP_FRAG);
	memset(plan, 0, sizeof *plan);
	plan->first_hlen = ip4_hlen((const struct ip4_hdr *)header);
	plan->payload_len = pkt->len - plan->first_hlen;
	plan->first_len = plan->payload_len;
	plan->count = 1;
	if (pkt->len <= limit)
		return;
	plan->rest_hlen = IP4_HLEN_MIN + plan_options(header, plan->first_hlen, plan->rest_options);
	plan->first_len = (limit - plan->first_hlen) / FRAG_UNIT * FRAG_UNIT;
	plan->last_max = limit - plan->rest_hlen;
	plan->rest_len = plan->last_max / FRAG_UNIT * FRAG_UNIT;
	left = plan->payload_len - plan->first_len;
	plan->count = 2;
	if (left > plan->last_max)
		plan->count += (left - plan->last_max + plan->rest_len - 1) / plan->rest_len;
}

bool ip_needs_fragments(const struct pkt *pkt, u32 mtu)
{
	return pkt->len > plan_limit(pkt, mtu);
}

u32 ip_fragment_count(const struct pkt *pkt, u32 mtu)
{
	struct frag_plan plan;

	plan_make(&plan, pkt, mtu);
	return plan.count;
}

static void piece_set_header(struct pkt *piece, const struct pkt *pkt, u32 begin, bool last)
{
	const struct ip4_hdr *whole = (const struct ip4_hdr *)pkt_l3(pkt);
	struct ip4_hdr *ip = (struct ip4_hdr *)pkt_l3(piece);
	u32 frag = be16_host(whole->frag);

	frag += begin / FRAG_UNIT;
	if (!last)
		frag |= IP4_MF;
	if ((pkt->flags & PKT_FRAG_DF) != 0)
		frag |= IP4_DF;
	ip->frag = be16_of((u16)frag);
	ip->len = be16_of((u16)piece->len);
	ip_set_csum(ip);
}

/* A checksum in the first piece is about all of them. Of what is a fragment already, and was not
 * cut here, nobody knows how long it was.                                                        */
static void piece_set_whole(struct pkt *piece, const struct pkt *pkt, const struct frag_plan *plan)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(pkt);

	if (ip4_is_fragment(ip) && (pkt->flags & PKT_CUT) == 0)
		return;
	piece->whole_l4_len = ip4_is_fragment(ip) ? pkt->whole_l4_len : (u16)plan->payload_len;
	piece->flags |= PKT_CUT;
}

/* One piece: its part of the payload begins at begin. */
static struct pkt *piece_new(struct pkt_pool *pool, const struct pkt *pkt,
			     const struct frag_plan *plan, u32 begin, u32 len)
{
	u32 hlen = begin == 0 ? plan->first_hlen : plan->rest_hlen;
	struct pkt *piece = pkt_new(pool, hlen + len);
	u8 *header;

	if (piece == NULL)
		return NULL;
	pkt_inherit(piece, pkt);
	header = pkt_l3(piece);
	piece->l4 = (u16)(piece->l3 + hlen);
	if (begin == 0) {
		memcpy(header, pkt_l3(pkt), hlen);
		piece_set_whole(piece, pkt, plan);
	} else {
		memcpy(header, pkt_l3(pkt), IP4_HLEN_MIN);
		memcpy(header + IP4_HLEN_MIN, plan->rest_options, hlen - IP4_HLEN_MIN);
		header[0] = (u8)(0x40 | hlen / 4);
	}
	memcpy(header + hlen, pkt_l3(pkt) + plan->first_hlen + begin, len);
	piece_set_header(piece, pkt, begin, begin + len == plan->payload_len);
	return piece;
}

bool ip_fragment(struct pkt_pool *pool, struct pkt *pkt, u32 mtu, struct batch *out)
{
	u32 before = out->count;
	u32 begin = 0;
	struct frag_plan plan;

	plan_make(&plan, pkt, mtu);
	if (plan.count > BATCH_MAX - before)
		return false;
	pkt_finish_csum(pkt);
	for (u32 index = 0; index < plan.count; index++) {
		u32 len = index == 0                ? plan.first_len
			  : index == plan.count - 1 ? plan.payload_len - begin
						    : plan.rest_len;
		struct pkt *piece = piece_new(pool, pkt, &plan, begin, len);

		if (piece == NULL) {
			while (out->count > before)
				pkt_put(out->pkt[--out->count]);
			return false;
		}
		(void)batch_add(out, piece);
		begin += len;
	}
	CHECK(begin == plan.payload_len);
	return true;
}
