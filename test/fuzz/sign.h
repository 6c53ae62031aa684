/* A peer that has keys (RFC 2385, RFC 5925): it signs what it says, and judges what it hears. */
#ifndef TEST_FUZZ_SIGN_H
#define TEST_FUZZ_SIGN_H

#include "core/tcp/keys.h"
#include "core/tcp/listen_part.h"
#include "core/tcp/tcp.h"
#include "core/wire/checksum.h"
#include "fake/say.h"

enum sign_kind { SIGN_NONE, SIGN_MD5, SIGN_AO_SHA1, SIGN_AO_AES, SIGN_KINDS };

/* How one segment is signed: which of two keys it has and which it wants; or it is wrong. */
enum sign_how {
	SIGN_KEY = 1 << 0,
	SIGN_WANTED = 1 << 1,
	SIGN_BROKEN = 192, /* from here on a bit is another */
	SIGN_NOT = 240,    /* from here on there is nothing */
};

enum { SIGN_RING = 1, SIGN_RING_OWN, SIGN_AO_KEYS = 2 };

static inline struct tcp_auth_secret sign_secret(u8 first)
{
	return (struct tcp_auth_secret){ .byte = { first, 's', 'e', 'c' }, .len_bytes = 4 };
}

/* The stack's key, by its number: 1 and 2, 3 and 4 are the identifiers. */
static inline struct tcp_ao_key sign_ao_key(enum sign_kind kind, u8 number)
{
	return (struct tcp_ao_key){
		.send_id = (u8)(2 * number + 1),
		.recv_id = (u8)(2 * number + 2),
		.covers_options = number == 0,
		.alg = kind == SIGN_AO_SHA1 ? TCP_AO_HMAC_SHA1 : TCP_AO_AES_128_CMAC,
		.master = sign_secret(number),
	};
}

/* What the peer has: the same, seen from the other side. */
static inline struct tcp_auth_conf sign_conf(enum sign_kind kind)
{
	struct tcp_auth_conf conf = { .kind = TCP_AUTH_NONE };

	if (kind == SIGN_NONE)
		return conf;
	conf.kind = kind == SIGN_MD5 ? TCP_AUTH_MD5 : TCP_AUTH_AO;
	conf.md5 = sign_secret('5');
	conf.ao_count = kind == SIGN_MD5 ? 0 : SIGN_AO_KEYS;
	for (u8 number = 0; number < conf.ao_count; number++) {
		struct tcp_ao_key key = sign_ao_key(kind, number);

		conf.ao[number] = key;
		conf.ao[number].send_id = key.recv_id;
		conf.ao[number].recv_id = key.send_id;
	}
	return conf;
}

static inline void sign_give_keys(struct tcp *tcp, const struct tcp_keys_at *at,
				  enum sign_kind kind)
{
	struct tcp_auth_secret secret = sign_secret('5');

	if (kind == SIGN_MD5)
		(void)tcp_keys_set_md5(tcp, at, &secret);
	for (u8 number = 0; number < SIGN_AO_KEYS && kind > SIGN_MD5; number++) {
		struct tcp_ao_key key = sign_ao_key(kind, number);

		(void)tcp_keys_add_ao(tcp, at, &key);
	}
}

/* What the stack knows of the connection of a key, or what is left of one; NULL. */
static inline const struct auth_state *sign_state(const struct tcp *tcp, const struct tcp_key *key,
						  struct auth_state *room)
{
	u32 idx = tcb_find(tcp, key);
	u32 wait = timewait_find(tcp, key);
	u32 half = half_open_find(tcp, key);

	if (idx != IDX_NONE)
		return auth_at(tcp, tcb_at(tcp, idx)->auth);
	if (wait != IDX_NONE)
		return timewait_auth(tcp, wait);
	return half == IDX_NONE ? NULL : auth_of_half_open(tcp, half_open_at(tcp, half), room);
}

/* Bytes among the options, a multiple of four. */
static inline u32 sign_room(const struct tcp_auth_conf *conf)
{
	return (tcp_auth_opt_len(conf) + 3) / 4 * 4;
}

/* The last sign_room() bytes of the options become its code, and the checksum is right again. Of
 * who is not known the numbers are those that the segment itself says.                           */
static inline void sign_pkt(const struct tcp *tcp, const struct tcp_auth_conf *conf,
			    const struct say *say, struct pkt *pkt, u8 how)
{
	struct tcp_hdr *hdr = (void *)pkt_l4(pkt);
	u32 opt_len = tcp_auth_opt_len(conf);
	u8 *opt = (u8 *)hdr + tcp_hlen(hdr) - opt_len;
	struct auth_state room;
	const struct auth_state *state = sign_state(tcp, &say->key, &room);
	bool is_syn = (say->flags & TCP_SYN) != 0;
	struct tcp_auth_segment segment = {
		.src = say->key.peer,
		.dst = say->key.local,
		.tcp = hdr,
		.data = { { (u8 *)hdr + tcp_hlen(hdr), say->len } },
		.src_isn = state != NULL && state->has_peer ? state->peer_isn : say->seq - !is_syn,
		.dst_isn = state != NULL ? state->local_isn : say->ack - 1,
	};

	if (state != NULL && state->has_peer && !is_syn)
		segment.sne = tcp_ao_sne(state->rcv.sne, state->rcv.seq, say->seq);
	tcp_auth_sign(conf, &segment, (how & SIGN_KEY) != 0, (how & SIGN_WANTED) != 0, opt);
	if (how >= SIGN_BROKEN)
		opt[how % opt_len] ^= 1;
	hdr->csum.raw = 0;
	hdr->csum = csum_finish(csum_pseudo(say->key.peer, say->key.local, IP_PROTO_TCP,
					    pkt_l4_len(pkt)) +
				csum_sum(hdr, pkt_l4_len(pkt)));
}

/* Whether a segment that left a connection has the code that its peer computes for it. */
static inline bool sign_is_right(const struct tcp *tcp, const struct tcp_auth_conf *conf,
				 const struct tcb *tcb, const struct pkt *pkt)
{
	const struct tcp_hdr *hdr = (const void *)pkt_l4(pkt);
	const struct auth_state *state = auth_at(tcp, tcb->auth);
	struct tcp_auth_segment segment = {
		.src = tcb->key.local,
		.dst = tcb->key.peer,
		.tcp = hdr,
		.data = { { (const u8 *)hdr + tcp_hlen(hdr), pkt_l4_len(pkt) - tcp_hlen(hdr) } },
		.src_isn = tcb->iss,
		.dst_isn = tcb->irs,
		.sne = tcp_ao_sne(state->snd.sne, state->snd.seq, be32_host(hdr->seq)),
	};
	struct tcp_ao_seen seen;

	return tcp_auth_check(conf, &segment, &seen) == TCP_AUTH_OK;
}

#endif
