/* A host's datagrams, tunnels and pings, its complaints, and its bad manners. */
#include "sim/host.h"

#include "core/wire/gre.h"

/* RFC 3828 section 3.1: the header is under the checksum, and as much behind it as its sender
 * wants; zero is all.                                                                            */
static void udplite_send(struct host *host, be32 peer, u16 lport, u16 pport, u32 len)
{
	static _Thread_local struct build b;
	struct net *net = host->actor.net;

	host_begin(host, &b, peer, IP_PROTO_UDPLITE);
	build_udp(&b, lport, pport);
	build_payload(&b, len, (u8)net_random(net));
	if (net_chance(net, 60))
		build_udp_hdr(&b)->len = be16_of((u16)(UDP_HLEN + net_below(net, len + 1)));
	host_emit(host, &b);
}

static void udp_send(struct host *host, be32 peer, u16 lport, u16 pport, u32 len)
{
	static _Thread_local struct build b;
	struct net *net = host->actor.net;

	host_begin(host, &b, peer, IP_PROTO_UDP);
	build_udp(&b, lport, pport);
	build_payload(&b, len, (u8)net_random(net));
	if (net_chance(net, 10)) {
		/* The sender makes no checksum: zero has to stay zero. */
		build_seal(&b);
		build_udp_hdr(&b)->csum.raw = 0;
		build_seal_ip(&b);
		if (b.len <= host->conf.mtu) {
			link_send(host->up, b.bytes, b.len, 0);
			return;
		}
	}
	host_emit(host, &b);
}

static u32 udp_size(struct net *net)
{
	u32 kind = net_below(net, 100);

	if (kind < 70)
		return net_below(net, 200);
	if (kind < 92)
		return net_below(net, 1473);
	return net_below(net, kind < 99 ? 6000 : 40000);
}

static void datagrams_open(struct host *host, u8 proto, be32 peer, u16 pport, u16 lport)
{
	struct net *net = host->actor.net;
	struct talk *talk = host_talk_new(host);

	if (talk == NULL)
		return;
	talk->state = TALK_UDP;
	talk->proto = proto;
	talk->peer = peer;
	talk->pport = pport;
	/* Few sources, so that one inside endpoint talks to many. */
	talk->lport = lport;
	if (lport == 0)
		talk->lport = (u16)((net_chance(net, 10) ? 700 : 7000) + net_below(net, 6));
	talk->left = 1 + net_below(net, 6);
	host_udp_due(host, talk);
}

void host_udp_open(struct host *host, be32 peer, u16 pport, u16 lport)
{
	datagrams_open(host, IP_PROTO_UDP, peer, pport, lport);
}

void host_udplite_open(struct host *host, be32 peer, u16 pport)
{
	datagrams_open(host, IP_PROTO_UDPLITE, peer, pport, 0);
}

void host_udp_due(struct host *host, struct talk *talk)
{
	struct net *net = host->actor.net;

	if (talk->left == 0) {
		talk->state = TALK_FREE;
		return;
	}
	talk->left--;
	talk->due = net->now + net_random(net) % (3 * NS_PER_SEC);
	if (talk->proto == IP_PROTO_UDPLITE)
		udplite_send(host, talk->peer, talk->lport, talk->pport, net_below(net, 1400));
	else
		udp_send(host, talk->peer, talk->lport, talk->pport, udp_size(net));
}

void host_udp_in(struct host *host, const struct seen *seen)
{
	struct net *net = host->actor.net;

	if (!host->conf.inside)
		net_saw_endpoint(net, seen->proto, seen->src, seen->sport);
	if (seen->proto == IP_PROTO_UDPLITE) {
		if (net_chance(net, 50))
			udplite_send(host, seen->src, seen->dport, seen->sport, 100);
		return;
	}
	if (net_chance(net, host->conf.inside && !host->serves ? 10 : 60))
		udp_send(host, seen->src, seen->dport, seen->sport, net_below(net, 600));
	/* From another port: the mapping's filter has an opinion about it. */
	if (net_chance(net, 5))
		udp_send(host, seen->src, (u16)(seen->dport + 1), seen->sport, 20);
}

static void ping_send(struct host *host, be32 peer, u8 type, u16 id, u16 seq)
{
	static _Thread_local struct build b;
	struct net *net = host->actor.net;

	host_begin(host, &b, peer, IP_PROTO_ICMP);
	build_icmp(&b, type, 0, (u32)id << 16 | seq);
	build_payload(&b, net_chance(net, 90) ? 56 : net_below(net, 3000), (u8)seq);
	host_emit(host, &b);
}

void host_ping_open(struct host *host, be32 peer)
{
	struct net *net = host->actor.net;
	struct talk *talk = host_talk_new(host);

	if (talk == NULL)
		return;
	talk->state = TALK_PING;
	talk->peer = peer;
	talk->lport = (u16)(net_chance(net, 50) ? 1 + net_below(net, 4) : net_random(net));
	talk->left = 1 + net_below(net, 4);
	host_ping_due(host, talk);
}

void host_ping_due(struct host *host, struct talk *talk)
{
	struct net *net = host->actor.net;

	if (talk->left == 0) {
		talk->state = TALK_FREE;
		return;
	}
	talk->left--;
	talk->due = net->now + net_random(net) % (2 * NS_PER_SEC);
	ping_send(host, talk->peer, net_chance(net, 95) ? ICMP_ECHO : ICMP_TIMESTAMP, talk->lport,
		  (u16)talk->left);
}

void host_ping_in(struct host *host, const struct seen *seen)
{
	u8 reply = seen->type == ICMP_ECHO ? ICMP_ECHO_REPLY : ICMP_TIMESTAMP_REPLY;

	if (seen->type == ICMP_ECHO || seen->type == ICMP_TIMESTAMP)
		ping_send(host, seen->src, reply, seen->icmp_id, seen->icmp_seq);
}

/* A packet in a tunnel, which has a key or none. */
static void gre_send(struct host *host, be32 peer, u16 key)
{
	static _Thread_local struct build b;
	struct net *net = host->actor.net;
	const u8 gre[GRE_FLAGS_LEN + GRE_FIELD_LEN] = { key != 0 ? GRE_KEY : 0, 0, 8, 0, 0, 0,
							(u8)(key >> 8), (u8)key };

	host_begin(host, &b, peer, IP_PROTO_GRE);
	build_bytes(&b, gre, key != 0 ? sizeof gre : GRE_FLAGS_LEN);
	build_payload(&b, net_below(net, 300), (u8)key);
	host_emit(host, &b);
}

void host_gre_open(struct host *host, be32 peer)
{
	struct net *net = host->actor.net;
	struct talk *talk = host_talk_new(host);

	if (talk == NULL)
		return;
	talk->state = TALK_GRE;
	talk->peer = peer;
	talk->lport = (u16)net_below(net, 3);
	talk->left = 1 + net_below(net, 4);
	host_gre_due(host, talk);
}

void host_gre_due(struct host *host, struct talk *talk)
{
	struct net *net = host->actor.net;

	if (talk->left == 0) {
		talk->state = TALK_FREE;
		return;
	}
	talk->left--;
	talk->due = net->now + net_random(net) % (2 * NS_PER_SEC);
	gre_send(host, talk->peer, talk->lport);
}

/* The other end of a tunnel has the same key. */
void host_gre_in(struct host *host, const u8 *ip, const struct seen *seen)
{
	const u8 *gre = ip + seen->hlen;
	u32 len = seen->len - seen->hlen;
	bool keyed = len >= GRE_FLAGS_LEN + GRE_FIELD_LEN && gre[0] == GRE_KEY;

	if (net_chance(host->actor.net, 50))
		gre_send(host, seen->src, keyed ? be16_host(be16_load(gre + 6)) : 0);
}

/* An ICMP error about what arrived: mostly right, sometimes broken in the quotation. */
void host_complain(struct host *host, const u8 *ip, u32 len)
{
	static const u8 types[] = { ICMP_UNREACH,       ICMP_UNREACH,       ICMP_UNREACH,
				    ICMP_TIME_EXCEEDED, ICMP_PARAM_PROBLEM, ICMP_SOURCE_QUENCH,
				    ICMP_REDIRECT };
	static _Thread_local struct build b;
	struct net *net = host->actor.net;
	u8 type = types[net_below(net, ARRAY_COUNT(types))];
	be32 from = net_chance(net, 60) ? host->conf.addr : host->conf.router;
	u32 quote_len = u32_min(len, net_chance(net, 50) ? 28 : 28 + net_below(net, 520));
	u8 quote[576];

	memcpy(quote, ip, quote_len);
	if (net_chance(net, 10))
		quote[net_below(net, quote_len)] ^= (u8)(1 + net_below(net, 255));
	build_error4(&b, from, be32_load(ip + 12), type,
		     type == ICMP_UNREACH ? (u8)net_below(net, 16) : 0,
		     type == ICMP_UNREACH ? 1280 : 0);
	build_ip(&b)->id = be16_of(host->ip_id++);
	build_quote(&b, quote, net_chance(net, 5) ? net_below(net, quote_len) : quote_len);
	if (net_chance(net, 5))
		build_icmp_hdr(&b)->csum.raw ^= 0x0100;
	link_send(host->up, b.bytes, b.len, 0);
}

/* One thing about it is wrong. */
void host_break(struct host *host, struct build *b)
{
	struct net *net = host->actor.net;
	static const char *const sources[] = { "0.0.0.0",         "127.0.0.1",     "224.0.0.1",
					       "255.255.255.255", "10.10.255.255", "240.1.1.1",
					       "10.10.0.1",       "198.18.0.1",    "172.16.5.5",
					       "169.254.3.3" };
	static const char *const dests[] = { "0.0.0.0",         "127.0.0.1",      "224.0.0.9",
					     "255.255.255.255", "198.18.255.255", "250.1.1.1",
					     "10.10.0.1",       "198.18.0.1",     "10.20.0.1",
					     "169.254.3.3" };
	static const u8 source_route[] = { 131, 7, 4, 198, 18, 0, 9 };
	static const u8 cut_option[] = { 7, 40, 4, 0 };

	switch (net_below(net, 12)) {
	case 0: build_ip(b)->src = addr(sources[net_below(net, 10)]); break;
	case 1: build_ip(b)->dst = addr(dests[net_below(net, 10)]); break;
	case 2: build_ip(b)->version_ihl = (u8)net_random(net); break;
	case 3: build_ip(b)->len = be16_of((u16)net_random(net)); break;
	case 4: build_ip(b)->frag = be16_of((u16)net_random(net)); break;
	case 5: build_ip(b)->csum.raw ^= 0x1000; return;
	case 6: b->len -= u32_min(net_below(net, 40), b->len - b->l4); return;
	case 7: b->bytes[b->l4 + net_below(net, b->len - b->l4)] ^= 0x21; return;
	case 8:
		build_ip(b)->proto = (u8)net_random(net);
		if (build_ip(b)->proto > IP_PROTO_GRE && build_ip(b)->proto < 64)
			build_ip(b)->proto = IP_PROTO_GRE;
		break;
	case 9:
		build_start(b);
		build_ip4(b, host->conf.addr, host->peer[0], IP_PROTO_UDP);
		if (net_chance(net, 50))
			build_ip_options(b, source_route, sizeof source_route);
		else
			build_ip_options(b, cut_option, sizeof cut_option);
		build_udp(b, 1, 2);
		build_payload(b, 8, 0);
		build_seal(b);
		return;
	case 10: build_ip(b)->ttl = 0; break;
	default:
		for (u32 n = net_below(net, 8); n > 0; n--)
			b->bytes[net_below(net, b->len)] = (u8)net_random(net);
		break;
	}
	if ((build_ip(b)->version_ihl & 15) == 5)
		build_seal_ip(b);
}
