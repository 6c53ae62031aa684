/* The command line of `sluice run`, as a value.
 *
 * Pure: no system is asked. Every mistake is collected, each with the argument, its value and what
 * would be right, so that one attempt shows all of them.                                        */
#ifndef PROG_RUN_ARGS_H
#define PROG_RUN_ARGS_H

#include <stdio.h>

#include "host/conf/conf.h"
#include "prog/dnat_args.h"

enum {
	RUN_EXEMPT_MAX = NAT_RULE_MAX - 1, /* one rule is for all the rest */
	RUN_DNAT_MAX = 16,
	RUN_ERRORS_MAX = 24,
	RUN_ERROR_SIZE = 320,
	RUN_SEED_SIZE = 32,
};

/* What is spoken to without translation. */
struct run_exempt_args {
	be32 prefix;
	u8 prefix_len;
	u16 port; /* 0: any */
};

struct run_args {
	u32 iface_count;
	struct conf_iface iface[CONF_IFACE_MAX];
	bool gateway_given;
	be32 gateway;
	u32 route_count;
	struct conf_route route[CONF_ROUTE_MAX];
	const char *config; /* NULL: what follows says everything */
	const char *control;
	const char *metrics; /* NULL: none */
	u32 flows;           /* 0: default */
	u32 mappings;        /* 0: default */
	u32 pool_count;      /* ranges; 0: masquerade */
	struct nat_range pool[NAT_POOL_RANGE_MAX];
	u32 static_count;
	struct nat_static_conf fixed[NAT_STATIC_MAX];
	u32 dnat_count;
	struct dnat_args dnat[RUN_DNAT_MAX];
	u32 exempt_count;
	struct run_exempt_args exempt[RUN_EXEMPT_MAX];
	bool mapping_given[NAT_PROTO_COUNT];
	enum nat_mapping mapping[NAT_PROTO_COUNT];
	bool filtering_given[NAT_PROTO_COUNT];
	enum nat_filtering filtering[NAT_PROTO_COUNT];
	u32 timeout_s[CT_TIMEOUT_COUNT]; /* 0: default */
	u32 subscriber_prefix_len;           /* 0: default */
	struct subscriber_limits subscriber; /* 0: none */
	bool quarantine_given;
	u32 quarantine_s;
	u16 port_first; /* 0: default */
	u16 port_last;
	bool seed_given;
	u8 seed[RUN_SEED_SIZE];
	bool no_nat;
	bool no_hairpin;
	bool no_parity;
	bool midstream;
	bool expiry_probes;
	bool outbound_refresh_only;
	bool strict_pairing;
	bool no_host;
	bool no_sandbox;
	bool slow_road;
	bool yes;
	bool verbose;
	bool json_log;
	bool help;
};

struct run_errors {
	u32 count;
	u32 left_out; /* beyond RUN_ERRORS_MAX */
	char text[RUN_ERRORS_MAX][RUN_ERROR_SIZE];
};

void run_error(struct run_errors *errors, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* argv[0] is the subcommand's name. Words of argv are kept, not copied. */
void run_args_parse(int argc, char **argv, struct run_args *args, struct run_errors *errors);
/* Whether the word is an option whose value is the next word. */
bool run_option_takes_next(const char *word);
/* "tcp-established" for CT_TIMEOUT_TCP_ESTABLISHED. */
const char *run_timeout_name(enum ct_timeout timeout);
void run_args_help(FILE *out);

#endif
