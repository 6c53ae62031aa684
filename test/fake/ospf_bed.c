/* The speaker's world: sockets that keep what is sent, and neighbours of paper. */
#include "fake/ospf_bed.h"

#include <stdlib.h>

static enum sock_error io_open(void *ctx, enum sock_kind kind, u8 proto, sock_id *sock)
{
	struct ospf_bed *bed = ctx;

	CHECK(kind == SOCK_RAW_KIND && proto == OSPF_PROTO);
	for (u32 n = 0; n < BED_SOCKS; n++) {
		if (bed->sock[n].open)
			continue;
		bed->sock[n] = (struct bed_socket){ .open = true };
		*sock = n;
		return SOCK_OK;
	}
	return SOCK_LIMIT;
}

static void io_close(void *ctx, sock_id sock, ns_t now)
{
	(void)now;
	CHECK(((struct ospf_bed *)ctx)->sock[sock].open);
	((struct ospf_bed *)ctx)->sock[sock].open = false;
}

static enum sock_error io_set(void *ctx, sock_id id, enum sock_option option,
			      const struct sock_value *value, ns_t now)
{
	struct bed_socket *sock = &((struct ospf_bed *)ctx)->sock[id];

	(void)now;
	CHECK(sock->open);
	if (option == SOCK_OPT_BIND_IFACE)
		sock->iface = value->iface;
	if (option == SOCK_OPT_JOIN)
		sock->joins++;
	if (be32_eq(value->addr, OSPF_ALL_DRS) &&
	    (option == SOCK_OPT_JOIN || option == SOCK_OPT_LEAVE))
		sock->in_dr_group = option == SOCK_OPT_JOIN;
	return SOCK_OK;
}

static enum sock_error io_watch(void *ctx, sock_id id, u8 bits)
{
	CHECK(((struct ospf_bed *)ctx)->sock[id].open && bits == SOCK_READABLE);
	return SOCK_OK;
}

static enum sock_error io_send_to(void *ctx, sock_id id, const void *data, u32 bytes,
				  const struct sock_dgram *dgram)
{
	struct ospf_bed *bed = ctx;
	struct bed_sent *sent = &bed->sent[bed->sent_count];

	CHECK(bed->sock[id].open && bed->sock[id].iface == dgram->iface);
	CHECK(dgram->ttl == 1 && dgram->tos == 0xc0);
	if (bed->refuse)
		return SOCK_AGAIN;
	if (bed->sent_count == BED_SENT_MAX || bytes > BED_PKT_MAX)
		return SOCK_OK;
	*sent = (struct bed_sent){ .iface = dgram->iface, .dst = dgram->to.addr, .len = bytes };
	memcpy(sent->msg, data, bytes);
	bed->sent_count++;
	return SOCK_OK;
}

static enum sock_error io_recv(void *ctx, sock_id id, struct sock_buf *buf, struct sock_info *info,
			       ns_t now)
{
	struct ospf_bed *bed = ctx;

	(void)info;
	(void)now;
	CHECK(bed->sock[id].open);
	if (bed->packet_len == 0)
		return SOCK_AGAIN;
	memcpy(buf->to, bed->packet, bed->packet_len);
	buf->got = bed->packet_len;
	bed->packet_len = 0;
	return SOCK_OK;
}

static void add_iface(struct ospf_bed *bed, const char *name, u32 addr, u8 len,
		      enum ospf_net_type type)
{
	struct iface *iface = &bed->ifaces.iface[bed->ifaces.count];
	struct ospf_iface_conf *conf = &bed->conf.iface[bed->conf.iface_count++];

	memcpy(iface->conf.name, name, 3);
	iface->conf.mtu = 1500;
	iface->conf.addr_count = 1;
	iface->conf.addr[0] = (struct iface_addr){ be32_of(addr), len, false };
	iface->up = true;
	ospf_iface_conf_defaults(conf, (u16)bed->ifaces.count++, 0);
	conf->type = type;
}

void ospf_bed_reset(struct ospf_bed *bed)
{
	void *region = bed->region;

	memset(bed, 0, offsetof(struct ospf_bed, sent));
	bed->region = region;
	bed->now = 1000 * NS_PER_SEC;
	ospf_conf_defaults(&bed->conf);
	bed->conf.router_id = be32_host(BED_RID);
	bed->conf.lsa_limit = 64;
	bed->conf.nbr_limit = 8;
	bed->conf.nbr_iface_limit = 4;
	bed->conf.rxmt_limit = 64;
	bed->conf.request_limit = 128;
	bed->conf.route_limit = 64;
	bed->conf.export_limit = 16;
	bed->conf.area_count = 1;
	ospf_area_conf_defaults(&bed->conf.area[0], 0);
	add_iface(bed, "p0", 0x0a000001, 30, OSPF_NET_PTP);
	add_iface(bed, "l0", 0x0a000101, 24, OSPF_NET_BROADCAST);
}

struct ospf_bed *ospf_bed_new(void)
{
	struct ospf_bed *bed = calloc(1, sizeof *bed);

	CHECK(bed != NULL);
	ospf_bed_reset(bed);
	return bed;
}

static void layout(struct ospf_bed *bed, struct mem *mem)
{
	struct hash_key key = { { 5, 6, 7, 8 } };
	struct rib_conf rib = {
		.net_limit = 256, .path_limit = 512, .hops_limit = 128, .key = key
	};
	struct fib_conf fib = { .prefix_count = 512, .route_count = 256, .key = key };

	fib_layout(&bed->fib, &fib, mem);
	rib_layout(&bed->rib, &rib, mem);
	ospf_layout(&bed->ospf, &bed->conf, mem);
}

void ospf_bed_start(struct ospf_bed *bed)
{
	struct ospf_env env = { .io = { .ctx = bed,
					.open = io_open,
					.close = io_close,
					.set = io_set,
					.watch = io_watch,
					.send_to = io_send_to,
					.recv = io_recv },
				.rib = &bed->rib,
				.ifaces = &bed->ifaces,
				.policies = &bed->policies,
				.log = &bed->log,
				.auth_seq = 7 };
	struct mem mem;

	mem_init_plan(&mem);
	layout(bed, &mem);
	/* Of a bed that is used again, it is that of the largest limits. */
	if (bed->region == NULL)
		bed->region = aligned_alloc(MEM_LINE, mem.used);
	CHECK(bed->region != NULL);
	memset(bed->region, 0, mem.used);
	mem_init(&mem, bed->region, mem.used);
	layout(bed, &mem);
	CHECK(!mem.short_of);
	fib_init(&bed->fib);
	rib_init(&bed->rib, &bed->fib);
	bed->fixed = rib_client_new(&bed->rib, ROUTE_STATIC);
	ospf_init(&bed->ospf, &env, bed->now);
	ospf_check(&bed->ospf);
}

void ospf_bed_free(struct ospf_bed *bed)
{
	ospf_check(&bed->ospf);
	free(bed->region);
	free(bed);
}

void ospf_bed_wait(struct ospf_bed *bed, ns_t ns)
{
	ns_t until = bed->now + ns;

	while (ospf_next(&bed->ospf) <= until) {
		if (ospf_next(&bed->ospf) > bed->now)
			bed->now = ospf_next(&bed->ospf);
		ospf_tick(&bed->ospf, bed->now);
		ospf_check(&bed->ospf);
		while (rib_tick(&bed->rib, bed->now))
			;
	}
	bed->now = until;
	ospf_tick(&bed->ospf, bed->now);
	while (rib_tick(&bed->rib, bed->now))
		;
	ospf_check(&bed->ospf);
}

/* ---- what neighbours say --------------------------------------------------------------------- */

void ospf_bed_packet(struct ospf_bed *bed, u16 iface, const void *bytes, u32 len)
{
	CHECK(len <= BED_PKT_MAX);
	memcpy(bed->packet, bytes, len);
	bed->packet_len = len;
	for (u32 n = 0; n < BED_SOCKS; n++) {
		if (bed->sock[n].open && bed->sock[n].iface == iface)
			ospf_sock(&bed->ospf, n, SOCK_READABLE, bed->now);
	}
	bed->packet_len = 0;
	ospf_check(&bed->ospf);
}

void ospf_bed_say(struct ospf_bed *bed, const struct bed_nbr *nbr, u8 type, const void *body,
		  u32 len)
{
	u8 packet[BED_PKT_MAX];
	struct ip4_hdr ip = { .version_ihl = 0x45,
			      .ttl = 1,
			      .proto = OSPF_PROTO,
			      .src = nbr->addr,
			      .dst = OSPF_ALL_ROUTERS };
	struct ospf_hdr hdr = { .version = OSPF_VERSION,
				.type = type,
				.router = nbr->rid,
				.len = be16_of((u16)(sizeof hdr + len)) };
	const struct ospf_iface *ifc = &bed->ospf.iface[nbr->iface];
	static const struct ospf_auth_conf none;
	u32 seq = bed->say_seq != 0 ? bed->say_seq : (u32)(bed->now / NS_PER_SEC);
	u32 whole;

	hdr.area = be32_of(bed->ospf.area[ifc->area].conf.id);
	memcpy(packet + sizeof ip, &hdr, sizeof hdr);
	if (len > 0)
		memcpy(packet + sizeof ip + sizeof hdr, body, len);
	whole = ospf_auth_sign(bed->say_unsigned ? &none : &ifc->conf.auth, packet + sizeof ip,
			       (u32)sizeof hdr + len, seq);
	/* A password stands at the end of the header, a digest at the end of it all. */
	if (bed->say_wrong)
		packet[sizeof ip + (ifc->conf.auth.kind == OSPF_AUTH_PLAIN ? sizeof hdr : whole) -
		       1] ^= 1;
	ip.len = be16_of((u16)(sizeof ip + whole));
	memcpy(packet, &ip, sizeof ip);
	ospf_bed_packet(bed, nbr->iface, packet, (u32)sizeof ip + whole);
}

void ospf_bed_hello(struct ospf_bed *bed, const struct bed_nbr *nbr, bool names_us)
{
	const struct ospf_iface *ifc = &bed->ospf.iface[nbr->iface];
	u8 body[sizeof(struct ospf_hello) + 4];
	struct ospf_hello hello = { .mask = be32_of(ip4_mask(ifc->len)),
				    .hello_s = be16_of(ifc->conf.hello_s),
				    .options = ospf_options(&bed->ospf.area[ifc->area]),
				    .priority = nbr->priority,
				    .dead_s = be32_of(ifc->conf.dead_s),
				    .dr = nbr->dr,
				    .bdr = nbr->bdr };
	be32 us = BED_RID;

	memcpy(body, &hello, sizeof hello);
	memcpy(body + sizeof hello, &us, 4);
	ospf_bed_say(bed, nbr, OSPF_HELLO, body, (u32)sizeof hello + (names_us ? 4 : 0));
}

void ospf_bed_dd(struct ospf_bed *bed, struct bed_nbr *nbr, u8 flags, const void *headers,
		 u32 count)
{
	const struct ospf_iface *ifc = &bed->ospf.iface[nbr->iface];
	u8 body[BED_PKT_MAX / 2];
	struct ospf_dd dd = { .mtu = be16_of(1500),
			      .flags = flags,
			      .seq = be32_of(nbr->dd_seq),
			      .options = ospf_options(&bed->ospf.area[ifc->area]) };

	memcpy(body, &dd, sizeof dd);
	if (count > 0)
		memcpy(body + sizeof dd, headers, count * sizeof(struct ospf_lsa_hdr));
	ospf_bed_say(bed, nbr, OSPF_DD, body,
		     (u32)(sizeof dd + count * sizeof(struct ospf_lsa_hdr)));
}

void ospf_bed_lsupd(struct ospf_bed *bed, const struct bed_nbr *nbr, const void *lsa)
{
	u8 body[BED_PKT_MAX / 2];
	u32 len = ospf_lsa_len(lsa);

	be32_store(body, be32_of(1));
	memcpy(body + 4, lsa, len);
	ospf_bed_say(bed, nbr, OSPF_LSUPD, body, 4 + len);
}

void ospf_bed_ack(struct ospf_bed *bed, const struct bed_nbr *nbr, const struct ospf_lsa_hdr *hdr)
{
	ospf_bed_say(bed, nbr, OSPF_LSACK, hdr, sizeof *hdr);
}

void ospf_bed_ack_all(struct ospf_bed *bed, const struct bed_nbr *nbr)
{
	struct ospf_nbr *own = ospf_bed_nbr(bed, nbr);

	for (u32 left = 64; left > 0 && own->rxmts.count > 0; left--) {
		const struct ospf_lsa *lsa = ospf_lsa_at(
			&bed->ospf, ospf_rxmt_at(&bed->ospf, own->rxmts.first)->lsa);
		struct ospf_lsa_hdr hdr = ospf_lsa_hdr_now(&bed->ospf, lsa, bed->now);

		ospf_bed_ack(bed, nbr, &hdr);
	}
}

u32 ospf_bed_nbr_idx(const struct ospf_bed *bed, const struct bed_nbr *nbr)
{
	return ospf_nbr_find(&bed->ospf, nbr->iface, nbr->rid, nbr->addr);
}

struct ospf_nbr *ospf_bed_nbr(const struct ospf_bed *bed, const struct bed_nbr *nbr)
{
	u32 at = ospf_bed_nbr_idx(bed, nbr);

	return at == IDX_NONE ? NULL : ospf_nbr_at(&bed->ospf, at);
}

enum ospf_nbr_state ospf_bed_state(const struct ospf_bed *bed, const struct bed_nbr *nbr)
{
	const struct ospf_nbr *own = ospf_bed_nbr(bed, nbr);

	return own == NULL ? OSPF_NBR_DOWN : own->state;
}

static u32 last_dd_seq(const struct ospf_bed *bed, const struct bed_nbr *nbr)
{
	return ospf_bed_nbr(bed, nbr)->dd_seq;
}

void ospf_bed_to_exchange(struct ospf_bed *bed, struct bed_nbr *nbr)
{
	ospf_bed_hello(bed, nbr, true);
	CHECK(ospf_bed_state(bed, nbr) == OSPF_NBR_EXSTART);
	if (be32_host(nbr->rid) > be32_host(BED_RID)) {
		nbr->dd_seq = 77;
		ospf_bed_dd(bed, nbr, OSPF_DD_I | OSPF_DD_M | OSPF_DD_MS, NULL, 0);
	} else {
		nbr->dd_seq = last_dd_seq(bed, nbr);
		ospf_bed_dd(bed, nbr, OSPF_DD_M, NULL, 0);
	}
	CHECK(ospf_bed_state(bed, nbr) == OSPF_NBR_EXCHANGE);
}

void ospf_bed_to_full(struct ospf_bed *bed, struct bed_nbr *nbr)
{
	ospf_bed_to_exchange(bed, nbr);
	for (u32 left = 20; left > 0 && ospf_bed_state(bed, nbr) == OSPF_NBR_EXCHANGE; left--) {
		if (be32_host(nbr->rid) > be32_host(BED_RID)) {
			nbr->dd_seq++;
			ospf_bed_dd(bed, nbr, OSPF_DD_MS, NULL, 0);
		} else {
			nbr->dd_seq = last_dd_seq(bed, nbr);
			ospf_bed_dd(bed, nbr, 0, NULL, 0);
		}
	}
	CHECK(ospf_bed_state(bed, nbr) == OSPF_NBR_FULL);
}

/* ---- what was sent --------------------------------------------------------------------------- */

static u8 type_of(const struct bed_sent *sent)
{
	return sent->msg[offsetof(struct ospf_hdr, type)];
}

const struct bed_sent *ospf_bed_take(struct ospf_bed *bed, u16 iface, u8 type)
{
	for (u32 n = 0; n < bed->sent_count; n++) {
		struct bed_sent sent = bed->sent[n];

		if (sent.iface != iface || type_of(&sent) != type)
			continue;
		memmove(&bed->sent[n], &bed->sent[n + 1],
			(bed->sent_count - n - 1) * sizeof bed->sent[0]);
		bed->sent_count--;
		bed->sent[bed->sent_count] = sent;
		return &bed->sent[bed->sent_count];
	}
	return NULL;
}

u32 ospf_bed_count(const struct ospf_bed *bed, u16 iface, u8 type)
{
	u32 count = 0;

	for (u32 n = 0; n < bed->sent_count; n++)
		count += bed->sent[n].iface == iface && type_of(&bed->sent[n]) == type;
	return count;
}

void ospf_bed_forget(struct ospf_bed *bed)
{
	bed->sent_count = 0;
}

const struct ospf_lsa_hdr *ospf_bed_find_lsa(const struct bed_sent *sent, u8 type, be32 id)
{
	u32 at = sizeof(struct ospf_hdr) + 4;

	if (sent == NULL)
		return NULL;
	while (at < be16_host(((const struct ospf_hdr *)(const void *)sent->msg)->len)) {
		const struct ospf_lsa_hdr *hdr = (const void *)(sent->msg + at);

		if (hdr->type == type && be32_eq(hdr->id, id))
			return hdr;
		at += be16_host(hdr->len);
	}
	return NULL;
}

struct ospf_summary_lsa ospf_bed_summary(be32 adv, u32 id, u32 seq, u16 age)
{
	struct ospf_summary_lsa lsa = {
		.hdr = { .age = be16_of(age),
			 .options = OSPF_OPT_E,
			 .type = OSPF_SUMMARY_LSA,
			 .id = be32_of(id),
			 .adv = adv,
			 .seq = be32_of(seq),
			 .len = be16_of(sizeof lsa) },
		.mask = be32_of(0xffffff00),
		.metric = be32_of(10),
	};

	ospf_lsa_sign((u8 *)&lsa, sizeof lsa);
	return lsa;
}

bool ospf_bed_logged(struct ospf_bed *bed, const char *text)
{
	struct speaker_event event;
	bool found = false;

	while (speaker_log_take(&bed->log, &event))
		found = found || strstr(event.text, text) != NULL;
	return found;
}
