/* Networks of OSPF routers: whatever happens, when it is quiet again every router has the shortest
 * ways to all that can be reached, and to nothing else.                                           */
#include "sim/ospf_net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_two_on_a_link(void **state)
{
	struct ospf_net *net = ospf_net_new(1);
	u32 a = ospf_net_router(net, 0x01010101), b = ospf_net_router(net, 0x02020202);
	u32 link = ospf_net_segment(net, OSPF_NET_PTP, 0x0a000000, 30);
	u32 left = ospf_net_segment(net, OSPF_NET_BROADCAST, 0x0a010000, 24);
	u32 right = ospf_net_segment(net, OSPF_NET_BROADCAST, 0x0a020000, 24);

	(void)state;
	ospf_net_attach(net, a, link, 10, 0);
	ospf_net_attach(net, b, link, 10, 0);
	ospf_net_attach(net, a, left, 5, 0);
	ospf_net_attach(net, b, right, 7, 0);
	ospf_net_start(net, a);
	ospf_net_start(net, b);
	ospf_net_run(net, 60);
	assert_int_equal(ospf_net_count(net, a, OSPF_NBR_FULL), 1);
	assert_int_equal(ospf_net_count(net, b, OSPF_NBR_FULL), 1);
	assert_true(ospf_net_judge(net));
	ospf_net_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_on_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
