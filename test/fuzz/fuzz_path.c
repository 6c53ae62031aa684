/* The whole road under fuzzing: bytes become a configuration, packets and steps of time; two
 * engines (with and without the short cut) and the model take them, as in the simulator.
 *
 *     byte 0          configuration; with services where SERVED is set
 *     then records    operation, its arguments
 *
 * Packets are made whole before they are bent, so that the fuzzer need not guess checksums to get
 * anywhere; or they come with checksums half made and as segments to be split. Answers to what came
 * out, and ICMP errors about it, are operations of their own.                                    */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/input.h"
#include "fuzz/services.h"
#include "sim/gate.h"

enum {
	SERVED = 64,
	CONFS_MAX = 128,
	RECORDS_MAX = 48,
	TICKS_MAX = 512,
	RELOADS_MAX = 4,
	LAST_MAX = 4,
	BEND_MAX = 64,
	CHECK_EVERY = 256, /* packets and ticks between looks at every invariant; and at the end */
	RECOUNT_EVERY = 8, /* comparisons of flows between countings of all else; and at the end */
};

struct last {
	u16 out_if;
	u32 len;
	u8 bytes[1600];
};

struct fuzz {
	struct net net;
	struct gate *gate;
	struct model *model;
	struct build b;
	bool partial; /* of the next packet: see struct frame */
	u16 gso_size;
	u32 ticks;
	bool served; /* what follows may ask for a change of services */
	const struct sluice_conf *first;
	u32 reloads;
	struct sluice_conf conf[2]; /* of reloads, in turn */
	u32 last_count;
	struct last last[LAST_MAX];
};

static bool bit(u32 number, u32 at)
{
	return (number >> at & 1) != 0;
}

/* A host outside that is spoken to without translation, at one port. */
static void exempt(struct sluice_conf *conf)
{
	struct nat_rule_conf *rule = conf->nat.rule;

	rule[1] = rule[0];
	conf->nat.rule_count = 2;
	nat_rule_defaults(rule);
	rule->kind = NAT_KIND_NONE;
	rule->dest = addr("198.18.0.9");
	rule->dest_len = 32;
	rule->dest_port = 81;
}

/* What an engine begins with; a reload has the same choices and any mixture of them. */
static void serve(struct sluice_conf *conf, u32 number)
{
	u8 choices[1 + 3 * SERVICES_MAX];
	struct input in = { choices, sizeof choices };
	u32 mixed = number;

	for (u32 n = 0; n < sizeof choices; n++) {
		mixed = mixed * 1664525 + 1013904223;
		choices[n] = (u8)(mixed >> 24);
	}
	choices[0] = (u8)(1 + number % SERVICES_MAX);
	services_draw(&conf->nat.balance, &in);
}

/* One of CONFS_MAX. They are few, so that engines are used again, but any two choices meet in all
 * their combinations.                                                                            */
static void configure(struct sluice_conf *conf, u32 number)
{
	rig_conf(conf);
	conf->ct.flow_count = 64;
	conf->ct.timeout_s[CT_TIMEOUT_TCP_ESTABLISHED] = 300; /* within TICKS_MAX */
	conf->nat.mapping_count = 64;
	conf->nat.address_count = 8;
	conf->nat.dest_count = 1;
	conf->subscribers.subscriber_count = 32;
	conf->neigh.count = 32;
	conf->fib.prefix_count = 32;
	conf->fib.route_count = 32;
	conf->reass.queue_count = 16;
	conf->reass.fragment_count = 64;
	conf->reass.fragments_per_source = 64;
	conf->packets.small_count = 256;
	conf->packets.large_count = 8;
	conf->icmp = (struct icmp_conf){ 100000, 10000, 100000, 10000 };
	if ((number & 3) == 3)
		rig_conf_mapping(conf, NAT_MAP_DESTINATION, NAT_FILTER_ADDRESS_PORT);
	else
		rig_conf_mapping(conf, NAT_MAP_ENDPOINT_INDEPENDENT,
				 (enum nat_filtering)(number & 3));
	conf->nat.rule[0].hairpin = !bit(number, 2);
	conf->ct.midstream = bit(number, 3);
	conf->redirects = bit(number, 2) != bit(number, 3);
	conf->iface[RIG_OUT].mtu = bit(number, 4) ? 1280 : 1500;
	conf->iface[RIG_IN].mtu = bit(number, 4) != bit(number, 5) ? 576 : 1500;
	if (bit(number, 5))
		rig_conf_pool(conf, "198.18.1.0", "198.18.1.1");
	if (bit(number, 3) != bit(number, 4)) {
		conf->nat.static_count = 1;
		conf->nat.fixed[0] = (struct nat_static_conf){ addr("10.10.0.12"),
							       addr("198.18.2.12"), 32, 0 };
	}
	if (bit(number, 2) != bit(number, 4))
		conf->ct.outbound_refresh_only = true;
	conf->nat.rule[0].parity = bit(number, 3) != bit(number, 5);
	for (u32 n = 0; n < conf->iface_count && bit(number, 4); n++)
		conf->iface[n].offloads = IFACE_TX_CSUM | IFACE_TX_TSO | IFACE_TX_USO;
	if (bit(number, 2) ^ bit(number, 3) ^ bit(number, 4))
		exempt(conf);
	conf->nat.quarantine_s = bit(number, 2) != bit(number, 5) ? 20 : 0;
	services_limits(&conf->nat.balance);
	if ((number & SERVED) != 0)
		serve(conf, number);
}

/* The few addresses that matter, so that packets meet. */
static be32 pick_addr(u8 choice)
{
	static const char *const known[] = { "10.10.0.11",    "10.10.0.12",      "10.20.0.11",
					     "203.0.113.5",   "198.18.0.9",      "10.10.0.1",
					     "198.18.0.1",    "198.18.1.0",      "198.18.2.12",
					     "10.10.255.255", "224.0.0.5",       "0.0.0.0",
					     "127.0.0.1",     "255.255.255.255", "172.16.1.1",
					     "198.18.0.66" };

	return addr(known[choice % ARRAY_COUNT(known)]);
}

/* What a side says, type by type, with the few tags and numbers that the other may know. */
static void make_assoc(struct fuzz *f, u8 proto, u16 sport, u16 dport, struct input *in)
{
	u8 choice = next_byte(in);
	u8 type = choice & 15;
	u32 tag = choice >> 4 & 3;
	u8 value[16] = { 0, 0, 0, (u8)(choice >> 6) };

	if (proto == IP_PROTO_DCCP) {
		build_dccp(&f->b, sport, dport, type, 1000 + tag, 1000 + (choice >> 6));
		return;
	}
	build_sctp(&f->b, sport, dport, tag);
	build_sctp_chunk(&f->b, type, choice >> 7, value, (choice & 32) != 0 ? 16 : 0);
	if ((choice & 64) != 0)
		build_sctp_chunk(&f->b, next_byte(in) & 15, 0, value, 4);
}

/* The head of a tunnel, with or without a key of the few that meet. */
static void make_gre(struct fuzz *f, struct input *in)
{
	u8 choice = next_byte(in);
	u8 gre[12] = { choice & 0xf0, choice & 1, 8, 0 };

	gre[7] = gre[11] = choice >> 1 & 3;
	build_bytes(&f->b, gre, (choice & 0xc0) != 0 ? 12 : (choice & 0x20) != 0 ? 8 : 4);
}

static void make_packet(struct fuzz *f, struct input *in)
{
	u8 choice = next_byte(in);
	u8 addrs = next_byte(in);
	u8 ports = next_byte(in);
	u16 sport = (u16)(5000 + (ports & 7));
	u16 dport = (u16)(80 + (ports >> 3 & 7));
	u8 proto = choice % 3 == 0 ? IP_PROTO_TCP : choice % 3 == 1 ? IP_PROTO_UDP : IP_PROTO_ICMP;

	if (proto == IP_PROTO_ICMP && (ports & 128) != 0)
		proto = (ports & 64) != 0 ? IP_PROTO_SCTP : IP_PROTO_DCCP;
	if (proto == IP_PROTO_DCCP && (ports & 7) == 7)
		proto = IP_PROTO_GRE;
	build_start(&f->b);
	build_ip4(&f->b, pick_addr(addrs >> 4), pick_addr(addrs & 15), proto);
	if (proto == IP_PROTO_TCP)
		build_tcp(&f->b, sport, dport, next_byte(in), 1000, 5000);
	else if (proto == IP_PROTO_UDP)
		build_udp(&f->b, sport, dport);
	else if (proto == IP_PROTO_SCTP || proto == IP_PROTO_DCCP)
		make_assoc(f, proto, sport, dport, in);
	else if (proto == IP_PROTO_GRE)
		make_gre(f, in);
	else
		build_icmp(&f->b, next_byte(in), 0, (u32)ports << 16 | 1);
	build_payload(&f->b, (choice & 64) != 0 ? next_u16(in) % 3000 : choice >> 4, choice);
	if ((choice & 128) != 0)
		build_ip(&f->b)->frag = be16_of(IP4_DF);
	build_seal(&f->b);
}

/* Change some bytes; the IP checksum may follow. */
static void bend(struct fuzz *f, struct input *in)
{
	u8 count = next_byte(in);

	if (count < 128 || f->b.len == 0)
		return;
	for (u32 n = 0; n < (count & 3) + 1u; n++)
		f->b.bytes[next_byte(in) % u32_min(f->b.len, BEND_MAX)] = next_byte(in);
	if ((count & 64) != 0)
		f->b.len -= u32_min(next_byte(in), f->b.len - 1);
	if ((count & 32) != 0 && f->b.len >= 20 && (f->b.bytes[0] & 15) * 4u <= f->b.len) {
		f->b.l4 = (f->b.bytes[0] & 15) * 4u;
		build_seal_ip(&f->b);
	}
}

static void send_in(struct fuzz *f, u16 in_if, u32 link_flags)
{
	struct frame *frame = malloc(sizeof *frame + f->b.len);
	const struct gate_outs *outs = &f->gate->outs[0];

	CHECK(frame != NULL);
	*frame = (struct frame){
		.link_flags = link_flags,
		.partial = f->partial,
		.gso_size = f->gso_size,
		.len = f->b.len,
	};
	f->partial = false;
	f->gso_size = 0;
	memcpy(frame->bytes, f->b.bytes, f->b.len);
	f->gate->actor.ops->forward(&f->gate->actor, in_if, frame);
	free(frame);
	for (u32 n = 0; n < outs->count; n++) {
		struct last *last = &f->last[f->last_count++ % LAST_MAX];

		last->out_if = outs->out[n].out_if;
		last->len = u32_min(outs->out[n].len - outs->out[n].l3, sizeof last->bytes);
		memcpy(last->bytes, outs->arena + outs->out[n].at + outs->out[n].l3, last->len);
	}
}

/* As a local sender or GRO hand it over: a checksum that is half made, and one packet for many. In
 * a configuration where no way out takes these whole, the model could not follow.                */
static void offload(struct fuzz *f, struct input *in)
{
	const struct iface_conf *iface = f->gate->conf->iface;
	u8 proto = build_ip(&f->b)->proto;
	u8 choice;

	if ((proto != IP_PROTO_TCP && proto != IP_PROTO_UDP) || ip4_is_fragment(build_ip(&f->b)))
		return;
	choice = next_byte(in);
	f->partial = true;
	if (choice >= 128 && iface->offloads != 0)
		f->gso_size = (u16)(1 + (choice & 127) * 4);
}

static const struct last *pick_last(const struct fuzz *f, u8 choice)
{
	u32 count = u32_min(f->last_count, LAST_MAX);

	return count == 0 ? NULL : &f->last[choice % count];
}

static void finish(struct fuzz *f, struct input *in, bool facts)
{
	if (facts)
		offload(f, in);
	else
		bend(f, in);
}

static void answer(struct fuzz *f, struct input *in, bool facts)
{
	const struct last *last = pick_last(f, next_byte(in));
	struct seen seen;

	if (last == NULL || !seen_parse(&seen, last->bytes, last->len) ||
	    !(seen.has_l4 || seen.proto == IP_PROTO_GRE))
		return;
	build_start(&f->b);
	build_ip4(&f->b, seen.dst, seen.src, seen.proto);
	if (seen.proto == IP_PROTO_TCP)
		build_tcp(&f->b, seen.dport, seen.sport, next_byte(in), seen.ack, seen.seq + 1);
	else if (seen.proto == IP_PROTO_UDP)
		build_udp(&f->b, seen.dport, seen.sport);
	else if (seen.proto == IP_PROTO_SCTP || seen.proto == IP_PROTO_DCCP)
		make_assoc(f, seen.proto, seen.dport, seen.sport, in);
	else if (seen.proto == IP_PROTO_GRE)
		make_gre(f, in);
	else
		build_icmp(&f->b, ICMP_ECHO_REPLY, 0, (u32)seen.icmp_id << 16 | seen.icmp_seq);
	build_payload(&f->b, next_byte(in), 1);
	build_seal(&f->b);
	finish(f, in, facts);
	send_in(f, last->out_if, 0);
}

static void complain(struct fuzz *f, struct input *in)
{
	const struct last *last = pick_last(f, next_byte(in));
	u8 choice = next_byte(in);
	u8 quote[1600];

	if (last == NULL || last->len < 28)
		return;
	memcpy(quote, last->bytes, last->len);
	if ((choice & 64) != 0)
		quote[next_byte(in) % 28] ^= next_byte(in);
	build_error4(&f->b, (choice & 32) != 0 ? pick_addr(next_byte(in)) : be32_load(quote + 16),
		     be32_load(quote + 12), (u8)(3 + (choice & 15)), next_byte(in), 0x500);
	build_quote(&f->b, quote, u32_min(last->len, 20u + next_byte(in)));
	bend(f, in);
	send_in(f, last->out_if, 0);
}

static void pass_time(struct fuzz *f, struct input *in)
{
	u8 choice = next_byte(in);
	ns_t until = f->net.now + (1 + (choice & 63)) * (choice < 128   ? 10 * NS_PER_MS
							 : choice < 192 ? NS_PER_SEC
									: 60 * NS_PER_SEC);
	struct actor *actor = &f->gate->actor;
	ns_t next;

	/* Every second with flows is a tick: some minutes an input. */
	if (f->ticks >= TICKS_MAX)
		return;
	while ((next = actor->ops->next(actor)) <= until && f->net.why == NULL) {
		f->ticks++;
		f->net.now = next > f->net.now ? next : f->net.now;
		actor->ops->run(actor);
	}
	f->net.now = until;
}

/* What a client of a service sends to it. */
static void visit(struct fuzz *f, struct input *in, u16 in_if)
{
	const struct sluice_conf *conf = f->gate->conf;
	const struct balance_conf *balance = &conf->nat.balance;
	u8 who = next_byte(in), ports = next_byte(in);
	const struct service_conf *service;
	u16 sport, dport;
	u32 width;
	be32 to;
	u8 proto;

	if (balance->service_count == 0)
		return;
	service = &balance->service[(who & 15) % balance->service_count];
	to = service->addr_if == IFACE_NONE ? service->addr
					    : conf->iface[service->addr_if].addr[0].addr;
	proto = service->proto != 0 ? service->proto : ports >= 128 ? IP_PROTO_UDP : IP_PROTO_TCP;
	width = u32_min(service->port_last - service->port_first, 7) + 1;
	sport = (u16)(5000 + (ports & 7));
	dport = (u16)(u32_max(service->port_first, 80) + (ports >> 3 & 7) % width);
	build_start(&f->b);
	build_ip4(&f->b, pick_addr(who >> 4), to, proto);
	if (proto == IP_PROTO_TCP)
		build_tcp(&f->b, sport, dport, next_byte(in), 1000, 5000);
	else
		build_udp(&f->b, sport, dport);
	build_seal(&f->b);
	send_in(f, in_if, 0);
}

static void reload(struct fuzz *f, struct input *in, u32 kind, u32 service)
{
	struct sluice_conf *conf = &f->conf[f->reloads % 2];
	struct balance_conf *balance = &conf->nat.balance;

	if (f->reloads++ >= RELOADS_MAX)
		return;
	*conf = *f->gate->conf;
	if (kind == 0)
		service_change(balance, service, in);
	else if (kind == 1)
		services_draw(balance, in);
	else
		*balance = f->first->nat.balance;
	gate_configure(f->gate, conf);
	net_trace(&f->net, "reload: %u services", balance->service_count);
}

/* How a backend is, what was ordered of it, or others in its place. */
static void turn(struct fuzz *f, struct input *in)
{
	static const char *const names[] = { "is up", "is down", "drains", "is ordered to drain",
					     "has no order" };
	static const enum backend_state states[] = { BACKEND_UP, BACKEND_DOWN, BACKEND_DRAINING };
	static const u32 deadlines_s[] = { 0, 5, 60, SLUICE_DRAIN_DEFAULT };
	const struct balance_conf *balance = &f->gate->conf->nat.balance;
	u8 choice = next_byte(in);
	u32 kind = choice & 7, service, backend;

	gate_pause(f->gate);
	if (f->net.why != NULL)
		return;
	if (balance->service_count == 0) {
		reload(f, in, 1 + kind % 2, 0);
		return;
	}
	service = (choice >> 3 & 3) % balance->service_count;
	if (kind >= ARRAY_COUNT(names)) {
		reload(f, in, kind - ARRAY_COUNT(names), service);
		return;
	}
	backend = (choice >> 5 & 3) % balance->service[service].backend_count;
	net_trace(&f->net, "backend %u of service %u %s", backend, service, names[kind]);
	if (kind < ARRAY_COUNT(states))
		gate_backend_set(f->gate, service, backend, states[kind]);
	else
		gate_backend_order(f->gate, service, backend, kind == 3,
				   deadlines_s[kind == 3 ? next_byte(in) & 3 : 0]);
}

static void send_raw(struct fuzz *f, struct input *in, u16 in_if)
{
	const u8 *bytes;
	u32 len = next_byte(in);

	len = next_bytes(in, len, &bytes);
	build_start(&f->b);
	build_bytes(&f->b, bytes, len);
	if (len > 0)
		send_in(f, in_if, 0);
}

static void send_fragments(struct fuzz *f, struct input *in, u16 in_if)
{
	static _Thread_local struct build whole;
	u32 piece = (1u + next_byte(in) % 32) * 8;
	u8 order = next_byte(in);

	make_packet(f, in);
	whole = f->b;
	for (u32 n = 0; n < 8; n++) {
		if (build_fragment(&f->b, &whole, piece, (n + order) % 8)) {
			if ((order & 128) != 0)
				bend(f, in);
			send_in(f, in_if, 0);
		}
	}
}

static void run_record(struct fuzz *f, struct input *in)
{
	u8 op = next_byte(in);
	u16 in_if = (u16)(op >> 4 & 3) % RIG_IFACES;

	switch (op & 7) {
	case 0:
	case 1:
		make_packet(f, in);
		finish(f, in, (op & 8) != 0);
		send_in(f, in_if, (op & 0xc0) == 0xc0 ? PKT_LINK_BROADCAST : 0);
		break;
	case 2:
	case 3: answer(f, in, (op & 8) != 0); break;
	case 4: complain(f, in); break;
	case 5:
		if ((op & 8) == 0 || !f->served)
			pass_time(f, in);
		else if ((op & 128) == 0)
			turn(f, in);
		else
			visit(f, in, in_if);
		break;
	case 6: send_fragments(f, in, in_if); break;
	default: send_raw(f, in, in_if); break;
	}
}

/* The configurations of both engines, made once. */
static const struct sluice_conf *confs_of(u32 key)
{
	static struct sluice_conf *confs[CONFS_MAX];

	if (confs[key] == NULL) {
		confs[key] = calloc(GATE_ENGINES, sizeof *confs[key]);
		CHECK(confs[key] != NULL);
		for (u32 which = 0; which < GATE_ENGINES; which++) {
			configure(&confs[key][which], key);
			confs[key][which].slow_road = which == 1;
		}
	}
	return confs[key];
}

static struct fuzz *fuzz_new(void)
{
	struct fuzz *f = calloc(1, sizeof *f);

	CHECK(f != NULL);
	f->gate = calloc(1, sizeof *f->gate);
	f->model = calloc(1, sizeof *f->model);
	CHECK(f->gate != NULL && f->model != NULL);
	return f;
}

/* Answers whether all was well. */
static bool run(struct fuzz *f, struct input in, bool quiet)
{
	u32 key = next_byte(&in) % CONFS_MAX;

	net_init(&f->net, 1);
	f->net.quiet = quiet;
	f->last_count = f->ticks = f->reloads = 0;
	f->first = confs_of(key);
	f->served = (key & SERVED) != 0;
	gate_open(f->gate, f->model, &f->net, f->first, key);
	f->model->slack_ns = 0; /* pass_time() goes by whole milliseconds */
	f->gate->check_every = CHECK_EVERY;
	f->gate->recount_every = RECOUNT_EVERY;
	gate_silence(f->gate, addr("198.18.0.66"));
	gate_silence(f->gate, addr("10.10.0.66"));
	for (u32 n = 0; n < RECORDS_MAX && in.left > 0 && f->net.why == NULL; n++)
		run_record(f, &in);
	if (f->net.why == NULL)
		gate_compare(f->gate);
	if (!quiet) {
		fprintf(stderr, "%s\n", f->net.why == NULL ? "well, this time" : f->net.why);
		net_trace_print(&f->net);
	}
	if (f->net.why != NULL)
		return false;
	net_fini(&f->net);
	return true;
}

/* What fails is run once more, with a trace. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct fuzz *f;
	struct input in = { data, size };

	if (f == NULL)
		f = fuzz_new();
	if (!run(f, in, true)) {
		(void)run(f, in, false);
		abort();
	}
	return 0;
}
