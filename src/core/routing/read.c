/* Readers, and the list of changes that they walk.
 *
 * A reader's place is the net that it was told last; all behind it is news. When that net moves to
 * the end of the list, the reader's place is the one before. A net counts the readers that stand
 * on it, so that moving one that nobody stands on looks at no reader.                            */
#include "core/routing/rib_part.h"

void rib_readers_init(struct rib *rib)
{
	memset(rib->reader, 0, sizeof rib->reader);
	rib->reader_top = 0;
	rib->all_count = 0;
	rib->first = IDX_NONE;
	rib->last = IDX_NONE;
	rib->seq = 0;
	rib->gone_first = IDX_NONE;
	rib->gone_last = IDX_NONE;
}

static struct rib_reader *reader_at(struct rib *rib, u16 reader)
{
	CHECK(reader < RIB_READER_MAX);
	CHECK(rib->reader[reader].used);
	return &rib->reader[reader];
}

static void reader_stand(struct rib *rib, struct rib_reader *reader, u32 at)
{
	if (reader->at != IDX_NONE)
		rib->net[reader->at].standing--;
	reader->at = at;
	if (at != IDX_NONE)
		rib->net[at].standing++;
}

u16 rib_reader_new(struct rib *rib)
{
	for (u32 at = 0; at < RIB_READER_MAX; at++) {
		if (rib->reader[at].used)
			continue;
		rib->reader[at] = (struct rib_reader){ .at = IDX_NONE, .used = true };
		rib->reader_top = u32_max(rib->reader_top, at + 1);
		return (u16)at;
	}
	return RIB_READER_NONE;
}

void rib_reader_del(struct rib *rib, u16 reader)
{
	struct rib_reader *of = reader_at(rib, reader);

	rib_reader_set_all(rib, reader, false);
	reader_stand(rib, of, IDX_NONE);
	of->used = false;
}

void rib_reader_rewind(struct rib *rib, u16 reader)
{
	reader_stand(rib, reader_at(rib, reader), IDX_NONE);
}

void rib_reader_set_all(struct rib *rib, u16 reader, bool all)
{
	struct rib_reader *of = reader_at(rib, reader);

	rib->all_count += all;
	rib->all_count -= of->all;
	of->all = all;
}

/* ---- the list -------------------------------------------------------------------------------- */

static void list_unlink(struct rib *rib, u32 idx)
{
	struct rib_net *net = &rib->net[idx];

	for (u32 at = 0; at < rib->reader_top && net->standing > 0; at++) {
		if (rib->reader[at].used && rib->reader[at].at == idx)
			reader_stand(rib, &rib->reader[at], net->prev);
	}
	if (net->prev != IDX_NONE)
		rib->net[net->prev].next = net->next;
	else
		rib->first = net->next;
	if (net->next != IDX_NONE)
		rib->net[net->next].prev = net->prev;
	else
		rib->last = net->prev;
	net->prev = IDX_NONE;
	net->next = IDX_NONE;
	net->flags &= (u8)~NET_LISTED;
}

/* Once in four thousand million changes: numbers from one on, in the same order. */
static void list_number(struct rib *rib)
{
	rib->seq = 0;
	for (u32 at = rib->first; at != IDX_NONE; at = rib->net[at].next)
		rib->net[at].seq = ++rib->seq;
}

void rib_list_move(struct rib *rib, u32 idx)
{
	struct rib_net *net = &rib->net[idx];

	if ((net->flags & NET_LISTED) != 0)
		list_unlink(rib, idx);
	if (rib->seq == UINT32_MAX)
		list_number(rib);
	net->seq = ++rib->seq;
	net->prev = rib->last;
	net->next = IDX_NONE;
	if (rib->last != IDX_NONE)
		rib->net[rib->last].next = idx;
	else
		rib->first = idx;
	rib->last = idx;
	net->flags |= NET_LISTED;
}

void rib_list_gone(struct rib *rib, u32 idx)
{
	struct rib_net *net = &rib->net[idx];

	if ((net->flags & NET_GONE) != 0)
		return;
	if ((net->flags & NET_LISTED) == 0) {
		rib_net_del(rib, idx);
		return;
	}
	net->flags |= NET_GONE;
	net->gone_next = IDX_NONE;
	if (rib->gone_last != IDX_NONE)
		rib->net[rib->gone_last].gone_next = idx;
	else
		rib->gone_first = idx;
	rib->gone_last = idx;
}

/* Each reader has heard of all changes up to this one. */
static u32 heard_by_all(const struct rib *rib)
{
	u32 lowest = UINT32_MAX;

	for (u32 at = 0; at < rib->reader_top; at++) {
		const struct rib_reader *reader = &rib->reader[at];

		if (reader->used)
			lowest = u32_min(lowest,
					 reader->at == IDX_NONE ? 0 : rib->net[reader->at].seq);
	}
	return lowest;
}

bool rib_gone_step(struct rib *rib)
{
	u32 heard;

	if (rib->gone_first == IDX_NONE)
		return false;
	heard = heard_by_all(rib);
	for (u32 steps = 0; steps < RIB_STEP_NETS; steps++) {
		u32 idx = rib->gone_first;
		struct rib_net *net;
		bool back;

		if (idx == IDX_NONE)
			return false;
		net = &rib->net[idx];
		back = net->route != IDX_NONE;
		if (!back && (net->seq > heard || rib_marks_has(&rib->dirty, idx)))
			return false;
		rib->gone_first = net->gone_next;
		if (rib->gone_first == IDX_NONE)
			rib->gone_last = IDX_NONE;
		net->flags &= (u8)~NET_GONE;
		if (back)
			continue;
		list_unlink(rib, idx);
		rib_net_del(rib, idx);
	}
	return true;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* It waits to be chosen, and will be another one then: it comes again, at the end of the list. */
static bool is_outdated(const struct rib *rib, u32 idx)
{
	const struct rib_net *net = &rib->net[idx];
	u8 bits;

	if (!rib_marks_has(&rib->dirty, idx) || (net->flags & NET_BEST) == 0)
		return false;
	bits = net->route == IDX_NONE ? 0 : rib->route[net->route].bits;
	return (bits & ROUTE_BEST) == 0 || (bits & ROUTE_CHANGED) != 0;
}

static void change_of(const struct rib *rib, u32 idx, struct rib_change *out)
{
	const struct rib_net *net = &rib->net[idx];
	const struct rib_route *best;

	*out = (struct rib_change){ .net = idx, .prefix = rib_net_prefix(net), .gone = true };
	if ((net->flags & NET_BEST) == 0)
		return;
	CHECK(net->route != IDX_NONE);
	best = &rib->route[net->route];
	CHECK((best->bits & ROUTE_BEST) != 0);
	out->best = rib_path_of(rib, best);
	out->source = rib->client[best->client].source;
	out->gone = rib_path_withheld(rib, &out->best) != NULL;
}

bool rib_read(struct rib *rib, u16 reader, struct rib_change *out)
{
	struct rib_reader *of = reader_at(rib, reader);

	for (u32 steps = 0; steps < RIB_STEP_NETS; steps++) {
		u32 next = of->at == IDX_NONE ? rib->first : rib->net[of->at].next;

		if (next == IDX_NONE)
			return false;
		reader_stand(rib, of, next);
		if (is_outdated(rib, next))
			continue;
		change_of(rib, next, out);
		return true;
	}
	return false;
}

void rib_readers_check(const struct rib *rib)
{
	u32 seq = 0, standing = 0, prev = IDX_NONE, reading = 0, all_count = 0;

	for (u32 at = rib->first; at != IDX_NONE; at = rib->net[at].next) {
		const struct rib_net *net = &rib->net[at];

		CHECK((net->flags & NET_LISTED) != 0);
		CHECK(net->prev == prev);
		CHECK(net->seq > seq);
		seq = net->seq;
		prev = at;
		standing += net->standing;
	}
	CHECK(rib->last == prev);
	CHECK(rib->seq >= seq);
	for (u32 at = 0; at < RIB_READER_MAX; at++) {
		const struct rib_reader *reader = &rib->reader[at];

		if (!reader->used)
			continue;
		all_count += reader->all;
		CHECK(at < rib->reader_top);
		if (reader->at == IDX_NONE)
			continue;
		reading++;
		CHECK((rib->net[reader->at].flags & NET_LISTED) != 0);
	}
	CHECK(reading == standing);
	CHECK(all_count == rib->all_count);
}
