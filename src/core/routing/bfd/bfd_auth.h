/* The authentication section of a control packet (RFC 5880 sections 4.2 to 4.4 and 6.7). */
#ifndef CORE_ROUTING_BFD_BFD_AUTH_H
#define CORE_ROUTING_BFD_BFD_AUTH_H

#include "core/routing/bfd/bfd_conf.h"
#include "core/routing/bfd/bfd_msg.h"

/* Bytes that it takes; zero without. */
u32 bfd_auth_len(const struct bfd_auth_conf *conf);
/* Write it behind the BFD_LEN bytes of a packet whose length and flag already speak of it. */
void bfd_auth_sign(const struct bfd_auth_conf *conf, u8 at[BFD_LEN_MAX], u32 sequence);
/* Whether the section of a packet that bfd_msg_read() found good is of our kind, by one of our
 * keys, and right. *sequence: of a digest; the caller compares it. Requires: the packet says that
 * it has the section, and conf is of a kind.                                                     */
bool bfd_auth_check(const struct bfd_auth_conf *conf, const u8 *at, u32 len_bytes, u32 *sequence);
/* Whether sequence numbers count, and whether each packet has to have a new one. */
bool bfd_auth_counts(enum bfd_auth_kind kind);
bool bfd_auth_is_meticulous(enum bfd_auth_kind kind);

#endif
