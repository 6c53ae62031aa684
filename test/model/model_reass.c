/* The model's reassembly: pieces in a list, bytes in an array.
 *
 * For want of room the engine throws away a packet with all of its pieces, and what comes later
 * begins anew. The model does not ask which packet that was: all of them are in doubt then. But of
 * one in doubt the engine has all that came since some moment, and nothing from before. So a piece
 * that can not be of one packet with a new one takes those with it that came before it: either they
 * were gone already, or the new one ended all of them. Pieces that fill a whole are put together
 * even if some of them may be gone.                                                              */
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

static bool model_piece_is_last(const struct model_reass *r, const struct model_piece *piece)
{
	return r->total != 0 && piece->offset + piece->len == r->total;
}

/* RFC 5722: what overlaps ends the packet, be it in the same place with other bytes; and a last
 * fragment has none behind it, any other has.                                                    */
static bool model_piece_excludes(const struct model_reass *r, const struct model_piece *piece,
				 const struct model_piece *new, const u8 *payload, bool last)
{
	u32 end = new->offset + new->len;
	u32 piece_end = piece->offset + piece->len;
	bool piece_last = model_piece_is_last(r, piece);

	if ((last && piece_end > end) || (piece_last && end > piece_end) ||
	    (piece_end == end && piece_last != last))
		return true;
	if (piece->offset == new->offset && piece->len == new->len)
		return memcmp(r->bytes + new->offset, payload, new->len) != 0;
	return new->offset < piece_end && piece->offset < end;
}

/* The last one of those that can not be of one packet with a new one; 0: none. */
static u64 model_reass_excluded(const struct model_reass *r, const struct model_piece *new,
				const u8 *payload, bool last)
{
	u64 number = 0;

	for (u32 n = 0; n < r->piece_count; n++) {
		const struct model_piece *piece = &r->piece[n];

		if (piece->number > number && model_piece_excludes(r, piece, new, payload, last))
			number = piece->number;
	}
	return number;
}

static void model_reass_remove(struct model_reass *r, u32 at)
{
	const struct model_piece *piece = &r->piece[at];

	if (piece->offset == 0)
		r->hlen = 0;
	if (model_piece_is_last(r, piece))
		r->total = 0;
	r->piece[at] = r->piece[--r->piece_count];
}

/* All that came no later than the one with this number. */
static void model_reass_forget(struct model_reass *r, u64 number)
{
	for (u32 n = r->piece_count; n > 0; n--) {
		if (r->piece[n - 1].number <= number)
			model_reass_remove(r, n - 1);
	}
}

static u64 model_reass_first_number(const struct model_reass *r)
{
	u64 number = UINT64_MAX;

	for (u32 n = 0; n < r->piece_count; n++)
		number = u64_min(number, r->piece[n].number);
	return number;
}

/* In doubt, the engine may have begun with any of the pieces. */
void model_reass_expire(struct model_pieces *table, ns_t now, ns_t timeout_ns)
{
	for (u32 at = 0; at < table->top; at++) {
		struct model_reass *r = &table->entry[at];

		for (u32 n = r->piece_count; r->doubt && n > 0; n--) {
			if (now >= r->piece[n - 1].when + timeout_ns)
				model_reass_remove(r, n - 1);
		}
		r->used = r->used && (r->doubt ? r->piece_count > 0 : now < r->begun + timeout_ns);
	}
}

static struct model_parts model_reass_parts(const struct model_reass *r)
{
	struct model_parts parts = { .count = r->piece_count,
				     .in_if = r->in_if,
				     .sure = !r->doubt };

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

static u32 model_reass_whole(struct model_reass *r, u8 *out, struct model_parts *parts)
{
	struct ip4_hdr *ip = (struct ip4_hdr *)out;
	u32 have = 0;

	*parts = model_reass_parts(r);
	for (u32 n = 0; n < r->piece_count; n++)
		have += r->piece[n].len;
	if (r->total == 0 || have != r->total)
		return 0;
	r->used = r->doubt;
	if (r->hlen + r->total > IP4_LEN_MAX)
		return 0;
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

static struct model_piece *model_reass_twin(struct model_reass *r, const struct model_piece *new)
{
	for (u32 n = 0; n < r->piece_count; n++) {
		if (r->piece[n].offset == new->offset)
			return &r->piece[n];
	}
	return NULL;
}

static void model_reass_insert(struct model_reass *r, const struct model_fragment *f,
			       const struct model_piece *new)
{
	r->piece[r->piece_count++] = *new;
	memcpy(r->bytes + new->offset, f->ip + f->seen->hlen, new->len);
	if (!f->seen->mf)
		r->total = new->offset + new->len;
	if (new->offset == 0) {
		r->hlen = f->seen->hlen;
		r->in_if = f->in_if;
		memcpy(r->header, f->ip, r->hlen);
	}
}

/* A new piece of a packet in doubt. */
static void model_reass_put(struct model_reass *r, const struct model_fragment *f,
			    const struct model_piece *new, u64 excluded)
{
	struct model_piece *twin;

	model_reass_forget(r, excluded);
	twin = model_reass_twin(r, new);
	if (twin != NULL) {
		/* Either of the two may be what the engine has. */
		twin->link_flags &= new->link_flags;
		twin->number = new->number;
		twin->when = new->when;
		return;
	}
	if (r->piece_count == f->most)
		model_reass_forget(r, model_reass_first_number(r));
	model_reass_insert(r, f, new);
}

u32 model_reass_add(struct model_pieces *table, const struct model_fragment *f, u8 *out,
		    struct model_parts *parts)
{
	const struct seen *seen = f->seen;
	struct model_piece new = { .offset = seen->frag_offset,
				   .len = seen->len - seen->hlen,
				   .total_len = seen->len,
				   .df = seen->df,
				   .ecn = seen->tos & 3,
				   .link_flags = f->link_flags,
				   .number = ++table->taken,
				   .when = f->now };
	struct model_reass *r;
	u64 excluded;

	if (new.offset + new.len > IP4_LEN_MAX || new.len == 0 || (seen->mf && new.len % 8 != 0))
		return 0;
	r = model_reass_find(table, f);
	r->doubt |= !f->sure;
	excluded = model_reass_excluded(r, &new, f->ip + seen->hlen, !seen->mf);
	if (r->doubt) {
		model_reass_put(r, f, &new, excluded);
		return model_reass_whole(r, out, parts);
	}
	if (excluded == 0 && model_reass_twin(r, &new) != NULL)
		return 0;
	if (excluded != 0 || r->piece_count == f->most) {
		r->used = false;
		return 0;
	}
	model_reass_insert(r, f, &new);
	return model_reass_whole(r, out, parts);
}
