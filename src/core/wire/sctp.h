/* SCTP: the common header (RFC 9260 section 3.1) and the chunks behind it (section 3.2). */
#ifndef CORE_WIRE_SCTP_H
#define CORE_WIRE_SCTP_H

enum {
	SCTP_HLEN = 12,
	SCTP_TAG_AT = 4, /* verification tag */
	SCTP_CSUM_AT = 8,
};

enum {
	SCTP_CHUNK_HLEN = 4,
	SCTP_CHUNK_FLAGS_AT = 1,
	SCTP_CHUNK_LEN_AT = 2, /* with this header, without padding */
	SCTP_INIT_LEN_MIN = 20,
	SCTP_INIT_TAG_AT = 4,     /* initiate tag of INIT and INIT ACK */
	SCTP_TAG_REFLECTED = 0x01, /* the T bit of ABORT and SHUTDOWN COMPLETE */
};

enum sctp_chunk_type {
	SCTP_DATA = 0,
	SCTP_INIT = 1,
	SCTP_INIT_ACK = 2,
	SCTP_SACK = 3,
	SCTP_HEARTBEAT = 4,
	SCTP_HEARTBEAT_ACK = 5,
	SCTP_ABORT = 6,
	SCTP_SHUTDOWN = 7,
	SCTP_SHUTDOWN_ACK = 8,
	SCTP_ERROR = 9,
	SCTP_COOKIE_ECHO = 10,
	SCTP_COOKIE_ACK = 11,
	SCTP_SHUTDOWN_COMPLETE = 14,
};

#endif
