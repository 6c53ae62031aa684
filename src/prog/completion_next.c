/* Walking along a command line by the usages of a command's help. */
#include "prog/completion_next.h"

static const struct help_option *find_option(const struct help *help, const char *word)
{
	size_t len = strcspn(word, "=");

	for (u32 i = 0; i < help->option_count; i++) {
		const struct help_option *option = &help->option[i];

		if (strcmp(option->alias, word) == 0 ||
		    (strlen(option->name) == len && strncmp(option->name, word, len) == 0))
			return option;
	}
	return NULL;
}

static void offer(struct completion_next *next, const char *place)
{
	for (u32 i = 0; i < next->count; i++) {
		if (strcmp(next->place[i], place) == 0)
			return;
	}
	if (next->count < HELP_USAGES_MAX)
		next->place[next->count++] = place;
}

static bool fits(const struct help_usage *usage, const char *const *word, u32 count)
{
	if (count >= usage->count)
		return false;
	for (u32 i = 0; i < count; i++) {
		if (help_is_word(usage->place[i]) && strcmp(usage->place[i], word[i]) != 0)
			return false;
	}
	return true;
}

void completion_next(const struct help *help, const char *const *word, u32 count,
		     struct completion_next *next)
{
	const char *placed[HELP_PLACES_MAX];
	u32 placed_count = 0;

	*next = (struct completion_next){ 0 };
	for (u32 at = 0; at < count; at++) {
		const struct help_option *option = find_option(help, word[at]);
		const char *joined = strchr(word[at], '=');
		bool takes = option && option->value[0] && !joined;

		if (takes && at + 1 == count) {
			offer(next, option->value);
			return;
		}
		if (option && strcmp(option->name, "--control") == 0)
			next->control = joined ? joined + 1 : word[at + 1];
		at += takes;
		if (word[at - takes][0] == '-')
			continue;
		if (placed_count == HELP_PLACES_MAX)
			return;
		placed[placed_count++] = word[at];
	}
	for (u32 i = 0; i < help->usage_count; i++) {
		if (fits(&help->usage[i], placed, placed_count))
			offer(next, help->usage[i].place[placed_count]);
	}
}
