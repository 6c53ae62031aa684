/* The options of a segment, read and written (RFC 9293 section 3.1, RFC 7323, RFC 2018). */
#include "core/base/check.h"
#include "core/tcp/seg.h"
#include "core/wire/tcp_opt.h"

enum {
	OPT_ROOM = TCP_HLEN_MAX - TCP_HLEN_MIN,
	OPT_WSCALE_LEN = 3,
	OPT_SACK_PERMITTED_LEN = 2,
	OPT_TIMESTAMPS_LEN = 10,
	OPT_TIMESTAMPS_SPACE = 12, /* on words: two NOP, or SACK-permitted, before it */
	OPT_SACK_HLEN = 2,
	OPT_SACK_BLOCK_LEN = 8,
	OPT_WORD = 4,
};
_Static_assert((OPT_ROOM - OPT_SACK_HLEN) / OPT_SACK_BLOCK_LEN == TCP_SACK_BLOCKS_MAX,
	       "no header has more blocks than tcp_opts");

/* ---- reading --------------------------------------------------------------------------------- */

/* The last of two SACK options counts alone; nobody sends two. */
static void read_sack(struct tcp_opts *opts, const u8 *opt)
{
	u32 len = opt[1];
	u32 count = (len - OPT_SACK_HLEN) / OPT_SACK_BLOCK_LEN;

	if (len < OPT_SACK_HLEN + OPT_SACK_BLOCK_LEN ||
	    (len - OPT_SACK_HLEN) % OPT_SACK_BLOCK_LEN != 0)
		return;
	opts->sack_count = (u8)count;
	for (u32 n = 0; n < count; n++) {
		const u8 *block = opt + OPT_SACK_HLEN + n * OPT_SACK_BLOCK_LEN;

		opts->sack[n].start = be32_host(be32_load(block));
		opts->sack[n].end = be32_host(be32_load(block + 4));
	}
}

/* RFC 9293 section 3.7.1, RFC 7323 section 2.2, RFC 2018 section 2: in a SYN only. */
static void read_of_syn(struct tcp_opts *opts, const u8 *opt)
{
	u32 len = opt[1];

	if (opt[0] == TCP_OPT_MSS && len == TCP_OPT_MSS_LEN) {
		opts->mss = be16_host(be16_load(opt + 2));
	} else if (opt[0] == TCP_OPT_SACK_PERMITTED && len == OPT_SACK_PERMITTED_LEN) {
		opts->sack_permitted = true;
	} else if (opt[0] == TCP_OPT_WSCALE && len == OPT_WSCALE_LEN) {
		opts->has_wscale = true;
		opts->wscale = opt[2];
	}
}

static void read_option(struct tcp_opts *opts, const u8 *opt, bool is_syn)
{
	switch (opt[0]) {
	case TCP_OPT_TIMESTAMPS:
		if (opt[1] != OPT_TIMESTAMPS_LEN)
			return;
		opts->has_ts = true;
		opts->tsval = be32_host(be32_load(opt + 2));
		opts->tsecr = be32_host(be32_load(opt + 6));
		return;
	case TCP_OPT_SACK: read_sack(opts, opt); return;
	case TCP_OPT_MD5:
	case TCP_OPT_AO: opts->auth_kind = opt[0]; return;
	default:
		if (is_syn)
			read_of_syn(opts, opt);
	}
}

void tcp_opts_read(struct tcp_opts *opts, const struct tcp_hdr *hdr)
{
	bool is_syn = (hdr->flags & TCP_SYN) != 0;

	memset(opts, 0, offsetof(struct tcp_opts, sack));
	for (const u8 *opt = tcp_opt_next(hdr, NULL); opt != NULL; opt = tcp_opt_next(hdr, opt))
		read_option(opts, opt, is_syn);
}

/* ---- writing --------------------------------------------------------------------------------- */

static u32 len_without_sack(const struct tcp_opts *opts)
{
	u32 len = 0;

	if (opts->mss != 0)
		len += TCP_OPT_MSS_LEN;
	if (opts->has_ts)
		len += OPT_TIMESTAMPS_SPACE;
	else if (opts->sack_permitted)
		len += OPT_WORD;
	if (opts->has_wscale)
		len += OPT_WORD;
	return len;
}

/* How many blocks find room in front of what is reserved. */
static u32 sack_fits(const struct tcp_opts *opts, u32 reserve)
{
	u32 used = len_without_sack(opts) + reserve + OPT_WORD;

	if (used > OPT_ROOM)
		return 0;
	return u32_min(opts->sack_count, (OPT_ROOM - used) / OPT_SACK_BLOCK_LEN);
}

u32 tcp_opts_len(const struct tcp_opts *opts, u32 reserve)
{
	u32 len = len_without_sack(opts);
	u32 blocks = sack_fits(opts, reserve);

	if (blocks > 0)
		len += OPT_WORD + blocks * OPT_SACK_BLOCK_LEN;
	return len;
}

static u8 *put4(u8 *at, u8 a, u8 b, u8 c, u8 d)
{
	at[0] = a;
	at[1] = b;
	at[2] = c;
	at[3] = d;
	return at + OPT_WORD;
}

static u8 *put_u32(u8 *at, u32 value)
{
	be32_store(at, be32_of(value));
	return at + sizeof value;
}

/* Timestamps lack two bytes to a word, and so does SACK-permitted: they share it. */
static u8 *put_sack_permitted_and_timestamps(u8 *at, const struct tcp_opts *opts)
{
	u8 kind = opts->sack_permitted ? TCP_OPT_SACK_PERMITTED : TCP_OPT_NOP;
	u8 len = opts->sack_permitted ? OPT_SACK_PERMITTED_LEN : TCP_OPT_NOP;

	if (opts->has_ts) {
		at = put4(at, kind, len, TCP_OPT_TIMESTAMPS, OPT_TIMESTAMPS_LEN);
		at = put_u32(at, opts->tsval);
		return put_u32(at, opts->tsecr);
	}
	return opts->sack_permitted ? put4(at, TCP_OPT_NOP, TCP_OPT_NOP, kind, len) : at;
}

u32 tcp_opts_write(u8 *at, const struct tcp_opts *opts, u32 reserve)
{
	u32 blocks = sack_fits(opts, reserve);
	const u8 *begin = at;

	CHECK(len_without_sack(opts) + reserve <= OPT_ROOM);
	if (opts->mss != 0)
		at = put4(at, TCP_OPT_MSS, TCP_OPT_MSS_LEN, (u8)(opts->mss >> 8), (u8)opts->mss);
	at = put_sack_permitted_and_timestamps(at, opts);
	if (opts->has_wscale)
		at = put4(at, TCP_OPT_NOP, TCP_OPT_WSCALE, OPT_WSCALE_LEN, opts->wscale);
	if (blocks > 0)
		at = put4(at, TCP_OPT_NOP, TCP_OPT_NOP, TCP_OPT_SACK,
			  (u8)(OPT_SACK_HLEN + blocks * OPT_SACK_BLOCK_LEN));
	for (u32 n = 0; n < blocks; n++) {
		at = put_u32(at, opts->sack[n].start);
		at = put_u32(at, opts->sack[n].end);
	}
	return (u32)(at - begin);
}
