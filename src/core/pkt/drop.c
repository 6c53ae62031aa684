/* Names and sentences of drop reasons, printed from the one list. */
#include "core/pkt/drop.h"
#include "core/base/check.h"

struct drop_text {
	const char *name;
	const char *sentence;
	const char *law;
};

#define DROP(name, sentence, law) { #name, sentence, law },
static const struct drop_text drop_texts[DROP_COUNT] = {
	{ "NONE", "not dropped", "" },
#include "core/pkt/drop.def"
};
#undef DROP

static const struct drop_text *drop_text_of(enum drop drop)
{
	CHECK(drop < DROP_COUNT);
	return &drop_texts[drop];
}

const char *drop_name(enum drop drop)
{
	return drop_text_of(drop)->name;
}

const char *drop_sentence(enum drop drop)
{
	return drop_text_of(drop)->sentence;
}

const char *drop_law(enum drop drop)
{
	return drop_text_of(drop)->law;
}
