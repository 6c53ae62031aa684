/* Any graph of autonomous systems, any faults: some have several routers, which are a full mesh of
 * iBGP on a network of their own; links between systems are networks of two.
 *
 * After each step the way of every packet is followed, and a loop has to end soon. When all is calm
 * the length of every best path has to be that of the shortest one of the graph, with what each
 * link prepends, and what nobody can reach may stand nowhere.                                    */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake/bgp_net.h"
#include "fake/build.h"

enum {
	SEED = 7, /* this one and the next see loops */
	SEEDS = 2,
	EVENTS = 25,
	ROUTERS_MIN = 8,
	ROUTERS_MAX = 12, /* of the seeds that are always run; of others BGP_NET_HOSTS */
	SYSTEM_MAX = 3, /* routers of one */
	LINKS_MAX = 40,
	PREPEND_MAX = 3,
	HOLD_S = 9,
	STEP_S = 2,
	CALM_S = 400,
	LOOP_MAX_S = 30, /* a few seconds were seen in hundreds of faults */
	FAR = 1 << 20,
};

/* Between two systems; prepend[0] is what end[0] adds when it tells end[1]. */
struct edge {
	u32 end[2];
	u16 policy[2];
	u32 prepend[2];
	u32 peer[2]; /* in the configuration of each end: of the other one */
};

struct any {
	struct bgp_net *net;
	struct rng rng;
	u32 system[BGP_NET_HOSTS]; /* of a router */
	u32 systems;
	struct edge edge[LINKS_MAX];
	u32 edges;
	bool runs[BGP_NET_HOSTS];
	bool offers[BGP_NET_HOSTS];
	ns_t loop_since[BGP_NET_HOSTS]; /* for what a router offers; zero: none */
	u64 loops;
	ns_t loop_longest;
};

static const char *prefix_of(u32 router)
{
	static char text[32];

	(void)snprintf(text, sizeof text, "203.0.%u.0/24", router);
	return text;
}

static u32 as_of(u32 system)
{
	return 65001 + system;
}

/* ---- the graph ------------------------------------------------------------------------------- */

static void edge_add(struct any *any, u32 a, u32 b)
{
	struct edge *edge = &any->edge[any->edges];
	u32 end[2] = { a, b };
	char text[32];

	for (u32 n = 0; n < 2; n++) {
		(void)snprintf(text, sizeof text, "10.1.%u.%u/24", any->edges, n + 1);
		bgp_net_attach(any->net, end[n], text);
		edge->end[n] = end[n];
		edge->policy[n] = bgp_net_policy(any->net, end[n]);
		bgp_net_rule(any->net, end[n], edge->policy[n])->prepend_count = 0;
	}
	for (u32 n = 0; n < 2; n++) {
		struct bgp_peer_conf *peer;

		(void)snprintf(text, sizeof text, "10.1.%u.%u", any->edges, 2 - n);
		edge->peer[n] = any->net->host[end[n]]->conf.peer_count;
		peer = bgp_net_peer(any->net, end[n], text, as_of(any->system[end[1 - n]]));
		peer->export = edge->policy[n];
	}
	any->edges++;
}

static bool are_joined(const struct any *any, u32 a, u32 b)
{
	for (u32 n = 0; n < any->edges; n++) {
		const struct edge *edge = &any->edge[n];

		if ((edge->end[0] == a && edge->end[1] == b) ||
		    (edge->end[0] == b && edge->end[1] == a))
			return true;
	}
	return any->system[a] == any->system[b];
}

static void mesh_add(struct any *any, u32 router, u32 number)
{
	char text[32];

	(void)snprintf(text, sizeof text, "10.2.%u.%u/24", any->system[router], number + 1);
	bgp_net_attach(any->net, router, text);
	for (u32 n = 0; n < number; n++) {
		u32 other = router - number + n;

		(void)snprintf(text, sizeof text, "10.2.%u.%u", any->system[router], n + 1);
		bgp_net_peer(any->net, router, text, as_of(any->system[router]))->nexthop_self =
			true;
		(void)snprintf(text, sizeof text, "10.2.%u.%u", any->system[router], number + 1);
		bgp_net_peer(any->net, other, text, as_of(any->system[router]))->nexthop_self =
			true;
	}
}

static void routers_add(struct any *any)
{
	u32 most = getenv("SEEDS") != NULL ? BGP_NET_HOSTS : ROUTERS_MAX;
	u32 routers = ROUTERS_MIN + rng_below(&any->rng, most - ROUTERS_MIN + 1);

	while (any->net->host_count < routers) {
		u32 size = 1 + rng_below(&any->rng, SYSTEM_MAX);

		for (u32 n = 0; n < size && any->net->host_count < routers; n++) {
			char text[32];
			u32 router = any->net->host_count;

			(void)snprintf(text, sizeof text, "192.0.2.%u", router + 1);
			any->system[router] = any->systems;
			bgp_net_host(any->net, as_of(any->systems), text);
			if (size > 1)
				mesh_add(any, router, n);
		}
		any->systems++;
	}
}

static void start(struct any *any, u32 router)
{
	bgp_net_start(any->net, router);
	any->runs[router] = true;
	if (any->offers[router])
		bgp_net_originate(any->net, router, prefix_of(router));
}

static struct any *any_new(u64 seed)
{
	struct any *any = calloc(1, sizeof *any);
	u8 bytes[32] = { 0 };
	u32 routers;

	assert_non_null(any);
	memcpy(bytes, &seed, sizeof seed);
	rng_init(&any->rng, bytes);
	any->net = bgp_net_new();
	any->net->unchecked = true;
	routers_add(any);
	routers = any->net->host_count;
	/* A tree of all, and some more. */
	for (u32 n = 1; n < routers; n++) {
		u32 to = rng_below(&any->rng, n);

		if (!are_joined(any, n, to))
			edge_add(any, n, to);
	}
	for (u32 n = 0; n < routers / 2; n++) {
		u32 a = rng_below(&any->rng, routers), b = rng_below(&any->rng, routers);

		if (a != b && any->edges < LINKS_MAX && !are_joined(any, a, b))
			edge_add(any, a, b);
	}
	for (u32 n = 0; n < routers; n++) {
		struct bgp_conf *conf = &any->net->host[n]->conf;

		for (u32 peer = 0; peer < conf->peer_count; peer++) {
			conf->peer[peer].hold_s = HOLD_S;
			conf->peer[peer].connect_retry_s = 5;
			conf->peer[peer].advertise_ms = 100 * rng_below(&any->rng, 20);
		}
	}
	for (u32 n = 0; n < routers; n++) {
		any->offers[n] = true;
		start(any, n);
	}
	return any;
}

static void any_free(struct any *any)
{
	bgp_net_del(any->net);
	free(any);
}

/* ---- what ought to be ------------------------------------------------------------------------ */

static bool is_cut(const struct any *any, const struct edge *edge)
{
	return any->net->cut[edge->end[0]][edge->end[1]] ||
	       any->net->cut[edge->end[1]][edge->end[0]];
}

/* How long the path of each system to the one of origin is; FAR: there is none. */
static void distances(const struct any *any, u32 origin, u32 *distance)
{
	bool changes = true;

	for (u32 n = 0; n < any->systems; n++)
		distance[n] = FAR;
	if (any->runs[origin] && any->offers[origin])
		distance[any->system[origin]] = 0;
	while (changes) {
		changes = false;
		for (u32 n = 0; n < 2 * any->edges; n++) {
			const struct edge *edge = &any->edge[n / 2];
			u32 from = edge->end[n % 2], to = edge->end[1 - n % 2];
			u32 length = distance[any->system[from]] + 1 + edge->prepend[n % 2];

			if (is_cut(any, edge) || !any->runs[from] || !any->runs[to] ||
			    length >= distance[any->system[to]])
				continue;
			distance[any->system[to]] = length;
			changes = true;
		}
	}
}

static u32 words(const char *text)
{
	u32 count = 0;

	for (const char *at = text; *at != 0; at++)
		count += *at != ' ' && (at == text || at[-1] == ' ');
	return count;
}

/* What is wrong with one router's way to what another one offers; NULL: nothing. */
static const char *wrong_with(struct any *any, u32 router, u32 origin, const u32 *distance)
{
	u32 wanted = distance[any->system[router]];
	const char *prefix = prefix_of(origin);
	struct bgp_attrs_shown attrs;
	char own[16];

	if (!any->runs[router])
		return NULL;
	if (!bgp_net_has(any->net, router, prefix))
		return wanted < FAR ? "there is a way, and it has none" : NULL;
	if (wanted >= FAR)
		return "it has a way, and there is none";
	if (router == origin)
		return NULL;
	attrs = bgp_net_attrs(any->net, router, prefix);
	(void)snprintf(own, sizeof own, "%u", as_of(any->system[router]));
	if (words(attrs.path) != wanted)
		return "its path is not the shortest";
	return strstr(attrs.path, own) != NULL ? "its own system is in the path" : NULL;
}

static void judge(struct any *any, u64 seed)
{
	u32 distance[BGP_NET_HOSTS];

	for (u32 origin = 0; origin < any->net->host_count; origin++) {
		distances(any, origin, distance);
		for (u32 router = 0; router < any->net->host_count; router++) {
			const char *what = wrong_with(any, router, origin, distance);

			if (what != NULL)
				fail_msg("seed %u: router %u, to what %u offers: %s", (u32)seed,
					 router, origin, what);
		}
	}
}

/* ---- loops ----------------------------------------------------------------------------------- */

static u32 router_at(const struct any *any, be32 at)
{
	for (u32 n = 0; n < any->net->host_count; n++) {
		u16 iface;

		if (iface_find_addr(&any->net->host[n]->ifaces, 0, at, &iface))
			return n;
	}
	return IDX_NONE;
}

/* From any router: no packet may come to one twice. */
static bool has_loop(struct any *any, u32 origin)
{
	const char *prefix = prefix_of(origin);

	for (u32 first = 0; first < any->net->host_count; first++) {
		u32 at = first, steps = 0;

		while (at != origin && any->runs[at] && bgp_net_has(any->net, at, prefix)) {
			at = router_at(any, bgp_net_attrs(any->net, at, prefix).nexthop);
			assert_int_not_equal(at, IDX_NONE);
			if (steps++ > any->net->host_count)
				return true;
		}
	}
	return false;
}

static void look_for_loops(struct any *any)
{
	for (u32 n = 0; n < any->net->host_count; n++) {
		if (!has_loop(any, n)) {
			any->loop_since[n] = 0;
			continue;
		}
		any->loops += any->loop_since[n] == 0;
		if (any->loop_since[n] == 0)
			any->loop_since[n] = any->net->now;
		if (any->net->now - any->loop_since[n] > any->loop_longest)
			any->loop_longest = any->net->now - any->loop_since[n];
	}
}

static void run(struct any *any, u32 seconds)
{
	for (u32 at = 0; at < seconds; at += STEP_S) {
		bgp_net_run(any->net, STEP_S * NS_PER_SEC);
		for (u32 n = 0; n < any->net->host_count; n++) {
			if (!any->runs[n])
				continue;
			bgp_check(&any->net->host[n]->bgp);
			rib_check(&any->net->host[n]->rib);
		}
		look_for_loops(any);
	}
}

/* ---- faults ---------------------------------------------------------------------------------- */

static void prepend(struct any *any, struct edge *edge, u32 n)
{
	struct bgp_net_host *host = any->net->host[edge->end[n]];
	u32 rule = host->policy.policy[edge->policy[n]].first;

	if (!any->runs[edge->end[n]])
		return;
	edge->prepend[n] = rng_below(&any->rng, PREPEND_MAX + 1);
	host->policy.rule[rule].prepend_count = (u8)edge->prepend[n];
	bgp_configure(&host->bgp, &host->conf, any->net->now);
}

static void stop_or_start(struct any *any, u32 router)
{
	if (!any->runs[router]) {
		start(any, router);
		return;
	}
	bgp_net_kill(any->net, router);
	any->runs[router] = false;
}

static void offer_or_not(struct any *any, u32 router)
{
	if (!any->runs[router])
		return;
	any->offers[router] = !any->offers[router];
	if (any->offers[router])
		bgp_net_originate(any->net, router, prefix_of(router));
	else
		bgp_net_retract(any->net, router, prefix_of(router));
}

static void disturb(struct any *any)
{
	struct edge *edge = &any->edge[rng_below(&any->rng, any->edges)];
	u32 router = rng_below(&any->rng, any->net->host_count);
	u32 n = rng_below(&any->rng, 2);
	bool *cut[2] = { &any->net->cut[edge->end[n]][edge->end[1 - n]],
			 &any->net->cut[edge->end[1 - n]][edge->end[n]] };
	u32 line = bgp_net_line(any->net, edge->end[0], edge->end[1]);

	switch (rng_below(&any->rng, 8)) {
	case 0:
	case 1: *cut[0] = *cut[1] = !is_cut(any, edge); break;
	case 2: *cut[0] = !*cut[0]; break;
	case 3:
		if (line != IDX_NONE)
			bgp_net_reset(any->net, line);
		break;
	case 4: stop_or_start(any, router); break;
	case 5: offer_or_not(any, router); break;
	case 6: prepend(any, edge, n); break;
	default:
		any->net->delay = NS_PER_MS * (1 + rng_below(&any->rng, 400));
		any->net->dribble = rng_below(&any->rng, 3) == 0 ? 40 : 0;
		break;
	}
}

/* What is cut in one direction is cut in both. */
static void calm(struct any *any)
{
	for (u32 n = 0; n < any->edges; n++) {
		const struct edge *edge = &any->edge[n];
		bool cut = is_cut(any, edge);

		any->net->cut[edge->end[0]][edge->end[1]] = cut;
		any->net->cut[edge->end[1]][edge->end[0]] = cut;
	}
}

/* SEED=n and SEEDS=n in the environment run others, and more. */
static void test_any_graph_any_fault(void **state)
{
	const char *first = getenv("SEED"), *many = getenv("SEEDS");
	u64 seed = first != NULL ? strtoull(first, NULL, 10) : SEED;
	u64 seeds = many != NULL ? strtoull(many, NULL, 10) : SEEDS;
	u64 loops = 0;

	(void)state;
	for (u64 end = seed + seeds; seed < end; seed++) {
		struct any *any = any_new(seed);

		run(any, 120);
		judge(any, seed);
		for (u32 n = 0; n < EVENTS; n++) {
			disturb(any);
			run(any, rng_below(&any->rng, 40));
		}
		calm(any);
		run(any, CALM_S);
		judge(any, seed);
		if (any->loop_longest > LOOP_MAX_S * NS_PER_SEC)
			fail_msg("seed %u: a loop of %u s", (u32)seed,
				 (u32)(any->loop_longest / NS_PER_SEC));
		loops += any->loops;
		if (many != NULL)
			print_message("seed %u: %u routers, %u loops, longest %u s\n", (u32)seed,
				      any->net->host_count, (u32)any->loops,
				      (u32)(any->loop_longest / NS_PER_SEC));
		any_free(any);
	}
	/* Else this has seen nothing. */
	assert_true(loops > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_graph_any_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
