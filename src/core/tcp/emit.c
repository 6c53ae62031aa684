/* A segment is written down. */
#include "core/tcp/emit.h"
#include "core/pkt/segment.h"
#include "core/wire/checksum.h"
#include "core/wire/ip4.h"

static void set_ip(struct pkt *pkt, const struct emit *emit)
{
	struct ip4_hdr *ip = (struct ip4_hdr *)pkt_l3(pkt);

	/* RFC 1191 section 2: DF on every segment. Identifier zero: RFC 6864 section 4.1. */
	*ip = (struct ip4_hdr){
		.version_ihl = 0x45,
		.tos = emit->tos,
		.len = be16_of((u16)pkt->len),
		.frag = be16_of(IP4_DF),
		.ttl = emit->ttl != 0 ? emit->ttl : IP4_TTL_DEFAULT,
		.proto = IP_PROTO_TCP,
		.src = emit->key.local,
		.dst = emit->key.peer,
	};
	pkt->l4 = (u16)(pkt->l3 + IP4_HLEN_MIN);
}

static void set_tcp(struct tcp_hdr *hdr, const struct emit *emit, u32 hlen, u32 auth_len)
{
	*hdr = (struct tcp_hdr){
		.sport = emit->key.local_port,
		.dport = emit->key.peer_port,
		.seq = be32_of(emit->seq),
		.ack = be32_of((emit->flags & TCP_ACK) != 0 ? emit->ack : 0),
		.doff = (u8)(hlen / 4 << 4),
		.flags = emit->flags,
		.window = be16_of(emit->window),
		.urgent = be16_of(emit->urgent),
	};
	tcp_opts_write((u8 *)hdr + TCP_HLEN_MIN, &emit->opt, auth_len);
}

/* The two runs behind the header; their sum. */
static u64 put_data(u8 *at, const struct emit *emit)
{
	u64 sum = 0;
	u32 len = 0;

	for (u32 n = 0; n < ARRAY_COUNT(emit->data); n++) {
		u64 run;

		if (emit->data_len[n] == 0)
			continue;
		run = csum_copy(at + len, emit->data[n], emit->data_len[n]);
		sum += len % 2 == 0 ? run : csum_odd(run);
		len += emit->data_len[n];
	}
	return sum;
}

/* One for several segments: whoever splits it makes the checksum of each, or the way out does. */
static void set_gso(struct pkt *pkt, struct tcp_hdr *hdr, const struct emit *emit, u64 pseudo)
{
	u8 *data = (u8 *)hdr + tcp_hlen(hdr);

	memcpy(data, emit->data[0], emit->data_len[0]);
	if (emit->data_len[1] != 0)
		memcpy(data + emit->data_len[0], emit->data[1], emit->data_len[1]);
	pkt->gso_type = GSO_TCP4;
	pkt->gso_size = emit->gso_size;
	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = IP4_HLEN_MIN;
	pkt->csum_offset = offsetof(struct tcp_hdr, csum);
	hdr->csum = (be16){ csum_fold(pseudo) };
}

struct pkt *emit_segment(struct tcp *tcp, const struct emit *emit)
{
	u32 auth_len = emit->auth == NULL ? 0 : auth_opt_len(tcp, emit->auth);
	u32 hlen = TCP_HLEN_MIN + tcp_opts_len(&emit->opt, auth_len) + auth_len;
	u32 data_len = emit->data_len[0] + emit->data_len[1];
	u32 l4_len = hlen + data_len;
	struct ip4_hdr *ip;
	struct tcp_hdr *hdr;
	struct pkt *pkt;
	u64 sum;

	CHECK(l4_len + IP4_HLEN_MIN <= IP4_LEN_MAX);
	CHECK(emit->auth == NULL || emit->gso_size == 0);
	pkt = pkt_new(tcp->pool, IP4_HLEN_MIN + l4_len);
	if (pkt == NULL) {
		tcp->stats.no_packet++;
		return NULL;
	}
	pkt->flags = PKT_LOCAL_OUT;
	pkt->zone = emit->key.zone;
	set_ip(pkt, emit);
	hdr = (struct tcp_hdr *)pkt_l4(pkt);
	set_tcp(hdr, emit, hlen, auth_len);
	sum = csum_pseudo(emit->key.local, emit->key.peer, IP_PROTO_TCP, l4_len);
	if (emit->gso_size != 0) {
		set_gso(pkt, hdr, emit, sum);
	} else {
		/* Header last: what was written in small pieces is slow to read in large. */
		sum += put_data((u8 *)hdr + hlen, emit);
		if (emit->auth != NULL)
			auth_sign(tcp, emit->auth, &emit->key, hdr, data_len,
				  (u8 *)hdr + hlen - auth_len);
		hdr->csum = csum_finish(sum + csum_sum(hdr, hlen));
	}
	ip = (struct ip4_hdr *)pkt_l3(pkt);
	ip->csum = csum_finish(csum_sum20(ip));
	tcp->stats.segs_out += pkt_segment_count(pkt);
	tcp->stats.resets_out += (emit->flags & TCP_RST) != 0;
	return pkt;
}

void emit_answer(struct tcp *tcp, const struct emit *emit)
{
	struct pkt *pkt;

	if (tcp->outbox_count == TCP_OUTBOX_MAX) {
		tcp->stats.outbox_full++;
		return;
	}
	pkt = emit_segment(tcp, emit);
	if (pkt == NULL)
		return;
	tcp->outbox[(tcp->outbox_head + tcp->outbox_count++) % TCP_OUTBOX_MAX] = pkt;
}

u32 emit_take(struct tcp *tcp, struct batch *out)
{
	u32 taken = 0;

	while (tcp->outbox_count > 0 && batch_add(out, tcp->outbox[tcp->outbox_head])) {
		tcp->outbox_head = (tcp->outbox_head + 1) % TCP_OUTBOX_MAX;
		tcp->outbox_count--;
		taken++;
	}
	return taken;
}

/* RFC 9293 section 3.10.7.1: with ACK the reset takes the number that its receiver expects, and
 * says nothing else; without, it acknowledges all of the segment.                                */
void emit_reset_for(struct tcp *tcp, const struct tcp_seg *seg)
{
	struct emit reset = { .key = seg->key, .auth = seg->auth, .flags = TCP_RST };

	if ((seg->flags & TCP_RST) != 0)
		return;
	if ((seg->flags & TCP_ACK) != 0) {
		reset.seq = seg->ack;
	} else {
		reset.flags |= TCP_ACK;
		reset.ack = seg->seq + tcp_seg_space(seg);
	}
	emit_answer(tcp, &reset);
}
