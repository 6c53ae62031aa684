/* A few routers that speak BGP over streams in memory, in virtual time, each with the RIB of the
 * core. Streams have a delay and a window; they may be read in small pieces, be cut in silence, or
 * be reset. Of keys of TCP-AO one is chosen as in RFC 5925, and what the other end has no key for
 * is not delivered. A host without a speaker is played by the test, by the same calls of struct
 * speaker_io.
 *
 *     net = bgp_net_new();
 *     a = bgp_net_host(net, 65001, "192.0.2.1");
 *     bgp_net_attach(net, a, "10.0.0.1/24");
 *     bgp_net_peer(net, a, "10.0.0.2", 65002)->hold_s = 9;
 *     bgp_net_start(net, a);
 *     bgp_net_run(net, 5 * NS_PER_SEC);
 * What is wrong stops the program by CHECK; bgp_check() and rib_check() run with each round.     */
#ifndef TEST_FAKE_BGP_NET_H
#define TEST_FAKE_BGP_NET_H

#include "core/routing/bgp/bgp.h"

enum {
	BGP_NET_HOSTS = 20,
	BGP_NET_SOCKS = 256,
	BGP_NET_WINDOW = 65536,
	BGP_NET_CHUNKS = 64,
	BGP_NET_BACKLOG = 16,
	BGP_NET_KEYS = 8,
	BGP_NET_KEY_CALLS = 256,
};

enum { BGP_NET_ANY, BGP_NET_NOTHING, BGP_NET_POLICIES }; /* policies that every host has */

struct bgp_net_sock {
	bool used;
	bool listening;
	bool connecting;
	bool accepted; /* taken from the backlog, or never in one */
	u32 gen;
	u32 host;
	u32 other; /* IDX_NONE: none, or none any more */
	struct sock_addr local;
	struct sock_addr peer;
	u8 watch;
	enum sock_error error;
	ns_t fails_at;  /* NS_NEVER */
	ns_t stands_at; /* of a connect */
	ns_t done_at;   /* the other one closed; NS_NEVER */
	u32 ttl;
	u32 min_ttl;
	u32 key_count;
	struct bgp_net_key {
		be32 addr;
		bool ao;
		struct tcp_ao_key of; /* of MD5 its secret alone */
	} key[BGP_NET_KEYS];          /* of peers; of a connection, of its own */
	u8 current_id;                /* of a connection with TCP-AO */
	u8 rnext_id;
	bool cork;   /* the test wants nothing of it to be taken */
	bool resets; /* when it is closed */
	u8 rx[BGP_NET_WINDOW];
	u32 rx_len;
	u32 chunk_count;
	struct {
		ns_t at;
		u32 bytes;
	} chunk[BGP_NET_CHUNKS];
	u64 sent; /* bytes, for counters of tests */
};

struct bgp_net;

struct bgp_net_host {
	struct bgp_net *net;
	u32 index;
	bool speaks;
	struct bgp bgp;
	struct rib rib;
	struct fib fib;
	struct iface_table ifaces;
	struct speaker_log log;
	struct bgp_conf conf; /* changed before bgp_net_start(), or for bgp_configure() */
	struct policy_conf policy;
	struct rib_conf rib_conf;
	u16 connected; /* clients of the RIB */
	u16 fixed;
	void *region;
	u32 downs; /* in the log */
	u32 ups;
	u32 warnings;
	char last_down[SPEAKER_TEXT_SIZE];
	char last_warning[SPEAKER_TEXT_SIZE];
	/* Calls about keys of TCP-AO, of the listener (L) and others (C): "C=1,2 C-1 C+3 L+3 ", a
	 * key by its SendID, the two in use by SendID and RecvID. The test empties it.           */
	char key_calls[BGP_NET_KEY_CALLS];
};

struct bgp_net {
	ns_t now;
	ns_t delay;
	u32 dribble;                               /* bytes of a read at most; zero: all */
	bool keyless;                              /* sockets have no room for keys */
	bool unchecked;                            /* for tables that are large */
	bool cut[BGP_NET_HOSTS][BGP_NET_HOSTS];    /* what is sent is lost */
	u32 routers[BGP_NET_HOSTS][BGP_NET_HOSTS]; /* between two hosts */
	u32 host_count;
	struct bgp_net_host *host[BGP_NET_HOSTS];
	struct bgp_net_sock sock[BGP_NET_SOCKS];
};

struct bgp_net *bgp_net_new(void);
void bgp_net_del(struct bgp_net *net);
u32 bgp_net_host(struct bgp_net *net, u32 as, const char *router_id);
/* An interface with this address; its network is in the RIB once the host is started. */
void bgp_net_attach(struct bgp_net *net, u32 host, const char *prefix);
/* One peer more in its configuration, which accepts and tells everything. */
struct bgp_peer_conf *bgp_net_peer(struct bgp_net *net, u32 host, const char *addr, u32 as);
void bgp_net_start(struct bgp_net *net, u32 host);
void bgp_net_start_all(struct bgp_net *net);
/* After bgp_stop(): the speaker begins anew, and its RIB goes on. */
void bgp_net_again(struct bgp_net *net, u32 host);
/* Hosts in a row, each on a network with the one before: host n has 10.n.0.2 and 10.(n+1).0.1. */
struct bgp_net *bgp_net_row(const u32 *as, u32 count);
/* Hosts on one network, each a peer of each: host n is 10.0.0.(n + 1). */
struct bgp_net *bgp_net_mesh(const u32 *as, u32 count);
/* The process ends without a word: its connections are reset, and everything is forgotten. */
void bgp_net_kill(struct bgp_net *net, u32 host);
void bgp_net_run(struct bgp_net *net, ns_t ns);
/* A blackhole of its configuration. */
void bgp_net_originate(struct bgp_net *net, u32 host, const char *prefix);
void bgp_net_retract(struct bgp_net *net, u32 host, const char *prefix);
/* A rule more for one of its policies, in front of the others; empty: accepts. */
struct policy_rule *bgp_net_rule(struct bgp_net *net, u32 host, u16 policy);
/* An empty policy more. */
u16 bgp_net_policy(struct bgp_net *net, u32 host);

/* Paths of exactly this prefix, the best first. */
u32 bgp_net_paths(struct bgp_net *net, u32 host, const char *prefix, struct rib_shown *out,
		  u32 max);
/* Whether there is one that is used. */
bool bgp_net_has(struct bgp_net *net, u32 host, const char *prefix);
/* The attributes of the best; stops when there is none. */
struct bgp_attrs_shown bgp_net_attrs(struct bgp_net *net, u32 host, const char *prefix);
struct bgp_peer_shown bgp_net_shown(struct bgp_net *net, u32 host, const char *addr);
bool bgp_net_is_up(struct bgp_net *net, u32 host, const char *addr);
/* The first connection between two hosts; IDX_NONE. The end of a. */
u32 bgp_net_line(const struct bgp_net *net, u32 a, u32 b);
void bgp_net_reset(struct bgp_net *net, u32 sock);
struct speaker_io bgp_net_io(struct bgp_net_host *host);

/* ---- inside of bgp_net*.c -------------------------------------------------------------------- */

sock_id bgp_net_id(const struct bgp_net *net, const struct bgp_net_sock *sock);
u8 bgp_net_ready(const struct bgp_net *net, const struct bgp_net_sock *sock);
void bgp_net_sock_end(struct bgp_net *net, struct bgp_net_sock *sock, enum sock_error error);

#endif
