/* Values of a command line and of a configuration: addresses, prefixes, ranges, numbers. Pure
 * functions of their text; false means that the text is something else, and nothing was written. */
#ifndef HOST_CONF_VALUES_H
#define HOST_CONF_VALUES_H

#include "core/nat/nat_conf.h"

#include "sluice/sluice.h"

enum { VALUE_ELEM_SIZE = 32 };
enum { VALUE_ADDR_SIZE = 16, VALUE_PREFIX_SIZE = 20 };

struct value_addr {
	char text[VALUE_PREFIX_SIZE];
};

struct value_elem {
	char text[VALUE_ELEM_SIZE];
};

bool value_number(const char *text, u64 min, u64 max, u64 *out);
bool value_addr(const char *text, be32 *addr);
/* "192.0.2.1:2620" */
bool value_endpoint(const char *text, be32 *addr, u16 *port);
/* "10.0.0.1/16": an address on a network. */
bool value_addr_len(const char *text, be32 *addr, u8 *prefix_len);
/* "10.0.0.0/8", or one host; bits beyond the prefix must be zero. */
bool value_prefix(const char *text, be32 *addr, u8 *prefix_len);
/* "198.51.100.1-198.51.100.9", "198.51.100.0/28" (all of its addresses), or one address. */
bool value_range(const char *text, struct nat_range *range);
/* "1024-65535", "4000" */
bool value_ports(const char *text, u16 *first, u16 *last);
/* Exactly size bytes in hexadecimal. */
bool value_hex(const char *text, u8 *out, size_t size_bytes);

/* An element of a set: "10.0.0.0/8", "443", "1024-2047" or "10.0.0.1:443". */
bool value_elem(const char *text, struct filter_elem *elem);
/* Of which kind of set it is. */
enum filter_set_kind value_elem_kind(const struct filter_elem *elem);
struct value_elem value_show_elem(const struct filter_elem *elem);

struct value_addr value_show_addr(be32 addr);
struct value_addr value_show_prefix(be32 addr, u8 prefix_len);
/* The network of an address: bits beyond the prefix cleared. */
be32 value_network(be32 addr, u8 prefix_len);

#endif
