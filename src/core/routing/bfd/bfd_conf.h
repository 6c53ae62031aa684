/* What BFD is given: how fast, by which interface, with which keys. Plain values. */
#ifndef CORE_ROUTING_BFD_BFD_CONF_H
#define CORE_ROUTING_BFD_BFD_CONF_H

#include "core/iface/iface.h"

enum {
	BFD_KEYS_MAX = 4,
	BFD_SECRET_MAX = 20,   /* bytes: what SHA-1 takes, RFC 5880 section 6.7.4 */
	BFD_PASSWORD_MAX = 16, /* of a password and of MD5, sections 4.2 and 4.3 */
	BFD_PEERS_MAX = 256,
	BFD_MULTIPLIER = 3,
	BFD_MIN_US = 10000, /* faster than this the engine's turns would be what is measured */
	BFD_MAX_US = 60000000,
	BFD_SLOW_US = 1000000, /* at least, as long as a session is not up: section 6.8.3 */
};

/* The numbers are those of the wire, RFC 5880 section 4.1. */
enum bfd_auth_kind {
	BFD_AUTH_NONE,
	BFD_AUTH_PASSWORD,
	BFD_AUTH_MD5,
	BFD_AUTH_MD5_METICULOUS,
	BFD_AUTH_SHA1,
	BFD_AUTH_SHA1_METICULOUS,
	BFD_AUTH_KINDS,
};

struct bfd_key {
	u8 id;
	u8 len_bytes;
	u8 secret[BFD_SECRET_MAX];
};

/* The first key signs, any is taken. */
struct bfd_auth_conf {
	enum bfd_auth_kind kind;
	u32 key_count;
	struct bfd_key key[BFD_KEYS_MAX];
};

struct bfd_params {
	u32 min_tx_us; /* not sent more often */
	u32 min_rx_us; /* not to be sent to us more often */
	u8 multiplier; /* packets that may be missed */
	bool passive;  /* speaks when it is spoken to, RFC 5880 section 6.1 */
	struct bfd_auth_conf auth;
};

struct bfd_iface_conf {
	u16 iface;
	struct bfd_params params;
};

struct bfd_conf {
	u32 peer_limit;           /* of the plan: bfd_configure does not look at it; zero: no BFD */
	struct bfd_params params; /* where nothing else is said */
	u32 iface_count;
	struct bfd_iface_conf iface[IFACE_MAX];
};

/* 300 ms, three times. */
void bfd_conf_defaults(struct bfd_conf *conf);
void bfd_params_defaults(struct bfd_params *params);
/* A static sentence on the first thing that can not be; NULL. */
const char *bfd_conf_wrong(const struct bfd_conf *conf);

#endif
