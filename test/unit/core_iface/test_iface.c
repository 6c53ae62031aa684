/* Interfaces: what is refused, and questions about addresses. */
#include "core/iface/iface.h"
#include "fake/build.h"

#include <assert.h>
#include <stdarg.h>
#include <setjmp.h>

#include <cmocka.h>

static struct iface_table table;
static struct iface_conf conf[2];

static int fresh(void **state)
{
	(void)state;
	memset(conf, 0, sizeof conf);
	memcpy(conf[0].name, "lan0", 5);
	memcpy(conf[1].name, "wan0", 5);
	conf[0].mtu = conf[1].mtu = 1500;
	conf[0].addr_count = 3;
	conf[0].addr[0] = (struct iface_addr){ addr("10.0.0.1"), 8, false };
	conf[0].addr[1] = (struct iface_addr){ addr("10.5.0.1"), 16, false };
	conf[0].addr[2] = (struct iface_addr){ addr("192.0.2.0"), 31, true };
	return 0;
}

static void test_refused(void **state)
{
	assert_int_equal(iface_init(&table, conf, 2), ERR_OK);
	assert_true(table.iface[1].up);
	conf[0].addr[1].prefix_len = 33;
	assert_int_equal(iface_init(&table, conf, 2), ERR_RANGE);
	fresh(state);
	conf[0].addr[0].addr = addr("224.0.0.1");
	assert_int_equal(iface_init(&table, conf, 2), ERR_RANGE);
	fresh(state);
	conf[0].mtu = 67;
	assert_int_equal(iface_init(&table, conf, 2), ERR_RANGE);
	conf[0].mtu = 68;
	assert_int_equal(iface_init(&table, conf, 2), ERR_OK);
	conf[0].mss = IFACE_MSS_MIN - 1;
	assert_int_equal(iface_init(&table, conf, 2), ERR_RANGE);
	conf[0].mss = IFACE_MSS_MIN;
	assert_int_equal(iface_init(&table, conf, 2), ERR_OK);
	memcpy(conf[1].name, "lan0", 5);
	assert_int_equal(iface_init(&table, conf, 2), ERR_RANGE);
	conf[1].name[0] = '\0';
	assert_int_equal(iface_init(&table, conf, 2), ERR_RANGE);
	memset(conf[1].name, 'x', IFACE_NAME_SIZE);
	assert_int_equal(iface_init(&table, conf, 2), ERR_RANGE);
	fresh(state);
	conf[1].mac.byte[0] = 1;
	assert_int_equal(iface_init(&table, conf, 2), ERR_RANGE);
	fresh(state);
	conf[1].addr_count = IFACE_ADDR_MAX + 1;
	assert_int_equal(iface_init(&table, conf, 2), ERR_RANGE);
	assert_int_equal(iface_init(&table, conf, IFACE_MAX + 1), ERR_RANGE);
}

static void test_find(void **state)
{
	u16 index = 7;

	(void)state;
	conf[1].addr_count = 1;
	conf[1].addr[0] = (struct iface_addr){ addr("198.18.0.1"), 24, false };
	assert_int_equal(iface_init(&table, conf, 2), ERR_OK);
	assert_true(iface_find_addr(&table, 0, addr("198.18.0.1"), &index));
	assert_int_equal(index, 1);
	assert_true(iface_find_addr(&table, 0, addr("10.5.0.1"), &index));
	assert_int_equal(index, 0);
	assert_false(iface_find_addr(&table, 0, addr("198.18.0.2"), &index));
}

static void assert_source(const char *dst, const char *should)
{
	be32 source;

	assert_true(iface_source_for(&table.iface[0], addr(dst), &source));
	assert_int_equal(be32_host(source), be32_host(addr(should)));
}

static void test_source(void **state)
{
	be32 source;

	(void)state;
	assert_int_equal(iface_init(&table, conf, 2), ERR_OK);
	assert_source("10.1.2.3", "10.0.0.1");
	assert_source("10.5.2.3", "10.5.0.1");
	assert_source("192.0.2.1", "192.0.2.0");
	assert_source("8.8.8.8", "10.0.0.1");
	assert_false(iface_source_for(&table.iface[1], addr("8.8.8.8"), &source));
}

static void test_same_net(void **state)
{
	const struct iface *iface = &table.iface[0];

	(void)state;
	conf[0].addr[0].prefix_len = 16;
	assert_int_equal(iface_init(&table, conf, 2), ERR_OK);
	assert_true(iface_same_net(iface, addr("10.0.3.4"), addr("10.0.200.1")));
	assert_true(iface_same_net(iface, addr("10.5.3.4"), addr("10.5.0.7")));
	assert_true(iface_same_net(iface, addr("192.0.2.0"), addr("192.0.2.1")));
	/* Both on the link, but on two of its networks; and one on none. */
	assert_false(iface_same_net(iface, addr("10.0.3.4"), addr("10.5.0.7")));
	assert_false(iface_same_net(iface, addr("192.0.2.1"), addr("192.0.2.2")));
	assert_false(iface_same_net(iface, addr("10.6.0.1"), addr("10.6.0.2")));
	assert_false(iface_same_net(&table.iface[1], addr("10.0.0.2"), addr("10.0.0.3")));
}

static void test_broadcast(void **state)
{
	(void)state;
	assert_int_equal(iface_init(&table, conf, 2), ERR_OK);
	assert_true(iface_is_broadcast(&table.iface[0], addr("10.255.255.255")));
	assert_true(iface_is_broadcast(&table.iface[0], addr("10.5.255.255")));
	assert_true(iface_is_broadcast(&table.iface[0], addr("10.5.0.0")));
	assert_true(iface_is_broadcast(&table.iface[0], addr("10.0.0.0")));
	assert_false(iface_is_broadcast(&table.iface[0], addr("10.5.0.255")));
	assert_false(iface_is_broadcast(&table.iface[0], addr("192.0.2.0")));
	assert_false(iface_is_broadcast(&table.iface[0], addr("192.0.2.1")));
	assert_false(iface_is_broadcast(&table.iface[1], addr("10.5.0.0")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_refused, fresh),
		cmocka_unit_test_setup(test_find, fresh),
		cmocka_unit_test_setup(test_source, fresh),
		cmocka_unit_test_setup(test_same_net, fresh),
		cmocka_unit_test_setup(test_broadcast, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
