/* Messages of RIP as bytes. */
#include "core/routing/rip/rip_msg.h"
#include "core/wire/ip4.h"

struct WIRE rip_header {
	u8 command;
	u8 version;
	be16 unused;
};

struct WIRE rip_wire_entry {
	be16 family;
	be16 tag;
	be32 addr;
	be32 mask;
	be32 next_hop;
	be32 metric;
};

_Static_assert(sizeof(struct rip_header) == RIP_HEADER_LEN, "RFC 2453 section 3.6");
_Static_assert(sizeof(struct rip_wire_entry) == RIP_ENTRY_LEN, "RFC 2453 section 4");

void rip_entry_read(const u8 at[RIP_ENTRY_LEN], struct rip_entry *entry)
{
	struct rip_wire_entry wire;

	memcpy(&wire, at, sizeof wire);
	*entry = (struct rip_entry){
		.family = be16_host(wire.family),
		.tag = be16_host(wire.tag),
		.addr = wire.addr,
		.mask = wire.mask,
		.next_hop = wire.next_hop,
		.metric = be32_host(wire.metric),
	};
}

void rip_entry_write(u8 at[RIP_ENTRY_LEN], const struct rip_entry *entry)
{
	struct rip_wire_entry wire = {
		.family = be16_of(entry->family),
		.tag = be16_of(entry->tag),
		.addr = entry->addr,
		.mask = entry->mask,
		.next_hop = entry->next_hop,
		.metric = be32_of(entry->metric),
	};

	memcpy(at, &wire, sizeof wire);
}

void rip_header_write(u8 at[RIP_HEADER_LEN], enum rip_command command)
{
	struct rip_header header = { .command = (u8)command, .version = RIP_VERSION };

	memcpy(at, &header, sizeof header);
}

enum rip_msg_error rip_msg_header(const u8 *at, u32 len_bytes, enum rip_command *command)
{
	struct rip_header header;

	if (len_bytes < sizeof header || len_bytes > RIP_MSG_MAX)
		return RIP_MSG_LENGTH;
	memcpy(&header, at, sizeof header);
	if (header.version == 0)
		return RIP_MSG_VERSION0;
	if (header.version == 1)
		return RIP_MSG_VERSION1;
	if (header.command != RIP_REQUEST && header.command != RIP_RESPONSE)
		return RIP_MSG_COMMAND;
	*command = (enum rip_command)header.command;
	return RIP_MSG_OK;
}

/* Of the network that an address is in by its class: 8, 16 or 24. */
static u8 class_len(u32 addr)
{
	if ((addr & 0x80000000u) == 0)
		return 8;
	return (addr & 0x40000000u) == 0 ? 16 : 24;
}

static u8 guess_len(u32 addr, u32 link_addr, u8 link_len)
{
	u8 len = class_len(addr);
	u32 mask = UINT32_MAX << (32 - len);

	if ((addr & ~mask) == 0)
		return len;
	if (link_len > len && link_len < 32 && ((addr ^ link_addr) & mask) == 0 &&
	    (addr & UINT32_MAX >> link_len) == 0)
		return link_len;
	return 32;
}

static bool is_unicast(be32 addr)
{
	return !ip4_is_zeronet(addr) && !ip4_is_loopback(addr) && !ip4_is_multicast(addr) &&
	       !ip4_is_class_e(addr);
}

enum rip_dest_error rip_entry_dest(const struct rip_entry *entry, be32 link_addr, u8 link_len,
				   u8 *len)
{
	u32 addr = be32_host(entry->addr), mask = be32_host(entry->mask);

	if (addr == 0 && mask == 0) {
		*len = 0;
		return RIP_DEST_OK;
	}
	if (!is_unicast(entry->addr))
		return RIP_DEST_ADDRESS;
	if (mask == 0) {
		*len = guess_len(addr, be32_host(link_addr), link_len);
		return RIP_DEST_OK;
	}
	if ((~mask & (~mask + 1)) != 0)
		return RIP_DEST_MASK;
	if ((addr & ~mask) != 0)
		return RIP_DEST_ADDRESS;
	*len = (u8)u64_count_bits(mask);
	return RIP_DEST_OK;
}
