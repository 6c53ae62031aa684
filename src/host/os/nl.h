/* Questions to the kernel over netlink, for those who build the messages with libmnl. */
#ifndef HOST_OS_NL_H
#define HOST_OS_NL_H

#include <libmnl/libmnl.h>

#include "core/base/bytes.h"

enum { NL_BUF_SIZE = 32768 };

struct nl {
	struct mnl_socket *sock;
	u32 seq;
	u32 port_id;
};

/* bus: NETLINK_ROUTE, NETLINK_NETFILTER. */
bool nl_open(struct nl *nl, int bus);
void nl_close(struct nl *nl);
/* An empty message in buf, of NL_BUF_SIZE bytes. flags without NLM_F_REQUEST. */
struct nlmsghdr *nl_message(struct nl *nl, void *buf, u16 type, u16 flags);
/* Sends and reads the answers up to the last; `each` sees every message and may be NULL. 0, or the
 * error number that the kernel answered with.                                                   */
int nl_ask(struct nl *nl, const struct nlmsghdr *message, mnl_cb_t each, void *context);

#endif
