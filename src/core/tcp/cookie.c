/* SYN cookies (RFC 4987 section 3.6): a handshake that nothing is kept of.
 *
 * The sequence number of the SYN,ACK holds whether the slot of time is odd, one of eight segment
 * sizes, and two keyed hashes of 14 bits: over the ends, the slot and the options, and over the
 * peer's sequence number as well. A slot lasts 64 seconds, and a cookie is believed in its slot and
 * the next one. Window scale, SACK and ECN find no room there; with timestamps they are the lowest
 * six bits of TSval, which comes back as TSecr, and without they are not agreed upon.
 *
 * Who guesses an acknowledgment is right once in 2^28, and only while cookies are being sent. What
 * has the first hash right alone is data of a peer whose first segment was lost, or is late: to
 * reset it would end a connection that the peer has already.                                     */
#include "core/crypto/siphash.h"
#include "core/tcp/isn.h"
#include "core/tcp/listen_part.h"

enum {
	SLOT_S = 64,
	SLOTS = 2,
	HASH_BITS = 14, /* of each of the two; the one with the peer's number is the lower */
	MSS_SHIFT = 2 * HASH_BITS,
	MSS_BITS = 3,
	SLOT_SHIFT = MSS_SHIFT + MSS_BITS,
	TS_WSCALE = 0x0f,    /* what the peer announced; */
	TS_NO_WSCALE = 0x0f, /* larger than any that is used: it announced none */
	TS_SACK = 0x10,
	TS_ECN = 0x20,
	TS_BITS = 0x3f,
	NO_TS = 0xff, /* in the hash, for a handshake without timestamps */
};

/* Sizes that are seen: the default, tunnels, PPPoE, Ethernet; the first for what is smaller. */
static const u16 cookie_mss[1 << MSS_BITS] = { 64, 536, 1220, 1300, 1360, 1400, 1440, 1460 };

/* What a cookie says of a handshake, beside its key. */
struct cookie {
	u64 slot;
	u32 irs;
	u8 mss_index;
	u8 options; /* TS_BITS, or NO_TS */
};

static u32 cookie_number(const struct tcp *tcp, const struct tcp_key *key,
			 const struct cookie *cookie)
{
	const u32 mask = (UINT32_C(1) << HASH_BITS) - 1;
	u8 secret[SIPHASH_KEY_SIZE];
	struct siphash sip, of_ends;
	u32 hash;

	memcpy(secret, tcp->secret + 2, sizeof secret);
	siphash_init(&sip, secret);
	siphash_update(&sip, &cookie->slot, sizeof cookie->slot);
	siphash_update(&sip, &cookie->mss_index, sizeof cookie->mss_index);
	siphash_update(&sip, &cookie->options, sizeof cookie->options);
	siphash_update(&sip, &key->local, sizeof key->local);
	siphash_update(&sip, &key->peer, sizeof key->peer);
	siphash_update(&sip, &key->local_port, sizeof key->local_port);
	siphash_update(&sip, &key->peer_port, sizeof key->peer_port);
	siphash_update(&sip, &key->zone, sizeof key->zone);
	of_ends = sip;
	siphash_update(&sip, &cookie->irs, sizeof cookie->irs);
	hash = ((u32)siphash_final(&of_ends) & mask) << HASH_BITS;
	hash |= (u32)siphash_final(&sip) & mask;
	return (u32)(cookie->slot & 1) << SLOT_SHIFT | (u32)cookie->mss_index << MSS_SHIFT | hash;
}

static u64 slot_at(ns_t now)
{
	return now / (SLOT_S * NS_PER_SEC);
}

bool cookie_is_due(const struct tcp *tcp, ns_t now)
{
	ns_t last = tcp->listen.cookies_ns;

	return last != NS_NEVER && now - last < SLOTS * SLOT_S * NS_PER_SEC;
}

/* The largest that is no larger than the peer's. */
static u8 mss_index_of(u16 mss)
{
	u8 index = ARRAY_COUNT(cookie_mss) - 1;

	while (index > 0 && cookie_mss[index] > mss)
		index--;
	return index;
}

static u8 options_of(const struct half_open *rec)
{
	u8 options = (rec->flags & TCB_WSCALE) != 0 ? rec->snd_wscale : TS_NO_WSCALE;

	if ((rec->flags & TCB_SACK) != 0)
		options |= TS_SACK;
	if ((rec->flags & TCB_ECN) != 0)
		options |= TS_ECN;
	return options;
}

/* The newest value of the clock that ends in these bits: timestamps do not run ahead (RFC 7323
 * section 5.4).                                                                                  */
static u32 ts_with(u32 ts, u8 options)
{
	u32 marked = (ts & ~(u32)TS_BITS) | options;

	return seq_gt(marked, ts) ? marked - TS_BITS - 1 : marked;
}

bool cookie_make(const struct tcp *tcp, struct half_open *rec, u32 *tsval, ns_t now)
{
	struct cookie cookie = { .slot = slot_at(now), .irs = rec->irs, .options = NO_TS };
	u16 mss = rec->peer_mss != 0 ? rec->peer_mss : TCP_MSS_DEFAULT;

	if (mss < cookie_mss[0])
		return false;
	if ((rec->flags & TCB_TS) != 0) {
		cookie.options = options_of(rec);
		*tsval = ts_with(tcp_ts(0, now), cookie.options) + rec->ts_offset;
	} else {
		rec->flags = 0;
		rec->snd_wscale = rec->rcv_wscale = 0;
	}
	cookie.mss_index = mss_index_of(mss);
	rec->iss = cookie_number(tcp, &rec->key, &cookie);
	return true;
}

/* Takes apart what options_of() put together. */
static void read_options(const struct tcp *tcp, u8 options, const struct tcp_seg *seg,
			 struct tcp_born *born)
{
	born->flags |= TCB_TS;
	born->ts_recent = seg->opt.tsval;
	if ((options & TS_SACK) != 0)
		born->flags |= TCB_SACK;
	if ((options & TS_ECN) != 0)
		born->flags |= TCB_ECN;
	if ((options & TS_WSCALE) != TS_NO_WSCALE) {
		born->flags |= TCB_WSCALE;
		born->snd_wscale = options & TS_WSCALE;
		born->rcv_wscale = syn_ack_wscale(tcp, listener_at(tcp, born->listener));
	}
}

enum cookie_fit cookie_read(const struct tcp *tcp, u32 listener, const struct tcp_seg *seg,
			    struct tcp_born *born, ns_t now)
{
	u32 iss = seg->ack - 1;
	struct cookie cookie = {
		.slot = slot_at(now),
		.irs = seg->seq - 1,
		.mss_index = iss >> MSS_SHIFT & ((1 << MSS_BITS) - 1),
		.options = NO_TS,
	};
	u32 off;

	*born = (struct tcp_born){
		.key = seg->key,
		.listener = listener,
		.irs = cookie.irs,
		.iss = iss,
		.peer_mss = cookie_mss[cookie.mss_index],
		.mtu = seg->mtu,
	};
	if ((cookie.slot & 1) != iss >> SLOT_SHIFT)
		cookie.slot--;
	if (seg->opt.has_ts) {
		born->ts_offset = tcp_ts_offset(tcp, &seg->key);
		cookie.options = (seg->opt.tsecr - born->ts_offset) & TS_BITS;
		read_options(tcp, cookie.options, seg, born);
	}
	born->window = (u32)seg->window << born->snd_wscale;
	off = cookie_number(tcp, &seg->key, &cookie) ^ iss;
	if (off == 0)
		return COOKIE_GOOD;
	return off >> HASH_BITS == 0 ? COOKIE_EARLY : COOKIE_BAD;
}
