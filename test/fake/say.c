/* TCP segments with options. */
#include "fake/say.h"
#include "fake/build.h"

struct pkt *say_pkt(struct pkt_pool *pool, const struct say *say)
{
	static struct build b;
	u8 options[TCP_HLEN_MAX - TCP_HLEN_MIN];
	struct pkt *pkt;

	build_start(&b);
	build_ip4(&b, say->key.peer, say->key.local, IP_PROTO_TCP);
	build_ip(&b)->tos = say->ecn;
	build_tcp(&b, be16_host(say->key.peer_port), be16_host(say->key.local_port), say->flags,
		  say->seq, say->ack);
	build_tcp_hdr(&b)->window = be16_of(say->window);
	if (say->raw != NULL)
		build_tcp_options(&b, say->raw, say->raw_len);
	else
		build_tcp_options(&b, options, tcp_opts_write(options, &say->opt, 0));
	if (say->len > 0)
		build_bytes(&b, say->data, say->len);
	build_seal(&b);
	pkt = build_pkt(pool, &b, 1);
	if (pkt != NULL)
		pkt->l4 = (u16)(pkt->l3 + b.l4 - b.l3);
	return pkt;
}
