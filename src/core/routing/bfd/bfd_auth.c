/* Codes of control packets. */
#include "core/routing/bfd/bfd_auth.h"
#include "core/base/check.h"
#include "core/crypto/digest.h"
#include "core/crypto/equal.h"

enum { PASSWORD_HEAD_LEN = 3, DIGEST_HEAD_LEN = 8 };

struct WIRE digest_head {
	u8 kind;
	u8 len_bytes;
	u8 key_id;
	u8 reserved;
	be32 sequence;
};

_Static_assert(sizeof(struct digest_head) == DIGEST_HEAD_LEN, "RFC 5880 section 4.3");

static enum digest_alg alg_of(enum bfd_auth_kind kind)
{
	return kind == BFD_AUTH_SHA1 || kind == BFD_AUTH_SHA1_METICULOUS ? DIGEST_SHA1 : DIGEST_MD5;
}

bool bfd_auth_counts(enum bfd_auth_kind kind)
{
	return kind >= BFD_AUTH_MD5;
}

bool bfd_auth_is_meticulous(enum bfd_auth_kind kind)
{
	return kind == BFD_AUTH_MD5_METICULOUS || kind == BFD_AUTH_SHA1_METICULOUS;
}

u32 bfd_auth_len(const struct bfd_auth_conf *conf)
{
	if (conf->kind == BFD_AUTH_NONE)
		return 0;
	if (conf->kind == BFD_AUTH_PASSWORD)
		return PASSWORD_HEAD_LEN + (u32)conf->key[0].len_bytes;
	return DIGEST_HEAD_LEN + digest_size(alg_of(conf->kind));
}

/* Sections 6.7.3 and 6.7.4: of the packet with the key, filled up with zeros, where the digest is
 * going to be.                                                                                   */
static void code_of(enum digest_alg alg, const struct bfd_key *key, const u8 *at, u8 *out)
{
	u8 padded[BFD_SECRET_MAX] = { 0 };
	struct digest digest;

	memcpy(padded, key->secret, key->len_bytes);
	digest_init(&digest, alg);
	digest_update(&digest, at, BFD_LEN + DIGEST_HEAD_LEN);
	digest_update(&digest, padded, digest_size(alg));
	digest_final(&digest, out);
}

void bfd_auth_sign(const struct bfd_auth_conf *conf, u8 at[BFD_LEN_MAX], u32 sequence)
{
	const struct bfd_key *key = &conf->key[0];
	u8 *auth = at + BFD_LEN;
	struct digest_head head = {
		.kind = (u8)conf->kind,
		.len_bytes = (u8)bfd_auth_len(conf),
		.key_id = key->id,
		.sequence = be32_of(sequence),
	};

	if (conf->kind == BFD_AUTH_NONE)
		return;
	if (conf->kind == BFD_AUTH_PASSWORD) {
		memcpy(auth, &head, PASSWORD_HEAD_LEN);
		memcpy(auth + PASSWORD_HEAD_LEN, key->secret, key->len_bytes);
		return;
	}
	memcpy(auth, &head, sizeof head);
	code_of(alg_of(conf->kind), key, at, auth + sizeof head);
}

static const struct bfd_key *find_key(const struct bfd_auth_conf *conf, u8 id)
{
	for (u32 n = 0; n < conf->key_count; n++) {
		if (conf->key[n].id == id)
			return &conf->key[n];
	}
	return NULL;
}

bool bfd_auth_check(const struct bfd_auth_conf *conf, const u8 *at, u32 len_bytes, u32 *sequence)
{
	const u8 *auth = at + BFD_LEN;
	u32 auth_len = len_bytes - BFD_LEN;
	const struct bfd_key *key;
	struct digest_head head;
	u8 code[DIGEST_SIZE_MAX];

	CHECK(conf->kind != BFD_AUTH_NONE && len_bytes >= BFD_LEN);
	if (auth_len < PASSWORD_HEAD_LEN || auth[0] != (u8)conf->kind || auth[1] != auth_len)
		return false;
	key = find_key(conf, auth[2]);
	if (key == NULL)
		return false;
	if (conf->kind == BFD_AUTH_PASSWORD)
		return auth_len == PASSWORD_HEAD_LEN + (u32)key->len_bytes &&
		       bytes_equal(auth + PASSWORD_HEAD_LEN, key->secret, key->len_bytes);
	if (auth_len != bfd_auth_len(conf))
		return false;
	memcpy(&head, auth, sizeof head);
	code_of(alg_of(conf->kind), key, at, code);
	*sequence = be32_host(head.sequence);
	return bytes_equal(code, auth + sizeof head, digest_size(alg_of(conf->kind)));
}
