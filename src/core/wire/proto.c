/* Protocols that have a name. */
#include "core/base/text.h"
#include "core/wire/ip4.h"

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
