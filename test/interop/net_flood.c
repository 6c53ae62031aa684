/* net_flood: what bench_net.sh floods a gateway with.
 *
 *   net_flood SECONDS DEVICE MAC SOURCE DEST FLOWS
 *       64-byte UDP frames out of DEVICE: FLOWS of them in turn, or a new flow with every frame
 *       when FLOWS is 0. Says "sent N". Nobody answers; the device behind the gateway counts what
 *       arrives.
 *
 * The frames are made by an XDP program that the kernel runs over frames of its own
 * (BPF_F_TEST_XDP_LIVE_FRAMES, Linux 5.18) and that redirects each to DEVICE: a tenth of what a
 * system call per packet costs, so that the gateway is what limits, not this. DEVICE is an end of a
 * veth pair whose other end has NAPI (`ethtool -K ... gro on`).
 *
 * A new flow differs from the one before in its source port; after PORTS_EACH of them in its
 * destination, from DEST upwards, and where that begins depends on the clock, so that no run meets
 * the flows of the last one.                                                                     */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
	FRAME_BYTES = 60, /* 64 with the check sequence of a wire */
	PORT_FIRST = 1024,
	PORTS_EACH = 32768,
	DESTS = 1 << 14,
	BATCH = 64,
};

struct frame {
	struct ether_header eth;
	struct iphdr ip;
	struct udphdr udp;
	uint8_t data[FRAME_BYTES - 14 - 20 - 8];
} __attribute__((packed));

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint32_t address_of(const char *text)
{
	struct in_addr addr;

	if (inet_pton(AF_INET, text, &addr) != 1) {
		fprintf(stderr, "net_flood: '%s' is no IPv4 address\n", text);
		exit(2);
	}
	return addr.s_addr;
}

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof *attr);
}

/* One 64-bit counter: the number of the next frame. */
static int counter_new(uint64_t first)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_ARRAY,
			       .key_size = sizeof(uint32_t),
			       .value_size = sizeof first,
			       .max_entries = 1 };
	uint32_t key = 0;
	int fd = bpf(BPF_MAP_CREATE, &map);
	union bpf_attr set = { .map_fd = (uint32_t)fd,
			       .key = (uintptr_t)&key,
			       .value = (uintptr_t)&first };

	if (fd < 0 || bpf(BPF_MAP_UPDATE_ELEM, &set) != 0)
		die("an eBPF map");
	return fd;
}

static uint64_t counter_value(int fd)
{
	uint64_t value = 0;
	uint32_t key = 0;
	union bpf_attr get = { .map_fd = (uint32_t)fd,
			       .key = (uintptr_t)&key,
			       .value = (uintptr_t)&value };

	if (bpf(BPF_MAP_LOOKUP_ELEM, &get) != 0)
		die("an eBPF map");
	return value;
}

/* The sum of the header's 16-bit words but destination and checksum, in host order. */
static int32_t header_sum(struct iphdr ip)
{
	uint16_t word[sizeof ip / 2];
	int32_t sum = 0;

	ip.daddr = 0;
	ip.check = 0;
	memcpy(word, &ip, sizeof word);
	for (size_t i = 0; i < sizeof word / sizeof word[0]; i++)
		sum += ntohs(word[i]);
	return sum;
}

#define INSN(code, dst, src, off, imm) { (code), (dst), (src), (off), (imm) }
#define ALU(op, dst, imm)              INSN(BPF_ALU64 | (op) | BPF_K, dst, 0, 0, imm)
#define ALU_REG(op, dst, src)          INSN(BPF_ALU64 | (op) | BPF_X, dst, src, 0, 0)
#define LOAD(size, dst, src, off)      INSN(BPF_LDX | BPF_MEM | (size), dst, src, off, 0)
#define STORE(size, dst, off, src)     INSN(BPF_STX | BPF_MEM | (size), dst, src, off, 0)
#define TO_BE(dst, bits)               INSN(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, bits)
#define CALL(function)                 INSN(BPF_JMP | BPF_CALL, 0, 0, 0, function)
#define HEADER_WORD(n)                 INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_7, 0, 4 * (n), 0)

enum {
	AT_SPORT = offsetof(struct frame, udp) + offsetof(struct udphdr, source),
	AT_DADDR = offsetof(struct frame, ip) + offsetof(struct iphdr, daddr),
	AT_CHECK = offsetof(struct frame, ip) + offsetof(struct iphdr, check),
	HEADER_WORDS = 11, /* up to the UDP checksum and two bytes of data */
};

/* Places in the program: where values are put in, and where jumps begin and end. */
enum place {
	COUNTER_MAP = 2,
	JUMP_NO_COUNTER = 7,
	FLOW_COUNT = 12,
	JUMP_SHORT = 17,
	HEADER_BEGIN = 18,
	DEST_FIRST = HEADER_BEGIN + HEADER_WORDS + 7,
	HEADER_SUM = DEST_FIRST + 8,
	DEVICE = HEADER_SUM + 8,
	ABORT = DEVICE + 4,
};

/* r6 the context, r7 the frame, r8 the number of the flow, then scratch. The kernel uses the memory
 * of its frames again as whoever had them last left it: all of the header is written each time.  */
static const struct bpf_insn program_text[] = {
	ALU_REG(BPF_MOV, BPF_REG_6, BPF_REG_1),
	/* flow = counter++ */
	INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0),
	INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, 0),
	INSN(0, 0, 0, 0, 0),
	ALU_REG(BPF_MOV, BPF_REG_2, BPF_REG_10),
	ALU(BPF_ADD, BPF_REG_2, -4),
	CALL(BPF_FUNC_map_lookup_elem),
	INSN(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, ABORT - JUMP_NO_COUNTER - 1, 0),
	LOAD(BPF_DW, BPF_REG_8, BPF_REG_0, 0),
	ALU_REG(BPF_MOV, BPF_REG_1, BPF_REG_8),
	ALU(BPF_ADD, BPF_REG_1, 1),
	STORE(BPF_DW, BPF_REG_0, 0, BPF_REG_1),
	ALU(BPF_MOD, BPF_REG_8, INT32_MAX),
	/* the frame is there */
	LOAD(BPF_W, BPF_REG_7, BPF_REG_6, offsetof(struct xdp_md, data)),
	LOAD(BPF_W, BPF_REG_2, BPF_REG_6, offsetof(struct xdp_md, data_end)),
	ALU_REG(BPF_MOV, BPF_REG_3, BPF_REG_7),
	ALU(BPF_ADD, BPF_REG_3, FRAME_BYTES),
	INSN(BPF_JMP | BPF_JGT | BPF_X, BPF_REG_3, BPF_REG_2, ABORT - JUMP_SHORT - 1, 0),
	HEADER_WORD(0),
	HEADER_WORD(1),
	HEADER_WORD(2),
	HEADER_WORD(3),
	HEADER_WORD(4),
	HEADER_WORD(5),
	HEADER_WORD(6),
	HEADER_WORD(7),
	HEADER_WORD(8),
	HEADER_WORD(9),
	HEADER_WORD(10),
	/* sport = PORT_FIRST + flow % PORTS_EACH */
	ALU_REG(BPF_MOV, BPF_REG_1, BPF_REG_8),
	ALU(BPF_MOD, BPF_REG_1, PORTS_EACH),
	ALU(BPF_ADD, BPF_REG_1, PORT_FIRST),
	TO_BE(BPF_REG_1, 16),
	STORE(BPF_H, BPF_REG_7, AT_SPORT, BPF_REG_1),
	/* daddr = dest + flow / PORTS_EACH % DESTS, in 32 bits */
	ALU(BPF_DIV, BPF_REG_8, PORTS_EACH),
	ALU(BPF_MOD, BPF_REG_8, DESTS),
	INSN(BPF_ALU | BPF_ADD | BPF_K, BPF_REG_8, 0, 0, 0),
	ALU_REG(BPF_MOV, BPF_REG_1, BPF_REG_8),
	TO_BE(BPF_REG_1, 32),
	STORE(BPF_W, BPF_REG_7, AT_DADDR, BPF_REG_1),
	/* check = ~(sum + both halves of daddr) */
	ALU_REG(BPF_MOV, BPF_REG_1, BPF_REG_8),
	ALU(BPF_AND, BPF_REG_1, 0xffff),
	ALU(BPF_RSH, BPF_REG_8, 16),
	ALU_REG(BPF_ADD, BPF_REG_1, BPF_REG_8),
	ALU(BPF_ADD, BPF_REG_1, 0),
	ALU_REG(BPF_MOV, BPF_REG_2, BPF_REG_1),
	ALU(BPF_RSH, BPF_REG_2, 16),
	ALU(BPF_AND, BPF_REG_1, 0xffff),
	ALU_REG(BPF_ADD, BPF_REG_1, BPF_REG_2),
	ALU(BPF_XOR, BPF_REG_1, 0xffff),
	TO_BE(BPF_REG_1, 16),
	STORE(BPF_H, BPF_REG_7, AT_CHECK, BPF_REG_1),
	ALU(BPF_MOV, BPF_REG_1, 0),
	ALU(BPF_MOV, BPF_REG_2, 0),
	CALL(BPF_FUNC_redirect),
	INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	ALU(BPF_MOV, BPF_REG_0, XDP_ABORTED),
	INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
};
enum { PROGRAM_LEN = sizeof program_text / sizeof program_text[0] };
_Static_assert(PROGRAM_LEN == ABORT + 2, "places in the program");

static int program_new(int counter, int ifindex, const struct frame *frame, uint32_t dest,
		       uint32_t flows)
{
	static char said[16384];
	struct bpf_insn code[PROGRAM_LEN];
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insn_cnt = PROGRAM_LEN,
		.insns = (uintptr_t)code,
		.license = (uintptr_t) "Apache-2.0",
		.log_buf = (uintptr_t)said,
		.log_size = sizeof said,
		.log_level = 1,
	};
	int fd;

	memcpy(code, program_text, sizeof code);
	code[COUNTER_MAP].imm = counter;
	if (flows != 0)
		code[FLOW_COUNT].imm = (int32_t)flows;
	for (size_t i = 0; i < HEADER_WORDS; i++)
		memcpy(&code[HEADER_BEGIN + i].imm, (const char *)frame + 4 * i, 4);
	code[DEST_FIRST].imm = (int32_t)dest;
	code[HEADER_SUM].imm = header_sum(frame->ip);
	code[DEVICE].imm = ifindex;
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0) {
		fputs(said, stderr);
		die("an XDP program");
	}
	return fd;
}

static struct frame frame_new(const char *mac, uint32_t source)
{
	struct frame frame = { .ip = { .version = 4, .ihl = 5, .ttl = 64 } };
	const struct ether_addr *to = ether_aton(mac);

	if (to == NULL) {
		fprintf(stderr, "net_flood: '%s' is no MAC address\n", mac);
		exit(2);
	}
	memcpy(frame.eth.ether_dhost, to, ETH_ALEN);
	frame.eth.ether_shost[0] = 2;
	frame.eth.ether_type = htons(ETHERTYPE_IP);
	frame.ip.protocol = IPPROTO_UDP;
	frame.ip.tot_len = htons(FRAME_BYTES - 14);
	frame.ip.saddr = source;
	/* The UDP checksum stays 0, which is "none". */
	frame.udp.dest = htons(9);
	frame.udp.len = htons(FRAME_BYTES - 14 - 20);
	return frame;
}

static void on_alarm(int signal_number)
{
	/* It only has to interrupt the system call. */
	(void)signal_number;
}

static void alarm_set(double seconds)
{
	struct itimerval timer = { .it_value = { (time_t)seconds,
						 (suseconds_t)(seconds * 1e6) % 1000000 } };
	struct sigaction action = { .sa_handler = on_alarm };

	if (sigaction(SIGALRM, &action, NULL) != 0 || setitimer(ITIMER_REAL, &timer, NULL) != 0)
		die("a timer");
}

int main(int argc, char **argv)
{
	struct frame frame;
	uint64_t first = 0;
	union bpf_attr attr = { 0 };
	uint32_t flows;
	int counter;

	if (argc != 7) {
		fprintf(stderr, "net_flood SECONDS DEVICE MAC SOURCE DEST FLOWS\n");
		return 2;
	}
	frame = frame_new(argv[3], address_of(argv[4]));
	flows = (uint32_t)atoi(argv[6]);
	if (flows == 0)
		first = (uint64_t)time(NULL) % (DESTS / 64) * 64 * PORTS_EACH;
	counter = counter_new(first);
	attr.test.prog_fd = (uint32_t)program_new(counter, (int)if_nametoindex(argv[2]), &frame,
						  ntohl(address_of(argv[5])), flows);
	attr.test.data_in = (uintptr_t)&frame;
	attr.test.data_size_in = sizeof frame;
	attr.test.repeat = UINT32_MAX;
	attr.test.batch_size = BATCH;
	attr.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
	/* Whoever takes the frames goes first. */
	if (sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){ 0 }) != 0)
		die("SCHED_IDLE");
	alarm_set(atof(argv[1]));
	if (bpf(BPF_PROG_TEST_RUN, &attr) == 0 || errno != EINTR)
		die("BPF_PROG_TEST_RUN");
	printf("sent %llu\n", (unsigned long long)(counter_value(counter) - first));
	return 0;
}
