/* Memory is planned at start: what was planned with can not change while the engine runs. Said by
 * the names that an administrator knows.                                                        */
#include "core/engine/engine.h"

const char *engine_limit_changed(const struct sluice_conf *old, const struct sluice_conf *new)
{
	/* Without rules nothing is asked for; what was planned stays for those that come back. */
	const struct splice_conf splice = new->splice.split_limit > 0 ? new->splice : old->splice;
	const struct {
		u32 is;
		u32 would_be;
		const char *why;
	} limits[] = {
		{ old->ct.flow_count, new->ct.flow_count,
		  "limits.flows can not change while the engine runs" },
		{ old->ct.counters, new->ct.counters,
		  "tracking.counters can not change while the engine runs" },
		{ old->nat.mapping_count, new->nat.mapping_count,
		  "limits.mappings can not change while the engine runs" },
		{ old->nat.address_count, new->nat.address_count,
		  "limits.addresses can not change while the engine runs" },
		{ old->nat.dest_count, new->nat.dest_count,
		  "limits.destinations can not change while the engine runs" },
		{ old->fib.prefix_count, new->fib.prefix_count,
		  "limits.routes can not change while the engine runs" },
		{ old->fib.route_count, new->fib.route_count,
		  "limits.route-targets can not change while the engine runs" },
		{ old->neigh.count, new->neigh.count,
		  "limits.neighbours can not change while the engine runs" },
		{ old->neigh.queue_count, new->neigh.queue_count,
		  "limits.neighbour-packets can not change while the engine runs" },
		{ old->reass.queue_count, new->reass.queue_count,
		  "limits.reassemblies can not change while the engine runs" },
		{ old->reass.fragment_count, new->reass.fragment_count,
		  "limits.fragments can not change while the engine runs" },
		{ old->reass.fragments_per_packet, new->reass.fragments_per_packet,
		  "limits.fragments-per-packet can not change while the engine runs" },
		{ old->reass.fragments_per_source, new->reass.fragments_per_source,
		  "limits.fragments-per-source can not change while the engine runs" },
		{ old->packets.small_count, new->packets.small_count,
		  "limits.packets can not change while the engine runs" },
		{ old->packets.large_count, new->packets.large_count,
		  "limits.large-packets can not change while the engine runs" },
		{ old->sockets.sock_limit, new->sockets.sock_limit,
		  "the limits of sockets can not change while the engine runs" },
		{ old->sockets.op_limit, new->sockets.op_limit,
		  "the limits of sockets can not change while the engine runs" },
		{ old->udp.endpoint_limit, new->udp.endpoint_limit,
		  "the limits of sockets can not change while the engine runs" },
		{ old->udp.datagram_limit, new->udp.datagram_limit,
		  "the limits of sockets can not change while the engine runs" },
		{ old->udp.group_limit, new->udp.group_limit,
		  "the limits of sockets can not change while the engine runs" },
		{ old->tcp.tcb_limit, new->tcp.tcb_limit,
		  "the limits of sockets can not change while the engine runs" },
		{ old->tcp.key_limit, new->tcp.key_limit,
		  "the limits of sockets can not change while the engine runs" },
		{ old->tcp.auth_limit, new->tcp.auth_limit,
		  "the limits of sockets can not change while the engine runs" },
		{ old->splice.split_limit, splice.split_limit,
		  "limits.accelerated can not change while the engine runs" },
		{ (u32)(old->splice.buffer_bytes >> 10), (u32)(splice.buffer_bytes >> 10),
		  "limits.accelerate-buffers can not change while the engine runs" },
		{ old->packets.ring_count, new->packets.ring_count,
		  "the rings of the drivers can not change while the engine runs" },
	};

	for (u32 at = 0; at < ARRAY_COUNT(limits); at++) {
		if (limits[at].is != limits[at].would_be)
			return limits[at].why;
	}
	return NULL;
}
