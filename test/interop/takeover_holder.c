/* Holds one or two interfaces as the gateway does, without an engine: what is for the host goes
 * back to it, the rest crosses to the other interface with new link addresses. Counts what it saw
 * and prints that when it is told to end (SIGTERM). The first interface is given back on SIGUSR1,
 * and taken again on SIGUSR2: it may be another one of that name by then.
 *
 *     takeover_holder best|nftables IF ADDRESS PEER-MAC [IF ADDRESS PEER-MAC]                    */
#include <arpa/inet.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/io/afpacket.h"
#include "host/io/hostport.h"

enum { SIDES_MAX = 2, HOST_INDEX = 2, SMALL_PACKETS = 1024, LARGE_PACKETS = 512 };
enum { IP4_DST_AT = 16, ETH_FRAME_MAX = 1500 };

struct side {
	struct port *port; /* NULL: given back */
	be32 addr;
	struct mac peer;
	struct batch tx;
};

struct holder {
	u32 side_count;
	struct side side[SIDES_MAX];
	struct port *host;
	struct batch to_host;
	struct pkt_pool pool;
	u64 large_in;
	u64 large_out;
	u64 partial_in;
	u64 broadcast_in;
	u64 multicast_in;
	u64 other_in;
	u64 own_again; /* frames that we brought back ourselves: must never be seen */
	u64 unsent;
};

static volatile sig_atomic_t told_to_end, told_to_give, told_to_take;

static void on_signal(int number)
{
	if (number == SIGUSR1)
		told_to_give = 1;
	else if (number == SIGUSR2)
		told_to_take = 1;
	else
		told_to_end = 1;
}

static void stop(const char *why)
{
	(void)fprintf(stderr, "takeover_holder: %s\n", why);
	exit(1);
}

static void pool_open(struct pkt_pool *pool)
{
	const struct pkt_pool_conf conf = { SMALL_PACKETS, LARGE_PACKETS,
					    SIDES_MAX * AFPACKET_FRAMES };
	struct mem mem;
	void *memory;
	u64 size;

	mem_init_plan(&mem);
	pkt_pool_layout(pool, &conf, &mem);
	size = mem.used;
	memory = aligned_alloc(MEM_LINE, size);
	if (memory == NULL)
		stop("out of memory");
	memset(memory, 0, size);
	mem_init(&mem, memory, size);
	pkt_pool_layout(pool, &conf, &mem);
	pkt_pool_init(pool);
}

static void look(struct holder *holder, const struct pkt *pkt)
{
	static const u8 wayback_source[] = { 0x02, 0x73, 0x6c, 0x75, 0x69, 0x63 };

	holder->large_in += pkt->gso_size > 0 && pkt->len > ETH_FRAME_MAX;
	holder->partial_in += (pkt->flags & PKT_CSUM_PARTIAL) != 0;
	holder->broadcast_in += (pkt->flags & PKT_LINK_BROADCAST) != 0;
	holder->multicast_in += (pkt->flags & PKT_LINK_MULTICAST) != 0;
	holder->other_in += (pkt->flags & PKT_LINK_OTHER) != 0;
	holder->own_again += memcmp(pkt_frame(pkt) + ETH_ALEN, wayback_source, ETH_ALEN) == 0;
}

static bool for_host(const struct holder *holder, const struct pkt *pkt)
{
	be32 dst = be32_load(pkt_l3(pkt) + IP4_DST_AT);

	if ((pkt->flags & (PKT_LINK_BROADCAST | PKT_LINK_MULTICAST)) != 0)
		return true;
	for (u32 i = 0; i < holder->side_count; i++)
		if (be32_eq(holder->side[i].addr, dst))
			return true;
	return false;
}

static void sort_out(struct holder *holder, struct side *in, struct pkt *pkt)
{
	struct side *out = &holder->side[holder->side_count - 1 - (u32)(in - holder->side)];
	struct eth_hdr *eth = (void *)pkt_frame(pkt);

	look(holder, pkt);
	if (be16_host(eth->type) != ETH_TYPE_IP4 || (pkt->flags & PKT_LINK_OTHER) != 0) {
		pkt_put(pkt);
	} else if (for_host(holder, pkt)) {
		(void)batch_add(&holder->to_host, pkt);
	} else if (out == in || out->port == NULL) {
		pkt_put(pkt);
	} else {
		eth->dst = out->peer;
		eth->src = out->port->mac;
		holder->large_out += pkt->gso_size > 0 && pkt->len > ETH_FRAME_MAX;
		(void)batch_add(&out->tx, pkt);
	}
}

static void flush(struct holder *holder, struct port *port, struct batch *tx)
{
	if (tx->count > 0)
		(void)port_tx(port, tx);
	holder->unsent += tx->count;
	while (tx->count > 0)
		pkt_put(tx->pkt[--tx->count]);
}

static void carry(struct holder *holder, struct side *in)
{
	struct batch rx = { 0 };

	if (in->port == NULL)
		return;
	(void)port_rx(in->port, &holder->pool, &rx);
	for (u32 i = 0; i < rx.count; i++)
		sort_out(holder, in, rx.pkt[i]);
	flush(holder, holder->host, &holder->to_host);
	for (u32 i = 0; i < holder->side_count; i++) {
		if (holder->side[i].port != NULL)
			flush(holder, holder->side[i].port, &holder->side[i].tx);
	}
}

/* Nothing lies in its ring: we are between two batches. */
static void give_first(struct holder *holder)
{
	hostport_drop(holder->host, holder->side[0].port);
	port_close(holder->side[0].port);
	holder->side[0].port = NULL;
	printf("given back\n");
	(void)fflush(stdout);
}

static void take_first(struct holder *holder, const char *name)
{
	const struct afpacket_conf conf = { .name = name };
	char why[PORT_WHY_SIZE];

	holder->side[0].port = afpacket_open(&conf, why, sizeof why);
	if (holder->side[0].port == NULL ||
	    !hostport_take(holder->host, holder->side[0].port, why, sizeof why))
		stop(why);
	printf("taken again\n");
	(void)fflush(stdout);
}

static void obey(struct holder *holder, const char *name)
{
	if (told_to_give)
		give_first(holder);
	if (told_to_take)
		take_first(holder, name);
	told_to_give = told_to_take = 0;
}

static void hold(struct holder *holder, const char *first)
{
	struct pollfd wait[SIDES_MAX];

	while (!told_to_end) {
		obey(holder, first);
		for (u32 i = 0; i < holder->side_count; i++) {
			const struct port *port = holder->side[i].port;

			wait[i].fd = port != NULL ? port_fd(port) : -1;
			wait[i].events = POLLIN;
		}
		if (poll(wait, holder->side_count, 200) <= 0)
			continue;
		for (u32 i = 0; i < holder->side_count; i++)
			carry(holder, &holder->side[i]);
	}
}

static void side_open(struct side *side, char **args, u16 index)
{
	const struct afpacket_conf conf = { .name = args[0], .iface = index };
	char why[PORT_WHY_SIZE];
	struct in_addr addr;
	unsigned mac[ETH_ALEN];

	if (inet_pton(AF_INET, args[1], &addr) != 1 ||
	    sscanf(args[2], "%x:%x:%x:%x:%x:%x", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
		   &mac[5]) != ETH_ALEN)
		stop("each interface needs its name, its address and the peer's MAC address");
	side->addr.raw = addr.s_addr;
	for (u32 i = 0; i < ETH_ALEN; i++)
		side->peer.byte[i] = (u8)mac[i];
	side->port = afpacket_open(&conf, why, sizeof why);
	if (side->port == NULL)
		stop(why);
}

static void report(struct holder *holder)
{
	printf("large_in=%" PRIu64 " large_out=%" PRIu64 " partial_in=%" PRIu64
	       " broadcast_in=%" PRIu64 " multicast_in=%" PRIu64 " other_in=%" PRIu64
	       " own_again=%" PRIu64 " unsent=%" PRIu64 "\n",
	       holder->large_in, holder->large_out, holder->partial_in, holder->broadcast_in,
	       holder->multicast_in, holder->other_in, holder->own_again, holder->unsent);
	for (u32 i = 0; i < holder->side_count; i++) {
		const struct port_stats *stats = port_count(holder->side[i].port);
		const struct iface_losses *losses = &stats->losses;

		printf("%s rx=%" PRIu64 " tx=%" PRIu64 " lost=%" PRIu64 " no_packet=%" PRIu64
		       " vlan=%" PRIu64 " bad=%" PRIu64 " full=%" PRIu64 " refused=%" PRIu64 "\n",
		       holder->side[i].port->name, stats->rx_packets, stats->tx_packets,
		       losses->rx_lost, losses->rx_no_packet, losses->rx_vlan, losses->rx_bad,
		       losses->tx_full, losses->tx_refused);
		port_close(holder->side[i].port);
	}
}

int main(int argc, char **argv)
{
	static struct holder holder;
	struct sigaction action = { .sa_handler = on_signal };
	struct hostport_conf conf = { .iface = HOST_INDEX };
	char why[PORT_WHY_SIZE];

	if (argc != 5 && argc != 8)
		stop("usage: takeover_holder best|nftables IF ADDRESS PEER-MAC [...]");
	conf.way = strcmp(argv[1], "nftables") == 0 ? TAKEOVER_TABLE : TAKEOVER_BEST;
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGUSR1, &action, NULL);
	(void)sigaction(SIGUSR2, &action, NULL);
	pool_open(&holder.pool);
	holder.side_count = (u32)(argc - 2) / 3;
	for (u32 i = 0; i < holder.side_count; i++) {
		side_open(&holder.side[i], argv + 2 + 3 * i, (u16)i);
		conf.taken[conf.taken_count++] = holder.side[i].port;
	}
	holder.host = hostport_open(&conf, why, sizeof why);
	if (holder.host == NULL)
		stop(why);
	printf("ready: host packets come back %s; quiet by %s\n", hostport_way(holder.host),
	       hostport_quiet(holder.host));
	(void)fflush(stdout);
	hold(&holder, argv[2]);
	port_close(holder.host);
	report(&holder);
	return 0;
}
