/* Images of engines: private mappings of files in memory. */
#include "fake/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct image {
	bool used;
	u64 key;
	u8 *room; /* the mapping, with a page without access at each end */
	u64 size; /* between them */
	struct rig rig;
};

struct images {
	u32 next; /* the place of the next one */
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
	image->room = mmap(NULL, image->size + 2 * RIG_PAGE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fd < 0 || image->room == MAP_FAILED || ftruncate(fd, (off_t)image->size) != 0)
		image_fail("memory for an engine");
	image_map(image, -1, MAP_PRIVATE | MAP_ANONYMOUS);
	rig_open_in(&image->rig, conf, image_memory(image), image->size);
	sluice_check(image->rig.s);
	image_write(image, fd);
	image_map(image, fd, MAP_PRIVATE);
	(void)close(fd);
}

static void image_del(struct image *image)
{
	if (image->used && munmap(image->room, image->size + 2 * RIG_PAGE) != 0)
		image_fail("munmap");
	image->used = false;
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
		images = calloc(1, sizeof *images);
	if (images == NULL)
		image_fail("calloc");
	image = image_find(images, key);
	if (image == NULL) {
		image = &images->image[images->next++ % IMAGES_MAX];
		image_del(image);
		image_build(image, conf, key);
	} else if (madvise(image_memory(image), image->size, MADV_DONTNEED) != 0) {
		image_fail("madvise");
	}
	memcpy(rig, &image->rig, offsetof(struct rig, tx));
	rig->tx.count = 0;
}
