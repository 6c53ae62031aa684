/* lwIP, as Debian builds it, does what bench_tcp.c has our stack do: the peer that figures are
 * ratios to. A program of its own, since both have functions of the same names; bench_tcp runs it
 * in turn with its own rounds.
 *
 *     bench_lwip bulk CONNECTIONS BYTES       prints CPU nanoseconds
 *     bench_lwip short CONNECTIONS            prints CPU nanoseconds
 *     bench_lwip idle CONNECTIONS             prints CPU nanoseconds of one run of its timers
 *     bench_lwip size                         prints the bytes of a connection
 *
 * There is one stack in a process, so it talks to a mirror: what leaves for 10.0.0.2 comes back
 * from there, source and destination exchanged, which changes no checksum. The mirror copies, as
 * lwIP's own loopback does: a sender keeps its buffers until they are acknowledged, and a receiver
 * changes headers in place. TIME-WAIT is swept while nobody is connected, since lwIP walks it.   */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lwip/init.h>
#include <lwip/ip4.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

enum {
	PORT = 80,
	MTU = 1500,
	QUEUE_MAX = 1 << 20,
	SOURCE_BYTES = 1 << 17,
	SHORT_AT_ONCE = 32,
	TICKS = 20,
	WARM_UP = 2, /* half of the bytes once more, before: memory is touched, windows are open */
};

static struct netif mirror;
static struct pbuf *queue[QUEUE_MAX];
static unsigned queue_head, queue_count;
static u8_t source[SOURCE_BYTES], sink[SOURCE_BYTES];
static unsigned long long goal, written, received;
static unsigned connected, accepted, finished;

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "bench_lwip: %s\n", what);
	exit(1);
}

static unsigned long long cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (unsigned long long)t.tv_sec * 1000000000 + (unsigned long long)t.tv_nsec;
}

/* ---- the mirror ------------------------------------------------------------------------------ */

static err_t mirror_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
	struct pbuf *copy = pbuf_alloc(PBUF_LINK, p->tot_len, PBUF_RAM);
	struct ip_hdr *ip;
	ip4_addr_p_t from;

	(void)netif;
	(void)to;
	if (copy == NULL || queue_count == QUEUE_MAX || pbuf_copy(copy, p) != ERR_OK)
		give_up("the mirror is full");
	ip = copy->payload;
	from = ip->src;
	ip->src = ip->dest;
	ip->dest = from;
	queue[(queue_head + queue_count++) % QUEUE_MAX] = copy;
	return ERR_OK;
}

static err_t mirror_init(struct netif *netif)
{
	netif->name[0] = 'm';
	netif->name[1] = 'i';
	netif->mtu = MTU;
	netif->output = mirror_output;
	return ERR_OK;
}

/* False: nothing was under way. */
static int carry(void)
{
	struct pbuf *p;

	if (queue_count == 0)
		return 0;
	p = queue[queue_head];
	queue_head = (queue_head + 1) % QUEUE_MAX;
	queue_count--;
	if (mirror.input(p, &mirror) != ERR_OK)
		give_up("a packet was refused");
	return 1;
}

static void open_stack(tcp_accept_fn on_accept)
{
	ip4_addr_t addr, mask, gateway;
	struct tcp_pcb *pcb;

	lwip_init();
	IP4_ADDR(&addr, 10, 0, 0, 1);
	IP4_ADDR(&gateway, 10, 0, 0, 2);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	if (netif_add(&mirror, &addr, &mask, &gateway, NULL, mirror_init, ip4_input) == NULL)
		give_up("no interface");
	netif_set_default(&mirror);
	netif_set_up(&mirror);
	netif_set_link_up(&mirror);
	pcb = tcp_new();
	if (pcb == NULL || tcp_bind(pcb, IP4_ADDR_ANY, PORT) != ERR_OK)
		give_up("no listener");
	pcb = tcp_listen_with_backlog(pcb, 255);
	tcp_accept(pcb, on_accept);
}

static void dial(tcp_connected_fn on_connected)
{
	struct tcp_pcb *pcb = tcp_new();
	ip_addr_t to;

	IP_ADDR4(&to, 10, 0, 0, 2);
	if (pcb == NULL || tcp_connect(pcb, &to, PORT, on_connected) != ERR_OK)
		give_up("no connection");
}

static void carry_until(unsigned long long bytes)
{
	while (received < bytes) {
		if (!carry())
			tcp_tmr();
	}
}

/* ---- bulk ------------------------------------------------------------------------------------ */

static void fill(struct tcp_pcb *pcb)
{
	unsigned long long left = goal - written;
	u16_t room = tcp_sndbuf(pcb);
	u16_t bytes = left < room ? (u16_t)left : room;

	if (bytes == 0 || tcp_write(pcb, source + written % (SOURCE_BYTES / 2), bytes,
				    TCP_WRITE_FLAG_COPY) != ERR_OK)
		return;
	written += bytes;
}

static err_t bulk_sent(void *arg, struct tcp_pcb *pcb, u16_t bytes)
{
	(void)arg;
	(void)bytes;
	fill(pcb);
	return ERR_OK;
}

static err_t bulk_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
	(void)arg;
	tcp_sent(pcb, bulk_sent);
	connected++;
	return err;
}

static err_t bulk_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	(void)arg;
	if (p == NULL)
		give_up("closed");
	received += pbuf_copy_partial(p, sink, p->tot_len, 0);
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	return err;
}

static err_t bulk_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	(void)arg;
	accepted++;
	tcp_recv(pcb, bulk_recv);
	return err;
}

static void open_all(unsigned count)
{
	open_stack(bulk_accept);
	for (unsigned at = 0; at < count; at++) {
		dial(bulk_connected);
		while (carry())
			;
	}
	if (connected != count || accepted != count)
		give_up("not everybody is connected");
}

static unsigned long long bulk(unsigned count, unsigned long long bytes)
{
	unsigned long long begin;

	open_all(count);
	goal = bytes + bytes / WARM_UP;
	for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
		if (pcb->remote_port != PORT)
			continue;
		fill(pcb);
		tcp_output(pcb);
	}
	carry_until(bytes / WARM_UP);
	begin = cpu_ns();
	carry_until(goal);
	return cpu_ns() - begin;
}

/* ---- short connections ----------------------------------------------------------------------- */

static err_t short_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
	(void)arg;
	if (err != ERR_OK || tcp_write(pcb, "?", 1, TCP_WRITE_FLAG_COPY) != ERR_OK)
		give_up("no request");
	return ERR_OK;
}

static err_t short_answered(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	(void)arg;
	(void)err;
	if (p == NULL)
		return ERR_OK;
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	finished++;
	return tcp_close(pcb);
}

static err_t short_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	(void)arg;
	(void)err;
	if (p == NULL)
		return tcp_close(pcb);
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	return tcp_write(pcb, "!", 1, TCP_WRITE_FLAG_COPY);
}

static err_t short_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	(void)arg;
	tcp_recv(pcb, short_recv);
	return err;
}

static void short_dial(void)
{
	dial(short_connected);
	tcp_recv(tcp_active_pcbs, short_answered);
}

static unsigned long long shorts(unsigned count)
{
	unsigned long long begin;

	open_stack(short_accept);
	begin = cpu_ns();
	for (unsigned done = 0; done < count; done += SHORT_AT_ONCE) {
		for (unsigned at = 0; at < SHORT_AT_ONCE; at++)
			short_dial();
		while (finished < done + SHORT_AT_ONCE || queue_count > 0) {
			if (!carry())
				tcp_tmr();
		}
		tcp_ticks += 2 * TCP_MSL / TCP_SLOW_INTERVAL + 1;
		tcp_slowtmr();
	}
	return cpu_ns() - begin;
}

/* ---- idle ones ------------------------------------------------------------------------------- */

static unsigned long long idle(unsigned count)
{
	unsigned long long begin;

	open_all(count);
	begin = cpu_ns();
	for (unsigned at = 0; at < TICKS; at++)
		tcp_tmr();
	return (cpu_ns() - begin) / TICKS;
}

int main(int argc, char **argv)
{
	unsigned long long result;

	for (unsigned at = 0; at < SOURCE_BYTES; at++)
		source[at] = (u8_t)(at * 7);
	if (argc == 4 && strcmp(argv[1], "bulk") == 0)
		result = bulk((unsigned)atoi(argv[2]), strtoull(argv[3], NULL, 10));
	else if (argc == 3 && strcmp(argv[1], "short") == 0)
		result = shorts((unsigned)atoi(argv[2]));
	else if (argc == 3 && strcmp(argv[1], "idle") == 0)
		result = idle((unsigned)atoi(argv[2]));
	else if (argc == 2 && strcmp(argv[1], "size") == 0)
		result = sizeof(struct tcp_pcb);
	else
		give_up("usage: bench_lwip bulk N BYTES | short N | idle N | size");
	printf("%llu\n", result);
	return 0;
}
