/* What every speaker of a routing protocol is, and how it reaches the network.
 *
 * A speaker is a machine without I/O. It is told what happened - a socket of its own is ready, an
 * interface changed, time went on - and acts by calls of struct speaker_io, which are those of
 * sluice/sock.h; what it learned it gives to the RIB (rib.h), what it announces it reads from
 * there, and what an administrator ought to know it appends to a log that others empty. Its face:
 *
 *   x_init(x, conf, io, rib, ifaces, log, now)   x_stop(x, now)    leaves as its RFC wishes
 *   x_sock(x, sock, ready, now)                  a socket that it watches is ready
 *   x_ifaces(x, now)                             addresses, MTU or state of some changed
 *   x_tick(x, now)   x_next(x)   x_show_...      x_check(x)
 *   x_configure(x, conf, now)                    what can change unnoticed by neighbours does  */
#ifndef CORE_ROUTING_SPEAKER_H
#define CORE_ROUTING_SPEAKER_H

#include "core/base/bytes.h"
#include "core/iface/iface.h"
#include "core/routing/prefix.h"
#include "core/sock/sock_conf.h"

/* Sockets, as sluice/sock.h has them. A socket is named to x_sock() as long as it has one of the
 * bits that it is watched for.                                                                   */
struct speaker_io {
	void *ctx;
	/* proto: of a raw socket. */
	enum sock_error (*open)(void *ctx, enum sock_kind kind, u8 proto, sock_id *sock);
	void (*close)(void *ctx, sock_id sock, ns_t now);
	enum sock_error (*bind)(void *ctx, sock_id sock, const struct sock_addr *local);
	enum sock_error (*listen)(void *ctx, sock_id sock, u32 backlog);
	enum sock_error (*accept)(void *ctx, sock_id sock, sock_id *accepted,
				  struct sock_addr *peer);
	enum sock_error (*connect)(void *ctx, sock_id sock, const struct sock_addr *peer, ns_t now);
	enum sock_error (*send)(void *ctx, sock_id sock, struct sock_out *out, ns_t now);
	enum sock_error (*send_to)(void *ctx, sock_id sock, const void *data, u32 bytes,
				   const struct sock_dgram *dgram);
	/* Of a raw socket with the IP header in front. info: of datagrams; NULL. */
	enum sock_error (*recv)(void *ctx, sock_id sock, struct sock_buf *buf,
				struct sock_info *info, ns_t now);
	enum sock_error (*names)(void *ctx, sock_id sock, struct sock_addr *local,
				 struct sock_addr *peer);
	enum sock_error (*set)(void *ctx, sock_id sock, enum sock_option option,
			       const struct sock_value *value, ns_t now);
	enum sock_error (*get)(void *ctx, sock_id sock, enum sock_option option,
			       struct sock_value *value);
	enum sock_error (*watch)(void *ctx, sock_id sock, u8 bits);
};

/* Who offers a route. The order is that of the default distances. */
enum route_source {
	ROUTE_CONNECTED,
	ROUTE_STATIC, /* those of the configuration, and blackholes of NAT's pools */
	ROUTE_BGP,
	ROUTE_OSPF,
	ROUTE_RIP,
	ROUTE_FPM,
	ROUTE_SOURCES,
};

enum { SPEAKER_TEXT_SIZE = 192, SPEAKER_LOG_SIZE = 64 };

enum speaker_event_kind {
	SPEAKER_UP,      /* a neighbour came up */
	SPEAKER_DOWN,    /* it went away; text says why */
	SPEAKER_WARNING, /* something to look at: a wrong key, another MTU, a malformed message */
	SPEAKER_NOTE,
};

struct speaker_event {
	ns_t at_ns;
	enum speaker_event_kind kind;
	enum route_source source;
	struct ip_addr neighbour;     /* family none: of no neighbour */
	u16 iface;                    /* IFACE_NONE */
	char text[SPEAKER_TEXT_SIZE]; /* a sentence without a full stop */
};

/* A ring: when it is full the oldest goes and is counted. */
struct speaker_log {
	struct speaker_event event[SPEAKER_LOG_SIZE];
	u32 first;
	u32 count;
	u64 lost;
};

void speaker_log_add(struct speaker_log *log, const struct speaker_event *event);
bool speaker_log_take(struct speaker_log *log, struct speaker_event *out);
const char *route_source_name(enum route_source source);

/* What was not heard, of all that came: how much, and the last of it. */
struct speaker_refused {
	u64 count;
	const char *why; /* a static text; NULL: nothing was refused yet */
	be32 from;       /* zero: nobody in particular */
	ns_t at_ns;
};

static inline void speaker_refuse(struct speaker_refused *refused, const char *why, be32 from,
				  ns_t now)
{
	*refused = (struct speaker_refused){ refused->count + 1, why, from, now };
}

#endif
