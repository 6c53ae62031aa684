/* Routing in the engine: memory, beginning, configuration, and each turn of its work. */
#include "core/engine/engine.h"

enum {
	READY_MAX = 32,  /* sockets named at once */
	READY_TURNS = 8, /* and so often, before packets get their turn */
};

/* ---- memory ---------------------------------------------------------------------------------- */

static bool is_wanted(const struct sluice_conf *conf)
{
	return conf->routing != NULL && conf->routing->rib.net_limit > 0;
}

/* Where tables stand that are only counted. */
union counted {
	struct rib rib;
	struct bfd bfd;
	struct bgp bgp;
	struct ospf ospf;
	struct rip rip;
	struct fpm fpm;
};

static void speakers_layout(struct routing *r, const struct routing_conf *conf, struct mem *mem)
{
	union counted counted;
	struct bfd *bfd = NULL;
	struct bgp *bgp = NULL;
	struct ospf *ospf = NULL;
	struct rip *rip = NULL;
	struct fpm *fpm = NULL;

	rib_layout(r != NULL ? &r->rib : &counted.rib, &conf->rib, mem);
	if (conf->has_bfd) {
		bfd = mem_take(mem, "bfd", 1, sizeof *bfd);
		bfd_layout(bfd != NULL ? bfd : &counted.bfd, &conf->bfd, mem);
	}
	if (conf->has_bgp) {
		bgp = mem_take(mem, "bgp", 1, sizeof *bgp);
		bgp_layout(bgp != NULL ? bgp : &counted.bgp, &conf->bgp, mem);
	}
	if (conf->has_ospf) {
		ospf = mem_take(mem, "ospf", 1, sizeof *ospf);
		ospf_layout(ospf != NULL ? ospf : &counted.ospf, &conf->ospf, mem);
	}
	if (conf->has_rip) {
		rip = mem_take(mem, "rip", 1, sizeof *rip);
		rip_layout(rip != NULL ? rip : &counted.rip, &conf->rip, mem);
	}
	if (conf->has_fpm) {
		fpm = mem_take(mem, "fpm", 1, sizeof *fpm);
		fpm_layout(fpm != NULL ? fpm : &counted.fpm, &conf->fpm, mem);
	}
	if (r == NULL)
		return;
	r->bfd = bfd;
	r->bgp = bgp;
	r->ospf = ospf;
	r->rip = rip;
	r->fpm = fpm;
}

static void policies_lead(struct routing *r, const struct policy_conf *policy)
{
	r->policy = policy;
	r->conf.bgp.policy = policy;
	r->conf.rip.policy = policy;
}

void routing_layout(struct routing **routing, const struct sluice_conf *conf, struct mem *mem)
{
	struct routing *r;

	*routing = NULL;
	if (!is_wanted(conf))
		return;
	r = mem_take(mem, "routing", 1, sizeof *r);
	if (r != NULL) {
		r->conf = *conf->routing;
		policies_lead(r, &r->conf.policy);
		speakers_layout(r, &r->conf, mem);
	} else {
		speakers_layout(NULL, conf->routing, mem);
	}
	*routing = r;
}

/* ---- what can not be ------------------------------------------------------------------------- */

/* The policies that it will have are those of the configuration. */
static NOINLINE const char *bgp_wrong(const struct routing_conf *conf)
{
	struct bgp_conf bgp = conf->bgp;

	bgp.policy = &conf->policy;
	return bgp_conf_wrong(&bgp);
}

static NOINLINE const char *rip_wrong(const struct routing_conf *conf)
{
	struct rip_conf rip = conf->rip;

	rip.policy = &conf->policy;
	return rip_conf_wrong(&rip);
}

const char *routing_conf_wrong(const struct sluice_conf *conf)
{
	const struct routing_conf *of = conf->routing;
	bool speaks;
	const char *why;

	if (of == NULL)
		return NULL;
	why = rib_conf_wrong(&of->rib);
	speaks = of->has_bfd || of->has_bgp || of->has_ospf || of->has_rip;
	if (why == NULL && (speaks || of->has_fpm) && of->rib.net_limit == 0)
		why = "a routing protocol needs room for routes";
	if (why == NULL && speaks && conf->sockets.sock_limit == 0)
		why = "a routing protocol needs sockets";
	if (why == NULL)
		why = policy_conf_wrong(&of->policy);
	if (why == NULL && of->has_bfd)
		why = bfd_conf_wrong(&of->bfd);
	if (why == NULL && of->has_bgp)
		why = bgp_wrong(of);
	if (why == NULL && of->has_ospf)
		why = ospf_conf_wrong(&of->ospf);
	if (why == NULL && of->has_rip)
		why = rip_wrong(of);
	if (why == NULL && of->has_fpm)
		why = fpm_conf_wrong(&of->fpm);
	return why;
}

static bool limits_differ(const u32 *is, const u32 *would_be, u32 count)
{
	return memcmp(is, would_be, count * sizeof *is) != 0;
}

static bool rib_limits_differ(const struct rib_conf *a, const struct rib_conf *b)
{
	const u32 is[] = { a->net_limit, a->path_limit, a->hops_limit };
	const u32 would_be[] = { b->net_limit, b->path_limit, b->hops_limit };

	return limits_differ(is, would_be, ARRAY_COUNT(is));
}

static bool bgp_limits_differ(const struct bgp_conf *a, const struct bgp_conf *b)
{
	const u32 is[] = { a->peer_limit, a->attr_limit, a->cell_limit, a->net_limit,
			   a->paths_out_limit };
	const u32 would_be[] = { b->peer_limit, b->attr_limit, b->cell_limit, b->net_limit,
				 b->paths_out_limit };

	return limits_differ(is, would_be, ARRAY_COUNT(is));
}

static bool ospf_limits_differ(const struct ospf_conf *a, const struct ospf_conf *b)
{
	const u32 is[] = { a->lsa_limit,     a->nbr_limit,   a->nbr_iface_limit, a->rxmt_limit,
			   a->request_limit, a->route_limit, a->export_limit };
	const u32 would_be[] = { b->lsa_limit,   b->nbr_limit,     b->nbr_iface_limit,
				 b->rxmt_limit,  b->request_limit, b->route_limit,
				 b->export_limit };

	return limits_differ(is, would_be, ARRAY_COUNT(is));
}

static bool rip_limits_differ(const struct rip_conf *a, const struct rip_conf *b)
{
	return a->net_limit != b->net_limit || a->neighbour_limit != b->neighbour_limit;
}

const char *routing_change_wrong(const struct routing *r, const struct sluice_conf *conf)
{
	const struct routing_conf *of = conf->routing;

	if (r == NULL)
		return is_wanted(conf) ? "routing was not there from the start, and can not be now"
				       : NULL;
	if (of == NULL)
		return NULL;
	if ((of->has_bfd && r->bfd == NULL) || (of->has_bgp && r->bgp == NULL) ||
	    (of->has_ospf && r->ospf == NULL) || (of->has_rip && r->rip == NULL) ||
	    (of->has_fpm && r->fpm == NULL))
		return "a routing protocol was not there from the start, and can not be now";
	if (rib_limits_differ(&r->conf.rib, &of->rib) ||
	    (of->has_bgp && bgp_limits_differ(&r->conf.bgp, &of->bgp)) ||
	    (of->has_ospf && ospf_limits_differ(&r->conf.ospf, &of->ospf)) ||
	    (of->has_rip && rip_limits_differ(&r->conf.rip, &of->rip)) ||
	    (of->has_bfd && r->conf.bfd.peer_limit != of->bfd.peer_limit) ||
	    (of->has_fpm && r->conf.fpm.object_limit != of->fpm.object_limit))
		return "the limits of routing can not change while the engine runs";
	return NULL;
}

/* ---- beginning ------------------------------------------------------------------------------- */

static void key_draw(struct rng *rng, struct hash_key *key)
{
	for (u32 at = 0; at < ARRAY_COUNT(key->k); at++)
		key->k[at] = rng_u64(rng);
}

void routing_init(struct sluice *s, struct rng *rng)
{
	struct routing *r = s->routing;

	key_draw(rng, &r->rib.conf.key);
	rib_init(&r->rib, &s->fib[0]);
	for (u32 at = 0; at < SPEAKERS; at++) {
		r->port[at] = (struct speaker_port){ s, (u8)at };
		key_draw(rng, &r->key[at]);
		for (u32 byte = 0; byte < sizeof r->seed[at]; byte++)
			r->seed[at][byte] = (u8)rng_u32(rng);
	}
	r->withheld = ROUTING_UNSETTLED;
	r->conf.bgp.key = r->key[SPEAKER_BGP];
	if (r->bgp != NULL)
		r->bgp->conf.key = r->conf.bgp.key;
	routing_local_init(r);
}

/* ---- one speaker each: begin, go on with another configuration, end -------------------------- */

static void bfd_follow(struct sluice *s, const struct bfd_conf *conf)
{
	struct routing *r = s->routing;
	struct bfd_start start = {
		.io = routing_speaker_io(r, SPEAKER_BFD),
		.ifaces = &s->ifaces,
		.log = &r->log,
		.key = r->key[SPEAKER_BFD],
	};

	memcpy(start.seed, r->seed[SPEAKER_BFD], sizeof start.seed);
	if (r->runs[SPEAKER_BFD])
		bfd_configure(r->bfd, conf, s->now);
	else
		bfd_init(r->bfd, conf, &start);
}

static void bgp_follow(struct sluice *s, const struct bgp_conf *conf)
{
	struct routing *r = s->routing;
	struct bgp_env env = {
		.io = routing_speaker_io(r, SPEAKER_BGP),
		.rib = &r->rib,
		.ifaces = &s->ifaces,
		.log = &r->log,
	};

	memcpy(env.seed, r->seed[SPEAKER_BGP], sizeof env.seed);
	if (r->runs[SPEAKER_BGP]) {
		bgp_configure(r->bgp, conf, s->now);
		return;
	}
	r->bgp->conf = *conf;
	bgp_init(r->bgp, &env, s->now);
}

static void ospf_follow(struct sluice *s, const struct ospf_conf *conf, bool new_policies)
{
	struct routing *r = s->routing;
	struct ospf_env env = {
		.io = routing_speaker_io(r, SPEAKER_OSPF),
		.rib = &r->rib,
		.ifaces = &s->ifaces,
		.policies = r->policy,
		.log = &r->log,
		/* More than at any start before, and the host knows the time of day. */
		.auth_seq = r->conf.rip.sequence_base,
	};

	memcpy(env.seed, r->seed[SPEAKER_OSPF], sizeof env.seed);
	if (!r->runs[SPEAKER_OSPF]) {
		r->ospf->conf = *conf;
		ospf_init(r->ospf, &env, s->now);
		return;
	}
	/* Before anything asks them: where the old ones stood there may be others next time. */
	r->ospf->env.policies = r->policy;
	CHECK(ospf_configure(r->ospf, conf, s->now) == ERR_OK);
	if (new_policies)
		ospf_policies(r->ospf, s->now);
}

static void rip_follow(struct sluice *s, const struct rip_conf *conf)
{
	struct routing *r = s->routing;
	struct rip_start start = {
		.io = routing_speaker_io(r, SPEAKER_RIP),
		.rib = &r->rib,
		.ifaces = &s->ifaces,
		.log = &r->log,
		.key = r->key[SPEAKER_RIP],
	};

	memcpy(start.seed, r->seed[SPEAKER_RIP], sizeof start.seed);
	if (r->runs[SPEAKER_RIP])
		rip_configure(r->rip, conf, s->now);
	else
		/* Clients and readers are left: those of peers come later. */
		CHECK(rip_init(r->rip, conf, &start, s->now) == ERR_OK);
}

static void fpm_follow(struct sluice *s, const struct fpm_conf *conf)
{
	struct routing *r = s->routing;
	struct fpm_start start = {
		.rib = &r->rib,
		.ifaces = &s->ifaces,
		.log = &r->log,
		.key = r->key[SPEAKER_FPM],
	};

	if (r->runs[SPEAKER_FPM])
		fpm_configure(r->fpm, conf, s->now);
	else
		/* Clients are left: those of peers come later. */
		CHECK(fpm_init(r->fpm, conf, &start));
}

static void speaker_end(struct sluice *s, enum speaker speaker)
{
	struct routing *r = s->routing;

	if (!r->runs[speaker])
		return;
	r->runs[speaker] = false;
	switch (speaker) {
	case SPEAKER_BFD:
		bfd_stop(r->bfd, s->now);
		r->watched_count = 0;
		break;
	case SPEAKER_BGP: bgp_stop(r->bgp, "the configuration has no BGP now", s->now); break;
	case SPEAKER_OSPF: ospf_stop(r->ospf, s->now); break;
	case SPEAKER_RIP: rip_stop(r->rip, s->now); break;
	case SPEAKER_FPM: fpm_stop(r->fpm, s->now); break;
	default: break;
	}
}

/* While the gateway is drained nobody is to send anything through it. BGP announces nothing: by a
 * policy that has no rules, since POLICY_NONE says everything to iBGP. OSPF takes its externals
 * back and its links cost the most (RFC 6987); RIP tells that what it told is unreachable.       */
static NOINLINE void bgp_follow_drained(struct sluice *s)
{
	struct routing *r = s->routing;
	struct bgp_conf conf = r->conf.bgp;

	for (u32 at = 0; at < conf.peer_count; at++)
		conf.peer[at].export = (u16)(r->policy->policy_count - 1);
	bgp_follow(s, &conf);
}

static NOINLINE void ospf_follow_drained(struct sluice *s, bool new_policies)
{
	struct ospf_conf conf = s->routing->conf.ospf;

	conf.export_policy = POLICY_NONE;
	conf.stub_router = true;
	ospf_follow(s, &conf, new_policies);
}

static NOINLINE void rip_follow_drained(struct sluice *s)
{
	struct rip_conf conf = s->routing->conf.rip;

	conf.drained = true;
	rip_follow(s, &conf);
}

static void speakers_follow(struct sluice *s, bool new_policies)
{
	struct routing *r = s->routing;

	if (r->conf.has_fpm) {
		fpm_follow(s, &r->conf.fpm);
		r->runs[SPEAKER_FPM] = true;
	}
	if (r->conf.has_bfd) {
		bfd_follow(s, &r->conf.bfd);
		r->runs[SPEAKER_BFD] = true;
	}
	if (r->conf.has_bgp) {
		if (r->drained)
			bgp_follow_drained(s);
		else
			bgp_follow(s, &r->conf.bgp);
		r->runs[SPEAKER_BGP] = true;
	}
	if (r->conf.has_ospf) {
		if (r->drained)
			ospf_follow_drained(s, new_policies);
		else
			ospf_follow(s, &r->conf.ospf, new_policies);
		r->runs[SPEAKER_OSPF] = true;
	}
	if (r->conf.has_rip) {
		if (r->drained)
			rip_follow_drained(s);
		else
			rip_follow(s, &r->conf.rip);
		r->runs[SPEAKER_RIP] = true;
	}
}

/* The policies, and one more behind them that has no rules. */
static bool policies_take(struct routing *r, const struct policy_conf *from)
{
	struct policy_conf *to = r->policy == &r->conf.policy ? &r->other_policy : &r->conf.policy;

	if (to != from)
		*to = *from;
	if (to->policy_count < POLICY_MAX)
		to->policy[to->policy_count++] = (struct policy){ .name = "drained" };
	if (memcmp(to, r->policy, sizeof *to) == 0)
		return false;
	policies_lead(r, to);
	return true;
}

/* Of a protocol that is not wanted now the limits stay: it may come back. */
static void conf_take(struct routing *r, const struct routing_conf *from)
{
	r->conf.pools = from->pools;
	r->conf.has_bfd = from->has_bfd;
	r->conf.has_bgp = from->has_bgp;
	r->conf.has_ospf = from->has_ospf;
	r->conf.has_rip = from->has_rip;
	r->conf.has_fpm = from->has_fpm;
	if (from->has_fpm)
		r->conf.fpm = from->fpm;
	if (from->has_bfd)
		r->conf.bfd = from->bfd;
	if (from->has_bgp)
		r->conf.bgp = from->bgp;
	if (from->has_ospf)
		r->conf.ospf = from->ospf;
	if (from->has_rip || from->has_ospf)
		r->conf.rip = from->rip;
	r->conf.bgp.key = r->key[SPEAKER_BGP];
}

void routing_configure(struct sluice *s, const struct routing_conf *conf)
{
	struct routing *r = s->routing;
	bool new_policies = false;

	if (conf != NULL) {
		if (conf != &r->conf)
			conf_take(r, conf);
		new_policies = policies_take(r, &conf->policy);
		policies_lead(r, r->policy);
	} else {
		r->conf.has_bfd = r->conf.has_bgp = r->conf.has_ospf = r->conf.has_rip = false;
		r->conf.has_fpm = false;
	}
	if (!r->conf.has_fpm)
		speaker_end(s, SPEAKER_FPM);
	if (!r->conf.has_rip)
		speaker_end(s, SPEAKER_RIP);
	if (!r->conf.has_ospf)
		speaker_end(s, SPEAKER_OSPF);
	if (!r->conf.has_bgp)
		speaker_end(s, SPEAKER_BGP);
	if (!r->conf.has_bfd)
		speaker_end(s, SPEAKER_BFD);
	speakers_follow(s, new_policies);
	routing_pools_look(s);
	r->watch_ns = s->now;
}

enum err sluice_routing_drain(struct sluice *s, bool drain, ns_t now)
{
	struct routing *r = s->routing;

	if (r == NULL)
		return ERR_NOT_FOUND;
	/* There is a place for the policy that says nothing unless all are used. */
	if (r->policy->policy_count == 0 ||
	    r->policy->policy[r->policy->policy_count - 1].count > 0)
		return ERR_FULL;
	engine_now(s, now);
	if (r->drained != drain) {
		r->drained = drain;
		speakers_follow(s, false);
	}
	return ERR_OK;
}

bool sluice_speaker_event(struct sluice *s, struct speaker_event *out)
{
	return s->routing != NULL && speaker_log_take(&s->routing->log, out);
}

/* ---- work ------------------------------------------------------------------------------------ */

static void speaker_sock(struct routing *r, enum speaker speaker, const struct sock_event *event,
			 ns_t now)
{
	switch (speaker) {
	case SPEAKER_BFD: bfd_sock(r->bfd, event->sock, event->ready, now); break;
	case SPEAKER_BGP: bgp_sock(r->bgp, event->sock, event->ready, now); break;
	case SPEAKER_OSPF: ospf_sock(r->ospf, event->sock, event->ready, now); break;
	case SPEAKER_RIP: rip_sock(r->rip, event->sock, event->ready, now); break;
	default: break;
	}
}

/* A speaker may close sockets that are named behind this one: it knows its own. */
static void socks_tell(struct sluice *s, enum speaker speaker, ns_t now)
{
	struct routing *r = s->routing;
	struct sock_event event[READY_MAX];
	u32 count = speaker == SPEAKER_FPM ? 0 : READY_MAX;

	for (u32 turn = 0; turn < READY_TURNS && count > 0; turn++) {
		count = sock_take_ready(&s->socks, (u8)speaker, event, READY_MAX);
		for (u32 at = 0; at < count; at++) {
			if (sock_find(&s->socks, event[at].sock) != NULL)
				speaker_sock(r, speaker, &event[at], now);
		}
	}
	r->more |= count > 0;
}

static ns_t speaker_next(const struct routing *r, enum speaker speaker)
{
	if (!r->runs[speaker])
		return NS_NEVER;
	switch (speaker) {
	case SPEAKER_BFD: return bfd_next(r->bfd);
	case SPEAKER_BGP: return bgp_next(r->bgp);
	case SPEAKER_OSPF: return ospf_next(r->ospf);
	case SPEAKER_RIP: return rip_next(r->rip);
	case SPEAKER_FPM: return fpm_next(r->fpm);
	default: return NS_NEVER;
	}
}

static void speaker_tick(struct routing *r, enum speaker speaker, ns_t now)
{
	switch (speaker) {
	case SPEAKER_BFD: bfd_tick(r->bfd, now); break;
	case SPEAKER_BGP: bgp_tick(r->bgp, now); break;
	case SPEAKER_OSPF: ospf_tick(r->ospf, now); break;
	case SPEAKER_RIP: rip_tick(r->rip, now); break;
	case SPEAKER_FPM: fpm_tick(r->fpm, now); break;
	default: break;
	}
}

void routing_work(struct sluice *s, ns_t now)
{
	struct routing *r = s->routing;
	bool news = r->rib.seq != r->seq;

	r->more = false;
	r->seq = r->rib.seq;
	for (enum speaker speaker = SPEAKER_BFD; speaker < SPEAKERS; speaker++) {
		if (!r->runs[speaker])
			continue;
		socks_tell(s, speaker, now);
		if (news || speaker_next(r, speaker) <= now)
			speaker_tick(r, speaker, now);
	}
	routing_watch(s, now);
	if (r->withheld == ROUTING_UNSETTLED)
		routing_pools_look(s);
	(void)rib_tick(&r->rib, now);
}

ns_t routing_next(const struct sluice *s)
{
	const struct routing *r = s->routing;
	ns_t next = NS_NEVER;

	if (r == NULL)
		return NS_NEVER;
	if (r->more || !rib_is_idle(&r->rib) || r->rib.seq != r->seq)
		return 0;
	for (enum speaker speaker = SPEAKER_BFD; speaker < SPEAKERS; speaker++)
		next = u64_min(next, speaker_next(r, speaker));
	return r->runs[SPEAKER_BFD] ? u64_min(next, r->watch_ns) : next;
}

void routing_ifaces(struct sluice *s)
{
	struct routing *r = s->routing;
	const char *why;

	/* They fitted before. If others took the room meanwhile, what stood stays. */
	(void)!routing_build(s, &s->conf, &why);
	routing_pools_look(s);
	if (r->runs[SPEAKER_BFD])
		bfd_ifaces(r->bfd, s->now);
	if (r->runs[SPEAKER_BGP])
		bgp_ifaces(r->bgp, s->now);
	if (r->runs[SPEAKER_OSPF])
		ospf_ifaces(r->ospf, s->now);
	if (r->runs[SPEAKER_RIP])
		rip_ifaces(r->rip, s->now);
}

void routing_check(const struct routing *r)
{
	rib_check(&r->rib);
	if (r->runs[SPEAKER_BFD])
		bfd_check(r->bfd);
	if (r->runs[SPEAKER_BGP])
		bgp_check(r->bgp);
	if (r->runs[SPEAKER_OSPF])
		ospf_check(r->ospf);
	if (r->runs[SPEAKER_RIP])
		rip_check(r->rip);
	if (r->runs[SPEAKER_FPM])
		fpm_check(r->fpm);
}
