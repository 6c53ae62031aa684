/* Services for the target of the whole road, few enough that packets meet them: which there are,
 * and what a reload makes of them.                                                               */
#ifndef TEST_FUZZ_SERVICES_H
#define TEST_FUZZ_SERVICES_H

#include <stdio.h>

#include "fake/engine.h"
#include "fuzz/input.h"

enum { SERVICES_MAX = 3, SERVICE_BACKENDS = 4 };

/* The last one is not there: nobody answers for it. */
static inline be32 service_backend(u32 at)
{
	static const char *const known[SERVICE_BACKENDS] = { "10.10.0.11", "10.10.0.12",
							     "10.20.0.11", "10.10.0.66" };

	return addr(known[at]);
}

/* Some ports as they are, one, ports moved; or all that there is. */
static inline u16 service_ports(struct service_conf *service, u8 choice)
{
	static const struct {
		u16 first, last, backend;
	} kinds[] = { { 80, 86, 0 }, { 81, 81, 0 }, { 80, 83, 84 }, { 85, 85, 80 } };
	u32 kind = choice & 3;

	service->proto = (choice & 4) != 0 ? IP_PROTO_UDP : IP_PROTO_TCP;
	if ((choice & 24) == 24) {
		service->proto = 0;
		return 0;
	}
	service->port_first = kinds[kind].first;
	service->port_last = kinds[kind].last;
	return kinds[kind].backend;
}

/* Behind the gateway's own address, behind one that a pool may have, or behind one of its own. */
static inline void service_address(struct service_conf *service, u8 choice)
{
	static const char *const known[] = { "198.18.0.1", "198.18.1.0", "198.18.0.66" };

	if (choice % 4 == 3)
		service->addr_if = RIG_OUT;
	else
		service->addr = addr(known[choice % 4]);
}

/* A set of them, which is never empty; one of them may be drained. */
static inline void service_backends(struct balance_conf *balance, struct service_conf *service,
				    u16 port, u8 choice)
{
	u8 set = (choice & 15) != 0 ? choice & 15 : 15;

	service->backend_first = (u16)balance->backend_count;
	for (u32 at = 0; at < SERVICE_BACKENDS; at++) {
		if ((set >> at & 1) == 0)
			continue;
		balance->backend[balance->backend_count++] = (struct backend_conf){
			.addr = service_backend(at),
			.port = port,
			.weight = (u16)(1 + (choice >> 4 & at)),
			.drain = (choice & 64) != 0 && (choice >> 4 & 3) == at,
		};
	}
	service->backend_count = (u16)(balance->backend_count - service->backend_first);
}

static inline void service_draw(struct balance_conf *balance, struct input *in)
{
	static const u32 slow_start_s[] = { 0, 0, 3, 30 }, drain_s[] = { 1, 20, 300, 0 };
	u32 at = balance->service_count++;
	struct service_conf *service = &balance->service[at];
	u8 choice = next_byte(in);
	u16 port;

	service_conf_defaults(service);
	snprintf(service->name, sizeof service->name, "s%u", at);
	service_address(service, choice >> 6);
	port = service_ports(service, choice);
	choice = next_byte(in);
	service->method = (enum balance_method)((choice & 3) % (BALANCE_LEAST + 1));
	service->hairpin = (choice & 4) != 0;
	service->slow_start_s = slow_start_s[choice >> 3 & 3];
	service->drain_s = drain_s[choice >> 5 & 3];
	service_backends(balance, service, port, next_byte(in));
}

/* All of them anew: none to SERVICES_MAX. */
static inline void services_draw(struct balance_conf *balance, struct input *in)
{
	u32 count = next_byte(in) % (SERVICES_MAX + 1);

	balance->service_count = balance->backend_count = 0;
	for (u32 n = 0; n < count; n++)
		service_draw(balance, in);
}

static inline void services_limits(struct balance_conf *balance)
{
	balance->service_limit = SERVICES_MAX;
	balance->backend_limit = SERVICES_MAX * SERVICE_BACKENDS;
	balance->table_size = BALANCE_TABLE_MIN;
}

/* One that stays has others behind it. Those of services behind it in the list move along. */
static inline void service_change(struct balance_conf *balance, u32 which, struct input *in)
{
	const struct balance_conf old = *balance;
	u8 choice = next_byte(in);

	balance->backend_count = 0;
	for (u32 n = 0; n < balance->service_count; n++) {
		struct service_conf *service = &balance->service[n];
		const struct backend_conf *was = &old.backend[old.service[n].backend_first];

		if (n == which) {
			service_backends(balance, service, was->port, choice);
			continue;
		}
		service->backend_first = (u16)balance->backend_count;
		for (u32 k = 0; k < service->backend_count; k++)
			balance->backend[balance->backend_count++] = was[k];
	}
}

#endif
