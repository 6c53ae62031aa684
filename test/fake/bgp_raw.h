/* A peer that a test plays byte by byte: on a host of bgp_net without a speaker. */
#ifndef TEST_FAKE_BGP_RAW_H
#define TEST_FAKE_BGP_RAW_H

#include "fake/bgp_net.h"

enum { BGP_RAW_MESSAGES = 256 };

struct bgp_raw {
	struct bgp_net *net;
	u32 host;
	sock_id sock; /* SOCK_ID_NONE */
	sock_id listener;
	bool ended; /* the other one closed, or reset */
	u8 in[1 << 18];
	u32 in_len;
	/* messages that came, in order */
	u32 count;
	const u8 *msg[BGP_RAW_MESSAGES];
	u32 len[BGP_RAW_MESSAGES];
};

struct bgp_raw *bgp_raw_new(struct bgp_net *net, u32 host);
/* Host 0 of as_a speaks, host 1 of as_b is played, and they are connected. */
struct bgp_net *bgp_raw_played(u32 as_a, u32 as_b, struct bgp_raw **raw);
/* Calls port 179 of an address, and waits until it is taken. */
void bgp_raw_call(struct bgp_raw *raw, const char *to);
void bgp_raw_listen(struct bgp_raw *raw);
/* Takes a call; false: nobody calls. */
bool bgp_raw_accept(struct bgp_raw *raw);
void bgp_raw_send(struct bgp_raw *raw, const void *bytes, u32 len);
/* A message of a type with this body. */
void bgp_raw_message(struct bgp_raw *raw, enum bgp_type type, const void *body, u32 len);
/* An OPEN as bgp_open_write() makes it. */
void bgp_raw_open(struct bgp_raw *raw, const struct bgp_open *open);
struct bgp_open bgp_raw_usual(u32 as, const char *router_id);
/* Runs the net, then looks at what came. */
void bgp_raw_run(struct bgp_raw *raw, ns_t ns);
/* Call, OPEN, KEEPALIVE; the peer is up afterwards. */
void bgp_raw_up(struct bgp_raw *raw, const char *to, const struct bgp_open *open);
/* The number of messages of a type; and the last one, NULL. */
u32 bgp_raw_got(const struct bgp_raw *raw, enum bgp_type type);
const u8 *bgp_raw_last(const struct bgp_raw *raw, enum bgp_type type);
/* Everything that came is forgotten. */
void bgp_raw_forget(struct bgp_raw *raw);
void bgp_raw_close(struct bgp_raw *raw);

/* An UPDATE that is put together. */
struct bgp_raw_update {
	u8 withdrawn[1024];
	u32 withdrawn_len;
	u8 attrs[4096];
	u32 attrs_len;
	u8 nlri[2048];
	u32 nlri_len;
};
void bgp_raw_attr(struct bgp_raw_update *update, u8 flags, u8 type, const void *value, u32 len);
/* ORIGIN IGP, AS_PATH of one sequence of four-byte numbers, NEXT_HOP. */
void bgp_raw_usual_attrs(struct bgp_raw_update *update, const u32 *as, u32 count,
			 const char *nexthop);
void bgp_raw_prefix(struct bgp_raw_update *update, const char *prefix);
void bgp_raw_update_send(struct bgp_raw *raw, const struct bgp_raw_update *update);

#endif
