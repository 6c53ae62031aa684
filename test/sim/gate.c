/* The gateway as an actor: engines in step, the model beside them. */
#include "sim/gate.h"

#include <stdlib.h>

#include "fake/image.h"

static struct gate *gate_of(struct actor *actor)
{
	return (struct gate *)actor;
}

/* Where a partial checksum lies, and the pseudo-header's sum. */
static u8 *gate_checksum(u8 *ip, u32 *l4, u32 *sum)
{
	u32 l4_len = ((u32)ip[2] << 8 | ip[3]) - (ip[0] & 15) * 4u;

	*l4 = (ip[0] & 15) * 4u;
	*sum = ip[9] + l4_len;
	for (u32 n = 12; n < 20; n += 2)
		*sum += (u32)ip[n] << 8 | ip[n + 1];
	*sum = (*sum & 0xffff) + (*sum >> 16);
	*sum = (*sum & 0xffff) + (*sum >> 16);
	return ip + *l4 + (ip[9] == IP_PROTO_TCP ? 16 : 6);
}

/* As the device does that is told of it. */
static void gate_finish(u8 *ip, u32 len)
{
	u32 l4, sum;
	u8 *field = gate_checksum(ip, &l4, &sum);

	if (((u32)field[0] << 8 | field[1]) % 0xffff != sum % 0xffff)
		memset(ip, 0, IP4_HLEN_MIN); /* no packet that anybody takes */
	for (sum = 0; l4 < len; l4 += 2)
		sum += (u32)ip[l4] << 8 | (l4 + 1 < len ? ip[l4 + 1] : 0);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	if (sum == 0 && ip[9] == IP_PROTO_UDP)
		sum = 0xffff;
	field[0] = (u8)(sum >> 8);
	field[1] = (u8)sum;
}

/* As a sender does that leaves the rest to the device. */
static void gate_facts(struct pkt *pkt, const struct frame *frame)
{
	u32 l4, sum;
	u8 *ip = pkt_l3(pkt);
	u8 *field = gate_checksum(ip, &l4, &sum);

	field[0] = (u8)(sum >> 8);
	field[1] = (u8)sum;
	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = (u16)l4;
	pkt->csum_offset = (u16)(field - ip - l4);
	if (frame->gso_size == 0)
		return;
	pkt->gso_type = ip[9] == IP_PROTO_TCP ? GSO_TCP4 : GSO_UDP_L4;
	pkt->gso_size = frame->gso_size;
}

static void gate_collect(struct gate *gate, u32 which)
{
	static _Thread_local struct rig_out out;
	struct gate_outs *outs = &gate->outs[which];

	while (rig_next(&gate->rig[which], &out)) {
		CHECK(outs->count < GATE_OUTS_MAX);
		CHECK(outs->used + out.frame.len <= GATE_ARENA);
		outs->out[outs->count++] = (struct gate_out){
			.out_if = out.out_if,
			.partial = (out.flags & PKT_CSUM_PARTIAL) != 0,
			.gso_size = out.gso_type == GSO_NONE ? 0 : out.gso_size,
			.l3 = out.frame.l3,
			.len = out.frame.len,
			.at = outs->used,
		};
		memcpy(outs->arena + outs->used, out.frame.bytes, out.frame.len);
		if ((out.flags & PKT_CSUM_PARTIAL) != 0)
			gate_finish(outs->arena + outs->used + out.frame.l3,
				    out.frame.len - out.frame.l3);
		outs->used += out.frame.len;
	}
}

static void gate_differ(struct gate *gate, u32 n)
{
	static const char *const names[] = { "fast road sent", "slow road sent" };

	for (u32 which = 0; which < GATE_ENGINES; which++) {
		const struct gate_outs *outs = &gate->outs[which];
		const struct gate_out *out = &outs->out[n];

		const u8 *mac = outs->arena + out->at;

		if (n >= outs->count)
			continue;
		net_trace_packet(gate->actor.net, names[which], out->out_if, mac + out->l3,
				 out->len - out->l3);
		if (out->l3 > 0)
			net_trace(gate->actor.net, "to %02x:%02x:%02x:%02x:%02x:%02x", mac[0],
				  mac[1], mac[2], mac[3], mac[4], mac[5]);
	}
	net_fail(gate->actor.net, "the fast road and the slow one differ: %u and %u packets, at %u",
		 gate->outs[0].count, gate->outs[1].count, n);
}

static void gate_compare_outs(struct gate *gate)
{
	const struct gate_outs *a = &gate->outs[0];
	const struct gate_outs *b = &gate->outs[1];

	for (u32 n = 0; n < a->count || n < b->count; n++) {
		if (n >= a->count || n >= b->count || a->out[n].out_if != b->out[n].out_if ||
		    a->out[n].partial != b->out[n].partial ||
		    a->out[n].gso_size != b->out[n].gso_size || a->out[n].len != b->out[n].len ||
		    memcmp(a->arena + a->out[n].at, b->arena + b->out[n].at, a->out[n].len) != 0) {
			gate_differ(gate, n);
			return;
		}
	}
}

static void gate_deliver(struct gate *gate, u16 out_if, const u8 *ip, u32 len)
{
	be32 dst = be32_load(ip + 16);

	for (u32 n = 0; n < gate->host_count; n++) {
		if (gate->host[n].iface == out_if && be32_eq(gate->host[n].addr, dst)) {
			link_send(gate->host[n].link, ip, len, 0);
			return;
		}
	}
}

static void gate_trace_drops(struct gate *gate)
{
	static _Thread_local struct sluice_counter rows[GATE_DROPS_MAX];
	u32 cursor = 0;
	u32 at = 0;

	if (gate->actor.net->quiet)
		return;
	while (cursor != SLUICE_CURSOR_END) {
		u32 count = sluice_show_drops(gate->rig[0].s, &cursor, rows, GATE_DROPS_MAX);

		for (u32 n = 0; n < count && at < GATE_DROPS_MAX; n++, at++) {
			if (rows[n].count != gate->drops[at])
				net_trace(gate->actor.net, "          %s", rows[n].name);
			gate->drops[at] = rows[n].count;
		}
	}
}

/* What the engine believes, for whoever reads a failure. */
static void gate_trace_flows(struct gate *gate)
{
	struct sluice_flow row;
	struct sluice_flow_filter all;
	u32 cursor = 0;

	memset(&all, 0, sizeof all);
	for (u32 left = GATE_SHOWN_MAX; cursor != SLUICE_CURSOR_END && left > 0;) {
		const u8 *a = (const u8 *)&row.orig;
		const u8 *b = (const u8 *)&row.repl;

		if (sluice_show_flows(gate->rig[0].s, &all, gate->actor.net->now, &cursor, &row,
				      1) == 0)
			continue;
		left--;
		net_trace(gate->actor.net,
			  "flow %u %u.%u.%u.%u:%u > %u.%u.%u.%u:%u, reply %u.%u.%u.%u:%u > "
			  "%u.%u.%u.%u:%u %s%s idle %u ms expires %u ms",
			  row.proto, a[0], a[1], a[2], a[3], be16_host(row.orig.sport), a[4], a[5],
			  a[6], a[7], be16_host(row.orig.dport), b[0], b[1], b[2], b[3],
			  be16_host(row.repl.sport), b[4], b[5], b[6], b[7],
			  be16_host(row.repl.dport), row.state,
			  row.endpoint_independent ? " independent" : "", row.idle_ms,
			  row.expires_ms);
	}
}

/* Which packet a short queue has lost, the model can not see; but that it has lost one. */
static void gate_tell_pushed_out(struct gate *gate)
{
	u64 before = gate->pushed_out;

	if (gate->conf->neigh.queue_count >= GATE_QUEUE_ENOUGH)
		return;
	gate->pushed_out = rig_drop_count(&gate->rig[0], DROP_NEIGH_QUEUE_FULL);
	if (gate->pushed_out != before)
		model_pushed_out(gate->model);
}

/* What the engines sent is compared, judged and passed on. */
static void gate_settle(struct gate *gate)
{
	struct gate_outs *outs = &gate->outs[0];

	gate->outs[0].count = gate->outs[1].count = 0;
	gate->outs[0].used = gate->outs[1].used = 0;
	for (u32 which = 0; which < GATE_ENGINES; which++)
		gate_collect(gate, which);
	gate_compare_outs(gate);
	gate_trace_drops(gate);
	for (u32 n = 0; n < outs->count; n++) {
		const struct gate_out *out = &outs->out[n];
		const u8 *ip = outs->arena + out->at + out->l3;

		net_trace_packet(gate->actor.net, " out", out->out_if, ip, out->len - out->l3);
		if (gate->foresee != NULL)
			foresee_out(gate->foresee, out->out_if, ip, out->len - out->l3);
		model_out(gate->model, out->out_if, ip, out->len - out->l3);
		gate->packets_out++;
	}
	if (gate->foresee != NULL)
		foresee_end(gate->foresee);
	if (gate->foresee != NULL && gate->foresee->why[0] != 0)
		net_fail(gate->actor.net, "%s", gate->foresee->why);
	gate_tell_pushed_out(gate);
	model_done(gate->model);
	if (gate->model->why != NULL) {
		gate_trace_flows(gate);
		net_fail(gate->actor.net, "model: %s", gate->model->why);
	}
	for (u32 n = 0; n < outs->count && gate->actor.net->why == NULL; n++)
		gate_deliver(gate, outs->out[n].out_if,
			     outs->arena + outs->out[n].at + outs->out[n].l3,
			     outs->out[n].len - outs->out[n].l3);
}

static void gate_compare_zones(struct gate *gate, const u32 flows[IFACE_ZONE_MAX])
{
	struct sluice_zone zone;
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		if (sluice_show_zones(gate->rig[0].s, &cursor, &zone, 1) == 1 &&
		    zone.flows != flows[zone.zone])
			net_fail(gate->actor.net, "zone %u: %u flows shown, %u counted", zone.zone,
				 flows[zone.zone], zone.flows);
	}
}

static void gate_compare_services(struct gate *gate)
{
	struct sluice_backend backend;
	struct sluice_service service;
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		if (sluice_show_backends(gate->rig[0].s, gate->actor.net->now, &cursor, &backend,
					 1) == 1)
			model_backend_shown(gate->model, &backend);
	}
	cursor = 0;
	while (cursor != SLUICE_CURSOR_END) {
		if (sluice_show_services(gate->rig[0].s, &cursor, &service, 1) == 1)
			model_service_shown(gate->model, &service);
	}
}

static void gate_compare_elements(struct gate *gate, const char *set)
{
	struct filter_elem elem;
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		if (sluice_show_elements(gate->rig[0].s, set, &cursor, &elem, 1) == 1)
			model_elem_shown(gate->model, set, &elem);
	}
}

static void gate_compare_sets(struct gate *gate)
{
	struct sluice_set set;
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		if (sluice_show_sets(gate->rig[0].s, &cursor, &set, 1) == 0)
			continue;
		model_set_shown(gate->model, &set);
		gate_compare_elements(gate, set.name);
	}
}

/* Of each engine: what is shown has to add up. Counting flows anew is dear. */
static void gate_balance(struct gate *gate, bool recount)
{
	static _Thread_local struct books books;

	for (u32 which = 0; which < GATE_ENGINES && gate->actor.net->why == NULL; which++) {
		books_read(&books, &gate->rig[which]);
		if (!books_balance(&books) || (recount && !books_recount(&books)))
			net_fail(gate->actor.net, "%s road: %s", which == 0 ? "fast" : "slow",
				 books.why);
	}
}

static void compare_flows(struct gate *gate)
{
	struct sluice_flow rows[32];
	struct sluice_flow_filter all;
	u32 zone_flows[IFACE_ZONE_MAX] = { 0 };
	u32 cursor = 0;
	u32 shown = 0;

	memset(&all, 0, sizeof all);
	model_flow_begin(gate->model, gate->actor.net->now);
	while (cursor != SLUICE_CURSOR_END) {
		u32 count = sluice_show_flows(gate->rig[0].s, &all, gate->actor.net->now, &cursor,
					      rows, 32);

		for (u32 n = 0; n < count; n++) {
			model_flow_shown(gate->model, &rows[n]);
			zone_flows[rows[n].zone[0]]++;
		}
		shown += count;
	}
	gate_compare_zones(gate, zone_flows);
	gate_compare_services(gate);
	gate_compare_sets(gate);
	model_flow_end(gate->model);
	if (gate->model->why != NULL)
		gate_trace_flows(gate);
	if (gate->model->why != NULL)
		net_fail(gate->actor.net, "model: %s", gate->model->why);
	if (shown != sluice_flow_count(gate->rig[0].s))
		net_fail(gate->actor.net, "%u flows shown, %u counted", shown,
			 sluice_flow_count(gate->rig[0].s));
	if (sluice_flow_count(gate->rig[0].s) != sluice_flow_count(gate->rig[1].s))
		net_fail(gate->actor.net, "the roads hold %u and %u flows",
			 sluice_flow_count(gate->rig[0].s), sluice_flow_count(gate->rig[1].s));
}

void gate_compare(struct gate *gate)
{
	compare_flows(gate);
	gate_balance(gate, true);
}

static void gate_sum(const struct gate *gate, struct gate_sums *sums)
{
	static _Thread_local struct books books;

	books_read(&books, &gate->rig[0]);
	*sums = (struct gate_sums){ books_counter(&books, "packets_forwarded"), books.dropped,
				    books.held };
}

/* One packet came in, or none, and so many were forwarded. One that was counted so and did not come
 * out has died, or waits.                                                                        */
static void gate_judge_forwarded(struct gate *gate, const struct gate_sums *before, u32 came_out)
{
	struct gate_sums now;
	u64 counted;

	gate_sum(gate, &now);
	counted = now.forwarded - before->forwarded;
	if (counted > 1 || came_out > counted ||
	    (came_out < counted && now.dropped == before->dropped && now.held <= before->held))
		net_fail(gate->actor.net, "%u packets were forwarded, and %u are counted",
			 came_out, (u32)counted);
}

static void gate_check(struct gate *gate)
{
	gate->steps++;
	for (u32 which = 0; which < GATE_ENGINES; which++) {
		if (gate->steps % gate->check_every == 0)
			rig_check(&gate->rig[which]);
	}
	if (gate->steps % gate->check_every == 0)
		gate_balance(gate, false);
	if ((gate->steps % gate->compare_every != 0 && !model_has_unknown(gate->model)) ||
	    gate->actor.net->why != NULL)
		return;
	compare_flows(gate);
	if (++gate->compared % gate->recount_every == 0)
		gate_balance(gate, true);
}

/* Whether a driver has a buffer for it. Both engines keep the same packets: both have, or none. */
static bool gate_takes(struct gate *gate, u16 port, const struct build *b)
{
	bool taken[GATE_ENGINES];

	for (u32 which = 0; which < GATE_ENGINES; which++) {
		struct pkt *pkt = rig_make(&gate->rig[which], port, b);

		taken[which] = pkt != NULL;
		if (taken[which])
			pkt_put(pkt);
	}
	if (taken[0] != taken[1])
		net_fail(gate->actor.net, "one engine has buffers left, the other has none");
	return taken[0];
}

static void gate_forward(struct actor *actor, u16 port, const struct frame *frame)
{
	static _Thread_local struct build b;
	struct gate *gate = gate_of(actor);
	struct gate_sums before = { 0, 0, 0 };

	if (gate->foresee != NULL)
		gate_sum(gate, &before);
	net_trace_packet(actor->net, "in", port, frame->bytes, frame->len);
	gate->packets_in++;
	build_start(&b);
	build_bytes(&b, frame->bytes, frame->len);
	if (gate->model->lenient && !gate_takes(gate, port, &b)) {
		net_trace(actor->net, "          no buffer");
		return;
	}
	if (frame->gso_size != 0)
		model_segments(gate->model, frame->gso_size);
	model_in(gate->model, port, frame->link_flags, frame->bytes, frame->len, actor->net->now);
	gate->rig[0].now = actor->net->now;
	if (gate->foresee != NULL && frame->link_flags == 0)
		foresee_ask(gate->foresee, &gate->rig[0], port, &b, 0);
	for (u32 which = 0; which < GATE_ENGINES; which++) {
		struct pkt *pkt;

		gate->rig[which].now = actor->net->now;
		pkt = rig_make(&gate->rig[which], port, &b);
		CHECK(pkt != NULL);
		pkt->flags |= frame->link_flags;
		if (frame->partial)
			gate_facts(pkt, frame);
		rig_input(&gate->rig[which], pkt);
		if (which == 0 && gate->foresee != NULL && frame->link_flags == 0)
			foresee_in(gate->foresee, &gate->rig[0]);
	}
	gate_settle(gate);
	if (gate->foresee != NULL && actor->net->why == NULL)
		gate_judge_forwarded(gate, &before, gate->model->cur.forwarded);
	gate_check(gate);
}

static ns_t gate_next(const struct actor *actor)
{
	const struct gate *gate = (const struct gate *)actor;

	return u64_min(sluice_next(gate->rig[0].s), sluice_next(gate->rig[1].s));
}

static void gate_run(struct actor *actor)
{
	struct gate *gate = gate_of(actor);

	model_quiet(gate->model, actor->net->now);
	for (u32 which = 0; which < GATE_ENGINES; which++) {
		gate->rig[which].now = actor->net->now;
		if (sluice_next(gate->rig[which].s) <= actor->net->now)
			sluice_tick(gate->rig[which].s, actor->net->now);
	}
	gate_settle(gate);
	gate_check(gate);
}

static void gate_close(struct actor *actor)
{
	struct gate *gate = gate_of(actor);

	for (u32 which = 0; which < GATE_ENGINES; which++)
		rig_close(&gate->rig[which]);
}

static void gate_del(struct actor *actor)
{
	gate_close(actor);
	model_del(gate_of(actor)->model);
	free(gate_of(actor)->own);
	foresee_del(gate_of(actor)->foresee);
	free(actor);
}

static const struct actor_ops gate_ops = { gate_forward, gate_next, gate_run, gate_del };
static const struct actor_ops gate_kept_ops = { gate_forward, gate_next, gate_run, gate_close };

static void gate_init(struct gate *gate, struct net *net, const struct sluice_conf *conf)
{
	gate->conf = conf;
	gate->compare_every = 8;
	gate->recount_every = 1;
	gate->compared = 0;
	gate->check_every = 1;
	gate->actor.net = net;
}

void gate_open(struct gate *gate, struct model *model, struct net *net,
	       const struct sluice_conf conf[GATE_ENGINES], u32 key)
{
	memset(gate, 0, offsetof(struct gate, outs));
	gate->host_count = 0;
	memset(gate->drops, 0, sizeof gate->drops);
	gate->pushed_out = 0;
	gate->packets_in = gate->packets_out = gate->steps = 0;
	gate_init(gate, net, conf);
	for (u32 which = 0; which < GATE_ENGINES; which++)
		image_open(&gate->rig[which], &conf[which], (u64)key * GATE_ENGINES + which);
	gate->model = model;
	model_init(model, conf, RIG_BEGAN_NS);
	net_add(net, &gate->actor, &gate_kept_ops);
}

struct gate *gate_new(struct net *net, const struct sluice_conf *conf)
{
	struct gate *gate = calloc(1, sizeof *gate);
	struct sluice_conf *own = malloc(sizeof *own);

	CHECK(gate != NULL && own != NULL);
	*own = *conf;
	gate->own = own;
	gate_init(gate, net, own);
	for (u32 which = 0; which < GATE_ENGINES; which++) {
		own->slow_road = which == 1;
		rig_open(&gate->rig[which], own);
	}
	gate->model = model_new(own, RIG_BEGAN_NS);
	gate->foresee = foresee_new();
	CHECK(gate->foresee != NULL);
	net_add(net, &gate->actor, &gate_ops);
	return gate;
}

void gate_attach(struct gate *gate, u16 iface, be32 addr, struct link *link)
{
	CHECK(gate->host_count < GATE_ROUTES_MAX);
	gate->host[gate->host_count].addr = addr;
	gate->host[gate->host_count].iface = iface;
	gate->host[gate->host_count++].link = link;
}

void gate_silence(struct gate *gate, be32 station)
{
	for (u32 which = 0; which < GATE_ENGINES; which++) {
		CHECK(gate->rig[which].silent_count < RIG_SILENT_MAX);
		gate->rig[which].silent[gate->rig[which].silent_count++] = station;
	}
	gate->model->silent[gate->model->silent_count++] = station;
}

void gate_set_link(struct gate *gate, u16 iface, bool up)
{
	for (u32 which = 0; which < GATE_ENGINES; which++)
		sluice_set_link(gate->rig[which].s, iface, up);
	gate->model->link_down[iface] = !up;
}

void gate_pause(struct gate *gate)
{
	gate_run(&gate->actor);
	if (gate->actor.net->why == NULL)
		gate_compare(gate);
}

void gate_configure(struct gate *gate, const struct sluice_conf *conf)
{
	for (u32 which = 0; which < GATE_ENGINES; which++) {
		if (!rig_configure(&gate->rig[which], conf))
			net_fail(gate->actor.net, "a new configuration was refused");
	}
	gate->conf = conf;
	model_configure(gate->model, conf);
}

void gate_refuse(struct gate *gate, const struct sluice_conf *conf)
{
	for (u32 which = 0; which < GATE_ENGINES; which++) {
		if (rig_configure(&gate->rig[which], conf))
			net_fail(gate->actor.net, "a configuration that can not be was taken");
	}
}

void gate_set_change(struct gate *gate, const char *set, const struct filter_elem *elem, bool in)
{
	enum err want = model_set_change(gate->model, set, elem, in), err;

	for (u32 which = 0; which < GATE_ENGINES; which++) {
		struct sluice *s = gate->rig[which].s;

		err = in ? sluice_set_add(s, set, elem) : sluice_set_del(s, set, elem);
		if (err != want)
			net_fail(gate->actor.net, "a change of set %s is answered by %u, not %u",
				 set, err, want);
	}
}

/* As the service does it: into a body of its own, in pieces. */
static enum err set_fill(struct sluice *s, const char *set, const struct filter_elem *elem,
			 u32 count)
{
	u32 fill, taken = 0, sum = 0;
	enum err err = sluice_set_fill_begin(s, set, &fill);

	while (err == ERR_OK && sum < count) {
		err = sluice_set_fill(s, set, fill, elem + sum, u32_min(count - sum, 3), &taken);
		sum += taken;
	}
	return err == ERR_OK ? sluice_set_fill_end(s, set, fill) : err;
}

void gate_set_fill(struct gate *gate, const char *set, const struct filter_elem *elem, u32 count)
{
	enum err want = model_set_fill(gate->model, set, elem, count), err;

	for (u32 which = 0; which < GATE_ENGINES; which++) {
		err = set_fill(gate->rig[which].s, set, elem, count);
		if (err != want)
			net_fail(gate->actor.net, "filling set %s is answered by %u, not %u", set,
				 err, want);
	}
}

void gate_backend_set(struct gate *gate, u32 service, u32 index, enum backend_state state)
{
	for (u32 which = 0; which < GATE_ENGINES; which++)
		CHECK(sluice_backend_set(gate->rig[which].s, service, index, state,
					 gate->actor.net->now) == ERR_OK);
	model_backend_set(gate->model, service, index, state);
}

void gate_backend_order(struct gate *gate, u32 service, u32 index, bool drain, u32 deadline_s)
{
	for (u32 which = 0; which < GATE_ENGINES; which++)
		CHECK(sluice_backend_order(gate->rig[which].s, service, index, drain, deadline_s,
					   gate->actor.net->now) == ERR_OK);
	model_backend_order(gate->model, service, index, drain, deadline_s);
}
