/* Which protocols share ports or identifiers, and what they are called. */
#include "core/base/check.h"
#include "core/nat/nat_conf.h"

const u8 nat_proto_plus_one[256] = {
	[IP_PROTO_TCP] = NAT_PROTO_TCP + 1,
	[IP_PROTO_UDP] = NAT_PROTO_UDP + 1,
	[IP_PROTO_ICMP] = NAT_PROTO_ICMP + 1,
	[IP_PROTO_SCTP] = NAT_PROTO_OTHER + 1,
	[IP_PROTO_DCCP] = NAT_PROTO_OTHER + 1,
	[IP_PROTO_UDPLITE] = NAT_PROTO_OTHER + 1,
};

const char *nat_proto_name(enum nat_proto proto)
{
	static const char *const names[NAT_PROTO_COUNT] = { "tcp", "udp", "icmp", "other" };

	CHECK(proto < NAT_PROTO_COUNT);
	return names[proto];
}
