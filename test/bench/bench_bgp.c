/* How long BGP takes for a table: routes of one peer into the RIB, and out to another one.
 *
 *     bench_bgp [routes]        about six prefixes a set of attributes, as in the Internet's table
 * CPU time of one core in memory: reading of messages, decision, forwarding table, announcements.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/check.h"
#include "core/routing/bgp/bgp.h"
#include "fake/build.h"

enum { PER_SET = 6, PEERS = 2, ROUTES = 200000, LISTENER = 1, FIRST = 2 };

struct bench {
	struct bgp bgp;
	struct rib rib;
	struct fib fib;
	struct iface_table ifaces;
	struct speaker_log log;
	struct bgp_conf conf;
	struct policy_conf policy;
	u32 calls;     /* taken by the listener */
	u8 *in[PEERS]; /* what each peer sends */
	u64 in_len[PEERS];
	u64 in_at[PEERS];
	u64 out_bytes[PEERS];
	ns_t now;
};

static u32 peer_of(sock_id sock)
{
	return (u32)sock - FIRST;
}

/* ---- sockets --------------------------------------------------------------------------------- */

static enum sock_error io_open(void *ctx, enum sock_kind kind, u8 proto, sock_id *sock)
{
	(void)ctx, (void)kind, (void)proto;
	*sock = LISTENER;
	return SOCK_OK;
}

static void io_close(void *ctx, sock_id sock, ns_t now)
{
	(void)ctx, (void)sock, (void)now;
}

static enum sock_error io_addr(void *ctx, sock_id sock, const struct sock_addr *local)
{
	(void)ctx, (void)sock, (void)local;
	return SOCK_OK;
}

static enum sock_error io_listen(void *ctx, sock_id sock, u32 backlog)
{
	(void)ctx, (void)sock, (void)backlog;
	return SOCK_OK;
}

static enum sock_error io_accept(void *ctx, sock_id sock, sock_id *accepted, struct sock_addr *peer)
{
	struct bench *b = ctx;

	(void)sock;
	if (b->calls == PEERS)
		return SOCK_AGAIN;
	*accepted = FIRST + b->calls;
	peer->addr = b->conf.peer[b->calls++].addr;
	return SOCK_OK;
}

static enum sock_error io_send(void *ctx, sock_id sock, struct sock_out *out, ns_t now)
{
	struct bench *b = ctx;

	(void)now;
	b->out_bytes[peer_of(sock)] += out->bytes;
	out->sent = out->bytes;
	return SOCK_OK;
}

static enum sock_error io_recv(void *ctx, sock_id sock, struct sock_buf *buf,
			       struct sock_info *info, ns_t now)
{
	struct bench *b = ctx;
	u32 at = peer_of(sock);

	(void)info, (void)now;
	buf->got = (u32)u64_min(buf->bytes, b->in_len[at] - b->in_at[at]);
	if (buf->got == 0)
		return SOCK_AGAIN;
	memcpy(buf->to, b->in[at] + b->in_at[at], buf->got);
	b->in_at[at] += buf->got;
	return SOCK_OK;
}

static enum sock_error io_names(void *ctx, sock_id sock, struct sock_addr *local,
				struct sock_addr *peer)
{
	struct bench *b = ctx;

	local->addr = addr("10.0.0.1");
	peer->addr = b->conf.peer[peer_of(sock)].addr;
	return SOCK_OK;
}

static enum sock_error io_set(void *ctx, sock_id sock, enum sock_option option,
			      const struct sock_value *value, ns_t now)
{
	(void)ctx, (void)sock, (void)option, (void)value, (void)now;
	return SOCK_OK;
}

static enum sock_error io_watch(void *ctx, sock_id sock, u8 bits)
{
	(void)ctx, (void)sock, (void)bits;
	return SOCK_OK;
}

/* ---- a table --------------------------------------------------------------------------------- */

static u32 random_of(u64 *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (u32)(*state >> 33);
}

static u32 attrs_make(u8 *to, u32 as, u64 *state)
{
	u32 hops = 1 + random_of(state) % 5;
	u32 communities = random_of(state) % 8;
	u32 len = 0;
	u8 head[] = { 0x40, BGP_ORIGIN, 1, 0, 0x40, BGP_AS_PATH, 0, BGP_SEGMENT_SEQUENCE, 0 };

	head[6] = (u8)(2 + 4 * (hops + 1));
	head[8] = (u8)(hops + 1);
	memcpy(to, head, sizeof head);
	len = sizeof head;
	be32_store(to + len, be32_of(as));
	len += 4;
	for (u32 at = 0; at < hops; at++, len += 4)
		be32_store(to + len, be32_of(1 + random_of(state) % 400000));
	memcpy(to + len, "\x40\x03\x04\x0a\x00\x00\x02", 7);
	len += 7;
	if (communities > 0) {
		to[len] = 0xc0;
		to[len + 1] = BGP_COMMUNITIES;
		to[len + 2] = (u8)(4 * communities);
		len += 3;
		for (u32 at = 0; at < communities; at++, len += 4)
			be32_store(to + len, be32_of(random_of(state) % 5000 | 3356u << 16));
	}
	return len;
}

/* OPEN, KEEPALIVE, and UPDATEs for the routes. */
static void messages_make(struct bench *b, u32 peer, u32 routes)
{
	struct bgp_open open = { .as = b->conf.peer[peer].as,
				 .short_as = (u16)b->conf.peer[peer].as,
				 .hold_s = 180,
				 .router_id = b->conf.peer[peer].addr,
				 .ip4 = true,
				 .as4 = true };
	u64 state = 99;
	u8 *at = malloc((u64)routes / PER_SET * 160 + 4096 + routes * 8u);

	CHECK(at != NULL);
	b->in[peer] = at;
	at += bgp_open_write(at, &open);
	at += bgp_keepalive_write(at);
	for (u32 n = 0; n < routes;) {
		u32 count = u32_min(1 + random_of(&state) % (2 * PER_SET - 1), routes - n);
		u32 len = attrs_make(at + BGP_UPDATE_LEAST, open.as, &state);

		be16_store(at + BGP_HLEN, be16_of(0));
		be16_store(at + BGP_HLEN + 2, be16_of((u16)len));
		len += BGP_UPDATE_LEAST;
		for (; count > 0; count--, n++) {
			/* 24 bits of a number, shuffled: prefixes come in no order. */
			u32 net = n * 0x9e3779b1u & 0xffffff;
			struct bgp_nlri nlri = { be32_of((net % 0xdf0000 + 0x010000) << 8), 24, 0 };

			len += bgp_nlri_write(at + len, false, &nlri);
		}
		bgp_header_write(at, len, BGP_UPDATE);
		at += len;
	}
	b->in_len[peer] = (u64)(at - b->in[peer]);
}

/* ---- the measurement ------------------------------------------------------------------------- */

static void conf_make(struct bench *b, u32 routes)
{
	bgp_conf_defaults(&b->conf);
	b->conf.as = 65000;
	b->conf.router_id = addr("192.0.2.1");
	b->conf.peer_limit = PEERS;
	b->conf.peer_count = PEERS;
	b->conf.net_limit = routes + 64;
	b->conf.attr_limit = routes / 2 + 64;
	b->conf.cell_limit = routes + 64;
	b->conf.key = (struct hash_key){ { 1, 2, 3, 4 } };
	b->conf.policy = &b->policy;
	b->policy.policy_count = 1;
	b->policy.policy[0] = (struct policy){ "all", 0, 1 };
	b->policy.rule_count = 1;
	b->policy.rule[0].list = POLICY_NONE;
	for (u32 at = 0; at < PEERS; at++) {
		bgp_peer_conf_defaults(&b->conf.peer[at]);
		b->conf.peer[at].addr = be32_of(0x0a000002 + at);
		b->conf.peer[at].as = 65001 + at;
		b->conf.peer[at].passive = true;
		b->conf.peer[at].import = b->conf.peer[at].export = 0;
	}
	b->ifaces.count = 1;
	b->ifaces.iface[0].up = true;
	b->ifaces.iface[0].conf.addr_count = 1;
	b->ifaces.iface[0].conf.addr[0] = (struct iface_addr){ addr("10.0.0.1"), 24, false };
}

static u64 start(struct bench *b, u32 routes)
{
	const struct rib_conf rib = { routes + 64, routes + 64, 256, { { 5, 6, 7, 8 } } };
	const struct fib_conf fib = { routes + 64, 256, { { 5, 6, 7, 8 } } };
	struct bgp_env env = { .rib = &b->rib, .ifaces = &b->ifaces, .log = &b->log };
	struct rib_hop hop = { .weight = 1 };
	struct rib_path path = { .type = FIB_UNICAST };
	struct ip_prefix net = ip_prefix4(addr("10.0.0.0"), 24);
	struct mem mem;
	u64 size = 0;

	env.io = (struct speaker_io){ b,         io_open, io_close, io_addr, io_listen,
				      io_accept, NULL,    io_send,  NULL,    io_recv,
				      io_names,  io_set,  NULL,     io_watch };
	mem_init_plan(&mem);
	for (u32 pass = 0; pass < 2; pass++) {
		fib_layout(&b->fib, &fib, &mem);
		rib_layout(&b->rib, &rib, &mem);
		bgp_layout(&b->bgp, &b->conf, &mem);
		if (pass == 0) {
			void *region = aligned_alloc(MEM_LINE, mem.used);

			CHECK(region != NULL);
			size = mem.used;
			memset(region, 0, size);
			mem_init(&mem, region, size);
		}
	}
	fib_init(&b->fib);
	rib_init(&b->rib, &b->fib);
	path.client = rib_client_new(&b->rib, ROUTE_CONNECTED);
	path.hops = rib_hops_get(&b->rib, &hop, 1);
	CHECK(rib_offer(&b->rib, &net, &path) == ERR_OK);
	b->now = NS_PER_SEC;
	bgp_init(&b->bgp, &env, b->now);
	return size;
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	u32 routes = argc > 1 ? (u32)atoi(argv[1]) : ROUTES;
	struct bench *b = calloc(1, sizeof *b);
	double import_s = 0, rib_s = 0, export_s = 0, at;
	struct rib_stats stats;
	u64 size;

	CHECK(b != NULL && routes > 0);
	conf_make(b, routes);
	size = start(b, routes);
	messages_make(b, 0, routes);
	messages_make(b, 1, 0);
	bgp_sock(&b->bgp, LISTENER, SOCK_READABLE, b->now);
	bgp_sock(&b->bgp, FIRST + 1, SOCK_READABLE, b->now);
	while (b->in_at[0] < b->in_len[0] || !rib_is_idle(&b->rib) || bgp_next(&b->bgp) <= b->now) {
		b->now += NS_PER_US;
		at = cpu_s();
		bgp_sock(&b->bgp, FIRST, SOCK_READABLE, b->now);
		import_s += cpu_s() - at;
		at = cpu_s();
		for (u32 n = 0; n < 16 && rib_tick(&b->rib, b->now); n++)
			;
		rib_s += cpu_s() - at;
		at = cpu_s();
		bgp_tick(&b->bgp, b->now);
		export_s += cpu_s() - at;
	}
	rib_stats(&b->rib, &stats);
	printf("%u routes, %u sets of attributes, %llu MB\n", stats.paths - 1,
	       b->bgp.store.attrs.live, (unsigned long long)(size >> 20));
	printf("CPU seconds: import %.3f, decision and forwarding table %.3f, export %.3f "
	       "(%u told, %llu bytes)\n",
	       import_s, rib_s, export_s, b->bgp.peer[1].announced_count,
	       (unsigned long long)b->out_bytes[1]);
	printf("of 200000 routes: import %.3f, with the forwarding table %.3f, and told %.3f\n",
	       import_s * 200000 / routes, (import_s + rib_s) * 200000 / routes,
	       (import_s + rib_s + export_s) * 200000 / routes);
	return 0;
}
