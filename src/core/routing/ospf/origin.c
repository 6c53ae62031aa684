/* How own LSAs come into the database and leave it: passes (RFC 2328 section 12.4). */
#include "core/routing/ospf/ospf_part.h"

void ospf_origin_pass(struct ospf *o)
{
	o->pass++;
}

static bool is_same(const struct ospf *o, const struct ospf_lsa *lsa, const struct ospf_want *want)
{
	const u8 *bytes = ospf_lsa_bytes(o, lsa);
	u32 head = sizeof(struct ospf_lsa_hdr);

	return !lsa->flushed && !lsa->again && ospf_lsa_len(bytes) == want->len &&
	       ospf_lsa_head(o, lsa)->options == want->options &&
	       memcmp(bytes + head, o->made + head, want->len - head) == 0;
}

static void tell_no_room(struct ospf *o, ns_t now)
{
	char line[SPEAKER_TEXT_SIZE];
	struct text text;

	o->stats.lsa_full++;
	if (o->full_told_ns != NS_NEVER && now - o->full_told_ns < OSPF_TELL_S * NS_PER_SEC)
		return;
	o->full_told_ns = now;
	text_init(&text, line, sizeof line);
	text_str(&text, "the database is full (lsa_limit): an own LSA has no room");
	ospf_tell(o, SPEAKER_WARNING, IFACE_NONE, NULL, &text, now);
}

/* The number of the next instance; false: not now. */
static bool next_seq(struct ospf *o, u32 idx, const struct ospf_want *want, u32 *seq, ns_t now)
{
	struct ospf_lsa *lsa = ospf_lsa_at(o, idx);
	ns_t again = lsa->made_ns + OSPF_MIN_LS_INTERVAL_S * NS_PER_SEC;

	/* MinLSInterval: the pass comes again. */
	if (lsa->made_ns != NS_NEVER && now < again) {
		ospf_work_at(o, want->work, again);
		return false;
	}
	*seq = be32_host(ospf_lsa_head(o, lsa)->seq);
	/* Section 12.1.6: the last number has to leave the domain first; then lsdb.c asks anew. */
	if (*seq == OSPF_SEQ_MAX) {
		if (!lsa->flushed)
			ospf_lsa_flush(o, idx, now);
		lsa->again = false;
		o->purge = true;
		return false;
	}
	(*seq)++;
	return true;
}

void ospf_originate(struct ospf *o, const struct ospf_want *want, ns_t now)
{
	u32 idx = ospf_lsa_find(o, want->area, want->type, want->id, o->router_id);
	struct ospf_lsa_hdr *hdr = (void *)o->made;
	u32 seq = OSPF_SEQ_INITIAL;
	struct ospf_lsa *lsa;

	if (idx != IDX_NONE) {
		ospf_lsa_at(o, idx)->pass = o->pass;
		ospf_lsa_at(o, idx)->want_len = want->prefix_len;
		if (is_same(o, ospf_lsa_at(o, idx), want) || !next_seq(o, idx, want, &seq, now))
			return;
	}
	*hdr = (struct ospf_lsa_hdr){ .options = want->options,
				      .type = want->type,
				      .id = want->id,
				      .adv = o->router_id,
				      .seq = be32_of(seq),
				      .len = be16_of((u16)want->len) };
	ospf_lsa_sign(o->made, want->len);
	idx = ospf_lsa_install(o, want->area, o->made, now);
	if (idx == IDX_NONE) {
		tell_no_room(o, now);
		return;
	}
	ospf_rxmt_del_lsa(o, idx);
	lsa = ospf_lsa_at(o, idx);
	lsa->pass = o->pass;
	lsa->want_len = want->prefix_len;
	lsa->made_ns = now;
	lsa->again = false;
	o->stats.lsas_made++;
	(void)ospf_flood(o, idx, IDX_NONE, now);
}

void ospf_origin_sweep(struct ospf *o, u32 area, u8 type, ns_t now)
{
	for (u32 at = ospf_lsa_first(o, area, type); at != IDX_NONE;) {
		struct ospf_lsa *lsa = ospf_lsa_at(o, at);
		u32 next = lsa->next;

		if (lsa->own && !lsa->flushed && lsa->pass != o->pass)
			ospf_lsa_flush(o, at, now);
		/* It came back flushed, and is not wanted. */
		if (lsa->own && lsa->flushed && lsa->pass != o->pass && lsa->again) {
			lsa->again = false;
			o->purge = true;
		}
		at = next;
	}
}

static bool is_free(const struct ospf *o, const struct ospf_want *want, be32 id)
{
	u32 at = ospf_lsa_find(o, want->area, want->type, id, o->router_id);

	return at == IDX_NONE || ospf_lsa_at(o, at)->pass != o->pass ||
	       ospf_lsa_at(o, at)->want_len == want->prefix_len;
}

/* Appendix E: where two prefixes have the same address, one of them has its host bits set. Those of
 * length 32 have no choice: passes announce them first.                                          */
bool ospf_origin_id(const struct ospf *o, const struct ospf_want *want, be32 addr, be32 *id)
{
	*id = addr;
	if (is_free(o, want, *id))
		return true;
	*id = be32_of(be32_host(addr) | ~ip4_mask(want->prefix_len));
	return want->prefix_len < 32 && is_free(o, want, *id);
}
