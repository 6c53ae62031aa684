/* Authentication of messages: RFC 2328 appendix D, and RFC 5709. */
#include "core/crypto/equal.h"
#include "core/crypto/hmac.h"
#include "core/routing/ospf/ospf_part.h"

#define APAD 0x878fe1f3u /* RFC 5709 section 3.3 */

/* What stands in auth_type (RFC 2328 section D.1) is the kind. */
_Static_assert(OSPF_AUTH_PLAIN == 1 && OSPF_AUTH_CRYPTO == 2, "AuType");

static enum digest_alg digest_of(enum ospf_key_alg alg)
{
	switch (alg) {
	case OSPF_KEY_MD5: return DIGEST_MD5;
	case OSPF_KEY_SHA1: return DIGEST_SHA1;
	case OSPF_KEY_SHA256: return DIGEST_SHA256;
	case OSPF_KEY_SHA384: return DIGEST_SHA384;
	default: return DIGEST_SHA512;
	}
}

static u32 key_digest_size(const struct ospf_key *key)
{
	return digest_size(digest_of(key->alg));
}

/* RFC 2328 section D.4.3: the key comes last, with zeros up to 16 bytes. */
static void md5_code(const struct ospf_key *key, const u8 *msg, u32 len, u8 *out)
{
	struct digest digest;
	u8 padded[OSPF_MD5_KEY_SIZE] = { 0 };

	memcpy(padded, key->byte, key->len_bytes);
	digest_init(&digest, DIGEST_MD5);
	digest_update(&digest, msg, len);
	digest_update(&digest, padded, sizeof padded);
	digest_final(&digest, out);
}

/* RFC 5709 section 3.3: a key longer than the digest counts as its digest; where the code will
 * stand, the message has Apad.                                                                   */
static void hmac_code(const struct ospf_key *key, const u8 *msg, u32 len, u8 *out)
{
	enum digest_alg alg = digest_of(key->alg);
	u32 size = digest_size(alg), key_len = key->len_bytes;
	u8 fitted[DIGEST_SIZE_MAX], pad[DIGEST_SIZE_MAX];
	const u8 *bytes = key->byte;
	struct digest digest;
	struct hmac hmac;

	if (key_len > size) {
		digest_init(&digest, alg);
		digest_update(&digest, key->byte, key_len);
		digest_final(&digest, fitted);
		bytes = fitted;
		key_len = size;
	}
	for (u32 at = 0; at < size; at += 4)
		be32_store(pad + at, be32_of(APAD));
	hmac_init(&hmac, alg, bytes, key_len);
	hmac_update(&hmac, msg, len);
	hmac_update(&hmac, pad, size);
	hmac_final(&hmac, out);
}

static void crypto_code(const struct ospf_key *key, const u8 *msg, u32 len, u8 *out)
{
	if (key->alg == OSPF_KEY_MD5)
		md5_code(key, msg, len, out);
	else
		hmac_code(key, msg, len, out);
}

u32 ospf_auth_size(const struct ospf_auth_conf *auth)
{
	return auth->kind == OSPF_AUTH_CRYPTO ? key_digest_size(&auth->key[auth->send_key]) : 0;
}

u32 ospf_auth_sign(const struct ospf_auth_conf *auth, u8 *msg, u32 len, u32 seq)
{
	struct ospf_hdr *hdr = (void *)msg;
	const struct ospf_key *key = &auth->key[auth->send_key];
	struct ospf_auth_hdr crypto;

	hdr->csum = be16_of(0);
	hdr->auth_type = be16_of((u16)auth->kind);
	memset(hdr->auth, 0, sizeof hdr->auth);
	if (auth->kind != OSPF_AUTH_CRYPTO) {
		hdr->csum = ospf_msg_csum(msg, len);
		if (auth->kind == OSPF_AUTH_PLAIN)
			memcpy(hdr->auth, auth->plain, sizeof hdr->auth);
		return len;
	}
	crypto = (struct ospf_auth_hdr){ .key_id = key->id,
					 .len_bytes = (u8)key_digest_size(key),
					 .seq = be32_of(seq) };
	memcpy(hdr->auth, &crypto, sizeof crypto);
	crypto_code(key, msg, len, msg + len);
	return len + crypto.len_bytes;
}

static const char *crypto_wrong(const struct ospf_auth_conf *auth, const u8 *msg, u32 have,
				u32 *seq)
{
	const struct ospf_hdr *hdr = (const void *)msg;
	u32 len = be16_host(hdr->len);
	const struct ospf_key *key = NULL;
	struct ospf_auth_hdr crypto;
	u8 code[DIGEST_SIZE_MAX];

	memcpy(&crypto, hdr->auth, sizeof crypto);
	for (u32 n = 0; n < auth->key_count; n++) {
		if (auth->key[n].id == crypto.key_id)
			key = &auth->key[n];
	}
	if (key == NULL)
		return "a key id that is not configured";
	if (crypto.len_bytes != key_digest_size(key) || have - len < crypto.len_bytes)
		return "an authentication code of another length";
	crypto_code(key, msg, len, code);
	if (!bytes_equal(code, msg + len, crypto.len_bytes))
		return "a wrong authentication code";
	*seq = be32_host(crypto.seq);
	return NULL;
}

const char *ospf_auth_wrong(const struct ospf_auth_conf *auth, const u8 *msg, u32 have, u32 *seq)
{
	const struct ospf_hdr *hdr = (const void *)msg;

	*seq = 0;
	if (be16_host(hdr->auth_type) != (u16)auth->kind)
		return "another kind of authentication";
	if (auth->kind == OSPF_AUTH_CRYPTO)
		return crypto_wrong(auth, msg, have, seq);
	if (!be16_eq(ospf_msg_csum(msg, be16_host(hdr->len)), hdr->csum))
		return "a wrong checksum";
	if (auth->kind == OSPF_AUTH_PLAIN && !bytes_equal(hdr->auth, auth->plain, sizeof hdr->auth))
		return "a wrong password";
	return NULL;
}
