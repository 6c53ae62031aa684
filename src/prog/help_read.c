/* Reading help, line by line. */
#include "prog/help_read.h"

/* The word at text, cut at size; answers its whole length. */
static size_t word_copy(const char *text, const char *ends, char *word, size_t size)
{
	size_t len = strcspn(text, ends);
	size_t kept = len < size ? len : size - 1;

	memcpy(word, text, kept);
	word[kept] = 0;
	return len;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* "--name", and what is behind it. */
static const char *option_name(const char *at, char name[HELP_NAME_SIZE])
{
	return at + word_copy(at, " ,\n", name, HELP_NAME_SIZE);
}

static void read_option(const char *at, struct help *help)
{
	struct help_option *option = &help->option[help->option_count];

	if (help->option_count == HELP_OPTIONS_MAX)
		return;
	memset(option, 0, sizeof *option);
	at = option_name(at, option->name);
	if (begins(at, ", -")) {
		memcpy(option->alias, option->name, HELP_NAME_SIZE);
		at = option_name(at + 2, option->name);
	}
	/* A value stands one space off, what explains the option two at least. */
	if (at[0] == ' ' && at[1] != ' ')
		at += 1 + word_copy(at + 1, " \n", option->value, HELP_NAME_SIZE);
	at += strspn(at, " ");
	(void)word_copy(at, "\n", option->text, HELP_TEXT_SIZE);
	help->option_count++;
}

static bool has_word(const struct help *help, const char *word)
{
	for (u32 i = 0; i < help->word_count; i++) {
		if (strcmp(help->word[i], word) == 0)
			return true;
	}
	return false;
}

bool help_is_word(const char *place)
{
	return place[0] && place[0] != '-' &&
	       strspn(place, "abcdefghijklmnopqrstuvwxyz-") == strlen(place);
}

static void read_word(const char *word, struct help *help)
{
	if (!has_word(help, word) && help->word_count < HELP_WORDS_MAX)
		memcpy(help->word[help->word_count++], word, HELP_NAME_SIZE);
}

/* The next place of a usage; its length, 0 where the usage ends. */
static size_t read_place(const char *at, char place[HELP_NAME_SIZE])
{
	char word[HELP_NAME_SIZE];
	size_t whole = word_copy(at, " \n", word, sizeof word);
	size_t first = word[0] == '[';
	size_t len = word_copy(word + first, "]", place, HELP_NAME_SIZE);
	bool capitals = len > 0 && strspn(place, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;

	return whole < sizeof word && (capitals || (first == 0 && help_is_word(place))) ? whole : 0;
}

/* at: behind the command's name. */
static void read_usage(const char *at, struct help *help)
{
	struct help_usage *usage = &help->usage[help->usage_count];
	size_t len;

	if (help->usage_count == HELP_USAGES_MAX)
		return;
	usage->count = 0;
	while (*at == ' ' && usage->count < HELP_PLACES_MAX) {
		len = read_place(at + 1, usage->place[usage->count]);
		if (len == 0)
			break;
		help->takes_file |= strcmp(usage->place[usage->count], "FILE") == 0;
		usage->count++;
		at += 1 + len;
	}
	if (usage->count == 0)
		return;
	help->usage_count++;
	if (help_is_word(usage->place[0]))
		read_word(usage->place[0], help);
}

static void read_line(const char *line, const char *command, struct help *help)
{
	size_t len = strlen(command);

	if (begins(line, "  -")) {
		read_option(line + 2, help);
	} else if (begins(line, "  sluice ") && begins(line + 9, command) && line[9 + len] == ' ') {
		read_usage(line + 9 + len, help);
	} else if (begins(line, "sluice ") && begins(line + 7, command)) {
		help->takes_file = begins(line + 7 + len, " FILE:") ||
				   begins(line + 7 + len, " [FILE]:");
	} else if (begins(line, "usage: ")) {
		const char *host = strstr(line, " host");

		help->takes_host = host && host < line + strcspn(line, "\n");
	}
}

bool help_is_choice(const char *value)
{
	return strchr(value, '|') && strspn(value, "abcdefghijklmnopqrstuvwxyz-|") == strlen(value);
}

void help_read(const char *command, const char *text, struct help *help)
{
	memset(help, 0, sizeof *help);
	while (*text) {
		read_line(text, command, help);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}
