/* What RIP tells: walks over the nets, one for each talk (RFC 2453 sections 3.8, 3.10). */
#include "core/routing/rip/rip_part.h"

enum { RETRY_MS = 20 };

/* Uniform in low..high. */
static ns_t between(struct rip *rip, ns_t low, ns_t high)
{
	return low + rng_u64(&rip->rng) % (high - low + 1);
}

/* Section 3.8: 30 seconds, up to five more or less, so that routers do not fall in step. */
static ns_t update_after(struct rip *rip)
{
	ns_t off = rip->conf.update_ns / 6;

	return between(rip, rip->conf.update_ns - off, rip->conf.update_ns + off);
}

/* Section 3.10.1. */
static ns_t quiet_after(struct rip *rip)
{
	return between(rip, 1 * NS_PER_SEC, 5 * NS_PER_SEC);
}

/* RFC 4822 section 3.1: never less than before; seconds, so that a later start begins above. */
static u32 sequence_now(const struct rip *rip, ns_t now)
{
	return rip->conf.sequence_base + (u32)((now - rip->start_ns) / NS_PER_SEC);
}

/* ---- one message ----------------------------------------------------------------------------- */

struct message {
	u8 byte[RIP_MSG_MAX];
	u32 len_bytes;
	u32 count; /* of entries */
};

static void message_begin(struct message *message, const struct rip_iface *iface,
			  enum rip_command command)
{
	rip_header_write(message->byte, command);
	message->len_bytes = RIP_HEADER_LEN + rip_auth_entries(&iface->conf.auth) * RIP_ENTRY_LEN;
	message->count = 0;
}

static void message_add(struct message *message, const struct rip_entry *entry)
{
	rip_entry_write(message->byte + message->len_bytes, entry);
	message->len_bytes += RIP_ENTRY_LEN;
	message->count++;
}

static enum sock_error message_send(struct rip *rip, struct rip_iface *iface,
				    struct message *message, const struct sock_addr *to, ns_t now)
{
	struct sock_dgram dgram = {
		.to = *to,
		.from = iface->addr,
		.iface = iface->conf.iface,
	};
	u32 len = rip_auth_sign(&iface->conf.auth, message->byte, message->len_bytes,
				sequence_now(rip, now));

	enum sock_error error = rip->io.send_to(rip->io.ctx, iface->sock, message->byte, len,
						&dgram);

	if (error == SOCK_OK)
		iface->stats.packets_out++;
	else
		iface->stats.send_failed++;
	return error;
}

/* ---- a walk ---------------------------------------------------------------------------------- */

/* The network that both ends of the link are on need not be told. */
static bool is_own_link(const struct rip_iface *iface, const struct rip_net *net)
{
	struct ip_prefix own = ip_prefix4(iface->addr, iface->addr_len);

	return net->link_metric != 0 && net->link_iface == iface->conf.iface &&
	       net->len == own.len && be32_eq(net->addr, own.addr.word[0]);
}

static u8 told_metric(const struct rip *rip, const struct rip_net *net)
{
	return rip->conf.drained ? RIP_INFINITY : rip_net_metric(net);
}

static struct rip_entry entry_of(const struct rip *rip, const struct rip_iface *iface,
				 const struct rip_net *net)
{
	struct rip_entry entry = {
		.family = RIP_FAMILY_IP,
		.tag = rip_net_tag(net),
		.addr = net->addr,
		.mask = be32_of(net->len == 0 ? 0 : UINT32_MAX << (32 - net->len)),
		.metric = told_metric(rip, net),
	};

	/* Split horizon with poisoned reverse, section 3.4.3. */
	if (rip_net_is_by(net, iface->conf.iface))
		entry.metric = RIP_INFINITY;
	/* Section 4.4: a way over us would be one hop too many. */
	if (rip_net_kind(net) == RIP_ROUTE_EXPORTED && net->export_iface == iface->conf.iface &&
	    net->export_gateway.raw != 0 &&
	    iface_same_net(rip_iface_of(rip, net->export_iface), net->export_gateway, iface->addr))
		entry.next_hop = net->export_gateway;
	return entry;
}

/* Fill one message; where the walk goes on after it. */
static u32 fill(const struct rip *rip, const struct rip_iface *iface, const struct rip_talk *talk,
		struct message *message, bool poison)
{
	u32 room = rip_auth_room(&iface->conf.auth);
	u32 idx = talk->cursor;
	u32 end = u32_min(rip->nets.cap, idx + RIP_STEP_NETS);

	for (; idx < end && message->count < room; idx++) {
		const struct rip_net *net = rip_net_at(rip, idx);
		struct rip_entry entry;

		if (!slab_is_live(&rip->nets, idx) || net->version <= talk->since ||
		    is_own_link(iface, net))
			continue;
		entry = entry_of(rip, iface, net);
		if (poison)
			entry.metric = RIP_INFINITY;
		message_add(message, &entry);
	}
	return idx;
}

static void walk_end(struct rip_talk *talk)
{
	talk->walking = false;
	talk->told = talk->upto;
	if (talk->kind == RIP_TALK_ANSWER)
		*talk = (struct rip_talk){ .kind = RIP_TALK_NONE };
}

/* What can not be sent now is sent a little later, what can not be sent at all is left: the next
 * update tells it.                                                                               */
static void walk_failed(struct rip_talk *talk, enum sock_error error, ns_t now)
{
	if (error == SOCK_AGAIN) {
		talk->retry_ns = now + RETRY_MS * NS_PER_MS;
		return;
	}
	talk->walking = false;
	talk->quiet_ns = talk->update_ns;
	if (talk->kind == RIP_TALK_ANSWER)
		*talk = (struct rip_talk){ .kind = RIP_TALK_NONE };
}

/* One message of a walk, if there is something to say. False: not now. */
static bool walk_step(struct rip *rip, struct rip_iface *iface, struct rip_talk *talk, bool poison,
		      ns_t now)
{
	struct sock_addr to = { talk->to, talk->port };
	enum sock_error error = SOCK_OK;
	struct message message;
	u32 cursor;

	message_begin(&message, iface, RIP_RESPONSE);
	cursor = fill(rip, iface, talk, &message, poison);
	if (message.count > 0)
		error = message_send(rip, iface, &message, &to, now);
	if (error != SOCK_OK) {
		walk_failed(talk, error, now);
		return false;
	}
	talk->cursor = cursor;
	if (cursor >= rip->nets.cap)
		walk_end(talk);
	return true;
}

static void walk_begin(const struct rip *rip, struct rip_talk *talk, u64 since)
{
	talk->walking = true;
	talk->cursor = 0;
	talk->since = since;
	talk->upto = rip->version;
	talk->retry_ns = 0;
}

/* ---- talks ----------------------------------------------------------------------------------- */

static void talk_add(struct rip *rip, struct rip_talk *talk, enum rip_talk_kind kind, be32 to,
		     ns_t now)
{
	*talk = (struct rip_talk){
		.kind = kind,
		.to = to,
		.port = be16_of(RIP_PORT),
		.update_ns = now + update_after(rip),
	};
}

void rip_talk_start(struct rip *rip, struct rip_iface *iface, ns_t now)
{
	u32 count = 0;

	memset(iface->talk, 0, sizeof iface->talk);
	if (iface->conf.passive)
		return;
	if (iface->conf.multicast)
		talk_add(rip, &iface->talk[count++], RIP_TALK_GROUP, be32_of(RIP_GROUP), now);
	for (u32 n = 0; n < iface->conf.peer_count; n++)
		talk_add(rip, &iface->talk[count++], RIP_TALK_PEER, iface->conf.peer[n], now);
}

void rip_ask(struct rip *rip, struct rip_iface *iface, ns_t now)
{
	static const struct rip_entry whole = { .family = RIP_FAMILY_ALL, .metric = RIP_INFINITY };
	u32 from = iface->conf.multicast ? 0 : 1;

	for (u32 n = from; n <= iface->conf.peer_count; n++) {
		struct sock_addr to = { n == 0 ? be32_of(RIP_GROUP) : iface->conf.peer[n - 1],
					be16_of(RIP_PORT) };
		struct message message;

		message_begin(&message, iface, RIP_REQUEST);
		message_add(&message, &whole);
		(void)message_send(rip, iface, &message, &to, now);
	}
}

bool rip_answer_all(struct rip *rip, struct rip_iface *iface, const struct sock_addr *to)
{
	for (u32 n = RIP_TALKS_MAX - RIP_ANSWERS_MAX; n < RIP_TALKS_MAX; n++) {
		struct rip_talk *talk = &iface->talk[n];

		if (talk->kind != RIP_TALK_NONE)
			continue;
		*talk = (struct rip_talk){
			.kind = RIP_TALK_ANSWER,
			.to = to->addr,
			.port = to->port,
			.update_ns = NS_NEVER,
		};
		walk_begin(rip, talk, 0);
		return true;
	}
	return false;
}

/* Section 3.9.1: without split horizon, for who asks so specifically wants to know what we do. */
void rip_answer_some(struct rip *rip, struct rip_iface *iface, const u8 *at,
		     const struct rip_auth_seen *seen, const struct sock_addr *to, ns_t now)
{
	struct message message;

	message_begin(&message, iface, RIP_RESPONSE);
	for (u32 n = 0; n < seen->entry_count; n++) {
		struct rip_entry entry;
		u32 idx = IDX_NONE;
		u8 len;

		rip_entry_read(at + seen->entry_at + n * RIP_ENTRY_LEN, &entry);
		if (entry.family == RIP_FAMILY_IP &&
		    rip_entry_dest(&entry, iface->addr, iface->addr_len, &len) == RIP_DEST_OK)
			idx = rip_net_find(rip, entry.addr, len);
		entry.metric = idx == IDX_NONE ? RIP_INFINITY
					       : told_metric(rip, rip_net_at(rip, idx));
		entry.tag = idx == IDX_NONE ? 0 : rip_net_tag(rip_net_at(rip, idx));
		entry.next_hop = be32_of(0);
		message_add(&message, &entry);
	}
	(void)message_send(rip, iface, &message, to, now);
}

static void talk_begin(struct rip *rip, struct rip_iface *iface, struct rip_talk *talk, ns_t now)
{
	if (talk->kind == RIP_TALK_NONE || talk->walking)
		return;
	if (now >= talk->update_ns) {
		talk->update_ns = now + update_after(rip);
		iface->stats.updates++;
		walk_begin(rip, talk, 0);
	} else if (rip->version > talk->told && now >= talk->quiet_ns) {
		talk->quiet_ns = now + quiet_after(rip);
		iface->stats.triggered++;
		walk_begin(rip, talk, talk->told);
	}
}

void rip_talk_tick(struct rip *rip, struct rip_iface *iface, ns_t now)
{
	for (u32 n = 0; n < RIP_TALKS_MAX && iface->active; n++) {
		struct rip_talk *talk = &iface->talk[n];

		talk_begin(rip, iface, talk, now);
		for (u32 step = 0; step < RIP_STEP_PACKETS && talk->walking; step++) {
			if (now < talk->retry_ns || !walk_step(rip, iface, talk, false, now))
				break;
		}
	}
}

static ns_t talk_next(const struct rip *rip, const struct rip_talk *talk)
{
	if (talk->kind == RIP_TALK_NONE)
		return NS_NEVER;
	if (talk->walking)
		return talk->retry_ns;
	return rip->version > talk->told ? u64_min(talk->quiet_ns, talk->update_ns)
					 : talk->update_ns;
}

ns_t rip_talk_next(const struct rip *rip, const struct rip_iface *iface)
{
	ns_t next = NS_NEVER;

	for (u32 n = 0; n < RIP_TALKS_MAX && iface->active; n++)
		next = u64_min(next, talk_next(rip, &iface->talk[n]));
	return next;
}

/* What nobody takes off our hands now is not told: neighbours then wait for their time-outs. */
void rip_talk_leave(struct rip *rip, struct rip_iface *iface, ns_t now)
{
	u32 most = rip->nets.cap + 1;

	for (u32 n = 0; n < RIP_TALKS_MAX && iface->active; n++) {
		struct rip_talk *talk = &iface->talk[n];

		if (talk->kind != RIP_TALK_GROUP && talk->kind != RIP_TALK_PEER)
			continue;
		walk_begin(rip, talk, 0);
		for (u32 step = 0; step < most && talk->walking; step++) {
			if (!walk_step(rip, iface, talk, true, now))
				break;
		}
		talk->walking = false;
	}
}
