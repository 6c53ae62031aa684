/* Reading packets back, for tests. */
#include "fake/seen.h"

#include <stdio.h>

#include "core/wire/dccp.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

static u16 seen_u16(const u8 *at)
{
	return (u16)(at[0] << 8 | at[1]);
}

static u32 seen_u32(const u8 *at)
{
	return (u32)seen_u16(at) << 16 | seen_u16(at + 2);
}

/* RFC 1071 in its plainest form, on purpose not the code under test. */
static u32 seen_sum(const u8 *at, u32 len, u32 sum)
{
	for (u32 n = 0; n < len; n++)
		sum += n % 2 == 0 ? (u32)at[n] << 8 : at[n];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* CRC32c bit by bit, with zeros where it stands (RFC 9260 section 6.8). */
static bool seen_sctp_right(const u8 *l4, u32 len)
{
	u32 sum = 0xffffffff;

	for (u32 n = 0; n < len; n++) {
		u8 byte = n >= 8 && n < 12 ? 0 : l4[n];

		for (u32 bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (((sum ^ byte >> bit) & 1) != 0 ? 0x82f63b78 : 0);
	}
	sum = ~sum;
	return l4[8] == (u8)sum && l4[9] == (u8)(sum >> 8) && l4[10] == (u8)(sum >> 16) &&
	       l4[11] == (u8)(sum >> 24);
}

/* RFC 4340 section 9.2: all, or the header and some words of the data. */
static u32 seen_dccp_covered(const u8 *l4, u32 len)
{
	u32 words = l4[5] & 15u;

	return words == 0 ? len : l4[4] * 4u + (words - 1) * 4;
}

static bool seen_l4_right(const struct seen *seen, const u8 *ip)
{
	const u8 *l4 = ip + seen->hlen;
	u32 l4_len = seen->len - seen->hlen;
	u32 covered = l4_len;
	u32 sum = 0;

	if (seen->proto == IP_PROTO_SCTP)
		return seen_sctp_right(l4, l4_len);
	if (seen->proto == IP_PROTO_DCCP)
		covered = seen_dccp_covered(l4, l4_len);
	if (covered < DCCP_HLEN_MIN && seen->proto == IP_PROTO_DCCP)
		return false;
	/* RFC 3828 section 3.1: the header at least; zero is all. */
	if (seen->proto == IP_PROTO_UDPLITE && seen_u16(l4 + 4) != 0)
		covered = seen_u16(l4 + 4);
	if (covered < 8 && seen->proto == IP_PROTO_UDPLITE)
		return false;
	if (seen->proto == IP_PROTO_UDP && seen->csum == 0)
		return true;
	if (seen->proto == IP_PROTO_UDP)
		l4_len = seen_u16(l4 + 4);
	if (seen->proto == IP_PROTO_UDP)
		covered = l4_len;
	if (seen->proto != IP_PROTO_ICMP)
		sum = seen_sum(ip + 12, 8, (u32)seen->proto + l4_len);
	if (covered > seen->len - seen->hlen)
		return false;
	return seen_sum(l4, covered, sum) == 0xffff;
}

static void seen_parse_tcp(struct seen *seen, const u8 *l4, u32 left)
{
	if (left < 4)
		return;
	seen->sport = seen_u16(l4);
	seen->dport = seen_u16(l4 + 2);
	seen->seq = left >= 8 ? seen_u32(l4 + 4) : 0;
	if (left < TCP_HLEN_MIN)
		return;
	seen->ack = seen_u32(l4 + 8);
	seen->l4_hlen = (u32)(l4[12] >> 4) * 4;
	seen->flags = l4[13];
	seen->csum = seen_u16(l4 + 16);
	seen->has_l4 = seen->l4_hlen >= TCP_HLEN_MIN && seen->l4_hlen <= left;
}

static void seen_parse_udp(struct seen *seen, const u8 *l4, u32 left)
{
	if (left < 4)
		return;
	seen->sport = seen_u16(l4);
	seen->dport = seen_u16(l4 + 2);
	if (left < 8)
		return;
	seen->csum = seen_u16(l4 + 6);
	seen->l4_hlen = 8;
	seen->has_l4 = true;
}

/* Of SCTP what stands behind the common header are chunks; of DCCP, whatever its header says. */
static void seen_parse_ports(struct seen *seen, const u8 *l4, u32 left)
{
	if (left < 4)
		return;
	seen->sport = seen_u16(l4);
	seen->dport = seen_u16(l4 + 2);
	seen->l4_hlen = 12;
	seen->has_l4 = left >= 12;
}

/* RFC 2890: the key of a tunnel tells it both ways, its halves folded into one; none is zero. That
 * of PPTP, another version, is other numbers.                                                    */
static void seen_parse_gre(struct seen *seen, const u8 *l4, u32 left)
{
	u32 at = left >= 4 && (l4[0] & 0xc0) != 0 ? 8 : 4;

	if (left < at + 4 || (l4[0] & 0x20) == 0 || (l4[1] & 7) != 0)
		return;
	seen->sport = seen->dport = seen_u16(l4 + at) ^ seen_u16(l4 + at + 2);
}

static void seen_parse_icmp(struct seen *seen, const u8 *l4, u32 left)
{
	if (left < 8)
		return;
	seen->type = l4[0];
	seen->code = l4[1];
	seen->csum = seen_u16(l4 + 2);
	seen->icmp_id = seen_u16(l4 + 4);
	seen->icmp_seq = seen_u16(l4 + 6);
	seen->l4_hlen = 8;
	seen->has_l4 = true;
	if (icmp_is_error(seen->type)) {
		seen->quote = l4 + 8;
		seen->quote_len = left - 8;
	}
}

static bool seen_parse_ip(struct seen *seen, const u8 *ip, u32 len)
{
	memset(seen, 0, sizeof *seen);
	if (len < IP4_HLEN_MIN || ip[0] >> 4 != 4)
		return false;
	seen->hlen = (u32)(ip[0] & 15) * 4;
	seen->tos = ip[1];
	seen->len = seen_u16(ip + 2);
	seen->id = seen_u16(ip + 4);
	seen->df = (ip[6] & 0x40) != 0;
	seen->mf = (ip[6] & 0x20) != 0;
	seen->frag_offset = (u32)(seen_u16(ip + 6) & IP4_OFFSET_MASK) * 8;
	seen->ttl = ip[8];
	seen->proto = ip[9];
	memcpy(&seen->src, ip + 12, 4);
	memcpy(&seen->dst, ip + 16, 4);
	if (seen->hlen < IP4_HLEN_MIN || seen->hlen > len)
		return false;
	if (seen_sum(ip, seen->hlen, 0) != 0xffff)
		seen->wrong |= SEEN_IP_CSUM;
	return true;
}

static void seen_parse_l4(struct seen *seen, const u8 *ip, u32 left)
{
	const u8 *l4 = ip + seen->hlen;

	seen->data = l4;
	seen->data_len = left;
	if (seen->frag_offset > 0)
		return;
	if (seen->proto == IP_PROTO_TCP)
		seen_parse_tcp(seen, l4, left);
	else if (seen->proto == IP_PROTO_UDP || seen->proto == IP_PROTO_UDPLITE)
		seen_parse_udp(seen, l4, left);
	else if (seen->proto == IP_PROTO_ICMP)
		seen_parse_icmp(seen, l4, left);
	else if (seen->proto == IP_PROTO_SCTP || seen->proto == IP_PROTO_DCCP)
		seen_parse_ports(seen, l4, left);
	else if (seen->proto == IP_PROTO_GRE)
		seen_parse_gre(seen, l4, left);
	if (seen->has_l4 && !seen->mf) {
		seen->data = l4 + seen->l4_hlen;
		seen->data_len = left - seen->l4_hlen;
	}
}

static bool seen_knows(const struct seen *seen)
{
	return seen->proto == IP_PROTO_TCP || seen->proto == IP_PROTO_UDP ||
	       seen->proto == IP_PROTO_ICMP || seen->proto == IP_PROTO_SCTP ||
	       seen->proto == IP_PROTO_DCCP || seen->proto == IP_PROTO_UDPLITE;
}

bool seen_parse_quote(struct seen *seen, const u8 *ip, u32 len)
{
	if (!seen_parse_ip(seen, ip, len))
		return false;
	seen_parse_l4(seen, ip, u32_min(len, u32_max(seen->len, seen->hlen)) - seen->hlen);
	if (seen->has_l4 && !seen_is_fragment(seen) && seen->len <= len && !seen_l4_right(seen, ip))
		seen->wrong |= SEEN_L4_CSUM;
	return true;
}

bool seen_parse(struct seen *seen, const u8 *ip, u32 len)
{
	struct seen quoted;

	if (!seen_parse_ip(seen, ip, len))
		return false;
	if (seen->len > len || seen->len < seen->hlen) {
		seen->wrong |= SEEN_CUT;
		return true;
	}
	seen_parse_l4(seen, ip, seen->len - seen->hlen);
	if (seen_is_fragment(seen) || !seen_knows(seen))
		return true;
	if (!seen->has_l4)
		seen->wrong |= SEEN_CUT;
	else if (!seen_l4_right(seen, ip))
		seen->wrong |= SEEN_L4_CSUM;
	if (seen->quote == NULL || !seen_parse_quote(&quoted, seen->quote, seen->quote_len))
		return true;
	if ((quoted.wrong & SEEN_IP_CSUM) != 0)
		seen->wrong |= SEEN_QUOTE_IP_CSUM;
	if ((quoted.wrong & SEEN_L4_CSUM) != 0)
		seen->wrong |= SEEN_QUOTE_L4_CSUM;
	return true;
}

bool seen_is_fragment(const struct seen *seen)
{
	return seen->mf || seen->frag_offset > 0;
}

bool seen_is_icmp_error(const struct seen *seen)
{
	return seen->proto == IP_PROTO_ICMP && seen->has_l4 && icmp_is_error(seen->type);
}

struct seen_text {
	char *buf;
	u32 size;
	u32 len;
};

__attribute__((format(printf, 2, 3))) static void seen_put(struct seen_text *text,
							   const char *format, ...)
{
	__builtin_va_list args;
	int more;

	__builtin_va_start(args, format);
	more = vsnprintf(text->buf + text->len, text->size - text->len, format, args);
	__builtin_va_end(args);
	if (more > 0)
		text->len = u32_min(text->len + (u32)more, text->size - 1);
}

static void seen_put_l4(struct seen_text *text, const struct seen *seen)
{
	static const char letters[] = "FSRPAU";

	if (seen->proto == IP_PROTO_ICMP) {
		seen_put(text, " icmp %u/%u id %u seq %u", seen->type, seen->code, seen->icmp_id,
			 seen->icmp_seq);
		return;
	}
	if (!seen_knows(seen)) {
		seen_put(text, " proto %u", seen->proto);
		return;
	}
	seen_put(text, " %s %u > %u",
		 seen->proto == IP_PROTO_TCP    ? "tcp"
		 : seen->proto == IP_PROTO_SCTP ? "sctp"
		 : seen->proto == IP_PROTO_DCCP ? "dccp"
		 : seen->proto == IP_PROTO_UDP  ? "udp"
						: "udplite",
		 seen->sport, seen->dport);
	if (seen->proto != IP_PROTO_TCP)
		return;
	seen_put(text, " [");
	for (u32 bit = 0; bit < 6; bit++) {
		if ((seen->flags >> bit & 1) != 0)
			seen_put(text, "%c", letters[bit]);
	}
	seen_put(text, "] seq %u ack %u", seen->seq, seen->ack);
}

void seen_print(const struct seen *seen, char *buf, u32 size)
{
	struct seen_text text = { buf, size, 0 };
	const u8 *src = (const u8 *)&seen->src;
	const u8 *dst = (const u8 *)&seen->dst;

	seen_put(&text, "%u.%u.%u.%u > %u.%u.%u.%u", src[0], src[1], src[2], src[3], dst[0], dst[1],
		 dst[2], dst[3]);
	if (seen->frag_offset == 0)
		seen_put_l4(&text, seen);
	seen_put(&text, " len %u ttl %u id %u", seen->len, seen->ttl, seen->id);
	if (seen_is_fragment(seen))
		seen_put(&text, " frag %u%s", seen->frag_offset, seen->mf ? "+" : "");
	if (seen->df)
		seen_put(&text, " DF");
	if (seen->wrong != 0)
		seen_put(&text, " WRONG%s%s%s%s%s", (seen->wrong & SEEN_CUT) != 0 ? " cut" : "",
			 (seen->wrong & SEEN_IP_CSUM) != 0 ? " ip-csum" : "",
			 (seen->wrong & SEEN_L4_CSUM) != 0 ? " l4-csum" : "",
			 (seen->wrong & SEEN_QUOTE_IP_CSUM) != 0 ? " quoted-ip-csum" : "",
			 (seen->wrong & SEEN_QUOTE_L4_CSUM) != 0 ? " quoted-l4-csum" : "");
	if (seen->quote != NULL && size - text.len > 2) {
		struct seen quoted;

		if (!seen_parse_quote(&quoted, seen->quote, seen->quote_len))
			return;
		seen_put(&text, " {");
		quoted.quote = NULL;
		seen_print(&quoted, buf + text.len, size - text.len);
		text.len += (u32)strlen(buf + text.len);
		seen_put(&text, "}");
	}
}
