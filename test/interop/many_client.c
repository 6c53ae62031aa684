/* many_client SOURCE ADDRESS PORT COUNT [PATH]: that many TCP connections at once.
 *
 * Opens them, IN_FLIGHT_MAX at a time, and says "open N refused M" when all are settled, with the
 * error of the last refusal. On each SIGUSR1 it sends 16 bytes of its own on every open connection,
 * waits for them to come back, and says "echoed N lost M". Ends on SIGTERM.
 *
 * With PATH it asks by HTTP for it, and the last line of an answer, one digit, is the server's
 * number S. Told then, for each server that has answered, is also how many it has answered this
 * time, and of the connections that it answered before how many were ended in order and how many
 * were reset, since the start: "answersS N endsS N resetsS N".                                   */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	EVENTS_MAX = 256,
	IN_FLIGHT_MAX = 128,
	COUNT_MAX = 100000,
	WORDS = 2, /* of what is said on a connection */
	SERVERS = 10,
	ANSWER_MAX = 1024,
};

enum state { STATE_NEW, STATE_OPENING, STATE_OPEN, STATE_WAITING, STATE_DONE };

struct talk {
	int fd;
	enum state state;
	uint64_t said[WORDS];
	unsigned server; /* who answered by HTTP; 0: nobody yet */
};

struct served {
	uint32_t answers;
	uint32_t ends;
	uint32_t resets;
};

struct client {
	int poll;
	int signals;
	struct sockaddr_in source;
	struct sockaddr_in dest;
	uint32_t count;
	uint32_t begun;
	uint32_t in_flight;
	uint32_t open;
	uint32_t refused;
	int why; /* errno of the last refusal */
	uint32_t waiting;
	uint32_t echoed;
	uint32_t lost;
	uint64_t round;
	struct talk *talk;
	char request[ANSWER_MAX]; /* by HTTP; empty: no HTTP is spoken */
	struct served served[SERVERS];
};

static void fail(const char *what)
{
	fprintf(stderr, "many_client: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void watch(const struct client *client, int fd, uint32_t events, uint32_t index, int how)
{
	struct epoll_event event = { .events = events, .data = { .u32 = index } };

	if (epoll_ctl(client->poll, how, fd, &event) != 0)
		fail("epoll");
}

static void refuse(struct client *client, struct talk *talk, int why)
{
	client->refused++;
	client->why = why;
	close(talk->fd);
	talk->state = STATE_DONE;
}

static void begin(struct client *client, uint32_t index)
{
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	struct talk *talk = &client->talk[index];
	int on = 1;

	talk->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (talk->fd < 0)
		fail("socket");
	/* Killed, it is over: nothing speaks on into the next part of a test. */
	setsockopt(talk->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	/* The port is chosen when the destination is known. */
	setsockopt(talk->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	if (bind(talk->fd, (struct sockaddr *)&client->source, sizeof client->source) != 0)
		fail("bind");
	if (connect(talk->fd, (struct sockaddr *)&client->dest, sizeof client->dest) != 0 &&
	    errno != EINPROGRESS) {
		refuse(client, talk, errno);
		return;
	}
	talk->state = STATE_OPENING;
	client->in_flight++;
	watch(client, talk->fd, EPOLLOUT, index, EPOLL_CTL_ADD);
}

static void settle(struct client *client, uint32_t index)
{
	struct talk *talk = &client->talk[index];
	int why = 0;
	socklen_t len = sizeof why;

	getsockopt(talk->fd, SOL_SOCKET, SO_ERROR, &why, &len);
	client->in_flight--;
	if (why) {
		refuse(client, talk, why);
		return;
	}
	client->open++;
	talk->state = STATE_OPEN;
	watch(client, talk->fd, EPOLLIN, index, EPOLL_CTL_MOD);
}

static void lose(struct client *client, struct talk *talk, bool reset)
{
	struct served *served = &client->served[talk->server];

	served->ends += !reset;
	served->resets += reset;
	client->waiting -= talk->state == STATE_WAITING;
	client->lost++;
	client->open--;
	close(talk->fd);
	talk->state = STATE_DONE;
}

/* Whether the answer is the one to what was said. A small one that was written at once comes so. */
static bool is_answer(const struct client *client, struct talk *talk, const char *got, size_t len)
{
	static const char ok[] = "HTTP/1.1 200 ";

	if (!*client->request)
		return len == sizeof talk->said && memcmp(got, talk->said, len) == 0;
	if (len < sizeof ok || memcmp(got, ok, sizeof ok - 1) != 0 || got[len - 1] != '\n' ||
	    got[len - 2] < '1' || got[len - 2] > '9')
		return false;
	talk->server = (unsigned)(got[len - 2] - '0');
	return true;
}

static void hear(struct client *client, struct talk *talk)
{
	char got[ANSWER_MAX];
	ssize_t len = recv(talk->fd, got, sizeof got, 0);

	if (len < 0 && errno == EAGAIN)
		return;
	if (len <= 0 || talk->state != STATE_WAITING ||
	    !is_answer(client, talk, got, (size_t)len)) {
		lose(client, talk, len < 0);
		return;
	}
	client->waiting--;
	client->echoed++;
	client->served[talk->server].answers++;
	talk->state = STATE_OPEN;
}

static void say(struct client *client, struct talk *talk, uint32_t index)
{
	const void *words = talk->said;
	size_t len = sizeof talk->said;

	talk->said[0] = (uint64_t)getpid() << 32 | index;
	talk->said[1] = client->round;
	if (*client->request) {
		words = client->request;
		len = strlen(client->request);
	}
	talk->state = STATE_WAITING;
	client->waiting++;
	if (send(talk->fd, words, len, MSG_NOSIGNAL) != (ssize_t)len)
		lose(client, talk, errno == ECONNRESET);
}

static void say_all(struct client *client)
{
	struct signalfd_siginfo info;

	if (read(client->signals, &info, sizeof info) != sizeof info)
		return;
	client->round++;
	client->echoed = client->lost = 0;
	for (uint32_t s = 0; s < SERVERS; s++)
		client->served[s].answers = 0;
	for (uint32_t i = 0; i < client->count; i++) {
		if (client->talk[i].state == STATE_OPEN)
			say(client, &client->talk[i], i);
	}
}

static void tell_round(const struct client *client)
{
	printf("echoed %u lost %u", client->echoed, client->lost);
	for (uint32_t s = 1; s < SERVERS && *client->request; s++) {
		const struct served *served = &client->served[s];

		if (served->answers + served->ends + served->resets > 0)
			printf(" answers%u %u ends%u %u resets%u %u", s, served->answers, s,
			       served->ends, s, served->resets);
	}
	printf("\n");
	fflush(stdout);
}

/* Says what is settled, once. */
static void tell(struct client *client, bool *told_open, uint64_t *told_round)
{
	if (!*told_open && client->begun == client->count && client->in_flight == 0) {
		*told_open = true;
		printf("open %u refused %u%s%s\n", client->open, client->refused,
		       client->refused ? " " : "", client->refused ? strerror(client->why) : "");
		fflush(stdout);
	}
	if (*told_round != client->round && client->waiting == 0) {
		*told_round = client->round;
		tell_round(client);
	}
}

static void turn(struct client *client)
{
	struct epoll_event event[EVENTS_MAX];
	int count;

	while (client->begun < client->count && client->in_flight < IN_FLIGHT_MAX)
		begin(client, client->begun++);
	count = epoll_wait(client->poll, event, EVENTS_MAX, client->begun < client->count ? 0 : -1);
	for (int i = 0; i < count; i++) {
		uint32_t index = event[i].data.u32;

		if (index == client->count)
			say_all(client);
		else if (client->talk[index].state == STATE_OPENING)
			settle(client, index);
		else if (client->talk[index].state != STATE_DONE)
			hear(client, &client->talk[index]);
	}
}

static void prepare(struct client *client, char **argv)
{
	sigset_t told;

	if (argv[5])
		snprintf(client->request, sizeof client->request,
			 "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", argv[5], argv[2]);
	client->source.sin_family = client->dest.sin_family = AF_INET;
	client->dest.sin_port = htons((unsigned short)atoi(argv[3]));
	client->count = (uint32_t)atoi(argv[4]);
	if (inet_pton(AF_INET, argv[1], &client->source.sin_addr) != 1 ||
	    inet_pton(AF_INET, argv[2], &client->dest.sin_addr) != 1 || client->count == 0 ||
	    client->count > COUNT_MAX) {
		errno = EINVAL;
		fail("an argument");
	}
	client->talk = calloc(client->count, sizeof *client->talk);
	sigemptyset(&told);
	sigaddset(&told, SIGUSR1);
	sigprocmask(SIG_BLOCK, &told, NULL);
	client->poll = epoll_create1(0);
	client->signals = signalfd(-1, &told, SFD_NONBLOCK);
	if (!client->talk || client->poll < 0 || client->signals < 0)
		fail("start");
	watch(client, client->signals, EPOLLIN, client->count, EPOLL_CTL_ADD);
}

int main(int argc, char **argv)
{
	struct client client = { 0 };
	bool told_open = false;
	uint64_t told_round = 0;

	if (argc != 5 && argc != 6) {
		fprintf(stderr, "many_client SOURCE ADDRESS PORT COUNT [PATH]\n");
		return 2;
	}
	prepare(&client, argv);
	for (;;) {
		turn(&client);
		tell(&client, &told_open, &told_round);
	}
}
