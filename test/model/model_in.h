/* What the files of the model share. */
#ifndef TEST_MODEL_MODEL_IN_H
#define TEST_MODEL_MODEL_IN_H

#include "model/model.h"

#define MODEL_NONE UINT32_MAX

/* What begins a connection, whatever else is marked in it. */
static inline bool model_is_syn(const struct seen *seen)
{
	return (seen->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

/* Keep the first complaint. */
__attribute__((format(printf, 2, 3))) void model_wrong(struct model *m, const char *format, ...);

/* ---- what the configuration says (model_conf.c) */
u8 model_zone_of(const struct model *m, u16 iface);
/* In which zone an address is as it is seen from one: there, if it has a route of its own to it;
 * else in the common one.                                                                        */
u8 model_view(const struct model *m, u8 zone, be32 a);
bool model_is_own(const struct model *m, u8 zone, be32 a);
/* The same as it is seen from the zone. */
bool model_sees_own(const struct model *m, u8 zone, be32 a);
/* An address that packets are translated to: outside interface's, pool's, one-to-one's. */
bool model_is_public(const struct model *m, be32 a);
bool model_sees_public(const struct model *m, u8 zone, be32 a);
bool model_in_pool(const struct nat_pool_conf *pool, be32 a);
bool model_is_group(const struct model *m, u8 zone, be32 a);
bool model_sees_group(const struct model *m, u8 zone, be32 a);
bool model_source_ok(const struct model *m, u8 zone, be32 a);
/* Would what answers it go back there, where the interface asks? */
bool model_way_back_ok(const struct model *m, u16 in_if, be32 source);
/* May it come into the zone, or leave there, as the source of somebody who is not the gateway? */
bool model_passes_as(const struct model *m, u8 zone, be32 source);
/* One-to-one in either direction; false when none covers it. */
bool model_static_out(const struct model *m, u8 zone, be32 inside, be32 *outside);
bool model_static_in(const struct model *m, be32 outside, u8 *zone, be32 *inside);
/* The way to a destination in a zone: false when there is none. */
bool model_route(const struct model *m, u8 zone, be32 dst, u16 *out_if, be32 *station);
bool model_station_answers(const struct model *m, u16 out_if, be32 station);
/* Does the first rule that covers these packets leave them as they are? */
bool model_is_exempt(const struct model *m, u8 proto, const struct model_tuple *t);
/* The rule that translates what `source` sends by out_if, to whomever it is not exempt; NULL when
 * none.                                                                                          */
const struct nat_rule_conf *model_rule(const struct model *m, u8 zone, be32 source, u16 out_if);
/* The same for a way out by whichever interface of the outside. */
const struct nat_rule_conf *model_rule_outside(const struct model *m, u8 zone, be32 source);
void model_port_range(const struct model *m, const struct nat_rule_conf *rule, u16 *first,
		      u16 *last);
/* NAT_PROTO_COUNT for what has no ports. */
u32 model_nat_proto(u8 proto);
bool model_is_eim(const struct nat_rule_conf *rule, u8 proto);

/* ---- flows (model_flow.c) */
bool model_tuple_of(const struct seen *seen, u8 zone, struct model_tuple *t);
bool model_tuple_eq(const struct model_tuple *a, const struct model_tuple *b);
struct model_tuple model_tuple_reversed(const struct model_tuple *t);
bool model_flow_is_translated(const struct model_flow *f);
bool model_flow_is_eim(const struct model *m, const struct model_flow *f);
bool model_flow_lives(const struct model *m, const struct model_flow *f); /* certainly */
/* It, or what it holds: its mapping, and who was spoken to. */
bool model_flow_may_stand(const struct model *m, const struct model_flow *f);
bool model_flow_may_live(const struct model *m, const struct model_flow *f);
u32 model_flow_find(const struct model *m, u8 proto, const struct model_tuple *t, bool *reply);
void model_flow_seen(struct model *m, struct model_flow *f, bool reply, const struct seen *seen,
		     bool certain);
/* A packet of so many bytes that the engine has counted; or may have, if that is not certain. */
void model_flow_counted(struct model_flow *f, bool reply, u32 len, bool certain);
/* It may have been over, and another one in its place counts anew. */
void model_flow_recounted(struct model_flow *f);
bool model_is_udp(u8 proto);
struct model_flow *model_flow_add(struct model *m, u8 proto, const struct model_tuple *in);
void model_flow_split(struct model *m, u32 index);
void model_flow_del(struct model *m, u32 index);
bool model_table_tight(const struct model *m);
bool model_ports_tight(const struct model *m, const struct nat_rule_conf *rule, u8 proto);

/* A flow whose binding has become known. */
void model_flow_bind(struct model *m, struct model_flow *f, const struct model_tuple *out);
/* Nothing but its time is looked at. */
bool model_flow_in_time(const struct model *m, const struct model_flow *f);

/* ---- services (model_service.c) */
enum model_doubt { MODEL_NO, MODEL_PERHAPS, MODEL_YES };
/* Which one a packet is for; NULL when none. */
const struct service_conf *model_service_of(const struct model *m, u8 proto,
					    const struct model_tuple *t, bool from_inside);
/* The same, as it is seen where the packet comes from. */
const struct service_conf *model_service_asked(const struct model *m, u8 proto,
					       const struct model_tuple *in, bool from_inside);
/* Has any of them this address? */
bool model_service_has(const struct model *m, be32 a);
/* How many ports of addresses that packets are translated to they have. */
u32 model_service_ports(const struct model *m, u8 proto);
/* The flow's backend is gone. */
enum model_doubt model_is_stale(const struct model *m, const struct model_flow *f);
/* What has to happen with what is new, and with a packet of a flow whose backend is gone. */
void model_fate_service(struct model *m, const struct service_conf *service, bool sure,
			bool hairpin);
void model_fate_lost(struct model *m, enum model_doubt stale, bool certain, bool sure);
/* May this client be led there? Complains when not. */
void model_choice_ok(struct model *m, u8 proto, const struct service_conf *service,
		     const struct model_tuple *in, const struct model_tuple *out);
/* The flow is of a backend from now on, if of any. */
void model_flow_serve(struct model *m, struct model_flow *f);
/* A flow may have begun anew without a trace. */
void model_maybe_made(struct model *m, const struct model_flow *f);
/* What can not be forwarded, a service without anybody may have refused before. */
void model_maybe_refused(struct model *m);
void model_service_tick(struct model *m);
/* It is as it was known, or another one that came to the same binding. */
void model_flow_either(struct model *m, struct model_flow *f);
/* A SYN for a connection that may be over, whose backend takes nothing new: it may be moved. */
bool model_may_move(const struct model *m, const struct model_flow *f);
void model_fate_moved(struct model *m);
/* The other end of a connection is told that its server was lost. */
bool model_is_told(const struct model *m, const struct seen *seen);
void model_judge_told(struct model *m, u16 out_if, const struct seen *seen);

/* ---- filter rules (model_filter.c) */
/* It lets everything pass. */
bool model_filter_is_idle(const struct model *m, enum filter_chain chain);
/* Somebody may be told no in this way. */
bool model_filter_rejects(const struct model *m, enum filter_reject reject);
/* The current packet certainly passes FORWARD on its way to dst; the port as its flow has it. */
bool model_filter_passes(const struct model *m, u16 out_if, be32 dst);
/* It did, of this flow or of none; complains when it must not. Rules that have asked the flow are
 * those that it goes by from now on.                                                             */
void model_filter_forward_ok(struct model *m, u16 out_if, const struct seen *seen,
			     struct model_flow *f);
/* The same of an ICMP error about the flow, and of what is made here. */
void model_filter_related_ok(struct model *m, u16 out_if, const struct seen *seen,
			     const struct model_flow *f);
void model_filter_output_ok(struct model *m, u16 out_if, const struct seen *seen);
/* The current packet, to the gateway itself, passes INPUT: certainly, or maybe. */
bool model_filter_takes_in(const struct model *m, bool certainly);
void model_filter_changed(struct model *m, const struct filter_conf *was,
			  const struct filter_conf *now);

/* ---- SCTP and DCCP (model_assoc.c) */
bool model_is_assoc(u8 proto);
/* A packet that opens as the books have it; one that ends, and begins nothing: certainly, or maybe;
 * one that may lead to the times of a connection that closes.                                    */
bool model_assoc_begins(const struct seen *seen);
bool model_assoc_ends(const struct seen *seen, bool maybe);
bool model_assoc_may_close(const struct seen *seen);
/* A packet of the flow: where its opening stands. */
void model_assoc_seen(struct model_flow *f, bool reply, const struct seen *seen, bool certain);
bool model_assoc_is_open(const struct model_flow *f);
bool model_assoc_answers(const struct model_flow *f);

/* ---- bindings (model_nat.c) */
/* The endpoint-independent mapping of a flow's source, and the one that a flow from outside (or a
 * hairpin) came in through; false when there is none.                                            */
bool model_mapping_src(const struct model_flow *f, struct model_mapping *mapping);
bool model_mapping_dst(const struct model_flow *f, struct model_mapping *mapping);
/* Who owns a public endpoint by endpoint-independent mapping. sure: it certainly stands. */
bool model_owner(const struct model *m, u8 proto, be32 addr, u16 port, bool *sure,
		 struct model_mapping *mapping);
/* Other rules, pools and times of rest than before. */
void model_nat_changed(struct model *m, const struct nat_conf *was, const struct nat_conf *now);
enum model_admit { MODEL_ADMIT_NO, MODEL_ADMIT_MAYBE, MODEL_ADMIT_YES };
enum model_admit model_admits(const struct model *m, u8 proto, be32 public_addr, u16 public_port,
			      be32 remote, u16 remote_port);
/* Is `out` a lawful way for a new flow that came in as `in` to leave? Complains when not. */
bool model_binding_ok(struct model *m, u8 proto, u16 in_if, u16 out_if,
		      const struct model_tuple *in, const struct model_tuple *out);

/* ---- what has to happen (model_fate.c): fills in m->cur from its bytes */
void model_fate(struct model *m, bool certain);
/* Of a packet that belongs to no flow; and of one that goes there. */
void model_fate_new(struct model *m, bool sure);
void model_fate_way(struct model *m, u8 zone, be32 dst, bool sure);
/* A flow that leaves with this tuple would be answered by the packets of another, or another's
 * answers are its own already.                                                                   */
bool model_clashes(const struct model *m, const struct model_tuple *out);
bool model_may_begin(const struct model *m, bool *plain);

/* ---- judging (model.c) */
void model_judge_way_out(struct model *m, u16 out_if, u8 zone, be32 dst);

/* ---- fragments (model_reass.c): a whole packet into out, its length returned; 0 not complete */
struct model_fragment {
	const u8 *ip;
	const struct seen *seen;
	u16 in_if;
	u8 zone;
	u32 link_flags;
	ns_t now;
	u32 most;  /* pieces that a packet may have */
	bool sure; /* that the engine still has those before it */
};
/* The engine may throw away packets now: none of those that are here is sure any more. */
void model_reass_doubt(struct model_pieces *table);
void model_reass_expire(struct model_pieces *table, ns_t now, ns_t timeout_ns);
u32 model_reass_add(struct model_pieces *table, const struct model_fragment *f, u8 *out,
		    struct model_parts *parts);

/* ---- ICMP errors (model_icmp.c) */
void model_log_add(struct model *m, u16 in_if, u32 link_flags, const u8 *ip, u32 len,
		   bool reassembled);
/* What was added last has left, or was answered. */
void model_log_end(struct model *m);
/* The current packet as the first of those that it is to be split into: nothing longer can be
 * quoted of it, since nobody ever saw it on a wire.                                              */
void model_log_segment(struct model *m, u16 gso_size);
void model_judge_error(struct model *m, u16 out_if, const struct seen *seen, const u8 *ip);
void model_judge_related(struct model *m, u16 out_if, const struct seen *seen, const u8 *ip);
/* Whether the current packet, an ICMP error, belongs to a flow. */
bool model_related(const struct model *m, u32 *flow, bool *reply);

#endif
