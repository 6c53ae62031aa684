/* The language of the configuration: one table says what can be set, and from it come reading,
 * checking of single values, printing, comparing, the manual, shell completion and a JSON schema.
 *
 * A group is a mapping of YAML: its fields, each with the place of its value in a C struct. A field
 * that holds a group, or a list of one, leads to the next table. To add a setting, add a field; a
 * section of its own is a file conf_schema_x.c (conf_schema_part.h). What concerns several values
 * at once (names that must exist, ranges that overlap) is conf_check.c.                         */
#ifndef HOST_CONF_CONF_SCHEMA_H
#define HOST_CONF_CONF_SCHEMA_H

#include "host/conf/conf.h"

enum conf_kind {
	CONF_GROUP,       /* a mapping; its fields count from where the group is */
	CONF_LIST,        /* a list of mappings */
	CONF_VALUES,      /* a list of values, or one value */
	CONF_BOOL,        /* bool */
	CONF_INVERTED,    /* bool, kept the other way round */
	CONF_NUMBER,      /* u32 */
	CONF_PORT,        /* u16: a port, or another number of that size */
	CONF_WORD,        /* an enum: its index in words */
	CONF_NAME,        /* char[]; letters, digits, and . _ - : @ */
	CONF_PATH,        /* char[]; absolute */
	CONF_LISTEN,      /* char[]; an absolute path, or a loopback address and port */
	CONF_ENDPOINT,    /* be32 and, at more, u16: an address and a port */
	CONF_SECONDS,     /* u32 */
	CONF_MILLIS,      /* u32 */
	CONF_NANOS,       /* u64 */
	CONF_ADDR,        /* be32 */
	CONF_PREFIX,      /* be32, and its length, u8, at more */
	CONF_HOST,        /* struct iface_addr: an address and the length of its network */
	CONF_RANGE,       /* struct nat_range */
	CONF_PORTS,       /* two u16, the second at more */
	CONF_VIA,         /* struct conf_route: kind and gateway */
	CONF_ELEM,        /* struct filter_elem, of any kind of set */
	CONF_PROTO,       /* s32: a protocol, of which some have words; zero is CONF_ANY */
	CONF_ICMP,        /* two s32, type and, at more, code; each may be CONF_ANY */
	CONF_MAYBE,       /* s64: a number, or CONF_ANY */
	CONF_AS,          /* u32 */
	CONF_AREA,        /* u32 */
	CONF_LIST_PREFIX, /* struct conf_list_prefix */
	CONF_COMMUNITY,   /* u32 */
	CONF_LARGE,       /* struct large_community */
	CONF_TEXT,        /* char[]; printable, with spaces */
	CONF_SECRET,      /* the same; for nobody's eyes */
	CONF_KIND_COUNT,
};

/* What a running gateway does when the value changes. */
enum conf_when {
	CONF_LIVE,    /* takes it between two batches */
	CONF_ANEW,    /* so, too, and sessions with neighbours that it concerns begin anew */
	CONF_RESTART, /* needs to be started again */
	CONF_PLANNED, /* memory is planned at start: no other value while it runs */
};

struct conf_group;

struct conf_field {
	const char *key;
	enum conf_kind kind;
	enum conf_when when;
	bool required;
	bool shown; /* printed even when it is the default */
	bool lone;  /* of a list: one mapping that is in none is the whole list */
	u32 at;     /* in the struct of the group */
	u32 more;   /* of kinds that have two places */
	u64 min;    /* numbers, and durations in their unit */
	u64 max;
	u32 size;     /* of a name or path; of one element of a list */
	u32 count_at; /* of a list: how many there are, u32 */
	u32 count_max;
	const char *zero;         /* the word that stands for zero or nothing */
	const char *top;          /* of CONF_PORT: the word that stands for UINT16_MAX */
	const char *const *words; /* NULL ends them */
	enum conf_kind element;   /* of CONF_VALUES */
	const struct conf_group *group;
	/* Of a list without names, where it is not always as when says; given both structs. */
	enum conf_when (*when_of)(const void *from, const void *to);
	const char *help; /* a phrase */
};

struct conf_group {
	const char *what;                /* "an interface" */
	void (*defaults)(void *element); /* of lists; NULL: zeros */
	const char *name; /* the field by which elements of a list are told apart; NULL: by place */
	const struct conf_field *field;
	u32 field_count;
};

/* An element of any list. */
union conf_element {
	struct conf_iface iface;
	struct conf_route route;
	struct conf_pool pool;
	struct conf_rule rule;
	struct conf_static fixed;
	struct conf_service service;
	struct backend_conf backend;
	struct conf_filter_rule filter_rule;
	struct conf_exception exception;
	struct conf_set set;
	struct conf_accelerate accelerate;
	struct conf_prefix_list prefix_list;
	struct conf_policy policy;
	struct conf_policy_rule policy_rule;
	struct conf_bgp_peer bgp_peer;
	struct conf_ospf_area ospf_area;
	struct conf_ospf_range ospf_range;
	struct conf_ospf_iface ospf_iface;
	struct conf_rip_iface rip_iface;
	struct conf_bfd_iface bfd_iface;
	struct conf_key key;
	struct conf_ao_key ao_key;
	struct conf_bfd_key bfd_key;
};

extern const struct conf_group conf_root;

/* All its fields at their defaults. */
void conf_element_defaults(const struct conf_group *group, union conf_element *element);

/* "live", "session", "restart", "planned": one word for it, wherever it is said. */
const char *conf_when_name(enum conf_when when);

/* ---- single values (conf_value.c) ------------------------------------------------------------ */

enum { CONF_VALUE_SIZE = 128 };

/* What is shown in place of a secret; conf_check() refuses it as one. */
#define CONF_HIDDEN "hidden"

/* base: the struct of the group. False: nothing was written. */
bool conf_value_read(const struct conf_field *field, const char *text, void *base);
/* As it is read back, and in one way only. */
void conf_value_show(const struct conf_field *field, const void *base, char text[CONF_VALUE_SIZE]);
/* What it has to be: "a number from 576 to 65535". */
void conf_value_expect(const struct conf_field *field, char *text, size_t size);
/* An element of a list of values, as a field of its own that begins at the element. */
struct conf_field conf_value_element(const struct conf_field *list);
/* The nearest word of a field that has words; NULL: none is near. */
const char *conf_value_near(const struct conf_field *field, const char *text);
bool conf_is_value(const struct conf_field *field);
/* Whether it is what the word for nothing stands for. */
bool conf_value_is_none(const struct conf_field *field, const void *base);

u32 conf_count_of(const struct conf_field *list, const void *base);
const void *conf_element_of(const struct conf_field *list, const void *base, u32 index);
/* Whether the canonical form says anything of it; all: defaults are said, too (conf_print.c). */
bool conf_is_printed(const struct conf_field *field, const void *base, const void *standard,
		     bool all);
/* The field with this key; NULL: none. */
const struct conf_field *conf_field_find(const struct conf_group *group, const char *key);

#endif
