/* Records as JSON. */
#include "host/ctl/ctl_records.h"

#include <event2/buffer.h>
#include <inttypes.h>

#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

struct ctl_addr_text ctl_addr_text(be32 addr)
{
	u32 host = be32_host(addr);
	struct ctl_addr_text out;

	evutil_snprintf(out.text, sizeof out.text, "%u.%u.%u.%u", host >> 24, host >> 16 & 255,
			host >> 8 & 255, host & 255);
	return out;
}

struct ctl_addr_text ctl_proto_text(u8 proto)
{
	struct ctl_addr_text out;
	const char *name = ip4_proto_name(proto);

	if (name)
		evutil_snprintf(out.text, sizeof out.text, "%s", name);
	else
		evutil_snprintf(out.text, sizeof out.text, "%u", proto);
	return out;
}

void ctl_put_flags(struct evbuffer *out, u8 flags, u8 mask)
{
	const char *comma = "";

	evbuffer_add_printf(out, mask ? "\"" : "\"none");
	for (u32 bit = 0; bit < 8; bit++) {
		if (!(mask >> bit & 1))
			continue;
		evbuffer_add_printf(out, "%s%s%s", comma, flags >> bit & 1 ? "" : "!",
				    tcp_flag_name(bit));
		comma = ",";
	}
	evbuffer_add_printf(out, "\"");
}

static const char *bool_text(bool value)
{
	return value ? "true" : "false";
}

void ctl_put_string(struct evbuffer *out, const char *text)
{
	evbuffer_add(out, "\"", 1);
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		if (*at < 0x20 || *at > 0x7e)
			evbuffer_add_printf(out, "\\u00%02x", *at);
		else if (*at == '"' || *at == '\\')
			evbuffer_add_printf(out, "\\%c", *at);
		else
			evbuffer_add(out, at, 1);
	}
	evbuffer_add(out, "\"", 1);
}

static void put_icmp_query(struct evbuffer *out, be16 query)
{
	evbuffer_add_printf(out, "\"icmp_type\":%u,\"icmp_code\":%u", be16_host(query) >> 8,
			    be16_host(query) & 255);
}

void ctl_put_dport(struct evbuffer *out, u8 proto, be16 dport)
{
	if (proto == IP_PROTO_ICMP) {
		put_icmp_query(out, dport);
		evbuffer_add_printf(out, ",");
	} else if (proto == 0 || ip4_has_ports(proto)) {
		evbuffer_add_printf(out, "\"dport\":%u,", be16_host(dport));
	}
}

static void put_addrs(struct evbuffer *out, const char *key, const struct sluice_tuple *tuple)
{
	evbuffer_add_printf(out, "\"%s\":{\"src\":\"%s\",\"dst\":\"%s\"", key,
			    ctl_addr_text(tuple->src).text, ctl_addr_text(tuple->dst).text);
}

static void put_tuple(struct evbuffer *out, const char *key, u8 proto,
		      const struct sluice_tuple *tuple)
{
	if (ip4_has_ports(proto)) {
		evbuffer_add_printf(
			out, "\"%s\":{\"src\":\"%s\",\"sport\":%u,\"dst\":\"%s\",\"dport\":%u},",
			key, ctl_addr_text(tuple->src).text, be16_host(tuple->sport),
			ctl_addr_text(tuple->dst).text, be16_host(tuple->dport));
		return;
	}
	put_addrs(out, key, tuple);
	if (proto == IP_PROTO_GRE)
		evbuffer_add_printf(out, ",\"gre_key\":%u", be16_host(tuple->sport));
	evbuffer_add_printf(out, "},");
}

/* The one who asks has the identifier where a port would be, and is asked by type and code. */
static void put_icmp_tuples(struct evbuffer *out, const struct sluice_tuple *orig,
			    const struct sluice_tuple *repl)
{
	put_addrs(out, "orig", orig);
	evbuffer_add_printf(out, ",\"icmp_id\":%u,", be16_host(orig->sport));
	put_icmp_query(out, orig->dport);
	evbuffer_add_printf(out, "},");
	put_addrs(out, "repl", repl);
	evbuffer_add_printf(out, ",\"icmp_id\":%u},", be16_host(repl->dport));
}

void ctl_put_tuples(struct evbuffer *out, u8 proto, const struct sluice_tuple *orig,
		    const struct sluice_tuple *repl)
{
	if (proto == IP_PROTO_ICMP) {
		put_icmp_tuples(out, orig, repl);
		return;
	}
	put_tuple(out, "orig", proto, orig);
	put_tuple(out, "repl", proto, repl);
}

void ctl_put_zone_name(struct evbuffer *out, const struct sluice *s, const char *key, u8 zone)
{
	const char *name = sluice_zone_name(s, zone);

	if (name[0] == 0)
		return;
	evbuffer_add_printf(out, "\"%s\":", key);
	ctl_put_string(out, name);
	evbuffer_add_printf(out, ",");
}

void ctl_put_zone_always(struct evbuffer *out, const struct sluice *s, const char *key, u8 zone)
{
	const char *name = sluice_zone_name(s, zone);

	evbuffer_add_printf(out, "\"%s\":", key);
	ctl_put_string(out, name[0] ? name : "none");
	evbuffer_add_printf(out, ",");
}

void ctl_put_addr(struct evbuffer *out, be32 addr)
{
	evbuffer_add_printf(out, "\"%s\"", ctl_addr_text(addr).text);
}

void ctl_put_flow(struct evbuffer *out, const struct sluice *s, const struct sluice_flow *flow)
{
	evbuffer_add_printf(out,
			    "{\"handle\":\"%016" PRIx64 "\",\"proto\":\"%s\",\"state\":\"%s\",",
			    flow->handle, ctl_proto_text(flow->proto).text, flow->state);
	ctl_put_zone_name(out, s, "zone", flow->zone[0]);
	ctl_put_zone_name(out, s, "reply_zone", flow->zone[1]);
	ctl_put_tuples(out, flow->proto, &flow->orig, &flow->repl);
	evbuffer_add_printf(out,
			    "\"answered\":%s,\"assured\":%s,\"translated\":%s,"
			    "\"endpoint_independent\":%s,%s\"idle_ms\":%u,\"expires_ms\":%u,",
			    bool_text(flow->answered), bool_text(flow->assured),
			    bool_text(flow->translated), bool_text(flow->endpoint_independent),
			    flow->accelerated ? "\"accelerated\":true," : "", flow->idle_ms,
			    flow->expires_ms);
	evbuffer_add_printf(out,
			    "\"packets\":[%" PRIu64 ",%" PRIu64 "],"
			    "\"bytes\":[%" PRIu64 ",%" PRIu64 "]}",
			    flow->packets[0], flow->packets[1], flow->bytes[0], flow->bytes[1]);
}

void ctl_put_mapping(struct evbuffer *out, const struct sluice *s,
		     const struct sluice_mapping *mapping)
{
	const char *ident = mapping->proto == IP_PROTO_ICMP ? "icmp_id" : "port";

	evbuffer_add_printf(out, "{");
	ctl_put_zone_name(out, s, "zone", mapping->zone);
	evbuffer_add_printf(
		out,
		"\"proto\":\"%s\",\"inside_addr\":\"%s\",\"inside_%s\":%u,"
		"\"public_addr\":\"%s\",\"public_%s\":%u,\"flows\":%u,\"idle_ms\":%u}",
		ctl_proto_text(mapping->proto).text, ctl_addr_text(mapping->inside_addr).text,
		ident, be16_host(mapping->inside_port), ctl_addr_text(mapping->public_addr).text,
		ident, be16_host(mapping->public_port), mapping->flow_count, mapping->idle_ms);
}

void ctl_put_ports(struct evbuffer *out, const struct sluice_ports *ports)
{
	evbuffer_add_printf(
		out,
		"{\"public_addr\":\"%s\",\"proto\":\"%s\",\"ports\":%u,\"mapped\":%u,"
		"\"resting\":%u,\"flows\":%" PRIu64 ",\"refused\":%" PRIu64 "}",
		ctl_addr_text(ports->public_addr).text,
		ports->proto == IP_PROTO_SCTP ? "other" : ctl_proto_text(ports->proto).text,
		ports->port_count, ports->mapped, ports->resting, ports->flows, ports->refused);
}

void ctl_put_dest(struct evbuffer *out, const struct sluice_dest *dest)
{
	evbuffer_add_printf(out, "{\"public_addr\":\"%s\",\"proto\":\"%s\",\"dst\":\"%s\",",
			    ctl_addr_text(dest->public_addr).text, ctl_proto_text(dest->proto).text,
			    ctl_addr_text(dest->dst).text);
	ctl_put_dport(out, dest->proto, dest->dport);
	evbuffer_add_printf(out, "\"used\":%u,\"left\":%u,\"exact\":%s}", dest->used, dest->left,
			    bool_text(dest->exact));
}

void ctl_put_backend(struct evbuffer *out, const struct sluice *s,
		     const struct sluice_backend *backend)
{
	evbuffer_add_printf(out, "{");
	ctl_put_zone_name(out, s, "zone", backend->zone);
	evbuffer_add_printf(out, "\"service\":");
	ctl_put_string(out, backend->service);
	evbuffer_add_printf(out,
			    ",\"addr\":\"%s\",\"port\":%u,\"state\":\"%s\",\"weight\":%u,"
			    "\"share\":%u,\"left_ms\":%u,\"ordered\":%s,",
			    ctl_addr_text(backend->addr).text, backend->port, backend->state,
			    backend->weight, backend->share, backend->left_ms,
			    bool_text(backend->ordered));
	evbuffer_add_printf(out,
			    "\"flows\":%" PRIu64 ",\"made\":%" PRIu64 ",\"moved\":%" PRIu64
			    ",\"reset\":%" PRIu64 ",\"checks\":%" PRIu64
			    ",\"checks_failed\":%" PRIu64 "}",
			    backend->flows, backend->made, backend->moved, backend->reset,
			    backend->checks, backend->checks_failed);
}

void ctl_put_service(struct evbuffer *out, const struct sluice *s,
		     const struct sluice_service *service)
{
	evbuffer_add_printf(out, "{");
	ctl_put_zone_name(out, s, "zone", service->zone);
	evbuffer_add_printf(out, "\"service\":");
	ctl_put_string(out, service->name);
	evbuffer_add_printf(out,
			    ",\"addr\":\"%s\",\"proto\":\"%s\",\"port_first\":%u,"
			    "\"port_last\":%u,\"method\":\"%s\",\"backends\":%u,\"up\":%u,",
			    ctl_addr_text(service->addr).text,
			    service->proto ? ctl_proto_text(service->proto).text : "any",
			    service->port_first, service->port_last, service->method,
			    service->backends, service->up);
	evbuffer_add_printf(out,
			    "\"flows\":%" PRIu64 ",\"made\":%" PRIu64 ",\"refused\":%" PRIu64
			    ",\"moved\":%" PRIu64 ",\"reset\":%" PRIu64 "}",
			    service->flows, service->made, service->refused, service->moved,
			    service->reset);
}

void ctl_put_subscriber(struct evbuffer *out, const struct sluice *s,
			const struct sluice_subscriber *subscriber)
{
	evbuffer_add_printf(out, "{");
	ctl_put_zone_name(out, s, "zone", subscriber->zone);
	evbuffer_add_printf(out, "\"subscriber\":\"%s/%u\",\"flows\":%u,\"ports\":%u,",
			    ctl_addr_text(subscriber->addr).text, subscriber->prefix_len,
			    subscriber->flows, subscriber->ports);
	evbuffer_add_printf(out, "\"flow_limit\":%u,\"port_limit\":%u,\"rate_limit\":%u,",
			    subscriber->flow_limit, subscriber->port_limit, subscriber->rate_limit);
	evbuffer_add_printf(out,
			    "\"refused_flows\":%" PRIu64 ",\"refused_ports\":%" PRIu64
			    ",\"refused_rate\":%" PRIu64 "}",
			    subscriber->refused_flows, subscriber->refused_ports,
			    subscriber->refused_rate);
}

void ctl_put_iface_name(struct evbuffer *out, const struct iface_table *ifaces, u64 index)
{
	if (index < ifaces->count)
		ctl_put_string(out, ifaces->iface[index].conf.name);
	else
		evbuffer_add_printf(out, "null");
}

static const char *route_type(enum fib_type type)
{
	static const char *const names[FIB_TYPE_COUNT] = {
		[FIB_NONE] = "unreachable",    [FIB_UNICAST] = "unicast",
		[FIB_LOCAL] = "local",         [FIB_BROADCAST] = "broadcast",
		[FIB_MULTICAST] = "multicast", [FIB_BLACKHOLE] = "blackhole",
		[FIB_PROHIBIT] = "prohibit",
	};

	return type < FIB_TYPE_COUNT && names[type] ? names[type] : "unknown";
}

void ctl_put_route(struct evbuffer *out, const struct sluice *s,
		   const struct sluice_route_info *route)
{
	evbuffer_add_printf(out, "{");
	ctl_put_zone_name(out, s, "zone", route->zone);
	evbuffer_add_printf(out, "\"prefix\":\"%s/%u\",\"type\":\"%s\",",
			    ctl_addr_text(route->prefix).text, route->prefix_len,
			    route_type(route->route.type));
	if (route->source != NULL)
		evbuffer_add_printf(out, "\"source\":\"%s\",\"distance\":%u,\"metric\":%u,",
				    route->source, route->distance, route->metric);
	evbuffer_add_printf(out, "\"paths\":[");
	for (u32 i = 0; i < u32_min(route->route.path_count, FIB_PATHS_MAX); i++) {
		const struct fib_path *path = &route->route.path[i];

		evbuffer_add_printf(out, i ? ",{" : "{");
		if (path->gateway.raw)
			evbuffer_add_printf(out, "\"gateway\":\"%s\",",
					    ctl_addr_text(path->gateway).text);
		evbuffer_add_printf(out, "\"interface\":");
		ctl_put_iface_name(out, sluice_ifaces(s), path->out_if);
		evbuffer_add_printf(out, ",\"weight\":%u}", path->weight);
	}
	evbuffer_add_printf(out, "]}");
}

static void put_mac(struct evbuffer *out, const struct mac *mac)
{
	evbuffer_add_printf(out, "\"mac\":\"%02x:%02x:%02x:%02x:%02x:%02x\"", mac->byte[0],
			    mac->byte[1], mac->byte[2], mac->byte[3], mac->byte[4], mac->byte[5]);
}

static void put_offloads(struct evbuffer *out, u32 offloads)
{
	static const struct {
		u32 bit;
		const char *name;
	} names[] = { { IFACE_TX_CSUM, "checksum" },
		      { IFACE_TX_TSO, "tso" },
		      { IFACE_TX_USO, "uso" } };
	const char *comma = "";

	evbuffer_add_printf(out, "\"offloads\":[");
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		if (offloads & names[i].bit) {
			evbuffer_add_printf(out, "%s\"%s\"", comma, names[i].name);
			comma = ",";
		}
	}
	evbuffer_add_printf(out, "],");
}

static void put_losses(struct evbuffer *out, const struct iface_losses *losses)
{
	evbuffer_add_printf(out,
			    "\"rx_lost\":%" PRIu64 ",\"rx_no_packet\":%" PRIu64
			    ",\"rx_vlan\":%" PRIu64 ",\"rx_bad\":%" PRIu64 ",\"tx_full\":%" PRIu64
			    ",\"tx_refused\":%" PRIu64 "}",
			    losses->rx_lost, losses->rx_no_packet, losses->rx_vlan, losses->rx_bad,
			    losses->tx_full, losses->tx_refused);
}

void ctl_put_zone(struct evbuffer *out, const struct sluice *s, const struct sluice_zone *zone)
{
	const struct iface_table *ifaces = sluice_ifaces(s);
	bool first = true;

	evbuffer_add_printf(out, "{\"zone\":");
	ctl_put_string(out, zone->name[0] ? zone->name : "none");
	evbuffer_add_printf(out, ",\"flows\":%u,\"routes\":%u,\"interfaces\":[", zone->flows,
			    zone->routes);
	for (u32 i = 0; i < ifaces->count; i++) {
		if (ifaces->iface[i].conf.zone != zone->zone)
			continue;
		if (!first)
			evbuffer_add_printf(out, ",");
		first = false;
		ctl_put_string(out, ifaces->iface[i].conf.name);
	}
	evbuffer_add_printf(out, "]}");
}

void ctl_put_iface(struct evbuffer *out, const struct iface *iface)
{
	const struct iface_conf *conf = &iface->conf;

	evbuffer_add_printf(out, "{\"name\":");
	ctl_put_string(out, conf->name);
	if (conf->zone_name[0]) {
		evbuffer_add_printf(out, ",\"zone\":");
		ctl_put_string(out, conf->zone_name);
	}
	evbuffer_add_printf(out, ",\"side\":\"%s\",\"link\":\"%s\",\"up\":%s,\"mtu\":%u,",
			    conf->side == IFACE_INSIDE ? "inside" : "outside",
			    conf->link == IFACE_ETHERNET ? "ethernet" : "raw-ip",
			    bool_text(iface->up), conf->mtu);
	evbuffer_add_printf(out,
			    "\"state\":\"%s\",\"link_downs\":%u,\"times_gone\":%u,"
			    "\"times_retaken\":%u,",
			    iface_state_name(iface), iface->link_stats.downs,
			    iface->link_stats.goes, iface->link_stats.takes);
	if (conf->link == IFACE_ETHERNET) {
		put_mac(out, &conf->mac);
		evbuffer_add_printf(out, ",");
	}
	put_offloads(out, conf->offloads);
	evbuffer_add_printf(out, "\"addresses\":[");
	for (u32 i = 0; i < u32_min(conf->addr_count, IFACE_ADDR_MAX); i++)
		evbuffer_add_printf(out, "%s{\"addr\":\"%s/%u\",\"host\":%s}", i ? "," : "",
				    ctl_addr_text(conf->addr[i].addr).text,
				    conf->addr[i].prefix_len, bool_text(conf->addr[i].host));
	evbuffer_add_printf(out,
			    "],\"rx_packets\":%" PRIu64 ",\"rx_bytes\":%" PRIu64
			    ",\"tx_packets\":%" PRIu64 ",\"tx_bytes\":%" PRIu64 ",",
			    iface->stats.rx_packets, iface->stats.rx_bytes, iface->stats.tx_packets,
			    iface->stats.tx_bytes);
	put_losses(out, &iface->losses);
}

static const char *neigh_word(u8 state)
{
	static const char *const names[NEIGH_STATE_COUNT] = {
		[NEIGH_FREE] = "free",
		[NEIGH_IDLE] = "idle",
		[NEIGH_INCOMPLETE] = "incomplete",
		[NEIGH_REACHABLE] = "reachable",
		[NEIGH_PROBE] = "probe",
		[NEIGH_FAILED] = "failed",
		[NEIGH_PERMANENT] = "permanent",
	};

	return state < NEIGH_STATE_COUNT && names[state] ? names[state] : "unknown";
}

void ctl_put_neigh(struct evbuffer *out, const struct iface_table *ifaces,
		   const struct neigh_info *neigh, ns_t now)
{
	evbuffer_add_printf(out,
			    "{\"addr\":\"%s\",\"interface\":", ctl_addr_text(neigh->addr).text);
	ctl_put_iface_name(out, ifaces, neigh->out_if);
	evbuffer_add_printf(out, ",\"state\":\"%s\",", neigh_word(neigh->state));
	if (neigh->mac_known) {
		put_mac(out, &neigh->mac);
		evbuffer_add_printf(out, ",");
	}
	if (neigh->confirmed_ns && neigh->confirmed_ns <= now)
		evbuffer_add_printf(out, "\"confirmed_ms\":%" PRIu64 ",",
				    (now - neigh->confirmed_ns) / NS_PER_MS);
	evbuffer_add_printf(out, "\"used\":%s,\"waiting\":%u}", bool_text(neigh->used),
			    neigh->queue_count);
}

void ctl_put_counter(struct evbuffer *out, const struct sluice_counter *counter)
{
	evbuffer_add_printf(out, "{\"name\":");
	ctl_put_string(out, counter->name);
	evbuffer_add_printf(out, ",\"count\":%" PRIu64, counter->count);
	if (counter->sentence) {
		evbuffer_add_printf(out, ",\"sentence\":");
		ctl_put_string(out, counter->sentence);
	}
	if (counter->law) {
		evbuffer_add_printf(out, ",\"law\":");
		ctl_put_string(out, counter->law);
	}
	evbuffer_add_printf(out, "}");
}

void ctl_put_mem_row(struct evbuffer *out, const struct mem_row *row)
{
	evbuffer_add_printf(out, "{\"name\":");
	ctl_put_string(out, row->name);
	evbuffer_add_printf(out, ",\"count\":%" PRIu64 ",\"bytes\":%" PRIu64 "}", row->count,
			    row->bytes);
}
