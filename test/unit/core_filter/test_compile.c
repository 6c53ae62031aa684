/* What can not be is refused, with the reason; what fits exactly is taken; and what of a chain
 * allows the short cut.                                                                          */
#include "unit/core_filter/filter_bed.h"

#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

enum { RULES_MAX = 8, LIMIT = 4 };

struct trial {
	struct filter_conf *conf;
	struct filter_rule_conf rule[RULES_MAX];
	struct filter_set_conf set[RULES_MAX];
};

struct wrong {
	const char *why; /* some of what is said; NULL: nothing, it is taken */
	void (*make)(struct trial *t);
};

static void make_good(struct trial *t)
{
	t->conf->rule_count = LIMIT;
}

static void make_too_many(struct trial *t)
{
	t->conf->rule_count = LIMIT + 1;
}

static void make_bits_beyond(struct trial *t)
{
	t->rule[0].src.prefix = addr("10.0.0.1");
	t->rule[0].src.len = 24;
}

static void make_long_prefix(struct trial *t)
{
	t->rule[0].dst.len = 33;
}

static void make_not_any(struct trial *t)
{
	t->rule[0].dst.not = true;
}

static void make_not_any_port(struct trial *t)
{
	t->rule[0].sport.not = true;
}

static void make_not_any_proto(struct trial *t)
{
	t->rule[0].proto_not = true;
}

static void make_no_such_set(struct trial *t)
{
	t->rule[0].src.set = 0;
}

static void make_set_of_other_kind(struct trial *t)
{
	t->conf->set_count = 1;
	t->rule[0].dport.set = 0;
}

static void make_pairs_of_other_kind(struct trial *t)
{
	t->conf->set_count = 1;
	t->rule[0].dst_pair = 0;
}

static void make_prefix_and_set(struct trial *t)
{
	t->conf->set_count = 1;
	t->rule[0].src.set = 0;
	t->rule[0].src.len = 8;
}

static void make_range_and_set(struct trial *t)
{
	t->conf->set_count = 1;
	t->set[0].kind = FILTER_SET_PORTS;
	t->rule[0].dport = (struct filter_ports){ 1, 2, false, 0 };
}

static void make_backward_range(struct trial *t)
{
	t->rule[0].dport.first = 2;
	t->rule[0].dport.last = 1;
}

static void make_ports_of_icmp(struct trial *t)
{
	t->rule[0].proto = IP_PROTO_ICMP;
	t->rule[0].dport.first = 2;
}

static void make_ports_of_protocol_0(struct trial *t)
{
	t->rule[0].proto = 0;
	t->rule[0].dport.first = 2;
}

static void make_proto_below(struct trial *t)
{
	t->rule[0].proto = -2;
}

static void make_proto_above(struct trial *t)
{
	t->rule[0].proto = 256;
}

static void make_ports_of_not_tcp(struct trial *t)
{
	t->rule[0].proto = IP_PROTO_TCP;
	t->rule[0].proto_not = true;
	t->rule[0].dport.first = 2;
}

static void make_icmp_of_tcp(struct trial *t)
{
	t->rule[0].proto = IP_PROTO_TCP;
	t->rule[0].icmp = true;
}

static void make_icmp_code(struct trial *t)
{
	t->rule[0].proto = IP_PROTO_ICMP;
	t->rule[0].icmp = true;
	t->rule[0].icmp_code = 256;
}

static void make_flags_of_any(struct trial *t)
{
	t->rule[0].tcp_mask = 2;
}

static void make_flags_unseen(struct trial *t)
{
	t->rule[0].proto = IP_PROTO_TCP;
	t->rule[0].tcp_mask = 2;
	t->rule[0].tcp_flags = 3;
}

static void make_reset_of_udp(struct trial *t)
{
	t->rule[0].proto = IP_PROTO_UDP;
	t->rule[0].fate = (struct filter_fate){ FILTER_REJECT, FILTER_REJECT_RESET };
}

static void make_unknown_action(struct trial *t)
{
	t->rule[0].fate.action = FILTER_REJECT + 1;
}

static void make_unknown_chain(struct trial *t)
{
	t->rule[0].chain = FILTER_CHAINS;
}

static void make_no_state(struct trial *t)
{
	t->rule[0].states = 0;
}

static void make_no_iface(struct trial *t)
{
	t->rule[0].in_ifs = 0;
}

static void make_input_out(struct trial *t)
{
	t->rule[0].chain = FILTER_INPUT;
	t->rule[0].out_ifs = 1;
}

static void make_output_reject(struct trial *t)
{
	t->rule[0].chain = FILTER_OUTPUT;
	t->rule[0].fate.action = FILTER_REJECT;
}

static void make_no_burst(struct trial *t)
{
	t->rule[0].limit = (struct filter_limit){ 1, 1, 0 };
}

static void make_over_nothing(struct trial *t)
{
	t->rule[0].limit_over = true;
}

static void make_endless_name(struct trial *t)
{
	memset(t->rule[0].name, 'a', FILTER_NAME_SIZE);
}

static void make_same_names(struct trial *t)
{
	t->conf->set_count = 2;
	t->set[1].name[0] = 'a';
}

static void make_nameless_set(struct trial *t)
{
	t->conf->set_count = 1;
	t->set[0].name[0] = '\0';
}

static void make_too_many_sets(struct trial *t)
{
	t->conf->set_count = 3;
}

static void make_too_many_port_sets(struct trial *t)
{
	t->conf->set_count = 2;
	t->set[0].kind = t->set[1].kind = FILTER_SET_PORTS;
}

static void make_too_many_elements(struct trial *t)
{
	static const struct filter_elem elem[] = { { { 1 }, 32, 0, 0 },
						   { { 2 }, 32, 0, 0 },
						   { { 3 }, 32, 0, 0 } };

	t->conf->set_count = 1;
	t->set[0].elem = elem;
	t->set[0].elem_count = 3;
}

static void make_odd_element(struct trial *t)
{
	static const struct filter_elem elem = { { 1 }, 40, 0, 0 };

	t->conf->set_count = 1;
	t->set[0].elem = &elem;
	t->set[0].elem_count = 1;
}

static void make_reset_policy(struct trial *t)
{
	t->conf->policy[FILTER_FORWARD] = (struct filter_fate){ FILTER_REJECT,
								FILTER_REJECT_RESET };
}

static void make_log_without_burst(struct trial *t)
{
	t->conf->log_burst = 0;
}

static const struct wrong wrongs[] = {
	{ NULL, make_good },
	{ "limit rule_limit", make_too_many },
	{ "bits beyond", make_bits_beyond },
	{ "longer than 32", make_long_prefix },
	{ "excludes every address", make_not_any },
	{ "excludes every port", make_not_any_port },
	{ "excludes every protocol", make_not_any_proto },
	{ "not one of addresses", make_no_such_set },
	{ "not one of ports", make_set_of_other_kind },
	{ "not one of pairs", make_pairs_of_other_kind },
	{ "more than one of prefix", make_prefix_and_set },
	{ "both a port range", make_range_and_set },
	{ "ends before it begins", make_backward_range },
	{ "ports of a protocol", make_ports_of_icmp },
	{ "ports of a protocol", make_ports_of_not_tcp },
	{ "ports of a protocol", make_ports_of_protocol_0 },
	{ "protocol outside of 0 to 255", make_proto_below },
	{ "protocol outside of 0 to 255", make_proto_above },
	{ "without the protocol ICMP", make_icmp_of_tcp },
	{ "ICMP code", make_icmp_code },
	{ "without the protocol TCP", make_flags_of_any },
	{ "does not look at", make_flags_unseen },
	{ "not for TCP alone", make_reset_of_udp },
	{ "unknown chain or action", make_unknown_action },
	{ "unknown chain or action", make_unknown_chain },
	{ "no state", make_no_state },
	{ "no interface", make_no_iface },
	{ "names a way out", make_input_out },
	{ "OUTPUT rejects", make_output_reject },
	{ "limit without time or burst", make_no_burst },
	{ "beyond a limit, and has none", make_over_nothing },
	{ "name of a filter rule", make_endless_name },
	{ "one name", make_same_names },
	{ "no name", make_nameless_set },
	{ "limit set_limit", make_too_many_sets },
	{ "limit port_set_limit", make_too_many_port_sets },
	{ "limit elem_limit", make_too_many_elements },
	{ "not of its kind", make_odd_element },
	{ "policy", make_reset_policy },
	{ "without burst", make_log_without_burst },
};

static void test_what_is_refused(void **state)
{
	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(wrongs); n++) {
		struct filter_conf conf;
		struct filter_bed bed;
		struct trial trial;
		u64 digest;

		filter_conf_defaults(&conf);
		conf.rule_limit = LIMIT;
		conf.set_limit = 2;
		conf.port_set_limit = 1;
		conf.elem_limit = 2;
		bed_open_with(&bed, &conf);
		memset(&trial, 0, sizeof trial);
		trial.conf = &bed.conf;
		for (u32 at = 0; at < RULES_MAX; at++) {
			filter_rule_defaults(&trial.rule[at]);
			trial.set[at].name[0] = (char)('a' + at);
		}
		bed.conf.rule = trial.rule;
		bed.conf.rule_count = 1;
		bed.conf.set = trial.set;
		wrongs[n].make(&trial);
		digest = bed.filter.live->digest;
		if (wrongs[n].why == NULL) {
			bed_use(&bed);
		} else {
			if (bed_try(&bed) == ERR_OK)
				fail_msg("taken, not refused: '%s'", wrongs[n].why);
			if (strstr(bed.why, wrongs[n].why) == NULL)
				fail_msg("'%s' instead of '%s'", bed.why, wrongs[n].why);
			assert_true(bed.filter.live->digest == digest);
			assert_int_equal(bed.filter.live->rule_count, 0);
		}
		bed_close(&bed);
	}
}

/* Where nothing was planned, nothing can be had, and asking costs nothing. */
static void test_no_filter_was_planned(void **state)
{
	struct filter_conf conf;
	struct filter_rule_conf rule;
	struct filter planned;
	const char *why;
	struct mem mem;

	(void)state;
	filter_conf_defaults(&conf);
	conf.rule_limit = 0;
	mem_init_plan(&mem);
	filter_layout(&planned, &conf, BED_FLOWS, &mem);
	assert_int_equal(mem.used, 0);
	filter_init(&planned, &(struct hash_key){ { 1 } });
	assert_int_equal(filter_prepare(&planned, &conf, 2, &why), ERR_OK);
	filter_commit(&planned);
	assert_true(filter_is_idle(&planned, FILTER_FORWARD));
	filter_check(&planned);
	conf.policy[FILTER_INPUT].action = FILTER_DROP;
	assert_int_equal(filter_prepare(&planned, &conf, 2, &why), ERR_RANGE);
	conf.policy[FILTER_INPUT].action = FILTER_ACCEPT;
	filter_rule_defaults(&rule);
	conf.rule = &rule;
	conf.rule_count = 1;
	assert_int_equal(filter_prepare(&planned, &conf, 2, &why), ERR_RANGE);
	assert_non_null(strstr(why, "rule_limit"));
}

/* ---- the short cut --------------------------------------------------------------------------- */

static struct filter_chain_rules chain_of(const struct filter_rule_conf *rule, u32 count)
{
	struct filter_chain_rules chain;
	struct filter_bed bed;

	bed_open(&bed);
	bed.conf.rule = rule;
	bed.conf.rule_count = count;
	bed_use(&bed);
	chain = bed.filter.live->chain[FILTER_FORWARD];
	bed_close(&bed);
	return chain;
}

static void test_what_allows_the_short_cut(void **state)
{
	struct filter_rule_conf rule[3];

	(void)state;
	for (u32 n = 0; n < 3; n++)
		filter_rule_defaults(&rule[n]);
	assert_true(chain_of(rule, 0).idle);
	/* Established first, whatever is behind it and whatever new ones meet before it. */
	rule[0].states = FILTER_NEW;
	rule[0].in_ifs = 1;
	rule[1].states = FILTER_ESTABLISHED;
	rule[2].in_ifs = 6;
	rule[2].proto = IP_PROTO_TCP;
	rule[2].tcp_mask = 8;
	assert_int_equal(chain_of(rule, 3).fast, FILTER_FAST_ALWAYS);
	assert_false(chain_of(rule, 3).idle);
	/* Not if it is not for all of them, or not without conditions. */
	rule[1].proto = IP_PROTO_TCP;
	assert_int_equal(chain_of(rule, 2).fast, FILTER_FAST_ESTABLISHED);
	assert_false(chain_of(rule, 2).varies);
	rule[1].proto = FILTER_PROTO_ANY;
	rule[1].each = true;
	assert_int_equal(chain_of(rule, 2).fast, FILTER_FAST_ESTABLISHED);
	rule[1].each = false;
	rule[1].limit = (struct filter_limit){ 1, 1, 1 };
	assert_int_equal(chain_of(rule, 2).fast, FILTER_FAST_ESTABLISHED);
	rule[1].limit.rate = 0;
	/* Interfaces 1 and 2 are told apart from the others; packets of the short cut have no SYN,
	 * so a rule about it is the same for all of them.                                        */
	rule[1].states = FILTER_NEW;
	rule[2].tcp_mask = TCP_SYN;
	assert_int_equal(chain_of(rule, 3).fast, FILTER_FAST_ESTABLISHED);
	assert_true(chain_of(rule, 3).varies);
	assert_int_equal(chain_of(rule, 3).ways_in, 1 | 2);
	/* One about flags that come and go is not, unless it also wants a SYN. */
	rule[2].tcp_mask = TCP_PSH;
	assert_int_equal(chain_of(rule, 3).fast, FILTER_FAST_NEVER);
	rule[2].tcp_flags = TCP_PSH;
	assert_int_equal(chain_of(rule, 3).fast, FILTER_FAST_NEVER);
	rule[2].tcp_mask = rule[2].tcp_flags = TCP_PSH | TCP_SYN;
	assert_int_equal(chain_of(rule, 3).fast, FILTER_FAST_ESTABLISHED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_no_filter_was_planned),
		cmocka_unit_test(test_what_allows_the_short_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
