/* Cutting packets: fragments of any packet for any link, and parts of any segment. Put together
 * again by the plainest means, they are what was cut.
 *
 *     byte 0       what, flags
 *     then         MTU or size (2 bytes), length (2 bytes), IP options and TCP options           */
#include "core/ip/frag.h"
#include "core/ip/ip_opt.h"
#include "core/pkt/segment.h"
#include "core/wire/checksum.h"
#include "fuzz/bed.h"

enum flag {
	FLAG_SEGMENT = 1 << 0,
	FLAG_TCP = 1 << 1,
	FLAG_OPTIONS = 1 << 2,
	FLAG_REASSEMBLED = 1 << 3,
	FLAG_DF = 1 << 4,
	FLAG_PARTIAL = 1 << 5,
	FLAG_UNFINISHED = 1 << 6, /* the parts' checksums are left to the way out */
	FLAG_FRAGMENT = 1 << 7,   /* what is cut is a fragment already */
};

/* Parts fit into small buffers, of which there are enough. */
enum { LEN_MAX = 12000, OPTIONS_MAX = 40, PART_MAX = 1600 };

struct stage {
	struct bed *bed;
	struct build b;
	u8 data[IP4_LEN_MAX];
};

static void make_packet(struct stage *stage, struct input *in, u8 flags, u32 len)
{
	struct build *b = &stage->b;
	const u8 *bytes;
	u32 have;

	build_start(b);
	build_ip4(b, addr("10.10.0.5"), addr("198.18.0.9"),
		  (flags & FLAG_TCP) != 0 ? IP_PROTO_TCP : IP_PROTO_UDP);
	build_ip(b)->id = be16_of(0xfffe);
	if ((flags & FLAG_OPTIONS) != 0) {
		u32 want = next_byte(in) % (OPTIONS_MAX + 1);

		have = next_bytes(in, want, &bytes);
		build_ip_options(b, bytes, have);
	}
	if ((flags & FLAG_TCP) != 0) {
		build_tcp(b, 1, 2, next_byte(in), 0xfffff000, 9);
		have = next_bytes(in, next_byte(in) % (OPTIONS_MAX + 1), &bytes);
		build_tcp_options(b, bytes, have);
	} else {
		build_udp(b, 1, 2);
	}
	build_payload(b, len, 7);
	if ((flags & FLAG_FRAGMENT) != 0 && (flags & FLAG_SEGMENT) == 0)
		build_ip(b)->frag = be16_of(IP4_MF | 3);
	build_seal(b);
}

/* The field holds the sum of the pseudo-header, as a sender leaves it to the hardware. */
static void unfinish(struct pkt *pkt, u8 flags)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(pkt);

	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = (u16)(pkt->l4 - pkt->l3);
	pkt->csum_offset = (flags & FLAG_TCP) != 0 ? 16 : 6;
	be16_store(pkt_l4(pkt) + pkt->csum_offset,
		   (be16){ csum_fold(csum_pseudo(ip->src, ip->dst, ip->proto, pkt_l4_len(pkt))) });
}

/* ---- fragments ------------------------------------------------------------------------------- */

/* RFC 791 section 3.1: options with the copied flag are in every fragment, and nothing else. */
static void judge_options(const u8 *whole, const u8 *piece, u32 hlen)
{
	u32 whole_hlen = (whole[0] & 15u) * 4;
	u32 at = IP4_HLEN_MIN;

	for (u32 from = IP4_HLEN_MIN; from < whole_hlen && whole[from] != IP_OPT_END;) {
		u32 len = whole[from] == IP_OPT_NOP ? 1 : whole[from + 1];

		if ((whole[from] & IP_OPT_COPIED) != 0) {
			CHECK(at + len <= hlen && memcmp(whole + from, piece + at, len) == 0);
			at += len;
		}
		from += len;
	}
	CHECK(hlen - at < 4);
	for (; at < hlen; at++)
		CHECK(piece[at] == IP_OPT_END);
}

static void judge_pieces(struct stage *stage, u8 flags, u32 mtu)
{
	const struct build *b = &stage->b;
	u32 base = (flags & FLAG_FRAGMENT) != 0 ? 24 : 0;
	u32 end = base;

	for (u32 n = 0; n < stage->bed->out.count; n++) {
		const struct pkt *piece = stage->bed->out.pkt[n];
		bool last = n + 1 == stage->bed->out.count;
		struct seen seen;

		CHECK(seen_parse(&seen, pkt_l3(piece), piece->len));
		CHECK((seen.wrong & SEEN_IP_CSUM) == 0 && seen.len == piece->len);
		CHECK(piece->len <= mtu && (piece->flags & PKT_CSUM_PARTIAL) == 0);
		CHECK(seen.frag_offset == end && seen.id == 0xfffe);
		CHECK(seen.mf == (!last || (flags & FLAG_FRAGMENT) != 0));
		CHECK(seen.df == ((flags & FLAG_DF) != 0));
		memcpy(stage->data + end - base, pkt_l3(piece) + seen.hlen, seen.len - seen.hlen);
		end += seen.len - seen.hlen;
		CHECK(last || end % 8 == 0);
		if (n > 0)
			judge_options(b->bytes, pkt_l3(piece), seen.hlen);
		else
			CHECK(memcmp(pkt_l3(piece) + 20, b->bytes + 20, b->l4 - 20) == 0);
	}
	CHECK(end - base == b->len - b->l4);
	CHECK(memcmp(stage->data, b->bytes + b->l4, b->len - b->l4) == 0);
}

static void fragment(struct stage *stage, struct pkt *pkt, u8 flags, u16 size)
{
	u32 mtu = IP4_MTU_MIN + size;
	u32 count;

	if ((flags & FLAG_REASSEMBLED) != 0) {
		pkt->flags |= PKT_REASSEMBLED;
		pkt->frag_max = (u16)(size / 3);
	}
	pkt->flags |= (flags & FLAG_DF) != 0 ? PKT_FRAG_DF : 0;
	if ((flags & FLAG_PARTIAL) != 0 && (flags & FLAG_FRAGMENT) == 0)
		unfinish(pkt, flags);
	count = ip_fragment_count(pkt, mtu);
	CHECK(ip_needs_fragments(pkt, mtu) == (count > 1));
	if (count > BATCH_MAX) {
		CHECK(!ip_fragment(&stage->bed->pool, pkt, mtu, &stage->bed->out));
		return;
	}
	CHECK(ip_fragment(&stage->bed->pool, pkt, mtu, &stage->bed->out));
	CHECK(stage->bed->out.count == count);
	judge_pieces(stage, flags, mtu);
}

/* ---- segments -------------------------------------------------------------------------------- */

static void judge_parts(struct stage *stage, u8 flags, u32 header_len, u32 size)
{
	const struct build *b = &stage->b;
	u32 at = 0;

	for (u32 n = 0; n < stage->bed->out.count; n++) {
		struct pkt *part = stage->bed->out.pkt[n];
		u32 part_len = part->len - header_len;
		struct seen seen;

		if ((flags & FLAG_UNFINISHED) != 0)
			CHECK(pkt_csum_is_of_l4(part));
		pkt_finish_csum(part);
		seen = bed_see(part);
		CHECK(part_len == size || (n + 1 == stage->bed->out.count && part_len <= size));
		CHECK(seen.id == (u16)(0xfffe + n));
		CHECK(seen.proto == IP_PROTO_UDP || seen.seq == 0xfffff000 + at);
		CHECK(memcmp(pkt_l3(part) + header_len, b->bytes + header_len + at, part_len) == 0);
		at += part_len;
	}
	CHECK(at == b->len - header_len);
}

static void segment(struct stage *stage, struct pkt *pkt, u8 flags, u16 size)
{
	u32 header_len;

	pkt->gso_type = (flags & FLAG_TCP) != 0 ? GSO_TCP4 : GSO_UDP_L4;
	pkt->gso_size = size;
	if (!verdict_is_accept(ip_check_l4(&stage->bed->stats, pkt)))
		return;
	CHECK(pkt_is_segmentable(pkt));
	header_len = pkt_gso_header_len(pkt);
	if (pkt_segment_count(pkt) > BATCH_MAX) {
		CHECK(!pkt_segment(&stage->bed->pool, pkt, PKT_CSUM_COMPLETE, &stage->bed->out));
		return;
	}
	CHECK(pkt_segment(&stage->bed->pool, pkt,
			  (flags & FLAG_UNFINISHED) != 0 ? PKT_CSUM_LEAVE_PARTIAL
							 : PKT_CSUM_COMPLETE,
			  &stage->bed->out));
	CHECK(stage->bed->out.count == pkt_segment_count(pkt));
	judge_parts(stage, flags, header_len, size);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct stage *stage;
	struct input in = { data, size };
	u8 flags = next_byte(&in);
	u16 piece = next_u16(&in) % PART_MAX;
	u32 len = next_u16(&in) % LEN_MAX;
	struct pkt *pkt;

	if (stage == NULL) {
		stage = calloc(1, sizeof *stage);
		CHECK(stage != NULL);
		stage->bed = bed_new();
	}
	make_packet(stage, &in, flags, len);
	pkt = build_pkt(&stage->bed->pool, &stage->b, 1);
	CHECK(pkt != NULL);
	if (verdict_is_accept(ip_validate(&stage->bed->stats, pkt)) &&
	    verdict_is_accept(ip_check_options(&stage->bed->stats, pkt))) {
		if ((flags & FLAG_SEGMENT) != 0)
			segment(stage, pkt, flags, piece);
		else
			fragment(stage, pkt, flags, piece);
	}
	pkt_put(pkt);
	bed_check(stage->bed);
	return 0;
}
