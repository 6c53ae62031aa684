#!/usr/bin/env python3
"""Everything that must hold: check.py [--build dir] [--jobs n] [--only part of a step's name]

Runs the steps one after the other, each with its output in <build>/check/<step>.log. A step
says what it counted in lines "N passed, N failed[, N skipped]"; one that says nothing of the
kind counts as one, and one that counted nothing has failed. A failing step shows the end of its
log; without a build, only what reads sources is run. The last line of all is the sum, alone.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time

SIM_SEEDS = 25
ASAN_SEEDS = 4
MUTATE_SHARE = 20  # `make mutate` plants all
TAIL_LINES = 50
READS_SOURCES = {"clang", "tidy", "tools"}
COUNT = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)


def steps(build, jobs):
    """(name, limit in seconds, arguments of make). Namespace tests wait more than they work."""
    own = [f"BUILD={build}", f"JOBS={jobs}"]
    return [
        ("build-gcc", 600, [f"-j{jobs}", *own, "CC=gcc", "tests"]),
        ("clang", 300, [f"-j{jobs}", *own, "CC=clang", "warnings"]),
        ("tidy", 60, ["tidy"]),
        ("nm-gate", 300, [*own, "nm-gate"]),
        ("tools", 120, ["tool-test"]),
        ("docs", 60, [*own, "docs-fresh"]),
        ("unit", 300, [*own, "unit"]),
        ("script", 60, [*own, "script"]),
        ("sim", 300, [*own, f"SEEDS={SIM_SEEDS}", "sim-short"]),
        ("asan", 600, [*own, f"SEEDS={ASAN_SEEDS}", "asan"]),
        ("fuzz", 600, [*own, "fuzz-short"]),
        ("install", 300, [*own, "install-test"]),
        ("interop", 1200, [*own, f"INTEROP_JOBS={jobs + 2}", "interop"]),
        ("mutate", 600, [*own, f"SHARE={MUTATE_SHARE}", "mutate"]),
    ]


def count(output, code):
    """[passed, failed, skipped] of one step."""
    rows = [[int(n or 0) for n in match.groups()] for match in COUNT.finditer(output)]
    total = [sum(column) for column in zip(*rows)] if rows else [int(code == 0), 0, 0]
    if total[1] == 0 and (code != 0 or sum(total) == 0):
        total[1] = 1
    return total


def sentence(total):
    passed, failed, skipped = total
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def execute(arguments, log_path, limit_s):
    """Exit code of make, or None when the time was up."""
    with open(log_path, "wb") as log:
        proc = subprocess.Popen(["make", *arguments], stdin=subprocess.DEVNULL, stdout=log,
                                stderr=subprocess.STDOUT, start_new_session=True)
        try:
            return proc.wait(timeout=limit_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if proc.poll() is None:
                os.killpg(proc.pid, signal.SIGTERM)
                proc.wait()


def show(output, why, log_path):
    lines = output.splitlines()
    print(f"--- {why}; of {log_path} what failed, and the end:")
    for line in [each for each in lines[:-TAIL_LINES] if each.startswith("FAIL")]:
        print("    " + line)
    for line in lines[-TAIL_LINES:]:
        print("    " + line)
    print("---", flush=True)


def skipped_tests(output):
    return [line for line in output.splitlines() if line.startswith("SKIP ")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="only steps whose name contains this")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    logs = os.path.join(args.build, "check")
    os.makedirs(logs, exist_ok=True)
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        os.environ.pop(name, None)

    total = [0, 0, 0]
    built = True
    for name, limit_s, arguments in steps(args.build, args.jobs):
        if args.only not in name:
            continue
        if not built and name not in READS_SOURCES:
            total[1] += 1
            print(f"{name:12}FAIL           not run: there is no build")
            continue
        log_path = os.path.join(logs, name + ".log")
        print(f"{name:12}", end="", flush=True)
        start = time.monotonic()
        code = execute(arguments, log_path, limit_s)
        took_s = time.monotonic() - start
        with open(log_path, encoding="utf-8", errors="replace") as log:
            output = log.read()
        counted = count(output, code)
        total = [a + b for a, b in zip(total, counted)]
        print(f"{'FAIL' if counted[1] else 'ok':5}{took_s:6.0f} s   {sentence(counted)}", flush=True)
        for line in skipped_tests(output):
            print("    " + line)
        built = built and not (name == "build-gcc" and counted[1])
        if counted[1]:
            why = (f"out of time after {limit_s} s" if code is None
                   else f"make {' '.join(arguments)} failed" if code else "it counted nothing")
            show(output, why, log_path)
    print(sentence(total))
    return 1 if total[1] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
