/* Reading the text of a configuration, at most as much as one may be. */
#include "prog/conf_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/conf/conf_load.h"

static bool refuse(struct conf_text *text, const char *path, const char *reason)
{
	snprintf(text->why, sizeof text->why, "%.200s: %s", path, reason);
	return false;
}

static bool read_all(int fd, struct conf_text *text)
{
	while (text->len_bytes <= CONF_FILE_MAX) {
		ssize_t got = read(fd, text->text + text->len_bytes,
				   CONF_FILE_MAX + 1 - text->len_bytes);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0;
		text->len_bytes += (size_t)got;
	}
	return true;
}

static int open_file(const char *path, struct conf_text *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat about;

	if (fd < 0) {
		refuse(text, path, strerror(errno));
		return -1;
	}
	if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode))
		return fd;
	close(fd);
	refuse(text, path, "is no file");
	return -1;
}

bool conf_text_read(const char *path, struct conf_text *text)
{
	bool is_input = strcmp(path, "-") == 0;
	bool good;
	int fd;

	memset(text, 0, sizeof *text);
	fd = is_input ? STDIN_FILENO : open_file(path, text);
	if (fd < 0)
		return false;
	text->text = malloc(CONF_FILE_MAX + 1);
	good = text->text && read_all(fd, text);
	if (!good)
		refuse(text, path, text->text ? strerror(errno) : "there is no memory to read it");
	else if (text->len_bytes > CONF_FILE_MAX)
		good = refuse(text, path, "is larger than 2 MB");
	if (!is_input)
		close(fd);
	if (!good)
		conf_text_free(text);
	return good;
}

void conf_text_free(struct conf_text *text)
{
	free(text->text);
	text->text = NULL;
}
