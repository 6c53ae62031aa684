/* Filter rules as plain as can be: a list, read from end to end as it was written, sets included.
 * The oracle of the compiled rules. Knows no limits: a rule with one counts as one without.      */
#ifndef TEST_MODEL_FILTER_MODEL_H
#define TEST_MODEL_FILTER_MODEL_H

#include "core/filter/filter_conf.h"

struct filter_model_packet {
	be32 src;
	be32 dst;
	u16 sport;
	u16 dport;
	u8 proto;
	u8 state;   /* one of enum filter_state */
	u16 in_if;  /* UINT16_MAX: made here */
	u16 out_if; /* UINT16_MAX: for the gateway */
	u8 icmp_type;
	u8 icmp_code;
	u8 tcp_flags;
};

/* The first rule of the chain that matches, from `from` on; conf->rule_count when none does. */
u32 filter_model_find(const struct filter_conf *conf, enum filter_chain chain,
		      const struct filter_model_packet *packet, u32 from);

#endif
