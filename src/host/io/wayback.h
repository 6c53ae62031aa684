/* The way back: a device by which frames appear on a taken interface, as if just received. */
#ifndef HOST_IO_WAYBACK_H
#define HOST_IO_WAYBACK_H

#include "core/pkt/pkt.h"
#include "core/wire/eth.h"

enum { WAYBACK_NAME_SIZE = 16 };

struct wayback {
	char name[WAYBACK_NAME_SIZE]; /* of the device */
	int fd;                       /* -1: none */
	bool redirected;              /* frames appear on the taken interface; else on the device */
	struct mac mac;               /* to whom frames for the host are addressed */
};

/* Frames get `mark` on their way to the interface os_index, whose address is mac. */
bool wayback_open(struct wayback *way, u32 os_index, const struct mac *mac, u32 mark, char *why,
		  size_t why_size);
/* 0 or an error number. The packet stays the caller's. */
int wayback_send(const struct wayback *way, const struct pkt *pkt);
void wayback_close(struct wayback *way);
/* Frames with the mark are no longer delivered to the packet socket. */
bool wayback_hide_from(int packet_fd, u32 mark);

#endif
