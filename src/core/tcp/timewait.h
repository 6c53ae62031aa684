/* TIME-WAIT (RFC 9293 section 3.6.1): what is left of a connection for 2 MSL, in 64 bytes.
 *
 * It answers what its peer sends again, and lets the four-tuple go early only to who is provably
 * new: a SYN whose timestamp or sequence number is above all that the old connection used (RFC
 * 6191, RFC 1122 section 4.2.2.13), or a connect of ours, when timestamps make it safe. Nothing is
 * concluded from one connection of a host about another one: behind a NAT that is another host,
 * which is what broke Linux' tcp_tw_recycle.                                                     */
#ifndef CORE_TCP_TIMEWAIT_H
#define CORE_TCP_TIMEWAIT_H

#include "core/base/map.h"
#include "core/base/slab.h"
#include "core/tcp/seg.h"
#include "core/tcp/tcp_conf.h"

struct tcp;
struct tcb;

struct time_wait {
	struct tcp_key key;
	u32 snd_nxt;
	u32 rcv_nxt;
	u32 ts_recent;
	u32 ts_offset;
	u32 next;          /* in order of their ends: all last equally long */
	u32 prev;
	u16 window;        /* as in the last header sent */
	u8 has_ts;
	u8 rcv_wscale;
	u16 auth;          /* as in a control block */
	ns_t ts_recent_ns; /* when it came */
	ns_t due_ns;
};
_Static_assert(sizeof(struct time_wait) <= 64, "a record of TIME-WAIT");

struct timewait_table {
	struct slab slab;
	struct map by_key;
	u32 first, last;
};

void timewait_layout(struct timewait_table *table, const struct tcp_conf *conf, struct mem *mem);
void timewait_init(struct timewait_table *table);
/* The connection is over on both sides; full: the oldest record goes, counted. What signs for it is
 * the record's from now on.                                                                      */
void timewait_new(struct tcp *tcp, struct tcb *tcb, ns_t now);
u32 timewait_find(const struct tcp *tcp, const struct tcp_key *key);
/* What signs for it; NULL: nothing does. */
struct auth_state *timewait_auth(const struct tcp *tcp, u32 idx);
/* The oldest record that holds such a state goes, counted. False: there is none. */
bool timewait_give_up_auth(struct tcp *tcp);

enum timewait_answer {
	TIMEWAIT_DONE,  /* the segment is dealt with */
	TIMEWAIT_SYN,   /* the record is gone: a SYN for a listener, whose ISN is above *iss */
};
/* RFC 9293 section 3.10.7.4 for TIME-WAIT, RFC 6191, RFC 1337 if configured. *iss: what our next
 * sequence numbers have to be above.                                                             */
enum timewait_answer timewait_in(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, u32 *iss,
				 ns_t now);
/* Whether a connect may take the place of a record: timestamps were on, and a second or more has
 * passed since the peer's last one. Then the record is gone; *iss as above. Timestamps of ours are
 * above all of before by themselves: one clock, one offset per pair of addresses (isn.h).        */
bool timewait_reuse(struct tcp *tcp, u32 idx, u32 *iss, ns_t now);
void timewait_tick(struct tcp *tcp, ns_t now);
ns_t timewait_next(const struct tcp *tcp);
void timewait_check(const struct tcp *tcp);

#endif
