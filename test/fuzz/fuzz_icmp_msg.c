/* What ping and traceroute read from their sockets.
 *
 *     byte 0       the pattern that was sent
 *     then         the packet, IP header first as a raw socket gives it                          */
#include <stdlib.h>

#include "core/wire/checksum.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "fuzz/input.h"
#include "tool/icmp_msg.h"

static void judge_echo(const u8 *msg, u32 len, const struct icmp_pattern *pattern)
{
	struct icmp_mismatch wrong;
	struct icmp_echo echo;

	if (!icmp_parse_echo(msg, len, &echo)) {
		CHECK(len < ICMP_HLEN);
		return;
	}
	CHECK(echo.payload == msg + ICMP_HLEN && echo.payload_len == len - ICMP_HLEN);
	if (!icmp_check_payload(&echo, pattern, &wrong)) {
		CHECK(wrong.at < echo.payload_len && wrong.want != wrong.got);
		CHECK(echo.payload[wrong.at] == wrong.got);
	}
}

static void judge_report(const u8 *msg, u32 len)
{
	char text[ICMP_TEXT_SIZE] = "";
	struct icmp_report report;

	if (icmp_parse_report(msg, len, &report)) {
		const u8 *quoted = msg + ICMP_HLEN;
		const u8 *echo = quoted + (quoted[0] & 15u) * 4;

		CHECK(icmp_is_error(report.type) && report.type == msg[0] && report.code == msg[1]);
		CHECK(echo + ICMP_HLEN <= msg + len && quoted[9] == IP_PROTO_ICMP);
		CHECK(echo[0] == ICMP_ECHO && (quoted[6] & 0x1f) == 0 && quoted[7] == 0);
		CHECK(be32_eq(report.quoted_dst, be32_load(quoted + 16)));
		CHECK(report.quoted_id == be16_host(be16_load(echo + 4)));
		CHECK(report.quoted_seq == be16_host(be16_load(echo + 6)));
		CHECK(icmp_error_text(report.type, report.code, report.info, text)[0] != 0);
	}
	if (len >= ICMP_HLEN) {
		u32 info;

		memcpy(&info, msg + 4, sizeof info);
		CHECK(icmp_error_text(msg[0], msg[1], info, text)[0] != 0);
		CHECK(memchr(text, 0, sizeof text) != NULL);
	}
}

/* The same with a right checksum, which no guess finds. */
static void judge_sealed(u8 *msg, u32 len)
{
	if (len < ICMP_HLEN)
		return;
	be16_store(msg + 2, be16_of(0));
	be16_store(msg + 2, csum_finish(csum_sum(msg, len)));
	judge_report(msg, len);
}

/* What is built is read as it was meant. */
static void judge_built(const u8 *data, u32 len, const struct icmp_pattern *pattern)
{
	u8 *built = malloc(ICMP_HLEN + len);
	struct icmp_mismatch wrong;
	struct icmp_echo echo;
	u32 built_len;

	CHECK(built != NULL);
	built_len = icmp_build_echo(built, (u16)(len * 7), data[0], pattern, len);
	CHECK(built_len == ICMP_HLEN + len && icmp_parse_echo(built, built_len, &echo));
	CHECK(echo.csum_good && echo.id == (u16)(len * 7) && echo.seq == data[0]);
	CHECK(icmp_check_payload(&echo, pattern, &wrong));
	free(built);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct icmp_pattern pattern = { .len = next_byte(&in) % (ICMP_PATTERN_MAX + 1) };
	const u8 *bytes;
	u32 len, skip;
	u8 *packet;
	u8 ttl;

	for (u32 n = 0; n < pattern.len; n++)
		pattern.bytes[n] = (u8)(n * 5);
	len = next_bytes(&in, UINT16_MAX, &bytes);
	if (len == 0)
		return 0;
	packet = malloc(len);
	CHECK(packet != NULL);
	memcpy(packet, bytes, len);
	skip = icmp_after_ip(packet, len, &ttl);
	CHECK(skip <= len);
	judge_echo(packet + skip, len - skip, &pattern);
	judge_report(packet + skip, len - skip);
	judge_sealed(packet + skip, len - skip);
	judge_built(packet, len, &pattern);
	free(packet);
	return 0;
}
