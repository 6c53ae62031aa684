/* Walking options. */
#include "core/wire/tcp_opt.h"

const u8 *tcp_opt_next(const struct tcp_hdr *tcp, const u8 *opt)
{
	const u8 *end = (const u8 *)tcp + tcp_hlen(tcp);

	opt = opt == NULL ? (const u8 *)tcp + TCP_HLEN_MIN : opt + opt[1];
	while (opt < end && *opt == TCP_OPT_NOP)
		opt++;
	if (end - opt < 2 || *opt == TCP_OPT_END || opt[1] < 2 || opt[1] > end - opt)
		return NULL;
	return opt;
}

const u8 *tcp_opt_find(const struct tcp_hdr *tcp, u8 kind, u32 size)
{
	for (const u8 *opt = tcp_opt_next(tcp, NULL); opt != NULL; opt = tcp_opt_next(tcp, opt)) {
		if (opt[0] == kind && opt[1] == size)
			return opt;
	}
	return NULL;
}
