/* A host's TCP: the states that matter to somebody in the middle, stop and wait. */
#include "sim/host.h"

static const ns_t tcp_rto = NS_PER_SEC;

/* What stands at this offset of every stream. */
static u8 tcp_pattern(u32 offset)
{
	return (u8)(offset * 7 ^ offset >> 8 ^ 0x5a);
}

static void tcp_send(struct host *host, struct talk *talk, u8 flags, u32 seq, u32 len)
{
	static _Thread_local struct build b;
	static const u8 syn_options[] = { 2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 0, 0 };

	host_begin(host, &b, talk->peer, IP_PROTO_TCP);
	build_tcp(&b, talk->lport, talk->pport, flags, seq,
		  (flags & TCP_ACK) != 0 ? talk->rcv_nxt : 0);
	if ((flags & TCP_SYN) != 0)
		build_tcp_options(&b, syn_options, sizeof syn_options);
	for (u32 n = 0; n < len; n++) {
		u8 byte = tcp_pattern(seq - talk->iss - 1 + n);

		build_bytes(&b, &byte, 1);
	}
	host_emit(host, &b);
}

static void tcp_free(struct talk *talk)
{
	talk->state = TALK_FREE;
}

static void tcp_arm(struct host *host, struct talk *talk)
{
	talk->due = host->actor.net->now + (tcp_rto << talk->tries);
}

/* Data, or the end, once everything before is acknowledged. */
static void tcp_advance(struct host *host, struct talk *talk)
{
	struct net *net = host->actor.net;
	u32 len = u32_min(talk->left, 1 + net_below(net, 1400));

	if (talk->state != TALK_OPEN || talk->snd_una != talk->snd_nxt)
		return;
	talk->tries = 0;
	if (len > 0) {
		tcp_send(host, talk, TCP_ACK | TCP_PSH, talk->snd_nxt, len);
		talk->snd_nxt += len;
		talk->left -= len;
		tcp_arm(host, talk);
		return;
	}
	if (talk->passive && !talk->peer_fin)
		return;
	if (talk->end == TALK_END_RST && !talk->peer_fin) {
		tcp_send(host, talk, TCP_RST | TCP_ACK, talk->snd_nxt, 0);
		tcp_free(talk);
	} else if (talk->end == TALK_END_SILENT && !talk->peer_fin) {
		tcp_free(talk);
	} else {
		talk->state = TALK_FIN;
		tcp_send(host, talk, TCP_FIN | TCP_ACK, talk->snd_nxt, 0);
		talk->snd_nxt++;
		tcp_arm(host, talk);
	}
}

void host_tcp_open(struct host *host, be32 peer, u16 pport)
{
	struct net *net = host->actor.net;
	struct talk *talk = host_talk_new(host);

	if (talk == NULL)
		return;
	talk->state = TALK_SYN_SENT;
	talk->peer = peer;
	talk->pport = pport;
	talk->lport = host->next_port++;
	if (host->next_port < 600)
		host->next_port = 600;
	talk->end = (enum talk_end)net_below(net, TALK_END_KINDS);
	talk->left = net_below(net, 5000);
	talk->iss = (u32)net_random(net);
	talk->snd_una = talk->iss;
	talk->snd_nxt = talk->iss + 1;
	tcp_send(host, talk, TCP_SYN, talk->iss, 0);
	tcp_arm(host, talk);
}

static void tcp_retransmit(struct host *host, struct talk *talk)
{
	u32 len = talk->snd_nxt - talk->snd_una;

	if (talk->state == TALK_SYN_SENT)
		tcp_send(host, talk, TCP_SYN, talk->iss, 0);
	else if (talk->state == TALK_SYN_RECV)
		tcp_send(host, talk, TCP_SYN | TCP_ACK, talk->iss, 0);
	else if (talk->state == TALK_FIN && len == 1)
		tcp_send(host, talk, TCP_FIN | TCP_ACK, talk->snd_una, 0);
	else if (len > 0)
		tcp_send(host, talk, TCP_ACK | TCP_PSH, talk->snd_una,
			 len - (talk->state == TALK_FIN));
}

void host_tcp_due(struct host *host, struct talk *talk)
{
	if (talk->snd_una == talk->snd_nxt) {
		tcp_advance(host, talk);
		return;
	}
	if (++talk->tries > HOST_TRIES_MAX) {
		if (net_chance(host->actor.net, 50) && talk->state >= TALK_OPEN)
			tcp_send(host, talk, TCP_RST | TCP_ACK, talk->snd_nxt, 0);
		tcp_free(talk);
		return;
	}
	tcp_retransmit(host, talk);
	tcp_arm(host, talk);
}

/* RFC 9293 section 3.10.7.1: nobody is here. */
static void tcp_refuse(struct host *host, const struct seen *seen)
{
	struct talk nobody;
	bool acked = (seen->flags & TCP_ACK) != 0;

	if ((seen->flags & TCP_RST) != 0)
		return;
	memset(&nobody, 0, sizeof nobody);
	nobody.peer = seen->src;
	nobody.lport = seen->dport;
	nobody.pport = seen->sport;
	nobody.rcv_nxt = seen->seq + seen->data_len + ((seen->flags & TCP_SYN) != 0) +
			 ((seen->flags & TCP_FIN) != 0);
	tcp_send(host, &nobody, acked ? TCP_RST : TCP_RST | TCP_ACK, acked ? seen->ack : 0, 0);
}

static void tcp_listen(struct host *host, const struct seen *seen)
{
	struct net *net = host->actor.net;
	struct talk *talk;

	if (seen->flags != TCP_SYN || seen->dport < 80 || seen->dport >= 80 + HOST_PORTS - 1) {
		tcp_refuse(host, seen);
		return;
	}
	talk = host_talk_new(host);
	if (talk == NULL)
		return;
	net_saw_endpoint(net, IP_PROTO_TCP, seen->src, seen->sport);
	talk->state = TALK_SYN_RECV;
	talk->passive = true;
	talk->peer = seen->src;
	talk->lport = seen->dport;
	talk->pport = seen->sport;
	talk->left = net_below(net, host->serves ? 10000 : 4000);
	talk->irs = seen->seq;
	talk->rcv_nxt = seen->seq + 1;
	talk->iss = (u32)net_random(net);
	talk->snd_una = talk->iss;
	talk->snd_nxt = talk->iss + 1;
	tcp_send(host, talk, TCP_SYN | TCP_ACK, talk->iss, 0);
	tcp_arm(host, talk);
}

static void tcp_take_data(struct host *host, struct talk *talk, const struct seen *seen)
{
	bool fin = (seen->flags & TCP_FIN) != 0;

	if (seen->data_len == 0 && !fin)
		return;
	if (seen->seq == talk->rcv_nxt) {
		for (u32 n = 0; n < seen->data_len; n++) {
			if (seen->data[n] != tcp_pattern(seen->seq - talk->irs - 1 + n)) {
				net_fail(host->actor.net, "a TCP stream arrived with another byte");
				return;
			}
		}
		talk->rcv_nxt += seen->data_len + fin;
		talk->peer_fin = talk->peer_fin || fin;
	}
	tcp_send(host, talk, TCP_ACK, talk->snd_nxt, 0);
}

static void tcp_open_in(struct host *host, struct talk *talk, const struct seen *seen)
{
	if ((seen->flags & TCP_ACK) != 0 && seq_gt(seen->ack, talk->snd_una) &&
	    seq_le(seen->ack, talk->snd_nxt)) {
		talk->snd_una = seen->ack;
		talk->tries = 0;
		if (talk->state == TALK_SYN_RECV)
			talk->state = TALK_OPEN;
	}
	tcp_take_data(host, talk, seen);
	if (talk->state == TALK_FIN && talk->peer_fin && talk->snd_una == talk->snd_nxt) {
		host->streams_done++;
		tcp_free(talk);
		return;
	}
	if (talk->snd_una == talk->snd_nxt) {
		talk->due = host->actor.net->now + net_random(host->actor.net) % NS_PER_SEC;
		if (talk->state == TALK_FIN)
			talk->due = NS_NEVER;
		else
			tcp_advance(host, talk);
	}
}

void host_tcp_in(struct host *host, const struct seen *seen)
{
	struct talk *talk = host_talk_find(host, TALK_SYN_SENT, TALK_FIN, seen->src, seen->dport,
					   seen->sport);

	if (talk == NULL) {
		tcp_listen(host, seen);
		return;
	}
	if ((seen->flags & TCP_RST) != 0) {
		tcp_free(talk);
		return;
	}
	if (talk->state != TALK_SYN_SENT) {
		tcp_open_in(host, talk, seen);
		return;
	}
	if (seen->flags != (TCP_SYN | TCP_ACK) || seen->ack != talk->snd_nxt)
		return;
	talk->irs = seen->seq;
	talk->rcv_nxt = seen->seq + 1;
	talk->snd_una = seen->ack;
	talk->state = TALK_OPEN;
	tcp_send(host, talk, TCP_ACK, talk->snd_nxt, 0);
	tcp_advance(host, talk);
}
