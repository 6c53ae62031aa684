/* Connections of our own on the road: handshakes, data, ends, rules, translation beside them. */
#include "unit/core_path/sock_bed.h"

enum { PEER_ISS = 5000, PEER_PORT = 4000 };

/* The other end of one connection, segment by segment. */
struct far {
	const char *addr;
	u16 in_if;
	struct sock_addr ours;
	u16 port;
	u32 snd_nxt;
	u32 rcv_nxt;
};

static struct path_bed *bed_new(void)
{
	struct path_bed *bed = path_bed_new();
	struct tcp_conf *tcp = &bed->conf.tcp;

	sock_bed_conf(bed);
	tcp->tcb_limit = 16;
	tcp->listener_limit = 4;
	tcp->half_open_limit = 16;
	tcp->time_wait_limit = 16;
	tcp->segment_limit = 256;
	tcp->range_limit = 64;
	tcp->buffer_bytes = 1 << 20;
	tcp->send_buffer_max = tcp->recv_buffer_max = 1 << 16;
	tcp->recv_buffer_start = 1 << 14;
	return bed;
}

static struct path_bed *bed_open(void)
{
	struct path_bed *bed = bed_new();

	path_bed_start(bed);
	return bed;
}

static sock_id listening(struct path_bed *bed, u16 port)
{
	sock_id id = sock_bed_socket(bed, SOCK_STREAM_KIND, 0);
	struct sock_addr own = at_port(NULL, port);

	assert_int_equal(sluice_bind(bed->rig.s, id, &own), SOCK_OK);
	assert_int_equal(sluice_listen(bed->rig.s, id, 4), SOCK_OK);
	return id;
}

static void far_say(struct path_bed *bed, struct far *far, u8 flags, const char *data)
{
	build_start(&bed->b);
	build_ip4(&bed->b, addr(far->addr), far->ours.addr, IP_PROTO_TCP);
	build_tcp(&bed->b, far->port, be16_host(far->ours.port), flags, far->snd_nxt,
		  (flags & TCP_ACK) != 0 ? far->rcv_nxt : 0);
	build_tcp_hdr(&bed->b)->window = be16_of(65535);
	build_bytes(&bed->b, data, (u32)strlen(data));
	build_seal(&bed->b);
	assert_true(rig_send(&bed->rig, far->in_if, &bed->b));
	far->snd_nxt += (u32)strlen(data) + ((flags & TCP_SYN) != 0) + ((flags & TCP_FIN) != 0);
}

/* What comes out next for the far end; time passes if it has to. */
static const struct seen *far_hear(struct path_bed *bed, struct far *far)
{
	const struct seen *seen = &bed->out.seen;

	for (u32 try = 0; !rig_next(&bed->rig, &bed->out); try++) {
		assert_in_range(try, 0, 100);
		rig_advance(&bed->rig, 10 * NS_PER_MS);
	}
	assert_int_equal(seen->wrong, 0);
	assert_int_equal(seen->proto, IP_PROTO_TCP);
	assert_int_equal(bed->out.out_if, far->in_if);
	assert_true(be32_eq(seen->dst, addr(far->addr)));
	far->rcv_nxt = seen->seq + seen->data_len + ((seen->flags & TCP_SYN) != 0) +
		       ((seen->flags & TCP_FIN) != 0);
	return seen;
}

/* The same for data, whatever ACKs go before them. */
static const struct seen *far_read(struct path_bed *bed, struct far *far)
{
	const struct seen *seen = far_hear(bed, far);

	while (seen->data_len == 0 && (seen->flags & (TCP_FIN | TCP_RST)) == 0)
		seen = far_hear(bed, far);
	return seen;
}

static enum sock_error text_in(struct path_bed *bed, sock_id id, const char *text)
{
	struct sock_heard heard = sock_bed_recv(bed, id);

	assert_int_equal(heard.bytes, strlen(text));
	assert_memory_equal(heard.data, text, heard.bytes);
	return heard.error;
}

/* A handshake that the far end begins. */
static sock_id far_connects(struct path_bed *bed, struct far *far, sock_id listener)
{
	struct sock_addr peer;
	sock_id id;

	far_say(bed, far, TCP_SYN, "");
	assert_int_equal(far_hear(bed, far)->flags, TCP_SYN | TCP_ACK);
	assert_int_equal(sluice_accept(bed->rig.s, listener, &id, &peer), SOCK_AGAIN);
	far_say(bed, far, TCP_ACK, "");
	assert_int_equal(sluice_sock_ready(bed->rig.s, listener), SOCK_READABLE);
	assert_int_equal(sluice_accept(bed->rig.s, listener, &id, &peer), SOCK_OK);
	assert_true(be32_eq(peer.addr, addr(far->addr)));
	return id;
}

static struct far far_inside(u16 port)
{
	return (struct far){ .addr = HOST,
			     .in_if = RIG_IN,
			     .ours = at_port(GATEWAY_IN, port),
			     .port = PEER_PORT,
			     .snd_nxt = PEER_ISS };
}

static void test_a_host_connects_to_us(void **state)
{
	struct path_bed *bed = bed_open();
	sock_id listener = listening(bed, 80), id;
	struct far far = far_inside(80);
	struct sluice_flow_filter filter = { .proto = IP_PROTO_TCP };
	struct sluice_flow flow;

	(void)state;
	id = far_connects(bed, &far, listener);
	assert_true(rig_find_flow(&bed->rig, &filter, &flow));
	assert_string_equal(flow.state, "established");
	assert_false(flow.translated);
	far_say(bed, &far, TCP_ACK | TCP_PSH, "GET");
	assert_int_equal(text_in(bed, id, "GET"), SOCK_OK);
	assert_int_equal(sock_bed_say(bed, id, "200 OK"), SOCK_OK);
	assert_int_equal(far_read(bed, &far)->data_len, 6);
	assert_memory_equal(bed->out.seen.data, "200 OK", 6);
	far_say(bed, &far, TCP_ACK | TCP_FIN, "");
	assert_int_equal(far_hear(bed, &far)->flags, TCP_ACK);
	assert_int_equal(text_in(bed, id, ""), SOCK_OK);
	sluice_close(bed->rig.s, id, bed->rig.now);
	assert_int_equal(far_read(bed, &far)->flags & TCP_FIN, TCP_FIN);
	far_say(bed, &far, TCP_ACK, "");
	assert_true(rig_find_flow(&bed->rig, &filter, &flow));
	assert_int_equal(rig_drop_sum(&bed->rig), 0);
	path_bed_close(bed);
}

static void test_we_connect_to_a_server(void **state)
{
	struct path_bed *bed = bed_open();
	sock_id id = sock_bed_socket(bed, SOCK_STREAM_KIND, 0);
	struct sock_addr to = at_port(SERVER, 80), peer;
	struct far far = { .addr = SERVER, .in_if = RIG_OUT, .port = 80, .snd_nxt = PEER_ISS };

	(void)state;
	assert_int_equal(sluice_connect(bed->rig.s, id, &to, bed->rig.now), SOCK_IN_PROGRESS);
	assert_int_equal(sluice_names(bed->rig.s, id, &far.ours, &peer), SOCK_OK);
	assert_true(be32_eq(far.ours.addr, addr(GATEWAY_OUT)));
	assert_int_equal(far_hear(bed, &far)->flags & ~(TCP_ECE | TCP_CWR), TCP_SYN);
	assert_int_equal(bed->out.seen.sport, be16_host(far.ours.port));
	far_say(bed, &far, TCP_SYN | TCP_ACK, "");
	assert_int_equal(far_hear(bed, &far)->flags, TCP_ACK);
	assert_int_equal(sluice_sock_ready(bed->rig.s, id), SOCK_CONNECTED | SOCK_WRITABLE);
	assert_int_equal(sock_bed_say(bed, id, "hello"), SOCK_OK);
	assert_int_equal(far_hear(bed, &far)->data_len, 5);
	far_say(bed, &far, TCP_ACK, "world");
	assert_int_equal(text_in(bed, id, "world"), SOCK_OK);
	far_say(bed, &far, TCP_RST | TCP_ACK, "");
	assert_int_equal(sock_bed_recv(bed, id).error, SOCK_RESET);
	path_bed_close(bed);
}

static void test_a_refusal_is_heard_of(void **state)
{
	struct path_bed *bed = bed_open();
	sock_id id = sock_bed_socket(bed, SOCK_STREAM_KIND, 0);
	struct sock_op op = { .kind = SOCK_OP_CONNECT, .token = 77, .to = at_port(SERVER, 80) };
	struct far far = { .addr = SERVER, .in_if = RIG_OUT, .port = 80 };
	struct sock_done done;
	struct sock_addr peer;

	(void)state;
	assert_int_equal(sluice_submit(bed->rig.s, id, &op, bed->rig.now), SOCK_OK);
	assert_int_equal(sluice_names(bed->rig.s, id, &far.ours, &peer), SOCK_OK);
	(void)far_hear(bed, &far);
	assert_int_equal(sluice_take_done(bed->rig.s, &done, 1), 0);
	far_say(bed, &far, TCP_RST | TCP_ACK, "");
	assert_int_equal(sluice_take_done(bed->rig.s, &done, 1), 1);
	assert_int_equal(done.token, 77);
	assert_int_equal(done.error, SOCK_REFUSED);
	path_bed_close(bed);
}

/* Nothing is left of it: a reset for the peer, and the place of its flow is free. A listener's
 * flows are of others.                                                                           */
static void test_an_abort_ends_the_flow(void **state)
{
	struct path_bed *bed = bed_open();
	sock_id id = sock_bed_socket(bed, SOCK_STREAM_KIND, 0);
	sock_id listener = listening(bed, 80), child;
	struct far far = { .addr = SERVER, .in_if = RIG_OUT, .port = 80, .snd_nxt = PEER_ISS };
	struct far inside = far_inside(80);
	struct sock_addr to = at_port(SERVER, 80), peer;

	(void)state;
	child = far_connects(bed, &inside, listener);
	assert_int_equal(sluice_connect(bed->rig.s, id, &to, bed->rig.now), SOCK_IN_PROGRESS);
	assert_int_equal(sluice_names(bed->rig.s, id, &far.ours, &peer), SOCK_OK);
	assert_int_equal(far_hear(bed, &far)->flags, TCP_SYN);
	far_say(bed, &far, TCP_SYN | TCP_ACK, "");
	assert_int_equal(far_hear(bed, &far)->flags, TCP_ACK);
	far_say(bed, &far, TCP_ACK, "not read");
	assert_int_equal(sluice_flow_count(bed->rig.s), 2);
	sluice_abort(bed->rig.s, id, bed->rig.now);
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	assert_int_equal(far_read(bed, &far)->flags & TCP_RST, TCP_RST);
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	sluice_abort(bed->rig.s, id, bed->rig.now);
	sluice_abort(bed->rig.s, listener, bed->rig.now);
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	sluice_abort(bed->rig.s, child, bed->rig.now);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	path_bed_close(bed);
}

/* Rules by connection state know it, as all that came before. */
static void test_the_reset_of_an_abort_is_of_its_flow(void **state)
{
	struct path_bed *bed = bed_new();
	static struct rules rules;
	struct far far = far_inside(80);
	sock_id child;

	(void)state;
	add(&rules, FILTER_OUTPUT, FILTER_ACCEPT)->states = FILTER_ESTABLISHED;
	put(bed, &rules);
	policy(bed, FILTER_OUTPUT, FILTER_DROP);
	path_bed_start(bed);
	child = far_connects(bed, &far, listening(bed, 80));
	sluice_abort(bed->rig.s, child, bed->rig.now);
	assert_int_equal(far_read(bed, &far)->flags & TCP_RST, TCP_RST);
	assert_int_equal(rig_drop_count(&bed->rig, DROP_FILTER_OUTPUT), 0);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	path_bed_close(bed);
}

static void test_nobody_listens(void **state)
{
	struct path_bed *bed = bed_open();
	struct far far = far_inside(81);

	(void)state;
	(void)listening(bed, 80);
	far_say(bed, &far, TCP_SYN, "");
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NO_SOCKET), 1);
	assert_int_equal(far_hear(bed, &far)->flags, TCP_RST | TCP_ACK);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	path_bed_close(bed);
}

static void test_rules_of_input_hold_for_listeners(void **state)
{
	struct path_bed *bed = bed_new();
	static struct rules rules;
	struct far far = far_inside(80);
	struct filter_rule_conf *rule;

	(void)state;
	rule = add(&rules, FILTER_INPUT, FILTER_REJECT);
	rule->proto = IP_PROTO_TCP;
	rule->dport.first = rule->dport.last = 80;
	rule->fate.reject = FILTER_REJECT_RESET;
	put(bed, &rules);
	path_bed_start(bed);
	(void)listening(bed, 80);
	far_say(bed, &far, TCP_SYN, "");
	assert_int_equal(far_hear(bed, &far)->flags, TCP_RST | TCP_ACK);
	assert_int_equal(rig_drop_count(&bed->rig, DROP_FILTER_REJECTED), 1);
	path_bed_close(bed);
}

static void test_we_connect_to_ourselves(void **state)
{
	struct path_bed *bed = bed_open();
	sock_id listener = listening(bed, 80), id, child;
	struct sock_addr to = at_port(GATEWAY_OUT, 80), peer;

	(void)state;
	id = sock_bed_socket(bed, SOCK_STREAM_KIND, 0);
	assert_int_equal(sluice_connect(bed->rig.s, id, &to, bed->rig.now), SOCK_IN_PROGRESS);
	rig_advance(&bed->rig, 10 * NS_PER_MS);
	assert_int_equal(sluice_accept(bed->rig.s, listener, &child, &peer), SOCK_OK);
	assert_int_equal(sock_bed_say(bed, id, "ping"), SOCK_OK);
	rig_advance(&bed->rig, 10 * NS_PER_MS);
	assert_int_equal(text_in(bed, child, "ping"), SOCK_OK);
	assert_int_equal(sock_bed_say(bed, child, "pong"), SOCK_OK);
	rig_advance(&bed->rig, 10 * NS_PER_MS);
	assert_int_equal(text_in(bed, id, "pong"), SOCK_OK);
	assert_int_equal(rig_drain(&bed->rig), 0);
	path_bed_close(bed);
}

/* A listener on the address that all inside hosts are masqueraded as. */
static void test_a_listener_beside_translation(void **state)
{
	struct path_bed *bed = bed_new();
	struct far far = { .addr = SERVER,
			   .in_if = RIG_OUT,
			   .ours = at_port(GATEWAY_OUT, 2001),
			   .port = PEER_PORT,
			   .snd_nxt = PEER_ISS };
	sock_id id;

	(void)state;
	bed->conf.nat.masquerade_port_first = 2000;
	bed->conf.nat.masquerade_port_last = 2001;
	path_bed_start(bed);
	id = far_connects(bed, &far, listening(bed, 2001));
	for (u16 n = 0; n < 4; n++) {
		build_tcp4(&bed->b, addr(HOST), (u16)(5000 + n), addr(SERVER), (u16)(80 + n),
			   TCP_SYN);
		assert_int_equal(path_pass(bed, RIG_IN)->sport, 2000);
	}
	far_say(bed, &far, TCP_ACK, "still here");
	assert_int_equal(text_in(bed, id, "still here"), SOCK_OK);
	path_bed_close(bed);
}

static void test_a_connection_outlives_its_flow(void **state)
{
	struct path_bed *bed = bed_new();
	struct far far = far_inside(80);
	sock_id id;

	(void)state;
	bed->conf.ct.timeout_s[CT_TIMEOUT_TCP_ESTABLISHED] = 60;
	path_bed_start(bed);
	id = far_connects(bed, &far, listening(bed, 80));
	rig_advance(&bed->rig, 120 * NS_PER_SEC);
	rig_drain(&bed->rig);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	far_say(bed, &far, TCP_ACK, "late");
	assert_int_equal(text_in(bed, id, "late"), SOCK_OK);
	assert_int_equal(far_hear(bed, &far)->flags, TCP_ACK);
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	path_bed_close(bed);
}

/* ---- what is told of them -------------------------------------------------------------------- */

static u32 shown(const struct path_bed *bed, const struct sluice_sock_filter *filter,
		 struct sluice_sock_info *out, u32 max)
{
	u32 cursor = 0, count = 0;

	while (cursor != SLUICE_CURSOR_END)
		count += sluice_show_sockets(bed->rig.s, filter, bed->rig.now, &cursor, out + count,
					     max - count);
	return count;
}

static void state_is(const struct path_bed *bed, const char *state, u32 count)
{
	struct sluice_sock_filter filter = { .any.state = state };
	struct sluice_sock_info info[16];

	assert_int_equal(shown(bed, &filter, info, 16), count);
	for (u32 at = 0; at < count; at++)
		assert_string_equal(info[at].state, state);
}

static void test_every_socket_is_shown(void **state)
{
	struct path_bed *bed = bed_open();
	sock_id listener = listening(bed, 80), id, udp = sock_bed_udp(bed, GATEWAY_IN, 53);
	struct sluice_sock_filter filter = { .any.proto = IP_PROTO_UDP };
	struct far far = far_inside(80), half = far_inside(80);
	struct sluice_sock_info info[16];

	(void)state;
	assert_int_equal(shown(bed, &filter, info, 16), 1);
	assert_string_equal(info[0].state, "unconnected");
	assert_true(info[0].owned && info[0].handle == udp);
	state_is(bed, "listen", 1);
	id = far_connects(bed, &far, listener);
	half.port = PEER_PORT + 1;
	far_say(bed, &half, TCP_SYN, "");
	state_is(bed, "syn-received", 1);
	far_say(bed, &far, TCP_ACK, "unread");
	assert_int_equal(sock_bed_say(bed, id, "unacknowledged"), SOCK_OK);
	(void)far_read(bed, &far);
	filter = (struct sluice_sock_filter){ .any = { .state = "established",
						       .port = PEER_PORT,
						       .addr = addr(HOST),
						       .addr_len = 32 } };
	assert_int_equal(shown(bed, &filter, info, 16), 1);
	assert_true(info[0].owned && info[0].handle == id);
	assert_int_equal(info[0].recv_queue, 6);
	assert_int_equal(info[0].send_queue, 14);
	assert_non_null(info[0].timer);
	assert_true(info[0].has_info);
	assert_true(info[0].info.cwnd_bytes >= info[0].info.mss);
	assert_int_equal(info[0].info.pmtu, 1500);
	assert_int_equal(info[0].info.in_flight_bytes, 14);
	assert_string_not_equal(info[0].info.cc, "");
	filter.any.port = 1;
	assert_int_equal(shown(bed, &filter, info, 16), 0);
	/* We end it: TIME-WAIT is ours. */
	assert_int_equal(text_in(bed, id, "unread"), SOCK_OK);
	far_say(bed, &far, TCP_ACK, "");
	sluice_close(bed->rig.s, id, bed->rig.now);
	(void)far_read(bed, &far);
	state_is(bed, "fin-wait-1", 1);
	far_say(bed, &far, TCP_ACK, "");
	state_is(bed, "fin-wait-2", 1);
	far_say(bed, &far, TCP_ACK | TCP_FIN, "");
	rig_drain(&bed->rig);
	rig_advance(&bed->rig, 10 * NS_PER_MS);
	state_is(bed, "time-wait", 1);
	assert_int_equal(rig_counter(&bed->rig, "tcp_opened_passive"), 1);
	assert_true(rig_counter(&bed->rig, "sock_packets_in") > 3);
	path_bed_close(bed);
}

static void finds(const struct path_bed *bed, struct sluice_sock_filter filter, u32 count)
{
	struct sluice_sock_info info[16];

	assert_int_equal(shown(bed, &filter, info, 16), count);
}

/* Each end by itself, and states under the names that ss has for several. */
static void test_sockets_by_one_end(void **state)
{
	struct path_bed *bed = bed_open();
	sock_id listener = listening(bed, 80);
	struct far far = far_inside(80), half = far_inside(80);
	const struct sluice_sock_end ours = { .port_first = 80, .port_last = 80 };
	const struct sluice_sock_end theirs = { addr(HOST), 32, PEER_PORT, PEER_PORT };

	(void)state;
	(void)sock_bed_udp(bed, GATEWAY_IN, 53);
	(void)far_connects(bed, &far, listener);
	half.port = PEER_PORT + 1;
	far_say(bed, &half, TCP_SYN, "");
	/* A listener, a connection, and half of another one; and the datagrams. */
	finds(bed, (struct sluice_sock_filter){ .any.state = NULL }, 4);
	finds(bed, (struct sluice_sock_filter){ .local = ours }, 3);
	finds(bed, (struct sluice_sock_filter){ .peer = ours }, 0);
	finds(bed, (struct sluice_sock_filter){ .peer = theirs }, 1);
	finds(bed, (struct sluice_sock_filter){ .local = theirs }, 0);
	finds(bed, (struct sluice_sock_filter){ .local = ours, .peer = theirs }, 1);
	finds(bed, (struct sluice_sock_filter){ .local = { .port_first = 53, .port_last = 80 } },
	      4);
	finds(bed, (struct sluice_sock_filter){ .local = { .port_first = 54, .port_last = 79 } },
	      0);
	finds(bed,
	      (struct sluice_sock_filter){
		      .peer = { .port_first = PEER_PORT, .port_last = PEER_PORT + 1 } },
	      2);
	finds(bed,
	      (struct sluice_sock_filter){ .local = { .addr = addr(GATEWAY_IN), .addr_len = 32 } },
	      3);
	finds(bed, (struct sluice_sock_filter){ .any.state = "connected" }, 2);
	finds(bed, (struct sluice_sock_filter){ .any.state = "synchronized" }, 2);
	finds(bed, (struct sluice_sock_filter){ .any.state = "bucket" }, 1);
	finds(bed, (struct sluice_sock_filter){ .any.state = "big" }, 3);
	finds(bed, (struct sluice_sock_filter){ .any.state = "small" }, 0);
	path_bed_close(bed);
}

static void has_key(struct path_bed *bed, sock_id id, enum sock_option option, u8 send_id,
		    u8 recv_id)
{
	const struct tcp_auth_secret secret = { .byte = "secret", .len_bytes = 6 };
	const struct tcp_ao_key ao = { .send_id = send_id, .recv_id = recv_id, .master = secret };
	const struct sock_value value = { .secret = &secret, .ao = &ao };

	assert_int_equal(sluice_sock_set(bed->rig.s, id, option, &value, bed->rig.now), SOCK_OK);
}

/* Of both ends of a connection to ourselves; the client is the one whose peer has the port. */
static void both_sign(const struct path_bed *bed, const char *state, u32 count, const char *with,
		      u8 client_id, u8 server_id)
{
	struct sluice_sock_filter filter = { .any.state = state };
	struct sluice_sock_info info[16];

	assert_int_equal(shown(bed, &filter, info, 16), count);
	for (u32 at = 0; at < count; at++) {
		bool is_client = be16_host(info[at].peer.port) == 80;

		if (with == NULL) {
			assert_null(info[at].signs);
			continue;
		}
		assert_string_equal(info[at].signs, with);
		assert_int_equal(info[at].key_id, is_client ? client_id : server_id);
		assert_int_equal(info[at].rnext_key_id, is_client ? server_id : client_id);
	}
}

static void signed_by(enum sock_option option, const char *with, u8 client_id, u8 server_id)
{
	struct path_bed *bed = bed_new();
	struct sock_addr to = at_port(GATEWAY_OUT, 80), peer;
	sock_id listener, id, child;

	bed->conf.tcp.key_limit = bed->conf.tcp.auth_limit = 4;
	path_bed_start(bed);
	listener = listening(bed, 80);
	id = sock_bed_socket(bed, SOCK_STREAM_KIND, 0);
	if (with != NULL) {
		has_key(bed, listener, option, server_id, client_id);
		has_key(bed, id, option, client_id, server_id);
	}
	assert_int_equal(sluice_connect(bed->rig.s, id, &to, bed->rig.now), SOCK_IN_PROGRESS);
	both_sign(bed, "syn-sent", 1, with, client_id, server_id);
	both_sign(bed, "listen", 1, NULL, 0, 0);
	rig_advance(&bed->rig, 10 * NS_PER_MS);
	assert_int_equal(sluice_accept(bed->rig.s, listener, &child, &peer), SOCK_OK);
	both_sign(bed, "established", 2, with, client_id, server_id);
	sluice_close(bed->rig.s, id, bed->rig.now);
	sluice_close(bed->rig.s, child, bed->rig.now);
	rig_advance(&bed->rig, 10 * NS_PER_MS);
	both_sign(bed, "time-wait", 2, with, client_id, server_id);
	path_bed_close(bed);
}

static void test_what_signs_is_shown(void **state)
{
	(void)state;
	signed_by(SOCK_OPT_MD5SIG, "md5", 0, 0);
	signed_by(SOCK_OPT_AO_ADD, "ao", 3, 0);
	signed_by(SOCK_OPT_MD5SIG, NULL, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_host_connects_to_us),
		cmocka_unit_test(test_we_connect_to_a_server),
		cmocka_unit_test(test_a_refusal_is_heard_of),
		cmocka_unit_test(test_an_abort_ends_the_flow),
		cmocka_unit_test(test_the_reset_of_an_abort_is_of_its_flow),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_rules_of_input_hold_for_listeners),
		cmocka_unit_test(test_we_connect_to_ourselves),
		cmocka_unit_test(test_a_listener_beside_translation),
		cmocka_unit_test(test_a_connection_outlives_its_flow),
		cmocka_unit_test(test_every_socket_is_shown),
		cmocka_unit_test(test_sockets_by_one_end),
		cmocka_unit_test(test_what_signs_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
