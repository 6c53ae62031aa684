/* What the files of handshakes that others began share. */
#ifndef CORE_TCP_LISTEN_PART_H
#define CORE_TCP_LISTEN_PART_H

#include "core/tcp/tcp.h"

static inline struct listener *listener_at(const struct tcp *tcp, u32 idx)
{
	return slab_at(&tcp->listen.listeners, idx);
}

static inline struct half_open *half_open_at(const struct tcp *tcp, u32 idx)
{
	return slab_at(&tcp->listen.half_open, idx);
}

static inline u64 listen_hash(const struct tcp *tcp, be16 port)
{
	return hash_words(&tcp->hash_key, port.raw, 0);
}

/* ---- listen.c ---- */

u32 half_open_find(const struct tcp *tcp, const struct tcp_key *key);
/* Keeps a copy, as one whose SYN,ACK has just left. False: no record is free. */
bool half_open_keep(struct tcp *tcp, const struct half_open *made, ns_t now);
void half_open_del(struct tcp *tcp, u32 idx);

/* ---- handshake.c ---- */

/* The window that a connection begins with, as far as 16 bits can say it. */
u16 syn_ack_window(const struct tcp *tcp, const struct listener *listener);
/* The shift that we announce. */
u8 syn_ack_wscale(const struct tcp *tcp, const struct listener *listener);
/* tsval: if the record has TCB_TS. */
void syn_ack_emit(struct tcp *tcp, const struct half_open *rec, u32 tsval);
/* The same once more, for one who may not have got it. */
void syn_ack_again(struct tcp *tcp, struct half_open *rec, ns_t now);

/* ---- cookie.c ---- */

/* Puts all of a record that must be known later into rec->iss and *tsval, and takes out of it what
 * finds no room there. False: the peer's segments are smaller than a cookie can say.             */
bool cookie_make(const struct tcp *tcp, struct half_open *rec, u32 *tsval, ns_t now);
enum cookie_fit {
	COOKIE_BAD,
	COOKIE_EARLY, /* it is one, but this is not the first that the peer sent behind its SYN */
	COOKIE_GOOD,
};
/* Whether an ACK brings back a cookie that was made within its time; if it does, *born is set. */
enum cookie_fit cookie_read(const struct tcp *tcp, u32 listener, const struct tcp_seg *seg,
			    struct tcp_born *born, ns_t now);
/* Whether cookies were made so recently that an ACK may bring one. */
bool cookie_is_due(const struct tcp *tcp, ns_t now);

#endif
