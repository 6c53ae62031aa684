/* Plays dialogues with the stack: each file is one. */
#include "script/play.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	static struct play play;
	int failed = 0;

	for (int n = 1; n < argc; n++) {
		if (play_file(&play, argv[n]))
			continue;
		failed++;
		printf("FAIL %s\n", play.in.why);
	}
	printf("%d passed, %d failed\n", argc - 1 - failed, failed);
	return failed > 0;
}
