/* Bodies of sets: one table of elements for all of them. */
#include "core/filter/store.h"
#include "core/wire/ip4.h"

enum { LIST_LOOK_MAX = 4096 }; /* places or ports looked at in one call */

void filter_store_layout(struct filter_store *store, const struct filter_conf *conf,
			 struct mem *mem)
{
	u32 elems = 2 * conf->elem_limit;

	store->body_count = FILTER_BODIES * conf->set_limit + FILTER_BODIES_MORE;
	store->body = mem_take(mem, "filter_sets", store->body_count, sizeof *store->body);
	store->port_count = FILTER_BODIES * conf->port_set_limit;
	store->port_words = mem_take(mem, "filter_port_sets", store->port_count,
				     FILTER_PORT_WORDS * sizeof *store->port_words);
	store->head = mem_take(mem, "filter_element_heads", elems, sizeof *store->head);
	store->head_count = elems;
	slab_layout(&store->entry, mem, "filter_elements", elems, sizeof(struct filter_entry));
}

void filter_store_init(struct filter_store *store)
{
	slab_init(&store->entry);
	for (u32 head = 0; head < store->head_count; head++)
		store->head[head] = IDX_NONE;
}

/* ---- the table ------------------------------------------------------------------------------- */

static struct filter_entry *entry_at(const struct filter_store *store, u32 idx)
{
	return slab_at(&store->entry, idx);
}

static u32 *entry_head(const struct filter_store *store, const struct hash_key *key,
		       const struct filter_entry *entry)
{
	u64 where = (u64)entry->body << 32 | (u64)entry->len << 16 | entry->port;

	return &store->head[hash_range(hash_words(key, entry->addr, where), store->head_count)];
}

static bool entry_eq(const struct filter_entry *a, const struct filter_entry *b)
{
	return a->addr == b->addr && a->port == b->port && a->body == b->body && a->len == b->len;
}

/* Bounds: the chain; its expected length is one, as there are as many heads as elements. */
static bool entry_find(const struct filter_store *store, const struct hash_key *key,
		       const struct filter_entry *wanted)
{
	u32 idx = store->head_count > 0 ? *entry_head(store, key, wanted) : IDX_NONE;

	while (idx != IDX_NONE && !entry_eq(entry_at(store, idx), wanted))
		idx = entry_at(store, idx)->next;
	return idx != IDX_NONE;
}

static bool entry_del(struct filter_store *store, const struct hash_key *key,
		      const struct filter_entry *wanted)
{
	u32 *link, idx;

	if (store->head_count == 0)
		return false;
	link = entry_head(store, key, wanted);
	while (*link != IDX_NONE && !entry_eq(entry_at(store, *link), wanted))
		link = &entry_at(store, *link)->next;
	idx = *link;
	if (idx == IDX_NONE)
		return false;
	*link = entry_at(store, idx)->next;
	slab_del(&store->entry, idx);
	return true;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

void filter_store_sweep(struct filter_store *store, const struct hash_key *key, u32 places)
{
	for (; store->gone > 0 && places > 0; places--) {
		u32 idx = store->sweep_at;
		struct filter_entry entry;

		store->sweep_at = idx + 1 < store->entry.cap ? idx + 1 : 0;
		if (!slab_is_live(&store->entry, idx))
			continue;
		entry = *entry_at(store, idx);
		if (store->body[entry.body].users > 0)
			continue;
		CHECK(entry_del(store, key, &entry));
		store->body[entry.body].elem_count--;
		store->gone--;
	}
}

static u16 body_find_free(const struct filter_store *store)
{
	for (u32 at = 0; at < store->body_count; at++) {
		if (store->body[at].users == 0 && store->body[at].elem_count == 0)
			return (u16)at;
	}
	return FILTER_BODY_NONE;
}

/* Bits that no body has. */
static u64 *port_bits_find(const struct filter_store *store)
{
	for (u32 slot = 0; slot < store->port_count; slot++) {
		u64 *bits = store->port_words + (u64)slot * FILTER_PORT_WORDS;
		bool used = false;

		for (u32 at = 0; at < store->body_count; at++)
			used |= store->body[at].port == bits;
		if (!used)
			return bits;
	}
	return NULL;
}

u16 filter_body_new(struct filter_store *store, const struct hash_key *key,
		    enum filter_set_kind kind)
{
	u64 *bits = kind == FILTER_SET_PORTS ? port_bits_find(store) : NULL;
	u16 at = body_find_free(store);

	while (at == FILTER_BODY_NONE && store->gone > 0) {
		filter_store_sweep(store, key, FILTER_SWEEP_STEP);
		at = body_find_free(store);
	}
	if (at == FILTER_BODY_NONE || (kind == FILTER_SET_PORTS && bits == NULL))
		return FILTER_BODY_NONE;
	store->body[at] = (struct filter_body){ .users = 1, .kind = (u8)kind, .port = bits };
	if (bits != NULL)
		memset(bits, 0, FILTER_PORT_WORDS * sizeof *bits);
	return at;
}

void filter_body_get(struct filter_store *store, u16 at)
{
	store->body[at].users++;
}

void filter_body_put(struct filter_store *store, u16 at)
{
	struct filter_body *body = &store->body[at];

	CHECK(body->users > 0);
	if (--body->users > 0)
		return;
	if (body->kind == FILTER_SET_PORTS)
		body->elem_count = 0;
	body->port = NULL;
	store->gone += body->elem_count;
}

/* ---- elements -------------------------------------------------------------------------------- */

bool filter_body_fits(const struct filter_body *body, const struct filter_elem *elem)
{
	switch ((enum filter_set_kind)body->kind) {
	case FILTER_SET_ADDRS:
		return elem->len <= 32 && (be32_host(elem->addr) & ~ip4_mask(elem->len)) == 0 &&
		       elem->port_first == 0 && elem->port_last == 0;
	case FILTER_SET_PORTS:
		return elem->port_first <= elem->port_last && elem->addr.raw == 0 && elem->len == 0;
	case FILTER_SET_PAIRS: return elem->len == 32 && elem->port_first == elem->port_last;
	case FILTER_SET_KINDS: break;
	}
	return false;
}

static struct filter_entry entry_of(u16 at, const struct filter_elem *elem)
{
	return (struct filter_entry){ .addr = be32_host(elem->addr),
				      .port = elem->port_first,
				      .body = at,
				      .len = elem->len };
}

/* How many ports of the range are in the set, and from now on all or none of them are. */
static u32 ports_write(struct filter_body *body, const struct filter_elem *elem, bool in)
{
	u32 changed = 0;

	for (u32 port = elem->port_first; port <= elem->port_last; port++) {
		u64 bit = UINT64_C(1) << (port % 64);

		changed += filter_body_has_port(body, port) != in;
		if (in)
			body->port[port / 64] |= bit;
		else
			body->port[port / 64] &= ~bit;
	}
	body->elem_count = in ? body->elem_count + changed : body->elem_count - changed;
	return changed;
}

enum err filter_body_add(struct filter_store *store, const struct hash_key *key, u16 at,
			 const struct filter_elem *elem)
{
	struct filter_body *body = &store->body[at];
	struct filter_entry entry = entry_of(at, elem);
	u32 idx, *head;

	if (!filter_body_fits(body, elem))
		return ERR_RANGE;
	if (body->kind == FILTER_SET_PORTS)
		return ports_write(body, elem, true) > 0 ? ERR_OK : ERR_EXISTS;
	if (entry_find(store, key, &entry))
		return ERR_EXISTS;
	idx = slab_new(&store->entry);
	/* No further than to the first place that comes free: the next ones are as near. */
	while (idx == IDX_NONE && store->gone > 0) {
		filter_store_sweep(store, key, FILTER_SWEEP_STEP);
		idx = slab_new(&store->entry);
	}
	if (idx == IDX_NONE)
		return ERR_FULL;
	head = entry_head(store, key, &entry);
	entry.next = *head;
	*entry_at(store, idx) = entry;
	*head = idx;
	body->elem_count++;
	if (body->len_count[elem->len]++ == 0)
		body->lens |= UINT64_C(1) << elem->len;
	return ERR_OK;
}

enum err filter_body_del(struct filter_store *store, const struct hash_key *key, u16 at,
			 const struct filter_elem *elem)
{
	struct filter_body *body = &store->body[at];
	struct filter_entry entry = entry_of(at, elem);

	if (!filter_body_fits(body, elem))
		return ERR_RANGE;
	if (body->kind == FILTER_SET_PORTS)
		return ports_write(body, elem, false) > 0 ? ERR_OK : ERR_NOT_FOUND;
	if (!entry_del(store, key, &entry))
		return ERR_NOT_FOUND;
	body->elem_count--;
	if (--body->len_count[elem->len] == 0)
		body->lens &= ~(UINT64_C(1) << elem->len);
	return ERR_OK;
}

u32 filter_body_find_addr(const struct filter_store *store, const struct hash_key *key, u16 at,
			  u32 addr, u32 len)
{
	u64 lens = store->body[at].lens & ((UINT64_C(2) << len) - 1);

	while (lens != 0) {
		u8 longest = (u8)(63 - __builtin_clzll(lens));
		struct filter_entry wanted = { .addr = addr & ip4_mask(longest),
					       .body = at,
					       .len = longest };

		if (entry_find(store, key, &wanted))
			return longest;
		lens &= ~(UINT64_C(1) << longest);
	}
	return 33;
}

bool filter_body_has_pair(const struct filter_store *store, const struct hash_key *key, u16 at,
			  u32 addr, u32 port)
{
	struct filter_entry wanted = { .addr = addr, .port = (u16)port, .body = at, .len = 32 };

	return entry_find(store, key, &wanted);
}

/* ---- listing --------------------------------------------------------------------------------- */

/* Ranges from *cursor on. */
static u32 ports_list(const struct filter_body *body, u32 *cursor, struct filter_elem *out, u32 max)
{
	u32 found = 0;

	while (*cursor <= UINT16_MAX && found < max) {
		u32 first = *cursor;

		while (*cursor <= UINT16_MAX &&
		       filter_body_has_port(body, *cursor) == filter_body_has_port(body, first))
			(*cursor)++;
		if (filter_body_has_port(body, first))
			out[found++] = (struct filter_elem){ .port_first = (u16)first,
							     .port_last = (u16)(*cursor - 1) };
	}
	if (*cursor > UINT16_MAX)
		*cursor = UINT32_MAX;
	return found;
}

u32 filter_body_list(const struct filter_store *store, u16 at, u32 *cursor, struct filter_elem *out,
		     u32 max)
{
	u32 found = 0;

	if (store->body[at].kind == FILTER_SET_PORTS)
		return ports_list(&store->body[at], cursor, out, max);
	for (u32 looked = 0; *cursor < store->entry.cap && looked < LIST_LOOK_MAX && found < max;
	     looked++, (*cursor)++) {
		const struct filter_entry *entry = entry_at(store, *cursor);

		if (slab_is_live(&store->entry, *cursor) && entry->body == at)
			out[found++] = (struct filter_elem){ be32_of(entry->addr), entry->len,
							     entry->port, entry->port };
	}
	if (*cursor >= store->entry.cap)
		*cursor = UINT32_MAX;
	return found;
}

/* ---- invariants ------------------------------------------------------------------------------ */

void filter_store_check(const struct filter_store *store)
{
	u32 elems = 0, gone = 0;

	for (u32 at = 0; at < store->body_count; at++) {
		const struct filter_body *body = &store->body[at];
		u32 sum = 0;

		CHECK((body->port != NULL) == (body->users > 0 && body->kind == FILTER_SET_PORTS));
		if (body->kind == FILTER_SET_PORTS)
			continue;
		for (u32 len = 0; len <= 32; len++) {
			CHECK((body->len_count[len] > 0) == ((body->lens >> len & 1) != 0));
			sum += body->len_count[len];
		}
		CHECK(body->users == 0 || sum == body->elem_count);
		gone += body->users == 0 ? body->elem_count : 0;
		elems += body->elem_count;
	}
	CHECK(elems == store->entry.live);
	CHECK(gone == store->gone);
}
