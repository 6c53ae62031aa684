/* Where RIP speaks: a socket for each interface, bound to it, heard by the group (RFC 2453 4.5). */
#include "core/routing/rip/rip_part.h"
#include "core/wire/ip4.h"

enum { OPEN_RETRY_S = 10 };

bool rip_iface_link(const struct rip *rip, u16 iface, be32 addr, struct iface_addr *link)
{
	const struct iface_conf *conf = &rip_iface_of(rip, iface)->conf;

	for (u32 n = 0; n < conf->addr_count; n++) {
		u32 mask = ip4_mask(conf->addr[n].prefix_len);

		if (((be32_host(conf->addr[n].addr) ^ be32_host(addr)) & mask) == 0) {
			*link = conf->addr[n];
			return true;
		}
	}
	return false;
}

static enum sock_error set_options(struct rip *rip, sock_id sock, u16 iface, ns_t now)
{
	static const struct {
		enum sock_option option;
		u64 number;
	} options[] = {
		{ SOCK_OPT_REUSE, 1 },          { SOCK_OPT_BIND_IFACE, 0 },
		{ SOCK_OPT_MULTICAST_IF, 0 },   { SOCK_OPT_MULTICAST_TTL, 1 },
		{ SOCK_OPT_MULTICAST_LOOP, 0 }, { SOCK_OPT_JOIN, 0 },
	};
	enum sock_error error = SOCK_OK;

	for (u32 n = 0; n < ARRAY_COUNT(options) && error == SOCK_OK; n++) {
		struct sock_value value = {
			.number = options[n].number,
			.addr = be32_of(RIP_GROUP),
			.iface = iface,
		};

		error = rip->io.set(rip->io.ctx, sock, options[n].option, &value, now);
	}
	return error;
}

static enum sock_error open_sock(struct rip *rip, u16 iface, sock_id *sock, ns_t now)
{
	struct sock_addr local = { .port = be16_of(RIP_PORT) };
	enum sock_error error = rip->io.open(rip->io.ctx, SOCK_DGRAM_KIND, 0, sock);

	if (error != SOCK_OK)
		return error;
	error = set_options(rip, *sock, iface, now);
	if (error == SOCK_OK)
		error = rip->io.bind(rip->io.ctx, *sock, &local);
	if (error == SOCK_OK)
		error = rip->io.watch(rip->io.ctx, *sock, SOCK_READABLE | SOCK_FAILED);
	if (error != SOCK_OK)
		rip->io.close(rip->io.ctx, *sock, now);
	return error;
}

static void begin(struct rip *rip, u16 at, ns_t now)
{
	const struct iface_conf *conf = &rip_iface_of(rip, at)->conf;
	struct rip_iface *iface = &rip->iface[at];
	enum sock_error error = open_sock(rip, at, &iface->sock, now);

	if (error != SOCK_OK) {
		iface->sock = SOCK_ID_NONE;
		if (iface->retry_ns == NS_NEVER)
			rip_say(rip, SPEAKER_WARNING, at, be32_of(0),
				"RIP has no socket here and tries again", now);
		iface->retry_ns = now + OPEN_RETRY_S * NS_PER_SEC;
		return;
	}
	iface->retry_ns = NS_NEVER;
	iface->active = true;
	iface->addr = conf->addr[0].addr;
	iface->addr_len = conf->addr[0].prefix_len;
	rip_talk_start(rip, iface, now);
	rip_ask(rip, iface, now);
}

static void end(struct rip *rip, u16 at, ns_t now)
{
	struct rip_iface *iface = &rip->iface[at];

	rip->io.close(rip->io.ctx, iface->sock, now);
	iface->sock = SOCK_ID_NONE;
	iface->active = false;
	rip_net_drop_iface(rip, at, now);
	rip_neigh_drop_iface(rip, at, now);
}

void rip_iface_leave(struct rip *rip, u16 iface, ns_t now)
{
	if (!rip->iface[iface].active)
		return;
	rip_talk_leave(rip, &rip->iface[iface], now);
	end(rip, iface, now);
}

static bool can_speak(const struct rip *rip, u16 at)
{
	const struct iface *iface = rip_iface_of(rip, at);

	return at < rip->ifaces->count && rip->iface[at].used && iface->up && !iface->gone &&
	       iface->conf.addr_count > 0;
}

static bool is_as_it_was(const struct rip *rip, u16 at)
{
	const struct iface_conf *conf = &rip_iface_of(rip, at)->conf;

	return be32_eq(rip->iface[at].addr, conf->addr[0].addr) &&
	       rip->iface[at].addr_len == conf->addr[0].prefix_len;
}

void rip_iface_follow(struct rip *rip, ns_t now)
{
	for (u16 at = 0; at < IFACE_MAX; at++) {
		struct rip_iface *iface = &rip->iface[at];
		bool can = can_speak(rip, at);

		if (iface->active && (!can || !is_as_it_was(rip, at)))
			end(rip, at, now);
		if (!can)
			iface->retry_ns = NS_NEVER;
		if (!iface->active && can)
			begin(rip, at, now);
	}
	rip_net_links(rip, now);
}
