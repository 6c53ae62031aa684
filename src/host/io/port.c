/* What is the same for every driver. */
#include "host/io/port.h"

const struct port_stats *port_count(struct port *port)
{
	if (port->driver->count != NULL)
		port->driver->count(port);
	return &port->stats;
}

bool port_refresh(struct port *port)
{
	return port->driver->refresh == NULL || port->driver->refresh(port);
}

void port_close(struct port *port)
{
	if (port != NULL)
		port->driver->close(port);
}

void port_describe(const struct port *port, struct iface_conf *conf)
{
	memcpy(conf->name, port->name, sizeof conf->name);
	conf->link = port->link;
	conf->mac = port->mac;
	conf->mtu = port->mtu;
	conf->offloads = port->offloads;
}
