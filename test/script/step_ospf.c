/* OSPF in step tests: 5.5.5.5 has a network, 10.0.1.1/24, and a link to one router, 10.0.0.1/30.
 *
 *     ospf lan|ptp             which of both is up; then: priority N, stub-router, hello S dead S,
 *                              nssa, auth plain SECRET, auth md5|sha1|sha256 ID SECRET
 *     down, up; originate PREFIX, retract PREFIX, of others                            events
 *     from A id R [seq N] [unsigned|wrong] MESSAGE       what comes in, R being the router, N what
 *                              authentication numbers it with; a message is one of
 *     hello [interval S] [dead S] [mask A] [priority N] [dr A] [bdr A] [options N] [sees R]
 *     dd [init] [more] [master] [mtu N] seq same|next|N        its last, one more, or N
 *     update PREFIX metric N age N seq N      a summary-LSA of R
 *     request TYPE ID R...;    ack all        of what it was sent
 * Said: hello priority N dr A bdr A [sees R...]; dd [init] [more] [master] mtu N lsas N seq N;
 * request TYPE ID R...; update TYPE ID R seq N age N [max-metric] [forward A [propagate]]...; ack
 * TYPE ID R seq N...
 * Known: router S, of the interface; neighbour S, of the first one.                              */
#include "script/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake/build.h"
#include "fake/ospf_bed.h"

enum { LINK_MTU = 1500 };

static u16 iface_of(const struct ospf_bed *bed)
{
	return bed->ifaces.iface[BED_PTP].conf.mtu != 0 ? BED_PTP : BED_LAN;
}

static bool ospf_open(struct step *step)
{
	struct ospf_bed *bed = ospf_bed_new();
	bool is_lan = reader_word(&step->in, "lan");

	step->bed = bed;
	step->now = bed->now;
	if (!is_lan && !reader_word(&step->in, "ptp"))
		return reader_wrong(&step->in, "ospf lan|ptp");
	bed->policies.policy_count = bed->policies.rule_count = 1;
	bed->policies.policy[0].count = 1;
	bed->policies.rule[0] = (struct policy_rule){ .list = POLICY_NONE,
						      .sources = 1 << ROUTE_STATIC,
						      .action = POLICY_ACCEPT };
	bed->conf.export_policy = 0;
	/* The other one is not there. */
	bed->ifaces.iface[is_lan ? BED_PTP : BED_LAN].up = false;
	if (is_lan)
		bed->ifaces.iface[BED_PTP].conf.mtu = 0;
	return true;
}

static bool conf_auth(struct step *step, struct ospf_auth_conf *auth)
{
	static const struct {
		const char *name;
		enum ospf_key_alg alg;
	} algs[] = { { "md5", OSPF_KEY_MD5 },
		     { "sha1", OSPF_KEY_SHA1 },
		     { "sha256", OSPF_KEY_SHA256 } };
	char password[OSPF_PLAIN_SIZE + 1] = "";
	struct ospf_key *key = &auth->key[0];
	u32 id;

	if (reader_word(&step->in, "plain") && step_token(step, password, sizeof password)) {
		auth->kind = OSPF_AUTH_PLAIN;
		memcpy(auth->plain, password, sizeof auth->plain);
		return true;
	}
	for (u32 n = 0; n < ARRAY_COUNT(algs); n++) {
		if (!reader_word(&step->in, algs[n].name))
			continue;
		auth->kind = OSPF_AUTH_CRYPTO;
		auth->key_count = 1;
		key->alg = algs[n].alg;
		if (!reader_number(&step->in, &id) ||
		    !step_token(step, (char *)key->byte, OSPF_MD5_KEY_SIZE))
			break;
		key->id = (u8)id;
		key->len_bytes = (u32)strlen((const char *)key->byte);
		return true;
	}
	return reader_wrong(&step->in, "auth plain SECRET, or auth md5|sha1|sha256 ID SECRET");
}

static bool number_after(struct step *step, const char *word, u32 *number)
{
	return reader_word(&step->in, word) && reader_number(&step->in, number);
}

static bool ospf_conf_line(struct step *step)
{
	struct ospf_bed *bed = step->bed;
	struct ospf_iface_conf *iface = &bed->conf.iface[iface_of(bed)];
	u32 number, dead;

	if (reader_word(&step->in, "auth"))
		return conf_auth(step, &iface->auth);
	if (number_after(step, "priority", &number)) {
		bed->conf.iface[BED_LAN].priority = (u8)number;
	} else if (reader_word(&step->in, "stub-router")) {
		bed->conf.stub_router = true;
	} else if (reader_word(&step->in, "nssa")) {
		ospf_area_conf_defaults(&bed->conf.area[0], 1);
		bed->conf.area[0].kind = OSPF_AREA_NSSA;
		bed->conf.iface[BED_PTP].area_id = bed->conf.iface[BED_LAN].area_id = 1;
	} else if (number_after(step, "hello", &number) && number_after(step, "dead", &dead)) {
		iface->hello_s = (u16)number;
		iface->dead_s = dead;
	} else {
		return reader_wrong(&step->in, "no such setting: %s", step->in.at);
	}
	return true;
}

static void ospf_start(struct step *step)
{
	ospf_bed_start(step->bed);
}

static void ospf_close(struct step *step)
{
	struct ospf_bed *bed = step->bed;

	if (bed->region != NULL)
		ospf_bed_free(bed);
	else
		free(bed);
}

/* ---- what the speaker says ------------------------------------------------------------------- */

static void put_lsa(struct step_text *out, const struct ospf_lsa_hdr *hdr, bool with_age)
{
	step_put(out, " %u", hdr->type);
	step_put_addr(out, " ", hdr->id);
	step_put_addr(out, " ", hdr->adv);
	step_put(out, " seq %x", be32_host(hdr->seq));
	if (with_age)
		step_put(out, " age %u", be16_host(hdr->age));
}

/* RFC 6987: whether no link of a router-LSA is to be gone through. */
static bool is_stub_router(const u8 *lsa)
{
	struct ospf_link link;
	u32 at = 0, through = 0, max = 0;

	if (((const struct ospf_lsa_hdr *)(const void *)lsa)->type != OSPF_ROUTER_LSA)
		return false;
	while (ospf_link_next(lsa, &at, &link)) {
		if (link.type == OSPF_LINK_STUB)
			continue;
		through++;
		max += be16_host(link.metric) == OSPF_MAX_LINK_METRIC;
	}
	return through > 0 && max == through;
}

/* RFC 3101 section 2.4: where its packets are to go, and whether border routers tell others. */
static void put_nssa(struct step_text *out, const u8 *lsa)
{
	const struct ospf_external_lsa *external = (const void *)lsa;

	if (external->hdr.type != OSPF_NSSA_LSA)
		return;
	step_put_addr(out, " forward ", external->forward);
	if ((external->hdr.options & OSPF_OPT_NP) != 0)
		step_put(out, " propagate");
}

static void put_hello(struct step_text *out, const u8 *body, u32 len)
{
	const struct ospf_hello *hello = (const void *)body;

	step_put(out, "hello priority %u", hello->priority);
	step_put_addr(out, " dr ", hello->dr);
	step_put_addr(out, " bdr ", hello->bdr);
	for (u32 n = 0; n < (len - sizeof *hello) / 4; n++)
		step_put_addr(out, " sees ", hello->nbr[n]);
}

static void put_dd(struct step_text *out, const u8 *body, u32 len)
{
	const struct ospf_dd *dd = (const void *)body;

	step_put(out, "dd%s%s%s mtu %u lsas %u seq %u", (dd->flags & OSPF_DD_I) != 0 ? " init" : "",
		 (dd->flags & OSPF_DD_M) != 0 ? " more" : "",
		 (dd->flags & OSPF_DD_MS) != 0 ? " master" : "", be16_host(dd->mtu),
		 (u32)((len - sizeof *dd) / sizeof(struct ospf_lsa_hdr)), be32_host(dd->seq));
}

static void say(struct step *step, const struct bed_sent *sent)
{
	const struct ospf_hdr *hdr = (const void *)sent->msg;
	const u8 *body = sent->msg + sizeof *hdr;
	u32 len = be16_host(hdr->len) - (u32)sizeof *hdr;
	struct step_text out = { .len = 0 };

	if (hdr->type == OSPF_HELLO) {
		put_hello(&out, body, len);
	} else if (hdr->type == OSPF_DD) {
		put_dd(&out, body, len);
	} else if (hdr->type == OSPF_LSREQ) {
		step_put(&out, "request");
		for (u32 at = 0; at < len; at += (u32)sizeof(struct ospf_req)) {
			const struct ospf_req *req = (const void *)(body + at);

			step_put(&out, " %u", be32_host(req->type));
			step_put_addr(&out, " ", req->id);
			step_put_addr(&out, " ", req->adv);
		}
	} else {
		bool is_ack = hdr->type == OSPF_LSACK;

		step_put(&out, is_ack ? "ack" : "update");
		for (u32 at = is_ack ? 0 : 4; at < len;) {
			const struct ospf_lsa_hdr *lsa = (const void *)(body + at);

			put_lsa(&out, lsa, !is_ack);
			if (!is_ack && is_stub_router(body + at))
				step_put(&out, " max-metric");
			if (!is_ack)
				put_nssa(&out, body + at);
			at += is_ack ? (u32)sizeof *lsa : be16_host(lsa->len);
		}
	}
	step_said(step, step->now, out.text);
}

static void ospf_run(struct step *step, ns_t until)
{
	struct ospf_bed *bed = step->bed;

	if (until >= bed->now)
		ospf_bed_wait(bed, until - bed->now);
	step->now = bed->now;
	for (u32 n = 0; n < bed->sent_count; n++)
		say(step, &bed->sent[n]);
	ospf_bed_forget(bed);
}

/* ---- what it hears --------------------------------------------------------------------------- */

static void hear_hello(struct step *step, const struct bed_nbr *nbr)
{
	const struct ospf_bed *bed = step->bed;
	u32 interval = bed->ospf.iface[nbr->iface].conf.hello_s;
	u32 dead = bed->ospf.iface[nbr->iface].conf.dead_s, priority = 1;
	u32 options = ospf_options(&bed->ospf.area[bed->ospf.iface[nbr->iface].area]);
	u8 body[sizeof(struct ospf_hello) + 4];
	struct ospf_hello hello = { .mask = addr(nbr->iface == BED_LAN ? "255.255.255.0"
								       : "255.255.255.252") };
	be32 seen = { 0 };

	(void)number_after(step, "interval", &interval);
	(void)number_after(step, "dead", &dead);
	(void)(reader_word(&step->in, "mask") && step_addr(step, &hello.mask));
	(void)number_after(step, "priority", &priority);
	(void)(reader_word(&step->in, "dr") && step_addr(step, &hello.dr));
	(void)(reader_word(&step->in, "bdr") && step_addr(step, &hello.bdr));
	(void)number_after(step, "options", &options);
	(void)(reader_word(&step->in, "sees") && step_addr(step, &seen));
	hello.hello_s = be16_of((u16)interval);
	hello.dead_s = be32_of(dead);
	hello.priority = (u8)priority;
	hello.options = (u8)options;
	memcpy(body, &hello, sizeof hello);
	memcpy(body + sizeof hello, &seen, 4);
	ospf_bed_say(step->bed, nbr, OSPF_HELLO, body, (u32)sizeof hello + (seen.raw != 0 ? 4 : 0));
}

static bool hear_dd(struct step *step, const struct bed_nbr *nbr)
{
	const struct ospf_bed *bed = step->bed;
	const struct ospf_nbr *own = ospf_bed_nbr(bed, nbr);
	u32 seq = own != NULL ? own->dd_seq : 0, mtu = LINK_MTU;
	struct ospf_dd dd = { .options = ospf_options(
				      &bed->ospf.area[bed->ospf.iface[nbr->iface].area]) };

	dd.flags |= reader_word(&step->in, "init") ? OSPF_DD_I : 0;
	dd.flags |= reader_word(&step->in, "more") ? OSPF_DD_M : 0;
	dd.flags |= reader_word(&step->in, "master") ? OSPF_DD_MS : 0;
	(void)number_after(step, "mtu", &mtu);
	if (!reader_word(&step->in, "seq"))
		return reader_wrong(&step->in, "which seq");
	if (reader_word(&step->in, "next"))
		seq++;
	else if (!reader_word(&step->in, "same"))
		(void)reader_number(&step->in, &seq);
	dd.mtu = be16_of((u16)mtu);
	dd.seq = be32_of(seq);
	ospf_bed_say(step->bed, nbr, OSPF_DD, &dd, sizeof dd);
	return true;
}

static bool hear_update(struct step *step, const struct bed_nbr *nbr)
{
	char text[IP_TEXT_SIZE];
	struct ip_prefix prefix;
	struct ospf_summary_lsa lsa;
	u32 metric, age, seq;

	if (!step_token(step, text, sizeof text) || !ip_prefix_parse(text, &prefix) ||
	    !number_after(step, "metric", &metric) || !number_after(step, "age", &age) ||
	    !number_after(step, "seq", &seq))
		return reader_wrong(&step->in, "update PREFIX metric N age N seq N");
	lsa = ospf_bed_summary(nbr->rid, be32_host(prefix.addr.word[0]), seq, (u16)age);
	lsa.mask = be32_of(ip4_mask(prefix.len));
	lsa.metric = be32_of(metric);
	ospf_lsa_sign((u8 *)&lsa, sizeof lsa);
	ospf_bed_lsupd(step->bed, nbr, &lsa);
	return true;
}

static bool hear_request(struct step *step, const struct bed_nbr *nbr)
{
	struct ospf_req req[16];
	u32 count = 0, type;

	for (; count < ARRAY_COUNT(req) && reader_number(&step->in, &type); count++) {
		req[count].type = be32_of(type);
		if (!step_addr(step, &req[count].id) || !step_addr(step, &req[count].adv))
			return reader_wrong(&step->in, "request TYPE ID R...");
	}
	if (count == 0)
		return reader_wrong(&step->in, "request TYPE ID R...");
	ospf_bed_say(step->bed, nbr, OSPF_LSREQ, req, count * (u32)sizeof req[0]);
	return true;
}

static bool ospf_hear(struct step *step)
{
	struct ospf_bed *bed = step->bed;
	struct bed_nbr nbr = { .iface = iface_of(bed) };

	if (!reader_word(&step->in, "from") || !step_addr(step, &nbr.addr) ||
	    !reader_word(&step->in, "id") || !step_addr(step, &nbr.rid))
		return reader_wrong(&step->in, "from A id R");
	bed->say_seq = 0;
	(void)number_after(step, "seq", &bed->say_seq);
	bed->say_unsigned = reader_word(&step->in, "unsigned");
	bed->say_wrong = reader_word(&step->in, "wrong");
	if (reader_word(&step->in, "dd"))
		return hear_dd(step, &nbr);
	if (reader_word(&step->in, "update"))
		return hear_update(step, &nbr);
	if (reader_word(&step->in, "hello")) {
		hear_hello(step, &nbr);
	} else if (reader_word(&step->in, "request")) {
		return hear_request(step, &nbr);
	} else if (reader_word(&step->in, "ack all")) {
		ospf_bed_ack_all(bed, &nbr);
	} else {
		return reader_wrong(&step->in, "no such message: %s", step->in.at);
	}
	return true;
}

/* ---- what happens, and what is known --------------------------------------------------------- */

/* A blackhole of the configuration comes, or goes. */
static bool change_fixed(struct step *step, bool comes)
{
	struct ospf_bed *bed = step->bed;
	struct rib_path path = { .client = bed->fixed,
				 .type = FIB_BLACKHOLE,
				 .distance = RIB_DISTANCE_STATIC,
				 .hops = RIB_NONE };
	char text[IP_TEXT_SIZE];
	struct ip_prefix prefix;
	enum err err;

	if (!step_token(step, text, sizeof text) || !ip_prefix_parse(text, &prefix))
		return reader_wrong(&step->in, "no prefix: %s", step->in.at);
	err = comes ? rib_offer(&bed->rib, &prefix, &path)
		    : rib_withdraw(&bed->rib, &prefix, bed->fixed, 0);
	return err == ERR_OK || reader_wrong(&step->in, "the RIB refuses %s", text);
}

static bool ospf_event(struct step *step)
{
	struct ospf_bed *bed = step->bed;
	bool is_up = reader_word(&step->in, "up");

	if (reader_word(&step->in, "originate"))
		return change_fixed(step, true);
	if (reader_word(&step->in, "retract"))
		return change_fixed(step, false);
	if (!is_up && !reader_word(&step->in, "down"))
		return reader_wrong(&step->in, "no such event: %s", step->in.at);
	bed->ifaces.iface[iface_of(bed)].up = is_up;
	ospf_ifaces(&bed->ospf, bed->now);
	return true;
}

static bool ospf_show(struct step *step, const char *about, char *to, u32 size)
{
	struct ospf_bed *bed = step->bed;
	const struct ospf_iface *iface = &bed->ospf.iface[iface_of(bed)];
	u32 first = iface->nbr_first;

	if (strncmp(about, "router ", 7) == 0)
		(void)snprintf(to, size, "router %s",
			       ospf_iface_state_name((enum ospf_iface_state)iface->state));
	else if (strncmp(about, "neighbour", 9) != 0)
		return false;
	else if (first == IDX_NONE)
		(void)snprintf(to, size, "no neighbour");
	else
		(void)snprintf(to, size, "neighbour %s",
			       ospf_nbr_state_name(
				       (enum ospf_nbr_state)ospf_nbr_at(&bed->ospf, first)->state));
	return true;
}

const struct step_speaker step_ospf = {
	.name = "ospf",
	.open = ospf_open,
	.conf = ospf_conf_line,
	.start = ospf_start,
	.run = ospf_run,
	.hear = ospf_hear,
	.event = ospf_event,
	.show = ospf_show,
	.close = ospf_close,
};
