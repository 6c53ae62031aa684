/* Types of ICMP, and codes of a type, by name and by number. */
#ifndef HOST_CONF_VALUE_ICMP_H
#define HOST_CONF_VALUE_ICMP_H

#include "core/base/bytes.h"

enum { VALUE_ICMP_SIZE = 40, VALUE_ICMP_ANY = -1 };

struct value_icmp {
	char text[VALUE_ICMP_SIZE];
};

/* "echo-request", "unreachable/port", "3/4", "unreachable/4": without a code it is any. False: it
 * is something else, and nothing was written.                                                    */
bool value_icmp(const char *text, s32 *type, s32 *code);
/* By name, if there is one; code: VALUE_ICMP_ANY leaves it out. */
struct value_icmp value_show_icmp(s32 type, s32 code);
/* Each name in its turn, and what it stands for; NULL behind the last. */
const char *value_icmp_name(u32 at, struct value_icmp *number);

#endif
