/* Health checks of the services that the command line gives: what they find goes to the engine and
 * into the log.                                                                                  */
#include <stdlib.h>

#include "host/os/clock.h"
#include "prog/run_state.h"
#include "host/conf/values.h"

static void end_text(char text[DNAT_WHY_SIZE], const struct health_change *change)
{
	struct value_addr addr = value_show_addr(change->addr);

	if (change->port)
		snprintf(text, DNAT_WHY_SIZE, "%s:%u", addr.text, change->port);
	else
		snprintf(text, DNAT_WHY_SIZE, "%s", addr.text);
}

static void on_change(void *arg, const struct health_change *change)
{
	static const char *const words[] = {
		[BACKEND_UP] = "up", [BACKEND_DOWN] = "down", [BACKEND_DRAINING] = "draining"
	};
	struct run *run = arg;
	char text[DNAT_WHY_SIZE];

	if (sluice_backend_set(run->sluice, change->service, change->backend, change->state,
			       os_now()) != ERR_OK)
		return;
	if (change->first && change->state == BACKEND_UP)
		return;
	end_text(text, change);
	run_log_say(&run->log, change->state == BACKEND_UP ? RUN_INFO : RUN_WARNING, "backend",
		    "%s: backend %s is %s: %s", run->args.dnat[change->service].service.name, text,
		    words[change->state], change->why);
}

static u32 targets_of(const struct run_args *args, struct health_target *target)
{
	u32 count = 0;

	for (u32 i = 0; i < args->dnat_count; i++) {
		const struct dnat_args *dnat = &args->dnat[i];

		for (u32 j = 0; j < dnat->backend_count; j++)
			target[count++] = (struct health_target){
				.service = i,
				.backend = j,
				.addr = dnat->backend[j].addr,
				.port = dnat->backend[j].port ? dnat->backend[j].port
							      : dnat->service.port_first,
				.conf = &dnat->health,
			};
	}
	return count;
}

bool run_health_begin(struct run *run)
{
	struct health_target *target = calloc(BALANCE_BACKEND_MAX, sizeof *target);
	bool begun = false;

	run->health = health_new(run->loop, on_change, run);
	if (target && run->health)
		begun = health_set(run->health, target, targets_of(&run->args, target));
	free(target);
	return begun;
}
