/* `sluice explain route ADDRESS`: every way to it that is known, and why one is the best. */
#ifndef PROG_EXPLAIN_ROUTE_H
#define PROG_EXPLAIN_ROUTE_H

/* argv[0] is "route". Answers the exit code. */
int explain_route(int argc, char **argv);

#endif
