/* Which protocols share ports or identifiers, and what they are called. */
#include "core/base/check.h"
#include "core/nat/nat_conf.h"

const char *nat_proto_name(enum nat_proto proto)
{
	static const char *const names[NAT_PROTO_COUNT] = { "tcp", "udp", "icmp", "other" };

	CHECK(proto < NAT_PROTO_COUNT);
	return names[proto];
}
