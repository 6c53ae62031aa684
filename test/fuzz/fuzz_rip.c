/* A speaker of RIP among neighbours that say anything, on interfaces that come and go, in time. The
 * oracles: rip_check and rib_check after each step; what it sends can be read by who has its key;
 * and nobody is told of a way by the link that the way goes by, nor of one that the RIB has not.
 *
 *     first byte             authentication of both interfaces
 *     then steps             one byte what, others how: see step()                               */
#include "core/routing/rip/rip_part.h"
#include "fake/dgram.h"
#include "fuzz/input.h"

#include <stdlib.h>

enum { NETS = 24, STEPS = 200, ROUNDS = 64, TURNS = 500 };

struct stage {
	ns_t now;
	struct iface_table ifaces;
	struct rip_conf conf;
	struct policy_conf policy;
	struct rip rip;
	struct rib rib;
	struct fib fib;
	struct speaker_log log;
	struct dgram_host *host;
	u16 other;
};

static struct stage stage;
static u8 *region;
static u64 region_size;

static void cut(void)
{
	struct hash_key key = { { 3, 1, 4, 1 } };
	struct rib_conf rib = { 32, 64, 32, key };
	struct fib_conf fib = { .prefix_count = 32, .route_count = 32, .key = key };
	struct mem mem;

	mem_init_plan(&mem);
	if (region != NULL) {
		memset(region, 0, region_size);
		mem_init(&mem, region, region_size);
	}
	fib_layout(&stage.fib, &fib, &mem);
	rib_layout(&stage.rib, &rib, &mem);
	rip_layout(&stage.rip, &stage.conf, &mem);
	if (region == NULL) {
		region_size = mem.used;
		region = aligned_alloc(MEM_LINE, region_size);
		CHECK(region != NULL);
		cut();
	}
}

static void set_auth(struct rip_auth_conf *auth, u8 how)
{
	*auth = (struct rip_auth_conf){
		.kind = (enum rip_auth_kind)(how % 3),
		.key_count = how % 3 == RIP_AUTH_DIGEST ? 1 + how / 8 % 2 : 1,
		.key = { { .id = 1, .len_bytes = 5, .secret = "hello" },
			 { .id = 2, .len_bytes = 3, .secret = "old" } },
	};
	auth->key[0].alg = (enum digest_alg)(how / 16 % 5);
}

static void open_stage(u8 how)
{
	struct rip_start start = { .rib = &stage.rib, .ifaces = &stage.ifaces, .log = &stage.log };

	memset(&stage, 0, sizeof stage);
	stage.now = 1000 * NS_PER_SEC;
	stage.ifaces.count = 2;
	rip_conf_defaults(&stage.conf);
	stage.conf.net_limit = NETS;
	stage.conf.neighbour_limit = 3;
	stage.conf.hop_limit = 2;
	stage.conf.export = 0;
	stage.conf.policy = &stage.policy;
	stage.policy.policy_count = 1;
	stage.policy.policy[0].count = stage.policy.rule_count = 1;
	stage.policy.rule[0].list = POLICY_NONE;
	stage.conf.iface_count = 2;
	for (u16 n = 0; n < 2; n++) {
		struct iface *iface = &stage.ifaces.iface[n];

		iface->up = true;
		iface->conf.mtu = 1500;
		iface->conf.addr_count = 1;
		iface->conf.addr[0] = (struct iface_addr){ be32_of(0x0a000001u + n * 256u), 24,
							   false };
		rip_iface_conf_defaults(&stage.conf.iface[n], n);
		set_auth(&stage.conf.iface[n].auth, how);
	}
	cut();
	stage.host = dgram_host_new(&stage.ifaces);
	fib_init(&stage.fib);
	rib_init(&stage.rib, &stage.fib);
	stage.other = rib_client_new(&stage.rib, ROUTE_STATIC);
	start.io = dgram_io(stage.host);
	CHECK(rip_init(&stage.rip, &stage.conf, &start, stage.now) == ERR_OK);
}

/* ---- what it says ---------------------------------------------------------------------------- */

static void judge_entry(u16 iface, const struct rip_entry *entry)
{
	const struct rip_net *net;
	struct rib_path path;
	u8 len;
	u32 idx;

	CHECK(entry->family == RIP_FAMILY_IP);
	CHECK(entry->metric >= 1 && entry->metric <= RIP_INFINITY);
	CHECK(rip_entry_dest(entry, stage.rip.iface[iface].addr, 24, &len) == RIP_DEST_OK);
	idx = rip_net_find(&stage.rip, entry->addr, len);
	if (idx == IDX_NONE || entry->metric == RIP_INFINITY)
		return;
	net = rip_net_at(&stage.rip, idx);
	CHECK(!rip_net_is_by(net, iface));
	if (rip_net_kind(net) == RIP_ROUTE_LEARNED) {
		struct ip_prefix prefix = ip_prefix4(net->addr, net->len);

		CHECK(rib_find(&stage.rib, &prefix, stage.rip.client, 0, &path));
	}
}

static void judge(const struct dgram *out)
{
	const struct rip_auth_conf *auth = &stage.rip.iface[out->iface].conf.auth;
	struct rip_auth_seen seen;
	enum rip_command command;

	CHECK(be16_host(out->from.port) == RIP_PORT);
	CHECK(rip_msg_header(out->data, out->bytes, &command) == RIP_MSG_OK);
	CHECK(rip_auth_check(auth, out->data, out->bytes, &seen) == RIP_AUTH_GOOD);
	CHECK(seen.entry_count > 0 && seen.entry_count <= rip_auth_room(auth));
	/* What was asked for entry by entry is not told by this rule, and goes to no group. */
	for (u32 n = 0; n < seen.entry_count && command == RIP_RESPONSE &&
			be32_host(out->to.addr) == RIP_GROUP;
	     n++) {
		struct rip_entry entry;

		rip_entry_read(out->data + seen.entry_at + n * RIP_ENTRY_LEN, &entry);
		judge_entry(out->iface, &entry);
	}
}

static void judge_all(bool say)
{
	struct dgram out;

	while (dgram_take(stage.host, &out)) {
		if (say)
			judge(&out);
	}
}

static void turn(void)
{
	sock_id sock;
	u32 round;
	u8 ready;

	for (round = 0; round < ROUNDS; round++) {
		bool more = false;

		while (dgram_ready(stage.host, &sock, &ready))
			rip_sock(&stage.rip, sock, ready, stage.now);
		while (rib_tick(&stage.rib, stage.now))
			more = true;
		rip_tick(&stage.rip, stage.now);
		judge_all(true);
		if (!more && rip_next(&stage.rip) > stage.now)
			break;
	}
	CHECK(round < ROUNDS);
	rip_check(&stage.rip);
	rib_check(&stage.rib);
}

/* ---- what happens ---------------------------------------------------------------------------- */

static struct dgram from_neighbour(u8 who)
{
	u16 iface = who & 1;

	return (struct dgram){
		.from = { be32_of(0x0a000000u | (u32)iface << 8 | (who >> 1 & 7)),
			  be16_of((who & 0x40) != 0 ? 3000 : RIP_PORT) },
		.to = { (who & 0x20) != 0 ? stage.ifaces.iface[iface].conf.addr[0].addr
					  : be32_of(RIP_GROUP),
			be16_of(RIP_PORT) },
		.iface = iface,
		.ttl = 1,
	};
}

static void say_raw(struct input *in)
{
	struct dgram dgram = from_neighbour(next_byte(in));
	const u8 *bytes;

	dgram.bytes = next_bytes(in, next_byte(in) * 3u, &bytes);
	if (dgram.bytes > DGRAM_BYTES)
		return;
	memcpy(dgram.data, bytes, dgram.bytes);
	dgram_put(stage.host, &dgram);
}

static void say_entries(struct input *in, enum rip_command command, bool sign)
{
	struct dgram dgram = from_neighbour(next_byte(in));
	const struct rip_auth_conf *auth = &stage.rip.iface[dgram.iface].conf.auth;
	u32 count = 1 + next_byte(in) % 4;

	rip_header_write(dgram.data, command);
	dgram.bytes = RIP_HEADER_LEN + (sign ? rip_auth_entries(auth) * RIP_ENTRY_LEN : 0);
	for (u32 n = 0; n < count; n++) {
		u8 where = next_byte(in), how = next_byte(in);
		struct rip_entry entry = {
			.family = (how & 0x80) != 0 ? RIP_FAMILY_ALL : RIP_FAMILY_IP,
			.tag = how >> 6,
			.addr = be32_of(0x0a000000u | (where & 31u) << 8),
			.mask = be32_of(0xffffff00u << (where >> 5)),
			.next_hop = be32_of((how & 0x20) != 0 ? 0x0a000000u | (where & 7u) : 0),
			.metric = how & 31,
		};

		rip_entry_write(dgram.data + dgram.bytes, &entry);
		dgram.bytes += RIP_ENTRY_LEN;
	}
	if (sign)
		dgram.bytes = rip_auth_sign(auth, dgram.data, dgram.bytes, next_byte(in));
	dgram_put(stage.host, &dgram);
}

static void pass_time(struct input *in)
{
	ns_t until = stage.now + (1ull << (next_byte(in) % 39));

	for (u32 n = 0; n < TURNS; n++) {
		ns_t next = rip_next(&stage.rip);

		if (next > until) {
			stage.now = until;
			return;
		}
		stage.now = next > stage.now ? next : stage.now;
		turn();
	}
}

static void change_iface(struct input *in)
{
	u8 how = next_byte(in);
	struct iface *iface = &stage.ifaces.iface[how & 1];

	switch (how >> 1 & 3) {
	case 0: iface->up = !iface->up; break;
	case 1: iface->conf.addr[0].addr = be32_of(0x0a000001u + (how >> 3 & 3) * 256u); break;
	case 2: iface->conf.addr_count = iface->conf.addr_count == 0; break;
	default: iface->conf.addr[0].prefix_len = (how & 8) != 0 ? 24 : 23; break;
	}
	rip_ifaces(&stage.rip, stage.now);
}

static void change_conf(struct input *in)
{
	u8 how = next_byte(in);
	struct rip_iface_conf *conf = &stage.conf.iface[how & 1];

	switch (how >> 1 & 7) {
	case 0: conf->passive = !conf->passive; break;
	case 1: conf->cost = (u8)(1 + (how >> 4) % 15); break;
	case 2: set_auth(&conf->auth, next_byte(in)); break;
	case 3:
		conf->peer_count = how >> 4 & 1;
		conf->peer[0] = be32_of(0x0a000003u | (how & 1u) << 8);
		break;
	case 4: conf->multicast = !conf->multicast; break;
	case 5: stage.conf.iface_count = 1 + (how >> 4 & 1); break;
	case 6: stage.conf.import = (how & 16) != 0 ? 0 : POLICY_NONE; break;
	default: stage.conf.export = (how & 16) != 0 ? 0 : POLICY_NONE; break;
	}
	rip_configure(&stage.rip, &stage.conf, stage.now);
	/* What it said on the way was signed with keys that it has no longer. */
	judge_all(false);
}

static void change_static(struct input *in)
{
	u8 how = next_byte(in);
	struct ip_prefix prefix = ip_prefix4(be32_of(0x0a000000u | (how & 31u) << 8), 24);
	struct rib_hop hop = { .iface = how >> 5 & 1, .weight = 1 };
	struct rib_path path = { .client = stage.other, .type = FIB_UNICAST, .distance = 1 };
	enum err err;

	if ((how & 0x80) != 0) {
		err = rib_withdraw(&stage.rib, &prefix, stage.other, 0);
	} else {
		hop.gateway = ip_addr4(be32_of(0x0a000007u + (how & 0x40) * 4u));
		path.hops = rib_hops_get(&stage.rib, &hop, 1);
		err = path.hops == RIB_NONE ? ERR_FULL : rib_offer(&stage.rib, &prefix, &path);
	}
	(void)err;
}

static void step(struct input *in)
{
	u8 what = next_byte(in);

	switch (what % 10) {
	case 0: say_raw(in); break;
	case 1:
	case 2: say_entries(in, RIP_RESPONSE, true); break;
	case 3: say_entries(in, RIP_RESPONSE, false); break;
	case 4: say_entries(in, RIP_REQUEST, true); break;
	case 5: pass_time(in); break;
	case 6: change_iface(in); break;
	case 7: change_conf(in); break;
	case 8: change_static(in); break;
	default:
		stage.host->room = what < 128 ? DGRAM_OUT : what % 3;
		stage.host->refuse = what >= 250 ? SOCK_IN_USE : SOCK_OK;
		stage.host->fail = what >= 230 && what < 250 ? SOCK_NET_UNREACHABLE : SOCK_OK;
		break;
	}
	turn();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };

	open_stage(next_byte(&in));
	turn();
	for (u32 n = 0; n < STEPS && in.left > 0; n++)
		step(&in);
	rip_stop(&stage.rip, stage.now);
	rip_check(&stage.rip);
	CHECK(dgram_open_count(stage.host) == 0);
	dgram_host_del(stage.host);
	return 0;
}
