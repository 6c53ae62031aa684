/* Expiry probes: before an established TCP flow ends for silence, its inside host is asked whether
 * it still has the connection (RFC 5382 section 5, REQ-5). The question is a keep-alive in the name
 * of the other end, with the numbers that the flow's windows say; the answer, an ACK or a reset,
 * goes the way of all packets of the flow, and there keeps it or closes it. No answer: it ends.
 *
 * A host that insists on timestamps does not answer (RFC 7323 section 3.2): the last ones are not
 * known here.                                                                                    */
#include "core/ip/tcp_reset.h"
#include "core/path/path.h"

static bool is_inside(const struct path *path, be32 addr, u8 zone)
{
	const struct fib *fib = &path->fib[zone];
	u32 idx = fib_lookup(fib, addr);
	const struct fib_path *way;

	if (fib_route_at(fib, idx)->type != FIB_UNICAST)
		return false;
	way = fib_pick(fib, idx, 0);
	return way != NULL && path_iface(path, way->out_if)->conf.side == IFACE_INSIDE;
}

/* The direction of what the inside host sends; false when no end is inside. */
static bool inside_dir(const struct path *path, const struct flow *flow, enum tuple_dir *dir)
{
	*dir = is_inside(path, flow->orig.src, flow->zone[TUPLE_ORIG]) ? TUPLE_ORIG : TUPLE_REPLY;
	return *dir == TUPLE_ORIG || is_inside(path, flow->repl.src, flow->zone[TUPLE_REPLY]);
}

static void probe_flow(struct path *path, u32 idx, ns_t now)
{
	const struct flow *flow = &path->ct->flow[idx];
	const struct flow_window *window = path->ct->more[idx].window;
	const struct flow_window *host, *peer;
	struct tcp_ends ends;
	struct tuple to;
	enum tuple_dir dir;
	struct pkt *probe;

	if ((window[0].flags & window[1].flags & WINDOW_SEEN) == 0 || !inside_dir(path, flow, &dir))
		return;
	host = &window[dir];
	peer = &window[!dir];
	to = flow_tuple_out(flow, !dir);
	ends = (struct tcp_ends){ to.src, to.dst, to.sport, to.dport };
	probe = ip_tcp_keepalive(path->pool, &ends, peer->end, host->end,
				 (u16)u32_min(peer->max_win >> peer->scale, UINT16_MAX));
	if (probe == NULL)
		return;
	probe->zone = flow->zone[dir];
	path->stats.probes++;
	path_output(path, probe, now);
}

void path_probe(struct path *path, ns_t now)
{
	u32 idx;

	while ((idx = ct_probe_next(path->ct, now)) != IDX_NONE)
		probe_flow(path, idx, now);
}
