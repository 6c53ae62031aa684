/* What BGP is given: who we are, who the peers are, what is accepted from them and told to them.
 * Plain values; memory that a pointer names is the caller's and stays until the next one is given.
 */
#ifndef CORE_ROUTING_BGP_BGP_CONF_H
#define CORE_ROUTING_BGP_BGP_CONF_H

#include "core/base/hash.h"
#include "core/routing/policy.h"

enum {
	BGP_PEER_MAX = 256,
	BGP_PORT = 179,
	BGP_NAME_SIZE = 32,
	BGP_TEXT_SIZE = 256,   /* a shutdown communication of 255 bytes (RFC 9003) and a zero */
	BGP_SECRET_MAX = 80,   /* bytes */
	BGP_KEYS_MAX = 4,      /* of a peer, as TCP has them of a connection */
	BGP_PATHS_OUT_MAX = 8, /* paths of one prefix that a peer is told (RFC 7911) */
	BGP_MULTIPATH_MAX = 16,
};

enum bgp_auth_kind {
	BGP_AUTH_NONE,
	BGP_AUTH_MD5, /* RFC 2385: one key */
	BGP_AUTH_AO,  /* RFC 5925 */
};

/* RFC 5926. */
enum bgp_key_alg {
	BGP_KEY_SHA1,
	BGP_KEY_AES_CMAC,
};

struct bgp_key {
	u8 send_id; /* of TCP-AO, as the next two: KeyIDs of what we send and of what comes */
	u8 recv_id;
	enum bgp_key_alg alg;
	u32 len_bytes;
	u8 secret[BGP_SECRET_MAX];
};

/* How segments are signed. Of several keys each is accepted, and the first is the one that is
 * wanted: connections begin with it, and the peer is asked to send with it.                      */
struct bgp_auth_conf {
	enum bgp_auth_kind kind;
	u32 key_count; /* zero of BGP_AUTH_NONE; identifiers of each direction are different */
	struct bgp_key key[BGP_KEYS_MAX];
};

struct bgp_peer_conf {
	char name[BGP_NAME_SIZE];
	be32 addr;
	be32 local_addr; /* zero: as the way has it */
	u32 as;          /* our own: iBGP */
	u16 port;
	u16 hold_s;      /* RFC 4271 section 4.2: zero, or at least 3 */
	u16 keepalive_s; /* at most; a third of the hold time that was agreed if that is less */
	u16 connect_retry_s;
	u32 advertise_ms;  /* RFC 4271 section 9.2.1.1: between two runs of UPDATEs; zero: none */
	bool passive;      /* waits to be called */
	u8 multihop;       /* hops to an eBGP peer that is not on a network of ours; zero: it is */
	u8 gtsm_hops;      /* RFC 5082: at most so far away; zero: not looked at */
	bool any_first_as; /* of eBGP: paths need not begin with its AS: it is a route server */
	bool bfd;          /* whoever runs BFD says when it is gone: bgp_peer_lost() */
	struct bgp_auth_conf auth;

	bool shutdown; /* RFC 9003: held down, and told why */
	char shutdown_text[BGP_TEXT_SIZE];

	u16 import; /* a policy's index; POLICY_NONE: of iBGP everything, else nothing (RFC 8212) */
	u16 export;
	bool nexthop_self;
	u32 prefix_limit; /* zero: none */
	u8 prefix_warn_percent;
	u32 prefix_restart_s; /* after it was exceeded; zero: not before an administrator says so */

	bool graceful_restart; /* RFC 4724: its routes are kept while it restarts */
	u16 restart_max_s;     /* no longer than so, whatever it asks for */
	bool add_path_in;      /* RFC 7911: several paths of a prefix are taken */
	u8 paths_out;          /* and so many told; 0 and 1: the best, and nothing is negotiated */
};

struct bgp_conf {
	u32 as;
	be32 router_id;
	u16 port;       /* listened at; zero: nobody is */
	u32 local_pref; /* RFC 4271 section 9.1.1: of what comes without one */
	u8 multipath;   /* equal paths that forward beside each other, at most */
	u8 distance_ebgp;
	u8 distance_ibgp;
	/* limits, which do not change while it runs */
	u32 peer_limit;
	u32 attr_limit;     /* different sets of attributes */
	u32 cell_limit;     /* 60 bytes of their variable parts each */
	u32 net_limit;      /* as the RIB's */
	u8 paths_out_limit; /* of any peer; memory for each peer and net: a bit for each */
	struct hash_key key;

	const struct policy_conf *policy;
	u32 peer_count;
	struct bgp_peer_conf peer[BGP_PEER_MAX];
};

/* Of everything but who is who. */
void bgp_conf_defaults(struct bgp_conf *conf);
void bgp_peer_conf_defaults(struct bgp_peer_conf *conf);
/* What can not be, or NULL. */
const char *bgp_conf_wrong(const struct bgp_conf *conf);

#endif
