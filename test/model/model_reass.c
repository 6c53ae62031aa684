/* The model's reassembly: pieces in a list, bytes in an array. */
#include "model/model_in.h"

#include "core/wire/checksum.h"
#include "core/wire/ip4.h"

static struct model_reass *model_reass_find(struct model_pieces *table,
					    const struct model_fragment *f)
{
	const struct seen *seen = f->seen;
	struct model_reass *oldest = &table->entry[0];

	for (u32 n = 0; n < table->top; n++) {
		struct model_reass *r = &table->entry[n];

		if (r->used && r->zone == f->zone && be32_eq(r->src, seen->src) &&
		    be32_eq(r->dst, seen->dst) && r->proto == seen->proto && r->id == seen->id)
			return r;
		if (!r->used || (oldest->used && r->number < oldest->number))
			oldest = r;
	}
	if ((table->top == 0 || oldest->used) && table->top < MODEL_REASS_MAX)
		oldest = &table->entry[table->top++];
	memset(oldest, 0, offsetof(struct model_reass, bytes));
	oldest->used = true;
	oldest->zone = f->zone;
	oldest->src = seen->src;
	oldest->dst = seen->dst;
	oldest->proto = seen->proto;
	oldest->id = seen->id;
	oldest->begun = f->now;
	oldest->number = table->begun++;
	return oldest;
}

/* Exact duplicates change nothing; anything else that overlaps ends the packet (RFC 5722). */
static bool model_reass_overlaps(const struct model_reass *r, const u8 *payload, u32 offset,
				 u32 len, bool *duplicate)
{
	for (u32 n = 0; n < r->piece_count; n++) {
		const struct model_piece *piece = &r->piece[n];

		if (piece->offset == offset && piece->len == len) {
			*duplicate = memcmp(r->bytes + offset, payload, len) == 0;
			return !*duplicate;
		}
		if (offset < piece->offset + piece->len && piece->offset < offset + len)
			return true;
	}
	return false;
}

/* A last fragment has none behind it, any other has, and there is one last. */
static bool model_reass_contradicts(const struct model_reass *r, u32 end, bool last)
{
	if (r->total != 0)
		return last ? end != r->total : end >= r->total;
	for (u32 n = 0; last && n < r->piece_count; n++) {
		if (r->piece[n].offset + r->piece[n].len >= end)
			return true;
	}
	return false;
}

static struct model_parts model_reass_parts(const struct model_reass *r)
{
	struct model_parts parts = { .count = r->piece_count, .sure = !r->doubt };

	for (u32 n = 0; n < r->piece_count; n++) {
		parts.largest = u32_max(parts.largest, r->piece[n].total_len);
		parts.link_flags |= r->piece[n].link_flags;
	}
	for (u32 n = 0; n < r->piece_count; n++)
		parts.df |= r->piece[n].df && r->piece[n].total_len == parts.largest;
	return parts;
}

/* Congestion marks come together, but those that know of them and those that do not can not be of
 * one packet (RFC 3168 section 5.3).                                                             */
static bool model_reass_ecn(const struct model_reass *r, u8 *tos)
{
	u32 aware = 0;

	for (u32 n = 0; n < r->piece_count; n++) {
		aware += r->piece[n].ecn != 0;
		if (r->piece[n].ecn == 3)
			*tos |= 3;
	}
	return aware == 0 || aware == r->piece_count;
}

static u32 model_reass_whole(struct model_reass *r, bool sure, u8 *out, struct model_parts *parts)
{
	struct ip4_hdr *ip = (struct ip4_hdr *)out;
	u32 have = 0;

	*parts = model_reass_parts(r);
	for (u32 n = 0; n < r->piece_count; n++)
		have += r->piece[n].len;
	if (r->total == 0 || r->hlen == 0 || have != r->total || r->hlen + r->total > IP4_LEN_MAX)
		return 0;
	r->used = !sure;
	memcpy(out, r->header, r->hlen);
	if (!model_reass_ecn(r, &ip->tos))
		return 0;
	memcpy(out + r->hlen, r->bytes, r->total);
	ip->len = be16_of((u16)(r->hlen + r->total));
	ip->frag = be16_of(parts->df ? IP4_DF : 0);
	ip->csum.raw = 0;
	ip->csum = csum_finish(csum_sum(ip, r->hlen));
	return r->hlen + r->total;
}

void model_reass_doubt(struct model_pieces *table)
{
	for (u32 n = 0; n < table->top; n++)
		table->entry[n].doubt = true;
}

/* What can not be of one packet with a new piece goes. */
static void model_reass_yield(struct model_reass *r, u32 offset, u32 end, bool last)
{
	u32 kept = 0;

	for (u32 n = 0; n < r->piece_count; n++) {
		struct model_piece piece = r->piece[n];
		u32 piece_end = piece.offset + piece.len;
		bool is_last = r->total != 0 && piece_end == r->total;

		if ((piece.offset < end && offset < piece_end) || (last && piece_end > end) ||
		    (is_last && (last || end > r->total))) {
			r->total = is_last ? 0 : r->total;
			r->hlen = piece.offset == 0 ? 0 : r->hlen;
			continue;
		}
		r->piece[kept++] = piece;
	}
	r->piece_count = kept;
}

/* When it is not sure that the engine has all of a packet's earlier pieces, whatever could be put
 * together of some of them is.                                                                   */
u32 model_reass_add(struct model_pieces *table, const struct model_fragment *f, u8 *out,
		    struct model_parts *parts)
{
	const struct seen *seen = f->seen;
	const u8 *ip = f->ip;
	struct model_reass *r = model_reass_find(table, f);
	u32 len = seen->len - seen->hlen;
	u32 end = seen->frag_offset + len;
	bool duplicate = false;

	r->doubt |= !f->sure;
	parts->sure = !r->doubt;
	if (end > IP4_LEN_MAX || len == 0 || (seen->mf && len % 8 != 0) ||
	    r->piece_count == MODEL_PIECE_MAX)
		return 0;
	if (model_reass_overlaps(r, ip + seen->hlen, seen->frag_offset, len, &duplicate) ||
	    model_reass_contradicts(r, end, !seen->mf)) {
		r->used = !parts->sure;
		if (parts->sure)
			return 0;
		/* Or the engine knows only what agrees with it. */
		model_reass_yield(r, seen->frag_offset, end, !seen->mf);
	}
	if (duplicate)
		return parts->sure ? 0 : model_reass_whole(r, false, out, parts);
	r->piece[r->piece_count++] = (struct model_piece){ seen->frag_offset, len,
							   seen->len,         seen->df,
							   seen->tos & 3,     f->link_flags };
	memcpy(r->bytes + seen->frag_offset, ip + seen->hlen, len);
	if (!seen->mf)
		r->total = end;
	if (seen->frag_offset == 0) {
		r->hlen = seen->hlen;
		memcpy(r->header, ip, seen->hlen);
	}
	return model_reass_whole(r, parts->sure, out, parts);
}
