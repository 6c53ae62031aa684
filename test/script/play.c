/* A dialogue with the stack, line by line. */
#include "script/play.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MAX_LEN = 512 };

/* Of names that begin alike the longer one is meant. */
static bool read_cc(struct play *play)
{
	const char *rest = reader_rest(&play->in);

	for (u32 at = 0; cc_name_at(at) != NULL; at++) {
		size_t len = strlen(cc_name_at(at));

		if (strncmp(rest, cc_name_at(at), len) == 0 && strcspn(rest, " \n") == len) {
			play->conf.cc = cc_name_at(at);
			play->in.at = rest + len;
			return reader_end(&play->in);
		}
	}
	return reader_wrong(&play->in, "no such congestion control: %s", rest);
}

/* An option of the stack. */
static bool read_option(struct play *play)
{
	struct tcp_conf *conf = &play->conf;
	u32 number;

	if (reader_word(&play->in, "--ecn"))
		conf->ecn = true;
	else if (reader_word(&play->in, "--rfc1337"))
		conf->rfc1337 = true;
	else if (reader_word(&play->in, "--no_timestamps"))
		play->socks.no_timestamps = true;
	else if (reader_word(&play->in, "--no_sack"))
		play->socks.no_sack = true;
	else if (reader_word(&play->in, "--cc="))
		return read_cc(play);
	else if (reader_word(&play->in, "--challenge_acks=") && reader_number(&play->in, &number))
		conf->challenge_acks = number;
	else if (reader_word(&play->in, "--half_open_limit=") && reader_number(&play->in, &number))
		conf->half_open_limit = number;
	else if (reader_word(&play->in, "--recv_buffer=") && reader_number(&play->in, &number))
		conf->recv_buffer_start = conf->recv_buffer_max = number;
	else
		return reader_wrong(&play->in, "no such option: %s", play->in.at);
	return reader_end(&play->in);
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
	play->iss = play->sent_end = play->conf.isn_fixed;
	play->is_started = true;
}

static bool play_line(struct play *play)
{
	if (*reader_rest(&play->in) == '\0')
		return true;
	if (strncmp(play->in.at, "--", 2) == 0)
		return play->is_started ? reader_wrong(&play->in, "options come first")
					: read_option(play);
	if (!play->is_started)
		start(play);
	if (!reader_time(&play->in, play->begin, play->socks.world.now, &play->from))
		return false;
	play->until = play->from;
	if (reader_word(&play->in, "~") &&
	    !reader_time(&play->in, play->begin, play->socks.world.now, &play->until))
		return false;
	if (reader_word(&play->in, ">"))
		return play_segment_out(play);
	world_until(&play->socks.world, play->from);
	return reader_word(&play->in, "<") ? play_segment_in(play) : play_call(play);
}

static bool play_lines(struct play *play, FILE *file)
{
	char line[LINE_MAX_LEN];
	struct pkt *pkt;

	while (fgets(line, sizeof line, file) != NULL) {
		char *comment = strstr(line, "//");

		play->in.line++;
		if (comment != NULL)
			*comment = '\0';
		play->in.at = line;
		if (!play_line(play))
			return false;
	}
	if (!play->is_started)
		return reader_wrong(&play->in, "nothing happens");
	pkt = world_out(&play->socks.world);
	if (pkt == NULL)
		return true;
	pkt_put(pkt);
	return reader_wrong(&play->in, "at the end a segment had left that no line expects");
}

bool play_file(struct play *play, const char *path)
{
	FILE *file = fopen(path, "r");
	bool is_right;

	memset(play, 0, sizeof *play);
	play->in.path = path;
	if (file == NULL)
		return reader_wrong(&play->in, "no such file");
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
