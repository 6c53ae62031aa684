/* Named sets: what rules ask, and what changes at run time. */
#include "core/base/text.h"
#include "core/filter/filter.h"
#include "core/wire/ip4.h"

void filter_sets_release(struct filter_rules *rules)
{
	while (rules->set_count > 0)
		filter_body_put(rules->store, rules->set[--rules->set_count].body);
}

u32 filter_sets_held(const struct filter_rules *rules)
{
	u32 held = 0;

	for (u32 at = 0; at < rules->set_count; at++) {
		if (rules->set[at].kind != FILTER_SET_PORTS)
			held += filter_body_of(rules, (u16)at)->elem_count;
	}
	return held;
}

/* ---- what rules ask -------------------------------------------------------------------------- */

bool filter_set_has_addr(struct filter_rules *rules, const struct hash_key *key, u16 at, u32 addr)
{
	bool has = filter_body_find_addr(rules->store, key, rules->set[at].body, addr, 32) <= 32;

	filter_body_of(rules, at)->hits += has;
	return has;
}

bool filter_set_has_port(struct filter_rules *rules, u16 at, u32 port)
{
	bool has = filter_body_has_port(filter_body_of(rules, at), port);

	filter_body_of(rules, at)->hits += has;
	return has;
}

bool filter_set_has_pair(struct filter_rules *rules, const struct hash_key *key, u16 at, u32 addr,
			 u32 port)
{
	bool has = filter_body_has_pair(rules->store, key, rules->set[at].body, addr, port);

	filter_body_of(rules, at)->hits += has;
	return has;
}

/* ---- changing -------------------------------------------------------------------------------- */

static struct filter_set *set_named(const struct filter *filter, const char *name)
{
	u32 count = filter->live != NULL ? filter->live->set_count : 0;

	for (u32 at = 0; at < count; at++) {
		if (text_equal(filter->live->set[at].name, name, FILTER_NAME_SIZE))
			return &filter->live->set[at];
	}
	return NULL;
}

const struct filter_set *filter_set_named(const struct filter *filter, const char *name)
{
	return set_named(filter, name);
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
static void set_changed(struct filter *filter, const struct filter_set *set)
{
	filter->store.body[set->body].changed = true;
	if (filter->conf.reclassify)
		filter_gen_next(filter);
}

enum err filter_set_add(struct filter *filter, const char *name, const struct filter_elem *elem)
{
	const struct filter_set *set = set_named(filter, name);
	enum err err;

	if (set == NULL)
		return ERR_NOT_FOUND;
	err = filter_body_add(&filter->store, &filter->key, set->body, elem);
	if (err != ERR_OK)
		return err;
	if (filter_sets_held(filter->live) > filter->conf.elem_limit) {
		err = filter_body_del(&filter->store, &filter->key, set->body, elem);
		CHECK(err == ERR_OK);
		return ERR_FULL;
	}
	set_changed(filter, set);
	return ERR_OK;
}

enum err filter_set_del(struct filter *filter, const char *name, const struct filter_elem *elem)
{
	const struct filter_set *set = set_named(filter, name);
	enum err err;

	if (set == NULL)
		return ERR_NOT_FOUND;
	err = filter_body_del(&filter->store, &filter->key, set->body, elem);
	if (err == ERR_OK)
		set_changed(filter, set);
	return err;
}

enum err filter_set_change(struct filter *filter, const char *name, const struct filter_elem *elem,
			   u32 count, bool in, u32 *changed)
{
	const struct filter_set *set = set_named(filter, name);
	enum err err = ERR_OK;
	u32 held;

	*changed = 0;
	if (set == NULL)
		return ERR_NOT_FOUND;
	held = filter_sets_held(filter->live);
	for (u32 at = 0; at < count && err != ERR_RANGE && err != ERR_FULL; at++) {
		if (!in)
			err = filter_body_del(&filter->store, &filter->key, set->body, &elem[at]);
		else if (set->kind != FILTER_SET_PORTS &&
			 held + *changed >= filter->conf.elem_limit)
			err = ERR_FULL;
		else
			err = filter_body_add(&filter->store, &filter->key, set->body, &elem[at]);
		*changed += err == ERR_OK;
	}
	if (*changed > 0)
		set_changed(filter, set);
	return err == ERR_RANGE || err == ERR_FULL ? err : ERR_OK;
}

/* ---- all of a set ---------------------------------------------------------------------------- */

enum err filter_fill_begin(struct filter *filter, const char *name, u32 *fill)
{
	const struct filter_set *set = set_named(filter, name);
	u16 body;

	if (set == NULL)
		return ERR_NOT_FOUND;
	body = filter_body_new(&filter->store, &filter->key, (enum filter_set_kind)set->kind);
	*fill = body;
	return body == FILTER_BODY_NONE ? ERR_FULL : ERR_OK;
}

/* The set that is filled, unless a configuration has made something else of it. */
static struct filter_set *set_filled(const struct filter *filter, const char *name, u32 fill)
{
	struct filter_set *set = set_named(filter, name);

	CHECK(fill < filter->store.body_count);
	CHECK(filter->store.body[fill].users == 1);
	return set != NULL && set->kind == filter->store.body[fill].kind ? set : NULL;
}

/* Elements that the new body may have: all but what other sets have. */
static u32 fill_room(const struct filter *filter, const struct filter_set *set)
{
	u32 others = filter_sets_held(filter->live) - filter->store.body[set->body].elem_count;

	return filter->conf.elem_limit > others ? filter->conf.elem_limit - others : 0;
}

enum err filter_fill_put(struct filter *filter, const char *name, u32 fill,
			 const struct filter_elem *elem, u32 count, u32 *taken)
{
	const struct filter_set *set = set_filled(filter, name, fill);
	bool bounded;
	u32 room;

	*taken = 0;
	if (set == NULL)
		return ERR_NOT_FOUND;
	bounded = set->kind != FILTER_SET_PORTS;
	room = bounded ? fill_room(filter, set) : 0;
	for (; *taken < count; (*taken)++) {
		enum err err = filter_body_add(&filter->store, &filter->key, (u16)fill,
					       &elem[*taken]);

		if (err != ERR_OK && err != ERR_EXISTS)
			return err;
		if (bounded && filter->store.body[fill].elem_count > room)
			return ERR_FULL;
	}
	return ERR_OK;
}

/* The set has this body from now on. */
static void body_exchange(struct filter *filter, struct filter_set *set, u16 body)
{
	filter->store.body[body].hits = filter->store.body[set->body].hits;
	filter_body_put(&filter->store, set->body);
	set->body = body;
	set_changed(filter, set);
}

enum err filter_fill_end(struct filter *filter, const char *name, u32 fill)
{
	struct filter_set *set = set_filled(filter, name, fill);

	if (set == NULL)
		return ERR_NOT_FOUND;
	/* Other sets may have grown meanwhile. */
	if (set->kind != FILTER_SET_PORTS &&
	    filter->store.body[fill].elem_count > fill_room(filter, set))
		return ERR_FULL;
	body_exchange(filter, set, (u16)fill);
	return ERR_OK;
}

void filter_fill_drop(struct filter *filter, u32 fill)
{
	filter_body_put(&filter->store, (u16)fill);
}

enum err filter_set_flush(struct filter *filter, const char *name, u32 *gone)
{
	struct filter_set *set = set_named(filter, name);
	u16 body;

	*gone = 0;
	if (set == NULL)
		return ERR_NOT_FOUND;
	*gone = filter->store.body[set->body].elem_count;
	if (*gone == 0)
		return ERR_OK;
	body = filter_body_new(&filter->store, &filter->key, (enum filter_set_kind)set->kind);
	if (body == FILTER_BODY_NONE)
		return ERR_FULL;
	body_exchange(filter, set, body);
	return ERR_OK;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static bool ports_all_in(const struct filter_body *body, const struct filter_elem *elem)
{
	for (u32 port = elem->port_first; port <= elem->port_last; port++) {
		if (!filter_body_has_port(body, port))
			return false;
	}
	return true;
}

/* The whole range of ports around the ones of elem. */
static void ports_widen(const struct filter_body *body, struct filter_elem *elem)
{
	while (elem->port_first > 0 && filter_body_has_port(body, elem->port_first - 1u))
		elem->port_first--;
	while (elem->port_last < UINT16_MAX && filter_body_has_port(body, elem->port_last + 1u))
		elem->port_last++;
}

enum err filter_set_find(const struct filter *filter, const char *name,
			 const struct filter_elem *elem, bool *in, struct filter_elem *holder)
{
	const struct filter_set *set = set_named(filter, name);
	const struct filter_body *body;
	u32 addr = be32_host(elem->addr), len;

	if (set == NULL)
		return ERR_NOT_FOUND;
	body = &filter->store.body[set->body];
	*holder = *elem;
	if (!filter_body_fits(body, elem))
		return ERR_RANGE;
	if (set->kind == FILTER_SET_ADDRS) {
		len = filter_body_find_addr(&filter->store, &filter->key, set->body, addr,
					    elem->len);
		*in = len <= 32;
		holder->len = (u8)len;
		holder->addr = be32_of(addr & ip4_mask(*in ? len : 0));
	} else if (set->kind == FILTER_SET_PORTS) {
		*in = ports_all_in(body, elem);
		if (*in)
			ports_widen(body, holder);
	} else {
		*in = filter_body_has_pair(&filter->store, &filter->key, set->body, addr,
					   elem->port_first);
	}
	return ERR_OK;
}
