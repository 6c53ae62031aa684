/* Control packets of BFD (RFC 5880 section 4.1). */
#ifndef CORE_ROUTING_BFD_BFD_MSG_H
#define CORE_ROUTING_BFD_BFD_MSG_H

#include "core/base/bytes.h"

enum {
	BFD_PORT = 3784,
	BFD_SPORT_FIRST = 49152, /* RFC 5881 section 4 */
	BFD_SPORT_COUNT = 16384,
	BFD_TTL = 255,
	BFD_VERSION = 1,
	BFD_LEN = 24,
	BFD_AUTH_LEN_MAX = 28,
	BFD_LEN_MAX = BFD_LEN + BFD_AUTH_LEN_MAX,
	BFD_BYTES_MAX = 255, /* that the length of a packet can say */
};

/* The numbers are those of the wire. */
enum bfd_state { BFD_ADMIN_DOWN, BFD_DOWN, BFD_INIT, BFD_UP, BFD_STATES };

enum bfd_diag {
	BFD_DIAG_NONE,
	BFD_DIAG_EXPIRED, /* nothing came for the detection time */
	BFD_DIAG_ECHO,
	BFD_DIAG_NEIGHBOUR, /* it said that the session is down */
	BFD_DIAG_RESET,
	BFD_DIAG_PATH, /* the interface is down */
	BFD_DIAG_CONCATENATED,
	BFD_DIAG_ADMIN,
	BFD_DIAG_REVERSE,
};

enum bfd_flag {
	BFD_MULTIPOINT = 1 << 0,
	BFD_DEMAND = 1 << 1,
	BFD_AUTHENTICATED = 1 << 2,
	BFD_INDEPENDENT = 1 << 3, /* of the control plane */
	BFD_FINAL = 1 << 4,
	BFD_POLL = 1 << 5,
};

/* Host byte order. */
struct bfd_msg {
	u8 diag;
	enum bfd_state state;
	u8 flags; /* enum bfd_flag */
	u8 multiplier;
	u8 len_bytes; /* authentication included */
	u32 mine;     /* discriminators of who sends, and of who is meant */
	u32 yours;
	u32 min_tx_us;
	u32 min_rx_us;
	u32 min_echo_us;
};

/* Why a packet is discarded, in the order of section 6.8.6. */
enum bfd_bad {
	BFD_GOOD,
	BFD_BAD_VERSION,
	BFD_BAD_LENGTH,
	BFD_BAD_MULTIPLIER,
	BFD_BAD_MULTIPOINT,
	BFD_BAD_MINE,  /* zero */
	BFD_BAD_YOURS, /* zero, and the state is one in which it knew */
	BFD_BAD_PEER,
	BFD_BAD_AUTH,
	BFD_BAD_TTL,     /* not from the link: RFC 5881 section 5 */
	BFD_BAD_IGNORED, /* we are administratively down */
	BFD_BADS,
};

/* All that one packet can tell of itself. */
enum bfd_bad bfd_msg_read(const u8 *at, u32 len_bytes, struct bfd_msg *msg);
void bfd_msg_write(u8 at[BFD_LEN], const struct bfd_msg *msg);
const char *bfd_state_name(enum bfd_state state);
const char *bfd_diag_text(u8 diag);

#endif
