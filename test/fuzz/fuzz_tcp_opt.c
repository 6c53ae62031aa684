/* Options of a TCP header: anything may be read; what was read and is written again is read as the
 * same, and written as the same bytes.
 *
 *     byte 0       flags of the header
 *     byte 1       bytes that are reserved when it is written again
 *     then         the options, up to 40 bytes                                                   */
#include <stdlib.h>

#include "core/tcp/seg.h"
#include "core/wire/tcp_opt.h"
#include "fuzz/input.h"

enum { ROOM = TCP_HLEN_MAX - TCP_HLEN_MIN };

/* The header ends where its memory does, so that ASan sees each read behind it. */
static void read_at_end(struct tcp_opts *opts, u8 flags, const u8 *bytes, u32 len)
{
	u32 words = (len + 3) / 4;
	u8 *memory = calloc(1, TCP_HLEN_MIN + words * 4);
	struct tcp_hdr *hdr = (struct tcp_hdr *)memory;

	CHECK(memory != NULL);
	memcpy(memory + TCP_HLEN_MIN, bytes, len);
	hdr->doff = (u8)((TCP_HLEN_MIN / 4 + words) << 4);
	hdr->flags = flags;
	tcp_opts_read(opts, hdr);
	CHECK(opts->has_ts == (tcp_opt_find(hdr, TCP_OPT_TIMESTAMPS, 10) != NULL));
	free(memory);
}

static void judge(const struct tcp_opts *opts, u8 flags)
{
	CHECK(opts->sack_count <= TCP_SACK_BLOCKS_MAX);
	if ((flags & TCP_SYN) == 0)
		CHECK(opts->mss == 0 && !opts->has_wscale && !opts->sack_permitted);
	CHECK(opts->has_ts || (opts->tsval == 0 && opts->tsecr == 0));
	CHECK(opts->has_wscale || opts->wscale == 0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct tcp_opts opts, back;
	u8 first[ROOM], second[ROOM];
	u8 flags = next_byte(&in);
	u8 reserve = next_byte(&in) % (ROOM / 2 + 1);
	const u8 *bytes;
	u32 len = next_bytes(&in, ROOM, &bytes);

	if (len == 0)
		return 0;
	read_at_end(&opts, flags, bytes, len);
	judge(&opts, flags);
	len = tcp_opts_write(first, &opts, reserve);
	CHECK(len % 4 == 0 && len + reserve <= ROOM && len == tcp_opts_len(&opts, reserve));
	read_at_end(&back, flags, first, len);
	/* What had no room is missing, the last first; signatures are not written here. */
	CHECK(back.sack_count <= opts.sack_count);
	opts.sack_count = back.sack_count;
	opts.auth_kind = 0;
	CHECK(tcp_opts_write(second, &back, reserve) == len && memcmp(first, second, len) == 0);
	/* Only sack_count blocks mean something. */
	CHECK(memcmp(&opts, &back, offsetof(struct tcp_opts, sack)) == 0);
	CHECK(memcmp(opts.sack, back.sack, back.sack_count * sizeof *back.sack) == 0);
	return 0;
}
