/* Huge pages, tried in this order: reserved ones (hugetlbfs), then ordinary memory that the kernel
 * is asked to back with 2 MiB pages. The second is a wish, so the answer is read back from smaps
 * after every page was touched. With pages of 4 KiB a random look-up into a large table costs a
 * second miss, for the page table.                                                              */
#include "host/os/hugepages.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

enum { HUGE_SIZE = 2 << 20, PAGE_MIN = 4096, SMAPS_LINE = 512 };

static u64 huge_round(u64 bytes)
{
	return (bytes + HUGE_SIZE - 1) / HUGE_SIZE * HUGE_SIZE;
}

/* A mapping of ordinary memory that begins on a 2 MiB border; the ends are given back. */
static u8 *huge_map_aligned(u64 bytes)
{
	u64 room = bytes + HUGE_SIZE;
	u8 *map = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	u64 before;

	if (map == MAP_FAILED)
		return NULL;
	before = huge_round((u64)(uintptr_t)map) - (u64)(uintptr_t)map;
	if (before > 0)
		(void)munmap(map, before);
	if (HUGE_SIZE - before > 0)
		(void)munmap(map + before + bytes, HUGE_SIZE - before);
	return map + before;
}

/* Bytes of the range that lie in transparent huge pages. */
static u64 huge_bytes(const u8 *region, u64 bytes)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	u64 from = (u64)(uintptr_t)region, sum = 0;
	bool inside = false;
	char line[SMAPS_LINE];

	if (smaps == NULL)
		return 0;
	while (fgets(line, sizeof line, smaps) != NULL) {
		u64 begin, end, kib;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &begin, &end) == 2)
			inside = begin < from + bytes && end > from;
		else if (inside && sscanf(line, "AnonHugePages: %" SCNu64 " kB", &kib) == 1)
			sum += kib * 1024;
	}
	(void)fclose(smaps);
	return u64_min(sum, bytes);
}

void *os_region_new(u64 bytes, bool *huge)
{
	u64 size = huge_round(bytes);
	bool got = true;
	u8 *region;

	if (bytes == 0 || size < bytes)
		return NULL;
	region = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	if (region == MAP_FAILED) {
		region = huge_map_aligned(size);
		if (region == NULL)
			return NULL;
		(void)madvise(region, size, MADV_HUGEPAGE);
		for (u64 at = 0; at < size; at += PAGE_MIN)
			((volatile u8 *)region)[at] = 0;
		got = huge_bytes(region, size) >= size / 10 * 9;
	}
	if (huge != NULL)
		*huge = got;
	return region;
}

void os_region_del(void *region, u64 bytes)
{
	if (region != NULL)
		(void)munmap(region, huge_round(bytes));
}
