/* Adding, deleting and publishing prefixes. */
#include "core/fib/fib_part.h"

struct fixed_prefix {
	u32 prefix;
	u8 len;
	enum fib_type type;
};

/* RFC 1122 section 3.2.1.3 and RFC 1812 section 5.3.7: never by a next hop. */
static const struct fixed_prefix fixed_prefixes[] = {
	{ 0x00000000, 8, FIB_BLACKHOLE },  { 0x7f000000, 8, FIB_BLACKHOLE },
	{ 0xe0000000, 4, FIB_MULTICAST },  { 0xf0000000, 4, FIB_BLACKHOLE },
	{ 0xffffffff, 32, FIB_BROADCAST },
};

void fib_layout(struct fib *fib, const struct fib_conf *conf, struct mem *mem)
{
	CHECK(conf->prefix_count <= FIB_PREFIX_MAX);
	CHECK(conf->route_count <= FIB_ROUTE_MAX);
	memset(fib, 0, sizeof *fib);
	fib->conf = *conf;
	fib->prefix_cap = conf->prefix_count + (u32)ARRAY_COUNT(fixed_prefixes);
	fib->prefix_bucket_count = 1;
	while (fib->prefix_bucket_count < fib->prefix_cap)
		fib->prefix_bucket_count *= 2;
	fib->prefix = mem_take(mem, "fib_prefixes", fib->prefix_cap, sizeof *fib->prefix);
	fib->prefix_bucket = mem_take(mem, "fib_prefix_index", fib->prefix_bucket_count,
				      sizeof *fib->prefix_bucket);
	fib_nexthops_layout(fib, mem);
	fib_pages_layout(fib, mem);
}

static void prefixes_init(struct fib *fib)
{
	for (u32 i = 0; i < fib->prefix_bucket_count; i++)
		fib->prefix_bucket[i] = IDX_NONE;
	fib->prefix_free = IDX_NONE;
	for (u32 idx = fib->prefix_cap; idx > 0; idx--) {
		fib->prefix[idx - 1] = (struct fib_prefix){ .next = fib->prefix_free };
		fib->prefix_free = idx - 1;
	}
	fib->prefix_live = 0;
}

void fib_init(struct fib *fib)
{
	prefixes_init(fib);
	fib_nexthops_init(fib);
	fib_pages_init(fib);
	for (u32 i = 0; i < ARRAY_COUNT(fixed_prefixes); i++) {
		const struct fixed_prefix *fixed = &fixed_prefixes[i];
		struct fib_route route = { .type = fixed->type };

		CHECK(fib_add(fib, be32_of(fixed->prefix), fixed->len, &route) == ERR_OK);
	}
	fib_publish(fib);
}

static u32 *prefix_bucket(const struct fib *fib, u32 prefix, u32 len)
{
	return &fib->prefix_bucket[fib_prefix_hash(fib, prefix, len)];
}

u32 fib_prefix_find(const struct fib *fib, u32 prefix, u32 len)
{
	u32 idx = *prefix_bucket(fib, prefix, len);

	for (u32 steps = 0; idx != IDX_NONE; steps++) {
		const struct fib_prefix *at = &fib->prefix[idx];

		CHECK(steps < fib->prefix_cap);
		if (at->prefix == prefix && at->len == len)
			return idx;
		idx = at->next;
	}
	return IDX_NONE;
}

u32 fib_find(const struct fib *fib, be32 prefix, u8 len)
{
	u32 idx = fib_prefix_find(fib, be32_host(prefix), len);

	return idx == IDX_NONE ? FIB_ROUTE_NONE : fib->prefix[idx].route;
}

static void prefix_new(struct fib *fib, u32 prefix, u8 len, u32 route)
{
	u32 *bucket = prefix_bucket(fib, prefix, len);
	u32 idx = fib->prefix_free;

	CHECK(idx != IDX_NONE);
	fib->prefix_free = fib->prefix[idx].next;
	fib->prefix[idx] = (struct fib_prefix){
		.prefix = prefix,
		.route = route,
		.next = *bucket,
		.len = len,
		.live = true,
	};
	*bucket = idx;
	fib->prefix_live++;
}

static void prefix_del(struct fib *fib, u32 idx)
{
	u32 *at = prefix_bucket(fib, fib->prefix[idx].prefix, fib->prefix[idx].len);

	while (*at != idx) {
		CHECK(*at != IDX_NONE);
		at = &fib->prefix[*at].next;
	}
	*at = fib->prefix[idx].next;
	fib->prefix[idx] = (struct fib_prefix){ .next = fib->prefix_free };
	fib->prefix_free = idx;
	fib->prefix_live--;
}

/* Full for good, or only until publish? */
static enum err fib_full(const struct fib *fib)
{
	bool waiting = fib->page_old != IDX_NONE || fib->block_old != IDX_NONE ||
		       fib->nexthop_old != IDX_NONE;

	return waiting ? ERR_MEMORY : ERR_FULL;
}

static bool prefix_is_good(u32 prefix, u32 len)
{
	return len <= 32 && (prefix & ~ip4_mask(len)) == 0;
}

/* Takes over one reference of the route, and gives it back when it fails. */
static enum err prefix_lead(struct fib *fib, u32 bits, u8 len, u32 route)
{
	u32 value = fib_value(route, len - fib_level_base(len));
	u32 old = fib_prefix_find(fib, bits, len);

	if (old != IDX_NONE && fib->prefix[old].route == route) {
		fib_nexthop_put(fib, route);
		return ERR_OK;
	}
	if (old == IDX_NONE && fib->prefix_free == IDX_NONE) {
		fib_nexthop_put(fib, route);
		return ERR_FULL;
	}
	if (fib_pages_write(fib, bits, len, value) != ERR_OK) {
		enum err full = fib_full(fib);

		fib_nexthop_put(fib, route);
		return full;
	}
	fib->changed = true;
	if (old == IDX_NONE) {
		prefix_new(fib, bits, len, route);
		return ERR_OK;
	}
	fib_nexthop_put(fib, fib->prefix[old].route);
	fib->prefix[old].route = route;
	return ERR_OK;
}

enum err fib_add(struct fib *fib, be32 prefix, u8 len, const struct fib_route *route)
{
	u32 bits = be32_host(prefix);
	u32 idx;

	if (!prefix_is_good(bits, len) || !fib_route_is_good(route))
		return ERR_RANGE;
	idx = fib_nexthop_get(fib, route);
	return idx == IDX_NONE ? fib_full(fib) : prefix_lead(fib, bits, len, idx);
}

enum err fib_route_get(struct fib *fib, const struct fib_route *route, u32 *idx)
{
	if (!fib_route_is_good(route))
		return ERR_RANGE;
	*idx = fib_nexthop_get(fib, route);
	if (*idx == IDX_NONE)
		return fib_full(fib);
	fib->nexthop_held++;
	return ERR_OK;
}

void fib_route_put(struct fib *fib, u32 idx)
{
	CHECK(fib->nexthop_held > 0);
	fib->nexthop_held--;
	fib_nexthop_put(fib, idx);
}

enum err fib_set(struct fib *fib, be32 prefix, u8 len, u32 route_idx)
{
	u32 bits = be32_host(prefix);

	if (!prefix_is_good(bits, len))
		return ERR_RANGE;
	fib_nexthop_more(fib, route_idx);
	return prefix_lead(fib, bits, len, route_idx);
}

/* What the slots of a prefix fall back to: the next shorter prefix of the same level. */
static u32 cover_value(const struct fib *fib, u32 prefix, u32 len)
{
	u32 base = fib_level_base(len);

	if (len == 0)
		return 0;
	for (u32 shorter = len - 1; shorter > base; shorter--) {
		u32 idx = fib_prefix_find(fib, prefix & ip4_mask(shorter), shorter);

		if (idx != IDX_NONE)
			return fib_value(fib->prefix[idx].route, shorter - base);
	}
	return 0;
}

/* NULL: this prefix is nothing special. */
static const struct fixed_prefix *fixed_find(u32 prefix, u32 len)
{
	for (u32 i = 0; i < ARRAY_COUNT(fixed_prefixes); i++) {
		if (fixed_prefixes[i].prefix == prefix && fixed_prefixes[i].len == len)
			return &fixed_prefixes[i];
	}
	return NULL;
}

enum err fib_del(struct fib *fib, be32 prefix, u8 len)
{
	u32 bits = be32_host(prefix);
	u32 idx = fib_prefix_find(fib, bits, len);
	const struct fixed_prefix *fixed;
	u32 route;

	if (idx == IDX_NONE)
		return ERR_NOT_FOUND;
	fixed = fixed_find(bits, len);
	if (fixed != NULL)
		return fib_add(fib, prefix, len, &(struct fib_route){ .type = fixed->type });
	if (fib_pages_write(fib, bits, len, cover_value(fib, bits, len)) != ERR_OK)
		return fib_full(fib);
	route = fib->prefix[idx].route;
	prefix_del(fib, idx);
	fib_nexthop_put(fib, route);
	fib->changed = true;
	return ERR_OK;
}

void fib_clear(struct fib *fib)
{
	fib_nexthops_keep(fib);
	for (u32 idx = 0; idx < fib->prefix_cap; idx++) {
		const struct fib_prefix *at = &fib->prefix[idx];
		be32 prefix = be32_of(at->prefix);

		if (!at->live)
			continue;
		if (fib_del(fib, prefix, at->len) != ERR_OK) {
			fib_publish(fib);
			CHECK(fib_del(fib, prefix, at->len) == ERR_OK);
		}
	}
	fib_publish(fib);
}

void fib_clear_end(struct fib *fib)
{
	fib_nexthops_keep_end(fib);
	fib_publish(fib);
}

void fib_publish(struct fib *fib)
{
	fib_nexthops_publish(fib);
	if (!fib->changed)
		return;
	fib_pages_publish(fib);
	fib->changed = false;
	fib->gen++;
}

/* A connected thing of an interface: what is there already stays, but for own addresses. */
static enum err iface_add(struct fib *fib, u32 prefix, u8 len, enum fib_type type, u16 ifidx)
{
	u32 there = fib_prefix_find(fib, prefix, len);
	struct fib_route route = {
		.type = type,
		.path_count = 1,
		.path = { { .out_if = ifidx, .weight = 1 } },
	};

	if (there != IDX_NONE) {
		const struct fib_route *has = fib_route_at(fib, fib->prefix[there].route);

		if (type != FIB_LOCAL || has->type == FIB_LOCAL)
			return ERR_OK;
	}
	return fib_add(fib, be32_of(prefix), len, &route);
}

static enum err iface_add_addr(struct fib *fib, const struct iface_addr *own, u16 ifidx)
{
	u32 addr = be32_host(own->addr);
	u32 mask = ip4_mask(own->prefix_len);
	enum err err = iface_add(fib, addr, 32, FIB_LOCAL, ifidx);

	if (err == ERR_OK && own->prefix_len < 32)
		err = iface_add(fib, addr & mask, own->prefix_len, FIB_UNICAST, ifidx);
	/* RFC 3021: a /31 has none. */
	if (own->prefix_len >= 31)
		return err;
	if (err == ERR_OK)
		err = iface_add(fib, addr | ~mask, 32, FIB_BROADCAST, ifidx);
	if (err == ERR_OK)
		err = iface_add(fib, addr & mask, 32, FIB_BROADCAST, ifidx);
	return err;
}

enum err fib_add_iface(struct fib *fib, const struct iface_table *ifaces, u16 ifidx)
{
	const struct iface_conf *conf;
	enum err err = ERR_OK;

	CHECK(ifidx < ifaces->count);
	conf = &ifaces->iface[ifidx].conf;
	for (u32 i = 0; i < conf->addr_count && err == ERR_OK; i++)
		err = iface_add_addr(fib, &conf->addr[i], ifidx);
	return err;
}
