/* Sockets in an answer: what is known is there, and nothing else. */
#include "unit/host_ctl/answer_bed.h"

static void sockets(void **state)
{
	struct fake_tables *tables = tables_new();
	struct sluice_sock_info *sock = tables->sock;
	const json_t *record, *tcp;
	json_t *root;

	(void)state;
	tables->ifaces.count = 1;
	memcpy(tables->ifaces.iface[0].conf.name, "gw1", 4);
	tables->sock_count = 2;
	sock[0] = (struct sluice_sock_info){
		.proto = 17,
		.state = "unconnected",
		.local = { { 0 }, be16_of(520) },
		.iface = 0,
		.owned = true,
		.handle = 0x100000002,
		.recv_queue = 52,
		.dropped = 3,
	};
	sock[1] = (struct sluice_sock_info){
		.proto = 6,
		.state = "established",
		.local = { be32_of(0x0a0a0001), be16_of(80) },
		.peer = { be32_of(0x0a0a0005), be16_of(4000) },
		.iface = IFACE_NONE,
		.leg = "outside",
		.timer = "keepalive",
		.timer_ms = 1000,
		.error = "reset",
		.signs = "ao",
		.key_id = 0,
		.rnext_key_id = 7,
		.has_info = true,
		.info = { .cc = "bbr3",
			  .cc_state = "startup",
			  .ca_state = "open",
			  .cwnd_bytes = 14600,
			  .mss = 1460,
			  .srtt_us = 250,
			  .sack = true },
	};
	root = answer(tables, CTL_SHOW_SOCKETS);
	record = json_array_get(list_of(root, "sockets", 2), 0);
	text_is(record, "proto", "udp");
	text_is(record, "interface", "gw1");
	text_is(record, "handle", "0000000100000002");
	count_is(record, "recv_queue", 52);
	count_is(record, "dropped", 3);
	count_is(json_object_get(record, "local"), "port", 520);
	assert_null(json_object_get(record, "peer"));
	assert_null(json_object_get(record, "tcp"));
	assert_null(json_object_get(record, "timer"));
	assert_null(json_object_get(record, "signs"));
	assert_null(json_object_get(record, "leg"));
	assert_null(json_object_get(record, "key_id"));
	record = json_array_get(json_object_get(root, "sockets"), 1);
	text_is(json_object_get(record, "peer"), "addr", "10.10.0.5");
	text_is(record, "timer", "keepalive");
	text_is(record, "error", "reset");
	text_is(record, "leg", "outside");
	text_is(record, "signs", "ao");
	count_is(record, "key_id", 0);
	count_is(record, "rnext_key_id", 7);
	assert_null(json_object_get(record, "interface"));
	tcp = json_object_get(record, "tcp");
	text_is(tcp, "cc_state", "startup");
	count_is(tcp, "cwnd", 14600);
	count_is(tcp, "srtt_us", 250);
	assert_true(json_is_true(json_object_get(tcp, "sack")));
	assert_null(json_object_get(tcp, "ecn"));
	json_decref(root);
	free(tables);
}

static void the_filter_reaches_the_engine(void **state)
{
	struct fake_tables *tables = tables_new();
	struct ctl_request request = { .show = CTL_SHOW_SOCKETS,
				       .flow = { .port = 80, .proto = 6 },
				       .local = { .port_first = 80, .port_last = 88 },
				       .remote = { .addr_len = 24 },
				       .state = "time-wait" };
	json_t *root;
	u32 steps;

	(void)state;
	root = answer_steps(tables, &request, &steps);
	list_of(root, "sockets", 0);
	assert_int_equal(tables->sock_filter.any.port, 80);
	assert_int_equal(tables->sock_filter.any.proto, 6);
	assert_string_equal(tables->sock_state, "time-wait");
	assert_int_equal(tables->sock_filter.local.port_first, 80);
	assert_int_equal(tables->sock_filter.local.port_last, 88);
	assert_int_equal(tables->sock_filter.peer.addr_len, 24);
	json_decref(root);
	free(tables);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets),
		cmocka_unit_test(the_filter_reaches_the_engine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
