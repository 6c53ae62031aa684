/* `sluice version`. */
#include <stdio.h>

#include "prog/prog.h"

int version_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("sluice " PROG_VERSION "\n");
	return PROG_EXIT_OK;
}
