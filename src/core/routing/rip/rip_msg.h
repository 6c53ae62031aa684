/* Messages of RIP version 2 (RFC 2453 section 4): a header and up to 25 entries of 20 bytes. */
#ifndef CORE_ROUTING_RIP_RIP_MSG_H
#define CORE_ROUTING_RIP_RIP_MSG_H

#include "core/base/bytes.h"

enum {
	RIP_PORT = 520,
	RIP_GROUP = 0xe0000009, /* 224.0.0.9 */
	RIP_VERSION = 2,
	RIP_HEADER_LEN = 4,
	RIP_ENTRY_LEN = 20,
	RIP_ENTRIES_MAX = 25, /* that of authentication included */
	RIP_TRAILER_MAX = 4 + 64,
	RIP_MSG_MAX = RIP_HEADER_LEN + RIP_ENTRIES_MAX * RIP_ENTRY_LEN + RIP_TRAILER_MAX,
	RIP_FAMILY_ALL = 0, /* of a request for the whole table, section 3.9.1 */
	RIP_FAMILY_IP = 2,
	RIP_FAMILY_AUTH = 0xffff,
};

enum rip_command { RIP_REQUEST = 1, RIP_RESPONSE = 2 };

/* Host byte order but for addresses; whatever stood there, nothing is checked. */
struct rip_entry {
	u16 family;
	u16 tag;
	be32 addr;
	be32 mask;
	be32 next_hop; /* zero: who sends it */
	u32 metric;
};

/* Why a message says nothing. */
enum rip_msg_error {
	RIP_MSG_OK,
	RIP_MSG_LENGTH,   /* too short, too long, or no whole number of entries */
	RIP_MSG_VERSION0, /* section 3.9: to be discarded */
	RIP_MSG_VERSION1, /* not spoken here: it has neither masks nor authentication */
	RIP_MSG_COMMAND,
	RIP_MSG_ERRORS,
};

void rip_entry_read(const u8 at[RIP_ENTRY_LEN], struct rip_entry *entry);
void rip_entry_write(u8 at[RIP_ENTRY_LEN], const struct rip_entry *entry);
void rip_header_write(u8 at[RIP_HEADER_LEN], enum rip_command command);
/* The header and the length before authentication is known: RIP_MSG_LENGTH only for what is not
 * even a header or longer than any message. Versions above 2 are read as 2 (section 4.6).        */
enum rip_msg_error rip_msg_header(const u8 *at, u32 len_bytes, enum rip_command *command);

enum rip_dest_error { RIP_DEST_OK, RIP_DEST_ADDRESS, RIP_DEST_MASK };

/* The destination of an entry, as section 3.9.2 wants it: a network or host that may be one of
 * unicast, neither net 0 but the default nor net 127, with a mask without holes and nothing behind
 * it. An entry without a mask is read as one of version 1 (section 4.3): the network of its class,
 * or a subnet or host of the network that the link is of (link_addr, link_len).                  */
enum rip_dest_error rip_entry_dest(const struct rip_entry *entry, be32 link_addr, u8 link_len,
				   u8 *len);

#endif
