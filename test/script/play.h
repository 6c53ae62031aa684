/* A dialogue with the stack: calls of its owner and segments of its peer, each at its time.
 *
 *     --ecn                                     options, before anything else
 *     0 socket() = 3                            calls and what they return
 *     +.1 < S 0:0(0) win 65535 <mss 1460>       a segment of the peer comes in
 *     +0 > S. 0:0(0) ack 1 <...>                one that the stack sends, then and as it says
 *     +.3~+.31 > P. 1:101(100) ack 1            between two times
 *     +0 < [1:1461(1460)] icmp unreachable frag_needed mtu 1200
 *     +0 > [above] S. 0:0(0) ack 1 <...>        our numbers begin anew, above all that were used
 *     +1 state(4) = established
 *
 * A small part of packetdrill's language: numbers of each side begin at its SYN, times are absolute
 * or, with a sign, after the line before; a millisecond is allowed for. Beside what a line says, no
 * segment may leave; more data than one segment has may leave in several. Each side's data follow
 * from their sequence numbers, and are checked. Calls never block. Both sides' numbers wrap. With
 * "[new]" in place of "[above]" our numbers are any, as those of SYN cookies are; those of the peer
 * go on as they were.                                                                            */
#ifndef TEST_SCRIPT_PLAY_H
#define TEST_SCRIPT_PLAY_H

#include "script/reader.h"
#include "script/sock.h"

enum { PLAY_FDS = 16, PLAY_MS_ALLOWED = 1 };

enum play_begin {
	PLAY_GOES_ON,
	PLAY_NEW,   /* our numbers begin with this SYN */
	PLAY_ABOVE, /* and above all that left before */
};

/* A segment as a line has it. */
struct said {
	enum play_begin begin;
	u8 flags;
	u8 ecn; /* with has_ecn */
	bool has_ecn;
	u32 seq; /* from the SYN on */
	u32 len;
	u32 ack;    /* with TCP_ACK */
	u16 window; /* with has_window */
	bool has_window;
	u16 urgent;
	bool any_opt; /* "<...>" */
	struct tcp_opts opt;
};

struct play {
	struct socks socks;
	struct tcp_conf conf;
	struct reader in;
	ns_t begin;
	ns_t from, until; /* when the line is to happen; equal: then */
	bool is_started;
	int fd[PLAY_FDS];  /* by the script's number */
	u32 written, read; /* bytes of the one connection */
	u32 iss;           /* the number of our SYN, and the end of what has left */
	u32 sent_end;
	be16 local_port, peer_port;
	bool has_ts; /* the first timestamp that was sent, and the script's for it */
	u32 ts_sent, ts_said;
};

/* False: in.why says what is wrong and where. */
bool play_file(struct play *play, const char *path);

/* ---- inside: false, and in.why, when something is wrong ---- */

/* segment.c */
bool play_segment_in(struct play *play);
bool play_segment_out(struct play *play);
/* call.c */
bool play_call(struct play *play);

#endif
