/* A host's SCTP and DCCP: the states that matter to somebody in the middle. Who asks has a talk;
 * who answers has none: what it needs to know of the other it has sent along, as a cookie does.  */
#include "sim/host.h"

#include "core/wire/dccp.h"
#include "core/wire/sctp.h"

enum assoc_step { STEP_ASKING, STEP_ECHOED, STEP_OPEN, STEP_CLOSING };
enum { DATA_HEAD = 12, TAG_LEN = 4, COOKIE_AT = 16, PORT_FIRST = 80 };

/* All numbers of DCCP here have this upper half. */
#define DCCP_HIGH (UINT64_C(0x8001) << 32)

static const ns_t assoc_rto = NS_PER_SEC;

static void put32(u8 *at, u32 value)
{
	be32_store(at, be32_of(value));
}

static u32 get32(const u8 *at)
{
	return be32_host(be32_load(at));
}

static bool is_served(u16 port)
{
	return port >= PORT_FIRST && port < PORT_FIRST + HOST_PORTS - 1;
}

static u16 assoc_port(struct net *net)
{
	return (u16)((net_chance(net, 10) ? 800 : 8000) + net_below(net, 6));
}

static void assoc_arm(struct host *host, struct talk *talk)
{
	talk->due = host->actor.net->now + (assoc_rto << talk->tries);
}

/* False when it has tried often enough. */
static bool assoc_again(struct talk *talk)
{
	if (talk->tries++ < HOST_TRIES_MAX)
		return true;
	talk->state = TALK_FREE;
	return false;
}

static struct talk *assoc_new(struct host *host, enum talk_state state, be32 peer, u16 pport)
{
	struct net *net = host->actor.net;
	u16 lport = assoc_port(net);
	struct talk *talk = host_talk_find(host, state, state, peer, lport, pport);

	if (talk != NULL)
		return NULL;
	talk = host_talk_new(host);
	if (talk == NULL)
		return NULL;
	talk->state = state;
	talk->peer = peer;
	talk->lport = lport;
	talk->pport = pport;
	talk->end = (enum talk_end)net_below(net, TALK_END_KINDS);
	talk->left = net_below(net, 5);
	talk->iss = (u32)net_random(net) | 1;
	talk->snd_nxt = talk->iss;
	return talk;
}

/* ---- SCTP ----------------------------------------------------------------------------------- */

struct sctp_to {
	be32 peer;
	u16 lport;
	u16 pport;
	u32 tag;
};

static void sctp_begin(struct host *host, struct build *b, const struct sctp_to *to)
{
	host_begin(host, b, to->peer, IP_PROTO_SCTP);
	build_sctp(b, to->lport, to->pport, to->tag);
}

/* One chunk and nothing else; value is padded. */
static void sctp_send(struct host *host, const struct sctp_to *to, u8 type, u8 flags,
		      const void *value, u32 len)
{
	static _Thread_local struct build b;

	sctp_begin(host, &b, to);
	build_sctp_chunk(&b, type, flags, value, len);
	host_emit(host, &b);
}

static struct sctp_to sctp_to_peer(const struct talk *talk)
{
	return (struct sctp_to){ talk->peer, talk->lport, talk->pport, talk->irs };
}

static void sctp_send_init(struct host *host, struct talk *talk)
{
	struct sctp_to to = sctp_to_peer(talk);
	u8 init[16] = { 0 };

	to.tag = 0;
	put32(init, talk->iss);
	sctp_send(host, &to, SCTP_INIT, 0, init, sizeof init);
	assoc_arm(host, talk);
}

/* Data names its sender's tag, so that it can be acknowledged. */
static void sctp_add_data(struct host *host, struct build *b, struct talk *talk)
{
	static u8 data[DATA_HEAD + 4096];
	struct net *net = host->actor.net;
	u32 len = net_below(net, net_chance(net, 95) ? 400 : 4000);

	put32(data, talk->snd_nxt++);
	put32(data + DATA_HEAD, talk->iss);
	for (u32 n = 0; n < len; n++)
		data[DATA_HEAD + TAG_LEN + n] = (u8)(n * 5 ^ len);
	build_sctp_chunk(b, SCTP_DATA, 3, data, DATA_HEAD + TAG_LEN + len);
}

static void sctp_end(struct host *host, struct talk *talk)
{
	struct sctp_to to = sctp_to_peer(talk);
	u8 tag[TAG_LEN];

	put32(tag, talk->iss);
	if (talk->end == TALK_END_FIN) {
		talk->rcv_nxt = STEP_CLOSING;
		sctp_send(host, &to, SCTP_SHUTDOWN, 0, tag, sizeof tag);
		assoc_arm(host, talk);
		return;
	}
	if (talk->end == TALK_END_RST)
		sctp_send(host, &to, SCTP_ABORT, 0, NULL, 0);
	talk->state = TALK_FREE;
}

static void sctp_send_more(struct host *host, struct talk *talk)
{
	static _Thread_local struct build b;
	struct net *net = host->actor.net;
	struct sctp_to to = sctp_to_peer(talk);
	u8 info[8] = { 0, 1, 0, 8 };

	if (talk->left == 0) {
		sctp_end(host, talk);
		return;
	}
	talk->left--;
	put32(info + 4, talk->iss);
	sctp_begin(host, &b, &to);
	if (net_chance(net, 20))
		build_sctp_chunk(&b, SCTP_HEARTBEAT, 0, info, sizeof info);
	for (u32 n = 1 + net_below(net, 3); n > 0; n--)
		sctp_add_data(host, &b, talk);
	host_emit(host, &b);
	talk->due = net->now + net_random(net) % (2 * NS_PER_SEC);
}

static void sctp_send_echo(struct host *host, struct talk *talk)
{
	static _Thread_local struct build b;
	struct sctp_to to = sctp_to_peer(talk);
	u8 cookie[TAG_LEN];

	put32(cookie, talk->iss);
	sctp_begin(host, &b, &to);
	build_sctp_chunk(&b, SCTP_COOKIE_ECHO, 0, cookie, sizeof cookie);
	if (net_chance(host->actor.net, 30))
		sctp_add_data(host, &b, talk);
	host_emit(host, &b);
	assoc_arm(host, talk);
}

void host_sctp_open(struct host *host, be32 peer, u16 pport)
{
	struct talk *talk = assoc_new(host, TALK_SCTP, peer, pport);

	if (talk == NULL)
		return;
	/* The second path of an association that nobody here has seen. */
	if (net_chance(host->actor.net, 10)) {
		talk->irs = talk->iss;
		talk->rcv_nxt = STEP_OPEN;
		sctp_send_more(host, talk);
		return;
	}
	sctp_send_init(host, talk);
}

static void sctp_due(struct host *host, struct talk *talk)
{
	if (talk->rcv_nxt == STEP_OPEN)
		sctp_send_more(host, talk);
	else if (!assoc_again(talk))
		return;
	else if (talk->rcv_nxt == STEP_ASKING)
		sctp_send_init(host, talk);
	else if (talk->rcv_nxt == STEP_ECHOED)
		sctp_send_echo(host, talk);
	else
		sctp_end(host, talk);
}

/* What the first chunk of a packet for a talk means. */
static void sctp_talk_in(struct host *host, struct talk *talk, const struct seen *seen)
{
	u32 tag = get32(seen->data - SCTP_HLEN + SCTP_TAG_AT);
	struct sctp_to to;

	if (tag != talk->iss)
		return;
	if (seen->data[0] == SCTP_INIT_ACK && talk->rcv_nxt == STEP_ASKING &&
	    seen->data_len >= SCTP_INIT_LEN_MIN) {
		talk->irs = get32(seen->data + SCTP_INIT_TAG_AT);
		talk->rcv_nxt = STEP_ECHOED;
		talk->tries = 0;
		sctp_send_echo(host, talk);
	} else if (seen->data[0] == SCTP_COOKIE_ACK && talk->rcv_nxt == STEP_ECHOED) {
		talk->rcv_nxt = STEP_OPEN;
		talk->tries = 0;
		talk->due = host->actor.net->now + NS_PER_MS;
	} else if (seen->data[0] == SCTP_SHUTDOWN_ACK && talk->rcv_nxt == STEP_CLOSING) {
		to = sctp_to_peer(talk);
		sctp_send(host, &to, SCTP_SHUTDOWN_COMPLETE, 0, NULL, 0);
		host->streams_done++;
		talk->state = TALK_FREE;
	} else if (seen->data[0] == SCTP_ABORT) {
		talk->state = TALK_FREE;
	}
}

static void sctp_answer_init(struct host *host, struct sctp_to *to, const struct seen *seen)
{
	u8 ack[COOKIE_AT + TAG_LEN] = { 0 };

	if (seen->data_len < SCTP_INIT_LEN_MIN)
		return;
	to->tag = get32(seen->data + SCTP_INIT_TAG_AT);
	put32(ack, to->tag * 2654435761u | 1);
	put32(ack + COOKIE_AT, to->tag);
	if (is_served(seen->dport))
		sctp_send(host, to, SCTP_INIT_ACK, 0, ack, sizeof ack);
	else
		sctp_send(host, to, SCTP_ABORT, 0, NULL, 0);
}

/* The tag of who sent the chunk stands where its kind has room for it. */
static void sctp_answer(struct host *host, const struct seen *seen, const u8 *chunk, u32 len)
{
	struct sctp_to to = { seen->src, seen->dport, seen->sport, 0 };
	u8 sack[12] = { 0 };

	switch (chunk[0]) {
	case SCTP_INIT: sctp_answer_init(host, &to, seen); return;
	case SCTP_COOKIE_ECHO:
		if (len < 8)
			return;
		to.tag = get32(chunk + 4);
		sctp_send(host, &to, SCTP_COOKIE_ACK, 0, NULL, 0);
		return;
	case SCTP_HEARTBEAT:
		if (len < 12)
			return;
		to.tag = get32(chunk + 8);
		sctp_send(host, &to, SCTP_HEARTBEAT_ACK, 0, chunk + 4, len - 4);
		return;
	case SCTP_SHUTDOWN:
		if (len < 8)
			return;
		to.tag = get32(chunk + 4);
		sctp_send(host, &to, SCTP_SHUTDOWN_ACK, 0, NULL, 0);
		return;
	case SCTP_DATA:
		if (len < 4 + DATA_HEAD + TAG_LEN)
			return;
		to.tag = get32(chunk + 4 + DATA_HEAD);
		/* Who has no such association says so, with the tag that came. */
		if (net_chance(host->actor.net, 3)) {
			to.tag = get32(seen->data - SCTP_HLEN + SCTP_TAG_AT);
			sctp_send(host, &to, SCTP_ABORT, SCTP_TAG_REFLECTED, NULL, 0);
			return;
		}
		memcpy(sack, chunk + 4, 4);
		sctp_send(host, &to, SCTP_SACK, 0, sack, sizeof sack);
		return;
	default: return;
	}
}

void host_sctp_in(struct host *host, const struct seen *seen)
{
	struct talk *talk = host_talk_find(host, TALK_SCTP, TALK_SCTP, seen->src, seen->dport,
					   seen->sport);
	u32 at = 0;

	if (talk != NULL && seen->data_len >= SCTP_CHUNK_HLEN) {
		sctp_talk_in(host, talk, seen);
		return;
	}
	if (!host->conf.inside)
		net_saw_endpoint(host->actor.net, IP_PROTO_SCTP, seen->src, seen->sport);
	while (at + SCTP_CHUNK_HLEN <= seen->data_len) {
		u32 len = be16_host(be16_load(seen->data + at + SCTP_CHUNK_LEN_AT));

		if (len < SCTP_CHUNK_HLEN || len > seen->data_len - at)
			return;
		sctp_answer(host, seen, seen->data + at, len);
		at += (len + 3) / 4 * 4;
	}
}

/* ---- DCCP ----------------------------------------------------------------------------------- */

struct dccp_to {
	be32 peer;
	u16 lport;
	u16 pport;
};

static void dccp_send(struct host *host, const struct dccp_to *to, u8 type, u32 seq, u32 ack)
{
	static _Thread_local struct build b;
	struct net *net = host->actor.net;

	host_begin(host, &b, to->peer, IP_PROTO_DCCP);
	build_dccp(&b, to->lport, to->pport, type, DCCP_HIGH | seq, DCCP_HIGH | ack);
	if (type == DCCP_DATA_ACK) {
		build_payload(&b, 8 + net_below(net, net_chance(net, 95) ? 400 : 4000), 3);
		/* The data need not be under the checksum. */
		if (net_chance(net, 30))
			((u8 *)build_l4(&b))[DCCP_COVERAGE_AT] = (u8)(1 + net_below(net, 3));
	}
	host_emit(host, &b);
}

static void dccp_say(struct host *host, struct talk *talk, u8 type)
{
	struct dccp_to to = { talk->peer, talk->lport, talk->pport };

	dccp_send(host, &to, type, talk->snd_nxt++, talk->irs);
}

void host_dccp_open(struct host *host, be32 peer, u16 pport)
{
	struct talk *talk = assoc_new(host, TALK_DCCP, peer, pport);

	if (talk == NULL)
		return;
	dccp_say(host, talk, DCCP_REQUEST);
	assoc_arm(host, talk);
}

static void dccp_due(struct host *host, struct talk *talk)
{
	static const u8 again[] = {
		[STEP_ASKING] = DCCP_REQUEST, [STEP_ECHOED] = DCCP_ACK, [STEP_CLOSING] = DCCP_CLOSE
	};
	struct net *net = host->actor.net;

	if (talk->rcv_nxt != STEP_OPEN) {
		if (!assoc_again(talk))
			return;
		dccp_say(host, talk, again[talk->rcv_nxt]);
		assoc_arm(host, talk);
	} else if (talk->left > 0) {
		talk->left--;
		dccp_say(host, talk, DCCP_DATA_ACK);
		talk->due = net->now + net_random(net) % (2 * NS_PER_SEC);
	} else if (talk->end == TALK_END_FIN) {
		talk->rcv_nxt = STEP_CLOSING;
		dccp_say(host, talk, DCCP_CLOSE);
		assoc_arm(host, talk);
	} else {
		if (talk->end == TALK_END_RST)
			dccp_say(host, talk, DCCP_RESET);
		talk->state = TALK_FREE;
	}
}

void host_assoc_due(struct host *host, struct talk *talk)
{
	if (talk->state == TALK_SCTP)
		sctp_due(host, talk);
	else
		dccp_due(host, talk);
}

static void dccp_talk_in(struct host *host, struct talk *talk, u32 type, u32 seq)
{
	talk->irs = seq;
	if (type == DCCP_RESET) {
		host->streams_done += talk->rcv_nxt == STEP_CLOSING;
		talk->state = TALK_FREE;
	} else if (type == DCCP_RESPONSE && talk->rcv_nxt <= STEP_ECHOED) {
		talk->rcv_nxt = STEP_ECHOED;
		talk->tries = 0;
		dccp_say(host, talk, DCCP_DATA_ACK);
		assoc_arm(host, talk);
	} else if (talk->rcv_nxt == STEP_ECHOED) {
		talk->rcv_nxt = STEP_OPEN;
		talk->tries = 0;
		talk->due = host->actor.net->now + NS_PER_MS;
	}
}

void host_dccp_in(struct host *host, const struct seen *seen)
{
	const u8 *dccp = seen->data - DCCP_HLEN_MIN;
	struct talk *talk = host_talk_find(host, TALK_DCCP, TALK_DCCP, seen->src, seen->dport,
					   seen->sport);
	struct dccp_to to = { seen->src, seen->dport, seen->sport };
	u32 type = dccp_type(dccp), seq, ack;

	if (!dccp_is_long(dccp) || seen->data_len < dccp_hlen_min(type, true) - DCCP_HLEN_MIN)
		return;
	seq = get32(dccp + DCCP_SEQ_LONG_AT + 2);
	if (talk != NULL) {
		dccp_talk_in(host, talk, type, seq);
		return;
	}
	if (!host->conf.inside)
		net_saw_endpoint(host->actor.net, IP_PROTO_DCCP, seen->src, seen->sport);
	if (type == DCCP_REQUEST) {
		if (is_served(seen->dport))
			dccp_send(host, &to, DCCP_RESPONSE, seq * 2654435761u, seq);
		else
			dccp_send(host, &to, DCCP_RESET, 0, seq);
		return;
	}
	ack = type == DCCP_DATA || type == DCCP_LISTEN
		      ? 0
		      : get32(dccp + DCCP_HLEN_LONG + DCCP_ACK_LONG_AT + 2);
	if (type == DCCP_DATA_ACK || type == DCCP_ACK)
		dccp_send(host, &to, DCCP_ACK, ack + 1, seq);
	else if (type == DCCP_CLOSE)
		dccp_send(host, &to, DCCP_RESET, ack + 1, seq);
}
