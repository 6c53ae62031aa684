/* A host: what it does with time and with what arrives. */
#include "sim/host.h"

#include <stdlib.h>

static struct host *host_of(struct actor *actor)
{
	return (struct host *)actor;
}

void host_begin(struct host *host, struct build *b, be32 dst, u8 proto)
{
	struct net *net = host->actor.net;

	build_start(b);
	build_ip4(b, host->conf.addr, dst, proto);
	build_ip(b)->id = be16_of(host->ip_id++);
	build_ip(b)->tos = net_chance(net, 10) ? (u8)net_random(net) : 0;
	build_ip(b)->ttl = net_chance(net, 3) ? (u8)net_below(net, 4) : 64;
	if (net_chance(net, 20))
		build_ip(b)->frag = be16_of(IP4_DF);
	if (net_chance(net, 2)) {
		static const u8 record_route[] = { 7, 7, 4, 0, 0, 0, 0 };
		static const u8 nothing[] = { 1, 1, 1, 0 };

		if (net_chance(net, 50))
			build_ip_options(b, record_route, sizeof record_route);
		else
			build_ip_options(b, nothing, sizeof nothing);
	}
}

/* A piece that lies across two others. */
static void host_emit_overlap(struct host *host, const struct build *b, u32 offset, u32 len)
{
	static _Thread_local struct build piece;
	u32 total = b->len - b->l4;

	if (offset >= total)
		return;
	len = u32_min(len, total - offset) / 8 * 8;
	if (len < 16)
		return;
	build_fragment_at(&piece, b, offset, len, true);
	link_send(host->up, piece.bytes, piece.len, 0);
}

/* Fragments in any order, some twice, sometimes with an overlap. */
static void host_emit_fragments(struct host *host, const struct build *b)
{
	static _Thread_local struct build piece;
	struct net *net = host->actor.net;
	u32 piece_len = (host->conf.mtu - (b->l4 - b->l3)) / 8 * 8;
	u32 total = b->len - b->l4;
	u32 count, begin;

	if (net_chance(net, 50))
		piece_len = u32_max(piece_len / 8 / (1 + net_below(net, 3)), 64) * 8;
	piece_len = u32_min(piece_len, (host->conf.mtu - (b->l4 - b->l3)) / 8 * 8);
	count = (total + piece_len - 1) / piece_len;
	begin = net_chance(net, 50) ? net_below(net, count) : 0;
	for (u32 n = 0; n < count; n++) {
		u32 index = (begin + n) % count;

		build_fragment(&piece, b, piece_len, index);
		link_send(host->up, piece.bytes, piece.len, 0);
		if (net_chance(net, 4))
			host_emit_overlap(host, b, index * piece_len + 8, piece_len);
	}
}

void host_emit(struct host *host, struct build *b)
{
	struct net *net = host->actor.net;
	u32 flags = 0;

	build_seal(b);
	if (net_chance(net, host->conf.naughty_percent)) {
		host_break(host, b);
		if (net_chance(net, 10))
			flags = PKT_LINK_BROADCAST;
		link_send(host->up, b->bytes, b->len, flags);
		return;
	}
	if (b->len > host->conf.mtu)
		build_ip(b)->frag = be16_of(0);
	build_seal_ip(b);
	if (b->len > host->conf.mtu ||
	    (b->len > 200 && be16_host(build_ip(b)->frag) == 0 && net_chance(net, 3)))
		host_emit_fragments(host, b);
	else
		link_send(host->up, b->bytes, b->len, 0);
}

struct talk *host_talk_new(struct host *host)
{
	for (u32 n = 0; n < HOST_TALKS_MAX; n++) {
		struct talk *talk = &host->talk[n];

		if (talk->state == TALK_FREE) {
			memset(talk, 0, sizeof *talk);
			talk->due = NS_NEVER;
			return talk;
		}
	}
	return NULL;
}

struct talk *host_talk_find(struct host *host, enum talk_state from, enum talk_state to, be32 peer,
			    u16 lport, u16 pport)
{
	for (u32 n = 0; n < HOST_TALKS_MAX; n++) {
		struct talk *talk = &host->talk[n];

		if (talk->state >= from && talk->state <= to && be32_eq(talk->peer, peer) &&
		    talk->lport == lport && talk->pport == pport)
			return talk;
	}
	return NULL;
}

static void host_forward(struct actor *actor, u16 port, const struct frame *frame)
{
	struct host *host = host_of(actor);
	struct seen seen;

	(void)port;
	if (!seen_parse(&seen, frame->bytes, frame->len))
		return;
	host->received++;
	if (net_chance(actor->net, host->conf.error_percent))
		host_complain(host, frame->bytes, frame->len);
	if (seen_is_fragment(&seen) || seen.wrong != 0)
		return;
	if (seen.proto == IP_PROTO_GRE)
		host_gre_in(host, frame->bytes, &seen);
	if (!seen.has_l4)
		return;
	if (seen.proto == IP_PROTO_TCP)
		host_tcp_in(host, &seen);
	else if (seen.proto == IP_PROTO_UDP || seen.proto == IP_PROTO_UDPLITE)
		host_udp_in(host, &seen);
	else if (seen.proto == IP_PROTO_ICMP)
		host_ping_in(host, &seen);
	else if (seen.proto == IP_PROTO_SCTP)
		host_sctp_in(host, &seen);
	else if (seen.proto == IP_PROTO_DCCP)
		host_dccp_in(host, &seen);
}

/* Of a hundred; six each of the first two, three of the others. */
enum { KIND_SCTP = 68, KIND_DCCP = 74, KIND_UDPLITE = 94, KIND_GRE = 97 };

/* Ask for one of the services. */
static void host_visit(struct host *host)
{
	struct net *net = host->actor.net;
	const struct net_visit *to = &host->visit[net_below(net, host->visit_count)];
	u16 pport = (u16)(to->port_first + net_below(net, to->port_last - to->port_first + 1u));
	u32 kind = net_below(net, 12);

	if (to->proto == IP_PROTO_TCP || (to->proto == 0 && kind < 5))
		host_tcp_open(host, to->addr, pport);
	else if (to->proto == IP_PROTO_UDP || kind < 8)
		host_udp_open(host, to->addr, pport, 0);
	else if (kind < 10)
		host_ping_open(host, to->addr);
	else if (kind == 10)
		host_sctp_open(host, to->addr, pport);
	else
		host_dccp_open(host, to->addr, pport);
}

/* Begin something with somebody: a known peer, or a public endpoint somebody was seen behind. */
static void host_idea(struct host *host)
{
	struct net *net = host->actor.net;
	be32 peer = host->peer[net_below(net, host->peer_count)];
	u16 pport = (u16)(80 + net_below(net, HOST_PORTS));
	u32 kind = net_below(net, 100);

	if (net->endpoint_count > 0 && (net_chance(net, 12) || !host->conf.inside)) {
		const struct net_endpoint *at = &net->endpoint[net_below(net, net->endpoint_count)];

		peer = at->addr;
		pport = at->port;
		kind = at->proto == IP_PROTO_TCP    ? 0
		       : at->proto == IP_PROTO_SCTP ? KIND_SCTP
		       : at->proto == IP_PROTO_DCCP ? KIND_DCCP
		       : at->proto == IP_PROTO_UDPLITE ? KIND_UDPLITE
						       : 60;
	} else if (!host->conf.inside && kind < 80) {
		return;
	}
	if (kind < 40)
		host_tcp_open(host, peer, pport);
	else if (kind >= KIND_DCCP && kind < KIND_DCCP + 6)
		host_dccp_open(host, peer, pport);
	else if (kind >= KIND_SCTP && kind < KIND_SCTP + 6)
		host_sctp_open(host, peer, pport);
	else if (kind < 80)
		host_udp_open(host, peer, pport, 0);
	else if (kind >= KIND_GRE)
		host_gre_open(host, peer);
	else if (kind >= KIND_UDPLITE)
		host_udplite_open(host, peer, pport);
	else
		host_ping_open(host, peer);
}

static void host_run(struct actor *actor)
{
	struct host *host = host_of(actor);
	struct net *net = actor->net;

	for (u32 n = 0; n < HOST_TALKS_MAX; n++) {
		struct talk *talk = &host->talk[n];

		if (talk->state == TALK_FREE || talk->due > net->now)
			continue;
		talk->due = NS_NEVER;
		if (talk->state == TALK_UDP)
			host_udp_due(host, talk);
		else if (talk->state == TALK_PING)
			host_ping_due(host, talk);
		else if (talk->state == TALK_GRE)
			host_gre_due(host, talk);
		else if (talk->state == TALK_SCTP || talk->state == TALK_DCCP)
			host_assoc_due(host, talk);
		else
			host_tcp_due(host, talk);
		return;
	}
	if (host->next_idea > net->now)
		return;
	host->next_idea = net->now + net_random(net) % (4 * NS_PER_SEC);
	if (host->ideas_left > 0 && host->peer_count > 0) {
		host->ideas_left--;
		if (host->visit_count > 0 && net_chance(net, host->conf.inside ? 25 : 70))
			host_visit(host);
		else
			host_idea(host);
	}
	if (host->ideas_left == 0)
		host->next_idea = NS_NEVER;
}

static ns_t host_next(const struct actor *actor)
{
	const struct host *host = (const struct host *)actor;
	ns_t next = host->next_idea;

	for (u32 n = 0; n < HOST_TALKS_MAX; n++) {
		if (host->talk[n].state != TALK_FREE)
			next = u64_min(next, host->talk[n].due);
	}
	return next;
}

static void host_del(struct actor *actor)
{
	free(actor);
}

static const struct actor_ops host_ops = { host_forward, host_next, host_run, host_del };

struct host *host_new(struct net *net, const struct host_conf *conf)
{
	struct host *host = calloc(1, sizeof *host);

	CHECK(host != NULL);
	host->conf = *conf;
	host->next_port = (u16)(net_chance(net, 30) ? 900 : 20000 + net_below(net, 20000));
	host->ip_id = (u16)net_random(net);
	host->ideas_left = UINT32_MAX;
	host->next_idea = net->now + net_random(net) % (2 * NS_PER_SEC);
	net_add(net, &host->actor, &host_ops);
	return host;
}

void host_knows(struct host *host, be32 peer)
{
	CHECK(host->peer_count < HOST_PEERS_MAX);
	host->peer[host->peer_count++] = peer;
}

void host_visits(struct host *host, const struct net_visit *visit)
{
	CHECK(host->visit_count < HOST_VISITS_MAX);
	host->visit[host->visit_count++] = *visit;
}
