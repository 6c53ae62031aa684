/* Records as JSON: one record, one object, one line, so that a reader needs no memory for a long
 * answer and a person can read it.                                                              */
#ifndef HOST_CTL_CTL_RECORDS_H
#define HOST_CTL_CTL_RECORDS_H

#include "sluice/sluice.h"

struct evbuffer;

enum { CTL_ADDR_TEXT_SIZE = 16 };

/* By value, so that several fit in one call of evbuffer_add_printf. */
struct ctl_addr_text {
	char text[CTL_ADDR_TEXT_SIZE];
};

struct ctl_addr_text ctl_addr_text(be32 addr);
/* "udplite", or the number of a protocol without a name. */
struct ctl_addr_text ctl_proto_text(u8 proto);
/* s gives the names of zones and interfaces. */
/* Both tuples of a flow: "orig":{"src":...},"repl":{...}, with ports of protocols that have some.
 * An ICMP query has "icmp_id" in both, as it was and as it is translated, and the type and code
 * that it asks with in "orig"; GRE has "gre_key", folded to 16 bits.                            */
void ctl_put_tuples(struct evbuffer *out, u8 proto, const struct sluice_tuple *orig,
		    const struct sluice_tuple *repl);
/* "dport":80, behind an address, also where any protocol is meant (0); of ICMP
 * "icmp_type":8,"icmp_code":0, and nothing of others.                                           */
void ctl_put_dport(struct evbuffer *out, u8 proto, be16 dport);
void ctl_put_flow(struct evbuffer *out, const struct sluice *s, const struct sluice_flow *flow);
void ctl_put_mapping(struct evbuffer *out, const struct sluice *s,
		     const struct sluice_mapping *mapping);
void ctl_put_ports(struct evbuffer *out, const struct sluice_ports *ports);
void ctl_put_subscriber(struct evbuffer *out, const struct sluice *s,
			const struct sluice_subscriber *subscriber);
void ctl_put_dest(struct evbuffer *out, const struct sluice_dest *dest);
void ctl_put_backend(struct evbuffer *out, const struct sluice *s,
		     const struct sluice_backend *backend);
void ctl_put_service(struct evbuffer *out, const struct sluice *s,
		     const struct sluice_service *service);
void ctl_put_route(struct evbuffer *out, const struct sluice *s,
		   const struct sluice_route_info *route);
void ctl_put_zone(struct evbuffer *out, const struct sluice *s, const struct sluice_zone *zone);
/* "key":"blue", for a zone that has a name; nothing for the common one. */
void ctl_put_zone_name(struct evbuffer *out, const struct sluice *s, const char *key, u8 zone);
/* The same, and "none" for the common one: where an address alone could be several hosts. */
void ctl_put_zone_always(struct evbuffer *out, const struct sluice *s, const char *key, u8 zone);
void ctl_put_iface(struct evbuffer *out, const struct iface *iface);
void ctl_put_neigh(struct evbuffer *out, const struct iface_table *ifaces,
		   const struct neigh_info *neigh, ns_t now);
void ctl_put_counter(struct evbuffer *out, const struct sluice_counter *counter);
void ctl_put_mem_row(struct evbuffer *out, const struct mem_row *row);
/* "syn,!ack": flags of TCP that are set and, with a !, those of the mask that are not; "none". */
void ctl_put_flags(struct evbuffer *out, u8 flags, u8 mask);
/* "10.0.0.1", with its quotes. */
void ctl_put_addr(struct evbuffer *out, be32 addr);
/* The name of an interface, or null. */
void ctl_put_iface_name(struct evbuffer *out, const struct iface_table *ifaces, u64 index);
/* A JSON string with its quotes; bytes that are not printable ASCII become \u00XX. */
void ctl_put_string(struct evbuffer *out, const char *text);

#endif
