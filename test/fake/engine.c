/* An engine on the bench, with stations that answer ARP. */
#include "fake/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static void rig_fail(const char *what)
{
	fprintf(stderr, "rig: %s\n", what);
	abort();
}

struct mac rig_mac_of(be32 station)
{
	u32 a = be32_host(station);

	return (struct mac){ { 0x02, 0xbb, (u8)(a >> 24), (u8)(a >> 16), (u8)(a >> 8), (u8)a } };
}

/* Memory of closed engines, for the next ones: a fuzzer opens thousands. */
struct rig_spare {
	void *memory;
	u64 size;
};

static struct rig_spare rig_spares[RIG_SPARES];

static void *rig_memory_new(u64 size)
{
	void *memory = NULL;

	for (u32 n = 0; n < RIG_SPARES && memory == NULL; n++) {
		if (rig_spares[n].memory != NULL && rig_spares[n].size == size) {
			memory = rig_spares[n].memory;
			rig_spares[n].memory = NULL;
		}
	}
	if (memory == NULL)
		memory = aligned_alloc(RIG_PAGE, size);
	if (memory == NULL)
		rig_fail("no memory");
	memset(memory, 0, size);
	return memory;
}

static void rig_memory_del(void *memory, u64 size)
{
	for (u32 n = 0; n < RIG_SPARES; n++) {
		if (rig_spares[n].memory == NULL) {
			rig_spares[n] = (struct rig_spare){ memory, size };
			return;
		}
	}
	free(rig_spares[0].memory);
	rig_spares[0] = (struct rig_spare){ memory, size };
}

static void rig_iface(struct iface_conf *iface, const char *name, enum iface_side side,
		      const char *address)
{
	snprintf(iface->name, sizeof iface->name, "%s", name);
	iface->side = side;
	iface->mtu = 1500;
	iface->addr_count = 1;
	iface->addr[0].addr = addr(address);
	iface->addr[0].prefix_len = 16;
}

void rig_conf(struct sluice_conf *conf)
{
	sluice_conf_defaults(conf);
	conf->iface_count = RIG_IFACES;
	rig_iface(&conf->iface[RIG_IN], "in0", IFACE_INSIDE, "10.10.0.1");
	rig_iface(&conf->iface[RIG_OUT], "out0", IFACE_OUTSIDE, "198.18.0.1");
	rig_iface(&conf->iface[RIG_IN2], "in1", IFACE_INSIDE, "10.20.0.1");
	conf->iface[RIG_IN].mac = (struct mac){ { 0x02, 0xaa, 0, 0, 0, 1 } };
	conf->iface[RIG_OUT].mac = (struct mac){ { 0x02, 0xaa, 0, 0, 0, 2 } };
	conf->iface[RIG_IN2].link = IFACE_RAW_IP;
	conf->host_if = IFACE_NONE;
	conf->route_count = 1;
	conf->route[0].prefix = addr("0.0.0.0");
	conf->route[0].prefix_len = 0;
	conf->route[0].route.type = FIB_UNICAST;
	conf->route[0].route.path_count = 1;
	conf->route[0].route.path[0] = (struct fib_path){ addr("198.18.0.2"), RIG_OUT, 1 };
	conf->nat.rule_count = 1;
	nat_rule_defaults(&conf->nat.rule[0]);
	conf->nat.rule[0].source = addr("10.0.0.0");
	conf->nat.rule[0].source_len = 8;
	conf->ct.flow_count = 4096;
	conf->ct.news_count = 64;
	conf->nat.mapping_count = 4096;
	conf->nat.dest_count = 16;
	conf->nat.address_count = 64;
	conf->neigh.count = 256;
	conf->filter.rule_limit = 128;
	conf->filter.set_limit = 8;
	conf->filter.port_set_limit = 2;
	conf->filter.elem_limit = 256;
	conf->filter.source_limit = 16;
	conf->fib.prefix_count = 256;
	conf->fib.route_count = 256;
	conf->packets.small_count = 1024;
	conf->packets.large_count = 32;
	conf->packets.ring_count = 4;
	memset(conf->seed, 0x5a, sizeof conf->seed);
}

void rig_conf_zones(struct sluice_conf *conf)
{
	static const char *const names[] = { "blue", "red" };

	conf->iface[RIG_IN2].addr[0] = conf->iface[RIG_IN].addr[0];
	for (u8 at = 0; at < 2; at++) {
		struct iface_conf *iface = &conf->iface[at == 0 ? RIG_IN : RIG_IN2];

		iface->zone = (u8)(at + 1);
		snprintf(iface->zone_name, sizeof iface->zone_name, "%s", names[at]);
	}
}

void rig_conf_pool(struct sluice_conf *conf, const char *first, const char *last)
{
	conf->nat.pool_count = 1;
	memset(&conf->nat.pool[0], 0, sizeof conf->nat.pool[0]);
	conf->nat.pool[0].range_count = 1;
	conf->nat.pool[0].range[0] = (struct nat_range){ addr(first), addr(last) };
	conf->nat.rule[0].kind = NAT_KIND_POOL;
	conf->nat.rule[0].pool = 0;
}

void rig_conf_mapping(struct sluice_conf *conf, enum nat_mapping mapping,
		      enum nat_filtering filtering)
{
	for (u32 proto = 0; proto < NAT_PROTO_COUNT; proto++) {
		conf->nat.rule[0].mapping[proto] = mapping;
		conf->nat.rule[0].filtering[proto] = filtering;
	}
}

u64 rig_memory_size(const struct sluice_conf *conf)
{
	struct mem plan;

	mem_init_plan(&plan);
	sluice_plan(conf, &plan);
	return (plan.used + RIG_PAGE - 1) / RIG_PAGE * RIG_PAGE;
}

void rig_open_in(struct rig *rig, const struct sluice_conf *conf, void *memory, u64 size)
{
	const char *why = "no reason given";

	memset(rig, 0, offsetof(struct rig, tx));
	rig->tx.count = 0;
	rig->now = RIG_BEGAN_NS;
	rig->iface_count = conf->iface_count;
	for (u32 n = 0; n < conf->iface_count; n++) {
		rig->mac[n] = conf->iface[n].mac;
		rig->link[n] = conf->iface[n].link;
	}
	rig->memory = memory;
	rig->memory_size = size;
	rig->borrowed = true;
	if (sluice_new(&rig->s, conf, memory, size, rig->now, &why) != ERR_OK)
		rig_fail(why);
	rig_advance(rig, RIG_DETECTION_S * NS_PER_SEC);
	rig_drain(rig);
}

void rig_open(struct rig *rig, const struct sluice_conf *conf)
{
	u64 size = rig_memory_size(conf);

	rig_open_in(rig, conf, rig_memory_new(size), size);
	rig->borrowed = false;
}

void rig_check(const struct rig *rig)
{
	if (rig->borrowed && !rig->configured)
		sluice_check_traffic(rig->s);
	else
		sluice_check(rig->s);
}

void rig_close(struct rig *rig)
{
	rig_drain(rig);
	rig_check(rig);
	if (!rig->borrowed)
		rig_memory_del(rig->memory, rig->memory_size);
	rig->memory = NULL;
}

bool rig_configure(struct rig *rig, const struct sluice_conf *conf)
{
	const char *why = "no reason given";
	enum err look = sluice_look(rig->s, conf, &why);
	enum err err = sluice_configure(rig->s, conf, rig->now, &why);

	rig->configured = true;
	CHECK(look == ERR_OK || err == look);
	return err == ERR_OK;
}

struct pkt *rig_make(struct rig *rig, u16 in_if, const struct build *b)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)(b->bytes + b->l3);
	struct pkt *pkt = build_pkt(sluice_pool(rig->s), b, in_if);
	struct eth_hdr eth;

	if (pkt == NULL || b->l3 > 0 || rig->link[in_if] != IFACE_ETHERNET)
		return pkt;
	eth.dst = rig->mac[in_if];
	eth.src = b->len >= IP4_HLEN_MIN ? rig_mac_of(ip->src) : rig_mac_of(be32_of(0));
	eth.type = be16_of(ETH_TYPE_IP4);
	pkt->l2 = (u16)(pkt->l3 - ETH_HLEN);
	pkt->flags &= ~(u32)PKT_RAW_IP;
	memcpy(pkt_frame(pkt), &eth, sizeof eth);
	return pkt;
}

static bool rig_is_arp(const struct pkt *pkt)
{
	return pkt->l3 - pkt->l2 == ETH_HLEN &&
	       be16_host(be16_load(pkt_frame(pkt) + 12)) == ETH_TYPE_ARP;
}

static void rig_count(struct rig_count *count, const struct pkt *pkt)
{
	count->packets++;
	count->bytes += pkt->len;
}

void rig_input(struct rig *rig, struct pkt *pkt)
{
	struct batch rx;

	rig_count(&rig->came[pkt->in_if], pkt);
	rig->arp_in += rig_is_arp(pkt);
	rx.count = 0;
	batch_add(&rx, pkt);
	sluice_input(rig->s, &rx, rig->now);
	if (rx.count != 0)
		rig_fail("the engine did not take the batch");
}

bool rig_send(struct rig *rig, u16 in_if, const struct build *b)
{
	struct pkt *pkt = rig_make(rig, in_if, b);

	if (pkt == NULL)
		return false;
	rig_input(rig, pkt);
	return true;
}

static bool rig_is_silent(const struct rig *rig, be32 station)
{
	for (u32 n = 0; n < rig->silent_count; n++) {
		if (be32_eq(rig->silent[n], station))
			return true;
	}
	return false;
}

/* Probes (RFC 5227 section 2.1.1: sender zero) and announcements (sender is target) want no answer
 * from a station that has no quarrel with them.                                                  */
static void rig_answer_arp(struct rig *rig, const struct pkt *pkt)
{
	const struct arp_hdr *arp = (const struct arp_hdr *)(pkt->buf + pkt->l3);
	struct mac station = rig_mac_of(arp->tpa);
	static _Thread_local struct build reply;

	if (pkt->len < ARP_LEN || be16_host(arp->op) != ARP_REQUEST)
		return;
	rig->arp_requests++;
	if (arp->spa.raw == 0 || be32_eq(arp->spa, arp->tpa) || rig_is_silent(rig, arp->tpa))
		return;
	build_arp(&reply, ARP_REPLY, &station, arp->tpa, arp->spa);
	memcpy(reply.bytes, &arp->sha, ETH_ALEN);
	((struct arp_hdr *)(reply.bytes + reply.l3))->tha = arp->sha;
	rig_send(rig, pkt->out_if, &reply);
}

static void rig_out_of(struct rig_out *out, const struct pkt *pkt)
{
	out->out_if = pkt->out_if;
	out->flags = pkt->flags;
	out->gso_type = pkt->gso_type;
	out->gso_size = pkt->gso_size;
	out->csum_start = pkt->csum_start;
	out->csum_offset = pkt->csum_offset;
	out->arp = rig_is_arp(pkt);
	out->frame.l3 = (u32)(pkt->l3 - pkt->l2);
	out->frame.len = pkt_frame_len(pkt);
	if (out->frame.len > BUILD_MAX)
		rig_fail("a frame longer than any packet came out");
	memcpy(out->frame.bytes, pkt_frame(pkt), out->frame.len);
	out->parsed = !out->arp &&
		      seen_parse(&out->seen, out->frame.bytes + out->frame.l3, pkt->len);
	out->frame.l4 = out->frame.l3 + (out->parsed ? out->seen.hlen : 0);
}

static void rig_check_out(const struct rig *rig, const struct pkt *pkt)
{
	if (pkt->out_if >= rig->iface_count)
		rig_fail("a packet came out of no interface");
	if (pkt->l2 > pkt->l3 || pkt->l3 + pkt->len > pkt->buf_size)
		rig_fail("a packet came out that does not lie in its buffer");
	if ((pkt->l3 - pkt->l2 == ETH_HLEN) != (rig->link[pkt->out_if] == IFACE_ETHERNET))
		rig_fail("a packet came out with the wrong kind of link header");
}

bool rig_next(struct rig *rig, struct rig_out *out)
{
	for (;;) {
		struct pkt *pkt;
		bool arp;

		if (rig->tx_next == rig->tx.count) {
			rig->tx_next = rig->tx.count = 0;
			if (!sluice_output(rig->s, &rig->tx) || rig->tx.count == 0)
				return false;
		}
		pkt = rig->tx.pkt[rig->tx_next++];
		rig->frames_out++;
		rig_check_out(rig, pkt);
		rig_count(&rig->left[pkt->out_if], pkt);
		arp = rig_is_arp(pkt);
		rig->arp_out += arp;
		if (!arp || rig->keep_arp)
			rig_out_of(out, pkt);
		if (arp && rig->link[pkt->out_if] == IFACE_ETHERNET) {
			const struct arp_hdr *hdr = (const struct arp_hdr *)pkt_l3(pkt);

			if (be16_host(hdr->op) == ARP_REPLY)
				rig->arp_replies++;
			rig_answer_arp(rig, pkt);
		}
		pkt_put(pkt);
		if (!arp || rig->keep_arp)
			return true;
	}
}

u32 rig_drain(struct rig *rig)
{
	static _Thread_local struct rig_out out;
	u32 count = 0;

	while (rig_next(rig, &out))
		count++;
	return count;
}

void rig_advance(struct rig *rig, ns_t by_ns)
{
	ns_t until = rig->now + by_ns;

	for (u32 tick = 0; sluice_next(rig->s) <= until; tick++) {
		ns_t next = sluice_next(rig->s);

		if (tick == RIG_TICKS_MAX)
			rig_fail("sluice_next() asks for tick after tick");
		if (next > rig->now)
			rig->now = next;
		sluice_tick(rig->s, rig->now);
	}
	rig->now = until;
}

u64 rig_drop_count(const struct rig *rig, enum drop drop)
{
	struct sluice_counter rows[16];
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		u32 count = sluice_show_drops(rig->s, &cursor, rows, 16);

		for (u32 n = 0; n < count; n++) {
			if (strcasecmp(rows[n].name, drop_name(drop)) == 0)
				return rows[n].count;
		}
	}
	rig_fail("a drop reason is not shown");
	return 0;
}

u64 rig_drop_sum(const struct rig *rig)
{
	struct sluice_counter rows[16];
	u32 cursor = 0;
	u64 sum = 0;

	while (cursor != SLUICE_CURSOR_END) {
		u32 count = sluice_show_drops(rig->s, &cursor, rows, 16);

		for (u32 n = 0; n < count; n++)
			sum += rows[n].count;
	}
	return sum;
}

u64 rig_counter(const struct rig *rig, const char *name)
{
	struct sluice_counter rows[16];
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		u32 count = sluice_show_counters(rig->s, &cursor, rows, 16);

		for (u32 n = 0; n < count; n++) {
			if (strcmp(rows[n].name, name) == 0)
				return rows[n].count;
		}
	}
	rig_fail(name);
	return 0;
}

bool rig_find_flow(const struct rig *rig, const struct sluice_flow_filter *filter,
		   struct sluice_flow *out)
{
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		if (sluice_show_flows(rig->s, filter, rig->now, &cursor, out, 1) > 0)
			return true;
	}
	return false;
}

u32 rig_mapping_count(const struct rig *rig)
{
	struct sluice_mapping rows[16];
	u32 cursor = 0;
	u32 sum = 0;

	while (cursor != SLUICE_CURSOR_END)
		sum += sluice_show_nat(rig->s, rig->now, &cursor, rows, 16);
	return sum;
}

u64 rig_ports_held(const struct rig *rig)
{
	struct sluice_ports rows[16];
	u32 cursor = 0;
	u64 sum = 0;

	while (cursor != SLUICE_CURSOR_END) {
		u32 count = sluice_show_ports(rig->s, &cursor, rows, 16);

		for (u32 n = 0; n < count; n++)
			sum += rows[n].mapped + rows[n].resting + rows[n].flows;
	}
	return sum;
}
