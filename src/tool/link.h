/* `sluice link`: two interfaces joined by a link that is slower, longer and worse. */
#ifndef SLUICE_TOOL_LINK_H
#define SLUICE_TOOL_LINK_H

/* argv[0] is the subcommand's name. Answers the exit code: 0 ended as asked, 1 it could not be
 * done, 2 wrong arguments. */
int link_main(int argc, char **argv);

#endif
