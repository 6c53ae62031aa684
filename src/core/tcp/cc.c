/* The list of the algorithms, and the window that a connection begins with. */
#include "core/tcp/cc.h"

#include "core/base/text.h"

static const struct cc_ops *const all[] = { &cc_bbr, &cc_cubic, &cc_newreno, &cc_bbr3 };

enum { NAME_SIZE = 16 };

const char *cc_name_at(u32 index)
{
	return index < ARRAY_COUNT(all) ? all[index]->name : NULL;
}

const struct cc_ops *cc_find(const char *name)
{
	for (u32 n = 0; n < ARRAY_COUNT(all); n++)
		if (text_equal(all[n]->name, name, NAME_SIZE))
			return all[n];
	return NULL;
}

u32 cc_initial_window(u32 mss)
{
	return u32_min(CC_INITIAL_SEGMENTS * mss, u32_max(2 * mss, 14600));
}
