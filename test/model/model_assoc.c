/* What the model knows of SCTP and DCCP: which packets begin, which may end, and whether a flow was
 * opened the way that the books have it. Everything else leaves a flow uncertain.                */
#include "model/model_in.h"

#include "core/wire/ip4.h"

enum { SCTP_COMMON = 12, CHUNK = 4, OPEN = 4, ANYTHING = 0xff, NEAR = 1000 };
enum { INIT = 1, INIT_ACK = 2, ABORT = 6, SHUTDOWN = 7, SHUTDOWN_ACK = 8, COOKIE_ECHO = 10 };
enum { COOKIE_ACK = 11, SHUTDOWN_COMPLETE = 14 };
enum { REQUEST, RESPONSE, DATA, ACK, DATA_ACK, CLOSE_REQ, CLOSE, RESET };

static u32 word(const u8 *at)
{
	return (u32)at[0] << 24 | (u32)at[1] << 16 | (u32)at[2] << 8 | at[3];
}

static u32 chunk_len(const u8 *chunk)
{
	return (u32)chunk[2] << 8 | chunk[3];
}

bool model_is_assoc(u8 proto)
{
	return proto == IP_PROTO_SCTP || proto == IP_PROTO_DCCP;
}

/* Do the chunks fill the packet as they say? *types has a bit for each type below 32 on the way. */
static bool chunks_add_up(const struct seen *seen, u32 *count, u32 *types)
{
	u32 at = 0;

	*types = *count = 0;
	while (at + CHUNK <= seen->data_len) {
		const u8 *chunk = seen->data + at;

		*types |= chunk[0] < 32 ? 1u << chunk[0] : 0;
		++*count;
		if (chunk_len(chunk) < CHUNK || chunk_len(chunk) > seen->data_len - at)
			return false;
		at += (chunk_len(chunk) + 3) / 4 * 4;
	}
	return *count > 0 && at >= seen->data_len;
}

static u32 dccp_type_of(const struct seen *seen)
{
	return seen->data[-4] >> 1 & 15;
}

static bool is_long(const struct seen *seen)
{
	return (seen->data[-4] & 1) != 0 && seen->data_len >= 12;
}

/* Of 48 bits (RFC 4340 section 5.1). */
static u64 dccp_seq(const struct seen *seen)
{
	return (u64)seen->data[-2] << 40 | (u64)seen->data[-1] << 32 | word(seen->data);
}

static u64 dccp_ack(const struct seen *seen)
{
	return (u64)seen->data[6] << 40 | (u64)seen->data[7] << 32 | word(seen->data + 8);
}

bool model_assoc_begins(const struct seen *seen)
{
	u32 count, types;

	if (!seen->has_l4 || seen->wrong != 0)
		return false;
	if (seen->proto == IP_PROTO_DCCP)
		return dccp_type_of(seen) == REQUEST && seen->data_len >= 8;
	return chunks_add_up(seen, &count, &types) && count == 1 && seen->data[0] == INIT &&
	       seen->data_len >= 20 && word(seen->data + 4) != 0 && word(seen->data - 8) == 0;
}

bool model_assoc_ends(const struct seen *seen, bool maybe)
{
	u32 count, types;
	bool sum;

	if (!seen->has_l4)
		return false;
	if (seen->proto == IP_PROTO_DCCP)
		return dccp_type_of(seen) == RESET;
	sum = chunks_add_up(seen, &count, &types);
	if (maybe)
		return (types & (1u << ABORT | 1u << SHUTDOWN_COMPLETE)) != 0;
	return sum && count == 1 && (seen->data[0] == ABORT || seen->data[0] == SHUTDOWN_COMPLETE);
}

bool model_assoc_may_close(const struct seen *seen)
{
	u32 count, types;

	if (!seen->has_l4)
		return false;
	if (seen->proto == IP_PROTO_DCCP)
		return dccp_type_of(seen) >= CLOSE_REQ && dccp_type_of(seen) <= RESET;
	(void)chunks_add_up(seen, &count, &types);
	return (types &
		(1u << ABORT | 1u << SHUTDOWN | 1u << SHUTDOWN_ACK | 1u << SHUTDOWN_COMPLETE)) != 0;
}

/* RFC 9260 section 5.1: 1 INIT, 2 INIT ACK, 3 COOKIE ECHO, 4 COOKIE ACK; each may be repeated. */
static u8 sctp_step(struct model_flow *f, bool reply, const struct seen *seen)
{
	u32 count, types, type, tag, initiate;

	if (seen->wrong != 0 || !chunks_add_up(seen, &count, &types) || count > 8)
		return ANYTHING;
	type = seen->data[0];
	tag = word(seen->data - 8);
	initiate = seen->data_len >= 20 ? word(seen->data + 4) : 0;
	if (!reply && model_assoc_begins(seen)) {
		if (f->tcp_step == 0)
			f->tcp_isn[0] = initiate;
		return initiate == f->tcp_isn[0] ? (u8)(f->tcp_step == 0 ? 1 : f->tcp_step)
						 : ANYTHING;
	}
	if (reply && type == INIT_ACK && count == 1 && initiate != 0 && tag == f->tcp_isn[0] &&
	    f->tcp_step >= 1) {
		if (f->tcp_step == 1)
			f->tcp_isn[1] = initiate;
		return initiate == f->tcp_isn[1] ? (u8)(f->tcp_step == 1 ? 2 : f->tcp_step)
						 : ANYTHING;
	}
	if (!reply && type == COOKIE_ECHO && tag == f->tcp_isn[1] && f->tcp_step >= 2)
		return 3;
	if (reply && type == COOKIE_ACK && tag == f->tcp_isn[0] && f->tcp_step == 3)
		return OPEN;
	return ANYTHING;
}

/* RFC 4340 section 8.1: 1 Request, 2 Response, 3 the client's Ack, 4 anything of the server. Each
 * has the next number of its sender, or one soon after it, and acknowledges what the other one sent
 * of late, and nothing else.                                                                     */
static u8 dccp_step(struct model_flow *f, bool reply, const struct seen *seen)
{
	u32 type = dccp_type_of(seen);
	bool carries = type == ACK || type == DATA_ACK;
	u64 *own = &f->dccp_last[reply], peer = f->dccp_last[!reply];

	if (seen->wrong != 0 || !is_long(seen))
		return ANYTHING;
	if (!reply && type == REQUEST && f->tcp_step <= 1) {
		*own = dccp_seq(seen);
		return 1;
	}
	if (reply && type == RESPONSE && f->tcp_step == 1 && dccp_ack(seen) == peer) {
		*own = dccp_seq(seen);
		return 2;
	}
	if (reply && type == RESPONSE && f->tcp_step >= 2 && dccp_seq(seen) == *own)
		return f->tcp_step;
	if (!carries || f->tcp_step < (reply ? 3 : 2) || dccp_seq(seen) - *own >= NEAR ||
	    peer - dccp_ack(seen) >= NEAR)
		return ANYTHING;
	*own = dccp_seq(seen);
	return reply ? OPEN : 3;
}

void model_assoc_seen(struct model_flow *f, bool reply, const struct seen *seen, bool certain)
{
	f->tcp_closing = f->tcp_closing || model_assoc_may_close(seen);
	if (!certain || !seen->has_l4)
		f->tcp_step = ANYTHING;
	else if (f->tcp_step < OPEN)
		f->tcp_step = seen->proto == IP_PROTO_SCTP ? sctp_step(f, reply, seen)
							   : dccp_step(f, reply, seen);
}

bool model_assoc_is_open(const struct model_flow *f)
{
	return f->tcp_step == OPEN && !f->tcp_closing;
}

bool model_assoc_answers(const struct model_flow *f)
{
	return f->tcp_step >= 2 && f->tcp_step <= OPEN;
}
