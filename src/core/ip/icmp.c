/* Answers to ICMP queries.
 *
 * Only echo is answered. Timestamp, information and address mask replies are optional or obsolete
 * (RFC 1122 sections 3.2.2.7 to 3.2.2.9, RFC 6918), and each tells a stranger something about the
 * gateway that ping does not need.                                                               */
#include "core/ip/icmp.h"
#include "core/ip/ip.h"
#include "core/ip/ip_opt.h"

/* Options go back as they came; a source route must not steer the answer. */
static void reply_blank_routes(u8 *header, u32 hlen)
{
	u32 len;

	for (u32 at = IP4_HLEN_MIN; at < hlen && header[at] != IP_OPT_END; at += len) {
		len = ip_option_len(header + at, hlen - at);
		if (len == 0)
			return;
		if (ip_option_is_source_route(header[at]))
			memset(header + at, IP_OPT_NOP, len);
	}
}

static void reply_set_header(struct icmp *icmp, struct pkt *reply)
{
	struct ip4_hdr *ip = (struct ip4_hdr *)pkt_l3(reply);
	be32 asker = ip->src;

	reply_blank_routes(pkt_l3(reply), ip4_hlen(ip));
	ip->src = ip->dst;
	ip->dst = asker;
	ip->ttl = IP4_TTL_DEFAULT;
	ip->frag = (be16){ 0 };
	ip->id = be16_of((u16)hash_words(&icmp->key, icmp->id_count++, asker.raw));
	ip_set_csum(ip);
}

/* The checksum is moved on from the request's, so that damage on the way stays visible to the
 * asker; only a request that never had a whole one gets a new one. A reply may be zero all through
 * (identifier, number, data), and then RFC 1624's arithmetic ends at the wrong one of the two
 * zeros; 0xffff is right for such a reply and for every other whose sum is zero.                 */
static void reply_set_message(struct pkt *reply, bool partial)
{
	struct icmp_hdr *message = (struct icmp_hdr *)pkt_l4(reply);
	be16 old = be16_load(message);

	message->type = ICMP_ECHO_REPLY;
	message->csum = csum_replace16(message->csum, old, be16_load(message));
	if (partial) {
		message->csum = (be16){ 0 };
		message->csum = csum_finish(csum_sum(message, pkt_l4_len(reply)));
	}
	if (message->csum.raw == 0)
		message->csum = be16_of(0xffff);
}

struct pkt *icmp_echo_reply(struct icmp *icmp, const struct pkt *request)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(request);
	struct pkt *reply;

	CHECK(request->len >= ip4_hlen(ip) + ICMP_HLEN);
	CHECK(pkt_l4(request)[0] == ICMP_ECHO);
	if (!ip_is_one_host(ip->src) || ip4_is_multicast(ip->dst) || ip4_is_class_e(ip->dst))
		return NULL;
	if ((request->flags & (PKT_LINK_BROADCAST | PKT_LINK_MULTICAST)) != 0)
		return NULL;
	reply = pkt_new(icmp->pool, request->len);
	if (reply == NULL)
		return NULL;
	memcpy(pkt_l3(reply), pkt_l3(request), request->len);
	reply->l4 = (u16)(reply->l3 + ip4_hlen(ip));
	reply->flags = PKT_LOCAL_OUT;
	reply_set_header(icmp, reply);
	reply_set_message(reply, (request->flags & PKT_CSUM_PARTIAL) != 0);
	return reply;
}
