/* What a TCP stack is given, and what each socket may ask for. Plain values. */
#ifndef CORE_TCP_TCP_CONF_H
#define CORE_TCP_TCP_CONF_H

#include "core/base/bytes.h"

/* Limits are memory, taken once; the rest may change while connections live. */
struct tcp_conf {
	u32 tcb_limit;        /* connections with a control block */
	u32 listener_limit;
	u32 half_open_limit;   /* handshakes that others began, in all */
	u32 time_wait_limit;
	u32 air_limit;         /* connections with something in flight, and that did not rest yet */
	u32 segment_limit;     /* segments sent and not acknowledged, in all */
	u32 range_limit;       /* runs of data that came out of order, in all */
	u64 buffer_bytes;      /* data of all sockets, to be sent or to be read */
	u32 send_buffer_max;   /* of one socket; powers of two, 4096 at least */
	u32 recv_buffer_max;
	u32 recv_buffer_start; /* the window begins with it, and grows as the reader keeps up */
	u32 rto_min_ms;        /* RFC 6298 section 2.4 asks for 1,000; what is used is 200 */
	u32 rto_initial_ms;    /* section 2.1: 1,000 */
	u32 rto_max_ms;        /* section 2.5 */
	u32 delack_ms;         /* below 500: RFC 9293 section 3.8.6.3 */
	u32 msl_ms;            /* TIME-WAIT lasts twice as long */
	u32 fin_wait_2_ms;     /* for a socket that its owner closed */
	u32 user_timeout_ms;   /* data unacknowledged for so long ends it: R2, RFC 9293 3.8.3 */
	u32 syn_retries;       /* of our own SYN */
	u32 syn_ack_retries;
	/* Full segments that leave together are one packet of up to so many bytes of data
	 * (GSO_TCP4), while large packets are free: the way out carries it, or splits it
	 * (pkt/segment.h). Zero: each segment is a packet.                                       */
	u32 gso_max_bytes;
	const char *cc;        /* the congestion control of who asks for none */
	u32 challenge_acks;    /* a second, of the whole stack: RFC 5961 section 7 */
	bool syn_cookies;      /* when half-open ones are full; else the SYN is dropped */
	bool ecn;              /* ask for it; granted to who asks anyway. Of data: tcb_is_ect() */
	bool rfc1337;          /* TIME-WAIT ends by no RST */
	u32 key_limit;         /* peers, or prefixes of them, that have keys: keys.h */
	u32 auth_limit;        /* connections with them, and those in TIME-WAIT; 65,535 at most */
	bool auth_refuse_unknown; /* TCP-AO of who has no keys: dropped (RFC 5925 section 7.3) */
	bool auth_takes_icmp;     /* hard errors count in spite of TCP-AO (section 7.8) */
	bool isn_of_clock;     /* ISN by RFC 6528; false, for scripts: isn_fixed for all */
	u32 isn_fixed;
};

/* Options of one socket; a listener's are those of the connections it accepts. */
struct tcp_sockopt {
	const char *cc;            /* name of a congestion control; NULL: the default */
	u32 send_buffer;           /* fixed size in bytes; zero: grows up to the maximum */
	u32 recv_buffer;
	u32 keepalive_idle_ms;     /* silence before the first probe */
	u32 keepalive_interval_ms;
	u32 keepalive_probes;      /* unanswered ones that end the connection */
	u32 user_timeout_ms;       /* zero: as the stack has it */
	u32 linger_ms;             /* with linger; zero: close sends RST and drops what is queued */
	u32 rto_min_ms;            /* zero: as the stack has it */
	u32 pacing_max;            /* bytes a second; zero: as congestion control says */
	u16 mss_max;               /* clamps what is sent and announced; zero: the path's */
	u8 tos;
	u8 ttl;                    /* zero: the default */
	u8 min_ttl;                /* RFC 5082: segments with less are dropped; zero: any */
	bool keepalive;
	bool linger;
	bool nodelay;
	bool cork;
	bool no_sack;              /* do not offer the option */
	bool no_timestamps;
	bool no_wscale;
	bool quickack;             /* no ACK is delayed */
};

/* What ended a connection; zero: nothing did, or an orderly close. */
enum tcp_error {
	TCP_ERR_NONE,
	TCP_ERR_REFUSED,            /* RST answered our SYN */
	TCP_ERR_RESET,              /* RST on a connection that was established */
	TCP_ERR_TIMEOUT_CONNECT,    /* no answer to SYN */
	TCP_ERR_TIMEOUT_RETRANSMIT, /* data was not acknowledged in time */
	TCP_ERR_TIMEOUT_KEEPALIVE,  /* probes were not answered */
	TCP_ERR_NET_UNREACHABLE,    /* ICMP, while connecting */
	TCP_ERR_HOST_UNREACHABLE,
	TCP_ERR_PORT_UNREACHABLE,
	TCP_ERR_COUNT,
};

void tcp_conf_defaults(struct tcp_conf *conf);
void tcp_sockopt_defaults(struct tcp_sockopt *opt);
/* "retransmission timed out": static string. */
const char *tcp_error_text(enum tcp_error error);

#endif
