/* Authenticating TCP segments: the MD5 option (RFC 2385) and TCP-AO (RFC 5925 and 5926).
 *
 * Functions over bytes that know no connection. Who has one tells the addresses, the header with
 * its options, the data, both initial sequence numbers and the extension of the sequence number.
 * A traffic key of TCP-AO is derived anew for each segment: a few blocks more, and no secret that
 * would have to be kept, renewed and forgotten with a connection.
 *
 * Sending: leave tcp_auth_opt_len bytes among the options (NOPs fill up the word), write all of the
 * header but the checksum, then tcp_auth_sign, then the checksum. Receiving: after the checksum and
 * before anything else of the segment is believed, tcp_auth_check; what is not TCP_AUTH_OK is
 * dropped in silence (RFC 2385 section 2.0, RFC 5925 section 7.5).
 *
 * A connection with TCP-AO keeps two indices of keys, which RFC 5925 section 4 names current_key
 * and rnext_key, and one extension with each of the numbers that move, snd_nxt and rcv_nxt, both
 * zero at first: when the number moves on, tcp_ao_sne says what the extension becomes, and of any
 * other number near to it what the extension is.                                                 */
#ifndef CORE_TCP_AUTH_H
#define CORE_TCP_AUTH_H

#include "core/wire/tcp.h"

enum {
	TCP_AUTH_KEY_MAX = 80, /* bytes of a secret, RFC 2385 section 4.5 */
	TCP_AO_KEYS_MAX = 4,
	TCP_MD5_OPT_LEN = 18,
	TCP_AO_OPT_LEN = 16, /* both algorithms have 96 bits of code, RFC 5926 section 3.2 */
	TCP_AO_TRAFFIC_KEY_MAX = 20,
};

enum tcp_auth_kind {
	TCP_AUTH_NONE,
	TCP_AUTH_MD5,
	TCP_AUTH_AO,
};

enum tcp_ao_alg {
	TCP_AO_HMAC_SHA1,    /* KDF_HMAC_SHA1 and HMAC-SHA-1-96 */
	TCP_AO_AES_128_CMAC, /* KDF_AES_128_CMAC and AES-128-CMAC-96 */
};

struct tcp_auth_secret {
	u8 byte[TCP_AUTH_KEY_MAX];
	u32 len_bytes;
};

/* A master key tuple (RFC 5925 section 3.1). */
struct tcp_ao_key {
	u8 send_id;          /* the KeyID of what we send with it */
	u8 recv_id;          /* the KeyID of what the peer sends with it */
	bool covers_options; /* the other options count too: both ends have to agree */
	enum tcp_ao_alg alg;
	struct tcp_auth_secret master;
};

/* How the segments of a peer are authenticated: a plain value, set by an administrator. */
struct tcp_auth_conf {
	enum tcp_auth_kind kind;
	struct tcp_auth_secret md5;
	u32 ao_count;
	struct tcp_ao_key ao[TCP_AO_KEYS_MAX];
};

struct tcp_auth_piece {
	const void *at;
	u32 len_bytes;
};

/* A segment and what of its connection goes into its code. */
struct tcp_auth_segment {
	be32 src;
	be32 dst;
	const struct tcp_hdr *tcp; /* whole and with its options, tcp_hlen bytes */
	struct tcp_auth_piece data[2];
	u32 src_isn; /* of who sends the segment; of a SYN it is not read: it is the SYN's number */
	u32 dst_isn; /* of the other; of a SYN without ACK it is not read: nobody knows it */
	u32 sne;     /* extension of the segment's sequence number; a SYN's is zero */
};

enum tcp_auth_answer {
	TCP_AUTH_OK,
	TCP_AUTH_MISSING,     /* not the option that this peer's segments have to have */
	TCP_AUTH_MALFORMED,   /* of a wrong length, or not the only one */
	TCP_AUTH_UNKNOWN_KEY, /* a KeyID that is none of ours */
	TCP_AUTH_WRONG,       /* the code is not that of this segment */
};

/* What a good segment says about keys of TCP-AO, as indices of tcp_auth_conf.ao. */
struct tcp_ao_seen {
	u32 key;    /* with which it was sent */
	u32 wanted; /* with which the peer wants ours, to be current_key (RFC 5925 section 7.5);
		     * IDX_NONE when we do not have that one */
};

/* Whether secrets have 1 to TCP_AUTH_KEY_MAX bytes, TCP-AO has a key, and no two of its keys have
 * an identifier in common (RFC 5925 section 3.1). What the other functions require of conf.      */
bool tcp_auth_conf_is_valid(const struct tcp_auth_conf *conf);
/* Bytes of the option that segments carry: 0, TCP_MD5_OPT_LEN or TCP_AO_OPT_LEN. */
u32 tcp_auth_opt_len(const struct tcp_auth_conf *conf);
/* Write the option to opt, which lies in the options of segment->tcp with room for
 * tcp_auth_opt_len bytes; nothing if that is 0. current_key and rnext_key are indices of conf->ao
 * and mean nothing to MD5. Requires: all other bytes of the segment but the checksum are there. */
void tcp_auth_sign(const struct tcp_auth_conf *conf, const struct tcp_auth_segment *segment,
		   u32 current_key, u32 rnext_key, u8 *opt);
/* Whether the segment comes from who knows the secret. Without a kind every segment is OK, whatever
 * options it has: what is not known is ignored (RFC 9293 section 3.1). Requires: the header is
 * whole, its length at least TCP_HLEN_MIN. Ensures: seen is written if, and only if, the answer is
 * OK and the kind TCP-AO.                                                                        */
enum tcp_auth_answer tcp_auth_check(const struct tcp_auth_conf *conf,
				    const struct tcp_auth_segment *segment,
				    struct tcp_ao_seen *seen);
/* The traffic key for the segment (RFC 5925 section 5.2), at out; its length. The four of a
 * connection differ by who sends and by whether the peer's number is known: by segment's fields. */
u32 tcp_ao_traffic_key(const struct tcp_ao_key *key, const struct tcp_auth_segment *segment,
		       u8 out[TCP_AO_TRAFFIC_KEY_MAX]);
/* The extension of seq, given that of `near`, a number of the same direction at most 2^31 away:
 * how often the numbers went around (RFC 5925 section 6.2).                                      */
u32 tcp_ao_sne(u32 near_sne, u32 near, u32 seq);

#endif
