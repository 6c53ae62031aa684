/* Control packets of BFD as bytes. */
#include "core/routing/bfd/bfd_msg.h"

struct WIRE bfd_wire {
	u8 version_diag;
	u8 state_flags;
	u8 multiplier;
	u8 len_bytes;
	be32 mine;
	be32 yours;
	be32 min_tx_us;
	be32 min_rx_us;
	be32 min_echo_us;
};

_Static_assert(sizeof(struct bfd_wire) == BFD_LEN, "RFC 5880 section 4.1");

enum { AUTH_HEAD_LEN = 2, DIAG_MASK = 0x1f, FLAGS_MASK = 0x3f };

enum bfd_bad bfd_msg_read(const u8 *at, u32 len_bytes, struct bfd_msg *msg)
{
	struct bfd_wire wire;
	bool with_auth;

	if (len_bytes < sizeof wire)
		return BFD_BAD_LENGTH;
	memcpy(&wire, at, sizeof wire);
	*msg = (struct bfd_msg){
		.diag = wire.version_diag & DIAG_MASK,
		.state = (enum bfd_state)(wire.state_flags >> 6),
		.flags = wire.state_flags & FLAGS_MASK,
		.multiplier = wire.multiplier,
		.len_bytes = wire.len_bytes,
		.mine = be32_host(wire.mine),
		.yours = be32_host(wire.yours),
		.min_tx_us = be32_host(wire.min_tx_us),
		.min_rx_us = be32_host(wire.min_rx_us),
		.min_echo_us = be32_host(wire.min_echo_us),
	};
	with_auth = (msg->flags & BFD_AUTHENTICATED) != 0;
	if (wire.version_diag >> 5 != BFD_VERSION)
		return BFD_BAD_VERSION;
	if (wire.len_bytes < sizeof wire + (with_auth ? AUTH_HEAD_LEN : 0) ||
	    wire.len_bytes > len_bytes)
		return BFD_BAD_LENGTH;
	if (msg->multiplier == 0)
		return BFD_BAD_MULTIPLIER;
	if ((msg->flags & BFD_MULTIPOINT) != 0)
		return BFD_BAD_MULTIPOINT;
	if (msg->mine == 0)
		return BFD_BAD_MINE;
	if (msg->yours == 0 && msg->state != BFD_DOWN && msg->state != BFD_ADMIN_DOWN)
		return BFD_BAD_YOURS;
	return BFD_GOOD;
}

void bfd_msg_write(u8 at[BFD_LEN], const struct bfd_msg *msg)
{
	struct bfd_wire wire = {
		.version_diag = (u8)(BFD_VERSION << 5 | msg->diag),
		.state_flags = (u8)((u32)msg->state << 6 | msg->flags),
		.multiplier = msg->multiplier,
		.len_bytes = msg->len_bytes,
		.mine = be32_of(msg->mine),
		.yours = be32_of(msg->yours),
		.min_tx_us = be32_of(msg->min_tx_us),
		.min_rx_us = be32_of(msg->min_rx_us),
		.min_echo_us = be32_of(msg->min_echo_us),
	};

	memcpy(at, &wire, sizeof wire);
}

const char *bfd_state_name(enum bfd_state state)
{
	static const char *const names[BFD_STATES] = { "admin down", "down", "init", "up" };

	return (u32)state < BFD_STATES ? names[state] : "";
}

/* RFC 5880 section 4.1, in our words. */
const char *bfd_diag_text(u8 diag)
{
	static const char *const texts[] = {
		"no diagnostic",
		"nothing came for the detection time",
		"the echo failed",
		"the neighbour said that the session is down",
		"the forwarding plane was reset",
		"the path is down",
		"a path behind it is down",
		"administratively down",
		"the way back behind it is down",
	};

	return diag < ARRAY_COUNT(texts) ? texts[diag] : "unknown diagnostic";
}
