/* Path attributes from the wire: what they mean, and for each clause of RFC 7606 what becomes of
 * one that is malformed.                                                                         */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/routing/bgp/attr.h"
#include "fake/bgp_raw.h"
#include "fake/build.h"

enum { WELL_KNOWN = BGP_FLAG_TRANSITIVE, OPTIONAL = BGP_FLAG_OPTIONAL };
enum { BOTH = BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE };

static struct bgp_attrs attrs;
static struct bgp_attr_found found;

static const struct bgp_wire ebgp = { .as4 = true };
static const struct bgp_wire ibgp = { .as4 = true, .internal = true };
static const struct bgp_wire old = { .as4 = false };

/* With a prefix behind them. */
static void read_with(const struct bgp_raw_update *raw, const struct bgp_wire *wire)
{
	static const u8 prefix[] = { 24, 203, 0, 113 };
	struct bgp_update update = { .attrs = { raw->attrs, raw->attrs_len },
				     .nlri = { prefix, sizeof prefix } };

	bgp_attrs_read(update.attrs, wire, &attrs, &found);
	bgp_attrs_judge(&update, &found);
}

static void usual(struct bgp_raw_update *raw)
{
	static const u32 path[] = { 65002, 4200000003 };

	memset(raw, 0, sizeof *raw);
	bgp_raw_usual_attrs(raw, path, 2, "10.0.0.2");
}

/* One attribute more than the usual ones. */
static enum bgp_harm harm_of(const struct bgp_wire *wire, u8 flags, u8 type, const void *value,
			     u32 len)
{
	struct bgp_raw_update raw;

	usual(&raw);
	bgp_raw_attr(&raw, flags, type, value, len);
	read_with(&raw, wire);
	return found.harm;
}

/* One of the usual ones is another one. */
static enum bgp_harm harm_instead(u8 flags, u8 type, const void *value, u32 len)
{
	static const u8 path[] = { 2, 1, 0, 0, 0xfd, 0xea };
	static const u8 hop[] = { 10, 0, 0, 2 };
	struct bgp_raw_update raw = { 0 };

	if (type != BGP_ORIGIN)
		bgp_raw_attr(&raw, WELL_KNOWN, BGP_ORIGIN, "\0", 1);
	if (type != BGP_AS_PATH)
		bgp_raw_attr(&raw, WELL_KNOWN, BGP_AS_PATH, path, sizeof path);
	if (type != BGP_NEXT_HOP)
		bgp_raw_attr(&raw, WELL_KNOWN, BGP_NEXT_HOP, hop, sizeof hop);
	bgp_raw_attr(&raw, flags, type, value, len);
	read_with(&raw, &ebgp);
	return found.harm;
}

static void what_they_mean(void **state)
{
	struct bgp_raw_update raw;
	struct bgp_piece value;

	(void)state;
	usual(&raw);
	bgp_raw_attr(&raw, OPTIONAL, BGP_MED, "\0\0\1\2", 4);
	bgp_raw_attr(&raw, WELL_KNOWN, BGP_LOCAL_PREF, "\0\0\0\310", 4);
	bgp_raw_attr(&raw, WELL_KNOWN, BGP_ATOMIC_AGGREGATE, "", 0);
	bgp_raw_attr(&raw, BOTH, BGP_AGGREGATOR, "\0\1\0\2\300\0\2\1", 8);
	bgp_raw_attr(&raw, BOTH | BGP_FLAG_EXTENDED, BGP_COMMUNITIES,
		     "\377\377\377\001\377\377\377\002", 8);
	bgp_raw_attr(&raw, OPTIONAL, BGP_ORIGINATOR_ID, "\1\2\3\4", 4);
	bgp_raw_attr(&raw, OPTIONAL, BGP_CLUSTER_LIST, "\1\1\1\1\2\2\2\2", 8);
	bgp_raw_attr(&raw, BOTH, 77, "abc", 3);
	bgp_raw_attr(&raw, OPTIONAL, 78, "abc", 3);
	read_with(&raw, &ibgp);
	assert_int_equal(found.harm, BGP_HARM_NONE);
	assert_int_equal(attrs.head.origin, BGP_ORIGIN_IGP);
	assert_int_equal(attrs.head.nexthop.raw, addr("10.0.0.2").raw);
	assert_int_equal(attrs.head.path_len, 2);
	assert_int_equal(attrs.head.neighbour_as, 65002);
	assert_int_equal(attrs.head.origin_as, 4200000003);
	assert_int_equal(attrs.head.med, 258);
	assert_int_equal(attrs.head.local_pref, 200);
	assert_int_equal(attrs.head.cluster_count, 2);
	assert_int_equal(attrs.head.flags, BGP_HAS_MED | BGP_HAS_LOCAL_PREF | BGP_HAS_ORIGINATOR |
						   BGP_HAS_ATOMIC | BGP_NO_EXPORT |
						   BGP_NO_ADVERTISE);
	assert_true(bgp_body_find(&attrs, 77, &value));
	assert_int_equal(value.len, 3);
	/* What is not transitive and not known goes nowhere (RFC 4271 section 5). */
	assert_false(bgp_body_find(&attrs, 78, &value));
	/* Of another AS some mean nothing (RFC 7606 sections 7.5, 7.9, 7.10). */
	read_with(&raw, &ebgp);
	assert_int_equal(found.harm, BGP_HARM_NONE);
	assert_int_equal(attrs.head.flags & (BGP_HAS_LOCAL_PREF | BGP_HAS_ORIGINATOR), 0);
	assert_int_equal(attrs.head.cluster_count, 0);
}

/* RFC 4271 section 5: what is passed on without being known says so. */
static void unknown_transitive_ones_are_partial(void **state)
{
	struct bgp_raw_update raw;
	u8 wire[512];
	u32 len, at = 0;

	(void)state;
	usual(&raw);
	bgp_raw_attr(&raw, BOTH, 77, "abc", 3);
	read_with(&raw, &ebgp);
	len = bgp_attrs_write(wire, sizeof wire, &attrs, &ebgp);
	while (at < len && wire[at + 1] != 77)
		at += 3u + wire[at + 2];
	assert_true(at < len);
	assert_int_equal(wire[at], BOTH | BGP_FLAG_PARTIAL);
	assert_memory_equal(wire + at + 3, "abc", 3);
}

/* Section 3 (c): flags that are not the attribute's. */
static void flags(void **state)
{
	(void)state;
	assert_int_equal(harm_instead(BOTH, BGP_ORIGIN, "\0", 1), BGP_HARM_WITHDRAW);
	assert_int_equal(harm_instead(OPTIONAL, BGP_NEXT_HOP, "\12\0\0\2", 4), BGP_HARM_WITHDRAW);
	assert_int_equal(harm_of(&ebgp, WELL_KNOWN, BGP_MED, "\0\0\0\1", 4), BGP_HARM_WITHDRAW);
	assert_int_equal(harm_of(&ebgp, BOTH, BGP_MED, "\0\0\0\1", 4), BGP_HARM_WITHDRAW);
	assert_int_equal(harm_of(&ebgp, OPTIONAL, BGP_COMMUNITIES, "\0\1\0\1", 4),
			 BGP_HARM_WITHDRAW);
	/* The others are not looked at. */
	assert_int_equal(
		harm_of(&ebgp, BOTH | BGP_FLAG_PARTIAL | 0xf, BGP_COMMUNITIES, "\0\1\0\1", 4),
		BGP_HARM_NONE);
}

/* Section 3 (d). */
static void mandatory_ones(void **state)
{
	static const u8 types[] = { BGP_ORIGIN, BGP_AS_PATH, BGP_NEXT_HOP };

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(types); at++) {
		struct bgp_raw_update raw = { 0 };

		for (u32 other = 0; other < ARRAY_COUNT(types); other++) {
			if (other != at)
				bgp_raw_attr(&raw, WELL_KNOWN, types[other], "\2\1\0\1",
					     other == 0   ? 1
					     : other == 1 ? 0
							  : 4);
		}
		read_with(&raw, &ebgp);
		assert_int_equal(found.harm, BGP_HARM_WITHDRAW);
		assert_non_null(strstr(found.what, "missing"));
	}
}

/* Section 3 (g): of two the first counts; two lists of prefixes end it. */
static void twins(void **state)
{
	static const u8 reach[] = { 0, 1, 1, 4, 10, 0, 0, 2, 0, 24, 198, 51, 100 };
	struct bgp_raw_update raw;

	(void)state;
	usual(&raw);
	bgp_raw_attr(&raw, OPTIONAL, BGP_MED, "\0\0\0\1", 4);
	bgp_raw_attr(&raw, OPTIONAL, BGP_MED, "\0\0\0\2", 4);
	bgp_raw_attr(&raw, OPTIONAL, BGP_MED, "\0", 1);
	read_with(&raw, &ebgp);
	assert_int_equal(found.harm, BGP_HARM_NONE);
	assert_int_equal(attrs.head.med, 1);
	bgp_raw_attr(&raw, OPTIONAL, BGP_MP_REACH, reach, sizeof reach);
	read_with(&raw, &ebgp);
	assert_int_equal(found.harm, BGP_HARM_NONE);
	bgp_raw_attr(&raw, OPTIONAL, BGP_MP_REACH, reach, sizeof reach);
	read_with(&raw, &ebgp);
	assert_int_equal(found.harm, BGP_HARM_RESET);
	assert_int_equal(found.error.subcode, BGP_UPDATE_MALFORMED);
}

/* Section 4: lengths that run over the end. */
static void overruns(void **state)
{
	(void)state;
	for (u32 cut = 1; cut < 7; cut++) {
		struct bgp_raw_update raw;

		usual(&raw);
		bgp_raw_attr(&raw, OPTIONAL, BGP_MED, "\0\0\0\1", 4);
		raw.attrs_len -= cut;
		read_with(&raw, &ebgp);
		assert_int_equal(found.harm, BGP_HARM_WITHDRAW);
	}
}

/* Section 5.2: without a prefix nobody knows what would be withdrawn. */
static void no_prefix_to_withdraw(void **state)
{
	struct bgp_raw_update raw = { 0 };
	struct bgp_update update;

	(void)state;
	bgp_raw_attr(&raw, WELL_KNOWN, BGP_ORIGIN, "\7", 1);
	update = (struct bgp_update){ .attrs = { raw.attrs, raw.attrs_len } };
	bgp_attrs_read(update.attrs, &ebgp, &attrs, &found);
	bgp_attrs_judge(&update, &found);
	assert_int_equal(found.harm, BGP_HARM_RESET);
	/* An attribute that would be left out is left out. */
	raw.attrs_len = 0;
	bgp_raw_attr(&raw, WELL_KNOWN, BGP_ATOMIC_AGGREGATE, "\7", 1);
	update = (struct bgp_update){ .attrs = { raw.attrs, raw.attrs_len } };
	bgp_attrs_read(update.attrs, &ebgp, &attrs, &found);
	bgp_attrs_judge(&update, &found);
	assert_int_equal(found.harm, BGP_HARM_DISCARD);
}

/* Sections 7.1 to 7.14, and the RFCs of what came later. */
static void each_attribute(void **state)
{
	static const struct {
		u8 flags, type;
		u8 len;
		const char *value;
		enum bgp_harm external, internal;
	} row[] = {
		{ OPTIONAL, BGP_MED, 3, "abc", BGP_HARM_WITHDRAW, BGP_HARM_WITHDRAW },
		{ OPTIONAL, BGP_MED, 5, "abcde", BGP_HARM_WITHDRAW, BGP_HARM_WITHDRAW },
		{ OPTIONAL, BGP_MED, 0, "", BGP_HARM_WITHDRAW, BGP_HARM_WITHDRAW },
		{ WELL_KNOWN, BGP_LOCAL_PREF, 3, "abc", BGP_HARM_NONE, BGP_HARM_WITHDRAW },
		{ WELL_KNOWN, BGP_LOCAL_PREF, 4, "abcd", BGP_HARM_NONE, BGP_HARM_NONE },
		{ WELL_KNOWN, BGP_ATOMIC_AGGREGATE, 1, "a", BGP_HARM_DISCARD, BGP_HARM_DISCARD },
		{ BOTH, BGP_AGGREGATOR, 6, "abcdef", BGP_HARM_DISCARD, BGP_HARM_DISCARD },
		{ BOTH, BGP_AGGREGATOR, 8, "\0\0\0\0defg", BGP_HARM_DISCARD, BGP_HARM_DISCARD },
		{ BOTH, BGP_COMMUNITIES, 0, "", BGP_HARM_WITHDRAW, BGP_HARM_WITHDRAW },
		{ BOTH, BGP_COMMUNITIES, 5, "abcde", BGP_HARM_WITHDRAW, BGP_HARM_WITHDRAW },
		{ OPTIONAL, BGP_ORIGINATOR_ID, 3, "abc", BGP_HARM_NONE, BGP_HARM_WITHDRAW },
		{ OPTIONAL, BGP_CLUSTER_LIST, 0, "", BGP_HARM_NONE, BGP_HARM_WITHDRAW },
		{ OPTIONAL, BGP_CLUSTER_LIST, 6, "abcdef", BGP_HARM_NONE, BGP_HARM_WITHDRAW },
		{ BOTH, BGP_EXT_COMMUNITIES, 7, "abcdefg", BGP_HARM_WITHDRAW, BGP_HARM_WITHDRAW },
		{ BOTH, BGP_EXT_COMMUNITIES, 0, "", BGP_HARM_WITHDRAW, BGP_HARM_WITHDRAW },
		{ BOTH, BGP_LARGE_COMMUNITIES, 0, "", BGP_HARM_WITHDRAW, BGP_HARM_WITHDRAW },
		{ BOTH, BGP_LARGE_COMMUNITIES, 8, "abcdefgh", BGP_HARM_WITHDRAW,
		  BGP_HARM_WITHDRAW },
		/* RFC 6793 section 6: from who has four bytes they say nothing. */
		{ BOTH, BGP_AS4_PATH, 1, "a", BGP_HARM_NONE, BGP_HARM_NONE },
		{ BOTH, BGP_AS4_AGGREGATOR, 1, "a", BGP_HARM_NONE, BGP_HARM_NONE },
		/* RFC 4271 section 6.3: well-known, and not known. */
		{ WELL_KNOWN, 99, 1, "a", BGP_HARM_RESET, BGP_HARM_RESET },
		{ 0, 99, 1, "a", BGP_HARM_RESET, BGP_HARM_RESET },
		{ OPTIONAL, 99, 1, "a", BGP_HARM_NONE, BGP_HARM_NONE },
		{ OPTIONAL, BGP_MP_REACH, 4, "\0\1\1\4", BGP_HARM_RESET, BGP_HARM_RESET },
		{ OPTIONAL, BGP_MP_REACH, 9, "\0\1\1\5abcde", BGP_HARM_RESET, BGP_HARM_RESET },
		{ OPTIONAL, BGP_MP_REACH, 10, "\0\1\1\4abcd\0\41", BGP_HARM_RESET, BGP_HARM_RESET },
		{ OPTIONAL, BGP_MP_REACH, 10, "\0\2\1\4abcd\0\41", BGP_HARM_NONE, BGP_HARM_NONE },
		{ OPTIONAL, BGP_MP_UNREACH, 2, "\0\1", BGP_HARM_RESET, BGP_HARM_RESET },
		{ OPTIONAL, BGP_MP_UNREACH, 4, "\0\1\1\41", BGP_HARM_RESET, BGP_HARM_RESET },
		{ OPTIONAL, BGP_MP_UNREACH, 4, "\0\2\1\41", BGP_HARM_NONE, BGP_HARM_NONE },
	};

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(row); at++) {
		assert_int_equal(
			harm_of(&ebgp, row[at].flags, row[at].type, row[at].value, row[at].len),
			row[at].external);
		assert_int_equal(
			harm_of(&ibgp, row[at].flags, row[at].type, row[at].value, row[at].len),
			row[at].internal);
	}
	assert_int_equal(harm_instead(WELL_KNOWN, BGP_ORIGIN, "\3", 1), BGP_HARM_WITHDRAW);
	assert_int_equal(harm_instead(WELL_KNOWN, BGP_ORIGIN, "\0\0", 2), BGP_HARM_WITHDRAW);
	assert_int_equal(harm_instead(WELL_KNOWN, BGP_NEXT_HOP, "\12\0\0", 3), BGP_HARM_WITHDRAW);
}

/* Section 7.2, RFC 5065 section 5 and RFC 7607. */
static void as_paths(void **state)
{
	static const struct {
		u8 len;
		const char *value;
		enum bgp_harm harm;
	} row[] = {
		{ 0, "", BGP_HARM_NONE },
		{ 6, "\2\1\0\0\0\7", BGP_HARM_NONE },
		{ 12, "\1\1\0\0\0\7\2\1\0\0\0\7", BGP_HARM_NONE },
		{ 1, "\2", BGP_HARM_WITHDRAW },
		{ 2, "\2\0", BGP_HARM_WITHDRAW },           /* an empty segment */
		{ 5, "\2\1\0\0\7", BGP_HARM_WITHDRAW },     /* it is longer than the path */
		{ 7, "\2\1\0\0\0\7\2", BGP_HARM_WITHDRAW }, /* a byte is left */
		{ 6, "\5\1\0\0\0\7", BGP_HARM_WITHDRAW },   /* an unknown type */
		{ 6, "\0\1\0\0\0\7", BGP_HARM_WITHDRAW },
		{ 6, "\3\1\0\0\0\7", BGP_HARM_WITHDRAW }, /* of a confederation */
		{ 6, "\4\1\0\0\0\7", BGP_HARM_WITHDRAW },
		{ 10, "\2\2\0\0\0\7\0\0\0\0", BGP_HARM_WITHDRAW }, /* AS 0 */
		{ 10, "\2\2\0\0\0\7\0\0\1\0", BGP_HARM_NONE },
	};

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(row); at++)
		assert_int_equal(harm_instead(WELL_KNOWN, BGP_AS_PATH, row[at].value, row[at].len),
				 row[at].harm);
}

/* Section 3 (h): the worst of several. */
static void the_worst_counts(void **state)
{
	struct bgp_raw_update raw;

	(void)state;
	usual(&raw);
	bgp_raw_attr(&raw, WELL_KNOWN, BGP_ATOMIC_AGGREGATE, "a", 1);
	bgp_raw_attr(&raw, OPTIONAL, BGP_MED, "a", 1);
	read_with(&raw, &ebgp);
	assert_int_equal(found.harm, BGP_HARM_WITHDRAW);
	assert_int_equal(found.bad_type, BGP_MED);
	bgp_raw_attr(&raw, WELL_KNOWN, 99, "a", 1);
	read_with(&raw, &ebgp);
	assert_int_equal(found.harm, BGP_HARM_RESET);
	assert_int_equal(found.error.subcode, BGP_UPDATE_UNKNOWN_WELL_KNOWN);
}

/* RFC 4760: IPv4 unicast in the attribute; other families are passed over. */
static void families(void **state)
{
	static const u8 reach[] = { 0, 1, 1, 4, 10, 0, 0, 9, 0, 24, 198, 51, 100 };
	static const u8 other[] = { 0, 2, 1, 16, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0, 0,
				    0, 0, 0, 0,  1, 0, 64, 1, 2, 3, 4, 5, 6, 7, 8 };

	(void)state;
	assert_int_equal(harm_of(&ebgp, OPTIONAL, BGP_MP_REACH, reach, sizeof reach),
			 BGP_HARM_NONE);
	assert_true(found.has_mp_reach);
	assert_int_equal(found.mp_reach.len, 4);
	assert_int_equal(found.mp_nexthop.raw, addr("10.0.0.9").raw);
	assert_int_equal(harm_of(&ebgp, OPTIONAL, BGP_MP_REACH, other, sizeof other),
			 BGP_HARM_NONE);
	assert_false(found.has_mp_reach);
	assert_true(found.other_family);
}

/* ---- RFC 6793 -------------------------------------------------------------------------------- */

static void path_text(char *to, size_t size)
{
	struct bgp_path_segment segment;
	struct bgp_piece path;
	size_t len = 0;

	bgp_body_find(&attrs, BGP_AS_PATH, &path);
	to[0] = '\0';
	while (bgp_path_next(&path, &segment)) {
		for (u32 at = 0; at < segment.count; at++)
			len += (size_t)snprintf(to + len, size - len, "%s%u%s",
						segment.type == BGP_SEGMENT_SET ? "{" : "",
						bgp_segment_as(&segment, at),
						segment.type == BGP_SEGMENT_SET ? "} " : " ");
	}
}

static void old_speakers(void **state)
{
	/* Paths of two bytes, of four bytes, aggregator of two, and what comes out. */
	static const struct {
		u8 len, len4;
		const char *path, *path4;
		u16 aggregator; /* zero: none */
		const char *merged;
		bool aggregator4;
	} row[] = {
		{ 8, 0, "\2\3\0\1\0\2\0\3", "", 0, "1 2 3 ", false },
		{ 8, 10, "\2\3\0\1\x5b\xa0\x5b\xa0", "\2\2\0\1\0\0\0\1\0\1", 0, "1 65536 65537 ",
		  false },
		/* A longer one is none of this path. */
		{ 4, 10, "\2\1\0\1", "\2\2\0\1\0\0\0\1\0\1", 0, "1 ", false },
		/* Two aggregators, of which that of two bytes is the newer one: the rest is stale.
		 */
		{ 6, 6, "\2\2\0\1\x5b\xa0", "\2\1\0\1\0\0", 7, "1 23456 ", true },
		{ 6, 6, "\2\2\0\1\x5b\xa0", "\2\1\0\1\0\0", 7, "1 65536 ", false },
		{ 6, 6, "\2\2\0\1\x5b\xa0", "\2\1\0\1\0\0", BGP_AS_TRANS, "1 65536 ", true },
		/* Sets count as one. */
		{ 12, 6, "\2\1\0\1\1\2\0\2\0\3\2\0", "\2\1\0\1\0\0", 0, NULL, false },
		{ 14, 6, "\2\1\0\1\1\2\0\2\0\3\2\1\x5b\xa0", "\2\1\0\1\0\0", 0, "1 {2} {3} 65536 ",
		  false },
		/* A malformed one is left out. */
		{ 4, 5, "\2\1\0\1", "\2\1\0\1\0", 0, "1 ", false },
	};

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(row); at++) {
		struct bgp_raw_update raw = { 0 };
		u8 aggregator[6] = {
			(u8)(row[at].aggregator >> 8), (u8)row[at].aggregator, 1, 2, 3, 4
		};
		char text[128];

		bgp_raw_attr(&raw, WELL_KNOWN, BGP_ORIGIN, "\0", 1);
		bgp_raw_attr(&raw, WELL_KNOWN, BGP_AS_PATH, row[at].path, row[at].len);
		bgp_raw_attr(&raw, WELL_KNOWN, BGP_NEXT_HOP, "\12\0\0\2", 4);
		if (row[at].aggregator != 0)
			bgp_raw_attr(&raw, BOTH, BGP_AGGREGATOR, aggregator, 6);
		if (row[at].aggregator4)
			bgp_raw_attr(&raw, BOTH, BGP_AS4_AGGREGATOR, "\0\1\0\2abcd", 8);
		if (row[at].len4 > 0)
			bgp_raw_attr(&raw, BOTH, BGP_AS4_PATH, row[at].path4, row[at].len4);
		read_with(&raw, &old);
		if (row[at].merged == NULL) {
			assert_int_equal(found.harm, BGP_HARM_WITHDRAW);
			continue;
		}
		assert_true(found.harm <= BGP_HARM_DISCARD);
		path_text(text, sizeof text);
		assert_string_equal(text, row[at].merged);
	}
}

/* What is told to an old speaker comes back from it whole. */
static void through_an_old_speaker(void **state)
{
	struct bgp_raw_update raw = { 0 };
	static struct bgp_attrs before;
	struct bgp_piece piece;
	u8 wire[1024];

	(void)state;
	bgp_raw_attr(&raw, WELL_KNOWN, BGP_ORIGIN, "\1", 1);
	bgp_raw_attr(&raw, WELL_KNOWN, BGP_AS_PATH,
		     "\2\3\0\0\0\1\0\1\0\1\0\0\0\2\1\2\0\0\0\5\0\2\0\6", 24);
	bgp_raw_attr(&raw, WELL_KNOWN, BGP_NEXT_HOP, "\12\0\0\2", 4);
	bgp_raw_attr(&raw, BOTH, BGP_AGGREGATOR, "\0\1\0\2\300\0\2\1", 8);
	bgp_raw_attr(&raw, BOTH, BGP_COMMUNITIES, "abcd", 4);
	read_with(&raw, &ebgp);
	assert_int_equal(found.harm, BGP_HARM_NONE);
	before = attrs;
	piece.at = wire;
	piece.len = bgp_attrs_write(wire, sizeof wire, &before, &old);
	assert_true(piece.len > 0);
	bgp_attrs_read(piece, &old, &attrs, &found);
	assert_int_equal(found.harm, BGP_HARM_NONE);
	assert_memory_equal(&attrs.head, &before.head, sizeof attrs.head);
	assert_int_equal(attrs.body_len, before.body_len);
	assert_memory_equal(attrs.body, before.body, before.body_len);
	/* The numbers of two bytes that it saw. */
	for (u32 at = 0; at < piece.len; at += 3u + wire[at + 2]) {
		if (wire[at + 1] == BGP_AS_PATH)
			assert_memory_equal(wire + at + 3, "\2\3\0\1\x5b\xa0\0\2\1\2\0\5\x5b\xa0",
					    14);
		if (wire[at + 1] == BGP_AGGREGATOR)
			assert_memory_equal(wire + at + 3, "\x5b\xa0\300\0\2\1", 6);
	}
}

/* Written and read again, and in the order of the types. */
static void there_and_back(void **state)
{
	struct bgp_raw_update raw;
	static struct bgp_attrs before;
	struct bgp_piece piece;
	u8 wire[2048], large[300];
	u8 last = 0;

	(void)state;
	usual(&raw);
	for (u32 at = 0; at < sizeof large; at++)
		large[at] = (u8)(at * 7);
	bgp_raw_attr(&raw, BOTH, 200, large, 100);
	bgp_raw_attr(&raw, BOTH | BGP_FLAG_EXTENDED, BGP_LARGE_COMMUNITIES, large, 300);
	bgp_raw_attr(&raw, OPTIONAL, BGP_ORIGINATOR_ID, "\1\2\3\4", 4);
	bgp_raw_attr(&raw, OPTIONAL, BGP_CLUSTER_LIST, "\1\1\1\1\2\2\2\2", 8);
	bgp_raw_attr(&raw, BOTH, BGP_COMMUNITIES, "abcdefgh", 8);
	bgp_raw_attr(&raw, OPTIONAL, BGP_MED, "\0\0\0\1", 4);
	bgp_raw_attr(&raw, WELL_KNOWN, BGP_LOCAL_PREF, "\0\0\0\1", 4);
	bgp_raw_attr(&raw, WELL_KNOWN, BGP_ATOMIC_AGGREGATE, "", 0);
	read_with(&raw, &ibgp);
	assert_int_equal(found.harm, BGP_HARM_NONE);
	before = attrs;
	piece.at = wire;
	piece.len = bgp_attrs_write(wire, sizeof wire, &before, &ibgp);
	for (u32 at = 0; at < piece.len;) {
		bool extended = (wire[at] & BGP_FLAG_EXTENDED) != 0;

		assert_true(wire[at + 1] > last);
		last = wire[at + 1];
		at += extended ? 4u + be16_host(be16_load(wire + at + 2)) : 3u + wire[at + 2];
	}
	assert_int_equal(last, 200);
	bgp_attrs_read(piece, &ibgp, &attrs, &found);
	assert_int_equal(found.harm, BGP_HARM_NONE);
	assert_memory_equal(&attrs.head, &before.head, sizeof attrs.head);
	assert_int_equal(attrs.body_len, before.body_len);
	assert_memory_equal(attrs.body, before.body, before.body_len);
	/* Into a room that is too small they are not written at all. */
	for (u32 room = 0; room < piece.len; room++)
		assert_int_equal(bgp_attrs_write(wire, room, &before, &ibgp), 0);
}

/* RFC 8092 section 5. */
static void large_ones_are_meant_once(void **state)
{
	struct bgp_piece value;
	u8 list[36];

	(void)state;
	memset(list, 1, sizeof list);
	list[12] = 2;
	assert_int_equal(harm_of(&ebgp, BOTH, BGP_LARGE_COMMUNITIES, list, sizeof list),
			 BGP_HARM_NONE);
	bgp_body_find(&attrs, BGP_LARGE_COMMUNITIES, &value);
	assert_int_equal(value.len, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_they_mean),
		cmocka_unit_test(unknown_transitive_ones_are_partial),
		cmocka_unit_test(flags),
		cmocka_unit_test(mandatory_ones),
		cmocka_unit_test(twins),
		cmocka_unit_test(overruns),
		cmocka_unit_test(no_prefix_to_withdraw),
		cmocka_unit_test(each_attribute),
		cmocka_unit_test(as_paths),
		cmocka_unit_test(the_worst_counts),
		cmocka_unit_test(families),
		cmocka_unit_test(old_speakers),
		cmocka_unit_test(through_an_old_speaker),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(large_ones_are_meant_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
