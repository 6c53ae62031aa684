/* Named sets.
 *
 * Addresses, prefixes and pairs of all sets lie in one hash table. A look-up asks once for each
 * prefix length that the set has, so its cost follows from how many lengths there are (one, for a
 * list of hosts) and not from how many elements. Ports are bits.                                 */
#include "core/filter/filter.h"
#include "core/wire/ip4.h"

void filter_sets_clear(struct filter_rules *rules)
{
	slab_init(&rules->entry);
	for (u32 head = 0; head < rules->entry_head_count; head++)
		rules->entry_heads[head] = IDX_NONE;
	rules->set_count = 0;
	rules->port_set_count = 0;
}

static struct filter_entry *entry_at(const struct filter_rules *rules, u32 idx)
{
	return slab_at(&rules->entry, idx);
}

static u32 *entry_head(const struct filter_rules *rules, const struct hash_key *key,
		       const struct filter_entry *entry)
{
	u64 where = (u64)entry->set << 32 | (u64)entry->len << 16 | entry->port;

	return &rules->entry_heads[hash_range(hash_words(key, entry->addr, where),
					      rules->entry_head_count)];
}

static bool entry_eq(const struct filter_entry *a, const struct filter_entry *b)
{
	return a->addr == b->addr && a->port == b->port && a->set == b->set && a->len == b->len;
}

/* Bounds: the chain; its expected length is one, as there are as many heads as elements. */
static bool entry_find(const struct filter_rules *rules, const struct hash_key *key,
		       const struct filter_entry *wanted)
{
	u32 idx = *entry_head(rules, key, wanted);

	while (idx != IDX_NONE && !entry_eq(entry_at(rules, idx), wanted))
		idx = entry_at(rules, idx)->next;
	return idx != IDX_NONE;
}

bool filter_set_has_addr(struct filter_rules *rules, const struct hash_key *key, u16 at, u32 addr)
{
	struct filter_set *set = &rules->set[at];

	for (u64 lens = set->lens; lens != 0; lens &= lens - 1) {
		u8 len = (u8)__builtin_ctzll(lens);
		struct filter_entry wanted = { .addr = addr & ip4_mask(len),
					       .set = at,
					       .len = len };

		if (entry_find(rules, key, &wanted)) {
			set->hits++;
			return true;
		}
	}
	return false;
}

bool filter_set_has_port(struct filter_rules *rules, u16 at, u32 port)
{
	struct filter_set *set = &rules->set[at];
	bool has = (set->port[port / 64] >> (port % 64) & 1) != 0;

	set->hits += has;
	return has;
}

bool filter_set_has_pair(struct filter_rules *rules, const struct hash_key *key, u16 at, u32 addr,
			 u32 port)
{
	struct filter_entry wanted = { .addr = addr, .port = (u16)port, .set = at, .len = 32 };
	bool has = entry_find(rules, key, &wanted);

	rules->set[at].hits += has;
	return has;
}

/* ---- changing -------------------------------------------------------------------------------- */

static bool elem_fits(const struct filter_set *set, const struct filter_elem *elem)
{
	switch ((enum filter_set_kind)set->kind) {
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
	return (struct filter_entry){
		.addr = be32_host(elem->addr), .port = elem->port_first, .set = at, .len = elem->len
	};
}

/* How many ports of the range are in the set, and from now on all or none of them are. */
static u32 ports_write(struct filter_set *set, const struct filter_elem *elem, bool in)
{
	u32 changed = 0;

	for (u32 port = elem->port_first; port <= elem->port_last; port++) {
		u64 bit = UINT64_C(1) << (port % 64);
		bool was = (set->port[port / 64] & bit) != 0;

		changed += was != in;
		if (in)
			set->port[port / 64] |= bit;
		else
			set->port[port / 64] &= ~bit;
	}
	set->elem_count = in ? set->elem_count + changed : set->elem_count - changed;
	return changed;
}

enum err filter_set_put(struct filter_rules *rules, const struct hash_key *key, u16 at,
			const struct filter_elem *elem)
{
	struct filter_set *set = &rules->set[at];
	struct filter_entry entry = entry_of(at, elem);
	u32 idx, *head;

	if (!elem_fits(set, elem))
		return ERR_RANGE;
	if (set->kind == FILTER_SET_PORTS)
		return ports_write(set, elem, true) > 0 ? ERR_OK : ERR_EXISTS;
	if (rules->entry_head_count == 0)
		return ERR_FULL;
	if (entry_find(rules, key, &entry))
		return ERR_EXISTS;
	idx = slab_new(&rules->entry);
	if (idx == IDX_NONE)
		return ERR_FULL;
	head = entry_head(rules, key, &entry);
	entry.next = *head;
	*entry_at(rules, idx) = entry;
	*head = idx;
	set->elem_count++;
	if (set->len_count[elem->len]++ == 0)
		set->lens |= UINT64_C(1) << elem->len;
	return ERR_OK;
}

static enum err set_take(struct filter_rules *rules, const struct hash_key *key, u16 at,
			 const struct filter_elem *elem)
{
	struct filter_set *set = &rules->set[at];
	struct filter_entry entry = entry_of(at, elem);
	u32 *link;
	u32 idx;

	if (!elem_fits(set, elem))
		return ERR_RANGE;
	if (set->kind == FILTER_SET_PORTS)
		return ports_write(set, elem, false) > 0 ? ERR_OK : ERR_NOT_FOUND;
	if (rules->entry_head_count == 0)
		return ERR_NOT_FOUND;
	link = entry_head(rules, key, &entry);
	while (*link != IDX_NONE && !entry_eq(entry_at(rules, *link), &entry))
		link = &entry_at(rules, *link)->next;
	idx = *link;
	if (idx == IDX_NONE)
		return ERR_NOT_FOUND;
	*link = entry_at(rules, idx)->next;
	slab_del(&rules->entry, idx);
	set->elem_count--;
	if (--set->len_count[elem->len] == 0)
		set->lens &= ~(UINT64_C(1) << elem->len);
	return ERR_OK;
}

static bool name_eq(const char *a, const char *b)
{
	u32 at = 0;

	while (at < FILTER_NAME_SIZE - 1 && a[at] != '\0' && a[at] == b[at])
		at++;
	return a[at] == b[at];
}

static u16 set_by_name(const struct filter_rules *rules, const char *name)
{
	for (u32 at = 0; at < rules->set_count; at++) {
		if (name_eq(rules->set[at].name, name))
			return (u16)at;
	}
	return FILTER_SET_NONE;
}

enum err filter_set_copy(struct filter_rules *to, const struct hash_key *key, u16 at,
			 const struct filter_rules *from)
{
	u16 old = set_by_name(from, to->set[at].name);

	if (old == FILTER_SET_NONE || from->set[old].kind != to->set[at].kind)
		return ERR_NOT_FOUND;
	if (to->set[at].kind == FILTER_SET_PORTS) {
		memcpy(to->set[at].port, from->set[old].port, FILTER_PORT_WORDS * sizeof(u64));
		to->set[at].elem_count = from->set[old].elem_count;
		return ERR_OK;
	}
	for (u32 idx = 0; idx < from->entry.cap; idx++) {
		const struct filter_entry *entry = entry_at(from, idx);
		struct filter_elem elem = { be32_of(entry->addr), entry->len, entry->port,
					    entry->port };

		if (slab_is_live(&from->entry, idx) && entry->set == old &&
		    filter_set_put(to, key, at, &elem) == ERR_FULL)
			return ERR_FULL;
	}
	return ERR_OK;
}

bool filter_sets_matter(const struct filter *filter)
{
	if (filter->conf.reclassify)
		return true;
	for (u32 chain = 0; chain < FILTER_CHAINS; chain++) {
		if (filter->live->chain[chain].uses_sets &&
		    filter->live->chain[chain].fast == FILTER_FAST_ESTABLISHED)
			return true;
	}
	return false;
}

/* With reclassify, a set that changed is as good as a rule that changed. */
static void set_changed(struct filter *filter)
{
	if (filter->conf.reclassify)
		filter_gen_next(filter);
}

enum err filter_set_add(struct filter *filter, const char *name, const struct filter_elem *elem)
{
	u16 at = filter->live != NULL ? set_by_name(filter->live, name) : FILTER_SET_NONE;
	enum err err;

	if (at == FILTER_SET_NONE)
		return ERR_NOT_FOUND;
	err = filter_set_put(filter->live, &filter->key, at, elem);
	if (err == ERR_OK)
		set_changed(filter);
	return err;
}

enum err filter_set_del(struct filter *filter, const char *name, const struct filter_elem *elem)
{
	u16 at = filter->live != NULL ? set_by_name(filter->live, name) : FILTER_SET_NONE;
	enum err err;

	if (at == FILTER_SET_NONE)
		return ERR_NOT_FOUND;
	err = set_take(filter->live, &filter->key, at, elem);
	if (err == ERR_OK)
		set_changed(filter);
	return err;
}
