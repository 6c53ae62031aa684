#!/usr/bin/env python3
"""Tests of tidy.py: a tiny tree that is clean, and a fault in it for every rule."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tidy  # noqa: E402

LAYERS = "core/base:\ncore/ct: core/base\nhost/os: core/base\n"
HEADER = """/* Adding. */
#ifndef CORE_BASE_ADD_H
#define CORE_BASE_ADD_H

#include <stdint.h>

struct pair {
	int first;
};

struct WIRE header {
	int field;
} ALIGNED(64);

typedef struct __attribute__((packed)) {
	int raw;
} be16;

enum colour { RED, GREEN };

extern const int add_table[2];
int add(int a, int b);

static inline int twice(int a)
{
	return add(a, a);
}

#endif
"""
BODY = """/* Adding; the word session in a comment is none of tidy's business. RFC 791. */
#include "core/base/add.h"

const int add_table[2] = { 1, 2 };
static const char *const names[] = { "node", "item" };
static_assert(sizeof(int) == 4, "int");
static int add_hidden(int a);

__attribute__((noinline)) static int add_hidden(int a)
{
	static const int one[] = { 1 };
	return a + one[0] + (names[0] != 0);
}

int add(int a, int b)
{
	return add_hidden(a) + b;
}
"""
CLEAN = {
    "src/LAYERS": LAYERS,
    "src/core/base/add.h": HEADER,
    "src/core/base/add.c": BODY,
    "src/core/ct/ct.c": '/* Tracking. */\n#include "core/base/add.h"\n',
    "src/host/os/clock.c": "/* Time. */\n#include <time.h>\n\nstatic int started;\n",
    "src/core/pkt/drop.def": "/* X(NOTHING, 0) */\nX(NO_ROUTE, \"no route\")\n",
    "test/unit/base/test_add.c": "/* Tests. */\nstatic void sums(void)\n{\n\tDROP_NO_ROUTE;\n}\n",
    "docs/rfc.md": "| RFC | test |\n|---|---|\n| 791 | test_add.c:sums |\n| 792 | - |\n",
    "docs/life.md": "core/base/add.c:add is called by add.h:twice\n",
    "docs/routing.md": "| protocol | case | BIRD | FRR |\n|---|---|---|---|\n"
                       "| BGP | cut | `cut` | `test_bgp.sh` |\n| BGP | BFD | `bfd` | has none |\n",
    "test/interop/matrix_bgp_bird.sh": "bgp_matrix cut \\\n\tbfd\n",
    "test/interop/matrix_bgp_frr.sh": "echo\n",
    "test/interop/test_bgp.sh": "echo\n",
}


def complaints(files, rule):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as f:
                f.write(text)
        return list(rule(tidy.Tree(root)))


class Tidy(unittest.TestCase):
    def refused(self, rule, path, text, words, append=False):
        """The rule complains about this file, in these words, and about nothing else."""
        files = dict(CLEAN)
        files[path] = files[path] + text if append else text
        found = complaints(files, rule)
        self.assertEqual(len(found), 1, found)
        self.assertEqual(found[0][0], path)
        self.assertIn(words, found[0][2])
        return found[0]

    def accepted(self, rule, path, text):
        self.assertEqual(complaints({**CLEAN, path: text}, rule), [])

    def test_the_clean_tree_passes_every_rule(self):
        for rule in tidy.RULES:
            self.assertEqual(complaints(CLEAN, rule), [], rule.__name__)

    def test_this_rule_list_is_whole(self):
        named = {f for n, f in vars(tidy).items() if n.startswith("rule_")}
        self.assertEqual(named, set(tidy.RULES))

    def test_layer_below_may_not_see_above(self):
        self.refused(tidy.rule_layers, "src/core/base/x.c",
                     '/* x */\n#include "core/ct/ct.h"\n', "core/base may not see core/ct")

    def test_layer_below_may_not_see_above_by_spaced_include(self):
        self.refused(tidy.rule_layers, "src/core/base/x.c",
                     '/* x */\n #  include "core/ct/ct.h"\n', "core/base may not see core/ct")

    def test_include_from_src(self):
        self.refused(tidy.rule_layers, "src/core/ct/x.c", '/* x */\n#include "ct.h"\n',
                     "written from src/")

    def test_include_of_nowhere(self):
        self.refused(tidy.rule_layers, "src/core/ct/x.c", '/* x */\n#include "lib/ct.h"\n',
                     "no folder of src/LAYERS")

    def test_installed_header_is_a_layer(self):
        self.refused(tidy.rule_layers, "src/core/ct/x.c",
                     "/* x */\n#include <sluice/sluice.h>\n", "may not see include/sluice")

    def test_folder_without_line(self):
        self.refused(tidy.rule_layers, "src/core/extra/x.c", "/* x */\n", "no line in src/LAYERS")

    def test_subfolder_belongs_to_its_parent(self):
        self.accepted(tidy.rule_layers, "src/core/ct/alg/x.c",
                      '/* x */\n#include "core/base/add.h"\n#include "core/ct/ct.h"\n')

    def test_order_of_layers(self):
        self.refused(tidy.rule_layers, "src/LAYERS",
                     "core/base: core/ct\ncore/ct:core/base\nhost/os:\n", "above")

    def test_layer_line_without_colon(self):
        self.refused(tidy.rule_layers, "src/LAYERS", "oops\n", "folder:", append=True)

    def test_core_headers(self):
        self.refused(tidy.rule_core_headers, "src/core/ct/x.c", "/* x */\n#include <stdio.h>\n",
                     "<stdio.h>")

    def test_static_object(self):
        for line in ("static int count;", "int count = 3;", "static const char *name = 0;",
                     "static struct { int a; } pair;", "static int (*call)(int);",
                     "struct pair one = { 1 };", "static int table[2] = { 1, 2 };"):
            found = self.refused(tidy.rule_core_state, "src/core/ct/x.c",
                                 "/* x */\n\n" + line + "\n", "state outside")
            self.assertEqual(found[1], 3)

    def test_static_object_in_function(self):
        self.refused(tidy.rule_core_state, "src/core/ct/x.c",
                     "/* x */\nint f(void)\n{\n\tstatic int n = 1;\n\treturn n;\n}\n", "f keeps")

    def test_condition(self):
        self.refused(tidy.rule_conditions, "src/core/ct/x.c",
                     "/* x */\n#ifdef __linux__\n#endif\n", "#ifdef")
        self.refused(tidy.rule_conditions, "include/sluice/sluice.h",
                     "/* x */\n#ifndef A_H\n#define A_H\n#ifdef __cplusplus\n#endif\n"
                     "#if 1\n#endif\n#endif\n", "#if")

    def test_long_line_counts_tabs(self):
        self.accepted(tidy.rule_lines, "src/core/ct/x.c", "/* x */\n\t" + "x" * 92 + "\n")
        self.refused(tidy.rule_lines, "src/core/ct/x.c", "/* x */\n\t" + "x" * 93 + "\n", "101")

    def test_trailing_space(self):
        self.refused(tidy.rule_lines, "src/core/ct/x.c", "/* x */ \n", "white space")

    def test_spaces_for_indent(self):
        self.refused(tidy.rule_indent, "src/core/ct/x.c", "/* x\n * y */\nint f(void);\n  int g;\n",
                     "tabs")

    def test_long_file(self):
        self.accepted(tidy.rule_sizes, "src/core/ct/x.c", "/* x */\n" + "\n" * 799)
        self.refused(tidy.rule_sizes, "src/core/ct/x.c", "/* x */\n" + "\n" * 800, "801 lines")

    def test_long_function(self):
        text = "/* x */\nint f(void)\n{\n" + "\tg();\n" * 77 + "}\n"
        self.accepted(tidy.rule_sizes, "src/core/ct/x.c", text)
        self.refused(tidy.rule_sizes, "src/core/ct/x.c", text.replace("{\n", "{\n\tg();\n"),
                     "f has 81 lines")

    def test_long_table_is_fine(self):
        self.accepted(tidy.rule_sizes, "src/core/ct/x.c",
                      "/* x */\nstatic const int t[] = {\n" + "\t1,\n" * 200 + "};\n")

    def test_many_parameters(self):
        six = "/* x */\nint f(int a, int b, int (*c)(int, int), int d, int e, int g)\n{\n}\n"
        self.accepted(tidy.rule_sizes, "src/core/ct/x.c", six)
        self.refused(tidy.rule_sizes, "src/core/ct/x.c", six.replace("int g", "int g, int h"),
                     "7 parameters")

    def test_head_comment(self):
        self.refused(tidy.rule_head, "src/core/ct/x.c", "int f(void);\n", "begins with a comment")

    def test_names(self):
        for name in ("skb", "rx_mbuf", "conn_find", "session", "tree_node", "item", "data2",
                     "TMP_SIZE"):
            self.refused(tidy.rule_names, "src/core/ct/x.c", f"/* x */\nint {name};\n", name)
        self.accepted(tidy.rule_names, "src/core/ct/x.c", "/* x */\nint connect, nodes, items;\n")

    def test_work_left_lying(self):
        for word in ("TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK"):
            self.refused(tidy.rule_left_lying, "docs/life.md", f"{word} later\n", word)
        self.accepted(tidy.rule_left_lying, "docs/life.md", "mkstemp(name.XXXX" "XX)\n")

    def test_path_of_one_machine(self):
        self.refused(tidy.rule_one_machine, "docs/life.md", "see /" "root/x\n", "one machine")

    def test_rfc_listed(self):
        self.refused(tidy.rule_rfc_listed, "src/core/ct/x.c", "/* RFC 4787 */\n", "RFC 4787")

    def test_function_in_document(self):
        self.refused(tidy.rule_functions_exist, "docs/life.md", "add.c:gone\n", "no function gone")
        self.refused(tidy.rule_functions_exist, "docs/life.md", "gone.c:add\n", "no such file")
        self.refused(tidy.rule_functions_exist, "docs/life.md", "ct/add.c:add\n", "no such file")

    def test_rfc_rows_name_tests(self):
        row = "| 793 | {} |\n"
        for cell, words in (("test_gone.c:sums", "no such test"), ("test_add.c:gone", "no test gone"),
                            ("certainly", "name the test"), ("add.c:add", "no such test"),
                            ("rfc1-2.gone.pkt", "rfc1-2.gone.pkt: there is no such test")):
            self.refused(tidy.rule_rfc_tests, "docs/rfc.md", row.format(cell), words, append=True)

    def test_routers_tried(self):
        path, row = "docs/routing.md", "| BGP | flap | {} | has none |\n"
        for cell, words in (("`flap`", "not tried"), ("", "why nothing"), ("`test_no.sh`", "no such test")):
            self.refused(tidy.rule_routers_tried, path, row.format(cell), words, append=True)
        self.refused(tidy.rule_routers_tried, "test/interop/matrix_bgp_bird.sh",
                     "bgp_matrix cut flap bfd\n", "in no cell")

    def test_drop_without_test(self):
        found = self.refused(tidy.rule_drops_tested, "src/core/pkt/drop.def",
                             'X(TTL_EXPIRED, "ttl")\n', "DROP_TTL_EXPIRED", append=True)
        self.assertEqual(found[1], 3)


def main():
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Tidy)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
