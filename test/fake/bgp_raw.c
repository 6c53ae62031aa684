/* A peer that a test plays byte by byte. */
#include "fake/bgp_raw.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "fake/build.h"

static struct speaker_io io_of(struct bgp_raw *raw)
{
	return bgp_net_io(raw->net->host[raw->host]);
}

struct bgp_raw *bgp_raw_new(struct bgp_net *net, u32 host)
{
	struct bgp_raw *raw = calloc(1, sizeof *raw);

	CHECK(raw != NULL);
	raw->net = net;
	raw->host = host;
	raw->sock = raw->listener = SOCK_ID_NONE;
	return raw;
}

struct bgp_net *bgp_raw_played(u32 as_a, u32 as_b, struct bgp_raw **raw)
{
	struct bgp_open open = bgp_raw_usual(as_b, "192.0.2.2");
	struct bgp_net *net = bgp_net_new();

	bgp_net_host(net, as_a, "192.0.2.1");
	bgp_net_host(net, as_b, "192.0.2.2");
	bgp_net_attach(net, 0, "10.0.0.1/24");
	bgp_net_attach(net, 1, "10.0.0.2/24");
	bgp_net_peer(net, 0, "10.0.0.2", as_b);
	bgp_net_start(net, 0);
	*raw = bgp_raw_new(net, 1);
	bgp_raw_up(*raw, "10.0.0.1", &open);
	return net;
}

void bgp_raw_call(struct bgp_raw *raw, const char *to)
{
	struct speaker_io io = io_of(raw);
	struct sock_addr peer = { addr(to), be16_of(BGP_PORT) };

	CHECK(io.open(io.ctx, SOCK_STREAM_KIND, 0, &raw->sock) == SOCK_OK);
	CHECK(io.connect(io.ctx, raw->sock, &peer, raw->net->now) == SOCK_IN_PROGRESS);
	bgp_net_run(raw->net, 10 * raw->net->delay);
	CHECK(io.watch(io.ctx, raw->sock, SOCK_READABLE) == SOCK_OK);
	raw->ended = false;
}

void bgp_raw_listen(struct bgp_raw *raw)
{
	struct speaker_io io = io_of(raw);
	struct sock_addr any = { .port = be16_of(BGP_PORT) };

	CHECK(io.open(io.ctx, SOCK_STREAM_KIND, 0, &raw->listener) == SOCK_OK);
	CHECK(io.bind(io.ctx, raw->listener, &any) == SOCK_OK);
	CHECK(io.listen(io.ctx, raw->listener, 4) == SOCK_OK);
}

bool bgp_raw_accept(struct bgp_raw *raw)
{
	struct speaker_io io = io_of(raw);
	struct sock_addr peer;

	raw->ended = false;
	return io.accept(io.ctx, raw->listener, &raw->sock, &peer) == SOCK_OK;
}

void bgp_raw_send(struct bgp_raw *raw, const void *bytes, u32 len)
{
	struct speaker_io io = io_of(raw);
	struct sock_out out = { bytes, len, 0, 0 };

	(void)io.send(io.ctx, raw->sock, &out, raw->net->now);
}

void bgp_raw_message(struct bgp_raw *raw, enum bgp_type type, const void *body, u32 len)
{
	u8 msg[BGP_MSG_MAX + 64];

	CHECK(BGP_HLEN + len <= sizeof msg);
	bgp_header_write(msg, BGP_HLEN + len, type);
	if (len > 0)
		memcpy(msg + BGP_HLEN, body, len);
	bgp_raw_send(raw, msg, BGP_HLEN + len);
}

struct bgp_open bgp_raw_usual(u32 as, const char *router_id)
{
	return (struct bgp_open){ .as = as,
				  .short_as = as > UINT16_MAX ? BGP_AS_TRANS : (u16)as,
				  .hold_s = 180,
				  .router_id = addr(router_id),
				  .ip4 = true,
				  .as4 = true,
				  .refresh = true };
}

void bgp_raw_open(struct bgp_raw *raw, const struct bgp_open *open)
{
	u8 msg[BGP_OPEN_MOST];

	bgp_raw_send(raw, msg, bgp_open_write(msg, open));
}

static void messages_find(struct bgp_raw *raw)
{
	u32 at = 0;

	raw->count = 0;
	while (at < raw->in_len && raw->count < BGP_RAW_MESSAGES) {
		struct bgp_error error;
		u32 len;

		/* What comes from here is framed as it should be. */
		enum bgp_frame frame = bgp_frame_read(raw->in + at, raw->in_len - at, &len, &error);
		CHECK(frame != BGP_FRAME_BAD);
		if (frame == BGP_FRAME_MORE)
			break;
		raw->msg[raw->count] = raw->in + at;
		raw->len[raw->count++] = len;
		at += len;
	}
}

void bgp_raw_run(struct bgp_raw *raw, ns_t ns)
{
	struct speaker_io io = io_of(raw);

	bgp_net_run(raw->net, ns);
	while (raw->sock != SOCK_ID_NONE && !raw->ended) {
		struct sock_buf buf = { raw->in + raw->in_len, (u32)sizeof raw->in - raw->in_len,
					0 };
		enum sock_error error;

		if (buf.bytes == 0)
			break;
		error = io.recv(io.ctx, raw->sock, &buf, NULL, raw->net->now);
		if (error == SOCK_AGAIN)
			break;
		raw->ended = error != SOCK_OK || buf.got == 0;
		raw->in_len += buf.got;
	}
	messages_find(raw);
}

void bgp_raw_up(struct bgp_raw *raw, const char *to, const struct bgp_open *open)
{
	bgp_raw_call(raw, to);
	bgp_raw_open(raw, open);
	bgp_raw_message(raw, BGP_KEEPALIVE, NULL, 0);
	bgp_raw_run(raw, 100 * raw->net->delay);
	CHECK(bgp_raw_got(raw, BGP_OPEN) == 1);
	CHECK(bgp_raw_got(raw, BGP_KEEPALIVE) >= 1);
}

u32 bgp_raw_got(const struct bgp_raw *raw, enum bgp_type type)
{
	u32 count = 0;

	for (u32 at = 0; at < raw->count; at++)
		count += bgp_msg_type(raw->msg[at]) == type;
	return count;
}

const u8 *bgp_raw_last(const struct bgp_raw *raw, enum bgp_type type)
{
	for (u32 at = raw->count; at > 0; at--) {
		if (bgp_msg_type(raw->msg[at - 1]) == type)
			return raw->msg[at - 1];
	}
	return NULL;
}

void bgp_raw_forget(struct bgp_raw *raw)
{
	raw->in_len = raw->count = 0;
}

void bgp_raw_close(struct bgp_raw *raw)
{
	struct speaker_io io = io_of(raw);

	if (raw->sock != SOCK_ID_NONE)
		io.close(io.ctx, raw->sock, raw->net->now);
	raw->sock = SOCK_ID_NONE;
}

/* ---- UPDATEs --------------------------------------------------------------------------------- */

void bgp_raw_attr(struct bgp_raw_update *update, u8 flags, u8 type, const void *value, u32 len)
{
	u8 *at = update->attrs + update->attrs_len;
	u32 head = (flags & BGP_FLAG_EXTENDED) != 0 ? 4 : 3;

	at[0] = flags;
	at[1] = type;
	if (head == 4)
		be16_store(at + 2, be16_of((u16)len));
	else
		at[2] = (u8)len;
	if (len > 0)
		memcpy(at + head, value, len);
	update->attrs_len += head + len;
}

void bgp_raw_usual_attrs(struct bgp_raw_update *update, const u32 *as, u32 count,
			 const char *nexthop)
{
	u8 path[2 + 4 * 64] = { BGP_SEGMENT_SEQUENCE, (u8)count };
	be32 hop = addr(nexthop);
	u8 origin = BGP_ORIGIN_IGP;

	for (u32 at = 0; at < count; at++)
		be32_store(path + 2 + (size_t)at * 4, be32_of(as[at]));
	bgp_raw_attr(update, BGP_FLAG_TRANSITIVE, BGP_ORIGIN, &origin, 1);
	bgp_raw_attr(update, BGP_FLAG_TRANSITIVE, BGP_AS_PATH, path,
		     count == 0 ? 0 : 2 + 4 * count);
	bgp_raw_attr(update, BGP_FLAG_TRANSITIVE, BGP_NEXT_HOP, &hop, 4);
}

void bgp_raw_prefix(struct bgp_raw_update *update, const char *text)
{
	struct ip_prefix prefix;
	struct bgp_nlri nlri;

	CHECK(ip_prefix_parse(text, &prefix));
	nlri = (struct bgp_nlri){ prefix.addr.word[0], prefix.len, 0 };
	update->nlri_len += bgp_nlri_write(update->nlri + update->nlri_len, false, &nlri);
}

void bgp_raw_update_send(struct bgp_raw *raw, const struct bgp_raw_update *update)
{
	u8 body[8192];
	u32 len = 2;

	be16_store(body, be16_of((u16)update->withdrawn_len));
	memcpy(body + len, update->withdrawn, update->withdrawn_len);
	len += update->withdrawn_len;
	be16_store(body + len, be16_of((u16)update->attrs_len));
	memcpy(body + len + 2, update->attrs, update->attrs_len);
	len += 2 + update->attrs_len;
	memcpy(body + len, update->nlri, update->nlri_len);
	bgp_raw_message(raw, BGP_UPDATE, body, len + update->nlri_len);
}
