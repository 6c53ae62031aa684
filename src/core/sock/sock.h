/* Sockets: the handles that applications hold, over TCP connections and datagram endpoints.
 *
 * Nothing here knows routes, translation or filters: whoever calls says as whom and with which MTU
 * something leaves (struct sock_way), hands in packets for our own addresses, and pulls what wants
 * to leave. Nothing waits and nobody is called: every call answers at once, and what changed later
 * is told in two ways on the same sockets.
 *
 *   Readiness   sock_watch() names the bits of interest; sock_take_ready() then names every socket
 *               that has one of them. Level-triggered: it is named at each call as long as that is
 *               so. The work is that of the ready sockets, however many there are.
 *   Completion  sock_submit() leaves a buffer with a socket; sock_take_done() tells what came of
 *               it. Operations of one direction are served in the order in which they were
 *               submitted. The close of a socket completes what is left as SOCK_CANCELED.
 *
 * Bounds: sock_limit sockets, op_limit operations from submission until they are taken, so that a
 * completion always has room. Full is the answer SOCK_LIMIT.                                     */
#ifndef CORE_SOCK_SOCK_H
#define CORE_SOCK_SOCK_H

#include "core/base/port_use.h"
#include "core/base/rng.h"
#include "core/base/slab.h"
#include "core/sock/sock_conf.h"
#include "core/tcp/tcp.h"
#include "core/udp/udp.h"

enum sock_state {
	SOCK_IDLE,
	SOCK_LISTENING,
	SOCK_CONNECTING,
	SOCK_OPEN,  /* a connection that was established, whatever became of it */
	SOCK_ENDED, /* a connect that failed */
};

enum { SOCK_OPS_IN, SOCK_OPS_OUT, SOCK_OP_QUEUES };

/* Whose a socket is: each owner is told of his own. Zero: of whoever has the engine. */
enum { SOCK_OWNERS = 5 };

struct sock_list {
	u32 first;
	u32 last;
};

struct sock {
	u8 kind;  /* enum sock_kind */
	u8 state; /* enum sock_state; of streams */
	u8 proto;
	u8 zone;
	u32 gen;
	u64 under; /* tcp_id, of a listener too; udp_id */
	struct sock_addr local;
	struct sock_addr peer;
	u16 iface;      /* bound to it; SOCK_IFACE_ANY */
	u16 held_port;  /* counted in the ports in use; zero: none */
	u8 shut;        /* enum sock_how */
	u8 error;       /* enum sock_error that waits to be told */
	u8 told;        /* of TCP: the last readiness that was heard of a connection */
	u8 watch;       /* enum sock_ready */
	u8 owner;       /* below SOCK_OWNERS */
	u32 ready_next; /* list of those that may be ready; SOCK_UNLISTED */
	u32 op_first[SOCK_OP_QUEUES];
	u32 op_last[SOCK_OP_QUEUES];
	struct tcp_sockopt opt;
};

#define SOCK_UNLISTED (UINT32_MAX - 1)

struct sock_op_rec {
	struct sock_op op;
	struct sock_done done;
	u32 next;
};

struct sock_table {
	struct sock_conf conf;
	struct tcp tcp;
	struct udp udp;
	struct port_use ports;
	struct slab socks;
	u32 *sock_gen; /* per index, grows with each use */
	struct sock_list ready[SOCK_OWNERS];
	struct slab ops;
	u32 done_first, done_last;
	struct rng rng;
	bool stirred; /* an owner did something: there may be packets to pull */
};

/* As whom, and how large, something leaves: what routes say. */
struct sock_way {
	be32 src;
	u16 iface;      /* that the way leads by */
	u16 mtu;        /* bytes */
	bool broadcast; /* the destination is one */
};

struct sock_seeds {
	u8 tcp[32];
	u8 ports[32];
	struct hash_key udp;
	u16 ip_id;
};

struct sock_table_conf {
	struct sock_conf sock;
	struct udp_conf udp;
	struct tcp_conf tcp;
};

void sock_layout(struct sock_table *t, const struct sock_table_conf *conf, struct mem *mem);
/* pool outlives the table. */
void sock_init(struct sock_table *t, struct pkt_pool *pool, const struct sock_seeds *seeds,
	       ns_t now);
void sock_tick(struct sock_table *t, ns_t now);
ns_t sock_next(const struct sock_table *t);
void sock_check(const struct sock_table *t);

static inline bool sock_is_off(const struct sock_table *t)
{
	return t->conf.sock_limit == 0;
}

static inline bool sock_has_no_tcp(const struct sock_table *t)
{
	return t->tcp.conf.tcb_limit == 0;
}

/* ---- the road -------------------------------------------------------------------------------- */

struct sock_rx {
	bool group; /* for a multicast group or a broadcast address */
	u16 mtu;    /* of the way back to its sender; of TCP only */
};

enum sock_fate {
	SOCK_NOBODY,
	SOCK_TAKEN,
	SOCK_COPIED, /* a raw socket has one, and nobody else wants it */
	SOCK_DAMAGED,
};

/* A packet for one of our addresses or for a group; it stays the caller's. Whole, l4 set and
 * checked, no GSO segment but of TCP.                                                            */
enum sock_fate sock_in(struct sock_table *t, const struct pkt *pkt, const struct sock_rx *rx,
		       ns_t now);
/* Whether a socket of ours may be meant: one holds the port, or is raw and of the protocol. */
bool sock_may_want(const struct sock_table *t, u8 proto, be16 local_port);

/* An error about a packet that left here: an ICMP message, or a death before the wire. */
struct sock_fault {
	const struct ip4_hdr *ip; /* of that packet */
	const u8 *l4;             /* eight bytes of it at least */
	u8 zone;
	u8 type; /* as ICMP would say it */
	u8 code;
	u16 mtu;
};
void sock_fault_in(struct sock_table *t, const struct sock_fault *fault, ns_t now);
/* Appends packets that want to leave until the batch is full; true: there were some. They have zone
 * and PKT_LOCAL_OUT set, and out_if where their socket named it.                                 */
bool sock_pull(struct sock_table *t, struct batch *out, ns_t now);
/* What TCP and UDP have to say becomes readiness and completions. After packets, and after a tick;
 * bounded by the number of sockets.                                                              */
void sock_work(struct sock_table *t, ns_t now);

/* ---- owners ---------------------------------------------------------------------------------- */

/* proto: of a raw socket. */
enum sock_error sock_open(struct sock_table *t, enum sock_kind kind, u8 proto, u8 zone,
			  sock_id *id);
void sock_close(struct sock_table *t, sock_id id, ns_t now);
/* NULL: gone. Borrowed until the next call. */
struct sock *sock_find(const struct sock_table *t, sock_id id);
/* A port to try, at random. */
u16 sock_draw_port(struct sock_table *t);
/* Whoever calls has seen to it that the address is ours and that nobody else has the port. */
enum sock_error sock_bind(struct sock_table *t, sock_id id, const struct sock_addr *local);
/* Requires of a stream: a port is bound. */
enum sock_error sock_listen(struct sock_table *t, sock_id id, u32 backlog);
enum sock_error sock_accept(struct sock_table *t, sock_id id, sock_id *accepted,
			    struct sock_addr *peer);
/* Requires: a port is bound. SOCK_IN_PROGRESS of streams. SOCK_IN_USE: by this way the peer has a
 * connection with that port already.                                                             */
enum sock_error sock_connect(struct sock_table *t, sock_id id, const struct sock_addr *peer,
			     const struct sock_way *way, ns_t now);
/* Of streams. */
enum sock_error sock_send(struct sock_table *t, sock_id id, struct sock_out *out, ns_t now);
/* Of datagrams. */
enum sock_error sock_send_to(struct sock_table *t, sock_id id, const void *data, u32 bytes,
			     const struct sock_dgram *dgram, const struct sock_way *way);
/* Of a stream no bytes with SOCK_OK: the end. info: of datagrams; NULL. */
enum sock_error sock_recv(struct sock_table *t, sock_id id, struct sock_buf *buf, u32 flags,
			  struct sock_info *info, ns_t now);
enum sock_error sock_shutdown(struct sock_table *t, sock_id id, enum sock_how how, ns_t now);
enum sock_error sock_names(const struct sock_table *t, sock_id id, struct sock_addr *local,
			   struct sock_addr *peer);
enum sock_error sock_set(struct sock_table *t, sock_id id, enum sock_option option,
			 const struct sock_value *value, ns_t now);
enum sock_error sock_get(struct sock_table *t, sock_id id, enum sock_option option,
			 struct sock_value *value);

/* enum sock_ready, now. */
u8 sock_ready(const struct sock_table *t, sock_id id);
enum sock_error sock_watch(struct sock_table *t, sock_id id, u8 bits);

/* Before it is watched; who is accepted at a listener has the listener's owner. */
void sock_set_owner(struct sock_table *t, sock_id id, u8 owner);
/* Those of an owner that have a bit they are watched for; fewer than max: these were all. Who asks
 * again after all were named begins anew.                                                        */
u32 sock_take_ready(struct sock_table *t, u8 owner, struct sock_event *out, u32 max);
/* CONNECT: sock_connect() has begun it. */
enum sock_error sock_submit(struct sock_table *t, sock_id id, const struct sock_op *op, ns_t now);
static inline bool sock_has_op_room(const struct sock_table *t)
{
	return t->ops.live < t->ops.cap;
}

u32 sock_take_done(struct sock_table *t, struct sock_done *out, u32 max);

/* ---- inside of this folder ------------------------------------------------------------------- */

static inline struct sock *sock_at(const struct sock_table *t, u32 idx)
{
	return slab_at(&t->socks, idx);
}

static inline u32 sock_idx(const struct sock_table *t, const struct sock *sock)
{
	return (u32)((u64)((const u8 *)sock - t->socks.base) / t->socks.obj_size);
}

static inline sock_id sock_id_of(const struct sock_table *t, const struct sock *sock)
{
	return (u64)sock->gen << 32 | sock_idx(t, sock);
}

enum sock_error sock_error_of_tcp(enum tcp_error error);
enum sock_error sock_error_of_udp(enum udp_error error);
/* The error that waits is told, once. */
enum sock_error sock_take_error(struct sock_table *t, struct sock *sock);
void sock_hold_port(struct sock_table *t, struct sock *sock, be16 port);
void sock_release_port(struct sock_table *t, struct sock *sock);
/* Its readiness may be another one. */
void sock_stir(struct sock_table *t, struct sock *sock);
/* The list of those that may be ready forgets it. */
void sock_unlist(struct sock_table *t, struct sock *sock);
/* A socket of the same zone, kind and options; NULL: full. */
struct sock *sock_new(struct sock_table *t, enum sock_kind kind);
/* What it submitted goes on as far as it can, or ends. */
void sock_ops_run(struct sock_table *t, struct sock *sock, ns_t now);
void sock_ops_cancel(struct sock_table *t, struct sock *sock);
void sock_ops_check(const struct sock_table *t);

static inline bool sock_has_connection(const struct sock *sock)
{
	return sock->state == SOCK_CONNECTING || sock->state == SOCK_OPEN;
}

/* sock_key.c: its keys are a ring of TCP (core/tcp/keys.h). */
u32 stream_ring(const struct sock_table *t, const struct sock *sock);
bool stream_is_key_option(enum sock_option option);
enum sock_error stream_set_keys(struct sock_table *t, const struct sock *sock,
				enum sock_option option, const struct sock_value *value);
enum sock_error stream_get_ao(const struct sock_table *t, const struct sock *sock,
			      struct sock_value *value);

enum sock_error stream_listen(struct sock_table *t, struct sock *sock, u32 backlog);
enum sock_error stream_connect(struct sock_table *t, struct sock *sock, const struct sock_way *way,
			       ns_t now);
enum sock_error stream_send(struct sock_table *t, struct sock *sock, struct sock_out *out,
			    ns_t now);
enum sock_error stream_recv(struct sock_table *t, struct sock *sock, struct sock_buf *buf,
			    u32 flags, ns_t now);
void stream_close(struct sock_table *t, struct sock *sock, ns_t now);
u8 stream_ready(const struct sock_table *t, const struct sock *sock);
void stream_news(struct sock_table *t, const struct tcp_news *news, ns_t now);
/* Listeners at which somebody waits. Bounded by listener_limit. */
void stream_look_at_listeners(struct sock_table *t, ns_t now);
enum sock_error dgram_recv(struct sock_table *t, struct sock *sock, struct sock_buf *buf, u32 flags,
			   struct sock_info *info);

#endif
