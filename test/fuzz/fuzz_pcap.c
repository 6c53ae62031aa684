/* Captures of any bytes, read to their end and written again: what was read is read once more.
 *
 *     the input is the file                                                                      */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/bed.h"
#include "host/io/pcap.h"

enum { PATH_SIZE = 64, BATCHES_MAX = 64, FIRST_MAX = 128, FILE_HLEN = 24, RECORD_HLEN = 16 };

struct tally {
	u64 packets;
	u64 bytes;
	u64 content; /* of every byte and its place */
	u64 times;
	u32 first_len; /* of the first packet */
	u8 first[FIRST_MAX];
	bool timeless; /* one had no time, or one that no capture can hold */
};

static void count(struct tally *tally, const struct pkt *pkt)
{
	if (tally->packets == 0) {
		tally->first_len = pkt_frame_len(pkt);
		memcpy(tally->first, pkt_frame(pkt), u32_min(tally->first_len, FIRST_MAX));
	}
	tally->packets++;
	tally->bytes += pkt_frame_len(pkt);
	tally->times = tally->times * 31 + pkt->rx_ns;
	tally->timeless |= pkt->rx_ns == 0 || pkt->rx_ns / NS_PER_SEC > INT32_MAX;
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

static u32 word(const u8 *at)
{
	u32 value;

	memcpy(&value, at, sizeof value);
	return value;
}

/* The first record of a plain capture of raw packets, if nothing is odd about it, is the first
 * packet.                                                                                        */
static void judge_first(const struct tally *tally, const u8 *data, size_t size)
{
	const u8 *record = data + FILE_HLEN;
	u32 len;

	if (size < FILE_HLEN + RECORD_HLEN || word(data) != 0xa1b2c3d4 || word(data + 20) != 101)
		return;
	len = word(record + 8);
	if (word(data + 4) != 0x00040002 || word(data + 16) < 65535 || len != word(record + 12) ||
	    len == 0 || len > 65535 || len > size - FILE_HLEN - RECORD_HLEN)
		return;
	CHECK(tally->packets > 0 && tally->first_len == len);
	CHECK(memcmp(tally->first, record + RECORD_HLEN, u32_min(len, FIRST_MAX)) == 0);
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
	judge_first(&first, data, size);
	second = copy(bed, to, NULL);
	CHECK(first.packets == second.packets && first.bytes == second.bytes);
	CHECK(first.content == second.content);
	CHECK(first.timeless || first.times == second.times);
	(void)close(source);
	(void)close(target);
	bed_check(bed);
	return 0;
}
