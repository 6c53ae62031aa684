/* A peer that sends UPDATEs which are malformed, or say what can not be: what becomes of its routes
 * and of the connection (RFC 7606, RFC 4271 section 6.3).                                        */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake/bgp_raw.h"
#include "fake/build.h"

#define NET1 "203.0.113.0/24"
#define NET2 "198.51.100.0/24"

static void done(struct bgp_net *net, struct bgp_raw *raw)
{
	free(raw);
	bgp_net_del(net);
}

static void tell(struct bgp_raw *raw, const u32 *path, u32 count, const char *nexthop,
		 const char *prefix)
{
	struct bgp_raw_update update = { 0 };

	bgp_raw_usual_attrs(&update, path, count, nexthop);
	bgp_raw_prefix(&update, prefix);
	bgp_raw_update_send(raw, &update);
	bgp_raw_run(raw, 10 * NS_PER_MS);
}

/* The last prefix that host 0 does not keep for this reason; "": none. */
static void unfit_is(struct bgp_net *net, enum bgp_unfit unfit, const char *prefix)
{
	struct bgp_peer_shown shown = bgp_net_shown(net, 0, "10.0.0.2");
	struct ip_prefix wanted;

	if (prefix[0] == '\0') {
		assert_int_equal(shown.unfit[unfit].addr.family, FAMILY_NONE);
		return;
	}
	assert_true(ip_prefix_parse(prefix, &wanted));
	assert_true(ip_prefix_eq(&shown.unfit[unfit], &wanted));
}

/* A route that stands is taken as withdrawn when it comes again and is malformed; others stay. */
static void treat_as_withdraw(void **state)
{
	static const u32 path[] = { 65002 };
	struct bgp_raw_update update = { 0 };
	struct bgp_raw *raw;
	struct bgp_net *net = bgp_raw_played(65001, 65002, &raw);

	(void)state;
	tell(raw, path, 1, "10.0.0.2", NET1);
	tell(raw, path, 1, "10.0.0.2", NET2);
	assert_true(bgp_net_has(net, 0, NET1));
	bgp_raw_usual_attrs(&update, path, 1, "10.0.0.2");
	bgp_raw_attr(&update, BGP_FLAG_OPTIONAL, BGP_MED, "abc", 3);
	bgp_raw_prefix(&update, NET1);
	bgp_raw_update_send(raw, &update);
	bgp_raw_run(raw, 10 * NS_PER_MS);
	assert_false(bgp_net_has(net, 0, NET1));
	assert_true(bgp_net_has(net, 0, NET2));
	assert_true(bgp_net_is_up(net, 0, "10.0.0.2"));
	assert_int_equal(bgp_net_shown(net, 0, "10.0.0.2").counters.as_withdrawn, 1);
	assert_string_equal(net->host[0]->last_warning,
			    "routes are taken as withdrawn: an attribute of the wrong length");
	done(net, raw);
}

static void an_attribute_is_left_out(void **state)
{
	static const u32 path[] = { 65002 };
	struct bgp_raw_update update = { 0 };
	struct bgp_raw *raw;
	struct bgp_net *net = bgp_raw_played(65001, 65002, &raw);

	(void)state;
	bgp_raw_usual_attrs(&update, path, 1, "10.0.0.2");
	bgp_raw_attr(&update, BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE, BGP_AGGREGATOR, "abc", 3);
	bgp_raw_prefix(&update, NET1);
	bgp_raw_update_send(raw, &update);
	bgp_raw_run(raw, 10 * NS_PER_MS);
	assert_string_equal(bgp_net_attrs(net, 0, NET1).others, "");
	assert_int_equal(bgp_net_shown(net, 0, "10.0.0.2").counters.discarded, 1);
	done(net, raw);
}

/* Where the connection ends, and with which error. */
static void what_ends_it(void **state)
{
	static const struct {
		u8 withdrawn[8], withdrawn_len;
		u8 nlri[8], nlri_len;
		u8 flags, type; /* of an attribute more; zero: none */
		u8 subcode;
	} row[] = {
		{ { 33, 1, 2, 3, 4, 5 }, 6, { 0 }, 0, 0, 0, BGP_UPDATE_BAD_NETWORK },
		{ { 24, 1, 2 }, 3, { 0 }, 0, 0, 0, BGP_UPDATE_BAD_NETWORK },
		{ { 0 }, 0, { 33, 1, 2, 3, 4, 5 }, 6, 0, 0, BGP_UPDATE_BAD_NETWORK },
		{ { 0 }, 0, { 24, 1 }, 2, 0, 0, BGP_UPDATE_BAD_NETWORK },
		{ { 0 },
		  0,
		  { 24, 1, 2, 3 },
		  4,
		  BGP_FLAG_TRANSITIVE,
		  99,
		  BGP_UPDATE_UNKNOWN_WELL_KNOWN },
		{ { 0 },
		  0,
		  { 24, 1, 2, 3 },
		  4,
		  BGP_FLAG_OPTIONAL,
		  BGP_MP_REACH,
		  BGP_UPDATE_OPTIONAL },
	};
	static const u32 path[] = { 65002 };

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(row); at++) {
		struct bgp_raw_update update = { 0 };
		struct bgp_raw *raw;
		struct bgp_net *net = bgp_raw_played(65001, 65002, &raw);
		const u8 *last;

		tell(raw, path, 1, "10.0.0.2", NET1);
		bgp_raw_usual_attrs(&update, path, 1, "10.0.0.2");
		if (row[at].type != 0)
			bgp_raw_attr(&update, row[at].flags, row[at].type, "\0\1\1", 3);
		memcpy(update.withdrawn, row[at].withdrawn, row[at].withdrawn_len);
		memcpy(update.nlri, row[at].nlri, row[at].nlri_len);
		update.withdrawn_len = row[at].withdrawn_len;
		update.nlri_len = row[at].nlri_len;
		bgp_raw_update_send(raw, &update);
		bgp_raw_run(raw, 10 * NS_PER_MS);
		last = bgp_raw_last(raw, BGP_NOTIFICATION);
		assert_non_null(last);
		assert_int_equal(last[19], BGP_ERROR_UPDATE);
		assert_int_equal(last[20], row[at].subcode);
		assert_false(bgp_net_has(net, 0, NET1));
		done(net, raw);
	}
}

/* RFC 7606 section 3 (b): lengths that run over the message. */
static void lengths_that_do_not_fit(void **state)
{
	struct bgp_raw *raw;
	struct bgp_net *net = bgp_raw_played(65001, 65002, &raw);

	(void)state;
	bgp_raw_message(raw, BGP_UPDATE, "\0\1\0\0", 4);
	bgp_raw_run(raw, 10 * NS_PER_MS);
	assert_int_equal(bgp_raw_last(raw, BGP_NOTIFICATION)[19], BGP_ERROR_UPDATE);
	assert_int_equal(bgp_raw_last(raw, BGP_NOTIFICATION)[20], BGP_UPDATE_MALFORMED);
	done(net, raw);
}

/* RFC 4271 section 6.3: next hops that nobody could use, and those that he may name. */
static void next_hops(void **state)
{
	static const struct {
		const char *nexthop;
		bool external, far, internal;
	} row[] = {
		{ "10.0.0.2", true, true, true },
		{ "10.0.0.77", true, true, true },
		{ "10.0.0.1", false, false, false }, /* our own */
		{ "0.0.0.0", false, false, false },
		{ "0.1.2.3", false, false, false },
		{ "127.0.0.1", false, false, false },
		{ "224.0.0.5", false, false, false },
		{ "255.255.255.255", false, false, false },
		{ "172.16.0.1", false, true, true }, /* on no network that we share */
	};

	(void)state;
	for (u32 kind = 0; kind < 3; kind++) {
		for (u32 at = 0; at < ARRAY_COUNT(row); at++) {
			u32 path[] = { 65002 };
			struct bgp_raw *raw;
			struct bgp_net *net = bgp_raw_played(65001, kind == 2 ? 65001 : 65002,
							     &raw);
			struct rib_shown shown[1];
			bool wanted = kind == 0   ? row[at].external
				      : kind == 1 ? row[at].far
						  : row[at].internal;

			net->host[0]->bgp.peer[0].conf.multihop = kind == 1 ? 2 : 0;
			tell(raw, path, 1, row[at].nexthop, NET1);
			assert_int_equal(bgp_net_paths(net, 0, NET1, shown, 1), wanted);
			assert_int_equal(bgp_net_shown(net, 0, "10.0.0.2").counters.bad_nexthop,
					 !wanted);
			assert_true(bgp_net_is_up(net, 0, "10.0.0.2"));
			unfit_is(net, BGP_UNFIT_NEXTHOP, wanted ? "" : NET1);
			done(net, raw);
		}
	}
}

/* The first AS of a path is that of who tells it, unless he is a route server. */
static void the_first_as(void **state)
{
	static const u32 other[] = { 65009, 65002 };
	static const u32 own[] = { 65002, 65001 };
	struct bgp_raw *raw;
	struct bgp_net *net = bgp_raw_played(65001, 65002, &raw);

	(void)state;
	tell(raw, other, 2, "10.0.0.2", NET1);
	assert_false(bgp_net_has(net, 0, NET1));
	unfit_is(net, BGP_UNFIT_FIRST_AS, NET1);
	tell(raw, NULL, 0, "10.0.0.2", NET2);
	assert_false(bgp_net_has(net, 0, NET2));
	unfit_is(net, BGP_UNFIT_FIRST_AS, NET2);
	tell(raw, other, 2, "10.0.0.2", NET1);
	assert_int_equal(bgp_net_shown(net, 0, "10.0.0.2").counters.first_as, 3);
	net->host[0]->bgp.peer[0].conf.any_first_as = true;
	tell(raw, other, 2, "10.0.0.2", NET1);
	assert_true(bgp_net_has(net, 0, NET1));
	/* It is fit now. */
	unfit_is(net, BGP_UNFIT_FIRST_AS, "");
	/* Our own AS in it: what stood there is gone (RFC 4271 section 9.1.2). */
	tell(raw, own, 2, "10.0.0.2", NET1);
	assert_false(bgp_net_has(net, 0, NET1));
	assert_int_equal(bgp_net_shown(net, 0, "10.0.0.2").counters.loops, 1);
	unfit_is(net, BGP_UNFIT_LOOP, NET1);
	done(net, raw);
}

/* RFC 4760: IPv4 unicast in the attributes, both ways; another family is passed over. */
static void prefixes_in_attributes(void **state)
{
	static const u8 reach[] = { 0, 1, 1, 4, 10, 0, 0, 77, 0, 24, 203, 0, 113 };
	static const u8 unreach[] = { 0, 1, 1, 24, 203, 0, 113 };
	static const u8 other[] = { 0, 2, 1, 32, 0x20, 1, 0xd, 0xb8 };
	static const u32 path[] = { 65002 };
	struct bgp_raw_update update = { 0 };
	struct bgp_raw *raw;
	struct bgp_net *net = bgp_raw_played(65001, 65002, &raw);

	(void)state;
	bgp_raw_attr(&update, BGP_FLAG_OPTIONAL, BGP_MP_REACH, reach, sizeof reach);
	bgp_raw_usual_attrs(&update, path, 1, "10.0.0.2");
	bgp_raw_prefix(&update, NET2);
	bgp_raw_update_send(raw, &update);
	bgp_raw_run(raw, 10 * NS_PER_MS);
	assert_int_equal(bgp_net_attrs(net, 0, NET1).nexthop.raw, addr("10.0.0.77").raw);
	assert_int_equal(bgp_net_attrs(net, 0, NET2).nexthop.raw, addr("10.0.0.2").raw);
	memset(&update, 0, sizeof update);
	bgp_raw_attr(&update, BGP_FLAG_OPTIONAL, BGP_MP_UNREACH, other, sizeof other);
	bgp_raw_update_send(raw, &update);
	bgp_raw_attr(&update, BGP_FLAG_OPTIONAL, BGP_MP_UNREACH, unreach, sizeof unreach);
	update.attrs_len = 0;
	bgp_raw_attr(&update, BGP_FLAG_OPTIONAL, BGP_MP_UNREACH, unreach, sizeof unreach);
	bgp_raw_update_send(raw, &update);
	bgp_raw_run(raw, 10 * NS_PER_MS);
	assert_false(bgp_net_has(net, 0, NET1));
	assert_true(bgp_net_has(net, 0, NET2));
	assert_true(bgp_net_is_up(net, 0, "10.0.0.2"));
	done(net, raw);
}

/* RFC 5492 section 5: families without ours: nothing could be told. */
static void no_family_in_common(void **state)
{
	static const u8 params[] = { 2, 6, 1, 4, 0, 2, 0, 1 };
	u8 body[10 + sizeof params] = { 4, 0xfd, 0xea, 0, 180, 192, 0, 2, 2, sizeof params };
	struct bgp_raw *raw;
	struct bgp_net *net = bgp_raw_played(65001, 65002, &raw);

	(void)state;
	bgp_raw_close(raw);
	bgp_net_run(net, 10 * NS_PER_SEC);
	bgp_raw_forget(raw);
	memcpy(body + 10, params, sizeof params);
	bgp_raw_call(raw, "10.0.0.1");
	bgp_raw_message(raw, BGP_OPEN, body, sizeof body);
	bgp_raw_run(raw, NS_PER_SEC);
	assert_int_equal(bgp_raw_last(raw, BGP_NOTIFICATION)[19], BGP_ERROR_OPEN);
	assert_int_equal(bgp_raw_last(raw, BGP_NOTIFICATION)[20], BGP_OPEN_BAD_CAPABILITY);
	done(net, raw);
}

/* RFC 6793: a peer that knows two bytes is told 23456 and AS4_PATH, and believed what it keeps. */
static void an_old_peer(void **state)
{
	struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");
	struct bgp_raw_update update = { 0 };
	struct bgp_raw *raw;
	struct bgp_net *net = bgp_raw_played(4200000001, 65002, &raw);
	bool as_trans = false, as4 = false;
	const u8 *msg;

	(void)state;
	bgp_raw_close(raw);
	bgp_net_run(net, 10 * NS_PER_SEC);
	bgp_raw_forget(raw);
	open.as4 = false;
	bgp_raw_up(raw, "10.0.0.1", &open);
	assert_int_equal(be16_host(be16_load(bgp_raw_last(raw, BGP_OPEN) + 20)), BGP_AS_TRANS);
	bgp_net_originate(net, 0, NET2);
	bgp_raw_run(raw, NS_PER_SEC);
	msg = bgp_raw_last(raw, BGP_UPDATE);
	for (u32 at = BGP_UPDATE_LEAST; at + 10 < raw->len[raw->count - 1]; at++) {
		as_trans |= memcmp(msg + at, "\x40\2\4\2\1\x5b\xa0", 7) == 0;
		as4 |= memcmp(msg + at, "\xc0\21\6\2\1\xfa\x56\xea\1", 9) == 0;
	}
	assert_true(as_trans && as4);
	bgp_raw_attr(&update, BGP_FLAG_TRANSITIVE, BGP_ORIGIN, "\0", 1);
	bgp_raw_attr(&update, BGP_FLAG_TRANSITIVE, BGP_AS_PATH, "\2\2\xfd\xea\x5b\xa0", 6);
	bgp_raw_attr(&update, BGP_FLAG_TRANSITIVE, BGP_NEXT_HOP, "\12\0\0\2", 4);
	bgp_raw_attr(&update, BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE, BGP_AS4_PATH,
		     "\2\1\xfa\x56\xea\3", 6);
	bgp_raw_prefix(&update, NET1);
	bgp_raw_update_send(raw, &update);
	bgp_raw_run(raw, NS_PER_SEC);
	assert_string_equal(bgp_net_attrs(net, 0, NET1).path, "65002 4200000003");
	done(net, raw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(treat_as_withdraw),
		cmocka_unit_test(an_attribute_is_left_out),
		cmocka_unit_test(what_ends_it),
		cmocka_unit_test(lengths_that_do_not_fit),
		cmocka_unit_test(next_hops),
		cmocka_unit_test(the_first_as),
		cmocka_unit_test(prefixes_in_attributes),
		cmocka_unit_test(no_family_in_common),
		cmocka_unit_test(an_old_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
