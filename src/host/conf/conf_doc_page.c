/* The page of the language, in the order of the table, and its form in Markdown. */
#include <stdlib.h>

#include "host/conf/conf_doc.h"
#include "host/conf/conf_doc_part.h"

/* ---- the prose ------------------------------------------------------------------------------- */

static const struct {
	bool is_example;
	const char *text;
} prose[] = {
	{ false, "One YAML file says what the gateway is: `sluice run --config FILE`.\n" },
	{ true, "sluice check FILE      is it right? every mistake with line and column\n"
		"sluice print FILE      in one spelling, and only what differs from defaults\n"
		"sluice plan FILE       the memory that it needs, table by table\n"
		"sluice diff FILE       what it would change of the running gateway\n"
		"sluice reload [FILE]   take it, whole or not at all; SIGHUP does the same\n"
		"sluice apply FILE --confirm 60s    take it, and go back by itself unless\n"
		"sluice confirm                     follows in time\n"
		"sluice rollback        back to what was before the last change\n"
		"sluice schema KEY      one line of this page\n" },
	{ false,
	  "Anchors, aliases, tags, unknown keys and keys given twice are mistakes. Times have "
	  "units: `250ms`,\n"
	  "`30s`, `2h4m`, `7d`; numbers may: `100k`, `2M`. What is said as *change* of a key is "
	  "what a running\n"
	  "gateway does with another value: *live* takes it between two batches; *session* does, "
	  "too, and\n"
	  "sessions with neighbours that it concerns begin anew; *restart* needs a restart;\n"
	  "*planned* is memory that was planned at start, so that another value is refused until "
	  "the gateway is\n"
	  "started again. `sluice diff` puts the same words before what a file would change.\n" },
	{ false,
	  "A set of `filter.sets` begins with its `elements` and those of its `file`, and "
	  "`sluice set` changes\n"
	  "it while the gateway runs. Such changes outlive a reload as long as the configuration "
	  "gives that set\n"
	  "the same elements as before, wherever they stand; one that is given others has just "
	  "those, and after\n"
	  "a rollback what the configuration before gave it. A restart begins with the "
	  "configuration.\n"
	  "`sluice reload` reads the files of sets with the rights of whoever asks; SIGHUP reads "
	  "them with those\n"
	  "of the gateway, in the folders where they were when it started.\n" },
	{ false,
	  "A rule of the filter asks for a protocol by its name or number, and for a type of "
	  "ICMP and maybe a\n"
	  "code of it in the same way: `icmp: unreachable/port` is `icmp: 3/3`. It names flags of "
	  "TCP that have\n"
	  "to be set or must not be: `tcp-flags: [syn, no-ack]` is `tcp flags & (syn|ack) == syn` "
	  "of nftables.\n"
	  "Names for ICMP:\n" },
};

static void icmp_names(FILE *out, const struct conf_doc_form *form)
{
	char *names = NULL;
	size_t size = 0;
	FILE *text = open_memstream(&names, &size);

	if (!text)
		return;
	conf_doc_icmp_names(text, "", 72);
	fclose(text);
	form->example(out, names);
	free(names);
}

void conf_doc_prose(FILE *out, const struct conf_doc_form *form)
{
	for (size_t i = 0; i < ARRAY_COUNT(prose); i++) {
		if (prose[i].is_example)
			form->example(out, prose[i].text);
		else
			form->paragraph(out, prose[i].text, i == 0);
	}
	icmp_names(out, form);
}

/* ---- the sections ---------------------------------------------------------------------------- */

static void section_row(FILE *out, const struct conf_doc_form *form, const struct conf_field *field,
			const void *standard)
{
	char right[CONF_DOC_TEXT_SIZE] = "";
	char value[CONF_VALUE_SIZE] = "";

	if (field->kind == CONF_LIST)
		snprintf(right, sizeof right, "a list of up to %u%s, see below", field->count_max,
			 field->lone ? ", or one of its entries" : "");
	else if (field->kind != CONF_GROUP)
		conf_doc_right(field, right);
	if (field->kind != CONF_GROUP)
		conf_doc_default(field, standard, value);
	form->row(out, field, right, value);
}

/* standard: the struct of the group. Recursion follows the table, as deep as that is. */
static void section(FILE *out, const struct conf_doc_form *form, const struct conf_group *group,
		    const char *path, const char *help, const void *standard)
{
	form->begin(out, *path ? path : NULL, help);
	for (u32 i = 0; i < group->field_count; i++)
		section_row(out, form, &group->field[i], standard);
	form->end(out);
	for (u32 i = 0; i < group->field_count; i++) {
		const struct conf_field *field = &group->field[i];
		const void *base = (const u8 *)standard + field->at;
		char inner[CONF_DOC_PATH_SIZE];
		union conf_element element;

		if (!field->group)
			continue;
		snprintf(inner, sizeof inner, "%.80s%s%.40s%s", path, *path ? "." : "", field->key,
			 field->kind == CONF_LIST ? "[]" : "");
		if (field->kind == CONF_LIST) {
			conf_element_defaults(field->group, &element);
			base = &element;
		}
		section(out, form, field->group, inner, field->help, base);
	}
}

void conf_doc_sections(FILE *out, const struct conf_doc_form *form)
{
	static struct conf standard;

	conf_defaults(&standard);
	section(out, form, &conf_root, "", "", &standard);
}

/* ---- Markdown -------------------------------------------------------------------------------- */

static void page_paragraph(FILE *out, const char *text, bool first)
{
	(void)first;
	fprintf(out, "\n%s", text);
}

static void page_example(FILE *out, const char *text)
{
	fputc('\n', out);
	while (*text) {
		size_t len = strcspn(text, "\n") + 1;

		fprintf(out, "    %.*s", (int)len, text);
		text += len;
	}
}

static void page_begin(FILE *out, const char *path, const char *help)
{
	(void)help;
	fprintf(out,
		"\n## %s\n\n| key | value | default | change | meaning |\n|---|---|---|---|---|\n",
		path ? path : "The file");
}

static void page_row(FILE *out, const struct conf_field *field, const char *right,
		     const char *standard)
{
	if (*right)
		fprintf(out, "| `%s` | %s | %s | %s | %s |\n", field->key, right, standard,
			conf_when_name(field->when), field->help);
	else
		fprintf(out, "| `%s` | see below | | | %s |\n", field->key, field->help);
}

static void page_end(FILE *out)
{
	(void)out;
}

void conf_doc_page(FILE *out)
{
	static const struct conf_doc_form form = { page_paragraph, page_example, page_begin,
						   page_row, page_end };

	fputs("# Configuration\n\n"
	      "Made from the table in `src/host/conf/conf_schema.c` by `make docs`.\n",
	      out);
	conf_doc_prose(out, &form);
	conf_doc_sections(out, &form);
}
