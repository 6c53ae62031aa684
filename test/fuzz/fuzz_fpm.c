/* A zebra that says anything, cut anywhere, to a client of the RIB: good frames, good ones with a
 * wrong byte, and bytes of any kind, on connections that come and go in time. The oracles are
 * fpm_check and rib_check after each step; and when all is done each route that refers to a next
 * hop by its number has what that next hop is now.
 *
 *     steps                  one byte what, others how: see step()                               */
#include "core/routing/fpm/fpm_part.h"
#include "fake/fpm_wire.h"
#include "fuzz/input.h"

#include <stdlib.h>

enum { ROUTES = 12, OBJECTS = 8, STEPS = 200, TURNS = 500, LINKS = 2 };

struct stage {
	ns_t now;
	struct iface_table ifaces;
	struct fpm_conf conf;
	struct fpm fpm;
	struct rib rib;
	struct fib fib;
	struct speaker_log log;
};

static struct stage stage;
static struct fpm_wire wire;
static u8 *region;
static u64 region_size;

static void cut(void)
{
	struct hash_key key = { { 3, 1, 4, 1 } };
	struct rib_conf rib = { 24, 32, 12, key };
	struct fib_conf fib = { .prefix_count = 16, .route_count = 12, .key = key };
	struct mem mem;

	mem_init_plan(&mem);
	if (region != NULL) {
		memset(region, 0, region_size);
		mem_init(&mem, region, region_size);
	}
	fib_layout(&stage.fib, &fib, &mem);
	rib_layout(&stage.rib, &rib, &mem);
	fpm_layout(&stage.fpm, &stage.conf, &mem);
	if (region == NULL) {
		region_size = mem.used;
		region = aligned_alloc(MEM_LINE, region_size);
		CHECK(region != NULL);
		cut();
	}
}

/* The networks of the links, of which the second may go. */
static void offer_link(u16 client, u16 iface)
{
	struct ip_prefix prefix = ip_prefix4(be32_of(0x0a000000u + iface * 0x10000u), 16);
	struct rib_hop hop = { .iface = iface, .weight = 1 };
	struct rib_path path = { .client = client, .type = FIB_UNICAST };

	path.hops = rib_hops_get(&stage.rib, &hop, 1);
	CHECK(path.hops != RIB_NONE && rib_offer(&stage.rib, &prefix, &path) == ERR_OK);
}

static void open_stage(void)
{
	struct fpm_start start = { .rib = &stage.rib, .ifaces = &stage.ifaces, .log = &stage.log };
	u16 links;

	memset(&stage, 0, sizeof stage);
	stage.now = 1000 * NS_PER_SEC;
	fpm_conf_defaults(&stage.conf);
	stage.conf.object_limit = OBJECTS;
	stage.conf.route_limit = ROUTES;
	stage.ifaces.count = LINKS;
	cut();
	fib_init(&stage.fib);
	rib_init(&stage.rib, &stage.fib);
	CHECK(fpm_init(&stage.fpm, &stage.conf, &start));
	links = rib_client_new(&stage.rib, ROUTE_CONNECTED);
	for (u16 n = 0; n < LINKS; n++) {
		stage.ifaces.iface[n].conf.addr_count = 1;
		stage.ifaces.iface[n].conf.addr[0] = (struct iface_addr){
			be32_of(0x0a000001u + n * 0x10000u), 16, false
		};
		fpm_os_index(&stage.fpm, n, 1 + n);
		offer_link(links, n);
	}
}

/* ---- what is so when all is done ------------------------------------------------------------- */

static bool has_gateway(const struct rib_path *path, be32 gateway)
{
	struct rib_hop hop[RIB_HOPS_MAX];
	u32 count;

	if (path->hops == RIB_NONE)
		return false;
	count = rib_hops_read(&stage.rib, path->hops, hop);
	for (u32 n = 0; n < count; n++) {
		if (be32_eq(hop[n].gateway.word[0], gateway))
			return true;
	}
	return false;
}

static void judge_path(const struct rib_path *path)
{
	const struct fpm_object *object = fpm_object_at(&stage.fpm,
							fpm_object_find(&stage.fpm, path->extra));
	struct fpm_msg route;
	bool any = false;

	CHECK(object->kind != FPM_OBJECT_UNKNOWN || path->hidden);
	fpm_object_resolve(&stage.fpm, fpm_object_find(&stage.fpm, path->extra), &route);
	for (u32 n = 0; n < route.hop_count; n++) {
		bool usable = route.hop[n].why == FPM_TAKEN && route.hop[n].gateway.raw != 0;

		any |= usable;
		CHECK(!usable || has_gateway(path, route.hop[n].gateway));
	}
	CHECK(!any || !path->hidden);
	CHECK(route.kind != FPM_BLACKHOLE || (path->type == FIB_BLACKHOLE && !path->hidden));
}

static void judge(void)
{
	struct rib_owned owned;
	u32 cursor = 0, count;
	bool more = true;

	while (more) {
		more = rib_client_walk(&stage.rib, stage.fpm.client, &cursor, &owned, 1, &count);
		if (count > 0 && !owned.path.stale && owned.path.extra != 0)
			judge_path(&owned.path);
	}
}

static void turn(void)
{
	fpm_tick(&stage.fpm, stage.now);
	(void)rib_tick(&stage.rib, stage.now);
	fpm_check(&stage.fpm);
	rib_check(&stage.rib);
}

static void settle(void)
{
	for (u32 n = 0;
	     n < TURNS && (fpm_next(&stage.fpm) <= stage.now || !rib_is_idle(&stage.rib)); n++) {
		turn();
		stage.now += NS_PER_MS;
	}
	CHECK(fpm_next(&stage.fpm) > stage.now - NS_PER_MS);
	judge();
}

/* ---- what it says ---------------------------------------------------------------------------- */

static u32 some_prefix(u8 how)
{
	return 0x14000000u + (how % 16u) * 0x100u;
}

static u32 some_gateway(u8 how)
{
	return how % 5 == 0 ? 0 : 0x0a000002u + (how % 3u) * 0x10000u + how / 64;
}

static void say_group(struct input *in)
{
	u32 member[20];
	u8 how = next_byte(in);
	u32 count = 1 + how % ARRAY_COUNT(member);

	for (u32 n = 0; n < count; n++)
		member[n] = next_byte(in) % 12;
	wire_group(&wire, next_byte(in) % 12, member, count);
}

/* Several next hops, of which bytes are as they come. */
static void say_hops(struct input *in)
{
	const u8 *bytes;
	u32 count = next_bytes(in, next_byte(in), &bytes);

	wire_frame(&wire);
	wire_route(&wire, WIRE_NEW_ROUTE, some_prefix(next_byte(in)), 24, WIRE_UNICAST);
	wire_attr(&wire, 9, bytes, (u16)count);
}

static void write_one(struct input *in)
{
	u8 what = next_byte(in), who = next_byte(in), how = next_byte(in);

	switch (what % 8) {
	case 0: wire_route_via(&wire, some_prefix(who), 24, some_gateway(how), how % 4); break;
	case 1: wire_route_by(&wire, some_prefix(who), 24, how % 12); break;
	case 2: wire_route_gone(&wire, some_prefix(who), 24); break;
	case 3: wire_object_via(&wire, who % 12, some_gateway(how), how % 4); break;
	case 4: wire_object(&wire, how < 200 ? WIRE_DEL_OBJECT : WIRE_NEW_OBJECT, who % 12); break;
	case 5: say_group(in); break;
	case 6: say_hops(in); break;
	default:
		wire_frame(&wire);
		wire_route(&wire, WIRE_DEL_ROUTE, some_prefix(who), 24, 0);
		wire_route(&wire, WIRE_NEW_ROUTE, some_prefix(who), 24, how % 12);
		break;
	}
}

/* In two pieces. */
static void tell(const u8 *data, u32 bytes, u32 at)
{
	at = u32_min(at, bytes);
	if (!stage.fpm.connected || fpm_input(&stage.fpm, data, at, stage.now) != NULL)
		return;
	fpm_check(&stage.fpm);
	if (fpm_input(&stage.fpm, data + at, bytes - at, stage.now) != NULL)
		CHECK(!stage.fpm.connected);
}

static void say_good(struct input *in, bool spoilt)
{
	u8 frames = next_byte(in) % 8;

	wire.bytes = 0;
	for (u32 n = 0; n <= frames; n++)
		write_one(in);
	if (spoilt)
		wire.at[next_u16(in) % wire.bytes] = next_byte(in);
	tell(wire.at, wire.bytes, next_byte(in));
}

static void say_raw(struct input *in)
{
	const u8 *bytes;
	u32 count = next_bytes(in, next_byte(in), &bytes);

	tell(bytes, count, next_byte(in));
}

static void connect_it(struct input *in)
{
	struct fpm_peer peer = { be32_of(0x7f000001), 1, (next_byte(in) & 1) != 0 };

	fpm_open(&stage.fpm, &peer, stage.now);
}

static void change_conf(struct input *in)
{
	u8 how = next_byte(in);

	stage.conf.distance = (u8)(1 + how % 3);
	stage.conf.route_limit = 1 + how / 16 % ROUTES;
	stage.conf.hold_ns = (how & 4) != 0 ? 0 : 60 * NS_PER_SEC;
	fpm_configure(&stage.fpm, &stage.conf, stage.now);
}

static void step(struct input *in)
{
	u8 what = next_byte(in);

	switch (what % 10) {
	case 0:
	case 1:
	case 2:
	case 3: say_good(in, false); break;
	case 4: say_good(in, true); break;
	case 5: say_raw(in); break;
	case 6: connect_it(in); break;
	case 7: fpm_close(&stage.fpm, "it is gone", stage.now); break;
	case 8: stage.now += (1ull << (next_byte(in) % 37)); break;
	default: change_conf(in); break;
	}
	turn();
	if (what >= 200)
		settle();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };

	open_stage();
	for (u32 n = 0; n < STEPS && in.left > 0; n++)
		step(&in);
	settle();
	fpm_stop(&stage.fpm, stage.now);
	for (u32 n = 0; n < TURNS && rib_tick(&stage.rib, stage.now); n++)
		stage.now += NS_PER_MS;
	rib_check(&stage.rib);
	return 0;
}
