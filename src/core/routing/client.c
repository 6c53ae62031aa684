/* Clients, and the sweep over all paths that serves what concerns many of them.
 *
 * A client that leaves, clears its paths or gives up stale ones only moves the border between its
 * eras; a round of the sweep takes away what is behind it. The same rounds look for paths whose
 * next hops resolve to something else.                                                          */
#include "core/routing/rib_part.h"

void rib_clients_init(struct rib *rib)
{
	memset(rib->client, 0, sizeof rib->client);
	rib->sweeping = false;
	rib->round = 0;
	rib->round_wanted = 0;
	rib->purging_count = 0;
}

u16 rib_client_new(struct rib *rib, enum route_source source)
{
	CHECK(source < ROUTE_SOURCES);
	for (u32 at = 0; at < RIB_CLIENT_MAX; at++) {
		if (rib->client[at].used)
			continue;
		rib->client[at] = (struct rib_client){ .source = source, .used = true };
		return (u16)at;
	}
	return RIB_CLIENT_NONE;
}

static struct rib_client *client_at(struct rib *rib, u16 client)
{
	CHECK(client < RIB_CLIENT_MAX);
	CHECK(rib->client[client].used);
	CHECK(!rib->client[client].leaving);
	return &rib->client[client];
}

enum route_source rib_client_source(const struct rib *rib, u16 client)
{
	CHECK(client < RIB_CLIENT_MAX);
	return rib->client[client].source;
}

u64 rib_round_want(struct rib *rib)
{
	rib->round_wanted = rib->round + 1;
	return rib->round_wanted;
}

/* No era is free any more, since the client came and went faster than the sweep: all that it has
 * becomes one era. Bounded by the paths that there are. Stale ones need no telling apart, for who
 * begins an era makes everything older stale or dead.                                           */
static void eras_gather(struct rib *rib, u16 client)
{
	struct rib_client *of = &rib->client[client];

	for (u32 idx = 0; idx < rib->route_top; idx++) {
		struct rib_route *route = &rib->route[idx];

		if (route->net != IDX_NONE && route->client == client &&
		    rib_route_is_dead(rib, route))
			rib_route_drop(rib, idx);
	}
	for (u32 idx = 0; idx < rib->route_top; idx++) {
		if (rib->route[idx].net != IDX_NONE && rib->route[idx].client == client)
			rib->route[idx].era = 0;
	}
	of->era = of->live_era = of->fresh_era = of->first_era = 0;
}

bool rib_client_has_era(const struct rib *rib, u16 client)
{
	const struct rib_client *of = &rib->client[client];

	return (of->era + 1u - of->first_era) % RIB_ERAS != 0;
}

static void era_begin(struct rib *rib, u16 client)
{
	struct rib_client *of = client_at(rib, client);

	if (!rib_client_has_era(rib, client))
		eras_gather(rib, client);
	of->era = (u8)((of->era + 1) % RIB_ERAS);
}

static void client_purge(struct rib *rib, struct rib_client *client)
{
	rib->purging_count += !client->purging;
	client->purging = true;
	client->purge_round = rib_round_want(rib);
}

void rib_client_clear(struct rib *rib, u16 client)
{
	struct rib_client *of = client_at(rib, client);

	era_begin(rib, client);
	of->live_era = of->era;
	of->fresh_era = of->era;
	client_purge(rib, of);
}

void rib_client_del(struct rib *rib, u16 client)
{
	rib_client_clear(rib, client);
	rib->client[client].leaving = true;
}

void rib_client_stale(struct rib *rib, u16 client)
{
	era_begin(rib, client);
	rib->client[client].fresh_era = rib->client[client].era;
}

void rib_client_unstale(struct rib *rib, u16 client)
{
	struct rib_client *of = client_at(rib, client);

	if (of->live_era == of->fresh_era)
		return;
	of->live_era = of->fresh_era;
	client_purge(rib, of);
}

/* ---- the sweep ------------------------------------------------------------------------------- */

static void round_end(struct rib *rib)
{
	rib->sweeping = false;
	for (u32 at = 0; at < RIB_CLIENT_MAX && rib->purging_count > 0; at++) {
		struct rib_client *client = &rib->client[at];

		if (!client->purging || client->purge_round > rib->round)
			continue;
		client->purging = false;
		client->first_era = client->live_era;
		client->used = !client->leaving;
		rib->purging_count--;
	}
}

static bool sweep_one(struct rib *rib, u32 idx)
{
	const struct rib_route *route = &rib->route[idx];

	if (route->net == IDX_NONE)
		return false;
	if (rib_route_is_dead(rib, route)) {
		rib_route_drop(rib, idx);
		return true;
	}
	if (route->hops != RIB_NONE && rib->hops[route->hops].changed_round >= rib->round) {
		rib_marks_set(&rib->dirty, route->net);
		return true;
	}
	/* Room may have come. */
	if (rib->fib_waiting > 0 && (rib->net[route->net].flags & NET_FIB_FULL) != 0) {
		rib_marks_set(&rib->dirty, route->net);
		return true;
	}
	return false;
}

void rib_sweep_step(struct rib *rib)
{
	u32 hits = 0;

	if (!rib->sweeping) {
		if (rib->round_wanted <= rib->round)
			return;
		rib->round++;
		rib->sweep_at = 0;
		rib->sweeping = true;
	}
	for (u32 looks = 0; looks < RIB_STEP_PATHS && hits < RIB_STEP_NETS; looks++) {
		if (rib->sweep_at >= rib->route_top) {
			round_end(rib);
			return;
		}
		hits += sweep_one(rib, rib->sweep_at++);
	}
}

bool rib_client_walk(const struct rib *rib, u16 client, u32 *cursor, struct rib_owned *out, u32 max,
		     u32 *count)
{
	*count = 0;
	for (u32 looks = 0; looks < RIB_STEP_PATHS && *count < max; looks++, (*cursor)++) {
		const struct rib_route *route = &rib->route[*cursor];

		if (*cursor >= rib->route_top)
			return false;
		if (route->net == IDX_NONE || route->client != client ||
		    rib_route_is_dead(rib, route))
			continue;
		out[*count].prefix = rib_net_prefix(&rib->net[route->net]);
		out[*count].path = rib_path_of(rib, route);
		++*count;
	}
	return *cursor < rib->route_top;
}

void rib_clients_check(const struct rib *rib)
{
	u32 purging_count = 0;

	for (u32 at = 0; at < RIB_CLIENT_MAX; at++) {
		const struct rib_client *client = &rib->client[at];

		purging_count += client->purging;
		CHECK(!client->leaving || client->purging || !client->used);
		CHECK(!client->purging || client->purge_round <= rib->round_wanted ||
		      client->purge_round == rib->round);
		CHECK(client->era < RIB_ERAS);
		CHECK(rib_era_age(client, client->live_era) <=
		      rib_era_age(client, client->first_era));
		CHECK(rib_era_age(client, client->fresh_era) <=
		      rib_era_age(client, client->live_era));
	}
	CHECK(purging_count == rib->purging_count);
}
