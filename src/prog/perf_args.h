/* The command line of `sluice perf`, as a value. */
#ifndef PROG_PERF_ARGS_H
#define PROG_PERF_ARGS_H

#include <stdio.h>

#include "host/ctl/ctl_request.h"
#include "sluice/sock.h"

struct perf_args {
	bool help;
	bool sends; /* else it receives */
	const char *dev;
	bool tun; /* the device is a TUN, which is made if there is none of the name */
	be32 addr;
	u8 addr_len;
	bool has_gateway;
	be32 gateway;
	struct sock_addr peer; /* of a sender */
	be16 port;             /* of a receiver */
	const char *cc;        /* NULL: as the stack has it */
	ns_t time_ns;          /* send for so long; 0: until bytes are sent */
	u64 bytes;             /* send so much; 0: until the time is over */
	ns_t interval_ns;
	u32 buffer; /* bytes of each socket and direction; 0: they grow */
	u16 mss;    /* 0: as the way allows */
	const char *md5; /* sign segments, and take signed ones only; NULL */
	bool once;
	bool json;
	bool realtime; /* ask the scheduler for precedence */
};

/* False: why names the option, its value and what would be right. */
bool perf_args_parse(int argc, char **argv, struct perf_args *args, struct ctl_why *why);
void perf_args_help(FILE *out);

#endif
