/* Starting readers, and being one. */
#include "prog/reader_work.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/conf/conf_flat.h"
#include "host/conf/conf_load.h"
#include "host/os/confine.h"

enum { FD_SOCKET = 3 }; /* behind stderr */

/* ---- one text -------------------------------------------------------------------------------- */

struct work {
	struct conf conf;
	struct conf_marks marks;
	struct conf_errors errors;
	struct conf_set_files files;
	struct conf_elems elems;
};

static bool read_bytes(int fd, void *bytes, size_t len)
{
	u8 *at = bytes;

	while (len > 0) {
		ssize_t got = read(fd, at, len);

		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		if (got > 0) {
			at += got;
			len -= (size_t)got;
		}
	}
	return true;
}

static bool write_bytes(int fd, const void *bytes, size_t len)
{
	const u8 *at = bytes;

	while (len > 0) {
		ssize_t done = write(fd, at, len);

		if (done < 0 && errno != EINTR)
			return false;
		if (done > 0) {
			at += done;
			len -= (size_t)done;
		}
	}
	return true;
}

/* NULL: the other side has gone, or there is no memory. */
static char *read_request(int fd, u32 *len)
{
	char *request;

	if (!read_bytes(fd, len, sizeof *len))
		return NULL;
	request = malloc((size_t)*len + 1);
	if (!request || !read_bytes(fd, request, *len)) {
		free(request);
		return NULL;
	}
	request[*len] = 0;
	return request;
}

static bool answer(int fd, const struct work *work, bool sets)
{
	char *bytes = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&bytes, &size);
	u32 len;

	if (!out)
		return false;
	if (sets)
		conf_flat_write_sets(&work->conf, &work->elems, &work->errors, out);
	else
		conf_flat_write(&work->conf, &work->marks, &work->errors, out);
	if (fclose(out) != 0)
		return false;
	len = (u32)size;
	return write_bytes(fd, &len, sizeof len) && write_bytes(fd, bytes, size);
}

/* They point into the request. Why one could not be read is a string there: the byte behind it is
 * the first of the next file, which becomes a zero once it was looked at, or the request's last. */
static bool take_files(const struct conf *conf, char *at, u32 len, struct conf_set_files *files)
{
	const char *end = at + len;

	for (u32 i = 0; i < conf->filter.set_count; i++) {
		struct conf_set_file *file = &files->file[i];
		u32 bytes;
		u8 is_read;

		if (!conf->filter.set[i].file[0])
			continue;
		if ((size_t)(end - at) < sizeof is_read + sizeof bytes)
			return false;
		is_read = (u8)*at;
		*at++ = 0;
		memcpy(&bytes, at, sizeof bytes);
		at += sizeof bytes;
		if (bytes > (size_t)(end - at))
			return false;
		if (is_read)
			*file = (struct conf_set_file){ .text = at, .len_bytes = bytes };
		else
			*file = (struct conf_set_file){ .why = at };
		at += bytes;
	}
	return true;
}

/* What is taken of memory goes with the process. */
static void read_one(int fd)
{
	struct work *work = calloc(1, sizeof *work);
	u32 len;
	char *request = work ? read_request(fd, &len) : NULL;
	bool good;

	if (!request)
		return;
	good = conf_load(request, len, &work->conf, &work->marks, &work->errors);
	if (!answer(fd, work, false) || !good)
		return;
	request = read_request(fd, &len);
	if (!request || !take_files(&work->conf, request, len, &work->files))
		return;
	(void)conf_sets_read(&work->conf, &work->marks, &work->files, &work->elems, &work->errors);
	(void)answer(fd, work, true);
}

/* ---- starting -------------------------------------------------------------------------------- */

/* The socket that comes with a byte; -1: nobody will send one any more. */
static int take_socket(int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof control.bytes };
	struct cmsghdr *header;
	ssize_t got;
	int taken;

	do
		got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	header = got == 1 ? CMSG_FIRSTHDR(&message) : NULL;
	if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&taken, CMSG_DATA(header), sizeof taken);
	return taken;
}

/* Signals to the group of the gateway are for the gateway, whose end is the end of this. */
static void ignore_signals(void)
{
	static const int numbers[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
				       SIGUSR1, SIGUSR2, SIGPIPE, SIGCHLD };

	for (size_t i = 0; i < ARRAY_COUNT(numbers); i++)
		(void)signal(numbers[i], SIG_IGN);
}

/* stdin and stdout lead nowhere; a failed CHECK is still written to stderr. The socket goes out of
 * the way first: where its owner had no stdin, it is that.                                       */
static bool keep_only(int fd)
{
	int nothing = open("/dev/null", O_RDWR);

	fd = fcntl(fd, F_DUPFD, FD_SOCKET + 1);
	return nothing >= 0 && fd >= 0 && dup2(nothing, STDIN_FILENO) >= 0 &&
	       dup2(nothing, STDOUT_FILENO) >= 0 && dup2(fd, FD_SOCKET) >= 0 &&
	       close_range(FD_SOCKET + 1, ~0u, 0) == 0;
}

_Noreturn void reader_work(int fd, bool confined)
{
	int text;

	ignore_signals();
	if (!keep_only(fd) || (confined && !os_confine()))
		_exit(EXIT_FAILURE);
	while ((text = take_socket(FD_SOCKET)) >= 0) {
		if (fork() == 0) {
			(void)close(FD_SOCKET);
			if (confined)
				(void)os_confine_calls();
			read_one(text);
			_exit(EXIT_SUCCESS);
		}
		(void)close(text);
	}
	_exit(EXIT_SUCCESS);
}
