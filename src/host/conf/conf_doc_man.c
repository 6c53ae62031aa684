/* The page of the language in mdoc, for man(1). */
#include "host/conf/conf_doc.h"
#include "host/conf/conf_doc_part.h"

/* Words of the language are bold, stresses are italic: what prose marks with ` and *. */
static char put_mark(FILE *out, char mark, char inside)
{
	fputs(inside ? "\\fP" : mark == '`' ? "\\fB" : "\\fI", out);
	return inside ? 0 : mark;
}

/* Between two sentences; a dot may also be named among letters, " . ". */
static bool ends_sentence(const char *text, const char *at)
{
	return *at == ' ' && at - text >= 2 && at[-1] == '.' && at[-2] != ' ';
}

/* Lines, without what roff would take for its own. */
static void put_lines(FILE *out, const char *text, bool is_prose)
{
	bool begins = true;
	char inside = 0;

	for (const char *at = text; *at; at++) {
		/* A line that begins with one of these is an order. */
		if (begins && (*at == '.' || *at == '\''))
			fputs("\\&", out);
		begins = *at == '\n' || (is_prose && ends_sentence(text, at));
		if (begins)
			fputc('\n', out);
		else if (*at == '\\')
			fputs("\\e", out);
		else if (*at == '-' && (inside || !is_prose))
			fputs("\\-", out);
		else if (is_prose && (inside ? *at == inside : *at == '`' || *at == '*'))
			inside = put_mark(out, *at, inside);
		else
			fputc(*at, out);
	}
}

static void man_paragraph(FILE *out, const char *text, bool first)
{
	if (!first)
		fputs(".Pp\n", out);
	put_lines(out, text, true);
}

static void man_example(FILE *out, const char *text)
{
	fputs(".Bd -literal -offset indent\n", out);
	put_lines(out, text, false);
	fputs(".Ed\n", out);
}

static void man_begin(FILE *out, const char *path, const char *help)
{
	if (path) {
		fprintf(out, ".Ss %s\n", path);
		put_lines(out, help, true);
		fputc('\n', out);
	}
	fputs(".Bl -tag -width Ds\n", out);
}

/* "a number from 1 to 9; default 3; change: live" */
static void put_facts(FILE *out, const struct conf_field *field, const char *right,
		      const char *standard)
{
	put_lines(out, right, true);
	if (*standard && !field->required)
		fputs("; default ", out);
	else if (*standard)
		fputs("; ", out);
	put_lines(out, standard, true);
	fprintf(out, "; change: %s\n", conf_when_name(field->when));
}

static void man_row(FILE *out, const struct conf_field *field, const char *right,
		    const char *standard)
{
	fprintf(out, ".It Cm %s\n", field->key);
	put_lines(out, field->help, true);
	fputs("\n.br\n", out);
	if (*right)
		put_facts(out, field, right, standard);
	else
		fputs("a section, see below\n", out);
}

static void man_end(FILE *out)
{
	fputs(".El\n", out);
}

void conf_doc_man(FILE *out)
{
	static const struct conf_doc_form form = { man_paragraph, man_example, man_begin, man_row,
						   man_end };

	fputs(".\\\" Made from the table in src/host/conf/conf_schema.c by 'make docs'.\n"
	      ".Dd November 26, 2026\n"
	      ".Dt SLUICE.YAML 5\n"
	      ".Os\n"
	      ".Sh NAME\n"
	      ".Nm sluice.yaml\n"
	      ".Nd configuration of the gateway sluice\n"
	      ".Sh DESCRIPTION\n",
	      out);
	conf_doc_prose(out, &form);
	fputs(".Sh KEYS\n", out);
	conf_doc_sections(out, &form);
	fputs(".Sh FILES\n"
	      ".Bl -tag -width Ds\n"
	      ".It Pa /usr/share/doc/sluice/examples/sluice.yaml\n"
	      "an example that shows every section in use\n"
	      ".El\n"
	      ".Sh EXAMPLES\n"
	      "A gateway with the addresses that its interfaces have, and one rule of "
	      "translation:\n",
	      out);
	man_example(out, "interfaces:\n"
			 "  - {name: eth1, side: inside}\n"
			 "  - {name: eth0, side: outside}\n"
			 "nat: {rules: [{kind: masquerade}]}\n");
	fputs(".Sh SEE ALSO\n"
	      ".Xr sluice 8 ,\n"
	      ".Xr sluice-check 8 ,\n"
	      ".Xr sluice-diff 8 ,\n"
	      ".Xr sluice-reload 8 ,\n"
	      ".Xr sluice-run 8 ,\n"
	      ".Xr sluice-schema 8\n",
	      out);
}
