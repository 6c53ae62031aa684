/* INPUT: what is for the gateway. What it answers itself becomes a flow here, at the second record
 * point; what the host answers does not, since the host's answers leave without passing here.    */
#include "core/path/path.h"

verdict path_input(struct path *path, struct pkt *pkt, enum fib_type type, ns_t now)
{
	return path_deliver(path, pkt, type, now);
}
