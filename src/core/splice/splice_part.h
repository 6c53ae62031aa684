/* What the files of split connections share. */
#ifndef CORE_SPLICE_SPLICE_PART_H
#define CORE_SPLICE_SPLICE_PART_H

#include "core/splice/splice.h"

/* Headers of the SYN that is to be answered. */
void split_keep_syn(struct split *split, const struct pkt *syn);
/* Both legs are left, with a RST where there is somebody to hear it; the flow stays marked. */
void split_drop(struct splice *s, u32 idx, ns_t now);

#endif
