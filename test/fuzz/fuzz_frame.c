/* Raw frames as a driver hands them in: Ethernet and raw IP, ARP, any bytes, segments with offload
 * facts. No model; the engine has to keep its invariants, and what comes out has to be sound.
 *
 *     records    op, length, bytes of the frame; op chooses interface, offload facts, time      */
#include <stdio.h>
#include <stdlib.h>

#include "core/wire/checksum.h"
#include "fake/image.h"
#include "fuzz/input.h"

enum { FRAMES_MAX = 64 };

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

static void send_frame(struct rig *rig, struct input *in, u8 op)
{
	static _Thread_local struct build b;
	u16 in_if = (u16)(op & 3) % RIG_IFACES;
	u32 len = next_byte(in) * ((op & 4) != 0 ? 8u : 1u);
	const u8 *bytes;
	u32 have = next_bytes(in, len, &bytes);
	struct pkt *pkt;

	build_start(&b);
	if (in_if != RIG_IN2)
		build_eth(&b, &rig->mac[in_if], &rig->mac[in_if ^ 1],
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
	pkt = rig_make(rig, in_if, &b);
	if (pkt == NULL)
		return;
	if ((op & 64) != 0)
		offload(pkt, in);
	rig_input(rig, pkt);
}

static void look_at_output(struct rig *rig)
{
	static _Thread_local struct rig_out out;

	while (rig_next(rig, &out)) {
		const struct iface_conf *iface = &sluice_ifaces(rig->s)->iface[out.out_if].conf;

		CHECK(out.parsed);
		CHECK((out.seen.wrong & SEEN_IP_CSUM) == 0);
		if ((out.flags & PKT_LOCAL_OUT) != 0)
			CHECK((out.seen.wrong & ~(u32)SEEN_QUOTE_L4_CSUM) == 0);
		CHECK(out.gso_type != GSO_NONE || out.seen.len <= iface->mtu);
		CHECK(out.gso_type == GSO_NONE || iface->offloads != 0);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct rig *rig;
	static _Thread_local struct sluice_conf conf;
	struct input in = { data, size };
	u8 kinds = next_byte(&in) & 127;

	if (rig == NULL)
		rig = calloc(1, sizeof *rig);
	CHECK(rig != NULL);
	configure(&conf, kinds);
	image_open(rig, &conf, kinds);
	for (u32 n = 0; n < FRAMES_MAX && in.left > 0; n++) {
		u8 op = next_byte(&in);

		if ((op & 128) != 0)
			rig_advance(rig, (1 + next_byte(&in)) * (NS_PER_SEC / 4));
		send_frame(rig, &in, op);
		look_at_output(rig);
	}
	rig_close(rig);
	return 0;
}
