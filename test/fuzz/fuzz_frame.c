/* Raw frames as a driver hands them in: Ethernet and raw IP, ARP, any bytes, segments with offload
 * facts. No model; two engines, with and without the short cut, have to keep their invariants and
 * to agree on every byte and fact, and what comes out has to be sound.
 *
 *     records    op, length, bytes of the frame; op chooses interface, offload facts, time; or it
 *                answers what came out last: more of its length, flags of TCP                    */
#include <stdio.h>
#include <stdlib.h>

#include "core/wire/checksum.h"
#include "fake/image.h"
#include "fuzz/input.h"

enum { FRAMES_MAX = 64, ROADS = 2 };

static void configure(struct sluice_conf *conf, u8 kinds)
{
	rig_conf(conf);
	conf->ct.flow_count = 32;
	conf->nat.mapping_count = 16;
	conf->nat.address_count = 4;
	conf->nat.dest_count = 1;
	conf->neigh.count = 8;
	conf->fib.prefix_count = 32;
	conf->fib.route_count = 32;
	conf->reass.queue_count = 4;
	conf->reass.fragment_count = 16;
	conf->reass.fragments_per_source = 16;
	conf->packets.small_count = 128;
	conf->packets.large_count = 4;
	conf->redirects = (kinds & 1) != 0;
	conf->ct.midstream = (kinds & 2) != 0;
	conf->iface[RIG_OUT].mtu = (kinds & 4) != 0 ? 576 : 1500;
	if ((kinds & 8) != 0)
		conf->iface[RIG_OUT].offloads = IFACE_TX_CSUM | IFACE_TX_TSO | IFACE_TX_USO;
	rig_conf_mapping(conf, (enum nat_mapping)(kinds >> 4 & 1),
			 (enum nat_filtering)((kinds >> 5 & 3) % 3));
}

/* What a driver has checked before it sets them: the field lies in the packet. */
static void offload(struct pkt *pkt, struct input *in)
{
	u8 kind = next_byte(in);
	u32 l4 = pkt->len >= IP4_HLEN_MIN ? (u32)(pkt_l3(pkt)[0] & 15) * 4 : 0;
	u8 proto = pkt->len >= IP4_HLEN_MIN ? pkt_l3(pkt)[9] : 0;

	if (l4 < IP4_HLEN_MIN || pkt->len < l4 + TCP_HLEN_MIN ||
	    (proto != IP_PROTO_TCP && proto != IP_PROTO_UDP))
		return;
	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = (u16)l4;
	pkt->csum_offset = proto == IP_PROTO_TCP ? 16 : 6;
	if ((kind & 1) == 0)
		return;
	pkt->gso_type = proto == IP_PROTO_TCP ? GSO_TCP4 : GSO_UDP_L4;
	pkt->gso_size = (u16)(1 + next_byte(in) * 6);
}

/* What came out last, for an answer. */
struct last {
	u16 out_if;
	u32 len;
	u8 bytes[64];
};

static void send_both(struct rig rigs[ROADS], u16 in_if, const struct build *b, struct input *in,
		      bool facts)
{
	struct input before = *in;

	for (u32 road = 0; road < ROADS; road++) {
		struct pkt *pkt = rig_make(&rigs[road], in_if, b);

		*in = before;
		if (pkt == NULL)
			continue;
		if (facts)
			offload(pkt, in);
		rig_input(&rigs[road], pkt);
	}
}

static void answer(struct rig rigs[ROADS], const struct last *last, struct input *in, u8 op)
{
	static _Thread_local struct build b;
	u32 len = next_byte(in) * ((op & 4) != 0 ? 8u : 1u);
	u8 flags = next_byte(in);
	struct seen seen;

	if (!seen_parse_quote(&seen, last->bytes, last->len) || !seen.has_l4)
		return;
	build_start(&b);
	build_ip4(&b, seen.dst, seen.src, seen.proto);
	if (seen.proto == IP_PROTO_TCP)
		build_tcp(&b, seen.dport, seen.sport, flags, seen.ack, seen.seq + 1);
	else if (seen.proto == IP_PROTO_UDP)
		build_udp(&b, seen.dport, seen.sport);
	else
		build_icmp(&b, ICMP_ECHO_REPLY, 0, (u32)seen.icmp_id << 16 | seen.icmp_seq);
	build_payload(&b, len, op);
	build_seal(&b);
	send_both(rigs, last->out_if, &b, in, (op & 64) != 0);
}

static void send_frame(struct rig rigs[ROADS], struct input *in, u8 op)
{
	static _Thread_local struct build b;
	u16 in_if = op & 3;
	u32 len = next_byte(in) * ((op & 4) != 0 ? 8u : 1u);
	const u8 *bytes;
	u32 have = next_bytes(in, len, &bytes);

	build_start(&b);
	if (in_if != RIG_IN2)
		build_eth(&b, &rigs->mac[in_if], &rigs->mac[in_if ^ 1],
			  (op & 8) != 0 ? ETH_TYPE_ARP : ETH_TYPE_IP4);
	build_bytes(&b, bytes, have);
	build_payload(&b, len - have, op);
	if ((op & 16) != 0 && in_if != RIG_IN2)
		memset(b.bytes, 0xff, ETH_ALEN);
	if ((op & 8) == 0 && len >= IP4_HLEN_MIN && (op & 32) != 0) {
		struct ip4_hdr *ip = build_ip(&b);

		ip->version_ihl = 0x45;
		ip->len = be16_of((u16)len);
		b.l4 = b.l3 + IP4_HLEN_MIN;
		build_seal_ip(&b);
	}
	send_both(rigs, in_if, &b, in, (op & 64) != 0);
}

static void judge_same(const struct rig_out *a, const struct rig_out *b)
{
	const u32 told = PKT_CSUM_PARTIAL | PKT_TO_HOST;

	CHECK(a->out_if == b->out_if && a->gso_type == b->gso_type);
	CHECK((a->flags & told) == (b->flags & told));
	CHECK(a->gso_size == b->gso_size || a->gso_type == GSO_NONE);
	CHECK(a->frame.len == b->frame.len);
	CHECK(memcmp(a->frame.bytes, b->frame.bytes, a->frame.len) == 0);
	if ((a->flags & PKT_CSUM_PARTIAL) != 0)
		CHECK(a->csum_start == b->csum_start && a->csum_offset == b->csum_offset);
}

static void look_at_output(struct rig rigs[ROADS], struct last *last)
{
	static _Thread_local struct rig_out out, other;

	while (rig_next(&rigs[0], &out)) {
		const struct iface_conf *iface = &sluice_ifaces(rigs->s)->iface[out.out_if].conf;

		CHECK(rig_next(&rigs[1], &other));
		judge_same(&out, &other);
		last->out_if = out.out_if;
		last->len = u32_min(out.frame.len - out.frame.l3, sizeof last->bytes);
		memcpy(last->bytes, out.frame.bytes + out.frame.l3, last->len);
		CHECK(out.parsed);
		CHECK((out.seen.wrong & SEEN_IP_CSUM) == 0);
		if ((out.flags & PKT_LOCAL_OUT) != 0)
			CHECK((out.seen.wrong & ~(u32)SEEN_QUOTE_L4_CSUM) == 0);
		CHECK(out.gso_type != GSO_NONE || out.seen.len <= iface->mtu);
		CHECK(out.gso_type == GSO_NONE || iface->offloads != 0);
	}
	CHECK(!rig_next(&rigs[1], &other));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct rig rigs[ROADS];
	static _Thread_local struct sluice_conf conf;
	struct input in = { data, size };
	struct last last = { 0 };
	u8 kinds = next_byte(&in) & 127;

	configure(&conf, kinds);
	for (u32 road = 0; road < ROADS; road++) {
		conf.slow_road = road == 1;
		image_open(&rigs[road], &conf, kinds * ROADS + road);
	}
	for (u32 n = 0; n < FRAMES_MAX && in.left > 0; n++) {
		u8 op = next_byte(&in);
		ns_t pause = (op & 128) != 0 ? (1u + next_byte(&in)) * (NS_PER_SEC / 4) : 0;

		for (u32 road = 0; road < ROADS && pause > 0; road++)
			rig_advance(&rigs[road], pause);
		if ((op & 3) == RIG_IFACES)
			answer(rigs, &last, &in, op);
		else
			send_frame(rigs, &in, op);
		look_at_output(rigs, &last);
	}
	for (u32 road = 0; road < ROADS; road++)
		rig_close(&rigs[road]);
	return 0;
}
