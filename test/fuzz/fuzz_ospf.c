/* Anything that two neighbours may say to a speaker, in any order, at any time: every invariant
 * holds after every step, and when it stops nothing is left.                                     */
#include "fake/ospf_bed.h"
#include "fuzz/input.h"

enum { STEPS_MAX = 200, BODY_MAX = 512, NBRS = 3 };

struct stage {
	struct ospf_bed *bed;
	struct bed_nbr nbr[NBRS];
	struct input in;
};

static void set_up(struct stage *stage, u8 setup)
{
	struct ospf_area_conf *area;

	area = &stage->bed->conf.area[0];
	stage->nbr[0] = (struct bed_nbr){
		.iface = BED_PTP, .rid = BED_HIGH, .addr = be32_of(0x0a000002), .priority = 1
	};
	stage->nbr[1] = (struct bed_nbr){ .iface = BED_LAN,
					  .rid = BED_LOW,
					  .priority = 3,
					  .addr = be32_of(0x0a000102),
					  .dr = be32_of(0x0a000102) };
	stage->nbr[2] = (struct bed_nbr){ .iface = BED_LAN,
					  .rid = be32_of(0x07070707),
					  .addr = be32_of(0x0a000103) };
	stage->bed->conf.rxmt_limit = 16;
	stage->bed->conf.lsa_limit = (setup & 1) != 0 ? 16 : 64;
	stage->bed->conf.route_limit = 16;
	if ((setup & 2) != 0) {
		/* A border router: the link is in another area. */
		ospf_area_conf_defaults(&stage->bed->conf.area[1], 1);
		area = &stage->bed->conf.area[1];
		stage->bed->conf.area_count = 2;
		stage->bed->conf.iface[BED_PTP].area_id = 1;
		area->kind = (setup >> 2) % 3;
		area->nssa_default = area->kind == OSPF_AREA_NSSA && (setup & 16) != 0;
		area->no_summary = area->kind != OSPF_AREA_NORMAL && (setup & 32) != 0;
	}
	ospf_bed_start(stage->bed);
	if ((setup & 64) != 0)
		ospf_bed_to_full(stage->bed, &stage->nbr[0]);
	if ((setup & 128) != 0)
		ospf_bed_hello(stage->bed, &stage->nbr[1], true);
}

/* An LSA whose header makes sense and whose body is anything, or what one of its type has. */
static u32 draw_lsa(struct stage *stage, u8 *out)
{
	static const u32 ids[] = { 0x05050505, 0x09090909, 0x01010101, 0x0a000101,
				   0x0a000102, 0x0a630000, 0x0a6300ff, 0 };
	static const u32 metrics[] = { 1, 10, 0xffffff, 0x8000000a };
	u8 which = next_byte(&stage->in), what = next_byte(&stage->in);
	u8 body[BODY_MAX] = { 0 };
	const u8 *given;
	struct ospf_lsa_hdr hdr = { .type = 1 + which % 8,
				    .options = what & (OSPF_OPT_E | OSPF_OPT_NP),
				    .id = be32_of(ids[which >> 5]),
				    .adv = be32_of(ids[what >> 5]),
				    .seq = be32_of(OSPF_SEQ_INITIAL + next_byte(&stage->in)) };
	u32 len = next_byte(&stage->in) & 63;

	if ((what & 1) != 0)
		hdr.age = be16_of((what & 4) != 0 ? OSPF_MAX_AGE : next_u16(&stage->in));
	if ((what & 16) != 0)
		hdr.seq = be32_of(next_u32(&stage->in));
	if (hdr.type == OSPF_SUMMARY_LSA || hdr.type == OSPF_ASBR_LSA ||
	    hdr.type == OSPF_EXTERNAL_LSA || hdr.type == OSPF_NSSA_LSA) {
		be32_store(body, be32_of(ip4_mask(len % 33)));
		be32_store(body + 4, be32_of(metrics[next_byte(&stage->in) % 4]));
		be32_store(body + 8, be32_of(ids[next_byte(&stage->in) % 8]));
		len = hdr.type >= OSPF_EXTERNAL_LSA ? 16 : 8;
	} else if (hdr.type == OSPF_ROUTER_LSA) {
		u32 links = len % 5;

		body[0] = next_byte(&stage->in);
		body[3] = (u8)links;
		for (u32 n = 0; n < links; n++) {
			u8 pick = next_byte(&stage->in);
			struct ospf_link link = { .id = be32_of(ids[pick & 7]),
						  .data = be32_of(ids[pick >> 3 & 7]),
						  .type = 1 + (pick >> 6),
						  .metric = be16_of(next_byte(&stage->in)) };

			memcpy(body + 4 + n * sizeof link, &link, sizeof link);
		}
		len = 4 + links * 12;
	} else {
		len = next_bytes(&stage->in, len, &given);
		memcpy(body, given, len);
	}
	hdr.len = be16_of((u16)(sizeof hdr + len));
	memcpy(out, &hdr, sizeof hdr);
	memcpy(out + sizeof hdr, body, len);
	ospf_lsa_sign(out, (u32)sizeof hdr + len);
	return (u32)sizeof hdr + len;
}

static void step_lsupd(struct stage *stage, const struct bed_nbr *nbr)
{
	u8 body[BODY_MAX * 4];
	u32 count = 1 + next_byte(&stage->in) % 3, len = 4;

	for (u32 n = 0; n < count; n++)
		len += draw_lsa(stage, body + len);
	be32_store(body, be32_of(count));
	ospf_bed_say(stage->bed, nbr, OSPF_LSUPD, body, len);
}

static void step_dd(struct stage *stage, struct bed_nbr *nbr)
{
	u8 how = next_byte(&stage->in), lsa[BODY_MAX * 2];
	struct ospf_nbr *own = ospf_bed_nbr(stage->bed, nbr);
	u8 headers[4 * sizeof(struct ospf_lsa_hdr)];
	u32 count = how >> 5 & 3;

	/* As it ought to go on, or not. */
	if (own != NULL && (how & 8) == 0)
		nbr->dd_seq = own->dd_seq + ((how & 16) != 0);
	else
		nbr->dd_seq += (how >> 4 & 1);
	for (u32 n = 0; n < count; n++) {
		(void)draw_lsa(stage, lsa);
		memcpy(headers + n * sizeof(struct ospf_lsa_hdr), lsa, sizeof(struct ospf_lsa_hdr));
	}
	ospf_bed_dd(stage->bed, nbr, how & 7, headers, count);
}

static void step_req_or_ack(struct stage *stage, const struct bed_nbr *nbr, bool ack)
{
	u8 lsa[BODY_MAX * 2];
	struct ospf_lsa_hdr hdr;
	struct ospf_req req;

	(void)draw_lsa(stage, lsa);
	memcpy(&hdr, lsa, sizeof hdr);
	req = (struct ospf_req){ be32_of(hdr.type), hdr.id, hdr.adv };
	if (ack)
		ospf_bed_ack(stage->bed, nbr, &hdr);
	else
		ospf_bed_say(stage->bed, nbr, OSPF_LSREQ, &req, sizeof req);
}

/* The administrator does something. */
static void step_conf(struct stage *stage, u8 how)
{
	struct ospf_bed *bed = stage->bed;
	struct iface *iface = &bed->ifaces.iface[how & 1];

	switch (how >> 1 & 7) {
	case 0: iface->up = !iface->up; break;
	case 1: iface->conf.addr[0].addr.raw ^= be32_of(0x40).raw; break;
	case 2: bed->conf.iface[how & 1].cost++; break;
	case 3: bed->conf.iface[how & 1].priority ^= 1; break;
	case 4: bed->conf.iface[how & 1].type ^= 1; break;
	case 5: bed->conf.area[bed->conf.area_count - 1].range_count ^= 1; break;
	case 6: bed->conf.router_id ^= 0x100; break;
	default: bed->conf.iface[how & 1].passive ^= 1; break;
	}
	ospf_ifaces(&bed->ospf, bed->now);
	ospf_check(&bed->ospf);
	if (ospf_configure(&bed->ospf, &bed->conf, bed->now) != ERR_OK)
		CHECK(ospf_conf_wrong(&bed->conf) != NULL);
	ospf_check(&bed->ospf);
}

static void step_raw(struct stage *stage, const struct bed_nbr *nbr, u8 how)
{
	const u8 *bytes;
	u32 len = next_bytes(&stage->in, next_byte(&stage->in), &bytes);

	if ((how & 1) != 0)
		ospf_bed_packet(stage->bed, nbr->iface, bytes, len);
	else
		ospf_bed_say(stage->bed, nbr, 1 + how / 2 % 5, bytes, len);
}

static void step(struct stage *stage)
{
	u8 what = next_byte(&stage->in);
	struct bed_nbr *nbr = &stage->nbr[(what >> 4) % NBRS];

	ospf_bed_forget(stage->bed);
	switch (what & 15) {
	case 0:
	case 1:
	case 2: step_lsupd(stage, nbr); break;
	case 3:
	case 4: step_dd(stage, nbr); break;
	case 5:
		nbr->bdr = (what & 128) != 0 ? nbr->addr : be32_of(0x0a000101);
		ospf_bed_hello(stage->bed, nbr, true);
		break;
	case 6: ospf_bed_hello(stage->bed, nbr, (what & 128) != 0); break;
	case 7: step_req_or_ack(stage, nbr, false); break;
	case 8: step_req_or_ack(stage, nbr, true); break;
	case 9:
		if (ospf_bed_nbr(stage->bed, nbr) != NULL)
			ospf_bed_ack_all(stage->bed, nbr);
		break;
	case 10:
	case 11: ospf_bed_wait(stage->bed, NS_PER_MS << next_byte(&stage->in) % 17); break;
	case 12: step_conf(stage, next_byte(&stage->in)); break;
	case 13: stage->bed->refuse = (what & 16) != 0; break;
	default: step_raw(stage, nbr, next_byte(&stage->in)); break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct ospf_bed *bed;
	struct stage stage = { .in = { data, size } };

	if (bed == NULL) {
		bed = ospf_bed_new();
		ospf_bed_start(bed);
	}
	ospf_bed_reset(bed);
	stage.bed = bed;
	set_up(&stage, next_byte(&stage.in));
	for (u32 count = 0; count < STEPS_MAX && stage.in.left > 0; count++)
		step(&stage);
	/* Silence: neighbours go, and the speaker is quiet. */
	stage.bed->refuse = false;
	ospf_bed_wait(stage.bed, 200 * NS_PER_SEC);
	CHECK(stage.bed->ospf.nbrs.live == 0 && stage.bed->ospf.rxmts.live == 0);
	ospf_stop(&stage.bed->ospf, stage.bed->now);
	while (rib_tick(&stage.bed->rib, stage.bed->now))
		;
	CHECK(stage.bed->ospf.routes.live == 0);
	for (u32 n = 0; n < BED_SOCKS; n++)
		CHECK(!stage.bed->sock[n].open);
	ospf_check(&stage.bed->ospf);
	return 0;
}
