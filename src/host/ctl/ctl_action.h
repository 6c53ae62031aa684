/* What may be asked of a gateway to do, beside showing what it knows.
 *
 *     {"version":1,"do":"apply","name":"gw.yaml","bytes":812,"confirm_s":60}
 *     ...812 bytes of the file...
 *
 *     {"version":1,"do":"drain","backend":"10.10.0.5:8080","service":"web","deadline_s":60}
 *     {"version":1,"do":"drain","backend":"gateway","look":true}
 *     {"version":1,"do":"set-add","set":"blocked","bytes":21}
 *     ...elements, one a line...
 *
 * The text of a configuration follows its request, so that the gateway needs no right to read the
 * file of whoever asks; behind its "config" bytes are the files that its sets name, each after a
 * line with its length. Who does it is not known here: the loop of the gateway takes the action
 * from ctl_action_take() between two batches, and gives the answer to ctl_action_answer().       */
#ifndef HOST_CTL_CTL_ACTION_H
#define HOST_CTL_CTL_ACTION_H

#include "core/base/bytes.h"

enum {
	CTL_TEXT_MAX = 40 << 20, /* bytes that may follow */
	CTL_TEXT_LARGE = 4 << 20, /* beyond that one client at a time */
	CTL_SET_SIZE = 32,       /* name of a set */
	CTL_NAME_SIZE = 256,     /* of the file, for messages */
	CTL_CONFIRM_MAX_S = 24 * 3600,
	CTL_DRAIN_MAX_S = 24 * 3600,
	CTL_BACKEND_SIZE = 48, /* of the names of a service and a backend */
};
#define CTL_DRAIN_DEFAULT UINT32_MAX
/* In the place of a backend: what routing protocols announce. */
#define CTL_DRAIN_GATEWAY "gateway"

enum ctl_do {
	CTL_DO_NOTHING, /* the engine is asked */
	CTL_DO_CONFIG,  /* what it runs with; asked for by a show */
	CTL_DO_STATUS,
	CTL_DO_DIFF,
	CTL_DO_RELOAD,
	CTL_DO_APPLY,
	CTL_DO_CONFIRM,
	CTL_DO_ROLLBACK,
	CTL_DO_DRAIN,
	CTL_DO_UNDRAIN,
	CTL_DO_SET_ADD, /* from here on: about a set of the filter */
	CTL_DO_SET_DEL,
	CTL_DO_SET_TEST,
	CTL_DO_SET_FLUSH,
	CTL_DO_SET_REPLACE,
	CTL_DO_COUNT,
};

struct ctl_action {
	enum ctl_do what;
	u32 text_bytes;
	u32 config_bytes; /* of these, the configuration; the files of its sets are the rest */
	u32 confirm_s;    /* of apply: how long an answer is waited for */
	char name[CTL_NAME_SIZE];
	char backend[CTL_BACKEND_SIZE]; /* of drain and undrain: "10.10.0.5:8080" */
	char service[CTL_BACKEND_SIZE]; /* empty: every one that has it */
	u32 deadline_s;                 /* of drain; CTL_DRAIN_DEFAULT: the service's */
	bool look; /* of drain and the gateway alone: nothing is ordered, what is left is told */
	char set[CTL_SET_SIZE];
	bool all; /* of config: defaults, too */
};

#define CTL_CLIENT_NONE UINT32_MAX

struct ctl;

/* "reload" for CTL_DO_RELOAD. */
const char *ctl_do_name(enum ctl_do what);
/* Whether it is about a set. */
bool ctl_do_is_set(enum ctl_do what);
/* Whether a text follows. */
bool ctl_do_has_text(enum ctl_do what);

/* An action that somebody waits for. The text is lent until it is answered. */
struct ctl_call {
	struct ctl_action action;
	const char *text;
	u32 client; /* CTL_CLIENT_NONE: nobody over the socket */
};

/* False: nobody waits. One that was taken has to be answered before the next is taken. */
bool ctl_action_take(struct ctl *ctl, struct ctl_call *call);
/* json: one line of JSON without its end. A client that has gone meanwhile is ignored. */
void ctl_action_answer(struct ctl *ctl, const struct ctl_call *call, const char *json);

#endif
