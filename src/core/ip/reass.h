/* Putting fragments together (RFC 791 section 3.2, RFC 815, RFC 1122 3.3.2).
 *
 * Fragments are kept as packets in queues by (source, destination, protocol, id, interface zone) until the
 * whole is there. Memory is bounded three ways: queues in all, fragments in all, and fragments of
 * one source address's share. Overlapping fragments kill the whole queue (RFC 5722's rule, taken for IPv4
 * as well), an exact duplicate is ignored. When memory is full the oldest queue goes.           */
#ifndef CORE_IP_REASS_H
#define CORE_IP_REASS_H

#include "core/base/hash.h"
#include "core/base/slab.h"
#include "core/pkt/pkt.h"

struct reass_conf {
	u32 queue_count;       /* packets under reassembly at once */
	u32 fragment_count;    /* fragments kept in all */
	u32 fragments_per_packet; /* up to REASS_FRAGMENTS_MAX */
	u32 fragments_per_source; /* kept fragments of one source address */
	ns_t timeout_ns;       /* RFC 1122: 60 to 120 s; Linux 30 s */
};

enum { REASS_FRAGMENTS_MAX = 64 };

struct reass; /* reass_table.h for the owner's storage */

#endif
