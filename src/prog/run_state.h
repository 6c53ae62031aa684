/* A running gateway: everything that run.c, run_setup.c and run_loop.c share. */
#ifndef PROG_RUN_STATE_H
#define PROG_RUN_STATE_H

#include "host/ctl/ctl.h"
#include "host/health/health.h"
#include "host/ctl/metrics.h"
#include "host/io/port.h"
#include "host/loop/loop.h"
#include "host/os/notify.h"
#include "host/os/sandbox.h"
#include "prog/run_conf.h"
#include "prog/run_log.h"

/* One watch per port, three signals, one for netlink. */
enum { RUN_WATCH_MAX = IFACE_MAX + 4, RUN_FILE_SIZE = 256 };

/* A configuration, and where it is from. */
struct run_asked {
	struct conf conf;
	bool from_file;
	struct conf_marks marks;
	struct conf_elems elems;  /* of the sets; it has them by itself */
	char file[RUN_FILE_SIZE]; /* as it was named; for what is said of it */
};

struct run {
	struct run_args args;
	char *config_path;           /* of --config, from the root; NULL: none */
	struct run_asked asked;      /* what the gateway is */
	struct run_asked asked_next; /* what is being looked at */
	struct run_asked asked_last; /* what it was before the last change */
	bool has_last;
	ns_t confirm_ns; /* until when the last change has to be confirmed; 0: it is */
	bool reload;     /* SIGHUP came */
	struct run_errors errors;
	struct run_facts facts;
	struct run_notes notes;
	struct run_rules rules;
	struct run_log log;
	struct sluice_conf conf;      /* what the engine has */
	struct sluice_conf next_conf; /* what it may get */

	u32 port_count; /* a port's place here is its interface's index */
	struct port *port[IFACE_MAX];
	bool link_up[IFACE_MAX]; /* as the engine was told */
	bool gone[IFACE_MAX];    /* it was said that its interface is */
	u32 claim_count;
	int claim[IFACE_MAX];   /* what keeps other gateways off the interfaces */
	struct port *host_port; /* NULL: none; else the last of port[] */

	struct sluice *sluice;
	void *region;
	u64 region_bytes;
	bool huge;

	struct sandbox sandbox; /* what is in force */
	u64 refused_said;       /* calls that it refused, as it was said last */
	struct notify notify;

	struct loop *loop;
	struct ctl *ctl;
	struct run_sets *sets; /* an order about a set that is under way; NULL: none */
	struct health *health;
	struct metrics *metrics; /* NULL: not asked for */
	struct os_watch *watch;
	u32 loop_watch_count;
	struct loop_watch *loop_watch[RUN_WATCH_MAX];

	struct batch rx;
	struct batch tx;
	struct batch out[IFACE_MAX];
	u32 idle_turns;  /* of the loop, without a packet */
	ns_t active_ns;  /* when packets came last */
	ns_t losses_ns;  /* when the drivers were asked what they lost */
	ns_t control_ns; /* when the control side had its turn */
	bool changed;    /* netlink spoke of changes */
	ns_t changed_ns;
	bool ready; /* said so: every address is ours */
	volatile bool stopping;
	u64 ctl_stalled; /* as it was said last */
};

/* ---- run_setup.c: before packets flow, and when the system's interfaces change --------------- */

/* Each answers false after it has added to run->errors. */
bool run_look(struct run *run); /* interfaces exist, and may be taken */
bool run_open_ports(struct run *run);
bool run_make_engine(struct run *run, ns_t now);
/* Read everything again and give the engine what is different. */
void run_follow(struct run *run, ns_t now);
void run_close_ports(struct run *run);

struct run_source run_source_of(const struct run *run, const struct run_asked *asked);
/* Reads the file of --config, or takes what the command line says. */
bool run_ask(struct run *run);

/* ---- run_health.c ---------------------------------------------------------------------------- */

/* Begin to check the backends of --dnat. False when the system refuses. */
bool run_health_begin(struct run *run);

/* ---- run_loop.c ------------------------------------------------------------------------------ */

/* Forwards until run->stopping. False: the loop could not be set up. */
bool run_loop_begin(struct run *run);
void run_loop(struct run *run);
void run_loop_end(struct run *run);

#endif
