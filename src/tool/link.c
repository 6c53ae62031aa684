/* `sluice link`: two interfaces joined by a link that is slower, longer and worse.
 *
 * One thread for both directions: take what came in, give it to the model with the time at which
 * the kernel had it, send what the model says has arrived. So how late this process looks does not
 * change what becomes of a packet, and not when it is due either, only how punctually it leaves;
 * and that is measured and told.
 *
 * Memory is planned at the start and taken from the system as it is needed. Frames of a ring are
 * copied at once: packets may be on their way for longer than the ring is. */
#include "tool/link.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "host/io/afpacket.h"
#include "host/os/clock.h"
#include "host/os/privilege.h"
#include "tool/link_args.h"
#include "tool/link_report.h"
#include "tool/punctual.h"

/* Packets in hand, and a few to spare. */
#define SMALL_SPARE 1024
#define LARGE_COUNT (BATCH_MAX + 8)
/* More of them where packets of the interface's own length need a large buffer. */
#define LARGE_MTU_COUNT 8192

enum { LINK_EXIT_OK = 0, LINK_EXIT_FAILED = 1, LINK_EXIT_USAGE = 2, SEED_SIZE = 32 };

struct link_run {
	struct link_args args;
	struct port *port[LINK_WAYS];
	struct link link[LINK_WAYS];
	struct link_late late[LINK_WAYS];
	struct pkt_pool pool;
	struct link_report report;
	struct batch batch;
	void *region;
	u64 region_bytes;
	ns_t begin_ns;
	ns_t tell_ns; /* when the next statistics are due; NS_NEVER: none are */
	struct punctual punctual;
	bool failed;
};

/* ---- one direction ------------------------------------------------------------------------- */

static void take_in(struct link_run *run, u32 way, ns_t now)
{
	struct batch *batch = &run->batch;

	for (u32 n = 0; n < batch->count; n++) {
		ns_t came_ns = batch->pkt[n]->rx_ns;

		/* The clock of the day may have been set meanwhile. */
		if (came_ns == 0 || came_ns > now || came_ns + NS_PER_SEC < now)
			came_ns = now;
		link_in(&run->link[way], batch->pkt[n], came_ns);
	}
	batch->count = 0;
}

static void send_out(struct link_run *run, u32 way, ns_t now)
{
	struct batch *batch = &run->batch;

	for (u32 n = 0; n < batch->count; n++)
		link_late_add(&run->late[way], now - batch->pkt[n]->rx_ns);
	port_tx(run->port[!way], batch);
	/* The port has counted those that it did not take. */
	while (batch->count > 0)
		pkt_put(batch->pkt[--batch->count]);
}

/* Whether anything moved. */
static bool carry(struct link_run *run, u32 way)
{
	bool moved = port_rx(run->port[way], &run->pool, &run->batch) > 0;
	ns_t now = os_now();

	take_in(run, way, now);
	if (link_out(&run->link[way], &run->batch, now) == 0)
		return moved;
	send_out(run, way, now);
	return true;
}

/* ---- waiting ------------------------------------------------------------------------------- */

static ns_t next_due(const struct link_run *run)
{
	ns_t due_ns = u64_min(link_next(&run->link[LINK_A_TO_B]),
			      link_next(&run->link[LINK_B_TO_A]));

	due_ns = u64_min(due_ns, run->tell_ns);
	if (run->args.end_ns > 0)
		due_ns = u64_min(due_ns, run->begin_ns + run->args.end_ns);
	return due_ns;
}

/* Something happened to an interface. One that only went down may come up again. One that goes
 * goes down first, and of the rest the kernel says nothing to who has heard that: so one that is
 * down is looked at again and again.                                                            */
static void look_at(struct link_run *run, u32 end)
{
	if (port_refresh(run->port[end]))
		return;
	fprintf(stderr, "sluice link: interface '%s' is gone\n", run->port[end]->name);
	run->failed = true;
}

static void wait_or_spin(struct link_run *run, bool moved)
{
	struct pollfd waiting[LINK_WAYS];

	for (u32 end = 0; end < LINK_WAYS; end++)
		waiting[end] = (struct pollfd){ .fd = port_fd(run->port[end]), .events = POLLIN };
	if (!punctual_wait(&run->punctual, waiting, LINK_WAYS, next_due(run), moved))
		return;
	for (u32 end = 0; end < LINK_WAYS; end++) {
		if ((waiting[end].revents & (POLLERR | POLLHUP)) != 0 || !run->port[end]->up)
			look_at(run, end);
	}
}

static void tell_if_due(struct link_run *run)
{
	ns_t now = os_now();

	if (now < run->tell_ns)
		return;
	link_report(&run->report, now - run->begin_ns, false);
	while (run->tell_ns <= now)
		run->tell_ns += run->args.stats_ns;
}

static bool is_over(const struct link_run *run)
{
	return punctual_is_stopped() || run->failed ||
	       (run->args.end_ns > 0 && os_now() >= run->begin_ns + run->args.end_ns);
}

static void run_loop(struct link_run *run)
{
	while (!is_over(run)) {
		bool moved = carry(run, LINK_A_TO_B);

		moved |= carry(run, LINK_B_TO_A);
		tell_if_due(run);
		wait_or_spin(run, moved);
	}
}

/* ---- beginning and end --------------------------------------------------------------------- */

static bool open_port(struct link_run *run, u32 end, struct tool_why *why)
{
	const struct afpacket_conf conf = { .name = run->args.iface[end],
					    .iface = (u16)end,
					    .whole = true };
	char text[PORT_WHY_SIZE] = "";

	run->port[end] = afpacket_open(&conf, text, sizeof(text));
	if (!run->port[end])
		return tool_refuse(why, "%s", text);
	return true;
}

static void layout(struct link_run *run, struct mem *mem)
{
	u32 mtu = u32_max(run->port[LINK_A_TO_B]->mtu, run->port[LINK_B_TO_A]->mtu);
	u32 count = run->args.conf[LINK_A_TO_B].flight_max + run->args.conf[LINK_B_TO_A].flight_max;
	struct pkt_pool_conf pool = { .small_count = count + SMALL_SPARE,
				      .large_count = LARGE_COUNT,
				      .ring_count = LINK_WAYS * AFPACKET_FRAMES };

	if (mtu + PKT_HEADROOM > PKT_SMALL_SIZE)
		pool.large_count += u32_min(count, LARGE_MTU_COUNT);
	pkt_pool_layout(&run->pool, &pool, mem);
	for (u32 way = 0; way < LINK_WAYS; way++)
		link_layout(&run->link[way], &run->args.conf[way], mem);
}

/* A page that no packet has needed costs nothing. */
static bool take_memory(struct link_run *run, struct tool_why *why)
{
	struct mem mem;

	mem_init_plan(&mem);
	layout(run, &mem);
	run->region_bytes = mem.used;
	run->region = mmap(NULL, mem.used, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (run->region == MAP_FAILED) {
		run->region = NULL;
		return tool_refuse(why,
				   "no memory for %" PRIu64 " MB of packets; right are fewer by "
				   "--packets",
				   run->region_bytes >> 20);
	}
	mem_init(&mem, run->region, run->region_bytes);
	layout(run, &mem);
	mem_seal(&mem);
	pkt_pool_init(&run->pool);
	return true;
}

static bool draw_seed(struct link_run *run, struct tool_why *why)
{
	if (run->args.has_seed)
		return true;
	if (getrandom(&run->args.seed, sizeof(run->args.seed), 0) !=
	    (ssize_t)sizeof(run->args.seed))
		return tool_refuse(why, "no random number: %s; right is one by --seed",
				   strerror(errno));
	/* As --seed takes it. */
	run->args.seed &= INT64_MAX;
	return true;
}

static void init_links(struct link_run *run)
{
	for (u32 way = 0; way < LINK_WAYS; way++) {
		u8 seed[SEED_SIZE] = { 0 };

		for (u32 n = 0; n < sizeof(run->args.seed); n++)
			seed[n] = (u8)(run->args.seed >> 8 * n);
		seed[SEED_SIZE - 1] = (u8)way;
		link_init(&run->link[way], seed);
	}
}

static bool prepare(struct link_run *run, struct tool_why *why)
{
	if (!draw_seed(run, why) || !open_port(run, LINK_A_TO_B, why) ||
	    !open_port(run, LINK_B_TO_A, why) || !take_memory(run, why))
		return false;
	init_links(run);
	if (run->args.realtime)
		punctual_take_precedence(&run->punctual);
	if (!os_privilege_freeze() || !os_privilege_drop())
		return tool_refuse(why, "privileges can not be given up: %s", strerror(errno));
	run->report = (struct link_report){ .out = stdout,
					    .json = run->args.json,
					    .seed = run->args.seed };
	for (u32 way = 0; way < LINK_WAYS; way++) {
		run->report.link[way] = &run->link[way];
		run->report.late[way] = &run->late[way];
		run->report.port[way] = run->port[way];
	}
	return true;
}

static int complain(const struct tool_why *why)
{
	fprintf(stderr, "sluice link: %s\n", why->text);
	return LINK_EXIT_FAILED;
}

static int link_run(struct link_run *run)
{
	struct tool_why why;

	punctual_begin(&run->punctual);
	if (!prepare(run, &why))
		return complain(&why);
	run->begin_ns = os_now();
	run->tell_ns = run->args.stats_ns > 0 ? run->begin_ns + run->args.stats_ns : NS_NEVER;
	fprintf(stderr, "sluice link: ready, %s and %s are joined\n", run->port[LINK_A_TO_B]->name,
		run->port[LINK_B_TO_A]->name);
	run_loop(run);
	link_report(&run->report, os_now() - run->begin_ns, true);
	return run->failed ? LINK_EXIT_FAILED : LINK_EXIT_OK;
}

static void release(struct link_run *run)
{
	for (u32 way = 0; way < LINK_WAYS; way++) {
		link_fini(&run->link[way]);
		port_close(run->port[way]);
	}
	if (run->region)
		(void)munmap(run->region, run->region_bytes);
	free(run);
}

int link_main(int argc, char **argv)
{
	struct link_run *run = calloc(1, sizeof(*run));
	struct tool_why why;
	int code = LINK_EXIT_OK;

	if (!run) {
		fputs("sluice link: no memory\n", stderr);
		return LINK_EXIT_FAILED;
	}
	switch (link_args_parse(argc, argv, &run->args, &why)) {
	case ARGS_RUN: code = link_run(run); break;
	case ARGS_HELP: link_args_help(stdout); break;
	case ARGS_BAD:
		(void)complain(&why);
		code = LINK_EXIT_USAGE;
		break;
	}
	release(run);
	return code;
}
