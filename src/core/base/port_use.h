/* Which local ports somebody holds, of TCP and of UDP, and how many do.
 *
 * Sockets count themselves here; address translation looks, so that it hands out no port of an
 * address on which a socket of ours may be spoken to. Addresses are not told apart: a port is held
 * on all that are ours, as it is by a socket that is bound to any.                               */
#ifndef CORE_BASE_PORT_USE_H
#define CORE_BASE_PORT_USE_H

#include "core/base/bytes.h"
#include "core/base/mem.h"

enum port_use_kind { PORT_USE_TCP, PORT_USE_UDP, PORT_USE_KINDS };
enum { PORT_USE_WORDS = 1024 };

struct port_use {
	u64 *used;  /* PORT_USE_WORDS of each kind, a bit for a port; NULL: no port is ever held */
	u32 *users; /* of each port */
};

/* With on false nothing is taken, and nobody may hold a port. */
void port_use_layout(struct port_use *use, struct mem *mem, bool on);
void port_use_get(struct port_use *use, enum port_use_kind kind, u16 port);
void port_use_put(struct port_use *use, enum port_use_kind kind, u16 port);
void port_use_check(const struct port_use *use);

/* Ports of word * 64 .. word * 64 + 63, one bit each. */
static inline u64 port_use_word(const struct port_use *use, enum port_use_kind kind, u32 word)
{
	return use->used == NULL ? 0 : use->used[(u32)kind * PORT_USE_WORDS + word];
}

static inline bool port_use_has(const struct port_use *use, enum port_use_kind kind, u16 port)
{
	return (port_use_word(use, kind, port / 64) >> (port % 64) & 1) != 0;
}

#endif
