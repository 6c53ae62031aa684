/* Datagram sockets for a speaker without a stack. */
#include "fake/dgram.h"
#include "core/base/check.h"
#include "core/wire/ip4.h"

#include <stdlib.h>

struct dgram_host *dgram_host_new(const struct iface_table *ifaces)
{
	struct dgram_host *host = calloc(1, sizeof *host);

	CHECK(host != NULL);
	host->ifaces = ifaces;
	host->room = DGRAM_OUT;
	return host;
}

static void drain(struct dgram_sock *sock)
{
	for (; sock->count > 0; sock->count--) {
		free(sock->queue[sock->first]);
		sock->first = (sock->first + 1) % DGRAM_QUEUE;
	}
}

void dgram_host_del(struct dgram_host *host)
{
	struct dgram gone;

	for (u32 n = 0; n < DGRAM_SOCKS; n++)
		drain(&host->sock[n]);
	while (dgram_take(host, &gone))
		;
	free(host);
}

static struct dgram_sock *find(struct dgram_host *host, sock_id id)
{
	u32 at = (u32)id;

	if (at >= DGRAM_SOCKS || !host->sock[at].open || host->sock[at].gen != (u32)(id >> 32))
		return NULL;
	return &host->sock[at];
}

static enum sock_error io_open(void *ctx, enum sock_kind kind, u8 proto, sock_id *id)
{
	struct dgram_host *host = ctx;

	CHECK(kind == SOCK_DGRAM_KIND && proto == 0);
	for (u32 n = 0; n < DGRAM_SOCKS; n++) {
		struct dgram_sock *sock = &host->sock[n];
		u32 gen = sock->gen + 1;

		if (sock->open)
			continue;
		*sock = (struct dgram_sock){
			.open = true,
			.loop = true,
			.iface = SOCK_IFACE_ANY,
			.group_iface = SOCK_IFACE_ANY,
			.ttl = DGRAM_TTL,
			.group_ttl = 1,
			.gen = gen,
		};
		*id = (u64)gen << 32 | n;
		return SOCK_OK;
	}
	return SOCK_LIMIT;
}

static void io_close(void *ctx, sock_id id, ns_t now)
{
	struct dgram_sock *sock = find(ctx, id);

	(void)now;
	CHECK(sock != NULL);
	drain(sock);
	sock->open = false;
}

static bool clashes(const struct dgram_sock *a, const struct dgram_sock *b)
{
	return b->open && b->bound && be16_eq(a->local.port, b->local.port) &&
	       a->iface == b->iface && be32_eq(a->local.addr, b->local.addr) &&
	       !(a->reuse && b->reuse);
}

static enum sock_error io_bind(void *ctx, sock_id id, const struct sock_addr *local)
{
	struct dgram_host *host = ctx;
	struct dgram_sock *sock = find(host, id);

	CHECK(sock != NULL && !sock->bound);
	if (host->refuse != SOCK_OK)
		return host->refuse;
	sock->local = *local;
	for (u32 n = 0; n < DGRAM_SOCKS; n++) {
		if (&host->sock[n] != sock && clashes(sock, &host->sock[n]))
			return SOCK_IN_USE;
	}
	sock->bound = true;
	return SOCK_OK;
}

static enum sock_error io_set(void *ctx, sock_id id, enum sock_option option,
			      const struct sock_value *value, ns_t now)
{
	struct dgram_sock *sock = find(ctx, id);

	(void)now;
	CHECK(sock != NULL);
	switch (option) {
	case SOCK_OPT_REUSE: sock->reuse = value->number != 0; break;
	case SOCK_OPT_BIND_IFACE:
		CHECK(!sock->bound);
		sock->iface = value->iface;
		break;
	case SOCK_OPT_TTL: sock->ttl = (u8)value->number; break;
	case SOCK_OPT_MULTICAST_TTL: sock->group_ttl = (u8)value->number; break;
	case SOCK_OPT_MULTICAST_LOOP: sock->loop = value->number != 0; break;
	case SOCK_OPT_MULTICAST_IF: sock->group_iface = value->iface; break;
	case SOCK_OPT_JOIN: sock->group = value->addr; break;
	default: return SOCK_NOT_SUPPORTED;
	}
	return SOCK_OK;
}

static enum sock_error io_watch(void *ctx, sock_id id, u8 bits)
{
	struct dgram_sock *sock = find(ctx, id);

	CHECK(sock != NULL);
	sock->watch = bits;
	return SOCK_OK;
}

static u16 iface_to(const struct dgram_host *host, be32 addr)
{
	for (u16 n = 0; n < host->ifaces->count; n++) {
		const struct iface_conf *conf = &host->ifaces->iface[n].conf;

		for (u32 k = 0; k < conf->addr_count; k++) {
			if (((be32_host(conf->addr[k].addr) ^ be32_host(addr)) &
			     ip4_mask(conf->addr[k].prefix_len)) == 0)
				return n;
		}
	}
	return IFACE_NONE;
}

/* As the stack does it: a bound interface first, then what the datagram says, then the way. */
static u16 way_out(const struct dgram_host *host, const struct dgram_sock *sock,
		   const struct sock_dgram *dgram)
{
	if (sock->iface != SOCK_IFACE_ANY)
		return sock->iface;
	if (dgram->iface != SOCK_IFACE_ANY)
		return dgram->iface;
	return ip4_is_multicast(dgram->to.addr) ? sock->group_iface
						: iface_to(host, dgram->to.addr);
}

static enum sock_error io_send_to(void *ctx, sock_id id, const void *data, u32 bytes,
				  const struct sock_dgram *to)
{
	struct dgram_host *host = ctx;
	struct dgram_sock *sock = find(host, id);
	bool group = ip4_is_multicast(to->to.addr);
	struct dgram *out;
	u16 iface;

	CHECK(sock != NULL && sock->bound && bytes <= DGRAM_BYTES);
	if (host->fail != SOCK_OK)
		return host->fail;
	if (host->count >= host->room)
		return SOCK_AGAIN;
	iface = way_out(host, sock, to);
	if (iface >= host->ifaces->count)
		return SOCK_NET_UNREACHABLE;
	out = calloc(1, sizeof *out);
	CHECK(out != NULL);
	out->iface = iface;
	out->to = to->to;
	out->from = sock->local;
	if (to->from.raw != 0)
		out->from.addr = to->from;
	if (out->from.addr.raw == 0)
		CHECK(iface_source_for(&host->ifaces->iface[iface], to->to.addr, &out->from.addr));
	out->ttl = to->ttl != 0 ? to->ttl : group ? sock->group_ttl : sock->ttl;
	out->bytes = bytes;
	memcpy(out->data, data, bytes);
	host->out[(host->first + host->count++) % DGRAM_OUT] = out;
	return SOCK_OK;
}

static enum sock_error io_recv(void *ctx, sock_id id, struct sock_buf *buf, struct sock_info *info,
			       ns_t now)
{
	struct dgram_sock *sock = find(ctx, id);
	struct dgram *in;

	(void)now;
	CHECK(sock != NULL);
	if (sock->count == 0)
		return SOCK_AGAIN;
	in = sock->queue[sock->first];
	sock->first = (sock->first + 1) % DGRAM_QUEUE;
	sock->count--;
	buf->got = u32_min(buf->bytes, in->bytes);
	memcpy(buf->to, in->data, buf->got);
	*info = (struct sock_info){
		.from = in->from,
		.to = in->to.addr,
		.iface = in->iface,
		.ttl = in->ttl,
		.bytes = in->bytes,
	};
	free(in);
	return SOCK_OK;
}

struct speaker_io dgram_io(struct dgram_host *host)
{
	return (struct speaker_io){
		.ctx = host,
		.open = io_open,
		.close = io_close,
		.bind = io_bind,
		.send_to = io_send_to,
		.recv = io_recv,
		.set = io_set,
		.watch = io_watch,
	};
}

bool dgram_take(struct dgram_host *host, struct dgram *out)
{
	if (host->count == 0)
		return false;
	*out = *host->out[host->first];
	free(host->out[host->first]);
	host->first = (host->first + 1) % DGRAM_OUT;
	host->count--;
	return true;
}

static bool hears(const struct dgram_host *host, const struct dgram_sock *sock,
		  const struct dgram *in)
{
	u16 iface;

	if (!sock->open || !sock->bound || !be16_eq(sock->local.port, in->to.port))
		return false;
	if (sock->iface != SOCK_IFACE_ANY && sock->iface != in->iface)
		return false;
	if (ip4_is_multicast(in->to.addr))
		return be32_eq(sock->group, in->to.addr) && sock->group_iface == in->iface;
	if (sock->local.addr.raw != 0 && !be32_eq(sock->local.addr, in->to.addr))
		return false;
	return iface_find_addr(host->ifaces, 0, in->to.addr, &iface);
}

u32 dgram_put(struct dgram_host *host, const struct dgram *in)
{
	u32 heard = 0;

	for (u32 n = 0; n < DGRAM_SOCKS; n++) {
		struct dgram_sock *sock = &host->sock[n];
		struct dgram *copy;

		if (!hears(host, sock, in) || sock->count == DGRAM_QUEUE)
			continue;
		copy = malloc(sizeof *copy);
		CHECK(copy != NULL);
		*copy = *in;
		sock->queue[(sock->first + sock->count++) % DGRAM_QUEUE] = copy;
		heard++;
	}
	return heard;
}

bool dgram_ready(const struct dgram_host *host, sock_id *id, u8 *ready)
{
	for (u32 n = 0; n < DGRAM_SOCKS; n++) {
		const struct dgram_sock *sock = &host->sock[n];

		if (!sock->open || sock->count == 0 || (sock->watch & SOCK_READABLE) == 0)
			continue;
		*id = (u64)sock->gen << 32 | n;
		*ready = SOCK_READABLE;
		return true;
	}
	return false;
}

u32 dgram_open_count(const struct dgram_host *host)
{
	u32 count = 0;

	for (u32 n = 0; n < DGRAM_SOCKS; n++)
		count += host->sock[n].open;
	return count;
}
