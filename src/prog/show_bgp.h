/* One peer of BGP in lines for people. Pure functions of its JSON. */
#ifndef PROG_SHOW_BGP_H
#define PROG_SHOW_BGP_H

#include <jansson.h>
#include <stdio.h>

#include "core/base/bytes.h"

enum { SHOW_TIME_SIZE = 32 };

/* "3d4h", "2h5m", "4m7s", "12s": the two greatest units. */
const char *show_time(u64 ms, char text[SHOW_TIME_SIZE]);
/* Of the record of `show bgp`. */
void show_bgp_peer(FILE *out, const json_t *peer);

#endif
