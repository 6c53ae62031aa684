/* Local ports in use: a counter for each, and a bit that says whether it is zero. */
#include "core/base/port_use.h"
#include "core/base/check.h"

enum { PORTS = 65536 };

void port_use_layout(struct port_use *use, struct mem *mem, bool on)
{
	*use = (struct port_use){ NULL, NULL };
	if (!on)
		return;
	use->used = mem_take(mem, "local_ports", PORT_USE_KINDS * PORT_USE_WORDS,
			     sizeof *use->used);
	use->users = mem_take(mem, "local_ports", PORT_USE_KINDS * PORTS, sizeof *use->users);
}

void port_use_get(struct port_use *use, enum port_use_kind kind, u16 port)
{
	CHECK(use->used != NULL);
	use->users[(u32)kind * PORTS + port]++;
	use->used[(u32)kind * PORT_USE_WORDS + port / 64] |= UINT64_C(1) << (port % 64);
}

void port_use_put(struct port_use *use, enum port_use_kind kind, u16 port)
{
	u32 *users = &use->users[(u32)kind * PORTS + port];

	CHECK(*users > 0);
	if (--*users == 0)
		use->used[(u32)kind * PORT_USE_WORDS + port / 64] &= ~(UINT64_C(1) << (port % 64));
}

void port_use_check(const struct port_use *use)
{
	if (use->used == NULL)
		return;
	for (u32 kind = 0; kind < PORT_USE_KINDS; kind++) {
		for (u32 port = 0; port < PORTS; port++)
			CHECK((use->users[kind * PORTS + port] > 0) ==
			      port_use_has(use, kind, (u16)port));
	}
}
