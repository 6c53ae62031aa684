/* Whether neighbours are told of the prefixes of NAT: while the gateway can serve who comes by it.
 *
 * A prefix that two gateways announce, or two providers lead to, is better found by the other one
 * than by a gateway whose inside is cut off. What is withheld stays in the forwarding table: only
 * readers of the RIB hear nothing of it.
 *
 * To be announced, all addresses have to be known to be the gateway's own (RFC 5227), as at its
 * start. Once it is announced, an address that is added takes nothing back: flows go on.         */
#include "core/base/text.h"
#include "core/engine/engine.h"

const char *routing_withheld_text(enum routing_withheld withheld)
{
	static const char *const texts[ROUTING_WITHHELD_REASONS] = {
		[ROUTING_UNSETTLED] = "not all addresses are known to be the gateway's own",
		[ROUTING_NO_INSIDE] = "no link inside is up",
		[ROUTING_INSIDE_DOWN] = "a link inside is down",
		[ROUTING_NO_OUTSIDE] = "no link outside is up",
	};

	CHECK(withheld < ROUTING_WITHHELD_REASONS);
	return texts[withheld];
}

struct links {
	u32 all;
	u32 up;
};

static struct links links_of(const struct sluice *s, enum iface_side side)
{
	struct links links = { 0 };

	for (u32 at = 0; at < s->ifaces.count; at++) {
		const struct iface *iface = &s->ifaces.iface[at];

		if (iface->conf.side != side || at == s->path.host_if)
			continue;
		links.all++;
		links.up += iface->up;
	}
	return links;
}

/* A side without any link has none that could be down. */
static enum routing_withheld withheld_now(const struct sluice *s)
{
	const struct routing *r = s->routing;
	struct links inside = links_of(s, IFACE_INSIDE), outside = links_of(s, IFACE_OUTSIDE);

	if (r->conf.pools == ROUTING_POOLS_ALWAYS)
		return ROUTING_TOLD;
	if (inside.all > 0 && inside.up == 0)
		return ROUTING_NO_INSIDE;
	if (r->conf.pools == ROUTING_POOLS_WHOLE && inside.up < inside.all)
		return ROUTING_INSIDE_DOWN;
	if (outside.all > 0 && outside.up == 0)
		return ROUTING_NO_OUTSIDE;
	if (r->withheld != ROUTING_TOLD && !sluice_is_settled(s))
		return ROUTING_UNSETTLED;
	return ROUTING_TOLD;
}

static void change_tell(struct sluice *s)
{
	struct routing *r = s->routing;
	const char *why = routing_withheld_text((enum routing_withheld)r->withheld);
	struct speaker_event event = { .at_ns = s->now,
				       .kind = why == NULL ? SPEAKER_NOTE : SPEAKER_WARNING,
				       .source = ROUTE_STATIC,
				       .iface = IFACE_NONE };
	struct text text;

	text_init(&text, event.text, sizeof event.text);
	text_str(&text, why == NULL ? "prefixes of pools are announced"
				    : "prefixes of pools are announced to nobody: ");
	text_str(&text, why == NULL ? "" : why);
	speaker_log_add(&r->log, &event);
}

void routing_pools_look(struct sluice *s)
{
	struct routing *r = s->routing;
	enum routing_withheld withheld = withheld_now(s);
	bool announces = r->runs[SPEAKER_BGP] || r->runs[SPEAKER_OSPF] || r->runs[SPEAKER_RIP];

	if (withheld == r->withheld)
		return;
	r->withheld = (u8)withheld;
	routing_pools_again(s);
	if (announces && r->pool_count > 0)
		change_tell(s);
}
