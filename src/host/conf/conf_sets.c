/* Gathering the elements of sets. */
#include "host/conf/conf_sets.h"

#include <stdlib.h>

#include "host/conf/elem_text.h"
#include "host/conf/values.h"

struct gathering {
	struct conf *conf;
	const struct conf_marks *marks;
	struct conf_errors *errors;
	struct conf_elems *elems;
	u32 room; /* elements that there is memory for */
};

static struct conf_place place_of(const struct gathering *g, const void *value)
{
	return conf_place_of(g->marks, (u32)((const u8 *)value - (const u8 *)g->conf));
}

static bool no_memory(struct gathering *g, const struct conf_set *set)
{
	conf_error(g->errors, place_of(g, set->name), "there is no memory for the elements of '%s'",
		   set->name);
	return false;
}

static bool add(struct gathering *g, struct conf_set *set, const struct filter_elem *elem)
{
	if (g->elems->count == g->room) {
		u32 room = g->room ? 2 * g->room : 1024;
		struct filter_elem *more = room > 2 * FILTER_ELEM_LIMIT
						   ? NULL
						   : realloc(g->elems->elem,
							     room * sizeof *g->elems->elem);

		if (!more)
			return no_memory(g, set);
		g->elems->elem = more;
		g->room = room;
	}
	g->elems->elem[g->elems->count++] = *elem;
	set->all_count++;
	return true;
}

static bool add_file(struct gathering *g, struct conf_set *set, const struct conf_set_file *file)
{
	enum elem_found found;
	struct elem_text text;
	struct filter_elem elem;
	u32 wrong = 0;

	if (!file->text) {
		conf_error(g->errors, place_of(g, set->file), "'%s': %s", set->file,
			   file->why ? file->why : "was not read");
		return false;
	}
	elem_text_begin(&text, file->text, file->len_bytes);
	while ((found = elem_text_next(&text, set->kind, &elem)) != ELEM_END) {
		if (found == ELEM_ONE && !add(g, set, &elem))
			return false;
		if (found != ELEM_WRONG)
			continue;
		if (wrong++ < CONF_SET_ERRORS_MAX)
			conf_error(g->errors, place_of(g, set->file), "%s:%u: '%s' has to be %s",
				   set->file, text.line, text.word, elem_text_expect(set->kind));
	}
	if (wrong > CONF_SET_ERRORS_MAX)
		conf_error(g->errors, place_of(g, set->file), "%s: and %u more lines like that",
			   set->file, wrong - CONF_SET_ERRORS_MAX);
	return wrong == 0;
}

/* Who writes elements is trusted, so two sets with one stamp would be chance: 2^-64. */
static u64 stamp_of(const struct conf_elems *elems, u32 first, u32 count)
{
	u64 stamp = UINT64_C(0x9e3779b97f4a7c15) + count;

	for (u32 i = first; i < first + count; i++) {
		const struct filter_elem *elem = &elems->elem[i];
		u64 word = (u64)elem->addr.raw << 32 | (u64)elem->port_first << 16 |
			   elem->port_last;

		stamp = (stamp ^ word ^ (u64)elem->len << 58) * UINT64_C(0xbf58476d1ce4e5b9);
		stamp ^= stamp >> 29;
	}
	return stamp ? stamp : 1;
}

/* Of all of its elements, which begin there. */
static void set_stamp(struct conf_set *set, const struct conf_elems *elems, u32 first)
{
	set->stamp = stamp_of(elems, first, set->all_count);
	set->file_stamp = stamp_of(elems, first + set->elem_count,
				   set->all_count - set->elem_count);
}

static bool gather(struct gathering *g, struct conf_set *set, const struct conf_set_file *file)
{
	u32 first = g->elems->count;
	bool good = true;

	set->all_count = 0;
	for (u32 i = 0; good && i < set->elem_count; i++)
		good = add(g, set, &set->elem[i]);
	if (good && set->file[0])
		good = add_file(g, set, file);
	if (!good)
		return false;
	set_stamp(set, g->elems, first);
	return true;
}

static void check_room(struct gathering *g)
{
	const struct conf_filter *filter = &g->conf->filter;
	u32 sum = 0;

	for (u32 i = 0; i < filter->set_count; i++) {
		u32 before = sum;

		if (filter->set[i].kind != FILTER_SET_PORTS)
			sum += filter->set[i].all_count;
		if (sum > filter->elem_limit && before <= filter->elem_limit)
			conf_error(g->errors,
				   place_of(g, filter->set[i].file[0] ? filter->set[i].file
								      : filter->set[i].name),
				   "with set '%s' the sets have %u elements; "
				   "limits.filter-elements allows %u",
				   filter->set[i].name, sum, filter->elem_limit);
	}
}

bool conf_sets_read(struct conf *conf, const struct conf_marks *marks,
		    const struct conf_set_files *files, struct conf_elems *elems,
		    struct conf_errors *errors)
{
	struct gathering g = { conf, marks, errors, elems, 0 };
	u32 before = errors->count;

	*elems = (struct conf_elems){ 0 };
	for (u32 i = 0; i < conf->filter.set_count; i++)
		gather(&g, &conf->filter.set[i], &files->file[i]);
	if (errors->count == before)
		check_room(&g);
	if (errors->count == before)
		return true;
	conf_elems_free(elems);
	conf_errors_sort(errors);
	return false;
}

static bool is_elem(const struct filter_elem *elem, enum filter_set_kind kind)
{
	if (value_elem_kind(elem) != kind || elem->len > 32 ||
	    !be32_eq(elem->addr, value_network(elem->addr, elem->len)))
		return false;
	switch (kind) {
	case FILTER_SET_PAIRS: return elem->port_first == elem->port_last;
	case FILTER_SET_PORTS: return elem->len == 0 && elem->port_first <= elem->port_last;
	case FILTER_SET_ADDRS:
	case FILTER_SET_KINDS: break;
	}
	return elem->port_last == 0;
}

static bool same_elem(const struct filter_elem *a, const struct filter_elem *b)
{
	return be32_eq(a->addr, b->addr) && a->len == b->len && a->port_first == b->port_first &&
	       a->port_last == b->port_last;
}

/* All of a set's: its own come first. */
static bool are_elems(const struct conf_set *set, const struct filter_elem *elem, u32 count,
		      struct turns *turns)
{
	if (count < set->elem_count || (count > set->elem_count && !set->file[0]))
		return false;
	for (u32 i = 0; i < count; i++) {
		turns_step(turns);
		if (!is_elem(&elem[i], set->kind) ||
		    (i < set->elem_count && !same_elem(&elem[i], &set->elem[i])))
			return false;
	}
	return true;
}

bool conf_sets_take(struct conf *conf, const u32 *count, const struct conf_elems *elems,
		    struct turns *turns)
{
	struct conf_filter *filter = &conf->filter;
	u64 in_store = 0;
	u32 first = 0;

	for (u32 i = 0; i < filter->set_count; first += count[i++]) {
		if (!are_elems(&filter->set[i], elems->elem + first, count[i], turns))
			return false;
		in_store += filter->set[i].kind != FILTER_SET_PORTS ? count[i] : 0;
	}
	if (in_store > filter->elem_limit)
		return false;
	first = 0;
	for (u32 i = 0; i < filter->set_count; first += count[i++]) {
		struct conf_set *set = &filter->set[i];

		set->all_count = count[i];
		set_stamp(set, elems, first);
	}
	return true;
}

void conf_elems_free(struct conf_elems *elems)
{
	free(elems->elem);
	*elems = (struct conf_elems){ 0 };
}
