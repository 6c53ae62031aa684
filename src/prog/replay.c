/* `sluice replay`: the driver is a file, the clock is the capture's. Interfaces carry bare IP here:
 * link addresses of a capture say little about those of a gateway, and nobody would answer ARP. */
#include "prog/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "core/wire/ip4.h"
#include "host/io/pcap.h"
#include "prog/prog.h"
#include "prog/run_asked.h"
#include "prog/run_fill.h"

#define REPLAY_BEGIN_NS (NS_PER_SEC * 1000) /* before it nothing can have happened */

enum { REPLAY_MTU = 1500, REPLAY_TICKS_MAX = 1 << 20 };

struct source {
	struct port *port;
	u16 iface;        /* IFACE_NONE: by the rules */
	struct pkt *next; /* NULL: not read yet, or there is no more */
};

struct replay {
	const struct replay_args *args;
	struct run_asked asked;
	struct run_facts facts;
	struct run_notes notes;
	struct run_rules rules;
	struct sluice_conf conf;
	struct sluice *sluice;
	void *region;
	/* What was read and waits for its turn, one packet of each source: in the engine's pool
	 * they would take room from those that the engine works on.                            */
	struct pkt_pool waiting;
	void *waiting_region;
	u32 source_count;
	struct source source[REPLAY_FILES_MAX];
	struct port *out[IFACE_MAX]; /* by interface; several may share one */
	u32 port_count;
	struct port *port[REPLAY_FILES_MAX * 2]; /* each once */
	ns_t first_ns;                           /* of the captures; 0: none was read */
	struct replay_counts counts;
};

/* ---- opening --------------------------------------------------------------------------------- */

static struct port *port_open(struct replay *replay, const struct pcap_conf *conf,
			      struct run_errors *errors)
{
	char why[PORT_WHY_SIZE];
	struct port *port = pcap_port_open(conf, why, sizeof why);

	if (port)
		replay->port[replay->port_count++] = port;
	else
		run_error(errors, "%s", why);
	return port;
}

static bool waiting_open(struct replay *replay, struct run_errors *errors)
{
	const struct pkt_pool_conf conf = { replay->args->in_count, replay->args->in_count, 0 };
	struct mem mem;

	mem_init_plan(&mem);
	pkt_pool_layout(&replay->waiting, &conf, &mem);
	replay->waiting_region = aligned_alloc(MEM_LINE, mem.used);
	if (!replay->waiting_region) {
		run_error(errors, "there is no memory");
		return false;
	}
	memset(replay->waiting_region, 0, mem.used);
	mem_init(&mem, replay->waiting_region, mem.used);
	pkt_pool_layout(&replay->waiting, &conf, &mem);
	pkt_pool_init(&replay->waiting);
	return true;
}

static bool open_files(struct replay *replay, struct run_errors *errors)
{
	const struct replay_args *args = replay->args;

	for (u32 i = 0; i < args->in_count; i++) {
		struct pcap_conf conf = { "capture", 0, args->in[i].path, NULL, IFACE_RAW_IP };
		struct source *source = &replay->source[replay->source_count++];

		source->iface = args->in[i].iface;
		source->port = port_open(replay, &conf, errors);
		if (!source->port)
			return false;
	}
	for (u32 i = 0; i < args->out_count; i++) {
		struct pcap_conf conf = { "sent", 0, NULL, args->out[i].path, IFACE_RAW_IP };
		struct port *port = port_open(replay, &conf, errors);

		if (!port)
			return false;
		for (u32 at = 0; at < args->iface_count; at++) {
			if (args->out[i].iface == at ||
			    (args->out[i].iface == IFACE_NONE && !replay->out[at]))
				replay->out[at] = port;
		}
	}
	return true;
}

static bool ask_file(struct replay *replay, const char *path, struct run_errors *errors)
{
	struct readers readers;
	bool good;

	if (!readers_begin(&readers, true)) {
		run_error(errors, "no process for reading files can be started: %s",
			  strerror(errno));
		return false;
	}
	good = run_asked_load(&replay->asked, &readers, path, path, errors);
	readers_end(&readers);
	return good;
}

static bool ask(struct replay *replay, struct replay_args *args, struct run_errors *errors)
{
	const struct conf *conf = &replay->asked.conf;
	u32 before = errors->count;

	if (args->run.config ? !ask_file(replay, args->run.config, errors)
			     : !run_args_fill(&args->run, &replay->asked.conf, errors))
		return false;
	replay_args_place(args, conf->iface, conf->iface_count, errors);
	return errors->count == before;
}

static void look(struct replay *replay)
{
	const struct run_args *run = &replay->args->run;

	memcpy(replay->facts.seed, run->seed, sizeof replay->facts.seed);
	replay->facts.slow_road = run->slow_road;
	replay->facts.replayed = true;
	for (u32 i = 0; i < replay->args->iface_count; i++) {
		const struct conf_iface *given = &replay->args->iface[i];
		struct iface_conf *port = &replay->facts.iface[i].port;

		memcpy(port->name, given->name, sizeof port->name);
		port->link = IFACE_RAW_IP;
		port->mtu = given->mtu ? given->mtu : REPLAY_MTU;
	}
}

static bool make_engine(struct replay *replay, struct run_errors *errors)
{
	struct run_source source = run_source_of(&replay->asked);
	const char *why = "";
	struct mem plan;

	if (!run_conf_build(&source, &replay->facts, &replay->conf, &replay->rules, &replay->notes,
			    errors))
		return false;
	sluice_plan(&replay->conf, &plan);
	replay->region = aligned_alloc(MEM_LINE, plan.used);
	if (!replay->region) {
		run_error(errors, "there is no memory for %llu MB of tables",
			  (unsigned long long)(plan.used >> 20));
		return false;
	}
	memset(replay->region, 0, plan.used);
	if (sluice_new(&replay->sluice, &replay->conf, replay->region, plan.used, REPLAY_BEGIN_NS,
		       &why) != ERR_OK) {
		run_error(errors, "the engine refuses this configuration: %s", why);
		return false;
	}
	for (u32 i = 0; i < replay->conf.iface_count; i++)
		sluice_set_link(replay->sluice, (u16)i, true);
	return true;
}

struct replay *replay_open(struct replay_args *args, struct run_errors *errors)
{
	struct replay *replay = calloc(1, sizeof *replay);

	if (!replay) {
		run_error(errors, "there is no memory");
		return NULL;
	}
	replay->args = args;
	if (ask(replay, args, errors)) {
		look(replay);
		if (make_engine(replay, errors) && waiting_open(replay, errors) &&
		    open_files(replay, errors))
			return replay;
	}
	replay_close(replay);
	return NULL;
}

void replay_close(struct replay *replay)
{
	for (u32 i = 0; i < replay->port_count; i++)
		port_close(replay->port[i]);
	conf_elems_free(&replay->asked.elems);
	free(replay->waiting_region);
	free(replay->region);
	free(replay);
}

/* ---- packets --------------------------------------------------------------------------------- */

/* What leaves carries the capture's time of what made it leave. */
static void send_all(struct replay *replay, ns_t when_ns)
{
	struct batch tx, one;

	while (sluice_output(replay->sluice, &tx)) {
		for (u32 i = 0; i < tx.count; i++) {
			struct pkt *pkt = tx.pkt[i];
			struct port *port = replay->out[pkt->out_if];

			replay->counts.out[pkt->out_if]++;
			pkt->rx_ns = when_ns;
			one.count = 1;
			one.pkt[0] = pkt;
			if (port)
				port_tx(port, &one);
			else
				replay->counts.not_written++;
			if (!port || one.count > 0)
				pkt_put(pkt);
		}
	}
}

/* Everything that is due until then, each at its time. */
static void pass_time(struct replay *replay, ns_t until)
{
	for (u32 step = 0; step < REPLAY_TICKS_MAX && sluice_next(replay->sluice) <= until;
	     step++) {
		ns_t when = sluice_next(replay->sluice);

		sluice_tick(replay->sluice, when);
		send_all(replay, replay->first_ns + when - REPLAY_BEGIN_NS);
	}
}

/* Bare IP by the interface that it came in by; false: it does not go in. */
static bool prepare(struct replay *replay, const struct source *source, struct pkt *pkt)
{
	bool framed = (pkt->flags & PKT_RAW_IP) == 0;
	const struct eth_hdr *eth = framed ? (const void *)pkt_frame(pkt) : NULL;
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);

	if (pkt->len < IP4_HLEN_MIN || (eth && be16_host(eth->type) != ETH_TYPE_IP4)) {
		replay->counts.not_ip++;
		return false;
	}
	if (replay_is_own(replay->args, eth)) {
		replay->counts.own++;
		return false;
	}
	if (source->iface != IFACE_NONE)
		pkt->in_if = source->iface;
	else
		(void)replay_iface(replay->args, eth, ip->src, &pkt->in_if);
	pkt->l2 = pkt->l3;
	pkt->flags |= PKT_RAW_IP;
	return true;
}

static void enter(struct replay *replay, const struct pkt *read, ns_t when_ns, ns_t now)
{
	struct batch rx = { .count = 1 };

	rx.pkt[0] = pkt_copy(sluice_pool(replay->sluice), read);
	if (!rx.pkt[0]) {
		replay->counts.no_room++;
		return;
	}
	replay->counts.in[read->in_if]++;
	sluice_input(replay->sluice, &rx, now);
	send_all(replay, when_ns);
}

static void feed(struct replay *replay, struct source *source)
{
	struct pkt *pkt = source->next;
	ns_t when_ns = pkt->rx_ns;
	ns_t now;

	source->next = NULL;
	if (replay->first_ns == 0)
		replay->first_ns = when_ns;
	/* A capture may be out of order by some packets; time goes on all the same. */
	if (when_ns < replay->first_ns + replay->counts.lasted_ns)
		when_ns = replay->first_ns + replay->counts.lasted_ns;
	replay->counts.lasted_ns = when_ns - replay->first_ns;
	now = REPLAY_BEGIN_NS + replay->counts.lasted_ns;
	pass_time(replay, now);
	replay->counts.read++;
	if (prepare(replay, source, pkt))
		enter(replay, pkt, when_ns, now);
	pkt_put(pkt);
}

static struct source *source_earliest(struct replay *replay)
{
	struct source *best = NULL;

	for (u32 i = 0; i < replay->source_count; i++) {
		struct source *source = &replay->source[i];

		if (!source->next)
			source->next = pcap_port_next(source->port, &replay->waiting);
		if (source->next && (!best || source->next->rx_ns < best->next->rx_ns))
			best = source;
	}
	return best;
}

void replay_run(struct replay *replay)
{
	struct source *source;

	while ((source = source_earliest(replay)) != NULL)
		feed(replay, source);
	for (u32 i = 0; i < replay->source_count; i++) {
		const struct iface_losses *losses = &replay->source[i].port->stats.losses;

		replay->counts.bad += losses->rx_bad;
		replay->counts.not_ip += losses->rx_vlan;
	}
}

void replay_broken(const struct replay *replay, struct run_errors *errors)
{
	for (u32 i = 0; i < replay->source_count; i++) {
		const char *path = replay->args->in[i].path;
		const char *why = pcap_port_broken(replay->source[i].port);

		if (why)
			run_error(errors, "capture %s can not be read to its end: %s", path,
				  pcap_said(path, why));
	}
}

const struct replay_counts *replay_counted(const struct replay *replay)
{
	return &replay->counts;
}

const struct sluice *replay_engine(const struct replay *replay)
{
	return replay->sluice;
}
