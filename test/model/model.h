/* A reference model of the gateway: what may come out when a packet goes in.
 *
 * Tiny structures, linear search, no cleverness and no code of core: two implementations that were
 * written apart have to agree. The model does not choose ports. It watches which binding a new flow
 * got, checks it against the rules (pool, port range, uniqueness, endpoint-independence, pairing,
 * filtering, quarantine), and from then on knows exactly how each packet of the flow has to leave.
 *
 *     model_in(m, in_if, flags, ip, len, now);      before the packet goes into the engine
 *     model_out(m, out_if, ip, len);                for each packet that comes out
 *     model_done(m);                                when nothing more comes out
 *     model_quiet(m, now);                          instead of model_in() for a tick
 *     model_flow_begin / _shown / _end              compare with the engine's flow table
 *
 *     model_backend_set / _order                 what is said of a backend, as the engine hears it
 *     model_configure(m, conf);                  another configuration
 *     model_set_change / _fill                   a set of the filter, at run time
 *     model_pushed_out(m);                       a queue of packets for a neighbour was too short
 *
 * After each call m->why is NULL or says what is wrong. Where the law leaves a choice, or time
 * makes it uncertain whether a flow still stands, both outcomes are admitted; so a judgement is
 * never wrong, only sometimes absent. What has to happen and what must not happen is kept apart:
 * `must` and `may` in struct model_fate.                                                        */
#ifndef TEST_MODEL_MODEL_H
#define TEST_MODEL_MODEL_H

#include "fake/seen.h"
#include "sluice/sluice.h"

enum {
	MODEL_FLOW_MAX = 16384,
	MODEL_LOG_MAX = 4096,
	MODEL_LOG_BYTES = 640, /* what an ICMP error can quote */
	MODEL_REASS_MAX = 64,
	MODEL_PIECE_MAX = 128,
	MODEL_SILENT_MAX = 16,
	MODEL_REST_MAX = 4096,
	MODEL_SERVICE_MAX = 8,
	MODEL_BACKEND_MAX = 64,
	MODEL_PIN_MAX = 256,
	MODEL_SET_MAX = 8,
	MODEL_ELEM_MAX = 32,
};

/* The zone of a packet that comes in is that of its interface, of one that leaves the same: so what
 * answers a tuple is the tuple reversed, in the same zone.                                       */
struct model_tuple {
	be32 src;
	be32 dst;
	u16 sport;
	u16 dport;
	u8 zone;
};

/* How far what was sent goes, in sequence numbers. */
struct model_reach {
	bool any;
	u32 end;
};

/* How often something happened: time may leave that open. */
struct model_count {
	u64 least;
	u64 most;
};

struct model_flow {
	u8 proto;
	bool inside;            /* it began there */
	bool known;             /* the binding is known */
	bool moving;            /* it was, and may have been exchanged for another */
	bool eim;               /* its source has an endpoint-independent mapping */
	bool fixed;             /* its destination was one-to-one */
	struct model_tuple in;  /* as its first packet came in */
	struct model_tuple out; /* as that leaves */
	ns_t seen_lo;           /* last packet that certainly counted */
	ns_t seen_hi;           /* last packet that may have counted */
	bool answered_lo;       /* certainly answered */
	bool answered_hi;       /* may be */
	u8 tcp_step;            /* 1 SYN, 2 SYN-ACK, 3 established cleanly; 0xff anything; the
				 * steps of SCTP and DCCP are in model_assoc.c                    */
	bool tcp_closing;       /* a FIN or RST was seen, or what is one to SCTP and DCCP */
	u32 tcp_isn[2];         /* of SCTP the tags */
	u64 dccp_last[2];       /* the last number of each side */
	bool turned; /* it may be over, and another one that began in the other direction stand */
	bool shown;
	u32 rules;   /* of the filter, that stood when it began, or that asked it since */
	u16 backend; /* its service's: place in model.backend and one; 0: it is of no service */
	u32 life;    /* that one's, when it was chosen */
	bool either; /* of that life, or chosen anew since: nobody could see it */
	u16 maybe;   /* the backend that it would have then, plus one; 0: none */
	struct model_count packets[2]; /* original, reply: that the engine may have counted */
	struct model_count bytes[2];
	struct model_reach told;  /* what the client was sent */
	struct model_reach whole; /* of that, what has no hole before it */
	struct model_reach said;  /* what the server sent: some of it may have died here */
	struct model_reach again; /* what it sent since a SYN that may have begun anew */
	struct model_reach sent;  /* what the client sent */
	struct model_reach asked; /* what the client acknowledged before anything was known of it */
	bool over_again;          /* there was such a SYN */
	bool muddled;             /* somebody sent a SYN that is none of this connection */
};

/* A service as long as the configuration names it. */
struct model_service {
	const struct service_conf *conf; /* NULL: it does not */
	char name[BALANCE_NAME_SIZE];
	u32 epoch;    /* of choices: another one when somebody may get what was another's */
	ns_t settled; /* until then a backend that came up takes more and more */
	struct model_count refused;
};

struct model_backend {
	u16 service;
	be32 addr;
	u16 port;
	u16 weight;
	bool listed; /* the configuration names it */
	bool drain;  /* and says so */
	bool ordered;
	u32 ordered_s; /* how long to drain, counted from when it can */
	bool given_up; /* it was drained for its time */
	u8 health;
	u32 life; /* ends with each time that its flows are given up */
	u32 born; /* the first life since it is listed */
	ns_t drain_end;
	ns_t warm_from;
	ns_t warm_end;
	struct model_count made;
	struct model_count moved;
	struct model_count reset;
};

/* Whom a client, or one of its connections, was led to. */
struct model_pin {
	u16 service;
	u16 backend;
	u8 proto; /* 0: all that the client sends */
	struct model_tuple tuple;
	u32 epoch;
	ns_t when;
};

/* A named set of the filter: what the configuration gives it, and what it has. Ports stand one by
 * one.                                                                                           */
struct model_set {
	struct filter_set_conf conf;
	struct filter_set_conf now; /* its elements are `elem` */
	struct filter_elem given[MODEL_ELEM_MAX];
	struct filter_elem elem[MODEL_ELEM_MAX];
	bool changed; /* at run time */
};

/* Which inside endpoint is seen as which public one. */
struct model_mapping {
	u8 inside_zone;
	be32 inside_addr;
	u16 inside_port;
	be32 public_addr;
	u16 public_port;
};

/* After the mapping is gone nobody else gets its port for a while. */
struct model_rest {
	u8 proto;
	struct model_mapping mapping;
	ns_t until;
};

struct model_log {
	bool valid_header;
	bool reassembled;
	bool ended; /* it was passed on or answered, or an error was about it: no other one is */
	u16 in_if;
	u32 link_flags;
	u32 len;
	u32 kept;
	ns_t when;
	u8 bytes[MODEL_LOG_BYTES];
};

struct model_piece {
	u32 offset;
	u32 len;
	u32 total_len; /* of the fragment */
	bool df;
	u8 ecn; /* RFC 3168 section 5 */
	u32 link_flags;
	u64 number; /* in the order that they came in, the last time */
	ns_t when;
};

/* What a packet came in. */
struct model_parts {
	u32 count;
	u32 largest;    /* total length */
	bool df;        /* one of the largest had it */
	u32 link_flags; /* of all of them */
	u16 in_if;      /* where the first one came in: that is where the whole did */
	bool sure;      /* the engine has all of them */
};

struct model_reass {
	bool used;
	u8 zone; /* that it came in by, or leaves to */
	be32 src;
	be32 dst;
	u8 proto;
	u16 id;
	ns_t begun;
	bool doubt; /* the engine may have thrown away the older pieces of it, for want of room */
	u64 number; /* in the order that they began in */
	u32 total; /* 0: the last fragment did not come yet */
	u32 hlen;  /* of the first fragment; 0: not come yet */
	u16 in_if; /* the same */
	u32 piece_count;
	struct model_piece piece[MODEL_PIECE_MAX];
	u8 header[60];
	u8 bytes[65536];
};

/* Entries from `top` on were never used. */
struct model_pieces {
	u32 top;
	u64 begun; /* entries so far */
	u64 taken; /* pieces */
	struct model_reass entry[MODEL_REASS_MAX];
};

struct model_fate {
	bool may_forward;
	bool must_forward;
	bool must_error;
	u8 error_type;
	u8 error_code;
	bool must_echo;
	bool must_reset;
	bool must_tell; /* the client of a service, that its server was lost */
};

struct model_current {
	bool active;
	u16 in_if;
	u8 zone;
	u32 link_flags;
	u32 len;
	u32 segment; /* the longest packet that it is to be split into; 0: it is whole */
	struct model_parts parts;
	struct seen seen;
	bool refused; /* whatever its flow: for its addresses, options or checksums */
	bool tuple_known;
	struct model_tuple tuple;
	u32 flow; /* the flow that it matches, possibly dead by now; UINT32_MAX none */
	bool reply;
	struct model_fate fate;
	u32 forwarded;
	u32 errors;
	bool unreachable; /* one of them says that its host does not answer */
	u32 echoes;
	u32 resets;
	bool lost; /* its flow's backend is gone, and the flow with it */
	struct model_flow lost_flow;
	u32 told;
	bool pushed_out;
	u8 bytes[65536];
};

struct model {
	const char *why;
	char said[256];
	const struct sluice_conf *conf;
	ns_t now;
	bool link_down[IFACE_MAX];
	u32 silent_count;
	be32 silent[MODEL_SILENT_MAX];
	ns_t rest_void; /* mappings that began to rest a quarantine before may have made room */
	u16 gso_size;   /* of the next packet that goes in; 0: none */
	/* About the ends of flows, by the table's clock of milliseconds; 0: packets come at whole
	 * ones only.                                                                             */
	ns_t slack_ns;
	bool lenient; /* the engine may refuse anything new: memory or rates are small on purpose */
	u32 rules; /* changes of the filter so far */
	u32 set_count;
	struct model_set set[MODEL_SET_MAX];
	struct filter_conf filter; /* the configuration's, with sets as they are now */
	struct filter_set_conf sets[MODEL_SET_MAX];
	ns_t changed; /* the configuration, the last time: what is over is found after that */
	bool services_changed; /* they are not those that the gateway began with */
	bool rules_changed;    /* mappings may stand that no rule would make now */
	bool filters_changed;  /* they filter as the rule said that made them */
	bool moved_on; /* a service has had all ports of a shared address, and has been changed */
	u32 service_count;
	struct model_service service[MODEL_SERVICE_MAX];
	u32 backend_count;
	struct model_backend backend[MODEL_BACKEND_MAX];
	u32 pin_count; /* ever; the last MODEL_PIN_MAX of them are there */
	struct model_pin pin[MODEL_PIN_MAX];
	u32 flow_count;
	struct model_flow flow[MODEL_FLOW_MAX];
	u32 rest_count;
	struct model_rest rest[MODEL_REST_MAX];
	u32 log_count; /* ever; the last MODEL_LOG_MAX of them are there */
	struct model_log log[MODEL_LOG_MAX];
	struct model_pieces in_reass;
	struct model_pieces out_reass;
	struct model_current cur;
	u64 judged; /* packets that were forwarded and found right */
};

/* Begin anew with a model that was in use, when its engine begins. The configuration stays the
 * caller's.                                                                                      */
void model_init(struct model *m, const struct sluice_conf *conf, ns_t now);
struct model *model_new(const struct sluice_conf *conf, ns_t now);
void model_del(struct model *m);
/* The next packet is to be split into packets with so many bytes of payload; the model knows it
 * whole, so every way out has to take it like that.                                              */
void model_segments(struct model *m, u16 gso_size);
void model_in(struct model *m, u16 in_if, u32 link_flags, const u8 *ip, u32 len, ns_t now);
void model_quiet(struct model *m, ns_t now);
void model_out(struct model *m, u16 out_if, const u8 *ip, u32 len);
void model_done(struct model *m);

/* A flow may stand whose binding no packet has shown: compare the tables before the next one. */
bool model_has_unknown(const struct model *m);
void model_flow_begin(struct model *m, ns_t now);
void model_flow_shown(struct model *m, const struct sluice_flow *flow);
void model_flow_end(struct model *m);

/* Another configuration; conf stays the caller's. Interfaces have the addresses and zones, and
 * zones the routes, that they had. Requires: a tick and a comparison of the tables just before.  */
void model_configure(struct model *m, const struct sluice_conf *conf);
/* What the engine has to answer when an element comes or goes; the same for all of a set's, which
 * stay the caller's.                                                                             */
enum err model_set_change(struct model *m, const char *set, const struct filter_elem *elem,
			  bool in);
enum err model_set_fill(struct model *m, const char *set, const struct filter_elem *elem,
			u32 count);
/* A set as it is shown, and one of its elements. */
void model_set_shown(struct model *m, const struct sluice_set *row);
void model_elem_shown(struct model *m, const char *set, const struct filter_elem *elem);
/* Before model_done(): the engine has counted a packet that found no room to wait for a neighbour,
 * or made room for another. Which one that was, nobody has seen.                                 */
void model_pushed_out(struct model *m);
void model_backend_set(struct model *m, u32 service, u32 index, enum backend_state state);
void model_backend_order(struct model *m, u32 service, u32 index, bool drain, u32 deadline_s);
/* Between model_flow_shown() and model_flow_end(): what is shown of each. */
void model_backend_shown(struct model *m, const struct sluice_backend *row);
void model_service_shown(struct model *m, const struct sluice_service *row);

#endif
