/* What an administrator may set about connection tracking. */
#ifndef CORE_CT_CT_CONF_H
#define CORE_CT_CT_CONF_H

#include "core/base/bytes.h"

/* Time-out classes: protocol and state. Defaults in ct_conf.c with the RFC each comes from. */
enum ct_timeout {
	CT_TIMEOUT_TCP_OPENING,     /* SYN seen, not answered by SYN-ACK and ACK yet */
	CT_TIMEOUT_TCP_ESTABLISHED,
	CT_TIMEOUT_TCP_CLOSING,     /* a FIN was seen */
	CT_TIMEOUT_TCP_CLOSED,      /* both FINs acknowledged, or a RST */
	CT_TIMEOUT_UDP_NEW,         /* never answered */
	CT_TIMEOUT_UDP,
	CT_TIMEOUT_ICMP,
	CT_TIMEOUT_GENERIC,
	CT_TIMEOUT_SCTP_OPENING,    /* INIT seen, COOKIE ACK not yet */
	CT_TIMEOUT_SCTP_ESTABLISHED,
	CT_TIMEOUT_SCTP_CLOSING,    /* a SHUTDOWN was seen */
	CT_TIMEOUT_SCTP_CLOSED,     /* SHUTDOWN COMPLETE or ABORT */
	CT_TIMEOUT_DCCP_OPENING,    /* Request or Listen seen, not open yet */
	CT_TIMEOUT_DCCP_OPEN,
	CT_TIMEOUT_DCCP_CLOSING,    /* CloseReq, Close or Reset seen */
	CT_TIMEOUT_COUNT,
};

struct ct_conf {
	u32 flow_count;                  /* flows that can stand at once */
	u32 timeout_s[CT_TIMEOUT_COUNT]; /* at least 1, at most CT_TIMEOUT_MAX_S */
	bool midstream;                  /* pick up unknown TCP flows in mid-stream */
	bool outbound_refresh_only;      /* RFC 4787 REQ-6 (a): what comes in keeps no flow */
	bool expiry_probes;              /* ask before an established TCP flow ends */
	u32 news_count;                  /* news of flows that wait for a listener; 0: none */
	bool counters; /* windows, packets and bytes per flow: 64 bytes more each */
};

enum { CT_TIMEOUT_MAX_S = 7 * 24 * 3600 };

/* Expiry probes: so many, so far apart; a flow that answered none ends one step after the last. */
enum { CT_PROBE_COUNT = 3, CT_PROBE_STEP_MS = 10000 };

#endif
