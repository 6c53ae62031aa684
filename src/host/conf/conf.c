/* Defaults, places and errors. */
#include "host/conf/conf.h"

#include <stdarg.h>
#include <stdio.h>

/* RFC 5227 leaves a host seven seconds before it uses an address. A gateway that starts is waited
 * for by everybody behind it, and links of today answer within milliseconds: the same three probes,
 * closer together.                                                                              */
static void probe_soon(struct neigh_conf *neigh)
{
	neigh->probe_wait_ns = 50 * NS_PER_MS;
	neigh->probe_min_ns = 100 * NS_PER_MS;
	neigh->probe_max_ns = 150 * NS_PER_MS;
	neigh->announce_wait_ns = 200 * NS_PER_MS;
}

void conf_defaults(struct conf *conf)
{
	struct sluice_conf engine;

	memset(conf, 0, sizeof *conf);
	memset(&engine, 0, sizeof engine);
	sluice_conf_defaults(&engine);
	conf->host_port = true;
	conf->quarantine_s = engine.nat.quarantine_s;
	conf->service_limit = engine.nat.balance.service_limit;
	conf->backend_limit = engine.nat.balance.backend_limit;
	conf->mapping_count = engine.nat.mapping_count;
	conf->dest_count = engine.nat.dest_count;
	conf->filter.log_rate = engine.filter.log_rate;
	conf->filter.log_burst = engine.filter.log_burst;
	conf->filter.source_limit = engine.filter.source_limit;
	conf->subscribers.prefix_len = engine.subscribers.prefix_len;
	conf->subscribers.count = engine.subscribers.subscriber_count;
	conf->filter.set_limit = engine.filter.set_limit;
	conf->filter.port_set_limit = engine.filter.port_set_limit;
	conf->filter.elem_limit = engine.filter.elem_limit;
	conf->split_limit = CONF_SPLIT_USUAL;
	conf->split_buffers_kb = CONF_SPLIT_BUFFERS_KB;
	conf_routing_defaults(&conf->routing);
	conf->ct = engine.ct;
	conf->icmp = engine.icmp;
	conf->redirects = engine.redirects;
	conf->neigh = engine.neigh;
	conf->fib = engine.fib;
	conf->reass = engine.reass;
	conf->packets = engine.packets;
	conf->packets.ring_count = 0;
	probe_soon(&conf->neigh);
	memcpy(conf->control, CONF_CONTROL_DEFAULT, sizeof CONF_CONTROL_DEFAULT);
}

u16 conf_iface_find(const struct conf *conf, const char *name)
{
	for (u16 i = 0; i < conf->iface_count; i++) {
		if (strcmp(conf->iface[i].name, name) == 0)
			return i;
	}
	return IFACE_NONE;
}

void conf_mark(struct conf_marks *marks, u32 at, struct conf_place place)
{
	if (marks->count == CONF_MARK_MAX)
		return;
	marks->sorted = false;
	marks->mark[marks->count].at = at;
	marks->mark[marks->count++].place = place;
}

static bool mark_before(const struct conf_mark *a, const struct conf_mark *b)
{
	if (a->at != b->at)
		return a->at < b->at;
	if (a->place.line != b->place.line)
		return a->place.line < b->place.line;
	return a->place.column < b->place.column;
}

static void mark_swap(struct conf_mark *a, struct conf_mark *b)
{
	struct conf_mark kept = *a;

	*a = *b;
	*b = kept;
}

/* Down the heap mark[0..count), until none below it is greater. */
static void mark_sift(struct conf_mark *mark, u32 at, u32 count)
{
	for (u32 child = 2 * at + 1; child < count; child = 2 * at + 1) {
		if (child + 1 < count && mark_before(&mark[child], &mark[child + 1]))
			child++;
		if (!mark_before(&mark[at], &mark[child]))
			return;
		mark_swap(&mark[at], &mark[child]);
		at = child;
	}
}

/* A heap: qsort() of the C library asks the system how much memory there is, and a running gateway
 * is refused that.                                                                               */
void conf_marks_sort(struct conf_marks *marks)
{
	for (u32 at = marks->count / 2; at > 0; at--)
		mark_sift(marks->mark, at - 1, marks->count);
	for (u32 count = marks->count; count > 1; count--) {
		mark_swap(&marks->mark[0], &marks->mark[count - 1]);
		mark_sift(marks->mark, 0, count - 1);
	}
	marks->sorted = true;
}

/* How many of the sorted ones are for `at` or before it. */
static u32 marks_until(const struct conf_marks *marks, u32 at)
{
	u32 low = 0, high = marks->count;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (marks->mark[middle].at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool conf_is_marked(const struct conf_marks *marks, u32 at)
{
	u32 until = marks->sorted ? marks_until(marks, at) : marks->count;

	if (marks->sorted)
		return until > 0 && marks->mark[until - 1].at == at;
	for (u32 i = 0; i < until; i++) {
		if (marks->mark[i].at == at)
			return true;
	}
	return false;
}

struct conf_place conf_place_of(const struct conf_marks *marks, u32 at)
{
	struct conf_place place = { 0, 0 };
	u32 best = 0;

	if (marks->sorted) {
		u32 until = marks_until(marks, at);

		return until > 0 ? marks->mark[until - 1].place : place;
	}
	for (u32 i = 0; i < marks->count; i++) {
		if (marks->mark[i].at > at || marks->mark[i].at < best)
			continue;
		best = marks->mark[i].at;
		place = marks->mark[i].place;
	}
	return place;
}

bool conf_is_doubtful(const struct conf_marks *marks, u32 at)
{
	for (u32 i = 0; i < marks->doubt_count; i++) {
		if (marks->doubt[i].at <= at && at < marks->doubt[i].end)
			return true;
	}
	return marks->doubt_all;
}

void conf_doubt(struct conf_marks *marks, u32 at, u32 size)
{
	if (conf_is_doubtful(marks, at))
		return;
	marks->doubt_all = marks->doubt_count == CONF_DOUBT_MAX;
	if (!marks->doubt_all)
		marks->doubt[marks->doubt_count++] = (struct conf_doubt){ at, at + size };
}

/* How many bytes the letter at text takes, if it is one that may be printed; else 0. */
static u32 letter_bytes(const u8 *text)
{
	u32 bytes = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

	if (text[0] < ' ' || text[0] == 0x7f || (text[0] >= 0x80 && text[0] < 0xc2))
		return 0;
	for (u32 i = 1; i < bytes; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	/* C1 controls, which terminals obey as well. */
	return text[0] == 0xc2 && text[1] < 0xa0 ? 0 : bytes;
}

/* Words of a file are shown on terminals and in JSON: without controls and halves of letters. */
static void clean(char *text)
{
	while (*text) {
		u32 bytes = letter_bytes((const u8 *)text);

		if (bytes == 0)
			*text = '?';
		text += bytes ? bytes : 1;
	}
}

void conf_error(struct conf_errors *errors, struct conf_place place, const char *format, ...)
{
	va_list list;

	if (errors->count == CONF_ERROR_MAX) {
		errors->left_out++;
		return;
	}
	errors->error[errors->count].place = place;
	va_start(list, format);
	vsnprintf(errors->error[errors->count].text, CONF_ERROR_SIZE, format, list);
	va_end(list);
	clean(errors->error[errors->count++].text);
}

static bool is_behind(struct conf_place a, struct conf_place b)
{
	return a.line != b.line ? a.line > b.line : a.column > b.column;
}

void conf_errors_sort(struct conf_errors *errors)
{
	for (u32 i = 1; i < errors->count; i++) {
		for (u32 j = i;
		     j > 0 && is_behind(errors->error[j - 1].place, errors->error[j].place); j--) {
			struct conf_errors swap = { 0 };

			memcpy(&swap.error[0], &errors->error[j], sizeof swap.error[0]);
			memcpy(&errors->error[j], &errors->error[j - 1], sizeof swap.error[0]);
			memcpy(&errors->error[j - 1], &swap.error[0], sizeof swap.error[0]);
		}
	}
}
