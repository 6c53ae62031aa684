/* BFD in step tests: 192.0.2.1 speaks to 192.0.2.2, from the first timed line on.
 *
 *     bfd                                   then: passive, tx MS, rx MS, multiplier N
 *     get, put                              events: who wants the session, and wants it no longer
 *     STATE [diag N] [poll] [final] [demand] [multiplier N] [mine N] [yours ours|N] [tx MS] [rx MS]
 *     [ttl N]; hex                          a packet; usual: of 119, to nobody, 1000 ms, TTL 255
 * Said: STATE diag N [poll] [final] multiplier N yours N tx MS rx MS. Known: state S, diag N.    */
#include "script/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/routing/bfd/bfd.h"
#include "fake/build.h"
#include "fake/dgram.h"

enum { US_PER_MS = 1000, NEIGHBOUR = 119 };

struct bed {
	struct iface_table ifaces;
	struct bfd_conf conf;
	struct bfd bfd;
	struct speaker_log log;
	struct dgram_host *host;
	void *region;
	u32 id;
};

static bool bfd_open(struct step *step)
{
	struct bed *bed = calloc(1, sizeof *bed);
	struct iface *iface;

	CHECK(bed != NULL);
	step->bed = bed;
	step->now = 5 * NS_PER_SEC;
	iface = &bed->ifaces.iface[0];
	bed->ifaces.count = 1;
	iface->up = true;
	iface->conf.mtu = 1500;
	iface->conf.addr_count = 1;
	iface->conf.addr[0] = (struct iface_addr){ addr("192.0.2.1"), 24, false };
	bfd_conf_defaults(&bed->conf);
	bed->conf.peer_limit = 4;
	return true;
}

static bool bfd_conf_line(struct step *step)
{
	struct bfd_params *params = &((struct bed *)step->bed)->conf.params;
	struct reader *in = &step->in;
	u32 number;

	if (reader_word(in, "passive"))
		params->passive = true;
	else if (reader_word(in, "tx") && reader_number(in, &number))
		params->min_tx_us = number * US_PER_MS;
	else if (reader_word(in, "rx") && reader_number(in, &number))
		params->min_rx_us = number * US_PER_MS;
	else if (reader_word(in, "multiplier") && reader_number(in, &number))
		params->multiplier = (u8)number;
	else
		return reader_wrong(in, "no such setting: %s", in->at);
	return true;
}

static void bfd_start_step(struct step *step)
{
	struct bed *bed = step->bed;
	struct bfd_start start = { .ifaces = &bed->ifaces, .log = &bed->log, .seed = { 1 } };
	struct mem mem;
	u64 size;

	mem_init_plan(&mem);
	bfd_layout(&bed->bfd, &bed->conf, &mem);
	size = mem.used;
	bed->region = aligned_alloc(MEM_LINE, size);
	CHECK(bed->region != NULL);
	memset(bed->region, 0, size);
	mem_init(&mem, bed->region, size);
	bfd_layout(&bed->bfd, &bed->conf, &mem);
	bed->host = dgram_host_new(&bed->ifaces);
	start.io = dgram_io(bed->host);
	bfd_init(&bed->bfd, &bed->conf, &start);
	bed->id = bfd_get(&bed->bfd, addr("192.0.2.2"), 0, ROUTE_STATIC, step->now);
}

static void bfd_close(struct step *step)
{
	struct bed *bed = step->bed;

	if (bed->host != NULL)
		dgram_host_del(bed->host);
	free(bed->region);
	free(bed);
}

static const char *const states[] = { "admin-down", "down", "init", "up" };

static void bfd_run(struct step *step, ns_t until)
{
	struct bed *bed = step->bed;
	struct dgram dgram;
	sock_id sock;
	u8 ready;

	step->now = until;
	while (dgram_ready(bed->host, &sock, &ready))
		bfd_sock(&bed->bfd, sock, ready, step->now);
	bfd_tick(&bed->bfd, step->now);
	bfd_check(&bed->bfd);
	while (dgram_take(bed->host, &dgram)) {
		struct step_text out = { .len = 0 };
		struct bfd_msg msg;

		CHECK(bfd_msg_read(dgram.data, dgram.bytes, &msg) == BFD_GOOD);
		step_put(&out, "%s diag %u%s%s multiplier %u yours %u tx %u rx %u",
			 states[msg.state], msg.diag, (msg.flags & BFD_POLL) != 0 ? " poll" : "",
			 (msg.flags & BFD_FINAL) != 0 ? " final" : "", msg.multiplier, msg.yours,
			 msg.min_tx_us / US_PER_MS, msg.min_rx_us / US_PER_MS);
		step_said(step, step->now, out.text);
	}
}

static struct bfd_info info_of(const struct step *step)
{
	struct bfd_info info = { .mine = 0 };
	u32 cursor = 0;

	(void)bfd_show(&((struct bed *)step->bed)->bfd, &cursor, &info, 1, step->now);
	return info;
}

static bool hear_msg(struct step *step, struct dgram *dgram)
{
	struct reader *in = &step->in;
	struct bfd_msg msg = { .multiplier = 3,
			       .len_bytes = BFD_LEN,
			       .mine = NEIGHBOUR,
			       .min_tx_us = 1000000,
			       .min_rx_us = 1000000,
			       .state = BFD_STATES };
	u32 number;

	for (u32 n = 0; n < BFD_STATES && msg.state == BFD_STATES; n++) {
		if (reader_word(in, states[n]))
			msg.state = (enum bfd_state)n;
	}
	if (msg.state == BFD_STATES)
		return reader_wrong(in, "no such state: %s", in->at);
	if (reader_word(in, "diag") && reader_number(in, &number))
		msg.diag = (u8)number;
	msg.flags |= reader_word(in, "poll") ? BFD_POLL : 0;
	msg.flags |= reader_word(in, "final") ? BFD_FINAL : 0;
	msg.flags |= reader_word(in, "demand") ? BFD_DEMAND : 0;
	if (reader_word(in, "multiplier") && reader_number(in, &number))
		msg.multiplier = (u8)number;
	(void)(reader_word(in, "mine") && reader_number(in, &msg.mine));
	if (reader_word(in, "yours")) {
		if (reader_word(in, "ours"))
			msg.yours = info_of(step).mine;
		else
			(void)reader_number(in, &msg.yours);
	}
	if (reader_word(in, "tx") && reader_number(in, &number))
		msg.min_tx_us = number * US_PER_MS;
	if (reader_word(in, "rx") && reader_number(in, &number))
		msg.min_rx_us = number * US_PER_MS;
	if (reader_word(in, "ttl") && reader_number(in, &number))
		dgram->ttl = (u8)number;
	bfd_msg_write(dgram->data, &msg);
	dgram->bytes = BFD_LEN;
	return true;
}

static bool bfd_hear(struct step *step)
{
	struct dgram dgram = { .from = { addr("192.0.2.2"), be16_of(BFD_SPORT_FIRST) },
			       .to = { addr("192.0.2.1"), be16_of(BFD_PORT) },
			       .ttl = BFD_TTL };

	if (reader_word(&step->in, "hex")) {
		if (!step_hex(step, dgram.data, sizeof dgram.data, &dgram.bytes))
			return false;
	} else if (!hear_msg(step, &dgram)) {
		return false;
	}
	dgram_put(((struct bed *)step->bed)->host, &dgram);
	bfd_run(step, step->now);
	return true;
}

static bool bfd_event(struct step *step)
{
	struct bed *bed = step->bed;

	if (reader_word(&step->in, "put"))
		bfd_put(&bed->bfd, bed->id, ROUTE_STATIC, step->now);
	else if (reader_word(&step->in, "get"))
		bed->id = bfd_get(&bed->bfd, addr("192.0.2.2"), 0, ROUTE_STATIC, step->now);
	else
		return reader_wrong(&step->in, "no such event: %s", step->in.at);
	bfd_run(step, step->now);
	return true;
}

static bool bfd_show_step(struct step *step, const char *about, char *to, u32 size)
{
	struct bfd_info info = info_of(step);

	if (strncmp(about, "state ", 6) != 0)
		return false;
	(void)snprintf(to, size, "state %s diag %u", states[info.state], info.diag);
	return true;
}

const struct step_speaker step_bfd = {
	.name = "bfd",
	.open = bfd_open,
	.conf = bfd_conf_line,
	.start = bfd_start_step,
	.run = bfd_run,
	.hear = bfd_hear,
	.event = bfd_event,
	.show = bfd_show_step,
	.close = bfd_close,
};
