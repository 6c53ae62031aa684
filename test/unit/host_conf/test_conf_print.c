/* Configurations drawn along the table: what is printed is read back as what it was, in the short
 * form and in the long one; and what differs by one value is told by that value's name.          */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/base/rng.h"
#include "host/conf/conf_diff.h"
#include "host/conf/conf_doc.h"
#include "host/conf/conf_flat.h"
#include "host/conf/conf_load.h"
#include "host/conf/values.h"

enum { DRAWS = 300, LIST_MAX = 5 };

static struct conf one;
static struct conf two;
static struct conf_marks marks;
static struct conf_errors errors;
static struct conf_diff diff;

/* ---- drawing --------------------------------------------------------------------------------- */

static void draw_name(struct rng *rng, char *out, u32 size)
{
	static const char letters[] = "abcXYZ019._-:@";
	u32 len = 1 + rng_u32(rng) % (size - 1);

	memset(out, 0, size);
	for (u32 i = 0; i < len; i++)
		out[i] = letters[rng_u32(rng) % (sizeof letters - 1)];
}

static u64 draw_between(struct rng *rng, u64 min, u64 max)
{
	/* The ends more often than what is between. */
	switch (rng_u32(rng) % 4) {
	case 0: return min;
	case 1: return max;
	default: return min + rng_u64(rng) % (max - min + 1);
	}
}

static be32 draw_network(struct rng *rng, u8 len)
{
	u32 mask = len ? UINT32_MAX << (32 - len) : 0;

	return be32_of(rng_u32(rng) & mask);
}

static u32 words_of(const struct conf_field *field)
{
	u32 count = 0;

	while (field->words[count])
		count++;
	return count;
}

static void draw_via(struct rng *rng, struct conf_route *route)
{
	route->kind = (enum conf_via)(rng_u32(rng) % 3);
	route->gateway = be32_of(route->kind == CONF_VIA_GATEWAY ? rng_u32(rng) | 1 : 0);
}

/* One address, a whole prefix, or a part of one. */
static struct nat_range draw_range(struct rng *rng, be32 first, u8 len)
{
	u32 size = (u32)(UINT64_C(0xffffffff) >> len);
	u32 more = rng_u32(rng) % 2 ? size : rng_u32(rng) % (size + 1);

	return (struct nat_range){ first, be32_of(be32_host(first) + more) };
}

static void draw_pair(struct rng *rng, const struct conf_field *field, u8 *base)
{
	u8 *at = base + field->at;
	struct nat_range range;
	u16 first = (u16)(1 + rng_u32(rng) % 60000);
	u16 last = (u16)(first + rng_u32(rng) % 5000);
	u8 len = (u8)(1 + rng_u32(rng) % 32);
	be32 addr = draw_network(rng, len);

	if (field->kind == CONF_PREFIX) {
		be32_store(at, addr);
		base[field->more] = len;
	} else if (field->kind == CONF_HOST) {
		struct iface_addr host = { .addr = be32_of(rng_u32(rng)), .prefix_len = len };

		memcpy(at, &host, sizeof host);
	} else if (field->kind == CONF_RANGE) {
		range = draw_range(rng, addr, len);
		memcpy(at, &range, sizeof range);
	} else {
		memcpy(at, &first, sizeof first);
		memcpy(base + field->more, &last, sizeof last);
	}
}

static void draw_elem(struct rng *rng, struct filter_elem *elem)
{
	u32 kind = rng_u32(rng) % FILTER_SET_KINDS;
	u16 port = (u16)(1 + rng_u32(rng) % 60000);

	memset(elem, 0, sizeof *elem);
	if (kind != FILTER_SET_PORTS) {
		elem->len = kind == FILTER_SET_PAIRS ? 32 : (u8)(rng_u32(rng) % 33);
		elem->addr = value_network(be32_of(rng_u32(rng)), elem->len);
	}
	if (kind != FILTER_SET_ADDRS) {
		elem->port_first = port;
		elem->port_last = (u16)(port + (kind == FILTER_SET_PORTS ? rng_u32(rng) % 9 : 0));
	}
}

/* A type, and half of the time a code, with names more often than chance has it. */
static void draw_icmp(struct rng *rng, s32 *type, s32 *code)
{
	*type = (s32)(rng_u32(rng) % (rng_u32(rng) % 2 ? 15 : 256));
	*code = rng_u32(rng) % 2 ? CONF_ANY : (s32)(rng_u32(rng) % (rng_u32(rng) % 2 ? 16 : 256));
}

/* Printable letters, those that YAML and JSON quote among them, and spaces between. */
static void draw_text(struct rng *rng, char *out, u32 size)
{
	u32 len = 1 + rng_u32(rng) % (size - 1);

	memset(out, 0, size);
	for (u32 i = 0; i < len; i++)
		out[i] = (char)(' ' + rng_u32(rng) % 95);
	out[0] = '"';
	out[len - 1] = '\\';
}

static void draw_list_prefix(struct rng *rng, struct conf_list_prefix *prefix)
{
	memset(prefix, 0, sizeof *prefix);
	prefix->len = (u8)(rng_u32(rng) % 33);
	prefix->prefix = draw_network(rng, prefix->len);
	prefix->min_len = (u8)draw_between(rng, prefix->len, 32);
	prefix->max_len = (u8)draw_between(rng, prefix->min_len, 32);
}

static void draw_routing(struct rng *rng, const struct conf_field *field, u8 *at)
{
	u32 word[3] = { rng_u32(rng), rng_u32(rng), rng_u32(rng) };
	s64 number = field->max ? (s64)draw_between(rng, field->min, field->max) : 0;

	switch (field->kind) {
	case CONF_MAYBE: memcpy(at, &number, sizeof number); break;
	case CONF_AS: word[0] |= 1; /* fall through */
	case CONF_AREA: memcpy(at, word, sizeof word[0]); break;
	case CONF_COMMUNITY:
		word[0] = word[1] % 2 ? 0xffffff00 | word[0] % 8 : word[0];
		memcpy(at, word, sizeof word[0]);
		break;
	case CONF_LARGE: memcpy(at, word, sizeof word); break;
	case CONF_TEXT:
	case CONF_SECRET: draw_text(rng, (char *)at, field->size); break;
	default: draw_list_prefix(rng, (struct conf_list_prefix *)(void *)at); break;
	}
}

static void draw_value(struct rng *rng, const struct conf_field *field, u8 *base)
{
	u8 *at = base + field->at;
	u64 number = field->max ? draw_between(rng, field->min, field->max) : 0;
	u32 word;

	switch (field->kind) {
	case CONF_BOOL:
	case CONF_INVERTED: *at = rng_u32(rng) & 1; break;
	case CONF_NUMBER:
	case CONF_SECONDS:
	case CONF_MILLIS: *(u32 *)at = (u32)number; break;
	case CONF_PORT: *(u16 *)at = (u16)number; break;
	case CONF_NANOS: *(u64 *)at = number / NS_PER_MS * NS_PER_MS; break;
	case CONF_WORD:
		word = rng_u32(rng) % words_of(field);
		memcpy(at, &word, sizeof word);
		break;
	case CONF_NAME: draw_name(rng, (char *)at, field->size); break;
	case CONF_PATH:
	case CONF_LISTEN:
		draw_name(rng, (char *)at, field->size);
		*at = '/';
		break;
	case CONF_ADDR: be32_store(at, be32_of(rng_u32(rng) | 1)); break;
	case CONF_ENDPOINT:
		be32_store(at, be32_of(rng_u32(rng) | 1));
		*(u16 *)(base + field->more) = (u16)draw_between(rng, 1, UINT16_MAX);
		break;
	case CONF_ELEM: draw_elem(rng, (struct filter_elem *)(void *)at); break;
	case CONF_PROTO: *(s32 *)at = (s32)number; break;
	case CONF_ICMP: draw_icmp(rng, (s32 *)at, (s32 *)(base + field->more)); break;
	case CONF_VIA: draw_via(rng, (struct conf_route *)base); break;
	case CONF_MAYBE:
	case CONF_AS:
	case CONF_AREA:
	case CONF_COMMUNITY:
	case CONF_LARGE:
	case CONF_TEXT:
	case CONF_SECRET:
	case CONF_LIST_PREFIX: draw_routing(rng, field, at); break;
	default: draw_pair(rng, field, base); break;
	}
}

static void draw_group(struct rng *rng, const struct conf_group *group, u8 *base);

static void draw_list(struct rng *rng, const struct conf_field *list, u8 *base)
{
	struct conf_field element = conf_value_element(list);
	u32 count = rng_u32(rng) % (u32_min(list->count_max, LIST_MAX) + 1);

	if (list->required && count == 0)
		count = 1;
	if (rng_u32(rng) % 20 == 0)
		count = list->count_max;
	*(u32 *)(base + list->count_at) = count;
	for (u32 i = 0; i < count; i++) {
		u8 *at = base + list->at + i * list->size;

		if (list->kind == CONF_VALUES) {
			draw_value(rng, &element, at);
			continue;
		}
		if (list->group->defaults)
			list->group->defaults(at);
		draw_group(rng, list->group, at);
		if (list->group->name) {
			u8 *name = at + conf_field_find(list->group, list->group->name)->at;

			name[0] = (u8)('A' + i / 10);
			name[1] = (u8)('0' + i % 10);
		}
	}
}

static void draw_group(struct rng *rng, const struct conf_group *group, u8 *base)
{
	for (u32 i = 0; i < group->field_count; i++) {
		const struct conf_field *field = &group->field[i];

		if (!field->required && rng_u32(rng) % 3 == 0)
			continue;
		if (field->kind == CONF_GROUP)
			draw_group(rng, field->group, base + field->at);
		else if (conf_is_value(field))
			draw_value(rng, field, base);
		else
			draw_list(rng, field, base);
	}
}

static void draw(u32 seed, struct conf *conf)
{
	u8 bytes[32] = { (u8)seed, (u8)(seed >> 8) };
	struct rng rng;

	rng_init(&rng, bytes);
	conf_defaults(conf);
	draw_group(&rng, &conf_root, (u8 *)conf);
}

/* ---- what holds for all ---------------------------------------------------------------------- */

static char *printed(const struct conf *conf, bool all)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	conf_print(conf, all, out, NULL);
	fclose(out);
	return text;
}

static void round_trip(u32 seed, bool all)
{
	char *text = printed(&one, all);
	char *again;

	if (strlen(text) <= CONF_FILE_MAX) {
		if (!conf_parse(text, strlen(text), &two, &marks, &errors))
			fail_msg("seed %u, %u:%u: %s\n%s", seed, errors.error[0].place.line,
				 errors.error[0].place.column, errors.error[0].text, text);
		again = printed(&two, all);
		if (strcmp(text, again) != 0)
			fail_msg("seed %u: %s\nbecame: %s", seed, text, again);
		free(again);
		if (memcmp(&one, &two, sizeof one) != 0)
			fail_msg("seed %u: another value of the same text\n%s", seed, text);
		conf_diff(&one, &two, &diff);
		assert_int_equal(diff.count, 0);
	}
	free(text);
}

/* What was drawn obeys the table, and not what may stand together: that ends it, and only that. */
static void flat_round_trip(u32 seed)
{
	static const struct conf_errors none;
	char *bytes = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&bytes, &len);

	assert_non_null(out);
	marks.count = 0;
	conf_flat_write(&one, &marks, &none, out);
	fclose(out);
	if (!conf_flat_read(bytes, len, &two, &marks, &errors, NULL))
		assert_true(errors.count > 0);
	if (memcmp(&one, &two, sizeof one) != 0)
		fail_msg("seed %u: another value of the flat form", seed);
	free(bytes);
}

static void what_is_printed_is_read_back(void **state)
{
	(void)state;
	for (u32 seed = 0; seed < DRAWS; seed++) {
		draw(seed, &one);
		round_trip(seed, false);
		round_trip(seed, true);
		flat_round_trip(seed);
	}
}

/* Of two drawn ones, every difference is found from both sides. */
static void differences_are_the_same_both_ways(void **state)
{
	static struct conf_diff back;

	(void)state;
	for (u32 seed = 0; seed < DRAWS; seed++) {
		draw(seed, &one);
		draw(seed + 1000, &two);
		conf_diff(&one, &two, &diff);
		conf_diff(&two, &one, &back);
		assert_true(diff.count > 0);
		for (int i = 0; i <= CONF_PLANNED; i++)
			assert_int_equal(diff.by_when[i], back.by_when[i]);
	}
}

/* ---- differences ----------------------------------------------------------------------------- */

static void expect_change(u32 index, enum conf_when when, const char *path, const char *from,
			  const char *to)
{
	assert_true(index < diff.count);
	assert_string_equal(diff.change[index].path, path);
	assert_string_equal(diff.change[index].from, from);
	assert_string_equal(diff.change[index].to, to);
	assert_int_equal(diff.change[index].when, when);
}

static void compare(const char *from, const char *to)
{
	assert_true(conf_parse(from, strlen(from), &one, &marks, &errors));
	assert_true(conf_parse(to, strlen(to), &two, &marks, &errors));
	conf_diff(&one, &two, &diff);
}

static void each_difference_by_its_name(void **state)
{
	(void)state;
	compare("interfaces: [{name: a, side: inside, mtu: 1400}, {name: b, side: outside}]\n"
		"limits: {flows: 300}\n"
		"pools: [{name: x, ranges: 1.1.1.1}, {name: y, ranges: 1.1.1.2}]\n",
		"interfaces: [{name: b, side: outside}, {name: a, side: inside, driver: tun}]\n"
		"pools: [{name: y, ranges: [1.1.1.2, 1.1.1.4]}, {name: z, ranges: 1.1.1.1}]\n"
		"icmp: {rate: none}\n"
		"timeouts: {udp: 1m}\n");
	assert_int_equal(diff.count, 8);
	expect_change(0, CONF_RESTART, "interfaces.a.driver", "afpacket", "tun");
	expect_change(1, CONF_LIVE, "interfaces.a.mtu", "1400", "from-interface");
	expect_change(2, CONF_LIVE, "pools.x", "name x, ranges 1.1.1.1", "");
	expect_change(3, CONF_LIVE, "pools.y.ranges", "1.1.1.2", "1.1.1.2, 1.1.1.4");
	expect_change(4, CONF_LIVE, "pools.z", "", "name z, ranges 1.1.1.1");
	expect_change(5, CONF_LIVE, "timeouts.udp", "5m", "1m");
	expect_change(6, CONF_PLANNED, "limits.flows", "300", "262144");
	expect_change(7, CONF_LIVE, "icmp.rate", "1000", "none");
	assert_int_equal(diff.by_when[CONF_LIVE], 6);
	assert_int_equal(diff.by_when[CONF_RESTART], 1);
	assert_int_equal(diff.by_when[CONF_PLANNED], 1);
}

/* What only a new session with the neighbour brings into force. */
static void who_begins_anew(void **state)
{
#define PEER                                                                                       \
	"interfaces: [{name: a, side: inside}, {name: b, side: outside}]\n"                        \
	"routing: {bgp: {as: 1, peers: [{name: n, address: 10.0.0.2, as: 2, "

	(void)state;
	compare(PEER "md5: x}]}}\n", PEER "md5: y, hold-time: 30s, import: any}]}}\n");
	assert_int_equal(diff.count, 3);
	expect_change(0, CONF_LIVE, "routing.bgp.peers.n.import", "automatic", "any");
	assert_int_equal(diff.change[1].when, CONF_ANEW);
	assert_string_equal(diff.change[1].path, "routing.bgp.peers.n.hold-time");
	assert_int_equal(diff.change[2].when, CONF_ANEW);
	assert_string_equal(diff.change[2].path, "routing.bgp.peers.n.md5");
	assert_int_equal(diff.by_when[CONF_ANEW], 2);
}

/* Keys of a peer's segments: the session goes on as long as one stays. */
static void who_goes_on_with_other_keys(void **state)
{
	static const char one_key[] = PEER "ao: {secret: x}}]}}\n";
	static const struct {
		const char *from;
		const char *to;
		enum conf_when when;
		u32 count;
	} rows[] = {
		{ one_key, PEER "ao: [{secret: x}]}]}}\n", CONF_LIVE, 0 },
		{ one_key, PEER "ao: [{secret: x}, {send-id: 2, receive-id: 2, secret: y}]}]}}\n",
		  CONF_LIVE, 1 },
		{ PEER "ao: [{secret: x}, {send-id: 2, receive-id: 2, secret: y}]}]}}\n",
		  PEER "ao: [{send-id: 2, receive-id: 2, secret: y}, {secret: x}]}]}}\n", CONF_LIVE,
		  4 },
		{ one_key, PEER "ao: {secret: y}}]}}\n", CONF_ANEW, 2 },
		{ one_key, PEER "ao: {send-id: 2, secret: x}}]}}\n", CONF_ANEW, 2 },
		{ one_key, PEER "ao: {receive-id: 2, secret: x}}]}}\n", CONF_ANEW, 2 },
		{ one_key, PEER "ao: {algorithm: aes-cmac, secret: x}}]}}\n", CONF_ANEW, 2 },
		{ one_key, PEER "}]}}\n", CONF_ANEW, 1 },
		{ PEER "}]}}\n", one_key, CONF_ANEW, 1 },
		{ PEER "md5: x}]}}\n", one_key, CONF_ANEW, 2 },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(rows); n++) {
		compare(rows[n].from, rows[n].to);
		assert_int_equal(diff.count, rows[n].count);
		assert_int_equal(diff.by_when[rows[n].when], rows[n].count);
	}
	compare(one_key, PEER "ao: [{secret: x}, {send-id: 2, receive-id: 2, secret: y}]}]}}\n");
	expect_change(0, CONF_LIVE, "routing.bgp.peers.n.ao[1]", "",
		      "send-id 2, receive-id 2, secret hidden");
}

/* A rule that is put before others is one change, not one for each that moves; when the last one
 * changes as well, all between the two ends are told.                                           */
static void a_rule_before_the_others(void **state)
{
	(void)state;
	compare("interfaces: []\nnat: {rules: [{source: 10.1.0.0/16}, {source: 10.2.0.0/16}]}\n",
		"interfaces: []\nnat:\n  rules:\n  - {destination: 1.1.1.1, kind: none}\n"
		"  - {source: 10.1.0.0/16}\n  - {source: 10.2.0.0/16, mapping: {tcp: endpoint}}\n");
	assert_int_equal(diff.count, 5);
	compare("interfaces: []\nnat: {rules: [{source: 10.1.0.0/16}, {source: 10.2.0.0/16}]}\n",
		"interfaces: []\nnat:\n  rules:\n  - {destination: 1.1.1.1, kind: none}\n"
		"  - {source: 10.1.0.0/16}\n  - {source: 10.2.0.0/16}\n");
	assert_int_equal(diff.count, 1);
	expect_change(0, CONF_LIVE, "nat.rules[0]", "", "destination 1.1.1.1/32, kind none");
}

/* Services are known by their names; of a list within them, what has changed is told alone. */
static void services_and_their_backends(void **state)
{
	(void)state;
	compare("interfaces: []\nservices:\n"
		"  - {name: web, interface: a, ports: 80, backends: [{address: 10.0.0.5},"
		" {address: 10.0.0.6}, {address: 10.0.0.7}], check: {kind: tcp}}\n"
		"  - {name: old, interface: a, ports: 81, backends: [{address: 10.0.0.5}]}\n",
		"interfaces: []\nservices:\n"
		"  - {name: new, interface: a, ports: all, backends: [{address: 10.0.0.5},"
		" {address: 10.0.0.6}]}\n"
		"  - {name: web, interface: a, ports: 80, backends: [{address: 10.0.0.5},"
		" {address: 10.0.0.6, drain: true}, {address: 10.0.0.7}],"
		" check: {kind: tcp, interval: 200ms}}\n");
	assert_int_equal(diff.count, 5);
	expect_change(0, CONF_LIVE, "services.web.backends[1]", "address 10.0.0.6", "");
	expect_change(1, CONF_LIVE, "services.web.backends[1]", "", "address 10.0.0.6, drain true");
	expect_change(2, CONF_LIVE, "services.web.check.interval", "2s", "200ms");
	expect_change(3, CONF_LIVE, "services.old", "name old, interface a, ports 81, backends (1)",
		      "");
	expect_change(4, CONF_LIVE, "services.new", "",
		      "name new, interface a, ports all, backends (2)");
}

/* Of a rule, what its limits are; one whose limit changes is told with both. */
static void groups_within_a_rule(void **state)
{
#define LIMITED(RATE)                                                                              \
	"interfaces: []\nfilter: {rules: [{protocol: udp, action: drop, limit-over: true, "        \
	"source-limit: {rate: " RATE ", burst: 9}}]}\n"

	(void)state;
	compare(LIMITED("10"), LIMITED("20"));
	assert_int_equal(diff.count, 2);
	expect_change(0, CONF_LIVE, "filter.rules[0]",
		      "protocol udp, source-limit {rate 10, burst 9}, limit-over true, action drop",
		      "");
	expect_change(
		1, CONF_LIVE, "filter.rules[0]", "",
		"protocol udp, source-limit {rate 20, burst 9}, limit-over true, action drop");
}

/* Of a list of values that is too long to be told, what came and went. */
static void long_lists_of_values(void **state)
{
	static const struct {
		const char *from, *to; /* behind ELEMENTS others */
		const char *gone, *new;
	} rows[] = {
		{ "10.9.0.1", "10.9.0.1, 10.9.0.2", "", "10.9.0.2" },
		{ "10.9.0.1, 10.9.0.2", "10.9.0.2", "10.9.0.1", "" },
		{ "10.9.0.1, 10.9.0.3", "10.9.0.2, 10.9.0.3", "10.9.0.1", "10.9.0.2" },
	};
	static const char elements[] =
		"10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6, 10.0.0.7, 10.0.0.8, "
		"10.0.0.9, 10.0.0.10, 10.0.0.11, 10.0.0.12, 10.0.0.13, 10.0.0.14, 10.0.0.15, ";
	static const char head[] =
		"interfaces: []\nfilter: {sets: [{name: s, kind: addresses, elements: [";
	char from[512], to[512];

	(void)state;
	for (u32 i = 0; i < ARRAY_COUNT(rows); i++) {
		snprintf(from, sizeof from, "%s%s%s]}]}\n", head, elements, rows[i].from);
		snprintf(to, sizeof to, "%s%s%s]}]}\n", head, elements, rows[i].to);
		compare(from, to);
		assert_int_equal(diff.count, 1);
		expect_change(0, CONF_LIVE, "filter.sets.s.elements", rows[i].gone, rows[i].new);
	}
	/* All of it: the end of what is told says that there is more. */
	snprintf(to, sizeof to, "%s10.8.0.1]}]}\n", head);
	compare(from, to);
	assert_non_null(strstr(diff.change[0].from, "10.0.0.1, 10.0.0.2"));
	assert_string_equal(diff.change[0].from + strlen(diff.change[0].from) - 4, " ...");
	assert_string_equal(diff.change[0].to, "10.8.0.1");
}

#define ROUTED "interfaces: []\nrouting:\n"

/* Areas are known by their number, peers and interfaces by their names, and of secrets is told that
 * they are others.                                                                               */
static void protocols_and_their_secrets(void **state)
{
	(void)state;
	compare(ROUTED "  bgp:\n    as: 65010\n    peers:\n"
		       "    - {name: north, address: 198.18.0.2, as: 65001, md5: one}\n"
		       "    - {name: south, address: 198.19.0.2, as: 65002, md5: same}\n"
		       "  ospf:\n    areas:\n    - {id: 0, interfaces: [{name: a}]}\n"
		       "    - {id: 255.255.255.254, interfaces: [{name: b}]}\n",
		ROUTED
		"  bgp:\n    as: 65010\n    peers:\n"
		"    - {name: south, address: 198.19.0.2, as: 65002, md5: same, import: any}\n"
		"    - {name: north, address: 198.18.0.2, as: 65001, md5: two}\n"
		"    - {name: west, address: 198.19.0.3, as: 65002, md5: three}\n"
		"  ospf:\n    areas:\n"
		"    - {id: 255.255.255.254, interfaces: [{name: b, cost: 7, password: x}]}\n"
		"    - {id: 0.0.0.0, interfaces: [{name: a}]}\n"
		"limits: {rib-routes: 70}\n");
	assert_int_equal(diff.count, 6);
	expect_change(0, CONF_ANEW, "routing.bgp.peers.north.md5", "hidden",
		      "another one, hidden as well");
	expect_change(1, CONF_LIVE, "routing.bgp.peers.south.import", "automatic", "any");
	expect_change(2, CONF_LIVE, "routing.bgp.peers.west", "",
		      "name west, address 198.19.0.3, as 65002, md5 hidden");
	expect_change(3, CONF_LIVE, "routing.ospf.areas.255.255.255.254.interfaces.b.cost", "10",
		      "7");
	expect_change(4, CONF_LIVE, "routing.ospf.areas.255.255.255.254.interfaces.b.password",
		      "none", "hidden");
	expect_change(5, CONF_PLANNED, "limits.rib-routes", "automatic", "70");
}

/* What is shown without secrets can not be taken for a configuration that has none. */
static void what_hides_secrets_is_refused(void **state)
{
	static const char text[] =
		"interfaces: [{name: a, side: inside}, {name: b, side: outside}]\n"
		"routing:\n"
		"  bgp: {as: 1, peers: [{name: p, address: 1.1.1.1, as: 2, md5: m d 5}]}\n"
		"  rip: {interfaces: [{name: a, keys: [{id: 1, secret: r i p}]}]}\n";
	char *shown = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&shown, &len);

	(void)state;
	assert_non_null(out);
	assert_true(conf_load(text, strlen(text), &one, &marks, &errors));
	conf_print(&one, CONF_PRINT_HIDE, out, NULL);
	fclose(out);
	assert_null(strstr(shown, "m d 5"));
	assert_null(strstr(shown, "r i p"));
	assert_true(conf_parse(shown, len, &two, &marks, &errors));
	assert_false(conf_load(shown, len, &two, &marks, &errors));
	assert_int_equal(errors.count, 2);
	assert_non_null(strstr(errors.error[0].text, "'hidden' stands where"));
	free(shown);
}

static void interfaces_come_and_go(void **state)
{
	(void)state;
	compare("interfaces: [{name: a, side: inside}]\n",
		"interfaces: [{name: b, side: inside, addresses: 10.0.0.1/8}]\n");
	assert_int_equal(diff.count, 2);
	expect_change(0, CONF_RESTART, "interfaces.a", "name a, side inside", "");
	expect_change(1, CONF_RESTART, "interfaces.b", "",
		      "name b, side inside, addresses 10.0.0.1/8");
}

/* ---- the table itself ------------------------------------------------------------------------ */

static void check_group(const struct conf_group *group)
{
	assert_true(group->field_count > 0 && group->field_count <= 64);
	for (u32 i = 0; i < group->field_count; i++) {
		const struct conf_field *field = &group->field[i];
		char right[CONF_ERROR_SIZE];

		assert_non_null(field->help);
		assert_ptr_equal(conf_field_find(group, field->key), field);
		assert_true((field->kind == CONF_GROUP || field->kind == CONF_LIST) ==
			    (field->group != NULL));
		assert_true((field->kind == CONF_LIST || field->kind == CONF_VALUES) ==
			    (field->count_max > 0));
		conf_value_expect(field, right, sizeof right);
		assert_true(right[0] != 0);
		if (field->kind == CONF_LIST)
			assert_true(field->size <= sizeof(union conf_element));
		if (field->group)
			check_group(field->group);
	}
}

static void the_table_is_whole(void **state)
{
	const char *near = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	FILE *nowhere = fopen("/dev/null", "w");

	(void)state;
	assert_non_null(nowhere);
	check_group(&conf_root);
	assert_non_null(out);
	assert_true(conf_doc_key(out, "nat.rules.mapping.tcp", &near));
	assert_true(conf_doc_key(nowhere, "nat.rules[].mapping", &near)); /* as the page has it */
	assert_false(conf_doc_key(out, "nat.rulse", &near));
	assert_string_equal(near, "rules");
	fclose(nowhere);
	fclose(out);
	assert_string_equal(text, "nat.rules.mapping.tcp: of TCP\n"
				  "  value    endpoint or destination\n"
				  "  default  destination\n"
				  "  change   live\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_printed_is_read_back),
		cmocka_unit_test(differences_are_the_same_both_ways),
		cmocka_unit_test(each_difference_by_its_name),
		cmocka_unit_test(who_begins_anew),
		cmocka_unit_test(who_goes_on_with_other_keys),
		cmocka_unit_test(a_rule_before_the_others),
		cmocka_unit_test(services_and_their_backends),
		cmocka_unit_test(groups_within_a_rule),
		cmocka_unit_test(long_lists_of_values),
		cmocka_unit_test(protocols_and_their_secrets),
		cmocka_unit_test(what_hides_secrets_is_refused),
		cmocka_unit_test(interfaces_come_and_go),
		cmocka_unit_test(the_table_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
