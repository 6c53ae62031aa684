/* A host's TCP: the states that matter to somebody in the middle, stop and wait. */
#include "sim/host.h"

static const ns_t tcp_rto = NS_PER_SEC;

/* What stands at this offset of every stream. */
static u8 tcp_pattern(u32 offset)
{
	return (u8)(offset * 7 ^ offset >> 8 ^ 0x5a);
}

static void tcp_send(struct host *host, struct conn *conn, u8 flags, u32 seq, u32 len)
{
	static _Thread_local struct build b;
	static const u8 syn_options[] = { 2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 0, 0 };

	host_begin(host, &b, conn->peer, IP_PROTO_TCP);
	build_tcp(&b, conn->lport, conn->pport, flags, seq,
		  (flags & TCP_ACK) != 0 ? conn->rcv_nxt : 0);
	if ((flags & TCP_SYN) != 0)
		build_tcp_options(&b, syn_options, sizeof syn_options);
	for (u32 n = 0; n < len; n++) {
		u8 byte = tcp_pattern(seq - conn->iss - 1 + n);

		build_bytes(&b, &byte, 1);
	}
	host_emit(host, &b);
}

static void tcp_free(struct conn *conn)
{
	conn->state = CONN_FREE;
}

static void tcp_arm(struct host *host, struct conn *conn)
{
	conn->due = host->node.net->now + (tcp_rto << conn->tries);
}

/* Data, or the end, once everything before is acknowledged. */
static void tcp_advance(struct host *host, struct conn *conn)
{
	struct net *net = host->node.net;
	u32 len = u32_min(conn->left, 1 + net_below(net, 1400));

	if (conn->state != CONN_OPEN || conn->snd_una != conn->snd_nxt)
		return;
	conn->tries = 0;
	if (len > 0) {
		tcp_send(host, conn, TCP_ACK | TCP_PSH, conn->snd_nxt, len);
		conn->snd_nxt += len;
		conn->left -= len;
		tcp_arm(host, conn);
		return;
	}
	if (conn->passive && !conn->peer_fin)
		return;
	if (conn->end == CONN_END_RST && !conn->peer_fin) {
		tcp_send(host, conn, TCP_RST | TCP_ACK, conn->snd_nxt, 0);
		tcp_free(conn);
	} else if (conn->end == CONN_END_SILENT && !conn->peer_fin) {
		tcp_free(conn);
	} else {
		conn->state = CONN_FIN;
		tcp_send(host, conn, TCP_FIN | TCP_ACK, conn->snd_nxt, 0);
		conn->snd_nxt++;
		tcp_arm(host, conn);
	}
}

void host_tcp_open(struct host *host, be32 peer, u16 pport)
{
	struct net *net = host->node.net;
	struct conn *conn = host_conn_new(host);

	if (conn == NULL)
		return;
	conn->state = CONN_SYN_SENT;
	conn->peer = peer;
	conn->pport = pport;
	conn->lport = host->next_port++;
	if (host->next_port < 600)
		host->next_port = 600;
	conn->end = (enum conn_end)net_below(net, CONN_END_KINDS);
	conn->left = net_below(net, 5000);
	conn->iss = (u32)net_random(net);
	conn->snd_una = conn->iss;
	conn->snd_nxt = conn->iss + 1;
	tcp_send(host, conn, TCP_SYN, conn->iss, 0);
	tcp_arm(host, conn);
}

static void tcp_retransmit(struct host *host, struct conn *conn)
{
	u32 len = conn->snd_nxt - conn->snd_una;

	if (conn->state == CONN_SYN_SENT)
		tcp_send(host, conn, TCP_SYN, conn->iss, 0);
	else if (conn->state == CONN_SYN_RECV)
		tcp_send(host, conn, TCP_SYN | TCP_ACK, conn->iss, 0);
	else if (conn->state == CONN_FIN && len == 1)
		tcp_send(host, conn, TCP_FIN | TCP_ACK, conn->snd_una, 0);
	else if (len > 0)
		tcp_send(host, conn, TCP_ACK | TCP_PSH, conn->snd_una,
			 len - (conn->state == CONN_FIN));
}

void host_tcp_due(struct host *host, struct conn *conn)
{
	if (conn->snd_una == conn->snd_nxt) {
		tcp_advance(host, conn);
		return;
	}
	if (++conn->tries > HOST_TRIES_MAX) {
		if (net_chance(host->node.net, 50) && conn->state >= CONN_OPEN)
			tcp_send(host, conn, TCP_RST | TCP_ACK, conn->snd_nxt, 0);
		tcp_free(conn);
		return;
	}
	tcp_retransmit(host, conn);
	tcp_arm(host, conn);
}

/* RFC 9293 section 3.10.7.1: nobody is here. */
static void tcp_refuse(struct host *host, const struct seen *seen)
{
	struct conn nobody;
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
	struct net *net = host->node.net;
	struct conn *conn;

	if (seen->flags != TCP_SYN || seen->dport < 80 || seen->dport >= 80 + HOST_PORTS - 1) {
		tcp_refuse(host, seen);
		return;
	}
	conn = host_conn_new(host);
	if (conn == NULL)
		return;
	net_saw_endpoint(net, IP_PROTO_TCP, seen->src, seen->sport);
	conn->state = CONN_SYN_RECV;
	conn->passive = true;
	conn->peer = seen->src;
	conn->lport = seen->dport;
	conn->pport = seen->sport;
	conn->left = net_below(net, 4000);
	conn->irs = seen->seq;
	conn->rcv_nxt = seen->seq + 1;
	conn->iss = (u32)net_random(net);
	conn->snd_una = conn->iss;
	conn->snd_nxt = conn->iss + 1;
	tcp_send(host, conn, TCP_SYN | TCP_ACK, conn->iss, 0);
	tcp_arm(host, conn);
}

static void tcp_take_data(struct host *host, struct conn *conn, const struct seen *seen)
{
	bool fin = (seen->flags & TCP_FIN) != 0;

	if (seen->data_len == 0 && !fin)
		return;
	if (seen->seq == conn->rcv_nxt) {
		for (u32 n = 0; n < seen->data_len; n++) {
			if (seen->data[n] != tcp_pattern(seen->seq - conn->irs - 1 + n)) {
				net_fail(host->node.net, "a TCP stream arrived with another byte");
				return;
			}
		}
		conn->rcv_nxt += seen->data_len + fin;
		conn->peer_fin = conn->peer_fin || fin;
	}
	tcp_send(host, conn, TCP_ACK, conn->snd_nxt, 0);
}

static void tcp_open_in(struct host *host, struct conn *conn, const struct seen *seen)
{
	if ((seen->flags & TCP_ACK) != 0 && seq_gt(seen->ack, conn->snd_una) &&
	    seq_le(seen->ack, conn->snd_nxt)) {
		conn->snd_una = seen->ack;
		conn->tries = 0;
		if (conn->state == CONN_SYN_RECV)
			conn->state = CONN_OPEN;
	}
	tcp_take_data(host, conn, seen);
	if (conn->state == CONN_FIN && conn->peer_fin && conn->snd_una == conn->snd_nxt) {
		host->streams_done++;
		tcp_free(conn);
		return;
	}
	if (conn->snd_una == conn->snd_nxt) {
		conn->due = host->node.net->now + net_random(host->node.net) % NS_PER_SEC;
		if (conn->state == CONN_FIN)
			conn->due = NS_NEVER;
		else
			tcp_advance(host, conn);
	}
}

void host_tcp_in(struct host *host, const struct seen *seen)
{
	struct conn *conn = host_conn_find(host, CONN_SYN_SENT, CONN_FIN, seen->src, seen->dport,
					   seen->sport);

	if (conn == NULL) {
		tcp_listen(host, seen);
		return;
	}
	if ((seen->flags & TCP_RST) != 0) {
		tcp_free(conn);
		return;
	}
	if (conn->state != CONN_SYN_SENT) {
		tcp_open_in(host, conn, seen);
		return;
	}
	if (seen->flags != (TCP_SYN | TCP_ACK) || seen->ack != conn->snd_nxt)
		return;
	conn->irs = seen->seq;
	conn->rcv_nxt = seen->seq + 1;
	conn->snd_una = seen->ack;
	conn->state = CONN_OPEN;
	tcp_send(host, conn, TCP_ACK, conn->snd_nxt, 0);
	tcp_advance(host, conn);
}
