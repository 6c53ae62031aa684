/* What the files of this folder call of each other. */
#ifndef CORE_ROUTING_BGP_BGP_PART_H
#define CORE_ROUTING_BGP_BGP_PART_H

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/routing/bgp/bgp.h"

/* An UPDATE that is being filled: routes that have the same attributes for this peer. */
struct bgp_group {
	u32 attr; /* of the paths; BGP_ATTR_NONE: made here */
	u8 source;
	struct ip_addr gateway; /* of those that were made here */
	u32 change_count;
	u32 change[POLICY_CHANGES_MAX];
	u32 head_len; /* header and attributes; zero: they do not fit into a message */
	u32 len;
	u8 msg[BGP_MSG_MAX];
};

static inline struct bgp_peer *bgp_peer_at(const struct bgp *bgp, u32 at)
{
	return &bgp->peer[at];
}

static inline u32 bgp_peer_index(const struct bgp *bgp, const struct bgp_peer *peer)
{
	return (u32)(peer - bgp->peer);
}

static inline void bgp_count_sent(struct bgp_peer *peer, enum bgp_type type)
{
	peer->counters.messages_out++;
	peer->counters.sent[type]++;
}

static inline bool bgp_is_up(const struct bgp_peer *peer)
{
	return peer->live != BGP_LINE_NONE;
}

/* ---- session_fsm.c --------------------------------------------------------------------------- */

/* What happened to a line, and what follows from it. The line may be closed afterwards. */
void bgp_line_event(struct bgp *bgp, struct bgp_peer *peer, u8 line, enum bgp_event event);

/* ---- peer.c: the actions --------------------------------------------------------------------- */

/* The event that follows; BGP_EVENT_NONE. */
enum bgp_event bgp_act(struct bgp *bgp, struct bgp_peer *peer, u8 line, enum bgp_action action,
		       enum bgp_state from);
/* Both lines of a peer that is not held begin. */
void bgp_peer_start(struct bgp *bgp, struct bgp_peer *peer);
/* Both lines end, with Cease where there is somebody to hear it. text: NULL, or RFC 9003. */
void bgp_peer_cease(struct bgp *bgp, struct bgp_peer *peer, enum bgp_cease subcode,
		    const char *text);
void bgp_peer_init(struct bgp *bgp, struct bgp_peer *peer, const struct bgp_peer_conf *conf);
/* Nothing is left of it; its lines are closed. */
void bgp_peer_fini(struct bgp *bgp, struct bgp_peer *peer);
void bgp_timer_set(struct bgp *bgp, struct bgp_peer *peer, u32 timer, ns_t when);
void bgp_run_timers(struct bgp *bgp);
/* How an interface of ours and the peer see each other; also when addresses changed. */
void bgp_peer_find_iface(struct bgp *bgp, struct bgp_peer *peer);
/* An entry of the log; text: "what" and, if not empty, ": more". */
void bgp_tell(struct bgp *bgp, const struct bgp_peer *peer, enum speaker_event_kind kind,
	      const char *what, const char *more);

/* ---- line.c: sockets ------------------------------------------------------------------------- */

void bgp_listen(struct bgp *bgp);
void bgp_unlisten(struct bgp *bgp);
/* False: it could not be begun. */
bool bgp_line_call(struct bgp *bgp, struct bgp_peer *peer);
/* The line takes a connection over. */
void bgp_line_take(struct bgp *bgp, struct bgp_peer *peer, u8 line, sock_id sock);
/* A connection stands: its names are known, and the line hears of it. */
void bgp_line_begins(struct bgp *bgp, struct bgp_peer *peer, u8 line, enum bgp_event event);
void bgp_line_close(struct bgp *bgp, struct bgp_peer *peer, u8 line);
/* Closed, it ends by a RST, and what is queued is thrown away. */
void bgp_line_reset_on_close(struct bgp *bgp, const struct bgp_line *line);
/* Where len bytes may be written; NULL: there is no room. bgp_line_wrote() says how many were. */
u8 *bgp_line_room(struct bgp_line *line, u32 len);
void bgp_line_wrote(struct bgp_line *line, u32 len);
static inline u32 bgp_line_free(const struct bgp_line *line)
{
	return BGP_OUT_SIZE - line->out_len;
}
/* To TCP as far as it takes it. */
void bgp_line_flush(struct bgp *bgp, struct bgp_peer *peer, u8 line);

/* ---- sign.c: keys ---------------------------------------------------------------------------- */

/* False: the peer has a secret and this socket can not use it. */
bool bgp_line_sign(struct bgp *bgp, const struct bgp_peer *peer, sock_id sock);
/* The listener takes calls of the peer by its secret. */
void bgp_listen_sign(struct bgp *bgp, struct bgp_peer *peer);
/* Before its secret is another one, or it goes. */
void bgp_listen_unsign(struct bgp *bgp, const struct bgp_peer *peer);
/* A new listener knows no key yet. */
void bgp_listen_sign_all(struct bgp *bgp);
/* The peer signed with a key that is there to stay: it may be asked for the first one. It made the
 * connection with a key of its choice, or had to give one up at once.                            */
void bgp_line_want(struct bgp *bgp, struct bgp_peer *peer, u8 line);
/* Whether connections with the old keys may go on with the new ones: neither has any, or they have
 * one in common.                                                                                 */
bool bgp_auth_goes_on(const struct bgp_auth_conf *old, const struct bgp_auth_conf *new);
/* From the old keys to those of peer->conf, with its connections. Requires: bgp_auth_goes_on().  */
void bgp_keys_change(struct bgp *bgp, struct bgp_peer *peer, const struct bgp_auth_conf *old);

/* ---- hear.c: messages ------------------------------------------------------------------------ */

/* What came on a line, in whole messages. */
void bgp_line_hear(struct bgp *bgp, struct bgp_peer *peer, u8 line);

/* ---- adj_in.c -------------------------------------------------------------------------------- */

/* UPDATE_ERROR: peer->error says which; AUTOMATIC_STOP: too many prefixes, likewise. */
enum bgp_event bgp_import(struct bgp *bgp, struct bgp_peer *peer, const u8 *msg, u32 len);
/* A step over the paths of a peer whose policy changed; true: there are more. */
bool bgp_reimport(struct bgp *bgp, struct bgp_peer *peer);
/* AUTOMATIC_STOP when there are too many. */
enum bgp_event bgp_limit_look(struct bgp *bgp, struct bgp_peer *peer);
/* It was ended for that: until it may try again. */
void bgp_prefixes_wait(struct bgp *bgp, struct bgp_peer *peer);
void bgp_release(void *ctx, const struct rib_path *path);
/* It works where messages are read and made, and changes nothing else. */
void bgp_why_hidden(void *ctx, const struct ip_prefix *prefix, const struct rib_path *path,
		    char *why, u32 size);

/* ---- policy.c: attributes as policies see and change them -------------------------------------
 */

/* Arrays of the view are bgp's, until the next call. attrs NULL: none. */
void bgp_view_fill(struct bgp *bgp, const struct bgp_attrs *attrs, struct policy_view *view);
/* False: there was no room for what was to be added. *nexthop_set: one of them gave a next hop. */
bool bgp_changes_make(struct bgp *bgp, const struct policy_result *result, struct bgp_attrs *attrs,
		      bool *nexthop_set);
/* A number that is another one when the policy, or a list that it names, is. */
u64 bgp_policy_mark(const struct bgp *bgp, u16 policy);
void bgp_policy_ask(const struct bgp *bgp, const struct bgp_peer *peer, u16 policy,
		    const struct policy_view *view, struct policy_result *result);

/* ---- decide.c -------------------------------------------------------------------------------- */

void bgp_choose(void *ctx, const struct rib_candidate *candidate, u32 count,
		struct rib_choice *choice);
void bgp_why(void *ctx, const struct rib_candidate *better, const struct rib_candidate *worse,
	     char *text, u32 size);

/* ---- adj_out.c, export.c --------------------------------------------------------------------- */

/* A step of what a peer is to be told; true: there is more. */
bool bgp_announce(struct bgp *bgp, struct bgp_peer *peer);
/* Whether a path is told to a peer; then from what its attributes are made, before head_len. */
bool bgp_export_asks(struct bgp *bgp, const struct bgp_peer *peer, const struct rib_change *change,
		     const struct rib_path *path, struct bgp_group *wanted);
/* The attributes that it is told with, in bgp->work; false: they do not fit. */
bool bgp_export_make(struct bgp *bgp, const struct bgp_peer *peer, const struct bgp_group *group);
void bgp_export_begin(struct bgp *bgp);

/* ---- refresh.c ------------------------------------------------------------------------------- */

/* AUTOMATIC_STOP, UPDATE_ERROR: peer->error says why. */
enum bgp_event bgp_refresh_hear(struct bgp *bgp, struct bgp_peer *peer, const u8 *msg, u32 len);
/* The reader begins anew. */
void bgp_refresh_begin(struct bgp *bgp, struct bgp_peer *peer);

/* ---- gr.c ------------------------------------------------------------------------------------ */

/* A peer comes up: a client of the RIB for its paths. False: there is none. */
bool bgp_restart_up(struct bgp *bgp, struct bgp_peer *peer);
/* It went down: what it told stays if it may. */
void bgp_restart_down(struct bgp *bgp, struct bgp_peer *peer, bool may_keep);
/* BoRR or EoRR came (RFC 7313). */
void bgp_refresh_stale(struct bgp *bgp, struct bgp_peer *peer, bool begin);
void bgp_restart_end_of_rib(struct bgp *bgp, struct bgp_peer *peer);
/* The time is up. */
void bgp_restart_expires(struct bgp *bgp, struct bgp_peer *peer);
void bgp_paths_forget(struct bgp *bgp, struct bgp_peer *peer);

#endif
