/* Renaming of public ports and identifiers. */
#include "diff/rename.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/sctp.h"

/* Where the public side's name stands in a packet. */
struct name_place {
	be32 remote;
	u16 rport;
	u8 proto;
	u8 *field;
	u8 *csum; /* NULL: not there */
	u8 *sctp; /* the common header, if the whole packet's length is known */
	u32 sctp_len;
};

static u16 load16(const u8 *at)
{
	return (u16)(at[0] << 8 | at[1]);
}

static void store16(u8 *at, u16 value)
{
	at[0] = (u8)(value >> 8);
	at[1] = (u8)value;
}

static bool place_ports(struct name_place *place, u8 *l4, u32 left, bool outgoing)
{
	if (left < 4)
		return false;
	place->field = outgoing ? l4 : l4 + 2;
	place->rport = load16(outgoing ? l4 + 2 : l4);
	if (place->proto == IP_PROTO_TCP && left >= 18)
		place->csum = l4 + 16;
	if (place->proto != IP_PROTO_TCP && place->proto != IP_PROTO_SCTP && left >= 8 &&
	    (place->proto == IP_PROTO_DCCP || load16(l4 + 6) != 0))
		place->csum = l4 + 6;
	return true;
}

static bool place_icmp(struct name_place *place, u8 *l4, u32 left, bool outgoing)
{
	u8 request;

	if (left < 6)
		return false;
	if (outgoing && icmp_is_request(l4[0]))
		request = l4[0];
	else if (!outgoing && icmp_is_reply(l4[0]))
		request = icmp_request_of(l4[0]);
	else
		return false;
	place->rport = (u16)(request << 8 | l4[1]);
	place->field = l4 + 4;
	place->csum = l4 + 2;
	return true;
}

static bool place_find(const struct rename *names, u8 *ip, u32 len, struct name_place *place)
{
	struct ip4_hdr *hdr = (struct ip4_hdr *)ip;
	bool outgoing;
	u32 hlen;

	if (len < IP4_HLEN_MIN)
		return false;
	hlen = ip4_hlen(hdr);
	if (hlen < IP4_HLEN_MIN || hlen > len || ip4_frag_offset_bytes(hdr) != 0)
		return false;
	outgoing = be32_eq(hdr->src, names->public);
	if (!outgoing && !be32_eq(hdr->dst, names->public))
		return false;
	memset(place, 0, sizeof *place);
	place->remote = outgoing ? hdr->dst : hdr->src;
	place->proto = hdr->proto;
	switch (hdr->proto) {
	case IP_PROTO_SCTP:
		if (!ip4_is_fragment(hdr) && be16_host(hdr->len) >= hlen + SCTP_HLEN &&
		    len >= hlen + SCTP_HLEN) {
			place->sctp = ip + hlen;
			place->sctp_len = be16_host(hdr->len) - hlen;
		}
		break;
	case IP_PROTO_DCCP:
	case IP_PROTO_UDPLITE:
	case IP_PROTO_TCP:
	case IP_PROTO_UDP: break;
	case IP_PROTO_ICMP:
		return place_icmp(place, ip + hlen, len - hlen, outgoing);
	default:
		return false;
	}
	return names->has_ports[hdr->proto] && place_ports(place, ip + hlen, len - hlen, outgoing);
}

/* RFC 1624 equation 3, on one word. */
static void csum_move(u8 *csum, u16 old, u16 new)
{
	u32 sum = (u32)(u16)~load16(csum) + (u16)~old + new;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	store16(csum, (u16)~sum);
}

/* The bits that a change of the two bytes before the last `behind` ones turns over in a CRC32c,
 * which is linear: they go round with every byte behind them.                                    */
static u32 crc_flips(u16 changed, u32 behind)
{
	u32 flips = (u32)(changed >> 8 | (changed & 255) << 8);

	for (u32 n = 0; n < 2 + behind; n++) {
		for (u32 bit = 0; bit < 8; bit++)
			flips = flips >> 1 ^ ((flips & 1) != 0 ? 0x82f63b78 : 0);
	}
	return flips;
}

static void crc_move(const struct name_place *place, u16 old, u16 new, u8 *outer)
{
	u8 *crc = place->sctp + SCTP_CSUM_AT;
	u32 behind = place->sctp_len - (u32)(place->field - place->sctp) - 2;
	u32 flips = crc_flips(old ^ new, behind);

	for (u32 at = 0; at < 4; at += 2) {
		u16 before = load16(crc + at);

		crc[at] ^= (u8)(flips >> 8 * at);
		crc[at + 1] ^= (u8)(flips >> 8 * (at + 1));
		if (outer != NULL)
			csum_move(outer, before, load16(crc + at));
	}
}

/* outer: the checksum of the ICMP message that quotes the packet; NULL when it is no quotation. */
static void place_set(const struct name_place *place, u16 name, u8 *outer)
{
	u16 old = load16(place->field);

	if (old == name)
		return;
	store16(place->field, name);
	if (place->sctp != NULL)
		crc_move(place, old, name, outer);
	if (outer != NULL)
		csum_move(outer, old, name);
	if (place->csum != NULL) {
		u16 before = load16(place->csum);

		csum_move(place->csum, old, name);
		if ((place->proto == IP_PROTO_UDP || place->proto == IP_PROTO_UDPLITE) &&
		    load16(place->csum) == 0)
			store16(place->csum, 0xffff);
		if (outer != NULL)
			csum_move(outer, before, load16(place->csum));
	}
}

/* ---- the table --------------------------------------------------------------------------------*/

static u32 bucket_of(const struct name_place *place)
{
	return (place->remote.raw * 2654435761u ^ (u32)(place->rport * 40503u) ^ place->proto) %
	       RENAME_BUCKETS;
}

static struct rename_pair *pair_find(struct rename *names, const struct name_place *place,
				     enum rename_to from, u16 name)
{
	for (u32 at = names->bucket[bucket_of(place)]; at != UINT32_MAX;
	     at = names->pair[at].next) {
		struct rename_pair *pair = &names->pair[at];

		if (pair->live && be32_eq(pair->remote, place->remote) &&
		    pair->rport == place->rport && pair->proto == place->proto &&
		    (from == RENAME_TO_OURS ? pair->ours : pair->theirs) == name)
			return pair;
	}
	return NULL;
}

void rename_init(struct rename *names, be32 public)
{
	names->public = public;
	memset(names->has_ports, 0, sizeof names->has_ports);
	names->has_ports[IP_PROTO_TCP] = names->has_ports[IP_PROTO_UDP] = true;
	names->epoch = 0;
	names->count = 0;
	for (u32 n = 0; n < RENAME_BUCKETS; n++)
		names->bucket[n] = UINT32_MAX;
}

/* TCP gives a closed connection's name to the next; the others only after some time. */
static bool pair_may_go(const struct rename *names, const struct rename_pair *pair)
{
	return pair == NULL || pair->proto == IP_PROTO_TCP || pair->epoch != names->epoch;
}

static void pair_add(struct rename *names, const struct name_place *place, u16 ours, u16 theirs)
{
	struct rename_pair *pair = &names->pair[names->count];
	u32 bucket = bucket_of(place);

	if (names->count == RENAME_MAX) {
		fprintf(stderr, "rename: more flows than the table holds\n");
		exit(2);
	}
	*pair = (struct rename_pair){
		.remote = place->remote,
		.rport = place->rport,
		.proto = place->proto,
		.live = true,
		.ours = ours,
		.theirs = theirs,
		.epoch = names->epoch,
		.next = names->bucket[bucket],
	};
	names->bucket[bucket] = names->count++;
}

bool rename_learn(struct rename *names, const u8 *ours, u32 ours_len, const u8 *theirs,
		  u32 theirs_len)
{
	struct name_place mine, other;
	struct rename_pair *by_ours, *by_theirs;
	u16 name_ours, name_theirs;

	if (!place_find(names, (u8 *)(uintptr_t)ours, ours_len, &mine) ||
	    !place_find(names, (u8 *)(uintptr_t)theirs, theirs_len, &other) ||
	    !be32_eq(mine.remote, other.remote) || mine.rport != other.rport ||
	    mine.proto != other.proto)
		return true;
	name_ours = load16(mine.field);
	name_theirs = load16(other.field);
	by_ours = pair_find(names, &mine, RENAME_TO_OURS, name_ours);
	by_theirs = pair_find(names, &mine, RENAME_TO_THEIRS, name_theirs);
	if (by_ours != NULL && by_ours == by_theirs) {
		by_ours->epoch = names->epoch;
		return true;
	}
	if (!pair_may_go(names, by_ours) || !pair_may_go(names, by_theirs))
		return false;
	if (by_ours != NULL)
		by_ours->live = false;
	if (by_theirs != NULL)
		by_theirs->live = false;
	pair_add(names, &mine, name_ours, name_theirs);
	return true;
}

static u16 name_of(struct rename *names, const struct name_place *place, enum rename_to to)
{
	enum rename_to from = to == RENAME_TO_OURS ? RENAME_TO_THEIRS : RENAME_TO_OURS;
	u16 name = load16(place->field);
	struct rename_pair *pair = pair_find(names, place, from, name);

	if (pair != NULL)
		return to == RENAME_TO_OURS ? pair->ours : pair->theirs;
	while (pair_find(names, place, to, name) != NULL)
		name++;
	return name;
}

void rename_packet(struct rename *names, u8 *ip, u32 len, enum rename_to to)
{
	const struct ip4_hdr *hdr = (const struct ip4_hdr *)ip;
	struct name_place place;
	u32 hlen;

	if (place_find(names, ip, len, &place)) {
		place_set(&place, name_of(names, &place, to), NULL);
		return;
	}
	if (len < IP4_HLEN_MIN || hdr->proto != IP_PROTO_ICMP || ip4_frag_offset_bytes(hdr) != 0)
		return;
	hlen = ip4_hlen(hdr);
	if (hlen < IP4_HLEN_MIN || hlen + ICMP_HLEN > len || !icmp_is_error(ip[hlen]))
		return;
	if (place_find(names, ip + hlen + ICMP_HLEN, len - hlen - ICMP_HLEN, &place))
		place_set(&place, name_of(names, &place, to), ip + hlen + 2);
}
