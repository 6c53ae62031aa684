/* A dialogue with the stack, line by line. */
#include "script/play.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_LEN = 512 };

bool play_wrong(struct play *play, const char *format, ...)
{
	va_list args;
	int len;

	if (play->why[0] != '\0')
		return false;
	len = snprintf(play->why, sizeof play->why, "%s:%u: ", play->path, play->line);
	va_start(args, format);
	(void)vsnprintf(play->why + len, sizeof play->why - (size_t)len, format, args);
	va_end(args);
	return false;
}

static void skip_blanks(struct play *play)
{
	while (isspace((unsigned char)*play->at))
		play->at++;
}

bool play_word(struct play *play, const char *word)
{
	size_t len = strlen(word);

	skip_blanks(play);
	if (strncmp(play->at, word, len) != 0)
		return false;
	/* "ack" is not the begin of "acked". */
	if (isalnum((unsigned char)word[len - 1]) && isalnum((unsigned char)play->at[len]))
		return false;
	play->at += len;
	return true;
}

bool play_number(struct play *play, u32 *number)
{
	char *end;

	skip_blanks(play);
	if (!isdigit((unsigned char)*play->at))
		return false;
	*number = (u32)strtoul(play->at, &end, 0);
	play->at = end;
	return true;
}

bool play_end(struct play *play)
{
	skip_blanks(play);
	return *play->at == '\0' ? true : play_wrong(play, "what is this: %s", play->at);
}

/* Seconds, with a sign after the line before. */
static bool read_time(struct play *play, ns_t *when)
{
	bool is_relative = play_word(play, "+");
	char *end;
	double seconds;

	skip_blanks(play);
	seconds = strtod(play->at, &end);
	if (end == play->at)
		return play_wrong(play, "no time");
	play->at = end;
	*when = (is_relative ? play->socks.world.now : play->begin) + (ns_t)(seconds * 1e9 + 0.5);
	return true;
}

/* An option of the stack. */
static bool read_option(struct play *play)
{
	struct tcp_conf *conf = &play->conf;
	u32 number;

	if (play_word(play, "--ecn"))
		conf->ecn = true;
	else if (play_word(play, "--rfc1337"))
		conf->rfc1337 = true;
	else if (play_word(play, "--no_timestamps"))
		play->socks.no_timestamps = true;
	else if (play_word(play, "--no_sack"))
		play->socks.no_sack = true;
	else if (play_word(play, "--cc_newreno"))
		conf->cc = "newreno";
	else if (play_word(play, "--challenge_acks=") && play_number(play, &number))
		conf->challenge_acks = number;
	else if (play_word(play, "--recv_buffer=") && play_number(play, &number))
		conf->recv_buffer_start = conf->recv_buffer_max = number;
	else
		return play_wrong(play, "no such option: %s", play->at);
	return play_end(play);
}

static void start(struct play *play)
{
	bool no_timestamps = play->socks.no_timestamps;
	bool no_sack = play->socks.no_sack;

	socks_init(&play->socks, &play->conf);
	play->socks.no_timestamps = no_timestamps;
	play->socks.no_sack = no_sack;
	play->socks.local = be32_of(0xc0000201);
	play->begin = play->socks.world.now;
	play->is_started = true;
}

static bool play_line(struct play *play)
{
	skip_blanks(play);
	if (*play->at == '\0')
		return true;
	if (strncmp(play->at, "--", 2) == 0)
		return play->is_started ? play_wrong(play, "options come first") :
					  read_option(play);
	if (!play->is_started)
		start(play);
	if (!read_time(play, &play->from))
		return false;
	play->until = play->from;
	if (play_word(play, "~") && !read_time(play, &play->until))
		return false;
	if (play_word(play, ">"))
		return play_segment_out(play);
	world_until(&play->socks.world, play->from);
	return play_word(play, "<") ? play_segment_in(play) : play_call(play);
}

static bool play_lines(struct play *play, FILE *file)
{
	char line[LINE_MAX_LEN];
	struct pkt *pkt;

	while (fgets(line, sizeof line, file) != NULL) {
		char *comment = strstr(line, "//");

		play->line++;
		if (comment != NULL)
			*comment = '\0';
		play->at = line;
		if (!play_line(play))
			return false;
	}
	if (!play->is_started)
		return play_wrong(play, "nothing happens");
	pkt = world_out(&play->socks.world);
	if (pkt == NULL)
		return true;
	pkt_put(pkt);
	return play_wrong(play, "at the end a segment had left that no line expects");
}

bool play_file(struct play *play, const char *path)
{
	FILE *file = fopen(path, "r");
	bool is_right;

	memset(play, 0, sizeof *play);
	play->path = path;
	if (file == NULL)
		return play_wrong(play, "no such file");
	world_conf_defaults(&play->conf);
	/* Both sides' numbers go over the end of the circle within the first kilobyte. */
	play->conf.isn_of_clock = false;
	play->conf.isn_fixed = 0xfffffe00;
	for (u32 n = 0; n < PLAY_FDS; n++)
		play->fd[n] = -1;
	is_right = play_lines(play, file);
	(void)fclose(file);
	if (play->is_started)
		socks_fini(&play->socks);
	return is_right;
}
