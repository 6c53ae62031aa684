/* Files of sets. */
#include "prog/set_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COUNT_DIGITS = 9 };

static bool read_all(int fd, char *text, size_t len_bytes, size_t *got_bytes)
{
	*got_bytes = 0;
	while (*got_bytes < len_bytes) {
		ssize_t got = read(fd, text + *got_bytes, len_bytes - *got_bytes);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0;
		*got_bytes += (size_t)got;
	}
	return true;
}

/* NULL: it was read. */
static const char *read_open(struct set_files *files, int fd, u32 at)
{
	struct conf_set_file *file = &files->files.file[at];
	struct stat about;
	size_t size;

	if (fstat(fd, &about) != 0)
		return strerror(errno);
	if (!S_ISREG(about.st_mode))
		return "is no file";
	size = (size_t)about.st_size;
	if (size > files->left)
		return "the files of the sets have more than 32 MB together";
	files->text[at] = malloc(size + 1);
	if (!files->text[at])
		return "there is no memory to read it";
	if (!read_all(fd, files->text[at], size, &file->len_bytes))
		return strerror(errno);
	files->left -= file->len_bytes;
	file->text = files->text[at];
	return NULL;
}

void set_files_read(const struct conf *conf, struct set_files *files)
{
	memset(files, 0, sizeof *files);
	files->left = SET_FILE_MAX;
	for (u32 i = 0; i < conf->filter.set_count; i++) {
		const char *path = conf->filter.set[i].file;
		int fd;

		if (path[0] == 0)
			continue;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		files->files.file[i].why = fd < 0 ? strerror(errno) : read_open(files, fd, i);
		if (fd >= 0)
			close(fd);
	}
}

void set_files_free(struct set_files *files)
{
	for (u32 i = 0; i < CONF_SET_MAX; i++)
		free(files->text[i]);
}

/* ---- over the control socket ----------------------------------------------------------------- */

static bool all_read(const struct conf *conf, const struct conf_marks *marks,
		     const struct conf_set_files *files, struct conf_errors *errors)
{
	bool good = true;

	for (u32 i = 0; i < conf->filter.set_count; i++) {
		const struct conf_set *set = &conf->filter.set[i];

		if (!set->file[0] || files->file[i].text)
			continue;
		conf_error(errors,
			   conf_place_of(marks, (u32)((const u8 *)set->file - (const u8 *)conf)),
			   "'%s': %s", set->file, files->file[i].why);
		good = false;
	}
	return good;
}

static char *pack(const struct conf *conf, const struct conf_set_files *files, size_t *len_bytes)
{
	char *out = NULL;
	FILE *stream = open_memstream(&out, len_bytes);

	if (!stream)
		return NULL;
	for (u32 i = 0; i < conf->filter.set_count; i++) {
		const struct conf_set_file *file = &files->file[i];

		if (!conf->filter.set[i].file[0])
			continue;
		fprintf(stream, "%zu\n", file->len_bytes);
		fwrite(file->text, 1, file->len_bytes, stream);
	}
	if (fclose(stream) == 0)
		return out;
	free(out);
	return NULL;
}

char *set_files_pack(const struct conf *conf, const struct conf_marks *marks, size_t *len_bytes,
		     struct conf_errors *errors)
{
	struct set_files files;
	char *packed = NULL;

	set_files_read(conf, &files);
	if (all_read(conf, marks, &files.files, errors))
		packed = pack(conf, &files.files, len_bytes);
	set_files_free(&files);
	return packed;
}

/* The number at *text, which ends its line, and *text behind it; false: there is none. */
static bool take_count(const char **text, const char *end, size_t *count)
{
	const char *at = *text;

	*count = 0;
	for (; at < end && *at >= '0' && *at <= '9' && at - *text < COUNT_DIGITS; at++)
		*count = *count * 10 + (size_t)(*at - '0');
	if (at == *text || at == end || *at != '\n')
		return false;
	*text = at + 1;
	return true;
}

void set_files_unpack(const struct conf *conf, const char *text, size_t len_bytes,
		      struct conf_set_files *files)
{
	const char *end = text + len_bytes;
	bool good = true;

	memset(files, 0, sizeof *files);
	for (u32 i = 0; i < conf->filter.set_count; i++) {
		struct conf_set_file *file = &files->file[i];

		if (!conf->filter.set[i].file[0])
			continue;
		good = good && take_count(&text, end, &file->len_bytes) &&
		       file->len_bytes <= (size_t)(end - text);
		if (!good) {
			file->why = "was not sent along: it takes 'sluice' of the same version";
			continue;
		}
		file->text = text;
		text += file->len_bytes;
	}
}
