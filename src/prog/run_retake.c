/* An interface that goes away while the gateway runs, and one of its name that comes.
 *
 * What goes takes nothing else with it: the engine hears that the link is down (packets for it end
 * as IFACE_DOWN, flows stand), a port of nothing takes the place of the driver, and what the kernel
 * still has of ours on the interface, if it was renamed and not removed, is given back to it.
 *
 * What comes is taken as at the start, with the rights that were kept for this (docs/adr/0024):
 * the same driver by the same rules, the way back to the host, the quiet. A try that fails leaves
 * nothing behind. It is repeated by itself RUN_TRIES times, each time after
 * twice as long, and from then on with each word of a change only, so that an interface that can
 * not be had (it was put into a bridge) costs nothing and is had when that has changed. Our own
 * tries make changes as well: RUN_REST_NS keeps those from being tried upon.                    */
#include <net/if.h>
#include <stdio.h>

#include "host/io/absent.h"
#include "host/io/hostport.h"
#include "prog/run_state.h"

#define RUN_AGAIN_NS (200 * NS_PER_MS)
#define RUN_REST_NS  (1 * NS_PER_SEC)

enum { RUN_TRIES = 8 };

static bool is_taken_over(const struct run *run, u32 index)
{
	return run->host_port != NULL &&
	       run->asked.conf.iface[index].driver == CONF_DRIVER_AFPACKET;
}

/* The driver goes, its counts stay. No packet lies in its ring: we are between two batches, and
 * who keeps one longer has copied it (pkt_keep).                                                */
static void change_port(struct run *run, u32 index, struct port *port)
{
	struct run_watched *watched = &run->watched[index];
	const struct pkt_pool *pool = sluice_pool(run->sluice);
	struct port *was = run->port[index];

	CHECK(pool->free_count[PKT_CLASS_RING] == pool->count[PKT_CLASS_RING]);
	loop_watch_del(watched->packets);
	watched->packets = NULL;
	port->stats = *port_count(was);
	run->port[index] = port;
	port_close(was);
}

void run_lose(struct run *run, u32 index)
{
	struct run_watched *watched = &run->watched[index];
	struct port *absent = absent_open(run->port[index]);

	run_set_link(run, index, false);
	if (absent == NULL)
		return;
	if (is_taken_over(run, index))
		hostport_drop(run->host_port, run->port[index]);
	change_port(run, index, absent);
	sluice_set_gone(run->sluice, (u16)index, true);
	*watched = (struct run_watched){ .gone = true, .hold_ns = NS_NEVER };
	run_log_say(&run->log, RUN_ERROR, "gone",
		    "%s is gone, removed or renamed: packets for it are dropped, flows stand, and "
		    "it is taken again when there is one of that name",
		    absent->name);
}

static bool open_all(struct run *run, u32 index, char *why, size_t why_size)
{
	char cause[PORT_WHY_SIZE];
	struct port *port = run_open_port(run, index, cause);
	bool ok = port != NULL;

	if (ok && is_taken_over(run, index) &&
	    !hostport_take(run->host_port, port, cause, sizeof cause)) {
		hostport_drop(run->host_port, port);
		port_close(port);
		ok = false;
	}
	if (ok) {
		change_port(run, index, port);
		ok = run_watch_port(run, index);
		if (!ok)
			(void)snprintf(cause, sizeof cause, "its packets can not be waited for");
	}
	(void)snprintf(why, why_size, "%s", ok ? "" : cause);
	return ok;
}

/* Whether it may be tried: there is one, or there can be one. Another one begins its own tries. */
static bool is_there(struct run *run, u32 index)
{
	struct run_watched *watched = &run->watched[index];
	u32 os_index = if_nametoindex(run->port[index]->name);

	if (run->asked.conf.iface[index].driver == CONF_DRIVER_TUN)
		return true;
	if (watched->os_index != os_index)
		*watched = (struct run_watched){ .gone = true,
						 .os_index = os_index,
						 .hold_ns = NS_NEVER };
	return os_index != 0;
}

/* By the clock: after twice as long each time, and not for ever. */
static void plan_again(struct run *run, u32 index, bool due, ns_t now)
{
	struct run_watched *watched = &run->watched[index];

	watched->rest_ns = now + RUN_REST_NS;
	if (!due && watched->tries > 0)
		return;
	watched->again_ns = 0;
	if (watched->tries < RUN_TRIES)
		watched->again_ns = now + (RUN_AGAIN_NS << watched->tries++);
}

static void say_refused(struct run *run, u32 index, const char *why)
{
	struct run_watched *watched = &run->watched[index];

	if (strcmp(watched->said, why) == 0)
		return;
	(void)snprintf(watched->said, sizeof watched->said, "%s", why);
	run_log_say(&run->log, RUN_ERROR, "retake",
		    "%s is there again and can not be taken: %s; it is tried %d times more, and "
		    "when something of it changes",
		    run->port[index]->name, why, RUN_TRIES);
}

bool run_retake(struct run *run, u32 index, ns_t now)
{
	struct run_watched *watched = &run->watched[index];
	bool due = watched->again_ns && now >= watched->again_ns;
	char why[OS_WHY_SIZE];

	if (!is_there(run, index) || (!due && now < watched->rest_ns))
		return false;
	if (!open_all(run, index, why, sizeof why)) {
		plan_again(run, index, due, now);
		say_refused(run, index, why);
		return false;
	}
	*watched = (struct run_watched){ .packets = watched->packets, .hold_ns = NS_NEVER };
	sluice_set_gone(run->sluice, (u16)index, false);
	run_log_say(&run->log, RUN_INFO, "retake", "%s is there again, and taken",
		    run->port[index]->name);
	return true;
}
