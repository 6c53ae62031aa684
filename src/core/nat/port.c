/* The choice of a port: random (RFC 6056), exact, and bounded.
 *
 * Per destination, the flow table is the truth: a port is free for a destination when the reply
 * tuple with it is not in the table. Few flows: a few random probes find one. When probes collide,
 * the destination gets a map; every further flow reads PORT_FILL ports from the flow table into it,
 * and a flow that finds nothing by probing reads the rest at once. From then on the map is exact.
 * Cost of a choice: PORT_PROBES look-ups, or 1,024 words.                                        */
#include "core/nat/nat.h"
#include "core/wire/ip4.h"

enum {
	PORT_PROBES = 8,        /* per choice, without a map */
	PORT_CROWDED = 3,       /* collisions of one choice that call for a map */
	PORT_PROBES_FILLING = 32,
	PORT_FILL = 512,        /* ports read per flow while a map is filled */
	PORT_COUNT = 65536,
	PORT_REUSE_PROBES = 64,
	DEST_IDLE = 64,         /* a map with fewer ports in use may be given to another */
	DEST_VICTIM_STEPS = 16,
};

/* RFC 4787 REQ-3 (a): the port stays in the class of the inside port. An ICMP identifier has no
 * classes.                                                                                      */
struct nat_ports nat_ports_for(const struct nat_address *address, u8 proto, u16 inside_port)
{
	struct nat_ports ports = { address->port_first, address->port_last, address->spare_first,
				   address->spare_last };

	if (proto == IP_PROTO_ICMP)
		return (struct nat_ports){ 1, UINT16_MAX, 0, 0 };
	if (inside_port < NAT_HIGH_FIRST && address->port_first == NAT_HIGH_FIRST) {
		ports.first = NAT_LOW_FIRST;
		ports.last = NAT_LOW_LAST;
	}
	return ports;
}

/* The ports of a word that may be chosen, as bits. */
static u64 word_allowed(const struct nat_ports *ports, u32 word)
{
	u32 low = word * 64, high = low + 63;
	u64 bits = UINT64_MAX;

	if (high < ports->first || low > ports->last)
		return 0;
	if (low < ports->first)
		bits &= UINT64_MAX << (ports->first - low);
	if (high > ports->last)
		bits &= UINT64_MAX >> (high - ports->last);
	if (ports->spare_first != 0 && high >= ports->spare_first && low <= ports->spare_last) {
		u32 from = u32_max(low, ports->spare_first) - low;
		u32 to = u32_min(high, ports->spare_last) - low;

		bits &= ~(UINT64_MAX << from & UINT64_MAX >> (63 - to));
	}
	return bits;
}

u32 nat_ports_count(const struct nat_ports *ports)
{
	u32 from = u32_max(ports->first, ports->spare_first);
	u32 to = u32_min(ports->last, ports->spare_last);
	u32 spare = ports->spare_first != 0 && to >= from ? to - from + 1 : 0;

	return ports->last + 1u - ports->first - spare;
}

u32 nat_dest_left(const struct nat *nat, const struct nat_dest *dest)
{
	const struct nat_space *space = nat_space_of(nat, dest->address, dest->proto);
	struct nat_ports ports =
		nat_ports_for(&nat->address[dest->address], dest->proto, NAT_HIGH_FIRST);
	u32 left = 0;

	for (u32 word = 0; word < NAT_PORT_WORDS; word++)
		left += u64_count_bits(word_allowed(&ports, word) & ~dest->used[word] &
						  ~space->mapped[word]);
	return left;
}

u32 nat_dest_used(const struct nat *nat, const struct nat_dest *dest)
{
	struct nat_ports ports =
		nat_ports_for(&nat->address[dest->address], dest->proto, NAT_HIGH_FIRST);
	u32 used = 0;

	for (u32 word = 0; word < NAT_PORT_WORDS; word++)
		used += u64_count_bits(word_allowed(&ports, word) & dest->used[word]);
	return used;
}

static bool port_allowed(const struct nat_ports *ports, u32 port)
{
	return (word_allowed(ports, port / 64) >> (port % 64) & 1) != 0;
}

/* A set bit of a word that is not zero, at random. */
static u32 random_bit(struct nat *nat, u64 bits)
{
	u32 turn = rng_u32(&nat->rng) % 64;
	u64 turned = turn == 0 ? bits : bits >> turn | bits << (64 - turn);

	return ((u32)__builtin_ctzll(turned) + turn) % 64;
}

/* Where a search for a free port begins. Words without any port that may be chosen are left out:
 * the word behind them would be chosen as often as all of them together.                        */
static u32 random_word(struct nat *nat, const struct nat_ports *ports)
{
	u32 first = ports->first / 64, end = ports->last / 64 + 1;
	u32 from = u32_max((ports->spare_first + 63u) / 64, first);
	u32 to = u32_min((ports->spare_last + 1u) / 64, end);
	u32 spare = ports->spare_first != 0 && to > from ? to - from : 0;
	u32 word = first;

	if (spare < end - first)
		word += rng_below(&nat->rng, end - first - spare);
	return spare > 0 && word >= from ? word + spare : word;
}

static struct tuple_key reply_key(const struct flow *flow, be32 public_addr, u16 port)
{
	struct tuple_key key = { { flow->repl.src, public_addr, flow->repl.sport, be16_of(port) },
				 flow->proto, flow->zone[TUPLE_REPLY] };

	return key;
}

/* ---- maps of busy destinations --------------------------------------------------------------- */

static u32 dest_head(const struct nat *nat, const struct flow *flow, u32 address)
{
	u64 hash = tuple_hash(&nat->key, &(struct tuple){ flow->repl.src, be32_of(address),
							   flow->repl.sport, be16_of(0) },
			      flow->proto, flow->zone[TUPLE_REPLY]);

	return hash_range(hash, nat->dest_head_count);
}

static bool dest_is(const struct nat_dest *dest, const struct flow *flow, u32 address)
{
	return dest->address == address && dest->proto == flow->proto &&
	       dest->zone == flow->zone[TUPLE_REPLY] && be32_eq(dest->dst, flow->repl.src) &&
	       be16_eq(dest->dport, flow->repl.sport);
}

static struct nat_dest *dest_find(const struct nat *nat, const struct flow *flow, u32 address)
{
	if (nat->dest.live == 0)
		return NULL;
	for (u32 idx = nat->dest_heads[dest_head(nat, flow, address)]; idx != IDX_NONE;) {
		struct nat_dest *dest = slab_at(&nat->dest, idx);

		if (dest_is(dest, flow, address))
			return dest;
		idx = dest->next;
	}
	return NULL;
}

static void dest_del(struct nat *nat, u32 idx)
{
	struct nat_dest *dest = slab_at(&nat->dest, idx);
	struct flow like = { .repl = { .src = dest->dst, .sport = dest->dport },
			     .proto = dest->proto,
			     .zone = { [TUPLE_REPLY] = dest->zone } };
	u32 *link = &nat->dest_heads[dest_head(nat, &like, dest->address)];

	while (*link != idx) {
		CHECK(*link != IDX_NONE);
		link = &((struct nat_dest *)slab_at(&nat->dest, *link))->next;
	}
	*link = dest->next;
	slab_del(&nat->dest, idx);
}

/* Take the map of a destination that no longer needs one. */
static void dest_make_room(struct nat *nat)
{
	for (u32 step = 0; step < DEST_VICTIM_STEPS; step++) {
		u32 idx = nat->dest_victim++ % nat->dest.cap;

		if (slab_is_live(&nat->dest, idx) &&
		    ((struct nat_dest *)slab_at(&nat->dest, idx))->used_count < DEST_IDLE) {
			dest_del(nat, idx);
			return;
		}
	}
}

static struct nat_dest *dest_new(struct nat *nat, const struct flow *flow, u32 address)
{
	struct nat_dest *dest;
	u32 *head = &nat->dest_heads[dest_head(nat, flow, address)];
	u32 idx;

	if (nat->dest.live == nat->dest.cap && nat->dest.cap > 0)
		dest_make_room(nat);
	idx = slab_new(&nat->dest);
	if (idx == IDX_NONE) {
		nat->stats.dest_full++;
		return NULL;
	}
	dest = slab_at(&nat->dest, idx);
	dest->address = (u16)address;
	dest->proto = flow->proto;
	dest->zone = flow->zone[TUPLE_REPLY];
	dest->dst = flow->repl.src;
	dest->dport = flow->repl.sport;
	/* The removal of others may have changed the chain: read its head now. */
	dest->next = *head;
	*head = idx;
	return dest;
}

static void dest_set(struct nat_dest *dest, u32 port, bool used)
{
	u64 bit = UINT64_C(1) << (port % 64);
	bool was = (dest->used[port / 64] & bit) != 0;

	if (was == used)
		return;
	dest->used[port / 64] ^= bit;
	dest->used_count = used ? dest->used_count + 1 : dest->used_count - 1;
}

static void dest_fill(struct nat *nat, const struct ct *ct, struct nat_dest *dest,
		      const struct flow *flow, u32 ports)
{
	const struct nat_space *space = nat_space_of(nat, dest->address, dest->proto);
	be32 public_addr = nat->address[dest->address].addr;
	u32 end = u32_min(dest->filled + ports, PORT_COUNT);

	for (; dest->filled < end; dest->filled++) {
		struct tuple_key key = reply_key(flow, public_addr, (u16)dest->filled);

		/* A mapping's port is known from there; its flows will not clear a bit here. */
		if ((space->mapped[dest->filled / 64] >> (dest->filled % 64) & 1) == 0 &&
		    ct_peek(ct, &key) != IDX_NONE)
			dest_set(dest, dest->filled, true);
	}
}

/* ---- per destination ------------------------------------------------------------------------- */

struct choice {
	const struct flow *flow;
	struct nat_space *space;
	struct nat_ports ports;
	u32 address;
	const struct nat_address *public;
	bool mixed;
	u16 drawn; /* to try first, 0: none */
};

static ALWAYS_INLINE bool port_is_free(const struct nat *nat, const struct ct *ct,
				       const struct flow *flow, const struct nat_address *public,
				       u32 port)
{
	u64 taken = public->space[nat_proto_of(flow->proto)].mapped[port / 64] |
		    nat_own_ports(nat, public, flow->proto, port / 64);
	struct tuple_key key;

	if ((taken >> (port % 64) & 1) != 0)
		return false;
	key = reply_key(flow, public->addr, (u16)port);
	return ct_peek(ct, &key) == IDX_NONE;
}

/* All ports that may be chosen are equally likely: what lies behind the spare ones moves up. */
static u32 port_of_draw(const struct nat_ports *ports, bool mixed, u32 draw)
{
	u32 from = u32_max(ports->spare_first, ports->first);
	u32 end = u32_min(ports->spare_last, ports->last) + 1u;
	u32 spare = ports->spare_first != 0 && end > from ? end - from : 0;
	u32 count = (u32)(ports->last - ports->first) + 1 - spare;
	u32 port = ports->first + (u32)((u64)draw * count >> 32);

	if (spare > 0 && port >= from)
		port += spare;
	/* Where mappings share the address they prefer the odd words. */
	return mixed ? port & ~UINT32_C(64) : port;
}

void nat_port_expect(struct nat *nat, const struct ct *ct, struct nat_draw *draw)
{
	const struct nat_address *public = &nat->address[draw->address];
	struct nat_ports ports = nat_ports_for(public, draw->proto, be16_host(draw->tuple.sport));
	u32 port = port_of_draw(&ports, nat->mixed[nat_proto_of(draw->proto)],
				rng_u32(&nat->rng));
	struct tuple_key key = { { draw->tuple.dst, public->addr, draw->tuple.dport,
				   be16_of((u16)port) },
				 draw->proto, 0 };

	draw->port = (u16)port;
	prefetch(&public->space[nat_proto_of(draw->proto)].mapped[port / 64]);
	prefetch_write(&public->space[nat_proto_of(draw->proto)].flows[port / 64]);
	ct_expect(ct, &key);
}

/* The port that was drawn ahead, once; else a new one. */
static u32 next_port(struct nat *nat, struct choice *c)
{
	u16 drawn = c->drawn;

	c->drawn = 0;
	return drawn != 0 ? drawn : port_of_draw(&c->ports, c->mixed, rng_u32(&nat->rng));
}

/* Random probes; the number of collisions tells how crowded the destination is. */
static bool probe_ports(struct nat *nat, const struct ct *ct, struct choice *c, u32 tries,
			u32 *collisions, u32 *port)
{
	for (*collisions = 0; *collisions < tries; (*collisions)++) {
		u32 at = next_port(nat, c);

		nat->stats.probes++;
		/* Only where odd words are preferred may a draw leave the range. */
		if ((!c->mixed || port_allowed(&c->ports, at)) &&
		    port_is_free(nat, ct, c->flow, c->public, at)) {
			*port = at;
			return true;
		}
	}
	return false;
}

/* The map knows the flows per destination. Few others can have the same tuple (one-to-one on this
 * address, the gateway's own echo), but the flow table is the truth: it is asked at the end.     */
static bool map_pick(struct nat *nat, const struct ct *ct, const struct choice *c,
		     const struct nat_dest *dest, bool even_only, u32 *port)
{
	u32 start = random_word(nat, &c->ports);

	for (u32 step = 0; step < NAT_PORT_WORDS; step++) {
		u32 word = (start + step) % NAT_PORT_WORDS;
		u64 bits = word_allowed(&c->ports, word) & ~dest->used[word] &
			   ~c->space->mapped[word];

		if (even_only && word % 2 == 1)
			continue;
		for (; bits != 0; bits &= ~(UINT64_C(1) << (*port % 64))) {
			*port = word * 64 + random_bit(nat, bits);
			if (port_is_free(nat, ct, c->flow, c->public, *port))
				return true;
		}
	}
	return false;
}

/* A TCP flow that is closed on both sides gives its port to a new one when nothing else is left:
 * of a few picked at random the one that has been closed longest (RFC 6888 REQ-8 (a)).          */
static bool reuse_closed(struct nat *nat, struct ct *ct, const struct choice *c, ns_t now,
			 u32 *port)
{
	u32 count = (u32)(c->ports.last - c->ports.first) + 1;
	u32 best = IDX_NONE;

	if (c->flow->proto != IP_PROTO_TCP)
		return false;
	for (u32 step = 0; step < PORT_REUSE_PROBES; step++) {
		u32 at = c->ports.first + rng_below(&nat->rng, count);
		struct tuple_key key = reply_key(c->flow, c->public->addr, (u16)at);
		u32 ref = ct_peek(ct, &key);
		const struct flow *other;

		if (ref == IDX_NONE || (ref & 1) != TUPLE_REPLY)
			continue;
		other = &ct->flow[ref >> 1];
		if ((other->flags & FLOW_PORT) == 0 || (other->state != FLOW_TCP_TIME_WAIT &&
							other->state != FLOW_TCP_CLOSE))
			continue;
		if (best == IDX_NONE ||
		    ct_ms(now) - other->seen_ms > ct_ms(now) - ct->flow[best].seen_ms)
			best = ref >> 1;
	}
	if (best == IDX_NONE)
		return false;
	*port = be16_host(ct->flow[best].repl.dport);
	nat->stats.reused_closed++;
	ct_end_for(ct, best, CT_END_PORT_REUSED);
	nat_release(nat, ct, best, now);
	return true;
}

static bool choose(struct nat *nat, struct ct *ct, struct choice *c, u32 *port)
{
	struct nat_dest *dest = dest_find(nat, c->flow, c->address);
	u32 collisions;

	if (dest == NULL) {
		bool found = probe_ports(nat, ct, c, PORT_PROBES, &collisions, port);

		if (collisions >= PORT_CROWDED)
			dest = dest_new(nat, c->flow, c->address);
		if (found) {
			if (dest != NULL)
				dest_set(dest, *port, true);
			return true;
		}
		if (dest == NULL)
			return probe_ports(nat, ct, c, PORT_PROBES_FILLING, &collisions, port);
	}
	if (dest->filled < PORT_COUNT) {
		dest_fill(nat, ct, dest, c->flow, PORT_FILL);
		if (probe_ports(nat, ct, c, PORT_PROBES_FILLING, &collisions, port)) {
			dest_set(dest, *port, true);
			return true;
		}
		dest_fill(nat, ct, dest, c->flow, PORT_COUNT);
	}
	if ((c->mixed && map_pick(nat, ct, c, dest, true, port)) ||
	    map_pick(nat, ct, c, dest, false, port)) {
		dest_set(dest, *port, true);
		return true;
	}
	return false;
}

/* Everything that may be tried. *port: the one to begin with, or 0. */
static NOINLINE bool port_search(struct nat *nat, struct ct *ct, struct flow *flow, u32 address,
				 ns_t now, u32 *port)
{
	const struct nat_address *public = &nat->address[address];
	struct choice c = {
		.flow = flow,
		.space = nat_space_of(nat, address, flow->proto),
		.ports = nat_ports_for(public, flow->proto, be16_host(flow->orig.sport)),
		.address = address,
		.public = public,
		.mixed = nat->mixed[nat_proto_of(flow->proto)],
		.drawn = (u16)*port,
	};
	struct nat_dest *dest;

	if (choose(nat, ct, &c, port))
		return true;
	if (!reuse_closed(nat, ct, &c, now, port))
		return false;
	dest = dest_find(nat, flow, address);
	if (dest != NULL)
		dest_set(dest, *port, true);
	return true;
}

/* Where no port is preferred and nobody keeps a map, a free port that was drawn is the choice. */
static ALWAYS_INLINE bool drawn_decides(const struct nat *nat, const struct ct *ct,
					const struct flow *flow, u32 address, u32 port)
{
	return port != 0 && nat->dest.live == 0 && !nat->mixed[nat_proto_of(flow->proto)] &&
	       port_is_free(nat, ct, flow, &nat->address[address], port);
}

bool nat_port_choose(struct nat *nat, struct ct *ct, struct flow *flow, u32 address, ns_t now,
		     u16 *port)
{
	struct nat_space *space = nat_space_of(nat, address, flow->proto);
	u32 chosen = *port;

	if (LIKELY(drawn_decides(nat, ct, flow, address, chosen)))
		nat->stats.probes++;
	else if (!port_search(nat, ct, flow, address, now, &chosen))
		return false;
	space->flows[chosen / 64]++;
	space->flow_count++;
	*port = (u16)chosen;
	return true;
}

void nat_port_release(struct nat *nat, const struct flow *flow)
{
	u32 address = nat_address_find(nat, flow->repl.dst);
	u32 port = be16_host(flow->repl.dport);
	struct nat_space *space;
	struct nat_dest *dest;

	CHECK(address != IDX_NONE);
	space = nat_space_of(nat, address, flow->proto);
	CHECK(space->flows[port / 64] > 0);
	space->flows[port / 64]--;
	space->flow_count--;
	dest = dest_find(nat, flow, address);
	if (dest != NULL)
		dest_set(dest, port, false);
}

/* ---- endpoint-independent -------------------------------------------------------------------- */

bool nat_port_own(struct nat *nat, u32 address, u8 proto, u16 inside_port, bool parity,
		  u16 *port)
{
	struct nat_space *space = nat_space_of(nat, address, proto);
	struct nat_ports ports = nat_ports_for(&nat->address[address], proto, inside_port);
	bool mixed = nat->mixed[nat_proto_of(proto)];
	u32 start = random_word(nat, &ports);
	/* RFC 4787 REQ-4: an even port stays even, where there is one. */
	u64 alike = UINT64_C(0x5555555555555555) << (inside_port % 2);

	for (u32 step = 0; step < 4 * NAT_PORT_WORDS; step++) {
		u32 turn = step / NAT_PORT_WORDS;
		u32 word = (start + step) % NAT_PORT_WORDS;
		u64 bits;

		if (space->flows[word] > 0 || (mixed && turn < 2 && word % 2 == 0))
			continue;
		bits = word_allowed(&ports, word) & ~space->mapped[word];
		if (parity && turn % 2 == 0)
			bits &= alike;
		/* A service, or a socket of ours, would get what comes for the mapping. */
		if (bits != 0)
			bits &= ~(balance_ports(&nat->balance, nat->address[address].addr, proto,
						word) |
				  nat_own_ports(nat, &nat->address[address], proto, word));
		if (bits == 0)
			continue;
		*port = (u16)(word * 64 + random_bit(nat, bits));
		space->mapped[word] |= UINT64_C(1) << (*port % 64);
		space->mapped_count++;
		return true;
	}
	return false;
}

void nat_port_disown(struct nat *nat, u32 address, u8 proto, u16 port)
{
	struct nat_space *space = nat_space_of(nat, address, proto);

	CHECK((space->mapped[port / 64] >> (port % 64) & 1) != 0);
	space->mapped[port / 64] &= ~(UINT64_C(1) << (port % 64));
	space->mapped_count--;
}
