/* Completion: a client that fetches a page.
 *
 *     http_get DEVICE ADDRESS/LEN PEER:PORT PATH [epoll|poll|select]
 *
 * Operations are left with the socket, and each is told when it is done; until then its buffer is
 * the socket's. The next one is begun when the one before was told, so the whole program is a list
 * of what follows what. The page goes to stdout.                                                 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embed.h"

enum { TEXT_BYTES = 1024, PIECE_BYTES = 65536, DONE_MAX = 16 };

struct fetch {
	sock_id sock;
	char request[TEXT_BYTES];
	char head[TEXT_BYTES]; /* of the answer, as far as it came */
	u32 head_bytes;
	bool in_page; /* the head is through */
	u8 piece[PIECE_BYTES];
	const char *error; /* NULL: none */
	bool over;
};

static void fail(struct fetch *fetch, const char *why)
{
	fetch->error = why;
	fetch->over = true;
}

static void submit(struct embed *embed, struct fetch *fetch, const struct sock_op *op, ns_t now)
{
	enum sock_error error = sluice_submit(embed->sluice, fetch->sock, op, now);

	if (error != SOCK_OK)
		fail(fetch, sock_error_text(error));
}

static void send_request(struct embed *embed, struct fetch *fetch, ns_t now)
{
	const struct sock_op op = { .kind = SOCK_OP_SEND,
				    .data = fetch->request,
				    .bytes = (u32)strlen(fetch->request) };

	submit(embed, fetch, &op, now);
}

static void receive_more(struct embed *embed, struct fetch *fetch, ns_t now)
{
	const struct sock_op op = { .kind = SOCK_OP_RECV,
				    .data = fetch->piece,
				    .bytes = PIECE_BYTES };

	submit(embed, fetch, &op, now);
}

/* Keeps the head apart; answers how many bytes of the piece belong to it. */
static u32 take_head(struct fetch *fetch, u32 bytes)
{
	for (u32 at = 0; at < bytes; at++) {
		if (fetch->head_bytes + 1 < TEXT_BYTES)
			fetch->head[fetch->head_bytes++] = (char)fetch->piece[at];
		if (fetch->head_bytes >= 4 &&
		    memcmp(fetch->head + fetch->head_bytes - 4, "\r\n\r\n", 4) == 0) {
			fetch->in_page = true;
			return at + 1;
		}
	}
	return bytes;
}

static void take_piece(struct embed *embed, struct fetch *fetch, u32 bytes, ns_t now)
{
	u32 skip = fetch->in_page ? 0 : take_head(fetch, bytes);

	fwrite(fetch->piece + skip, 1, bytes - skip, stdout);
	if (bytes > 0) {
		receive_more(embed, fetch, now);
		return;
	}
	fetch->over = true;
	if (strstr(fetch->head, " 200 ") == NULL)
		fail(fetch, "the answer is not 200");
}

static void follow(struct embed *embed, struct fetch *fetch, const struct sock_done *done, ns_t now)
{
	if (done->error != SOCK_OK) {
		fail(fetch, sock_error_text(done->error));
		return;
	}
	switch (done->kind) {
	case SOCK_OP_CONNECT: send_request(embed, fetch, now); break;
	case SOCK_OP_SEND: receive_more(embed, fetch, now); break;
	case SOCK_OP_RECV: take_piece(embed, fetch, done->bytes, now); break;
	case SOCK_OP_ACCEPT: break;
	}
}

static void serve(struct embed *embed, ns_t now)
{
	struct fetch *fetch = embed->app;
	struct sock_done done[DONE_MAX];
	u32 count;

	while (!fetch->over && (count = sluice_take_done(embed->sluice, done, DONE_MAX)) > 0) {
		for (u32 at = 0; at < count && !fetch->over; at++)
			follow(embed, fetch, &done[at], now);
	}
	if (!fetch->over)
		return;
	/* What the close has to say leaves with the turn that is under way; a second call finds the
	 * socket gone, which does nothing.                                                       */
	sluice_close(embed->sluice, fetch->sock, now);
	embed_stop(embed);
}

static void connect_begin(struct embed *embed, struct fetch *fetch, const struct sock_addr *peer)
{
	const struct sock_op op = { .kind = SOCK_OP_CONNECT, .to = *peer };

	if (sluice_socket(embed->sluice, SOCK_STREAM_KIND, 0, 0, &fetch->sock) != SOCK_OK)
		fail(fetch, "no socket");
	else
		submit(embed, fetch, &op, embed_now());
}

int main(int argc, char **argv)
{
	static struct fetch fetch;
	struct embed embed = { .serve = serve, .app = &fetch };
	struct sock_addr peer;

	if (argc < 5 || !embed_parse_peer(argv[3], &peer)) {
		fprintf(stderr, "usage: http_get DEVICE ADDRESS/LEN PEER:PORT PATH "
				"[epoll|poll|select]\n");
		return 2;
	}
	snprintf(fetch.request, sizeof fetch.request,
		 "GET %.512s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n", argv[4], argv[3]);
	if (embed_open(&embed, argv[1], argv[2], argv[5])) {
		connect_begin(&embed, &fetch, &peer);
		embed_run(&embed);
	} else {
		fetch.error = "not begun";
	}
	embed_close(&embed);
	if (fetch.error != NULL)
		fprintf(stderr, "%s: %s\n", argv[3], fetch.error);
	return fetch.error == NULL && fetch.over && fflush(stdout) == 0 ? 0 : 1;
}
