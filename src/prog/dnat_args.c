/* Reading --dnat. */
#include "prog/dnat_args.h"

#include <stdio.h>

#include "core/wire/ip4.h"
#include "host/conf/values.h"

enum { WORD_SIZE = 160 };

static bool refuse(char why[DNAT_WHY_SIZE], const char *text)
{
	snprintf(why, DNAT_WHY_SIZE, "%s", text);
	return false;
}

/* What stands before the next of `marks`; *text goes behind it. False when it is too long. */
static bool word_take(const char **text, const char *marks, char word[WORD_SIZE])
{
	size_t len = strcspn(*text, marks);

	if (len >= WORD_SIZE)
		return false;
	memcpy(word, *text, len);
	word[len] = 0;
	*text += len;
	if (**text)
		(*text)++;
	return true;
}

/* ---- the service ----------------------------------------------------------------------------- */

static bool proto_read(const char *word, struct service_conf *service)
{
	service->proto = strcmp(word, "any") == 0 ? 0 : ip4_proto_find(word);
	return strcmp(word, "any") == 0 || ip4_has_ports(service->proto);
}

static bool public_read(const char *head, struct dnat_args *out)
{
	char word[WORD_SIZE];

	if (strlen(head) >= BALANCE_NAME_SIZE)
		return false;
	memcpy(out->service.name, head, strlen(head));
	if (!word_take(&head, ":", word) || !proto_read(word, &out->service))
		return false;
	if (!word_take(&head, ":", word) || !*word)
		return false;
	if (!value_addr(word, &out->service.addr)) {
		if (strlen(word) >= IFACE_NAME_SIZE)
			return false;
		memcpy(out->iface, word, strlen(word));
	}
	if (!*head)
		return true;
	return out->service.proto != 0 &&
	       value_ports(head, &out->service.port_first, &out->service.port_last);
}

/* ---- backends -------------------------------------------------------------------------------- */

static bool backend_read(const char *text, struct backend_conf *backend)
{
	const char *weight = strchr(text, '*');
	char word[WORD_SIZE];
	char end[WORD_SIZE];
	const char *at = end;
	u64 number;

	*backend = (struct backend_conf){ .weight = 1 };
	if (weight) {
		if (!value_number(weight + 1, 1, BALANCE_WEIGHT_MAX, &number))
			return false;
		backend->weight = (u16)number;
	}
	if (!word_take(&text, "*", end) || !word_take(&at, ":", word) ||
	    !value_addr(word, &backend->addr))
		return false;
	if (!strchr(end, ':'))
		return true;
	if (!value_number(at, 1, UINT16_MAX, &number))
		return false;
	backend->port = (u16)number;
	return true;
}

static bool backends_read(const char *list, struct dnat_args *out, char why[DNAT_WHY_SIZE])
{
	char word[WORD_SIZE];

	while (*list) {
		if (out->backend_count == DNAT_BACKENDS_MAX)
			return refuse(why, "a service has at most 32 backends here");
		if (!word_take(&list, ",", word) ||
		    !backend_read(word, &out->backend[out->backend_count++]))
			return refuse(why, "a backend reads like 10.10.0.5:8080, 10.10.0.5 (the "
					   "port is kept), or 10.10.0.5:8080*3 (of weight 3)");
	}
	if (out->backend_count == 0)
		return refuse(why, "a backend is missing, as in tcp:198.18.0.1:80=10.10.0.5:8080");
	return true;
}

/* ---- options --------------------------------------------------------------------------------- */

static bool method_read(const char *value, struct dnat_args *out)
{
	static const char *const names[] = {
		[BALANCE_MAGLEV] = "maglev", [BALANCE_STICKY] = "sticky", [BALANCE_LEAST] = "least"
	};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		if (strcmp(value, names[i]) == 0) {
			out->service.method = (enum balance_method)i;
			return true;
		}
	}
	return false;
}

static bool check_read(const char *value, struct dnat_args *out)
{
	static const char http[] = "http:";

	if (strcmp(value, "tcp") == 0)
		out->health.kind = HEALTH_TCP;
	else if (strcmp(value, "icmp") == 0)
		out->health.kind = HEALTH_ICMP;
	else if (strncmp(value, http, sizeof http - 1) == 0)
		out->health.kind = HEALTH_HTTP;
	else
		return false;
	if (out->health.kind != HEALTH_HTTP)
		return true;
	value += sizeof http - 1;
	if (strlen(value) >= sizeof out->health.path)
		return false;
	memcpy(out->health.path, value, strlen(value));
	return true;
}

static bool hairpin_read(const char *value, struct dnat_args *out)
{
	out->service.hairpin = strcmp(value, "yes") == 0;
	return out->service.hairpin || strcmp(value, "no") == 0;
}

struct number {
	const char *name;
	u32 min;
	u32 max;
	size_t at; /* of the field in struct dnat_args */
	size_t size;
};

#define FIELD(member) offsetof(struct dnat_args, member), sizeof((struct dnat_args *)0)->member

static const struct number numbers[] = {
	{ "slow-start", 0, BALANCE_SECONDS_MAX, FIELD(service.slow_start_s) },
	{ "drain", 0, BALANCE_SECONDS_MAX, FIELD(service.drain_s) },
	{ "interval-ms", HEALTH_INTERVAL_MIN_MS, HEALTH_INTERVAL_MAX_MS,
	  FIELD(health.interval_ms) },
	{ "timeout-ms", HEALTH_INTERVAL_MIN_MS, HEALTH_INTERVAL_MAX_MS, FIELD(health.timeout_ms) },
	{ "check-port", 1, UINT16_MAX, FIELD(health.port) },
	{ "status", 100, 599, FIELD(health.status) },
	{ "drain-status", 100, 599, FIELD(health.drain_status) },
	{ "rise", 1, HEALTH_RUN_MAX, FIELD(health.rise) },
	{ "fall", 1, HEALTH_RUN_MAX, FIELD(health.fall) },
};

static void number_store(struct dnat_args *out, const struct number *number, u64 value)
{
	u8 *field = (u8 *)out + number->at;

	if (number->size == sizeof(u16))
		memcpy(field, &(u16){ (u16)value }, sizeof(u16));
	else
		memcpy(field, &(u32){ (u32)value }, sizeof(u32));
}

static bool option_read(const char *name, const char *value, struct dnat_args *out)
{
	u64 number;

	if (strcmp(name, "method") == 0)
		return method_read(value, out);
	if (strcmp(name, "check") == 0)
		return check_read(value, out);
	if (strcmp(name, "hairpin") == 0)
		return hairpin_read(value, out);
	for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
		if (strcmp(name, numbers[i].name) != 0)
			continue;
		if (!value_number(value, numbers[i].min, numbers[i].max, &number))
			return false;
		number_store(out, &numbers[i], number);
		return true;
	}
	return false;
}

static bool options_read(const char *list, struct dnat_args *out, char why[DNAT_WHY_SIZE])
{
	char word[WORD_SIZE], name[WORD_SIZE];

	while (*list) {
		const char *value = word;

		if (!word_take(&list, ";", word) || !word_take(&value, "=", name) ||
		    !option_read(name, value, out))
			return refuse(why, "options are method=maglev|sticky|least, "
					   "check=tcp|icmp|http:/PATH, hairpin=yes, and numbers: "
					   "'sluice run --help' lists them");
	}
	return true;
}

bool dnat_args_read(const char *text, struct dnat_args *out, char why[DNAT_WHY_SIZE])
{
	const char *rest = text;
	char head[WORD_SIZE];
	size_t backends_len;
	char backends[DNAT_BACKENDS_MAX * 32];
	const char *wrong;

	memset(out, 0, sizeof *out);
	service_conf_defaults(&out->service);
	health_conf_defaults(&out->health);
	if (!strchr(text, '=') || !word_take(&rest, "=", head) || !public_read(head, out))
		return refuse(why, "has to begin like tcp:198.18.0.1:80=, udp:eth0:5000-5009=, or "
				   "any:198.18.0.7=");
	backends_len = strcspn(rest, ";");
	if (backends_len >= sizeof backends)
		return refuse(why, "a service has at most 32 backends here");
	memcpy(backends, rest, backends_len);
	backends[backends_len] = 0;
	rest += backends_len + (rest[backends_len] == ';');
	if (!backends_read(backends, out, why) || !options_read(rest, out, why))
		return false;
	if (out->health.kind > HEALTH_ICMP && !out->health.port && !out->backend[0].port &&
	    !out->service.port_first)
		return refuse(why, "a check of a service for all ports needs check-port=N");
	wrong = health_conf_wrong(&out->health);
	return wrong ? refuse(why, wrong) : true;
}
