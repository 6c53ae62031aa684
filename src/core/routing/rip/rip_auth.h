/* Authentication of RIP: a plain password (RFC 2453 section 5.2), keyed MD5 (RFC 2082) and
 * HMAC-SHA (RFC 4822).
 *
 * Either takes the place of the first entry; a digest besides stands behind the last one. Who sends
 * leaves rip_auth_entries() entries free behind the header, then calls rip_auth_sign. The sequence
 * number of a digest is the caller's to compare: here nothing is remembered.                     */
#ifndef CORE_ROUTING_RIP_RIP_AUTH_H
#define CORE_ROUTING_RIP_RIP_AUTH_H

#include "core/routing/rip/rip_conf.h"
#include "core/routing/rip/rip_msg.h"

enum rip_auth_answer {
	RIP_AUTH_GOOD,
	RIP_AUTH_LENGTH,    /* no whole number of entries, or more than there may be */
	RIP_AUTH_MISSING,   /* not of the kind that is asked for here */
	RIP_AUTH_UNWANTED,  /* signed, and none is asked for: section 5.2 */
	RIP_AUTH_MALFORMED, /* lengths or trailer make no sense */
	RIP_AUTH_UNKNOWN_KEY,
	RIP_AUTH_WRONG,
	RIP_AUTH_ANSWERS,
};

struct rip_auth_seen {
	u32 entry_at; /* offset of the first entry that says something */
	u32 entry_count;
	u8 key_id; /* of a digest, as the next */
	u32 sequence;
};

/* Entries that authentication takes: 0 or 1. */
u32 rip_auth_entries(const struct rip_auth_conf *conf);
/* Entries with destinations that fit into one message: 25, 24 or 23. */
u32 rip_auth_room(const struct rip_auth_conf *conf);
/* Write authentication into a message of len_bytes, header and all entries; its length then.
 * Requires: at has room for RIP_MSG_MAX.                                                         */
u32 rip_auth_sign(const struct rip_auth_conf *conf, u8 *at, u32 len_bytes, u32 sequence);
/* Requires: a header, RIP_MSG_MAX at most. Ensures: seen is written if the answer is good. */
enum rip_auth_answer rip_auth_check(const struct rip_auth_conf *conf, const u8 *at, u32 len_bytes,
				    struct rip_auth_seen *seen);
/* "wrong digest" */
const char *rip_auth_text(enum rip_auth_answer answer);

#endif
