/* What differs between two configurations, and what a running gateway can do about it. */
#ifndef HOST_CONF_CONF_DIFF_H
#define HOST_CONF_CONF_DIFF_H

#include "host/conf/conf_schema.h"

enum { CONF_CHANGE_MAX = 256, CONF_DIFF_PATH_SIZE = 160, CONF_DIFF_TEXT_SIZE = 160 };

struct conf_change {
	char path[CONF_DIFF_PATH_SIZE]; /* "limits.flows", "interfaces.eth0.mtu", "nat.rules[2]" */
	char from[CONF_DIFF_TEXT_SIZE]; /* empty: there was none */
	char to[CONF_DIFF_TEXT_SIZE];   /* empty: there is none any more */
	enum conf_when when;
};

struct conf_diff {
	u32 count;
	u32 left_out;                  /* beyond CONF_CHANGE_MAX */
	u32 by_when[CONF_PLANNED + 1]; /* all of them, by what can be done */
	struct conf_change change[CONF_CHANGE_MAX];
};

/* Elements of lists that have names are found by them, in any order. Of lists without, what both
 * begin and end with stays, and what is between went or came; so it is told of a list of values
 * that is too long to be told whole.                                                             */
void conf_diff(const struct conf *from, const struct conf *to, struct conf_diff *diff);

#endif
