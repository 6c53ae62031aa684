/* The table of connections that are split. */
#include <assert.h>

#include "host/conf/conf_schema_part.h"

static const char *const cc_words[] = { "bbr", "bbr3", "cubic", "newreno", NULL };

static_assert(CONF_CC_BBR == 0 && CONF_CC_BBR3 == 1 && CONF_CC_CUBIC == 2 && CONF_CC_NEWRENO == 3,
	      "words");

static void accelerate_defaults(void *element)
{
	struct conf_accelerate *rule = element;

	rule->connections = CONF_SPLIT_USUAL;
	rule->buffer_kb = CONF_SPLIT_BUFFER_KB;
}

static const struct conf_field accelerate_fields[] = {
	{ .key = "in",
	  .kind = CONF_NAME,
	  .zero = "any",
	  .at = offsetof(struct conf_accelerate, in),
	  .size = IFACE_NAME_SIZE,
	  .help = "the interface by which they come; any: of the inside. One of the outside: those "
		  "that services, one-to-one addresses and rules let in" },
	{ .key = "source",
	  .kind = CONF_PREFIX,
	  .zero = "any",
	  .at = offsetof(struct conf_accelerate, source),
	  .more = offsetof(struct conf_accelerate, source_len),
	  .help = "who begins them" },
	{ .key = "destination",
	  .kind = CONF_PREFIX,
	  .zero = "any",
	  .at = offsetof(struct conf_accelerate, dest),
	  .more = offsetof(struct conf_accelerate, dest_len),
	  .help = "the servers, for who comes from outside by their public address" },
	{ .key = "ports",
	  .kind = CONF_PORTS,
	  .zero = "all",
	  .at = offsetof(struct conf_accelerate, port_first),
	  .more = offsetof(struct conf_accelerate, port_last),
	  .help = "of the servers, one or a range" },
	{ .key = "cc",
	  .kind = CONF_WORD,
	  .shown = true,
	  .words = cc_words,
	  .at = offsetof(struct conf_accelerate, cc),
	  .help = "congestion control towards the outside" },
	{ .key = "connections",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = SPLICE_SPLIT_MAX,
	  .at = offsetof(struct conf_accelerate, connections),
	  .help = "split at once by this rule; others go through whole" },
	{ .key = "buffer-kb",
	  .kind = CONF_NUMBER,
	  .min = SPLICE_BUFFER_MIN >> 10,
	  .max = SPLICE_BUFFER_MAX >> 10,
	  .at = offsetof(struct conf_accelerate, buffer_kb),
	  .help = "what the half of a connection that is outside may hold each way, in KB: twice "
		  "what the link has in flight; the half that is inside may hold a quarter" },
	{ .key = "early",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_accelerate, early),
	  .help = "who connects is answered before the server has answered, which saves it a round "
		  "trip; a server that refuses is then heard of as one that resets" },
};

const struct conf_group conf_accelerate_group = {
	.what = "a rule",
	.defaults = accelerate_defaults,
	.field = accelerate_fields,
	.field_count = ARRAY_COUNT(accelerate_fields),
};
