/* Checks by echo requests. Each has a socket of its own, which hears nobody but the backend: what
 * others send to the gateway takes the place of no answer.                                       */
#include "core/wire/checksum.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "host/health/health_part.h"

enum { ECHO_ANSWER_MAX = 256 };

struct echo {
	struct icmp_hdr icmp;
	u32 nonce;
};

/* Whether it answers what is under way. bytes begin with the IP header. */
static bool is_answer(const struct check *check, const u8 *bytes, u32 len)
{
	struct echo echo;
	u32 hlen;

	if (len < IP4_HLEN_MIN)
		return false;
	hlen = ip4_hlen((const void *)bytes);
	if (len < hlen + sizeof echo)
		return false;
	memcpy(&echo, bytes + hlen, sizeof echo);
	return echo.icmp.type == ICMP_ECHO_REPLY &&
	       be16_host(echo.icmp.query.id) == check->health->echo_id &&
	       echo.nonce == check->nonce;
}

void check_echo_sock(struct check *check, ns_t now)
{
	for (u32 n = 0; n < HEALTH_DATAGRAMS; n++) {
		_Alignas(4) u8 bytes[ECHO_ANSWER_MAX];
		struct sock_buf buf = { .to = bytes, .bytes = sizeof bytes };

		if (check_read(check, &buf, now) != SOCK_OK)
			return;
		if (is_answer(check, bytes, buf.got)) {
			check_end(check, now, HEALTH_GOOD, "it answers echo requests");
			return;
		}
	}
}

/* One identifier for all, so that the checks of a backend are one flow of the gateway's. */
static enum sock_error echo_send(struct check *check, ns_t now)
{
	struct health *health = check->health;
	const struct sock_addr peer = { .addr = check->target.addr };
	struct echo echo = { .icmp = { .type = ICMP_ECHO } };
	struct sock_out out = { .data = &echo, .bytes = sizeof echo };
	enum sock_error error = check_open(check, SOCK_RAW_KIND, IP_PROTO_ICMP);

	check->nonce = rng_u32(&health->rng);
	echo.icmp.query.id = be16_of(health->echo_id);
	echo.nonce = check->nonce;
	echo.icmp.csum = csum_finish(csum_sum(&echo, sizeof echo));
	if (error == SOCK_OK)
		error = sluice_connect(health->sluice, health->sock[check->at], &peer, now);
	return error == SOCK_OK ? sluice_send(health->sluice, health->sock[check->at], &out, now)
				: error;
}

void check_echo(struct check *check, ns_t now)
{
	enum sock_error error = echo_send(check, now);

	if (error != SOCK_OK)
		check_fail(check, now, "no echo request", error);
	else
		check_watch(check, CHECK_ECHO, SOCK_READABLE);
}
