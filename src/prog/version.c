/* `sluice version`. */
#include <stdio.h>
#include <string.h>

#include "prog/prog.h"

int version_main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		printf("sluice version: the version of the program\n\n"
		       "  --help   this text\n");
	else
		printf("sluice " PROG_VERSION "\n");
	return PROG_EXIT_OK;
}
