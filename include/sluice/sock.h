/* Sockets of an engine: TCP, UDP, and raw ones by IP protocol.
 *
 * The calls everyone knows, on handles, and none of them waits: what can not be done now is
 * answered SOCK_AGAIN, or SOCK_IN_PROGRESS by a connect. What they send leaves with the next
 * sluice_input() or sluice_tick(), which sluice_next() asks for at once.
 *
 *     sluice_socket(s, SOCK_STREAM_KIND, 0, 0, &sock);
 *     sluice_connect(s, sock, &peer, now);                    SOCK_IN_PROGRESS
 *     sluice_watch(s, sock, SOCK_WRITABLE);
 *     ... sluice_input(), sluice_tick() ...
 *     while ((count = sluice_take_ready(s, events, MAX)) > 0) ...
 *     sluice_send(s, sock, &out, now);
 *     sluice_close(s, sock, now);
 *
 * Both models of being told stand on the same sockets: readiness (sluice_watch, sluice_take_ready)
 * is level-triggered, and completion (sluice_submit, sluice_take_done) gives buffers back. There
 * are no callbacks. Limits are those of struct sluice_conf: tcp, udp, sockets; all are zero unless
 * set, and then there are no sockets and no memory is planned for any.
 *
 * Packets of sockets pass the chains input and output of the filter and are tracked. Translation
 * leaves them alone and gives out no port that a socket holds. Addresses and ports in be32 and be16
 * are in network byte order; times are those of sluice.h.                                        */
#ifndef SLUICE_SOCK_H
#define SLUICE_SOCK_H

#include "core/sock/sock_conf.h"
#include "core/tcp/cc.h"
#include "sluice/sluice.h"

/* proto: of a raw socket. zone: whose addresses and routes; 0 is the common one. SOCK_LIMIT. */
enum sock_error sluice_socket(struct sluice *s, enum sock_kind kind, u8 proto, u8 zone,
			      sock_id *sock);
/* Address zero: all of ours; port zero: one is chosen at random (RFC 6056). SOCK_NOT_OURS;
 * SOCK_IN_USE: another socket, a mapping or a service has it.                                    */
enum sock_error sluice_bind(struct sluice *s, sock_id sock, const struct sock_addr *local);
/* A port must be bound. At most backlog connections wait to be accepted. */
enum sock_error sluice_listen(struct sluice *s, sock_id sock, u32 backlog);
enum sock_error sluice_accept(struct sluice *s, sock_id sock, sock_id *accepted,
			      struct sock_addr *peer);
/* SOCK_IN_PROGRESS of a stream: it is writable once it stands or has failed. A datagram socket is
 * connected at once, and to nobody any more by address zero. Whoever has no port gets one; of a
 * stream SOCK_IN_USE then says that all of them were tried and none will do towards this peer. One
 * in TIME-WAIT will after a second, if the old connection had timestamps.                        */
enum sock_error sluice_connect(struct sluice *s, sock_id sock, const struct sock_addr *peer,
			       ns_t now);
/* A stream takes what it has room for, out->sent bytes; a datagram goes whole to the peer. */
enum sock_error sluice_send(struct sluice *s, sock_id sock, struct sock_out *out, ns_t now);
/* To anybody, by any interface, as any address of ours, with any TTL. */
enum sock_error sluice_send_to(struct sluice *s, sock_id sock, const void *data, u32 bytes,
			       const struct sock_dgram *dgram);
/* buf->got bytes; of a stream zero with SOCK_OK is the end. SOCK_PEEK. info: of datagrams; NULL. */
enum sock_error sluice_recv(struct sluice *s, sock_id sock, struct sock_buf *buf, u32 flags,
			    struct sock_info *info, ns_t now);
enum sock_error sluice_shutdown(struct sluice *s, sock_id sock, enum sock_how how, ns_t now);
/* The handle finds nothing any more. What a stream has queued still goes out, unless
 * SOCK_OPT_LINGER is zero: then it is reset. Data that nobody has read make it a reset, too.     */
void sluice_close(struct sluice *s, sock_id sock, ns_t now);
/* The same at once, whatever is queued: a connection that is not over is reset. A stream's flow
 * ends with it, so that many short ones do not wait for time-outs in the table of flows.         */
void sluice_abort(struct sluice *s, sock_id sock, ns_t now);
/* getsockname and getpeername: what is not known is zero. */
enum sock_error sluice_names(const struct sluice *s, sock_id sock, struct sock_addr *local,
			     struct sock_addr *peer);
enum sock_error sluice_sock_set(struct sluice *s, sock_id sock, enum sock_option option,
				const struct sock_value *value, ns_t now);
enum sock_error sluice_sock_get(struct sluice *s, sock_id sock, enum sock_option option,
				struct sock_value *value);

/* Bits of enum sock_ready, as they are now. */
u8 sluice_sock_ready(const struct sluice *s, sock_id sock);
/* The bits that sluice_take_ready() is to name it for, and SOCK_FAILED; zero: none at all. */
enum sock_error sluice_watch(struct sluice *s, sock_id sock, u8 bits);
/* Sockets that have one of their bits. Fewer than max: these were all; the next call names whoever
 * is ready then, the same ones again if nothing was done about them.                             */
u32 sluice_take_ready(struct sluice *s, struct sock_event *out, u32 max);
/* The buffer is the caller's and stays untouched by it until the operation is told as complete.
 * SOCK_LIMIT: op_limit. What is refused here is not told.                                        */
enum sock_error sluice_submit(struct sluice *s, sock_id sock, const struct sock_op *op, ns_t now);
u32 sluice_take_done(struct sluice *s, struct sock_done *out, u32 max);

#endif
