/* Two gateways side by side: giving both the same packet. */
#include "diff/twin.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/wire/dccp.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/sctp.h"

#define PUBLIC "198.18.0.1"

static struct twin *twin_of(struct actor *actor)
{
	return (struct twin *)actor;
}

/* ---- what is left out --------------------------------------------------------------------------
 * ICMPv6, which the kernel refuses in IPv4, and PIM, which it takes; where rules ask for ports, the
 * protocols of which the kernel knows none; fragments that overlap: see docs/differential.md.    */

static bool twin_leaves_proto(const struct twin *twin, u8 proto)
{
	return proto == 58 || proto == 103 ||
	       (twin->rules.rule_count > 0 && ip4_has_ports(proto) &&
		!twin->names.has_ports[proto]);
}

/* Whether the fragment overlaps one that was seen, without being the same; remembered else. */
static bool twin_overlaps(struct twin *twin, const u8 *bytes, u32 len)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)bytes;
	struct twin_piece piece = { ip->src, ip->dst, ip->id, ip->proto, 0, 0 };
	u32 kept = u32_min(twin->piece_count, TWIN_PIECES);

	piece.begin = ip4_frag_offset_bytes(ip);
	piece.end = piece.begin + u32_min(len, be16_host(ip->len)) - ip4_hlen(ip);
	for (u32 n = 0; n < kept; n++) {
		const struct twin_piece *old = &twin->piece[n];

		if (!be32_eq(old->src, piece.src) || !be32_eq(old->dst, piece.dst) ||
		    old->id.raw != piece.id.raw || old->proto != piece.proto)
			continue;
		if (old->begin < piece.end && piece.begin < old->end &&
		    (old->begin != piece.begin || old->end != piece.end))
			return true;
		twin->pieces++;
	}
	twin->piece[twin->piece_count++ % TWIN_PIECES] = piece;
	return false;
}

static bool twin_leaves_out(struct twin *twin, const u8 *bytes, u32 len)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)bytes;

	twin->pieces = 0;
	if (len < IP4_HLEN_MIN || ip4_hlen(ip) < IP4_HLEN_MIN || ip4_hlen(ip) > len)
		return false;
	if (twin_leaves_proto(twin, ip->proto)) {
		twin->stats->left_out[TWIN_OUT_PROTO]++;
		return true;
	}
	if (ip4_is_fragment(ip) && twin_overlaps(twin, bytes, len)) {
		twin->stats->left_out[TWIN_OUT_OVERLAP]++;
		return true;
	}
	return false;
}

/* ---- one packet -------------------------------------------------------------------------------*/

static void twin_count_in(struct twin *twin)
{
	struct seen seen;
	enum twin_count kind = TWIN_OTHER;

	if (seen_parse(&seen, twin->in, twin->len)) {
		if (seen_is_fragment(&seen))
			kind = TWIN_FRAGMENT;
		else if (seen.proto == IP_PROTO_TCP)
			kind = TWIN_TCP;
		else if (seen.proto == IP_PROTO_UDP)
			kind = TWIN_UDP;
		else if (seen_is_icmp_error(&seen))
			kind = TWIN_ERROR;
		else if (seen.proto == IP_PROTO_ICMP)
			kind = TWIN_QUERY;
	}
	twin->stats->packets++;
	twin->stats->count[kind]++;
}

static struct twin_out *outs_room(struct twin_outs *outs, u32 len)
{
	if (outs->count == TWIN_OUTS_MAX || len > TWIN_OUT_SIZE) {
		fprintf(stderr, "twin: more came out than one packet can cause\n");
		exit(2);
	}
	return &outs->out[outs->count++];
}

static void twin_ask_engine(struct twin *twin)
{
	static struct build b;
	static struct rig_out out;

	build_start(&b);
	build_bytes(&b, twin->in, twin->len);
	CHECK(rig_send(&twin->rig, (u16)twin->iface, &b));
	twin->ours.count = 0;
	/* In the order in which the kernel's are read: by interface. */
	while (rig_next(&twin->rig, &out)) {
		struct twin_out *room = outs_room(&twin->ours, out.frame.len);

		room->iface = out.out_if;
		room->len = out.frame.len;
		memcpy(room->bytes, out.frame.bytes, out.frame.len);
	}
}

static void twin_ask_kernel(struct twin *twin)
{
	static struct kernel_out out;

	memcpy(twin->in_kernel, twin->in, twin->len);
	if (twin->iface == KERNEL_OUT)
		rename_packet(&twin->names, twin->in_kernel, twin->len, RENAME_TO_THEIRS);
	kernel_send(&twin->kernel, twin->iface, twin->in_kernel, twin->len);
	twin->theirs.count = 0;
	while (kernel_next(&twin->kernel, &out)) {
		struct twin_out *room = outs_room(&twin->theirs, out.len);

		room->iface = out.iface;
		room->len = out.len;
		memcpy(room->bytes, out.bytes, out.len);
	}
}

static const struct twin_out *outs_first(const struct twin_outs *outs, u32 iface)
{
	for (u32 n = 0; n < outs->count; n++) {
		if (outs->out[n].iface == iface)
			return &outs->out[n];
	}
	return NULL;
}

/* What an inside host sent tells how the two call its flow. */
static bool twin_learn(struct twin *twin)
{
	const struct twin_out *ours = outs_first(&twin->ours, KERNEL_OUT);
	const struct twin_out *theirs = outs_first(&twin->theirs, KERNEL_OUT);

	if (twin->iface != KERNEL_IN || ours == NULL || theirs == NULL)
		return true;
	return rename_learn(&twin->names, ours->bytes, ours->len, theirs->bytes, theirs->len);
}

static void twin_deliver(struct twin *twin)
{
	for (u32 n = 0; n < twin->ours.count; n++) {
		const struct twin_out *out = &twin->ours.out[n];
		const struct ip4_hdr *ip = (const struct ip4_hdr *)out->bytes;

		for (u32 host = 0; host < twin->host_count; host++) {
			if (be32_eq(twin->host_addr[host], ip->dst))
				link_send(twin->host_link[host], out->bytes, out->len, 0);
		}
	}
}

static void twin_count_out(struct twin *twin)
{
	const struct ip4_hdr *in = (const struct ip4_hdr *)twin->in;
	enum twin_count what = TWIN_SILENT;

	if (twin->ours.count > 0) {
		const struct ip4_hdr *out = (const struct ip4_hdr *)twin->ours.out[0].bytes;

		what = be32_eq(out->dst, in->src) && twin->ours.out[0].iface == twin->iface
			       ? TWIN_ANSWERED
			       : TWIN_PASSED;
	}
	twin->stats->count[what]++;
}

static void twin_forward(struct actor *actor, u16 port, const struct frame *frame)
{
	struct twin *twin = twin_of(actor);
	enum twin_rule rule;

	if (actor->net->why != NULL || twin_leaves_out(twin, frame->bytes, frame->len))
		return;
	twin->iface = port;
	twin->len = frame->len;
	memcpy(twin->in, frame->bytes, frame->len);
	twin_count_in(twin);
	net_trace_packet(actor->net, "in", port, frame->bytes, frame->len);
	twin_ask_engine(twin);
	twin_ask_kernel(twin);
	if (!twin_learn(twin)) {
		net_fail(actor->net, "two flows have one name");
		twin_print(twin);
		return;
	}
	for (u32 n = 0; n < twin->theirs.count; n++)
		rename_packet(&twin->names, twin->theirs.out[n].bytes, twin->theirs.out[n].len,
			      RENAME_TO_OURS);
	rule = twin_judge(twin);
	twin->stats->rule[rule]++;
	if (rule == TWIN_DIFFERENT) {
		net_fail(actor->net, "the engine and the kernel differ");
		twin_print(twin);
		return;
	}
	twin_count_out(twin);
	twin_deliver(twin);
}

void twin_jump(struct twin *twin)
{
	rig_advance(&twin->rig, TWIN_JUMP_S * NS_PER_SEC);
	kernel_age(&twin->kernel, TWIN_JUMP_S);
	twin->names.epoch++;
	twin->stats->count[TWIN_JUMPS]++;
	net_trace(twin->actor.net, "time passes: %u s", TWIN_JUMP_S);
}

/* ---- life ------------------------------------------------------------------------------------*/

static ns_t twin_next(const struct actor *actor)
{
	(void)actor;
	return NS_NEVER;
}

static void twin_run(struct actor *actor)
{
	(void)actor;
}

static void twin_del(struct actor *actor)
{
	struct twin *twin = twin_of(actor);

	rig_close(&twin->rig);
	kernel_close(&twin->kernel);
	free(twin);
}

static const struct actor_ops twin_ops = { twin_forward, twin_next, twin_run, twin_del };

static void twin_conf(struct sluice_conf *conf, const u32 mtu[KERNEL_TUNS])
{
	/* The kernel has the same. */
	static const u32 times[CT_TIMEOUT_COUNT] = {
		[CT_TIMEOUT_TCP_OPENING] = 250,  [CT_TIMEOUT_TCP_ESTABLISHED] = 450,
		[CT_TIMEOUT_TCP_CLOSING] = 250,  [CT_TIMEOUT_TCP_CLOSED] = 150,
		[CT_TIMEOUT_UDP_NEW] = 150,      [CT_TIMEOUT_UDP] = 150,
		[CT_TIMEOUT_ICMP] = 50,          [CT_TIMEOUT_GENERIC] = 150,
		[CT_TIMEOUT_SCTP_OPENING] = 150, [CT_TIMEOUT_SCTP_ESTABLISHED] = 150,
		[CT_TIMEOUT_SCTP_CLOSING] = 150, [CT_TIMEOUT_SCTP_CLOSED] = 150,
		[CT_TIMEOUT_DCCP_OPENING] = 150, [CT_TIMEOUT_DCCP_OPEN] = 150,
		[CT_TIMEOUT_DCCP_CLOSING] = 150,
	};

	rig_conf(conf);
	conf->iface_count = KERNEL_TUNS;
	for (u32 n = 0; n < KERNEL_TUNS; n++) {
		conf->iface[n].link = IFACE_RAW_IP;
		conf->iface[n].mtu = mtu[n];
	}
	rig_conf_mapping(conf, NAT_MAP_DESTINATION, NAT_FILTER_ADDRESS_PORT);
	conf->nat.rule[0].source = addr("10.10.0.0");
	conf->nat.rule[0].source_len = 16;
	conf->nat.rule[0].hairpin = false;
	conf->ct.flow_count = 65536;
	for (u32 class = 0; class < CT_TIMEOUT_COUNT; class++) {
		conf->ct.timeout_s[class] = times[class];
	}
	conf->packets.small_count = 8192;
	conf->packets.large_count = 512;
	conf->reass.queue_count = 4096;
	conf->reass.fragment_count = 8192;
	conf->reass.fragments_per_source = 8192;
	conf->reass.timeout_ns = 1000000 * NS_PER_SEC;
	/* No limit: the clock stands still, so a burst is all there is. */
	conf->icmp = (struct icmp_conf){ NS_PER_SEC, 1 << 30, NS_PER_SEC, 1 << 30 };
}

static void twin_kernel_conf(struct kernel_conf *to, const struct sluice_conf *from)
{
	const u32 *times = from->ct.timeout_s;

	for (u32 n = 0; n < KERNEL_TUNS; n++)
		to->mtu[n] = from->iface[n].mtu;
	to->tcp_opening_s = times[CT_TIMEOUT_TCP_OPENING];
	to->tcp_established_s = times[CT_TIMEOUT_TCP_ESTABLISHED];
	to->tcp_closing_s = times[CT_TIMEOUT_TCP_CLOSING];
	to->tcp_closed_s = times[CT_TIMEOUT_TCP_CLOSED];
	to->udp_s = times[CT_TIMEOUT_UDP];
	to->icmp_s = times[CT_TIMEOUT_ICMP];
	to->filter = NULL;
	to->generic_s = times[CT_TIMEOUT_GENERIC];
}

/* The first packet of a flow to the outside. */
static void twin_probe(struct twin *twin, u8 proto)
{
	static const u8 init[16] = { 0, 0, 0, 1 };
	static struct kernel_out out;
	static struct build b;

	build_start(&b);
	build_ip4(&b, addr("10.10.0.99"), addr("198.18.0.99"), proto);
	if (proto == IP_PROTO_SCTP) {
		build_sctp(&b, 5000, 80, 0);
		build_sctp_chunk(&b, SCTP_INIT, 0, init, sizeof init);
	} else if (proto == IP_PROTO_DCCP) {
		build_dccp(&b, 5000, 80, DCCP_REQUEST, 1, 0);
	} else {
		build_udp(&b, 5000, 80);
	}
	build_seal(&b);
	kernel_send(&twin->kernel, KERNEL_IN, b.bytes, b.len);
	while (kernel_next(&twin->kernel, &out))
		;
}

/* What the kernel can not tell apart by ports has no names. */
static void twin_name_ports(struct twin *twin)
{
	static const u8 protos[] = { IP_PROTO_SCTP, IP_PROTO_DCCP, IP_PROTO_UDPLITE };

	for (u32 n = 0; n < ARRAY_COUNT(protos); n++)
		twin_probe(twin, protos[n]);
	kernel_look(&twin->kernel);
	for (u32 n = 0; n < ARRAY_COUNT(protos); n++)
		twin->names.has_ports[protos[n]] = twin->kernel.tracks[protos[n]];
}

struct twin *twin_new(struct net *net, const u32 mtu[KERNEL_TUNS], enum twin_filter filter,
		      struct twin_stats *stats)
{
	static struct sluice_conf conf;
	struct twin *twin = calloc(1, sizeof *twin);
	struct kernel_conf kernel;

	CHECK(twin != NULL);
	twin->stats = stats;
	twin_conf(&conf, mtu);
	for (u32 n = 0; n < sizeof conf.seed; n++)
		conf.seed[n] = (u8)net_random(net);
	twin_kernel_conf(&kernel, &conf);
	if (filter != TWIN_UNFILTERED) {
		rules_draw(&twin->rules, net, filter == TWIN_LIMITED);
		rules_conf(&twin->rules, &conf.filter);
		kernel.filter = twin->rules.text;
	}
	rig_open(&twin->rig, &conf);
	kernel_open(&twin->kernel, &kernel);
	rename_init(&twin->names, addr(PUBLIC));
	twin_name_ports(twin);
	net_add(net, &twin->actor, &twin_ops);
	return twin;
}

void twin_attach(struct twin *twin, be32 host, struct link *link)
{
	CHECK(twin->host_count < TWIN_HOSTS_MAX);
	twin->host_addr[twin->host_count] = host;
	twin->host_link[twin->host_count++] = link;
}
