/* What the kinds of checks share. */
#ifndef HOST_HEALTH_HEALTH_PART_H
#define HOST_HEALTH_HEALTH_PART_H

#include <event2/event.h>

#include "host/health/health.h"
#include "host/health/health_run.h"

enum {
	HEALTH_REPLY_MAX = 64,     /* of an HTTP answer: the status is in its first 12 bytes */
	HEALTH_REST_BYTES = 4096,  /* of what follows it, at once */
	HEALTH_REST_MAX = 1 << 17, /* in all: who sends more is cut off */
	HEALTH_REQUEST_MAX = HEALTH_PATH_SIZE + 128,
};

struct check {
	struct health *health;
	struct health_target target;
	struct health_run run;
	struct event *timer; /* the next check, or the end of this one's time */
	struct event *io;    /* of fd; NULL without */
	bool again;          /* what is known of it was told, to who set the targets before */
	bool under_way;
	bool connected;
	int fd;    /* -1: none */
	u32 nonce; /* of the echo request that is under way */
	size_t reply_len;
	char reply[HEALTH_REPLY_MAX];
	int status;     /* of HTTP, once it is known; else as health_http_status() has it */
	u32 rest_bytes; /* of what follows it */
};

struct health {
	struct event_base *base;
	health_fn *fn;
	void *arg;
	u32 count;
	struct check *check;
	int echo_fd; /* -1: none */
	struct event *echo_io;
	u16 echo_id;
};

/* The check that is under way is over. */
void check_end(struct check *check, enum health_outcome outcome, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Ends it by the status that was answered. */
void check_judge(struct check *check);
/* Both may end the check at once. */
void check_connect(struct check *check);
void check_echo(struct check *check);

bool health_echo_open(struct health *health);

#endif
