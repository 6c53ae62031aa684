/* Finding an option. */
#include "core/wire/tcp_opt.h"

const u8 *tcp_opt_find(const struct tcp_hdr *tcp, u8 kind, u32 size)
{
	const u8 *opt = (const u8 *)tcp + TCP_HLEN_MIN;
	u32 left = tcp_hlen(tcp) - TCP_HLEN_MIN;

	while (left > 0 && *opt != TCP_OPT_END) {
		u32 len = tcp_opt_len(opt, left);

		if (len == 0)
			return NULL;
		if (*opt == kind && len == size)
			return opt;
		opt += len;
		left -= len;
	}
	return NULL;
}
