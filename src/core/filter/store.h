/* What named sets hold.
 *
 * A set has a body: its elements. Bodies lie beside the two generations of rules, so a set that a
 * new configuration does not change takes its body along, whatever was added to it at run time,
 * and a set can be filled anew beside what it holds and get the new body in one step. A body that
 * nobody has is swept away in bounded steps.
 *
 * Addresses, prefixes and pairs of all bodies lie in one hash table. A look-up asks once for each
 * prefix length that the body has, so its cost follows from how many lengths there are (one, for a
 * list of hosts) and not from how many elements. Ports are bits.
 *
 * There is room for twice as many elements as planned: for those in use, and for others that are
 * about to take their place.                                                                     */
#ifndef CORE_FILTER_STORE_H
#define CORE_FILTER_STORE_H

#include "core/base/hash.h"
#include "core/base/slab.h"
#include "core/filter/filter_conf.h"

enum {
	FILTER_PORT_WORDS = 1024,
	FILTER_BODY_NONE = UINT16_MAX,
	FILTER_BODIES = 3,        /* of each set: in use, prepared, being filled or swept */
	FILTER_BODIES_MORE = 16,
	FILTER_SWEEP_STEP = 1024, /* places of the table in one step */
};

struct filter_body {
	u32 users;      /* generations and fillings that have it; 0: free, or to be swept away */
	u32 elem_count; /* of a set of ports: ports */
	u8 kind;
	bool changed; /* at run time, since a configuration filled it */
	u32 len_count[33];
	u64 lens;  /* prefix lengths that occur, as bits */
	u64 *port; /* bits; of a set of ports */
	u64 hits;
};

struct filter_entry {
	u32 addr;
	u32 next;
	u16 port;
	u16 body;
	u8 len;
	u8 spare[3];
};

struct filter_store {
	struct filter_body *body;
	u32 body_count;
	u64 *port_words;
	u32 port_count;
	struct slab entry;
	u32 *head;
	u32 head_count;
	u32 gone; /* elements of bodies that nobody has */
	u32 sweep_at;
};

void filter_store_layout(struct filter_store *store, const struct filter_conf *conf,
			 struct mem *mem);
void filter_store_init(struct filter_store *store);
void filter_store_check(const struct filter_store *store);
/* Looks at so many places for elements of bodies that nobody has. */
void filter_store_sweep(struct filter_store *store, const struct hash_key *key, u32 places);

/* An empty body with one user, or FILTER_BODY_NONE. */
u16 filter_body_new(struct filter_store *store, const struct hash_key *key,
		    enum filter_set_kind kind);
void filter_body_get(struct filter_store *store, u16 body);
void filter_body_put(struct filter_store *store, u16 body);
/* As filter_set_add() and filter_set_del(); ERR_FULL: not even beside what is planned. */
enum err filter_body_add(struct filter_store *store, const struct hash_key *key, u16 body,
			 const struct filter_elem *elem);
enum err filter_body_del(struct filter_store *store, const struct hash_key *key, u16 body,
			 const struct filter_elem *elem);
bool filter_body_fits(const struct filter_body *body, const struct filter_elem *elem);
/* The length of the longest prefix of the body that holds all of addr/len; 33: none does. */
u32 filter_body_find_addr(const struct filter_store *store, const struct hash_key *key, u16 body,
			  u32 addr, u32 len);
bool filter_body_has_pair(const struct filter_store *store, const struct hash_key *key, u16 body,
			  u32 addr, u32 port);
static inline bool filter_body_has_port(const struct filter_body *body, u32 port)
{
	return (body->port[port / 64] >> (port % 64) & 1) != 0;
}
/* Up to max elements, in no order but each once while the body does not change; a set of ports has
 * ranges. *cursor begins with 0 and ends with UINT32_MAX; a call looks at a bounded number.      */
u32 filter_body_list(const struct filter_store *store, u16 body, u32 *cursor,
		     struct filter_elem *out, u32 max);

#endif
