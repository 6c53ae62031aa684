/* Room for checks: each of them one socket, whatever kind it is of. */
#include "prog/run_sockets.h"

#include "host/health/health.h"

enum {
	PORTS_LEAST = 1024, /* that are worth to be chosen from */
	PORT_FIRST = 1024,  /* above the ports of services */
	RANGES_EACH = 2,    /* of data that came out of order */
};

u32 run_sockets_checks(const struct conf *conf, bool from_file)
{
	bool any = from_file;

	for (u32 i = 0; i < conf->service_count && !any; i++)
		any = conf->service[i].check.kind != HEALTH_NONE;
	return any ? conf->backend_limit : 0;
}

/* What nobody has asked for yet. */
static void begin_with_nothing(struct sluice_conf *conf)
{
	struct tcp_conf *tcp = &conf->tcp;

	conf->sockets.op_limit = 1;
	conf->udp.endpoint_limit = conf->udp.datagram_limit = 0;
	conf->udp.group_limit = 1;
	conf->udp.queue_limit = HEALTH_DATAGRAMS;
	tcp->tcb_limit = tcp->air_limit = tcp->time_wait_limit = 0;
	tcp->segment_limit = tcp->range_limit = 0;
	tcp->listener_limit = tcp->half_open_limit = 1;
	tcp->key_limit = tcp->auth_limit = 0;
	tcp->buffer_bytes = 0;
	tcp->send_buffer_max = tcp->recv_buffer_max = HEALTH_BUFFER_BYTES;
	tcp->recv_buffer_start = HEALTH_BUFFER_BYTES;
}

static void add_checks(struct sluice_conf *conf, u32 checks)
{
	struct tcp_conf *tcp = &conf->tcp;

	conf->sockets.sock_limit += checks;
	conf->udp.endpoint_limit += checks;
	conf->udp.datagram_limit += checks * HEALTH_DATAGRAMS;
	tcp->tcb_limit += checks;
	tcp->air_limit += checks;
	tcp->time_wait_limit += checks * HEALTH_TIME_WAITS;
	tcp->segment_limit += checks * HEALTH_SEGMENTS;
	tcp->range_limit += checks * RANGES_EACH;
	tcp->buffer_bytes += (u64)checks * 2 * HEALTH_BUFFER_BYTES;
}

/* Where the host has the addresses, too, its own connections get other ports: two from one port to
 * one server would end each other.                                                               */
static void part_ports(const struct run_facts *facts, struct sock_conf *sockets)
{
	if (!facts->host_port || facts->local_first == 0)
		return;
	if (facts->local_last <= UINT16_MAX - PORTS_LEAST) {
		sockets->port_first = (u16)(facts->local_last + 1);
		sockets->port_last = UINT16_MAX;
	} else if (facts->local_first >= PORT_FIRST + PORTS_LEAST) {
		sockets->port_first = PORT_FIRST;
		sockets->port_last = (u16)(facts->local_first - 1);
	}
}

static bool has_checks(const struct conf *conf)
{
	return run_sockets_checks(conf, false) > 0;
}

void run_sockets_build(const struct run_source *source, const struct run_facts *facts,
		       struct sluice_conf *conf, struct run_errors *errors)
{
	const struct conf *asked = source->conf;
	bool runs = facts->address_limit > 0;
	u32 checks = runs ? facts->check_limit : run_sockets_checks(asked, source->marks != NULL);

	if (runs && checks == 0 && has_checks(asked))
		run_error(errors,
			  "%s: the gateway was started without memory for checks of backends: it "
			  "has to be started again",
			  run_asked_by(source, asked->service, "services").text);
	if (checks > 0 && conf->sockets.sock_limit == 0)
		begin_with_nothing(conf);
	if (checks > 0)
		add_checks(conf, checks);
	part_ports(facts, &conf->sockets);
}
