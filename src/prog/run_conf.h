/* From what is asked for and what the system says of its interfaces to an engine's configuration.
 *
 * Pure: the facts are given. The same function serves the start and every change of an address, a
 * route or an MTU later.                                                                        */
#ifndef PROG_RUN_CONF_H
#define PROG_RUN_CONF_H

#include "core/engine/routing_conf.h"
#include "host/conf/conf_sets.h"
#include "host/os/netlink.h"
#include "prog/run_args.h"
#include "sluice/sluice.h"

/* What is asked for, and how to speak of it. */
struct run_source {
	const struct conf *conf;
	const struct conf_marks *marks; /* NULL: it comes from a command line */
	const struct conf_elems *elems; /* of its sets; NULL: it has none */
	const char *file;
};

enum { RUN_PLACE_SIZE = 128 };

struct run_place {
	char text[RUN_PLACE_SIZE];
};

struct run_iface_facts {
	struct iface_conf port; /* link, MAC, MTU and offloads, as the driver describes them */
	u32 addr_count;         /* addresses that the host has on it */
	struct os_addr addr[OS_ADDR_MAX];
	bool down; /* its routes stand back behind those of others */
	u32 route_count;
	struct os_route route[OS_ROUTE_MAX];
};

/* What routing of a running engine has room for, and what it was started with. Zeros: nothing. */
struct run_routing_facts {
	bool has_bgp;
	bool has_ospf;
	bool has_rip;
	bool has_bfd;
	bool has_fpm;
	be32 router_id;
	u32 start_s;
	u32 rib_nets;
	u32 rib_paths;
	u32 rib_hops;
	u32 bgp_peers;
	u32 bgp_attrs;
	u32 bgp_paths_out;
	u32 ospf_lsas;
	u32 ospf_nbrs;
	u32 ospf_routes;
	u32 rip_nets;
	u32 rip_nbrs;
	u32 bfd_peers;
	u32 fpm_objects;
};

struct run_facts {
	struct run_iface_facts iface[CONF_IFACE_MAX]; /* in the order of conf.iface */
	bool running;                                 /* an address may be missing for a while */
	bool changing;          /* somebody asks for it now, so what can not be meant is refused */
	bool host_port;         /* there is a way to the host's own stack */
	struct iface_conf host; /* as its driver describes it */
	u16 local_first;        /* ports that the host's own sockets use; 0: not known */
	u16 local_last;
	u32 ring_frames;   /* of all drivers together */
	u32 filter_limit;  /* filter rules that it has room for */
	u32 address_limit; /* public addresses that a running engine has room for; 0: none runs */
	struct run_routing_facts routing;
	u32 check_limit; /* backends that a running engine has sockets to check for */
	u32 start_s; /* what the wall clock shows: numbers of signed packets grow from it */
	u8 seed[RUN_SEED_SIZE];
	bool slow_road;
	bool replayed; /* of captures: addresses that the system has do not count */
	bool offline;  /* the system was not asked: what only it can say is left out */
};

/* What somebody should know who starts it: said once. */
struct run_notes {
	bool shares_ports; /* flows and the host's own sockets share an address, ports parted */
	bool overlapping;  /* the same, and --ports lets them collide */
	bool no_default;   /* no default gateway is known */
};

/* The engine's filter rules and sets, and its routing, to which its configuration points: they are
 * read when it is built or configured, and never afterwards.                                     */
struct run_rules {
	struct filter_rule_conf rule[CONF_FILTER_RULE_MAX];
	struct filter_set_conf set[CONF_SET_MAX];
	struct routing_conf routing;
};

/* What was asked for by a value of source->conf: its place in the file, or the option. */
struct run_place run_asked_by(const struct run_source *source, const void *value,
			      const char *option);
/* False: errors has at least one more, and conf is of no use. */
bool run_conf_build(const struct run_source *source, const struct run_facts *facts,
		    struct sluice_conf *conf, struct run_rules *rules, struct run_notes *notes,
		    struct run_errors *errors);

#endif
