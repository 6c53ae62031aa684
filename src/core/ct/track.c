/* Trackers: which packet may begin a flow, and what a packet does to the flow it belongs to. */
#include "core/ct/expire.h"
#include "core/pkt/segment.h"
#include "core/wire/gre.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"
#include "core/wire/udp.h"

struct state_info {
	const char *name;
	enum ct_timeout timeout;
};

static const struct state_info state_info[FLOW_STATE_COUNT] = {
	[FLOW_TCP_NONE] = { "none", CT_TIMEOUT_TCP_OPENING },
	[FLOW_TCP_SYN_SENT] = { "syn-sent", CT_TIMEOUT_TCP_OPENING },
	[FLOW_TCP_SYN_SENT2] = { "syn-sent2", CT_TIMEOUT_TCP_OPENING },
	[FLOW_TCP_SYN_RECV] = { "syn-recv", CT_TIMEOUT_TCP_OPENING },
	[FLOW_TCP_ESTABLISHED] = { "established", CT_TIMEOUT_TCP_ESTABLISHED },
	[FLOW_TCP_FIN_WAIT] = { "fin-wait", CT_TIMEOUT_TCP_CLOSING },
	[FLOW_TCP_CLOSE_WAIT] = { "close-wait", CT_TIMEOUT_TCP_CLOSING },
	[FLOW_TCP_LAST_ACK] = { "last-ack", CT_TIMEOUT_TCP_CLOSING },
	[FLOW_TCP_TIME_WAIT] = { "time-wait", CT_TIMEOUT_TCP_CLOSED },
	[FLOW_TCP_CLOSE] = { "close", CT_TIMEOUT_TCP_CLOSED },
	[FLOW_UDP_NEW] = { "new", CT_TIMEOUT_UDP_NEW },
	[FLOW_UDP_STREAM] = { "stream", CT_TIMEOUT_UDP },
	[FLOW_ICMP_NEW] = { "query", CT_TIMEOUT_ICMP },
	[FLOW_ICMP_ANSWERED] = { "answered", CT_TIMEOUT_ICMP },
	[FLOW_GENERIC_NEW] = { "unanswered", CT_TIMEOUT_GENERIC },
	[FLOW_GENERIC_ANSWERED] = { "two-way", CT_TIMEOUT_GENERIC },
	[FLOW_SCTP_NONE] = { "none", CT_TIMEOUT_SCTP_OPENING },
	[FLOW_SCTP_HEARTBEAT] = { "heartbeat", CT_TIMEOUT_SCTP_OPENING },
	[FLOW_SCTP_COOKIE_WAIT] = { "cookie-wait", CT_TIMEOUT_SCTP_OPENING },
	[FLOW_SCTP_COOKIE_ECHOED] = { "cookie-echoed", CT_TIMEOUT_SCTP_OPENING },
	[FLOW_SCTP_ESTABLISHED] = { "established", CT_TIMEOUT_SCTP_ESTABLISHED },
	[FLOW_SCTP_SHUTDOWN_SENT] = { "shutdown-sent", CT_TIMEOUT_SCTP_CLOSING },
	[FLOW_SCTP_SHUTDOWN_RECD] = { "shutdown-recd", CT_TIMEOUT_SCTP_CLOSING },
	[FLOW_SCTP_SHUTDOWN_ACK_SENT] = { "shutdown-ack-sent", CT_TIMEOUT_SCTP_CLOSING },
	[FLOW_SCTP_CLOSED] = { "closed", CT_TIMEOUT_SCTP_CLOSED },
	[FLOW_DCCP_NONE] = { "none", CT_TIMEOUT_DCCP_OPENING },
	[FLOW_DCCP_LISTEN] = { "listen", CT_TIMEOUT_DCCP_OPENING },
	[FLOW_DCCP_REQUEST] = { "request", CT_TIMEOUT_DCCP_OPENING },
	[FLOW_DCCP_RESPOND] = { "respond", CT_TIMEOUT_DCCP_OPENING },
	[FLOW_DCCP_PARTOPEN] = { "partopen", CT_TIMEOUT_DCCP_OPENING },
	[FLOW_DCCP_OPEN] = { "open", CT_TIMEOUT_DCCP_OPEN },
	[FLOW_DCCP_CLOSEREQ] = { "closereq", CT_TIMEOUT_DCCP_CLOSING },
	[FLOW_DCCP_CLOSING] = { "closing", CT_TIMEOUT_DCCP_CLOSING },
	[FLOW_DCCP_TIMEWAIT] = { "timewait", CT_TIMEOUT_DCCP_CLOSING },
};

const char *flow_state_name(enum flow_state state)
{
	CHECK(state < FLOW_STATE_COUNT);
	return state_info[state].name;
}

enum ct_timeout flow_timeout_class(enum flow_state state)
{
	DCHECK(state < FLOW_STATE_COUNT);
	return state_info[state].timeout;
}

static bool icmp_tuple(const struct icmp_hdr *icmp, struct tuple_key *key)
{
	be16 query;

	if (icmp_is_request(icmp->type)) {
		query = be16_of((u16)(icmp->type << 8 | icmp->code));
		key->tuple.sport = icmp->query.id;
		key->tuple.dport = query;
		return true;
	}
	if (icmp_is_reply(icmp->type)) {
		query = be16_of((u16)(icmp_request_of(icmp->type) << 8 | icmp->code));
		key->tuple.sport = query;
		key->tuple.dport = icmp->query.id;
		return true;
	}
	return false;
}

bool ct_tuple_of(const struct pkt *pkt, struct tuple_key *key)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const u8 *l4 = pkt_l4(pkt);

	*key = (struct tuple_key){ .tuple = { .src = ip->src, .dst = ip->dst },
				   .proto = ip->proto,
				   .zone = pkt->zone };
	if (ip4_has_ports(ip->proto)) {
		key->tuple.sport = be16_load(l4);
		key->tuple.dport = be16_load(l4 + 2);
	} else if (ip->proto == IP_PROTO_GRE) {
		key->tuple.sport = key->tuple.dport = gre_ident(l4, pkt_l4_len(pkt));
	} else if (ip->proto == IP_PROTO_ICMP) {
		return icmp_tuple((const void *)l4, key);
	}
	return true;
}

/* A reset answers only what its sender has sent so (RFC 9293 section 3.1). */
static enum drop midstream_fault(const struct pkt *pkt)
{
	return pkt_csum_is_right(pkt) ? DROP_CT_MIDSTREAM : DROP_TRANSPORT_CHECKSUM;
}

verdict ct_may_begin(const struct ct *ct, struct drop_stats *stats, struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);

	if (ip->proto == IP_PROTO_TCP) {
		const struct tcp_hdr *tcp = (const void *)pkt_l4(pkt);
		u8 kind = tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);

		if (kind == TCP_SYN)
			return VERDICT_ACCEPT;
		/* A RST ends what is not there; picking it up would only make a flow of nothing. */
		if ((kind & TCP_RST) != 0)
			return pkt_drop(stats, pkt, DROP_CT_INVALID);
		if (kind == (TCP_SYN | TCP_ACK) || !ct->conf.midstream)
			return pkt_drop(stats, pkt, midstream_fault(pkt));
		return VERDICT_ACCEPT;
	}
	if (ip->proto == IP_PROTO_ICMP) {
		const struct icmp_hdr *icmp = (const void *)pkt_l4(pkt);

		if (!icmp_is_request(icmp->type))
			return pkt_drop(stats, pkt, DROP_CT_INVALID);
	}
	/* As with a RST: it ends what is not there. */
	if ((ip->proto == IP_PROTO_SCTP && ct_sctp_ends(pkt)) ||
	    (ip->proto == IP_PROTO_DCCP && ct_dccp_is_reset(pkt)))
		return pkt_drop(stats, pkt, DROP_CT_INVALID);
	return VERDICT_ACCEPT;
}

static void flow_count(struct ct *ct, u32 idx, enum tuple_dir dir, const struct pkt *pkt)
{
	if (ct->more == NULL)
		return;
	ct->more[idx].packets[dir]++;
	ct->more[idx].bytes[dir] += pkt->len;
}

/* A protocol that only knows whether it was answered. */
static void track_plain(struct ct *ct, u32 idx, enum flow_state answered, u32 now_ms)
{
	struct flow *flow = &ct->flow[idx];

	flow->state = (u8)answered;
	flow->flags |= FLOW_ASSURED;
	ct_relink(ct, idx, now_ms);
	if (UNLIKELY(ct->news.heard))
		ct_news_add(ct, idx, CT_NEWS_UPDATE, CT_END_NONE);
}

void ct_answer(struct ct *ct, u32 idx, enum tuple_dir dir, u32 now_ms)
{
	struct flow *flow = &ct->flow[idx];

	if (dir != TUPLE_REPLY || !flow_is_confirmed(flow) || (flow->flags & FLOW_ANSWERED) != 0)
		return;
	ct_unlink(ct, idx);
	flow->flags |= FLOW_ANSWERED;
	ct_link(ct, idx, now_ms);
	switch (flow->proto) {
	case IP_PROTO_TCP:
	case IP_PROTO_SCTP:
	case IP_PROTO_DCCP: break;
	case IP_PROTO_UDP:
	case IP_PROTO_UDPLITE: track_plain(ct, idx, FLOW_UDP_STREAM, now_ms); break;
	case IP_PROTO_ICMP: track_plain(ct, idx, FLOW_ICMP_ANSWERED, now_ms); break;
	default: track_plain(ct, idx, FLOW_GENERIC_ANSWERED, now_ms); break;
	}
}

/* The flow lives on from now. */
static void track_refresh(struct ct *ct, u32 idx, u32 now_ms)
{
	struct flow *flow = &ct->flow[idx];
	bool slot_is_new = (now_ms ^ flow->seen_ms) >> CT_SLOT_SHIFT != 0;

	flow->seen_ms = now_ms;
	if ((flow->flags & FLOW_EMBRYO) != 0 && slot_is_new)
		ct_relink(ct, idx, now_ms);
}

/* Both sides agreed: an answered flow in this state is assured. */
static bool is_open(enum flow_state state)
{
	return state == FLOW_TCP_ESTABLISHED || state == FLOW_SCTP_ESTABLISHED ||
	       state == FLOW_DCCP_OPEN;
}

void ct_set_state(struct ct *ct, u32 idx, enum flow_state state, u32 now_ms)
{
	struct flow *flow = &ct->flow[idx];

	if (flow->state == state)
		return;
	flow->state = (u8)state;
	/* The time of a state begins with it, whoever brought it about. */
	flow->seen_ms = now_ms;
	if (is_open(state) && (flow->flags & FLOW_ANSWERED) != 0)
		flow->flags |= FLOW_ASSURED;
	if (!flow_is_confirmed(flow))
		return;
	ct_relink(ct, idx, now_ms);
	if (UNLIKELY(ct->news.heard))
		ct_news_add(ct, idx, CT_NEWS_UPDATE, CT_END_NONE);
}

/* RFC 7857 section 7.1: a RST keeps nothing, nor does what is one to another protocol; the state
 * that it may bring has its time.                                                                */
static bool is_ending(u8 proto, const struct pkt *pkt)
{
	switch (proto) {
	case IP_PROTO_TCP: return ct_tcp_is_reset(pkt);
	case IP_PROTO_SCTP: return ct_sctp_ends(pkt);
	case IP_PROTO_DCCP: return ct_dccp_is_reset(pkt);
	default: return false;
	}
}

void ct_track(struct ct *ct, u32 idx, enum tuple_dir dir, const struct pkt *pkt, u32 now_ms)
{
	if (!is_ending(ct->flow[idx].proto, pkt))
		track_refresh(ct, idx, now_ms);
	ct_track_quietly(ct, idx, dir, pkt, now_ms);
}

void ct_track_quietly(struct ct *ct, u32 idx, enum tuple_dir dir, const struct pkt *pkt,
		      u32 now_ms)
{
	u8 proto = ct->flow[idx].proto;

	flow_count(ct, idx, dir, pkt);
	if (proto == IP_PROTO_TCP && ct_tcp_is_reset(pkt) &&
	    !ct_tcp_reset_counts(ct, idx, dir, pkt)) {
		ct->stats.out_of_window++;
		return;
	}
	switch (proto) {
	/* What does not fit its association or connection is no answer either. */
	case IP_PROTO_SCTP: ct_sctp_track(ct, idx, dir, pkt, now_ms); break;
	case IP_PROTO_DCCP: ct_dccp_track(ct, idx, dir, pkt, now_ms); break;
	case IP_PROTO_TCP:
		ct_answer(ct, idx, dir, now_ms);
		ct_tcp_track(ct, idx, dir, pkt, now_ms);
		break;
	default: ct_answer(ct, idx, dir, now_ms); break;
	}
}

bool ct_reopens(const struct ct *ct, u32 idx, enum tuple_dir dir, const struct pkt *pkt)
{
	switch (ct->flow[idx].proto) {
	case IP_PROTO_TCP: return ct_tcp_reopens(ct, idx, dir, pkt);
	case IP_PROTO_SCTP: return ct_sctp_reopens(ct, idx, dir, pkt);
	case IP_PROTO_DCCP: return ct_dccp_reopens(ct, idx, pkt);
	default: return false;
	}
}

void ct_reopen(struct ct *ct, u32 idx)
{
	struct flow *flow = &ct->flow[idx];

	flow->state = (u8)flow_first_state(flow->proto);
	flow->flags &= (u16) ~(FLOW_ASSURED | FLOW_FIN_ORIG | FLOW_FIN_REPLY);
	if (ct->more != NULL)
		memset(ct->more[idx].window, 0, sizeof ct->more[idx].window);
	ct->stats.reopened++;
}
