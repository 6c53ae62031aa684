/* BFD in step tests: 192.0.2.1 speaks to 192.0.2.2, from the first timed line on.
 *
 *     bfd                                   then: passive, tx MS, rx MS, multiplier N,
 *                                           auth password|md5|sha1|meticulous-sha1 ID SECRET
 *     get, put                              events: who wants the session, and wants it no longer
 *     STATE [diag N] [poll] [final] [demand] [multiplier N] [mine N] [yours ours|N] [tx MS] [rx MS]
 *     [ttl N] [signed N [wrong]]; hex       a packet; usual: of 119, to nobody, 1000 ms, TTL 255
 * Said: STATE diag N [poll] [final] multiplier N yours N tx MS rx MS. Known: state S, diag N.    */
#include "script/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "fake/bfd_side.h"
#include "fake/build.h"

enum { US_PER_MS = 1000, NEIGHBOUR = 119 };

static bool bfd_open(struct step *step)
{
	struct bfd_side *side = malloc(sizeof *side);

	CHECK(side != NULL);
	bfd_side_init(side, addr("192.0.2.1"));
	step->bed = side;
	step->now = 5 * NS_PER_SEC;
	return true;
}

static bool conf_auth(struct step *step, struct bfd_auth_conf *auth)
{
	static const struct {
		const char *name;
		enum bfd_auth_kind kind;
	} kinds[] = { { "password", BFD_AUTH_PASSWORD },
		      { "md5", BFD_AUTH_MD5 },
		      { "sha1", BFD_AUTH_SHA1 },
		      { "meticulous-sha1", BFD_AUTH_SHA1_METICULOUS } };
	struct bfd_key *key = &auth->key[0];
	u32 id;

	for (u32 n = 0; n < ARRAY_COUNT(kinds) && auth->kind == BFD_AUTH_NONE; n++) {
		if (reader_word(&step->in, kinds[n].name))
			auth->kind = kinds[n].kind;
	}
	auth->key_count = 1;
	if (auth->kind == BFD_AUTH_NONE || !reader_number(&step->in, &id) ||
	    !step_token(step, (char *)key->secret, BFD_PASSWORD_MAX))
		return reader_wrong(&step->in, "auth KIND ID SECRET");
	key->id = (u8)id;
	key->len_bytes = (u8)strlen((const char *)key->secret);
	return true;
}

static bool bfd_conf_line(struct step *step)
{
	struct bfd_params *params = &((struct bfd_side *)step->bed)->conf.params;
	struct reader *in = &step->in;
	u32 number;

	if (reader_word(in, "passive"))
		params->passive = true;
	else if (reader_word(in, "auth"))
		return conf_auth(step, &params->auth);
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
	static const u8 seed[32] = { 1 };
	struct bfd_side *side = step->bed;

	bfd_side_start(side, seed);
	side->id = bfd_get(&side->bfd, addr("192.0.2.2"), 0, ROUTE_STATIC, step->now);
}

static void bfd_close(struct step *step)
{
	bfd_side_end(step->bed);
	free(step->bed);
}

static const char *const states[] = { "admin-down", "down", "init", "up" };

static void bfd_run(struct step *step, ns_t until)
{
	struct bfd_side *side = step->bed;
	struct dgram dgram;

	step->now = until;
	bfd_side_turn(side, step->now);
	while (dgram_take(side->host, &dgram)) {
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

	(void)bfd_show(&((struct bfd_side *)step->bed)->bfd, &cursor, &info, 1, step->now);
	return info;
}

/* The key of the speaker, with one bit of the last byte turned where it is to be wrong. */
static void hear_signed(struct step *step, struct dgram *dgram, struct bfd_msg *msg, u32 sequence)
{
	const struct bfd_auth_conf *auth = &((struct bfd_side *)step->bed)->conf.params.auth;

	msg->flags |= BFD_AUTHENTICATED;
	msg->len_bytes = (u8)(BFD_LEN + bfd_auth_len(auth));
	bfd_msg_write(dgram->data, msg);
	bfd_auth_sign(auth, dgram->data, sequence);
	dgram->bytes = msg->len_bytes;
	if (reader_word(&step->in, "wrong"))
		dgram->data[dgram->bytes - 1] ^= 1;
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
	dgram->bytes = BFD_LEN;
	if (!reader_word(in, "signed")) {
		bfd_msg_write(dgram->data, &msg);
		return true;
	}
	if (!reader_number(in, &number))
		return reader_wrong(in, "signed N");
	hear_signed(step, dgram, &msg, number);
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
	dgram_put(((struct bfd_side *)step->bed)->host, &dgram);
	bfd_run(step, step->now);
	return true;
}

static bool bfd_event(struct step *step)
{
	struct bfd_side *side = step->bed;

	if (reader_word(&step->in, "put"))
		bfd_put(&side->bfd, side->id, ROUTE_STATIC, step->now);
	else if (reader_word(&step->in, "get"))
		side->id = bfd_get(&side->bfd, addr("192.0.2.2"), 0, ROUTE_STATIC, step->now);
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
