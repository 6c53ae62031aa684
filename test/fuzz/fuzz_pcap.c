/* Captures of any bytes, read to their end and written again: what was read is read once more.
 *
 *     the input is the file                                                                      */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/bed.h"
#include "host/io/pcap.h"

enum { PATH_SIZE = 64, BATCHES_MAX = 64 };

struct tally {
	u64 packets;
	u64 bytes;
	u64 content; /* of every byte and its place */
	u64 times;
	bool timeless; /* one had no time, or one that no capture can hold */
};

static void count(struct tally *tally, const struct pkt *pkt)
{
	tally->packets++;
	tally->bytes += pkt_frame_len(pkt);
	tally->times = tally->times * 31 + pkt->rx_ns;
	tally->timeless |= pkt->rx_ns == 0 || pkt->rx_ns / NS_PER_SEC > UINT32_MAX;
	for (u32 n = 0; n < pkt_frame_len(pkt); n++)
		tally->content = tally->content * 31 + pkt_frame(pkt)[n];
}

static int file_new(const u8 *data, size_t size, char path[PATH_SIZE])
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, PATH_SIZE, "/proc/self/fd/%d", fd);
	return fd;
}

static struct tally copy(struct bed *bed, const char *from, const char *to)
{
	struct pcap_conf conf = { .name = "capture", .read_path = from, .write_path = to };
	struct tally tally = { 0 };
	char why[256];
	struct port *port = pcap_port_open(&conf, why, sizeof why);

	if (port == NULL) {
		CHECK(why[0] != 0);
		return tally;
	}
	for (u32 n = 0; n < BATCHES_MAX && !pcap_port_ended(port); n++) {
		(void)port_rx(port, &bed->pool, &bed->out);
		for (u32 at = 0; at < bed->out.count; at++) {
			const struct pkt *pkt = bed->out.pkt[at];

			CHECK(pkt->l2 <= pkt->l3 && pkt->l3 + pkt->len <= pkt->buf_size);
			CHECK(((pkt->flags & PKT_RAW_IP) != 0) == (pkt->l2 == pkt->l3));
			count(&tally, pkt);
		}
		(void)port_tx(port, &bed->out);
		CHECK(bed->out.count == 0);
	}
	port_close(port);
	return tally;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct bed *bed;
	char from[PATH_SIZE], to[PATH_SIZE];
	struct tally first, second;
	int source, target;

	if (bed == NULL)
		bed = bed_new();
	source = file_new(data, size, from);
	target = file_new(NULL, 0, to);
	first = copy(bed, from, to);
	second = copy(bed, to, NULL);
	CHECK(first.packets == second.packets && first.bytes == second.bytes);
	CHECK(first.content == second.content);
	CHECK(first.timeless || first.times == second.times);
	(void)close(source);
	(void)close(target);
	bed_check(bed);
	return 0;
}
