/* Sockets by themselves: states, errors, readiness, completion. TCP is a fake, UDP the real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/sock/sock.h"
#include "core/wire/icmp.h"
#include "fake/build.h"
#include "unit/core_sock/fake_tcp.h"

enum { SOCKS = 6, OPS = 4, NOW = 1000 };

#define OWN  "10.10.0.1"
#define PEER "10.10.0.5"

struct bed {
	struct sock_table t;
	struct pkt_pool pool;
	struct mem mem;
	void *memory;
	struct build b;
	u8 data[FAKE_RING];
	u32 got;
};

static void layout(struct bed *bed, struct mem *mem)
{
	struct pkt_pool_conf packets = { .small_count = 32 };
	struct sock_table_conf conf;

	sock_conf_defaults(&conf.sock);
	udp_conf_defaults(&conf.udp);
	tcp_conf_defaults(&conf.tcp);
	conf.sock.sock_limit = SOCKS;
	conf.sock.op_limit = OPS;
	conf.udp.endpoint_limit = 2;
	conf.udp.datagram_limit = 8;
	conf.tcp.tcb_limit = FAKE_TCBS;
	pkt_pool_layout(&bed->pool, &packets, mem);
	sock_layout(&bed->t, &conf, mem);
}

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof *bed);
	struct sock_seeds seeds = { .udp = { { 1, 2, 3, 4 } } };
	struct mem plan;
	u64 size;

	mem_init_plan(&plan);
	layout(bed, &plan);
	size = (plan.used + 63) / 64 * 64;
	bed->memory = aligned_alloc(64, size);
	memset(bed->memory, 0, size);
	mem_init(&bed->mem, bed->memory, size);
	layout(bed, &bed->mem);
	pkt_pool_init(&bed->pool);
	sock_init(&bed->t, &bed->pool, &seeds, 0);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;
	struct sock_done done[OPS];

	sock_check(&bed->t);
	for (u32 idx = 0; idx < SOCKS; idx++) {
		if (slab_is_live(&bed->t.socks, idx))
			sock_close(&bed->t, sock_id_of(&bed->t, sock_at(&bed->t, idx)), NOW);
	}
	(void)sock_take_done(&bed->t, done, OPS);
	sock_check(&bed->t);
	assert_int_equal(bed->t.socks.live, 0);
	assert_int_equal(bed->t.ops.live, 0);
	assert_false(port_use_has(&bed->t.ports, PORT_USE_TCP, 80));
	free(bed->memory);
	free(bed);
	return 0;
}

static const struct sock_way way = { .mtu = 1500 };

static struct sock_addr at_port(const char *text, u16 port)
{
	return (struct sock_addr){ addr(text), be16_of(port) };
}

static sock_id open_stream(struct bed *bed, u16 port)
{
	struct sock_addr own = at_port(OWN, port);
	sock_id id;

	assert_int_equal(sock_open(&bed->t, SOCK_STREAM_KIND, 0, 0, &id), SOCK_OK);
	assert_int_equal(sock_bind(&bed->t, id, &own), SOCK_OK);
	return id;
}

static sock_id open_dgram(struct bed *bed, u16 port)
{
	struct sock_addr own = at_port(OWN, port);
	sock_id id;

	assert_int_equal(sock_open(&bed->t, SOCK_DGRAM_KIND, 0, 0, &id), SOCK_OK);
	assert_int_equal(sock_bind(&bed->t, id, &own), SOCK_OK);
	return id;
}

/* Control blocks are handed out in order, so the first connect has the first. */
static sock_id open_connecting(struct bed *bed, u16 port)
{
	struct sock_addr peer = at_port(PEER, 80);
	sock_id id = open_stream(bed, port);

	assert_int_equal(sock_connect(&bed->t, id, &peer, &way, NOW), SOCK_IN_PROGRESS);
	return id;
}

static void say(struct bed *bed, u32 tcb, u8 ready, u8 error)
{
	fake_say(tcb, ready, error);
	sock_work(&bed->t, NOW);
	sock_check(&bed->t);
}

static sock_id open_connected(struct bed *bed, u16 port)
{
	sock_id id = open_connecting(bed, port);

	say(bed, 0, TCP_CONNECTED | TCP_WRITABLE, 0);
	return id;
}

static void arrives(struct bed *bed, u32 tcb, const char *text)
{
	u32 len = (u32)strlen(text);

	memcpy(fake.tcb[tcb].in + fake.tcb[tcb].in_len, text, len);
	fake.tcb[tcb].in_len += len;
	say(bed, tcb, fake.tcb[tcb].tcb.ready | TCP_READABLE, 0);
}

/* A handshake is complete: it waits, and its readiness is nobody's news. */
static u32 waiting(struct bed *bed, u32 listener, u16 peer_port)
{
	struct tcp_key key = { .local = addr(OWN),
			       .peer = addr(PEER),
			       .local_port = be16_of(80),
			       .peer_port = be16_of(peer_port) };
	u32 idx = fake_new(&key, listener);

	fake.tcb[idx].listener = listener;
	fake.tcb[idx].tcb.ready = TCP_CONNECTED | TCP_WRITABLE;
	fake_listener(&bed->t.tcp, listener)->waiting++;
	sock_work(&bed->t, NOW);
	return idx;
}

static enum sock_error receive(struct bed *bed, sock_id id, u32 flags)
{
	struct sock_buf buf = { .to = bed->data, .bytes = sizeof bed->data };
	enum sock_error error = sock_recv(&bed->t, id, &buf, flags, NULL, NOW);

	bed->got = buf.got;
	return error;
}

static enum sock_error send_text(struct bed *bed, sock_id id, const char *text, u32 *sent)
{
	struct sock_out out = { .data = text, .bytes = (u32)strlen(text) };
	enum sock_error error = sock_send(&bed->t, id, &out, NOW);

	*sent = out.sent;
	return error;
}

/* ---- streams --------------------------------------------------------------------------------- */

static void test_a_connection_comes_to_stand(void **state)
{
	struct bed *bed = *state;
	sock_id id = open_connecting(bed, 1000);
	struct sock_addr peer = at_port(PEER, 80), local, other;
	u32 sent;

	assert_int_equal(sock_ready(&bed->t, id), 0);
	assert_int_equal(sock_connect(&bed->t, id, &peer, &way, NOW), SOCK_IS_CONNECTED);
	assert_int_equal(receive(bed, id, 0), SOCK_AGAIN);
	say(bed, 0, TCP_CONNECTED | TCP_WRITABLE, 0);
	assert_int_equal(sock_ready(&bed->t, id), SOCK_CONNECTED | SOCK_WRITABLE);
	assert_int_equal(sock_names(&bed->t, id, &local, &other), SOCK_OK);
	assert_int_equal(be16_host(local.port), 1000);
	assert_true(be32_eq(other.addr, addr(PEER)));
	assert_int_equal(send_text(bed, id, "hello", &sent), SOCK_OK);
	assert_int_equal(sent, 5);
	assert_memory_equal(fake.tcb[0].out, "hello", 5);
	fake.tcb[0].out_room = 7;
	assert_int_equal(send_text(bed, id, "hello", &sent), SOCK_OK);
	assert_int_equal(sent, 2);
	assert_int_equal(send_text(bed, id, "hello", &sent), SOCK_AGAIN);
	assert_int_equal(sock_ready(&bed->t, id), SOCK_CONNECTED);
}

static void test_data_is_read_to_its_end(void **state)
{
	struct bed *bed = *state;
	sock_id id = open_connected(bed, 1000);

	arrives(bed, 0, "abc");
	assert_int_equal(receive(bed, id, SOCK_PEEK), SOCK_OK);
	assert_int_equal(bed->got, 3);
	assert_int_equal(receive(bed, id, 0), SOCK_OK);
	assert_int_equal(bed->got, 3);
	assert_memory_equal(bed->data, "abc", 3);
	assert_int_equal(receive(bed, id, 0), SOCK_AGAIN);
	say(bed, 0, TCP_CONNECTED | TCP_WRITABLE | TCP_READABLE | TCP_PEER_DONE, 0);
	assert_int_equal(sock_ready(&bed->t, id) & SOCK_READABLE, SOCK_READABLE);
	assert_int_equal(receive(bed, id, 0), SOCK_OK);
	assert_int_equal(bed->got, 0);
	assert_int_equal(receive(bed, id, 0), SOCK_OK);
}

static void test_how_it_failed_is_told_once(void **state)
{
	static const struct {
		u8 tcp;
		enum sock_error error;
		const char *name;
	} ends[] = {
		{ TCP_ERR_REFUSED, SOCK_REFUSED, "ECONNREFUSED" },
		{ TCP_ERR_RESET, SOCK_RESET, "ECONNRESET" },
		{ TCP_ERR_TIMEOUT_CONNECT, SOCK_TIMEOUT_CONNECT, "ETIMEDOUT" },
		{ TCP_ERR_TIMEOUT_RETRANSMIT, SOCK_TIMEOUT_RETRANSMIT, "ETIMEDOUT" },
		{ TCP_ERR_TIMEOUT_KEEPALIVE, SOCK_TIMEOUT_KEEPALIVE, "ETIMEDOUT" },
		{ TCP_ERR_NET_UNREACHABLE, SOCK_NET_UNREACHABLE, "ENETUNREACH" },
		{ TCP_ERR_HOST_UNREACHABLE, SOCK_HOST_UNREACHABLE, "EHOSTUNREACH" },
		{ TCP_ERR_PORT_UNREACHABLE, SOCK_REFUSED, "ECONNREFUSED" },
	};
	struct bed *bed = *state;
	u32 sent;

	for (u32 at = 0; at < ARRAY_COUNT(ends); at++) {
		sock_id id = open_connecting(bed, 1000);

		if (at % 2 == 1)
			say(bed, 0, TCP_CONNECTED | TCP_WRITABLE, 0);
		say(bed, 0, TCP_FAILED, ends[at].tcp);
		assert_int_equal(sock_ready(&bed->t, id) & SOCK_FAILED, SOCK_FAILED);
		assert_int_equal(receive(bed, id, 0), ends[at].error);
		assert_string_equal(sock_error_name(ends[at].error), ends[at].name);
		assert_int_equal(sock_ready(&bed->t, id), SOCK_READABLE | SOCK_WRITABLE);
		assert_int_equal(receive(bed, id, 0), SOCK_OK);
		assert_int_equal(bed->got, 0);
		assert_int_equal(send_text(bed, id, "x", &sent), SOCK_PIPE);
		sock_close(&bed->t, id, NOW);
		assert_int_equal(fake.tcb[0].closed, 1);
		fake.tcb[0].live = false;
	}
	for (enum sock_error error = SOCK_OK; error < SOCK_ERRORS; error++)
		assert_non_null(sock_error_text(error));
}

/* The call comes before the news were read, and the connection goes before the call. */
static void test_an_end_that_nobody_told_yet(void **state)
{
	struct bed *bed = *state;
	sock_id id = open_connected(bed, 1000);
	struct sock_value value;
	u32 sent;

	fake.tcb[0].tcb.ready = TCP_FAILED;
	fake.tcb[0].tcb.error = TCP_ERR_RESET;
	assert_int_equal(send_text(bed, id, "x", &sent), SOCK_RESET);
	say(bed, 0, TCP_FAILED, TCP_ERR_RESET);
	assert_int_equal(sock_get(&bed->t, id, SOCK_OPT_ERROR, &value), SOCK_OK);
	assert_int_equal(value.number, SOCK_OK);
	fake.tcb[0].gone = true;
	assert_int_equal(receive(bed, id, 0), SOCK_OK);
	assert_int_equal(bed->got, 0);
}

static void test_connections_are_accepted(void **state)
{
	struct bed *bed = *state;
	sock_id id = open_stream(bed, 80), child;
	struct sock_addr peer;
	u32 tcb;

	assert_int_equal(sock_accept(&bed->t, id, &child, &peer), SOCK_INVALID);
	assert_int_equal(sock_listen(&bed->t, id, 5), SOCK_OK);
	assert_int_equal(fake.listen[0].backlog, 5);
	assert_int_equal(sock_accept(&bed->t, id, &child, &peer), SOCK_AGAIN);
	tcb = waiting(bed, 0, 4000);
	assert_int_equal(sock_ready(&bed->t, id), SOCK_READABLE);
	assert_int_equal(sock_accept(&bed->t, id, &child, &peer), SOCK_OK);
	assert_int_equal(be16_host(peer.port), 4000);
	assert_int_equal(sock_ready(&bed->t, child), SOCK_CONNECTED | SOCK_WRITABLE);
	assert_int_equal(sock_accept(&bed->t, id, &child, &peer), SOCK_AGAIN);
	assert_int_equal(sock_ready(&bed->t, id), 0);
	/* Its port is held as long as one of them is there. */
	sock_close(&bed->t, id, NOW);
	assert_int_equal(fake.unlistened, 1);
	assert_true(port_use_has(&bed->t.ports, PORT_USE_TCP, 80));
	arrives(bed, tcb, "abc");
}

static void test_shutdown_ends_one_direction(void **state)
{
	struct bed *bed = *state;
	sock_id id = open_connecting(bed, 1000);
	u32 sent;

	assert_int_equal(sock_shutdown(&bed->t, id, SOCK_SHUT_WRITE, NOW), SOCK_NOT_CONNECTED);
	say(bed, 0, TCP_CONNECTED | TCP_WRITABLE, 0);
	assert_int_equal(sock_shutdown(&bed->t, id, SOCK_SHUT_WRITE, NOW), SOCK_OK);
	assert_int_equal(sock_shutdown(&bed->t, id, SOCK_SHUT_WRITE, NOW), SOCK_OK);
	assert_int_equal(fake.tcb[0].shut, 1);
	assert_int_equal(send_text(bed, id, "x", &sent), SOCK_PIPE);
	arrives(bed, 0, "abc");
	assert_int_equal(receive(bed, id, 0), SOCK_OK);
	assert_int_equal(bed->got, 3);
	assert_int_equal(sock_shutdown(&bed->t, id, SOCK_SHUT_READ, NOW), SOCK_OK);
	arrives(bed, 0, "abc");
	assert_int_equal(receive(bed, id, 0), SOCK_OK);
	assert_int_equal(bed->got, 0);
}

static void test_what_tcp_refuses(void **state)
{
	struct bed *bed = *state;
	struct sock_addr peer = at_port(PEER, 80);
	sock_id id = open_stream(bed, 80), other = open_stream(bed, 81);

	fake.connect_err = ERR_EXISTS;
	assert_int_equal(sock_connect(&bed->t, id, &peer, &way, NOW), SOCK_IN_USE);
	fake.connect_err = ERR_FULL;
	assert_int_equal(sock_connect(&bed->t, id, &peer, &way, NOW), SOCK_LIMIT);
	fake.connect_err = ERR_RANGE;
	assert_int_equal(sock_connect(&bed->t, id, &peer, &way, NOW), SOCK_INVALID);
	assert_int_equal(receive(bed, id, 0), SOCK_NOT_CONNECTED);
	assert_int_equal(sock_listen(&bed->t, id, 1), SOCK_OK);
	assert_int_equal(sock_connect(&bed->t, id, &peer, &way, NOW), SOCK_INVALID);
	assert_int_equal(sock_listen(&bed->t, other, 1), SOCK_OK);
	assert_int_equal(sock_listen(&bed->t, open_stream(bed, 82), 1), SOCK_LIMIT);
	assert_int_equal(sock_listen(&bed->t, open_dgram(bed, 82), 1), SOCK_NOT_SUPPORTED);
}

static void test_sockets_have_a_limit(void **state)
{
	struct bed *bed = *state;
	sock_id id, last = SOCK_ID_NONE;

	for (u32 n = 0; n < SOCKS; n++)
		last = open_stream(bed, (u16)(80 + n));
	assert_int_equal(sock_open(&bed->t, SOCK_STREAM_KIND, 0, 0, &id), SOCK_LIMIT);
	sock_close(&bed->t, last, NOW);
	assert_int_equal(sock_watch(&bed->t, last, SOCK_READABLE), SOCK_BAD);
	assert_int_equal(sock_ready(&bed->t, last), 0);
	assert_int_equal(receive(bed, last, 0), SOCK_BAD);
	assert_int_equal(sock_open(&bed->t, SOCK_STREAM_KIND, 0, 0, &id), SOCK_OK);
	assert_true(id != last);
}

/* ---- options --------------------------------------------------------------------------------- */

static enum sock_error set(struct bed *bed, sock_id id, enum sock_option option, u64 number)
{
	struct sock_value value = { .number = number };

	return sock_set(&bed->t, id, option, &value, NOW);
}

static u64 get(struct bed *bed, sock_id id, enum sock_option option)
{
	struct sock_value value;

	assert_int_equal(sock_get(&bed->t, id, option, &value), SOCK_OK);
	return value.number;
}

static void test_options_of_a_stream(void **state)
{
	static const struct {
		enum sock_option option;
		u64 number;
	} options[] = {
		{ SOCK_OPT_KEEPALIVE, 1 },
		{ SOCK_OPT_LINGER, 0 },
		{ SOCK_OPT_LINGER, 5000 },
		{ SOCK_OPT_LINGER, SOCK_LINGER_OFF },
		{ SOCK_OPT_RCVBUF, 65536 },
		{ SOCK_OPT_SNDBUF, 32768 },
		{ SOCK_OPT_NODELAY, 1 },
		{ SOCK_OPT_CORK, 1 },
		{ SOCK_OPT_QUICKACK, 1 },
		{ SOCK_OPT_MAXSEG, 1200 },
		{ SOCK_OPT_KEEPIDLE, 60000 },
		{ SOCK_OPT_KEEPINTVL, 1000 },
		{ SOCK_OPT_KEEPCNT, 3 },
		{ SOCK_OPT_USER_TIMEOUT, 9000 },
		{ SOCK_OPT_MAX_PACING_RATE, 1000 },
		{ SOCK_OPT_TTL, 9 },
		{ SOCK_OPT_MINTTL, 255 },
		{ SOCK_OPT_TOS, 0xc0 },
	};
	struct bed *bed = *state;
	sock_id id = open_connected(bed, 1000);
	struct sock_value value = { .name = "cubic" };

	for (u32 at = 0; at < ARRAY_COUNT(options); at++) {
		assert_int_equal(set(bed, id, options[at].option, options[at].number), SOCK_OK);
		assert_int_equal(get(bed, id, options[at].option), options[at].number);
	}
	assert_true(fake.tcb[0].opt.nodelay);
	assert_false(fake.tcb[0].opt.linger);
	assert_int_equal(fake.tcb[0].opt.mss_max, 1200);
	assert_int_equal(sock_set(&bed->t, id, SOCK_OPT_CONGESTION, &value, NOW), SOCK_OK);
	assert_string_equal(fake.tcb[0].opt.cc, "cubic");
	/* What the connection refuses changes nothing. */
	fake.set_err = ERR_RANGE;
	assert_int_equal(set(bed, id, SOCK_OPT_TOS, 4), SOCK_INVALID);
	assert_int_equal(get(bed, id, SOCK_OPT_TOS), 0xc0);
	assert_int_equal(set(bed, id, SOCK_OPT_TTL, 256), SOCK_INVALID);
	assert_int_equal(set(bed, id, SOCK_OPT_MULTICAST_TTL, 2), SOCK_NOT_SUPPORTED);
	assert_int_equal(set(bed, id, SOCK_OPT_KIND, 2), SOCK_INVALID);
	assert_int_equal(get(bed, id, SOCK_OPT_KIND), SOCK_STREAM_KIND);
}

/* What a listener is told counts for what it accepts from then on. */
static void test_options_of_a_listener(void **state)
{
	struct bed *bed = *state;
	sock_id id = open_stream(bed, 80);

	assert_int_equal(sock_listen(&bed->t, id, 4), SOCK_OK);
	assert_int_equal(set(bed, id, SOCK_OPT_TTL, 255), SOCK_OK);
	assert_int_equal(fake.listener_opt.ttl, 255);
	fake.set_err = ERR_RANGE;
	assert_int_equal(set(bed, id, SOCK_OPT_TTL, 1), SOCK_INVALID);
	assert_int_equal(get(bed, id, SOCK_OPT_TTL), 255);
}

static enum sock_error set_key(struct bed *bed, sock_id id, enum sock_option option,
			       const char *peer, u8 len)
{
	const struct tcp_auth_secret secret = { .byte = "secret", .len_bytes = 6 };
	const struct tcp_ao_key ao = { .send_id = 3, .recv_id = 4, .master = secret };
	const struct sock_value value = {
		.addr = addr(peer), .addr_len = len, .secret = &secret, .ao = &ao
	};

	return sock_set(&bed->t, id, option, &value, NOW);
}

/* Each socket has a ring of its own: of what it listens for, or connects to, or is connected to. */
static void test_keys_of_a_stream(void **state)
{
	struct bed *bed = *state;
	sock_id listener = open_stream(bed, 80), id = open_connected(bed, 1000);
	u32 ring = (u32)listener + 1;
	const struct sock_value none = { .addr = addr(PEER), .addr_len = 32 };

	assert_int_equal(sock_listen(&bed->t, listener, 4), SOCK_OK);
	assert_int_equal(fake.listen[0].ring, ring);
	assert_int_equal(set_key(bed, listener, SOCK_OPT_MD5SIG, "198.51.0.0", 16), SOCK_OK);
	assert_int_equal(fake.keys.md5, 1);
	assert_int_equal(fake.keys.at.ring, ring);
	assert_int_equal(fake.keys.at.peer_len, 16);
	assert_int_equal(fake.keys.own, 0);
	assert_int_equal(sock_set(&bed->t, listener, SOCK_OPT_MD5SIG, &none, NOW), SOCK_OK);
	assert_int_equal(fake.keys.del, 1);
	assert_int_equal(set_key(bed, listener, SOCK_OPT_MD5SIG, PEER, 33), SOCK_INVALID);
	/* A connection's are of its peer, wherever they came from. */
	assert_int_equal(fake.open_ring, (u32)id + 1);
	assert_int_equal(set_key(bed, id, SOCK_OPT_AO_ADD, PEER, 8), SOCK_OK);
	assert_int_equal(fake.keys.ao + fake.keys.own, 2);
	assert_int_equal(fake.keys.at.ring, (u32)id + 1);
	assert_int_equal(fake.keys.at.peer_len, 32);
	assert_int_equal(set_key(bed, id, SOCK_OPT_AO_ADD, "10.0.0.1", 32), SOCK_INVALID);
	assert_int_equal(fake.keys.ao, 1);
	assert_int_equal(set_key(bed, id, SOCK_OPT_AO_DEL, PEER, 32), SOCK_OK);
	assert_int_equal(fake.keys.used.current_id, 3);
	assert_int_equal(sock_set(&bed->t, id, SOCK_OPT_AO_ADD, &none, NOW), SOCK_INVALID);
	assert_int_equal(set(bed, id, SOCK_OPT_AO_USE, SOCK_AO_USE(9, 200)), SOCK_OK);
	assert_int_equal(fake.keys.used.rnext_id, 200);
	assert_int_equal(get(bed, id, SOCK_OPT_AO_USE), SOCK_AO_USE(9, 200));
	assert_int_equal(set(bed, id, SOCK_OPT_AO_USE, 0x10000), SOCK_INVALID);
	fake.keys.err = ERR_FULL;
	assert_int_equal(set_key(bed, listener, SOCK_OPT_AO_ADD, PEER, 32), SOCK_LIMIT);
	fake.keys.err = ERR_EXISTS;
	assert_int_equal(set_key(bed, listener, SOCK_OPT_AO_ADD, PEER, 32), SOCK_IN_USE);
	/* A closed socket leaves none behind. */
	sock_close(&bed->t, listener, NOW);
	assert_int_equal(fake.keys.forgot, ring);
}

static void test_options_of_datagrams(void **state)
{
	static const struct {
		enum sock_option option;
		u64 number;
	} options[] = {
		{ SOCK_OPT_REUSE, 1 },         { SOCK_OPT_BROADCAST, 1 },
		{ SOCK_OPT_RCVBUF, 9000 },     { SOCK_OPT_TTL, 9 },
		{ SOCK_OPT_TOS, 8 },           { SOCK_OPT_DONT_FRAGMENT, 1 },
		{ SOCK_OPT_MULTICAST_TTL, 2 }, { SOCK_OPT_MULTICAST_LOOP, 0 },
	};
	struct bed *bed = *state;
	sock_id id = open_dgram(bed, 520), raw;
	struct sock_value value = { .addr = addr("224.0.0.9"), .iface = 1 };

	for (u32 at = 0; at < ARRAY_COUNT(options); at++) {
		assert_int_equal(set(bed, id, options[at].option, options[at].number), SOCK_OK);
		assert_int_equal(get(bed, id, options[at].option), options[at].number);
	}
	assert_int_equal(set(bed, id, SOCK_OPT_NODELAY, 1), SOCK_NOT_SUPPORTED);
	assert_int_equal(set(bed, id, SOCK_OPT_HDRINCL, 1), SOCK_NOT_SUPPORTED);
	assert_int_equal(sock_set(&bed->t, id, SOCK_OPT_JOIN, &value, NOW), SOCK_OK);
	assert_int_equal(sock_set(&bed->t, id, SOCK_OPT_JOIN, &value, NOW), SOCK_IN_USE);
	assert_int_equal(sock_set(&bed->t, id, SOCK_OPT_LEAVE, &value, NOW), SOCK_OK);
	assert_int_equal(sock_set(&bed->t, id, SOCK_OPT_LEAVE, &value, NOW), SOCK_NOT_OURS);
	assert_int_equal(sock_set(&bed->t, id, SOCK_OPT_BIND_IFACE, &value, NOW), SOCK_INVALID);
	assert_int_equal(sock_open(&bed->t, SOCK_RAW_KIND, 89, 0, &raw), SOCK_OK);
	assert_int_equal(sock_set(&bed->t, raw, SOCK_OPT_BIND_IFACE, &value, NOW), SOCK_OK);
	assert_int_equal(set(bed, raw, SOCK_OPT_HDRINCL, 1), SOCK_OK);
	assert_int_equal(sock_get(&bed->t, raw, SOCK_OPT_BIND_IFACE, &value), SOCK_OK);
	assert_int_equal(value.iface, 1);
}

/* ---- readiness ------------------------------------------------------------------------------- */

static void test_readiness_is_level_triggered(void **state)
{
	struct bed *bed = *state;
	sock_id id = open_connected(bed, 1000);
	struct sock_event events[2];

	assert_int_equal(sock_take_ready(&bed->t, 0, events, 2), 0);
	assert_int_equal(sock_watch(&bed->t, id, SOCK_READABLE), SOCK_OK);
	assert_int_equal(sock_take_ready(&bed->t, 0, events, 2), 0);
	arrives(bed, 0, "abc");
	for (u32 n = 0; n < 3; n++) {
		assert_int_equal(sock_take_ready(&bed->t, 0, events, 2), 1);
		assert_true(events[0].sock == id);
		assert_int_equal(events[0].ready, SOCK_READABLE);
	}
	assert_int_equal(receive(bed, id, 0), SOCK_OK);
	assert_int_equal(sock_take_ready(&bed->t, 0, events, 2), 0);
	arrives(bed, 0, "abc");
	assert_int_equal(sock_watch(&bed->t, id, 0), SOCK_OK);
	assert_int_equal(sock_take_ready(&bed->t, 0, events, 2), 0);
	/* What is so when interest begins is named as well, and failure always. */
	assert_int_equal(sock_watch(&bed->t, id, SOCK_WRITABLE), SOCK_OK);
	assert_int_equal(sock_take_ready(&bed->t, 0, events, 2), 1);
	say(bed, 0, TCP_FAILED, TCP_ERR_RESET);
	assert_int_equal(sock_take_ready(&bed->t, 0, events, 2), 1);
	assert_int_equal(events[0].ready, SOCK_WRITABLE | SOCK_FAILED);
	sock_close(&bed->t, id, NOW);
	assert_int_equal(sock_take_ready(&bed->t, 0, events, 2), 0);
}

static void test_nobody_is_passed_over(void **state)
{
	struct bed *bed = *state;
	struct sock_event events[8];
	sock_id id[3];
	u32 named[3] = { 0 };

	for (u32 n = 0; n < 3; n++) {
		id[n] = open_connecting(bed, (u16)(1000 + n));
		say(bed, n, TCP_CONNECTED | TCP_WRITABLE, 0);
		assert_int_equal(sock_watch(&bed->t, id[n], SOCK_WRITABLE), SOCK_OK);
	}
	assert_int_equal(sock_take_ready(&bed->t, 0, events, 8), 3);
	for (u32 n = 0; n < 6; n++) {
		assert_int_equal(sock_take_ready(&bed->t, 0, events, 1), 1);
		for (u32 at = 0; at < 3; at++)
			named[at] += events[0].sock == id[at];
	}
	for (u32 at = 0; at < 3; at++)
		assert_int_equal(named[at], 2);
	assert_int_equal(sock_watch(&bed->t, id[1], 0), SOCK_OK);
	assert_int_equal(sock_take_ready(&bed->t, 0, events, 8), 2);
}

/* ---- completion ------------------------------------------------------------------------------ */

static enum sock_error submit(struct bed *bed, sock_id id, enum sock_op_kind kind, u64 token,
			      void *data, u32 bytes)
{
	struct sock_op op = { .kind = kind, .token = token, .data = data, .bytes = bytes };

	return sock_submit(&bed->t, id, &op, NOW);
}

static struct sock_done done_one(struct bed *bed)
{
	struct sock_done done;

	assert_int_equal(sock_take_done(&bed->t, &done, 1), 1);
	return done;
}

static void no_done(struct bed *bed)
{
	struct sock_done done;

	assert_int_equal(sock_take_done(&bed->t, &done, 1), 0);
}

static void test_reads_complete_in_order(void **state)
{
	struct bed *bed = *state;
	sock_id id = open_connected(bed, 1000);
	u8 one[2], two[8];
	struct sock_done done;

	assert_int_equal(submit(bed, id, SOCK_OP_RECV, 1, one, sizeof one), SOCK_OK);
	assert_int_equal(submit(bed, id, SOCK_OP_RECV, 2, two, sizeof two), SOCK_OK);
	no_done(bed);
	arrives(bed, 0, "abc");
	done = done_one(bed);
	assert_int_equal(done.token, 1);
	assert_int_equal(done.bytes, 2);
	assert_memory_equal(one, "ab", 2);
	done = done_one(bed);
	assert_int_equal(done.token, 2);
	assert_int_equal(done.bytes, 1);
	assert_true(done.sock == id);
	no_done(bed);
	assert_int_equal(submit(bed, id, SOCK_OP_RECV, 3, one, sizeof one), SOCK_OK);
	say(bed, 0, TCP_CONNECTED | TCP_READABLE | TCP_PEER_DONE, 0);
	done = done_one(bed);
	assert_int_equal(done.error, SOCK_OK);
	assert_int_equal(done.bytes, 0);
}

static void test_a_write_completes_when_all_is_taken(void **state)
{
	struct bed *bed = *state;
	sock_id id = open_connected(bed, 1000);
	char text[] = "abcdefgh";
	struct sock_done done;

	fake.tcb[0].out_room = 3;
	assert_int_equal(submit(bed, id, SOCK_OP_SEND, 1, text, 8), SOCK_OK);
	no_done(bed);
	fake.tcb[0].out_room = 6;
	say(bed, 0, TCP_CONNECTED | TCP_WRITABLE, 0);
	no_done(bed);
	fake.tcb[0].out_room = FAKE_RING;
	say(bed, 0, TCP_CONNECTED | TCP_WRITABLE, 0);
	done = done_one(bed);
	assert_int_equal(done.bytes, 8);
	assert_memory_equal(fake.tcb[0].out, text, 8);
	fake.tcb[0].out_room = 9;
	assert_int_equal(submit(bed, id, SOCK_OP_SEND, 2, text, 8), SOCK_OK);
	say(bed, 0, TCP_FAILED, TCP_ERR_TIMEOUT_RETRANSMIT);
	done = done_one(bed);
	assert_int_equal(done.error, SOCK_TIMEOUT_RETRANSMIT);
	assert_int_equal(done.bytes, 1);
}

static void test_connect_and_accept_complete(void **state)
{
	struct bed *bed = *state;
	sock_id id = open_connecting(bed, 1000), listener = open_stream(bed, 80);
	struct sock_done done;

	assert_int_equal(submit(bed, id, SOCK_OP_CONNECT, 1, NULL, 0), SOCK_OK);
	no_done(bed);
	say(bed, 0, TCP_CONNECTED | TCP_WRITABLE, 0);
	assert_int_equal(done_one(bed).error, SOCK_OK);
	assert_int_equal(submit(bed, listener, SOCK_OP_ACCEPT, 2, NULL, 0), SOCK_INVALID);
	assert_int_equal(sock_listen(&bed->t, listener, 5), SOCK_OK);
	assert_int_equal(submit(bed, listener, SOCK_OP_ACCEPT, 3, NULL, 0), SOCK_OK);
	no_done(bed);
	(void)waiting(bed, 0, 4000);
	done = done_one(bed);
	assert_int_equal(done.token, 3);
	assert_int_equal(be16_host(done.peer.port), 4000);
	assert_int_equal(sock_ready(&bed->t, done.accepted), SOCK_CONNECTED | SOCK_WRITABLE);
	id = open_connecting(bed, 1001);
	assert_int_equal(submit(bed, id, SOCK_OP_CONNECT, 4, NULL, 0), SOCK_OK);
	say(bed, 2, TCP_FAILED, TCP_ERR_REFUSED);
	assert_int_equal(done_one(bed).error, SOCK_REFUSED);
}

static void test_close_gives_buffers_back(void **state)
{
	struct bed *bed = *state;
	sock_id id = open_connected(bed, 1000);
	struct sock_done done[OPS];
	u8 data[4];

	for (u32 n = 0; n < OPS; n++)
		assert_int_equal(submit(bed, id, SOCK_OP_RECV, n, data, sizeof data), SOCK_OK);
	assert_int_equal(submit(bed, id, SOCK_OP_RECV, 9, data, sizeof data), SOCK_LIMIT);
	sock_close(&bed->t, id, NOW);
	assert_int_equal(sock_take_done(&bed->t, done, OPS), OPS);
	for (u32 n = 0; n < OPS; n++) {
		assert_int_equal(done[n].token, n);
		assert_int_equal(done[n].error, SOCK_CANCELED);
	}
}

static void test_a_datagram_completes_a_read(void **state)
{
	struct bed *bed = *state;
	sock_id id = open_dgram(bed, 520);
	struct sock_rx rx = { .mtu = 1500 };
	struct sock_done done;
	struct pkt *pkt;
	u8 data[32];

	assert_int_equal(submit(bed, id, SOCK_OP_SEND, 1, data, 1), SOCK_NOT_SUPPORTED);
	assert_int_equal(submit(bed, id, SOCK_OP_RECV, 2, data, sizeof data), SOCK_OK);
	build_udp4(&bed->b, addr(PEER), 9, addr(OWN), 520, 20);
	pkt = build_pkt(&bed->pool, &bed->b, 1);
	pkt->l4 = (u16)(pkt->l3 + IP4_HLEN_MIN);
	assert_int_equal(sock_in(&bed->t, pkt, &rx, NOW), SOCK_TAKEN);
	sock_work(&bed->t, NOW);
	done = done_one(bed);
	assert_int_equal(done.bytes, 20);
	assert_int_equal(be16_host(done.info.from.port), 9);
	assert_int_equal(done.info.iface, 1);
	pkt_put(pkt);
}

static void test_an_icmp_error_finds_its_stack(void **state)
{
	struct bed *bed = *state;
	struct sock_fault fault = { .type = ICMP_UNREACH, .code = ICMP_UNREACH_FRAG, .mtu = 1400 };

	build_tcp4(&bed->b, addr(OWN), 1000, addr(PEER), 80, TCP_ACK);
	build_tcp4_at(&bed->b, 77, 88);
	fault.ip = build_ip(&bed->b);
	fault.l4 = build_l4(&bed->b);
	sock_fault_in(&bed->t, &fault, NOW);
	assert_int_equal(fake.icmp.seq, 77);
	assert_int_equal(fake.icmp.mtu, 1400);
	assert_int_equal(be16_host(fake.icmp.key.local_port), 1000);
	assert_true(be32_eq(fake.icmp.key.peer, addr(PEER)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_connection_comes_to_stand),
		TEST(test_data_is_read_to_its_end),
		TEST(test_how_it_failed_is_told_once),
		TEST(test_an_end_that_nobody_told_yet),
		TEST(test_connections_are_accepted),
		TEST(test_shutdown_ends_one_direction),
		TEST(test_what_tcp_refuses),
		TEST(test_sockets_have_a_limit),
		TEST(test_options_of_a_stream),
		TEST(test_options_of_a_listener),
		TEST(test_keys_of_a_stream),
		TEST(test_options_of_datagrams),
		TEST(test_readiness_is_level_triggered),
		TEST(test_nobody_is_passed_over),
		TEST(test_reads_complete_in_order),
		TEST(test_a_write_completes_when_all_is_taken),
		TEST(test_connect_and_accept_complete),
		TEST(test_close_gives_buffers_back),
		TEST(test_a_datagram_completes_a_read),
		TEST(test_an_icmp_error_finds_its_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
