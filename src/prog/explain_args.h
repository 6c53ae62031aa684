/* The command line of `sluice explain`: a packet, described or out of a capture. */
#ifndef PROG_EXPLAIN_ARGS_H
#define PROG_EXPLAIN_ARGS_H

#include <stdio.h>

#include "host/ctl/ctl_request.h"

struct explain_args {
	const char *control; /* NULL: see gateway_path() */
	const char *in_if;
	const char *pcap; /* NULL: described */
	u64 pcap_number;  /* from 1 on */
	bool json;
	bool help;
	be32 src;
	be32 dst;
	u8 proto;
	u16 sport;
	u16 dport;
	u8 tcp_flags;
	s32 icmp_type;
	s32 icmp_code; /* VALUE_ICMP_ANY: 0 */
	u8 ttl;
	bool df;
	u32 len; /* of the IP packet; 0: as long as its headers */
};

/* False: why names the argument and what would be right. */
bool explain_args_parse(int argc, char **argv, struct explain_args *args, struct ctl_why *why);
void explain_args_help(FILE *out);
/* The described packet, sealed; up to max bytes of it, and its whole length. */
u32 explain_packet(const struct explain_args *args, u8 *out, u32 max, u32 *full_len);
/* The request, a line of JSON; to be freed. NULL when memory is out. */
char *explain_request(const struct explain_args *args, const u8 *packet, u32 len, u32 full_len);

#endif
