/* Clients of the control socket. */
#include "host/ctl/ctl.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/ctl/ctl_act.h"
#include "host/ctl/ctl_answer.h"
#include "host/ctl/ctl_listen.h"
#include "host/ctl/ctl_news.h"
#include "host/ctl/ctl_top.h"
#include "host/loop/loop.h"

enum client_state {
	CLIENT_FREE,
	CLIENT_ASKING,  /* the request is not whole yet */
	CLIENT_SENDING, /* neither is the text behind it */
	CLIENT_WAITING, /* for its action to be done */
	CLIENT_ANSWERING,
	CLIENT_LISTENING, /* to events, until it leaves */
	CLIENT_LEAVING, /* everything is written; the rest of the buffer goes out */
};

struct ctl_client {
	struct ctl *ctl;
	enum client_state state;
	struct bufferevent *stream;
	struct ctl_answer answer;
	struct ctl_action action;
	struct ctl_flush flush;
	struct ctl_top *top; /* while it is counted; NULL otherwise */
	u64 skipped; /* events that found no room; told when there is some again */
};

struct ctl {
	struct loop *loop;
	struct sluice *sluice;
	struct explainer *explainer; /* made when it is first needed */
	struct ctl_listen listener;
	struct loop_watch *watch;
	struct ctl_stats stats;
	u32 turn; /* whose step is next */
	u32 listening;
	u64 news_lost; /* by the engine, as it was told to listeners last */
	u64 events_lost;
	struct ctl_client client[CTL_CLIENTS_MAX];
};

static void client_end(struct ctl_client *client)
{
	struct ctl *ctl = client->ctl;

	if (client->state == CLIENT_LISTENING && --ctl->listening == 0)
		sluice_news_listen(ctl->sluice, false);
	ctl_top_del(client->top);
	client->top = NULL;
	bufferevent_free(client->stream);
	client->stream = NULL;
	client->state = CLIENT_FREE;
}

/* Nothing more will be written: the client ends when the buffer is empty. */
static void client_leave(struct ctl_client *client)
{
	client->state = CLIENT_LEAVING;
	if (evbuffer_get_length(bufferevent_get_output(client->stream)) == 0)
		client_end(client);
}

static void client_refuse(struct ctl_client *client, const char *why)
{
	client->ctl->stats.malformed++;
	bufferevent_disable(client->stream, EV_READ);
	ctl_answer_refuse(bufferevent_get_output(client->stream), why);
	client_leave(client);
}

/* News from now on. The peer has nothing more to say, so its silence is no stall. */
static void client_listen(struct ctl_client *client)
{
	struct timeval stall = { .tv_sec = CTL_STALL_S };
	struct ctl *ctl = client->ctl;

	client->state = CLIENT_LISTENING;
	bufferevent_set_timeouts(client->stream, NULL, &stall);
	if (ctl->listening++ == 0) {
		sluice_news_listen(ctl->sluice, true);
		ctl->events_lost = sluice_events_lost(ctl->sluice);
	}
	ctl_put_news_begin(bufferevent_get_output(client->stream));
}

/* Until the text is whole. */
static void client_collect(struct ctl_client *client)
{
	struct evbuffer *in = bufferevent_get_input(client->stream);

	if (evbuffer_get_length(in) < client->action.text_bytes)
		return;
	bufferevent_disable(client->stream, EV_READ);
	client->state = CLIENT_WAITING;
}

/* Whether another one has sent, or is sending, a large text: memory is for one of them. */
static bool is_crowded(const struct ctl_client *client, const struct ctl_action *action)
{
	const struct ctl *ctl = client->ctl;

	for (u32 i = 0; action->text_bytes > CTL_TEXT_LARGE && i < CTL_CLIENTS_MAX; i++) {
		const struct ctl_client *other = &ctl->client[i];

		if (other != client &&
		    (other->state == CLIENT_SENDING || other->state == CLIENT_WAITING) &&
		    other->action.text_bytes > CTL_TEXT_LARGE)
			return true;
	}
	return false;
}

static void client_ask(struct ctl_client *client, const char *line, size_t len_bytes)
{
	struct ctl_request request;
	struct ctl_why why;

	if (!ctl_request_parse(line, len_bytes, &request, &why)) {
		client_refuse(client, why.text);
		return;
	}
	if (!ctl_answer_zone(&request, client->ctl->sluice)) {
		client_refuse(client, "there is no zone of that name; show zones lists them");
		return;
	}
	if (is_crowded(client, &request.action)) {
		client_refuse(client, "another client is sending a large text; try again");
		return;
	}
	if (request.action.what != CTL_DO_NOTHING) {
		client->action = request.action;
		client->state = CLIENT_SENDING;
		bufferevent_setwatermark(client->stream, EV_READ, 0,
					 request.action.text_bytes + CTL_REQUEST_MAX);
		client_collect(client);
		return;
	}
	ctl_answer_init(&client->answer, &request);
	if (request.verb == CTL_VERB_EVENTS) {
		client_listen(client);
		return;
	}
	bufferevent_disable(client->stream, EV_READ);
	client->state = CLIENT_ANSWERING;
}

static void on_read(struct bufferevent *stream, void *arg)
{
	struct ctl_client *client = arg;
	struct evbuffer *in = bufferevent_get_input(stream);
	size_t len_bytes = 0;
	char *line;

	if (client->state == CLIENT_LISTENING)
		evbuffer_drain(in, evbuffer_get_length(in));
	if (client->state == CLIENT_SENDING)
		client_collect(client);
	if (client->state != CLIENT_ASKING)
		return;
	line = evbuffer_readln(in, &len_bytes, EVBUFFER_EOL_LF);
	if (line) {
		client_ask(client, line, len_bytes);
		free(line);
	} else if (evbuffer_get_length(in) >= CTL_REQUEST_MAX) {
		struct ctl_why why;

		snprintf(why.text, sizeof why.text,
			 "the request is longer than %d bytes, or does not end its line",
			 CTL_REQUEST_MAX);
		client_refuse(client, why.text);
	}
}

/* The output buffer has run empty. */
static void on_written(struct bufferevent *stream, void *arg)
{
	struct ctl_client *client = arg;

	(void)stream;
	if (client->state == CLIENT_LEAVING)
		client_end(client);
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
	struct ctl_client *client = arg;

	(void)stream;
	if (what & BEV_EVENT_TIMEOUT)
		client->ctl->stats.stalled++;
	else
		client->ctl->stats.gone++;
	client_end(client);
}

static struct ctl_client *client_find_free(struct ctl *ctl)
{
	for (u32 i = 0; i < CTL_CLIENTS_MAX; i++) {
		if (ctl->client[i].state == CLIENT_FREE)
			return &ctl->client[i];
	}
	return NULL;
}

/* Told in one attempt: there is no place to keep what it does not take. */
static void turn_away(struct ctl *ctl, int fd)
{
	static const char words[] = "{\"version\":1,\"error\":\"too many clients are being "
				    "answered; try again\"}\n";

	ctl->stats.crowded++;
	if (send(fd, words, sizeof words - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		/* A peer that has gone needs no words. */
	}
	close(fd);
}

static void client_begin(struct ctl *ctl, int fd)
{
	struct timeval stall = { .tv_sec = CTL_STALL_S };
	struct ctl_client *client = client_find_free(ctl);

	if (!client) {
		turn_away(ctl, fd);
		return;
	}
	*client = (struct ctl_client){ .ctl = ctl };
	client->stream = bufferevent_socket_new(loop_base(ctl->loop), fd, BEV_OPT_CLOSE_ON_FREE);
	if (!client->stream) {
		close(fd);
		return;
	}
	client->state = CLIENT_ASKING;
	bufferevent_setcb(client->stream, on_read, on_written, on_event, client);
	bufferevent_setwatermark(client->stream, EV_READ, 0, CTL_REQUEST_MAX);
	bufferevent_set_timeouts(client->stream, &stall, &stall);
	bufferevent_enable(client->stream, EV_READ | EV_WRITE);
}

static void on_connect(void *arg)
{
	struct ctl *ctl = arg;

	for (u32 i = 0; i < CTL_CLIENTS_MAX; i++) {
		int fd = loop_accept(ctl->watch, NULL, NULL);

		if (fd < 0)
			return;
		client_begin(ctl, fd);
	}
}

struct ctl *ctl_new(struct loop *loop, struct sluice *s, const char *path,
		    struct ctl_why *why)
{
	struct ctl *ctl = calloc(1, sizeof *ctl);

	snprintf(why->text, sizeof why->text, "there is no memory for the control socket");
	if (!ctl)
		return NULL;
	ctl->loop = loop;
	ctl->sluice = s;
	if (!ctl_listen_open(&ctl->listener, path, why)) {
		free(ctl);
		return NULL;
	}
	ctl->watch = loop_watch_new(loop, ctl->listener.fd, on_connect, ctl);
	if (!ctl->watch) {
		ctl_del(ctl);
		return NULL;
	}
	return ctl;
}

/* An answer that could go on: it waits neither for its reader nor for its request. */
static bool client_is_ready(const struct ctl_client *client)
{
	return client->state == CLIENT_ANSWERING &&
	       evbuffer_get_length(bufferevent_get_output(client->stream)) < CTL_BUFFER_MAX;
}

static void client_explain(struct ctl_client *client, ns_t now)
{
	struct evbuffer *out = bufferevent_get_output(client->stream);
	struct ctl *ctl = client->ctl;

	if (!ctl->explainer)
		ctl->explainer = explainer_new();
	if (ctl->explainer)
		ctl_explain(ctl->explainer, ctl->sluice, &client->answer.request, now, out);
	else
		ctl_answer_refuse(out, "there is no memory to explain with");
}

static bool client_top(struct ctl_client *client, ns_t now)
{
	struct evbuffer *out = bufferevent_get_output(client->stream);

	if (!client->top)
		client->top = ctl_top_new(client->answer.request.limit);
	if (client->top)
		return ctl_top_step(client->top, client->ctl->sluice, now, out);
	ctl_answer_refuse(out, "there is no memory to count with");
	return false;
}

/* One step; false when that was the last. */
static bool client_act(struct ctl_client *client, ns_t now)
{
	struct evbuffer *out = bufferevent_get_output(client->stream);
	const struct ctl_request *request = &client->answer.request;

	switch (request->verb) {
	case CTL_VERB_FLUSH:
		return ctl_flush_step(&client->flush, client->ctl->sluice, request, now, out);
	case CTL_VERB_EXPLAIN: client_explain(client, now); return false;
	case CTL_VERB_TOP: return client_top(client, now);
	default: return ctl_answer_step(&client->answer, client->ctl->sluice, now, out);
	}
}

static void client_step(struct ctl_client *client, ns_t now)
{
	struct ctl *ctl = client->ctl;

	if (client_act(client, now))
		return;
	ctl->stats.answered++;
	client_leave(client);
}

/* The next one in turn that is ready. */
static struct ctl_client *client_find_ready(struct ctl *ctl)
{
	for (u32 i = 0; i < CTL_CLIENTS_MAX; i++) {
		struct ctl_client *client = &ctl->client[(ctl->turn + i) % CTL_CLIENTS_MAX];

		if (client_is_ready(client))
			return client;
	}
	return NULL;
}

/* ---- listeners ------------------------------------------------------------------------------- */

static bool is_listening_to(const struct ctl_client *client, unsigned kinds)
{
	return client->state == CLIENT_LISTENING && (client->answer.request.kinds & kinds) != 0;
}

/* Where the next event of a listener goes; NULL when it was too slow for it. */
static struct evbuffer *listener_room(struct ctl_client *client)
{
	struct evbuffer *out = bufferevent_get_output(client->stream);

	if (evbuffer_get_length(out) >= CTL_QUEUE_MAX) {
		client->skipped++;
		client->ctl->stats.skipped++;
		return NULL;
	}
	if (client->skipped)
		ctl_put_skipped(out, client->skipped);
	client->skipped = 0;
	return out;
}

static void tell_news(struct ctl *ctl, const struct sluice_news *news)
{
	for (u32 i = 0; i < CTL_CLIENTS_MAX; i++) {
		struct ctl_client *client = &ctl->client[i];
		struct evbuffer *out = NULL;

		if (is_listening_to(client, CTL_KIND_FLOWS) &&
		    sluice_news_matches(news, &client->answer.request.flow))
			out = listener_room(client);
		if (out)
			ctl_put_news(out, ctl->sluice, news);
	}
}

/* Interfaces have a zone; what is warned of is about more than one. */
static bool is_of_zone(const struct ctl_client *client, const struct sluice_event *event)
{
	const struct sluice_flow_filter *filter = &client->answer.request.flow;
	const struct iface_table *ifaces = sluice_ifaces(client->ctl->sluice);

	return event->kind != SLUICE_EVENT_IFACE || !filter->by_zone ||
	       ifaces->iface[event->iface].conf.zone == filter->zone;
}

void ctl_tell(struct ctl *ctl, const struct sluice_event *event)
{
	for (u32 i = 0; i < CTL_CLIENTS_MAX; i++) {
		struct ctl_client *client = &ctl->client[i];
		struct evbuffer *out = NULL;

		if (is_listening_to(client, ctl_kind_of(event)) && is_of_zone(client, event))
			out = listener_room(client);
		if (out)
			ctl_put_event(out, ctl->sluice, event);
	}
}

/* Neighbours are told by their addresses, and in no zone. */
static bool is_about(const struct ctl_client *client, const struct speaker_event *event)
{
	const struct sluice_flow_filter *filter = &client->answer.request.flow;

	return (filter->addr_len == 0 ||
		ctl_answer_match(filter, event->neighbour.word[0])) &&
	       (!filter->by_zone || filter->zone == 0);
}

void ctl_tell_speaker(struct ctl *ctl, const struct speaker_event *event)
{
	for (u32 i = 0; i < CTL_CLIENTS_MAX; i++) {
		struct ctl_client *client = &ctl->client[i];
		struct evbuffer *out = NULL;

		if (is_listening_to(client, CTL_KIND_ROUTING) && is_about(client, event))
			out = listener_room(client);
		if (out)
			ctl_put_speaker(out, ctl->sluice, event);
	}
}

/* What the engine had no room for was lost to all. */
static void tell_lost(struct ctl *ctl)
{
	u64 flows = sluice_news_lost(ctl->sluice) - ctl->news_lost;
	u64 events = sluice_events_lost(ctl->sluice) - ctl->events_lost;
	unsigned others = CTL_KIND_ALL & ~CTL_KIND_FLOWS; /* nobody knows which they were */

	ctl->news_lost += flows;
	ctl->events_lost += events;
	ctl->stats.skipped += flows + events;
	for (u32 i = 0; i < CTL_CLIENTS_MAX; i++) {
		struct ctl_client *client = &ctl->client[i];
		struct evbuffer *out;

		if (client->state != CLIENT_LISTENING)
			continue;
		client->skipped += is_listening_to(client, CTL_KIND_FLOWS) ? flows : 0;
		client->skipped += is_listening_to(client, others) ? events : 0;
		out = bufferevent_get_output(client->stream);
		if (client->skipped == 0 || evbuffer_get_length(out) >= CTL_QUEUE_MAX)
			continue;
		ctl_put_skipped(out, client->skipped);
		client->skipped = 0;
	}
}

/* Answers whether there may be more. */
static bool news_step(struct ctl *ctl)
{
	struct sluice_news news;
	u32 count = 0;

	if (ctl->listening == 0)
		return false;
	while (count < CTL_STEP_NEWS && sluice_news_next(ctl->sluice, &news)) {
		tell_news(ctl, &news);
		count++;
	}
	tell_lost(ctl);
	return count == CTL_STEP_NEWS;
}

static bool answer_step(struct ctl *ctl, ns_t now)
{
	struct ctl_client *client = client_find_ready(ctl);

	if (!client)
		return false;
	ctl->turn = (u32)(client - ctl->client + 1) % CTL_CLIENTS_MAX;
	client_step(client, now);
	return client_find_ready(ctl) != NULL;
}

bool ctl_action_take(struct ctl *ctl, struct ctl_call *call)
{
	for (u32 i = 0; i < CTL_CLIENTS_MAX; i++) {
		struct ctl_client *client = &ctl->client[i];
		struct evbuffer *in;

		if (client->state != CLIENT_WAITING)
			continue;
		in = bufferevent_get_input(client->stream);
		call->action = client->action;
		call->client = i;
		call->text = (const char *)evbuffer_pullup(in, client->action.text_bytes);
		if (call->text || client->action.text_bytes == 0)
			return true;
		client_refuse(client, "there is no memory for the text");
	}
	return false;
}

void ctl_action_answer(struct ctl *ctl, const struct ctl_call *call, const char *json)
{
	struct ctl_client *client = &ctl->client[call->client];

	if (client->state != CLIENT_WAITING)
		return;
	ctl->stats.answered++;
	evbuffer_add_printf(bufferevent_get_output(client->stream), "%s\n", json);
	client_leave(client);
}

bool ctl_work(struct ctl *ctl, ns_t now)
{
	bool more = news_step(ctl);

	return answer_step(ctl, now) || more;
}

const struct ctl_stats *ctl_stats(const struct ctl *ctl)
{
	return &ctl->stats;
}

void ctl_del(struct ctl *ctl)
{
	if (!ctl)
		return;
	for (u32 i = 0; i < CTL_CLIENTS_MAX; i++) {
		if (ctl->client[i].state != CLIENT_FREE)
			client_end(&ctl->client[i]);
	}
	loop_watch_del(ctl->watch);
	ctl_listen_close(&ctl->listener);
	explainer_del(ctl->explainer);
	free(ctl);
}
