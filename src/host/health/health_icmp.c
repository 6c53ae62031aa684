/* Checks by echo requests: one socket for all backends. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/wire/checksum.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "host/health/health_part.h"
#include "host/os/entropy.h"

enum { ECHO_ANSWER_MAX = 256, ECHO_READ_MAX = 64 };

struct echo {
	struct icmp_hdr icmp;
	u32 nonce;
};

/* Who was asked, if this is the answer to what is under way. */
static struct check *asked(struct health *health, const struct sockaddr_in *from,
			   const struct echo *echo)
{
	u16 index = be16_host(echo->icmp.query.seq);
	struct check *check;

	if (echo->icmp.type != ICMP_ECHO_REPLY ||
	    be16_host(echo->icmp.query.id) != health->echo_id || index >= health->count)
		return NULL;
	check = &health->check[index];
	if (check->target.conf.kind != HEALTH_ICMP || !check->under_way ||
	    check->nonce != echo->nonce || check->target.addr.raw != from->sin_addr.s_addr)
		return NULL;
	return check;
}

static void on_echo(evutil_socket_t fd, short what, void *arg)
{
	struct health *health = arg;
	u8 bytes[ECHO_ANSWER_MAX];

	(void)what;
	for (int i = 0; i < ECHO_READ_MAX; i++) {
		struct sockaddr_in from;
		socklen_t from_len = sizeof from;
		ssize_t len = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from,
				       &from_len);
		struct check *check;
		struct echo echo;
		u32 hlen;

		if (len < 0)
			return;
		hlen = ip4_hlen((const void *)bytes);
		if ((size_t)len < IP4_HLEN_MIN || (size_t)len < hlen + sizeof echo)
			continue;
		memcpy(&echo, bytes + hlen, sizeof echo);
		check = asked(health, &from, &echo);
		if (check)
			check_end(check, HEALTH_GOOD, "it answers echo requests");
	}
}

bool health_echo_open(struct health *health)
{
	if (health->echo_io)
		return true;
	health->echo_fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (health->echo_fd < 0)
		return false;
	os_entropy(&health->echo_id, sizeof health->echo_id);
	health->echo_io = event_new(health->base, health->echo_fd, EV_READ | EV_PERSIST, on_echo,
				    health);
	return health->echo_io && event_add(health->echo_io, NULL) == 0;
}

void check_echo(struct check *check)
{
	struct health *health = check->health;
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct echo echo = { .icmp = { .type = ICMP_ECHO } };

	os_entropy(&check->nonce, sizeof check->nonce);
	to.sin_addr.s_addr = check->target.addr.raw;
	echo.icmp.query.id = be16_of(health->echo_id);
	echo.icmp.query.seq = be16_of((u16)(check - health->check));
	echo.nonce = check->nonce;
	echo.icmp.csum = csum_finish(csum_sum(&echo, sizeof echo));
	if (sendto(health->echo_fd, &echo, sizeof echo, 0, (struct sockaddr *)&to, sizeof to) !=
	    (ssize_t)sizeof echo)
		check_end(check, HEALTH_BAD, "no echo request: %s", strerror(errno));
}
