/* Plays step tests of the routing protocols: each file is one. */
#include "script/step.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	static struct step step;
	int failed = 0;

	for (int n = 1; n < argc; n++) {
		if (step_file(&step, argv[n]))
			continue;
		failed++;
		printf("FAIL %s\n", step.in.why);
	}
	printf("%d passed, %d failed\n", argc - 1 - failed, failed);
	return failed > 0;
}
