/* What a policy of chain input or output cuts off although nobody thinks of it as such: pings, the
 * last answer of a traceroute, checks of backends and their answers.
 *
 * A rule is asked whether it might let such a packet pass, of whomever and wherever. So there is no
 * note where somebody has thought of it, and one may be missing where the thought was wrong.     */
#include "host/conf/conf_notes.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"
#include "host/conf/values.h"

enum {
	TRACEROUTE_PORT = 33434,
	SOME_PORT = 50000, /* of a client */
};

/* A packet that wants to pass a chain. */
struct comer {
	enum filter_chain chain;
	s32 proto;
	u8 icmp_type;
	u8 tcp_flags;
	u16 sport; /* 0: any, here and below */
	u16 dport;
	be32 source; /* zero: anybody's */
	u32 states;  /* those that it may have, by enum conf_state as bits */
};

static void note(struct conf_notes *notes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void note(struct conf_notes *notes, const char *format, ...)
{
	va_list list;

	if (notes->count == CONF_NOTE_MAX) {
		notes->left_out++;
		return;
	}
	va_start(list, format);
	vsnprintf(notes->text[notes->count++], CONF_NOTE_SIZE, format, list);
	va_end(list);
}

/* ---- rules ----------------------------------------------------------------------------------- */

static bool is_of_states(const struct conf_filter_rule *rule, u32 states)
{
	u32 asked = rule->state_count ? 0 : states;

	for (u32 i = 0; i < rule->state_count; i++)
		asked |= 1U << rule->state[i];
	return (asked & states) != 0;
}

/* What is in a set changes while the gateway runs: any port may be. */
static bool is_of_port(u16 first, u16 last, bool not, u16 port)
{
	return first == 0 || port == 0 || (port >= first && port <= last) != not ;
}

static bool is_of_ports(const struct conf_filter_rule *rule, const struct comer *comer)
{
	bool asks = rule->sport_first || rule->dport_first || rule->sport_set[0] ||
		    rule->dport_set[0];

	if (!asks)
		return true;
	return ip4_has_ports((u8)comer->proto) &&
	       is_of_port(rule->sport_first, rule->sport_last, rule->sport_not, comer->sport) &&
	       is_of_port(rule->dport_first, rule->dport_last, rule->dport_not, comer->dport);
}

static bool is_of_flags(const struct conf_filter_rule *rule, const struct comer *comer)
{
	for (u32 i = 0; i < rule->flag_count; i++) {
		bool has = (comer->tcp_flags >> rule->flag[i] % CONF_FLAG_COUNT & 1) != 0;

		if (has != (rule->flag[i] < CONF_FLAG_COUNT))
			return false;
	}
	return true;
}

static bool is_of_source(const struct conf_filter_rule *rule, const struct comer *comer)
{
	if (comer->source.raw == 0 || rule->source_len == 0)
		return true;
	return be32_eq(value_network(comer->source, rule->source_len), rule->source) !=
	       rule->source_not;
}

static bool may_match(const struct conf_filter_rule *rule, const struct comer *comer)
{
	bool proto = rule->proto == CONF_ANY || (rule->proto == comer->proto) != rule->proto_not;
	bool icmp = rule->icmp_type == CONF_ANY || rule->icmp_type == comer->icmp_type;

	return rule->chain == comer->chain && proto && icmp && is_of_states(rule, comer->states) &&
	       is_of_ports(rule, comer) && is_of_flags(rule, comer) && is_of_source(rule, comer);
}

/* Whether nothing but the policy is there for it. answered: an error is as good. */
static bool is_cut(const struct conf *conf, const struct comer *comer, bool answered)
{
	const struct conf_filter *filter = &conf->filter;
	enum filter_action policy = filter->policy[comer->chain];

	if (policy == FILTER_ACCEPT || (answered && policy == FILTER_REJECT))
		return false;
	for (u32 i = 0; i < filter->rule_count; i++) {
		const struct conf_filter_rule *rule = &filter->rule[i];

		if (may_match(rule, comer) &&
		    (rule->action == FILTER_ACCEPT || (answered && rule->action == FILTER_REJECT)))
			return false;
	}
	return true;
}

/* ---- who is cut off -------------------------------------------------------------------------- */

/* For the host's own addresses it is untracked. */
#define FROM_OUTSIDE (1U << CONF_NEW | 1U << CONF_UNTRACKED)

static void note_tools(const struct conf *conf, struct conf_notes *notes)
{
	const struct comer ping = { .chain = FILTER_INPUT,
				    .proto = IP_PROTO_ICMP,
				    .icmp_type = ICMP_ECHO,
				    .states = FROM_OUTSIDE };
	const struct comer trace = { .chain = FILTER_INPUT,
				     .proto = IP_PROTO_UDP,
				     .sport = SOME_PORT,
				     .dport = TRACEROUTE_PORT,
				     .states = FROM_OUTSIDE };

	if (is_cut(conf, &ping, false))
		note(notes, "filter.input lets no echo request in, so no ping of the gateway is "
			    "answered; this would: {chain: input, protocol: icmp, icmp: "
			    "echo-request, action: accept}");
	if (is_cut(conf, &trace, true))
		note(notes, "filter.input drops UDP to ports from 33434 on, so a traceroute to the "
			    "gateway has no last line; this would: {chain: input, protocol: udp, "
			    "ports: 33434-33534, action: reject, reject-with: port}");
}

/* What a check sends, or what the backend answers: of the gateway's own flows. */
static struct comer check_of(enum filter_chain chain, const struct conf_service *service,
			     const struct backend_conf *backend)
{
	bool out = chain == FILTER_OUTPUT;
	bool echo = service->check.kind == HEALTH_ICMP;
	u16 port = backend->port ? backend->port : service->port_first;

	if (service->check.port)
		port = service->check.port;
	return (struct comer){ .chain = chain,
			       .proto = echo ? IP_PROTO_ICMP : IP_PROTO_TCP,
			       .icmp_type = out ? ICMP_ECHO : ICMP_ECHO_REPLY,
			       .tcp_flags = out ? TCP_SYN : TCP_SYN | TCP_ACK,
			       .sport = out ? 0 : port,
			       .dport = out ? port : 0,
			       .source = out ? be32_of(0) : backend->addr,
			       .states = out ? 1U << CONF_NEW : 1U << CONF_ESTABLISHED };
}

static bool has_cut(const struct conf *conf, const struct conf_service *service,
		    enum filter_chain chain)
{
	bool cut = false;

	for (u32 n = 0; n < service->backend_count && !cut; n++) {
		struct comer comer = check_of(chain, service, &service->backend[n]);

		cut = is_cut(conf, &comer, false);
	}
	return cut;
}

static void note_checks(const struct conf *conf, struct conf_notes *notes)
{
	for (u32 i = 0; i < conf->service_count; i++) {
		const struct conf_service *service = &conf->service[i];

		if (service->check.kind == HEALTH_NONE)
			continue;
		if (has_cut(conf, service, FILTER_OUTPUT))
			note(notes,
			     "filter.output lets no check of service '%s' out, so that its "
			     "backends are taken as down; this would: {chain: output, protocol: "
			     "%s, action: accept}",
			     service->name,
			     service->check.kind == HEALTH_ICMP ? "icmp, icmp: echo-request"
								: "tcp");
		if (has_cut(conf, service, FILTER_INPUT))
			note(notes,
			     "filter.input lets no answer to checks of service '%s' in, so that "
			     "its backends are taken as down; this would: {chain: input, states: "
			     "established, action: accept}",
			     service->name);
	}
}

/* RFC 8212: of a peer of another AS nothing is taken, and nothing is told to it, unless somebody
 * has said what.                                                                                 */
static void note_peers(const struct conf *conf, struct conf_notes *notes)
{
	const struct conf_bgp *bgp = &conf->routing.bgp;

	for (u32 i = 0; i < bgp->peer_count; i++) {
		const struct conf_bgp_peer *peer = &bgp->peer[i];
		bool takes = peer->import[0] != 0;
		bool tells = peer->export[0] != 0;

		if (peer->as == bgp->as || (takes && tells))
			continue;
		note(notes,
		     "BGP peer '%s' is of another AS and has no '%s', so that nothing is %s (RFC "
		     "8212); '%s: any' takes and tells everything",
		     peer->name,
		     takes   ? "export"
		     : tells ? "import"
			     : "import' and 'export",
		     takes   ? "announced to it"
		     : tells ? "taken of what it announces"
			     : "taken of it or announced to it",
		     takes ? "export" : "import");
	}
}

/* A network may be trusted to have nobody else on it; then it is well to have said so. */
static void note_fpm(const struct conf *conf, struct conf_notes *notes)
{
	const struct conf_fpm *fpm = &conf->routing.fpm;

	if (fpm->port == 0 || fpm->peer.raw != 0 || be32_host(fpm->addr) >> 24 == 127)
		return;
	note(notes,
	     "whoever reaches %s:%u may tell routes by FPM; 'from: ADDRESS' lets one alone do so",
	     value_show_addr(fpm->addr).text, fpm->port);
}

void conf_notes(const struct conf *conf, struct conf_notes *notes)
{
	notes->count = notes->left_out = 0;
	if (conf->rule_count + conf->static_count == 0)
		note(notes, "there are no rules in 'nat', so every packet keeps its addresses");
	note_tools(conf, notes);
	note_checks(conf, notes);
	note_peers(conf, notes);
	note_fpm(conf, notes);
}
