/* Protocols that have a name, and flags of TCP. */
#include "core/base/check.h"
#include "core/base/text.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

static const struct {
	const char *name;
	u8 proto;
} protos[] = {
	{ "icmp", IP_PROTO_ICMP }, { "tcp", IP_PROTO_TCP }, { "udp", IP_PROTO_UDP },
	{ "dccp", IP_PROTO_DCCP }, { "gre", IP_PROTO_GRE }, { "sctp", IP_PROTO_SCTP },
	{ "udplite", IP_PROTO_UDPLITE },
};

const char *ip4_proto_name(u8 proto)
{
	for (u32 at = 0; at < ARRAY_COUNT(protos); at++) {
		if (protos[at].proto == proto)
			return protos[at].name;
	}
	return NULL;
}

u8 ip4_proto_find(const char *name)
{
	for (u32 at = 0; at < ARRAY_COUNT(protos); at++) {
		if (text_equal(protos[at].name, name, sizeof "udplite"))
			return protos[at].proto;
	}
	return 0;
}

const char *tcp_flag_name(u32 bit)
{
	static const char *const names[] = { "fin", "syn", "rst", "psh",
					     "ack", "urg", "ece", "cwr" };

	CHECK(bit < ARRAY_COUNT(names));
	return names[bit];
}
