/* The flat form of a configuration from somebody who means harm: what is taken holds as much as
 * what a file says, and is written and read as the same.
 *
 *     byte 0   a set with elements from here, or a configuration
 *     the rest what came over the socket                                                         */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/input.h"
#include "host/conf/conf_flat.h"
#include "host/conf/conf_load.h"

static struct conf first, second;
static struct conf_marks marks;
static struct conf_errors errors;

static void write_and_read_back(void)
{
	char *bytes = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&bytes, &len);

	CHECK(out != NULL);
	CHECK(conf_check(&first, &marks, &errors));
	conf_flat_write(&first, &marks, &errors, out);
	fclose(out);
	CHECK(conf_flat_read(bytes, len, &second, &marks, &errors, NULL));
	CHECK(errors.count == 0);
	CHECK(memcmp(&first, &second, sizeof first) == 0);
	free(bytes);
}

static void read_conf(const char *bytes, size_t len)
{
	if (!conf_flat_read(bytes, len, &first, &marks, &errors, NULL))
		return;
	CHECK(errors.count <= CONF_ERROR_MAX);
	for (u32 i = 0; i < errors.count; i++)
		CHECK(strlen(errors.error[i].text) < CONF_ERROR_SIZE);
	if (errors.count == 0)
		write_and_read_back();
}

/* A set of each kind, with a file, and one without. */
static void read_sets(const char *bytes, size_t len)
{
	static const char text[] =
		"interfaces: [{name: a, side: inside}, {name: b, side: outside}]\n"
		"limits: {filter-elements: 4}\n"
		"filter:\n"
		"  sets:\n"
		"    - {name: a, kind: addresses, elements: 10.0.0.0/8, file: /f}\n"
		"    - {name: p, kind: ports, elements: [80, 90-99], file: /f}\n"
		"    - {name: o, kind: address-ports, file: /f}\n"
		"    - {name: n, kind: ports, elements: 7}\n";
	struct conf_elems elems;
	u32 sum = 0;

	CHECK(conf_load(text, sizeof text - 1, &first, &marks, &errors));
	if (!conf_flat_read_sets(bytes, len, &first, &elems, &errors, NULL)) {
		CHECK(elems.elem == NULL);
		return;
	}
	for (u32 i = 0; i < first.filter.set_count; i++)
		sum += first.filter.set[i].all_count;
	CHECK(errors.count > 0 ? elems.elem == NULL : sum == elems.count && sum >= 4);
	conf_elems_free(&elems);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	const u8 sets = next_byte(&in) & 1;
	char *bytes = malloc(in.left + 1); /* of its size, so that a step beyond is found */

	CHECK(bytes != NULL);
	if (in.left > 0)
		memcpy(bytes, in.at, in.left);
	if (sets)
		read_sets(bytes, in.left);
	else
		read_conf(bytes, in.left);
	free(bytes);
	return 0;
}
