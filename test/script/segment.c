/* Segments of a dialogue: what a line says, what comes in, what left. */
#include "script/play.h"
#include "core/wire/checksum.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"

#include <stdio.h>

enum { PEER_ISN = 0xfffffd00, PEER_PORT = 40000, HEADERS_MAX = IP4_HLEN_MIN + TCP_HLEN_MAX };

#define PEER_ADDR be32_of(0xc6336407)
#define LOCAL_ADDR be32_of(0xc0000201)

static u8 byte_at(u32 seq)
{
	return (u8)(seq * 7 + (seq >> 8));
}

/* ---- what a line says ------------------------------------------------------------------------ */

static bool read_flags(struct play *play, struct said *said)
{
	static const char letter[] = "FSRP.UEW";

	(void)play_word(play, " ");
	while (*play->at == ' ' || *play->at == '\t')
		play->at++;
	if (*play->at == '-') {
		play->at++;
		return true;
	}
	for (; *play->at != ' ' && *play->at != '\0'; play->at++) {
		const char *at = strchr(letter, *play->at);

		if (at == NULL)
			return play_wrong(play, "no such flag: %c", *play->at);
		said->flags |= (u8)(1 << (at - letter));
	}
	return true;
}

static bool read_ecn(struct play *play, struct said *said)
{
	said->has_ecn = true;
	if (play_word(play, "[noecn]"))
		said->ecn = 0;
	else if (play_word(play, "[ect1]"))
		said->ecn = 1;
	else if (play_word(play, "[ect0]"))
		said->ecn = IP4_ECN_ECT0;
	else if (play_word(play, "[ce]"))
		said->ecn = IP4_ECN_CE;
	else
		said->has_ecn = false;
	return true;
}

/* "start:end(len)" */
static bool read_range(struct play *play, u32 *seq, u32 *len)
{
	u32 end;

	return (play_number(play, seq) && play_word(play, ":") && play_number(play, &end) &&
		play_word(play, "(") && play_number(play, len) && play_word(play, ")") &&
		end == *seq + *len) ||
	       play_wrong(play, "no start:end(len)");
}

static bool read_sacks(struct play *play, struct tcp_opts *opt)
{
	struct sack_block block;

	while (play_number(play, &block.start)) {
		if (opt->sack_count == TCP_SACK_BLOCKS_MAX || !play_word(play, ":") ||
		    !play_number(play, &block.end))
			return play_wrong(play, "blocks of SACK");
		opt->sack[opt->sack_count++] = block;
	}
	return opt->sack_count > 0;
}

static bool read_option(struct play *play, struct tcp_opts *opt)
{
	u32 number;

	if (play_word(play, "nop"))
		return true;
	if (play_word(play, "sackOK"))
		return opt->sack_permitted = true;
	if (play_word(play, "sack"))
		return read_sacks(play, opt);
	if (play_word(play, "mss") && play_number(play, &number)) {
		opt->mss = (u16)number;
		return true;
	}
	if (play_word(play, "wscale") && play_number(play, &number)) {
		opt->wscale = (u8)number;
		return opt->has_wscale = true;
	}
	if (play_word(play, "TS") && play_word(play, "val") && play_number(play, &opt->tsval) &&
	    play_word(play, "ecr") && play_number(play, &opt->tsecr))
		return opt->has_ts = true;
	return play_wrong(play, "no such option: %s", play->at);
}

static bool read_options(struct play *play, struct said *said)
{
	if (play_word(play, "<...>"))
		return said->any_opt = true;
	if (!play_word(play, "<"))
		return true;
	do {
		if (!read_option(play, &said->opt))
			return false;
	} while (play_word(play, ","));
	return play_word(play, ">") || play_wrong(play, "> is missing");
}

static bool read_said(struct play *play, struct said *said)
{
	u32 number;

	*said = (struct said){ 0 };
	if (!read_ecn(play, said) || !read_flags(play, said) ||
	    !read_range(play, &said->seq, &said->len))
		return false;
	if (play_word(play, "ack") && !play_number(play, &said->ack))
		return play_wrong(play, "ack of what");
	if (play_word(play, "win")) {
		if (!play_number(play, &number))
			return play_wrong(play, "how large a window");
		said->window = (u16)number;
		said->has_window = true;
	}
	if (play_word(play, "urg") && play_number(play, &number))
		said->urgent = (u16)number;
	return read_options(play, said) && play_end(play);
}

/* ---- what comes in --------------------------------------------------------------------------- */

static void put_ip(struct ip4_hdr *ip, u32 len, u8 proto, u8 ecn)
{
	*ip = (struct ip4_hdr){ .version_ihl = 0x45, .tos = ecn, .len = be16_of((u16)len),
				.ttl = 64, .proto = proto, .src = PEER_ADDR, .dst = LOCAL_ADDR };
	ip->csum = csum_finish(csum_sum20(ip));
}

/* Numbers and timestamps as they are on the way. */
static void to_live(const struct play *play, struct said *said)
{
	u32 iss = play->conf.isn_fixed;

	said->seq += PEER_ISN;
	said->ack += iss;
	for (u32 n = 0; n < said->opt.sack_count; n++) {
		said->opt.sack[n].start += iss;
		said->opt.sack[n].end += iss;
	}
	if (said->opt.has_ts && said->opt.tsecr != 0)
		said->opt.tsecr += play->ts_sent - play->ts_said;
}

static bool segment_in(struct play *play)
{
	u8 packet[HEADERS_MAX + UINT16_MAX / 4];
	struct tcp_hdr *hdr = (struct tcp_hdr *)(void *)(packet + IP4_HLEN_MIN);
	struct said said;
	u32 hlen, l4_len;

	if (!read_said(play, &said))
		return false;
	if (said.len > sizeof packet - HEADERS_MAX)
		return play_wrong(play, "too long");
	hlen = TCP_HLEN_MIN + tcp_opts_len(&said.opt, 0);
	l4_len = hlen + said.len;
	for (u32 n = 0; n < said.len; n++)
		packet[IP4_HLEN_MIN + hlen + n] =
			byte_at(said.seq + ((said.flags & TCP_SYN) != 0) + n);
	to_live(play, &said);
	*hdr = (struct tcp_hdr){ .sport = play->peer_port, .dport = play->local_port,
				 .seq = be32_of(said.seq), .doff = (u8)(hlen / 4 << 4),
				 .flags = said.flags, .window = be16_of(said.window),
				 .urgent = be16_of(said.urgent) };
	if ((said.flags & TCP_ACK) != 0)
		hdr->ack = be32_of(said.ack);
	tcp_opts_write((u8 *)hdr + TCP_HLEN_MIN, &said.opt, 0);
	hdr->csum = csum_finish(csum_pseudo(PEER_ADDR, LOCAL_ADDR, IP_PROTO_TCP, l4_len) +
				csum_sum(hdr, l4_len));
	put_ip((struct ip4_hdr *)(void *)packet, IP4_HLEN_MIN + l4_len, IP_PROTO_TCP, said.ecn);
	world_in(&play->socks.world, packet, IP4_HLEN_MIN + l4_len);
	return true;
}

static bool icmp_code(struct play *play, u8 *code, u32 *mtu)
{
	*mtu = 0;
	if (play_word(play, "net_unreachable"))
		*code = ICMP_UNREACH_NET;
	else if (play_word(play, "host_unreachable"))
		*code = ICMP_UNREACH_HOST;
	else if (play_word(play, "port_unreachable"))
		*code = ICMP_UNREACH_PORT;
	else if (play_word(play, "frag_needed"))
		*code = ICMP_UNREACH_FRAG;
	else
		return play_wrong(play, "no such code");
	if (play_word(play, "mtu") && !play_number(play, mtu))
		return play_wrong(play, "which MTU");
	return play_end(play);
}

/* "[1:1461(1460)] icmp unreachable frag_needed mtu 1200": about a segment of ours. */
static bool icmp_in(struct play *play)
{
	struct {
		struct ip4_hdr ip;
		struct icmp_hdr icmp;
		struct ip4_hdr quoted;
		u8 tcp[8];
	} packet = { 0 };
	struct tcp_hdr hdr = { 0 };
	u32 seq, len, mtu = 0;
	u8 code = 0;

	if (!read_range(play, &seq, &len))
		return false;
	if (!play_word(play, "]") || !play_word(play, "icmp") || !play_word(play, "unreachable") ||
	    !icmp_code(play, &code, &mtu))
		return play_wrong(play, "no ICMP");
	hdr.sport = play->local_port;
	hdr.dport = play->peer_port;
	hdr.seq = be32_of(seq + play->conf.isn_fixed);
	put_ip(&packet.ip, sizeof packet, IP_PROTO_ICMP, 0);
	put_ip(&packet.quoted, IP4_HLEN_MIN + TCP_HLEN_MIN + len, IP_PROTO_TCP, 0);
	packet.quoted.src = LOCAL_ADDR;
	packet.quoted.dst = PEER_ADDR;
	packet.icmp.type = ICMP_UNREACH;
	packet.icmp.code = code;
	packet.icmp.frag.mtu = be16_of((u16)mtu);
	memcpy(packet.tcp, &hdr, sizeof packet.tcp);
	world_in(&play->socks.world, &packet, sizeof packet);
	return true;
}

bool play_segment_in(struct play *play)
{
	if (play->peer_port.raw == 0) {
		play->peer_port = be16_of(PEER_PORT);
		play->local_port = be16_of(80);
	}
	if (play->socks.world.sent_count > 0)
		return play_wrong(play, "a segment had left that no line expects");
	/* "[ce]" is of a segment, "[1:" of ICMP. */
	while (*play->at == ' ' || *play->at == '\t')
		play->at++;
	if (*play->at != '[' || play->at[1] < '0' || play->at[1] > '9')
		return segment_in(play);
	play->at++;
	return icmp_in(play);
}

/* ---- what left ------------------------------------------------------------------------------- */

/* As a line would have it. */
static void read_pkt(struct play *play, const struct pkt *pkt, struct said *said)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const struct tcp_hdr *hdr = (const void *)pkt_l4(pkt);

	*said = (struct said){ .flags = hdr->flags,
			       .ecn = ip->tos & IP4_ECN_MASK,
			       .seq = be32_host(hdr->seq) - play->conf.isn_fixed,
			       .len = pkt_l4_len(pkt) - tcp_hlen(hdr),
			       .window = be16_host(hdr->window),
			       .urgent = be16_host(hdr->urgent) };
	if ((hdr->flags & TCP_ACK) != 0)
		said->ack = be32_host(hdr->ack) - PEER_ISN;
	tcp_opts_read(&said->opt, hdr);
	for (u32 n = 0; n < said->opt.sack_count; n++) {
		said->opt.sack[n].start -= PEER_ISN;
		said->opt.sack[n].end -= PEER_ISN;
	}
	if (play->peer_port.raw == 0) {
		play->peer_port = hdr->dport;
		play->local_port = hdr->sport;
	}
}

static void said_text(char *text, size_t size, const struct said *said)
{
	static const char letter[] = "FSRP.UEW";
	char flags[9] = "";
	size_t len;

	for (u32 n = 0, at = 0; n < 8; n++) {
		if ((said->flags >> n & 1) != 0)
			flags[at++] = letter[n];
	}
	len = (size_t)snprintf(text, size, "%s %u:%u(%u) ack %u win %u ecn %u <mss %u wscale %d%u "
			       "sackOK %d TS %d %u %u", flags, said->seq, said->seq + said->len,
			       said->len, said->ack, said->window, said->ecn, said->opt.mss,
			       said->opt.has_wscale, said->opt.wscale, said->opt.sack_permitted,
			       said->opt.has_ts, said->opt.tsval, said->opt.tsecr);
	for (u32 n = 0; n < said->opt.sack_count && len < size; n++)
		len += (size_t)snprintf(text + len, size - len, " %u:%u", said->opt.sack[n].start,
					said->opt.sack[n].end);
}

static bool same_options(struct play *play, const struct tcp_opts *live,
			 const struct tcp_opts *said)
{
	if (live->has_ts && said->has_ts && !play->has_ts) {
		play->has_ts = true;
		play->ts_sent = live->tsval;
		play->ts_said = said->tsval;
	}
	if (live->mss != said->mss || live->has_wscale != said->has_wscale ||
	    live->wscale != said->wscale || live->sack_permitted != said->sack_permitted ||
	    live->has_ts != said->has_ts || live->sack_count != said->sack_count)
		return false;
	for (u32 n = 0; n < live->sack_count; n++) {
		if (live->sack[n].start != said->sack[n].start ||
		    live->sack[n].end != said->sack[n].end)
			return false;
	}
	return !live->has_ts || (live->tsecr == said->tsecr &&
				 live->tsval - play->ts_sent + PLAY_MS_ALLOWED -
						 (said->tsval - play->ts_said) <=
					 2 * PLAY_MS_ALLOWED);
}

static bool same(struct play *play, const struct said *live, const struct said *said)
{
	return live->flags == said->flags && live->seq == said->seq && live->len == said->len &&
	       live->ack == said->ack && live->urgent == said->urgent &&
	       (!said->has_window || live->window == said->window) &&
	       (!said->has_ecn || live->ecn == said->ecn) &&
	       (said->any_opt || same_options(play, &live->opt, &said->opt));
}

/* The next one that leaves in time. */
static struct pkt *next_pkt(struct play *play)
{
	struct world *world = &play->socks.world;
	ns_t allowed = PLAY_MS_ALLOWED * NS_PER_MS;
	struct pkt *pkt;

	while (world->sent_count == 0 && world_step(world, play->until + allowed))
		;
	pkt = world_out(world);
	if (pkt == NULL) {
		(void)play_wrong(play, "nothing has left");
		return NULL;
	}
	if (pkt->rx_ns + allowed < play->from || pkt->rx_ns > play->until + allowed)
		(void)play_wrong(play, "it left at %.6f, not at %.6f",
				 (double)(pkt->rx_ns - play->begin) / 1e9,
				 (double)(play->from - play->begin) / 1e9);
	return pkt;
}

static void check_data(struct play *play, const struct pkt *pkt, const struct said *live)
{
	const struct tcp_hdr *hdr = (const void *)pkt_l4(pkt);
	const u8 *data = (const u8 *)hdr + tcp_hlen(hdr);

	for (u32 n = 0; n < live->len; n++) {
		if (data[n] != byte_at(live->seq + n))
			(void)play_wrong(play, "the byte %u is wrong", live->seq + n);
	}
}

bool play_segment_out(struct play *play)
{
	struct said said, live, whole;
	char is[PLAY_WHY / 3], expected[PLAY_WHY / 3];
	struct pkt *pkt;
	u32 len = 0;

	if (!read_said(play, &said))
		return false;
	do {
		pkt = next_pkt(play);
		if (pkt == NULL)
			return false;
		read_pkt(play, pkt, &live);
		check_data(play, pkt, &live);
		pkt_put(pkt);
		if (len == 0)
			whole = live;
		else if (live.seq != whole.seq + len)
			return play_wrong(play, "data from %u on, not %u", live.seq,
					  whole.seq + len);
		len += live.len;
		whole.flags |= live.flags;
	} while (len < said.len && live.len > 0);
	whole.len = len;
	if (play->why[0] != '\0')
		return false;
	if (same(play, &whole, &said))
		return true;
	said_text(is, sizeof is, &whole);
	said_text(expected, sizeof expected, &said);
	return play_wrong(play, "%s\n\texpected: %s", is, expected);
}
