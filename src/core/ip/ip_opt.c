/* IPv4 options (RFC 791 section 3.1, RFC 1812 4.2.2.1 and 5.2.4, RFC 2113).
 *
 * An option that is malformed is refused with a pointer to the octet that is wrong, as parameter
 * problem wants it (RFC 792). Source routes are refused always: they exist to go around filters.
 * Options that nobody knows pass (RFC 1812 4.2.2.6). Inside record route and timestamp a pointer
 * counts from 1 at the option's first octet.                                                     */
#include "core/ip/ip_opt.h"
#include "core/ip/ip.h"

enum timestamp_flag { TS_ONLY = 0, TS_WITH_ADDR = 1, TS_PRESPECIFIED = 3 };

enum {
	ROUTE_HLEN = 3,
	ROUTE_POINTER_MIN = 4,
	TS_HLEN = 4,
	TS_POINTER_MIN = 5,
	TS_OVERFLOW_MAX = 15,
	ROUTER_ALERT_LEN = 4,
	SEEN_ROUTE = 1 << 0,
	SEEN_TS = 1 << 1,
};

#define OPTION_GOOD UINT32_MAX

/* Each of these answers with the offset of the wrong octet in the option, or OPTION_GOOD. */
static u32 route_fault(const u8 *opt, u32 len)
{
	if (len < ROUTE_HLEN)
		return 1;
	if (opt[2] < ROUTE_POINTER_MIN)
		return 2;
	if (opt[2] <= len && opt[2] + 3u > len)
		return 2;
	return OPTION_GOOD;
}

/* Bytes of one entry of a timestamp option; 0 for a flag that is not defined. */
static u32 ts_entry_len(u8 flag)
{
	if (flag == TS_ONLY)
		return 4;
	return flag == TS_WITH_ADDR || flag == TS_PRESPECIFIED ? 8 : 0;
}

static u32 ts_fault(const u8 *opt, u32 len)
{
	u8 flag;
	u32 entry_len;

	if (len < TS_HLEN)
		return 1;
	if (opt[2] < TS_POINTER_MIN)
		return 2;
	flag = opt[3] & 0x0f;
	entry_len = ts_entry_len(flag);
	if (entry_len == 0)
		return 3;
	if (opt[2] <= len)
		return opt[2] + entry_len - 1 > len ? 2 : OPTION_GOOD;
	/* Full, and the count of those who found it full can not grow any more. */
	if (flag != TS_PRESPECIFIED && opt[3] >> 4 == TS_OVERFLOW_MAX)
		return 3;
	return OPTION_GOOD;
}

static u32 option_fault(const u8 *opt, u32 len, u32 *seen)
{
	u32 bit = opt[0] == IP_OPT_RECORD_ROUTE ? SEEN_ROUTE
		  : opt[0] == IP_OPT_TIMESTAMP  ? SEEN_TS
						: 0;

	if ((*seen & bit) != 0)
		return 0; /* each may appear at most once */
	*seen |= bit;
	if (opt[0] == IP_OPT_RECORD_ROUTE)
		return route_fault(opt, len);
	if (opt[0] == IP_OPT_TIMESTAMP)
		return ts_fault(opt, len);
	if (opt[0] == IP_OPT_ROUTER_ALERT && len < ROUTER_ALERT_LEN)
		return 1;
	return OPTION_GOOD;
}

verdict ip_check_options(struct drop_stats *stats, struct pkt *pkt)
{
	const u8 *header = pkt_l3(pkt);
	u32 hlen = ip4_hlen((const struct ip4_hdr *)header);
	u32 seen = 0;
	u32 len, fault;

	for (u32 at = IP4_HLEN_MIN; at < hlen; at += len) {
		const u8 *opt = header + at;

		if (opt[0] == IP_OPT_END)
			break;
		len = ip_option_len(opt, hlen - at);
		if (len == 0)
			return pkt_drop_arg(stats, pkt, DROP_IP_OPTIONS, at);
		if (ip_option_is_source_route(opt[0]))
			return pkt_drop(stats, pkt, DROP_IP_SOURCE_ROUTE);
		fault = option_fault(opt, len, &seen);
		if (fault != OPTION_GOOD)
			return pkt_drop_arg(stats, pkt, DROP_IP_OPTIONS, at + fault);
	}
	return VERDICT_ACCEPT;
}

bool ip_has_source_route(const struct ip4_hdr *ip)
{
	const u8 *header = (const u8 *)ip;
	u32 hlen = ip4_hlen(ip);
	u32 len;

	for (u32 at = IP4_HLEN_MIN; at < hlen && header[at] != IP_OPT_END; at += len) {
		if (ip_option_is_source_route(header[at]))
			return true;
		len = ip_option_len(header + at, hlen - at);
		if (len == 0)
			return false;
	}
	return false;
}

static void route_fill(u8 *opt, u32 len, be32 addr)
{
	if (opt[2] + 3u > len)
		return; /* full: forwarded as it is */
	be32_store(opt + opt[2] - 1, addr);
	opt[2] = (u8)(opt[2] + 4);
}

static void ts_fill(u8 *opt, u32 len, be32 addr, u32 ms_since_midnight)
{
	u8 flag = opt[3] & 0x0f;
	u32 entry_len = ts_entry_len(flag);
	u8 *entry;

	if (opt[2] + entry_len - 1 > len) {
		if (flag != TS_PRESPECIFIED)
			opt[3] = (u8)(opt[3] + 0x10);
		return;
	}
	entry = opt + opt[2] - 1;
	if (flag == TS_PRESPECIFIED && !be32_eq(be32_load(entry), addr))
		return;
	if (flag == TS_WITH_ADDR)
		be32_store(entry, addr);
	be32_store(entry + entry_len - 4, be32_of(ms_since_midnight));
	opt[2] = (u8)(opt[2] + entry_len);
}

void ip_fill_options(struct pkt *pkt, be32 addr, u32 ms_since_midnight)
{
	u8 *header = pkt_l3(pkt);
	u32 hlen = ip4_hlen((const struct ip4_hdr *)header);
	u32 len;

	for (u32 at = IP4_HLEN_MIN; at < hlen; at += len) {
		u8 *opt = header + at;

		len = ip_option_len(opt, hlen - at);
		if (len == 0 || opt[0] == IP_OPT_END)
			break;
		if (opt[0] == IP_OPT_RECORD_ROUTE)
			route_fill(opt, len, addr);
		else if (opt[0] == IP_OPT_TIMESTAMP)
			ts_fill(opt, len, addr, ms_since_midnight);
	}
	if (hlen > IP4_HLEN_MIN)
		ip_set_csum((struct ip4_hdr *)header);
}
