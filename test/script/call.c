/* Calls of a dialogue, and what they return. */
#include "script/play.h"

#include <errno.h>
#include <linux/tcp.h>
#include <stdlib.h>

enum { PEER_LISTENS = 8080, BYTES_MAX = 1 << 18, ARGS_MAX = 5 };

/* "name(a, b, c) = result error". Numbers and words; "..." counts as 0. */
struct call {
	char name[24];
	int arg[ARGS_MAX];
	int arg_count;
	char result[24];
};

static const struct {
	const char *name;
	int value;
} words[] = {
	{ "...", 0 },
	{ "SHUT_RD", SHUT_RD },
	{ "SHUT_WR", SHUT_WR },
	{ "SHUT_RDWR", SHUT_RDWR },
	{ "SOL_SOCKET", SOL_SOCKET },
	{ "SOL_TCP", IPPROTO_TCP },
	{ "SOL_IP", IPPROTO_IP },
	{ "SO_SNDBUF", SO_SNDBUF },
	{ "SO_RCVBUF", SO_RCVBUF },
	{ "SO_ERROR", SO_ERROR },
	{ "SO_KEEPALIVE", SO_KEEPALIVE },
	{ "SO_LINGER", SO_LINGER },
	{ "TCP_NODELAY", TCP_NODELAY },
	{ "TCP_CORK", TCP_CORK },
	{ "TCP_MAXSEG", TCP_MAXSEG },
	{ "TCP_KEEPIDLE", TCP_KEEPIDLE },
	{ "TCP_KEEPINTVL", TCP_KEEPINTVL },
	{ "TCP_KEEPCNT", TCP_KEEPCNT },
	{ "TCP_USER_TIMEOUT", TCP_USER_TIMEOUT },
	{ "TCP_QUICKACK", TCP_QUICKACK },
	{ "IP_TOS", IP_TOS },
	{ "IP_MINTTL", IP_MINTTL },
	{ "MSG_MORE", MSG_MORE },
	{ "EAGAIN", EAGAIN },
	{ "EINPROGRESS", EINPROGRESS },
	{ "ECONNREFUSED", ECONNREFUSED },
	{ "ECONNRESET", ECONNRESET },
	{ "ENETUNREACH", ENETUNREACH },
	{ "EHOSTUNREACH", EHOSTUNREACH },
	{ "ETIMEDOUT", ETIMEDOUT },
	{ "EPIPE", EPIPE },
	{ "EADDRNOTAVAIL", EADDRNOTAVAIL },
	{ "EISCONN", EISCONN },
	{ "EALREADY", EALREADY },
};

static bool read_value(struct play *play, int *value)
{
	bool is_negative = reader_word(&play->in, "-");
	u32 number;

	if (reader_number(&play->in, &number)) {
		*value = is_negative ? -(int)number : (int)number;
		return true;
	}
	for (u32 n = 0; n < ARRAY_COUNT(words); n++) {
		if (reader_word(&play->in, words[n].name)) {
			*value = words[n].value;
			return true;
		}
	}
	return reader_wrong(&play->in, "no such word: %s", play->in.at);
}

static void read_name(struct play *play, char *name, size_t size)
{
	size_t len = strspn(play->in.at, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	if (len >= size)
		len = size - 1;
	memcpy(name, play->in.at, len);
	name[len] = '\0';
	play->in.at += len;
}

static bool read_call(struct play *play, struct call *call)
{
	*call = (struct call){ 0 };
	(void)reader_word(&play->in, " ");
	while (*play->in.at == ' ' || *play->in.at == '\t')
		play->in.at++;
	read_name(play, call->name, sizeof call->name);
	if (!reader_word(&play->in, "("))
		return reader_wrong(&play->in, "no call: %s", play->in.at);
	while (!reader_word(&play->in, ")")) {
		if (call->arg_count == ARGS_MAX || !read_value(play, &call->arg[call->arg_count++]))
			return reader_wrong(&play->in, "arguments");
		(void)reader_word(&play->in, ",");
	}
	return reader_word(&play->in, "=") || reader_wrong(&play->in, "what does it return");
}

static u8 byte_at(u32 seq)
{
	return (u8)(seq * 7 + (seq >> 8));
}

static int call_read(struct play *play, int fd, int bytes)
{
	static u8 data[BYTES_MAX];
	ssize_t done = sock_recv(&play->socks, fd, data, (size_t)bytes, 0);

	for (ssize_t n = 0; n < done; n++) {
		if (data[n] != byte_at(1 + play->read + (u32)n))
			(void)reader_wrong(&play->in, "the byte %u that was read is wrong",
					   1 + play->read + (u32)n);
	}
	if (done > 0)
		play->read += (u32)done;
	return (int)done;
}

static int call_write(struct play *play, int fd, int bytes, int flags)
{
	static u8 data[BYTES_MAX];
	ssize_t done;

	for (int n = 0; n < bytes; n++)
		data[n] = byte_at(1 + play->written + (u32)n);
	done = sock_send(&play->socks, fd, data, (size_t)bytes, flags);
	if (done > 0)
		play->written += (u32)done;
	return (int)done;
}

static int call_open(struct play *play, const struct call *call, int fd)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = be16_of(80).raw };
	struct sockaddr_in there = { .sin_family = AF_INET,
				     .sin_port = be16_of(PEER_LISTENS).raw,
				     .sin_addr.s_addr = be32_of(0xc6336407).raw };
	struct socks *socks = &play->socks;

	if (strcmp(call->name, "bind") == 0)
		return sock_bind(socks, fd, (const void *)&here, sizeof here);
	if (strcmp(call->name, "listen") == 0)
		return sock_listen(socks, fd, call->arg[1]);
	if (strcmp(call->name, "connect") == 0)
		return sock_connect(socks, fd, (const void *)&there, sizeof there);
	fd = strcmp(call->name, "socket") == 0 ? sock_socket(socks, AF_INET, SOCK_STREAM, 0)
					       : sock_accept(socks, fd, NULL, NULL);
	if (fd >= 0)
		socks->at[fd].nonblocking = true;
	return fd;
}

/* setsockopt(fd, level, name, value); SO_LINGER: value is its seconds. */
static int call_option(struct play *play, const struct call *call, int fd)
{
	struct linger linger = { .l_onoff = 1, .l_linger = call->arg[3] };
	socklen_t len = sizeof(int);
	int value = call->arg[3];

	if (strcmp(call->name, "getsockopt") == 0)
		return sock_getsockopt(&play->socks, fd, call->arg[1], call->arg[2], &value, &len) <
				       0
			       ? -1
			       : value;
	if (call->arg[1] == SOL_SOCKET && call->arg[2] == SO_LINGER)
		return sock_setsockopt(&play->socks, fd, SOL_SOCKET, SO_LINGER, &linger,
				       sizeof linger);
	return sock_setsockopt(&play->socks, fd, call->arg[1], call->arg[2], &value, sizeof value);
}

static int do_call(struct play *play, const struct call *call, int fd)
{
	if (strcmp(call->name, "read") == 0)
		return call_read(play, fd, call->arg[call->arg_count - 1]);
	if (strcmp(call->name, "write") == 0)
		return call_write(play, fd, call->arg[call->arg_count - 1], 0);
	if (strcmp(call->name, "send") == 0)
		return call_write(play, fd, call->arg[1], call->arg[2]);
	if (strcmp(call->name, "shutdown") == 0)
		return sock_shutdown(&play->socks, fd, call->arg[1]);
	if (strcmp(call->name, "close") == 0)
		return sock_close(&play->socks, fd);
	if (strstr(call->name, "sockopt") != NULL)
		return call_option(play, call, fd);
	return call_open(play, call, fd);
}

/* "state(4) = close-wait": as the stack has it. */
static bool check_state(struct play *play, int fd)
{
	const struct tcb *tcb = sock_tcb(&play->socks.world, &play->socks.at[fd]);
	const char *state = tcb != NULL ? tcp_state_name(tcb->state) : "none";
	char name[24];

	while (*play->in.at == ' ')
		play->in.at++;
	read_name(play, name, sizeof name);
	if (strcmp(name, state) != 0)
		return reader_wrong(&play->in, "the state is %s", state);
	return reader_end(&play->in);
}

/* The names of calls that exist. */
static bool is_known(const struct call *call)
{
	static const char *const known[] = { "socket",   "bind",  "listen",     "accept",
					     "connect",  "read",  "write",      "send",
					     "shutdown", "close", "setsockopt", "getsockopt",
					     "state" };

	for (u32 n = 0; n < ARRAY_COUNT(known); n++) {
		if (strcmp(call->name, known[n]) == 0)
			return true;
	}
	return false;
}

bool play_call(struct play *play)
{
	struct call call;
	int fd = -1;
	int expected, result, error, said_error = 0;
	bool is_new;

	if (!read_call(play, &call))
		return false;
	is_new = strcmp(call.name, "socket") == 0 || strcmp(call.name, "accept") == 0;
	if (!is_known(&call) || call.arg[0] < 0 || call.arg[0] >= PLAY_FDS)
		return reader_wrong(&play->in, "no such call: %s", call.name);
	if (strcmp(call.name, "socket") != 0)
		fd = play->fd[call.arg[0]];
	if (fd < 0 && strcmp(call.name, "socket") != 0)
		return reader_wrong(&play->in, "no such socket");
	if (strcmp(call.name, "state") == 0)
		return check_state(play, fd);
	if (!read_value(play, &expected))
		return false;
	if (expected < 0 && (!read_value(play, &said_error) || !reader_end(&play->in)))
		return false;
	result = do_call(play, &call, fd);
	error = errno;
	if (is_new && result >= 0 && expected > 0 && expected < PLAY_FDS) {
		play->fd[expected] = result;
		result = expected;
	}
	if (play->in.why[0] != '\0')
		return false;
	if (result != expected || (result < 0 && error != said_error))
		return reader_wrong(&play->in, "%s returned %d, %s", call.name, result,
				    result < 0 ? strerror(error) : "not what was expected");
	return reader_end(&play->in);
}
