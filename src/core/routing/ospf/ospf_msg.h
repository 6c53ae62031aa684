/* The messages of OSPF version 2 (RFC 2328 appendix A) and what can be said of one by itself.
 *
 * Nothing is copied: structs lie over the bytes. A message is read only after ospf_msg_wrong() said
 * nothing, and an LSA after ospf_lsa_wrong() said nothing; then every count and length in it stays
 * inside of it.                                                                                  */
#ifndef CORE_ROUTING_OSPF_OSPF_MSG_H
#define CORE_ROUTING_OSPF_OSPF_MSG_H

#include "core/base/bytes.h"

enum {
	OSPF_PROTO = 89,
	OSPF_VERSION = 2,
	OSPF_MAX_AGE = 3600, /* seconds; RFC 2328 appendix B, as the next ones */
	OSPF_MAX_AGE_DIFF = 900,
	OSPF_REFRESH_S = 1800,
	OSPF_MIN_LS_INTERVAL_S = 5,
	OSPF_MIN_LS_ARRIVAL_S = 1,
	OSPF_LS_INFINITY = 0xffffff,
	OSPF_MAX_LINK_METRIC = 0xffff, /* RFC 6987 section 2 */
	OSPF_MSG_SIZE_MAX = 65535 - 20,
	OSPF_LSA_SIZE_MAX = 16384, /* larger ones are refused */
};
#define OSPF_SEQ_INITIAL 0x80000001u /* RFC 2328 section 12.1.6 */
#define OSPF_SEQ_MAX     0x7fffffffu

enum ospf_msg_type {
	OSPF_HELLO = 1,
	OSPF_DD,
	OSPF_LSREQ,
	OSPF_LSUPD,
	OSPF_LSACK,
	OSPF_MSG_TYPES,
};

enum ospf_lsa_type {
	OSPF_ROUTER_LSA = 1,
	OSPF_NETWORK_LSA = 2,
	OSPF_SUMMARY_LSA = 3,
	OSPF_ASBR_LSA = 4,
	OSPF_EXTERNAL_LSA = 5,
	OSPF_NSSA_LSA = 7, /* RFC 3101 */
	OSPF_LSA_TYPES = 8,
};

/* Options (section A.2, RFC 3101 appendix A). */
enum { OSPF_OPT_E = 0x02, OSPF_OPT_NP = 0x08 };
/* Of database descriptions. */
enum { OSPF_DD_MS = 1, OSPF_DD_M = 2, OSPF_DD_I = 4 };
/* Of router-LSAs. */
enum { OSPF_RTR_B = 1, OSPF_RTR_E = 2, OSPF_RTR_NT = 0x10 };
enum ospf_link_type { OSPF_LINK_PTP = 1, OSPF_LINK_TRANSIT, OSPF_LINK_STUB, OSPF_LINK_VIRTUAL };
#define OSPF_EXT_TYPE2 0x80000000u /* the E bit over the metric of an AS-external-LSA */

struct WIRE ospf_hdr {
	u8 version;
	u8 type;
	be16 len; /* bytes, without what cryptographic authentication appends */
	be32 router;
	be32 area;
	be16 csum;
	be16 auth_type;
	u8 auth[8];
};

/* What stands for auth[] in cryptographic authentication (section D.3). */
struct WIRE ospf_auth_hdr {
	be16 zero;
	u8 key_id;
	u8 len_bytes;
	be32 seq;
};

struct WIRE ospf_hello {
	be32 mask;
	be16 hello_s;
	u8 options;
	u8 priority;
	be32 dead_s;
	be32 dr;
	be32 bdr;
	be32 nbr[];
};

struct WIRE ospf_dd {
	be16 mtu;
	u8 options;
	u8 flags;
	be32 seq;
};

struct WIRE ospf_req {
	be32 type;
	be32 id;
	be32 adv;
};

struct WIRE ospf_lsa_hdr {
	be16 age;
	u8 options;
	u8 type;
	be32 id;
	be32 adv;
	be32 seq;
	be16 csum;
	be16 len; /* this header included */
};

struct WIRE ospf_router_lsa {
	struct ospf_lsa_hdr hdr;
	u8 flags;
	u8 zero;
	be16 link_count;
};

struct WIRE ospf_link {
	be32 id;
	be32 data;
	u8 type;
	u8 tos_count;
	be16 metric;
};

struct WIRE ospf_network_lsa {
	struct ospf_lsa_hdr hdr;
	be32 mask;
	be32 router[];
};

struct WIRE ospf_summary_lsa {
	struct ospf_lsa_hdr hdr;
	be32 mask;
	be32 metric; /* the low 24 bits */
};

/* Of types 5 and 7. */
struct WIRE ospf_external_lsa {
	struct ospf_lsa_hdr hdr;
	be32 mask;
	be32 metric; /* the low 24 bits, and OSPF_EXT_TYPE2 */
	be32 forward;
	be32 tag;
};

_Static_assert(sizeof(struct ospf_hdr) == 24, "the header of section A.3.1");
_Static_assert(sizeof(struct ospf_lsa_hdr) == 20, "the header of section A.4.1");
_Static_assert(sizeof(struct ospf_external_lsa) == 36, "section A.4.5");

/* What is wrong with a message of len bytes: header (version, type, length) and body. NULL: it may
 * be read. LSAs of an update are looked at one by one, by ospf_lsa_wrong().                      */
const char *ospf_msg_wrong(const u8 *msg, u32 len);
/* The checksum over the message without auth[] (section D.4). */
be16 ospf_msg_csum(const u8 *msg, u32 len);
/* What is wrong with an LSA, of which at most `len` bytes are there: length, checksum, form. A type
 * that is not known has no form. Which of them are MaxAge or refused elsewhere is not looked at. */
const char *ospf_lsa_wrong(const u8 *lsa, u32 len);
/* Whether a type is one of enum ospf_lsa_type. */
bool ospf_lsa_type_known(u8 type);
/* The checksum of section 12.1.7 into the header. */
void ospf_lsa_sign(u8 *lsa, u32 len);
/* The next link of a router-LSA whose form is right, from *at (0 to begin) on. False: none. */
bool ospf_link_next(const u8 *lsa, u32 *at, struct ospf_link *link);
/* The length of a mask; 33 for what is none. */
u32 ospf_mask_len(be32 mask);

static inline u32 ospf_lsa_len(const u8 *lsa)
{
	return be16_host(((const struct ospf_lsa_hdr *)(const void *)lsa)->len);
}

#endif
