/* A stack that does what the test says: a few control blocks, no segments. It stands where the real
 * one would be linked, so a test that includes it has no other.                                  */
#ifndef TEST_UNIT_CORE_SOCK_FAKE_TCP_H
#define TEST_UNIT_CORE_SOCK_FAKE_TCP_H

#include "core/tcp/tcp.h"

enum { FAKE_TCBS = 8, FAKE_RING = 64, FAKE_LISTENERS = 2, FAKE_NEWS = 32 };

struct fake_tcb {
	struct tcb tcb;
	bool live;
	bool gone;        /* named with its last readiness, found no more */
	u8 in[FAKE_RING]; /* what its peer sent, not read yet */
	u32 in_len;
	u8 out[FAKE_RING]; /* what was written */
	u32 out_len;
	u32 out_room;
	u32 closed;
	u32 shut;
	u32 gen;
	u32 listener; /* waits there to be accepted; IDX_NONE */
	struct tcp_sockopt opt;
};

struct fake_tcp {
	struct fake_tcb tcb[FAKE_TCBS];
	struct tcp_listen listen[FAKE_LISTENERS];
	u32 unlistened;
	struct tcp_news news[FAKE_NEWS];
	u32 news_count;
	enum err connect_err;
	enum err set_err;
	struct tcp_icmp icmp;
	struct fake_keys {
		u32 md5, ao, del_ao, del, own, use; /* how often */
		struct tcp_keys_at at; /* of the last call */
		u32 forgot; /* the ring that was forgotten last */
		enum err err;
		struct tcp_keys_use used;
	} keys;
	u32 open_ring;
	struct tcp_sockopt listener_opt; /* of tcp_listen_set_opt() */
};

static struct fake_tcp fake;

static inline struct fake_tcb *fake_of(tcp_id id)
{
	u32 idx = (u32)id;

	return id != TCP_ID_NONE && idx < FAKE_TCBS && fake.tcb[idx].live &&
			       fake.tcb[idx].gen == (u32)(id >> 32)
		       ? &fake.tcb[idx]
		       : NULL;
}

static inline tcp_id fake_id(u32 idx)
{
	return (u64)fake.tcb[idx].gen << 32 | idx;
}

/* Its readiness from now on, and its owner is to hear of it. */
static inline void fake_say(u32 idx, u8 ready, u8 error)
{
	struct fake_tcb *tcb = &fake.tcb[idx];

	tcb->tcb.ready = ready;
	tcb->tcb.error = error;
	fake.news[fake.news_count++] = (struct tcp_news){ fake_id(idx), tcb->tcb.owner, ready,
							  error };
}

static inline u32 fake_new(const struct tcp_key *key, u32 owner)
{
	for (u32 idx = 0; idx < FAKE_TCBS; idx++) {
		struct fake_tcb *tcb = &fake.tcb[idx];
		u32 gen = tcb->gen + 1;

		if (tcb->live)
			continue;
		memset(tcb, 0, sizeof *tcb);
		tcb->live = true;
		tcb->out_room = FAKE_RING;
		tcb->listener = IDX_NONE;
		tcb->gen = gen;
		tcb->tcb.key = *key;
		tcb->tcb.owner = owner;
		return idx;
	}
	return IDX_NONE;
}

void tcp_conf_defaults(struct tcp_conf *conf)
{
	memset(conf, 0, sizeof *conf);
}

void tcp_sockopt_defaults(struct tcp_sockopt *opt)
{
	memset(opt, 0, sizeof *opt);
	opt->keepalive_idle_ms = 7200000;
}

const char *tcp_error_text(enum tcp_error error)
{
	(void)error;
	return "";
}

void tcp_layout(struct tcp *tcp, const struct tcp_conf *conf, struct mem *mem)
{
	memset(tcp, 0, sizeof *tcp);
	tcp->conf = *conf;
	slab_layout(&tcp->listen.listeners, mem, "listeners", FAKE_LISTENERS,
		    sizeof(struct listener));
}

void tcp_init(struct tcp *tcp, const struct tcp_conf *conf, struct pkt_pool *pool,
	      const u8 seed[32], ns_t now)
{
	(void)conf;
	(void)seed;
	(void)now;
	tcp->pool = pool;
	slab_init(&tcp->listen.listeners);
	memset(&fake, 0, sizeof fake);
}

void tcp_tick(struct tcp *tcp, ns_t now)
{
	(void)tcp;
	(void)now;
}

ns_t tcp_next(const struct tcp *tcp)
{
	(void)tcp;
	return NS_NEVER;
}

void tcp_check(const struct tcp *tcp)
{
	(void)tcp;
}

bool tcp_in(struct tcp *tcp, const struct pkt *pkt, const struct tcp_rx *rx, ns_t now)
{
	(void)tcp;
	(void)pkt;
	(void)rx;
	(void)now;
	return true;
}

bool tcp_output(struct tcp *tcp, struct batch *out, ns_t now)
{
	(void)tcp;
	(void)out;
	(void)now;
	return false;
}

void tcp_icmp_in(struct tcp *tcp, const struct tcp_icmp *icmp, ns_t now)
{
	(void)tcp;
	(void)now;
	fake.icmp = *icmp;
}

enum err tcp_connect(struct tcp *tcp, const struct tcp_open *open, tcp_id *id, ns_t now)
{
	u32 idx;

	(void)tcp;
	(void)now;
	if (fake.connect_err != ERR_OK)
		return fake.connect_err;
	idx = fake_new(&open->key, open->owner);
	if (idx == IDX_NONE)
		return ERR_FULL;
	fake.tcb[idx].opt = open->opt;
	fake.open_ring = open->ring;
	*id = fake_id(idx);
	return ERR_OK;
}

u32 tcp_write(struct tcp *tcp, tcp_id id, const void *data, u32 bytes, bool more, ns_t now)
{
	struct fake_tcb *tcb = fake_of(id);
	u32 fits;

	(void)tcp;
	(void)more;
	(void)now;
	if (tcb == NULL)
		return 0;
	fits = u32_min(bytes, tcb->out_room - tcb->out_len);
	memcpy(tcb->out + tcb->out_len, data, fits);
	tcb->out_len += fits;
	if (tcb->out_len == tcb->out_room)
		tcb->tcb.ready &= (u8)~TCP_WRITABLE;
	return fits;
}

const u8 *tcp_peek(const struct tcp *tcp, tcp_id id, u32 *bytes)
{
	const struct fake_tcb *tcb = fake_of(id);

	(void)tcp;
	*bytes = tcb == NULL ? 0 : tcb->in_len;
	return tcb == NULL ? NULL : tcb->in;
}

void tcp_read_done(struct tcp *tcp, tcp_id id, u32 bytes, ns_t now)
{
	struct fake_tcb *tcb = fake_of(id);

	(void)tcp;
	(void)now;
	if (tcb == NULL)
		return;
	memmove(tcb->in, tcb->in + bytes, tcb->in_len - bytes);
	tcb->in_len -= bytes;
	if (tcb->in_len == 0 && (tcb->tcb.ready & TCP_PEER_DONE) == 0)
		tcb->tcb.ready &= (u8)~TCP_READABLE;
}

u32 tcp_read(struct tcp *tcp, tcp_id id, void *to, u32 bytes, ns_t now)
{
	u32 there;
	const u8 *from = tcp_peek(tcp, id, &there);

	there = u32_min(there, bytes);
	if (there > 0)
		memcpy(to, from, there);
	tcp_read_done(tcp, id, there, now);
	return there;
}

void tcp_shutdown(struct tcp *tcp, tcp_id id, ns_t now)
{
	(void)tcp;
	(void)now;
	fake_of(id)->shut++;
}

void tcp_close(struct tcp *tcp, tcp_id id, ns_t now)
{
	struct fake_tcb *tcb = fake_of(id);

	(void)tcp;
	(void)now;
	if (tcb != NULL)
		tcb->closed++;
}

void tcp_abort(struct tcp *tcp, tcp_id id, ns_t now)
{
	tcp_close(tcp, id, now);
}

enum err tcp_set_opt(struct tcp *tcp, tcp_id id, const struct tcp_sockopt *opt, ns_t now)
{
	(void)tcp;
	(void)now;
	if (fake.set_err == ERR_OK && fake_of(id) != NULL)
		fake_of(id)->opt = *opt;
	return fake.set_err;
}

const struct tcb *tcp_find(const struct tcp *tcp, tcp_id id)
{
	const struct fake_tcb *tcb = fake_of(id);

	(void)tcp;
	return tcb == NULL || tcb->gone ? NULL : &tcb->tcb;
}

bool tcp_news(struct tcp *tcp, struct tcp_news *news)
{
	(void)tcp;
	if (fake.news_count == 0)
		return false;
	*news = fake.news[0];
	memmove(fake.news, fake.news + 1, --fake.news_count * sizeof fake.news[0]);
	return true;
}

static inline struct listener *fake_listener(struct tcp *tcp, u64 id)
{
	return slab_at(&tcp->listen.listeners, (u32)id);
}

enum err tcp_listen(struct tcp *tcp, const struct tcp_listen *conf, u64 *id)
{
	u32 idx = slab_new(&tcp->listen.listeners);

	if (idx == IDX_NONE)
		return ERR_FULL;
	fake.listen[idx] = *conf;
	*id = idx;
	fake_listener(tcp, idx)->owner = conf->owner;
	return ERR_OK;
}

u64 tcp_accept(struct tcp *tcp, u64 id, u32 owner)
{
	for (u32 idx = 0; idx < FAKE_TCBS; idx++) {
		if (fake.tcb[idx].live && fake.tcb[idx].listener == (u32)id) {
			fake.tcb[idx].listener = IDX_NONE;
			fake.tcb[idx].tcb.owner = owner;
			fake_listener(tcp, id)->waiting--;
			return fake_id(idx);
		}
	}
	return TCP_ID_NONE;
}

void tcp_unlisten(struct tcp *tcp, u64 id, ns_t now)
{
	(void)now;
	slab_del(&tcp->listen.listeners, (u32)id);
	fake.unlistened++;
}

/* ---- keys ------------------------------------------------------------------------------------ */

enum err tcp_listen_set_opt(struct tcp *tcp, u64 id, const struct tcp_sockopt *opt)
{
	(void)tcp;
	(void)id;
	if (fake.set_err == ERR_OK)
		fake.listener_opt = *opt;
	return fake.set_err;
}

enum err tcp_keys_set_md5(struct tcp *tcp, const struct tcp_keys_at *at,
			  const struct tcp_auth_secret *secret)
{
	(void)tcp;
	assert_non_null(secret);
	fake.keys.md5++;
	fake.keys.at = *at;
	return fake.keys.err;
}

enum err tcp_keys_add_ao(struct tcp *tcp, const struct tcp_keys_at *at,
			 const struct tcp_ao_key *key)
{
	(void)tcp;
	assert_non_null(key);
	fake.keys.ao++;
	fake.keys.at = *at;
	return fake.keys.err;
}

enum err tcp_keys_del_ao(struct tcp *tcp, const struct tcp_keys_at *at, u8 send_id, u8 recv_id)
{
	(void)tcp;
	fake.keys.del_ao++;
	fake.keys.at = *at;
	fake.keys.used = (struct tcp_keys_use){ TCP_AUTH_AO, send_id, recv_id };
	return fake.keys.err;
}

enum err tcp_keys_del(struct tcp *tcp, const struct tcp_keys_at *at)
{
	(void)tcp;
	fake.keys.del++;
	fake.keys.at = *at;
	return fake.keys.err;
}

void tcp_keys_forget(struct tcp *tcp, u32 ring)
{
	(void)tcp;
	fake.keys.forgot = ring;
}

enum err tcp_keys_own(struct tcp *tcp, u64 id, u32 ring, struct tcp_keys_at *at)
{
	(void)tcp;
	(void)id;
	assert_int_equal(at->ring, ring);
	fake.keys.own++;
	at->peer_len = 32;
	return fake.keys.err;
}

struct tcp_keys_use tcp_keys_used(const struct tcp *tcp, u64 id)
{
	(void)tcp;
	(void)id;
	return fake.keys.used;
}

enum err tcp_keys_use_ao(struct tcp *tcp, u64 id, u8 current_id, u8 rnext_id)
{
	(void)tcp;
	(void)id;
	fake.keys.use++;
	fake.keys.used = (struct tcp_keys_use){ TCP_AUTH_AO, current_id, rnext_id };
	return fake.keys.err;
}

#endif
