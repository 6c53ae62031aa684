/* Messages in and out: sockets, and what is looked at before a message is read (section 8). */
#include "core/routing/ospf/ospf_part.h"

enum { TTL = 1, TEXT_SIZE = SPEAKER_TEXT_SIZE };

u8 *ospf_io_body(struct ospf *o)
{
	return o->tx + sizeof(struct ospf_hdr);
}

u32 ospf_io_room(const struct ospf *o, u32 iface)
{
	const struct ospf_iface *ifc = &o->iface[iface];
	u32 taken = IP4_HLEN_MIN + (u32)sizeof(struct ospf_hdr) + ospf_auth_size(&ifc->conf.auth);

	/* Every link carries 576 bytes as far as a router is concerned (RFC 791 section 3.1). */
	return u32_max(ifc->mtu, 576) - taken;
}

be32 ospf_io_group(const struct ospf_iface *ifc)
{
	if (ifc->state == OSPF_IFACE_OTHER || ifc->state == OSPF_IFACE_WAITING)
		return OSPF_ALL_DRS;
	return OSPF_ALL_ROUTERS;
}

be32 ospf_io_nbr_addr(const struct ospf *o, const struct ospf_nbr *nbr)
{
	return o->iface[nbr->iface].conf.type == OSPF_NET_PTP ? OSPF_ALL_ROUTERS : nbr->addr;
}

u8 ospf_options(const struct ospf_area *area)
{
	switch (area->conf.kind) {
	case OSPF_AREA_STUB: return 0;
	case OSPF_AREA_NSSA: return OSPF_OPT_NP;
	default: return OSPF_OPT_E;
	}
}

void ospf_io_send(struct ospf *o, u32 iface, enum ospf_msg_type type, u32 len, be32 dst)
{
	struct ospf_iface *ifc = &o->iface[iface];
	struct ospf_hdr *hdr = (void *)o->tx;
	struct sock_dgram dgram = { .to = { .addr = dst },
				    .from = ifc->addr,
				    .iface = (u16)iface,
				    .ttl = TTL,
				    .tos = OSPF_TOS };
	u32 whole = (u32)sizeof *hdr + len;

	CHECK(whole <= OSPF_MSG_SIZE_MAX);
	*hdr = (struct ospf_hdr){ .version = OSPF_VERSION,
				  .type = (u8)type,
				  .len = be16_of((u16)whole),
				  .router = o->router_id,
				  .area = be32_of(o->area[ifc->area].conf.id) };
	if (!ifc->open)
		return;
	whole = ospf_auth_sign(&ifc->conf.auth, o->tx, whole, o->auth_seq);
	if (o->env.io.send_to(o->env.io.ctx, ifc->sock, o->tx, whole, &dgram) == SOCK_OK) {
		o->stats.packets_out++;
		ifc->sent[type]++;
	} else {
		o->stats.send_failed++;
	}
}

/* ---- sockets --------------------------------------------------------------------------------- */

static bool set_up(struct ospf *o, u32 iface, ns_t now)
{
	const struct speaker_io *io = &o->env.io;
	sock_id sock = o->iface[iface].sock;
	struct sock_value value = { .iface = (u16)iface };

	if (io->set(io->ctx, sock, SOCK_OPT_BIND_IFACE, &value, now) != SOCK_OK ||
	    io->set(io->ctx, sock, SOCK_OPT_MULTICAST_IF, &value, now) != SOCK_OK)
		return false;
	value.number = TTL;
	if (io->set(io->ctx, sock, SOCK_OPT_MULTICAST_TTL, &value, now) != SOCK_OK)
		return false;
	value.number = 0;
	if (io->set(io->ctx, sock, SOCK_OPT_MULTICAST_LOOP, &value, now) != SOCK_OK)
		return false;
	value.addr = OSPF_ALL_ROUTERS;
	return io->set(io->ctx, sock, SOCK_OPT_JOIN, &value, now) == SOCK_OK &&
	       io->watch(io->ctx, sock, SOCK_READABLE) == SOCK_OK;
}

bool ospf_io_open(struct ospf *o, u32 iface, ns_t now)
{
	const struct speaker_io *io = &o->env.io;
	struct ospf_iface *ifc = &o->iface[iface];

	CHECK(!ifc->open);
	if (io->open(io->ctx, SOCK_RAW_KIND, OSPF_PROTO, &ifc->sock) != SOCK_OK)
		return false;
	ifc->open = true;
	if (set_up(o, iface, now))
		return true;
	ospf_io_close(o, iface, now);
	return false;
}

void ospf_io_close(struct ospf *o, u32 iface, ns_t now)
{
	struct ospf_iface *ifc = &o->iface[iface];

	if (ifc->open)
		o->env.io.close(o->env.io.ctx, ifc->sock, now);
	ifc->open = ifc->in_dr_group = false;
	ifc->sock = SOCK_ID_NONE;
}

void ospf_io_join(struct ospf *o, u32 iface, bool join, ns_t now)
{
	struct ospf_iface *ifc = &o->iface[iface];
	struct sock_value value = { .addr = OSPF_ALL_DRS, .iface = (u16)iface };

	if (!ifc->open)
		return;
	if (o->env.io.set(o->env.io.ctx, ifc->sock, join ? SOCK_OPT_JOIN : SOCK_OPT_LEAVE, &value,
			  now) != SOCK_OK)
		ospf_warn_at(o, iface, NULL, "the group of designated routers was refused", now);
	ifc->in_dr_group = join;
}

/* ---- the log --------------------------------------------------------------------------------- */

void ospf_tell(struct ospf *o, enum speaker_event_kind kind, u16 iface, const be32 *nbr,
	       struct text *text, ns_t now)
{
	struct speaker_event event = {
		.at_ns = now, .kind = kind, .source = ROUTE_OSPF, .iface = iface
	};

	if (nbr != NULL)
		event.neighbour = ip_addr4(*nbr);
	memcpy(event.text, text->at, text->len + 1);
	speaker_log_add(o->env.log, &event);
}

/* One mistake does not hide another one, and who sends many kinds of them does not fill the log: of
 * more than OSPF_TOLD_MAX the others wait. A text is known by where it lies.                     */
static bool may_tell(struct ospf_iface *ifc, const char *why, ns_t now)
{
	struct ospf_told *place = &ifc->told[0];

	for (u32 n = 0; n < OSPF_TOLD_MAX; n++) {
		struct ospf_told *told = &ifc->told[n];

		if (told->why == why) {
			place = told;
			break;
		}
		if (told->at_ns < place->at_ns)
			place = told;
	}
	if (place->why != NULL && now - place->at_ns < OSPF_TELL_S * NS_PER_SEC)
		return false;
	*place = (struct ospf_told){ why, now };
	return true;
}

void ospf_warn_at(struct ospf *o, u32 iface, const be32 *from, const char *why, ns_t now)
{
	char line[TEXT_SIZE];
	struct text text;

	speaker_refuse(&o->iface[iface].refused, why, from == NULL ? be32_of(0) : *from, now);
	if (!may_tell(&o->iface[iface], why, now))
		return;
	text_init(&text, line, sizeof line);
	text_str(&text, why);
	ospf_tell(o, SPEAKER_WARNING, (u16)iface, from, &text, now);
}

/* ---- what arrives ---------------------------------------------------------------------------- */

static bool is_own_addr(const struct ospf *o, be32 addr)
{
	for (u32 at = 0; at < OSPF_IFACE_MAX; at++) {
		if (o->iface[at].used && be32_eq(o->iface[at].addr, addr))
			return true;
	}
	return false;
}

static bool same_net(const struct ospf_iface *ifc, be32 addr)
{
	return ((be32_host(ifc->addr) ^ be32_host(addr)) & ip4_mask(ifc->len)) == 0;
}

/* Section 8.2, of the IP header. The message begins at *at. */
static const char *ip_wrong(const struct ospf *o, struct ospf_in *in, u32 got, u32 *at, u32 *len)
{
	const struct ospf_iface *ifc = &o->iface[in->iface];
	const struct ip4_hdr *ip = (const void *)o->rx;
	u32 total;

	if (got < IP4_HLEN_MIN || ip->version_ihl >> 4 != 4 || ip4_hlen(ip) < IP4_HLEN_MIN)
		return "a packet that is cut";
	total = be16_host(ip->len);
	if (total > got || total < ip4_hlen(ip) || ip->proto != OSPF_PROTO || ip4_is_fragment(ip))
		return "a packet of a wrong length";
	*at = ip4_hlen(ip);
	*len = total - *at;
	in->src = ip->src;
	in->dst = ip->dst;
	if (!be32_eq(ip->dst, ifc->addr) && !be32_eq(ip->dst, OSPF_ALL_ROUTERS) &&
	    !(be32_eq(ip->dst, OSPF_ALL_DRS) && ifc->in_dr_group))
		return "";
	if (is_own_addr(o, ip->src))
		return "";
	if (ifc->conf.type != OSPF_NET_PTP && !same_net(ifc, ip->src))
		return "a source address of another network";
	return NULL;
}

/* Section 8.2, of the message's header; "" is not worth a line in the log. */
static const char *msg_wrong(struct ospf *o, struct ospf_in *in, u32 at, u32 len)
{
	const struct ospf_iface *ifc = &o->iface[in->iface];
	const struct ospf_hdr *hdr = (const void *)(o->rx + at);
	const char *wrong = ospf_msg_wrong(o->rx + at, len);

	if (wrong != NULL) {
		o->stats.malformed++;
		return wrong;
	}
	if (be32_host(hdr->area) != o->area[ifc->area].conf.id) {
		o->stats.refused++;
		return "another area";
	}
	wrong = ospf_auth_wrong(&ifc->conf.auth, o->rx + at, len, &in->seq);
	if (wrong != NULL) {
		o->stats.bad_auth++;
		return wrong;
	}
	if (be32_eq(hdr->router, o->router_id)) {
		o->stats.refused++;
		return "a router with our own router id";
	}
	in->rid = hdr->router;
	in->body = o->rx + at + sizeof *hdr;
	in->len = be16_host(hdr->len) - (u32)sizeof *hdr;
	return NULL;
}

/* Section D.3: numbers of a neighbour do not fall. */
static bool is_replayed(struct ospf *o, const struct ospf_in *in)
{
	struct ospf_nbr *nbr;

	if (in->nbr == IDX_NONE || o->iface[in->iface].conf.auth.kind != OSPF_AUTH_CRYPTO)
		return false;
	nbr = ospf_nbr_at(o, in->nbr);
	if (nbr->has_seq && in->seq < nbr->seq)
		return true;
	nbr->has_seq = true;
	nbr->seq = in->seq;
	return false;
}

static void dispatch(struct ospf *o, struct ospf_in *in, u8 type, ns_t now)
{
	in->nbr = ospf_nbr_find(o, in->iface, in->rid, in->src);
	if (is_replayed(o, in)) {
		o->stats.bad_auth++;
		ospf_warn_at(o, in->iface, &in->src, "a sequence number that was used before", now);
		return;
	}
	o->iface[in->iface].got[type]++;
	if (type == OSPF_HELLO) {
		ospf_hello_in(o, in, now);
		return;
	}
	/* Section 8.2: all but hellos are of neighbours only. */
	if (in->nbr == IDX_NONE || !be32_eq(ospf_nbr_at(o, in->nbr)->rid, in->rid)) {
		o->stats.refused++;
		return;
	}
	switch (type) {
	case OSPF_DD: ospf_dd_in(o, in, now); break;
	case OSPF_LSREQ: ospf_lsreq_in(o, in, now); break;
	case OSPF_LSUPD: ospf_lsupd_in(o, in, now); break;
	default: ospf_lsack_in(o, in, now); break;
	}
}

static void packet_in(struct ospf *o, u32 iface, u32 got, ns_t now)
{
	struct ospf_in in = { .iface = (u16)iface, .nbr = IDX_NONE };
	const char *wrong;
	u32 at, len;

	o->stats.packets_in++;
	if (o->iface[iface].state == OSPF_IFACE_DOWN || o->iface[iface].conf.passive)
		return;
	wrong = ip_wrong(o, &in, got, &at, &len);
	if (wrong != NULL)
		o->stats.refused++;
	else
		wrong = msg_wrong(o, &in, at, len);
	if (wrong == NULL)
		dispatch(o, &in, o->rx[at + offsetof(struct ospf_hdr, type)], now);
	else if (wrong[0] != '\0')
		ospf_warn_at(o, iface, &in.src, wrong, now);
}

void ospf_sock(struct ospf *o, sock_id sock, u8 ready, ns_t now)
{
	u32 iface = 0;

	while (iface < OSPF_IFACE_MAX && !(o->iface[iface].open && o->iface[iface].sock == sock))
		iface++;
	if (iface == OSPF_IFACE_MAX || o->stopped || (ready & (SOCK_READABLE | SOCK_FAILED)) == 0)
		return;
	ospf_clock(o, now);
	for (u32 count = 0; count < OSPF_RECV_MAX && o->iface[iface].open; count++) {
		struct sock_buf buf = { .to = o->rx, .bytes = IP4_LEN_MAX };
		struct sock_info info;

		/* An error that waited is told once, and is no reason to stop. */
		enum sock_error error = o->env.io.recv(o->env.io.ctx, sock, &buf, &info, now);

		if (error == SOCK_AGAIN)
			break;
		if (error == SOCK_OK)
			packet_in(o, iface, buf.got, now);
	}
	ospf_work(o, now);
}
