/* Text into a given buffer. */
#include "core/base/text.h"
#include "core/base/check.h"

void text_init(struct text *text, char *buf, u32 size)
{
	CHECK(size > 0);
	*text = (struct text){ .at = buf, .size = size };
	buf[0] = '\0';
}

void text_char(struct text *text, char c)
{
	if (text->len + 1 >= text->size) {
		text->cut = true;
		return;
	}
	text->at[text->len++] = c;
	text->at[text->len] = '\0';
}

void text_str(struct text *text, const char *str)
{
	for (; *str != '\0' && !text->cut; str++)
		text_char(text, *str);
}

static void text_digits(struct text *text, u64 value, u32 base, u32 digits_min)
{
	char digits[24];
	u32 count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value > 0 || (count < digits_min && count < sizeof digits));
	while (count > 0)
		text_char(text, digits[--count]);
}

void text_u64(struct text *text, u64 value)
{
	text_digits(text, value, 10, 1);
}

void text_hex(struct text *text, u64 value, u32 digits)
{
	text_digits(text, value, 16, digits);
}

void text_ip4(struct text *text, be32 addr)
{
	u32 host = be32_host(addr);

	for (u32 shift = 32; shift > 0; shift -= 8) {
		text_u64(text, host >> (shift - 8) & 0xff);
		if (shift > 8)
			text_char(text, '.');
	}
}
