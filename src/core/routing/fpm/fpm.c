/* The client: memory, connections, frames, and the time that routes are held. */
#include "core/base/text.h"
#include "core/routing/fpm/fpm_part.h"

/* ---- beginning and end ----------------------------------------------------------------------- */

void fpm_layout(struct fpm *fpm, const struct fpm_conf *conf, struct mem *mem)
{
	fpm->frame = mem_take(mem, "fpm_frame", 1, FPM_FRAME_MAX);
	slab_layout(&fpm->objects, mem, "fpm_next_hops", conf->object_limit,
		    sizeof(struct fpm_object));
	map_layout(&fpm->by_id, mem, "fpm_next_hops_index", conf->object_limit);
}

/* What is hidden has a next hop by number. */
static void why_hidden(void *ctx, const struct ip_prefix *prefix, const struct rib_path *path,
		       char *why, u32 size)
{
	struct text text;

	(void)ctx;
	(void)prefix;
	text_init(&text, why, size);
	text_str(&text, "it waits for next hop number ");
	text_u64(&text, path->extra);
	text_str(&text, ", which leads nowhere or was not told");
}

bool fpm_init(struct fpm *fpm, const struct fpm_conf *conf, const struct fpm_start *start)
{
	struct fpm fresh = { .frame = fpm->frame, .objects = fpm->objects, .by_id = fpm->by_id };

	memcpy(fresh.os_index, fpm->os_index, sizeof fresh.os_index);
	*fpm = fresh;
	fpm->conf = *conf;
	fpm->start = *start;
	fpm->since_ns = NS_NEVER;
	fpm->hold_ns = NS_NEVER;
	fpm_objects_clear(fpm);
	fpm->client = rib_client_new(start->rib, ROUTE_FPM);
	rib_set_chooser(start->rib, ROUTE_FPM,
			&(struct rib_chooser){ .ctx = fpm, .why_hidden = why_hidden });
	return fpm->client != RIB_CLIENT_NONE;
}

void fpm_stop(struct fpm *fpm, ns_t now)
{
	fpm_close(fpm, "the configuration has no FPM now", now);
	rib_client_del(fpm->start.rib, fpm->client);
	fpm->client = RIB_CLIENT_NONE;
	fpm->stale = 0;
	fpm->hold_ns = NS_NEVER;
}

void fpm_configure(struct fpm *fpm, const struct fpm_conf *conf, ns_t now)
{
	(void)now;
	if (fpm->conf.distance != conf->distance)
		fpm->all_round = fpm_round_want(fpm);
	fpm->conf = *conf;
}

void fpm_os_index(struct fpm *fpm, u16 iface, u32 os_index)
{
	CHECK(iface < IFACE_MAX);
	fpm->os_index[iface] = os_index;
}

/* ---- what an administrator hears ------------------------------------------------------------- */

static void say(struct fpm *fpm, enum speaker_event_kind kind, const char *text, ns_t now)
{
	struct speaker_event event = {
		.at_ns = now,
		.kind = kind,
		.source = ROUTE_FPM,
		.iface = IFACE_NONE,
	};
	struct text out;

	if (fpm->peer.addr.raw != 0)
		event.neighbour = ip_addr4(fpm->peer.addr);
	text_init(&out, event.text, sizeof event.text);
	text_str(&out, text);
	speaker_log_add(fpm->start.log, &event);
}

static void say_count(struct fpm *fpm, const char *before, u64 count, const char *after, ns_t now)
{
	char buf[SPEAKER_TEXT_SIZE];
	struct text text;

	text_init(&text, buf, sizeof buf);
	text_str(&text, before);
	text_u64(&text, count);
	text_str(&text, " route");
	text_str(&text, text_plural(count));
	text_str(&text, after);
	say(fpm, SPEAKER_NOTE, buf, now);
}

/* What zebra tells of its host and of other families is counted, and nothing to warn of. */
static bool is_warned_of(enum fpm_why why)
{
	return why != FPM_OTHER_FAMILY && why != FPM_OF_KERNEL && why != FPM_OTHER_MESSAGE;
}

/* Counted each time, said once on a connection. */
static void refused(struct fpm *fpm, enum fpm_why why, const struct fpm_msg *msg, ns_t now)
{
	char buf[SPEAKER_TEXT_SIZE];
	struct text text;

	fpm->stats.refused[why]++;
	if (!is_warned_of(why) || (fpm->said >> why & 1) != 0)
		return;
	fpm->said |= 1u << why;
	text_init(&text, buf, sizeof buf);
	text_str(&text, "refused");
	if (why != FPM_MALFORMED && msg->action == FPM_ROUTE_SET) {
		text_char(&text, ' ');
		text_ip4(&text, msg->prefix);
		text_char(&text, '/');
		text_u64(&text, msg->len);
	}
	text_str(&text, ", and what is like it: ");
	text_str(&text, fpm_why_sentence(why));
	say(fpm, SPEAKER_WARNING, buf, now);
}

/* ---- connections ----------------------------------------------------------------------------- */

void fpm_open(struct fpm *fpm, const struct fpm_peer *peer, ns_t now)
{
	fpm_close(fpm, "another connection came in its place", now);
	fpm->connected = true;
	fpm->told = false;
	fpm->peer = *peer;
	fpm->since_ns = now;
	fpm->frame_bytes = 0;
	fpm->said = 0;
	fpm->stats.connections++;
	say(fpm, SPEAKER_UP, "zebra is connected", now);
}

/* What was told on the connection that ends is stale, what was stale before goes. */
static void routes_hold(struct fpm *fpm, ns_t now)
{
	struct rib *rib = fpm->start.rib;

	if (fpm->stale > 0) {
		fpm->stats.expired += fpm->stale;
		say_count(fpm, "not told again on a whole connection: ", fpm->stale, " gone", now);
	}
	if (fpm->conf.hold_ns == 0) {
		rib_client_clear(rib, fpm->client);
		fpm->routes = 0;
	} else {
		rib_client_unstale(rib, fpm->client);
		rib_client_stale(rib, fpm->client);
	}
	fpm->stale = fpm->routes;
	fpm->routes = 0;
	fpm->hidden = 0;
	fpm->hold_ns = fpm->stale > 0 ? now + fpm->conf.hold_ns : NS_NEVER;
}

void fpm_close(struct fpm *fpm, const char *why, ns_t now)
{
	if (!fpm->connected)
		return;
	fpm->connected = false;
	fpm->ended = why;
	fpm->since_ns = now;
	say(fpm, SPEAKER_DOWN, why, now);
	/* Who told nothing has said nothing about the routes of the one before. */
	if (fpm->told)
		routes_hold(fpm, now);
	fpm_objects_clear(fpm);
}

static void routes_expire(struct fpm *fpm, ns_t now)
{
	fpm->hold_ns = NS_NEVER;
	if (fpm->stale == 0)
		return;
	say_count(fpm, "not told again in the hold time: ", fpm->stale, " gone", now);
	fpm->stats.expired += fpm->stale;
	fpm->stale = 0;
	rib_client_unstale(fpm->start.rib, fpm->client);
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* The first route of a connection: the others have the whole hold time from now on. */
static void first_told(struct fpm *fpm, ns_t now)
{
	if (fpm->told)
		return;
	fpm->told = true;
	if (fpm->hold_ns != NS_NEVER)
		fpm->hold_ns = now + fpm->conf.hold_ns;
}

static enum fpm_why message_do(struct fpm *fpm, struct fpm_msg *msg, ns_t now)
{
	enum fpm_why why = msg->why;

	switch (msg->action) {
	case FPM_ROUTE_SET:
		why = fpm_route_set(fpm, msg);
		if (why == FPM_TAKEN) {
			fpm->stats.sets++;
			first_told(fpm, now);
		}
		break;
	case FPM_ROUTE_UNSET:
		if (why == FPM_TAKEN) {
			fpm->stats.unsets++;
			fpm_route_unset(fpm, msg);
		}
		break;
	case FPM_OBJECT_SET: return fpm_object_set(fpm, msg);
	case FPM_OBJECT_UNSET: fpm_object_unset(fpm, msg->id); break;
	}
	return why;
}

static void message_take(struct fpm *fpm, const struct fpm_span *message, ns_t now)
{
	struct fpm_msg msg;
	enum fpm_why why = fpm_msg_read(message, &msg);

	fpm->stats.messages++;
	if (why == FPM_TAKEN)
		why = message_do(fpm, &msg, now);
	if (why == FPM_TAKEN && msg.too_many)
		why = FPM_TOO_MANY_HOPS;
	if (why != FPM_TAKEN)
		refused(fpm, why, &msg, now);
}

/* NULL, or what is wrong. */
static const char *frame_take(struct fpm *fpm, u32 len_bytes, ns_t now)
{
	struct fpm_span left = { fpm->frame + FPM_HEADER_LEN, len_bytes - FPM_HEADER_LEN };
	struct fpm_span message;

	fpm->stats.frames++;
	while (fpm_span_next(&left, &message))
		message_take(fpm, &message, now);
	return left.bytes > 0 ? "a message is longer than its frame" : NULL;
}

/* As many bytes as the frame is known to want: its header first. */
static u32 bytes_wanted(const struct fpm *fpm, u32 len_bytes)
{
	return (fpm->frame_bytes < FPM_HEADER_LEN ? FPM_HEADER_LEN : len_bytes) - fpm->frame_bytes;
}

static const char *broken(struct fpm *fpm, const char *why, ns_t now)
{
	fpm->stats.broken++;
	fpm_close(fpm, why, now);
	return why;
}

const char *fpm_input(struct fpm *fpm, const u8 *data, u32 bytes, ns_t now)
{
	const char *why;

	CHECK(fpm->connected);
	fpm->stats.bytes += bytes;
	while (bytes > 0) {
		u32 len_bytes = 0, some;

		(void)fpm_frame_read(fpm->frame, fpm->frame_bytes, &len_bytes, &why);
		some = u32_min(bytes_wanted(fpm, len_bytes), bytes);
		memcpy(fpm->frame + fpm->frame_bytes, data, some);
		fpm->frame_bytes += some;
		data += some;
		bytes -= some;
		switch (fpm_frame_read(fpm->frame, fpm->frame_bytes, &len_bytes, &why)) {
		case FPM_FRAME_PART: continue;
		case FPM_FRAME_BAD: return broken(fpm, why, now);
		case FPM_FRAME_WHOLE: break;
		}
		fpm->frame_bytes = 0;
		why = frame_take(fpm, len_bytes, now);
		if (why != NULL)
			return broken(fpm, why, now);
	}
	return NULL;
}

/* ---- time ------------------------------------------------------------------------------------ */

void fpm_tick(struct fpm *fpm, ns_t now)
{
	if (now >= fpm->hold_ns)
		routes_expire(fpm, now);
	fpm_sweep_step(fpm);
}

ns_t fpm_next(const struct fpm *fpm)
{
	return fpm_sweeps(fpm) ? 0 : fpm->hold_ns;
}

/* ---- seeing inside --------------------------------------------------------------------------- */

void fpm_show(const struct fpm *fpm, struct fpm_shown *out, ns_t now)
{
	*out = (struct fpm_shown){
		.connected = fpm->connected,
		.peer = fpm->peer,
		.since_ns = fpm->since_ns,
		.ended = fpm->ended,
		.hold_in_ns = NS_NEVER,
		.routes = fpm->routes,
		.hidden = fpm->hidden,
		.stale = fpm->stale,
		.objects = fpm->objects.live,
		.stats = fpm->stats,
	};
	if (fpm->hold_ns != NS_NEVER)
		out->hold_in_ns = fpm->hold_ns > now ? fpm->hold_ns - now : 0;
}

void fpm_check(const struct fpm *fpm)
{
	CHECK(fpm->frame_bytes <= FPM_FRAME_MAX);
	CHECK(fpm->connected || (fpm->routes == 0 && fpm->objects.live == 0));
	CHECK(fpm->hold_ns != NS_NEVER || fpm->stale == 0);
	CHECK(fpm->hidden <= fpm->routes);
	fpm_objects_check(fpm);
	fpm_routes_check(fpm);
}
