#!/usr/bin/env python3
"""Plant each fault of mutants.py in a fresh copy of the tree; its test must fail.

The objects of the build folder come along with their times, so that only what the fault
touches is built again. A test is first seen to pass without a fault. The last lines are
"N faults, N caught" and the count.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor

from mutants import FAULTS

BUILD_LIMIT_S = 300
TEST_LIMIT_S = 180
SIM_SEEDS = "20"
TAIL_LINES = 20
# A fault may leave something unused; that alone is no reason not to build it.
UNUSED = "".join(f'#pragma GCC diagnostic ignored "-Wunused-{what}"\n'
                 for what in ("variable", "but-set-variable", "parameter", "function")) + "#line 1\n"
LEFT_OUT = shutil.ignore_patterns(".git", "build", "corpus", "__pycache__")


class Bad(Exception):
    """The fault itself is wrong; says how."""


def plant(text, fault):
    name, path, old, new, _ = fault
    if text.count(old) != 1:
        raise Bad(f"{name}: its text stands {text.count(old)} times in {path}, not once")
    if old == new:
        raise Bad(f"{name}: changes nothing")
    return (UNUSED if path.endswith(".c") else "") + text.replace(old, new)


def target_of(test, build):
    """(what make has to build, the command to run)."""
    kind, _, name = test.partition(":")
    if kind == "unit" and name:
        program = f"{build}/test/unit/{name}"
        return [program], [program]
    if kind == "sim" and name:
        program = f"{build}/test/sim/{name}"
        return [program], [program]
    if kind == "sim":
        return [f"{build}/sim"], [f"{build}/sim", "--seeds", SIM_SEEDS]
    if kind == "script" and name:
        program = f"{build}/steps" if name.endswith(".step") else f"{build}/script"
        return [program], [program, f"test/script/{name}"]
    if kind == "interop" and name:
        return [], ["make", f"BUILD={build}", f"K={name}", "interop"]
    raise Bad(f"{test}: name the test as unit:folder/test_file, sim, sim:test_name, "
              "script:folder/file or interop:test_name")


def bring(here, there):
    """A link, where nothing writes the file in its place: what makes an object or an archive anew
    unlinks the old one first, and of the sources only the faulty one is written."""
    try:
        if not here.endswith(".d"):
            os.link(here, there)
            return
    except OSError:  # another file system
        pass
    shutil.copy2(here, there)


def copy_tree(build, to):
    shutil.copytree(".", to, ignore=LEFT_OUT, symlinks=True, dirs_exist_ok=True,
                    copy_function=bring)
    os.makedirs(os.path.join(to, build), exist_ok=True)
    for name in sorted(os.listdir(build)):
        here, there = os.path.join(build, name), os.path.join(to, build, name)
        if name in ("obj", "dry"):
            shutil.copytree(here, there, symlinks=True, copy_function=bring)
        elif name.endswith(".a"):
            bring(here, there)
        elif name.endswith(".list") or name == "flags":
            shutil.copy2(here, there)


def run(command, folder, limit_s):
    """(exit code or None, output)."""
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired as late:
        return None, (late.stdout or b"").decode(errors="replace")
    return done.returncode, done.stdout.decode(errors="replace")


def tail(output):
    return "\n".join("    " + line for line in output.splitlines()[-TAIL_LINES:])


def try_test(test, build, folder):
    """Exit code and output of a test in a folder, built first."""
    targets, command = target_of(test, build)
    if targets:
        code, output = run(["make", f"BUILD={build}", *targets], folder, BUILD_LIMIT_S)
        if code != 0:
            raise Bad(f"does not build\n{tail(output)}")
    return run(command, folder, TEST_LIMIT_S)


def try_fault(fault, build):
    """(caught, what to say)."""
    name, path, _, _, test = fault
    with tempfile.TemporaryDirectory(prefix="sluice-mutate-") as folder:
        try:
            copy_tree(build, folder)
            full = os.path.join(folder, path)
            if not os.path.exists(full):
                raise Bad(f"{name}: there is no {path}")
            with open(full, encoding="utf-8") as f:
                text = plant(f.read(), fault)
            os.remove(full)  # a link, perhaps: the tree's own must stay as it is
            with open(full, "w", encoding="utf-8") as f:
                f.write(text)
            code, _ = try_test(test, build, folder)
        except Bad as bad:
            return False, f"ERROR {name}: {bad}"
    if code == 0:
        return False, f"FAIL {name}: {test} does not notice"
    return True, f"PASS {name}: caught by {test}" + (" (it hangs)" if code is None else "")


def in_share(faults, share, salt):
    """One of `share` parts of the faults, another one with each commit."""
    return [f for f in faults if zlib.crc32((salt + f[0]).encode()) % share == 0]


def commit():
    code, output = run(["git", "rev-parse", "HEAD"], ".", TEST_LIMIT_S)
    return output.strip() if code == 0 else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", default="", help="only faults whose name contains this")
    parser.add_argument("--share", type=int, default=1,
                        help="only one fault in so many, others with each commit")
    args = parser.parse_args()
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if os.path.isabs(args.build):
        parser.error("--build is a path inside the tree")
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        os.environ.pop(name, None)
    faults = [f for f in FAULTS if args.only in f[0]]
    if args.share > 1:
        faults = in_share(faults, args.share, commit())
    for test in sorted({f[4] for f in faults}):
        try:
            code, output = try_test(test, args.build, ".")
        except Bad as bad:
            code, output = 1, str(bad)
        if code != 0:
            print(f"FAIL {test} fails without any fault\n{tail(output)}")
            print("0 passed, 1 failed")
            return 1
    # Namespace tests wait more than they work: they begin first, and one more runs than there are
    # cores.
    faults.sort(key=lambda fault: not fault[4].startswith("interop:"))
    with ThreadPoolExecutor(max_workers=max(1, args.jobs) + 1) as pool:
        results = list(pool.map(lambda f: try_fault(f, args.build), faults))
    for _, line in results:
        print(line)
    caught = sum(good for good, _ in results)
    print(f"{len(faults)} faults, {caught} caught")
    print(f"{caught} passed, {len(faults) - caught} failed")
    return 0 if caught == len(faults) else 1


if __name__ == "__main__":
    sys.exit(main())
