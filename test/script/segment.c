/* Segments of a dialogue: what a line says, what comes in, what left. */
#include "script/play.h"
#include "core/wire/checksum.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"

#include <stdio.h>

enum { PEER_ISN = 0xfffffd00, PEER_PORT = 40000, HEADERS_MAX = IP4_HLEN_MIN + TCP_HLEN_MAX };

#define PEER_ADDR  be32_of(0xc6336407)
#define LOCAL_ADDR be32_of(0xc0000201)

static u8 byte_at(u32 seq)
{
	return (u8)(seq * 7 + (seq >> 8));
}

/* ---- what a line says ------------------------------------------------------------------------ */

static bool read_flags(struct play *play, struct said *said)
{
	static const char letter[] = "FSRP.UEW";

	(void)reader_word(&play->in, " ");
	while (*play->in.at == ' ' || *play->in.at == '\t')
		play->in.at++;
	if (*play->in.at == '-') {
		play->in.at++;
		return true;
	}
	for (; *play->in.at != ' ' && *play->in.at != '\0'; play->in.at++) {
		const char *at = strchr(letter, *play->in.at);

		if (at == NULL)
			return reader_wrong(&play->in, "no such flag: %c", *play->in.at);
		said->flags |= (u8)(1 << (at - letter));
	}
	return true;
}

static bool read_ecn(struct play *play, struct said *said)
{
	said->has_ecn = true;
	if (reader_word(&play->in, "[noecn]"))
		said->ecn = 0;
	else if (reader_word(&play->in, "[ect1]"))
		said->ecn = 1;
	else if (reader_word(&play->in, "[ect0]"))
		said->ecn = IP4_ECN_ECT0;
	else if (reader_word(&play->in, "[ce]"))
		said->ecn = IP4_ECN_CE;
	else
		said->has_ecn = false;
	return true;
}

/* "start:end(len)" */
static bool read_range(struct play *play, u32 *seq, u32 *len)
{
	u32 end;

	return (reader_number(&play->in, seq) && reader_word(&play->in, ":") &&
		reader_number(&play->in, &end) && reader_word(&play->in, "(") &&
		reader_number(&play->in, len) && reader_word(&play->in, ")") &&
		end == *seq + *len) ||
	       reader_wrong(&play->in, "no start:end(len)");
}

static bool read_sacks(struct play *play, struct tcp_opts *opt)
{
	struct sack_block block;

	while (reader_number(&play->in, &block.start)) {
		if (opt->sack_count == TCP_SACK_BLOCKS_MAX || !reader_word(&play->in, ":") ||
		    !reader_number(&play->in, &block.end))
			return reader_wrong(&play->in, "blocks of SACK");
		opt->sack[opt->sack_count++] = block;
	}
	return opt->sack_count > 0;
}

static bool read_option(struct play *play, struct tcp_opts *opt)
{
	u32 number;

	if (reader_word(&play->in, "nop"))
		return true;
	if (reader_word(&play->in, "sackOK"))
		return opt->sack_permitted = true;
	if (reader_word(&play->in, "sack"))
		return read_sacks(play, opt);
	if (reader_word(&play->in, "mss") && reader_number(&play->in, &number)) {
		opt->mss = (u16)number;
		return true;
	}
	if (reader_word(&play->in, "wscale") && reader_number(&play->in, &number)) {
		opt->wscale = (u8)number;
		return opt->has_wscale = true;
	}
	if (reader_word(&play->in, "TS") && reader_word(&play->in, "val") &&
	    reader_number(&play->in, &opt->tsval) && reader_word(&play->in, "ecr") &&
	    reader_number(&play->in, &opt->tsecr))
		return opt->has_ts = true;
	return reader_wrong(&play->in, "no such option: %s", play->in.at);
}

static bool read_options(struct play *play, struct said *said)
{
	if (reader_word(&play->in, "<...>"))
		return said->any_opt = true;
	if (!reader_word(&play->in, "<"))
		return true;
	do {
		if (!read_option(play, &said->opt))
			return false;
	} while (reader_word(&play->in, ","));
	return reader_word(&play->in, ">") || reader_wrong(&play->in, "> is missing");
}

static bool read_said(struct play *play, struct said *said)
{
	u32 number;

	*said = (struct said){ 0 };
	if (reader_word(&play->in, "[new]"))
		said->begin = PLAY_NEW;
	else if (reader_word(&play->in, "[above]"))
		said->begin = PLAY_ABOVE;
	if (!read_ecn(play, said) || !read_flags(play, said) ||
	    !read_range(play, &said->seq, &said->len))
		return false;
	if (reader_word(&play->in, "ack") && !reader_number(&play->in, &said->ack))
		return reader_wrong(&play->in, "ack of what");
	if (reader_word(&play->in, "win")) {
		if (!reader_number(&play->in, &number))
			return reader_wrong(&play->in, "how large a window");
		said->window = (u16)number;
		said->has_window = true;
	}
	if (reader_word(&play->in, "urg") && reader_number(&play->in, &number))
		said->urgent = (u16)number;
	return read_options(play, said) && reader_end(&play->in);
}

/* ---- what comes in --------------------------------------------------------------------------- */

static void put_ip(struct ip4_hdr *ip, u32 len, u8 proto, u8 ecn)
{
	*ip = (struct ip4_hdr){ .version_ihl = 0x45,
				.tos = ecn,
				.len = be16_of((u16)len),
				.ttl = 64,
				.proto = proto,
				.src = PEER_ADDR,
				.dst = LOCAL_ADDR };
	ip->csum = csum_finish(csum_sum20(ip));
}

/* Numbers and timestamps as they are on the way. */
static void to_live(const struct play *play, struct said *said)
{
	u32 iss = play->iss;

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
		return reader_wrong(&play->in, "too long");
	hlen = TCP_HLEN_MIN + tcp_opts_len(&said.opt, 0);
	l4_len = hlen + said.len;
	for (u32 n = 0; n < said.len; n++)
		packet[IP4_HLEN_MIN + hlen + n] = byte_at(said.seq + ((said.flags & TCP_SYN) != 0) +
							  n);
	to_live(play, &said);
	*hdr = (struct tcp_hdr){ .sport = play->peer_port,
				 .dport = play->local_port,
				 .seq = be32_of(said.seq),
				 .doff = (u8)(hlen / 4 << 4),
				 .flags = said.flags,
				 .window = be16_of(said.window),
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
	if (reader_word(&play->in, "net_unreachable"))
		*code = ICMP_UNREACH_NET;
	else if (reader_word(&play->in, "host_unreachable"))
		*code = ICMP_UNREACH_HOST;
	else if (reader_word(&play->in, "port_unreachable"))
		*code = ICMP_UNREACH_PORT;
	else if (reader_word(&play->in, "frag_needed"))
		*code = ICMP_UNREACH_FRAG;
	else
		return reader_wrong(&play->in, "no such code");
	if (reader_word(&play->in, "mtu") && !reader_number(&play->in, mtu))
		return reader_wrong(&play->in, "which MTU");
	return reader_end(&play->in);
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
	if (!reader_word(&play->in, "]") || !reader_word(&play->in, "icmp") ||
	    !reader_word(&play->in, "unreachable") || !icmp_code(play, &code, &mtu))
		return reader_wrong(&play->in, "no ICMP");
	hdr.sport = play->local_port;
	hdr.dport = play->peer_port;
	hdr.seq = be32_of(seq + play->iss);
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
		return reader_wrong(&play->in, "a segment had left that no line expects");
	/* "[ce]" is of a segment, "[1:" of ICMP. */
	while (*play->in.at == ' ' || *play->in.at == '\t')
		play->in.at++;
	if (*play->in.at != '[' || play->in.at[1] < '0' || play->in.at[1] > '9')
		return segment_in(play);
	play->in.at++;
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
			       .seq = be32_host(hdr->seq) - play->iss,
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
	len = (size_t)snprintf(text, size,
			       "%s %u:%u(%u) ack %u win %u ecn %u <mss %u wscale %d%u "
			       "sackOK %d TS %d %u %u",
			       flags, said->seq, said->seq + said->len, said->len, said->ack,
			       said->window, said->ecn, said->opt.mss, said->opt.has_wscale,
			       said->opt.wscale, said->opt.sack_permitted, said->opt.has_ts,
			       said->opt.tsval, said->opt.tsecr);
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
	return !live->has_ts ||
	       (live->tsecr == said->tsecr &&
		live->tsval - play->ts_sent + PLAY_MS_ALLOWED - (said->tsval - play->ts_said) <=
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
		(void)reader_wrong(&play->in, "nothing has left");
		return NULL;
	}
	if (pkt->rx_ns + allowed < play->from || pkt->rx_ns > play->until + allowed)
		(void)reader_wrong(&play->in, "it left at %.6f, not at %.6f",
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
			(void)reader_wrong(&play->in, "the byte %u is wrong", live->seq + n);
	}
}

/* Which numbers it has, if the line says that they begin anew. */
static bool take_numbers(struct play *play, const struct pkt *pkt, enum play_begin begin)
{
	const struct tcp_hdr *hdr = (const void *)pkt_l4(pkt);
	u32 seq = be32_host(hdr->seq);
	u32 end = seq + pkt_l4_len(pkt) - tcp_hlen(hdr);

	if (begin == PLAY_ABOVE && seq_lt(seq, play->sent_end))
		return reader_wrong(&play->in, "its number is not above those before");
	if (begin != PLAY_GOES_ON) {
		play->iss = play->sent_end = seq;
		play->written = 0;
	}
	end += (hdr->flags & (TCP_SYN | TCP_FIN)) != 0;
	if (seq_gt(end, play->sent_end))
		play->sent_end = end;
	return true;
}

bool play_segment_out(struct play *play)
{
	struct said said, live, whole;
	char is[READER_WHY / 3], expected[READER_WHY / 3];
	struct pkt *pkt;
	u32 len = 0;

	if (!read_said(play, &said))
		return false;
	do {
		pkt = next_pkt(play);
		if (pkt == NULL)
			return false;
		(void)take_numbers(play, pkt, len == 0 ? said.begin : PLAY_GOES_ON);
		read_pkt(play, pkt, &live);
		check_data(play, pkt, &live);
		pkt_put(pkt);
		if (len == 0)
			whole = live;
		else if (live.seq != whole.seq + len)
			return reader_wrong(&play->in, "data from %u on, not %u", live.seq,
					    whole.seq + len);
		len += live.len;
		whole.flags |= live.flags;
	} while (len < said.len && live.len > 0);
	whole.len = len;
	if (play->in.why[0] != '\0')
		return false;
	if (same(play, &whole, &said))
		return true;
	said_text(is, sizeof is, &whole);
	said_text(expected, sizeof expected, &said);
	return reader_wrong(&play->in, "%s\n\texpected: %s", is, expected);
}
