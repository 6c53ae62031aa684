/* Public addresses: what the configuration names, and the ports of each. */
#include "core/nat/nat.h"
#include "core/wire/ip4.h"

enum { NAT_RANGE_ADDRESSES_MAX = 65536 };

void nat_rule_defaults(struct nat_rule_conf *rule)
{
	*rule = (struct nat_rule_conf){
		.out_if = UINT16_MAX,
		.zone = NAT_ZONE_ANY,
		.kind = NAT_KIND_MASQUERADE,
		.mapping = { [NAT_PROTO_TCP] = NAT_MAP_DESTINATION,
			     [NAT_PROTO_UDP] = NAT_MAP_ENDPOINT_INDEPENDENT,
			     [NAT_PROTO_ICMP] = NAT_MAP_ENDPOINT_INDEPENDENT,
			     [NAT_PROTO_OTHER] = NAT_MAP_ENDPOINT_INDEPENDENT },
		.filtering = { [NAT_PROTO_TCP] = NAT_FILTER_ADDRESS_PORT,
			       [NAT_PROTO_UDP] = NAT_FILTER_ADDRESS,
			       [NAT_PROTO_ICMP] = NAT_FILTER_ADDRESS_PORT,
			       [NAT_PROTO_OTHER] = NAT_FILTER_ADDRESS },
		.hairpin = true,
		.parity = true,
	};
}

void nat_conf_defaults(struct nat_conf *conf)
{
	memset(conf, 0, sizeof *conf);
	conf->address_count = 16;
	conf->mapping_count = 262144;
	conf->dest_count = 256;
	conf->quarantine_s = 120;
	balance_conf_defaults(&conf->balance);
}

void nat_layout(struct nat *nat, const struct nat_conf *conf, u32 flow_count, struct mem *mem)
{
	u32 heads = conf->mapping_count / 2 + 16;

	memset(nat, 0, sizeof *nat);
	nat->conf = *conf;
	nat->address_head_count = conf->address_count * 2 + 1;
	nat->address = mem_take(mem, "nat_addresses", conf->address_count, sizeof *nat->address);
	nat->spaces = mem_take(mem, "nat_ports", (u64)conf->address_count * NAT_PROTO_COUNT,
			       sizeof *nat->spaces);
	nat->address_heads =
		mem_take(mem, "nat_address_index", nat->address_head_count, sizeof(u32));
	nat->address_next = mem_take(mem, "nat_address_index", conf->address_count, sizeof(u32));
	slab_layout(&nat->mapping, mem, "nat_mappings", conf->mapping_count,
		    sizeof(struct nat_mapping_rec));
	nat->mapping_head_count = heads;
	nat->inside_heads = mem_take(mem, "nat_mapping_index", heads, sizeof(u32));
	nat->public_heads = mem_take(mem, "nat_mapping_index", heads, sizeof(u32));
	nat->peer_head_count = heads;
	slab_layout(&nat->peer, mem, "nat_peers", u32_min(conf->mapping_count * 2, flow_count),
		    sizeof(struct nat_peer));
	nat->peer_heads = mem_take(mem, "nat_peer_index", heads, sizeof(u32));
	slab_layout(&nat->dest, mem, "nat_port_maps", conf->dest_count, sizeof(struct nat_dest));
	nat->dest_head_count = conf->dest_count + 1;
	nat->dest_heads = mem_take(mem, "nat_port_map_index", nat->dest_head_count, sizeof(u32));
	balance_layout(&nat->balance, &conf->balance, mem);
}

static void heads_init(u32 *heads, u32 count)
{
	for (u32 at = 0; at < count; at++)
		heads[at] = IDX_NONE;
}

void nat_init(struct nat *nat, const struct hash_key *key, const u8 seed[32])
{
	nat->key = *key;
	rng_init(&nat->rng, seed);
	slab_init(&nat->mapping);
	slab_init(&nat->peer);
	slab_init(&nat->dest);
	nat->address_low = UINT32_MAX;
	heads_init(nat->address_heads, nat->address_head_count);
	heads_init(nat->inside_heads, nat->mapping_head_count);
	heads_init(nat->public_heads, nat->mapping_head_count);
	heads_init(nat->peer_heads, nat->peer_head_count);
	heads_init(nat->dest_heads, nat->dest_head_count);
	nat->rest_head = nat->rest_tail = IDX_NONE;
	balance_init(&nat->balance, key);
}

static u32 address_head(const struct nat *nat, be32 addr)
{
	return hash_range(hash_words(&nat->key, addr.raw, 1), nat->address_head_count);
}

u32 nat_address_seek(const struct nat *nat, be32 addr)
{
	u32 idx = nat->address_heads[address_head(nat, addr)];

	while (idx != IDX_NONE && !be32_eq(nat->address[idx].addr, addr))
		idx = nat->address_next[idx];
	return idx;
}

/* ---- configuration --------------------------------------------------------------------------- */

/* Zero is a default: 1024, 65535. */
static bool ports_are_range(u16 first, u16 last)
{
	return last == 0 || (first == 0 ? NAT_HIGH_FIRST : first) <= last;
}

static const char *pool_wrong(const struct nat_pool_conf *pool)
{
	if (pool->range_count == 0 || pool->range_count > NAT_POOL_RANGE_MAX)
		return "a pool needs 1 to 16 address ranges";
	for (u32 at = 0; at < pool->range_count; at++) {
		u32 first = be32_host(pool->range[at].first);
		u32 last = be32_host(pool->range[at].last);

		if (first > last || last - first >= NAT_RANGE_ADDRESSES_MAX)
			return "a pool's range ends before it begins, or is too long";
	}
	if (!ports_are_range(pool->port_first, pool->port_last))
		return "a pool's first port is behind its last";
	return NULL;
}

static const char *conf_wrong(const struct nat_conf *conf, u32 iface_count)
{
	if (conf->rule_count > NAT_RULE_MAX || conf->pool_count > NAT_POOL_MAX ||
	    conf->static_count > NAT_STATIC_MAX || iface_count > NAT_IFACE_MAX)
		return "too many rules, pools, one-to-one entries or interfaces";
	if (!ports_are_range(conf->masquerade_port_first, conf->masquerade_port_last))
		return "the first port to masquerade with is behind the last";
	if (conf->masquerade_spare_first > conf->masquerade_spare_last)
		return "the first spare port is behind the last";
	for (u32 at = 0; at < conf->pool_count; at++) {
		const char *wrong = pool_wrong(&conf->pool[at]);

		if (wrong != NULL)
			return wrong;
	}
	for (u32 at = 0; at < conf->rule_count; at++) {
		const struct nat_rule_conf *rule = &conf->rule[at];

		if (rule->source_len > 32 || rule->dest_len > 32)
			return "a rule's prefix is longer than 32 bits";
		if (rule->kind == NAT_KIND_POOL && rule->pool >= conf->pool_count)
			return "a rule names a pool that does not exist";
	}
	for (u32 at = 0; at < conf->static_count; at++) {
		if (conf->fixed[at].prefix_len > 32)
			return "a one-to-one prefix is longer than 32 bits";
	}
	return NULL;
}

static u32 address_keep(struct nat *nat, be32 addr)
{
	u32 idx = nat_address_find(nat, addr);

	if (idx == IDX_NONE)
		return 1;
	nat->address[idx].kept = true;
	return 0;
}

/* Marks the addresses that stay, and counts those that are new. */
static u32 addresses_missing(struct nat *nat, const struct nat_conf *conf, const be32 *masquerade,
			     u32 iface_count)
{
	u32 missing = 0;

	for (u32 idx = 0; idx < nat->address_count; idx++)
		nat->address[idx].kept = false;
	for (u32 at = 0; at < conf->pool_count; at++) {
		const struct nat_pool_conf *pool = &conf->pool[at];

		for (u32 range = 0; range < pool->range_count; range++) {
			u32 first = be32_host(pool->range[range].first);
			u32 last = be32_host(pool->range[range].last);

			for (u32 addr = first; addr - first <= last - first; addr++)
				missing += address_keep(nat, be32_of(addr));
		}
	}
	for (u32 at = 0; at < iface_count; at++) {
		if (masquerade[at].raw != 0)
			missing += address_keep(nat, masquerade[at]);
	}
	return missing;
}

static bool address_is_idle(const struct nat_address *address)
{
	for (u32 kind = 0; kind < NAT_PROTO_COUNT; kind++) {
		if (address->space[kind].mapped_count > 0 || address->space[kind].flow_count > 0)
			return false;
	}
	return true;
}

static void address_unchain(struct nat *nat, u32 idx)
{
	u32 *link = &nat->address_heads[address_head(nat, nat->address[idx].addr)];

	while (*link != idx) {
		CHECK(*link != IDX_NONE);
		link = &nat->address_next[*link];
	}
	*link = nat->address_next[idx];
}

/* A slot that was never used, or one whose address is gone and holds nothing any more. */
static u32 address_slot(struct nat *nat)
{
	if (nat->address_count < nat->conf.address_count)
		return nat->address_count++;
	for (u32 idx = 0; idx < nat->address_count; idx++) {
		if (!nat->address[idx].live && address_is_idle(&nat->address[idx])) {
			address_unchain(nat, idx);
			return idx;
		}
	}
	return IDX_NONE;
}

/* For new addresses, beside those that stay. */
static u32 slots_left(const struct nat *nat)
{
	u32 left = nat->conf.address_count - nat->address_count;

	for (u32 idx = 0; idx < nat->address_count; idx++)
		left += !nat->address[idx].kept && address_is_idle(&nat->address[idx]);
	return left;
}

static struct nat_address *address_get(struct nat *nat, be32 addr)
{
	u32 idx = nat_address_find(nat, addr);
	u32 *head = &nat->address_heads[address_head(nat, addr)];

	if (idx == IDX_NONE) {
		idx = address_slot(nat);
		if (idx == IDX_NONE)
			return NULL;
		nat->address[idx].addr = addr;
		nat->address[idx].space = &nat->spaces[(u64)idx * NAT_PROTO_COUNT];
		nat->address_next[idx] = *head;
		*head = idx;
		nat->address_low = u32_min(nat->address_low, be32_host(addr));
		nat->address_high = u32_max(nat->address_high, be32_host(addr));
	}
	nat->address[idx].live = true;
	return &nat->address[idx];
}

static void address_set_ports(struct nat_address *address, u16 first, u16 last)
{
	address->port_first = first == 0 ? NAT_HIGH_FIRST : first;
	address->port_last = last == 0 ? UINT16_MAX : last;
	address->spare_first = address->spare_last = 0;
}

static bool pool_take(struct nat *nat, const struct nat_pool_conf *pool)
{
	for (u32 range = 0; range < pool->range_count; range++) {
		u32 first = be32_host(pool->range[range].first);
		u32 last = be32_host(pool->range[range].last);

		for (u32 addr = first; addr - first <= last - first; addr++) {
			struct nat_address *address = address_get(nat, be32_of(addr));

			if (address == NULL)
				return false;
			address_set_ports(address, pool->port_first, pool->port_last);
		}
	}
	return true;
}

static bool masquerade_take(struct nat *nat, const struct nat_conf *conf, be32 addr)
{
	struct nat_address *address;

	if (addr.raw == 0)
		return true;
	address = address_get(nat, addr);
	if (address == NULL)
		return false;
	address_set_ports(address, conf->masquerade_port_first, conf->masquerade_port_last);
	address->ours = true;
	address->spare_first = conf->masquerade_spare_first;
	address->spare_last = conf->masquerade_spare_last;
	return true;
}

static void mixed_update(struct nat *nat)
{
	for (u32 kind = 0; kind < NAT_PROTO_COUNT; kind++) {
		bool seen[2] = { false, false };

		for (u32 at = 0; at < nat->conf.rule_count; at++) {
			const struct nat_rule_conf *rule = &nat->conf.rule[at];

			/* One that translates nothing uses no ports. */
			if (rule->kind != NAT_KIND_NONE)
				seen[rule->mapping[kind] == NAT_MAP_DESTINATION] = true;
		}
		nat->mixed[kind] = seen[0] && seen[1];
	}
}

enum err nat_look(struct nat *nat, const struct nat_conf *conf, const be32 *masquerade,
		  u32 iface_count, const char **why)
{
	*why = conf_wrong(conf, iface_count);
	if (*why == NULL)
		*why = balance_refuses(&nat->balance, &conf->balance);
	if (*why != NULL)
		return ERR_RANGE;
	if (addresses_missing(nat, conf, masquerade, iface_count) <= slots_left(nat))
		return ERR_OK;
	*why = "more public addresses than limits.addresses allows";
	return ERR_FULL;
}

enum err nat_configure(struct nat *nat, const struct nat_conf *conf, const be32 *masquerade,
		       u32 iface_count, const char **why)
{
	struct nat_conf limits = nat->conf;
	enum err err = nat_look(nat, conf, masquerade, iface_count, why);
	bool fits = true;

	if (err != ERR_OK)
		return err;
	for (u32 idx = 0; idx < nat->address_count; idx++) {
		nat->address[idx].live = nat->address[idx].kept;
		nat->address[idx].ours = false;
	}
	nat->conf = *conf;
	nat->conf.address_count = limits.address_count;
	nat->conf.mapping_count = limits.mapping_count;
	nat->conf.dest_count = limits.dest_count;
	nat->conf.balance.service_limit = limits.balance.service_limit;
	nat->conf.balance.backend_limit = limits.balance.backend_limit;
	nat->conf.balance.table_size = limits.balance.table_size;
	for (u32 at = 0; at < conf->pool_count; at++)
		fits = pool_take(nat, &conf->pool[at]) && fits;
	for (u32 at = 0; at < iface_count; at++)
		fits = masquerade_take(nat, conf, masquerade[at]) && fits;
	CHECK(fits);
	memset(nat->draw, 0, sizeof nat->draw);
	memset(nat->masquerade, 0, sizeof nat->masquerade);
	memcpy(nat->masquerade, masquerade, iface_count * sizeof *masquerade);
	nat->masquerade_count = 0;
	for (u16 at = 0; at < iface_count; at++) {
		if (masquerade[at].raw != 0)
			nat->masquerade_count++;
	}
	nat->masquerade_if = 0;
	for (u16 at = 0; at < iface_count && masquerade[nat->masquerade_if].raw == 0; at++)
		nat->masquerade_if = at;
	mixed_update(nat);
	return ERR_OK;
}

void nat_share(struct nat *nat, be32 addr)
{
	u32 idx = nat_address_find(nat, addr);

	if (idx != IDX_NONE)
		nat->address[idx].ours = true;
}

/* ---- the invariants -------------------------------------------------------------------------- */

static void space_check(const struct nat_space *space)
{
	u32 mapped = 0;
	u64 flows = 0;

	for (u32 word = 0; word < NAT_PORT_WORDS; word++) {
		if (space->mapped[word] != 0)
			mapped += u64_count_bits(space->mapped[word]);
		flows += space->flows[word];
	}
	CHECK(mapped == space->mapped_count);
	CHECK(flows == space->flow_count);
	CHECK(space->resting_count <= space->mapped_count);
}

static void mapping_check(const struct nat *nat, u32 idx)
{
	const struct nat_mapping_rec *rec = nat_mapping_at(nat, idx);
	const struct nat_space *space = nat_space_of(nat, rec->address, rec->proto);

	CHECK((space->mapped[rec->public_port / 64] >> (rec->public_port % 64) & 1) != 0);
	CHECK(nat_mapping_by_public(nat, rec->address, rec->public_port, rec->proto) == idx);
	CHECK((nat_mapping_by_inside(nat, rec->inside_addr, rec->inside_port, rec->proto,
				     rec->zone) == idx) == !rec->forsaken);
}

/* Each port that somebody is charged with is a mapping's or a flow's. */
static void holders_check(const struct nat *nat, const struct ct *ct)
{
	u64 held = 0;

	if (nat->subscribers == NULL)
		return;
	for (u32 idx = 0; idx < nat->mapping.cap; idx++)
		held += slab_is_live(&nat->mapping, idx) &&
			nat_mapping_at(nat, idx)->subscriber != IDX_NONE;
	for (u32 idx = 0; idx < ct->conf.flow_count; idx++)
		held += (ct->flow[idx].flags & FLOW_PORT) != 0 &&
			subscriber_of(nat->subscribers, ct, idx) != IDX_NONE;
	CHECK(held == subscriber_port_sum(nat->subscribers));
}

void nat_check(const struct nat *nat, const struct ct *ct)
{
	u64 ports = 0, mapped = 0, held = 0, references = 0, inward = 0;

	for (u32 idx = 0; idx < nat->address_count; idx++) {
		for (u32 kind = 0; kind < NAT_PROTO_COUNT; kind++) {
			space_check(&nat->address[idx].space[kind]);
			ports += nat->address[idx].space[kind].flow_count;
			mapped += nat->address[idx].space[kind].mapped_count;
		}
	}
	CHECK(mapped == nat->mapping.live);
	for (u32 idx = 0; idx < nat->mapping.cap; idx++) {
		if (slab_is_live(&nat->mapping, idx)) {
			mapping_check(nat, idx);
			references += nat_mapping_at(nat, idx)->flow_count;
			inward += nat_mapping_at(nat, idx)->inward_count;
		}
	}
	for (u32 idx = 0; idx < ct->conf.flow_count; idx++) {
		u16 flags = ct->flow[idx].flags;

		held += (flags & FLOW_PORT) != 0;
		references -= (flags & FLOW_MAPPED) != 0;
		references -= (flags & FLOW_MAPPED_DST) != 0;
		inward -= (flags & FLOW_INWARD) != 0;
	}
	CHECK(held == ports);
	CHECK(references == 0);
	CHECK(inward == 0);
	balance_check(&nat->balance, ct);
	holders_check(nat, ct);
}
