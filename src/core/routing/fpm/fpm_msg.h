/* What FRR's zebra writes to a forwarding plane manager: frames of netlink messages.
 *
 * A frame is a header of four bytes (version 1, type 1 for netlink, length of the whole in network
 * byte order) and one or more messages of the kernel's rtnetlink, in the byte order of the machine
 * that zebra runs on, which has to be ours. Read are routes of IPv4, and next hops and groups of
 * them that have a number, which routes refer to. Nothing here believes a length: what is beyond
 * its frame, message or attribute is malformed.
 *
 * Pure functions of bytes. What a route says that can not be forwarded by is told with it: the
 * route that stood before is gone all the same.                                                  */
#ifndef CORE_ROUTING_FPM_FPM_MSG_H
#define CORE_ROUTING_FPM_FPM_MSG_H

#include "core/base/bytes.h"

enum {
	FPM_PORT = 2620,
	FPM_HEADER_LEN = 4,
	FPM_FRAME_MAX = 32768, /* zebra writes at most two messages of 8 KB in one */
	FPM_HOPS_MAX = 16,     /* of a route or a group; others are left out */
};

/* Protocol numbers of rtnetlink: zebra gives what the kernel has by itself, addresses of its host
 * included, as the kernel's.                                                                     */
enum { FPM_PROTOCOL_KERNEL = 2 };

/* Why something is not taken. */
enum fpm_why {
	FPM_TAKEN,
	FPM_MALFORMED,
	FPM_OTHER_MESSAGE, /* neither route nor next hop */
	FPM_OTHER_FAMILY,  /* not of IPv4 */
	FPM_OTHER_TABLE,   /* of a VRF, or not of the main table */
	FPM_OF_KERNEL,     /* what zebra's host has by itself */
	FPM_DESTINATION,   /* nothing is routed there */
	FPM_TYPE,          /* local, broadcast, multicast and what is newer */
	FPM_LABELS,        /* MPLS, segments, tunnels */
	FPM_OTHER_GATEWAY, /* of another family */
	FPM_NO_HOP,
	FPM_TOO_MANY_HOPS,
	FPM_INTERFACE, /* on a link that is none of ours */
	FPM_FULL,
	FPM_WHYS,
};

const char *fpm_why_name(enum fpm_why why);     /* "malformed" */
const char *fpm_why_sentence(enum fpm_why why); /* without a full stop */

enum fpm_frame { FPM_FRAME_PART, FPM_FRAME_WHOLE, FPM_FRAME_BAD };

/* Of the frame that begins at `at`, of which bytes are there. WHOLE: len_bytes of them are it.
 * BAD: nobody can say where the next one begins; why says what is wrong.                         */
enum fpm_frame fpm_frame_read(const u8 *at, u32 bytes, u32 *len_bytes, const char **why);

/* One message of a frame's payload, header included. False: the length of it can not be, and with
 * it of all that follows.                                                                        */
struct fpm_span {
	const u8 *at;
	u32 bytes;
};
bool fpm_span_next(struct fpm_span *left, struct fpm_span *message);

enum fpm_action { FPM_ROUTE_SET, FPM_ROUTE_UNSET, FPM_OBJECT_SET, FPM_OBJECT_UNSET };
enum fpm_kind { FPM_UNICAST, FPM_BLACKHOLE, FPM_PROHIBIT };

/* One next hop. */
struct fpm_hop {
	be32 gateway;     /* zero: on the link */
	u32 os_index;     /* of the interface at zebra's host; 0: not said */
	u16 weight;       /* at least 1 */
	bool onlink;      /* the gateway is there, whatever networks the link has */
	enum fpm_why why; /* TAKEN, or why nothing can be sent by it */
};

struct fpm_member {
	u32 id;
	u16 weight;
};

struct fpm_msg {
	enum fpm_action action;
	enum fpm_kind kind; /* of a route; of a next hop UNICAST or BLACKHOLE */
	/* a route */
	enum fpm_why why; /* of the route: TAKEN, TABLE, KERNEL, DESTINATION, TYPE */
	be32 prefix;      /* bits behind the length are zero */
	u8 len;
	u8 protocol;
	u32 metric;
	/* A route: the next hop that it has, 0 for those that follow. A next hop: its number. */
	u32 id;
	u32 hop_count; /* of a next hop 1, of one that is a group 0 */
	struct fpm_hop hop[FPM_HOPS_MAX];
	u32 member_count;
	struct fpm_member member[FPM_HOPS_MAX];
	bool too_many; /* hops or members: those beyond FPM_HOPS_MAX are not here */
};

/* TAKEN: msg is filled; MALFORMED, OTHER_MESSAGE, OTHER_FAMILY: nothing is to be had of it. */
enum fpm_why fpm_msg_read(const struct fpm_span *message, struct fpm_msg *msg);

#endif
