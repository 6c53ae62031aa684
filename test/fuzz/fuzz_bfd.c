/* A speaker of BFD with clients that come and go, neighbours that say anything, and time. The
 * oracles: bfd_check after each step; what it sends is a good packet, signed, and of one of its
 * sessions; and who is up has heard something within the detection time.
 *
 *     first byte             authentication
 *     then steps             one byte what, others how: see step()                               */
#include "core/routing/bfd/bfd_part.h"
#include "fake/dgram.h"
#include "fuzz/input.h"

#include <stdlib.h>

enum { PEERS = 3, USES = 8, STEPS = 300 };

struct stage {
	ns_t now;
	struct iface_table ifaces;
	struct bfd_conf conf;
	struct bfd bfd;
	struct speaker_log log;
	struct dgram_host *host;
	struct {
		u32 id;
		enum route_source source;
	} use[USES];
};

static struct stage stage;
static u8 *region;
static u64 region_size;

static void set_auth(struct bfd_auth_conf *auth, u8 how)
{
	*auth = (struct bfd_auth_conf){
		.kind = (enum bfd_auth_kind)(how % BFD_AUTH_KINDS),
		.key_count = 1 + how / 8 % 2,
		.key = { { .id = 1, .len_bytes = 5, .secret = "hello" },
			 { .id = 2, .len_bytes = 3, .secret = "old" } },
	};
}

static void cut(void)
{
	struct mem mem;

	mem_init_plan(&mem);
	if (region != NULL) {
		memset(region, 0, region_size);
		mem_init(&mem, region, region_size);
	}
	bfd_layout(&stage.bfd, &stage.conf, &mem);
	if (region == NULL) {
		region_size = mem.used;
		region = aligned_alloc(MEM_LINE, region_size);
		CHECK(region != NULL);
		cut();
	}
}

static void open_stage(u8 how)
{
	struct bfd_start start = { .ifaces = &stage.ifaces, .log = &stage.log };

	memset(&stage, 0, sizeof stage);
	stage.now = 1000 * NS_PER_SEC;
	stage.ifaces.count = 2;
	for (u32 n = 0; n < 2; n++) {
		struct iface *iface = &stage.ifaces.iface[n];

		iface->up = true;
		iface->conf.mtu = 1500;
		iface->conf.addr_count = 1;
		iface->conf.addr[0] = (struct iface_addr){ be32_of(0x0a000001u | n << 8), 24,
							   false };
	}
	for (u32 n = 0; n < USES; n++)
		stage.use[n].id = BFD_NONE;
	bfd_conf_defaults(&stage.conf);
	stage.conf.peer_limit = PEERS;
	set_auth(&stage.conf.params.auth, how);
	cut();
	stage.host = dgram_host_new(&stage.ifaces);
	start.io = dgram_io(stage.host);
	bfd_init(&stage.bfd, &stage.conf, &start);
}

/* ---- what it says ---------------------------------------------------------------------------- */

static void judge(const struct dgram *out)
{
	struct bfd_auth_conf auth = stage.conf.params.auth;
	struct bfd_msg msg;
	u32 sequence = 0;

	CHECK(out->ttl == BFD_TTL && be16_host(out->to.port) == BFD_PORT);
	CHECK(be16_host(out->from.port) >= BFD_SPORT_FIRST);
	CHECK(bfd_msg_read(out->data, out->bytes, &msg) == BFD_GOOD && msg.len_bytes == out->bytes);
	CHECK((msg.flags & (BFD_POLL | BFD_FINAL)) != (BFD_POLL | BFD_FINAL));
	CHECK(msg.state == BFD_UP || msg.min_tx_us >= BFD_SLOW_US);
	CHECK(((msg.flags & BFD_AUTHENTICATED) != 0) == (auth.kind != BFD_AUTH_NONE));
	if (auth.kind != BFD_AUTH_NONE)
		CHECK(bfd_auth_check(&auth, out->data, out->bytes, &sequence));
}

static void turn(void)
{
	struct dgram out;
	sock_id sock;
	u8 ready;

	while (dgram_ready(stage.host, &sock, &ready))
		bfd_sock(&stage.bfd, sock, ready, stage.now);
	bfd_tick(&stage.bfd, stage.now);
	CHECK(bfd_next(&stage.bfd) > stage.now);
	while (dgram_take(stage.host, &out))
		judge(&out);
	bfd_check(&stage.bfd);
	for (u32 idx = 0; idx < PEERS; idx++) {
		const struct bfd_peer *peer = bfd_at(&stage.bfd, idx);

		if (slab_is_live(&stage.bfd.peers, idx) && peer->state == BFD_UP)
			CHECK(peer->expires_ns > stage.now);
	}
}

/* ---- what happens ---------------------------------------------------------------------------- */

static struct dgram from_neighbour(u8 who)
{
	u32 iface = who & 1;

	return (struct dgram){
		.from = { be32_of(0x0a000002u + (iface << 8) + (who >> 1 & 3)), be16_of(50000) },
		.to = { stage.ifaces.iface[iface].conf.addr[0].addr, be16_of(BFD_PORT) },
		.iface = (u16)iface,
		.ttl = (who & 0x80) != 0 ? who : 255,
	};
}

static void say_raw(struct input *in)
{
	struct dgram dgram = from_neighbour(next_byte(in));
	const u8 *bytes;

	dgram.bytes = next_bytes(in, next_byte(in), &bytes);
	memcpy(dgram.data, bytes, dgram.bytes);
	dgram_put(stage.host, &dgram);
}

static u32 known_to(const struct dgram *dgram)
{
	u32 idx = bfd_find(&stage.bfd, dgram->from.addr, dgram->iface);

	return idx == BFD_NONE ? 0 : bfd_at(&stage.bfd, idx)->mine;
}

static void say_good(struct input *in)
{
	struct dgram dgram = from_neighbour(next_byte(in) & 0x7f);
	u8 how = next_byte(in), times = next_byte(in);
	const struct bfd_auth_conf *auth = &stage.conf.params.auth;
	struct bfd_msg msg = {
		.state = (enum bfd_state)(how & 3),
		.flags = (u8)((how & 4) != 0 ? BFD_POLL : 0) | ((how & 8) != 0 ? BFD_FINAL : 0) |
			 ((how & 16) != 0 ? BFD_DEMAND : 0) |
			 (auth->kind != BFD_AUTH_NONE ? BFD_AUTHENTICATED : 0),
		.multiplier = (u8)(1 + (times & 3)),
		.len_bytes = (u8)(BFD_LEN + bfd_auth_len(auth)),
		.mine = 1 + (how >> 6),
		.yours = (how & 32) != 0 ? 0 : known_to(&dgram),
		.min_tx_us = 1u << (times >> 2 & 7) * 3,
		.min_rx_us = (times & 0x80) != 0 ? 1u << (times >> 5 & 3) * 8 : 0,
	};

	dgram.bytes = msg.len_bytes;
	bfd_msg_write(dgram.data, &msg);
	bfd_auth_sign(auth, dgram.data, next_byte(in));
	dgram_put(stage.host, &dgram);
}

static void pass_time(struct input *in)
{
	ns_t until = stage.now + (1ull << (next_byte(in) % 34));

	for (u32 n = 0; n < 2000 && bfd_next(&stage.bfd) <= until; n++) {
		ns_t next = bfd_next(&stage.bfd);

		stage.now = next > stage.now ? next : stage.now;
		turn();
	}
	/* Else a deadline would be passed over. */
	stage.now = u64_min(until, bfd_next(&stage.bfd));
}

static void use(struct input *in)
{
	u8 how = next_byte(in);
	u32 at = how % USES;
	enum route_source source = (enum route_source)(how >> 5 & 3);

	if (stage.use[at].id != BFD_NONE) {
		bfd_put(&stage.bfd, stage.use[at].id, stage.use[at].source, stage.now);
		stage.use[at].id = BFD_NONE;
		return;
	}
	stage.use[at].source = source;
	stage.use[at].id = bfd_get(&stage.bfd,
				   be32_of(0x0a000002u + (how & 1u) * 256 + (how >> 3 & 3)),
				   how & 1, source, stage.now);
}

static void change_iface(struct input *in)
{
	u8 how = next_byte(in);
	struct iface *iface = &stage.ifaces.iface[how & 1];

	if ((how & 2) != 0)
		iface->up = !iface->up;
	else
		iface->conf.addr[0].addr = be32_of(0x0a000001u + (how & 1u) * 256 + (how >> 7));
	bfd_ifaces(&stage.bfd, stage.now);
}

static void change_conf(struct input *in)
{
	struct bfd_params *params = &stage.conf.params;
	u8 how = next_byte(in);

	switch (how & 7) {
	case 0:
	case 1: params->min_tx_us = u32_min(10000u << (how >> 4), BFD_MAX_US); break;
	case 2:
	case 3: params->min_rx_us = 10000u << (how >> 4 & 11); break;
	case 4:
	case 5: params->multiplier = (u8)(1 + (how >> 4)); break;
	case 6: params->passive = !params->passive; break;
	default: set_auth(&params->auth, next_byte(in)); break;
	}
	bfd_configure(&stage.bfd, &stage.conf, stage.now);
}

static void step(struct input *in)
{
	struct bfd_change news;
	u8 what = next_byte(in);

	switch (what % 9) {
	case 0: say_raw(in); break;
	case 1:
	case 2: say_good(in); break;
	case 3: pass_time(in); break;
	case 4: use(in); break;
	case 5: change_iface(in); break;
	case 6: change_conf(in); break;
	case 7:
		if (bfd_read(&stage.bfd, &news))
			CHECK((u32)news.state < BFD_STATES);
		break;
	default:
		stage.host->room = what < 200 ? DGRAM_OUT : 0;
		stage.host->refuse = what >= 230 ? SOCK_IN_USE : SOCK_OK;
		break;
	}
	turn();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };

	open_stage(next_byte(&in));
	for (u32 n = 0; n < STEPS && in.left > 0; n++)
		step(&in);
	bfd_stop(&stage.bfd, stage.now);
	bfd_check(&stage.bfd);
	CHECK(dgram_open_count(stage.host) == 0);
	dgram_host_del(stage.host);
	return 0;
}
