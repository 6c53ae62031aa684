/* Address translation: which public address and port a flow uses, and the rewriting of packets.
 *
 * A flow's translation is its reply tuple: nat_dst() may change where an unconfirmed flow goes
 * (PREROUTING), nat_src() as whom it appears (POSTROUTING, just before ct_confirm()). Afterwards
 * every packet is rewritten from the flow alone; rules and pools are not looked at again, so a
 * change of configuration moves no standing flow.
 *
 * Two ways to use the ports of a public address, side by side:
 *
 *   Per destination (RFC 7857 section 3 permits it): a port may serve many flows as long as they
 *   go to different destinations. The flow table itself says what is taken. Random probing while
 *   a destination has few flows; a destination at which probes collide gets a map of 65,536 bits
 *   of its own, filled from the flow table a piece at a time; then the choice is a look for a zero
 *   bit from a random place on, and "no port left" is exact.
 *
 *   Endpoint-independent (RFC 4787 REQ-1): an inside endpoint owns its public port against all
 *   destinations. A mapping is a record of its own; flows hold references; a mapping without flows
 *   rests for the quarantine time (RFC 6888 REQ-8), during which only the same inside endpoint
 *   gets the port again.
 *
 * Where both are used on one address, words of 64 ports keep them apart: a word with a flow per
 * destination in it is not used for mappings, and the other way round mapped ports are skipped.
 * Each kind prefers its own half of the words, so neither starves the other.
 *
 * Full is an answer: no port, no address, no mapping record; the verdict says which, RFC 6888
 * REQ-11 asks for an ICMP error, and standing flows are never taken for their ports, except TCP
 * flows that are closed already. Of mapping records the one that rests longest is taken, one with
 * flows never: better a short rest (REQ-8 is a SHOULD) than a host without service.              */
#ifndef CORE_NAT_NAT_H
#define CORE_NAT_NAT_H

#include "core/base/port_use.h"
#include "core/base/rng.h"
#include "core/base/slab.h"
#include "core/ct/ct.h"
#include "core/nat/balance.h"
#include "core/nat/nat_conf.h"
#include "core/pkt/pkt.h"
#include "core/subscriber/subscriber.h"

enum {
	NAT_IFACE_MAX = 64,
	NAT_DRAWS = 256, /* eight bits of a hash; more than packets on their way */
	NAT_PORT_WORDS = 1024, /* 65,536 ports in words of 64 */
	NAT_LOW_FIRST = 512,   /* source ports below 1024 stay there: RFC 4787 REQ-3 (a) */
	NAT_LOW_LAST = 1023,
	NAT_HIGH_FIRST = 1024,
};

/* The ports of one public address and protocol. */
struct nat_space {
	u64 mapped[NAT_PORT_WORDS];  /* owned by mappings, those that rest included */
	u32 flows[NAT_PORT_WORDS];   /* flows per destination that use a port of the word */
	u32 mapped_count;
	u32 resting_count;
	u64 flow_count;
	u64 refused;
	u8 level;                    /* of the last warning that it fills; the engine's */
};

struct nat_address {
	be32 addr;
	u16 port_first;
	u16 port_last;
	u16 spare_first; /* ports that the host's own sockets use; 0: none */
	u16 spare_last;
	bool live;       /* new flows may use it; an address taken out of the configuration serves
			    its standing flows until they end */
	bool ours;       /* sockets of ours may use it as well */
	bool kept;       /* named by the configuration that nat_look() looks at */
	struct nat_space *space; /* NAT_PROTO_COUNT of them */
};

/* Ports a choice may fall on, both ends included. */
struct nat_ports {
	u16 first;
	u16 last;
	u16 spare_first;
	u16 spare_last;
};

/* An endpoint-independent mapping. */
struct nat_mapping_rec {
	be32 inside_addr;
	be16 inside_port;
	u16 public_port; /* host order */
	u16 address;     /* index of the public address */
	u8 proto;        /* IP protocol */
	u8 filtering;    /* enum nat_filtering */
	u32 flow_count;  /* 0: rests */
	u32 inward_count; /* of these, FLOW_INWARD */
	u32 idle_ms;     /* when the last flow ended */
	u32 next_inside; /* hash chains */
	u32 next_public;
	u32 rest_next;   /* the list of resting mappings, oldest first */
	u32 rest_prev;
	u32 subscriber; /* who is charged with the port; IDX_NONE */
	u8 zone;
	bool hairpin;
	bool rested; /* has been in quarantine: an abandoned flow sends it back there */
	bool forsaken; /* its address is gone: not found by its inside endpoint any more */
};

/* An address outside that a mapping's owner has spoken to. */
struct nat_peer {
	u32 mapping;
	be32 addr;
	u32 flow_count;
	u32 next;
};

/* The port map of one busy destination behind one public address. */
struct nat_dest {
	u64 used[NAT_PORT_WORDS];
	u32 used_count;
	u32 filled;  /* ports below this were read from the flow table; 65,536: exact */
	u16 address;
	u8 proto;
	u8 level;      /* as in struct nat_space */
	be32 dst;
	be16 dport;
	u8 zone;
	u32 next;
};

struct nat_stats {
	u64 created;        /* flows that got a translation */
	u64 probes;         /* ports tried */
	u64 no_port;
	u64 no_address;
	u64 no_mapping;
	u64 no_peer;        /* filter entries that did not fit: the flow works, answers from other
			       ports of that address do not */
	u64 dest_full;      /* port maps that could not be made */
	u64 reused_closed;  /* closed TCP flows that gave their port to a new one */
	u64 mappings_made;
	u64 mappings_revived;
	u64 mappings_taken; /* rested, and went early to make room */
};

/* What a flow to come will be given if nothing speaks against it, found out ahead. */
struct nat_draw {
	struct tuple tuple;
	u8 proto;
	u8 zone;
	u16 rule;    /* of NAT, whose address this is */
	u16 port;    /* drawn at random */
	u32 address;
};

struct nat {
	struct nat_conf conf;
	struct nat_address *address;
	struct nat_space *spaces;
	u32 address_count; /* slots in use, live or not */
	u32 address_low;   /* host order: every address lies from here */
	u32 address_high;  /* to here */
	u32 address_head_count;
	u32 *address_heads;
	u32 *address_next;
	struct slab mapping;
	u32 *inside_heads;
	u32 *public_heads;
	u32 mapping_head_count;
	struct slab peer;
	u32 *peer_heads;
	u32 peer_head_count;
	struct slab dest;
	u32 *dest_heads;
	u32 dest_head_count;
	u32 dest_victim;   /* where the search for an idle port map goes on */
	u32 rest_head;
	u32 rest_tail;
	be32 masquerade[NAT_IFACE_MAX]; /* by interface: its address now, zero when it has none */
	bool mixed[NAT_PROTO_COUNT]; /* both mapping kinds are configured */
	struct subscriber_table *subscribers; /* NULL: nobody is counted */
	struct hash_key key;
	struct rng rng;
	struct nat_draw draw[NAT_DRAWS];
	u16 masquerade_if; /* the first interface that has a masquerading address */
	u16 masquerade_count; /* interfaces that have one */
	struct balance balance; /* given its services by balance_configure() */
	const struct port_use *own; /* ports that sockets of ours hold */
	struct nat_stats stats;
	/* The last refusal for want of a port, for the report. */
	struct nat_refusal {
		bool fresh;
		u16 address;
		u8 proto;
		u8 zone;
		be32 dst;
		be16 dport;
		u64 count;
	} refusal;
};

/* What POSTROUTING knows when it asks for a translation. */
struct nat_way {
	u16 out_if;
	bool to_outside;
	bool from_inside;
	ns_t now;
};

void nat_conf_defaults(struct nat_conf *conf);
void nat_layout(struct nat *nat, const struct nat_conf *conf, u32 flow_count, struct mem *mem);
void nat_init(struct nat *nat, const struct hash_key *key, const u8 seed[32]);
/* What nat_configure() would say to it; nothing changes for flows. */
enum err nat_look(struct nat *nat, const struct nat_conf *conf, const be32 *masquerade,
		  u32 iface_count, const char **why);
/* Rules, pools and interface addresses from now on. ERR_FULL: more public addresses than planned;
 * ERR_RANGE: a rule or pool makes no sense; *why says which. Nothing has changed then.           */
enum err nat_configure(struct nat *nat, const struct nat_conf *conf, const be32 *masquerade,
		       u32 iface_count, const char **why);

/* A packet without a flow will soon ask nat_src() for a port: draw the number now and have the line
 * of the index where it will be looked up fetched meanwhile. Only a hint; nothing else changes.  */
void nat_expect(struct nat *nat, const struct ct *ct, const struct tuple *t, u8 proto, u8 zone);
/* PREROUTING of a new flow: destination translation through a service, a mapping or one-to-one.
 * ACCEPT: the reply tuple may have changed. DEAD: NAT_FILTERED, NAT_NO_BACKEND, or damaged where
 * the latter would be answered; nothing has changed.                                            */
verdict nat_dst(struct nat *nat, struct ct *ct, struct drop_stats *stats, struct pkt *pkt,
		u32 flow, bool from_inside);
/* POSTROUTING of a new flow: source translation.
 * ACCEPT: the flow's reply tuple is unused in ct. DEAD: neither pool nor flow has changed.
 * Bounds: NAT_PROBES looks into ct, once 65,536 per destination when its port map is completed. */
verdict nat_src(struct nat *nat, struct ct *ct, struct drop_stats *stats, struct pkt *pkt,
		u32 flow, const struct nat_way *way);
/* After a packet of a flow: when it was an answer to one that came in through a mapping, then it is
 * the mapping's owner who keeps it from now on.                                                  */
void nat_answered(struct nat *nat, struct flow *flow);
/* The flow ended or was abandoned: what it holds is given back. Idempotent. */
void nat_release(struct nat *nat, struct ct *ct, u32 flow, ns_t now);
void nat_tick(struct nat *nat, ns_t now);
ns_t nat_next(const struct nat *nat, ns_t now);
void nat_check(const struct nat *nat, const struct ct *ct);

/* Ports of this public address that sockets of ours hold are not given out from now on. The next
 * nat_configure() says anew that none are, but on masquerading interfaces.                       */
void nat_share(struct nat *nat, be32 addr);
/* Whether a service or a mapping has this port of a public address, for all who send there. */
bool nat_has_port(const struct nat *nat, be32 addr, u8 proto, u16 port);
/* Whether addr is a public address that NAT uses: pools, one-to-one, services, masquerading
 * interfaces.                                                                                    */
bool nat_owns(const struct nat *nat, be32 addr);
/* The same, and public addresses that left the configuration and still have flows: what comes for
 * any other is not redirected.                                                                   */
bool nat_knows(const struct nat *nat, be32 addr);
/* Whether there is more than one way out to be masqueraded on: only then can a flow be stranded. */
static inline bool nat_has_ways(const struct nat *nat)
{
	return nat->masquerade_count > 1;
}

/* Whether a flow is masqueraded as the address of another outside interface than this one: by this
 * one its packets would leave as somebody who is not here, and answers would never come. Where
 * there is no address to masquerade with, it is not.                                             */
bool nat_is_stranded(const struct nat *nat, const struct flow *flow, u16 out_if);
/* Whether the address that a flow is masqueraded as is that of this interface. */
static inline bool nat_is_of_way(const struct nat *nat, const struct flow *flow, u16 out_if)
{
	return be32_eq(nat->masquerade[out_if], flow->repl.dst);
}
/* The public address that an inside host has for itself alone, one-to-one; false without one. */
bool nat_static_public(const struct nat *nat, be32 inside, u8 zone, be32 *outside);
/* Whether a service, a mapping or a one-to-one entry stands for the tuple's public endpoint. */
bool nat_claims(const struct nat *nat, const struct tuple_key *key, bool from_inside);

/* ---- rewrite.c, embedded.c ----------------------------------------------------------------- */

/* Compute the checksum deltas of a flow whose reply tuple has been set. */
void nat_bind(struct flow *flow);
/* The packet of that direction leaves as its flow says; sets PKT_TRANSLATED. */
void nat_rewrite(struct pkt *pkt, const struct flow *flow, enum tuple_dir dir);
/* The packet as its sender made it. */
void nat_rewrite_back(struct pkt *pkt, const struct flow *flow, enum tuple_dir dir);
/* Ports and checksum of an SCTP packet of len bytes, of which the common header is there. */
void nat_rewrite_sctp(u8 *sctp, const struct tuple *to, u32 len);
/* The flow that an ICMP error is about, and the direction in which the error travels, as
 * index << 1 | direction; IDX_NONE with *reason set when there is none or the quotation is bad
 * (RFC 5508 REQ-3, REQ-4).                                                                      */
u32 nat_related(const struct ct *ct, const struct pkt *pkt);
/* Translate such an error: outer addresses, quoted header and all checksums (RFC 5508 REQ-4,5). */
void nat_rewrite_error(const struct nat *nat, struct pkt *pkt, const struct flow *flow,
		       enum tuple_dir dir);

/* ---- inside of nat: public addresses, ports, mappings --------------------------------------- */

/* Where an address lies between the lowest and the highest one. */
u32 nat_address_seek(const struct nat *nat, be32 addr);
static inline u32 nat_address_find(const struct nat *nat, be32 addr)
{
	/* Nearly all that is asked for lies elsewhere. */
	if (be32_host(addr) < nat->address_low || be32_host(addr) > nat->address_high)
		return IDX_NONE;
	return nat_address_seek(nat, addr);
}

static inline struct nat_space *nat_space_of(const struct nat *nat, u32 address, u8 proto)
{
	int kind = nat_proto_of(proto);

	CHECK(address < nat->address_count);
	return kind < 0 ? NULL : &nat->address[address].space[kind];
}

struct nat_ports nat_ports_for(const struct nat_address *address, u8 proto, u16 inside_port);
/* Ports of a word that sockets of ours hold on this address, one bit each. */
static inline u64 nat_own_ports(const struct nat *nat, const struct nat_address *address, u8 proto,
				u32 word)
{
	if (LIKELY(nat->own == NULL || !address->ours))
		return 0;
	switch (proto) {
	case IP_PROTO_TCP: return port_use_word(nat->own, PORT_USE_TCP, word);
	case IP_PROTO_UDP: return port_use_word(nat->own, PORT_USE_UDP, word);
	default: return 0;
	}
}

/* A port for a flow to its destination; false when none is left. *port: the one to try first, drawn
 * ahead for this flow and address; 0: none.                                                      */
bool nat_port_choose(struct nat *nat, struct ct *ct, struct flow *flow, u32 address, ns_t now,
		     u16 *port);
/* How many ports a range has, which does not end before it begins; and how many of them a busy
 * destination has left and uses, in NAT_PORT_WORDS steps. Its flows may have others as well, of a
 * range that a configuration before had.                                                         */
u32 nat_ports_count(const struct nat_ports *ports);
u32 nat_dest_left(const struct nat *nat, const struct nat_dest *dest);
u32 nat_dest_used(const struct nat *nat, const struct nat_dest *dest);
/* Where the draw for a flow is kept; two flows in one place cost only the hint. */
static inline struct nat_draw *nat_draw_of(struct nat *nat, const struct tuple *t)
{
	u32 mixed = t->src.raw ^ t->dst.raw ^ (u32)t->sport.raw << 16 ^ t->dport.raw;

	return &nat->draw[(mixed * UINT32_C(0x9e3779b1)) >> 24];
}

/* The draw of just this flow; NULL. */
static inline struct nat_draw *nat_draw_find(struct nat *nat, const struct flow *flow)
{
	struct nat_draw *draw = nat_draw_of(nat, &flow->orig);

	return tuple_eq(&draw->tuple, &flow->orig) && draw->proto == flow->proto &&
			       draw->zone == flow->zone[TUPLE_ORIG] ?
		       draw :
		       NULL;
}

/* The port of a draw, which serves once. */
static inline u16 nat_draw_use(struct nat_draw *draw)
{
	memset(&draw->tuple, 0, sizeof draw->tuple);
	return draw->port;
}

/* Draw the port, and prefetch the index where it will be looked up. */
void nat_port_expect(struct nat *nat, const struct ct *ct, struct nat_draw *draw);
void nat_port_release(struct nat *nat, const struct flow *flow);
/* A port that nobody uses, for a mapping; false when none is left. */
bool nat_port_own(struct nat *nat, u32 address, u8 proto, u16 inside_port, bool parity,
		  u16 *port);
void nat_port_disown(struct nat *nat, u32 address, u8 proto, u16 port);

u32 nat_mapping_by_inside(const struct nat *nat, be32 addr, be16 port, u8 proto, u8 zone);
/* Asks for the memory where the mapping of an inside endpoint will be looked up. */
void nat_mapping_expect(const struct nat *nat, be32 addr, be16 port, u8 proto, u8 zone);
u32 nat_mapping_by_public(const struct nat *nat, u32 address, u16 port, u8 proto);
u32 nat_mapping_new(struct nat *nat, const struct nat_mapping_rec *rec);
/* Its address left the configuration: new flows of the inside endpoint find it no more; those that
 * stand and what comes for them do.                                                             */
void nat_mapping_forsake(struct nat *nat, u32 mapping);
void nat_mapping_get(struct nat *nat, u32 mapping);
/* Without flows it rests; when `kept` is false and it never rested, it is gone at once. */
void nat_mapping_put(struct nat *nat, u32 mapping, bool kept, ns_t now);
void nat_mapping_expire(struct nat *nat, ns_t now);
/* There is room for one more, or there will be once the oldest resting one is taken. */
bool nat_mapping_has_room(const struct nat *nat);
/* Requires nat_mapping_has_room(). Ensures: nat_mapping_new() succeeds. */
void nat_mapping_make_room(struct nat *nat);
bool nat_peer_add(struct nat *nat, u32 mapping, be32 addr);
void nat_peer_del(struct nat *nat, u32 mapping, be32 addr);
bool nat_peer_find(const struct nat *nat, u32 mapping, be32 addr);

static inline struct nat_mapping_rec *nat_mapping_at(const struct nat *nat, u32 idx)
{
	return slab_at(&nat->mapping, idx);
}

#endif
