/* The codes of segments, and the options that carry them. */
#include "core/tcp/auth.h"
#include "core/base/check.h"
#include "core/crypto/cmac.h"
#include "core/crypto/equal.h"
#include "core/crypto/hmac.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp_opt.h"

enum {
	OPT_HEAD_LEN = 2, /* kind and length */
	AO_HEAD_LEN = 4,  /* and KeyID and RNextKeyID */
	AO_MAC_LEN = TCP_AO_OPT_LEN - AO_HEAD_LEN,
	MD5_LEN = TCP_MD5_OPT_LEN - OPT_HEAD_LEN,
};

/* What TCP puts before the header (RFC 9293 section 3.1), for RFC 2385 section 2.0 (1) and RFC 5925
 * section 5.1 alike; the length counts options in any case.                                      */
struct WIRE pseudo_hdr {
	be32 src;
	be32 dst;
	u8 zero;
	u8 proto;
	be16 len;
};

/* RFC 5926 section 3.1.1, for the one iteration that both functions need. */
struct WIRE kdf_input {
	u8 iteration;
	u8 label[6];
	be32 src;
	be32 dst;
	be16 sport;
	be16 dport;
	be32 src_isn;
	be32 dst_isn;
	be16 out_len_bits;
};

/* Either algorithm of TCP-AO. */
struct mac {
	enum tcp_ao_alg alg;
	union {
		struct hmac hmac;
		struct cmac cmac;
	} of;
};

/* key: for TCP_AO_AES_128_CMAC of AES128_KEY_SIZE bytes. */
static void mac_init(struct mac *mac, enum tcp_ao_alg alg, const u8 *key, u32 key_len_bytes)
{
	mac->alg = alg;
	if (alg == TCP_AO_AES_128_CMAC)
		cmac_init(&mac->of.cmac, key);
	else
		hmac_init(&mac->of.hmac, DIGEST_SHA1, key, key_len_bytes);
}

static void mac_update(struct mac *mac, const void *at, u32 len_bytes)
{
	if (mac->alg == TCP_AO_AES_128_CMAC)
		cmac_update(&mac->of.cmac, at, len_bytes);
	else
		hmac_update(&mac->of.hmac, at, len_bytes);
}

/* How many bytes it has written. */
static u32 mac_final(struct mac *mac, u8 out[TCP_AO_TRAFFIC_KEY_MAX])
{
	if (mac->alg == TCP_AO_AES_128_CMAC) {
		cmac_final(&mac->of.cmac, out);
		return CMAC_SIZE;
	}
	hmac_final(&mac->of.hmac, out);
	return digest_size(DIGEST_SHA1);
}

static bool secret_is_valid(const struct tcp_auth_secret *secret)
{
	return secret->len_bytes > 0 && secret->len_bytes <= TCP_AUTH_KEY_MAX;
}

static bool ao_keys_are_valid(const struct tcp_auth_conf *conf)
{
	if (conf->ao_count == 0 || conf->ao_count > TCP_AO_KEYS_MAX)
		return false;
	for (u32 n = 0; n < conf->ao_count; n++) {
		const struct tcp_ao_key *key = &conf->ao[n];

		if (!secret_is_valid(&key->master) || (u32)key->alg > TCP_AO_AES_128_CMAC)
			return false;
		for (u32 before = 0; before < n; before++) {
			if (conf->ao[before].send_id == key->send_id ||
			    conf->ao[before].recv_id == key->recv_id)
				return false;
		}
	}
	return true;
}

bool tcp_auth_conf_is_valid(const struct tcp_auth_conf *conf)
{
	switch (conf->kind) {
	case TCP_AUTH_NONE: return true;
	case TCP_AUTH_MD5: return secret_is_valid(&conf->md5);
	case TCP_AUTH_AO: return ao_keys_are_valid(conf);
	}
	return false;
}

u32 tcp_auth_opt_len(const struct tcp_auth_conf *conf)
{
	switch (conf->kind) {
	case TCP_AUTH_NONE: break;
	case TCP_AUTH_MD5: return TCP_MD5_OPT_LEN;
	case TCP_AUTH_AO: return TCP_AO_OPT_LEN;
	}
	return 0;
}

static struct pseudo_hdr pseudo_of(const struct tcp_auth_segment *segment)
{
	u32 len = tcp_hlen(segment->tcp) + segment->data[0].len_bytes + segment->data[1].len_bytes;

	DCHECK(len <= UINT16_MAX);
	return (struct pseudo_hdr){
		.src = segment->src,
		.dst = segment->dst,
		.proto = IP_PROTO_TCP,
		.len = be16_of((u16)len),
	};
}

/* The header without options, with the checksum that both RFCs count: zero. */
static struct tcp_hdr header_of(const struct tcp_auth_segment *segment)
{
	struct tcp_hdr tcp = *segment->tcp;

	tcp.csum = be16_of(0);
	return tcp;
}

/* RFC 2385 section 2.0: options do not count, and the key comes last. */
static void md5_code(const struct tcp_auth_secret *secret, const struct tcp_auth_segment *segment,
		     u8 out[MD5_LEN])
{
	struct pseudo_hdr pseudo = pseudo_of(segment);
	struct tcp_hdr tcp = header_of(segment);
	struct digest digest;

	digest_init(&digest, DIGEST_MD5);
	digest_update(&digest, &pseudo, sizeof pseudo);
	digest_update(&digest, &tcp, sizeof tcp);
	for (u32 n = 0; n < ARRAY_COUNT(segment->data); n++)
		digest_update(&digest, segment->data[n].at, segment->data[n].len_bytes);
	digest_update(&digest, secret->byte, secret->len_bytes);
	digest_final(&digest, out);
}

/* The master key becomes one of the size that AES has, as RFC 4615 does it (RFC 5926 3.1.1.2). */
static void kdf_init(struct mac *mac, const struct tcp_ao_key *key)
{
	static const u8 zero_key[AES128_KEY_SIZE] = { 0 };
	const struct tcp_auth_secret *master = &key->master;
	u8 fitted[TCP_AO_TRAFFIC_KEY_MAX];
	u32 len;

	if (key->alg != TCP_AO_AES_128_CMAC || master->len_bytes == AES128_KEY_SIZE) {
		mac_init(mac, key->alg, master->byte, master->len_bytes);
		return;
	}
	mac_init(mac, key->alg, zero_key, sizeof zero_key);
	mac_update(mac, master->byte, master->len_bytes);
	len = mac_final(mac, fitted);
	mac_init(mac, key->alg, fitted, len);
}

u32 tcp_ao_traffic_key(const struct tcp_ao_key *key, const struct tcp_auth_segment *segment,
		       u8 out[TCP_AO_TRAFFIC_KEY_MAX])
{
	u32 len = key->alg == TCP_AO_AES_128_CMAC ? CMAC_SIZE : digest_size(DIGEST_SHA1);
	const struct tcp_hdr *tcp = segment->tcp;
	struct kdf_input input = {
		.iteration = 1,
		.label = { 'T', 'C', 'P', '-', 'A', 'O' },
		.src = segment->src,
		.dst = segment->dst,
		.sport = tcp->sport,
		.dport = tcp->dport,
		.src_isn = be32_of(segment->src_isn),
		.dst_isn = be32_of(segment->dst_isn),
		.out_len_bits = be16_of((u16)(len * 8)),
	};
	struct mac mac;

	if ((tcp->flags & TCP_SYN) != 0)
		input.src_isn = tcp->seq;
	/* RFC 5925 section 5.2: the number of who has not spoken yet counts as zero. */
	if ((tcp->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		input.dst_isn = be32_of(0);
	kdf_init(&mac, key);
	mac_update(&mac, &input, sizeof input);
	return mac_final(&mac, out);
}

/* RFC 5925 section 5.1: the code counts as zeros, and if other options do not count, they are left
 * out. ao: the option, in the header.                                                            */
static void ao_code(const struct tcp_ao_key *key, const struct tcp_auth_segment *segment,
		    const u8 *ao, u8 out[AO_MAC_LEN])
{
	static const u8 no_mac[AO_MAC_LEN] = { 0 };
	const u8 *begin = (const u8 *)segment->tcp + TCP_HLEN_MIN;
	const u8 *end = (const u8 *)segment->tcp + tcp_hlen(segment->tcp);
	const u8 *behind = ao + TCP_AO_OPT_LEN;
	struct pseudo_hdr pseudo = pseudo_of(segment);
	struct tcp_hdr tcp = header_of(segment);
	u8 code[TCP_AO_TRAFFIC_KEY_MAX];
	be32 sne = be32_of(segment->sne);
	struct mac mac;
	u32 key_len;

	if (!key->covers_options) {
		begin = ao;
		end = behind;
	}
	key_len = tcp_ao_traffic_key(key, segment, code);
	mac_init(&mac, key->alg, code, key_len);
	mac_update(&mac, &sne, sizeof sne);
	mac_update(&mac, &pseudo, sizeof pseudo);
	mac_update(&mac, &tcp, sizeof tcp);
	mac_update(&mac, begin, (u32)(ao - begin) + AO_HEAD_LEN);
	mac_update(&mac, no_mac, sizeof no_mac);
	mac_update(&mac, behind, (u32)(end - behind));
	for (u32 n = 0; n < ARRAY_COUNT(segment->data); n++)
		mac_update(&mac, segment->data[n].at, segment->data[n].len_bytes);
	(void)mac_final(&mac, code);
	memcpy(out, code, AO_MAC_LEN);
}

void tcp_auth_sign(const struct tcp_auth_conf *conf, const struct tcp_auth_segment *segment,
		   u32 current_key, u32 rnext_key, u8 *opt)
{
	const struct tcp_ao_key *key;

	switch (conf->kind) {
	case TCP_AUTH_NONE: break;
	case TCP_AUTH_MD5:
		opt[0] = TCP_OPT_MD5;
		opt[1] = TCP_MD5_OPT_LEN;
		md5_code(&conf->md5, segment, opt + OPT_HEAD_LEN);
		break;
	case TCP_AUTH_AO:
		CHECK(current_key < conf->ao_count && rnext_key < conf->ao_count);
		key = &conf->ao[current_key];
		opt[0] = TCP_OPT_AO;
		opt[1] = TCP_AO_OPT_LEN;
		opt[2] = key->send_id;
		opt[3] = conf->ao[rnext_key].recv_id;
		ao_code(key, segment, opt, opt + AO_HEAD_LEN);
		break;
	}
}

/* The option of either kind. More than one, be it of one kind or of both, is refused (RFC 5925
 * section 2.2).                                                                                  */
static enum tcp_auth_answer find_option(const struct tcp_hdr *tcp, const u8 **found)
{
	*found = NULL;
	for (const u8 *opt = tcp_opt_next(tcp, NULL); opt != NULL; opt = tcp_opt_next(tcp, opt)) {
		if (opt[0] != TCP_OPT_MD5 && opt[0] != TCP_OPT_AO)
			continue;
		if (*found != NULL)
			return TCP_AUTH_MALFORMED;
		*found = opt;
	}
	return *found == NULL ? TCP_AUTH_MISSING : TCP_AUTH_OK;
}

static enum tcp_auth_answer check_md5(const struct tcp_auth_conf *conf,
				      const struct tcp_auth_segment *segment, const u8 *opt)
{
	u8 code[MD5_LEN];

	md5_code(&conf->md5, segment, code);
	return bytes_equal(code, opt + OPT_HEAD_LEN, sizeof code) ? TCP_AUTH_OK : TCP_AUTH_WRONG;
}

static enum tcp_auth_answer check_ao(const struct tcp_auth_conf *conf,
				     const struct tcp_auth_segment *segment, const u8 *opt,
				     struct tcp_ao_seen *seen)
{
	struct tcp_ao_seen ids = { IDX_NONE, IDX_NONE };
	u8 code[AO_MAC_LEN];

	for (u32 n = 0; n < conf->ao_count; n++) {
		if (conf->ao[n].recv_id == opt[2])
			ids.key = n;
		if (conf->ao[n].send_id == opt[3])
			ids.wanted = n;
	}
	if (ids.key == IDX_NONE)
		return TCP_AUTH_UNKNOWN_KEY;
	ao_code(&conf->ao[ids.key], segment, opt, code);
	if (!bytes_equal(code, opt + AO_HEAD_LEN, sizeof code))
		return TCP_AUTH_WRONG;
	*seen = ids;
	return TCP_AUTH_OK;
}

enum tcp_auth_answer tcp_auth_check(const struct tcp_auth_conf *conf,
				    const struct tcp_auth_segment *segment,
				    struct tcp_ao_seen *seen)
{
	enum tcp_auth_answer answer;
	const u8 *opt;

	if (conf->kind == TCP_AUTH_NONE)
		return TCP_AUTH_OK;
	answer = find_option(segment->tcp, &opt);
	if (answer != TCP_AUTH_OK)
		return answer;
	if (opt[0] != (conf->kind == TCP_AUTH_MD5 ? TCP_OPT_MD5 : TCP_OPT_AO))
		return TCP_AUTH_MISSING;
	if (opt[1] != tcp_auth_opt_len(conf))
		return TCP_AUTH_MALFORMED;
	return conf->kind == TCP_AUTH_MD5 ? check_md5(conf, segment, opt)
					  : check_ao(conf, segment, opt, seen);
}

u32 tcp_ao_sne(u32 near_sne, u32 near, u32 seq)
{
	u64 extended = (u64)near_sne << 32 | near;

	return (u32)((extended + (u64)(s64)(s32)(seq - near)) >> 32);
}
