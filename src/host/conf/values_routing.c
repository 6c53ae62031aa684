/* Reading and showing values of routing. */
#include "host/conf/values_routing.h"

#include <stdio.h>

#include "host/conf/values.h"

enum { PART_MAX = 24 };

/* ---- prefixes -------------------------------------------------------------------------------- */

/* The word at *text, up to the next space; *text is behind it and behind spaces. */
static bool take_word(const char **text, char word[PART_MAX])
{
	size_t len = strcspn(*text, " ");

	if (len == 0 || len >= PART_MAX)
		return false;
	memcpy(word, *text, len);
	word[len] = 0;
	*text += len;
	*text += strspn(*text, " ");
	return true;
}

/* "ge 16" and "le 24", each at most once, in this order. */
static bool take_bound(const char **text, const char *name, u64 low, u64 *bits)
{
	char word[PART_MAX];
	const char *rest = *text;

	if (!take_word(&rest, word) || strcmp(word, name) != 0)
		return true;
	if (!take_word(&rest, word) || !value_number(word, low, 32, bits))
		return false;
	*text = rest;
	return true;
}

bool value_list_prefix(const char *text, struct conf_list_prefix *prefix)
{
	struct conf_list_prefix found;
	char word[PART_MAX];
	u64 min;
	u64 max;

	memset(&found, 0, sizeof found);
	if (!take_word(&text, word) || !value_prefix(word, &found.prefix, &found.len))
		return false;
	min = found.len;
	max = 0;
	if (!take_bound(&text, "ge", found.len, &min) || !take_bound(&text, "le", min, &max) ||
	    *text)
		return false;
	if (max == 0)
		max = min > found.len ? 32 : min;
	found.min_len = (u8)min;
	found.max_len = (u8)max;
	*prefix = found;
	return true;
}

struct value_routing value_show_list_prefix(const struct conf_list_prefix *prefix)
{
	struct value_routing out;
	size_t len;

	snprintf(out.text, sizeof out.text, "%s",
		 value_show_prefix(prefix->prefix, prefix->len).text);
	len = strlen(out.text);
	if (prefix->min_len > prefix->len)
		len += (size_t)snprintf(out.text + len, sizeof out.text - len, " ge %u",
					prefix->min_len);
	if (prefix->min_len > prefix->len ? prefix->max_len < 32 : prefix->max_len > prefix->len)
		snprintf(out.text + len, sizeof out.text - len, " le %u", prefix->max_len);
	return out;
}

/* ---- communities ----------------------------------------------------------------------------- */

/* RFC 1997, 3765, 7999, 8326; in the order of the words. */
static const u32 known[] = { 0xffffff01, 0xffffff02, 0xffffff03, 0xffffff04, 0xffff029a,
			     0xffff0000 };
const char *const value_community_words[] = { "no-export", "no-advertise", "no-export-subconfed",
					      "no-peer",   "blackhole",    "graceful-shutdown",
					      NULL };

_Static_assert(ARRAY_COUNT(known) + 1 == ARRAY_COUNT(value_community_words), "a word for each");

/* Numbers with colons between, as many as asked for. */
static bool take_parts(const char *text, u64 max, u32 *part, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		size_t len = strcspn(text, ":");
		char word[PART_MAX];
		u64 number;

		if (len >= sizeof word || (text[len] == ':') != (i + 1 < count))
			return false;
		memcpy(word, text, len);
		word[len] = 0;
		if (!value_number(word, 0, max, &number))
			return false;
		part[i] = (u32)number;
		text += len + 1;
	}
	return true;
}

bool value_community(const char *text, u32 *community)
{
	u32 part[2];

	for (u32 i = 0; i < ARRAY_COUNT(known); i++) {
		if (strcmp(value_community_words[i], text) != 0)
			continue;
		*community = known[i];
		return true;
	}
	if (!take_parts(text, UINT16_MAX, part, 2))
		return false;
	*community = part[0] << 16 | part[1];
	return true;
}

struct value_routing value_show_community(u32 community)
{
	struct value_routing out;

	snprintf(out.text, sizeof out.text, "%u:%u", community >> 16, community & 0xffff);
	for (u32 i = 0; i < ARRAY_COUNT(known); i++) {
		if (known[i] == community)
			snprintf(out.text, sizeof out.text, "%s", value_community_words[i]);
	}
	return out;
}

bool value_large_community(const char *text, struct large_community *community)
{
	u32 part[3];

	if (!take_parts(text, UINT32_MAX, part, 3))
		return false;
	*community = (struct large_community){ part[0], part[1], part[2] };
	return true;
}

struct value_routing value_show_large_community(const struct large_community *community)
{
	struct value_routing out;

	snprintf(out.text, sizeof out.text, "%u:%u:%u", community->global, community->local1,
		 community->local2);
	return out;
}

/* ---- numbers and texts ----------------------------------------------------------------------- */

bool value_as(const char *text, u32 *as)
{
	size_t len = strcspn(text, ".");
	char high[PART_MAX];
	u64 number;
	u64 low;

	if (text[len] == 0) {
		if (!value_number(text, 1, UINT32_MAX, &number))
			return false;
		*as = (u32)number;
		return true;
	}
	if (len >= sizeof high)
		return false;
	memcpy(high, text, len);
	high[len] = 0;
	if (!value_number(high, 0, UINT16_MAX, &number) ||
	    !value_number(text + len + 1, 0, UINT16_MAX, &low) || (number | low) == 0)
		return false;
	*as = (u32)(number << 16 | low);
	return true;
}

bool value_area(const char *text, u32 *area)
{
	u64 number;
	be32 addr;

	if (value_addr(text, &addr)) {
		*area = be32_host(addr);
		return true;
	}
	if (!value_number(text, 0, UINT32_MAX, &number))
		return false;
	*area = (u32)number;
	return true;
}

bool value_text(const char *text, size_t size)
{
	size_t len = strlen(text);

	if (len == 0 || len >= size || text[0] == ' ' || text[len - 1] == ' ')
		return false;
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			return false;
	}
	return true;
}
