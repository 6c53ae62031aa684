/* The nets of RIP: what is heard of them, what is our own, and when it ends. */
#include "core/routing/rip/rip_part.h"
#include "core/wire/ip4.h"

static u64 net_hash(const struct rip *rip, be32 addr, u8 len)
{
	return hash_words(&rip->key, be32_host(addr), len);
}

u32 rip_net_find(const struct rip *rip, be32 addr, u8 len)
{
	u64 hash = net_hash(rip, addr, len);

	for (u32 at = map_first(&rip->by_prefix, hash); at != IDX_NONE;
	     at = map_next(&rip->by_prefix, at)) {
		const struct rip_net *net = rip_net_at(rip, at);

		if (be32_eq(net->addr, addr) && net->len == len)
			return at;
	}
	return IDX_NONE;
}

/* Found or made; IDX_NONE: no room. */
static u32 net_get(struct rip *rip, be32 addr, u8 len)
{
	u32 idx = rip_net_find(rip, addr, len);
	struct rip_net *net;

	if (idx != IDX_NONE)
		return idx;
	idx = slab_new(&rip->nets);
	if (idx == IDX_NONE) {
		rip->stats.nets_full++;
		return IDX_NONE;
	}
	net = rip_net_at(rip, idx);
	net->addr = addr;
	net->len = len;
	net->metric = RIP_INFINITY;
	net->garbage_ns = NS_NEVER;
	map_add(&rip->by_prefix, net_hash(rip, addr, len), idx);
	return idx;
}

static void net_del(struct rip *rip, u32 idx)
{
	const struct rip_net *net = rip_net_at(rip, idx);

	heap_set(&rip->due, idx, NS_NEVER);
	map_del(&rip->by_prefix, net_hash(rip, net->addr, net->len), idx);
	slab_del(&rip->nets, idx);
}

enum rip_route_kind rip_net_kind(const struct rip_net *net)
{
	if (net->link_metric != 0)
		return RIP_ROUTE_CONNECTED;
	if (net->export_metric != 0)
		return RIP_ROUTE_EXPORTED;
	return net->hop_count > 0 && net->chosen ? RIP_ROUTE_LEARNED : RIP_ROUTE_GARBAGE;
}

u8 rip_net_metric(const struct rip_net *net)
{
	switch (rip_net_kind(net)) {
	case RIP_ROUTE_CONNECTED: return net->link_metric;
	case RIP_ROUTE_EXPORTED: return net->export_metric;
	case RIP_ROUTE_LEARNED: return net->metric;
	case RIP_ROUTE_GARBAGE: break;
	}
	return RIP_INFINITY;
}

u16 rip_net_tag(const struct rip_net *net)
{
	switch (rip_net_kind(net)) {
	case RIP_ROUTE_CONNECTED: return 0;
	case RIP_ROUTE_EXPORTED: return net->export_tag;
	case RIP_ROUTE_LEARNED:
	case RIP_ROUTE_GARBAGE: break;
	}
	return net->tag;
}

bool rip_net_is_by(const struct rip_net *net, u16 iface)
{
	if (rip_net_kind(net) != RIP_ROUTE_LEARNED)
		return false;
	for (u32 n = 0; n < net->hop_count; n++) {
		if (net->hop[n].iface == iface)
			return true;
	}
	return false;
}

/* ---- after each change ----------------------------------------------------------------------- */

static bool same_hops(const struct rip_net *a, const struct rip_net *b)
{
	if (a->hop_count != b->hop_count)
		return false;
	for (u32 n = 0; n < a->hop_count; n++) {
		if (!be32_eq(a->hop[n].gateway, b->hop[n].gateway) ||
		    a->hop[n].iface != b->hop[n].iface)
			return false;
	}
	return true;
}

/* Whether neighbours would be told the same of both; by which interface is part of it. */
static bool tells_same(const struct rip_net *a, const struct rip_net *b)
{
	enum rip_route_kind kind = rip_net_kind(a);

	if (kind != rip_net_kind(b) || rip_net_metric(a) != rip_net_metric(b))
		return false;
	if (kind != RIP_ROUTE_GARBAGE && rip_net_tag(a) != rip_net_tag(b))
		return false;
	if (kind == RIP_ROUTE_EXPORTED)
		return be32_eq(a->export_gateway, b->export_gateway) &&
		       a->export_iface == b->export_iface;
	return kind != RIP_ROUTE_LEARNED || same_hops(a, b);
}

static void set_due(struct rip *rip, u32 idx)
{
	const struct rip_net *net = rip_net_at(rip, idx);
	ns_t due = net->garbage_ns;

	for (u32 n = 0; n < net->hop_count; n++)
		due = u64_min(due, net->hop[n].until_ns);
	heap_set(&rip->due, idx, due);
}

static bool is_empty(const struct rip_net *net)
{
	return net->hop_count == 0 && net->link_metric == 0 && net->export_metric == 0;
}

/* What has changed is told (section 3.10.1), what became unreachable is told so until garbage is
 * collected (section 3.8), and what nobody was ever told of goes at once.                        */
static void settle(struct rip *rip, u32 idx, const struct rip_net *before, ns_t now)
{
	struct rip_net *net = rip_net_at(rip, idx);
	bool reachable = rip_net_metric(net) < RIP_INFINITY;

	if (!tells_same(before, net) && (reachable || net->version != 0))
		net->version = ++rip->version;
	if (reachable || net->version == 0)
		net->garbage_ns = NS_NEVER;
	else if (net->garbage_ns == NS_NEVER)
		net->garbage_ns = now + rip->conf.garbage_ns;
	if (net->version == 0 && is_empty(net)) {
		net_del(rip, idx);
		return;
	}
	set_due(rip, idx);
}

/* ---- what is heard --------------------------------------------------------------------------- */

static u32 rib_hops_of(struct rip *rip, const struct rip_net *net)
{
	struct rib_hop out[RIP_HOPS_MAX];
	u32 count = 0;

	for (u32 n = 0; n < net->hop_count; n++) {
		struct ip_addr gateway = ip_addr4(net->hop[n].gateway);
		u32 at = 0;

		while (at < count && !(ip_addr_eq(&out[at].gateway, &gateway) &&
				       out[at].iface == net->hop[n].iface))
			at++;
		if (at == count)
			out[count++] = (struct rib_hop){ gateway, net->hop[n].iface, 1 };
	}
	return rib_hops_get(rip->rib, out, count);
}

static bool offer(struct rip *rip, const struct rip_net *net)
{
	struct ip_prefix prefix = ip_prefix4(net->addr, net->len);
	struct rib_path path = {
		.client = rip->client,
		.type = FIB_UNICAST,
		.distance = rip->conf.distance,
		.metric = net->metric,
		.extra = net->tag,
		.hops = rib_hops_of(rip, net),
	};

	return path.hops != RIB_NONE && rib_offer(rip->rib, &prefix, &path) == ERR_OK;
}

static void withdraw(struct rip *rip, const struct rip_net *net)
{
	struct ip_prefix prefix = ip_prefix4(net->addr, net->len);
	enum err err = rib_withdraw(rip->rib, &prefix, rip->client, 0);

	CHECK(err == ERR_OK || err == ERR_NOT_FOUND);
}

static void clear_hops(struct rip_net *net)
{
	net->hop_count = 0;
	net->metric = RIP_INFINITY;
}

/* Tell the RIB of what is heard now. What it has no room for, we have not heard either: nobody is
 * told of a way that packets do not go.                                                          */
static void publish(struct rip *rip, u32 idx, const struct rip_net *before)
{
	struct rip_net *net = rip_net_at(rip, idx);

	if (net->metric == before->metric && net->tag == before->tag && same_hops(net, before))
		return;
	if (net->hop_count > 0 && !offer(rip, net)) {
		rip->stats.rib_full++;
		clear_hops(net);
	}
	if (net->hop_count == 0 && before->hop_count > 0)
		withdraw(rip, net);
}

static u32 find_hop(const struct rip_net *net, const struct rip_hop *hop)
{
	for (u32 n = 0; n < net->hop_count; n++) {
		if (be32_eq(net->hop[n].from, hop->from) && net->hop[n].iface == hop->iface)
			return n;
	}
	return IDX_NONE;
}

static void del_hop(struct rip_net *net, u32 at)
{
	net->hop_count--;
	memmove(&net->hop[at], &net->hop[at + 1], (net->hop_count - at) * sizeof net->hop[0]);
	if (net->hop_count == 0)
		clear_hops(net);
}

/* One more of the same metric: beside those that there are, or in place of one that is half way
 * to its time-out (section 3.9.2, the heuristic).                                                */
static void add_equal(struct rip *rip, struct rip_net *net, const struct rip_hop *hop, ns_t now)
{
	if (net->hop_count < rip->conf.hop_limit) {
		net->hop[net->hop_count++] = *hop;
		return;
	}
	for (u32 n = 0; n < net->hop_count; n++) {
		if (net->hop[n].until_ns <= now + rip->conf.timeout_ns / 2) {
			net->hop[n] = *hop;
			return;
		}
	}
}

/* A hop that is known says something: the route is what it says now, unless others still say what
 * it said before.                                                                                */
static void hear_again(struct rip_net *net, u32 at, const struct rip_heard *heard)
{
	if (heard->metric > net->metric && (net->hop_count > 1 || heard->metric >= RIP_INFINITY)) {
		del_hop(net, at);
		return;
	}
	net->hop[at] = heard->hop;
	net->metric = heard->metric;
	if (at == 0)
		net->tag = heard->tag;
}

void rip_net_hear(struct rip *rip, const struct rip_heard *heard, ns_t now)
{
	u32 idx = rip_net_find(rip, heard->addr, heard->len), at;
	struct rip_net before, *net;

	if (idx == IDX_NONE && heard->metric < RIP_INFINITY)
		idx = net_get(rip, heard->addr, heard->len);
	if (idx == IDX_NONE)
		return;
	net = rip_net_at(rip, idx);
	before = *net;
	at = find_hop(net, &heard->hop);
	if (heard->metric < net->metric) {
		net->hop_count = 1;
		net->hop[0] = heard->hop;
		net->metric = heard->metric;
		net->tag = heard->tag;
	} else if (at != IDX_NONE) {
		hear_again(net, at, heard);
	} else if (heard->metric == net->metric && heard->metric < RIP_INFINITY) {
		add_equal(rip, net, &heard->hop, now);
	}
	publish(rip, idx, &before);
	settle(rip, idx, &before, now);
}

/* ---- our own --------------------------------------------------------------------------------- */

static bool is_linked(const struct rip *rip, const struct rip_net *net)
{
	const struct iface_conf *conf = &rip_iface_of(rip, net->link_iface)->conf;

	if (!rip->iface[net->link_iface].active)
		return false;
	for (u32 n = 0; n < conf->addr_count; n++) {
		if (conf->addr[n].prefix_len == net->len &&
		    ((be32_host(conf->addr[n].addr) ^ be32_host(net->addr)) & ip4_mask(net->len)) ==
			    0)
			return true;
	}
	return false;
}

static void unlink_nets(struct rip *rip, ns_t now)
{
	for (u32 idx = 0; idx < rip->nets.cap; idx++) {
		struct rip_net before, *net = rip_net_at(rip, idx);

		if (!slab_is_live(&rip->nets, idx) || net->link_metric == 0 || is_linked(rip, net))
			continue;
		before = *net;
		net->link_metric = 0;
		settle(rip, idx, &before, now);
	}
}

static void link_net(struct rip *rip, u16 iface, const struct iface_addr *link, ns_t now)
{
	be32 addr = be32_of(be32_host(link->addr) & ip4_mask(link->prefix_len));
	struct rip_net before, *net;
	u32 idx;

	/* RFC 3927 section 7: nobody else is to hear of link-local addresses. */
	if (link->prefix_len == 0 || ip4_is_loopback(addr) || ip4_is_link_local(addr))
		return;
	idx = net_get(rip, addr, link->prefix_len);
	if (idx == IDX_NONE)
		return;
	net = rip_net_at(rip, idx);
	if (net->link_metric != 0 && net->link_iface != iface)
		return;
	before = *net;
	net->link_metric = rip->iface[iface].conf.cost;
	net->link_iface = iface;
	settle(rip, idx, &before, now);
}

void rip_net_links(struct rip *rip, ns_t now)
{
	unlink_nets(rip, now);
	for (u16 iface = 0; iface < rip->ifaces->count; iface++) {
		const struct iface_conf *conf = &rip_iface_of(rip, iface)->conf;

		if (!rip->iface[iface].active)
			continue;
		for (u32 n = 0; n < conf->addr_count; n++)
			link_net(rip, iface, &conf->addr[n], now);
	}
}

void rip_net_drop_iface(struct rip *rip, u16 iface, ns_t now)
{
	for (u32 idx = 0; idx < rip->nets.cap; idx++) {
		struct rip_net before, *net = rip_net_at(rip, idx);

		if (!slab_is_live(&rip->nets, idx))
			continue;
		before = *net;
		for (u32 n = net->hop_count; n > 0; n--) {
			if (net->hop[n - 1].iface == iface)
				del_hop(net, n - 1);
		}
		publish(rip, idx, &before);
		settle(rip, idx, &before, now);
	}
}

void rip_net_tell_again(struct rip *rip)
{
	for (u32 idx = 0; idx < rip->nets.cap; idx++) {
		struct rip_net *net = rip_net_at(rip, idx);

		if (slab_is_live(&rip->nets, idx) && net->version != 0)
			net->version = ++rip->version;
	}
}

/* ---- of others ------------------------------------------------------------------------------- */

/* What the export policy makes of a route; metric zero: it is not announced. */
struct export
{
	u8 metric;
	u16 tag;
};

static struct export export_of(const struct rip *rip, const struct rib_change *change)
{
	struct policy_view view = {
		.prefix = change->prefix,
		.source = change->source,
		.metric = change->best.metric,
	};
	struct export out = { .metric = rip->conf.export_metric };
	struct policy_result result;

	view.has_tag = rib_path_tag(change->source, &change->best, &view.tag);
	out.tag = (u16)view.tag;
	if (rip->conf.export == POLICY_NONE ||
	    (change->best.type != FIB_UNICAST && change->best.type != FIB_BLACKHOLE &&
	     change->best.type != FIB_PROHIBIT))
		return (struct export){ 0 };
	policy_run(rip->conf.policy, rip->conf.export, &view, &result);
	if (!result.accepted)
		return (struct export){ 0 };
	for (u32 n = 0; n < result.change_count; n++) {
		const struct policy_rule *rule = &rip->conf.policy->rule[result.change[n]];

		if ((rule->set & POLICY_SET_METRIC) != 0)
			out.metric = (u8)u32_max(1, u32_min(rule->metric, RIP_INFINITY));
		if ((rule->set & POLICY_SET_TAG) != 0)
			out.tag = (u16)rule->new_tag;
	}
	return out.metric < RIP_INFINITY ? out : (struct export){ 0 };
}

/* RFC 2453 section 4.4: if it has one gateway, that one may be on the link of who is told. */
static void set_export(struct rip *rip, struct rip_net *net, const struct rib_change *change,
		       struct export export)
{
	struct rib_hop hop[RIB_HOPS_MAX];
	u32 count = 0;

	net->export_metric = export.metric;
	net->export_tag = export.tag;
	net->export_gateway = be32_of(0);
	net->export_iface = IFACE_NONE;
	if (export.metric != 0 && change->best.hops != RIB_NONE)
		count = rib_hops_read(rip->rib, change->best.hops, hop);
	if (count == 1 && hop[0].gateway.family == FAMILY_IP4) {
		net->export_gateway = hop[0].gateway.word[0];
		net->export_iface = hop[0].iface;
	}
}

void rip_net_chosen(struct rip *rip, const struct rib_change *change, ns_t now)
{
	bool ours = !change->gone && change->best.client == rip->client;
	struct export export = { 0 };
	struct rip_net before, *net;
	u32 idx;

	if (change->prefix.addr.family != FAMILY_IP4)
		return;
	/* Own addresses and broadcasts are in the prefixes of their links. */
	if (!change->gone && !ours && change->best.type != FIB_LOCAL &&
	    change->best.type != FIB_BROADCAST)
		export = export_of(rip, change);
	idx = rip_net_find(rip, change->prefix.addr.word[0], change->prefix.len);
	if (idx == IDX_NONE && export.metric != 0)
		idx = net_get(rip, change->prefix.addr.word[0], change->prefix.len);
	if (idx == IDX_NONE)
		return;
	net = rip_net_at(rip, idx);
	before = *net;
	net->chosen = ours;
	set_export(rip, net, change, export);
	settle(rip, idx, &before, now);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void net_due(struct rip *rip, u32 idx, ns_t now)
{
	struct rip_net before, *net = rip_net_at(rip, idx);

	before = *net;
	for (u32 n = net->hop_count; n > 0; n--) {
		if (net->hop[n - 1].until_ns > now)
			continue;
		rip->stats.timeouts++;
		del_hop(net, n - 1);
	}
	if (net->garbage_ns <= now) {
		rip->stats.forgotten++;
		net->version = 0;
		before.version = 0;
	}
	publish(rip, idx, &before);
	settle(rip, idx, &before, now);
}

bool rip_net_due(struct rip *rip, ns_t now)
{
	for (u32 step = 0; step < RIP_STEP_DUE; step++) {
		u32 idx = heap_due(&rip->due, now);

		if (idx == IDX_NONE)
			return false;
		net_due(rip, idx, now);
	}
	return true;
}
