/* The HTTP side of metrics, on libevent's server. */
#include "host/ctl/metrics.h"

#include <errno.h>
#include <netinet/in.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/wire/ip4.h"
#include "host/ctl/ctl_listen.h"
#include "host/ctl/metrics_part.h"
#include "host/loop/loop.h"
#include "host/loop/turns.h"

#define METRICS_EVERY_NS NS_PER_SEC

enum {
	STEP_RECORDS = 16,
	HTTP_STALL_S = 10,
	HTTP_HEADERS_MAX = 4096,
	HTTP_REST_US = 100000, /* of the listener, when it can let nobody in */
};

struct metrics {
	const struct sluice *sluice;
	const char *version;
	struct evhttp *http;
	bool at_path;
	struct ctl_listen listener; /* with at_path */
	bool running;               /* a round is under way */
	bool dests;                 /* it has come to the destinations */
	u32 cursor;
	ns_t ended_ns;
	struct metrics_sums sums; /* of the last round that ended */
	struct metrics_sums round;
	struct turns turns; /* .give NULL: nobody waits */
	struct sluice_backend backend[BALANCE_BACKEND_MAX]; /* of the page that is made */
};

/* ---- answers --------------------------------------------------------------------------------- */

static void on_metrics(struct evhttp_request *request, void *arg)
{
	struct metrics *metrics = arg;
	struct evbuffer *out = evbuffer_new();
	struct metrics_page page = { out, metrics->turns.give ? &metrics->turns : NULL,
				     metrics->backend };

	if (!out) {
		evhttp_send_error(request, HTTP_INTERNAL, NULL);
		return;
	}
	metrics_put(&page, metrics->sluice, &metrics->sums, metrics->version);
	evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
			  "text/plain; version=0.0.4; charset=utf-8");
	evhttp_send_reply(request, HTTP_OK, "OK", out);
	evbuffer_free(out);
}

/* Whether packets can cross: a link of this side is up, and none of its interfaces is gone. */
static bool side_is_well(const struct sluice *s, enum iface_side side)
{
	const struct iface_table *ifaces = sluice_ifaces(s);
	bool any = false, up = false;

	for (u32 i = 0; i < ifaces->count; i++) {
		const struct iface *iface = &ifaces->iface[i];

		if (iface->conf.side != side || i == sluice_host_if(s))
			continue;
		if (iface->gone)
			return false;
		any = true;
		up |= iface->up;
	}
	return up || !any;
}

static void put_links_not_up(struct evbuffer *out, const struct iface_table *ifaces)
{
	for (u32 i = 0; i < ifaces->count; i++) {
		if (!ifaces->iface[i].up)
			evbuffer_add_printf(out, "%s is %s\n", ifaces->iface[i].conf.name,
					    iface_state_name(&ifaces->iface[i]));
	}
}

/* Ready is healthy: whoever asks wants to know whether to send packets here. */
static void on_health(struct evhttp_request *request, void *arg)
{
	struct metrics *metrics = arg;
	const struct iface_table *ifaces = sluice_ifaces(metrics->sluice);
	struct evbuffer *out = evbuffer_new();
	bool settled = sluice_is_settled(metrics->sluice);
	bool ready = settled && side_is_well(metrics->sluice, IFACE_INSIDE) &&
		     side_is_well(metrics->sluice, IFACE_OUTSIDE);

	if (!out) {
		evhttp_send_error(request, HTTP_INTERNAL, NULL);
		return;
	}
	if (ready)
		evbuffer_add_printf(out, "ok\n");
	if (!settled)
		evbuffer_add_printf(out, "not all addresses are known to be its own\n");
	put_links_not_up(out, ifaces);
	evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
			  "text/plain; charset=utf-8");
	evhttp_send_reply(request, ready ? HTTP_OK : HTTP_SERVUNAVAIL, ready ? "OK" : "Not ready",
			  out);
	evbuffer_free(out);
}

static void on_other(struct evhttp_request *request, void *arg)
{
	(void)arg;
	evhttp_send_error(request, HTTP_NOTFOUND, "There are /metrics and /healthz");
}

/* ---- listening ------------------------------------------------------------------------------- */

static void on_rested(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	evconnlistener_enable(arg);
}

/* As loop_accept() does: whoever calls stays when the system has no descriptor for him, and would
 * be all that the loop is busy with. The listener lives as long as the loop turns.               */
static void on_refused(struct evconnlistener *listener, void *http)
{
	const struct timeval rest = { .tv_usec = HTTP_REST_US };

	(void)http;
	if (event_base_once(evconnlistener_get_base(listener), -1, EV_TIMEOUT, on_rested, listener,
			    &rest) == 0)
		evconnlistener_disable(listener);
}

/* The server has the descriptor from now on. */
static bool accept_at(struct metrics *metrics, int fd)
{
	struct evhttp_bound_socket *bound = evhttp_accept_socket_with_handle(metrics->http, fd);

	if (!bound)
		return false;
	evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(bound), on_refused);
	return true;
}

static bool listen_address(struct metrics *metrics, const char *where, struct ctl_why *why)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	const int on = 1;
	be32 addr;
	u16 port;
	int fd;

	if (!metrics_parse_address(where, &addr, &port)) {
		snprintf(why->text, sizeof why->text,
			 "metrics %.60s: has to be a path like /run/sluice/metrics.sock, or a "
			 "loopback address and port like 127.0.0.1:9100",
			 where);
		return false;
	}
	at.sin_addr.s_addr = addr.raw;
	at.sin_port = be16_of(port).raw;
	/* Not evhttp_bind_socket(): it finds no loopback on a host without any other address. */
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	    bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 && listen(fd, SOMAXCONN) == 0 &&
	    accept_at(metrics, fd))
		return true;
	snprintf(why->text, sizeof why->text, "metrics %.60s: nobody can listen there: %s", where,
		 strerror(errno));
	if (fd >= 0)
		close(fd);
	return false;
}

static bool listen_path(struct metrics *metrics, const char *where, struct ctl_why *why)
{
	int fd;

	if (!ctl_listen_open(&metrics->listener, where, why))
		return false;
	metrics->at_path = true;
	/* The server closes its descriptor; the file is taken away by its own. */
	fd = dup(metrics->listener.fd);
	if (fd >= 0 && accept_at(metrics, fd))
		return true;
	if (fd >= 0)
		close(fd);
	snprintf(why->text, sizeof why->text, "metrics %.60s: the system refuses", where);
	return false;
}

struct metrics *metrics_new(struct loop *loop, const struct sluice *s, const char *version,
			    const char *where, const struct turns *turns, struct ctl_why *why)
{
	struct metrics *metrics = calloc(1, sizeof *metrics);

	snprintf(why->text, sizeof why->text, "there is no memory for metrics");
	if (!metrics)
		return NULL;
	metrics->sluice = s;
	metrics->version = version;
	if (turns)
		metrics->turns = *turns;
	metrics->http = evhttp_new(loop_base(loop));
	if (!metrics->http || !(strchr(where, '/') ? listen_path(metrics, where, why)
						   : listen_address(metrics, where, why))) {
		metrics_del(metrics);
		return NULL;
	}
	evhttp_set_timeout(metrics->http, HTTP_STALL_S);
	evhttp_set_max_headers_size(metrics->http, HTTP_HEADERS_MAX);
	evhttp_set_max_body_size(metrics->http, 0);
	evhttp_set_allowed_methods(metrics->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_cb(metrics->http, "/metrics", on_metrics, metrics);
	evhttp_set_cb(metrics->http, "/healthz", on_health, metrics);
	evhttp_set_gencb(metrics->http, on_other, metrics);
	return metrics;
}

void metrics_del(struct metrics *metrics)
{
	if (!metrics)
		return;
	if (metrics->http)
		evhttp_free(metrics->http);
	if (metrics->at_path)
		ctl_listen_close(&metrics->listener);
	free(metrics);
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static void ports_step(struct metrics *metrics)
{
	struct sluice_ports found[STEP_RECORDS];
	struct metrics_sums *sums = &metrics->round;
	u32 count = sluice_show_ports(metrics->sluice, &metrics->cursor, found, STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		int kind = nat_proto_of(found[i].proto);

		sums->ports[kind] += found[i].port_count;
		sums->mapped[kind] += found[i].mapped;
		sums->resting[kind] += found[i].resting;
		sums->flows[kind] += found[i].flows;
		sums->refused[kind] += found[i].refused;
		sums->addresses += kind == NAT_PROTO_TCP;
	}
}

static void dests_step(struct metrics *metrics)
{
	struct sluice_dest found[STEP_RECORDS];
	struct metrics_sums *sums = &metrics->round;
	u32 count = sluice_show_dests(metrics->sluice, &metrics->cursor, found, STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		if (sums->busy == 0 || found[i].left < sums->least_left)
			sums->least_left = found[i].left;
		sums->busy++;
	}
}

bool metrics_work(struct metrics *metrics, ns_t now)
{
	if (!metrics)
		return false;
	if (!metrics->running) {
		if (metrics->ended_ns != 0 && now - metrics->ended_ns < METRICS_EVERY_NS)
			return false;
		metrics->running = true;
		metrics->dests = false;
		metrics->cursor = 0;
		memset(&metrics->round, 0, sizeof metrics->round);
	}
	if (metrics->dests)
		dests_step(metrics);
	else
		ports_step(metrics);
	if (metrics->cursor != SLUICE_CURSOR_END)
		return true;
	metrics->cursor = 0;
	metrics->running = !metrics->dests;
	if (metrics->dests) {
		metrics->sums = metrics->round;
		metrics->ended_ns = now;
	}
	metrics->dests = !metrics->dests;
	return metrics->running;
}
