/* An engine on the bench: interfaces, memory, a clock, and neighbours that answer ARP.
 *
 *     struct rig rig;
 *     struct rig_out out;
 *     rig_conf(&conf);                  a gateway with sensible small limits; change what matters
 *     rig_open(&rig, &conf);
 *     build_udp4(&b, addr("10.10.0.5"), 5000, addr("198.18.0.9"), 53, 32);
 *     rig_send(&rig, RIG_IN, &b);
 *     while (rig_next(&rig, &out)) ...look at out.out_if, out.seen...
 *     rig_close(&rig);                  also checks every invariant of the tables
 *
 * ARP is dealt with here: requests that come out are answered by a station whose MAC follows from
 * its address, unless the address is on the list of silent ones. What comes out of rig_next() are
 * IP packets only, unless keep_arp is set.                                                       */
#ifndef TEST_FAKE_ENGINE_H
#define TEST_FAKE_ENGINE_H

#include "fake/build.h"
#include "fake/seen.h"
#include "sluice/sluice.h"

enum {
	RIG_IN = 0,  /* inside, Ethernet, 10.10.0.1/16 */
	RIG_OUT = 1, /* outside, Ethernet, 198.18.0.1/16; the default gateway is 198.18.0.2 */
	RIG_IN2 = 2, /* inside, raw IP, 10.20.0.1/16 */
	RIG_IFACES = 3,
	RIG_SILENT_MAX = 16,
	RIG_SPARES = 4,
	RIG_PAGE = 4096,
	RIG_TICKS_MAX = 1000000,
	RIG_DETECTION_S = 20, /* for finding out that nobody has our addresses, RFC 5227 */
};

/* When engines begin, so that at 1,000 seconds their addresses are theirs. */
#define RIG_BEGAN_NS ((1000 - RIG_DETECTION_S) * NS_PER_SEC)

/* What a driver would count: frames, and bytes from the IP header on. */
struct rig_count {
	u64 packets;
	u64 bytes;
};

struct rig {
	struct sluice *s;
	void *memory;
	u64 memory_size;
	bool borrowed; /* memory stays the caller's, who has checked what was built in it */
	bool configured;
	ns_t now;
	u32 iface_count;
	struct mac mac[IFACE_MAX]; /* the engine's own */
	enum iface_link link[IFACE_MAX];
	u32 silent_count;
	be32 silent[RIG_SILENT_MAX]; /* stations that never answer ARP */
	bool keep_arp;
	u64 arp_requests;
	u64 arp_replies;
	u64 frames_out; /* all, ARP included */
	u64 arp_in;
	u64 arp_out;
	struct rig_count came[IFACE_MAX];
	struct rig_count left[IFACE_MAX];
	u32 tx_next;
	struct batch tx;
};

struct rig_out {
	u16 out_if;
	u32 flags; /* enum pkt_flag */
	u8 gso_type;
	u16 gso_size;
	u16 csum_start;
	u16 csum_offset;
	bool arp;
	bool parsed;        /* seen is set: there was a whole IP header */
	struct seen seen;   /* points into frame */
	struct build frame; /* as it left, link header included */
};

/* Inside 10.10.0.0/16 and 10.20.0.0/16, outside 198.18.0.1/16, default route, one masquerade rule
 * for 10.0.0.0/8 with every default. Limits are small: some thousand flows.                      */
void rig_conf(struct sluice_conf *conf);
/* One pool of first..last for everything that was masqueraded. */
void rig_conf_pool(struct sluice_conf *conf, const char *first, const char *last);
/* Both inside networks, with the same addresses, in zones of their own: 1 is blue, 2 is red. */
void rig_conf_zones(struct sluice_conf *conf);
/* Every protocol of rule 0. */
void rig_conf_mapping(struct sluice_conf *conf, enum nat_mapping mapping,
		      enum nat_filtering filtering);

/* At 1,000 s, its addresses known to be its own. A configuration that is refused stops the program
 * with the reason.                                                                               */
void rig_open(struct rig *rig, const struct sluice_conf *conf);
/* The same in memory of the caller: zeroed, rig_memory_size() bytes, borrowed until rig_close(). */
void rig_open_in(struct rig *rig, const struct sluice_conf *conf, void *memory, u64 size);
u64 rig_memory_size(const struct sluice_conf *conf);
void rig_close(struct rig *rig);
/* Every invariant. In borrowed memory the forwarding table is looked at only if a new configuration
 * may have changed it.                                                                           */
void rig_check(const struct rig *rig);
/* Exchange the configuration; false when refused. */
bool rig_configure(struct rig *rig, const struct sluice_conf *conf);

/* Hand a packet in; a link header is put before it on Ethernet if it has none. False when the pool
 * was empty.                                                                                     */
bool rig_send(struct rig *rig, u16 in_if, const struct build *b);
/* The same packet, made but not handed in, so that a test can set what a driver would. */
struct pkt *rig_make(struct rig *rig, u16 in_if, const struct build *b);
void rig_input(struct rig *rig, struct pkt *pkt);
/* The next packet that the engine wants to send. */
bool rig_next(struct rig *rig, struct rig_out *out);
/* Throw away what waits; returns how many there were. */
u32 rig_drain(struct rig *rig);
/* Let time pass: every tick that is due on the way is made at its time. */
void rig_advance(struct rig *rig, ns_t by_ns);

u64 rig_drop_count(const struct rig *rig, enum drop drop);
/* Sum over all reasons. */
u64 rig_drop_sum(const struct rig *rig);
u64 rig_counter(const struct rig *rig, const char *name);
/* The first flow that matches; false when there is none. */
bool rig_find_flow(const struct rig *rig, const struct sluice_flow_filter *filter,
		   struct sluice_flow *out);
/* How many endpoint-independent mappings stand, and how many ports are taken or rest, over all
 * addresses and protocols: zero in a table that nothing has touched.                             */
u32 rig_mapping_count(const struct rig *rig);
u64 rig_ports_held(const struct rig *rig);
/* The MAC of the station with this address. */
struct mac rig_mac_of(be32 station);

#endif
