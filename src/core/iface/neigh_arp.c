/* ARP messages: made, read, answered (RFC 826).
 *
 * Believed is: any message updates the entry of its sender if there is one; a request for one of
 * our addresses makes one, if the sender is on the link. An entry made that way is IDLE: it costs
 * its forger nothing to be let go first, and its first use asks again. Nothing is believed of
 * senders that claim a group address (RFC 1812 section 3.3.2).                                  */
#include "core/iface/neigh_part.h"
#include "core/wire/ip4.h"

static void arp_write(const struct neigh_table *table, struct pkt *pkt, const struct neigh_msg *msg,
		      u16 op)
{
	const struct mac *own = &neigh_iface(table, msg->ifidx)->conf.mac;
	struct eth_hdr eth = { msg->link_dst, *own, be16_of(ETH_TYPE_ARP) };
	struct arp_hdr arp = {
		.htype = be16_of(ARP_HTYPE_ETHERNET),
		.ptype = be16_of(ETH_TYPE_IP4),
		.hlen = ETH_ALEN,
		.plen = 4,
		.op = be16_of(op),
		.sha = *own,
		.spa = msg->spa,
		.tpa = msg->tpa,
	};

	if (op == ARP_REPLY)
		arp.tha = msg->link_dst;
	CHECK(pkt->l3 >= ETH_HLEN);
	memcpy(pkt_l3(pkt), &arp, sizeof arp);
	pkt->l2 = (u16)(pkt->l3 - ETH_HLEN);
	pkt->len = ARP_LEN;
	memcpy(pkt_frame(pkt), &eth, sizeof eth);
	pkt->in_if = IFACE_NONE;
	pkt->out_if = msg->ifidx;
	pkt->nexthop = NEXTHOP_NONE;
	pkt->flags = 0;
	pkt->gso_type = GSO_NONE;
}

bool neigh_send(struct neigh_table *table, const struct neigh_msg *msg, struct batch *out)
{
	struct pkt *pkt;

	if (!neigh_iface(table, msg->ifidx)->up)
		return false;
	pkt = out->count < BATCH_MAX ? pkt_new(table->pool, ARP_LEN) : NULL;
	if (pkt == NULL) {
		table->stats.no_buffer++;
		return false;
	}
	arp_write(table, pkt, msg, ARP_REQUEST);
	return batch_add(out, pkt);
}

/* The address to ask with: as iface_source_for, but only one that is ours beyond doubt, since a
 * question spreads it (RFC 5227 section 1.1). An interface without any asks from 0.0.0.0.       */
static bool neigh_source(const struct neigh_table *table, u16 ifidx, be32 dst, be32 *source)
{
	const struct iface_conf *conf = &neigh_iface(table, ifidx)->conf;
	const struct iface_addr *best = NULL;
	bool matched = false;

	*source = (be32){ 0 };
	for (u32 i = 0; i < conf->addr_count; i++) {
		const struct iface_addr *own = &conf->addr[i];
		u32 differ = (be32_host(own->addr) ^ be32_host(dst)) & ip4_mask(own->prefix_len);
		bool better = differ == 0 && (!matched || own->prefix_len > best->prefix_len);

		if (!neigh_own_is_ready(table, ifidx, i) || (best != NULL && !better))
			continue;
		best = own;
		matched = differ == 0;
	}
	if (best != NULL)
		*source = best->addr;
	return best != NULL || conf->addr_count == 0;
}

void neigh_ask(struct neigh_table *table, u16 idx, bool unicast, struct batch *out)
{
	const struct neigh *neigh = neigh_at(table, idx);
	struct neigh_msg msg = {
		.ifidx = neigh->out_if,
		.link_dst = MAC_BROADCAST,
		.tpa = neigh->addr,
	};

	if (unicast)
		memcpy(&msg.link_dst, neigh->link, ETH_ALEN);
	if (neigh_source(table, neigh->out_if, neigh->addr, &msg.spa) &&
	    neigh_send(table, &msg, out))
		table->stats.requests_sent++;
}

enum err neigh_set_proxy(struct neigh_table *table, u16 ifidx, be32 prefix, u8 len)
{
	if (ifidx >= table->ifaces->count || len > 32 ||
	    (be32_host(prefix) & ~ip4_mask(len)) != 0)
		return ERR_RANGE;
	if (table->proxy_count == NEIGH_PROXY_MAX)
		return ERR_FULL;
	table->proxy[table->proxy_count++] = (struct neigh_proxy){ prefix, ifidx, len };
	return ERR_OK;
}

void neigh_clear_proxies(struct neigh_table *table)
{
	table->proxy_count = 0;
}

static bool neigh_is_proxied(const struct neigh_table *table, u16 ifidx, be32 addr)
{
	for (u32 i = 0; i < table->proxy_count; i++) {
		const struct neigh_proxy *proxy = &table->proxy[i];
		u32 differ = be32_host(proxy->prefix) ^ be32_host(addr);

		if (proxy->iface == ifidx && (differ & ip4_mask(proxy->len)) == 0)
			return true;
	}
	return false;
}

/* The index of an address among those of its interface, addr_count when it is none of them. */
static u32 own_index(const struct iface_conf *conf, be32 addr)
{
	u32 index = 0;

	while (index < conf->addr_count && !be32_eq(conf->addr[index].addr, addr))
		index++;
	return index;
}

bool neigh_owns(const struct neigh_table *table, u16 ifidx, be32 addr)
{
	const struct iface_conf *conf = &neigh_iface(table, ifidx)->conf;
	u32 index = own_index(conf, addr);

	if (index < conf->addr_count)
		return !conf->addr[index].host && neigh_own_is_ready(table, ifidx, index);
	return neigh_is_proxied(table, ifidx, addr);
}

static bool arp_is_good(const struct arp_hdr *arp)
{
	u16 op = be16_host(arp->op);

	if (be16_host(arp->htype) != ARP_HTYPE_ETHERNET || be16_host(arp->ptype) != ETH_TYPE_IP4)
		return false;
	if (arp->hlen != ETH_ALEN || arp->plen != 4 || (op != ARP_REQUEST && op != ARP_REPLY))
		return false;
	if (mac_is_group(&arp->sha) || mac_is_zero(&arp->sha))
		return false;
	if (be32_host(arp->spa) == 0)
		return op == ARP_REQUEST;
	return !ip4_is_multicast(arp->spa) && !ip4_is_class_e(arp->spa) &&
	       !ip4_is_loopback(arp->spa);
}

static bool addr_is_on_link(const struct iface_conf *conf, be32 addr)
{
	for (u32 i = 0; i < conf->addr_count; i++) {
		u32 differ = be32_host(conf->addr[i].addr) ^ be32_host(addr);

		if ((differ & ip4_mask(conf->addr[i].prefix_len)) == 0)
			return true;
	}
	return false;
}

/* What the message says of its sender, who is none of us. */
static void neigh_hear(struct neigh_table *table, u16 ifidx, const struct arp_hdr *arp, ns_t now,
		       struct batch *out)
{
	const struct iface *iface = neigh_iface(table, ifidx);
	u16 idx = neigh_find(table, ifidx, arp->spa);
	bool for_us = be16_host(arp->op) == ARP_REQUEST && neigh_owns(table, ifidx, arp->tpa);

	if (be32_host(arp->spa) == 0)
		return;
	if (idx == NEXTHOP_NONE) {
		if (!for_us || !addr_is_on_link(&iface->conf, arp->spa) ||
		    iface_is_broadcast(iface, arp->spa))
			return;
		idx = neigh_make(table, ifidx, arp->spa, now);
		if (idx == NEXTHOP_NONE)
			return;
	}
	neigh_learn(table, idx, &arp->sha, now, out);
}

static bool neigh_answer(struct neigh_table *table, struct pkt *pkt, const struct arp_hdr *arp,
			 struct batch *out)
{
	struct neigh_msg msg = { pkt->in_if, arp->sha, arp->tpa, arp->spa };

	if (be16_host(arp->op) != ARP_REQUEST || be32_eq(arp->spa, arp->tpa) ||
	    !neigh_owns(table, pkt->in_if, arp->tpa))
		return false;
	if (out->count == BATCH_MAX) {
		table->stats.no_buffer++;
		return false;
	}
	arp_write(table, pkt, &msg, ARP_REPLY);
	table->stats.replies_sent++;
	return batch_add(out, pkt);
}

verdict neigh_in(struct neigh_table *table, struct drop_stats *stats, struct pkt *pkt, ns_t now,
		 struct batch *out)
{
	const struct iface *iface = neigh_iface(table, pkt->in_if);
	u16 ifidx = pkt->in_if;
	struct arp_hdr arp;

	if (pkt->len < ARP_LEN || pkt->l3 < ETH_HLEN ||
	    iface->conf.link != IFACE_ETHERNET)
		return pkt_drop(stats, pkt, DROP_ARP_MALFORMED);
	memcpy(&arp, pkt_l3(pkt), sizeof arp);
	if (!arp_is_good(&arp))
		return pkt_drop(stats, pkt, DROP_ARP_MALFORMED);
	if (be16_host(arp.op) == ARP_REQUEST)
		table->stats.requests_received++;
	else
		table->stats.replies_received++;
	/* Our own messages come back on some links. */
	if (!mac_eq(&arp.sha, &iface->conf.mac)) {
		bool claimed = neigh_own_heard(table, ifidx, &arp, now, out);

		if (neigh_answer(table, pkt, &arp, out)) {
			if (!claimed)
				neigh_hear(table, ifidx, &arp, now, out);
			return VERDICT_STOLEN;
		}
		if (!claimed)
			neigh_hear(table, ifidx, &arp, now, out);
	}
	pkt_put(pkt);
	return VERDICT_STOLEN;
}
