/* Who may speak RIP here, as bytes. */
#include "core/base/check.h"
#include "core/crypto/equal.h"
#include "core/crypto/hmac.h"
#include "core/routing/rip/rip_auth.h"

enum {
	AUTH_PASSWORD = 2, /* types, RFC 2453 section 4.1 and RFC 2082 section 3 */
	AUTH_DIGEST = 3,
	TRAILER_TYPE = 1,
	TRAILER_HEAD_LEN = 4,
};

struct WIRE auth_password {
	be16 family;
	be16 type;
	u8 password[RIP_PASSWORD_MAX];
};

struct WIRE auth_digest {
	be16 family;
	be16 type;
	be16 trailer_at; /* bytes before the trailer */
	u8 key_id;
	u8 data_len;
	be32 sequence;
	u8 zero[8];
};

struct WIRE auth_trailer {
	be16 family;
	be16 type;
};

_Static_assert(sizeof(struct auth_password) == RIP_ENTRY_LEN, "RFC 2453 section 4.1");
_Static_assert(sizeof(struct auth_digest) == RIP_ENTRY_LEN, "RFC 2082 section 3");
_Static_assert(sizeof(struct auth_trailer) == TRAILER_HEAD_LEN, "RFC 2082 section 3");

const char *rip_auth_text(enum rip_auth_answer answer)
{
	switch (answer) {
	case RIP_AUTH_GOOD: return "good";
	case RIP_AUTH_LENGTH: return "length that no message has";
	case RIP_AUTH_MISSING: return "no authentication of the kind that is asked for";
	case RIP_AUTH_UNWANTED: return "authentication where none is asked for";
	case RIP_AUTH_MALFORMED: return "malformed authentication";
	case RIP_AUTH_UNKNOWN_KEY: return "unknown key";
	case RIP_AUTH_WRONG: return "wrong password or digest";
	case RIP_AUTH_ANSWERS: break;
	}
	return "";
}

u32 rip_auth_entries(const struct rip_auth_conf *conf)
{
	return conf->kind == RIP_AUTH_NONE ? 0 : 1;
}

/* RFC 2082 section 3.1: the trailer is counted as an entry, so that a message stays within what
 * RFC 2453 section 3.6 lets expect, and only the longest digests go beyond.                      */
u32 rip_auth_room(const struct rip_auth_conf *conf)
{
	return RIP_ENTRIES_MAX - rip_auth_entries(conf) - (conf->kind == RIP_AUTH_DIGEST ? 1 : 0);
}

/* RFC 2082 section 3.2.1: the key, filled up with zeros to 16 bytes, stands where the digest is
 * going to be.                                                                                   */
static void md5_code(const struct rip_key *key, const u8 *at, u32 len_bytes, u8 *out)
{
	u8 padded[RIP_PASSWORD_MAX] = { 0 };
	struct digest digest;

	memcpy(padded, key->secret, key->len_bytes);
	digest_init(&digest, DIGEST_MD5);
	digest_update(&digest, at, len_bytes);
	digest_update(&digest, padded, sizeof padded);
	digest_final(&digest, out);
}

/* RFC 4822 section 3.2: a key longer than the digest counts as its digest, and where the code is
 * going to be stands a pattern.                                                                  */
static void hmac_code(const struct rip_key *key, const u8 *at, u32 len_bytes, u8 *out)
{
	static const u8 pattern[4] = { 0x87, 0x8f, 0xe1, 0xf3 };
	u32 size = digest_size(key->alg);
	u8 hashed[DIGEST_SIZE_MAX];
	struct digest digest;
	struct hmac hmac;

	if (key->len_bytes > size) {
		digest_init(&digest, key->alg);
		digest_update(&digest, key->secret, key->len_bytes);
		digest_final(&digest, hashed);
		hmac_init(&hmac, key->alg, hashed, size);
	} else {
		hmac_init(&hmac, key->alg, key->secret, key->len_bytes);
	}
	hmac_update(&hmac, at, len_bytes);
	for (u32 filled = 0; filled < size; filled += sizeof pattern)
		hmac_update(&hmac, pattern, sizeof pattern);
	hmac_final(&hmac, out);
}

/* Of everything before the code, the head of the trailer included. */
static void code_of(const struct rip_key *key, const u8 *at, u32 len_bytes, u8 *out)
{
	if (key->alg == DIGEST_MD5)
		md5_code(key, at, len_bytes, out);
	else
		hmac_code(key, at, len_bytes, out);
}

static u32 sign_digest(const struct rip_key *key, u8 *at, u32 len_bytes, u32 sequence)
{
	struct auth_trailer trailer = { be16_of(RIP_FAMILY_AUTH), be16_of(TRAILER_TYPE) };
	u32 size = digest_size(key->alg);
	struct auth_digest head = {
		.family = be16_of(RIP_FAMILY_AUTH),
		.type = be16_of(AUTH_DIGEST),
		.trailer_at = be16_of((u16)len_bytes),
		.key_id = key->id,
		.data_len = (u8)size,
		.sequence = be32_of(sequence),
	};

	CHECK(len_bytes + TRAILER_HEAD_LEN + size <= RIP_MSG_MAX);
	memcpy(at + RIP_HEADER_LEN, &head, sizeof head);
	memcpy(at + len_bytes, &trailer, sizeof trailer);
	len_bytes += TRAILER_HEAD_LEN;
	code_of(key, at, len_bytes, at + len_bytes);
	return len_bytes + size;
}

u32 rip_auth_sign(const struct rip_auth_conf *conf, u8 *at, u32 len_bytes, u32 sequence)
{
	struct auth_password head = { be16_of(RIP_FAMILY_AUTH), be16_of(AUTH_PASSWORD), { 0 } };

	switch (conf->kind) {
	case RIP_AUTH_NONE: break;
	case RIP_AUTH_PASSWORD:
		memcpy(head.password, conf->key[0].secret, conf->key[0].len_bytes);
		memcpy(at + RIP_HEADER_LEN, &head, sizeof head);
		break;
	case RIP_AUTH_DIGEST: return sign_digest(&conf->key[0], at, len_bytes, sequence);
	}
	return len_bytes;
}

static bool entries_fit(u32 len_bytes)
{
	return len_bytes >= RIP_HEADER_LEN && (len_bytes - RIP_HEADER_LEN) % RIP_ENTRY_LEN == 0 &&
	       len_bytes <= RIP_HEADER_LEN + RIP_ENTRIES_MAX * RIP_ENTRY_LEN;
}

static enum rip_auth_answer check_password(const struct rip_key *key, const u8 *at)
{
	u8 want[RIP_PASSWORD_MAX] = { 0 };
	struct auth_password head;

	memcpy(&head, at + RIP_HEADER_LEN, sizeof head);
	if (be16_host(head.type) != AUTH_PASSWORD)
		return RIP_AUTH_MISSING;
	memcpy(want, key->secret, key->len_bytes);
	return bytes_equal(want, head.password, sizeof want) ? RIP_AUTH_GOOD : RIP_AUTH_WRONG;
}

static const struct rip_key *find_key(const struct rip_auth_conf *conf, u8 id)
{
	for (u32 n = 0; n < conf->key_count; n++) {
		if (conf->key[n].id == id)
			return &conf->key[n];
	}
	return NULL;
}

/* Some count the head of the trailer into data_len, and RFC 2082 can be read so: both are taken. */
static bool trailer_fits(const struct auth_digest *head, const u8 *at, u32 len_bytes, u32 size)
{
	u32 trailer_at = be16_host(head->trailer_at);
	struct auth_trailer trailer;

	if (trailer_at < RIP_HEADER_LEN + RIP_ENTRY_LEN || !entries_fit(trailer_at) ||
	    len_bytes != trailer_at + TRAILER_HEAD_LEN + size)
		return false;
	memcpy(&trailer, at + trailer_at, sizeof trailer);
	return be16_host(trailer.family) == RIP_FAMILY_AUTH &&
	       be16_host(trailer.type) == TRAILER_TYPE &&
	       (head->data_len == size || head->data_len == size + TRAILER_HEAD_LEN);
}

static enum rip_auth_answer check_digest(const struct rip_auth_conf *conf, const u8 *at,
					 u32 len_bytes, struct rip_auth_seen *seen)
{
	const struct rip_key *key;
	u8 code[DIGEST_SIZE_MAX];
	struct auth_digest head;
	u32 trailer_at, size;

	memcpy(&head, at + RIP_HEADER_LEN, sizeof head);
	if (be16_host(head.type) != AUTH_DIGEST)
		return RIP_AUTH_MISSING;
	key = find_key(conf, head.key_id);
	if (key == NULL)
		return RIP_AUTH_UNKNOWN_KEY;
	size = digest_size(key->alg);
	if (!trailer_fits(&head, at, len_bytes, size))
		return RIP_AUTH_MALFORMED;
	trailer_at = be16_host(head.trailer_at);
	code_of(key, at, trailer_at + TRAILER_HEAD_LEN, code);
	if (!bytes_equal(code, at + trailer_at + TRAILER_HEAD_LEN, size))
		return RIP_AUTH_WRONG;
	seen->key_id = head.key_id;
	seen->sequence = be32_host(head.sequence);
	seen->entry_count = (trailer_at - RIP_HEADER_LEN) / RIP_ENTRY_LEN - 1;
	return RIP_AUTH_GOOD;
}

static bool is_signed(const u8 *at, u32 len_bytes)
{
	return len_bytes >= RIP_HEADER_LEN + RIP_ENTRY_LEN &&
	       be16_host(be16_load(at + RIP_HEADER_LEN)) == RIP_FAMILY_AUTH;
}

enum rip_auth_answer rip_auth_check(const struct rip_auth_conf *conf, const u8 *at, u32 len_bytes,
				    struct rip_auth_seen *seen)
{
	struct rip_auth_seen out = { .entry_at = RIP_HEADER_LEN };
	enum rip_auth_answer answer = RIP_AUTH_GOOD;
	bool with = is_signed(at, len_bytes);

	CHECK(len_bytes >= RIP_HEADER_LEN && len_bytes <= RIP_MSG_MAX);
	if (conf->kind == RIP_AUTH_NONE && with)
		return RIP_AUTH_UNWANTED;
	if (conf->kind != RIP_AUTH_NONE && !with)
		return RIP_AUTH_MISSING;
	if (conf->kind != RIP_AUTH_DIGEST && !entries_fit(len_bytes))
		return RIP_AUTH_LENGTH;
	if (conf->kind != RIP_AUTH_NONE)
		out.entry_at += RIP_ENTRY_LEN;
	out.entry_count = (len_bytes - out.entry_at) / RIP_ENTRY_LEN;
	if (conf->kind == RIP_AUTH_PASSWORD)
		answer = check_password(&conf->key[0], at);
	if (conf->kind == RIP_AUTH_DIGEST)
		answer = check_digest(conf, at, len_bytes, &out);
	if (answer == RIP_AUTH_GOOD)
		*seen = out;
	return answer;
}
