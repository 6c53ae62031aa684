/* The command line of `sluice show`, as a value. Pure. */
#ifndef PROG_SHOW_ARGS_H
#define PROG_SHOW_ARGS_H

#include <stdio.h>

#include "host/ctl/ctl_request.h"

struct show_args {
	enum ctl_show show;
	const char *control; /* NULL: see gateway_path() */
	bool json;
	bool help;
	unsigned given; /* enum ctl_filter or'ed */
	const char *addr;
	const char *src;
	const char *dst;
	const char *sport;
	const char *dport;
	const char *zone; /* as typed, and found good */
	const char *proto;
	const char *state;
	const char *set;
	const char *peer;
	const char *chain;
	const char *name; /* of an interface, a reason or a counter */
	u64 port;
	u64 icmp_id;
	u64 limit;
};

/* False: why names the argument, its value, and what would be right. */
bool show_args_parse(int argc, char **argv, struct show_args *args, struct ctl_why *why);
/* As what the records are printed: those that are not used with the reason. */
enum ctl_show show_args_text(const struct show_args *args);
/* The request for it, a line of JSON; to be freed. NULL when memory is out. */
char *show_args_request(const struct show_args *args);
/* Whether the records are printed in an order of their own: all of them have to come first. */
bool show_args_is_sorted(const struct show_args *args);
void show_args_help(FILE *out);

#endif
