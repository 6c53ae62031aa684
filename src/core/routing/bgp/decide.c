/* Which of the paths of a prefix is the best: RFC 4271 section 9.1.2.2, rule by rule.
 *
 * Each rule leaves of those that are left the ones that are best by it, so the order in which paths
 * came plays no part. What a rule compares is a number, the lowest is the best. Only MED compares
 * within the paths of the same neighbour AS alone.                                               */
#include "core/routing/bgp/bgp_part.h"

struct rule {
	u64 (*value)(const struct bgp *bgp, const struct rib_candidate *of);
	const char *name;
	bool is_med;
	bool forwards; /* those that are equal down to here may forward beside each other */
};

static const struct bgp_attr_head *head_of(const struct bgp *bgp, const struct rib_candidate *of)
{
	return &bgp_attr_at(&bgp->store, of->path.attr)->head;
}

static const struct bgp_peer *peer_of(const struct bgp *bgp, const struct rib_candidate *of)
{
	u32 at = bgp->peer_of_client[of->path.client];

	CHECK(at < bgp->conf.peer_limit);
	return bgp_peer_at(bgp, at);
}

static u64 value_pref(const struct bgp *bgp, const struct rib_candidate *of)
{
	const struct bgp_attr_head *head = head_of(bgp, of);
	bool has = (head->flags & BGP_HAS_LOCAL_PREF) != 0;

	return UINT32_MAX - (has ? head->local_pref : bgp->conf.local_pref);
}

static u64 value_path(const struct bgp *bgp, const struct rib_candidate *of)
{
	return head_of(bgp, of)->path_len;
}

static u64 value_origin(const struct bgp *bgp, const struct rib_candidate *of)
{
	return head_of(bgp, of)->origin;
}

/* Without one: the lowest that there is. */
static u64 value_med(const struct bgp *bgp, const struct rib_candidate *of)
{
	const struct bgp_attr_head *head = head_of(bgp, of);

	return (head->flags & BGP_HAS_MED) != 0 ? head->med : 0;
}

static u64 value_internal(const struct bgp *bgp, const struct rib_candidate *of)
{
	return peer_of(bgp, of)->internal;
}

static u64 value_cost(const struct bgp *bgp, const struct rib_candidate *of)
{
	(void)bgp;
	return of->way.cost;
}

/* RFC 4456 section 9: of what was reflected that of who brought it in. */
static u64 value_id(const struct bgp *bgp, const struct rib_candidate *of)
{
	const struct bgp_attr_head *head = head_of(bgp, of);

	return be32_host((head->flags & BGP_HAS_ORIGINATOR) != 0
				 ? head->originator
				 : peer_of(bgp, of)->open.router_id);
}

static u64 value_cluster(const struct bgp *bgp, const struct rib_candidate *of)
{
	return head_of(bgp, of)->cluster_count;
}

static u64 value_addr(const struct bgp *bgp, const struct rib_candidate *of)
{
	return be32_host(peer_of(bgp, of)->conf.addr);
}

static u64 value_path_id(const struct bgp *bgp, const struct rib_candidate *of)
{
	(void)bgp;
	return of->path.path_id;
}

static const struct rule rules[] = {
	{ value_pref, "9.1.1: higher local preference", false, false },
	{ value_path, "9.1.2.2 (a): shorter AS path", false, false },
	{ value_origin, "9.1.2.2 (b): lower origin", false, false },
	{ value_med, "9.1.2.2 (c): lower MED of the same neighbour AS", true, false },
	{ value_internal, "9.1.2.2 (d): external before internal", false, false },
	{ value_cost, "9.1.2.2 (e): lower cost to the next hop", false, true },
	{ value_id, "9.1.2.2 (f): lower BGP identifier", false, false },
	{ value_cluster, "RFC 4456 9: shorter cluster list", false, false },
	{ value_addr, "9.1.2.2 (g): lower peer address", false, false },
	{ value_path_id, "RFC 7911: lower path identifier of the same peer", false, false },
};

/* Those that are left, as places among the candidates. */
struct field {
	const struct bgp *bgp;
	const struct rib_candidate *candidate;
	u32 count;
	u16 left[RIB_NET_PATHS_MAX];
};

static void keep_lowest(struct field *f, const struct rule *rule)
{
	u64 lowest = UINT64_MAX;
	u32 kept = 0;

	for (u32 at = 0; at < f->count; at++) {
		u64 value = rule->value(f->bgp, &f->candidate[f->left[at]]);

		if (value > lowest)
			continue;
		if (value < lowest)
			kept = 0;
		lowest = value;
		f->left[kept++] = f->left[at];
	}
	f->count = kept;
}

/* The rule's own words: m is not considered when some n of the same neighbour AS has a lower MED.
 */
static void keep_lowest_med(struct field *f)
{
	bool beaten[RIB_NET_PATHS_MAX];
	u32 kept = 0;

	for (u32 m = 0; m < f->count; m++) {
		const struct rib_candidate *of = &f->candidate[f->left[m]];
		u32 as = head_of(f->bgp, of)->neighbour_as;

		beaten[m] = false;
		for (u32 n = 0; n < f->count && !beaten[m]; n++) {
			const struct rib_candidate *other = &f->candidate[f->left[n]];

			beaten[m] = head_of(f->bgp, other)->neighbour_as == as &&
				    value_med(f->bgp, other) < value_med(f->bgp, of);
		}
	}
	for (u32 m = 0; m < f->count; m++) {
		if (!beaten[m])
			f->left[kept++] = f->left[m];
	}
	f->count = kept;
}

/* Beside the best forward those that no rule before the identifiers tells apart from it, learnt of
 * the same neighbour AS, so that no path is told that traffic does not take.                     */
static void keep_equal(const struct field *f, u32 best, struct rib_choice *choice)
{
	u32 as = head_of(f->bgp, &f->candidate[best])->neighbour_as;

	for (u32 at = 0; at < f->count && choice->equal_count + 1u < f->bgp->conf.multipath; at++) {
		u32 other = f->left[at];

		if (other != best && head_of(f->bgp, &f->candidate[other])->neighbour_as == as)
			choice->equal[choice->equal_count++] = other;
	}
}

static void field_copy(struct field *to, const struct field *from)
{
	to->bgp = from->bgp;
	to->candidate = from->candidate;
	to->count = from->count;
	memcpy(to->left, from->left, from->count * sizeof from->left[0]);
}

void bgp_choose(void *ctx, const struct rib_candidate *candidate, u32 count,
		struct rib_choice *choice)
{
	struct field f, equal;

	f.bgp = ctx;
	f.candidate = candidate;
	f.count = equal.count = 0;
	choice->best = RIB_NONE;
	choice->equal_count = 0;
	/* RFC 4271 section 9.1.2.1: the next hop has to be resolved. */
	for (u32 at = 0; at < u32_min(count, RIB_NET_PATHS_MAX); at++) {
		if (candidate[at].way.reachable)
			f.left[f.count++] = (u16)at;
	}
	if (f.count == 0)
		return;
	for (u32 at = 0; at < ARRAY_COUNT(rules) && f.count > 1; at++) {
		if (rules[at].is_med)
			keep_lowest_med(&f);
		else
			keep_lowest(&f, &rules[at]);
		if (rules[at].forwards && f.bgp->conf.multipath > 1 && f.count > 1)
			field_copy(&equal, &f);
	}
	choice->best = f.left[0];
	if (equal.count > 1)
		keep_equal(&equal, choice->best, choice);
}

void bgp_why(void *ctx, const struct rib_candidate *better, const struct rib_candidate *worse,
	     char *text, u32 size)
{
	const struct bgp *bgp = ctx;
	struct text out;

	text_init(&out, text, size);
	for (u32 at = 0; at < ARRAY_COUNT(rules); at++) {
		u64 good = rules[at].value(bgp, better);
		u64 bad = rules[at].value(bgp, worse);

		if (rules[at].is_med &&
		    head_of(bgp, better)->neighbour_as != head_of(bgp, worse)->neighbour_as)
			continue;
		if (good >= bad)
			continue;
		text_str(&out, rules[at].name);
		return;
	}
	text_str(&out, "another path beats it by MED");
}
