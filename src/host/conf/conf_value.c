/* Single values: a reader and a printer for each kind. */
#include "host/conf/conf_schema.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/wire/ip4.h"
#include "host/conf/nearest.h"
#include "host/conf/value_icmp.h"
#include "host/conf/values.h"
#include "host/conf/values_routing.h"

enum { WORDS_MAX = 64 };

struct unit {
	const char *name;
	u64 size;
};

/* The largest first: that is how times are printed. */
static const struct unit time_units[] = {
	{ "d", 86400 * NS_PER_SEC }, { "h", 3600 * NS_PER_SEC }, { "m", 60 * NS_PER_SEC },
	{ "s", NS_PER_SEC },         { "ms", NS_PER_MS },
};
static const struct unit count_units[] = { { "M", 1000000 }, { "k", 1000 } };

static void *place(void *base, u32 at)
{
	return (u8 *)base + at;
}

static const void *place_const(const void *base, u32 at)
{
	return (const u8 *)base + at;
}

/* ---- numbers and times ----------------------------------------------------------------------- */

/* Digits; *end is behind them. */
static bool read_digits(const char *text, u64 *number, const char **end)
{
	u64 sum = 0;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (sum > UINT32_MAX)
			return false;
		sum = sum * 10 + (u64)(*text - '0');
	}
	*number = sum;
	*end = text;
	return true;
}

static bool read_number(const struct conf_field *field, const char *text, u64 *out)
{
	u64 number;

	if (!read_digits(text, &number, &text))
		return false;
	for (size_t i = 0; *text && i < ARRAY_COUNT(count_units); i++) {
		if (strcmp(text, count_units[i].name) != 0)
			continue;
		number *= count_units[i].size;
		text += strlen(text);
	}
	if (*text || number < field->min || number > field->max)
		return false;
	*out = number;
	return true;
}

/* "2h4m": each unit once, the largest first. */
static bool read_time(const char *text, u64 *out_ns)
{
	u64 sum_ns = 0;
	size_t unit = 0;

	if (!*text)
		return false;
	while (*text) {
		size_t len;
		u64 number;

		if (!read_digits(text, &number, &text))
			return false;
		len = strspn(text, "dhms");
		while (unit < ARRAY_COUNT(time_units) &&
		       (strlen(time_units[unit].name) != len ||
			strncmp(time_units[unit].name, text, len) != 0))
			unit++;
		if (unit == ARRAY_COUNT(time_units) ||
		    number > (UINT64_MAX - sum_ns) / time_units[unit].size)
			return false;
		sum_ns += number * time_units[unit++].size;
		text += len;
	}
	*out_ns = sum_ns;
	return true;
}

static bool read_time_of(const struct conf_field *field, const char *text, u64 unit_ns, u64 *out)
{
	u64 ns;

	if (!read_time(text, &ns) || ns % unit_ns || ns / unit_ns < field->min ||
	    ns / unit_ns > field->max)
		return false;
	*out = ns / unit_ns;
	return true;
}

static void show_time(u64 ns, char *text, size_t size)
{
	size_t len = 0;

	if (ns < NS_PER_MS) {
		snprintf(text, size, "0s");
		return;
	}
	for (size_t i = 0; i < ARRAY_COUNT(time_units) && len < size; i++) {
		u64 number = ns / time_units[i].size;

		ns %= time_units[i].size;
		if (number)
			len += (size_t)snprintf(text + len, size - len, "%llu%s",
						(unsigned long long)number, time_units[i].name);
	}
}

/* ---- words ----------------------------------------------------------------------------------- */

static u32 words_count(const char *const *words)
{
	u32 count = 0;

	while (words && words[count])
		count++;
	return count;
}

static bool read_word(const char *const *words, const char *text, u32 *index)
{
	for (u32 i = 0; i < words_count(words); i++) {
		if (strcmp(words[i], text) != 0)
			continue;
		*index = i;
		return true;
	}
	return false;
}

static bool read_bool(const char *text, bool *out)
{
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return false;
	*out = text[0] == 't';
	return true;
}

static bool is_name(const char *text, size_t size)
{
	size_t len = strlen(text);

	return len > 0 && len < size &&
	       strspn(text,
		      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:@") == len;
}

/* Printable, so that it needs no escapes. */
static bool is_path(const char *text, size_t size)
{
	if (text[0] != '/' || strlen(text) >= size)
		return false;
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~' || strchr("\"'\\#", *text))
			return false;
	}
	return true;
}

/* "127.0.0.1:9100" */
static bool is_loopback(const char *text)
{
	be32 addr;
	u16 port;

	return value_endpoint(text, &addr, &port) && be32_host(addr) >> 24 == 127;
}

static bool read_text(const struct conf_field *field, const char *text, char *out)
{
	bool good = field->kind == CONF_NAME ? is_name(text, field->size)
					     : is_path(text, field->size);

	if (field->kind == CONF_LISTEN && strlen(text) < field->size)
		good = good || is_loopback(text);
	if (!good)
		return false;
	memset(out, 0, field->size);
	memcpy(out, text, strlen(text));
	return true;
}

static bool read_via(const struct conf_field *field, const char *text, void *base)
{
	enum conf_via *kind = place(base, field->at);
	u32 index;

	if (value_addr(text, place(base, field->more))) {
		*kind = CONF_VIA_GATEWAY;
		return true;
	}
	if (!read_word(field->words, text, &index))
		return false;
	*kind = (enum conf_via)(index + CONF_VIA_BLACKHOLE);
	be32_store(place(base, field->more), be32_of(0));
	return true;
}

/* By name or number. */
static bool read_proto(const char *text, s32 *proto)
{
	u64 number = ip4_proto_find(text);

	if (number == 0 && !value_number(text, 0, UINT8_MAX, &number))
		return false;
	*proto = (s32)number;
	return true;
}

static bool read_maybe(const struct conf_field *field, const char *text, s64 *out)
{
	u64 number;

	if (!read_number(field, text, &number))
		return false;
	*out = (s64)number;
	return true;
}

static bool read_free(const struct conf_field *field, const char *text, char *out)
{
	if (!value_text(text, field->size))
		return false;
	memset(out, 0, field->size);
	memcpy(out, text, strlen(text));
	return true;
}

static bool read_routing(const struct conf_field *field, const char *text, void *at)
{
	switch (field->kind) {
	case CONF_MAYBE: return read_maybe(field, text, at);
	case CONF_AS: return value_as(text, at);
	case CONF_AREA: return value_area(text, at);
	case CONF_LIST_PREFIX: return value_list_prefix(text, at);
	case CONF_COMMUNITY: return value_community(text, at);
	case CONF_LARGE: return value_large_community(text, at);
	case CONF_TEXT:
	case CONF_SECRET: return read_free(field, text, at);
	default: return false;
	}
}

/* ---- reading --------------------------------------------------------------------------------- */

static void clear(const struct conf_field *field, void *base)
{
	switch (field->kind) {
	case CONF_AS:
	case CONF_SECONDS:
	case CONF_MILLIS:
	case CONF_NUMBER: *(u32 *)place(base, field->at) = 0; break;
	case CONF_MAYBE: *(s64 *)place(base, field->at) = CONF_ANY; break;
	case CONF_PORT: *(u16 *)place(base, field->at) = 0; break;
	case CONF_NAME:
	case CONF_TEXT:
	case CONF_SECRET:
	case CONF_LISTEN:
	case CONF_PATH: memset(place(base, field->at), 0, field->size); break;
	case CONF_ADDR: be32_store(place(base, field->at), be32_of(0)); break;
	case CONF_ENDPOINT:
		be32_store(place(base, field->at), be32_of(0));
		*(u16 *)place(base, field->more) = 0;
		break;
	case CONF_PREFIX:
		be32_store(place(base, field->at), be32_of(0));
		*(u8 *)place(base, field->more) = 0;
		break;
	case CONF_PORTS:
		*(u16 *)place(base, field->at) = 0;
		*(u16 *)place(base, field->more) = 0;
		break;
	case CONF_PROTO: *(s32 *)place(base, field->at) = CONF_ANY; break;
	case CONF_ICMP:
		*(s32 *)place(base, field->at) = CONF_ANY;
		*(s32 *)place(base, field->more) = CONF_ANY;
		break;
	default: break;
	}
}

/* Of a time that is kept in that unit. */
static u64 unit_of(const struct conf_field *field)
{
	switch (field->kind) {
	case CONF_SECONDS: return NS_PER_SEC;
	case CONF_MILLIS: return NS_PER_MS;
	default: return 1;
	}
}

static bool read_whole(const struct conf_field *field, const char *text, void *base)
{
	u64 number = 0;
	bool good;

	if (field->kind == CONF_NANOS) {
		if (!read_time(text, &number) || number < field->min || number > field->max)
			return false;
		*(u64 *)place(base, field->at) = number;
		return true;
	}
	if (field->kind == CONF_SECONDS || field->kind == CONF_MILLIS)
		good = read_time_of(field, text, unit_of(field), &number);
	else
		good = read_number(field, text, &number);
	if (!good)
		return false;
	if (field->kind == CONF_PORT)
		*(u16 *)place(base, field->at) = (u16)number;
	else
		*(u32 *)place(base, field->at) = (u32)number;
	return true;
}

static bool read_host(const char *text, struct iface_addr *host)
{
	if (!value_addr_len(text, &host->addr, &host->prefix_len))
		return false;
	host->host = false;
	return true;
}

bool conf_value_read(const struct conf_field *field, const char *text, void *base)
{
	void *at = place(base, field->at);
	u32 index;
	bool truth;

	if (field->zero && strcmp(text, field->zero) == 0) {
		clear(field, base);
		return true;
	}
	if (field->top && strcmp(text, field->top) == 0) {
		*(u16 *)at = UINT16_MAX;
		return true;
	}
	switch (field->kind) {
	case CONF_BOOL:
	case CONF_INVERTED:
		if (!read_bool(text, &truth))
			return false;
		*(bool *)at = truth != (field->kind == CONF_INVERTED);
		return true;
	case CONF_NUMBER:
	case CONF_PORT:
	case CONF_SECONDS:
	case CONF_MILLIS:
	case CONF_NANOS: return read_whole(field, text, base);
	case CONF_WORD:
		if (!read_word(field->words, text, &index))
			return false;
		memcpy(at, &index, sizeof index);
		return true;
	case CONF_NAME:
	case CONF_PATH:
	case CONF_LISTEN: return read_text(field, text, at);
	case CONF_ADDR: return value_addr(text, at);
	case CONF_ENDPOINT: return value_endpoint(text, at, place(base, field->more));
	case CONF_PREFIX: return value_prefix(text, at, place(base, field->more));
	case CONF_HOST: return read_host(text, at);
	case CONF_RANGE: return value_range(text, at);
	case CONF_PORTS: return value_ports(text, at, place(base, field->more));
	case CONF_VIA: return read_via(field, text, base);
	case CONF_ELEM: return value_elem(text, at);
	case CONF_PROTO: return read_proto(text, at);
	case CONF_ICMP: return value_icmp(text, at, place(base, field->more));
	case CONF_GROUP:
	case CONF_LIST:
	case CONF_VALUES:
	case CONF_KIND_COUNT: break;
	default: return read_routing(field, text, at);
	}
	return false;
}

/* ---- printing -------------------------------------------------------------------------------- */

bool conf_value_is_none(const struct conf_field *field, const void *base)
{
	const void *at = place_const(base, field->at);

	switch (field->kind) {
	case CONF_AS:
	case CONF_SECONDS:
	case CONF_MILLIS:
	case CONF_NUMBER: return *(const u32 *)at == 0;
	case CONF_MAYBE: return *(const s64 *)at == CONF_ANY;
	case CONF_PORT:
	case CONF_PORTS: return *(const u16 *)at == 0;
	case CONF_NAME:
	case CONF_TEXT:
	case CONF_SECRET:
	case CONF_LISTEN:
	case CONF_PATH: return *(const char *)at == 0;
	case CONF_ADDR: return be32_load(at).raw == 0;
	case CONF_ENDPOINT: return *(const u16 *)place_const(base, field->more) == 0;
	case CONF_PREFIX: return *(const u8 *)place_const(base, field->more) == 0;
	case CONF_PROTO:
	case CONF_ICMP: return *(const s32 *)at == CONF_ANY;
	default: return false;
	}
}

/* A prefix when it is one, so that what was read as one is printed as one. */
static void show_range(const struct nat_range *range, char text[CONF_VALUE_SIZE])
{
	u64 count = (u64)be32_host(range->last) - be32_host(range->first) + 1;
	u8 bits = 32;

	while (bits > 0 && (UINT64_C(1) << (32 - bits)) < count)
		bits--;
	if (bits > 0 && count > 1 && (UINT64_C(1) << (32 - bits)) == count &&
	    be32_eq(range->first, value_network(range->first, bits)))
		snprintf(text, CONF_VALUE_SIZE, "%s", value_show_prefix(range->first, bits).text);
	else if (count == 1)
		snprintf(text, CONF_VALUE_SIZE, "%s", value_show_addr(range->first).text);
	else
		snprintf(text, CONF_VALUE_SIZE, "%s-%s", value_show_addr(range->first).text,
			 value_show_addr(range->last).text);
}

static void show_ports(u16 first, u16 last, char text[CONF_VALUE_SIZE])
{
	if (first == last)
		snprintf(text, CONF_VALUE_SIZE, "%u", first);
	else
		snprintf(text, CONF_VALUE_SIZE, "%u-%u", first, last);
}

static void show_proto(u8 proto, char text[CONF_VALUE_SIZE])
{
	const char *name = ip4_proto_name(proto);

	if (name)
		snprintf(text, CONF_VALUE_SIZE, "%s", name);
	else
		snprintf(text, CONF_VALUE_SIZE, "%u", proto);
}

static void show_routing(const struct conf_field *field, const void *at, char text[CONF_VALUE_SIZE])
{
	struct value_routing shown = { "" };

	switch (field->kind) {
	case CONF_MAYBE:
		snprintf(text, CONF_VALUE_SIZE, "%lld", (long long)*(const s64 *)at);
		return;
	case CONF_AS: snprintf(text, CONF_VALUE_SIZE, "%u", *(const u32 *)at); return;
	case CONF_TEXT:
	case CONF_SECRET: snprintf(text, CONF_VALUE_SIZE, "%s", (const char *)at); return;
	case CONF_AREA:
		snprintf(text, CONF_VALUE_SIZE, "%s",
			 value_show_addr(be32_of(*(const u32 *)at)).text);
		return;
	case CONF_LIST_PREFIX: shown = value_show_list_prefix(at); break;
	case CONF_COMMUNITY: shown = value_show_community(*(const u32 *)at); break;
	case CONF_LARGE: shown = value_show_large_community(at); break;
	default: break;
	}
	snprintf(text, CONF_VALUE_SIZE, "%s", shown.text);
}

static void show_plain(const struct conf_field *field, const void *base, char text[CONF_VALUE_SIZE])
{
	const void *at = place_const(base, field->at);

	switch (field->kind) {
	case CONF_BOOL:
	case CONF_INVERTED:
		snprintf(text, CONF_VALUE_SIZE, "%s",
			 *(const bool *)at != (field->kind == CONF_INVERTED) ? "true" : "false");
		return;
	case CONF_NUMBER: snprintf(text, CONF_VALUE_SIZE, "%u", *(const u32 *)at); return;
	case CONF_PORT: snprintf(text, CONF_VALUE_SIZE, "%u", *(const u16 *)at); return;
	case CONF_WORD:
		snprintf(text, CONF_VALUE_SIZE, "%s", field->words[*(const u32 *)at]);
		return;
	case CONF_NAME:
	case CONF_PATH:
	case CONF_LISTEN: snprintf(text, CONF_VALUE_SIZE, "%s", (const char *)at); return;
	case CONF_SECONDS:
	case CONF_MILLIS:
		show_time(*(const u32 *)at * unit_of(field), text, CONF_VALUE_SIZE);
		return;
	case CONF_NANOS: show_time(*(const u64 *)at, text, CONF_VALUE_SIZE); return;
	default: show_routing(field, at, text); return;
	}
}

void conf_value_show(const struct conf_field *field, const void *base, char text[CONF_VALUE_SIZE])
{
	const void *at = place_const(base, field->at);
	const struct iface_addr *host = at;

	if (field->zero && conf_value_is_none(field, base)) {
		snprintf(text, CONF_VALUE_SIZE, "%s", field->zero);
		return;
	}
	if (field->top && *(const u16 *)at == UINT16_MAX) {
		snprintf(text, CONF_VALUE_SIZE, "%s", field->top);
		return;
	}
	switch (field->kind) {
	case CONF_ADDR:
		snprintf(text, CONF_VALUE_SIZE, "%s", value_show_addr(be32_load(at)).text);
		return;
	case CONF_ENDPOINT:
		snprintf(text, CONF_VALUE_SIZE, "%s:%u", value_show_addr(be32_load(at)).text,
			 *(const u16 *)place_const(base, field->more));
		return;
	case CONF_PREFIX:
		snprintf(text, CONF_VALUE_SIZE, "%s",
			 value_show_prefix(be32_load(at),
					   *(const u8 *)place_const(base, field->more))
				 .text);
		return;
	case CONF_HOST:
		snprintf(text, CONF_VALUE_SIZE, "%s",
			 value_show_prefix(host->addr, host->prefix_len).text);
		return;
	case CONF_RANGE: show_range(at, text); return;
	case CONF_PORTS:
		show_ports(*(const u16 *)at, *(const u16 *)place_const(base, field->more), text);
		return;
	case CONF_VIA:
		if (*(const enum conf_via *)at == CONF_VIA_GATEWAY)
			snprintf(text, CONF_VALUE_SIZE, "%s",
				 value_show_addr(be32_load(place_const(base, field->more))).text);
		else
			snprintf(text, CONF_VALUE_SIZE, "%s",
				 field->words[*(const enum conf_via *)at - CONF_VIA_BLACKHOLE]);
		return;
	case CONF_ELEM: snprintf(text, CONF_VALUE_SIZE, "%s", value_show_elem(at).text); return;
	case CONF_PROTO: show_proto((u8)(*(const s32 *)at), text); return;
	case CONF_ICMP:
		snprintf(text, CONF_VALUE_SIZE, "%s",
			 value_show_icmp(*(const s32 *)at,
					 *(const s32 *)place_const(base, field->more))
				 .text);
		return;
	default: show_plain(field, base, text); return;
	}
}

/* ---- what would be right --------------------------------------------------------------------- */

static void list_words(const struct conf_field *field, const char *more, char *text, size_t size)
{
	u32 count = words_count(field->words);
	size_t len = 0;

	for (u32 i = 0; i < count && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s",
					i == 0                    ? ""
					: i + 1 == count && !more ? " or "
								  : ", ",
					field->words[i]);
	if (more && len < size)
		snprintf(text + len, size - len, " or %s", more);
}

static void expect_number(const struct conf_field *field, char *text, size_t size)
{
	char low[CONF_VALUE_SIZE];
	char high[CONF_VALUE_SIZE];
	u64 unit_ns = unit_of(field);

	if (field->kind == CONF_NUMBER || field->kind == CONF_PORT || field->kind == CONF_MAYBE) {
		snprintf(text, size, "a number from %llu to %llu", (unsigned long long)field->min,
			 (unsigned long long)field->max);
		return;
	}
	show_time(field->min * unit_ns, low, sizeof low);
	show_time(field->max * unit_ns, high, sizeof high);
	snprintf(text, size, "a time from %s to %s, like 30s or 2h4m", low, high);
}

void conf_value_expect(const struct conf_field *field, char *text, size_t size)
{
	static const char *const sentences[CONF_KIND_COUNT] = {
		[CONF_GROUP] = "a mapping of keys to values",
		[CONF_VALUES] = "a list of values",
		[CONF_BOOL] = "true or false",
		[CONF_INVERTED] = "true or false",
		[CONF_LISTEN] = "a path like /run/sluice/metrics.sock, or a loopback address and "
				"port like 127.0.0.1:9100",
		[CONF_ADDR] = "an address like 198.18.0.2",
		[CONF_ENDPOINT] = "an address and a port like 127.0.0.1:2620",
		[CONF_PREFIX] = "an address or a prefix like 10.20.0.0/16, without bits beyond its "
				"length",
		[CONF_HOST] = "an address and the length of its network, like 10.10.0.1/16",
		[CONF_RANGE] = "addresses like 198.51.100.1-198.51.100.9, or a prefix like "
			       "198.51.100.0/28",
		[CONF_PORTS] = "a port from 1 to 65535, or two, the lower one first, like "
			       "1024-65535",
		[CONF_VIA] = "an address like 10.10.0.7, blackhole or prohibit",
		[CONF_ELEM] = "an address or a prefix like 10.20.0.0/16, ports like 443 or "
			      "1024-2047, or an address with a port like 10.0.0.1:443",
		[CONF_AS] = "an AS number from 1 to 4294967295, or like 1.10",
		[CONF_AREA] = "an area like 0.0.0.1, or a number",
		[CONF_LIST_PREFIX] = "a prefix like 10.0.0.0/8, or 10.0.0.0/8 ge 16 le 24 for all "
				     "within it of such lengths",
		[CONF_COMMUNITY] = "a community like 65001:100, or no-export, no-advertise, "
				   "no-export-subconfed, no-peer, blackhole, graceful-shutdown",
		[CONF_LARGE] = "a large community like 64500:1:2",
		[CONF_ICMP] = "a type of ICMP or type/code, by name or number, like "
			      "echo-request, unreachable/port or 3/4",
	};
	size_t len;

	switch (field->kind) {
	case CONF_NUMBER:
	case CONF_PORT:
	case CONF_MAYBE:
	case CONF_SECONDS:
	case CONF_MILLIS:
	case CONF_NANOS: expect_number(field, text, size); break;
	case CONF_TEXT:
	case CONF_SECRET:
		snprintf(text, size,
			 "up to %u printable letters of ASCII, spaces only between them",
			 field->size - 1);
		break;
	case CONF_WORD: list_words(field, NULL, text, size); break;
	case CONF_LIST:
		snprintf(text, size, "a list%s", field->lone ? ", or one of its entries" : "");
		break;
	case CONF_PROTO: list_words(field, "a number from 0 to 255", text, size); break;
	case CONF_NAME:
		snprintf(text, size, "a name of up to %u letters, digits and . _ - : @",
			 field->size - 1);
		break;
	case CONF_PATH:
		snprintf(text, size, "an absolute path of up to %u printable letters",
			 field->size - 1);
		break;
	default: snprintf(text, size, "%s", sentences[field->kind]); break;
	}
	len = strlen(text);
	if (field->top)
		snprintf(text + len, size - len, ", %s or %s", field->zero, field->top);
	else if (field->zero)
		snprintf(text + len, size - len, ", or %s", field->zero);
}

static u32 icmp_words(const char *words[WORDS_MAX])
{
	struct value_icmp number;
	u32 count = 0;

	while (count < WORDS_MAX - 2 && (words[count] = value_icmp_name(count, &number)) != NULL)
		count++;
	return count;
}

const char *conf_value_near(const struct conf_field *field, const char *text)
{
	static const char *const truths[] = { "true", "false", NULL };
	static const struct {
		const char *typed;
		const char *meant;
	} usual[] = { { "yes", "true" },     { "on", "true" },      { "1", "true" },
		      { "no", "false" },     { "off", "false" },    { "0", "false" },
		      /* What other tools call it. */
		      { "allow", "accept" }, { "permit", "accept" }, { "pass", "accept" },
		      { "deny", "drop" },    { "block", "drop" },    { "discard", "drop" } };
	const char *words[WORDS_MAX];
	bool is_bool = field->kind == CONF_BOOL || field->kind == CONF_INVERTED;
	const char *const *from = is_bool ? truths : field->words;
	u32 count = words_count(from);
	u32 index;

	for (size_t i = 0; i < ARRAY_COUNT(usual); i++) {
		if (strcmp(usual[i].typed, text) == 0 && read_word(from, usual[i].meant, &index))
			return usual[i].meant;
	}
	for (u32 i = 0; i < count; i++)
		words[i] = from[i];
	if (field->kind == CONF_ICMP)
		count = icmp_words(words);
	if (field->zero)
		words[count++] = field->zero;
	if (field->top)
		words[count++] = field->top;
	return count ? nearest_word(text, words, count) : NULL;
}

/* ---- fields ---------------------------------------------------------------------------------- */

struct conf_field conf_value_element(const struct conf_field *list)
{
	return (struct conf_field){
		.key = list->key, .kind = list->element, .when = list->when, .words = list->words
	};
}

bool conf_is_value(const struct conf_field *field)
{
	return field->kind > CONF_VALUES;
}

u32 conf_count_of(const struct conf_field *list, const void *base)
{
	return *(const u32 *)place_const(base, list->count_at);
}

const void *conf_element_of(const struct conf_field *list, const void *base, u32 index)
{
	return place_const(base, list->at + index * list->size);
}

const struct conf_field *conf_field_find(const struct conf_group *group, const char *key)
{
	for (u32 i = 0; i < group->field_count; i++) {
		if (strcmp(group->field[i].key, key) == 0)
			return &group->field[i];
	}
	return NULL;
}
