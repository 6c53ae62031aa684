/* This side of the socket. What goes over it, each way: how many bytes follow, and these. First the
 * text, which is answered by conf_flat_write(); then, for each set with a file, a byte that tells
 * whether it could be read, its length and its bytes, or why it could not, which is answered by
 * conf_flat_write_sets().                                                                        */
#include "prog/reader.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/conf/conf_flat.h"
#include "host/os/clock.h"
#include "prog/reader_work.h"
#include "prog/set_files.h"

/* Far more than any text takes; a reader that waits for ever was taken over, or is stopped. */
#define READER_TIME_NS (60 * NS_PER_SEC)
/* Between two turns of others, as RUN_CARRY_NS of run_loop.c. */
#define READER_POLL_NS (100 * NS_PER_US)

/* Of a text of 2 MB with a mark for each value, or of FILTER_ELEM_LIMIT elements. */
static const u32 answer_max = 64u << 20;

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Waits until the socket takes or has bytes. */
static bool wait_for(struct reader *reader, short events)
{
	const struct timespec with_others = { .tv_nsec = READER_POLL_NS };
	const struct timespec alone = { .tv_sec = 1 };

	while (os_now() < reader->until_ns) {
		struct pollfd wait = { .fd = reader->fd, .events = events };

		if (reader->into.turns)
			reader->into.turns->give(reader->into.turns->arg);
		if (ppoll(&wait, 1, reader->into.turns ? &with_others : &alone, NULL) > 0)
			return true;
	}
	errno = ETIMEDOUT;
	return false;
}

static bool again(int error)
{
	return error == EAGAIN || error == EINTR;
}

static bool send_bytes(struct reader *reader, const void *bytes, size_t len)
{
	const u8 *at = bytes;

	while (len > 0) {
		ssize_t sent = send(reader->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && !(again(errno) && wait_for(reader, POLLOUT)))
			return false;
		if (sent > 0) {
			at += sent;
			len -= (size_t)sent;
		}
	}
	return true;
}

static bool send_u32(struct reader *reader, size_t number)
{
	const u32 word = (u32)number;

	return send_bytes(reader, &word, sizeof word);
}

static bool recv_bytes(struct reader *reader, void *bytes, size_t len)
{
	u8 *at = bytes;

	while (len > 0) {
		ssize_t got = recv(reader->fd, at, len, MSG_DONTWAIT);

		if (got == 0)
			errno = EPIPE;
		if (got == 0 || (got < 0 && !(again(errno) && wait_for(reader, POLLIN))))
			return false;
		if (got > 0) {
			at += got;
			len -= (size_t)got;
		}
	}
	return true;
}

/* To be freed; NULL: errno says why. */
static char *recv_answer(struct reader *reader, u32 *len)
{
	char *answer;

	if (!recv_bytes(reader, len, sizeof *len))
		return NULL;
	if (*len > answer_max) {
		errno = EMSGSIZE;
		return NULL;
	}
	answer = malloc((size_t)*len + 1);
	if (answer && recv_bytes(reader, answer, *len))
		return answer;
	free(answer);
	return NULL;
}

/* ---- a reader -------------------------------------------------------------------------------- */

/* One end of a new socket goes to who starts readers; the other one is kept. */
static bool reader_begin(const struct readers *readers, struct reader *reader)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	char byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof control.bytes };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int end[2];
	bool good;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, end) != 0)
		return false;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &end[1], sizeof(int));
	good = sendmsg(readers->fd, &message, MSG_NOSIGNAL) == 1;
	(void)close(end[1]);
	reader->fd = end[0];
	return good;
}

void reader_end(struct reader *reader)
{
	if (reader->fd >= 0)
		(void)close(reader->fd);
	reader->fd = -1;
}

static bool broke_off(struct reader *reader, const char *why)
{
	reader_end(reader);
	conf_error(reader->into.errors, (struct conf_place){ 1, 1 },
		   "the process that reads configurations did not do so: %s", why);
	return false;
}

bool reader_load(struct readers *readers, struct reader *reader, const char *text,
		 size_t len_bytes, const struct read_into *into)
{
	char *answer = NULL;
	bool good;
	u32 len;

	memset(into->errors, 0, sizeof *into->errors);
	*reader = (struct reader){ .fd = -1, .until_ns = os_now() + READER_TIME_NS, .into = *into };
	if (reader_begin(readers, reader) && send_u32(reader, len_bytes) &&
	    send_bytes(reader, text, len_bytes))
		answer = recv_answer(reader, &len);
	if (!answer)
		return broke_off(reader, strerror(errno));
	good = conf_flat_read(answer, len, into->conf, into->marks, into->errors, into->turns);
	free(answer);
	if (!good)
		return broke_off(reader, "its answer is no configuration");
	return into->errors->count == 0;
}

static size_t file_len(const struct conf_set_file *file)
{
	return file->text ? file->len_bytes : strlen(file->why);
}

static bool send_files(struct reader *reader, const struct conf *conf,
		       const struct conf_set_files *files)
{
	size_t sum = 0;

	for (u32 i = 0; i < conf->filter.set_count; i++) {
		if (conf->filter.set[i].file[0])
			sum += sizeof(u8) + sizeof(u32) + file_len(&files->file[i]);
	}
	if (!send_u32(reader, sum))
		return false;
	for (u32 i = 0; i < conf->filter.set_count; i++) {
		const struct conf_set_file *file = &files->file[i];
		const u8 is_read = file->text != NULL;

		if (!conf->filter.set[i].file[0])
			continue;
		if (!send_bytes(reader, &is_read, 1) || !send_u32(reader, file_len(file)) ||
		    !send_bytes(reader, is_read ? file->text : file->why, file_len(file)))
			return false;
	}
	return true;
}

bool reader_sets(struct reader *reader, const struct conf_set_files *files)
{
	const struct read_into *into = &reader->into;
	const u32 before = into->errors->count;
	char *answer = NULL;
	bool good;
	u32 len;

	*into->elems = (struct conf_elems){ 0 };
	if (send_files(reader, into->conf, files))
		answer = recv_answer(reader, &len);
	if (!answer)
		return broke_off(reader, strerror(errno));
	good = conf_flat_read_sets(answer, len, into->conf, into->elems, into->errors, into->turns);
	free(answer);
	if (!good)
		return broke_off(reader, "its answer is no set");
	return into->errors->count == before;
}

bool reader_load_all(struct readers *readers, const char *text, size_t len_bytes,
		     const struct read_into *into)
{
	struct set_files files;
	struct reader reader;
	bool good = reader_load(readers, &reader, text, len_bytes, into);

	if (good && into->elems) {
		set_files_read(into->conf, &files);
		good = reader_sets(&reader, &files.files);
		set_files_free(&files);
	}
	reader_end(&reader);
	return good;
}

/* ---- who starts them ------------------------------------------------------------------------- */

bool readers_begin(struct readers *readers, bool confined)
{
	int end[2];
	pid_t pid;

	readers->fd = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, end) != 0)
		return false;
	pid = fork();
	if (pid == 0) {
		(void)close(end[0]);
		reader_work(end[1], confined);
	}
	(void)close(end[1]);
	if (pid < 0) {
		(void)close(end[0]);
		return false;
	}
	readers->fd = end[0];
	return true;
}

void readers_end(struct readers *readers)
{
	if (readers->fd >= 0)
		(void)close(readers->fd);
	readers->fd = -1;
}
