/* Sets of next hops: equal ones are one, counted, and each knows what it resolves to. */
#include "core/routing/rib_part.h"

void rib_hops_layout(struct rib *rib, struct mem *mem)
{
	rib->hops = mem_take(mem, "rib_hops", rib->conf.hops_limit, sizeof *rib->hops);
	map_layout(&rib->hops_map, mem, "rib_hops_index", rib->conf.hops_limit);
}

void rib_hops_init(struct rib *rib)
{
	rib->hops_free = IDX_NONE;
	map_init(&rib->hops_map);
}

/* Equal sets become equal bytes. False: a hop can not be. */
static bool hops_sort(struct rib_gateway out[RIB_HOPS_MAX], const struct rib_hop *hop, u32 count)
{
	memset(out, 0, RIB_HOPS_MAX * sizeof *out);
	for (u32 i = 0; i < count; i++) {
		struct rib_gateway packed = { be32_host(hop[i].gateway.word[0]), hop[i].iface,
					      hop[i].weight };
		bool on_link = hop[i].gateway.family == FAMILY_NONE;
		u32 at = i;

		if (on_link)
			packed.addr = 0;
		else if (hop[i].gateway.family != FAMILY_IP4 || packed.addr == 0)
			return false;
		if (packed.weight == 0 || (packed.iface >= IFACE_MAX && packed.iface != IFACE_NONE))
			return false;
		if (on_link && packed.iface == IFACE_NONE)
			return false;
		for (; at > 0 && rib_gateway_rank(&out[at - 1]) > rib_gateway_rank(&packed); at--)
			out[at] = out[at - 1];
		out[at] = packed;
	}
	return true;
}

static u64 hops_hash(const struct rib *rib, const struct rib_gateway *hop, u32 count)
{
	u64 hash = count;

	for (u32 i = 0; i < count; i++)
		hash = hash_words(&rib->conf.key, hash, rib_gateway_rank(&hop[i]));
	return hash;
}

static u32 hops_new(struct rib *rib)
{
	u32 idx = rib->hops_free;

	if (idx != IDX_NONE) {
		rib->hops_free = rib->hops[idx].free_next;
	} else {
		if (rib->hops_top == rib->conf.hops_limit)
			return RIB_NONE;
		idx = rib->hops_top++;
		/* The circle is longer now, and those behind still have their turn. */
		rib->resolve_left += rib->resolve_left > 0;
	}
	rib->hops_count++;
	return idx;
}

u32 rib_hops_get(struct rib *rib, const struct rib_hop *hop, u32 hop_count)
{
	struct rib_hops set = { .refs = 1, .direct = true };
	u32 idx;

	if (hop_count == 0 || hop_count > RIB_HOPS_MAX || !hops_sort(set.hop, hop, hop_count))
		return RIB_NONE;
	set.count = (u8)hop_count;
	set.hash = hops_hash(rib, set.hop, hop_count);
	for (idx = map_first(&rib->hops_map, set.hash); idx != IDX_NONE;
	     idx = map_next(&rib->hops_map, idx)) {
		struct rib_hops *there = &rib->hops[idx];

		if (there->hash != set.hash || there->count != set.count ||
		    memcmp(there->hop, set.hop, sizeof set.hop) != 0)
			continue;
		there->refs++;
		return idx;
	}
	idx = hops_new(rib);
	if (idx == RIB_NONE)
		return RIB_NONE;
	for (u32 i = 0; i < hop_count; i++)
		set.direct &= set.hop[i].iface != IFACE_NONE;
	set.fib_route = FIB_ROUTE_NONE;
	rib->hops[idx] = set;
	map_add(&rib->hops_map, set.hash, idx);
	(void)rib_hops_resolve(rib, idx);
	/* Nobody has it yet, so nobody has to be told. */
	rib->hops[idx].changed_round = 0;
	return idx;
}

void rib_hops_put(struct rib *rib, u32 idx)
{
	struct rib_hops *hops = &rib->hops[idx];

	CHECK(idx < rib->hops_top);
	CHECK(hops->refs > 0);
	if (--hops->refs > 0)
		return;
	map_del(&rib->hops_map, hops->hash, idx);
	if (hops->fib_route != FIB_ROUTE_NONE)
		fib_route_put(rib->fib, hops->fib_route);
	*hops = (struct rib_hops){ .free_next = rib->hops_free };
	rib->hops_free = idx;
	rib->hops_count--;
}

static const struct rib_hops *hops_at(const struct rib *rib, u32 idx)
{
	CHECK(idx < rib->hops_top);
	CHECK(rib->hops[idx].refs > 0);
	return &rib->hops[idx];
}

u32 rib_hops_read(const struct rib *rib, u32 idx, struct rib_hop out[RIB_HOPS_MAX])
{
	const struct rib_hops *hops = hops_at(rib, idx);

	for (u32 i = 0; i < hops->count; i++) {
		const struct rib_gateway *hop = &hops->hop[i];

		out[i] = (struct rib_hop){ .iface = hop->iface, .weight = hop->weight };
		if (hop->addr != 0)
			out[i].gateway = ip_addr4(be32_of(hop->addr));
	}
	return hops->count;
}

struct rib_way rib_hops_way(const struct rib *rib, u32 idx)
{
	const struct rib_hops *hops = hops_at(rib, idx);

	return (struct rib_way){ hops->reachable, hops->cost };
}

void rib_hops_check(const struct rib *rib)
{
	u32 live_count = 0, free_count = 0;

	for (u32 idx = 0; idx < rib->hops_top; idx++) {
		const struct rib_hops *hops = &rib->hops[idx];

		if (hops->refs == 0)
			continue;
		live_count++;
		CHECK(hops->count > 0 && hops->count <= RIB_HOPS_MAX);
		CHECK(hops->reachable || hops->fib_route == FIB_ROUTE_NONE);
		CHECK(hops->hash == hops_hash(rib, hops->hop, hops->count));
	}
	for (u32 idx = rib->hops_free; idx != IDX_NONE; idx = rib->hops[idx].free_next) {
		CHECK(rib->hops[idx].refs == 0);
		CHECK(++free_count <= rib->hops_top);
	}
	CHECK(live_count == rib->hops_count);
	CHECK(live_count == rib->hops_map.count);
	CHECK(live_count + free_count == rib->hops_top);
}
