/* The common header of SCTP (RFC 9260 section 3.1): ports, verification tag, checksum. */
#ifndef CORE_WIRE_SCTP_H
#define CORE_WIRE_SCTP_H

enum { SCTP_HLEN = 12, SCTP_CSUM_AT = 8 };

#endif
