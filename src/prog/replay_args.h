/* The command line of `sluice replay`: captures, where what leaves is written, and the options of
 * `sluice run`.                                                                                  */
#ifndef PROG_REPLAY_ARGS_H
#define PROG_REPLAY_ARGS_H

#include "core/wire/eth.h"
#include "prog/run_args.h"

enum { REPLAY_FILES_MAX = 16, REPLAY_WORDS_MAX = REPLAY_FILES_MAX * 3 };

/* A word as it was given, before the interfaces are known by name. */
struct replay_word {
	char kind; /* 'i': a capture, 'o': --out, 'm': --mac */
	const char *text;
};

struct replay_file {
	const char *path;
	u16 iface; /* IFACE_NONE: by the rules for each packet, or for all that leaves */
};

struct replay_mac {
	struct mac mac;
	u16 iface;
};

struct replay_args {
	struct run_args run;
	u32 word_count;
	struct replay_word word[REPLAY_WORDS_MAX];
	u32 iface_count; /* of the gateway, with an inside and an outside */
	const struct conf_iface *iface;
	u32 in_count;
	struct replay_file in[REPLAY_FILES_MAX];
	u32 out_count;
	struct replay_file out[REPLAY_FILES_MAX];
	u32 mac_count;
	struct replay_mac mac[REPLAY_FILES_MAX];
	bool json;
};

/* Words of argv are kept, not copied. */
void replay_args_parse(int argc, char **argv, struct replay_args *args, struct run_errors *errors);
/* What the words mean, now that the gateway's interfaces are known; they are kept, not copied. */
void replay_args_place(struct replay_args *args, const struct conf_iface *iface, u32 iface_count,
		       struct run_errors *errors);
void replay_args_help(FILE *out);
/* By which interface the packet comes in, by MAC and network; false: it is the gateway's own, and
 * not for it to read. ethernet is NULL for a capture without link headers.                       */
bool replay_iface(const struct replay_args *args, const struct eth_hdr *ethernet, be32 src,
		  u16 *iface);
/* Whether the gateway sent it: a --mac is its source. */
bool replay_is_own(const struct replay_args *args, const struct eth_hdr *ethernet);

#endif
