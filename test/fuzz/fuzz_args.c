/* Command lines: of run, up to the engine that they describe, of show, ping, traceroute and link;
 * and the values in them. A mistake has a sentence; what was accepted can be built, or it is said
 * why not.
 *
 *     byte 0       which command
 *     then         words, a line each                                                            */
#include <jansson.h>
#include <stdlib.h>

#include "fuzz/input.h"
#include "prog/run_conf.h"
#include "prog/run_fill.h"
#include "prog/show_args.h"
#include "host/conf/values.h"
#include "tool/link_args.h"
#include "tool/ping_args.h"
#include "tool/trace_args.h"

enum { WORDS_MAX = 48, TEXT_MAX = 2048, MEMORY_MAX = 48 << 20 };

enum fact {
	FACT_ADDRS = 1 << 0, /* the interfaces have addresses */
	FACT_HOST_PORT = 1 << 1,
	FACT_RUNNING = 1 << 2,
	FACT_BUILD = 7 << 3, /* all of them */
};

struct words {
	int count;
	char *word[WORDS_MAX + 1];
	char text[TEXT_MAX + 1];
};

static void split(struct words *words, struct input *in)
{
	const u8 *bytes;
	u32 len = next_bytes(in, TEXT_MAX, &bytes);
	char *at = words->text;

	memcpy(words->text, bytes, len);
	words->text[len] = 0;
	words->count = 1;
	words->word[0] = "command";
	while (words->count < WORDS_MAX && at < words->text + len) {
		char *end = at + strcspn(at, "\n");

		words->word[words->count++] = at;
		*end = 0;
		at = end + 1;
	}
	words->word[words->count] = NULL;
}

/* Interfaces as a machine may have them. */
static void make_facts(struct run_facts *facts, const struct run_args *args, u8 number)
{
	memset(facts, 0, sizeof *facts);
	for (u32 n = 0; n < args->iface_count; n++) {
		struct run_iface_facts *iface = &facts->iface[n];

		iface->port.mtu = 1500;
		iface->port.link = IFACE_ETHERNET;
		iface->port.mac.byte[5] = (u8)(n + 1);
		if ((number & FACT_ADDRS) == 0)
			continue;
		iface->addr_count = 1;
		iface->addr[0] = (struct os_addr){ .addr = be32_of(0x0a0a0001u + (n << 16)),
						   .prefix_len = 16 };
		iface->route_count = 1;
		iface->route[0].gateway = be32_of(0x0a0a0002u + (n << 16));
	}
	facts->host_port = (number & FACT_HOST_PORT) != 0;
	facts->running = (number & FACT_RUNNING) != 0;
	facts->host.link = IFACE_RAW_IP;
	facts->host.mtu = 65535;
	memcpy(facts->host.name, "host", 5);
}

/* Some milliseconds, most of them for zeros. */
static void build_engine(const struct sluice_conf *conf)
{
	static void *memory;
	const char *why = NULL;
	struct sluice *s;
	struct mem plan;
	u64 size;

	sluice_plan(conf, &plan);
	size = (plan.used + MEM_LINE - 1) / MEM_LINE * MEM_LINE;
	if (size > MEMORY_MAX)
		return;
	if (memory == NULL)
		memory = aligned_alloc(MEM_LINE, MEMORY_MAX);
	CHECK(memory != NULL);
	memset(memory, 0, size);
	if (sluice_new(&s, conf, memory, size, NS_PER_SEC, &why) == ERR_OK)
		sluice_check_traffic(s);
	else
		CHECK(why != NULL && why[0] != 0);
}

static void judge_errors(const struct run_errors *errors)
{
	CHECK(errors->count <= RUN_ERRORS_MAX);
	for (u32 n = 0; n < errors->count; n++)
		CHECK(errors->text[n][0] != 0);
}

static void run_line(struct words *words, u8 number)
{
	static struct run_args args;
	static struct conf asked;
	struct run_source source = { .conf = &asked };
	static struct run_facts facts;
	static struct sluice_conf conf;
	static struct run_errors errors;
	static struct run_rules rules;
	struct run_notes notes;
	struct mem plan;

	run_args_parse(words->count, words->word, &args, &errors);
	judge_errors(&errors);
	if (errors.count > 0 || args.help || args.config != NULL)
		return;
	if (!run_args_fill(&args, &asked, &errors)) {
		CHECK(errors.count > 0);
		judge_errors(&errors);
		return;
	}
	make_facts(&facts, &args, number);
	if (!run_conf_build(&source, &facts, &conf, &rules, &notes, &errors))
		CHECK(errors.count > 0);
	else if ((number & FACT_BUILD) == FACT_BUILD)
		build_engine(&conf);
	else
		sluice_plan(&conf, &plan);
	judge_errors(&errors);
}

static void show_line(struct words *words)
{
	struct ctl_request request;
	struct show_args args;
	struct ctl_why why = { "" };
	char *line;

	if (!show_args_parse(words->count, words->word, &args, &why)) {
		CHECK(why.text[0] != 0);
		return;
	}
	if (args.help)
		return;
	line = show_args_request(&args);
	CHECK(line != NULL);
	/* What this end accepts, the other end does; a text that is no UTF-8 never leaves. */
	if (ctl_request_parse(line, strlen(line), &request, &why))
		CHECK(request.show == args.show && request.flow.port == args.port &&
		      request.limit == args.limit &&
		      (request.flow.proto != 0) == (args.proto != NULL));
	else
		CHECK(args.state != NULL);
	free(line);
}

static void value_line(const char *text)
{
	struct nat_range range;
	u8 bytes[4], len;
	u16 first, last;
	be32 addr, again;
	u64 number;

	if (value_number(text, 5, 500, &number))
		CHECK(number >= 5 && number <= 500);
	if (value_addr(text, &addr))
		CHECK(value_addr(value_show_addr(addr).text, &again) && be32_eq(addr, again));
	if (value_addr_len(text, &addr, &len)) {
		u8 shown;

		CHECK(len <= 32);
		CHECK(value_addr_len(value_show_prefix(addr, len).text, &again, &shown));
		CHECK(be32_eq(addr, again) && len == shown);
	}
	if (value_range(text, &range))
		CHECK(be32_host(range.first) <= be32_host(range.last));
	if (value_ports(text, &first, &last))
		CHECK(first > 0 && first <= last);
	(void)value_hex(text, bytes, sizeof bytes);
}

static void tool_lines(struct words *words, bool is_root)
{
	struct trace_args trace;
	struct ping_args ping;
	struct link_args link;
	enum args_result result;
	struct tool_why why = { "" };

	if (ping_args_parse(words->count, words->word, is_root, &ping, &why) == ARGS_BAD)
		CHECK(why.text[0] != 0);
	why.text[0] = 0;
	if (trace_args_parse(words->count, words->word, &trace, &why) == ARGS_BAD)
		CHECK(why.text[0] != 0);
	why.text[0] = 0;
	result = link_args_parse(words->count, words->word, &link, &why);
	if (result == ARGS_BAD)
		CHECK(why.text[0] != 0);
	for (u32 way = 0; result == ARGS_RUN && way < LINK_WAYS; way++)
		CHECK(link_conf_check(&link.conf[way]) == ERR_OK);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct words words;
	struct input in = { data, size };
	u8 which = next_byte(&in);

	split(&words, &in);
	switch (which & 3) {
	case 0: run_line(&words, which >> 2); break;
	case 1: show_line(&words); break;
	case 2: tool_lines(&words, (which & 4) != 0); break;
	default:
		for (int n = 1; n < words.count; n++)
			value_line(words.word[n]);
	}
	return 0;
}
