/* The list of prefixes, searched from end to end. */
#include "model/lpm_model.h"

void lpm_model_init(struct lpm_model *model)
{
	model->count = 0;
}

static struct lpm_model_prefix *find(struct lpm_model *model, u32 prefix, u8 len)
{
	for (u32 i = 0; i < model->count; i++) {
		struct lpm_model_prefix *at = &model->prefix[i];

		if (at->prefix == prefix && at->len == len)
			return at;
	}
	return NULL;
}

bool lpm_model_add(struct lpm_model *model, u32 prefix, u8 len, u32 value)
{
	struct lpm_model_prefix *at = find(model, prefix, len);

	if (at == NULL) {
		if (model->count == LPM_MODEL_MAX)
			return false;
		at = &model->prefix[model->count++];
	}
	*at = (struct lpm_model_prefix){ prefix, len, value };
	return true;
}

bool lpm_model_del(struct lpm_model *model, u32 prefix, u8 len)
{
	struct lpm_model_prefix *at = find(model, prefix, len);

	if (at == NULL)
		return false;
	*at = model->prefix[--model->count];
	return true;
}

static bool holds(const struct lpm_model_prefix *at, u32 addr)
{
	return at->len == 0 || ((at->prefix ^ addr) >> (32 - at->len)) == 0;
}

u32 lpm_model_lookup(const struct lpm_model *model, u32 addr)
{
	const struct lpm_model_prefix *best = NULL;

	for (u32 i = 0; i < model->count; i++) {
		const struct lpm_model_prefix *at = &model->prefix[i];

		if (holds(at, addr) && (best == NULL || at->len > best->len))
			best = at;
	}
	return best == NULL ? 0 : best->value;
}
