/* The configuration of a gateway: it sends the canonical form, which is JSON only here, so that
 * packets do not wait for it.                                                                   */
#include "prog/show_config.h"

#include <stdlib.h>

#include "host/conf/conf_json.h"
#include "host/conf/conf_load.h"
#include "prog/show_read.h"

struct reading {
	struct conf conf;
	struct conf_marks marks;
	struct conf_errors errors;
};

static bool put_json(const char *text, bool all, FILE *out, FILE *complaints)
{
	struct reading *reading = calloc(1, sizeof *reading);
	char *line = NULL;
	json_t *root;

	if (!reading ||
	    !conf_parse(text, strlen(text), &reading->conf, &reading->marks, &reading->errors)) {
		fprintf(complaints, "sluice: the gateway's configuration can not be read: %s\n",
			reading ? reading->errors.error[0].text : "there is no memory for it");
	} else {
		root = json_pack("{s:i, s:o}", "version", CTL_VERSION, "config",
				 conf_json(&reading->conf, all));
		line = json_dumps(root, JSON_COMPACT);
		json_decref(root);
	}
	if (line)
		fprintf(out, "%s\n", line);
	free(line);
	free(reading);
	return line != NULL;
}

static void put_error(const json_t *answer, FILE *complaints)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	if (!error)
		error = "nothing that is a configuration";
	fprintf(complaints, "sluice: the gateway answered: ");
	show_shown(complaints, error, strlen(error), false);
	fprintf(complaints, "\n");
}

bool show_config_read(FILE *stream, const struct show_args *args, FILE *out, FILE *complaints)
{
	json_t *answer = json_loadf(stream, JSON_REJECT_DUPLICATES, NULL);
	const char *text = json_string_value(json_object_get(answer, "config"));
	bool good = text != NULL;

	if (!answer)
		fprintf(complaints, "sluice: the gateway broke off its answer\n");
	else if (!text)
		put_error(answer, complaints);
	else if (args->json)
		good = put_json(text, (args->given & CTL_FILTER_ALL) != 0, out, complaints);
	else
		show_shown(out, text, strlen(text), true);
	json_decref(answer);
	return good;
}
