/* What the kernel says of interfaces, in a namespace where the test decides what there is. */
#include "unit/host_io/bed.h"
#include "unit/host_io/netns.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/os/clock.h"
#include "host/os/entropy.h"
#include "host/os/hugepages.h"
#include "host/os/netlink.h"
#include "host/os/ssh.h"

static void pair_make(void)
{
	netns_ip("link add nla type veth peer name nlb");
	netns_ip("link set nla address 02:00:00:00:00:31 mtu 1400 up");
	netns_ip("link set nlb up");
}

static void pair_remove(void)
{
	netns_ip("link del nla");
}

static void test_link_and_addresses(void **state)
{
	const u8 mac[6] = { 2, 0, 0, 0, 0, 0x31 };
	char why[OS_WHY_SIZE] = "";
	struct os_iface iface;

	(void)state;
	pair_make();
	netns_ip("addr add 10.7.0.1/16 dev nla");
	netns_ip("addr add 10.7.0.9/16 dev nla");
	netns_ip("addr add 10.8.0.1 peer 10.8.0.2/32 dev nla");
	netns_ip("addr add 10.9.0.1/24 dev nlb");
	assert_true(os_iface_read("nla", &iface, why, sizeof why));
	assert_true(iface.ethernet);
	assert_true(iface.up);
	assert_int_equal(iface.mtu, 1400);
	assert_memory_equal(iface.mac, mac, sizeof mac);
	assert_int_equal(iface.master, 0);
	assert_int_equal(iface.addr_count, 3);
	/* The second of a prefix comes last. */
	assert_int_equal(iface.addr[2].addr.raw, addr("10.7.0.9").raw);
	assert_true(iface.addr[2].secondary);
	for (u32 i = 0; i < 2; i++) {
		bool peer = iface.addr[i].addr.raw == addr("10.8.0.1").raw;

		assert_int_equal(iface.addr[i].prefix_len, peer ? 32 : 16);
	}
	pair_remove();
}

static void test_routes(void **state)
{
	char why[OS_WHY_SIZE] = "";
	struct os_iface iface;
	be32 gateway = { 0 };
	bool connected = false, hop = false;

	(void)state;
	pair_make();
	netns_ip("addr add 10.7.0.1/16 dev nla");
	netns_ip("addr add 10.9.0.1/24 dev nlb");
	assert_true(os_iface_read("nla", &iface, why, sizeof why));
	assert_false(os_iface_gateway(&iface, &gateway));
	netns_ip("route add default via 10.7.0.254 metric 200");
	netns_ip("route add default via 10.7.0.253 metric 100");
	netns_ip("route add default via 10.9.0.254 metric 50");
	netns_ip("route add 172.16.0.0/12 nexthop via 10.9.0.2 nexthop via 10.7.0.2");
	netns_ip("route add 192.0.2.0/24 via 10.7.0.7 table 99");
	assert_true(os_iface_read("nla", &iface, why, sizeof why));
	assert_true(os_iface_gateway(&iface, &gateway));
	assert_int_equal(gateway.raw, addr("10.7.0.253").raw);
	assert_int_equal(iface.route_count, 4);
	for (u32 i = 0; i < iface.route_count; i++) {
		const struct os_route *route = &iface.route[i];

		connected |= route->connected && route->prefix.raw == addr("10.7.0.0").raw &&
			     route->prefix_len == 16 && route->gateway.raw == 0;
		hop |= route->prefix_len == 12 && route->gateway.raw == addr("10.7.0.2").raw;
	}
	assert_true(connected);
	assert_true(hop);
	pair_remove();
}

static void test_more_than_there_is_room_for(void **state)
{
	char why[OS_WHY_SIZE] = "";
	struct os_iface iface;

	(void)state;
	pair_make();
	for (u32 i = 1; i <= OS_ADDR_MAX + 3; i++)
		netns_ip("addr add 10.7.0.%u/32 dev nla", i);
	assert_true(os_iface_read("nla", &iface, why, sizeof why));
	assert_int_equal(iface.addr_count, OS_ADDR_MAX);
	assert_int_equal(iface.left_out, 3);
	pair_remove();
}

static void test_errors_name_the_place(void **state)
{
	char why[OS_WHY_SIZE] = "";
	struct os_iface iface;

	(void)state;
	assert_false(os_iface_read("absent0", &iface, why, sizeof why));
	assert_non_null(strstr(why, "absent0"));
	assert_non_null(strstr(why, "ip link"));
	assert_false(os_iface_read("a-name-that-is-too-long", &iface, why, sizeof why));
	assert_non_null(strstr(why, "15 letters"));
	assert_false(os_iface_set_up(99999, why, sizeof why));
}

static u32 changes(struct os_watch *watch, u32 index)
{
	struct pollfd wait = { .fd = os_watch_fd(watch), .events = POLLIN };

	return poll(&wait, 1, 5000) == 1 ? os_watch_read(watch, index) : 0;
}

static void test_watch(void **state)
{
	char why[OS_WHY_SIZE] = "";
	struct os_iface iface, other;
	struct os_watch *watch;

	(void)state;
	pair_make();
	assert_true(os_iface_read("nla", &iface, why, sizeof why));
	assert_true(os_iface_read("nlb", &other, why, sizeof why));
	watch = os_watch_new(why, sizeof why);
	assert_non_null(watch);
	assert_int_equal(os_watch_read(watch, 0), 0);
	netns_ip("link set nla mtu 1300");
	assert_int_equal(changes(watch, iface.index) & OS_CHANGE_LINK, OS_CHANGE_LINK);
	(void)os_watch_read(watch, 0);
	netns_ip("addr add 10.7.0.1/16 dev nla");
	/* On the other interface nothing happened. */
	assert_int_equal(changes(watch, other.index), 0);
	netns_ip("addr add 10.6.0.1/16 dev nla");
	assert_int_equal(changes(watch, iface.index), OS_CHANGE_ADDR | OS_CHANGE_ROUTE);
	netns_ip("route add default via 10.7.0.2");
	assert_int_equal(changes(watch, 0), OS_CHANGE_ROUTE);
	/* More than the socket holds. */
	for (u32 round = 0; round < 40; round++) {
		char command[256];

		(void)snprintf(command, sizeof command,
			       "for i in $(seq 100); do echo \"route %s 10.7.%u.$i/32 dev nla\"; "
			       "done | ip -batch -", round % 2 ? "del" : "add", round / 2 + 1);
		assert_int_equal(system(command), 0);
	}
	assert_int_equal(changes(watch, iface.index) & OS_CHANGE_LOST, OS_CHANGE_LOST);
	os_watch_del(watch);
	pair_remove();
}

static void test_set_up(void **state)
{
	char why[OS_WHY_SIZE] = "";
	struct os_iface iface;

	(void)state;
	pair_make();
	netns_ip("link set nla down");
	assert_true(os_iface_read("nla", &iface, why, sizeof why));
	assert_false(iface.up);
	assert_true(os_iface_set_up(iface.index, why, sizeof why));
	assert_true(os_iface_read("nla", &iface, why, sizeof why));
	assert_true(iface.up);
	pair_remove();
}

static void test_local_ports(void **state)
{
	u16 low = 0, high = 0;

	(void)state;
	assert_true(os_local_ports(&low, &high));
	assert_true(low > 0);
	assert_true(low <= high);
}

static void test_ssh_by_environment(void **state)
{
	char why[OS_WHY_SIZE] = "";

	(void)state;
	pair_make();
	netns_ip("addr add 10.7.0.1/16 dev nla");
	assert_int_equal(setenv("SSH_CONNECTION", "192.0.2.7 50000 10.7.0.1 2222", 1), 0);
	assert_true(os_ssh_uses_iface("nla", why, sizeof why));
	assert_non_null(strstr(why, "192.0.2.7"));
	assert_false(os_ssh_uses_iface("nlb", why, sizeof why));
	assert_int_equal(setenv("SSH_CONNECTION", "192.0.2.7 50000 10.7.0.2 22", 1), 0);
	assert_false(os_ssh_uses_iface("nla", why, sizeof why));
	assert_int_equal(setenv("SSH_CONNECTION", "nonsense", 1), 0);
	assert_false(os_ssh_uses_iface("nla", why, sizeof why));
	assert_int_equal(unsetenv("SSH_CONNECTION"), 0);
	pair_remove();
}

/* Somebody else's session: a TCP connection to port 22 of the interface's address. */
static void test_ssh_by_table(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = be16_of(22).raw,
				  .sin_addr = { addr("10.7.0.1").raw } };
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	char why[OS_WHY_SIZE] = "";

	(void)state;
	pair_make();
	netns_ip("link set lo up");
	netns_ip("addr add 10.7.0.1/16 dev nla");
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_false(os_ssh_uses_iface("nla", why, sizeof why));
	assert_int_equal(connect(client, (struct sockaddr *)&at, sizeof at), 0);
	assert_true(os_ssh_uses_iface("nla", why, sizeof why));
	assert_non_null(strstr(why, "runs over nla"));
	assert_false(os_ssh_uses_iface("nlb", why, sizeof why));
	(void)close(client);
	(void)close(listener);
	pair_remove();
}

static void test_clock_and_entropy(void **state)
{
	u8 one[64] = { 0 }, two[64] = { 0 };
	ns_t before = os_now();

	(void)state;
	assert_true(before > 0);
	assert_true(os_now() >= before);
	os_entropy(one, sizeof one);
	os_entropy(two, sizeof two);
	assert_memory_not_equal(one, two, sizeof one);
}

static void test_region(void **state)
{
	enum { SIZE = (5 << 20) + 12345 };
	bool huge = false;
	u8 *region = os_region_new(SIZE, &huge);

	(void)state;
	assert_non_null(region);
	assert_int_equal((uintptr_t)region % (2 << 20), 0);
	for (u32 at = 0; at < SIZE; at += 4095)
		assert_int_equal(region[at], 0);
	memset(region, 1, SIZE);
	os_region_del(region, SIZE);
	assert_null(os_region_new(0, &huge));
	assert_null(os_region_new(UINT64_MAX - 5, &huge));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link_and_addresses),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_more_than_there_is_room_for),
		cmocka_unit_test(test_errors_name_the_place),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_set_up),
		cmocka_unit_test(test_local_ports),
		cmocka_unit_test(test_ssh_by_environment),
		cmocka_unit_test(test_ssh_by_table),
		cmocka_unit_test(test_clock_and_entropy),
		cmocka_unit_test(test_region),
	};

	if (!netns_enter())
		return netns_skip(ARRAY_COUNT(tests), "no network namespace to be had");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
