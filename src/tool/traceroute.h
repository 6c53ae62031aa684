/* `sluice traceroute`: the routers on the way, as users of traceroute know them. */
#ifndef SLUICE_TOOL_TRACEROUTE_H
#define SLUICE_TOOL_TRACEROUTE_H

/* argv[0] is the subcommand's name. Answers the exit code: 0 the destination answered, 1 it did
 * not, 2 error. */
int traceroute_main(int argc, char **argv);

#endif
