/* What can be configured and can not be meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "prog/run_check.h"
#include "prog/run_fill.h"

struct bed {
	struct run_args args;
	struct conf asked;
	struct sluice_conf conf;
	struct run_errors errors;
};

static void add_iface(struct bed *bed, const char *name, enum iface_side side, u32 addr, bool host)
{
	struct iface_conf *iface = &bed->conf.iface[bed->conf.iface_count++];

	memcpy(iface->name, name, strlen(name) + 1);
	iface->side = side;
	iface->addr_count = 1;
	iface->addr[0] = (struct iface_addr){ .addr = be32_of(addr),
					      .prefix_len = 16,
					      .host = host };
}

/* eth1 inside 10.10.0.1/16, eth0 outside 198.18.0.1/16, which the host has, too. */
static struct bed *new_bed(void)
{
	struct bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	add_iface(bed, "eth1", IFACE_INSIDE, 0x0a0a0001, false);
	add_iface(bed, "eth0", IFACE_OUTSIDE, 0xc6120001, true);
	return bed;
}

static void check(struct bed *bed)
{
	struct run_source source = { .conf = &bed->asked };

	bed->errors.count = 0;
	assert_true(run_args_fill(&bed->args, &bed->asked, &bed->errors));
	run_check(&source, &bed->conf, &bed->errors);
}

static void good(struct bed *bed)
{
	check(bed);
	if (bed->errors.count)
		fail_msg("said '%s'", bed->errors.text[0]);
}

/* Exactly one complaint, with both words in it. */
static void refused(struct bed *bed, const char *first, const char *second)
{
	check(bed);
	if (bed->errors.count != 1)
		fail_msg("%s: %u complaints", first, bed->errors.count);
	if (!strstr(bed->errors.text[0], first) || !strstr(bed->errors.text[0], second))
		fail_msg("said '%s'", bed->errors.text[0]);
}

static void a_gateway_is_a_neighbour_outside(void **state)
{
	struct bed *bed = new_bed();

	(void)state;
	bed->args.gateway_given = true;
	bed->args.gateway = be32_of(0xc6120002);
	good(bed);
	bed->args.gateway = be32_of(0xc6120001);
	refused(bed, "--gateway: 198.18.0.1", "own address, on eth0");
	bed->args.gateway = be32_of(0xc612ffff);
	refused(bed, "--gateway: 198.18.255.255", "first or last");
	bed->args.gateway = be32_of(0xc6120000);
	refused(bed, "--gateway: 198.18.0.0", "first or last");
	bed->args.gateway = be32_of(0x0a0a0002);
	refused(bed, "--gateway: 10.10.0.2", "eth1, which is --lan");
	free(bed);
}

/* RFC 3021: a link between two has no addresses to spare. */
static void both_ends_of_a_link_between_two(void **state)
{
	struct bed *bed = new_bed();

	(void)state;
	bed->conf.iface[1].addr[0].prefix_len = 31;
	bed->args.gateway_given = true;
	bed->args.gateway = be32_of(0xc6120000);
	good(bed);
	free(bed);
}

static void set_route(struct bed *bed, u32 prefix, u8 prefix_len, u32 gateway)
{
	bed->args.route_count = 1;
	bed->args.route[0] = (struct conf_route){ .prefix = be32_of(prefix),
						  .prefix_len = prefix_len,
						  .gateway = be32_of(gateway) };
}

static void routes_lead_elsewhere(void **state)
{
	struct bed *bed = new_bed();

	(void)state;
	set_route(bed, 0x0a140000, 16, 0x0a0a0007);
	good(bed);
	set_route(bed, 0x0a0a0500, 24, 0x0a0a0007);
	good(bed);
	set_route(bed, 0, 0, 0x0a0a0007);
	good(bed);
	set_route(bed, 0x0a140000, 16, 0x0a0a0001);
	refused(bed, "--route: 10.10.0.1", "own address");
	set_route(bed, 0x0a0a0000, 16, 0x0a0a0007);
	refused(bed, "--route 10.10.0.0/16", "own network of eth1");
	set_route(bed, 0xc6120001, 32, 0x0a0a0007);
	refused(bed, "--route 198.18.0.1/32", "own address of eth0");
	set_route(bed, 0xe0000000, 4, 0x0a0a0007);
	refused(bed, "--route 224.0.0.0/4", "nothing is forwarded to");
	set_route(bed, 0x7f000100, 24, 0x0a0a0007);
	refused(bed, "--route 127.0.1.0/24", "nothing is forwarded to");
	set_route(bed, 0, 0, 0xc6120007);
	bed->args.gateway_given = true;
	bed->args.gateway = be32_of(0xc6120002);
	refused(bed, "--route 0.0.0.0/0", "--gateway");
	free(bed);
}

static void set_pool(struct bed *bed, u32 first, u32 last)
{
	bed->args.pool_count = 1;
	bed->args.pool[0] = (struct nat_range){ be32_of(first), be32_of(last) };
}

static void a_pool_is_of_the_outside(void **state)
{
	struct bed *bed = new_bed();

	(void)state;
	set_pool(bed, 0xc6120001, 0xc6120009);
	good(bed);
	set_pool(bed, 0xcb007100, 0xcb0071ff);
	good(bed);
	set_pool(bed, 0x0a09fff0, 0x0a0a0000);
	refused(bed, "--pool: 10.9.255.240-10.10.0.0", "eth1, which is --lan");
	set_pool(bed, 0x7f000001, 0x7f000001);
	refused(bed, "--pool: 127.0.0.1:", "no host");
	set_pool(bed, 0xdffffff0, 0xe0000000);
	refused(bed, "--pool: 223.255.255.240-224.0.0.0", "no host");
	free(bed);
}

static void set_fixed(struct bed *bed, u32 inside, u32 outside, u8 prefix_len)
{
	bed->args.static_count = 1;
	bed->args.fixed[0] = (struct nat_static_conf){ .inside = be32_of(inside),
						       .outside = be32_of(outside),
						       .prefix_len = prefix_len };
}

static void one_to_one_leaves_the_host_its_address(void **state)
{
	struct bed *bed = new_bed();

	(void)state;
	set_fixed(bed, 0x0a0a0002, 0xc6120005, 32);
	good(bed);
	set_fixed(bed, 0x0a0a0002, 0xc6120001, 32);
	refused(bed, "--one-to-one: 198.18.0.1/32", "host's own address on eth0");
	set_fixed(bed, 0x0a0a0000, 0xc6120000, 24);
	refused(bed, "--one-to-one: 198.18.0.0/24", "host's own address on eth0");
	bed->conf.iface[1].addr[0].host = false;
	good(bed);
	set_fixed(bed, 0x0a0a0002, 0x0a0a0005, 32);
	refused(bed, "--one-to-one: 10.10.0.5", "--lan");
	set_fixed(bed, 0x0a0a0002, 0xc6120005, 32);
	set_pool(bed, 0xc6120005, 0xc6120009);
	refused(bed, "--one-to-one: 198.18.0.5/32", "--pool");
	free(bed);
}

static void set_dnat(struct bed *bed, const char *text)
{
	char why[DNAT_WHY_SIZE];

	bed->args.dnat_count = 1;
	assert_true(dnat_args_read(text, &bed->args.dnat[0], why));
}

static void services_leave_the_host_alone(void **state)
{
	struct bed *bed = new_bed();

	(void)state;
	set_dnat(bed, "tcp:eth0:80=10.10.0.5");
	good(bed);
	set_dnat(bed, "tcp:198.18.0.1:80=10.10.0.1");
	refused(bed, "--dnat: 10.10.0.1", "own address, on eth1");
	set_dnat(bed, "tcp:198.18.0.1=10.10.0.5");
	refused(bed, "--dnat: 198.18.0.1", "host's own address on eth0");
	set_dnat(bed, "any:eth0=10.10.0.5");
	refused(bed, "--dnat: 198.18.0.1", "host's own address on eth0");
	set_dnat(bed, "any:198.18.0.9=10.10.0.5");
	good(bed);
	bed->conf.iface[1].addr[0].host = false;
	set_dnat(bed, "any:eth0=10.10.0.5");
	good(bed);
	free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gateway_is_a_neighbour_outside),
		cmocka_unit_test(both_ends_of_a_link_between_two),
		cmocka_unit_test(routes_lead_elsewhere),
		cmocka_unit_test(a_pool_is_of_the_outside),
		cmocka_unit_test(one_to_one_leaves_the_host_its_address),
		cmocka_unit_test(services_leave_the_host_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
