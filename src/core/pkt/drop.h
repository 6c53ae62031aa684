/* The reasons for which packets end, and their counters. */
#ifndef CORE_PKT_DROP_H
#define CORE_PKT_DROP_H

#include "core/base/bytes.h"

#define DROP(name, sentence, law) DROP_##name,
enum drop {
	DROP_NONE,
#include "core/pkt/drop.def"
	DROP_COUNT
};
#undef DROP

struct drop_stats {
	u64 count[DROP_COUNT];
};

/* "IP_CHECKSUM" for DROP_IP_CHECKSUM. */
const char *drop_name(enum drop drop);
const char *drop_sentence(enum drop drop);
const char *drop_law(enum drop drop);

#endif
