/* `sluice drain` and `undrain`, in the gateway: which backends are meant, what becomes of them. */
#include "prog/run_drain.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "core/engine/show_routing.h"
#include "host/conf/nearest.h"
#include "host/conf/values.h"

enum { END_SIZE = 32 };

struct end {
	char text[END_SIZE]; /* "10.10.0.5:8080" */
};

/* All backends, one after the other, with their places in the configuration. */
struct walk {
	const struct run *run;
	ns_t now;
	u32 cursor;
	u32 at; /* the cursor before what was found */
	u32 service;
	u32 index;
	bool begun;
	struct sluice_backend found;
};

static bool walk_next(struct walk *walk)
{
	const struct balance_conf *conf = &walk->run->conf.nat.balance;
	u32 got = 0;

	while (got == 0 && walk->cursor != SLUICE_CURSOR_END) {
		walk->at = walk->cursor;
		got = sluice_show_backends(walk->run->sluice, walk->now, &walk->cursor,
					   &walk->found, 1);
	}
	if (got == 0)
		return false;
	if (walk->begun && ++walk->index == conf->service[walk->service].backend_count) {
		walk->service++;
		walk->index = 0;
	}
	walk->begun = true;
	return true;
}

static struct end end_of(const struct sluice_backend *backend)
{
	struct end end;

	if (backend->port)
		snprintf(end.text, sizeof end.text, "%s:%u", value_show_addr(backend->addr).text,
			 backend->port);
	else
		snprintf(end.text, sizeof end.text, "%s", value_show_addr(backend->addr).text);
	return end;
}

/* An address alone means every port of it. */
static bool is_meant(const struct ctl_action *action, const struct sluice_backend *backend)
{
	if (action->service[0] && strcmp(action->service, backend->service) != 0)
		return false;
	return strcmp(action->backend, end_of(backend).text) == 0 ||
	       strcmp(action->backend, value_show_addr(backend->addr).text) == 0;
}

/* ---- what is not there ----------------------------------------------------------------------- */

static void say_near(struct drain_why *why, const char *what, const char *typed,
		     const char *const *names, size_t count)
{
	const char *near = nearest_word(typed, names, count);

	snprintf(why->text, sizeof why->text,
		 "there is no %s '%s'%s%s%s 'sluice show backends' lists those there are", what,
		 typed, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : ";");
}

static void say_no_service(const struct run *run, const struct ctl_action *action,
			   struct drain_why *why)
{
	const struct balance_conf *conf = &run->conf.nat.balance;
	const char *names[BALANCE_SERVICE_MAX];

	for (u32 i = 0; i < conf->service_count; i++)
		names[i] = conf->service[i].name;
	say_near(why, "service", action->service, names, conf->service_count);
}

static void say_no_backend(const struct run *run, const struct ctl_action *action, ns_t now,
			   struct drain_why *why)
{
	struct walk walk = { .run = run, .now = now };
	struct end *ends = calloc(BALANCE_BACKEND_MAX, sizeof *ends);
	const char **names = calloc(BALANCE_BACKEND_MAX, sizeof *names);
	size_t count = 0;

	while (ends && names && count < BALANCE_BACKEND_MAX && walk_next(&walk)) {
		if (action->service[0] && strcmp(action->service, walk.found.service) != 0)
			continue;
		ends[count] = end_of(&walk.found);
		names[count] = ends[count].text;
		count++;
	}
	say_near(why, "backend", action->backend, names, count);
	free(names);
	free(ends);
}

static void say_unknown(const struct run *run, const struct ctl_action *action, ns_t now,
			struct drain_why *why)
{
	const struct balance_conf *conf = &run->conf.nat.balance;
	bool known = action->service[0] == 0;

	for (u32 i = 0; i < conf->service_count; i++)
		known |= strcmp(action->service, conf->service[i].name) == 0;
	if (conf->service_count == 0)
		snprintf(why->text, sizeof why->text,
			 "this gateway has no service, and so no backends");
	else if (!known)
		say_no_service(run, action, why);
	else
		say_no_backend(run, action, now, why);
}

/* ---- doing it -------------------------------------------------------------------------------- */

static void tell_one(struct run *run, const struct sluice_backend *backend, bool drain,
		     bool was_ordered, json_t *list)
{
	struct end end = end_of(backend);
	u32 left_s = (u32)((backend->left_ms + 999) / 1000);

	json_array_append_new(
		list, json_pack("{s:s, s:s, s:s, s:i, s:I, s:b}", "service", backend->service,
				"backend", end.text, "state", backend->state, "left_s", (int)left_s,
				"flows", (json_int_t)backend->flows, "was_ordered", was_ordered));
	if (drain)
		run_log_say(&run->log, RUN_INFO, "drain",
			    "%s: backend %s is %s as ordered: %u s are left for %llu flow%s",
			    backend->service, end.text, backend->state, left_s,
			    (unsigned long long)backend->flows, text_plural(backend->flows));
	else if (was_ordered)
		run_log_say(&run->log, RUN_INFO, "drain",
			    "%s: the order to drain backend %s is taken back: it is %s",
			    backend->service, end.text, backend->state);
}

/* What the backend has become is read at its place again. */
static void order_one(struct run *run, const struct walk *walk, const struct ctl_action *action,
		      json_t *list)
{
	u32 deadline_s = action->deadline_s == CTL_DRAIN_DEFAULT ? SLUICE_DRAIN_DEFAULT
								 : action->deadline_s;
	bool drain = action->what == CTL_DO_DRAIN;
	u32 at = walk->at;
	struct sluice_backend now_is;

	if (sluice_backend_order(run->sluice, walk->service, walk->index, drain, deadline_s,
				 walk->now) == ERR_OK &&
	    sluice_show_backends(run->sluice, walk->now, &at, &now_is, 1) == 1)
		tell_one(run, &now_is, drain, walk->found.ordered, list);
}

/* ---- the gateway itself ---------------------------------------------------------------------- */

static json_t *left_of(const struct run *run)
{
	struct sluice_drain_left left;

	sluice_routing_drain_left(run->sluice, &left);
	return json_pack("{s:I, s:I, s:I, s:I}", "bgp_peers", (json_int_t)left.bgp_peers,
			 "ospf_lsas", (json_int_t)left.ospf_lsas, "rip_talks",
			 (json_int_t)left.rip_talks, "flows",
			 (json_int_t)sluice_flow_count(run->sluice));
}

static bool drain_gateway(struct run *run, const struct ctl_action *action, ns_t now,
			  json_t *answer, struct drain_why *why)
{
	bool was = sluice_routing_is_drained(run->sluice);
	bool drain = action->look ? was : action->what == CTL_DO_DRAIN;

	if (!sluice_rib(run->sluice)) {
		snprintf(why->text, sizeof why->text,
			 "this gateway announces nothing: it was started without 'routing'");
		return false;
	}
	if (!action->look && sluice_routing_drain(run->sluice, drain, now) != ERR_OK) {
		snprintf(why->text, sizeof why->text,
			 "there is no room for another policy, which this takes");
		return false;
	}
	json_object_set_new(answer, "gateway",
			    json_pack("{s:b, s:b, s:o}", "drained", drain, "was_drained", was,
				      "left", left_of(run)));
	if (drain != was)
		run_log_say(&run->log, RUN_INFO, "drain",
			    drain ? "the gateway is drained as ordered: what it announced is "
				    "withdrawn, and packets are forwarded as ever"
				  : "the order to drain the gateway is taken back: it announces "
				    "again");
	return true;
}

bool run_drain(struct run *run, const struct ctl_action *action, ns_t now, json_t *answer,
	       struct drain_why *why)
{
	bool gateway = strcmp(action->backend, CTL_DRAIN_GATEWAY) == 0 && !action->service[0];
	struct walk walk = { .run = run, .now = now };
	json_t *list;

	if (gateway)
		return drain_gateway(run, action, now, answer, why);
	list = json_array();
	while (walk_next(&walk)) {
		if (is_meant(action, &walk.found))
			order_one(run, &walk, action, list);
	}
	if (json_array_size(list) == 0) {
		json_decref(list);
		say_unknown(run, action, now, why);
		return false;
	}
	json_object_set_new(answer, "backends", list);
	return true;
}
