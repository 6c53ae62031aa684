/* BGP in step tests: 10.0.0.1 speaks, its peer 10.0.0.2 calls it and is the file.
 *
 *     bgp as 65001 peer 65002       then: hold, prefix-limit, import none, export none, shutdown,
 *                                   originate PREFIX, add-path, active
 *     connect, close, stop [TEXT], refresh-in, originate PREFIX, retract PREFIX, stall      events
 *     accept: of an active speaker, which calls by itself. What is heard and said on the connection
 *     that it opened has "its" in front. Stall: nothing of what is said is taken any more.
 *     open as N hold S id A [refresh] [enhanced] [restart S] [add-path N] [version N]
 *     keepalive; refresh [begin|end]; notification C/S [hex]; message TYPE hex; hex
 *     update [withdraw PREFIX...] [PREFIX...] ATTRIBUTE...; end-of-rib is an empty one
 * Attributes, in any order: origin igp|egp|incomplete, as-path N..., next-hop A, med N, local-pref
 * N, attr FLAGS/TYPE hex. Besides, the speaker says "close".
 * PREFIX#N is one with an identifier (RFC 7911).
 * Known: state S; route PREFIX via A | blackhole; paths PREFIX N.                                */
#include "script/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake/bgp_raw.h"
#include "fake/build.h"

struct bed {
	struct bgp_net *net;
	struct bgp_raw *raw;   /* the file called */
	struct bgp_raw *its;   /* the speaker did */
	struct bgp_raw *heard; /* one of both: where the message that is read comes in */
	bool is_ended;         /* of raw, and that was told */
	bool its_ended;
	char first[8][IP_TEXT_SIZE];
	u32 first_count;
};

static bool bgp_open(struct step *step)
{
	struct bed *bed = calloc(1, sizeof *bed);
	struct policy_rule *rule;
	u32 as, peer;

	CHECK(bed != NULL);
	step->bed = bed;
	bed->net = bgp_net_new();
	step->now = bed->net->now;
	if (!reader_word(&step->in, "as") || !reader_number(&step->in, &as) ||
	    !reader_word(&step->in, "peer") || !reader_number(&step->in, &peer))
		return reader_wrong(&step->in, "bgp as N peer N");
	bgp_net_host(bed->net, as, "192.0.2.1");
	bgp_net_host(bed->net, peer, "192.0.2.2");
	for (u32 n = 0; n < 2; n++) {
		bed->net->host[n]->rib_conf.net_limit = bed->net->host[n]->conf.net_limit = 64;
		bed->net->host[n]->rib_conf.path_limit = 128;
	}
	bgp_net_attach(bed->net, 0, "10.0.0.1/24");
	bgp_net_attach(bed->net, 1, "10.0.0.2/24");
	bgp_net_peer(bed->net, 0, "10.0.0.2", peer)->passive = true;
	/* The network that both are on is told to nobody. */
	rule = bgp_net_rule(bed->net, 0, BGP_NET_ANY);
	rule->sources = 1 << ROUTE_CONNECTED;
	rule->action = POLICY_REJECT;
	return true;
}

static bool bgp_conf(struct step *step)
{
	struct bed *bed = step->bed;
	struct reader *in = &step->in;
	struct bgp_peer_conf *peer = &bed->net->host[0]->conf.peer[0];
	u32 number;

	if (reader_word(in, "hold") && reader_number(in, &number))
		peer->hold_s = (u16)number;
	else if (reader_word(in, "prefix-limit") && reader_number(in, &number))
		peer->prefix_limit = number;
	else if (reader_word(in, "import none"))
		peer->import = POLICY_NONE;
	else if (reader_word(in, "export none"))
		peer->export = POLICY_NONE;
	else if (reader_word(in, "shutdown") && step_token(step, peer->shutdown_text, 64))
		peer->shutdown = true;
	else if (reader_word(in, "add-path"))
		peer->add_path_in = true;
	else if (reader_word(in, "active"))
		peer->passive = false;
	else if (!reader_word(in, "originate") || bed->first_count == ARRAY_COUNT(bed->first) ||
		 !step_token(step, bed->first[bed->first_count++], IP_TEXT_SIZE))
		return reader_wrong(in, "no such setting: %s", in->at);
	return true;
}

static void bgp_start(struct step *step)
{
	struct bed *bed = step->bed;

	bed->raw = bgp_raw_new(bed->net, 1);
	bed->its = bgp_raw_new(bed->net, 1);
	bgp_raw_listen(bed->its);
	bgp_net_start(bed->net, 0);
	for (u32 n = 0; n < bed->first_count; n++)
		bgp_net_originate(bed->net, 0, bed->first[n]);
}

static void bgp_close(struct step *step)
{
	struct bed *bed = step->bed;

	free(bed->raw);
	free(bed->its);
	bgp_net_del(bed->net);
	free(bed);
}

/* ---- what the speaker says ------------------------------------------------------------------- */

static void put_open(struct step_text *out, const u8 *msg, u32 len)
{
	struct bgp_open open;
	struct bgp_error error;

	if (!bgp_open_read(msg, len, &open, &error)) {
		step_put(out, "malformed open");
		return;
	}
	step_put(out, "open as %u hold %u", open.as, open.hold_s);
	step_put_addr(out, " id ", open.router_id);
	if (open.refresh)
		step_put(out, " refresh");
	if (open.enhanced_refresh)
		step_put(out, " enhanced");
	if (open.restart)
		step_put(out, " restart %u", open.restart_s);
	if (open.add_path != 0)
		step_put(out, " add-path %u", open.add_path);
}

static void put_nlri(struct step_text *out, struct bgp_piece piece)
{
	struct bgp_nlri nlri;

	while (bgp_nlri_next(&piece, false, &nlri)) {
		step_put_addr(out, " ", nlri.addr);
		step_put(out, "/%u", nlri.len);
	}
}

static void put_update(struct step_text *out, const u8 *msg, u32 len)
{
	static const char *const origins[] = { " origin igp", " origin egp", " origin incomplete" };
	static struct bgp_attrs attrs;
	struct bgp_wire wire = { .as4 = true };
	struct bgp_attr_found found;
	struct bgp_path_segment segment;
	struct bgp_update update;
	struct bgp_error error;
	struct bgp_piece path;

	CHECK(bgp_update_read(msg, len, &update, &error));
	step_put(out, update.withdrawn.len + update.attrs.len > 0 ? "update" : "end-of-rib");
	if (update.withdrawn.len > 0)
		step_put(out, " withdraw");
	put_nlri(out, update.withdrawn);
	put_nlri(out, update.nlri);
	if (update.attrs.len == 0)
		return;
	bgp_attrs_read(update.attrs, &wire, &attrs, &found);
	step_put(out, "%s as-path", origins[attrs.head.origin]);
	if (bgp_body_find(&attrs, BGP_AS_PATH, &path)) {
		while (bgp_path_next(&path, &segment)) {
			for (u32 n = 0; n < segment.count; n++)
				step_put(out, " %u", bgp_segment_as(&segment, n));
		}
	}
	step_put_addr(out, " next-hop ", attrs.head.nexthop);
}

static void put_notification(struct step_text *out, const u8 *msg, u32 len)
{
	struct bgp_error error;

	bgp_notification_read(msg, len, &error);
	step_put(out, "notification %u/%u", error.code, error.subcode);
	step_put_hex(out, error.data, error.data_len);
}

static void say(struct step *step, const char *where, const u8 *msg, u32 len)
{
	static const char *const kinds[] = { "refresh", "refresh begin", "refresh end" };
	struct step_text out = { .len = 0 };

	step_put(&out, "%s", where);
	switch (bgp_msg_type(msg)) {
	case BGP_OPEN: put_open(&out, msg, len); break;
	case BGP_UPDATE: put_update(&out, msg, len); break;
	case BGP_NOTIFICATION: put_notification(&out, msg, len); break;
	case BGP_KEEPALIVE: step_put(&out, "keepalive"); break;
	default: step_put(&out, "%s", kinds[msg[BGP_HLEN + 2] % ARRAY_COUNT(kinds)]); break;
	}
	step_said(step, step->now, out.text);
}

static void say_all(struct step *step, const char *where, struct bgp_raw *raw, bool *is_ended)
{
	struct step_text out = { .len = 0 };

	for (u32 n = 0; n < raw->count; n++)
		say(step, where, raw->msg[n], raw->len[n]);
	bgp_raw_forget(raw);
	step_put(&out, "%sclose", where);
	if (raw->ended && !*is_ended)
		step_said(step, step->now, out.text);
	*is_ended = raw->ended;
}

static void bgp_run(struct step *step, ns_t until)
{
	struct bed *bed = step->bed;

	if (until > bed->net->now) {
		bgp_raw_run(bed->raw, until - bed->net->now);
		bgp_raw_run(bed->its, 0);
	}
	step->now = bed->net->now;
	say_all(step, "", bed->raw, &bed->is_ended);
	say_all(step, "its ", bed->its, &bed->its_ended);
}

/* ---- what it hears --------------------------------------------------------------------------- */

static bool hear_open(struct step *step)
{
	struct bed *bed = step->bed;
	struct reader *in = &step->in;
	struct bgp_open open = { .ip4 = true, .as4 = true };
	u8 msg[BGP_OPEN_MOST];
	u32 as, hold, number, len, version = BGP_VERSION;

	if (!reader_word(in, "as") || !reader_number(in, &as) || !reader_word(in, "hold") ||
	    !reader_number(in, &hold) || !reader_word(in, "id") ||
	    !step_addr(step, &open.router_id))
		return reader_wrong(in, "open as N hold S id A");
	open.as = as;
	open.short_as = as > UINT16_MAX ? BGP_AS_TRANS : (u16)as;
	open.hold_s = (u16)hold;
	open.refresh = reader_word(in, "refresh");
	open.enhanced_refresh = reader_word(in, "enhanced");
	if (reader_word(in, "restart") && reader_number(in, &number)) {
		open.restart = open.restart_ip4 = open.forwarding_ip4 = true;
		open.restart_s = (u16)number;
	}
	if (reader_word(in, "add-path") && reader_number(in, &number))
		open.add_path = (u8)number;
	(void)(reader_word(in, "version") && reader_number(in, &version));
	len = bgp_open_write(msg, &open);
	msg[BGP_HLEN] = (u8)version;
	bgp_raw_send(bed->heard, msg, len);
	return true;
}

static bool hear_path(struct step *step, struct bgp_raw_update *update)
{
	u8 path[2 + 4 * 64] = { BGP_SEGMENT_SEQUENCE };
	u32 as;

	while (path[1] < 64 && reader_number(&step->in, &as))
		be32_store(path + 2 + 4u * path[1]++, be32_of(as));
	bgp_raw_attr(update, BGP_FLAG_TRANSITIVE, BGP_AS_PATH, path,
		     path[1] == 0 ? 0 : 2 + 4u * path[1]);
	return true;
}

static bool hear_raw_attr(struct step *step, struct bgp_raw_update *update)
{
	u8 head[1], value[256];
	u32 len, type;

	if (!step_hex(step, head, 1, &len) || len != 1 || !reader_word(&step->in, "/") ||
	    !reader_number(&step->in, &type) || !step_hex(step, value, sizeof value, &len))
		return reader_wrong(&step->in, "attr FLAGS/TYPE hex");
	bgp_raw_attr(update, head[0], (u8)type, value, len);
	return true;
}

static bool hear_attr(struct step *step, struct bgp_raw_update *update)
{
	static const char *const origins[] = { "igp", "egp", "incomplete" };
	struct reader *in = &step->in;
	be32 addr;
	u32 number;

	if (reader_word(in, "origin")) {
		for (u8 n = 0; n < ARRAY_COUNT(origins); n++) {
			if (reader_word(in, origins[n])) {
				bgp_raw_attr(update, BGP_FLAG_TRANSITIVE, BGP_ORIGIN, &n, 1);
				return true;
			}
		}
	}
	if (reader_word(in, "as-path"))
		return hear_path(step, update);
	if (reader_word(in, "next-hop") && step_addr(step, &addr)) {
		bgp_raw_attr(update, BGP_FLAG_TRANSITIVE, BGP_NEXT_HOP, &addr, 4);
		return true;
	}
	if (reader_word(in, "attr"))
		return hear_raw_attr(step, update);
	if (reader_word(in, "med") && reader_number(in, &number)) {
		addr = be32_of(number);
		bgp_raw_attr(update, BGP_FLAG_OPTIONAL, BGP_MED, &addr, 4);
		return true;
	}
	if (reader_word(in, "local-pref") && reader_number(in, &number)) {
		addr = be32_of(number);
		bgp_raw_attr(update, BGP_FLAG_TRANSITIVE, BGP_LOCAL_PREF, &addr, 4);
		return true;
	}
	return reader_wrong(in, "no such attribute: %s", in->at);
}

static bool hear_prefixes(struct step *step, u8 *to, u32 room, u32 *len)
{
	char text[IP_TEXT_SIZE];
	struct ip_prefix prefix;

	while (*reader_rest(&step->in) >= '0' && *step->in.at <= '9') {
		struct bgp_nlri nlri = { .path_id = 0 };
		char *id;

		if (!step_token(step, text, sizeof text))
			return reader_wrong(&step->in, "no prefix: %s", step->in.at);
		id = strchr(text, '#');
		if (id != NULL) {
			*id++ = '\0';
			nlri.path_id = (u32)strtoul(id, NULL, 10);
		}
		if (!ip_prefix_parse(text, &prefix) || *len + BGP_NLRI_MAX > room)
			return reader_wrong(&step->in, "no prefix before: %s", step->in.at);
		nlri.addr = prefix.addr.word[0];
		nlri.len = prefix.len;
		*len += bgp_nlri_write(to + *len, id != NULL, &nlri);
	}
	return true;
}

static bool hear_update(struct step *step)
{
	static struct bgp_raw_update update;

	memset(&update, 0, sizeof update);
	if (reader_word(&step->in, "withdraw") &&
	    !hear_prefixes(step, update.withdrawn, sizeof update.withdrawn, &update.withdrawn_len))
		return false;
	if (!hear_prefixes(step, update.nlri, sizeof update.nlri, &update.nlri_len))
		return false;
	while (*reader_rest(&step->in) != '\0') {
		if (!hear_attr(step, &update))
			return false;
	}
	bgp_raw_update_send(((struct bed *)step->bed)->heard, &update);
	return true;
}

static bool hear_refresh(struct step *step)
{
	u8 body[4] = { 0, BGP_AFI_IP4, BGP_REFRESH_REQUEST, BGP_SAFI_UNICAST };

	if (reader_word(&step->in, "begin"))
		body[2] = BGP_REFRESH_BEGIN;
	else if (reader_word(&step->in, "end"))
		body[2] = BGP_REFRESH_END;
	bgp_raw_message(((struct bed *)step->bed)->heard, BGP_ROUTE_REFRESH, body, sizeof body);
	return true;
}

static bool hear_notification(struct step *step)
{
	u8 body[2 + 256];
	u32 code, subcode, len;

	if (!reader_number(&step->in, &code) || !reader_word(&step->in, "/") ||
	    !reader_number(&step->in, &subcode) || !step_hex(step, body + 2, 256, &len))
		return reader_wrong(&step->in, "notification C/S [hex]");
	body[0] = (u8)code;
	body[1] = (u8)subcode;
	bgp_raw_message(((struct bed *)step->bed)->heard, BGP_NOTIFICATION, body, 2 + len);
	return true;
}

static bool bgp_hear(struct step *step)
{
	struct bed *bed = step->bed;
	struct reader *in = &step->in;
	u8 bytes[256];
	u32 len, type;

	bed->heard = reader_word(in, "its") ? bed->its : bed->raw;
	if (reader_word(in, "open"))
		return hear_open(step);
	if (reader_word(in, "update"))
		return hear_update(step);
	if (reader_word(in, "refresh"))
		return hear_refresh(step);
	if (reader_word(in, "notification"))
		return hear_notification(step);
	if (reader_word(in, "keepalive"))
		bgp_raw_message(bed->heard, BGP_KEEPALIVE, NULL, 0);
	else if (reader_word(in, "end-of-rib"))
		bgp_raw_message(bed->heard, BGP_UPDATE, "\0\0\0\0", 4);
	else if (reader_word(in, "message") && reader_number(in, &type) &&
		 step_hex(step, bytes, sizeof bytes, &len))
		bgp_raw_message(bed->heard, (enum bgp_type)type, bytes, len);
	else if (reader_word(in, "hex") && step_hex(step, bytes, sizeof bytes, &len))
		bgp_raw_send(bed->heard, bytes, len);
	else
		return reader_wrong(in, "no such message: %s", in->at);
	return true;
}

/* ---- what happens, and what is known --------------------------------------------------------- */

static bool bgp_event(struct step *step)
{
	struct bed *bed = step->bed;
	struct reader *in = &step->in;
	char text[IP_TEXT_SIZE];

	if (reader_word(in, "connect")) {
		bgp_raw_call(bed->raw, "10.0.0.1");
		bed->is_ended = false;
		bgp_run(step, bed->net->now);
	} else if (reader_word(in, "accept")) {
		if (!bgp_raw_accept(bed->its))
			return reader_wrong(in, "the speaker does not call");
		bgp_run(step, bed->net->now);
	} else if (reader_word(in, "close")) {
		bgp_raw_close(bed->raw);
	} else if (reader_word(in, "stall")) {
		bed->net->sock[(u32)bed->raw->sock].cork = true;
	} else if (reader_word(in, "stop")) {
		text[0] = '\0';
		(void)step_token(step, text, sizeof text);
		bgp_stop(&bed->net->host[0]->bgp, text, step->now);
	} else if (reader_word(in, "refresh-in")) {
		CHECK(bgp_peer_refresh_in(&bed->net->host[0]->bgp, addr("10.0.0.2"), step->now) ==
		      ERR_OK);
	} else if (reader_word(in, "originate") && step_token(step, text, sizeof text)) {
		bgp_net_originate(bed->net, 0, text);
	} else if (reader_word(in, "retract") && step_token(step, text, sizeof text)) {
		bgp_net_retract(bed->net, 0, text);
	} else {
		return reader_wrong(in, "no such event: %s", in->at);
	}
	return true;
}

static bool bgp_show(struct step *step, const char *about, char *to, u32 size)
{
	struct bed *bed = step->bed;
	char prefix[IP_TEXT_SIZE];
	struct step_text out = { .len = 0 };

	if (strncmp(about, "state ", 6) == 0) {
		step_put(&out, "state %s",
			 bgp_state_name(bgp_net_shown(bed->net, 0, "10.0.0.2").state));
	} else if (sscanf(about, "route %47s", prefix) == 1) {
		if (!bgp_net_has(bed->net, 0, prefix)) {
			step_put(&out, "no route %s", prefix);
		} else {
			step_put(&out, "route %s", prefix);
			step_put_addr(&out, " via ", bgp_net_attrs(bed->net, 0, prefix).nexthop);
		}
	} else if (sscanf(about, "paths %47s", prefix) == 1) {
		struct rib_shown path[8];

		step_put(&out, "paths %s %u", prefix,
			 bgp_net_paths(bed->net, 0, prefix, path, ARRAY_COUNT(path)));
	} else {
		return false;
	}
	(void)snprintf(to, size, "%s", out.text);
	return true;
}

const struct step_speaker step_bgp = {
	.name = "bgp",
	.open = bgp_open,
	.conf = bgp_conf,
	.start = bgp_start,
	.run = bgp_run,
	.hear = bgp_hear,
	.event = bgp_event,
	.show = bgp_show,
	.close = bgp_close,
};
