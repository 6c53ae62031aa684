/* Three places tell of an ssh session: SSH_CONNECTION of this process, that of its ancestors (sudo
 * cleans the environment, its parent's still has it), and the kernel's table of TCP connections.
 * Sessions over IPv6 are not looked for: IPv6 stays with the host.                              */
#include "host/os/ssh.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/os/netlink.h"

enum { SSH_PORT = 22, SSH_ANCESTORS_MAX = 64, SSH_ENV_MAX = 64 * 1024, SSH_LINE = 512 };
enum { TCP_STATE_ESTABLISHED = 1 };

static bool iface_has(const struct os_iface *iface, u32 addr_raw)
{
	for (u32 i = 0; i < iface->addr_count; i++)
		if (iface->addr[i].addr.raw == addr_raw)
			return true;
	return false;
}

/* "client port server port"; the server's address is what counts. */
static bool ssh_text_names(const struct os_iface *iface, const char *text, char *why, size_t size)
{
	char client[64], server[64];
	const char *v4 = server;
	unsigned client_port, server_port;
	struct in_addr addr;

	if (sscanf(text, "%63s %u %63s %u", client, &client_port, server, &server_port) != 4)
		return false;
	if (strncmp(server, "::ffff:", 7) == 0)
		v4 = server + 7;
	if (inet_pton(AF_INET, v4, &addr) != 1 || !iface_has(iface, addr.s_addr))
		return false;
	(void)snprintf(why, size, "your ssh session from %s port %u to %s port %u runs over %s",
		       client, client_port, v4, server_port, iface->name);
	return true;
}

/* The parent's process number; 0 at the end. */
static long ssh_parent(long pid)
{
	char path[64], text[SSH_LINE];
	const char *after_name;
	long parent = 0;
	FILE *stat;

	(void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
	stat = fopen(path, "re");
	if (stat == NULL)
		return 0;
	/* The name stands in parentheses and may hold anything, parentheses too. */
	if (fgets(text, sizeof text, stat) != NULL) {
		after_name = strrchr(text, ')');
		if (after_name == NULL || sscanf(after_name, ") %*c %ld", &parent) != 1)
			parent = 0;
	}
	(void)fclose(stat);
	return parent;
}

static bool ssh_env_names(const struct os_iface *iface, long pid, char *why, size_t size)
{
	static const char key[] = "SSH_CONNECTION=";
	char path[64];
	char *text = calloc(1, SSH_ENV_MAX + 1);
	bool found = false;
	size_t got = 0;
	FILE *environ_file;

	if (text == NULL)
		return false;
	(void)snprintf(path, sizeof path, "/proc/%ld/environ", pid);
	environ_file = fopen(path, "re");
	if (environ_file != NULL) {
		got = fread(text, 1, SSH_ENV_MAX, environ_file);
		(void)fclose(environ_file);
	}
	for (size_t at = 0; at < got && !found; at += strlen(text + at) + 1)
		if (strncmp(text + at, key, sizeof key - 1) == 0)
			found = ssh_text_names(iface, text + at + sizeof key - 1, why, size);
	free(text);
	return found;
}

/* One line of /proc/net/tcp or tcp6: addresses as hexadecimal words in the machine's own order. */
static bool ssh_line_names(const struct os_iface *iface, const char *line, char *why, size_t size)
{
	char local[33], remote[33], text[INET_ADDRSTRLEN] = "";
	unsigned local_port, remote_port, state;
	struct in_addr from;
	u32 addr;
	size_t skip;

	if (sscanf(line, " %*u: %32[0-9A-F]:%x %32[0-9A-F]:%x %x", local, &local_port, remote,
		   &remote_port, &state) != 5 ||
	    state != TCP_STATE_ESTABLISHED || local_port != SSH_PORT)
		return false;
	skip = strlen(local) == 32 ? 24 : 0;
	if (skip > 0 && strncmp(local, "0000000000000000FFFF0000", skip) != 0)
		return false;
	addr = (u32)strtoul(local + skip, NULL, 16);
	if (!iface_has(iface, addr))
		return false;
	from.s_addr = (u32)strtoul(remote + skip, NULL, 16);
	(void)inet_ntop(AF_INET, &from, text, sizeof text);
	(void)snprintf(why, size, "an ssh session from %s port %u runs over %s", text, remote_port,
		       iface->name);
	return true;
}

static bool ssh_table_names(const struct os_iface *iface, const char *path, char *why, size_t size)
{
	FILE *table = fopen(path, "re");
	char line[SSH_LINE];
	bool found = false;

	if (table == NULL)
		return false;
	while (!found && fgets(line, sizeof line, table) != NULL)
		found = ssh_line_names(iface, line, why, size);
	(void)fclose(table);
	return found;
}

bool os_ssh_uses_iface(const char *ifname, char *why, size_t why_size)
{
	const char *own = getenv("SSH_CONNECTION");
	struct os_iface iface;
	long pid = (long)getpid();

	if (!os_iface_read(ifname, &iface, why, why_size))
		return false;
	if (own != NULL && ssh_text_names(&iface, own, why, why_size))
		return true;
	for (u32 i = 0; i < SSH_ANCESTORS_MAX && pid > 1; i++) {
		if (ssh_env_names(&iface, pid, why, why_size))
			return true;
		pid = ssh_parent(pid);
	}
	return ssh_table_names(&iface, "/proc/net/tcp", why, why_size) ||
	       ssh_table_names(&iface, "/proc/net/tcp6", why, why_size);
}
