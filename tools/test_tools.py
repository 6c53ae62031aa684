#!/usr/bin/env python3
"""Tests of the tools that judge: a tool that cannot fail proves nothing."""

import os
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import check  # noqa: E402
import drops  # noqa: E402
import mutate  # noqa: E402
import nm_gate  # noqa: E402
import run_tests  # noqa: E402


class RunTests(unittest.TestCase):
    CMOCKA = b"[  PASSED  ] 3 test(s).\n[  FAILED  ] 1 test(s), listed below:\n[  FAILED  ] one\n"

    def test_cmocka_counts(self):
        self.assertEqual(run_tests.judge(1, self.CMOCKA, True)[:3], (3, 1, 0))
        self.assertEqual(run_tests.judge(0, self.CMOCKA * 2, True)[:3], (6, 2, 0))

    def test_a_crash_is_a_failure(self):
        self.assertEqual(run_tests.judge(-11, b"[  PASSED  ] 3 test(s).\n", True)[:3], (3, 1, 0))
        self.assertEqual(run_tests.judge(1, b"[  PASSED  ] 3 test(s).\n", True)[:3], (3, 1, 0))

    def test_running_nothing_is_a_failure(self):
        self.assertEqual(run_tests.judge(0, b"", True)[:3], (0, 1, 0))

    def test_exit_codes(self):
        self.assertEqual(run_tests.judge(0, b"", False)[:3], (1, 0, 0))
        self.assertEqual(run_tests.judge(77, b"", False)[:3], (0, 0, 1))
        self.assertEqual(run_tests.judge(1, b"", False)[:3], (0, 1, 0))
        self.assertEqual(run_tests.judge(None, b"", False)[:3], (0, 1, 0))

    def run_script(self, body, *options):
        with tempfile.TemporaryDirectory() as folder:
            script = os.path.join(folder, "test_x.sh")
            with open(script, "w", encoding="utf-8") as f:
                f.write("#!/bin/sh\n" + body)
            done = subprocess.run([sys.executable, os.path.join(HERE, "run_tests.py"), *options,
                                   "--logs", folder, script], capture_output=True, text=True,
                                  check=False)
        return done.returncode, done.stdout

    def test_a_failing_script_is_shown(self):
        code, output = self.run_script("echo the reason; exit 3\n")
        self.assertEqual(code, 1)
        self.assertIn("    the reason\n", output)
        self.assertTrue(output.endswith("0 passed, 1 failed\n"))

    def test_a_slow_script_is_ended_and_its_trap_runs(self):
        code, output = self.run_script("trap 'echo swept; exit 1' TERM\nsleep 60 &\nwait\n",
                                       "--limit", "1")
        self.assertEqual(code, 1)
        self.assertIn("out of time", output)
        self.assertIn("swept", output)

    def test_a_name_that_fits_nothing_is_an_error(self):
        self.assertEqual(self.run_script("exit 0\n", "--only", "no such")[0], 2)


class Check(unittest.TestCase):
    def test_counts_add_up(self):
        text = "1 passed, 0 failed\nnot 7 passed, 7 failed\n2 passed, 1 failed, 4 skipped\n"
        self.assertEqual(check.count(text, 1), [3, 1, 4])

    def test_a_step_without_counts_counts_as_one(self):
        self.assertEqual(check.count("", 0), [1, 0, 0])
        self.assertEqual(check.count("", 2), [0, 1, 0])

    def test_a_step_that_counted_nothing_has_failed(self):
        self.assertEqual(check.count("0 passed, 0 failed\n", 0), [0, 1, 0])

    def test_a_bad_exit_is_a_failure_whatever_was_counted(self):
        self.assertEqual(check.count("5 passed, 0 failed\n", 2), [5, 1, 0])
        self.assertEqual(check.count("5 passed, 0 failed\n", None), [5, 1, 0])

    def test_last_line(self):
        self.assertEqual(check.sentence([3, 0, 0]), "3 passed, 0 failed")
        self.assertEqual(check.sentence([3, 1, 2]), "3 passed, 1 failed, 2 skipped")


class NmGate(unittest.TestCase):
    def test_what_the_core_may_need(self):
        symbols = [("a.o", "T", "f"), ("b.o", "U", "f"), ("b.o", "U", "memcpy"),
                   ("b.o", "r", "table"), ("b.o", "U", "check_failed")]
        self.assertEqual(list(nm_gate.judge(symbols)), [])

    def test_a_call_to_libc(self):
        self.assertIn("malloc", next(nm_gate.judge([("a.o", "U", "malloc")])))

    def test_writable_data(self):
        for kind in "dDbBC":
            self.assertIn("count", next(nm_gate.judge([("a.o", kind, "count")])))


class Mutate(unittest.TestCase):
    FAULT = ("name", "a.c", "x < y", "x <= y", "unit:base/test_a")

    def test_plant(self):
        self.assertEqual(mutate.plant("if (x < y)", self.FAULT), mutate.UNUSED + "if (x <= y)")

    def test_a_fault_must_fit_exactly_once(self):
        for text in ("nothing", "x < y x < y"):
            with self.assertRaises(mutate.Bad):
                mutate.plant(text, self.FAULT)

    def test_kinds_of_tests(self):
        self.assertEqual(mutate.target_of("unit:ct/test_ct", "b")[1], ["b/test/unit/ct/test_ct"])
        self.assertEqual(mutate.target_of("sim:test_road", "b")[1], ["b/test/sim/test_road"])
        self.assertEqual(mutate.target_of("script:bgp/a.step", "b")[1],
                         ["b/steps", "test/script/bgp/a.step"])
        self.assertEqual(mutate.target_of("script:tcp/a.pkt", "b"),
                         (["b/script"], ["b/script", "test/script/tcp/a.pkt"]))
        self.assertEqual(mutate.target_of("sim", "b")[0], ["b/sim"])
        with self.assertRaises(mutate.Bad):
            mutate.target_of("by eye", "b")

    def test_shares_are_parts_that_change(self):
        share = {salt: mutate.in_share(mutate.FAULTS, 3, salt) for salt in ("a", "b")}
        for part in share.values():
            self.assertTrue(0 < len(part) < len(mutate.FAULTS) / 2)
        self.assertNotEqual(share["a"], share["b"])

    # A fault that does not build is found by no test; some of the warnings that are errors.
    COMPILER = ["gcc", "-std=c11", "-Isrc", "-Iinclude", "-Itest", "-D_GNU_SOURCE", "-DDCHECK_ON=0", "-O2",
                "-Wall", "-Wextra", "-Wconversion", "-Werror", "-fsyntax-only", "-x", "c", "-"]

    def reads(self, fault):
        """What is wrong with a fault; it fits, or it raises Bad."""
        root = os.path.dirname(HERE)
        with open(os.path.join(root, fault[1]), encoding="utf-8") as f:
            text = mutate.plant(f.read(), fault)
        if not fault[1].endswith(".c"):
            return ""
        return subprocess.run(self.COMPILER, cwd=root, input=text, capture_output=True, text=True,
                              check=False).stderr

    def test_every_fault_fits_the_sources(self):
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for fault, wrong in zip(mutate.FAULTS, pool.map(self.reads, mutate.FAULTS)):
                with self.subTest(fault[0]):
                    self.assertEqual(wrong, "")


class Drops(unittest.TestCase):
    def test_page(self):
        page = drops.page('DROP(NO_ROUTE, "no route leads there", "RFC 1812")\n')
        self.assertIn("| `NO_ROUTE` | no route leads there | RFC 1812 |\n", page)

    def test_a_line_that_does_not_read(self):
        with self.assertRaises(SystemExit):
            drops.page("DROP(NO_ROUTE)\n")


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
