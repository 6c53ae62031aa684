/* Sockets on the road: an engine that has some. */
#ifndef TEST_UNIT_CORE_PATH_SOCK_BED_H
#define TEST_UNIT_CORE_PATH_SOCK_BED_H

#include "sluice/sock.h"
#include "unit/core_path/rules_bed.h"

static inline void sock_bed_conf(struct path_bed *bed)
{
	bed->conf.sockets.sock_limit = 16;
	bed->conf.sockets.op_limit = 16;
	bed->conf.udp.endpoint_limit = 16;
	bed->conf.udp.datagram_limit = 64;
	bed->conf.udp.queue_limit = 16;
	bed->conf.udp.group_limit = 8;
}

static inline struct path_bed *sock_bed_open(void)
{
	struct path_bed *bed = path_bed_new();

	sock_bed_conf(bed);
	path_bed_start(bed);
	return bed;
}

static inline struct sock_addr at_port(const char *text, u16 port)
{
	return (struct sock_addr){ text == NULL ? (be32){ 0 } : addr(text), be16_of(port) };
}

static inline sock_id sock_bed_socket(struct path_bed *bed, enum sock_kind kind, u8 proto)
{
	sock_id id;

	assert_int_equal(sluice_socket(bed->rig.s, kind, proto, 0, &id), SOCK_OK);
	return id;
}

static inline sock_id sock_bed_udp(struct path_bed *bed, const char *local, u16 port)
{
	sock_id id = sock_bed_socket(bed, SOCK_DGRAM_KIND, 0);
	struct sock_addr own = at_port(local, port);

	assert_int_equal(sluice_bind(bed->rig.s, id, &own), SOCK_OK);
	return id;
}

struct sock_heard {
	enum sock_error error;
	struct sock_info info;
	u32 bytes;
	u8 data[2048];
};

static inline struct sock_heard sock_bed_recv(struct path_bed *bed, sock_id id)
{
	struct sock_heard heard = { .error = SOCK_OK };
	struct sock_buf buf = { .to = heard.data, .bytes = sizeof heard.data };

	heard.error = sluice_recv(bed->rig.s, id, &buf, 0, &heard.info, bed->rig.now);
	heard.bytes = buf.got;
	return heard;
}

static inline enum sock_error sock_bed_send(struct path_bed *bed, sock_id id, const char *dst,
					    u16 port)
{
	struct sock_dgram dgram = { .to = at_port(dst, port), .iface = SOCK_IFACE_ANY };

	return sluice_send_to(bed->rig.s, id, "hello", 5, &dgram);
}

/* To its peer, all of it. */
static inline enum sock_error sock_bed_say(struct path_bed *bed, sock_id id, const char *text)
{
	struct sock_out out = { .data = text, .bytes = (u32)strlen(text) };
	enum sock_error error = sluice_send(bed->rig.s, id, &out, bed->rig.now);

	assert_int_equal(out.sent, error == SOCK_OK ? out.bytes : 0);
	return error;
}

/* What sockets left waiting leaves. */
static inline void sock_bed_turn(struct path_bed *bed)
{
	assert_true(sluice_next(bed->rig.s) <= bed->rig.now);
	rig_advance(&bed->rig, 0);
}

static inline const struct seen *sock_bed_out(struct path_bed *bed)
{
	sock_bed_turn(bed);
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_true(bed->out.parsed);
	assert_int_equal(bed->out.seen.wrong, 0);
	return &bed->out.seen;
}

/* The answer to what came out last. */
static inline void sock_bed_answer(struct path_bed *bed, u16 in_if, u32 bytes)
{
	struct seen seen = bed->out.seen;

	build_udp4(&bed->b, seen.dst, seen.dport, seen.src, seen.sport, bytes);
	assert_true(rig_send(&bed->rig, in_if, &bed->b));
}

static inline enum sock_error sock_bed_number(struct path_bed *bed, sock_id id,
					      enum sock_option option, u64 number)
{
	struct sock_value value = { .number = number, .iface = SOCK_IFACE_ANY };

	return sluice_sock_set(bed->rig.s, id, option, &value, bed->rig.now);
}

static inline enum sock_error sock_bed_join(struct path_bed *bed, sock_id id, const char *group,
					    u16 iface)
{
	struct sock_value value = { .addr = addr(group), .iface = iface };

	return sluice_sock_set(bed->rig.s, id, SOCK_OPT_JOIN, &value, bed->rig.now);
}

#endif
