/* `sluice ping`: echo requests as users of iputils know them. */
#ifndef SLUICE_TOOL_PING_H
#define SLUICE_TOOL_PING_H

/* argv[0] is the subcommand's name. Answers the exit code: 0 replies, 1 none, 2 error. */
int ping_main(int argc, char **argv);

#endif
