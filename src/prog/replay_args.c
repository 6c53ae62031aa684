/* Captures and options in any order; those of replay are taken out before the others are read. */
#include "prog/replay_args.h"

#include <stdlib.h>

#include "host/conf/values.h"

struct reading {
	struct replay_args *args;
	struct run_errors *errors;
	int rest_count;
	char **rest; /* what is for `sluice run` */
};

static void keep_word(struct reading *reading, char kind, const char *text)
{
	struct replay_args *args = reading->args;

	if (args->word_count == REPLAY_WORDS_MAX)
		run_error(reading->errors, "%s: too many captures", text);
	else
		args->word[args->word_count++] = (struct replay_word){ kind, text };
}

/* An option of `sluice run`, and its value. */
static int pass_on(struct reading *reading, int argc, char **argv, int at)
{
	bool takes_next = run_option_takes_next(argv[at]);

	reading->rest[reading->rest_count++] = argv[at++];
	if (takes_next && at < argc)
		reading->rest[reading->rest_count++] = argv[at++];
	return at;
}

/* Where the next argument is. */
static int read_word(struct reading *reading, int argc, char **argv, int at)
{
	const char *word = argv[at];
	char kind = strcmp(word, "-o") == 0 || strcmp(word, "--out") == 0 ? 'o'
		    : strcmp(word, "--mac") == 0                          ? 'm'
									  : 0;

	if (strcmp(word, "--json") == 0) {
		reading->args->json = true;
		return at + 1;
	}
	if (word[0] != '-') {
		keep_word(reading, 'i', word);
		return at + 1;
	}
	if (kind == 0)
		return pass_on(reading, argc, argv, at);
	if (at + 1 == argc) {
		run_error(reading->errors, "%s: needs a value", word);
		return at + 1;
	}
	keep_word(reading, kind, argv[at + 1]);
	return at + 2;
}

static u16 iface_named(const struct replay_args *args, const char *word, size_t len)
{
	for (u32 i = 0; i < args->iface_count; i++) {
		if (strlen(args->iface[i].name) == len &&
		    strncmp(args->iface[i].name, word, len) == 0)
			return (u16)i;
	}
	return IFACE_NONE;
}

/* "IF=FILE" when the gateway has that interface; else the whole word is a path, and that of a file
 * with such a name has a slash.                                                                 */
static struct replay_file file_of(const struct replay_args *args, const char *word,
				  struct run_errors *errors)
{
	size_t len = strcspn(word, "=");
	u16 iface = word[len] ? iface_named(args, word, len) : IFACE_NONE;

	if (word[len] && iface == IFACE_NONE && !memchr(word, '/', len))
		run_error(errors,
			  "%s: the gateway has no interface '%.*s'; a file of this name is ./%s",
			  word, (int)len, word, word);
	return (struct replay_file){ iface == IFACE_NONE ? word : word + len + 1, iface };
}

static bool mac_of(const char *text, struct mac *mac)
{
	unsigned byte[ETH_ALEN];
	char end;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &byte[0], &byte[1], &byte[2], &byte[3],
		   &byte[4], &byte[5], &end) != ETH_ALEN)
		return false;
	for (u32 i = 0; i < ETH_ALEN; i++)
		((u8 *)mac)[i] = (u8)byte[i];
	return true;
}

static void take_mac(struct replay_args *args, const char *word, struct run_errors *errors)
{
	size_t len = strcspn(word, "=");
	struct replay_mac *mac = &args->mac[args->mac_count];

	mac->iface = iface_named(args, word, len);
	if (mac->iface == IFACE_NONE || !word[len] || !mac_of(word + len + 1, &mac->mac))
		run_error(errors,
			  "--mac %s: has to be an interface of the gateway and its address in the "
			  "capture: eth1=02:00:00:00:00:01",
			  word);
	else
		args->mac_count++;
}

void replay_args_place(struct replay_args *args, const struct conf_iface *iface, u32 iface_count,
		       struct run_errors *errors)
{
	args->iface = iface;
	args->iface_count = iface_count;
	for (u32 i = 0; i < args->word_count; i++) {
		const struct replay_word *word = &args->word[i];

		if (word->kind == 'i' && args->in_count < REPLAY_FILES_MAX)
			args->in[args->in_count++] = file_of(args, word->text, errors);
		else if (word->kind == 'o' && args->out_count < REPLAY_FILES_MAX)
			args->out[args->out_count++] = file_of(args, word->text, errors);
		else if (word->kind == 'm' && args->mac_count < REPLAY_FILES_MAX)
			take_mac(args, word->text, errors);
		else
			run_error(errors, "%s: at most %d of them", word->text, REPLAY_FILES_MAX);
	}
}

static bool has_capture(const struct replay_args *args)
{
	for (u32 i = 0; i < args->word_count; i++) {
		if (args->word[i].kind == 'i')
			return true;
	}
	return false;
}

void replay_args_parse(int argc, char **argv, struct replay_args *args, struct run_errors *errors)
{
	struct run_errors own = { 0 };
	struct reading reading = { .args = args, .errors = &own, .rest_count = 1 };
	int at = 1;

	memset(args, 0, sizeof *args);
	memset(errors, 0, sizeof *errors);
	reading.rest = calloc((size_t)argc + 1, sizeof *reading.rest);
	if (!reading.rest) {
		run_error(errors, "there is no memory");
		return;
	}
	reading.rest[0] = argv[0];
	while (at < argc)
		at = read_word(&reading, argc, argv, at);
	run_args_parse(reading.rest_count, reading.rest, &args->run, errors);
	free(reading.rest);
	if (args->run.help)
		return;
	if (!has_capture(args))
		run_error(errors, "a capture is missing: sluice replay --config sluice.yaml "
				  "in.pcap -o out.pcap");
	for (u32 i = 0; i < own.count; i++)
		run_error(errors, "%s", own.text[i]);
}

void replay_args_help(FILE *out)
{
	fprintf(out,
		"sluice replay: captures through the gateway, in the captures' own time\n\n"
		"  sluice replay --config sluice.yaml in.pcap -o out.pcap\n"
		"  sluice replay FILE -o out.pcap --lan lan0=10.10.0.1/16 "
		"--wan wan0=198.18.0.1/16 \\\n"
		"        --gateway 198.18.0.2 [options of 'sluice run']\n"
		"  sluice replay --config sluice.yaml lan0=inside.pcap wan0=outside.pcap \\\n"
		"        -o wan0=sent.pcap ...\n\n"
		"  FILE, IF=FILE         captures (pcap, pcapng; Ethernet, raw IP, or 'tcpdump -i "
		"any');\n"
		"                        several are merged by their times\n"
		"  --config FILE         what the gateway is; options of 'sluice run' say it, "
		"too\n"
		"  -o, --out FILE        what leaves, as raw IP; -o IF=FILE: by this interface "
		"only\n"
		"  --mac IF=MAC          the gateway's link address in an Ethernet capture\n"
		"  --json                counts as JSON\n"
		"  --help                this text\n\n"
		"A packet of a FILE comes in by the interface whose --mac it is sent to, else "
		"by the one\nwhose network has its source address, else by the first of the "
		"outside. What has a --mac\nas its source was sent by the gateway and is left "
		"out: a capture of both directions needs\n--mac. Interfaces need addresses "
		"(--lan IF=ADDR/LEN, 'addresses' in a file); they carry bare\nIP, so ARP is "
		"left out, too. Ports of NAT are drawn anew, and wrong checksums stay wrong.\n"
		"Without --seed the seed is zero: the same captures give the same packets.\n\n"
		"What is said about translation, filter, tracking and routes holds here; what is "
		"about the\nsystem (drivers, control, log, checks of backends, who are all up) "
		"does nothing.\n"
		"Exit codes: 0 replayed, 1 a file can not be read to its end or written, 2 wrong "
		"arguments.\n");
}

static bool mac_find(const struct replay_args *args, const struct mac *mac, u16 *iface)
{
	for (u32 i = 0; i < args->mac_count; i++) {
		if (mac_eq(&args->mac[i].mac, mac)) {
			*iface = args->mac[i].iface;
			return true;
		}
	}
	return false;
}

static bool net_find(const struct replay_args *args, be32 src, u16 *iface)
{
	for (u32 i = 0; i < args->iface_count; i++) {
		for (u32 a = 0; a < args->iface[i].addr_count; a++) {
			const struct iface_addr *own = &args->iface[i].addr[a];

			if (be32_eq(value_network(src, own->prefix_len),
				    value_network(own->addr, own->prefix_len))) {
				*iface = (u16)i;
				return true;
			}
		}
	}
	return false;
}

bool replay_is_own(const struct replay_args *args, const struct eth_hdr *ethernet)
{
	u16 iface;

	return ethernet && mac_find(args, &ethernet->src, &iface);
}

bool replay_iface(const struct replay_args *args, const struct eth_hdr *ethernet, be32 src,
		  u16 *iface)
{
	if (replay_is_own(args, ethernet))
		return false;
	if ((ethernet && mac_find(args, &ethernet->dst, iface)) || net_find(args, src, iface))
		return true;
	*iface = 0;
	while (args->iface[*iface].side != IFACE_OUTSIDE)
		(*iface)++;
	return true;
}
