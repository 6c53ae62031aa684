/* The sockets of speakers: those of the engine, with an owner.
 *
 * A speaker is called from inside of the engine's own calls, so these do not ask for the time, but
 * take that of the call.                                                                         */
#include "core/engine/engine.h"
#include "sluice/sock.h"

static struct sluice *engine_of(void *ctx)
{
	return ((const struct speaker_port *)ctx)->s;
}

static enum sock_error speaker_open(void *ctx, enum sock_kind kind, u8 proto, sock_id *sock)
{
	const struct speaker_port *port = ctx;
	enum sock_error error = sluice_socket(port->s, kind, proto, 0, sock);

	if (error == SOCK_OK)
		sock_set_owner(&port->s->socks, *sock, port->owner);
	return error;
}

static void speaker_close(void *ctx, sock_id sock, ns_t now)
{
	sluice_close(engine_of(ctx), sock, now);
}

static enum sock_error speaker_bind(void *ctx, sock_id sock, const struct sock_addr *local)
{
	return sluice_bind(engine_of(ctx), sock, local);
}

static enum sock_error speaker_listen(void *ctx, sock_id sock, u32 backlog)
{
	return sluice_listen(engine_of(ctx), sock, backlog);
}

static enum sock_error speaker_accept(void *ctx, sock_id sock, sock_id *accepted,
				      struct sock_addr *peer)
{
	return sluice_accept(engine_of(ctx), sock, accepted, peer);
}

static enum sock_error speaker_connect(void *ctx, sock_id sock, const struct sock_addr *peer,
				       ns_t now)
{
	return sluice_connect(engine_of(ctx), sock, peer, now);
}

static enum sock_error speaker_send(void *ctx, sock_id sock, struct sock_out *out, ns_t now)
{
	return sluice_send(engine_of(ctx), sock, out, now);
}

static enum sock_error speaker_send_to(void *ctx, sock_id sock, const void *data, u32 bytes,
				       const struct sock_dgram *dgram)
{
	return sluice_send_to(engine_of(ctx), sock, data, bytes, dgram);
}

static enum sock_error speaker_recv(void *ctx, sock_id sock, struct sock_buf *buf,
				    struct sock_info *info, ns_t now)
{
	return sluice_recv(engine_of(ctx), sock, buf, 0, info, now);
}

static enum sock_error speaker_names(void *ctx, sock_id sock, struct sock_addr *local,
				     struct sock_addr *peer)
{
	return sluice_names(engine_of(ctx), sock, local, peer);
}

static enum sock_error speaker_set(void *ctx, sock_id sock, enum sock_option option,
				   const struct sock_value *value, ns_t now)
{
	return sluice_sock_set(engine_of(ctx), sock, option, value, now);
}

static enum sock_error speaker_get(void *ctx, sock_id sock, enum sock_option option,
				   struct sock_value *value)
{
	return sluice_sock_get(engine_of(ctx), sock, option, value);
}

static enum sock_error speaker_watch(void *ctx, sock_id sock, u8 bits)
{
	return sluice_watch(engine_of(ctx), sock, bits);
}

struct speaker_io routing_speaker_io(struct routing *routing, enum speaker speaker)
{
	return (struct speaker_io){
		.ctx = &routing->port[speaker],
		.open = speaker_open,
		.close = speaker_close,
		.bind = speaker_bind,
		.listen = speaker_listen,
		.accept = speaker_accept,
		.connect = speaker_connect,
		.send = speaker_send,
		.send_to = speaker_send_to,
		.recv = speaker_recv,
		.names = speaker_names,
		.set = speaker_set,
		.get = speaker_get,
		.watch = speaker_watch,
	};
}
