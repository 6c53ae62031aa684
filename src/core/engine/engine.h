/* Inside of the engine: every table in one place. */
#ifndef CORE_ENGINE_ENGINE_H
#define CORE_ENGINE_ENGINE_H

#include "core/engine/routing.h"
#include "core/path/path.h"
#include "sluice/sluice.h"

enum {
	EVENT_MAX = 64 + 2 * IFACE_MAX, /* every interface may go down and away at once */
	EVENT_INTERVAL_S = 10, /* one event of a kind in this time */
	REPORT_PORTS = 1024,   /* ports looked at per tick while the holders are counted */
	REPORT_HOLDERS = 64,   /* inside hosts kept in mind while counting */
	FILLING_EVENTS = 8,    /* warnings in EVENT_INTERVAL_S */
	FILLING_LOOKS = 1024,  /* public addresses and protocols, and busy destinations, per look */
	SURVEY_RECORDS = 4096, /* subscribers looked at per tick while the top ones are found */
};

/* Who holds the ports to a destination: counted over several ticks, a piece at a time. */
struct report {
	bool running;
	u32 port;      /* where the count goes on */
	u32 holder_count;
	struct sluice_holder holder[REPORT_HOLDERS];
	struct nat_refusal about;
	u64 reported;  /* refusals that earlier reports spoke of */
	ns_t next_ns;  /* not before */
};

struct event_limit {
	ns_t next_ns;
	u64 reported;
};

enum survey_kind { SURVEY_FLOWS, SURVEY_PORTS, SURVEY_FRAGMENTS, SURVEY_KIND_COUNT };

/* Those who hold most of all, most first. */
struct holders {
	u32 count;
	struct sluice_holder holder[SLUICE_HOLDER_MAX];
};

/* Who holds most, of all subscribers: looked for when an event is to name them, a piece at a time.
 * A subscriber counts itself exactly, so nothing has to be kept in order packet by packet.       */
struct survey {
	bool running;
	bool done;
	u32 at; /* where the search goes on */
	ns_t done_ns;
	struct holders found[SURVEY_KIND_COUNT]; /* of the search that runs */
	struct holders top[SURVEY_KIND_COUNT];   /* of the last one that came to its end */
};

/* What has one measure for all. */
enum filling_gauge {
	FILLING_FLOWS,
	FILLING_MAPPINGS,
	FILLING_FRAGMENTS,
	FILLING_PACKETS,
	FILLING_LARGE_PACKETS,
	FILLING_GAUGE_COUNT,
};

/* Warnings before something is full: once when it passes 70 percent and once at 90, and not again
 * before it was ten percent below.                                                              */
struct filling {
	ns_t next_ns; /* of the next look */
	u8 level[FILLING_GAUGE_COUNT];
	u32 space_at; /* where the look at ports goes on */
	u32 dest_at;
	ns_t since_ns; /* events are counted from here */
	u32 event_count;
};

struct sluice {
	struct sluice_conf conf;
	struct mem mem;
	struct pkt_pool pool;
	struct iface_table ifaces;
	struct neigh_table neigh;
	struct fib *fib; /* one a zone */
	struct reass reass;
	struct icmp icmp;
	struct ct ct;
	struct subscriber_table subscribers;
	struct nat nat;
	struct filter filter;
	struct sock_table socks;
	struct splice splice;
	struct routing *routing; /* NULL: there is none */
	struct drop_stats drops;
	struct path path;
	ns_t now; /* of the last call */
	ns_t ticked_ns; /* the last tick: under steady traffic the next one must not move away */
	struct sluice_event event[EVENT_MAX];
	u32 event_head;
	u32 event_count;
	u64 events_lost;
	struct report report;
	struct event_limit table_full;
	struct event_limit mappings_full;
	struct event_limit conflicts;
	struct event_limit no_backend;
	struct event_limit subscriber_limit;
	struct survey survey;
	struct filling filling;
};

/* The tables of an engine, wherever they stand: in it, or beside a plan that only counts. */
struct engine_tables {
	struct pkt_pool *pool;
	struct neigh_table *neigh;
	struct fib **fib;
	struct reass *reass;
	struct ct *ct;
	struct subscriber_table *subscribers;
	struct nat *nat;
	struct filter *filter;
	struct sock_table *socks;
	struct splice *splice;
	struct path *path;
	struct routing **routing;
};

void engine_layout(const struct engine_tables *t, const struct sluice_conf *conf, struct mem *mem);
u32 engine_zone_count(const struct sluice_conf *conf);
/* Addresses, routes and rules; nothing has changed when it fails. */
enum err engine_apply(struct sluice *s, const struct sluice_conf *conf, const char **why);
/* What of a configuration can not be, or NULL. */
const char *engine_conf_wrong(const struct sluice_conf *conf);
bool engine_flow_matches(const struct flow *flow, const struct sluice_flow_filter *filter);
/* Whether the top holders are known well enough to be named now; if not, the search for them has
 * begun and goes on with each tick.                                                              */
bool engine_survey_is_fresh(struct sluice *s, ns_t now);
void engine_survey_tick(struct sluice *s, ns_t now);
void engine_survey_name(const struct sluice *s, enum survey_kind kind, struct sluice_event *event);
/* Time goes on. That of the caller may stand still but never goes back. */
ns_t engine_now(struct sluice *s, ns_t now);
void engine_event_add(struct sluice *s, const struct sluice_event *event);
/* What became of an interface: a static string. */
void engine_iface_event(struct sluice *s, u16 iface, const char *what);
void engine_filling_tick(struct sluice *s, ns_t now);
bool engine_filter_event(struct sluice *s, struct sluice_event *out);
/* Which limit that memory was planned with is another one, or NULL. */
const char *engine_limit_changed(const struct sluice_conf *old, const struct sluice_conf *new);
void engine_events_tick(struct sluice *s, ns_t now);
ns_t engine_events_next(const struct sluice *s);
/* What sockets have counted, ENGINE_SOCK_COUNTERS of them at most; how many. */
enum { ENGINE_SOCK_COUNTERS = 32 };
u32 engine_counters_of_socks(const struct sluice *s, struct sluice_counter *out);

#endif
