/* Longest prefix match as plain as can be: a list, searched from end to end. The oracle of the
 * forwarding table.                                                                             */
#ifndef TEST_MODEL_LPM_MODEL_H
#define TEST_MODEL_LPM_MODEL_H

#include "core/base/bytes.h"

enum { LPM_MODEL_MAX = 65536 };

struct lpm_model_prefix {
	u32 prefix; /* host order */
	u8 len;
	u32 value;
};

struct lpm_model {
	u32 count;
	struct lpm_model_prefix prefix[LPM_MODEL_MAX];
};

void lpm_model_init(struct lpm_model *model);
/* Add or replace; false when the list is full. */
bool lpm_model_add(struct lpm_model *model, u32 prefix, u8 len, u32 value);
bool lpm_model_del(struct lpm_model *model, u32 prefix, u8 len);
/* The value of the longest prefix that holds addr; 0 when none does. */
u32 lpm_model_lookup(const struct lpm_model *model, u32 addr);

#endif
