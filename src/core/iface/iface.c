/* Interfaces: what is configured, and questions about addresses. */
#include "core/base/text.h"
#include "core/iface/iface.h"
#include "core/base/check.h"
#include "core/wire/ip4.h"

static bool name_is_good(const char name[IFACE_NAME_SIZE])
{
	u32 len = 0;

	while (len < IFACE_NAME_SIZE && name[len] != '\0')
		len++;
	return len > 0 && len < IFACE_NAME_SIZE;
}

static bool addr_is_good(const struct iface_addr *addr)
{
	return addr->prefix_len <= 32 && !ip4_is_zeronet(addr->addr) &&
	       !ip4_is_multicast(addr->addr) && !ip4_is_class_e(addr->addr);
}

static bool conf_is_good(const struct iface_conf *conf)
{
	if (!name_is_good(conf->name) || conf->mtu < IP4_MTU_MIN)
		return false;
	if (conf->link != IFACE_ETHERNET && conf->link != IFACE_RAW_IP)
		return false;
	if (conf->source_check > IFACE_SOURCE_HERE)
		return false;
	if (conf->link == IFACE_ETHERNET && mac_is_group(&conf->mac))
		return false;
	if (conf->addr_count > IFACE_ADDR_MAX || (conf->mss > 0 && conf->mss < IFACE_MSS_MIN))
		return false;
	for (u32 i = 0; i < conf->addr_count; i++) {
		if (!addr_is_good(&conf->addr[i]))
			return false;
	}
	return true;
}

static bool name_is_taken(const struct iface_conf *conf, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		if (text_equal(conf[i].name, conf[count].name, IFACE_NAME_SIZE))
			return true;
	}
	return false;
}

enum err iface_init(struct iface_table *table, const struct iface_conf *conf, u32 count)
{
	memset(table, 0, sizeof *table);
	if (count > IFACE_MAX)
		return ERR_RANGE;
	for (u32 i = 0; i < count; i++) {
		if (!conf_is_good(&conf[i]) || name_is_taken(conf, i))
			return ERR_RANGE;
	}
	for (u32 i = 0; i < count; i++) {
		table->iface[i].conf = conf[i];
		table->iface[i].up = true;
	}
	table->count = count;
	return ERR_OK;
}

bool iface_find_addr(const struct iface_table *table, u8 zone, be32 addr, u16 *index)
{
	for (u32 i = 0; i < table->count; i++) {
		const struct iface_conf *conf = &table->iface[i].conf;

		for (u32 j = 0; j < conf->addr_count && conf->zone == zone; j++) {
			if (be32_eq(conf->addr[j].addr, addr)) {
				*index = (u16)i;
				return true;
			}
		}
	}
	return false;
}

static bool net_holds(const struct iface_addr *own, be32 addr)
{
	u32 differ = be32_host(own->addr) ^ be32_host(addr);

	return (differ & ip4_mask(own->prefix_len)) == 0;
}

bool iface_source_for(const struct iface *iface, be32 dst, be32 *source)
{
	const struct iface_conf *conf = &iface->conf;
	const struct iface_addr *best = NULL;

	if (conf->addr_count == 0)
		return false;
	for (u32 i = 0; i < conf->addr_count; i++) {
		const struct iface_addr *own = &conf->addr[i];

		if (net_holds(own, dst) &&
		    (best == NULL || own->prefix_len > best->prefix_len))
			best = own;
	}
	*source = best != NULL ? best->addr : conf->addr[0].addr;
	return true;
}

bool iface_same_net(const struct iface *iface, be32 a, be32 b)
{
	for (u32 i = 0; i < iface->conf.addr_count; i++) {
		if (net_holds(&iface->conf.addr[i], a) && net_holds(&iface->conf.addr[i], b))
			return true;
	}
	return false;
}

bool iface_is_broadcast(const struct iface *iface, be32 addr)
{
	const struct iface_conf *conf = &iface->conf;
	u32 host = be32_host(addr);

	for (u32 i = 0; i < conf->addr_count; i++) {
		u32 mask = ip4_mask(conf->addr[i].prefix_len);
		u32 low = host & ~mask;

		/* RFC 3021: a /31 has no broadcast address. */
		if (conf->addr[i].prefix_len >= 31)
			continue;
		if (((host ^ be32_host(conf->addr[i].addr)) & mask) == 0 &&
		    (low == 0 || low == ~mask))
			return true;
	}
	return false;
}

const char *iface_zone_name(const struct iface_table *table, u8 zone)
{
	for (u32 at = 0; at < table->count; at++) {
		if (table->iface[at].conf.zone == zone)
			return table->iface[at].conf.zone_name;
	}
	return "";
}

const char *iface_state_name(const struct iface *iface)
{
	if (iface->gone)
		return "gone";
	return iface->up ? "up" : "down";
}
