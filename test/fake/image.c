/* Images of engines: private mappings of files in memory. */
#include "fake/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	DIRTY_MAX = 256, /* pages that an image keeps for itself */
	PAGES_MAX = 8192,
};

struct image {
	bool used;
	u64 key;
	u8 *room;        /* the mapping, with a page without access at each end */
	u64 size;        /* between them */
	const u8 *fresh; /* the file once more, for reading */
	struct rig rig;
};

struct images {
	u32 next;    /* the place of the next one */
	int pagemap; /* which pages of this process are written to */
	struct image image[IMAGES_MAX];
};

static void image_fail(const char *what)
{
	perror(what);
	abort();
}

static u8 *image_memory(const struct image *image)
{
	return image->room + RIG_PAGE;
}

static bool image_is_empty(const struct image *image, u64 at)
{
	static const u8 zeros[RIG_PAGE];

	return memcmp(image_memory(image) + at, zeros, RIG_PAGE) == 0;
}

/* Pages of zeros stay holes: they take no memory. */
static void image_write(const struct image *image, int fd)
{
	u64 begin, end;

	for (begin = 0; begin < image->size; begin = end + RIG_PAGE) {
		for (end = begin; end < image->size && !image_is_empty(image, end);)
			end += RIG_PAGE;
		if (end > begin && pwrite(fd, image_memory(image) + begin, end - begin,
					  (off_t)begin) != (ssize_t)(end - begin))
			image_fail("pwrite");
	}
}

static void image_map(const struct image *image, int fd, int kind)
{
	if (mmap(image_memory(image), image->size, PROT_READ | PROT_WRITE, kind | MAP_FIXED, fd,
		 0) == MAP_FAILED)
		image_fail("mmap");
}

/* Built where it will lie; then what was written is put into the file. */
static void image_build(struct image *image, const struct sluice_conf *conf, u64 key)
{
	int fd = memfd_create("engine", MFD_CLOEXEC);

	image->used = true;
	image->key = key;
	image->size = rig_memory_size(conf);
	image->room = mmap(NULL, image->size + 2 * RIG_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	if (fd < 0 || image->room == MAP_FAILED || ftruncate(fd, (off_t)image->size) != 0)
		image_fail("memory for an engine");
	image_map(image, -1, MAP_PRIVATE | MAP_ANONYMOUS);
	rig_open_in(&image->rig, conf, image_memory(image), image->size);
	sluice_check(image->rig.s);
	image_write(image, fd);
	image_map(image, fd, MAP_PRIVATE);
	image->fresh = mmap(NULL, image->size, PROT_READ, MAP_SHARED, fd, 0);
	if (image->fresh == MAP_FAILED)
		image_fail("mmap");
	(void)close(fd);
}

static void image_del(struct image *image)
{
	if (image->used && (munmap(image->room, image->size + 2 * RIG_PAGE) != 0 ||
			    munmap((void *)(uintptr_t)image->fresh, image->size) != 0))
		image_fail("munmap");
	image->used = false;
}

/* The pages of an image that are its own by now, by number: see proc_pid_pagemap(5). Answers how
 * many; more than DIRTY_MAX when it can not be said.                                            */
static u32 image_dirty(const struct images *images, const struct image *image, u32 dirty[DIRTY_MAX])
{
	static u64 entry[PAGES_MAX];
	const u64 here = UINT64_C(3) << 62, of_file = UINT64_C(1) << 61; /* in memory or swapped */
	u64 pages = image->size / RIG_PAGE;
	u64 first = (uintptr_t)image_memory(image) / RIG_PAGE;
	u32 count = 0;

	if (pages > ARRAY_COUNT(entry) ||
	    pread(images->pagemap, entry, pages * sizeof entry[0],
		  (off_t)(first * sizeof entry[0])) != (ssize_t)(pages * sizeof entry[0]))
		return DIRTY_MAX + 1;
	for (u32 page = 0; page < pages; page++) {
		if ((entry[page] & here) == 0 || (entry[page] & of_file) != 0)
			continue;
		if (count == DIRTY_MAX)
			return DIRTY_MAX + 1;
		dirty[count++] = page;
	}
	return count;
}

/* To write a page again costs a tenth of giving it back and meeting it anew, so what runs write
 * stays the image's as long as it is little.                                                    */
static void image_renew(const struct images *images, const struct image *image)
{
	u32 dirty[DIRTY_MAX];
	u32 count = image_dirty(images, image, dirty);

	if (count > DIRTY_MAX && madvise(image_memory(image), image->size, MADV_DONTNEED) != 0)
		image_fail("madvise");
	for (u32 n = 0; n < count && count <= DIRTY_MAX; n++)
		memcpy(image_memory(image) + (u64)dirty[n] * RIG_PAGE,
		       image->fresh + (u64)dirty[n] * RIG_PAGE, RIG_PAGE);
}

static struct images *images_new(void)
{
	struct images *images = calloc(1, sizeof *images);

	if (images == NULL)
		image_fail("calloc");
	images->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	return images;
}

static struct image *image_find(struct images *images, u64 key)
{
	for (u32 n = 0; n < IMAGES_MAX; n++) {
		if (images->image[n].used && images->image[n].key == key)
			return &images->image[n];
	}
	return NULL;
}

void image_open(struct rig *rig, const struct sluice_conf *conf, u64 key)
{
	static struct images *images;
	struct image *image;

	if (images == NULL)
		images = images_new();
	image = image_find(images, key);
	if (image == NULL) {
		image = &images->image[images->next++ % IMAGES_MAX];
		image_del(image);
		image_build(image, conf, key);
	} else {
		image_renew(images, image);
	}
	memcpy(rig, &image->rig, offsetof(struct rig, tx));
	rig->tx.count = 0;
}
