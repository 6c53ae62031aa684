/* Which protocols share ports or identifiers, and what they are called. */
#include "core/base/check.h"
#include "core/nat/nat_conf.h"
#include "core/wire/ip4.h"

const char *nat_proto_name(enum nat_proto proto)
{
	static const char *const names[NAT_PROTO_COUNT] = { "tcp", "udp", "icmp", "other" };

	CHECK(proto < NAT_PROTO_COUNT);
	return names[proto];
}

/* SCTP, DCCP and UDP-Lite share one space: they are few, and a port that two of them could have had
 * is no loss.                                                                                    */
int nat_proto_of(u8 proto)
{
	switch (proto) {
	case IP_PROTO_TCP: return NAT_PROTO_TCP;
	case IP_PROTO_UDP: return NAT_PROTO_UDP;
	case IP_PROTO_ICMP: return NAT_PROTO_ICMP;
	case IP_PROTO_SCTP:
	case IP_PROTO_DCCP:
	case IP_PROTO_UDPLITE: return NAT_PROTO_OTHER;
	default: return -1;
	}
}
