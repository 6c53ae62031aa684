/* RIP in step tests: 192.0.2.1/24 on interface 0, 198.51.100.1/24 on interface 1.
 *
 *     rip                      then: passive, auth password SECRET, auth md5|sha1|sha256 ID SECRET
 *     up N, down N, originate PREFIX                                                   events
 *     from A [port P] [signed N [wrong]] response PREFIX metric N [via A] [tag N]...
 *     from A [port P] [signed N [wrong]] request all|PREFIX...;    from A hex
 *     iface N to A response|request ...        what is said, with authentication that is right
 * A neighbour is on the interface of its network. Known: route PREFIX metric N via A, or
 * unreachable while it is told so.                                                               */
#include "script/step.h"

#include <stdio.h>
#include <string.h>

#include "core/base/check.h"
#include "fake/build.h"
#include "fake/rip_bed.h"

static bool rip_open(struct step *step)
{
	struct rip_bed *bed = rip_bed_new();

	step->bed = bed;
	step->now = bed->now;
	/* Whatever is asked about is announced. */
	bed->conf.export = 0;
	bed->policy.policy_count = bed->policy.rule_count = 1;
	bed->policy.policy[0].count = 1;
	bed->policy.rule[0].list = POLICY_NONE;
	return true;
}

static bool conf_auth(struct step *step, struct rip_auth_conf *auth)
{
	static const struct {
		const char *name;
		enum digest_alg alg;
	} algs[] = { { "md5", DIGEST_MD5 }, { "sha1", DIGEST_SHA1 }, { "sha256", DIGEST_SHA256 } };
	struct rip_key *key = &auth->key[0];
	u32 id;

	auth->key_count = 1;
	auth->kind = reader_word(&step->in, "password") ? RIP_AUTH_PASSWORD : RIP_AUTH_DIGEST;
	for (u32 n = 0; n < ARRAY_COUNT(algs) && auth->kind == RIP_AUTH_DIGEST; n++) {
		if (!reader_word(&step->in, algs[n].name))
			continue;
		key->alg = algs[n].alg;
		if (!reader_number(&step->in, &id))
			return reader_wrong(&step->in, "auth KIND ID SECRET");
		key->id = (u8)id;
	}
	if (!step_token(step, (char *)key->secret, RIP_PASSWORD_MAX))
		return reader_wrong(&step->in, "which secret");
	key->len_bytes = (u32)strlen((const char *)key->secret);
	return true;
}

static bool rip_conf(struct step *step)
{
	struct rip_bed *bed = step->bed;

	if (reader_word(&step->in, "passive"))
		return bed->conf.iface[0].passive = bed->conf.iface[1].passive = true;
	if (!reader_word(&step->in, "auth"))
		return reader_wrong(&step->in, "no such setting: %s", step->in.at);
	if (!conf_auth(step, &bed->conf.iface[0].auth))
		return false;
	bed->conf.iface[1].auth = bed->conf.iface[0].auth;
	return true;
}

static void rip_start_step(struct step *step)
{
	rip_bed_start(step->bed);
}

static void rip_close(struct step *step)
{
	rip_bed_free(step->bed);
}

/* ---- what the speaker says ------------------------------------------------------------------- */

static void put_entry(struct step_text *out, const struct rip_entry *entry)
{
	if (entry->family == RIP_FAMILY_ALL) {
		step_put(out, " all");
		return;
	}
	step_put_addr(out, " ", entry->addr);
	step_put(out, "/%u metric %u", (u32)__builtin_popcount(entry->mask.raw), entry->metric);
	if (entry->next_hop.raw != 0)
		step_put_addr(out, " via ", entry->next_hop);
	if (entry->tag != 0)
		step_put(out, " tag %u", entry->tag);
}

static void say(struct step *step, const struct dgram *dgram)
{
	struct rip_bed *bed = step->bed;
	struct step_text out = { .len = 0 };
	struct rip_auth_seen seen;
	enum rip_command command;

	CHECK(rip_msg_header(dgram->data, dgram->bytes, &command) == RIP_MSG_OK);
	CHECK(rip_auth_check(&bed->conf.iface[0].auth, dgram->data, dgram->bytes, &seen) ==
	      RIP_AUTH_GOOD);
	step_put(&out, "iface %u", dgram->iface);
	step_put_addr(&out, " to ", dgram->to.addr);
	if (be16_host(dgram->to.port) != RIP_PORT)
		step_put(&out, " port %u", be16_host(dgram->to.port));
	step_put(&out, command == RIP_REQUEST ? " request" : " response");
	for (u32 n = 0; n < seen.entry_count; n++) {
		struct rip_entry entry;

		rip_entry_read(dgram->data + seen.entry_at + n * RIP_ENTRY_LEN, &entry);
		put_entry(&out, &entry);
	}
	step_said(step, step->now, out.text);
}

static void turn(struct step *step)
{
	struct rip_bed *bed = step->bed;
	struct dgram out;

	bed->now = step->now;
	rip_bed_turn(bed);
	while (dgram_take(bed->host, &out))
		say(step, &out);
}

static void rip_run(struct step *step, ns_t until)
{
	step->now = until;
	turn(step);
}

/* ---- what it hears --------------------------------------------------------------------------- */

static bool hear_entry(struct step *step, struct dgram *in, bool has_metric)
{
	struct rip_entry entry = { .family = RIP_FAMILY_IP, .metric = RIP_INFINITY };
	char text[IP_TEXT_SIZE];
	struct ip_prefix prefix;
	u32 tag = 0;

	if (reader_word(&step->in, "all")) {
		entry.family = RIP_FAMILY_ALL;
	} else {
		if (!step_token(step, text, sizeof text) || !ip_prefix_parse(text, &prefix))
			return reader_wrong(&step->in, "no prefix before: %s", step->in.at);
		entry.addr = prefix.addr.word[0];
		entry.mask = be32_of(ip4_mask(prefix.len));
	}
	if (has_metric &&
	    (!reader_word(&step->in, "metric") || !reader_number(&step->in, &entry.metric)))
		return reader_wrong(&step->in, "PREFIX metric N");
	if (reader_word(&step->in, "via") && !step_addr(step, &entry.next_hop))
		return false;
	(void)(reader_word(&step->in, "tag") && reader_number(&step->in, &tag));
	entry.tag = (u16)tag;
	rip_entry_write(in->data + in->bytes, &entry);
	in->bytes += RIP_ENTRY_LEN;
	return true;
}

static bool hear_entries(struct step *step, struct dgram *in)
{
	const struct rip_auth_conf *auth = &((struct rip_bed *)step->bed)->conf.iface[0].auth;
	bool is_signed = reader_word(&step->in, "signed"), is_wrong = false, is_response;
	u32 sequence = 0;

	if (is_signed && !reader_number(&step->in, &sequence))
		return reader_wrong(&step->in, "signed N");
	is_wrong = is_signed && reader_word(&step->in, "wrong");
	is_response = reader_word(&step->in, "response");
	if (!is_response && !reader_word(&step->in, "request"))
		return reader_wrong(&step->in, "no such message: %s", step->in.at);
	rip_header_write(in->data, is_response ? RIP_RESPONSE : RIP_REQUEST);
	in->bytes = RIP_HEADER_LEN + (is_signed ? rip_auth_entries(auth) * RIP_ENTRY_LEN : 0);
	while (*reader_rest(&step->in) != '\0') {
		if (in->bytes + RIP_ENTRY_LEN > DGRAM_BYTES || !hear_entry(step, in, is_response))
			return reader_wrong(&step->in, "too many entries");
	}
	if (is_signed)
		in->bytes = rip_auth_sign(auth, in->data, in->bytes, sequence);
	/* Of a password the first byte, of a digest the last one. */
	in->data[auth->kind == RIP_AUTH_PASSWORD ? 8 : in->bytes - 1] ^= is_wrong;
	return true;
}

static bool rip_hear(struct step *step)
{
	struct rip_bed *bed = step->bed;
	struct dgram in = { .to = { be32_of(RIP_GROUP), be16_of(RIP_PORT) }, .ttl = 1 };
	u32 port = RIP_PORT;

	if (!reader_word(&step->in, "from") || !step_addr(step, &in.from.addr))
		return reader_wrong(&step->in, "from A");
	(void)(reader_word(&step->in, "port") && reader_number(&step->in, &port));
	in.from.port = be16_of((u16)port);
	in.iface = iface_same_net(&bed->ifaces.iface[1], bed->ifaces.iface[1].conf.addr[0].addr,
				  in.from.addr);
	if (reader_word(&step->in, "hex")) {
		if (!step_hex(step, in.data, sizeof in.data, &in.bytes))
			return false;
	} else if (!hear_entries(step, &in)) {
		return false;
	}
	dgram_put(bed->host, &in);
	turn(step);
	return true;
}

/* ---- what happens, and what is known --------------------------------------------------------- */

static bool rip_event(struct step *step)
{
	struct rip_bed *bed = step->bed;
	struct rib_path path = { .client = bed->other, .type = FIB_UNICAST, .distance = 1 };
	struct rib_hop hop = { .iface = 1, .weight = 1 };
	char text[IP_TEXT_SIZE];
	struct ip_prefix prefix;
	bool is_up = reader_word(&step->in, "up");
	u32 n;

	if (is_up || reader_word(&step->in, "down")) {
		if (!reader_number(&step->in, &n) || n > 1)
			return reader_wrong(&step->in, "which interface");
		bed->ifaces.iface[n].up = is_up;
		rip_ifaces(&bed->rip, step->now);
	} else if (reader_word(&step->in, "originate") && step_token(step, text, sizeof text) &&
		   ip_prefix_parse(text, &prefix)) {
		hop.gateway = ip_addr4(addr("198.51.100.9"));
		path.hops = rib_hops_get(&bed->rib, &hop, 1);
		CHECK(rib_offer(&bed->rib, &prefix, &path) == ERR_OK);
	} else {
		return reader_wrong(&step->in, "no such event: %s", step->in.at);
	}
	turn(step);
	return true;
}

static bool rip_show(struct step *step, const char *about, char *to, u32 size)
{
	struct rip_bed *bed = step->bed;
	struct step_text out = { .len = 0 };
	struct rip_route_info info;
	char text[IP_TEXT_SIZE], own[IP_TEXT_SIZE];
	u32 cursor = 0;

	if (sscanf(about, "route %47s", text) != 1)
		return false;
	while (out.len == 0 && rip_show_routes(&bed->rip, &cursor, &info, 1, step->now) == 1) {
		struct ip_prefix prefix = ip_prefix4(info.addr, info.len);

		ip_prefix_print(&prefix, own, sizeof own);
		if (strcmp(own, text) != 0)
			continue;
		step_put(&out, "route %s", text);
		if (info.hop_count == 0)
			step_put(&out, " unreachable");
		else
			step_put(&out, " metric %u", info.metric);
		for (u32 n = 0; n < info.hop_count; n++)
			step_put_addr(&out, " via ", info.hop[n].gateway);
	}
	if (out.len == 0)
		step_put(&out, "no route %s", text);
	(void)snprintf(to, size, "%s", out.text);
	return true;
}

const struct step_speaker step_rip = {
	.name = "rip",
	.open = rip_open,
	.conf = rip_conf,
	.start = rip_start_step,
	.run = rip_run,
	.hear = rip_hear,
	.event = rip_event,
	.show = rip_show,
	.close = rip_close,
};
