/* Two ways to keep the kernel's IPv4 quiet on an interface; both go with the process, however that
 * ends, and `nft flush ruleset` of others passes both by. Packet sockets are served before either,
 * so the engine sees everything; the kernel's own IPv4 sees what carries the mark, which only our
 * way back sets. Frames with a VLAN tag pass to the VLAN's own interface, as do ARP, IPv6 and all
 * the rest. What the host sends does not come by here.
 *
 * An eBPF program on a tcx link (tcx.h), where the kernel has that (Linux 6.6): every received
 * packet pays for this, and the program is quicker than the rules below.
 *
 * Else an nftables table of the netdev family that this process owns (NFT_TABLE_F_OWNER, Linux
 * 5.12), which the kernel removes with the netlink socket:
 *
 *     chain <interface> { type filter hook ingress device <interface> priority 0; policy accept;
 *         meta mark <mark> meta mark set 0 accept
 *         @ll,96,16 0x0800 drop
 *     }
 *
 * The frame's type is compared there, not the packet's protocol: a frame with a VLAN tag shows the
 * tag.                                                                                           */
#include "host/io/takeover.h"

#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/wire/eth.h"
#include "host/io/tcx.h"
#include "host/os/nl.h"

enum { TABLE_NAME_SIZE = 32, TABLE_F_OWNER = 2, ETH_TYPE_AT = 12, CHAIN_PRIORITY = 0 };

struct takeover {
	struct nl nl;
	u32 mark;
	bool table_made;
	char table[TABLE_NAME_SIZE];
	enum takeover_way way;
	int link[IFACE_MAX];   /* by the interface's index in the engine; -1: none */
};

/* ---- a batch of changes: all of it or nothing ---------------------------------------------- */

struct change {
	struct mnl_nlmsg_batch *batch;
	struct nl *nl;
	char buf[NL_BUF_SIZE];
};

static void change_begin(struct change *change, struct nl *nl)
{
	change->nl = nl;
	/* What was still to be said about a change that failed. */
	while (recv(mnl_socket_get_fd(nl->sock), change->buf, sizeof change->buf, MSG_DONTWAIT) > 0)
		continue;
	change->batch = mnl_nlmsg_batch_start(change->buf, sizeof change->buf / 2);
	if (change->batch == NULL)
		return;
	(void)nftnl_batch_begin(mnl_nlmsg_batch_current(change->batch), nl->seq++);
	(void)mnl_nlmsg_batch_next(change->batch);
}

static struct nlmsghdr *change_message(struct change *change, u16 type, u16 flags)
{
	return nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(change->batch), type, NFPROTO_NETDEV,
				     (u16)(NLM_F_REQUEST | NLM_F_ACK | flags), change->nl->seq++);
}

static int change_error(const struct nlmsghdr *message, void *context)
{
	(void)message;
	(void)context;
	return MNL_CB_OK;
}

/* Every message of the batch is acknowledged, or the first error comes. 0 or an error number. */
static int change_answers(struct change *change, u32 messages)
{
	for (u32 heard = 0; heard < messages;) {
		ssize_t got = mnl_socket_recvfrom(change->nl->sock, change->buf,
						  sizeof change->buf);
		int left = (int)got;

		if (got < 0)
			return errno;
		for (const struct nlmsghdr *at = (const void *)change->buf; mnl_nlmsg_ok(at, left);
		     at = mnl_nlmsg_next(at, &left)) {
			if (mnl_cb_run(at, at->nlmsg_len, 0, change->nl->port_id, change_error,
				       NULL) < 0)
				return errno;
			heard++;
		}
	}
	return 0;
}

/* messages: how many stand between begin and end. */
static int change_commit(struct change *change, u32 messages)
{
	ssize_t sent;

	(void)nftnl_batch_end(mnl_nlmsg_batch_current(change->batch), change->nl->seq++);
	(void)mnl_nlmsg_batch_next(change->batch);
	sent = mnl_socket_sendto(change->nl->sock, mnl_nlmsg_batch_head(change->batch),
				 mnl_nlmsg_batch_size(change->batch));
	mnl_nlmsg_batch_stop(change->batch);
	return sent < 0 ? errno : change_answers(change, messages);
}

/* ---- the rules ----------------------------------------------------------------------------- */

static struct nftnl_expr *expr_add(struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *expr = nftnl_expr_alloc(name);

	CHECK(expr != NULL);
	nftnl_rule_add_expr(rule, expr);
	return expr;
}

static void rule_match(struct nftnl_rule *rule, const void *value, u32 size)
{
	struct nftnl_expr *cmp = expr_add(rule, "cmp");

	nftnl_expr_set_u32(cmp, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(cmp, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	(void)nftnl_expr_set(cmp, NFTNL_EXPR_CMP_DATA, value, size);
}

static void rule_verdict(struct nftnl_rule *rule, u32 code)
{
	struct nftnl_expr *immediate = expr_add(rule, "immediate");

	nftnl_expr_set_u32(immediate, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(immediate, NFTNL_EXPR_IMM_VERDICT, code);
}

/* meta mark <mark> meta mark set 0 accept */
static void rule_pass_marked(struct nftnl_rule *rule, u32 mark)
{
	struct nftnl_expr *load = expr_add(rule, "meta");
	struct nftnl_expr *zero, *store;
	u32 none = 0;

	nftnl_expr_set_u32(load, NFTNL_EXPR_META_KEY, NFT_META_MARK);
	nftnl_expr_set_u32(load, NFTNL_EXPR_META_DREG, NFT_REG_1);
	rule_match(rule, &mark, sizeof mark);
	zero = expr_add(rule, "immediate");
	nftnl_expr_set_u32(zero, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
	(void)nftnl_expr_set(zero, NFTNL_EXPR_IMM_DATA, &none, sizeof none);
	store = expr_add(rule, "meta");
	nftnl_expr_set_u32(store, NFTNL_EXPR_META_KEY, NFT_META_MARK);
	nftnl_expr_set_u32(store, NFTNL_EXPR_META_SREG, NFT_REG_1);
	rule_verdict(rule, NF_ACCEPT);
}

/* @ll,96,16 0x0800 drop */
static void rule_drop_ip4(struct nftnl_rule *rule)
{
	struct nftnl_expr *load = expr_add(rule, "payload");
	be16 type = be16_of(ETH_TYPE_IP4);

	nftnl_expr_set_u32(load, NFTNL_EXPR_PAYLOAD_BASE, NFT_PAYLOAD_LL_HEADER);
	nftnl_expr_set_u32(load, NFTNL_EXPR_PAYLOAD_OFFSET, ETH_TYPE_AT);
	nftnl_expr_set_u32(load, NFTNL_EXPR_PAYLOAD_LEN, sizeof type);
	nftnl_expr_set_u32(load, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
	rule_match(rule, &type, sizeof type);
	rule_verdict(rule, NF_DROP);
}

static void change_add_rule(struct change *change, const struct takeover *takeover,
			    const char *chain, bool marked)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	struct nlmsghdr *message;

	CHECK(rule != NULL);
	(void)nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, takeover->table);
	(void)nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	if (marked)
		rule_pass_marked(rule, takeover->mark);
	else
		rule_drop_ip4(rule);
	message = change_message(change, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	nftnl_rule_nlmsg_build_payload(message, rule);
	nftnl_rule_free(rule);
	(void)mnl_nlmsg_batch_next(change->batch);
}

static void change_add_chain(struct change *change, const struct takeover *takeover,
			     const char *ifname)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();
	struct nlmsghdr *message;

	CHECK(chain != NULL);
	(void)nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, takeover->table);
	(void)nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, ifname);
	(void)nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
	(void)nftnl_chain_set_str(chain, NFTNL_CHAIN_DEV, ifname);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, NF_NETDEV_INGRESS);
	nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, CHAIN_PRIORITY);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	message = change_message(change, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
	nftnl_chain_nlmsg_build_payload(message, chain);
	nftnl_chain_free(chain);
	(void)mnl_nlmsg_batch_next(change->batch);
}

static int table_make(struct takeover *takeover)
{
	struct change change;
	struct nftnl_table *table = nftnl_table_alloc();
	struct nlmsghdr *message;

	change_begin(&change, &takeover->nl);
	if (table == NULL || change.batch == NULL)
		return ENOMEM;
	(void)nftnl_table_set_str(table, NFTNL_TABLE_NAME, takeover->table);
	nftnl_table_set_u32(table, NFTNL_TABLE_FLAGS, TABLE_F_OWNER);
	message = change_message(&change, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	nftnl_table_nlmsg_build_payload(message, table);
	nftnl_table_free(table);
	(void)mnl_nlmsg_batch_next(change.batch);
	return change_commit(&change, 1);
}

/* ---- its face ------------------------------------------------------------------------------ */

static const char *hint_of(int err)
{
	switch (err) {
	case EPERM:
		return "; this needs root (CAP_NET_ADMIN)";
	case EOPNOTSUPP:
	case EINVAL:
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
		return "; the kernel must be Linux 5.12 or later with nf_tables_netdev";
	default:
		return "";
	}
}

struct takeover *takeover_new(u32 mark, enum takeover_way way, char *why, size_t why_size)
{
	struct takeover *takeover = calloc(1, sizeof *takeover);

	if (takeover == NULL) {
		(void)snprintf(why, why_size, "out of memory");
		return NULL;
	}
	takeover->mark = mark;
	takeover->way = way;
	for (u16 iface = 0; iface < IFACE_MAX; iface++)
		takeover->link[iface] = -1;
	return takeover;
}

/* Made for the first interface that needs it. */
static int table_need(struct takeover *takeover)
{
	int err;

	if (takeover->table_made)
		return 0;
	if (!nl_open(&takeover->nl, NETLINK_NETFILTER))
		return errno;
	/* Unique among all that live: the number belongs to the socket. */
	(void)snprintf(takeover->table, sizeof takeover->table, "sluice_%u", takeover->nl.port_id);
	err = table_make(takeover);
	if (err != 0)
		nl_close(&takeover->nl);
	takeover->table_made = err == 0;
	return err;
}

static int chain_make(struct takeover *takeover, const char *ifname)
{
	struct change change;
	int err = table_need(takeover);

	if (err != 0)
		return err;
	change_begin(&change, &takeover->nl);
	if (change.batch == NULL)
		return ENOMEM;
	change_add_chain(&change, takeover, ifname);
	change_add_rule(&change, takeover, ifname, true);
	change_add_rule(&change, takeover, ifname, false);
	err = change_commit(&change, 3);
	/* Newer kernels (6.16) keep the chain of an interface that went until it comes again. */
	return err == EEXIST ? 0 : err;
}

static void link_close(struct takeover *takeover, u16 iface)
{
	if (takeover->link[iface] >= 0)
		(void)close(takeover->link[iface]);
	takeover->link[iface] = -1;
}

static bool link_make(struct takeover *takeover, const struct port *taken)
{
	if (takeover->way != TAKEOVER_BEST)
		return false;
	link_close(takeover, taken->iface);
	takeover->link[taken->iface] = tcx_mute(taken->os_index, takeover->mark);
	return takeover->link[taken->iface] >= 0;
}

bool takeover_add(struct takeover *takeover, const struct port *taken, char *why, size_t why_size)
{
	int err;

	CHECK(taken->iface < IFACE_MAX);
	if (link_make(takeover, taken))
		return true;
	err = chain_make(takeover, taken->name);
	if (err != 0)
		(void)snprintf(why, why_size,
			       "keeping the kernel quiet on '%s' with nftables: %s%s", taken->name,
			       strerror(err), hint_of(err));
	return err == 0;
}

/* The chain may have gone with its interface. */
static void chain_remove(struct takeover *takeover, const char *ifname)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();
	struct change change;

	CHECK(chain != NULL);
	change_begin(&change, &takeover->nl);
	if (change.batch != NULL) {
		(void)nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, takeover->table);
		(void)nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, ifname);
		nftnl_chain_nlmsg_build_payload(change_message(&change, NFT_MSG_DELCHAIN, 0),
						chain);
		(void)mnl_nlmsg_batch_next(change.batch);
		(void)change_commit(&change, 1);
	}
	nftnl_chain_free(chain);
}

void takeover_drop(struct takeover *takeover, const struct port *taken)
{
	CHECK(taken->iface < IFACE_MAX);
	if (takeover->link[taken->iface] >= 0)
		link_close(takeover, taken->iface);
	else if (takeover->table_made)
		chain_remove(takeover, taken->name);
}

const char *takeover_way_name(const struct takeover *takeover)
{
	return takeover->table_made ? "nftables" : "ebpf";
}

void takeover_del(struct takeover *takeover)
{
	if (takeover == NULL)
		return;
	for (u16 iface = 0; iface < IFACE_MAX; iface++)
		link_close(takeover, iface);
	if (takeover->table_made)
		nl_close(&takeover->nl);
	free(takeover);
}
