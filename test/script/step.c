/* A step test, line by line. */
#include "script/step.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/routing/prefix.h"

enum {
	FAR_S = 10, /* what is expected later than that is waited for in longer steps */
	FAR_STEP_MS = STEP_ALLOWED_MS,
};

static const struct step_speaker *const speakers[] = { &step_bgp, &step_rip, &step_bfd,
						       &step_ospf };

void step_said(struct step *step, ns_t at, const char *text)
{
	struct step_line *line = &step->said[(step->first + step->count) % STEP_SAID];

	if (step->count == STEP_SAID) {
		(void)reader_wrong(&step->in, "it says too much");
		return;
	}
	line->at = at;
	(void)snprintf(line->text, sizeof line->text, "%s", text);
	step->count++;
}

bool step_token(struct step *step, char *to, u32 size)
{
	size_t len = strcspn(reader_rest(&step->in), " \t\n");

	if (len == 0 || len >= size)
		return false;
	memcpy(to, step->in.at, len);
	to[len] = '\0';
	step->in.at += len;
	return true;
}

bool step_addr(struct step *step, be32 *addr)
{
	char text[IP_TEXT_SIZE];
	struct ip_addr found;

	if (!step_token(step, text, sizeof text) || !ip_addr_parse(text, &found))
		return reader_wrong(&step->in, "no address before: %s", step->in.at);
	*addr = found.word[0];
	return true;
}

bool step_hex(struct step *step, u8 *to, u32 max, u32 *len)
{
	const char *at = reader_rest(&step->in);

	for (*len = 0; isxdigit((unsigned char)at[0]) && isxdigit((unsigned char)at[1]); at += 2) {
		char pair[3] = { at[0], at[1], '\0' };

		if (*len == max)
			return reader_wrong(&step->in, "too many bytes");
		to[(*len)++] = (u8)strtoul(pair, NULL, 16);
	}
	step->in.at = at;
	return true;
}

/* ---- texts --------------------------------------------------------------------------------- */

void step_put(struct step_text *out, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(out->text + out->len, sizeof out->text - out->len, format, args);
	va_end(args);
	out->len = u32_min(out->len + (u32)len, sizeof out->text - 1);
}

void step_put_addr(struct step_text *out, const char *before, be32 addr)
{
	char text[IP_TEXT_SIZE];
	struct ip_addr given = ip_addr4(addr);

	ip_addr_print(&given, text, sizeof text);
	step_put(out, "%s%s", before, text);
}

void step_put_hex(struct step_text *out, const u8 *bytes, u32 len)
{
	if (len > 0)
		step_put(out, " ");
	for (u32 n = 0; n < len; n++)
		step_put(out, "%02x", bytes[n]);
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* Until then, or until something was said. */
static void run(struct step *step, ns_t until, bool to_word)
{
	while (step->now < until && !(to_word && step->count > 0)) {
		bool is_far = until - step->now > FAR_S * NS_PER_SEC;
		ns_t next = u64_min(until, step->now + (is_far ? FAR_STEP_MS : 1) * NS_PER_MS);

		step->speaker->run(step, next);
		step->now = step->now > next ? step->now : next;
	}
}

static bool nothing_said(struct step *step)
{
	const struct step_line *line = &step->said[step->first];

	return step->count == 0 ||
	       reader_wrong(&step->in,
			    "before this, at %.3f, it said what no line expects\n  got: %s",
			    (double)(line->at - step->begin) / 1e9, line->text);
}

/* Whether a line is as expected; blanks at its end do not count. */
static bool is_as(const char *expected, const char *got)
{
	size_t len = strlen(expected);

	while (len > 0 && isspace((unsigned char)expected[len - 1]))
		len--;
	if (len >= 3 && strncmp(expected + len - 3, "...", 3) == 0)
		return strncmp(expected, got, len - 3) == 0;
	return strlen(got) == len && strncmp(expected, got, len) == 0;
}

static bool expect_said(struct step *step, ns_t from, ns_t until)
{
	const char *expected = reader_rest(&step->in);
	const ns_t allowed = STEP_ALLOWED_MS * NS_PER_MS;
	const struct step_line *line = &step->said[step->first];

	run(step, until + allowed, true);
	if (step->count == 0)
		return reader_wrong(&step->in, "nothing is said\n  expected: %s", expected);
	if (!is_as(expected, line->text))
		return reader_wrong(&step->in, "expected: %s  got: %s", expected, line->text);
	if (line->at + allowed < from || line->at > until + allowed)
		return reader_wrong(&step->in, "it was said at %.3f",
				    (double)(line->at - step->begin) / 1e9);
	step->first = (step->first + 1) % STEP_SAID;
	step->count--;
	return true;
}

static bool expect_known(struct step *step)
{
	const char *expected = reader_rest(&step->in);
	const char *about = strncmp(expected, "no ", 3) == 0 ? expected + 3 : expected;
	char got[STEP_LINE] = "";

	if (!step->speaker->show(step, about, got, sizeof got))
		return reader_wrong(&step->in, "nothing is known of this: %s", about);
	return is_as(expected, got) ||
	       reader_wrong(&step->in, "expected: %s  got: %s", expected, got);
}

static bool timed_line(struct step *step)
{
	ns_t from, until;

	if (!step->is_started) {
		step->speaker->start(step);
		step->is_started = true;
		step->begin = step->now;
	}
	if (!reader_time(&step->in, step->begin, step->now, &from))
		return false;
	until = from;
	if (reader_word(&step->in, "~") && !reader_time(&step->in, step->begin, step->now, &until))
		return false;
	if (reader_word(&step->in, ">"))
		return expect_said(step, from, until);
	run(step, from, false);
	if (reader_word(&step->in, "="))
		return expect_known(step);
	/* What was said has to be expected before anything else happens. */
	if (!nothing_said(step))
		return false;
	if (reader_word(&step->in, "<"))
		return step->speaker->hear(step) && reader_end(&step->in);
	return step->speaker->event(step) && reader_end(&step->in);
}

static bool first_line(struct step *step)
{
	for (u32 n = 0; n < ARRAY_COUNT(speakers); n++) {
		if (!reader_word(&step->in, speakers[n]->name))
			continue;
		step->speaker = speakers[n];
		return step->speaker->open(step) && reader_end(&step->in);
	}
	return reader_wrong(&step->in, "who speaks: %s", step->in.at);
}

static bool play_line(struct step *step)
{
	const char *at = reader_rest(&step->in);

	if (*at == '\0')
		return true;
	if (step->speaker == NULL)
		return first_line(step);
	if (isdigit((unsigned char)*at) || *at == '+')
		return timed_line(step);
	if (step->is_started)
		return reader_wrong(&step->in, "no time: %s", at);
	return step->speaker->conf(step) && reader_end(&step->in);
}

static bool play_lines(struct step *step, FILE *file)
{
	char line[STEP_LINE];

	while (fgets(line, sizeof line, file) != NULL) {
		char *comment = strstr(line, "//");

		step->in.line++;
		if (comment != NULL)
			strcpy(comment, "\n");
		step->in.at = line;
		if (!play_line(step))
			return false;
	}
	step->in.at = "";
	if (!step->is_started)
		return reader_wrong(&step->in, "nothing happens");
	return nothing_said(step);
}

bool step_file(struct step *step, const char *path)
{
	FILE *file = fopen(path, "r");
	bool is_right;

	memset(step, 0, sizeof *step);
	step->in.path = path;
	if (file == NULL)
		return reader_wrong(&step->in, "no such file");
	is_right = play_lines(step, file) && step->in.why[0] == '\0';
	(void)fclose(file);
	if (step->speaker != NULL)
		step->speaker->close(step);
	return is_right;
}
