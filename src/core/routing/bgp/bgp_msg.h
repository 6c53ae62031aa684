/* Messages of BGP-4 as bytes (RFC 4271 section 4): framing, OPEN with its capabilities, the three
 * parts of an UPDATE, NOTIFICATION, ROUTE-REFRESH. Path attributes are read in attr_read.c.
 *
 * Nothing here keeps state or believes a length: a reader is given bytes and how many there are,
 * and what it points to lies within them. What is wrong is told as the NOTIFICATION that answers
 * it.                                                                                            */
#ifndef CORE_ROUTING_BGP_BGP_MSG_H
#define CORE_ROUTING_BGP_BGP_MSG_H

#include "core/base/bytes.h"

enum {
	BGP_HLEN = 19,
	BGP_MARKER_SIZE = 16,
	BGP_MSG_MAX = 4096,
	BGP_OPEN_LEAST = 29,
	BGP_UPDATE_LEAST = 23,
	BGP_NOTIFICATION_LEAST = 21,
	BGP_REFRESH_LEN = 23,
	BGP_VERSION = 4,
	BGP_AS_TRANS = 23456, /* RFC 6793 section 9 */
	BGP_ERROR_DATA_MAX = 256,
	BGP_AFI_IP4 = 1,
	BGP_SAFI_UNICAST = 1,
};

enum bgp_type {
	BGP_OPEN = 1,
	BGP_UPDATE = 2,
	BGP_NOTIFICATION = 3,
	BGP_KEEPALIVE = 4,
	BGP_ROUTE_REFRESH = 5, /* RFC 2918 */
	BGP_TYPES,
};

/* Codes of NOTIFICATION (RFC 4271 section 6, RFC 9687, RFC 7313). */
enum bgp_error_code {
	BGP_ERROR_HEADER = 1,
	BGP_ERROR_OPEN = 2,
	BGP_ERROR_UPDATE = 3,
	BGP_ERROR_HOLD = 4,
	BGP_ERROR_FSM = 5,
	BGP_ERROR_CEASE = 6,
	BGP_ERROR_REFRESH = 7,
	BGP_ERROR_SEND_HOLD = 8,
};
enum { BGP_HEADER_NOT_SYNCHRONIZED = 1, BGP_HEADER_BAD_LENGTH = 2, BGP_HEADER_BAD_TYPE = 3 };
enum {
	BGP_OPEN_UNSPECIFIC = 0,
	BGP_OPEN_BAD_VERSION = 1,
	BGP_OPEN_BAD_AS = 2,
	BGP_OPEN_BAD_ID = 3,
	BGP_OPEN_BAD_PARAMETER = 4,
	BGP_OPEN_BAD_HOLD = 6,
	BGP_OPEN_BAD_CAPABILITY = 7, /* RFC 5492 section 5 */
};
enum {
	BGP_UPDATE_MALFORMED = 1,
	BGP_UPDATE_UNKNOWN_WELL_KNOWN = 2,
	BGP_UPDATE_OPTIONAL = 9,
	BGP_UPDATE_BAD_NETWORK = 10,
};
enum { BGP_FSM_IN_OPEN_SENT = 1, BGP_FSM_IN_OPEN_CONFIRM = 2, BGP_FSM_IN_ESTABLISHED = 3 };
enum { BGP_REFRESH_BAD_LENGTH = 1 };
/* RFC 4486 section 3. */
enum bgp_cease {
	BGP_CEASE_PREFIXES = 1,
	BGP_CEASE_SHUTDOWN = 2,
	BGP_CEASE_DECONFIGURED = 3,
	BGP_CEASE_RESET = 4,
	BGP_CEASE_REJECTED = 5,
	BGP_CEASE_CONFIGURED = 6,
	BGP_CEASE_COLLISION = 7,
	BGP_CEASE_RESOURCES = 8,
};

/* What a NOTIFICATION says. */
struct bgp_error {
	u8 code; /* zero: nothing is wrong */
	u8 subcode;
	u16 data_len;
	u8 data[BGP_ERROR_DATA_MAX]; /* of more, the beginning */
};

void bgp_error_set(struct bgp_error *error, u8 code, u8 subcode, const void *data, u32 data_len);

enum bgp_frame { BGP_FRAME_MORE, BGP_FRAME_WHOLE, BGP_FRAME_BAD };
/* Whether a message begins at bytes[0..have): *len of its bytes are whole. BAD: *error says why
 * (RFC 4271 section 6.1). At most BGP_MSG_MAX bytes are ever asked for.                          */
enum bgp_frame bgp_frame_read(const u8 *bytes, u32 have, u32 *len, struct bgp_error *error);
static inline enum bgp_type bgp_msg_type(const u8 *msg)
{
	return (enum bgp_type)msg[BGP_HLEN - 1];
}
/* The header of a message of len bytes. */
void bgp_header_write(u8 *to, u32 len, enum bgp_type type);

enum bgp_add_path { BGP_ADD_PATH_RECEIVE = 1, BGP_ADD_PATH_SEND = 2 };

/* What an OPEN says, capabilities included (RFC 5492); of address families that of IPv4 unicast. */
struct bgp_open {
	u32 as;       /* of the capability, where there is one */
	u16 short_as; /* of the fixed field */
	u16 hold_s;
	be32 router_id;
	bool families;         /* some are named (RFC 4760) */
	bool ip4;              /* this one is */
	bool as4;              /* RFC 6793 */
	bool refresh;          /* RFC 2918 */
	bool enhanced_refresh; /* RFC 7313 */
	bool restart;          /* RFC 4724: knows End-of-RIB */
	bool restarting;       /* R: it has just restarted */
	bool restart_ip4;      /* keeps forwarding for this family */
	bool forwarding_ip4;   /* F: it has */
	u16 restart_s;
	u8 add_path; /* enum bgp_add_path of this family (RFC 7911) */
};

/* Whole, as framed. False: *error says why (RFC 4271 section 6.2). Whether the AS is the right one
 * is for who knows it.                                                                           */
bool bgp_open_read(const u8 *msg, u32 len, struct bgp_open *open, struct bgp_error *error);
/* How many bytes; at most BGP_OPEN_LEAST + 64. */
enum { BGP_OPEN_MOST = BGP_OPEN_LEAST + 64 };
u32 bgp_open_write(u8 *to, const struct bgp_open *open);

/* Bytes of a message, borrowed. */
struct bgp_piece {
	const u8 *at;
	u32 len;
};

struct bgp_update {
	struct bgp_piece withdrawn;
	struct bgp_piece attrs;
	struct bgp_piece nlri;
};

/* False: a length does not fit (RFC 7606 section 3 (b)): *error. */
bool bgp_update_read(const u8 *msg, u32 len, struct bgp_update *update, struct bgp_error *error);

/* A prefix of NLRI, with a path identifier where those were negotiated. */
struct bgp_nlri {
	be32 addr; /* bits behind the length are cleared */
	u8 len;
	u32 path_id;
};
enum { BGP_NLRI_MAX = 9 }; /* bytes: identifier, length, prefix */

/* The next one; false: there are no more, or it is malformed. Whoever has to know has asked
 * bgp_nlri_sound() before.                                                                       */
static inline bool bgp_nlri_next(struct bgp_piece *piece, bool with_id, struct bgp_nlri *out)
{
	u32 head = with_id ? 5 : 1;
	u32 addr = 0;
	u32 bytes;

	if (piece->len < head)
		return false;
	out->path_id = with_id ? be32_host(be32_load(piece->at)) : 0;
	out->len = piece->at[head - 1];
	bytes = (out->len + 7u) / 8;
	if (out->len > 32 || piece->len - head < bytes)
		return false;
	for (u32 at = 0; at < bytes; at++)
		addr |= (u32)piece->at[head + at] << (24 - 8 * at);
	addr &= out->len == 0 ? 0 : UINT32_MAX << (32 - out->len);
	out->addr = be32_of(addr);
	piece->at += head + bytes;
	piece->len -= head + bytes;
	return true;
}

/* Whether all of it can be read (RFC 7606 section 5.3). */
bool bgp_nlri_sound(struct bgp_piece piece, bool with_id);
/* How many bytes were written. */
static inline u32 bgp_nlri_write(u8 *to, bool with_id, const struct bgp_nlri *nlri)
{
	u32 head = with_id ? 5 : 1;
	u32 bytes = (nlri->len + 7u) / 8;

	if (with_id)
		be32_store(to, be32_of(nlri->path_id));
	to[head - 1] = nlri->len;
	for (u32 at = 0; at < bytes; at++)
		to[head + at] = (u8)(be32_host(nlri->addr) >> (24 - 8 * at));
	return head + bytes;
}

u32 bgp_keepalive_write(u8 *to);
/* At most BGP_NOTIFICATION_LEAST + BGP_ERROR_DATA_MAX bytes. */
u32 bgp_notification_write(u8 *to, const struct bgp_error *error);
/* Whole, as framed. */
void bgp_notification_read(const u8 *msg, u32 len, struct bgp_error *error);

/* Subtypes of RFC 7313; zero is the request of RFC 2918. */
enum bgp_refresh_kind { BGP_REFRESH_REQUEST = 0, BGP_REFRESH_BEGIN = 1, BGP_REFRESH_END = 2 };
struct bgp_refresh {
	u16 afi;
	u8 safi;
	u8 kind; /* enum bgp_refresh_kind, or one that is not known */
};
/* RFC 7313 section 5: a length that is wrong is an error of its own where the peer knows of it. */
bool bgp_refresh_read(const u8 *msg, u32 len, struct bgp_refresh *refresh, struct bgp_error *error);
u32 bgp_refresh_write(u8 *to, const struct bgp_refresh *refresh);

/* "hold timer expired"; of Cease and others with a subcode that is known, both. Static strings. */
const char *bgp_error_code_text(u8 code);
const char *bgp_error_subcode_text(u8 code, u8 subcode);
/* RFC 9003: the text that comes with a shutdown or reset, as far as it is printable; empty. */
void bgp_error_shutdown_text(const struct bgp_error *error, char *to, u32 size);

#endif
