/* What RIP hears: which messages count (RFC 2453 section 3.9), and from whom. */
#include "core/routing/rip/rip_part.h"
#include "core/wire/ip4.h"

enum { WARN_EVERY_S = 60 };

/* A datagram that is being read. */
struct hearing {
	u16 iface;
	const u8 *at;
	u32 len_bytes;
	const struct sock_info *info;
	struct iface_addr link; /* the prefix that its sender is on */
	ns_t now;
};

/* ---- neighbours ------------------------------------------------------------------------------ */

static u64 neigh_hash(const struct rip *rip, be32 addr, u16 iface)
{
	return hash_words(&rip->key, be32_host(addr), (u64)iface << 8 | 1);
}

static struct rip_neigh *neigh_find(const struct rip *rip, be32 addr, u16 iface)
{
	u64 hash = neigh_hash(rip, addr, iface);

	for (u32 at = map_first(&rip->by_addr, hash); at != IDX_NONE;
	     at = map_next(&rip->by_addr, at)) {
		struct rip_neigh *neigh = slab_at(&rip->neighs, at);

		if (be32_eq(neigh->addr, addr) && neigh->iface == iface)
			return neigh;
	}
	return NULL;
}

static void neigh_del(struct rip *rip, u32 idx, const char *why, ns_t now)
{
	const struct rip_neigh *neigh = slab_at(&rip->neighs, idx);

	rip_say(rip, SPEAKER_DOWN, neigh->iface, neigh->addr, why, now);
	map_del(&rip->by_addr, neigh_hash(rip, neigh->addr, neigh->iface), idx);
	slab_del(&rip->neighs, idx);
}

/* All places are taken. An interface has as many as any other, so that who makes up senders on one
 * link takes none of the others': the neighbour that was silent for longest where there are more
 * makes room. Its routes stay for their time.                                                    */
static u32 neigh_room(struct rip *rip, u16 iface, ns_t now)
{
	u32 held[IFACE_MAX] = { 0 }, active = 0, share, oldest = IDX_NONE;

	for (u32 at = 0; at < IFACE_MAX; at++)
		active += rip->iface[at].active;
	for (u32 idx = 0; idx < rip->neighs.cap; idx++)
		held[((struct rip_neigh *)slab_at(&rip->neighs, idx))->iface]++;
	share = rip->neighs.cap / u32_max(active, 1);
	if (held[iface] >= share)
		return IDX_NONE;
	for (u32 idx = 0; idx < rip->neighs.cap; idx++) {
		const struct rip_neigh *neigh = slab_at(&rip->neighs, idx);
		const struct rip_neigh *other;

		if (held[neigh->iface] <= share)
			continue;
		other = oldest == IDX_NONE ? NULL : slab_at(&rip->neighs, oldest);
		if (other == NULL || neigh->heard_ns < other->heard_ns)
			oldest = idx;
	}
	if (oldest == IDX_NONE)
		return IDX_NONE;
	neigh_del(rip, oldest, "its place went to a neighbour of another interface", now);
	return slab_new(&rip->neighs);
}

static struct rip_neigh *neigh_get(struct rip *rip, be32 addr, u16 iface, ns_t now)
{
	struct rip_neigh *neigh = neigh_find(rip, addr, iface);
	u32 idx;

	if (neigh != NULL)
		return neigh;
	idx = slab_new(&rip->neighs);
	if (idx == IDX_NONE)
		idx = neigh_room(rip, iface, now);
	if (idx == IDX_NONE)
		return NULL;
	neigh = slab_at(&rip->neighs, idx);
	*neigh = (struct rip_neigh){
		.addr = addr, .iface = iface, .first_ns = now, .heard_ns = now
	};
	map_add(&rip->by_addr, neigh_hash(rip, addr, iface), idx);
	rip->neighs_ns = u64_min(rip->neighs_ns, now + rip->conf.timeout_ns);
	rip_say(rip, SPEAKER_UP, iface, addr, "a neighbour tells routes", now);
	return neigh;
}

void rip_neigh_drop_iface(struct rip *rip, u16 iface, ns_t now)
{
	for (u32 idx = 0; idx < rip->neighs.cap; idx++) {
		const struct rip_neigh *neigh = slab_at(&rip->neighs, idx);

		if (slab_is_live(&rip->neighs, idx) && neigh->iface == iface)
			neigh_del(rip, idx, "RIP speaks here no longer", now);
	}
}

/* RFC 4822 section 3.3: with a neighbour that timed out goes its sequence number. */
void rip_neigh_tick(struct rip *rip, ns_t now)
{
	if (now < rip->neighs_ns)
		return;
	rip->neighs_ns = NS_NEVER;
	for (u32 idx = 0; idx < rip->neighs.cap; idx++) {
		const struct rip_neigh *neigh = slab_at(&rip->neighs, idx);

		if (!slab_is_live(&rip->neighs, idx))
			continue;
		if (neigh->heard_ns + rip->conf.timeout_ns <= now)
			neigh_del(rip, idx, "nothing was heard for the time-out", now);
		else
			rip->neighs_ns = u64_min(rip->neighs_ns,
						 neigh->heard_ns + rip->conf.timeout_ns);
	}
}

/* ---- responses ------------------------------------------------------------------------------- */

static bool is_own(const struct rip *rip, u16 iface, be32 addr)
{
	u16 found;

	return iface_find_addr(rip->ifaces, rip_iface_of(rip, iface)->conf.zone, addr, &found);
}

/* RFC 2453 section 4.4: a next hop that is not on the link is none. One that is our own address
 * would lead back to us: false.                                                                  */
static bool gateway_of(const struct rip *rip, const struct hearing *in, be32 next_hop,
		       be32 *gateway)
{
	struct iface_addr link;

	*gateway = in->info->from.addr;
	if (next_hop.raw == 0 || !rip_iface_link(rip, in->iface, next_hop, &link) ||
	    iface_is_broadcast(rip_iface_of(rip, in->iface), next_hop))
		return true;
	if (is_own(rip, in->iface, next_hop))
		return false;
	*gateway = next_hop;
	return true;
}

static void apply_import(struct rip *rip, struct rip_heard *heard)
{
	struct policy_view view = {
		.prefix = ip_prefix4(heard->addr, heard->len),
		.source = ROUTE_RIP,
		.has_tag = true,
		.tag = heard->tag,
		.metric = heard->metric,
	};
	struct policy_result result;

	if (rip->conf.import == POLICY_NONE || heard->metric >= RIP_INFINITY)
		return;
	policy_run(rip->conf.policy, rip->conf.import, &view, &result);
	if (!result.accepted) {
		rip->stats.routes_rejected++;
		heard->metric = RIP_INFINITY;
		return;
	}
	for (u32 n = 0; n < result.change_count; n++) {
		const struct policy_rule *rule = &rip->conf.policy->rule[result.change[n]];

		if ((rule->set & POLICY_SET_METRIC) != 0)
			heard->metric = (u8)u32_max(1, u32_min(rule->metric, RIP_INFINITY));
		if ((rule->set & POLICY_SET_TAG) != 0)
			heard->tag = (u16)rule->new_tag;
	}
}

/* Section 3.9.2. False: it makes no sense and is ignored, the others of the message are not. */
static bool hear_entry(struct rip *rip, const struct hearing *in, const struct rip_entry *entry)
{
	struct rip_heard heard = {
		.addr = entry->addr,
		.tag = entry->tag,
		.hop = { .from = in->info->from.addr,
			 .until_ns = in->now + rip->conf.timeout_ns,
			 .iface = in->iface },
	};

	if (entry->family != RIP_FAMILY_IP || entry->metric == 0 || entry->metric > RIP_INFINITY)
		return false;
	if (rip_entry_dest(entry, in->link.addr, in->link.prefix_len, &heard.len) != RIP_DEST_OK)
		return false;
	heard.metric = (u8)u32_min(entry->metric + rip->iface[in->iface].conf.cost, RIP_INFINITY);
	if (!gateway_of(rip, in, entry->next_hop, &heard.hop.gateway))
		heard.metric = RIP_INFINITY;
	apply_import(rip, &heard);
	rip_net_hear(rip, &heard, in->now);
	return true;
}

static bool sequence_is_good(struct rip_neigh *neigh, const struct rip_auth_seen *seen)
{
	if (neigh->has_sequence && seen->sequence < neigh->sequence)
		return false;
	neigh->has_sequence = true;
	neigh->sequence = seen->sequence;
	neigh->key_id = seen->key_id;
	return true;
}

static bool is_peer(const struct rip_iface_conf *conf, be32 addr)
{
	for (u32 n = 0; n < conf->peer_count; n++) {
		if (be32_eq(conf->peer[n], addr))
			return true;
	}
	return false;
}

/* What is wrong with a message before its routes are looked at. */
static void refuse(struct rip *rip, const struct hearing *in, const char *why)
{
	speaker_refuse(&rip->iface[in->iface].refused, why, in->info->from.addr, in->now);
}

static void warn_full(struct rip *rip, const struct hearing *in)
{
	struct rip_iface *iface = &rip->iface[in->iface];

	if (in->now < iface->full_ns)
		return;
	iface->full_ns = in->now + WARN_EVERY_S * NS_PER_SEC;
	rip_say(rip, SPEAKER_WARNING, in->iface, in->info->from.addr,
		"no room for this neighbour: too many are heard here", in->now);
}

static void hear_response(struct rip *rip, const struct hearing *in,
			  const struct rip_auth_seen *seen)
{
	struct rip_iface *iface = &rip->iface[in->iface];
	struct rip_neigh *neigh;

	if (be16_host(in->info->from.port) != RIP_PORT ||
	    (!iface->conf.multicast && !is_peer(&iface->conf, in->info->from.addr))) {
		iface->stats.bad_source++;
		refuse(rip, in, "a response by another port, or of no neighbour that is named");
		return;
	}
	neigh = neigh_get(rip, in->info->from.addr, in->iface, in->now);
	if (neigh == NULL) {
		iface->stats.neighbours_full++;
		refuse(rip, in, "there are too many neighbours");
		warn_full(rip, in);
		return;
	}
	if (iface->conf.auth.kind == RIP_AUTH_DIGEST && !sequence_is_good(neigh, seen)) {
		iface->stats.bad_sequence++;
		refuse(rip, in, "a sequence number that was used before");
		neigh->bad_packets++;
		return;
	}
	neigh->heard_ns = in->now;
	neigh->packets++;
	for (u32 n = 0; n < seen->entry_count; n++) {
		struct rip_entry entry;

		rip_entry_read(in->at + seen->entry_at + n * RIP_ENTRY_LEN, &entry);
		neigh->routes++;
		if (!hear_entry(rip, in, &entry)) {
			neigh->bad_routes++;
			iface->stats.bad_routes++;
		}
	}
}

/* ---- requests -------------------------------------------------------------------------------- */

/* Section 3.9.1. Who is passive tells no router, only who asks from another port. */
static void hear_request(struct rip *rip, const struct hearing *in,
			 const struct rip_auth_seen *seen)
{
	struct rip_iface *iface = &rip->iface[in->iface];
	const struct sock_addr *to = &in->info->from;
	struct rip_entry first;

	iface->stats.requests_in++;
	if (seen->entry_count == 0 || (iface->conf.passive && be16_host(to->port) == RIP_PORT))
		return;
	rip_entry_read(in->at + seen->entry_at, &first);
	if (seen->entry_count == 1 && first.family == RIP_FAMILY_ALL &&
	    first.metric == RIP_INFINITY) {
		if (!rip_answer_all(rip, iface, to))
			iface->stats.answers_full++;
	} else if (seen->entry_count <= rip_auth_room(&iface->conf.auth)) {
		rip_answer_some(rip, iface, in->at, seen, to, in->now);
	}
}

/* ---- datagrams ------------------------------------------------------------------------------- */

static void warn_auth(struct rip *rip, const struct hearing *in, enum rip_auth_answer answer)
{
	struct rip_iface *iface = &rip->iface[in->iface];

	iface->stats.bad_auth[answer]++;
	refuse(rip, in, rip_auth_text(answer));
	if (in->now < iface->warn_ns[answer])
		return;
	iface->warn_ns[answer] = in->now + WARN_EVERY_S * NS_PER_SEC;
	rip_say(rip, SPEAKER_WARNING, in->iface, in->info->from.addr, rip_auth_text(answer),
		in->now);
}

static void hear(struct rip *rip, struct hearing *in)
{
	static const char *const wrong[RIP_MSG_ERRORS] = {
		[RIP_MSG_LENGTH] = "a message of a wrong length",
		[RIP_MSG_VERSION0] = "a message of version 0",
		[RIP_MSG_VERSION1] = "a message of version 1",
		[RIP_MSG_COMMAND] = "neither a request nor a response",
	};
	struct rip_iface *iface = &rip->iface[in->iface];
	be32 from = in->info->from.addr;
	enum rip_auth_answer answer;
	struct rip_auth_seen seen;
	enum rip_command command;
	enum rip_msg_error error;

	/* Section 3.9.2: a copy of our own says nothing. */
	if (is_own(rip, in->iface, from))
		return;
	iface->stats.packets_in++;
	if (!rip_iface_link(rip, in->iface, from, &in->link) || in->info->from.port.raw == 0 ||
	    iface_is_broadcast(rip_iface_of(rip, in->iface), from)) {
		iface->stats.bad_source++;
		refuse(rip, in, "a source address of another network");
		return;
	}
	error = rip_msg_header(in->at, in->len_bytes, &command);
	if (error != RIP_MSG_OK) {
		iface->stats.bad[error]++;
		refuse(rip, in, wrong[error]);
		return;
	}
	answer = rip_auth_check(&iface->conf.auth, in->at, in->len_bytes, &seen);
	if (answer != RIP_AUTH_GOOD) {
		warn_auth(rip, in, answer);
		return;
	}
	if (command == RIP_RESPONSE)
		hear_response(rip, in, &seen);
	else
		hear_request(rip, in, &seen);
}

void rip_in(struct rip *rip, u16 iface, ns_t now)
{
	for (u32 n = 0; n < RIP_STEP_DATAGRAMS && rip->iface[iface].active; n++) {
		u8 bytes[RIP_MSG_MAX];
		struct sock_buf buf = { .to = bytes, .bytes = sizeof bytes };
		struct sock_info info = { 0 };
		struct hearing in = { .iface = iface, .at = bytes, .info = &info, .now = now };
		enum sock_error error = rip->io.recv(rip->io.ctx, rip->iface[iface].sock, &buf,
						     &info, now);

		if (error == SOCK_AGAIN || error == SOCK_BAD)
			return;
		if (error != SOCK_OK)
			continue;
		in.len_bytes = info.bytes;
		hear(rip, &in);
	}
}
