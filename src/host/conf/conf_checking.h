/* Inside of conf_check(): what its files share.
 *
 * Where a mistake of form stands, nobody knows what was meant. So nothing is said of that entry,
 * nor of it beside others, nor that what others name is missing while it may be just that: such
 * places are doubtful (conf.h).                                                                 */
#ifndef HOST_CONF_CONF_CHECKING_H
#define HOST_CONF_CONF_CHECKING_H

#include "host/conf/conf.h"

struct checking {
	const struct conf *conf;
	const struct conf_marks *marks;
	struct conf_errors *errors;
};

/* Entries that begin with their name. */
struct checking_names {
	const char *what; /* "interface" */
	const void *first;
	u32 size;
	const u32 *count; /* in the struct conf */
};

static inline u32 checking_offset(const struct checking *c, const void *value)
{
	return (u32)((const u8 *)value - (const u8 *)c->conf);
}

static inline struct conf_place checking_at(const struct checking *c, const void *value)
{
	return conf_place_of(c->marks, checking_offset(c, value));
}

static inline bool checking_given(const struct checking *c, const void *value)
{
	return conf_is_marked(c->marks, checking_offset(c, value));
}

/* A value, an entry of a list, or, by its count, a list. */
static inline bool checking_doubts(const struct checking *c, const void *value)
{
	return conf_is_doubtful(c->marks, checking_offset(c, value));
}

void checking_wrong(struct checking *c, const void *value, const char *why);
struct checking_names checking_ifaces(const struct checking *c);
/* Whether any of them, or the whole list, could not be read. */
bool checking_doubts_any(const struct checking *c, const struct checking_names *names);
/* The entry of this name, also one that is doubtful. NULL: there is none, which was said at the
 * name unless one that could not be read may have it.                                           */
const void *checking_find(struct checking *c, const struct checking_names *names, const char *name);

#endif
