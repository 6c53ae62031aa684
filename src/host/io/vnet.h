/* The facts of virtio_net_hdr (VIRTIO 1.2, 5.1.6), between the kernel's header and a packet. */
#ifndef HOST_IO_VNET_H
#define HOST_IO_VNET_H

#include <linux/virtio_net.h>

#include "core/pkt/pkt.h"

enum { VNET_HLEN = 10 };
_Static_assert(sizeof(struct virtio_net_hdr) == VNET_HLEN, "virtio-net header");

/* pkt has l2, l3 and len. False: the facts point outside the frame, or are of a kind that this
 * program does not know; pkt is unchanged.                                                      */
bool vnet_to_pkt(const struct virtio_net_hdr *vnet, struct pkt *pkt);
/* The header of a frame of which link_len bytes of link header stand before l3. */
void vnet_from_pkt(const struct pkt *pkt, u32 link_len, struct virtio_net_hdr *vnet);
/* Whether the kernel splits UDP segments that it is given (Linux 6.2 and later). */
bool vnet_kernel_has_uso(void);

#endif
