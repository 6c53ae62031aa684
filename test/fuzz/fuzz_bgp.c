/* A peer that says anything to a speaker with whom it is connected; another peer listens to what
 * the speaker makes of it. After each step everything has to hold, and the other peer has to be up.
 *
 *     byte 0          1 four-byte numbers, 2 iBGP, 4 path identifiers, 8 no OPEN is sent for it,
 *                     16 graceful restart, 32 enhanced refresh, 64 bytes come in small pieces
 *     then            steps: 0..127 an UPDATE with so many bytes of body, 128..159 a message of
 *                     type 1 to 5 with a length and a body, 160..191 bytes as they are, 192..223
 *                     time goes on, 224..239 the connection ends and a new one begins, 240..255
 *                     another configuration                                                      */
#include <stdlib.h>

#include "fake/bgp_raw.h"
#include "fuzz/input.h"

static struct bgp_net *net_new(u8 how)
{
	struct bgp_net *net = bgp_net_new();
	u32 as = (how & 2) != 0 ? 65001 : 65002;

	bgp_net_host(net, 65001, "192.0.2.1");
	bgp_net_host(net, as, "192.0.2.2");
	bgp_net_host(net, 65003, "192.0.2.3");
	for (u32 at = 0; at < 2; at++) {
		struct bgp_net_host *host = net->host[at * 2];

		host->rib_conf = (struct rib_conf){ 64, 128, 32, host->rib_conf.key };
		host->conf.net_limit = 64;
		host->conf.attr_limit = 24;
		host->conf.cell_limit = 160;
		host->conf.peer_limit = 2;
		host->conf.paths_out_limit = 2;
	}
	bgp_net_attach(net, 0, "10.0.0.1/24");
	bgp_net_attach(net, 1, "10.0.0.2/24");
	bgp_net_attach(net, 2, "10.0.0.3/24");
	bgp_net_peer(net, 0, "10.0.0.2", as)->add_path_in = true;
	net->host[0]->conf.peer[0].passive = true;
	net->host[0]->conf.peer[0].paths_out = 2;
	bgp_net_peer(net, 0, "10.0.0.3", 65003);
	bgp_net_peer(net, 2, "10.0.0.1", 65001);
	net->unchecked = true; /* each round; each step is */
	net->dribble = (how & 64) != 0 ? 3 : 0;
	bgp_net_start(net, 0);
	bgp_net_start(net, 2);
	bgp_net_originate(net, 0, "203.0.113.0/24");
	bgp_net_run(net, NS_PER_SEC);
	return net;
}

static void connect(struct bgp_raw *raw, u8 how)
{
	struct bgp_open open = bgp_raw_usual(raw->net->host[1]->conf.as, "192.0.2.2");

	open.as4 = (how & 1) != 0;
	open.add_path = (how & 4) != 0 ? 3 : 0;
	open.restart = open.restart_ip4 = open.forwarding_ip4 = (how & 16) != 0;
	open.restart_s = 30;
	open.enhanced_refresh = (how & 32) != 0;
	bgp_raw_call(raw, "10.0.0.1");
	if ((how & 8) == 0) {
		bgp_raw_open(raw, &open);
		bgp_raw_message(raw, BGP_KEEPALIVE, NULL, 0);
	}
	bgp_raw_run(raw, 20 * NS_PER_MS);
}

static void configure(struct bgp_net *net, u8 what)
{
	struct bgp_net_host *host = net->host[0];
	struct bgp_peer_conf *peer = &host->conf.peer[0];

	switch (what % 8) {
	case 0: peer->import = BGP_NET_NOTHING; break;
	case 1: peer->import = BGP_NET_ANY; break;
	case 2: peer->prefix_limit = 3; break;
	case 3: peer->prefix_limit = 0; break;
	case 4: peer->hold_s ^= 1; break;
	case 5: host->policy.rule[0].prepend_count ^= 2; break;
	case 6: host->policy.rule[0].add_count ^= 1; break;
	default: peer->shutdown = !peer->shutdown; break;
	}
	bgp_configure(&host->bgp, &host->conf, net->now);
}

static void step(struct bgp_raw *raw, u8 how, struct input *in)
{
	static const u16 waits_s[] = { 0, 1, 3, 40, 70, 200 };
	u8 what = next_byte(in);
	const u8 *bytes;
	u32 len;

	if (what < 128) {
		len = next_bytes(in, what, &bytes);
		bgp_raw_message(raw, BGP_UPDATE, bytes, len);
	} else if (what < 160) {
		len = next_bytes(in, next_byte(in), &bytes);
		bgp_raw_message(raw, (enum bgp_type)(1 + what % 5), bytes, len);
	} else if (what < 192) {
		len = next_bytes(in, what - 159u, &bytes);
		bgp_raw_send(raw, bytes, len);
	} else if (what < 224) {
		bgp_raw_run(raw, waits_s[what % ARRAY_COUNT(waits_s)] * NS_PER_SEC);
	} else if (what < 240) {
		bgp_raw_close(raw);
		bgp_net_run(raw->net, 4 * NS_PER_SEC);
		connect(raw, how);
	} else {
		configure(raw->net, what);
	}
	bgp_raw_run(raw, 5 * NS_PER_MS);
	bgp_raw_forget(raw);
	bgp_check(&raw->net->host[0]->bgp);
	rib_check(&raw->net->host[0]->rib);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u8 how = next_byte(&in);
	struct bgp_net *net = net_new(how);
	struct bgp_raw *raw = bgp_raw_new(net, 1);

	connect(raw, how);
	for (u32 n = 0; n < 64 && in.left > 0; n++)
		step(raw, how, &in);
	CHECK(bgp_net_is_up(net, 0, "10.0.0.3"));
	CHECK(net->host[0]->bgp.peer[1].counters.established == 1);
	CHECK(bgp_net_has(net, 2, "203.0.113.0/24"));
	bgp_stop(&net->host[0]->bgp, "end", net->now);
	bgp_net_run(net, NS_PER_SEC);
	CHECK(net->host[0]->bgp.store.attrs.live == 0);
	free(raw);
	bgp_net_del(net);
	return 0;
}
