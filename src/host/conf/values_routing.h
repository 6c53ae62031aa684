/* Values of routing: prefixes of lists, communities, AS numbers, areas, secrets. Pure functions of
 * their text, as in values.h.                                                                    */
#ifndef HOST_CONF_VALUES_ROUTING_H
#define HOST_CONF_VALUES_ROUTING_H

#include "host/conf/conf_routing.h"

enum { VALUE_ROUTING_SIZE = 48 };

struct value_routing {
	char text[VALUE_ROUTING_SIZE];
};

/* "10.0.0.0/8": itself; "10.0.0.0/8 ge 16 le 24": all within it of 16 to 24 bits. */
bool value_list_prefix(const char *text, struct conf_list_prefix *prefix);
struct value_routing value_show_list_prefix(const struct conf_list_prefix *prefix);

/* "65001:100", or a word for one that is known everywhere. */
bool value_community(const char *text, u32 *community);
struct value_routing value_show_community(u32 community);
/* NULL ends them. */
extern const char *const value_community_words[];

/* "64500:1:2" */
bool value_large_community(const char *text, struct large_community *community);
struct value_routing value_show_large_community(const struct large_community *community);

/* "65010", or "1.10" (RFC 5396), which is 65546. Not zero. */
bool value_as(const char *text, u32 *as);
/* "0.0.0.1", or "1" */
bool value_area(const char *text, u32 *area);

/* Printable letters of ASCII and spaces, neither first nor last. size: of the array that it has to
 * fit into, with a zero behind it.                                                               */
bool value_text(const char *text, size_t size);

#endif
