/* From the command line to a packet. */
#include "prog/explain_args.h"

#include <jansson.h>
#include <stdlib.h>

#include "core/wire/checksum.h"
#include "core/wire/crc32c.h"
#include "core/wire/dccp.h"
#include "core/wire/gre.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/sctp.h"
#include "core/wire/tcp.h"
#include "core/wire/udp.h"
#include "prog/gateway.h"
#include "prog/options.h"
#include "host/conf/nearest.h"
#include "host/conf/value_icmp.h"
#include "host/conf/values.h"

/* As elsewhere, and 0: rules of the filter may be for it. */
#define PROTO_WORDS "tcp, udp, icmp, sctp, dccp, udplite, gre or a number from 0 to 255"

enum { SPORT_DEFAULT = 40000, TTL_DEFAULT = 64, LEN_MAX = 65535 };

enum {
	OPT_IN,
	OPT_SRC,
	OPT_DST,
	OPT_PROTO,
	OPT_SPORT,
	OPT_DPORT,
	OPT_FLAGS,
	OPT_ICMP,
	OPT_TTL,
	OPT_LEN,
	OPT_DF,
	OPT_PCAP,
	OPT_PACKET,
	OPT_CONTROL,
	OPT_JSON,
	OPT_HELP,
	OPT_COUNT
};

static const struct option_spec specs[OPT_COUNT] = {
	[OPT_IN] = { "--in", "INTERFACE", "the interface that it comes in by" },
	[OPT_SRC] = { "--src", "A", "its source address" },
	[OPT_DST] = { "--dst", "A", "its destination address" },
	[OPT_PROTO] = { "--proto", "P", "tcp (default), udp, another name or a number" },
	[OPT_SPORT] = { "--sport", "N", "source port, or identifier of ICMP; 40000" },
	[OPT_DPORT] = { "--dport", "N", "destination port" },
	[OPT_FLAGS] = { "--flags", "F",
			"of TCP: syn (default), ack, fin, rst, psh, urg, ece, cwr; syn,ack" },
	[OPT_ICMP] = { "--icmp", "T",
		       "type of ICMP, or type/code; echo-request. Implies --proto icmp" },
	[OPT_TTL] = { "--ttl", "N", "time to live; 64" },
	[OPT_LEN] = { "--len", "N", "bytes of the IP packet; as long as its headers" },
	[OPT_DF] = { "--df", NULL, "must not be fragmented" },
	[OPT_PCAP] = { "--pcap", "FILE", "a packet of a capture instead" },
	[OPT_PACKET] = { "--packet", "N", "which one; 1 is the first" },
	[OPT_CONTROL] = { "--control", "PATH", GATEWAY_CONTROL_HELP },
	[OPT_JSON] = { "--json", NULL, "JSON as the gateway writes it" },
	[OPT_HELP] = { "--help", NULL, "this text" },
};

static bool read_number(const char *const *value, int option, u64 min, u64 max, u64 *out,
			struct ctl_why *why)
{
	if (!value[option] || value_number(value[option], min, max, out))
		return true;
	return options_refuse(why, "%s %.40s: has to be a number from %llu to %llu",
			      specs[option].name, value[option], (unsigned long long)min,
			      (unsigned long long)max);
}

static bool read_addr(const char *const *value, int option, be32 *addr, struct ctl_why *why)
{
	if (!value[option])
		return options_refuse(why,
				      "%s is missing: an address like 10.10.0.5, or --pcap "
				      "FILE",
				      specs[option].name);
	return value_addr(value[option], addr) ||
	       options_refuse(why, "%s %.40s: has to be an address like 10.10.0.5",
			      specs[option].name, value[option]);
}

static u8 flag_of(const char *word, size_t len)
{
	for (u32 bit = 0; bit < 8; bit++) {
		const char *name = tcp_flag_name(bit);

		if (strlen(name) == len && strncmp(name, word, len) == 0)
			return (u8)(1U << bit);
	}
	return 0;
}

static bool refuse_flags(const char *text, const char *word, size_t len, struct ctl_why *why)
{
	char typed[NEAREST_WORD_MAX + 2];
	const char *names[8];
	const char *near;

	snprintf(typed, sizeof typed, "%.*s", (int)len, word);
	for (u32 bit = 0; bit < ARRAY_COUNT(names); bit++)
		names[bit] = tcp_flag_name(bit);
	near = nearest_word(typed, names, ARRAY_COUNT(names));
	return options_refuse(why, "--flags %.40s: has to be words like syn or syn,ack%s%s", text,
			      near ? "; did you mean " : "", near ? near : "");
}

static bool read_flags(const char *text, u8 *out, struct ctl_why *why)
{
	u8 all = 0;

	for (const char *at = text; *at;) {
		size_t len = strcspn(at, ",");
		u8 flag = flag_of(at, len);

		if (flag == 0)
			return refuse_flags(text, at, len, why);
		all |= flag;
		at += len + (at[len] == ',');
	}
	*out = all;
	return true;
}

static bool read_numbers(const char *const *value, struct explain_args *args, struct ctl_why *why)
{
	u64 sport = SPORT_DEFAULT, dport = 0, ttl = TTL_DEFAULT, len = 0;

	if (!read_number(value, OPT_SPORT, 0, UINT16_MAX, &sport, why) ||
	    !read_number(value, OPT_DPORT, 0, UINT16_MAX, &dport, why) ||
	    !read_number(value, OPT_TTL, 0, UINT8_MAX, &ttl, why) ||
	    !read_number(value, OPT_LEN, IP4_HLEN_MIN, LEN_MAX, &len, why) ||
	    !read_number(value, OPT_PACKET, 1, UINT32_MAX, &args->pcap_number, why))
		return false;
	args->sport = (u16)sport;
	args->dport = (u16)dport;
	args->ttl = (u8)ttl;
	args->len = (u32)len;
	return true;
}

static bool read_proto(const char *const *value, struct explain_args *args, struct ctl_why *why)
{
	const char *proto = value[OPT_PROTO];

	if (!proto)
		args->proto = value[OPT_ICMP] ? IP_PROTO_ICMP : IP_PROTO_TCP;
	else if (strcmp(proto, "0") == 0)
		args->proto = 0;
	else if (!ctl_parse_proto(proto, &args->proto))
		return options_refuse_proto(why, proto, PROTO_WORDS);
	if (value[OPT_ICMP] && args->proto != IP_PROTO_ICMP)
		return options_refuse(why,
				      "--icmp %.40s: is for ICMP, and --proto %.40s is another "
				      "protocol; leave one of them out",
				      value[OPT_ICMP], proto);
	if (value[OPT_DPORT] && !ip4_has_ports(args->proto))
		return options_refuse(why,
				      "--dport %.40s: is for protocols with ports, and --proto "
				      "%.40s has none; leave one of them out",
				      value[OPT_DPORT], proto ? proto : "icmp");
	if (value[OPT_SPORT] && !ip4_has_ports(args->proto) && args->proto != IP_PROTO_ICMP)
		return options_refuse(why,
				      "--sport %.40s: is for ICMP and protocols with ports, and "
				      "--proto %.40s has none; leave one of them out",
				      value[OPT_SPORT], proto);
	if (value[OPT_FLAGS] && args->proto != IP_PROTO_TCP)
		return options_refuse(why,
				      "--flags %.40s: is for TCP, and --proto %.40s is another "
				      "protocol; leave one of them out",
				      value[OPT_FLAGS], proto ? proto : "icmp");
	return true;
}

static bool read_described(const char *const *value, struct explain_args *args, struct ctl_why *why)
{
	if (!read_addr(value, OPT_SRC, &args->src, why) ||
	    !read_addr(value, OPT_DST, &args->dst, why))
		return false;
	if (!read_proto(value, args, why))
		return false;
	if (value[OPT_FLAGS] && !read_flags(value[OPT_FLAGS], &args->tcp_flags, why))
		return false;
	if (value[OPT_ICMP] && !value_icmp(value[OPT_ICMP], &args->icmp_type, &args->icmp_code))
		return options_refuse(why,
				      "--icmp %.40s: has to be a type or type/code, by name or "
				      "number, like echo-reply or 3/4",
				      value[OPT_ICMP]);
	if (ip4_has_ports(args->proto) && !value[OPT_DPORT])
		return options_refuse(why, "--dport is missing: a number from 0 to 65535");
	return true;
}

/* A packet of a capture is what it is. */
static bool check_captured(const char *const *value, struct ctl_why *why)
{
	if (value[OPT_PACKET] && !value[OPT_PCAP])
		return options_refuse(why, "--packet %.40s: goes with --pcap FILE",
				      value[OPT_PACKET]);
	for (int option = OPT_SRC; value[OPT_PCAP] && option < OPT_PCAP; option++) {
		if (value[option])
			return options_refuse(why,
					      "%s: a packet of a capture has its own; leave --pcap "
					      "or this out",
					      specs[option].name);
	}
	return true;
}

bool explain_args_parse(int argc, char **argv, struct explain_args *args, struct ctl_why *why)
{
	const char *value[OPT_COUNT];
	struct options options = { .specs = specs, .count = OPT_COUNT, .value = value };

	*args = (struct explain_args){
		.pcap_number = 1,
		.tcp_flags = TCP_SYN,
		.icmp_type = ICMP_ECHO,
	};
	if (!options_parse(argc, argv, &options, why))
		return false;
	args->help = value[OPT_HELP] != NULL;
	if (args->help)
		return true;
	args->json = value[OPT_JSON] != NULL;
	args->df = value[OPT_DF] != NULL;
	args->pcap = value[OPT_PCAP];
	args->in_if = value[OPT_IN];
	args->control = value[OPT_CONTROL];
	if (!args->in_if)
		return options_refuse(why, "--in is missing: the interface that the packet comes "
					   "in by");
	return check_captured(value, why) && read_numbers(value, args, why) &&
	       (args->pcap || read_described(value, args, why));
}

void explain_args_help(FILE *out)
{
	fprintf(out, "sluice explain: what the running gateway would do with a packet, and why\n\n"
		     "  sluice explain --in INTERFACE --src A --dst A [--proto P] --dport N [...]\n"
		     "  sluice explain --in INTERFACE --pcap FILE [--packet N]\n"
		     "  sluice explain route A     every route there, and why one is the best\n\n");
	options_help(out, specs, OPT_COUNT);
	fprintf(out,
		"\nNothing is sent and nothing of the gateway changes. A port that is drawn at "
		"random is\nmarked so: the real packet may get another one.\n"
		"Exit codes: 0 explained, 1 no gateway answers or it refuses, 2 wrong "
		"arguments.\n");
}

/* ---- the packet ------------------------------------------------------------------------------ */

static u32 header_len(u8 proto)
{
	switch (proto) {
	case IP_PROTO_TCP: return TCP_HLEN_MIN;
	case IP_PROTO_UDP:
	case IP_PROTO_UDPLITE: return UDP_HLEN;
	case IP_PROTO_ICMP: return ICMP_HLEN;
	case IP_PROTO_SCTP: return SCTP_HLEN + SCTP_INIT_LEN_MIN;
	case IP_PROTO_DCCP: return dccp_hlen_min(DCCP_REQUEST, true);
	case IP_PROTO_GRE: return GRE_FLAGS_LEN;
	default: return 0;
	}
}

/* The packet that begins an association: an INIT, which fills it. */
static void put_sctp(u8 *sctp, u32 len)
{
	u8 *chunk = sctp + SCTP_HLEN;

	chunk[0] = SCTP_INIT;
	be16_store(chunk + SCTP_CHUNK_LEN_AT, be16_of((u16)(len - SCTP_HLEN)));
	be32_store(chunk + SCTP_INIT_TAG_AT, be32_of(1));
	crc32c_store(sctp + SCTP_CSUM_AT, crc32c(sctp, len));
}

/* A Request. */
static void put_dccp(u8 *dccp)
{
	dccp[DCCP_DOFF_AT] = (u8)(dccp_hlen_min(DCCP_REQUEST, true) / 4);
	dccp[DCCP_TYPE_AT] = DCCP_REQUEST << 1 | 1;
	be32_store(dccp + DCCP_SEQ_LONG_AT + 2, be32_of(1));
}

/* Of UDP-Lite and DCCP the checksum may leave data out; zero in the field for that says: none. That
 * of both lies where UDP has it.                                                                */
static void put_l4(const struct explain_args *args, u8 *l4, u32 len)
{
	u64 sum = csum_pseudo(args->src, args->dst, args->proto, len);
	struct tcp_hdr *tcp = (void *)l4;
	struct udp_hdr *udp = (void *)l4;
	struct icmp_hdr *icmp = (void *)l4;

	if (ip4_has_ports(args->proto)) {
		udp->sport = be16_of(args->sport);
		udp->dport = be16_of(args->dport);
	}
	switch (args->proto) {
	case IP_PROTO_TCP:
		tcp->seq = be32_of(1);
		tcp->doff = TCP_HLEN_MIN / 4 << 4;
		tcp->flags = args->tcp_flags;
		tcp->window = be16_of(UINT16_MAX);
		tcp->csum = csum_finish(sum + csum_sum(l4, len));
		return;
	case IP_PROTO_UDP: udp->len = be16_of((u16)len); break;
	case IP_PROTO_DCCP: put_dccp(l4); break;
	case IP_PROTO_UDPLITE: break;
	case IP_PROTO_SCTP: put_sctp(l4, len); return;
	case IP_PROTO_ICMP:
		icmp->type = (u8)args->icmp_type;
		icmp->code = args->icmp_code == VALUE_ICMP_ANY ? 0 : (u8)args->icmp_code;
		icmp->query.id = be16_of(args->sport);
		icmp->csum = csum_finish(csum_sum(l4, len));
		return;
	default: return;
	}
	udp->csum = csum_finish(sum + csum_sum(l4, len));
}

u32 explain_packet(const struct explain_args *args, u8 *out, u32 max, u32 *full_len)
{
	static u8 whole[LEN_MAX];
	struct ip4_hdr *ip = (void *)whole;
	u32 len = u32_max(args->len, IP4_HLEN_MIN + header_len(args->proto));

	memset(whole, 0, len);
	*ip = (struct ip4_hdr){
		.version_ihl = 0x45,
		.len = be16_of((u16)len),
		.id = be16_of(1),
		.frag = be16_of(args->df ? IP4_DF : 0),
		.ttl = args->ttl,
		.proto = args->proto,
		.src = args->src,
		.dst = args->dst,
	};
	ip->csum = csum_finish(csum_sum20(ip));
	put_l4(args, whole + IP4_HLEN_MIN, len - IP4_HLEN_MIN);
	*full_len = len;
	len = u32_min(len, max);
	memcpy(out, whole, len);
	return len;
}

char *explain_request(const struct explain_args *args, const u8 *packet, u32 len, u32 full_len)
{
	char *hex = malloc(2 * (size_t)len + 1);
	json_t *root;
	char *line;

	if (!hex)
		return NULL;
	for (u32 i = 0; i < len; i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", packet[i]);
	root = json_pack("{s:i, s:{s:s, s:s, s:i}}", "version", CTL_VERSION, "explain", "in",
			 args->in_if, "packet", hex, "len", (int)full_len);
	free(hex);
	line = root ? json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
	json_decref(root);
	return line;
}
