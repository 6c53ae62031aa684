/* What `sluice top` shows: answers of the gateway, put in order, as lines of text. */
#ifndef PROG_TOP_VIEW_H
#define PROG_TOP_VIEW_H

#include <jansson.h>

#include "core/base/bytes.h"

enum { TOP_ROWS_MAX = 192, TOP_LINES_MAX = 1024, TOP_LINE_SIZE = 160, TOP_NEW_MAX = 4096 };

/* As many as a gateway has. */
enum { TOP_SERVICES_MAX = 64, TOP_BACKENDS_MAX = 512 };

enum { TOP_ADDR_SIZE = 20, TOP_ZONE_SIZE = 16, TOP_SERVICE_SIZE = 48, TOP_PLACE_SIZE = 48 };

enum top_order { TOP_BY_FLOWS, TOP_BY_PORTS, TOP_BY_NEW, TOP_BY_BYTES, TOP_ORDER_COUNT };

/* The list that gets the lines that the others leave. */
enum top_list { TOP_LIST_HOSTS, TOP_LIST_BACKENDS };

/* An inside host: the same address in another zone is another one. */
struct top_who {
	char addr[TOP_ADDR_SIZE];
	char zone[TOP_ZONE_SIZE]; /* "none" without one */
};

struct top_host {
	struct top_who who;
	u64 flows;
	u64 ports;
	u64 unanswered;
	u64 bytes;
	u64 fresh; /* flows begun since the last look */
};

struct top_dest {
	char text[64];
	u64 used;
	u64 left;
};

struct top_drop {
	char name[32];
	char sentence[96];
	u64 count;
	u64 before; /* at the last look */
};

/* A service, or a backend of one. */
struct top_backend {
	char service[TOP_SERVICE_SIZE];
	char place[TOP_PLACE_SIZE]; /* a backend's address and port, where a service is asked */
	char state[16];             /* "draining"; of a service "2 of 3 up" */
	u64 flows;
	u64 made;    /* flows since it was configured */
	u64 refused; /* new flows of a service that had no backend up */
	u64 fresh;   /* made since the last look */
	bool known;  /* at the last look: otherwise what it made is not new */
};

/* New flows by inside host, from events. */
struct top_new {
	struct top_who who;
	u64 count;
};

struct top_view {
	enum top_order order;
	enum top_list list;
	ns_t now_ns;  /* of the look that answers are of */
	ns_t past_ns; /* from the look before to it; 0: there was none */
	u32 host_count;
	struct top_host host[TOP_ROWS_MAX];
	u64 hosts_in_all;
	bool zoned; /* a host was in a zone: from then on zones are named */
	u32 dest_count;
	struct top_dest dest[TOP_ROWS_MAX];
	bool drops_seen; /* there was a look before */
	u32 drop_count;
	struct top_drop drop[TOP_ROWS_MAX];
	u32 service_count;
	struct top_backend service[TOP_SERVICES_MAX];
	u32 backend_count;
	struct top_backend backend[TOP_BACKENDS_MAX];
	u32 new_count;
	struct top_new fresh[TOP_NEW_MAX];
	u64 skipped; /* events that were not heard */
	u32 line_count;
	char line[TOP_LINES_MAX][TOP_LINE_SIZE];
};

/* A look begins, at this time of a clock that only grows: what was made before it has a rate now.
 * The answers that follow are of this look.                                                     */
void top_begin_look(struct top_view *view, ns_t now);
/* Each takes one answer: of "top", "show ports", "show backends", "show drops", and a line of
 * events. What does not fit is left out.                                                        */
void top_take_hosts(struct top_view *view, json_t *answer);
void top_take_dests(struct top_view *view, json_t *answer);
void top_take_backends(struct top_view *view, json_t *answer);
void top_take_drops(struct top_view *view, json_t *answer);
void top_take_event(struct top_view *view, json_t *event);
/* New flows are those since now. */
void top_forget_new(struct top_view *view);
/* Sort, and write at most `lines` lines. The list that is chosen gets what the others leave, and of
 * those none more than a fifth.                                                                 */
void top_layout(struct top_view *view, u32 lines);

#endif
