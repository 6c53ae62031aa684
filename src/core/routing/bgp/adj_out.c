/* What a peer is told: changes of the RIB, read when there is room, become UPDATEs.
 *
 * A step reads changes and puts each route into the UPDATE of its attributes, of which a few are
 * filled at the same time; those for other attributes go out when their place is needed. All are
 * sent at the end of the step, and nothing waits between two steps but bytes for TCP. A step stops
 * before a change that there might be no room for.
 *
 * What was told is a bit for each net; with add-path (RFC 7911) as many as paths are told: path
 * identifiers are places from 1 on, which a peer only sees as names.                             */
#include "core/routing/bgp/bgp_part.h"

enum { ATTR_LEN_AT = 21, ATTRS_AT = 23, END_OF_RIB_LEN = 23 };

struct step {
	struct bgp *bgp;
	struct bgp_peer *peer;
	u32 group_count;
	u32 next_group; /* that gives way to another one */
	u32 pending;    /* bytes of messages that are being filled */
	u32 gone_len;   /* of the UPDATE with withdrawals, gone */
	u8 gone[BGP_MSG_MAX];
};

/* ---- messages -------------------------------------------------------------------------------- */

static void message_send(struct step *s, const u8 *msg, u32 len)
{
	struct bgp_line *line = &s->peer->line[s->peer->live];
	u8 *to = bgp_line_room(line, len);

	CHECK(to != NULL);
	memcpy(to, msg, len);
	bgp_line_wrote(line, len);
	s->pending -= len;
	bgp_count_sent(s->peer, BGP_UPDATE);
}

static void gone_begin(struct step *s)
{
	s->gone_len = BGP_HLEN + 2;
}

static void gone_send(struct step *s)
{
	if (s->gone_len == BGP_HLEN + 2)
		return;
	be16_store(s->gone + BGP_HLEN, be16_of((u16)(s->gone_len - BGP_HLEN - 2)));
	be16_store(s->gone + s->gone_len, be16_of(0));
	s->gone_len += 2;
	bgp_header_write(s->gone, s->gone_len, BGP_UPDATE);
	message_send(s, s->gone, s->gone_len);
	gone_begin(s);
}

static void gone_add(struct step *s, const struct bgp_nlri *nlri)
{
	u32 len;

	if (s->gone_len + BGP_NLRI_MAX + 2 > BGP_MSG_MAX)
		gone_send(s);
	if (s->gone_len == BGP_HLEN + 2)
		s->pending += BGP_UPDATE_LEAST;
	len = bgp_nlri_write(s->gone + s->gone_len, s->peer->wire_out.with_id, nlri);
	s->gone_len += len;
	s->pending += len;
	s->peer->counters.withdrawn_out++;
}

static void group_send(struct step *s, struct bgp_group *group)
{
	if (group->len == group->head_len)
		return;
	bgp_header_write(group->msg, group->len, BGP_UPDATE);
	message_send(s, group->msg, group->len);
	group->len = group->head_len;
}

static bool group_suits(const struct bgp_group *group, const struct bgp_group *wanted)
{
	return group->attr == wanted->attr && group->source == wanted->source &&
	       group->change_count == wanted->change_count &&
	       ip_addr_eq(&group->gateway, &wanted->gateway) &&
	       memcmp(group->change, wanted->change,
		      wanted->change_count * sizeof wanted->change[0]) == 0;
}

/* The UPDATE for these attributes; the last one that was used is looked at first. */
static struct bgp_group *group_find(struct step *s, const struct bgp_group *wanted)
{
	struct bgp *bgp = s->bgp;
	struct bgp_group *group;

	for (u32 at = s->group_count; at > 0; at--) {
		if (group_suits(&bgp->group[at - 1], wanted))
			return &bgp->group[at - 1];
	}
	if (s->group_count < BGP_GROUPS) {
		group = &bgp->group[s->group_count++];
	} else {
		group = &bgp->group[s->next_group];
		s->next_group = (s->next_group + 1) % BGP_GROUPS;
		group_send(s, group);
	}
	memcpy(group, wanted, offsetof(struct bgp_group, msg));
	group->head_len = group->len = 0;
	if (bgp_export_make(bgp, s->peer, group)) {
		u32 room = BGP_MSG_MAX - ATTRS_AT - BGP_NLRI_MAX;
		u32 len = bgp_attrs_write(group->msg + ATTRS_AT, room, &bgp->work,
					  &s->peer->wire_out);

		be16_store(group->msg + BGP_HLEN, be16_of(0));
		be16_store(group->msg + ATTR_LEN_AT, be16_of((u16)len));
		group->head_len = group->len = len == 0 ? 0 : ATTRS_AT + len;
	}
	return group;
}

/* False: its attributes do not fit into a message. */
static bool group_add(struct step *s, const struct bgp_group *wanted, const struct bgp_nlri *nlri)
{
	struct bgp_group *group = group_find(s, wanted);
	u32 len;

	if (group->head_len == 0) {
		s->peer->counters.too_long++;
		return false;
	}
	if (group->len + BGP_NLRI_MAX > BGP_MSG_MAX)
		group_send(s, group);
	if (group->len == group->head_len)
		s->pending += group->head_len;
	len = bgp_nlri_write(group->msg + group->len, s->peer->wire_out.with_id, nlri);
	group->len += len;
	s->pending += len;
	s->peer->counters.prefixes_out++;
	return true;
}

/* ---- changes --------------------------------------------------------------------------------- */

static u64 *plane_word(const struct step *s, u32 plane, u32 net)
{
	CHECK(net < s->bgp->conf.net_limit);
	return &s->peer->announced[plane * s->bgp->announced_words + net / 64];
}

static void withdraw(struct step *s, const struct rib_change *change, u32 plane)
{
	u64 bit = UINT64_C(1) << change->net % 64;
	u64 *word = plane_word(s, plane, change->net);
	struct bgp_nlri nlri = { change->prefix.addr.word[0], change->prefix.len, plane + 1 };

	if ((*word & bit) == 0)
		return;
	*word &= ~bit;
	s->peer->announced_count--;
	gone_add(s, &nlri);
}

/* False: it is not for this peer. */
static bool announce(struct step *s, const struct rib_change *change, const struct rib_path *path,
		     u32 plane)
{
	u64 bit = UINT64_C(1) << change->net % 64;
	u64 *word = plane_word(s, plane, change->net);
	struct bgp_nlri nlri = { change->prefix.addr.word[0], change->prefix.len, plane + 1 };
	struct bgp_group wanted;

	if (!bgp_export_asks(s->bgp, s->peer, change, path, &wanted) ||
	    !group_add(s, &wanted, &nlri))
		return false;
	s->peer->announced_count += (*word & bit) == 0;
	*word |= bit;
	return true;
}

static void change_tell(struct step *s, const struct rib_change *change)
{
	struct rib_path path[BGP_PATHS_OUT_MAX];
	u32 count = 0, told = 0;

	if (!change->gone) {
		path[0] = change->best;
		count = 1;
		if (s->peer->planes > 1)
			count = rib_net_paths(s->bgp->env.rib, change->net, path, s->peer->planes);
	}
	for (u32 at = 0; at < count; at++)
		told += announce(s, change, &path[at], told);
	for (; told < s->peer->planes; told++)
		withdraw(s, change, told);
}

/* ---- marks ----------------------------------------------------------------------------------- */

static void end_of_rib_send(struct step *s)
{
	u8 msg[END_OF_RIB_LEN] = { 0 };

	bgp_header_write(msg, sizeof msg, BGP_UPDATE);
	s->pending += (u32)sizeof msg;
	message_send(s, msg, sizeof msg);
	s->peer->end_due = false;
}

static void refresh_mark_send(struct step *s, enum bgp_refresh_kind kind)
{
	struct bgp_refresh refresh = { BGP_AFI_IP4, BGP_SAFI_UNICAST, (u8)kind };
	struct bgp_line *line = &s->peer->line[s->peer->live];
	u8 *to = bgp_line_room(line, BGP_REFRESH_LEN);

	CHECK(to != NULL);
	bgp_line_wrote(line, bgp_refresh_write(to, &refresh));
	bgp_count_sent(s->peer, BGP_ROUTE_REFRESH);
}

static void begin_send(struct step *s)
{
	if (!s->peer->begin_due)
		return;
	refresh_mark_send(s, BGP_REFRESH_BEGIN);
	s->peer->begin_due = false;
	s->peer->refresh_end_due = true;
}

/* Everything was told. */
static void ends_send(struct step *s)
{
	if (s->peer->end_due)
		end_of_rib_send(s);
	if (s->peer->refresh_end_due)
		refresh_mark_send(s, BGP_REFRESH_END);
	s->peer->refresh_end_due = false;
}

/* Room for what one change may add: a message for each path and one for withdrawals, and the marks.
 */
static bool has_room(const struct step *s)
{
	u32 most = (s->peer->planes + 2u) * BGP_MSG_MAX;

	return s->pending + most <= bgp_line_free(&s->peer->line[s->peer->live]);
}

bool bgp_announce(struct bgp *bgp, struct bgp_peer *peer)
{
	struct step s;
	struct rib_change change;
	bool more = true;
	u32 done = 0;

	if (peer->quiet_until_ns > bgp->now)
		return false;
	s.bgp = bgp;
	s.peer = peer;
	s.group_count = s.next_group = s.pending = 0;
	gone_begin(&s);
	bgp_export_begin(bgp);
	if (!has_room(&s))
		return false; /* the socket says when */
	begin_send(&s);
	while (more && done < BGP_STEP_NETS && has_room(&s)) {
		more = rib_read(bgp->env.rib, peer->reader, &change);
		if (more)
			change_tell(&s, &change);
		done += more;
	}
	gone_send(&s);
	for (u32 at = 0; at < s.group_count; at++)
		group_send(&s, &bgp->group[at]);
	CHECK(s.pending == 0);
	if (!more)
		ends_send(&s);
	if (!more && done > 0 && peer->conf.advertise_ms > 0)
		peer->quiet_until_ns = bgp->now + peer->conf.advertise_ms * NS_PER_MS;
	bgp_line_flush(bgp, peer, peer->live);
	return more && has_room(&s);
}
