/* Counts what it is given as refused, and leaves it to the caller. */
#include "host/io/absent.h"

#include <stdlib.h>

static u32 absent_rx(struct port *port, struct pkt_pool *pool, struct batch *rx)
{
	(void)port;
	(void)pool;
	(void)rx;
	return 0;
}

static u32 absent_tx(struct port *port, struct batch *tx)
{
	port->stats.losses.tx_refused += tx->count;
	return 0;
}

static int absent_fd(const struct port *port)
{
	(void)port;
	return -1;
}

static bool absent_refresh(struct port *port)
{
	(void)port;
	return false;
}

static void absent_close(struct port *port)
{
	free(port);
}

static const struct port_driver absent_driver = {
	.name = "none",
	.rx = absent_rx,
	.tx = absent_tx,
	.fd = absent_fd,
	.refresh = absent_refresh,
	.close = absent_close,
};

struct port *absent_open(const struct port *was)
{
	struct port *port = calloc(1, sizeof *port);

	if (port == NULL)
		return NULL;
	*port = *was;
	port->driver = &absent_driver;
	port->up = false;
	port->os_index = 0;
	return port;
}
