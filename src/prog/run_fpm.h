/* Where FRR's zebra connects: a socket of the host, opened before privileges are given up, and one
 * connection at a time. A newer one takes the place of the older, which may belong to a zebra that
 * is gone without a word; it is asked now and then whether it is still there, too.              */
#ifndef PROG_RUN_FPM_H
#define PROG_RUN_FPM_H

#include "prog/run_state.h"

/* False: run->errors has why. Nothing, where the configuration has no 'fpm'. */
bool run_fpm_begin(struct run *run);
/* The engine has another configuration: who may not connect any more is cut off, and a zebra that
 * had routes for which there was no room is to tell them all again, when there may be more.      */
void run_fpm_follow(struct run *run, const struct conf *from, const struct conf *to, ns_t now);
/* The system's interfaces may have other numbers. */
void run_fpm_ifaces(struct run *run);
void run_fpm_end(struct run *run);

#endif
