/* Interfaces as the core sees them: a link with an MTU, addresses, offload facts and counters.
 *
 * A zone is a network of its own on the inside, with addresses and routes that may be those of
 * others, too. Zone 0 is common: the outside, and every inside interface that names no zone. What a
 * zone has no route to, it looks for there; nothing else leads from one zone to another but public
 * addresses (hairpin).                                                                           */
#ifndef CORE_IFACE_IFACE_H
#define CORE_IFACE_IFACE_H

#include "core/base/bytes.h"
#include "core/base/err.h"
#include "core/wire/eth.h"

enum { IFACE_MAX = 64, IFACE_ADDR_MAX = 64, IFACE_NAME_SIZE = 16, IFACE_ZONE_MAX = 64 };
#define IFACE_NONE UINT16_MAX

/* What fits into the smaller MTU of the two interfaces that a SYN passes. */
#define IFACE_MSS_OF_MTU UINT16_MAX
enum { IFACE_MSS_MIN = 128 };

enum iface_link { IFACE_ETHERNET, IFACE_RAW_IP };
enum iface_side { IFACE_INSIDE, IFACE_OUTSIDE };

/* What the table of the interface's zone has to say of the source of what comes in (RFC 3704). */
enum iface_source_check {
	IFACE_SOURCE_ANY,
	IFACE_SOURCE_ROUTED, /* loose, section 2.4: there is a way back, by whichever interface */
	IFACE_SOURCE_HERE,   /* strict, sections 2.2 and 2.3: one of the best ways leads here */
};

/* What the way out can take as it is; the driver knows. */
enum iface_offload {
	IFACE_TX_CSUM = 1 << 0, /* finishes partial L4 checksums */
	IFACE_TX_TSO = 1 << 1,  /* splits GSO_TCP4 segments */
	IFACE_TX_USO = 1 << 2,  /* splits GSO_UDP_L4 segments */
};

struct iface_addr {
	be32 addr;
	u8 prefix_len; /* 0..32 */
	bool host;     /* the host's own stack has it too: it answers ARP for it and gets what
			  belongs to no flow */
};

struct iface_conf {
	char name[IFACE_NAME_SIZE];
	enum iface_link link;
	enum iface_side side;
	enum iface_source_check source_check;
	struct mac mac;
	u32 mtu;      /* bytes of an IP packet */
	u32 offloads; /* enum iface_offload */
	u16 mss;      /* that SYNs of either direction may announce at most; 0: any */
	char zone_name[IFACE_NAME_SIZE]; /* empty for the common one; equal where zones are */
	u8 zone;      /* below IFACE_ZONE_MAX; 0: the common one, and always on the outside */
	u32 addr_count;
	struct iface_addr addr[IFACE_ADDR_MAX]; /* the first is the primary one */
};

/* What a packet adds to at once does not lie side by side: gcc would do it in a vector register,
 * which takes longer to fill than the two additions.                                             */
struct iface_stats {
	u64 rx_packets;
	u64 tx_packets;
	u64 rx_bytes;
	u64 tx_bytes;
};

/* Packets that ended between the wire and the engine, as the driver tells them. */
struct iface_losses {
	u64 rx_lost;      /* no room in the ring or queue of the kernel */
	u64 rx_no_packet; /* no descriptor or buffer in the pool */
	u64 rx_vlan;      /* frames with a tag: not for this interface */
	u64 rx_bad;       /* too short, cut, or with facts that make no sense */
	u64 tx_full;      /* the way out had no room */
	u64 tx_refused;   /* the kernel refused it: too long, interface down */
};

/* What became of the link since the start. */
struct iface_link_stats {
	u32 downs; /* times that it went down, the interface's own going included */
	u32 goes;  /* times that the interface itself went away */
	u32 takes; /* times that it was there again, and taken */
};

struct iface {
	struct iface_conf conf;
	bool up;
	bool gone; /* the system has no such interface now; then it is not up either */
	struct iface_link_stats link_stats;
	struct iface_stats stats;
	struct iface_losses losses;
};

/* "up", "down" or "gone". */
const char *iface_state_name(const struct iface *iface);

/* Interfaces are found by their index in the configuration: pkt->in_if and pkt->out_if. */
struct iface_table {
	u32 count;
	struct iface iface[IFACE_MAX];
};

/* Prefixes up to 32, MTU at least 68, a segment size not below IFACE_MSS_MIN, names not empty and
 * unique. ERR_RANGE otherwise.                                                                   */
enum err iface_init(struct iface_table *table, const struct iface_conf *conf, u32 count);
/* Empty for the common zone, and for one that does not exist. */
const char *iface_zone_name(const struct iface_table *table, u8 zone);
/* Whether addr is an own address of an interface of the zone; the interface's index in *index. */
bool iface_find_addr(const struct iface_table *table, u8 zone, be32 addr, u16 *index);
/* The source address for what this gateway sends to dst by this interface: the address whose
 * prefix holds dst, else the primary one. False when the interface has none.                    */
bool iface_source_for(const struct iface *iface, be32 dst, be32 *source);
/* Whether one of the interface's prefixes holds both: they reach each other without a router. */
bool iface_same_net(const struct iface *iface, be32 a, be32 b);
/* Whether addr is the directed broadcast address of one of the interface's prefixes (or its
 * all-zeros form, RFC 1812 section 5.3.5), prefixes of 31 and 32 excepted.                      */
bool iface_is_broadcast(const struct iface *iface, be32 addr);

#endif
