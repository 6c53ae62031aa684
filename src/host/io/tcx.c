/* The program of tcx_mute: fourteen instructions. */
#include "host/io/tcx.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <unistd.h>

#include "core/wire/eth.h"

/* Newer than the headers of Debian 12. */
enum { ATTACH_TCX_INGRESS = 46 };

#define LOAD(dst, field)                                                                           \
	{                                                                                          \
		BPF_LDX | BPF_MEM | BPF_W, dst, BPF_REG_1, offsetof(struct __sk_buff, field), 0    \
	}
#define STORE(field, src)                                                                          \
	{                                                                                          \
		BPF_STX | BPF_MEM | BPF_W, BPF_REG_1, src, offsetof(struct __sk_buff, field), 0    \
	}
#define SET(dst, value)                                                                            \
	{                                                                                          \
		BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, value                                      \
	}
#define SKIP_UNLESS(dst, value, count)                                                             \
	{                                                                                          \
		BPF_JMP32 | BPF_JNE | BPF_K, dst, 0, count, value                                  \
	}
#define EXIT                                                                                       \
	{                                                                                          \
		BPF_JMP | BPF_EXIT, 0, 0, 0, 0                                                     \
	}

static int program_load(u32 mark)
{
	const struct bpf_insn program[] = {
		LOAD(BPF_REG_2, mark),
		SKIP_UNLESS(BPF_REG_2, (s32)mark, 4),
		SET(BPF_REG_2, 0),
		STORE(mark, BPF_REG_2),
		SET(BPF_REG_0, TC_ACT_UNSPEC),
		EXIT,
		LOAD(BPF_REG_2, vlan_present),
		SKIP_UNLESS(BPF_REG_2, 0, 4),
		LOAD(BPF_REG_2, protocol),
		SKIP_UNLESS(BPF_REG_2, be16_of(ETH_TYPE_IP4).raw, 2),
		SET(BPF_REG_0, TC_ACT_SHOT),
		EXIT,
		SET(BPF_REG_0, TC_ACT_UNSPEC),
		EXIT,
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "sluice", "Apache-2.0", program,
			     ARRAY_COUNT(program), NULL);
}

int tcx_mute(u32 os_index, u32 mark)
{
	int program = program_load(mark), link, err;

	if (program < 0)
		return -1;
	link = bpf_link_create(program, (int)os_index, (enum bpf_attach_type)ATTACH_TCX_INGRESS,
			       NULL);
	err = errno;
	(void)close(program);
	errno = err;
	return link < 0 ? -1 : link;
}
