/* Inside of ctl: the request of an action, once it is JSON. */
#ifndef HOST_CTL_CTL_ACTION_READ_H
#define HOST_CTL_CTL_ACTION_READ_H

#include <jansson.h>

#include "host/ctl/ctl_request.h"

/* root is an object of the right version that has "do". */
bool ctl_action_read(json_t *root, struct ctl_action *action, struct ctl_why *why);

#endif
