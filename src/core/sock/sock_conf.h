/* What the sockets are given, and the words that their owners use. Plain values. */
#ifndef CORE_SOCK_SOCK_CONF_H
#define CORE_SOCK_SOCK_CONF_H

#include "core/base/bytes.h"
#include "core/tcp/auth.h"

/* A limit of zero sockets: there are none, and no memory is planned. */
struct sock_conf {
	u32 sock_limit;
	u32 op_limit;   /* submitted and not yet taken as complete, of all sockets */
	u16 port_first; /* ports that are chosen, both ends included (RFC 6056) */
	u16 port_last;
};

/* generation << 32 | index: stays valid or finds nothing. */
typedef u64 sock_id;
#define SOCK_ID_NONE   UINT64_MAX
#define SOCK_IFACE_ANY UINT16_MAX

enum sock_kind { SOCK_STREAM_KIND, SOCK_DGRAM_KIND, SOCK_RAW_KIND };

enum sock_error {
	SOCK_OK,
	SOCK_AGAIN,         /* not now: readiness will say when */
	SOCK_IN_PROGRESS,   /* a connect was begun */
	SOCK_BAD,           /* no such socket */
	SOCK_INVALID,       /* makes no sense for this socket, or in its state */
	SOCK_NOT_SUPPORTED, /* not for this kind */
	SOCK_NOT_CONNECTED,
	SOCK_IS_CONNECTED,
	SOCK_NO_DESTINATION, /* not connected, and nobody is named */
	SOCK_IN_USE,         /* another socket, or address translation, has that port */
	SOCK_NOT_OURS,       /* the address is none of this gateway's */
	SOCK_NOT_ALLOWED,    /* to a broadcast address, without the option */
	SOCK_TOO_LONG,
	SOCK_LIMIT, /* a limit of sockets, connections or operations */
	SOCK_PIPE,               /* nothing may be written any more */
	SOCK_CANCELED,           /* an operation whose socket was closed */
	SOCK_REFUSED,            /* RST answered the SYN; ICMP: nobody has the port */
	SOCK_RESET,              /* RST ended a connection that was established */
	SOCK_TIMEOUT_CONNECT,    /* no answer to the SYN */
	SOCK_TIMEOUT_RETRANSMIT, /* data were not acknowledged in time */
	SOCK_TIMEOUT_KEEPALIVE,  /* probes were not answered */
	SOCK_NET_UNREACHABLE,    /* no route, or ICMP says so */
	SOCK_HOST_UNREACHABLE,   /* ICMP says so, or nobody answers ARP */
	SOCK_ERRORS,
};

/* "the peer reset the connection"; "ECONNRESET". Static strings. */
const char *sock_error_text(enum sock_error error);
const char *sock_error_name(enum sock_error error);

/* Readiness, level-triggered: a bit stands as long as what it says is so. */
enum sock_ready {
	SOCK_READABLE = 1 << 0, /* data, a datagram, a connection to accept, or the end of data */
	SOCK_WRITABLE = 1 << 1,
	SOCK_CONNECTED = 1 << 2, /* the handshake is complete */
	SOCK_PEER_DONE = 1 << 3, /* the peer writes no more */
	SOCK_FAILED = 1 << 4,    /* an error waits: the next call has it, and SOCK_OPT_ERROR */
};

struct sock_addr {
	be32 addr;
	be16 port; /* of raw sockets zero */
};

/* Of a datagram that was read (IP_PKTINFO, IP_RECVTTL, IP_RECVTOS). */
struct sock_info {
	struct sock_addr from;
	be32 to;   /* where it was sent: ours, a group, a broadcast */
	u16 iface; /* that it came by */
	u8 ttl;
	u8 tos;
	u32 bytes; /* of all its data; more than there was room for: the rest is lost */
};

enum sock_flag {
	SOCK_MORE = 1 << 0, /* send: more follows at once (MSG_MORE) */
	SOCK_PEEK = 1 << 1, /* receive: it stays to be read again */
};

/* What is to be sent; sent: how much of it was taken over. */
struct sock_out {
	const void *data;
	u32 bytes;
	u32 flags; /* enum sock_flag */
	u32 sent;
};

/* Where what is received goes; got: how much was copied. */
struct sock_buf {
	void *to;
	u32 bytes;
	u32 got;
};

enum sock_how { SOCK_SHUT_READ = 1, SOCK_SHUT_WRITE = 2, SOCK_SHUT_BOTH = 3 };

/* What a datagram may say for itself alone. */
struct sock_dgram {
	struct sock_addr to;
	be32 from; /* zero: the socket's address, or one that suits the way */
	u16 iface; /* SOCK_IFACE_ANY: by route */
	u8 ttl;    /* zero: the socket's */
	u8 tos;
};

/* Options by their POSIX and Linux names. Numbers but where it says otherwise. */
enum sock_option {
	SOCK_OPT_ERROR,           /* SO_ERROR: get only, enum sock_error; then it is gone */
	SOCK_OPT_KIND,            /* SO_TYPE: get only */
	SOCK_OPT_REUSE,           /* SO_REUSEADDR: datagram sockets that all say so share a port */
	SOCK_OPT_BROADCAST,       /* SO_BROADCAST */
	SOCK_OPT_KEEPALIVE,       /* SO_KEEPALIVE */
	SOCK_OPT_LINGER,          /* SO_LINGER: ms, SOCK_LINGER_OFF; zero: close sends RST */
	SOCK_OPT_RCVBUF,          /* SO_RCVBUF: bytes; zero: as configured, TCP's grows */
	SOCK_OPT_SNDBUF,          /* SO_SNDBUF */
	SOCK_OPT_BIND_IFACE,      /* SO_BINDTODEVICE: an interface, before bind and connect */
	SOCK_OPT_NODELAY,         /* TCP_NODELAY */
	SOCK_OPT_CORK,            /* TCP_CORK */
	SOCK_OPT_QUICKACK,        /* TCP_QUICKACK */
	SOCK_OPT_MAXSEG,          /* TCP_MAXSEG: bytes */
	SOCK_OPT_KEEPIDLE,        /* TCP_KEEPIDLE: here in ms, as the next */
	SOCK_OPT_KEEPINTVL,       /* TCP_KEEPINTVL */
	SOCK_OPT_KEEPCNT,         /* TCP_KEEPCNT */
	SOCK_OPT_USER_TIMEOUT,    /* TCP_USER_TIMEOUT: ms */
	SOCK_OPT_CONGESTION,      /* TCP_CONGESTION: a name */
	/* Keys, of a peer or a prefix: addr and addr_len. Before listen and connect, or at any time
	 * for what comes to a listener, and for connections that have keys. Set only.            */
	SOCK_OPT_MD5SIG,          /* TCP_MD5SIG_EXT: secret; NULL: none any more */
	SOCK_OPT_AO_ADD,          /* TCP_AO_ADD_KEY: ao */
	SOCK_OPT_AO_DEL,          /* TCP_AO_DEL_KEY: the identifiers of ao */
	SOCK_OPT_AO_USE,          /* TCP_AO_INFO of a connection: SOCK_AO_USE() */
	SOCK_OPT_MAX_PACING_RATE, /* SO_MAX_PACING_RATE: bytes a second */
	SOCK_OPT_TTL,             /* IP_TTL */
	SOCK_OPT_MINTTL,          /* IP_MINTTL: RFC 5082 */
	SOCK_OPT_TOS,             /* IP_TOS */
	SOCK_OPT_DONT_FRAGMENT,   /* IP_MTU_DISCOVER: DF, and what is too long is refused */
	SOCK_OPT_HDRINCL,         /* IP_HDRINCL */
	SOCK_OPT_MULTICAST_TTL,   /* IP_MULTICAST_TTL */
	SOCK_OPT_MULTICAST_LOOP,  /* IP_MULTICAST_LOOP */
	SOCK_OPT_MULTICAST_IF,    /* IP_MULTICAST_IF: an interface */
	SOCK_OPT_JOIN,            /* IP_ADD_MEMBERSHIP: group and interface; set only */
	SOCK_OPT_LEAVE,           /* IP_DROP_MEMBERSHIP */
	SOCK_OPTIONS,
};

#define SOCK_LINGER_OFF UINT64_MAX
/* SendID of current_key, RecvID of rnext_key (RFC 5925 section 4), as a number. */
#define SOCK_AO_USE(current_id, rnext_id) ((u64)((u32)(current_id) << 8 | (rnext_id)))

struct sock_value {
	u64 number;
	be32 addr; /* a group; the peer that keys are of */
	u16 iface;
	u8 addr_len; /* bits of it that count, 0 to 32 */
	const char *name; /* of a congestion control: static, as cc_name_at() has them */
	const struct tcp_auth_secret *secret; /* copied */
	const struct tcp_ao_key *ao;          /* copied */
};

/* Readiness as it is told. */
struct sock_event {
	sock_id sock;
	u8 ready; /* enum sock_ready */
};

/* Completion: what an owner submits, and what it is told. */
enum sock_op_kind {
	SOCK_OP_RECV, /* one byte or more, or the end; a datagram */
	SOCK_OP_SEND, /* all of it was taken over: the buffer is the caller's again */
	SOCK_OP_ACCEPT,
	SOCK_OP_CONNECT,
};

struct sock_op {
	enum sock_op_kind kind;
	u64 token;  /* the owner's: told again when it is complete */
	void *data; /* SEND only reads it; the caller's, untouched until it is complete */
	u32 bytes;
	u32 flags;           /* enum sock_flag */
	struct sock_addr to; /* CONNECT */
};

struct sock_done {
	u64 token;
	sock_id sock;
	enum sock_op_kind kind;
	enum sock_error error;
	u32 bytes; /* received or sent; zero from RECV of a stream: the end */
	sock_id accepted;
	struct sock_addr peer; /* of ACCEPT */
	struct sock_info info; /* of RECV on a datagram socket */
};

void sock_conf_defaults(struct sock_conf *conf);

#endif
