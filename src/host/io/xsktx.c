/* The rings of an AF_XDP socket that only transmits.
 *
 * A frame's way: free list, transmit ring, kernel, completion ring, free list. The kernel completes
 * a frame when the socket buffer that it made of it is freed or orphaned, so on a card some are out
 * for as long as the card takes.                                                                 */
#include "host/io/xsktx.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <xdp/libxdp.h>
#include <xdp/xsk.h>

enum {
	FRAMES = 1024,
	MEMORY_BYTES = FRAMES * XSKTX_FRAME_BYTES,
	FILL_ENTRIES = 64, /* never used; the kernel wants one */
	SEND_BUFFER = 8 << 20,
	/* So many a system call; 32 before Linux 6.17 (XDP_MAX_TX_SKB_BUDGET). */
	BUDGET = 256,
	OPTION_BUDGET = 9,
	QUEUE = 0,
};

struct xsktx {
	struct xsk_umem *umem;
	struct xsk_socket *socket;
	struct xsk_ring_prod fill;
	struct xsk_ring_cons complete;
	struct xsk_ring_prod tx;
	u8 *memory;
	u32 free_count;
	u32 pending; /* in the transmit ring, as far as is known */
	u64 free[FRAMES];
};

static bool umem_open(struct xsktx *xsk)
{
	const struct xsk_umem_config conf = {
		.fill_size = FILL_ENTRIES,
		.comp_size = FRAMES,
		.frame_size = XSKTX_FRAME_BYTES,
	};

	xsk->memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (xsk->memory == MAP_FAILED) {
		xsk->memory = NULL;
		return false;
	}
	return xsk_umem__create(&xsk->umem, xsk->memory, MEMORY_BYTES, &xsk->fill, &xsk->complete,
				&conf) == 0;
}

static bool socket_open(struct xsktx *xsk, const char *ifname)
{
	const struct xsk_socket_config conf = {
		.tx_size = FRAMES,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = XDP_COPY | XDP_USE_NEED_WAKEUP,
	};
	int size = SEND_BUFFER, budget = BUDGET, fd;

	if (xsk_socket__create(&xsk->socket, ifname, QUEUE, xsk->umem, NULL, &xsk->tx, &conf) != 0)
		return false;
	fd = xsk_socket__fd(xsk->socket);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
	/* Without it each call sends fewer, and there are more of them. */
	(void)setsockopt(fd, SOL_XDP, OPTION_BUDGET, &budget, sizeof budget);
	return true;
}

static int say_nothing(enum libxdp_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

struct xsktx *xsktx_open(const char *ifname)
{
	struct xsktx *xsk = calloc(1, sizeof *xsk);

	if (xsk == NULL)
		return NULL;
	/* That it is not to be had is no news for a user. */
	(void)libxdp_set_print(say_nothing);
	if (!umem_open(xsk) || !socket_open(xsk, ifname)) {
		xsktx_close(xsk);
		return NULL;
	}
	for (u32 frame = 0; frame < FRAMES; frame++)
		xsk->free[xsk->free_count++] = (u64)frame * XSKTX_FRAME_BYTES;
	return xsk;
}

void xsktx_close(struct xsktx *xsk)
{
	if (xsk == NULL)
		return;
	if (xsk->socket != NULL)
		xsk_socket__delete(xsk->socket);
	if (xsk->umem != NULL)
		(void)xsk_umem__delete(xsk->umem);
	if (xsk->memory != NULL)
		(void)munmap(xsk->memory, MEMORY_BYTES);
	free(xsk);
}

static void frames_back(struct xsktx *xsk)
{
	u32 first, count = xsk_ring_cons__peek(&xsk->complete, FRAMES, &first);

	for (u32 at = 0; at < count; at++)
		xsk->free[xsk->free_count++] = *xsk_ring_cons__comp_addr(&xsk->complete,
									 first + at);
	if (count > 0)
		xsk_ring_cons__release(&xsk->complete, count);
}

static u32 ring_pending(struct xsktx *xsk)
{
	u32 produced = __atomic_load_n(xsk->tx.producer, __ATOMIC_RELAXED);

	return produced - __atomic_load_n(xsk->tx.consumer, __ATOMIC_ACQUIRE);
}

void xsktx_flush(struct xsktx *xsk, u32 *refused)
{
	u32 idle = 0;

	/* EAGAIN after a full budget is progress; twice without any, and the device is busy. */
	while (xsk->pending > 0 && idle < 2) {
		u32 before = xsk->pending;
		bool dropped = sendto(xsk_socket__fd(xsk->socket), NULL, 0, MSG_DONTWAIT, NULL, 0) <
				       0 &&
			       errno == EBUSY;

		*refused += dropped;
		xsk->pending = ring_pending(xsk);
		idle = dropped || xsk->pending < before ? 0 : idle + 1;
	}
}

u32 xsktx_send(struct xsktx *xsk, struct pkt *const *pkt, u32 count, u32 *refused)
{
	u32 first, taken;

	if (xsk->free_count < count)
		frames_back(xsk);
	taken = u32_min(count, xsk->free_count);
	if (taken > 0 && xsk_ring_prod__reserve(&xsk->tx, taken, &first) != taken)
		taken = 0;
	for (u32 at = 0; at < taken; at++) {
		struct xdp_desc *desc = xsk_ring_prod__tx_desc(&xsk->tx, first + at);

		desc->addr = xsk->free[--xsk->free_count];
		desc->len = pkt_frame_len(pkt[at]);
		desc->options = 0;
		memcpy(xsk->memory + desc->addr, pkt_frame(pkt[at]), desc->len);
	}
	if (taken > 0) {
		xsk_ring_prod__submit(&xsk->tx, taken);
		xsk->pending += taken;
	}
	xsktx_flush(xsk, refused);
	return taken;
}
