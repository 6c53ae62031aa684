#!/usr/bin/env python3
"""Run every fuzz target for a moment: its corpus first, then new inputs.

The new inputs are drawn from a fixed seed and are so many, fewer where the time is up: what is
found here is found again. `make fuzz` is for finding more. The corpus of the repository is only
read; what is new stays in the build folder, and so does the input of a crash, whose path is printed.
"""

import argparse
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TAIL_LINES = 60
GRACE_S = 120
SEED = 1


def fuzz(args, name):
    """(name, passed, output)."""
    fresh = os.path.join(args.build, "fresh", name)
    found = os.path.join(args.build, "found")
    corpus = os.path.join("test", "fuzz", "corpus", name)
    shutil.rmtree(fresh, ignore_errors=True)
    for folder in (fresh, found):
        os.makedirs(folder, exist_ok=True)
    known = len(os.listdir(corpus)) if os.path.isdir(corpus) else 0
    command = [os.path.join(args.build, "fuzz_" + name), f"-max_total_time={args.seconds}",
               f"-seed={SEED}", f"-runs={known + args.runs}", "-reload=0", "-timeout=20", "-rss_limit_mb=3000", f"-artifact_prefix={found}/{name}-", fresh]
    if os.path.isdir(corpus):
        command.append(corpus)
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=args.seconds + GRACE_S, check=False)
    except subprocess.TimeoutExpired as late:
        return name, False, (late.stdout or b"") + b"\nout of time"
    return name, done.returncode == 0, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--seconds", type=int, default=5, help="for each target at most")
    parser.add_argument("--runs", type=int, default=20000, help="new inputs for each target")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("targets", nargs="*")
    args = parser.parse_args()
    failed = 0
    with ThreadPoolExecutor(max_workers=max(1, args.jobs)) as pool:
        for name, good, output in pool.map(lambda n: fuzz(args, n), args.targets):
            failed += not good
            print(f"{'PASS' if good else 'FAIL'} fuzz {name}", flush=True)
            if not good:
                text = output.decode(errors="replace").splitlines()[-TAIL_LINES:]
                print("\n".join("    " + line for line in text), flush=True)
    print(f"{len(args.targets) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
