/* One OSPF speaker, and neighbours whose messages a test writes.
 *
 * Interface 0 is a point-to-point link, 10.0.0.1/30; interface 1 a network, 10.0.1.1/24; both are
 * in the backbone. The speaker is 5.5.5.5. What it sends is kept until it is taken.              */
#ifndef TEST_FAKE_OSPF_BED_H
#define TEST_FAKE_OSPF_BED_H

#include "core/routing/ospf/ospf_part.h"

enum { BED_SENT_MAX = 512, BED_PKT_MAX = 4096, BED_PTP = 0, BED_LAN = 1, BED_SOCKS = 8 };

#define BED_RID  be32_of(0x05050505)
#define BED_LOW  be32_of(0x01010101) /* a neighbour that we are the master of */
#define BED_HIGH be32_of(0x09090909) /* one that is ours */

struct bed_sent {
	u16 iface;
	be32 dst;
	u32 len; /* of the message, what authentication appends included */
	u8 msg[BED_PKT_MAX];
};

struct bed_socket {
	bool open;
	u16 iface;
	bool in_dr_group;
	u32 joins;
};

/* Who speaks to the speaker. */
struct bed_nbr {
	u16 iface;
	be32 rid;
	be32 addr;
	u32 dd_seq;
	u8 priority;
	be32 dr; /* that it claims */
	be32 bdr;
};

struct ospf_bed {
	struct ospf ospf;
	struct rib rib;
	struct fib fib;
	struct iface_table ifaces;
	struct policy_conf policies;
	struct speaker_log log;
	struct ospf_conf conf;
	void *region;
	u64 region_size;
	ns_t now;
	u16 fixed;   /* a client of the RIB */
	bool refuse; /* send_to answers SOCK_AGAIN */
	u32 say_seq; /* what neighbours number their messages with; zero: the second */
	bool say_wrong;    /* a bit of what authenticates them is turned */
	bool say_unsigned; /* they are not authenticated */
	struct bed_socket sock[BED_SOCKS];
	u32 packet_len; /* the one that recv gives next; zero: none */
	u8 packet[BED_PKT_MAX];
	u32 sent_count;
	struct bed_sent sent[BED_SENT_MAX];
};

/* Interfaces and configuration as above; the test may change conf before the start. */
struct ospf_bed *ospf_bed_new(void);
/* As new, with the memory that it has: limits may be lower than at the first start, not higher. */
void ospf_bed_reset(struct ospf_bed *bed);
void ospf_bed_start(struct ospf_bed *bed);
void ospf_bed_free(struct ospf_bed *bed);
/* Time goes on, deadline by deadline. */
void ospf_bed_wait(struct ospf_bed *bed, ns_t ns);

/* A message of a neighbour: header, checksum and authentication are made. */
void ospf_bed_say(struct ospf_bed *bed, const struct bed_nbr *nbr, u8 type, const void *body,
		  u32 len);
/* A packet as it is, with its IP header, by an interface. */
void ospf_bed_packet(struct ospf_bed *bed, u16 iface, const void *bytes, u32 len);
void ospf_bed_hello(struct ospf_bed *bed, const struct bed_nbr *nbr, bool names_us);
void ospf_bed_dd(struct ospf_bed *bed, struct bed_nbr *nbr, u8 flags, const void *headers,
		 u32 count);
void ospf_bed_lsupd(struct ospf_bed *bed, const struct bed_nbr *nbr, const void *lsa);
void ospf_bed_ack(struct ospf_bed *bed, const struct bed_nbr *nbr, const struct ospf_lsa_hdr *hdr);
/* All that waits to be acknowledged by it is. */
void ospf_bed_ack_all(struct ospf_bed *bed, const struct bed_nbr *nbr);
/* From nothing to Exchange, and to Full with an empty database of its own. */
void ospf_bed_to_exchange(struct ospf_bed *bed, struct bed_nbr *nbr);
void ospf_bed_to_full(struct ospf_bed *bed, struct bed_nbr *nbr);
enum ospf_nbr_state ospf_bed_state(const struct ospf_bed *bed, const struct bed_nbr *nbr);
/* NULL: there is none. */
struct ospf_nbr *ospf_bed_nbr(const struct ospf_bed *bed, const struct bed_nbr *nbr);
u32 ospf_bed_nbr_idx(const struct ospf_bed *bed, const struct bed_nbr *nbr);

/* The first message of a type that was sent by an interface and not taken yet; NULL. It stays
 * readable until the next message is sent.                                                       */
const struct bed_sent *ospf_bed_take(struct ospf_bed *bed, u16 iface, u8 type);
u32 ospf_bed_count(const struct ospf_bed *bed, u16 iface, u8 type);
void ospf_bed_forget(struct ospf_bed *bed);
/* The LSA of a type and id in a sent update; NULL. */
const struct ospf_lsa_hdr *ospf_bed_find_lsa(const struct bed_sent *sent, u8 type, be32 id);
/* A summary-LSA with its checksum. */
struct ospf_summary_lsa ospf_bed_summary(be32 adv, u32 id, u32 seq, u16 age);
/* The last line of the log holds this. */
bool ospf_bed_logged(struct ospf_bed *bed, const char *text);

#endif
