/* The subcommands of the program; argv[0] is the subcommand's name. Each answers the exit code. */
#ifndef PROG_PROG_H
#define PROG_PROG_H

enum { PROG_EXIT_OK = 0, PROG_EXIT_FAILED = 1, PROG_EXIT_USAGE = 2, PROG_EXIT_LATE = 3 };

#define PROG_VERSION "0.1.0"

int run_main(int argc, char **argv);
int show_main(int argc, char **argv);
int explain_main(int argc, char **argv);
int events_main(int argc, char **argv);
int flush_main(int argc, char **argv);
int drain_main(int argc, char **argv);
int undrain_main(int argc, char **argv);
int set_main(int argc, char **argv);
int replay_main(int argc, char **argv);
int top_main(int argc, char **argv);
int check_main(int argc, char **argv);
int print_main(int argc, char **argv);
int plan_main(int argc, char **argv);
int diff_main(int argc, char **argv);
int reload_main(int argc, char **argv);
int apply_main(int argc, char **argv);
int confirm_main(int argc, char **argv);
int rollback_main(int argc, char **argv);
int schema_main(int argc, char **argv);
int perf_main(int argc, char **argv);
int help_main(int argc, char **argv);
int version_main(int argc, char **argv);
int completion_main(int argc, char **argv);

struct prog_command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *help;
};

/* All subcommands; a command without a name ends the list. */
const struct prog_command *prog_commands(void);
/* Says that there is no such command, and which one is near. */
int prog_unknown(const char *word);

#endif
