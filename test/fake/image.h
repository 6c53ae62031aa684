/* Engines that were opened once, for tests that open thousands of them.
 *
 * An image is a freshly opened engine in a file that only exists in memory. To open its
 * configuration again is to renew the pages that were written since, so a run costs what it
 * touches and not what an engine is made of. Everything lies at the address where it was built:
 * the engine that comes back is the same one, byte for byte. Before and behind it is no memory at
 * all.                                                                                           */
#ifndef TEST_FAKE_IMAGE_H
#define TEST_FAKE_IMAGE_H

#include "fake/engine.h"

enum { IMAGES_MAX = 256 };

/* As rig_open. The caller says by `key` which configuration it is: the same key, the same
 * configuration. An image ends when IMAGES_MAX others were opened after it was built; as many rigs
 * of images as a test has open at once must be fewer than that.                                  */
void image_open(struct rig *rig, const struct sluice_conf *conf, u64 key);

#endif
