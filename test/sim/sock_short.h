/* Short connections, one after the other, between the sockets of two engines: connect, a request,
 * a reply, close. Who connects names no port: one is chosen for it, and TIME-WAIT gives it back.
 *
 * The two are neighbours on the outside, 100 us from each other.                                 */
#ifndef TEST_SIM_SOCK_SHORT_H
#define TEST_SIM_SOCK_SHORT_H

#include "core/engine/engine.h"
#include "fake/engine.h"
#include "sluice/sock.h"

enum {
	SOCK_SHORT_FRAME_MAX = 256,
	SOCK_SHORT_AIR = 64, /* packets on their way */
	SOCK_SHORT_PORT = 80,
};

struct sock_short_air {
	ns_t due_ns;
	u32 to; /* which engine */
	u32 len;
	u8 bytes[SOCK_SHORT_FRAME_MAX];
};

struct sock_short {
	struct sluice_conf conf[2]; /* before it opens: 0 connects, 1 listens */
	struct rig rig[2];
	ns_t now;
	sock_id listener;
	struct sock_short_air air[SOCK_SHORT_AIR]; /* a ring, in the order of time */
	u32 air_first;
	u32 air_count;
	/* what came of it */
	u64 done;
	ns_t longest_ns; /* of one connection */
};

struct sock_short *sock_short_new(void);
void sock_short_open(struct sock_short *run);
/* One more, `first` closing first. SOCK_OK, or why it could not begin: then nothing of it is left.
 * A connection that is not through within 10 s stops the program.                                */
enum sock_error sock_short_one(struct sock_short *run, u8 first);
void sock_short_wait(struct sock_short *run, ns_t by_ns);
/* Every invariant of both; all that they leave for a while has to be gone after 300 s. */
void sock_short_close(struct sock_short *run);

#endif
