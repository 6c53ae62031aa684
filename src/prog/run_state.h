/* A running gateway: everything that run.c, run_setup.c and run_loop.c share. */
#ifndef PROG_RUN_STATE_H
#define PROG_RUN_STATE_H

#include "host/ctl/ctl.h"
#include "host/ctl/metrics.h"
#include "host/io/port.h"
#include "host/loop/loop.h"
#include "host/os/notify.h"
#include "host/os/sandbox.h"
#include "prog/run_asked.h"
#include "prog/run_log.h"

/* Three signals, one for netlink. */
enum { RUN_WATCH_MAX = 4 };

/* An interface as it is followed. */
struct run_watched {
	bool gone;     /* its port is one of nothing (absent.h) */
	u32 os_index;  /* of the kernel, which `tries` are about; 0: there is none of its name */
	u32 tries;     /* to take it again, by the clock */
	ns_t again_ns; /* when the next one is due; 0: with the next word of a change */
	ns_t rest_ns;  /* no other one before: our own tries make changes, too */
	ns_t hold_ns;  /* until then what the host misses on it stays in force; 0: nothing */
	struct loop_watch *packets; /* NULL: none are waited for */
	char said[OS_WHY_SIZE];     /* why it could not be taken, as it was said last */
};

struct run {
	struct run_args args;
	struct readers readers;
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
	struct run_watched watched[IFACE_MAX];
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
	struct run_health *checks;
	struct run_fpm *fpm;     /* NULL: nobody listens for zebra */
	struct run_sets *sets;   /* an order about a set that is under way; NULL: none */
	struct metrics *metrics; /* NULL: not asked for */
	struct os_watch *watch;
	u32 loop_watch_count;
	struct loop_watch *loop_watch[RUN_WATCH_MAX];

	struct batch rx;
	struct batch tx;
	struct batch out[IFACE_MAX];
	u32 last_count;  /* packets that came in the last turn that had any */
	u32 idle_turns;  /* of the loop, without a packet */
	ns_t active_ns;  /* when packets came last */
	ns_t counts_ns;  /* when drivers and checks were asked what they counted */
	ns_t control_ns; /* when the control side had its turn */
	ns_t carried_ns; /* when packets had one in the middle of longer work */
	bool changed;    /* netlink spoke of changes */
	ns_t changed_ns;
	ns_t follow_ns; /* when to look again without such a word; 0: not at all */
	bool ready;     /* said so: every address is ours */
	volatile bool stopping;
	u64 ctl_stalled; /* as it was said last */
};

/* ---- run_setup.c: before packets flow -------------------------------------------------------- */

/* Each answers false after it has added to run->errors. */
bool run_look(struct run *run); /* interfaces exist, and may be taken */
bool run_open_ports(struct run *run);
bool run_make_engine(struct run *run, ns_t now);
void run_close_ports(struct run *run);
/* NULL: why says what is wrong. */
struct port *run_open_port(const struct run *run, u32 index, char *why);
/* What the system says of an interface's addresses and routes. */
void run_take_facts(struct run_iface_facts *facts, const struct os_iface *os);

/* Reads the file of --config, or takes what the command line says. */
bool run_ask(struct run *run);

/* ---- run_follow.c, run_retake.c: when the system's interfaces change ------------------------- */

/* Read everything again and give the engine what is different. */
void run_follow(struct run *run, ns_t now);
/* The interface is gone: packets for it end, what was taken of it is given back. */
void run_lose(struct run *run, u32 index);
/* Takes it as at the start if there is one of its name. False: not now; watched->again_ns says
 * whether to try again.                                                                         */
bool run_retake(struct run *run, u32 index, ns_t now);
/* The link as the engine was told, and what is said of it. */
void run_set_link(struct run *run, u32 index, bool up);

/* ---- run_loop.c ------------------------------------------------------------------------------ */

/* Wait for packets of this port too. False: the system refuses. */
bool run_watch_port(struct run *run, u32 index);
/* Forwards until run->stopping. False: the loop could not be set up. */
bool run_loop_begin(struct run *run);
void run_loop(struct run *run);
/* In the middle of longer work, called often: now and then a batch of each port, and a word to who
 * watches that the process lives. arg is the struct run, of which only ports, engine and batches
 * are touched.                                                                                   */
void run_carry(void *arg);
void run_loop_end(struct run *run);

#endif
