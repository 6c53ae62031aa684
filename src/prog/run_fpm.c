/* The socket of FPM. */
#include "prog/run_fpm.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/engine/fpm.h"
#include "core/engine/show_routing.h"
#include "core/wire/ip4.h"
#include "host/conf/values.h"
#include "host/os/clock.h"

enum {
	BACKLOG = 4,
	PIECE_BYTES = 16384, /* that are read between two turns of packets */
	IDLE_S = 10,         /* until a connection without a word is asked, */
	ASK_S = 5,           /* how often, */
	ASKS = 3,            /* and how many times in vain */
};

struct run_fpm {
	int listener;
	int fd; /* -1: nobody is connected */
	be32 peer;
	bool said; /* that somebody else was turned away */
	struct loop_watch *listens;
	struct loop_watch *reads;
	u8 piece[PIECE_BYTES];
};

static void hang_up(struct run_fpm *fpm)
{
	loop_watch_del(fpm->reads);
	fpm->reads = NULL;
	if (fpm->fd >= 0)
		close(fpm->fd);
	fpm->fd = -1;
}

static void end(struct run *run, const char *why, ns_t now)
{
	hang_up(run->fpm);
	sluice_fpm_close(run->sluice, why, now);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void on_bytes(void *arg)
{
	struct run *run = arg;
	struct run_fpm *fpm = run->fpm;
	ssize_t got = recv(fpm->fd, fpm->piece, sizeof fpm->piece, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got < 0)
		end(run,
		    errno == ETIMEDOUT ? "zebra does not answer any more"
				       : "the connection was reset",
		    os_now());
	else if (got == 0)
		end(run, "zebra closed the connection", os_now());
	else if (sluice_fpm_input(run->sluice, fpm->piece, (u32)got, os_now()))
		hang_up(fpm);
}

/* ---- connections ----------------------------------------------------------------------------- */

/* The same address at both ends, or loopback: its numbers of interfaces are ours. */
static bool is_same_host(int fd, const struct sockaddr_in *peer)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	socklen_t size = sizeof own;

	if (ip4_is_loopback((be32){ peer->sin_addr.s_addr }))
		return true;
	return getsockname(fd, (struct sockaddr *)&own, &size) == 0 &&
	       own.sin_addr.s_addr == peer->sin_addr.s_addr;
}

static void keep_asking(int fd)
{
	const int on = 1, idle = IDLE_S, interval = ASK_S, count = ASKS;

	/* Without it a peer that is gone silently is found out when the next one comes. */
	(void)!setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	(void)!setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
	(void)!setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
	(void)!setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

static bool may_connect(struct run *run, be32 addr)
{
	be32 allowed = run->asked.conf.routing.fpm.peer;

	if (allowed.raw == 0 || be32_eq(allowed, addr))
		return true;
	if (!run->fpm->said)
		run_log_say(&run->log, RUN_WARNING, "fpm",
			    "%s may not tell routes, and was turned away ('from' of 'fpm')",
			    value_show_addr(addr).text);
	run->fpm->said = true;
	return false;
}

static void on_connection(void *arg)
{
	struct run *run = arg;
	struct run_fpm *fpm = run->fpm;
	struct sockaddr_in from = { .sin_family = AF_INET };
	socklen_t size = sizeof from;
	int fd = loop_accept(fpm->listens, (struct sockaddr *)&from, &size);
	struct fpm_peer peer;

	if (fd < 0)
		return;
	peer = (struct fpm_peer){ .addr = { from.sin_addr.s_addr },
				  .port = be16_host((be16){ from.sin_port }),
				  .same_host = is_same_host(fd, &from) };
	if (!may_connect(run, peer.addr)) {
		close(fd);
		return;
	}
	hang_up(fpm);
	keep_asking(fd);
	run_fpm_ifaces(run);
	fpm->fd = fd;
	fpm->peer = peer.addr;
	fpm->reads = loop_watch_new(run->loop, fd, on_bytes, run);
	if (!fpm->reads || !sluice_fpm_open(run->sluice, &peer, os_now()))
		end(run, "there is no memory for the connection", os_now());
}

/* ---- the configuration ----------------------------------------------------------------------- */

void run_fpm_follow(struct run *run, const struct conf *from, const struct conf *to, ns_t now)
{
	const struct conf_fpm *was = &from->routing.fpm, *is = &to->routing.fpm;
	const struct fpm *of = sluice_fpm(run->sluice);
	struct fpm_shown shown;

	if (!run->fpm || run->fpm->fd < 0 || !of)
		return;
	fpm_show(of, &shown, now);
	if (is->peer.raw != 0 && !be32_eq(is->peer, run->fpm->peer))
		end(run, "the configuration has another zebra now", now);
	else if (was->route_limit != is->route_limit && shown.stats.refused[FPM_FULL] > 0)
		end(run, "there may be more routes now: zebra tells all of them again", now);
}

void run_fpm_ifaces(struct run *run)
{
	if (!run->fpm)
		return;
	for (u32 i = 0; i < run->asked.conf.iface_count; i++)
		sluice_fpm_os_index(run->sluice, (u16)i,
				    if_nametoindex(run->asked.conf.iface[i].name));
}

static bool open_listener(struct run_fpm *fpm, const struct conf_fpm *conf)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	const int on = 1;

	at.sin_addr.s_addr = conf->addr.raw;
	at.sin_port = be16_of(conf->port).raw;
	fpm->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return fpm->listener >= 0 &&
	       setsockopt(fpm->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	       bind(fpm->listener, (const struct sockaddr *)&at, sizeof at) == 0 &&
	       listen(fpm->listener, BACKLOG) == 0;
}

bool run_fpm_begin(struct run *run)
{
	const struct conf_fpm *conf = &run->asked.conf.routing.fpm;
	struct run_source source = run_source_of(&run->asked);

	if (conf->port == 0)
		return true;
	run->fpm = calloc(1, sizeof *run->fpm);
	if (!run->fpm) {
		run_error(&run->errors, "there is no memory for FPM");
		return false;
	}
	run->fpm->listener = run->fpm->fd = -1;
	if (!open_listener(run->fpm, conf)) {
		run_error(&run->errors, "%s: nobody can listen at %s:%u: %s",
			  run_asked_by(&source, &conf->addr, "fpm").text,
			  value_show_addr(conf->addr).text, conf->port, strerror(errno));
		return false;
	}
	run->fpm->listens = loop_watch_new(run->loop, run->fpm->listener, on_connection, run);
	if (!run->fpm->listens)
		run_error(&run->errors, "FPM can not be watched: the system refuses");
	return run->fpm->listens != NULL;
}

void run_fpm_end(struct run *run)
{
	struct run_fpm *fpm = run->fpm;

	if (!fpm)
		return;
	hang_up(fpm);
	loop_watch_del(fpm->listens);
	if (fpm->listener >= 0)
		close(fpm->listener);
	free(fpm);
	run->fpm = NULL;
}
