/* One socket, one question at a time. A dump that was changed under way (NLM_F_DUMP_INTR) is asked
 * for again, a few times.                                                                       */
#include "host/os/nl.h"

#include <errno.h>

enum { NL_TRIES = 4 };

bool nl_open(struct nl *nl, int bus)
{
	nl->sock = mnl_socket_open2(bus, SOCK_CLOEXEC);
	nl->seq = 1;
	if (nl->sock == NULL)
		return false;
	if (mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		nl_close(nl);
		return false;
	}
	nl->port_id = mnl_socket_get_portid(nl->sock);
	return true;
}

void nl_close(struct nl *nl)
{
	if (nl->sock != NULL)
		(void)mnl_socket_close(nl->sock);
	nl->sock = NULL;
}

struct nlmsghdr *nl_message(struct nl *nl, void *buf, u16 type, u16 flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);

	message->nlmsg_type = type;
	message->nlmsg_flags = (u16)(NLM_F_REQUEST | flags);
	message->nlmsg_seq = nl->seq++;
	return message;
}

static int nl_ask_once(struct nl *nl, const struct nlmsghdr *message, mnl_cb_t each, void *context)
{
	char buf[NL_BUF_SIZE];
	int more = MNL_CB_OK;

	if (mnl_socket_sendto(nl->sock, message, message->nlmsg_len) < 0)
		return errno;
	while (more > MNL_CB_STOP) {
		ssize_t got = mnl_socket_recvfrom(nl->sock, buf, sizeof buf);

		if (got < 0)
			return errno;
		more = mnl_cb_run(buf, (size_t)got, message->nlmsg_seq, nl->port_id, each, context);
	}
	return more < 0 ? errno : 0;
}

int nl_ask(struct nl *nl, const struct nlmsghdr *message, mnl_cb_t each, void *context)
{
	int err = 0;

	for (u32 tried = 0; tried < NL_TRIES; tried++) {
		err = nl_ask_once(nl, message, each, context);
		if (err != EINTR)
			break;
	}
	return err;
}
