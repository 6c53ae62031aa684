/* The gateway's own addresses: are they free, and telling the link that they are ours.
 *
 * RFC 5227: probes before the first use (2.1.1), announcements (2.3), and defence (2.4). A gateway
 * defends for ever, as 2.4 (c) allows to what others depend on, but not more than once in
 * defend_interval_ns, so that two who both insist do not flood the link.                        */
#include "core/iface/neigh_part.h"
#include "core/wire/ip4.h"

static struct neigh_own *own_of(const struct neigh_table *table, u16 ifidx, u32 addr_index)
{
	CHECK(ifidx < IFACE_MAX);
	CHECK(addr_index < IFACE_ADDR_MAX);
	return &table->own[ifidx * IFACE_ADDR_MAX + addr_index];
}

const struct neigh_own *neigh_own_at(const struct neigh_table *table, u16 ifidx, u32 addr_index)
{
	return own_of(table, ifidx, addr_index);
}

bool neigh_own_is_ready(const struct neigh_table *table, u16 ifidx, u32 addr_index)
{
	u8 state = own_of(table, ifidx, addr_index)->state;

	return state == NEIGH_OWN_READY || state == NEIGH_OWN_ANNOUNCING;
}

static u32 own_timer(const struct neigh_table *table, u16 ifidx, u32 addr_index)
{
	return table->conf.count + ifidx * IFACE_ADDR_MAX + addr_index;
}

/* A delay from min to max, so that stations that start together do not probe in step. */
static ns_t own_delay(struct neigh_table *table, ns_t min_ns, ns_t max_ns)
{
	u64 hash = hash_words(&table->key, ++table->draws, max_ns);

	return min_ns + (hash >> 1) % (max_ns - min_ns + 1);
}

static void own_set_state(struct neigh_own *own, enum neigh_own_state state)
{
	own->state = (u8)state;
	own->sent = 0;
}

static void own_begin(struct neigh_table *table, u16 ifidx, u32 addr_index, ns_t now)
{
	struct neigh_own *own = own_of(table, ifidx, addr_index);
	u32 timer = own_timer(table, ifidx, addr_index);

	if (table->conf.probe_count > 0) {
		own_set_state(own, NEIGH_OWN_PROBING);
		now += own_delay(table, 0, table->conf.probe_wait_ns);
	} else {
		own_set_state(own, NEIGH_OWN_ANNOUNCING);
	}
	heap_set(&table->timers, timer, now);
}

void neigh_announce(struct neigh_table *table, u16 ifidx, ns_t now)
{
	const struct iface_conf *conf = &neigh_iface(table, ifidx)->conf;

	if (conf->link != IFACE_ETHERNET)
		return;
	for (u32 i = 0; i < conf->addr_count; i++) {
		if (!conf->addr[i].host)
			own_begin(table, ifidx, i, now);
	}
}

/* The place of an address that was ours, not the host's; addr_count: it was not. */
static u32 own_before(const struct iface_conf *old, be32 addr)
{
	u32 index = 0;

	while (index < old->addr_count &&
	       (old->addr[index].host || !be32_eq(old->addr[index].addr, addr)))
		index++;
	return index;
}

void neigh_readdress(struct neigh_table *table, u16 ifidx, const struct iface_conf *old, ns_t now)
{
	const struct iface_conf *conf = &neigh_iface(table, ifidx)->conf;
	struct neigh_own was[IFACE_ADDR_MAX];
	ns_t due_ns[IFACE_ADDR_MAX];

	if (conf->link != IFACE_ETHERNET)
		return;
	for (u32 i = 0; i < IFACE_ADDR_MAX; i++) {
		was[i] = *own_of(table, ifidx, i);
		due_ns[i] = heap_when(&table->timers, own_timer(table, ifidx, i));
		*own_of(table, ifidx, i) = (struct neigh_own){ .state = NEIGH_OWN_READY };
		heap_set(&table->timers, own_timer(table, ifidx, i), NS_NEVER);
	}
	for (u32 i = 0; i < conf->addr_count; i++) {
		u32 before = own_before(old, conf->addr[i].addr);

		if (conf->addr[i].host)
			continue;
		if (before == old->addr_count) {
			own_begin(table, ifidx, i, now);
			continue;
		}
		*own_of(table, ifidx, i) = was[before];
		heap_set(&table->timers, own_timer(table, ifidx, i), due_ns[before]);
	}
}

void neigh_announce_again(struct neigh_table *table, u16 ifidx, ns_t now)
{
	const struct iface_conf *conf = &neigh_iface(table, ifidx)->conf;

	for (u32 i = 0; conf->link == IFACE_ETHERNET && i < conf->addr_count; i++) {
		if (conf->addr[i].host || !neigh_own_is_ready(table, ifidx, i))
			continue;
		own_set_state(own_of(table, ifidx, i), NEIGH_OWN_ANNOUNCING);
		heap_set(&table->timers, own_timer(table, ifidx, i), now);
	}
}

bool neigh_is_settled(const struct neigh_table *table)
{
	for (u16 ifidx = 0; ifidx < table->ifaces->count; ifidx++) {
		for (u32 i = 0; i < table->ifaces->iface[ifidx].conf.addr_count; i++) {
			if (own_of(table, ifidx, i)->state == NEIGH_OWN_PROBING)
				return false;
		}
	}
	return true;
}

/* spa zero: a probe. */
static bool own_send(struct neigh_table *table, u16 ifidx, u32 addr_index, bool probe,
		     struct batch *out)
{
	be32 addr = neigh_iface(table, ifidx)->conf.addr[addr_index].addr;
	struct neigh_msg msg = {
		.ifidx = ifidx,
		.link_dst = MAC_BROADCAST,
		.spa = probe ? (be32){ 0 } : addr,
		.tpa = addr,
	};

	if (!neigh_send(table, &msg, out))
		return false;
	if (probe)
		table->stats.probes_sent++;
	else
		table->stats.announcements_sent++;
	return true;
}

/* The next probe, or the end of probing. Returns when to come again. */
static ns_t own_probe(struct neigh_table *table, u16 ifidx, u32 addr_index, ns_t now,
		      struct batch *out)
{
	const struct neigh_conf *conf = &table->conf;
	struct neigh_own *own = own_of(table, ifidx, addr_index);

	if (own->sent >= conf->probe_count) {
		own_set_state(own, NEIGH_OWN_ANNOUNCING);
		own->conflict = false;
		return now;
	}
	if (!own_send(table, ifidx, addr_index, true, out))
		return now + conf->retry_ns;
	if (++own->sent == conf->probe_count)
		return now + conf->announce_wait_ns;
	return now + own_delay(table, conf->probe_min_ns, conf->probe_max_ns);
}

static ns_t own_tell(struct neigh_table *table, u16 ifidx, u32 addr_index, ns_t now,
		     struct batch *out)
{
	const struct neigh_conf *conf = &table->conf;
	struct neigh_own *own = own_of(table, ifidx, addr_index);

	if (own->sent < conf->announce_count) {
		if (!own_send(table, ifidx, addr_index, false, out))
			return now + conf->retry_ns;
		own->sent++;
	}
	if (own->sent < conf->announce_count)
		return now + conf->announce_interval_ns;
	own_set_state(own, NEIGH_OWN_READY);
	return NS_NEVER;
}

void neigh_own_due(struct neigh_table *table, u32 own_index, ns_t now, struct batch *out)
{
	u16 ifidx = (u16)(own_index / IFACE_ADDR_MAX);
	u32 addr_index = own_index % IFACE_ADDR_MAX;
	struct neigh_own *own = own_of(table, ifidx, addr_index);
	u32 timer = own_timer(table, ifidx, addr_index);
	ns_t again = NS_NEVER;

	switch ((enum neigh_own_state)own->state) {
	case NEIGH_OWN_CONFLICT:
		own_begin(table, ifidx, addr_index, now);
		return;
	case NEIGH_OWN_PROBING:
		again = own_probe(table, ifidx, addr_index, now, out);
		break;
	case NEIGH_OWN_ANNOUNCING:
		again = own_tell(table, ifidx, addr_index, now, out);
		break;
	case NEIGH_OWN_READY:
		break;
	}
	if (again == NS_NEVER)
		heap_set(&table->timers, timer, NS_NEVER);
	else
		heap_set(&table->timers, timer, again);
}

static void count_conflict(struct neigh_table *table, u16 ifidx, be32 addr)
{
	table->stats.conflicts++;
	table->stats.conflict_if = ifidx;
	table->stats.conflict_addr = addr;
}

static void own_conflict(struct neigh_table *table, u16 ifidx, u32 addr_index, ns_t now,
			 struct batch *out)
{
	struct neigh_own *own = own_of(table, ifidx, addr_index);

	count_conflict(table, ifidx, neigh_iface(table, ifidx)->conf.addr[addr_index].addr);
	own->conflict = true;
	if (own->state == NEIGH_OWN_CONFLICT)
		return;
	if (own->state == NEIGH_OWN_PROBING) {
		own_set_state(own, NEIGH_OWN_CONFLICT);
		heap_set(&table->timers, own_timer(table, ifidx, addr_index),
				now + table->conf.conflict_retry_ns);
		return;
	}
	if (now >= own->defend_ns && own_send(table, ifidx, addr_index, false, out))
		own->defend_ns = now + table->conf.defend_interval_ns;
}

bool neigh_own_heard(struct neigh_table *table, u16 ifidx, const struct arp_hdr *arp, ns_t now,
		     struct batch *out)
{
	const struct iface_conf *conf = &neigh_iface(table, ifidx)->conf;
	bool probe = be16_host(arp->op) == ARP_REQUEST && be32_host(arp->spa) == 0;
	bool claimed = false;

	for (u32 i = 0; i < conf->addr_count; i++) {
		struct neigh_own *own = own_of(table, ifidx, i);
		bool same = be32_eq(conf->addr[i].addr, arp->spa);
		/* Two who probe for one address: neither has it (RFC 5227 2.1.1). */
		bool both = probe && own->state == NEIGH_OWN_PROBING &&
			    be32_eq(conf->addr[i].addr, arp->tpa);

		claimed |= same;
		if (conf->addr[i].host || (!same && !both))
			continue;
		own->rival = arp->sha;
		own_conflict(table, ifidx, i, now, out);
	}
	if (!claimed && be32_host(arp->spa) != 0 && neigh_owns(table, ifidx, arp->spa)) {
		count_conflict(table, ifidx, arp->spa);
		claimed = true;
	}
	return claimed;
}
