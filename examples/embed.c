/* The four calls of an engine, and the loop around them. */
#include "embed.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/util.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { MTU = 1500, TURNS_MAX = 64, ALIGNMENT = 64 };

/* The only function that the library asks its program for: a rule that must hold does not. */
_Noreturn void check_failed(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

/* Any clock that never goes back. */
ns_t embed_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (ns_t)now.tv_sec * NS_PER_SEC + (ns_t)now.tv_nsec;
}

/* ---- the device: bare IP packets, one a read and one a write ----------------------------------- */

static struct pkt *device_read(struct embed *embed)
{
	struct pkt *pkt = pkt_new(sluice_pool(embed->sluice), MTU);
	ssize_t got;

	if (pkt == NULL)
		return NULL;
	got = read(embed->device, pkt_l3(pkt), MTU);
	if (got <= 0) {
		pkt_put(pkt);
		return NULL;
	}
	pkt->len = (u32)got;
	pkt->in_if = 0;
	pkt->flags |= PKT_RAW_IP;
	return pkt;
}

/* What the device does not take is lost, as on any wire. */
static void device_write(struct embed *embed, struct batch *batch)
{
	for (u32 at = 0; at < batch->count; at++) {
		struct pkt *pkt = batch->pkt[at];

		if (write(embed->device, pkt_l3(pkt), pkt->len) < 0)
			sluice_count_unsent(embed->sluice, pkt);
		pkt_put(pkt);
	}
	batch->count = 0;
}

static bool device_open(struct embed *embed, const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };

	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	embed->device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (embed->device >= 0 && ioctl(embed->device, TUNSETIFF, &request) == 0)
		return true;
	perror(name);
	return false;
}

/* ---- the loop -------------------------------------------------------------------------------- */

/* When the engine has to be asked again, at the latest. */
static void timer_arm(struct embed *embed, ns_t now)
{
	ns_t next = sluice_next(embed->sluice), wait_us;
	struct timeval wait;

	if (next == NS_NEVER) {
		event_del(embed->timer);
		return;
	}
	wait_us = next > now ? (next - now + NS_PER_US - 1) / NS_PER_US : 0;
	wait.tv_sec = (time_t)(wait_us / 1000000);
	wait.tv_usec = (suseconds_t)(wait_us % 1000000);
	event_add(embed->timer, &wait);
}

/* What is due, what wants to leave, and then the application, which may have more of both. */
static void turn(struct embed *embed)
{
	struct batch out = { .count = 0 };
	ns_t now = embed_now();

	for (u32 turns = 0; turns < TURNS_MAX; turns++) {
		if (now >= sluice_next(embed->sluice))
			sluice_tick(embed->sluice, now);
		while (sluice_output(embed->sluice, &out))
			device_write(embed, &out);
		embed->serve(embed, now);
		now = embed_now();
		if (sluice_next(embed->sluice) > now)
			break;
	}
	timer_arm(embed, now);
}

static void on_packets(evutil_socket_t fd, short what, void *arg)
{
	struct embed *embed = arg;
	struct batch in = { .count = 0 };
	struct pkt *pkt;

	(void)fd;
	(void)what;
	while (in.count < BATCH_MAX && (pkt = device_read(embed)) != NULL)
		(void)batch_add(&in, pkt);
	sluice_input(embed->sluice, &in, embed_now());
	turn(embed);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	turn(arg);
}

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	embed_stop(arg);
}

void embed_run(struct embed *embed)
{
	turn(embed);
	while (!embed->stopped && event_base_loop(embed->base, EVLOOP_ONCE) == 0)
		continue;
}

void embed_stop(struct embed *embed)
{
	embed->stopped = true;
}

/* libevent takes the best method of those that are not avoided. */
static bool loop_open(struct embed *embed, const char *method)
{
	const char **all = event_get_supported_methods();
	struct event_config *config = event_config_new();

	for (; config && method && *all; all++) {
		if (strcmp(*all, method) != 0)
			event_config_avoid_method(config, *all);
	}
	embed->base = config ? event_base_new_with_config(config) : NULL;
	if (config)
		event_config_free(config);
	if (!embed->base || (method && strcmp(event_base_get_method(embed->base), method) != 0)) {
		fprintf(stderr, "libevent has no method '%s' here\n", method ? method : "any");
		return false;
	}
	embed->packets = event_new(embed->base, embed->device, EV_READ | EV_PERSIST, on_packets,
				   embed);
	embed->timer = event_new(embed->base, -1, 0, on_timer, embed);
	embed->stop = evsignal_new(embed->base, SIGINT, on_stop, embed);
	return embed->packets && embed->timer && embed->stop &&
	       event_add(embed->packets, NULL) == 0 && event_add(embed->stop, NULL) == 0;
}

/* ---- the engine ------------------------------------------------------------------------------ */

/* The defaults are those of a gateway for many. Limits are memory: these take 33 MB. */
static void conf_fill(struct sluice_conf *conf, const struct iface_addr *own)
{
	struct iface_conf *iface = &conf->iface[0];

	sluice_conf_defaults(conf);
	conf->iface_count = 1;
	snprintf(iface->name, sizeof iface->name, "tun");
	iface->link = IFACE_RAW_IP;
	iface->mtu = MTU;
	iface->addr_count = 1;
	iface->addr[0] = *own;
	/* Everybody is at the other end of the device. */
	conf->route_count = 1;
	conf->route[0].route = (struct fib_route){ .type = FIB_UNICAST, .path_count = 1 };
	conf->route[0].route.path[0].weight = 1;
	conf->sockets.sock_limit = 64;
	conf->tcp.tcb_limit = 64;
	conf->tcp.half_open_limit = 64;
	conf->tcp.time_wait_limit = 256;
	conf->tcp.segment_limit = 4096;
	conf->tcp.buffer_bytes = 16 << 20;
	conf->tcp.send_buffer_max = conf->tcp.recv_buffer_max = 1 << 20;
	conf->udp.datagram_limit = 64;
	conf->ct.flow_count = 1024;
	conf->subscribers.subscriber_count = 0;
	conf->nat.mapping_count = conf->nat.dest_count = 1;
	conf->packets = (struct pkt_pool_conf){ .small_count = 2048, .large_count = 64 };
	evutil_secure_rng_get_bytes(conf->seed, sizeof conf->seed);
}

static bool engine_open(struct embed *embed, const struct iface_addr *own)
{
	struct sluice_conf *conf = malloc(sizeof *conf);
	struct mem plan = { .used = 0 };
	const char *why = "no memory";

	if (conf != NULL) {
		conf_fill(conf, own);
		sluice_plan(conf, &plan);
		embed->memory = aligned_alloc(ALIGNMENT,
					      (plan.used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
	}
	if (embed->memory != NULL) {
		memset(embed->memory, 0, plan.used);
		(void)sluice_new(&embed->sluice, conf, embed->memory, plan.used, embed_now(), &why);
	}
	free(conf);
	if (embed->sluice == NULL) {
		fprintf(stderr, "no engine: %s\n", why);
		return false;
	}
	sluice_set_link(embed->sluice, 0, true);
	return true;
}

static bool parse_own(const char *text, struct iface_addr *own)
{
	char copy[32], *slash;
	int len;

	snprintf(copy, sizeof copy, "%s", text);
	slash = strchr(copy, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	len = atoi(slash + 1);
	own->prefix_len = (u8)len;
	return len >= 1 && len <= 32 && inet_pton(AF_INET, copy, &own->addr) == 1;
}

bool embed_parse_peer(const char *text, struct sock_addr *peer)
{
	char copy[32], *colon;
	int port;

	snprintf(copy, sizeof copy, "%s", text);
	colon = strchr(copy, ':');
	if (colon == NULL)
		return false;
	*colon = '\0';
	port = atoi(colon + 1);
	peer->port = be16_of((u16)port);
	return port >= 1 && port <= UINT16_MAX && inet_pton(AF_INET, copy, &peer->addr) == 1;
}

bool embed_open(struct embed *embed, const char *device, const char *address, const char *method)
{
	struct iface_addr own = { .prefix_len = 0 };

	embed->device = -1;
	if (!parse_own(address, &own)) {
		fprintf(stderr, "%s: right is an address on a network: 10.8.0.2/24\n", address);
		return false;
	}
	return device_open(embed, device) && engine_open(embed, &own) && loop_open(embed, method);
}

void embed_close(struct embed *embed)
{
	struct event *const all[] = { embed->packets, embed->timer, embed->stop };

	for (u32 at = 0; at < ARRAY_COUNT(all); at++) {
		if (all[at])
			event_free(all[at]);
	}
	if (embed->base)
		event_base_free(embed->base);
	if (embed->device >= 0)
		close(embed->device);
	free(embed->memory);
}
