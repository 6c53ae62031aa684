/* BFD (RFC 5880) over one hop of IPv4 (RFC 5881), asynchronous mode: whether a neighbour can be
 * reached, known within a fraction of a second.
 *
 * Who has a next hop asks for a session to it, and says so again when it has it no longer; sessions
 * are counted by who asked. What became of one is read by bfd_read(), each session once with where
 * it is now: nothing here calls upwards. A machine without I/O otherwise, as speaker.h describes
 * them; the states are in bfd.def.
 *
 * A discriminator is the session's index and a random number: packets find their session at once,
 * and who does not see ours cannot name them. One socket hears them all, each session sends from
 * its own, with a port of its own.
 *
 * Bounds: peer_limit; BFD_STEP_... a call. Not there: echo, demand mode of our own, more hops.
 *
 * Requires of its owner: bfd_tick() when bfd_next() says so, to the millisecond: a turn of the loop
 * that comes late is a packet that comes late.                                                   */
#ifndef CORE_ROUTING_BFD_BFD_H
#define CORE_ROUTING_BFD_BFD_H

#include "core/base/heap.h"
#include "core/base/map.h"
#include "core/base/rng.h"
#include "core/base/slab.h"
#include "core/routing/bfd/bfd_auth.h"
#include "core/routing/bfd/bfd_fsm.h"
#include "core/routing/speaker.h"

enum { BFD_STEP_DATAGRAMS = 256, BFD_STEP_DUE = 1024 };
#define BFD_NONE UINT32_MAX

struct bfd_peer {
	be32 addr;
	u16 iface;
	u16 users[ROUTE_SOURCES];
	u32 user_count;
	struct bfd_params params;
	sock_id sock; /* SOCK_ID_NONE: the interface has no address, or is down */
	be32 local;   /* what it sends from */
	u16 port;
	/* RFC 5880 section 6.8.1 */
	enum bfd_state state;
	enum bfd_state remote_state;
	u8 diag;
	u8 remote_diag;
	u32 mine;
	u32 yours; /* zero: not known */
	u32 tx_us; /* what we tell, DesiredMinTx and RequiredMinRx */
	u32 rx_us;
	u32 tx_used_us; /* what counts until a poll is answered: section 6.8.3 */
	u32 rx_used_us;
	u32 remote_tx_us;
	u32 remote_rx_us;
	u8 remote_multiplier;
	bool remote_demand;
	bool polling;
	bool opening; /* its socket could not be had: retried at tx_ns */
	bool sequence_known;
	u32 sequence_in;
	u32 sequence_out;
	/* deadlines */
	ns_t tx_ns;      /* the next packet */
	ns_t sent_ns;    /* the last one */
	ns_t heard_ns;   /* the last good one came */
	ns_t expires_ns; /* detection time; NS_NEVER */
	ns_t gone_ns;    /* nobody wants it: when it is forgotten; NS_NEVER */
	/* news */
	u32 news_next;
	bool failed; /* was up, and left that since it was read */
	/* seeing inside */
	ns_t since_ns; /* of this state */
	u32 ups;
	u32 downs;
	u64 packets_in;
	u64 packets_out;
	u64 unexpected; /* events that the table does not know */
	u64 bad_auth;
	u64 send_failed;
};

struct bfd_stats {
	u64 packets_in;
	u64 bad[BFD_BADS];
	u64 peers_full;
};

struct bfd {
	struct bfd_conf conf;
	struct speaker_io io;
	const struct iface_table *ifaces;
	struct speaker_log *log;
	struct rng rng;
	struct hash_key key;
	sock_id sock; /* hears everybody; SOCK_ID_NONE until there is a session */
	struct slab peers;
	struct map by_addr;
	struct heap due;
	u32 news_first, news_last;
	struct bfd_stats stats;
};

struct bfd_start {
	struct speaker_io io;
	const struct iface_table *ifaces;
	struct speaker_log *log;
	struct hash_key key;
	u8 seed[32];
};

void bfd_layout(struct bfd *b, const struct bfd_conf *conf, struct mem *mem);
/* What start points to outlives it. Requires: bfd_conf_wrong() finds nothing. */
void bfd_init(struct bfd *b, const struct bfd_conf *conf, const struct bfd_start *start);
/* Tell every neighbour that we are administratively down, and be silent. Nothing but show functions
 * and bfd_check may be called then.                                                              */
void bfd_stop(struct bfd *b, ns_t now);
/* Intervals and keys of sessions change by a poll sequence (RFC 5880 section 6.8.3). */
void bfd_configure(struct bfd *b, const struct bfd_conf *conf, ns_t now);
void bfd_sock(struct bfd *b, sock_id sock, u8 ready, ns_t now);
void bfd_ifaces(struct bfd *b, ns_t now);
void bfd_tick(struct bfd *b, ns_t now);
ns_t bfd_next(const struct bfd *b);
void bfd_check(const struct bfd *b);

/* ---- clients --------------------------------------------------------------------------------- */

/* One use more of the session to a neighbour on the link of an interface; it is made if there is
 * none, and begins as down. BFD_NONE: peer_limit, or an address that nobody can have.         */
u32 bfd_get(struct bfd *b, be32 addr, u16 iface, enum route_source source, ns_t now);
/* One use less; without any, the neighbour is told that it ends administratively (section 6.8.16),
 * which is no failure to it. Requires: the source has one.                                       */
void bfd_put(struct bfd *b, u32 id, enum route_source source, ns_t now);
/* Whether the session is up now. Requires: a session that the caller has. */
bool bfd_is_up(const struct bfd *b, u32 id);

struct bfd_change {
	u32 id;
	be32 addr;
	u16 iface;
	u8 sources; /* bits 1 << enum route_source: who has it */
	enum bfd_state state;
	u8 diag;
	bool failed;       /* it was up and left that since it was read last, whatever it is now */
	bool remote_admin; /* the neighbour is administratively down: RFC 5882 section 4.2 does not
			    * count that as a failure of the path */
};

/* The next session whose state is another one than when it was read last; false: there is none. */
bool bfd_read(struct bfd *b, struct bfd_change *change);

/* ---- seeing inside --------------------------------------------------------------------------- */

struct bfd_info {
	u32 id;
	be32 addr;
	be32 local;
	u16 iface;
	u16 port;
	u8 sources;
	enum bfd_state state;
	enum bfd_state remote_state;
	u8 diag;
	u8 remote_diag;
	u32 mine;
	u32 yours;
	u32 tx_us; /* between two packets, jitter aside; 0: none are sent */
	u32 detect_us;
	u8 multiplier;
	u8 remote_multiplier;
	enum bfd_auth_kind auth;
	bool polling;
	ns_t since_ns; /* for how long it has been in this state */
	u32 ups;
	u32 downs;
	u64 packets_in;
	u64 packets_out;
	u64 unexpected;
	u64 bad_auth;
};

/* From *cursor on (0 to begin) at most max; how many; zero: there are no more. */
u32 bfd_show(const struct bfd *b, u32 *cursor, struct bfd_info *out, u32 max, ns_t now);

#endif
