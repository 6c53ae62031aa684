/* A packet of an inside host and the maker of ICMP errors about it. */
#ifndef TEST_UNIT_CORE_IP_ICMP_BED_H
#define TEST_UNIT_CORE_IP_ICMP_BED_H

#include "unit/core_ip/bed.h"

#include "core/ip/icmp.h"

#define INSIDE  "10.10.0.5"
#define OUTSIDE "198.18.0.9"
#define OURS    "10.10.0.1"

enum { QUOTE_MAX = 548 };

struct icmp_bed {
	struct bed bed;
	struct icmp icmp;
	struct build b;
	ns_t now;
};

static inline void icmp_open_conf(struct icmp_bed *i, const struct icmp_conf *conf)
{
	struct hash_key key = bed_key();

	bed_open(&i->bed, 16, 3);
	icmp_init(&i->icmp, conf, &i->bed.pool, &key);
	i->now = 500 * NS_PER_SEC;
	build_udp4(&i->b, addr(INSIDE), 5000, addr(OUTSIDE), 53, 32);
}

static inline void icmp_open(struct icmp_bed *i)
{
	icmp_open_conf(i, &ICMP_CONF_DEFAULT);
}

static inline enum icmp_refusal decide(struct icmp_bed *i, enum drop reason, u32 arg, u32 facts,
				struct icmp_error_spec *spec)
{
	struct pkt *pkt = bed_pkt_raw(&i->bed, &i->b);
	enum icmp_refusal refusal;

	pkt->drop = (u8)reason;
	pkt->drop_arg = arg;
	refusal = icmp_error_decide(pkt, facts, spec);
	pkt_put(pkt);
	return refusal;
}

#endif
