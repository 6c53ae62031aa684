/* Any bytes as a message of OSPF, and as an LSA: what is said to be right is read to its end. */
#include "core/routing/ospf/ospf_part.h"
#include "fuzz/input.h"

enum { MSG_MAX = 2048 };

static u32 sum;

/* Every byte that a reader would touch. */
static void read_all(const u8 *at, u32 len)
{
	for (u32 n = 0; n < len; n++)
		sum += at[n];
}

static void read_lsa(const u8 *lsa, u32 len)
{
	u32 at = 0, links = 0;
	struct ospf_link link;

	if (ospf_lsa_wrong(lsa, len) != NULL)
		return;
	CHECK(ospf_lsa_len(lsa) <= len);
	read_all(lsa, ospf_lsa_len(lsa));
	if (((const struct ospf_lsa_hdr *)(const void *)lsa)->type != OSPF_ROUTER_LSA)
		return;
	while (ospf_link_next(lsa, &at, &link))
		links++;
	CHECK(at <= len);
	CHECK(links == be16_host(((const struct ospf_router_lsa *)(const void *)lsa)->link_count));
}

static void read_message(const u8 *msg, u32 len)
{
	struct ospf_auth_conf auth = { 0 };
	u32 seq;

	if (ospf_msg_wrong(msg, len) != NULL)
		return;
	CHECK(be16_host(((const struct ospf_hdr *)(const void *)msg)->len) <= len);
	read_all(msg, be16_host(((const struct ospf_hdr *)(const void *)msg)->len));
	for (u32 kind = OSPF_AUTH_NONE; kind <= OSPF_AUTH_CRYPTO; kind++) {
		auth.kind = kind;
		auth.key_count = 2;
		auth.key[0] = (struct ospf_key){ .id = 0, .alg = OSPF_KEY_MD5, .len_bytes = 3 };
		auth.key[1] = (struct ospf_key){ .id = 1, .alg = OSPF_KEY_SHA384, .len_bytes = 50 };
		if (ospf_auth_wrong(&auth, msg, len, &seq) != NULL)
			continue;
		CHECK(kind != OSPF_AUTH_PLAIN || msg[16] == 0);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 copy[MSG_MAX];
	u32 len;

	if (size < 1)
		return 0;
	len = u32_min((u32)size - 1, MSG_MAX);
	/* Exactly so long, so that a step too far is seen. */
	memcpy(copy + MSG_MAX - len, data + 1, len);
	if ((data[0] & 1) == 0) {
		read_message(copy + MSG_MAX - len, len);
		return 0;
	}
	/* The checksum is right as often as it is not, or nothing else would be looked at. */
	if (len >= sizeof(struct ospf_lsa_hdr) && (data[0] & 2) != 0) {
		u32 own = ospf_lsa_len(copy + MSG_MAX - len);

		if (own >= sizeof(struct ospf_lsa_hdr) && own <= len) {
			ospf_lsa_sign(copy + MSG_MAX - len, own);
			CHECK(own < 24 || ospf_lsa_wrong(copy + MSG_MAX - len, len) == NULL ||
			      strcmp(ospf_lsa_wrong(copy + MSG_MAX - len, len),
				     "an LSA with a wrong checksum") != 0);
		}
	}
	read_lsa(copy + MSG_MAX - len, len);
	return 0;
}
