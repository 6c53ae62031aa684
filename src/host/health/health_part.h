/* What the kinds of checks share. */
#ifndef HOST_HEALTH_HEALTH_PART_H
#define HOST_HEALTH_HEALTH_PART_H

#include "core/base/rng.h"
#include "host/health/health.h"
#include "host/health/health_run.h"

enum {
	HEALTH_REPLY_MAX = 64,     /* of an HTTP answer: the status is in its first 12 bytes */
	HEALTH_REST_BYTES = 4096,  /* of what follows it, at once */
	HEALTH_REST_MAX = 1 << 17, /* in all: who sends more is cut off */
	HEALTH_REQUEST_MAX = HEALTH_PATH_SIZE + 128,
};

enum check_phase {
	CHECK_WAITS, /* for the next one; what the last one left open goes on to its end */
	CHECK_ECHO,
	CHECK_CONNECT,
	CHECK_ANSWER,
	CHECK_PAGE,
};

struct check {
	struct health *health;
	u32 at; /* its place */
	struct health_target target;
	struct health_run run;
	enum check_phase phase;
	bool again; /* what is known of it was told, to who set the targets before */
	bool ended; /* nothing more comes of its socket */
	u32 nonce;  /* of the echo request that is under way */
	u32 reply_len;
	char reply[HEALTH_REPLY_MAX];
	int status;     /* of HTTP, once it is known; else as health_http_status() has it */
	u32 rest_bytes; /* of what follows it */
};

/* What is looked through for each event and tick lies close together. */
struct health {
	struct sluice *sluice;
	health_fn *fn;
	void *arg;
	struct rng rng;
	u16 echo_id;
	u32 count;
	sock_id sock[BALANCE_BACKEND_MAX]; /* per check; SOCK_ID_NONE */
	ns_t due_ns[BALANCE_BACKEND_MAX];  /* the next check, or the end of this one's time */
	struct check *check;               /* BALANCE_BACKEND_MAX of both */
	struct check *other;               /* of the targets before, and of the next ones */
};

/* The check that is under way is over. Its socket is left to its end, or is reset. */
void check_end(struct check *check, ns_t now, enum health_outcome outcome, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void check_fail(struct check *check, ns_t now, const char *what, enum sock_error error);
/* A socket of its zone, the only one it has. */
enum sock_error check_open(struct check *check, enum sock_kind kind, u8 proto);
/* Goes on when the socket has one of the bits. */
void check_watch(struct check *check, enum check_phase phase, u8 bits);
void check_reset(struct check *check, ns_t now);
/* Reads what came: SOCK_AGAIN; SOCK_OK and nothing got is the end. */
enum sock_error check_read(struct check *check, struct sock_buf *buf, ns_t now);

/* What begins a check may end it at once. */
void check_echo(struct check *check, ns_t now);
void check_echo_sock(struct check *check, ns_t now);
void check_connect(struct check *check, ns_t now);
/* Of the phases from CHECK_CONNECT on, and of what a check has left open. */
void check_connect_sock(struct check *check, u8 ready, ns_t now);
/* Ends it by the status that was answered. */
void check_judge(struct check *check, ns_t now);

#endif
