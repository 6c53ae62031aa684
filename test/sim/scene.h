/* Helpers of the scenario tests: an engine on the bench, packets in, and exactly these out. */
#ifndef TEST_SIM_SCENE_H
#define TEST_SIM_SCENE_H

#include "fake/engine.h"

struct scene {
	struct rig rig;
	struct sluice_conf conf;
	struct build in;    /* the packet sent last */
	struct rig_out out; /* the packet that came out last */
};

/* The one scene of a test program: opened with scene_begin(), changed before with scene_conf(). */
struct scene *scene_conf(void);
struct scene *scene_begin(void);
/* Checks every invariant. */
void scene_end(struct scene *s);

/* Send s->in; then one packet comes out by out_if (into s->out), or none. */
void scene_pass(struct scene *s, u16 in_if, u16 out_if);
void scene_swallow(struct scene *s, u16 in_if);
/* Send s->in, and it dies of exactly this, nothing comes out. */
void scene_dies(struct scene *s, u16 in_if, enum drop drop);
/* As before, and this ICMP error is what comes back. */
void scene_error(struct scene *s, u16 in_if, enum drop drop, u8 type, u8 code);
void scene_nothing(struct scene *s);
void scene_expect(struct scene *s, u16 out_if);

void scene_udp(struct scene *s, const char *src, u16 sport, const char *dst, u16 dport, u32 len);
void scene_tcp(struct scene *s, const char *src, u16 sport, const char *dst, u16 dport, u8 flags);
/* The answer to what came out last: addresses and ports swapped. */
void scene_reply(struct scene *s, u32 len);
void scene_tcp_reply(struct scene *s, u8 flags);
/* An ICMP error about what came out last. */
void scene_complain(struct scene *s, const char *from, u8 type, u8 code, u32 word, u32 quote_len);
/* A whole TCP handshake through the gateway; s->out is the last ACK as it left. */
void scene_handshake(struct scene *s, const char *src, u16 sport, const char *dst, u16 dport);
/* No flow, no mapping, no port. */
void scene_is_empty(const struct scene *s);
void scene_wait(struct scene *s, u32 seconds);

#endif
