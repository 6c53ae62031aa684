/* What BGP may be told together. */
#include "host/conf/conf_check_routing_part.h"
#include "host/conf/values.h"

static void check_addr(struct checking *c, const struct conf_bgp_peer *peer)
{
	for (u32 i = 0; i < c->conf->iface_count; i++) {
		const struct conf_iface *iface = &c->conf->iface[i];

		for (u32 j = 0; j < iface->addr_count && !checking_doubts(c, iface); j++) {
			if (!be32_eq(iface->addr[j].addr, peer->addr))
				continue;
			conf_error(c->errors, checking_at(c, &peer->addr),
				   "'%s' is an address of this gateway itself, on %s",
				   value_show_addr(peer->addr).text, iface->name);
			return;
		}
	}
}

static void check_twins(struct checking *c, u32 index)
{
	const struct conf_bgp *bgp = &c->conf->routing.bgp;

	for (u32 i = 0; i < index; i++) {
		const struct conf_bgp_peer *other = &bgp->peer[i];

		if (checking_doubts(c, other) || !be32_eq(other->addr, bgp->peer[index].addr))
			continue;
		conf_error(c->errors, checking_at(c, &bgp->peer[index].addr),
			   "'%s' is the address of peer '%s' in line %u already",
			   value_show_addr(other->addr).text, other->name,
			   checking_at(c, &other->addr).line);
		return;
	}
}

/* RFC 5925 section 3.1: a segment says by them which key it is. */
static void check_ao_ids(struct checking *c, const struct conf_bgp_peer *peer, u32 index)
{
	const struct conf_ao_key *key = &peer->ao[index];

	for (u32 i = 0; i < index; i++) {
		const struct conf_ao_key *other = &peer->ao[i];
		bool sends = other->send_id == key->send_id;

		if (!sends && other->recv_id != key->recv_id)
			continue;
		conf_error(c->errors, checking_at(c, sends ? &key->send_id : &key->recv_id),
			   "peer '%s' has a key with '%s' %u already, in line %u", peer->name,
			   sends ? "send-id" : "receive-id", sends ? key->send_id : key->recv_id,
			   checking_at(c, other->secret).line);
		return;
	}
}

static void check_secrets(struct checking *c, const struct conf_bgp_peer *peer)
{
	check_secret(c, peer->md5);
	if (peer->md5[0] && peer->ao_count > 0)
		checking_wrong(c, peer->md5,
			       "segments are signed by 'md5' or by 'ao', not by both");
	for (u32 i = 0; i < peer->ao_count; i++) {
		check_secret(c, peer->ao[i].secret);
		check_ao_ids(c, peer, i);
	}
}

static void check_distance(struct checking *c, const struct conf_bgp_peer *peer)
{
	bool internal = peer->as == c->conf->routing.bgp.as;

	if (peer->multihop && internal)
		checking_wrong(c, &peer->multihop,
			       "a peer of the own AS may be anywhere; 'multihop' is for others");
	if (peer->gtsm_hops && peer->multihop > peer->gtsm_hops)
		conf_error(c->errors, checking_at(c, &peer->gtsm_hops),
			   "'multihop' in line %u lets it be %u hops away, and 'ttl-security' "
			   "drops what comes from further than %u",
			   checking_at(c, &peer->multihop).line, peer->multihop, peer->gtsm_hops);
}

static void check_peer(struct checking *c, u32 index)
{
	const struct conf_bgp *bgp = &c->conf->routing.bgp;
	const struct conf_bgp_peer *peer = &bgp->peer[index];
	const struct checking_names peers = { "a peer", bgp->peer, sizeof bgp->peer[0],
					      &bgp->peer_count };
	struct bgp_peer_conf standard;

	bgp_peer_conf_defaults(&standard);
	check_twice(c, &peers, index);
	check_addr(c, peer);
	check_twins(c, index);
	check_policy_name(c, peer->import);
	check_policy_name(c, peer->export);
	check_secrets(c, peer);
	if (bgp->as)
		check_distance(c, peer);
	if (peer->shutdown_text[0] && !peer->shutdown)
		checking_wrong(c, peer->shutdown_text, "'shutdown-text' needs 'shutdown: true'");
	if (peer->prefix_limit == 0 && peer->prefix_warn != standard.prefix_warn_percent)
		checking_wrong(c, &peer->prefix_warn,
			       "'max-prefixes-warning' needs 'max-prefixes'");
	if (peer->prefix_limit == 0 && peer->prefix_restart_s)
		checking_wrong(c, &peer->prefix_restart_s,
			       "'max-prefixes-restart' needs 'max-prefixes'");
	if (bgp->paths_out_limit && peer->paths_out > bgp->paths_out_limit &&
	    !checking_doubts(c, &bgp->paths_out_limit))
		conf_error(c->errors, checking_at(c, &peer->paths_out),
			   "limits.bgp-announced-paths allows %u", bgp->paths_out_limit);
}

void check_bgp(struct checking *c)
{
	const struct conf_bgp *bgp = &c->conf->routing.bgp;

	if (bgp->peer_count > 0 && bgp->as == 0 && !checking_doubts(c, &bgp->as))
		checking_wrong(c, bgp->peer[0].name,
			       "who has peers needs an AS of its own: say 'as' of 'bgp'");
	if (bgp->peer_limit && bgp->peer_count > bgp->peer_limit &&
	    !checking_doubts(c, &bgp->peer_limit))
		conf_error(c->errors, checking_at(c, bgp->peer[bgp->peer_limit].name),
			   "there are %u peers; limits.bgp-peers allows %u", bgp->peer_count,
			   bgp->peer_limit);
	for (u32 i = 0; i < bgp->peer_count; i++) {
		if (!checking_doubts(c, &bgp->peer[i]))
			check_peer(c, i);
	}
}
