/* What tests of core/tcp/auth begin with: packets as they were sent, and secrets. */
#ifndef TEST_UNIT_CORE_TCP_AUTH_BED_H
#define TEST_UNIT_CORE_TCP_AUTH_BED_H

#include "unit/core_crypto/crypto_bed.h"

#include "core/tcp/auth.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp_opt.h"

enum { PACKET_MAX = 256 };

struct packet {
	u8 byte[PACKET_MAX];
	u32 len;
};

static inline struct packet packet_of(const char *hex)
{
	struct packet packet;

	assert_true(strlen(hex) / 2 <= PACKET_MAX);
	packet.len = from_hex(packet.byte, hex);
	return packet;
}

static inline struct tcp_hdr *tcp_of(struct packet *packet)
{
	return (struct tcp_hdr *)(packet->byte + IP4_HLEN_MIN);
}

/* The segment in it, of which `first` bytes of data are in the first piece. */
static inline struct tcp_auth_segment segment_in(struct packet *packet, u32 first)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)packet->byte;
	const struct tcp_hdr *tcp = tcp_of(packet);
	const u8 *data = (const u8 *)tcp + tcp_hlen(tcp);
	u32 len = packet->len - IP4_HLEN_MIN - tcp_hlen(tcp);

	assert_true(first <= len);
	return (struct tcp_auth_segment){
		.src = ip->src,
		.dst = ip->dst,
		.tcp = tcp,
		.data = { { data, first }, { data + first, len - first } },
	};
}

/* The option with its code, of the packet's kind. */
static inline u8 *option_in(struct packet *packet, u8 kind, u32 size)
{
	const u8 *opt = tcp_opt_find(tcp_of(packet), kind, size);

	assert_non_null(opt);
	return packet->byte + (opt - packet->byte);
}

static inline struct tcp_auth_secret secret_of(const char *text)
{
	struct tcp_auth_secret secret = { .len_bytes = (u32)strlen(text) };

	assert_true(secret.len_bytes <= TCP_AUTH_KEY_MAX);
	memcpy(secret.byte, text, secret.len_bytes);
	return secret;
}

static inline void flip(struct packet *packet, u32 bit)
{
	packet->byte[bit / 8] ^= (u8)(1u << bit % 8);
}

/* Whether the checksum, which no code counts, has the bit. */
static inline bool is_in_checksum(u32 bit)
{
	u32 byte = bit / 8 - IP4_HLEN_MIN;

	return byte == offsetof(struct tcp_hdr, csum) || byte == offsetof(struct tcp_hdr, csum) + 1;
}

#endif
