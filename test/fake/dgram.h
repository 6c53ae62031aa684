/* Datagram sockets for a speaker without a stack: what it sends is kept, what is put in is heard by
 * the sockets that a stack would give it to.                                                     */
#ifndef TEST_FAKE_DGRAM_H
#define TEST_FAKE_DGRAM_H

#include "core/iface/iface.h"
#include "core/routing/speaker.h"

enum {
	DGRAM_SOCKS = 96,
	DGRAM_BYTES = 640,
	DGRAM_QUEUE = 64,
	DGRAM_OUT = 1024,
	DGRAM_TTL = 64,
};

struct dgram {
	struct sock_addr from;
	struct sock_addr to;
	u16 iface; /* that it leaves or comes by */
	u8 ttl;
	u32 bytes;
	u8 data[DGRAM_BYTES];
};

struct dgram_sock {
	bool open;
	bool bound;
	bool reuse;
	bool loop;
	u16 iface; /* SOCK_IFACE_ANY */
	u16 group_iface;
	be32 group; /* zero: none joined */
	struct sock_addr local;
	u8 ttl;
	u8 group_ttl;
	u8 watch;
	u32 gen;
	u32 first, count;
	struct dgram *queue[DGRAM_QUEUE];
};

struct dgram_host {
	const struct iface_table *ifaces;
	struct dgram_sock sock[DGRAM_SOCKS];
	u32 first, count;
	struct dgram *out[DGRAM_OUT];
	u32 room;               /* datagrams that it takes before it says AGAIN */
	enum sock_error refuse; /* SOCK_OK; what bind answers */
	enum sock_error fail;   /* SOCK_OK; what send_to answers */
};

struct dgram_host *dgram_host_new(const struct iface_table *ifaces);
void dgram_host_del(struct dgram_host *host);
struct speaker_io dgram_io(struct dgram_host *host);
/* What was sent first; false: nothing. */
bool dgram_take(struct dgram_host *host, struct dgram *out);
/* How many sockets heard it. */
u32 dgram_put(struct dgram_host *host, const struct dgram *in);
/* A socket that is ready as it is watched for; false: none. */
bool dgram_ready(const struct dgram_host *host, sock_id *sock, u8 *ready);
u32 dgram_open_count(const struct dgram_host *host);

#endif
