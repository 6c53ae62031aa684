/* Addresses and prefixes as text. */
#include "core/routing/prefix.h"
#include "core/base/text.h"

/* Decimal, without superfluous zeros in front, at most `most`. */
static bool number_parse(const char **at, u32 most, u32 *out)
{
	const char *from = *at;
	u32 value = 0;

	if (*from == '0' && from[1] >= '0' && from[1] <= '9')
		return false;
	for (; **at >= '0' && **at <= '9'; ++*at) {
		value = value * 10 + (u32)(**at - '0');
		if (value > most)
			return false;
	}
	*out = value;
	return *at != from;
}

static bool ip4_parse(const char **at, u32 *out)
{
	*out = 0;
	for (u32 part = 0; part < 4; part++) {
		u32 value;

		if (part > 0 && *(*at)++ != '.')
			return false;
		if (!number_parse(at, 255, &value))
			return false;
		*out = *out << 8 | value;
	}
	return true;
}

bool ip_addr_parse(const char *text, struct ip_addr *out)
{
	u32 addr;

	if (!ip4_parse(&text, &addr) || *text != '\0')
		return false;
	*out = ip_addr4(be32_of(addr));
	return true;
}

bool ip_prefix_parse(const char *text, struct ip_prefix *out)
{
	u32 addr, len = 32;

	if (!ip4_parse(&text, &addr))
		return false;
	if (*text == '/') {
		text++;
		if (!number_parse(&text, 32, &len))
			return false;
	}
	if (*text != '\0')
		return false;
	*out = ip_prefix4(be32_of(addr), (u8)len);
	return be32_host(out->addr.word[0]) == addr;
}

/* Groups of 16 bits in hexadecimal; the shortest form is for people who type. */
static void ip6_print(struct text *text, const struct ip_addr *addr)
{
	for (u32 at = 0; at < 8; at++) {
		u32 word = be32_host(addr->word[at / 2]);

		if (at > 0)
			text_char(text, ':');
		text_hex(text, at % 2 == 0 ? word >> 16 : word & 0xffff, 1);
	}
}

static void addr_print(struct text *text, const struct ip_addr *addr)
{
	switch (addr->family) {
	case FAMILY_IP4: text_ip4(text, addr->word[0]); break;
	case FAMILY_IP6: ip6_print(text, addr); break;
	default: text_str(text, "none"); break;
	}
}

void ip_addr_print(const struct ip_addr *addr, char *out, u32 size)
{
	struct text text;

	text_init(&text, out, size);
	addr_print(&text, addr);
}

void ip_prefix_print(const struct ip_prefix *prefix, char *out, u32 size)
{
	struct text text;

	text_init(&text, out, size);
	addr_print(&text, &prefix->addr);
	text_char(&text, '/');
	text_u64(&text, prefix->len);
}
