/* One speaker of a routing protocol against a file: what it hears, what it must say, what it must
 * know then. A file is a clause of an RFC.
 *
 *     bgp as 65001 peer 65002               who speaks, then lines that configure it
 *     hold 9
 *     0 connect                             events
 *     +0 < open as 65002 hold 9 id 192.0.2.2       a message of the neighbour comes in
 *     +0 > open as 65001 hold 9 ...                one that the speaker sends, then and as it says
 *     +3~+4 > keepalive                            between two times
 *     +0 < hex ffff                                bytes as they are
 *     +0 = state Established                what it knows: the line it shows begins so
 *     +0 = no route 203.0.113.0/24
 *
 * Times are seconds, absolute or, with a sign, after the line before; a millisecond is allowed for,
 * and what comes over a stream takes STEP_ALLOWED_MS. Every message that a speaker sends is a line:
 * one that no line expects is a failure, and so is another one in its place. "..." at the end of an
 * expected line stands for the rest. "//" begins a comment. Messages: step_<protocol>.c.         */
#ifndef TEST_SCRIPT_STEP_H
#define TEST_SCRIPT_STEP_H

#include "script/reader.h"

enum { STEP_LINE = 512, STEP_SAID = 256, STEP_ALLOWED_MS = 5 };

struct step;

/* A protocol. What reads answers false, and in.why, when something is wrong. */
struct step_speaker {
	const char *name;
	bool (*open)(struct step *step);  /* the first line, behind the name */
	bool (*conf)(struct step *step);  /* a line of configuration */
	void (*start)(struct step *step); /* it is configured */
	/* Time goes on until then; what was said on the way is handed to step_said(). */
	void (*run)(struct step *step, ns_t until);
	bool (*hear)(struct step *step);
	bool (*event)(struct step *step);
	/* What it knows of what the line asks about, into to[0..size). */
	bool (*show)(struct step *step, const char *about, char *to, u32 size);
	void (*close)(struct step *step);
};
extern const struct step_speaker step_bgp, step_rip, step_bfd, step_ospf;

struct step_line {
	ns_t at;
	char text[STEP_LINE];
};

struct step {
	struct reader in;
	const struct step_speaker *speaker;
	void *bed; /* of the speaker */
	bool is_started;
	ns_t begin, now;
	u32 first, count; /* of what was said and not expected yet, a ring */
	struct step_line said[STEP_SAID];
};

/* False: in.why says what is wrong and where. */
bool step_file(struct step *step, const char *path);

/* ---- for speakers ---------------------------------------------------------------------------- */

/* A message left: as a line of a file would have it. */
void step_said(struct step *step, ns_t at, const char *text);
/* The next word; false: there is none, or it is too long. */
bool step_token(struct step *step, char *to, u32 size);
/* An address; a prefix; pairs of hexadecimal digits without blanks, at most max. */
bool step_addr(struct step *step, be32 *addr);
bool step_hex(struct step *step, u8 *to, u32 max, u32 *len);

/* A line that is put together. */
struct step_text {
	char text[STEP_LINE];
	u32 len;
};
__attribute__((format(printf, 2, 3))) void step_put(struct step_text *out, const char *format, ...);
/* With a word in front; the bytes with a blank, if there are any. */
void step_put_addr(struct step_text *out, const char *before, be32 addr);
void step_put_hex(struct step_text *out, const u8 *bytes, u32 len);

#endif
