/* Readiness: a server that sends back what it gets.
 *
 *     echo_server DEVICE ADDRESS/LEN PORT [epoll|poll|select]
 *
 * A socket is watched for what this program can do something about: reading while there is nothing
 * to send back, writing while there is. Who asks sluice_take_ready() is told of every socket that
 * can, at each call, as long as it can; so nothing has to be done to the end at once.            */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embed.h"

enum { CLIENTS_MAX = 32, PIECE_BYTES = 16384, EVENTS_MAX = 16, BACKLOG = 16 };

struct client {
	sock_id sock; /* SOCK_ID_NONE: nobody */
	u32 from, to; /* what of the piece waits to be sent */
	u8 piece[PIECE_BYTES];
};

struct echo {
	sock_id listener;
	struct client client[CLIENTS_MAX];
};

static struct client *client_find(struct echo *echo, sock_id sock)
{
	for (u32 at = 0; at < CLIENTS_MAX; at++) {
		if (echo->client[at].sock == sock)
			return &echo->client[at];
	}
	return NULL;
}

static void client_end(struct sluice *s, struct client *client, ns_t now)
{
	sluice_close(s, client->sock, now);
	client->sock = SOCK_ID_NONE;
}

static void accept_one(struct sluice *s, struct echo *echo, ns_t now)
{
	struct client *client = client_find(echo, SOCK_ID_NONE);
	struct sock_addr peer;
	sock_id sock;

	if (sluice_accept(s, echo->listener, &sock, &peer) != SOCK_OK)
		return;
	if (client == NULL) {
		sluice_close(s, sock, now);
		return;
	}
	client->sock = sock;
	client->from = client->to = 0;
	sluice_watch(s, sock, SOCK_READABLE);
}

/* False: this was the end. */
static bool client_read(struct sluice *s, struct client *client, ns_t now)
{
	struct sock_buf buf = { .to = client->piece, .bytes = PIECE_BYTES };
	enum sock_error error = sluice_recv(s, client->sock, &buf, 0, NULL, now);

	client->from = 0;
	client->to = buf.got;
	return error == SOCK_AGAIN || (error == SOCK_OK && buf.got > 0);
}

static bool client_write(struct sluice *s, struct client *client, ns_t now)
{
	struct sock_out out = { .data = client->piece + client->from,
				.bytes = client->to - client->from };
	enum sock_error error = sluice_send(s, client->sock, &out, now);

	client->from += out.sent;
	return error == SOCK_OK || error == SOCK_AGAIN;
}

static void client_serve(struct sluice *s, struct client *client, ns_t now)
{
	bool good = client->from < client->to || client_read(s, client, now);

	if (good && client->from < client->to)
		good = client_write(s, client, now);
	if (good)
		sluice_watch(s, client->sock,
			     client->from < client->to ? SOCK_WRITABLE : SOCK_READABLE);
	else
		client_end(s, client, now);
}

static void serve(struct embed *embed, ns_t now)
{
	struct echo *echo = embed->app;
	struct sock_event event[EVENTS_MAX];
	u32 count;

	do {
		count = sluice_take_ready(embed->sluice, event, EVENTS_MAX);
		for (u32 at = 0; at < count; at++) {
			struct client *client = client_find(echo, event[at].sock);

			if (event[at].sock == echo->listener)
				accept_one(embed->sluice, echo, now);
			else if (client)
				client_serve(embed->sluice, client, now);
		}
	} while (count > 0);
}

static bool listen_at(struct sluice *s, struct echo *echo, u16 port)
{
	const struct sock_addr local = { .port = be16_of(port) };

	return sluice_socket(s, SOCK_STREAM_KIND, 0, 0, &echo->listener) == SOCK_OK &&
	       sluice_bind(s, echo->listener, &local) == SOCK_OK &&
	       sluice_listen(s, echo->listener, BACKLOG) == SOCK_OK &&
	       sluice_watch(s, echo->listener, SOCK_READABLE) == SOCK_OK;
}

int main(int argc, char **argv)
{
	static struct echo echo;
	struct embed embed = { .serve = serve, .app = &echo };
	bool good;

	if (argc < 4) {
		fprintf(stderr, "usage: echo_server DEVICE ADDRESS/LEN PORT [epoll|poll|select]\n");
		return 2;
	}
	for (u32 at = 0; at < CLIENTS_MAX; at++)
		echo.client[at].sock = SOCK_ID_NONE;
	good = embed_open(&embed, argv[1], argv[2], argv[4]);
	if (good && !listen_at(embed.sluice, &echo, (u16)atoi(argv[3]))) {
		fprintf(stderr, "%s: right is a port from 1 to 65535\n", argv[3]);
		good = false;
	}
	if (good) {
		printf("ready\n");
		fflush(stdout);
		embed_run(&embed);
	}
	embed_close(&embed);
	return good ? 0 : 1;
}
