/* What time brings: flows that expire, fragments that never became whole, neighbours that do not
 * answer. Everything here is bounded; what is left over is due again at once.                   */
#include "core/path/path.h"

void path_layout(struct path *path, struct mem *mem)
{
	memset(path, 0, sizeof *path);
	path->queue = mem_take(mem, "path_queue", PATH_QUEUE_MAX, sizeof *path->queue);
}

void path_tick(struct path *path, ns_t now)
{
	struct batch out, dead;

	out.count = dead.count = 0;
	ct_tick(path->ct, now);
	path_drain_ended(path, now);
	path_probe(path, now);
	nat_tick(path->nat, now);
	reass_tick(path->reass, path->drops, now, &dead);
	path_drain(path, NULL, &dead, now);
	neigh_tick(path->neigh, path->drops, now, &out, &dead);
	path_drain(path, &out, &dead, now);
}
