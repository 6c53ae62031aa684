/* A speaker's life: configuration, interfaces, what it announces, what it is asked to show, its
 * end.                                                                                           */
#include "fake/ospf_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct bed_nbr nbr_of(be32 rid)
{
	return (struct bed_nbr){
		.iface = BED_PTP, .rid = rid, .addr = be32_of(0x0a000002), .priority = 1
	};
}

static const u8 *router_lsa(const struct ospf_bed *bed)
{
	u32 idx = ospf_lsa_find(&bed->ospf, 0, OSPF_ROUTER_LSA, bed->ospf.router_id,
				bed->ospf.router_id);

	return idx == IDX_NONE ? NULL : ospf_lsa_bytes(&bed->ospf, ospf_lsa_at(&bed->ospf, idx));
}

/* The metric of the own link of a type and id; UINT32_MAX: there is none. */
static u32 link_metric(const struct ospf_bed *bed, u8 type, u32 id)
{
	struct ospf_link link;
	u32 at = 0;

	while (ospf_link_next(router_lsa(bed), &at, &link)) {
		if (link.type == type && be32_host(link.id) == id)
			return be16_host(link.metric);
	}
	return UINT32_MAX;
}

/* ---- configuration --------------------------------------------------------------------------- */

typedef void (*spoiler)(struct ospf_conf *conf);

static void stub_backbone(struct ospf_conf *conf)
{
	conf->area[0].kind = OSPF_AREA_STUB;
}

static void area_twice(struct ospf_conf *conf)
{
	conf->area[conf->area_count++] = conf->area[0];
}

static void iface_twice(struct ospf_conf *conf)
{
	conf->iface[1].iface = 0;
}

static void no_area(struct ospf_conf *conf)
{
	conf->iface[1].area_id = 77;
}

static void no_cost(struct ospf_conf *conf)
{
	conf->iface[1].cost = 0;
}

static void short_dead(struct ospf_conf *conf)
{
	conf->iface[1].dead_s = 10;
}

static void long_md5(struct ospf_conf *conf)
{
	conf->iface[1].auth = (struct ospf_auth_conf){ .kind = OSPF_AUTH_CRYPTO, .key_count = 1 };
	conf->iface[1].auth.key[0].len_bytes = 17;
}

static void same_keys(struct ospf_conf *conf)
{
	conf->iface[1].auth = (struct ospf_auth_conf){ .kind = OSPF_AUTH_CRYPTO, .key_count = 2 };
	conf->iface[1].auth.key[0].len_bytes = conf->iface[1].auth.key[1].len_bytes = 4;
}

static void no_keys(struct ospf_conf *conf)
{
	conf->iface[1].auth.kind = OSPF_AUTH_CRYPTO;
}

static void bad_range(struct ospf_conf *conf)
{
	conf->area[0].range_count = 1;
	conf->area[0].range[0] = (struct ospf_range){ .addr = be32_of(0x0a000001), .len = 16 };
}

static void no_distance(struct ospf_conf *conf)
{
	conf->distance = 255;
}

static void no_lsas(struct ospf_conf *conf)
{
	conf->lsa_limit = 0;
}

static void test_what_can_not_be(void **state)
{
	static const spoiler spoil[] = { stub_backbone, area_twice, iface_twice, no_area,
					 no_cost,       short_dead, long_md5,    same_keys,
					 no_keys,       bad_range,  no_distance, no_lsas };
	struct ospf_bed *bed = ospf_bed_new();

	(void)state;
	assert_null(ospf_conf_wrong(&bed->conf));
	ospf_bed_start(bed);
	for (u32 n = 0; n < ARRAY_COUNT(spoil); n++) {
		struct ospf_conf conf = bed->conf;

		spoil[n](&conf);
		assert_non_null(ospf_conf_wrong(&conf));
		assert_int_equal(ospf_configure(&bed->ospf, &conf, bed->now), ERR_RANGE);
	}
	ospf_bed_free(bed);
}

static void test_limits_stay(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct ospf_conf conf;

	(void)state;
	ospf_bed_start(bed);
	conf = bed->conf;
	conf.lsa_limit++;
	assert_null(ospf_conf_wrong(&conf));
	assert_int_equal(ospf_configure(&bed->ospf, &conf, bed->now), ERR_RANGE);
	ospf_bed_free(bed);
}

/* What a neighbour need not notice does not end the adjacency, what it can not but notice does. */
static void test_live_changes(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr nbr = nbr_of(BED_HIGH);

	(void)state;
	ospf_bed_start(bed);
	ospf_bed_to_full(bed, &nbr);
	bed->conf.iface[BED_PTP].cost = 77;
	bed->conf.iface[BED_PTP].rxmt_s = 3;
	bed->conf.distance = 99;
	bed->conf.area_count = 2;
	ospf_area_conf_defaults(&bed->conf.area[1], 5);
	assert_int_equal(ospf_configure(&bed->ospf, &bed->conf, bed->now), ERR_OK);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_FULL);
	ospf_bed_wait(bed, 6 * NS_PER_SEC);
	assert_int_equal(link_metric(bed, OSPF_LINK_PTP, 0x09090909), 77);
	bed->conf.iface[BED_PTP].area_id = 5;
	assert_int_equal(ospf_configure(&bed->ospf, &bed->conf, bed->now), ERR_OK);
	assert_null(ospf_bed_nbr(bed, &nbr));
	ospf_bed_free(bed);
}

/* Keys change over without a loss. */
static void test_keys_change_live(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr nbr = nbr_of(BED_HIGH);
	struct ospf_auth_conf *auth = &bed->conf.iface[BED_PTP].auth;

	(void)state;
	*auth = (struct ospf_auth_conf){ .kind = OSPF_AUTH_CRYPTO, .key_count = 1 };
	auth->key[0] = (struct ospf_key){ .id = 1, .len_bytes = 3, .byte = "old" };
	ospf_bed_start(bed);
	ospf_bed_to_full(bed, &nbr);
	auth->key[1] = (struct ospf_key){
		.id = 2, .alg = OSPF_KEY_SHA512, .len_bytes = 3, .byte = "new"
	};
	auth->key_count = 2;
	auth->send_key = 1;
	assert_int_equal(ospf_configure(&bed->ospf, &bed->conf, bed->now), ERR_OK);
	ospf_bed_hello(bed, &nbr, true);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_FULL);
	assert_int_equal(bed->ospf.stats.bad_auth, 0);
	ospf_bed_free(bed);
}

static void test_router_id_changes(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr nbr = nbr_of(BED_HIGH);
	const struct ospf_lsa_hdr *hdr;

	(void)state;
	ospf_bed_start(bed);
	ospf_bed_to_full(bed, &nbr);
	ospf_bed_forget(bed);
	bed->conf.router_id = 0x06060606;
	assert_int_equal(ospf_configure(&bed->ospf, &bed->conf, bed->now), ERR_OK);
	/* The old one says good-bye. */
	hdr = ospf_bed_find_lsa(ospf_bed_take(bed, BED_PTP, OSPF_LSUPD), OSPF_ROUTER_LSA, BED_RID);
	assert_non_null(hdr);
	assert_int_equal(be16_host(hdr->age), OSPF_MAX_AGE);
	ospf_bed_wait(bed, NS_PER_SEC);
	assert_int_equal(be32_host(bed->ospf.router_id), 0x06060606);
	assert_non_null(router_lsa(bed));
	assert_null(ospf_bed_nbr(bed, &nbr));
	ospf_bed_free(bed);
}

/* Section C.1: none is given. */
static void test_router_id_is_chosen(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();

	(void)state;
	bed->conf.router_id = 0;
	ospf_bed_start(bed);
	assert_int_equal(be32_host(bed->ospf.router_id), 0x0a000101);
	ospf_bed_free(bed);
}

/* ---- interfaces ------------------------------------------------------------------------------ */

static void test_interface_goes_and_comes(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr nbr = nbr_of(BED_HIGH);

	(void)state;
	ospf_bed_start(bed);
	ospf_bed_to_full(bed, &nbr);
	bed->ifaces.iface[BED_PTP].up = false;
	ospf_ifaces(&bed->ospf, bed->now);
	assert_null(ospf_bed_nbr(bed, &nbr));
	assert_false(bed->sock[0].open);
	ospf_bed_wait(bed, 6 * NS_PER_SEC);
	assert_int_equal(link_metric(bed, OSPF_LINK_STUB, 0x0a000000), UINT32_MAX);
	bed->ifaces.iface[BED_PTP].up = true;
	ospf_ifaces(&bed->ospf, bed->now);
	ospf_bed_to_full(bed, &nbr);
	/* Another address is another interface. */
	bed->ifaces.iface[BED_PTP].conf.addr[0].addr = be32_of(0x0a000003);
	ospf_ifaces(&bed->ospf, bed->now);
	assert_null(ospf_bed_nbr(bed, &nbr));
	assert_int_equal(bed->ospf.iface[BED_PTP].state, OSPF_IFACE_PTP);
	ospf_bed_free(bed);
}

static void test_passive_interface(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr nbr = nbr_of(BED_HIGH);

	(void)state;
	bed->conf.iface[BED_PTP].passive = true;
	ospf_bed_start(bed);
	ospf_bed_wait(bed, 60 * NS_PER_SEC);
	assert_int_equal(ospf_bed_count(bed, BED_PTP, OSPF_HELLO), 0);
	assert_int_equal(link_metric(bed, OSPF_LINK_STUB, 0x0a000000), 10);
	ospf_bed_hello(bed, &nbr, true);
	assert_null(ospf_bed_nbr(bed, &nbr));
	ospf_bed_free(bed);
}

static void test_secondary_addresses(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();

	(void)state;
	bed->ifaces.iface[BED_LAN].conf.addr[1] = (struct iface_addr){ be32_of(0xc0a80501), 26,
								       false };
	bed->ifaces.iface[BED_LAN].conf.addr_count = 2;
	ospf_bed_start(bed);
	assert_int_equal(link_metric(bed, OSPF_LINK_STUB, 0xc0a80500), 10);
	ospf_bed_free(bed);
}

static void test_hellos(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();

	(void)state;
	ospf_bed_start(bed);
	ospf_bed_wait(bed, 35 * NS_PER_SEC);
	assert_int_equal(ospf_bed_count(bed, BED_PTP, OSPF_HELLO), 4);
	assert_int_equal(ospf_bed_count(bed, BED_LAN, OSPF_HELLO), 4);
	ospf_bed_free(bed);
}

/* A socket that takes nothing: all comes again by its timer. */
static void test_full_outbox(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr nbr = nbr_of(BED_HIGH);

	(void)state;
	ospf_bed_start(bed);
	bed->refuse = true;
	ospf_bed_to_full(bed, &nbr);
	assert_true(bed->ospf.stats.send_failed > 0);
	bed->refuse = false;
	ospf_bed_wait(bed, 12 * NS_PER_SEC);
	assert_true(ospf_bed_count(bed, BED_PTP, OSPF_LSUPD) > 0);
	ospf_bed_free(bed);
}

/* ---- what is announced ----------------------------------------------------------------------- */

/* RFC 6987: links to routers cost the most, networks what they cost. */
static void test_stub_router(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr nbr = nbr_of(BED_HIGH);

	(void)state;
	bed->conf.stub_router_start_s = 20;
	ospf_bed_start(bed);
	ospf_bed_to_full(bed, &nbr);
	ospf_bed_wait(bed, 10 * NS_PER_SEC);
	assert_int_equal(link_metric(bed, OSPF_LINK_PTP, 0x09090909), OSPF_MAX_LINK_METRIC);
	assert_int_equal(link_metric(bed, OSPF_LINK_STUB, 0x0a000000), 10);
	ospf_bed_wait(bed, 12 * NS_PER_SEC);
	assert_int_equal(link_metric(bed, OSPF_LINK_PTP, 0x09090909), 10);
	bed->conf.stub_router = true;
	assert_int_equal(ospf_configure(&bed->ospf, &bed->conf, bed->now), ERR_OK);
	ospf_bed_wait(bed, 6 * NS_PER_SEC);
	assert_int_equal(link_metric(bed, OSPF_LINK_PTP, 0x09090909), OSPF_MAX_LINK_METRIC);
	ospf_bed_free(bed);
}

/* Section 12.4.2: of who leads, with those that are Full. */
static void test_network_lsa(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr nbr = { .iface = BED_LAN,
			       .rid = BED_LOW,
			       .addr = be32_of(0x0a000102),
			       .dr = be32_of(0x0a000101) };
	u32 idx;

	(void)state;
	ospf_bed_start(bed);
	ospf_bed_wait(bed, 41 * NS_PER_SEC);
	assert_int_equal(ospf_lsa_first(&bed->ospf, 0, OSPF_NETWORK_LSA), IDX_NONE);
	ospf_bed_to_full(bed, &nbr);
	idx = ospf_lsa_first(&bed->ospf, 0, OSPF_NETWORK_LSA);
	assert_int_not_equal(idx, IDX_NONE);
	assert_int_equal(ospf_lsa_len(ospf_lsa_bytes(&bed->ospf, ospf_lsa_at(&bed->ospf, idx))),
			 24 + 8);
	ospf_bed_wait(bed, 6 * NS_PER_SEC);
	assert_int_equal(link_metric(bed, OSPF_LINK_TRANSIT, 0x0a000101), 10);
	/* He goes: the network is a stub again. */
	ospf_bed_hello(bed, &nbr, false);
	ospf_bed_wait(bed, 6 * NS_PER_SEC);
	assert_int_equal(link_metric(bed, OSPF_LINK_STUB, 0x0a000100), 10);
	assert_int_equal(ospf_lsa_first(&bed->ospf, 0, OSPF_NETWORK_LSA), IDX_NONE);
	ospf_bed_free(bed);
}

static void offer_tagged(struct ospf_bed *bed, u32 addr, u8 len, u32 tag)
{
	struct ip_prefix prefix = ip_prefix4(be32_of(addr), len);
	struct rib_path path = {
		.client = bed->fixed,
		.type = FIB_BLACKHOLE,
		.distance = 1,
		.extra = tag,
		.hops = RIB_NONE,
	};

	assert_int_equal(rib_offer(&bed->rib, &prefix, &path), ERR_OK);
	while (rib_tick(&bed->rib, bed->now))
		;
	/* It is not foreseen by ospf_next(): whoever drives the RIB calls. */
	ospf_bed_wait(bed, 0);
	ospf_bed_wait(bed, NS_PER_SEC);
}

static void offer(struct ospf_bed *bed, u32 addr, u8 len)
{
	offer_tagged(bed, addr, len, 0);
}

/* Routes that have a tag are let out by it, and keep it where the policy gives no other. */
static void test_tags_are_exported(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	const struct ospf_external_lsa *lsa;
	struct ospf_lsa *own;

	(void)state;
	bed->policies.policy_count = 1;
	bed->policies.policy[0].count = bed->policies.rule_count = 1;
	bed->policies.rule[0] =
		(struct policy_rule){ .list = POLICY_NONE, .has_tag = true, .tag = 70000 };
	bed->conf.export_policy = 0;
	ospf_bed_start(bed);
	offer_tagged(bed, 0x14000000, 8, 70000);
	offer_tagged(bed, 0x15000000, 8, 70001);
	offer(bed, 0x16000000, 8);
	own = ospf_lsa_at(&bed->ospf,
			  ospf_lsa_first(&bed->ospf, OSPF_AREA_AS, OSPF_EXTERNAL_LSA));
	lsa = (const void *)ospf_lsa_bytes(&bed->ospf, own);
	assert_int_equal(be32_host(own->id), 0x14000000);
	assert_int_equal(be32_host(lsa->tag), 70000);
	assert_int_equal(own->next, IDX_NONE);
	ospf_bed_free(bed);
}

/* A policy with a metric and a tag, as type 1; another one that lets nothing out. */
static void test_export_policy(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	const struct ospf_external_lsa *lsa;
	u32 idx;

	(void)state;
	bed->policies.policy_count = 1;
	bed->policies.policy[0].count = bed->policies.rule_count = 1;
	bed->policies.rule[0] = (struct policy_rule){ .list = POLICY_NONE,
						      .set = POLICY_SET_METRIC | POLICY_SET_TAG,
						      .metric = 42,
						      .new_tag = 4711 };
	bed->conf.export_policy = 0;
	ospf_bed_start(bed);
	offer(bed, 0x14000000, 8);
	idx = ospf_lsa_first(&bed->ospf, OSPF_AREA_AS, OSPF_EXTERNAL_LSA);
	assert_int_not_equal(idx, IDX_NONE);
	lsa = (const void *)ospf_lsa_bytes(&bed->ospf, ospf_lsa_at(&bed->ospf, idx));
	assert_int_equal(be32_host(lsa->metric), 42);
	assert_int_equal(be32_host(lsa->tag), 4711);
	assert_int_equal(be32_host(lsa->mask), 0xff000000);
	ospf_bed_wait(bed, 6 * NS_PER_SEC);
	assert_int_equal(router_lsa(bed)[20] & OSPF_RTR_E, OSPF_RTR_E);
	bed->policies.rule[0].action = POLICY_REJECT;
	memcpy(bed->policies.policy[0].name, "inside", 7);
	ospf_policies(&bed->ospf, bed->now);
	ospf_bed_wait(bed, 6 * NS_PER_SEC);
	assert_int_equal(ospf_lsa_first(&bed->ospf, OSPF_AREA_AS, OSPF_EXTERNAL_LSA), IDX_NONE);
	assert_int_equal(router_lsa(bed)[20] & OSPF_RTR_E, 0);
	ospf_bed_free(bed);
}

/* ---- what the RIB is told -------------------------------------------------------------------- */

/* The neighbour's router-LSA: the link to us, and a network. */
static void say_router(struct ospf_bed *bed, const struct bed_nbr *nbr)
{
	struct {
		struct ospf_router_lsa head;
		struct ospf_link link[2];
	} lsa = { .head.hdr = { .options = OSPF_OPT_E,
				.type = OSPF_ROUTER_LSA,
				.id = nbr->rid,
				.adv = nbr->rid,
				.seq = be32_of(OSPF_SEQ_INITIAL),
				.len = be16_of(sizeof lsa) },
		  .head.link_count = be16_of(2),
		  .link = { { BED_RID, nbr->addr, OSPF_LINK_PTP, 0, be16_of(10) },
			    { be32_of(0x0a630000), be32_of(0xffffff00), OSPF_LINK_STUB, 0,
			      be16_of(4) } } };

	ospf_lsa_sign((u8 *)&lsa, sizeof lsa);
	ospf_bed_lsupd(bed, nbr, &lsa);
	ospf_bed_wait(bed, 8 * NS_PER_SEC);
}

static void test_import_policy(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr nbr = nbr_of(BED_HIGH);
	struct ip_addr addr = ip_addr4(be32_of(0x0a630001));
	struct ip_prefix prefix = ip_prefix4(be32_of(0x0a630000), 24);
	struct rib_shown shown;
	struct rib_path path;

	(void)state;
	bed->policies.policy_count = 1;
	bed->policies.policy[0].count = bed->policies.rule_count = 1;
	bed->policies.rule[0] = (struct policy_rule){ .list = POLICY_NONE };
	bed->conf.import_policy = 0;
	ospf_bed_start(bed);
	ospf_bed_to_full(bed, &nbr);
	say_router(bed, &nbr);
	assert_true(rib_explain(&bed->rib, &addr, &shown, 1) == 1);
	assert_int_equal(shown.source, ROUTE_OSPF);
	assert_int_equal(shown.path.distance, RIB_DISTANCE_OSPF);
	assert_int_equal(shown.path.metric, 14);
	bed->policies.rule[0].action = POLICY_REJECT;
	memcpy(bed->policies.policy[0].name, "inside", 7);
	ospf_policies(&bed->ospf, bed->now);
	ospf_bed_wait(bed, NS_PER_SEC);
	assert_true(rib_find(&bed->rib, &prefix, bed->ospf.client, 0, &path));
	assert_true(path.hidden);
	assert_int_equal(rib_explain(&bed->rib, &addr, &shown, 1), 1);
	assert_false(shown.best);
	assert_string_equal(shown.why, "policy inside refused it: rule 0");
	ospf_bed_free(bed);
}

static void test_show(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr nbr = nbr_of(BED_HIGH);
	struct ospf_iface_shown iface[4];
	struct ospf_nbr_shown shown;
	struct ospf_lsa_shown lsa;
	struct ospf_route_shown route[4];
	u32 cursor = 0;

	(void)state;
	ospf_bed_start(bed);
	ospf_bed_to_full(bed, &nbr);
	say_router(bed, &nbr);
	assert_int_equal(ospf_show_ifaces(&bed->ospf, &cursor, iface, 4, bed->now), 2);
	assert_int_equal(iface[0].full_count, 1);
	assert_int_equal(iface[0].state, OSPF_IFACE_PTP);
	assert_true(iface[0].hello_ns <= 10 * NS_PER_SEC);
	assert_int_equal(ospf_show_ifaces(&bed->ospf, &cursor, iface, 4, bed->now), 0);
	cursor = 0;
	assert_int_equal(ospf_show_nbrs(&bed->ospf, &cursor, &shown, 1, bed->now), 1);
	assert_true(be32_eq(shown.rid, BED_HIGH));
	assert_true(shown.dead_ns == 32 * NS_PER_SEC);
	assert_int_equal(shown.rxmt_waiting, ospf_bed_nbr(bed, &nbr)->rxmts.count);
	cursor = 0;
	assert_int_equal(ospf_show_lsas(&bed->ospf, &cursor, &lsa, 1, bed->now), 1);
	assert_int_equal(ospf_show_lsas(&bed->ospf, &cursor, &lsa, 1, bed->now), 1);
	assert_int_equal(be16_host(lsa.hdr.age), 8);
	assert_false(lsa.own);
	cursor = 0;
	assert_int_equal(ospf_show_routes(&bed->ospf, &cursor, route, 4), 3);
	for (u32 n = 0; n < 3; n++) {
		if (be32_host(route[n].prefix.addr.word[0]) == 0x0a630000)
			assert_string_equal(route[n].why,
					    "intra-area, cost 14: router-LSA of 9.9.9.9");
	}
	ospf_bed_free(bed);
}

/* Own LSAs are flushed, a hello names nobody, the RIB forgets, sockets are closed. */
static void test_stop(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr nbr = nbr_of(BED_HIGH);
	struct ip_addr addr = ip_addr4(be32_of(0x0a630001));
	const struct ospf_lsa_hdr *hdr;
	struct rib_shown shown;

	(void)state;
	ospf_bed_start(bed);
	ospf_bed_to_full(bed, &nbr);
	say_router(bed, &nbr);
	assert_int_equal(rib_explain(&bed->rib, &addr, &shown, 1), 1);
	ospf_bed_forget(bed);
	ospf_stop(&bed->ospf, bed->now);
	hdr = ospf_bed_find_lsa(ospf_bed_take(bed, BED_PTP, OSPF_LSUPD), OSPF_ROUTER_LSA, BED_RID);
	assert_int_equal(be16_host(hdr->age), OSPF_MAX_AGE);
	assert_int_equal(ospf_bed_take(bed, BED_PTP, OSPF_HELLO)->len, 24 + 20);
	assert_false(bed->sock[0].open);
	assert_false(bed->sock[1].open);
	while (rib_tick(&bed->rib, bed->now))
		;
	assert_int_equal(rib_explain(&bed->rib, &addr, &shown, 1), 0);
	assert_true(ospf_next(&bed->ospf) == NS_NEVER);
	ospf_bed_forget(bed);
	ospf_tick(&bed->ospf, bed->now + 100 * NS_PER_SEC);
	ospf_ifaces(&bed->ospf, bed->now);
	assert_int_equal(bed->sent_count, 0);
	ospf_bed_free(bed);
}

/* After an end, a new beginning in the same memory. */
static void test_stop_and_start(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr nbr = nbr_of(BED_HIGH);
	struct ip_addr addr = ip_addr4(be32_of(0x0a630001));
	struct rib_shown shown;
	struct ospf_env env;

	(void)state;
	ospf_bed_start(bed);
	ospf_bed_to_full(bed, &nbr);
	say_router(bed, &nbr);
	env = bed->ospf.env;
	ospf_stop(&bed->ospf, bed->now);
	while (rib_tick(&bed->rib, bed->now))
		;
	ospf_init(&bed->ospf, &env, bed->now);
	ospf_check(&bed->ospf);
	assert_int_equal(bed->ospf.iface[BED_PTP].state, OSPF_IFACE_PTP);
	ospf_bed_to_full(bed, &nbr);
	say_router(bed, &nbr);
	assert_int_equal(rib_explain(&bed->rib, &addr, &shown, 1), 1);
	ospf_bed_free(bed);
}

/* Own addresses and broadcasts are no routes for others, whatever a policy says. */
static void test_own_addresses_stay(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct ip_prefix prefix = ip_prefix4(be32_of(0x14000001), 32);
	struct rib_path path = { .type = FIB_LOCAL, .hops = RIB_NONE };

	(void)state;
	bed->policies.policy_count = 1;
	bed->policies.policy[0].count = bed->policies.rule_count = 1;
	bed->policies.rule[0] = (struct policy_rule){ .list = POLICY_NONE };
	bed->conf.export_policy = 0;
	ospf_bed_start(bed);
	path.client = rib_client_new(&bed->rib, ROUTE_CONNECTED);
	assert_int_equal(rib_offer(&bed->rib, &prefix, &path), ERR_OK);
	while (rib_tick(&bed->rib, bed->now))
		;
	ospf_bed_wait(bed, NS_PER_SEC);
	assert_int_equal(ospf_lsa_first(&bed->ospf, OSPF_AREA_AS, OSPF_EXTERNAL_LSA), IDX_NONE);
	offer(bed, 0x15000000, 8);
	assert_int_not_equal(ospf_lsa_first(&bed->ospf, OSPF_AREA_AS, OSPF_EXTERNAL_LSA),
			     IDX_NONE);
	ospf_bed_free(bed);
}

/* RFC 8405: the first calculation comes soon, those of a storm do not. */
static void test_spf_backs_off(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	u64 runs;

	(void)state;
	ospf_bed_start(bed);
	ospf_bed_wait(bed, 60 * NS_PER_SEC);
	runs = bed->ospf.stats.spf_runs;
	ospf_spf_wanted(&bed->ospf, bed->now);
	ospf_bed_wait(bed, 49 * NS_PER_MS);
	assert_true(bed->ospf.stats.spf_runs == runs);
	ospf_bed_wait(bed, 2 * NS_PER_MS);
	assert_true(bed->ospf.stats.spf_runs == runs + 1);
	for (u32 n = 0; n < 1000; n++) {
		ospf_spf_wanted(&bed->ospf, bed->now);
		ospf_bed_wait(bed, 10 * NS_PER_MS);
	}
	/* Ten seconds: three of the short kind, then one a second. */
	assert_in_range(bed->ospf.stats.spf_runs - runs, 9, 16);
	ospf_bed_free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_can_not_be),
		cmocka_unit_test(test_limits_stay),
		cmocka_unit_test(test_live_changes),
		cmocka_unit_test(test_keys_change_live),
		cmocka_unit_test(test_router_id_changes),
		cmocka_unit_test(test_router_id_is_chosen),
		cmocka_unit_test(test_interface_goes_and_comes),
		cmocka_unit_test(test_passive_interface),
		cmocka_unit_test(test_secondary_addresses),
		cmocka_unit_test(test_hellos),
		cmocka_unit_test(test_full_outbox),
		cmocka_unit_test(test_stub_router),
		cmocka_unit_test(test_network_lsa),
		cmocka_unit_test(test_tags_are_exported),
		cmocka_unit_test(test_export_policy),
		cmocka_unit_test(test_import_policy),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_stop_and_start),
		cmocka_unit_test(test_own_addresses_stay),
		cmocka_unit_test(test_spf_backs_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
