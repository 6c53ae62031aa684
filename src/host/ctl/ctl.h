/* The control socket: a Unix socket that answers what the gateway knows.
 *
 * One request, one answer, then the connection ends; whoever asked for events hears of them until
 * he leaves, and what he was too slow for is counted and said. Everything is bounded:
 * CTL_CLIENTS_MAX clients, one more is told so; CTL_REQUEST_MAX bytes of request; CTL_BUFFER_MAX
 * bytes of answer wait for a reader, then the answer waits with them; CTL_QUEUE_MAX bytes of events
 * wait for a listener, then he misses some; a peer that neither reads nor writes for CTL_STALL_S is
 * cut off and counted. Packets never wait for a reader: an answer goes forward in ctl_work() only,
 * one bounded step for one client at a time.
 *
 * The socket is made with mode 0660: who may read and write it may ask.                         */
#ifndef HOST_CTL_CTL_H
#define HOST_CTL_CTL_H

#include "host/ctl/ctl_request.h"

enum {
	CTL_CLIENTS_MAX = 16,
	CTL_BUFFER_MAX = 64 * 1024,
	CTL_STALL_S = 10,
	CTL_STEP_NEWS = 256,        /* of flows, told in one step */
	CTL_QUEUE_MAX = 256 * 1024, /* bytes that wait for a listener: more than one step has */
};
#define CTL_PATH_DEFAULT "/run/sluice/control.sock"

struct ctl;
struct loop;
struct speaker_event;

struct ctl_stats {
	u64 answered;
	u64 malformed; /* requests that got an error */
	u64 crowded;   /* clients beyond CTL_CLIENTS_MAX */
	u64 stalled;   /* cut off: neither read nor wrote for too long */
	u64 gone;      /* left before the answer was written */
	u64 skipped;   /* events that a listener was too slow for */
};

/* Listens at path. A socket there that nobody listens to is replaced, and the last folder of the
 * path is made when it is missing. NULL: why says what is wrong and what would be right.        */
struct ctl *ctl_new(struct loop *loop, struct sluice *s, const char *path,
		    struct ctl_why *why);
/* Something happened that listeners want to hear of. */
void ctl_tell(struct ctl *ctl, const struct sluice_event *event);
void ctl_tell_speaker(struct ctl *ctl, const struct speaker_event *event);
/* One step for one client, and news for all listeners; false when no answer is under way that could
 * go on, and no news wait.                                                                      */
bool ctl_work(struct ctl *ctl, ns_t now);
const struct ctl_stats *ctl_stats(const struct ctl *ctl);
/* Ends all answers and takes the socket away, if it is still this one's. NULL is ignored. */
void ctl_del(struct ctl *ctl);

#endif
