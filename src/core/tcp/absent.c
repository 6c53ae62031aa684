/* The stack where there is none: limits of zero. It takes no segment, makes no connection and has
 * nothing to say, so that whoever owns one need not ask whether it is there.                     */
#include "core/tcp/tcp.h"

void tcp_conf_defaults(struct tcp_conf *conf)
{
	memset(conf, 0, sizeof *conf);
}

void tcp_sockopt_defaults(struct tcp_sockopt *opt)
{
	memset(opt, 0, sizeof *opt);
}

const char *tcp_error_text(enum tcp_error error)
{
	return error == TCP_ERR_NONE ? "none" : "there is no TCP";
}

void tcp_layout(struct tcp *tcp, const struct tcp_conf *conf, struct mem *mem)
{
	(void)mem;
	memset(tcp, 0, sizeof *tcp);
	tcp->conf = *conf;
}

void tcp_init(struct tcp *tcp, const struct tcp_conf *conf, struct pkt_pool *pool,
	      const u8 seed[32], ns_t now)
{
	(void)conf;
	(void)seed;
	(void)now;
	tcp->pool = pool;
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
	return false;
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
	(void)icmp;
	(void)now;
}

enum err tcp_connect(struct tcp *tcp, const struct tcp_open *open, tcp_id *id, ns_t now)
{
	(void)tcp;
	(void)open;
	(void)id;
	(void)now;
	return ERR_FULL;
}

u32 tcp_write(struct tcp *tcp, tcp_id id, const void *data, u32 bytes, bool more, ns_t now)
{
	(void)tcp;
	(void)id;
	(void)data;
	(void)bytes;
	(void)more;
	(void)now;
	return 0;
}

u32 tcp_read(struct tcp *tcp, tcp_id id, void *to, u32 bytes, ns_t now)
{
	(void)tcp;
	(void)id;
	(void)to;
	(void)bytes;
	(void)now;
	return 0;
}

const u8 *tcp_peek(const struct tcp *tcp, tcp_id id, u32 *bytes)
{
	(void)tcp;
	(void)id;
	*bytes = 0;
	return NULL;
}

void tcp_read_done(struct tcp *tcp, tcp_id id, u32 bytes, ns_t now)
{
	(void)tcp;
	(void)id;
	(void)bytes;
	(void)now;
}

void tcp_shutdown(struct tcp *tcp, tcp_id id, ns_t now)
{
	(void)tcp;
	(void)id;
	(void)now;
}

void tcp_close(struct tcp *tcp, tcp_id id, ns_t now)
{
	(void)tcp;
	(void)id;
	(void)now;
}

void tcp_abort(struct tcp *tcp, tcp_id id, ns_t now)
{
	(void)tcp;
	(void)id;
	(void)now;
}

enum err tcp_set_opt(struct tcp *tcp, tcp_id id, const struct tcp_sockopt *opt, ns_t now)
{
	(void)tcp;
	(void)id;
	(void)opt;
	(void)now;
	return ERR_NOT_FOUND;
}

const struct tcb *tcp_find(const struct tcp *tcp, tcp_id id)
{
	(void)tcp;
	(void)id;
	return NULL;
}

bool tcp_news(struct tcp *tcp, struct tcp_news *news)
{
	(void)tcp;
	(void)news;
	return false;
}

enum err tcp_listen(struct tcp *tcp, const struct tcp_listen *conf, u64 *id)
{
	(void)tcp;
	(void)conf;
	(void)id;
	return ERR_FULL;
}

u64 tcp_accept(struct tcp *tcp, u64 id, u32 owner)
{
	(void)tcp;
	(void)id;
	(void)owner;
	return TCP_ID_NONE;
}

void tcp_unlisten(struct tcp *tcp, u64 id, ns_t now)
{
	(void)tcp;
	(void)id;
	(void)now;
}
