/* Reading and showing values. */
#include "host/conf/values.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_MAX = 64 };

bool value_number(const char *text, u64 min, u64 max, u64 *out)
{
	u64 number = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || number > UINT64_MAX / 10 - 1)
			return false;
		number = number * 10 + (u64)(*text - '0');
	}
	if (number < min || number > max)
		return false;
	*out = number;
	return true;
}

bool value_addr(const char *text, be32 *addr)
{
	be32 found;

	if (inet_pton(AF_INET, text, &found) != 1)
		return false;
	*addr = found;
	return true;
}

/* The text before mark and behind it; false without a mark. */
static bool split(const char *text, char mark, char head[TEXT_MAX], const char **tail)
{
	const char *at = strchr(text, mark);

	if (!at || at - text >= TEXT_MAX)
		return false;
	memcpy(head, text, (size_t)(at - text));
	head[at - text] = 0;
	*tail = at + 1;
	return true;
}

bool value_endpoint(const char *text, be32 *addr, u16 *port)
{
	char head[TEXT_MAX];
	const char *tail;
	be32 found;
	u64 number;

	if (!split(text, ':', head, &tail) || !value_addr(head, &found) ||
	    !value_number(tail, 1, UINT16_MAX, &number))
		return false;
	*addr = found;
	*port = (u16)number;
	return true;
}

bool value_addr_len(const char *text, be32 *addr, u8 *prefix_len)
{
	char head[TEXT_MAX];
	const char *tail;
	u64 bits;

	if (!split(text, '/', head, &tail) || !value_number(tail, 0, 32, &bits) ||
	    !value_addr(head, addr))
		return false;
	*prefix_len = (u8)bits;
	return true;
}

be32 value_network(be32 addr, u8 prefix_len)
{
	u32 mask = prefix_len ? UINT32_MAX << (32 - prefix_len) : 0;

	return be32_of(be32_host(addr) & mask);
}

bool value_prefix(const char *text, be32 *addr, u8 *prefix_len)
{
	be32 found;
	u8 bits = 32;

	if (!value_addr_len(text, &found, &bits) && !value_addr(text, &found))
		return false;
	if (!be32_eq(found, value_network(found, bits)))
		return false;
	*addr = found;
	*prefix_len = bits;
	return true;
}

bool value_range(const char *text, struct nat_range *range)
{
	char head[TEXT_MAX];
	const char *tail;
	be32 first;
	be32 last;
	u8 bits;

	if (value_addr_len(text, &first, &bits)) {
		if (bits == 0 || !be32_eq(first, value_network(first, bits)))
			return false;
		last = be32_of(be32_host(first) | (u32)(UINT64_C(0xffffffff) >> bits));
	} else if (split(text, '-', head, &tail)) {
		if (!value_addr(head, &first) || !value_addr(tail, &last) ||
		    be32_host(first) > be32_host(last))
			return false;
	} else {
		if (!value_addr(text, &first))
			return false;
		last = first;
	}
	*range = (struct nat_range){ .first = first, .last = last };
	return true;
}

bool value_ports(const char *text, u16 *first, u16 *last)
{
	char head[TEXT_MAX];
	const char *tail;
	u64 low;
	u64 high;

	if (!split(text, '-', head, &tail)) {
		if (!value_number(text, 1, UINT16_MAX, &low))
			return false;
		high = low;
	} else if (!value_number(head, 1, UINT16_MAX, &low) ||
		   !value_number(tail, low, UINT16_MAX, &high)) {
		return false;
	}
	*first = (u16)low;
	*last = (u16)high;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool value_hex(const char *text, u8 *out, size_t size_bytes)
{
	if (strlen(text) != 2 * size_bytes)
		return false;
	for (size_t i = 0; i < 2 * size_bytes; i++) {
		if (hex_digit(text[i]) < 0)
			return false;
	}
	for (size_t i = 0; i < size_bytes; i++)
		out[i] = (u8)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
	return true;
}

struct value_addr value_show_addr(be32 addr)
{
	u32 host = be32_host(addr);
	struct value_addr out;

	snprintf(out.text, sizeof out.text, "%u.%u.%u.%u", host >> 24, host >> 16 & 255,
		 host >> 8 & 255, host & 255);
	return out;
}

struct value_addr value_show_prefix(be32 addr, u8 prefix_len)
{
	struct value_addr out = value_show_addr(addr);
	size_t len = strlen(out.text);

	snprintf(out.text + len, sizeof out.text - len, "/%u", prefix_len);
	return out;
}

/* ---- elements of sets ------------------------------------------------------------------------ */

bool value_elem(const char *text, struct filter_elem *elem)
{
	struct filter_elem found;
	char head[TEXT_MAX];
	const char *tail;
	u64 port;

	memset(&found, 0, sizeof found);
	if (split(text, ':', head, &tail)) {
		if (!value_addr(head, &found.addr) || !value_number(tail, 1, UINT16_MAX, &port))
			return false;
		found.len = 32;
		found.port_first = found.port_last = (u16)port;
	} else if (!value_prefix(text, &found.addr, &found.len) &&
		   !value_ports(text, &found.port_first, &found.port_last)) {
		return false;
	}
	memcpy(elem, &found, sizeof found);
	return true;
}

enum filter_set_kind value_elem_kind(const struct filter_elem *elem)
{
	if (elem->port_first == 0)
		return FILTER_SET_ADDRS;
	return elem->len == 32 ? FILTER_SET_PAIRS : FILTER_SET_PORTS;
}

struct value_elem value_show_elem(const struct filter_elem *elem)
{
	struct value_elem out;

	switch (value_elem_kind(elem)) {
	case FILTER_SET_PORTS:
		if (elem->port_first == elem->port_last)
			snprintf(out.text, sizeof out.text, "%u", elem->port_first);
		else
			snprintf(out.text, sizeof out.text, "%u-%u", elem->port_first,
				 elem->port_last);
		break;
	case FILTER_SET_PAIRS:
		snprintf(out.text, sizeof out.text, "%s:%u", value_show_addr(elem->addr).text,
			 elem->port_first);
		break;
	case FILTER_SET_ADDRS:
	case FILTER_SET_KINDS:
		snprintf(out.text, sizeof out.text, "%s",
			 elem->len == 32 ? value_show_addr(elem->addr).text
					 : value_show_prefix(elem->addr, elem->len).text);
		break;
	}
	return out;
}
