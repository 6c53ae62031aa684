/* The store of attribute sets. */
#include "core/routing/bgp/attr.h"
#include "core/base/check.h"

void bgp_attr_store_layout(struct bgp_attr_store *store, u32 attr_limit, u32 cell_limit,
			   struct mem *mem)
{
	slab_layout(&store->attrs, mem, "BGP attribute sets", attr_limit, sizeof(struct bgp_attr));
	slab_layout(&store->cells, mem, "BGP attribute cells", cell_limit, sizeof(struct bgp_cell));
	map_layout(&store->by_hash, mem, "BGP attribute index", attr_limit);
}

void bgp_attr_store_init(struct bgp_attr_store *store, const struct hash_key *key)
{
	store->key = *key;
	slab_init(&store->attrs);
	slab_init(&store->cells);
	map_init(&store->by_hash);
}

static struct bgp_cell *cell_at(const struct bgp_attr_store *store, u32 cell)
{
	return slab_at(&store->cells, cell);
}

static u64 hash_bytes(const struct hash_key *key, u64 hash, const u8 *at, u32 len)
{
	u64 word[2];

	for (; len >= sizeof word; at += sizeof word, len -= (u32)sizeof word) {
		memcpy(word, at, sizeof word);
		hash = hash_words(key, hash ^ word[0], word[1]);
	}
	word[0] = word[1] = 0;
	memcpy(word, at, len);
	return hash_words(key, hash ^ word[0], word[1] ^ (u64)len << 56);
}

static u64 hash_of(const struct bgp_attr_store *store, const struct bgp_attrs *attrs)
{
	u64 hash = hash_bytes(&store->key, attrs->body_len, (const u8 *)&attrs->head,
			      sizeof attrs->head);

	return hash_bytes(&store->key, hash, attrs->body, attrs->body_len);
}

static bool is_equal(const struct bgp_attr_store *store, const struct bgp_attr *attr,
		     const struct bgp_attrs *attrs)
{
	u32 cell = attr->cell;

	if (attr->body_len != attrs->body_len ||
	    memcmp(&attr->head, &attrs->head, sizeof attr->head) != 0)
		return false;
	for (u32 at = 0; at < attrs->body_len; at += BGP_CELL_DATA) {
		const struct bgp_cell *here = cell_at(store, cell);

		if (memcmp(here->data, attrs->body + at,
			   u32_min(BGP_CELL_DATA, attrs->body_len - at)) != 0)
			return false;
		cell = here->next;
	}
	return true;
}

static void free_cells(struct bgp_attr_store *store, u32 cell)
{
	for (u32 n = 0; n < BGP_CELLS_MAX && cell != IDX_NONE; n++) {
		u32 next = cell_at(store, cell)->next;

		slab_del(&store->cells, cell);
		cell = next;
	}
	CHECK(cell == IDX_NONE);
}

/* From the end to the beginning, so that each cell knows the next one. False: full. */
static bool fill_cells(struct bgp_attr_store *store, const struct bgp_attrs *attrs, u32 *first)
{
	u32 count = (attrs->body_len + BGP_CELL_DATA - 1) / BGP_CELL_DATA;

	*first = IDX_NONE;
	if (store->cells.cap - store->cells.live < count)
		return false;
	while (count > 0) {
		u32 at = --count * BGP_CELL_DATA;
		u32 cell = slab_new(&store->cells);

		memcpy(cell_at(store, cell)->data, attrs->body + at,
		       u32_min(BGP_CELL_DATA, attrs->body_len - at));
		cell_at(store, cell)->next = *first;
		*first = cell;
	}
	return true;
}

static u32 attr_new(struct bgp_attr_store *store, const struct bgp_attrs *attrs, u64 hash)
{
	u32 idx = slab_new(&store->attrs);
	struct bgp_attr *attr;
	u32 first;

	if (idx == IDX_NONE)
		return BGP_ATTR_NONE;
	if (!fill_cells(store, attrs, &first)) {
		slab_del(&store->attrs, idx);
		return BGP_ATTR_NONE;
	}
	attr = bgp_attr_at(store, idx);
	attr->head = attrs->head;
	attr->hash = hash;
	attr->cell = first;
	attr->body_len = (u16)attrs->body_len;
	attr->refs = 1;
	map_add(&store->by_hash, hash, idx);
	return idx;
}

u32 bgp_attr_get(struct bgp_attr_store *store, const struct bgp_attrs *attrs)
{
	u64 hash = hash_of(store, attrs);
	u32 idx;

	CHECK(attrs->body_len <= BGP_BODY_MAX);
	for (idx = map_first(&store->by_hash, hash); idx != IDX_NONE;
	     idx = map_next(&store->by_hash, idx)) {
		struct bgp_attr *attr = bgp_attr_at(store, idx);

		if (attr->hash == hash && is_equal(store, attr, attrs)) {
			attr->refs++;
			store->found++;
			return idx;
		}
	}
	idx = attr_new(store, attrs, hash);
	if (idx == BGP_ATTR_NONE)
		store->full++;
	return idx;
}

void bgp_attr_put(struct bgp_attr_store *store, u32 idx)
{
	struct bgp_attr *attr = bgp_attr_at(store, idx);

	CHECK(attr->refs > 0);
	if (--attr->refs > 0)
		return;
	map_del(&store->by_hash, attr->hash, idx);
	free_cells(store, attr->cell);
	slab_del(&store->attrs, idx);
}

void bgp_attr_load(const struct bgp_attr_store *store, u32 idx, struct bgp_attrs *out)
{
	const struct bgp_attr *attr = bgp_attr_at(store, idx);
	u32 cell = attr->cell;

	out->head = attr->head;
	out->body_len = attr->body_len;
	for (u32 at = 0; at < attr->body_len; at += BGP_CELL_DATA) {
		const struct bgp_cell *here = cell_at(store, cell);

		memcpy(out->body + at, here->data, u32_min(BGP_CELL_DATA, attr->body_len - at));
		cell = here->next;
	}
}

void bgp_attr_store_check(const struct bgp_attr_store *store)
{
	u32 cells = 0;

	CHECK(store->by_hash.count == store->attrs.live);
	for (u32 idx = 0; idx < store->attrs.cap; idx++) {
		const struct bgp_attr *attr;

		if (!slab_is_live(&store->attrs, idx))
			continue;
		attr = bgp_attr_at(store, idx);
		CHECK(attr->refs > 0);
		CHECK(attr->body_len <= BGP_BODY_MAX);
		cells += (attr->body_len + BGP_CELL_DATA - 1u) / BGP_CELL_DATA;
	}
	CHECK(cells == store->cells.live);
}
