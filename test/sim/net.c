/* The network: wake-ups in order of time, randomness from the seed, a trace of what happened. */
#include "sim/net.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fake/seen.h"

void net_init(struct net *net, u64 seed)
{
	memset(net, 0, sizeof *net);
	net->now = 1000 * NS_PER_SEC;
	/* Far apart: neighbouring seeds must not walk through the same numbers. */
	net->rng = seed;
	net->rng = net_random(net) ^ seed << 32;
}

void net_fini(struct net *net)
{
	while (net->actor_count > 0) {
		struct actor *actor = net->actor[--net->actor_count];

		actor->ops->del(actor);
	}
}

void net_add(struct net *net, struct actor *actor, const struct actor_ops *ops)
{
	CHECK(net->actor_count < NET_ACTORS_MAX);
	actor->ops = ops;
	actor->net = net;
	net->actor[net->actor_count++] = actor;
}

void net_run(struct net *net, ns_t until, u32 steps)
{
	while (steps-- > 0 && net->why == NULL) {
		struct actor *first = NULL;
		ns_t when = until;

		for (u32 n = 0; n < net->actor_count; n++) {
			ns_t next = net->actor[n]->ops->next(net->actor[n]);

			if (next < when) {
				when = next;
				first = net->actor[n];
			}
		}
		if (when > net->now)
			net->now = when;
		if (first == NULL)
			return;
		first->ops->run(first);
	}
}

/* splitmix64 */
u64 net_random(struct net *net)
{
	u64 z = net->rng += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

u32 net_below(struct net *net, u32 count)
{
	return (u32)(net_random(net) % count);
}

bool net_chance(struct net *net, u32 percent)
{
	return net_below(net, 100) < percent;
}

static char *net_trace_line(struct net *net)
{
	return net->trace[net->trace_count++ % NET_TRACE_MAX];
}

void net_fail(struct net *net, const char *format, ...)
{
	char *line;
	va_list args;

	if (net->why != NULL)
		return;
	line = net_trace_line(net);
	va_start(args, format);
	vsnprintf(line, NET_TRACE_LINE, format, args);
	va_end(args);
	net->why = line;
}

void net_trace(struct net *net, const char *format, ...)
{
	va_list args;

	if (net->quiet)
		return;
	va_start(args, format);
	vsnprintf(net_trace_line(net), NET_TRACE_LINE, format, args);
	va_end(args);
}

void net_trace_packet(struct net *net, const char *what, u16 iface, const u8 *ip, u32 len)
{
	char text[NET_TRACE_LINE - 64] = "no IP packet";
	struct seen seen;

	if (net->quiet)
		return;
	if (seen_parse(&seen, ip, len))
		seen_print(&seen, text, sizeof text);
	net_trace(net, "%8.3f %s %u: %s", (double)(net->now - 1000 * NS_PER_SEC) / 1e9, what, iface,
		  text);
}

void net_trace_print(const struct net *net)
{
	u64 first = net->trace_count > NET_TRACE_MAX ? net->trace_count - NET_TRACE_MAX : 0;

	for (u64 n = first; n < net->trace_count; n++)
		fprintf(stderr, "  %s\n", net->trace[n % NET_TRACE_MAX]);
}

void net_saw_endpoint(struct net *net, u8 proto, be32 addr, u16 port)
{
	u32 n = net->endpoint_count < NET_ENDPOINTS_MAX ? net->endpoint_count++
							: net_below(net, NET_ENDPOINTS_MAX);

	net->endpoint[n] = (struct net_endpoint){ proto, addr, port };
}

/* ---- links */

struct link_entry {
	ns_t when;
	struct frame *frame;
};

struct link {
	struct actor actor;
	struct link_conf conf;
	struct actor *to;
	u16 port;
	u32 count;
	struct link_entry entry[LINK_QUEUE_MAX];
};

static ns_t link_next(const struct actor *actor)
{
	const struct link *link = (const struct link *)actor;
	ns_t first = NS_NEVER;

	for (u32 n = 0; n < link->count; n++)
		first = u64_min(first, link->entry[n].when);
	return first;
}

static void link_run(struct actor *actor)
{
	struct link *link = (struct link *)actor;
	u32 first = 0;
	struct frame *frame;

	for (u32 n = 1; n < link->count; n++) {
		if (link->entry[n].when < link->entry[first].when)
			first = n;
	}
	frame = link->entry[first].frame;
	memmove(&link->entry[first], &link->entry[first + 1],
		(link->count - first - 1) * sizeof link->entry[0]);
	link->count--;
	link->to->ops->forward(link->to, link->port, frame);
	free(frame);
}

static void link_del(struct actor *actor)
{
	struct link *link = (struct link *)actor;

	while (link->count > 0)
		free(link->entry[--link->count].frame);
	free(link);
}

static void link_forward(struct actor *actor, u16 port, const struct frame *frame)
{
	(void)port;
	link_send((struct link *)actor, frame->bytes, frame->len, frame->link_flags);
}

static const struct actor_ops link_ops = { link_forward, link_next, link_run, link_del };

struct link *link_new(struct net *net, const struct link_conf *conf, struct actor *to, u16 port)
{
	struct link *link = calloc(1, sizeof *link);

	CHECK(link != NULL);
	link->conf = *conf;
	link->to = to;
	link->port = port;
	net_add(net, &link->actor, &link_ops);
	return link;
}

static void link_queue(struct link *link, const u8 *ip, u32 len, u32 link_flags)
{
	struct net *net = link->actor.net;
	struct frame *frame;
	ns_t jitter = link->conf.jitter_ns;

	if (link->count == LINK_QUEUE_MAX)
		return;
	frame = malloc(sizeof *frame + len);
	CHECK(frame != NULL);
	*frame = (struct frame){ .len = len, .link_flags = link_flags };
	memcpy(frame->bytes, ip, len);
	link->entry[link->count++] = (struct link_entry){
		net->now + link->conf.delay_ns + (jitter == 0 ? 0 : net_random(net) % jitter), frame
	};
}

void link_send(struct link *link, const u8 *ip, u32 len, u32 link_flags)
{
	if (net_chance(link->actor.net, link->conf.loss_percent))
		return;
	link_queue(link, ip, len, link_flags);
	if (net_chance(link->actor.net, link->conf.repeat_percent))
		link_queue(link, ip, len, link_flags);
}
