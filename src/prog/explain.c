/* `sluice explain`: what the running gateway would do with a packet. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/io/pcap_packet.h"
#include "prog/explain_args.h"
#include "prog/explain_route.h"
#include "prog/explain_text.h"
#include "prog/gateway.h"
#include "prog/prog.h"
#include "prog/suggest.h"

static int explain_say(const struct explain_args *args, FILE *stream)
{
	json_t *answer = json_loadf(stream, 0, NULL);
	const char *error = json_string_value(json_object_get(answer, "error"));
	bool good = answer && !error;

	if (error)
		fprintf(stderr, "sluice explain: the gateway answered: %s\n", error);
	else if (!answer)
		fprintf(stderr, "sluice explain: the gateway broke off its answer\n");
	else if (args->json)
		good = json_dumpf(answer, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER) == 0 &&
		       putchar('\n') != EOF;
	else
		explain_text(stdout, answer);
	json_decref(answer);
	return good ? PROG_EXIT_OK : PROG_EXIT_FAILED;
}

static int explain_ask(const struct explain_args *args)
{
	static struct pcap_packet packet;
	char why[CTL_WHY_SIZE];
	char *request;
	FILE *stream;
	int code;

	if (!args->pcap) {
		packet.len = explain_packet(args, packet.bytes, PCAP_PACKET_MAX, &packet.full_len);
	} else if (!pcap_packet(args->pcap, args->pcap_number, &packet, why, sizeof why)) {
		fprintf(stderr, "sluice explain: %s\n", why);
		return PROG_EXIT_FAILED;
	}
	request = explain_request(args, packet.bytes, packet.len, packet.full_len);
	stream = request ? gateway_ask(args->control, request, GATEWAY_WAIT_S) : NULL;
	free(request);
	if (!stream)
		return PROG_EXIT_FAILED;
	code = explain_say(args, stream);
	fclose(stream);
	if (code != PROG_EXIT_OK)
		suggest_name("INTERFACE", args->in_if, args->control);
	return code;
}

int explain_main(int argc, char **argv)
{
	struct explain_args args;
	struct ctl_why why;

	if (argc > 1 && strcmp(argv[1], "route") == 0)
		return explain_route(argc - 1, argv + 1);
	if (!explain_args_parse(argc, argv, &args, &why)) {
		fprintf(stderr, "sluice explain: %s\n'sluice explain --help' tells more.\n",
			why.text);
		return PROG_EXIT_USAGE;
	}
	if (args.help) {
		explain_args_help(stdout);
		return PROG_EXIT_OK;
	}
	return explain_ask(&args);
}
