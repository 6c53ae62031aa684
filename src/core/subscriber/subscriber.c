/* The table of subscribers: finding, admitting, holding, forgetting. */
#include "core/subscriber/subscriber.h"
#include "core/wire/ip4.h"

void subscriber_conf_defaults(struct subscriber_conf *conf)
{
	*conf = (struct subscriber_conf){ .subscriber_count = 16384, .prefix_len = 32 };
}

static bool is_limited(const struct subscriber_limits *limits)
{
	return limits->flows > 0 || limits->ports > 0 || limits->rate > 0;
}

static const char *limits_wrong(const struct subscriber_limits *limits)
{
	if (limits->rate > SUBSCRIBER_RATE_MAX || limits->burst > SUBSCRIBER_RATE_MAX)
		return "a subscriber's rate or burst is more than 1,000,000";
	if (limits->rate == 0 && limits->burst > 0)
		return "a subscriber's burst needs a rate";
	return NULL;
}

const char *subscriber_conf_wrong(const struct subscriber_conf *conf)
{
	const char *why = limits_wrong(&conf->limits);
	bool limited = is_limited(&conf->limits);

	if (conf->subscriber_count > SUBSCRIBER_COUNT_MAX)
		return "more than 2^24 subscribers are not possible";
	if (conf->prefix_len < 1 || conf->prefix_len > 32)
		return "the prefix of a subscriber is 1 to 32 bits";
	if (conf->exception_count > SUBSCRIBER_EXCEPTION_MAX)
		return "there are more than 64 exceptions for subscribers";
	for (u32 at = 0; at < conf->exception_count && why == NULL; at++) {
		const struct subscriber_exception *exception = &conf->exception[at];

		if (exception->prefix_len > conf->prefix_len)
			return "an exception is longer than the prefix of a subscriber";
		if (exception->by_zone && exception->zone >= CT_ZONE_MAX)
			return "an exception is of a zone that can not be";
		limited |= is_limited(&exception->limits);
		why = limits_wrong(&exception->limits);
	}
	if (why == NULL && limited && conf->subscriber_count == 0)
		return "limits for subscribers need a table of them";
	return why;
}

void subscriber_layout(struct subscriber_table *table, const struct subscriber_conf *conf,
		       const struct ct_conf *ct, struct mem *mem)
{
	memset(table, 0, sizeof *table);
	table->conf = *conf;
	if (conf->subscriber_count == 0)
		return;
	slab_layout(&table->slab, mem, "subscribers", conf->subscriber_count,
		    sizeof(struct subscriber));
	table->head_count = conf->subscriber_count * 2;
	table->heads = mem_take(mem, "subscriber_index", table->head_count, sizeof(u32));
	if (!ct->counters)
		table->of_flow = mem_take(mem, "flow_subscribers", ct->flow_count, sizeof(u32));
}

void subscriber_init(struct subscriber_table *table, const struct hash_key *key)
{
	table->key = *key;
	slab_init(&table->slab);
	for (u32 at = 0; at < table->head_count; at++)
		table->heads[at] = IDX_NONE;
	table->idle_head = table->idle_tail = IDX_NONE;
}

void subscriber_configure(struct subscriber_table *table, const struct subscriber_conf *conf)
{
	u32 count = table->conf.subscriber_count;

	CHECK(conf->prefix_len == table->conf.prefix_len);
	table->conf = *conf;
	table->conf.subscriber_count = count;
	table->gen++;
}

/* ---- limits ---------------------------------------------------------------------------------- */

static bool holds(const struct subscriber_exception *exception, be32 addr, u8 zone)
{
	return ((be32_host(exception->prefix) ^ be32_host(addr)) &
		ip4_mask(exception->prefix_len)) == 0 &&
	       (!exception->by_zone || exception->zone == zone);
}

static u16 limits_find(const struct subscriber_table *table, be32 addr, u8 zone)
{
	for (u16 at = 0; at < table->conf.exception_count; at++) {
		if (holds(&table->conf.exception[at], addr, zone))
			return at;
	}
	return SUBSCRIBER_EXCEPTION_MAX;
}

static const struct subscriber_limits *limits_at(const struct subscriber_table *table, u16 at)
{
	return at < SUBSCRIBER_EXCEPTION_MAX ? &table->conf.exception[at].limits
					     : &table->conf.limits;
}

const struct subscriber_limits *subscriber_limits_of(const struct subscriber_table *table,
						     const struct subscriber *who)
{
	return limits_at(table, who->limits_gen == table->gen
					? who->limits
					: limits_find(table, who->addr, who->zone));
}

static const struct subscriber_limits *limits_renew(const struct subscriber_table *table,
						    struct subscriber *who)
{
	if (who->limits_gen != table->gen) {
		who->limits = limits_find(table, who->addr, who->zone);
		who->limits_gen = table->gen;
	}
	return limits_at(table, who->limits);
}

/* How long until the bucket has one; 0: it has. */
static ns_t bucket_wait(ns_t due_ns, const struct subscriber_limits *limits, ns_t now)
{
	ns_t room_ns = (subscriber_burst(limits) - 1) * (NS_PER_SEC / limits->rate);
	ns_t left_ns = due_ns > now ? due_ns - now : 0;

	return left_ns > room_ns ? left_ns - room_ns : 0;
}

/* Whether the bucket has one left; it is taken then. */
static bool bucket_take(ns_t *due_ns, const struct subscriber_limits *limits, ns_t now)
{
	if (bucket_wait(*due_ns, limits, now) > 0)
		return false;
	*due_ns = (*due_ns > now ? *due_ns : now) + NS_PER_SEC / limits->rate;
	return true;
}

const char *subscriber_refusal_name(enum subscriber_refusal refusal)
{
	static const char *const names[SUBSCRIBER_REFUSAL_COUNT] = {
		[SUBSCRIBER_REFUSED_FLOWS] = "flows",
		[SUBSCRIBER_REFUSED_PORTS] = "ports",
		[SUBSCRIBER_REFUSED_RATE] = "rate",
		[SUBSCRIBER_REFUSED_FULL] = "table",
	};

	CHECK(refusal < SUBSCRIBER_REFUSAL_COUNT);
	return names[refusal];
}

static void refusal_note(struct subscriber_table *table, be32 addr, u8 zone,
			 enum subscriber_refusal why)
{
	table->stats.refused[why]++;
	table->stats.refused_sum++;
	table->stats.last_addr = addr;
	table->stats.last_zone = zone;
	table->stats.last = why;
}

static void refuse(struct subscriber_table *table, struct subscriber *who,
		   enum subscriber_refusal why)
{
	who->refused[why]++;
	refusal_note(table, who->addr, who->zone, why);
}

/* ---- records --------------------------------------------------------------------------------- */

static u32 *head_of(const struct subscriber_table *table, be32 addr, u8 zone)
{
	u64 hash = hash_words(&table->key, addr.raw, zone);

	return &table->heads[hash_range(hash, table->head_count)];
}

static void idle_remove(struct subscriber_table *table, u32 idx)
{
	struct subscriber *who = subscriber_at(table, idx);

	if (who->idle_prev == IDX_NONE)
		table->idle_head = who->idle_next;
	else
		subscriber_at(table, who->idle_prev)->idle_next = who->idle_next;
	if (who->idle_next == IDX_NONE)
		table->idle_tail = who->idle_prev;
	else
		subscriber_at(table, who->idle_next)->idle_prev = who->idle_prev;
	table->idle_count--;
}

static void idle_append(struct subscriber_table *table, u32 idx)
{
	struct subscriber *who = subscriber_at(table, idx);

	who->idle_prev = table->idle_tail;
	who->idle_next = IDX_NONE;
	if (table->idle_tail == IDX_NONE)
		table->idle_head = idx;
	else
		subscriber_at(table, table->idle_tail)->idle_next = idx;
	table->idle_tail = idx;
	table->idle_count++;
}

/* Of those that hold nothing, the one that was idle least long. */
static NOINLINE void idle_renew(struct subscriber_table *table, u32 idx)
{
	idle_remove(table, idx);
	idle_append(table, idx);
}

static bool is_idle(const struct subscriber *who)
{
	return who->flow_count == 0 && who->port_count == 0;
}

static u32 record_find(const struct subscriber_table *table, be32 addr, u8 zone)
{
	u32 idx = *head_of(table, addr, zone);

	while (idx != IDX_NONE && (!be32_eq(subscriber_at(table, idx)->addr, addr) ||
				   subscriber_at(table, idx)->zone != zone))
		idx = subscriber_at(table, idx)->next;
	return idx;
}

static void record_forget(struct subscriber_table *table, u32 idx)
{
	const struct subscriber *who = subscriber_at(table, idx);
	u32 *link = head_of(table, who->addr, who->zone);

	while (*link != idx) {
		CHECK(*link != IDX_NONE);
		link = &subscriber_at(table, *link)->next;
	}
	*link = who->next;
	idle_remove(table, idx);
	slab_del(&table->slab, idx);
	table->stats.forgotten++;
}

/* A record, idle and last in the list of such; IDX_NONE when all others hold something. */
static NOINLINE u32 record_new(struct subscriber_table *table, be32 addr, u8 zone)
{
	u32 *head = head_of(table, addr, zone);
	struct subscriber *who;
	u32 idx;

	if (table->slab.live == table->slab.cap && table->idle_head != IDX_NONE)
		record_forget(table, table->idle_head);
	idx = slab_new(&table->slab);
	if (idx == IDX_NONE)
		return IDX_NONE;
	who = subscriber_at(table, idx);
	who->addr = addr;
	who->zone = zone;
	who->limits = limits_find(table, addr, zone);
	who->limits_gen = table->gen;
	who->next = *head;
	*head = idx;
	idle_append(table, idx);
	return idx;
}

u32 subscriber_find(const struct subscriber_table *table, be32 src, u8 zone)
{
	if (table->slab.cap == 0)
		return IDX_NONE;
	return record_find(table, be32_of(be32_host(src) & ip4_mask(table->conf.prefix_len)),
			   zone);
}

ns_t subscriber_wait(const struct subscriber_table *table, u32 who, ns_t now)
{
	const struct subscriber *record = subscriber_at(table, who);
	const struct subscriber_limits *limits = subscriber_limits_of(table, record);

	return limits->rate == 0 ? 0 : bucket_wait(record->due_ns, limits, now);
}

/* Every record holds something: without limits he passes uncounted. */
static NOINLINE verdict admit_unrecorded(struct subscriber_table *table, struct drop_stats *drops,
					 struct pkt *pkt, be32 addr)
{
	if (!is_limited(limits_at(table, limits_find(table, addr, pkt->zone)))) {
		table->stats.uncounted++;
		return VERDICT_ACCEPT;
	}
	refusal_note(table, addr, pkt->zone, SUBSCRIBER_REFUSED_FULL);
	return pkt_drop(drops, pkt, DROP_SUBSCRIBER_FULL);
}

static NOINLINE verdict admit_by_rate(struct subscriber_table *table, struct drop_stats *drops,
				      struct pkt *pkt, struct subscriber *record, ns_t now)
{
	if (bucket_take(&record->due_ns, subscriber_limits_of(table, record), now))
		return VERDICT_ACCEPT;
	refuse(table, record, SUBSCRIBER_REFUSED_RATE);
	return pkt_drop(drops, pkt, DROP_SUBSCRIBER_RATE);
}

verdict subscriber_admit(struct subscriber_table *table, struct drop_stats *drops, struct pkt *pkt,
			 be32 src, ns_t now, u32 *who)
{
	be32 addr = be32_of(be32_host(src) & ip4_mask(table->conf.prefix_len));
	const struct subscriber_limits *limits;
	struct subscriber *record;

	*who = IDX_NONE;
	if (table->slab.cap == 0)
		return VERDICT_ACCEPT;
	*who = record_find(table, addr, pkt->zone);
	if (*who == IDX_NONE)
		*who = record_new(table, addr, pkt->zone);
	if (*who == IDX_NONE)
		return admit_unrecorded(table, drops, pkt, addr);
	record = subscriber_at(table, *who);
	limits = limits_renew(table, record);
	if (is_idle(record))
		idle_renew(table, *who);
	if (limits->flows > 0 && record->flow_count >= limits->flows) {
		refuse(table, record, SUBSCRIBER_REFUSED_FLOWS);
		return pkt_drop(drops, pkt, DROP_SUBSCRIBER_FLOWS);
	}
	return limits->rate > 0 ? admit_by_rate(table, drops, pkt, record, now) : VERDICT_ACCEPT;
}

/* ---- what somebody holds --------------------------------------------------------------------- */

void subscriber_hold(struct subscriber_table *table, struct ct *ct, u32 flow, u32 who)
{
	struct subscriber *record;

	if (who == IDX_NONE)
		return;
	record = subscriber_at(table, who);
	CHECK(*subscriber_slot(table, ct, flow) == 0);
	if (is_idle(record))
		idle_remove(table, who);
	record->flow_count++;
	*subscriber_slot(table, ct, flow) = who + 1;
}

void subscriber_release(struct subscriber_table *table, struct ct *ct, u32 flow)
{
	u32 who = subscriber_of(table, ct, flow);
	struct subscriber *record;

	if (who == IDX_NONE)
		return;
	record = subscriber_at(table, who);
	CHECK(record->flow_count > 0);
	record->flow_count--;
	if (is_idle(record))
		idle_append(table, who);
	*subscriber_slot(table, ct, flow) = 0;
}

bool subscriber_may_take_port(struct subscriber_table *table, u32 who)
{
	const struct subscriber_limits *limits;
	struct subscriber *record;

	if (who == IDX_NONE)
		return true;
	record = subscriber_at(table, who);
	limits = limits_renew(table, record);
	if (limits->ports == 0 || record->port_count < limits->ports)
		return true;
	refuse(table, record, SUBSCRIBER_REFUSED_PORTS);
	return false;
}

/* The flow that the port is for is held already, so he is not idle. */
void subscriber_get_port(struct subscriber_table *table, u32 who)
{
	if (who == IDX_NONE)
		return;
	CHECK(subscriber_at(table, who)->flow_count > 0);
	subscriber_at(table, who)->port_count++;
}

void subscriber_put_port(struct subscriber_table *table, u32 who)
{
	struct subscriber *record;

	if (who == IDX_NONE)
		return;
	record = subscriber_at(table, who);
	CHECK(record->port_count > 0);
	record->port_count--;
	if (is_idle(record))
		idle_append(table, who);
}

/* ---- the invariants -------------------------------------------------------------------------- */

u64 subscriber_port_sum(const struct subscriber_table *table)
{
	u64 sum = 0;

	for (u32 idx = 0; idx < table->slab.cap; idx++) {
		if (slab_is_live(&table->slab, idx))
			sum += subscriber_at(table, idx)->port_count;
	}
	return sum;
}

static void chains_check(const struct subscriber_table *table)
{
	u32 found = 0;

	for (u32 head = 0; head < table->head_count; head++) {
		for (u32 idx = table->heads[head]; idx != IDX_NONE;
		     idx = subscriber_at(table, idx)->next) {
			CHECK(slab_is_live(&table->slab, idx));
			CHECK(head_of(table, subscriber_at(table, idx)->addr,
				      subscriber_at(table, idx)->zone) ==
			      &table->heads[head]);
			found++;
		}
	}
	CHECK(found == table->slab.live);
}

void subscriber_check(const struct subscriber_table *table, const struct ct *ct)
{
	u64 held = 0, slots = 0;
	u32 idle = 0, listed = 0;

	if (table->slab.cap == 0)
		return;
	chains_check(table);
	for (u32 idx = 0; idx < table->slab.cap; idx++) {
		if (!slab_is_live(&table->slab, idx))
			continue;
		held += subscriber_at(table, idx)->flow_count;
		idle += is_idle(subscriber_at(table, idx));
	}
	for (u32 idx = table->idle_head; idx != IDX_NONE;
	     idx = subscriber_at(table, idx)->idle_next) {
		CHECK(is_idle(subscriber_at(table, idx)));
		CHECK(++listed <= idle);
	}
	CHECK(listed == idle);
	CHECK(idle == table->idle_count);
	for (u32 flow = 0; flow < ct->conf.flow_count; flow++)
		slots += *subscriber_slot(table, ct, flow) != 0;
	CHECK(held == slots);
}
