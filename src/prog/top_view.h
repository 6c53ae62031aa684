/* What `sluice top` shows: answers of the gateway, put in order, as lines of text. */
#ifndef PROG_TOP_VIEW_H
#define PROG_TOP_VIEW_H

#include <jansson.h>

#include "core/base/bytes.h"

enum { TOP_ROWS_MAX = 192, TOP_LINES_MAX = 200, TOP_LINE_SIZE = 160, TOP_NEW_MAX = 4096 };

enum { TOP_ADDR_SIZE = 20, TOP_ZONE_SIZE = 16 };

enum top_order { TOP_BY_FLOWS, TOP_BY_PORTS, TOP_BY_NEW, TOP_BY_BYTES, TOP_ORDER_COUNT };

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

/* New flows by inside host, from events. */
struct top_new {
	struct top_who who;
	u64 count;
};

struct top_view {
	enum top_order order;
	u32 host_count;
	struct top_host host[TOP_ROWS_MAX];
	u64 hosts_in_all;
	bool zoned; /* a host was in a zone: from then on zones are named */
	u32 dest_count;
	struct top_dest dest[TOP_ROWS_MAX];
	bool drops_seen; /* there was a look before */
	u32 drop_count;
	struct top_drop drop[TOP_ROWS_MAX];
	u32 new_count;
	struct top_new fresh[TOP_NEW_MAX];
	u64 skipped; /* events that were not heard */
	u32 line_count;
	char line[TOP_LINES_MAX][TOP_LINE_SIZE];
};

/* Each takes one answer: of "top", "show ports", "show drops", and a line of events. */
void top_take_hosts(struct top_view *view, json_t *answer);
void top_take_dests(struct top_view *view, json_t *answer);
void top_take_drops(struct top_view *view, json_t *answer);
void top_take_event(struct top_view *view, json_t *event);
/* New flows are those since now. */
void top_forget_new(struct top_view *view);
/* Sort, and write at most `lines` lines; the sections share them. */
void top_layout(struct top_view *view, u32 lines);

#endif
