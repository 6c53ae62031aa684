/* ICMP echo messages as the tools build and read them, and the words for ICMP errors. */
#include "tool/icmp_msg.h"

#include <stdio.h>

#include "core/wire/checksum.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"

static u8 pattern_byte(const struct icmp_pattern *pattern, u32 at)
{
	return pattern->len == 0 ? (u8)at : pattern->bytes[at % pattern->len];
}

u32 icmp_build_echo(u8 *out, u16 id, u16 seq, const struct icmp_pattern *pattern, u32 payload_len)
{
	struct icmp_hdr hdr = { .type = ICMP_ECHO };
	u32 len = ICMP_HLEN + payload_len;

	hdr.query.id = be16_of(id);
	hdr.query.seq = be16_of(seq);
	memcpy(out, &hdr, sizeof(hdr));
	for (u32 at = 0; at < payload_len; at++)
		out[ICMP_HLEN + at] = pattern_byte(pattern, at);
	be16_store(out + offsetof(struct icmp_hdr, csum), csum_finish(csum_sum(out, len)));
	return len;
}

u32 icmp_after_ip(const u8 *packet, u32 len, u8 *ttl)
{
	struct ip4_hdr ip;
	u32 hlen;

	if (len < sizeof(ip))
		return 0;
	memcpy(&ip, packet, sizeof(ip));
	hlen = ip4_hlen(&ip);
	if (ip.version_ihl >> 4 != 4 || hlen < IP4_HLEN_MIN || hlen > len)
		return 0;
	if (ip.proto != IP_PROTO_ICMP)
		return 0;
	*ttl = ip.ttl;
	return hlen;
}

bool icmp_parse_echo(const u8 *msg, u32 len, struct icmp_echo *echo)
{
	struct icmp_hdr hdr;

	if (len < ICMP_HLEN)
		return false;
	memcpy(&hdr, msg, sizeof(hdr));
	echo->type = hdr.type;
	echo->code = hdr.code;
	echo->id = be16_host(hdr.query.id);
	echo->seq = be16_host(hdr.query.seq);
	echo->csum_good = csum_finish(csum_sum(msg, len)).raw == 0;
	echo->payload = msg + ICMP_HLEN;
	echo->payload_len = len - ICMP_HLEN;
	return true;
}

/* The four bytes after the checksum mean something else in every type; RFC 792, RFC 1191 section
 * 4. */
static u32 report_info(const struct icmp_hdr *hdr)
{
	if (hdr->type == ICMP_UNREACH && hdr->code == ICMP_UNREACH_FRAG)
		return be16_host(hdr->frag.mtu);
	if (hdr->type == ICMP_PARAM_PROBLEM)
		return hdr->param.pointer;
	return hdr->type == ICMP_REDIRECT ? hdr->gateway.raw : 0;
}

bool icmp_parse_report(const u8 *msg, u32 len, struct icmp_report *report)
{
	struct icmp_hdr hdr;
	struct icmp_hdr quoted;
	struct ip4_hdr ip;
	u32 hlen;
	u8 ttl;

	if (len < ICMP_HLEN + IP4_HLEN_MIN + ICMP_HLEN || csum_finish(csum_sum(msg, len)).raw != 0)
		return false;
	memcpy(&hdr, msg, sizeof(hdr));
	hlen = icmp_after_ip(msg + ICMP_HLEN, len - ICMP_HLEN, &ttl);
	if (!icmp_is_error(hdr.type) || hlen == 0 || len < ICMP_HLEN + hlen + ICMP_HLEN)
		return false;
	memcpy(&ip, msg + ICMP_HLEN, sizeof(ip));
	memcpy(&quoted, msg + ICMP_HLEN + hlen, sizeof(quoted));
	if (quoted.type != ICMP_ECHO || ip4_frag_offset_bytes(&ip) != 0)
		return false;
	report->type = hdr.type;
	report->code = hdr.code;
	report->info = report_info(&hdr);
	report->quoted_dst = ip.dst;
	report->quoted_id = be16_host(quoted.query.id);
	report->quoted_seq = be16_host(quoted.query.seq);
	return true;
}

bool icmp_check_payload(const struct icmp_echo *echo, const struct icmp_pattern *pattern,
			struct icmp_mismatch *wrong)
{
	for (u32 at = 0; at < echo->payload_len; at++) {
		u8 want = pattern_byte(pattern, at);

		if (echo->payload[at] == want)
			continue;
		*wrong = (struct icmp_mismatch){ .at = at, .want = want, .got = echo->payload[at] };
		return false;
	}
	return true;
}

static const char *unreach_text(u8 code, u32 mtu, char text[ICMP_TEXT_SIZE])
{
	static const char *const words[] = {
		"Destination Net Unreachable",
		"Destination Host Unreachable",
		"Destination Protocol Unreachable",
		"Destination Port Unreachable",
		NULL,
		"Source Route Failed",
		"Destination Net Unknown",
		"Destination Host Unknown",
		"Source Host Isolated",
		"Destination Net Prohibited",
		"Destination Host Prohibited",
		"Destination Net Unreachable for Type of Service",
		"Destination Host Unreachable for Type of Service",
		"Packet filtered",
		"Precedence Violation",
		"Precedence Cutoff",
	};

	if (code == ICMP_UNREACH_FRAG)
		snprintf(text, ICMP_TEXT_SIZE, "Frag needed and DF set (mtu = %u)", mtu);
	else if (code < ARRAY_COUNT(words))
		snprintf(text, ICMP_TEXT_SIZE, "%s", words[code]);
	else
		snprintf(text, ICMP_TEXT_SIZE, "Dest Unreachable, Bad Code: %u", code);
	return text;
}

static const char *redirect_text(u8 code, u32 gateway_raw, char text[ICMP_TEXT_SIZE])
{
	static const char *const words[] = {
		"Redirect Network",
		"Redirect Host",
		"Redirect Type of Service and Network",
		"Redirect Type of Service and Host",
	};
	u8 octets[4];

	memcpy(octets, &gateway_raw, sizeof(octets));
	snprintf(text, ICMP_TEXT_SIZE, "%s(New nexthop: %u.%u.%u.%u)",
		 code < ARRAY_COUNT(words) ? words[code] : "Redirect, Bad Code", octets[0],
		 octets[1], octets[2], octets[3]);
	return text;
}

const char *icmp_error_text(u8 type, u8 code, u32 info, char text[ICMP_TEXT_SIZE])
{
	switch (type) {
	case ICMP_UNREACH: return unreach_text(code, info, text);
	case ICMP_REDIRECT: return redirect_text(code, info, text);
	case ICMP_SOURCE_QUENCH: snprintf(text, ICMP_TEXT_SIZE, "Source Quench"); break;
	case ICMP_TIME_EXCEEDED:
		snprintf(text, ICMP_TEXT_SIZE, "%s",
			 code == ICMP_EXCEEDED_TRANSIT      ? "Time to live exceeded"
			 : code == ICMP_EXCEEDED_REASSEMBLY ? "Frag reassembly time exceeded"
							    : "Time exceeded, Bad Code");
		break;
	case ICMP_PARAM_PROBLEM:
		snprintf(text, ICMP_TEXT_SIZE, "Parameter problem: pointer = %u", info);
		break;
	default: snprintf(text, ICMP_TEXT_SIZE, "Bad ICMP type: %u", type); break;
	}
	return text;
}
