#!/usr/bin/env python3
"""Run test programs, keep their output, show it when they fail, and count.

A program passes with exit code 0 and is skipped with 77. With --cmocka its own tests are
counted instead ("[  PASSED  ] 3 test(s)."); a program that says nothing of the kind has
failed, because a test that ran nothing proves nothing. The last line is the count.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

SKIP = 77
TAIL_LINES = 60
KILL_AFTER_S = 20
CMOCKA = re.compile(rb"^\[  (PASSED|FAILED|SKIPPED) +\] (\d+) test\(s\)", re.M)


def command(path):
    """A test that is not executable runs by its suffix."""
    path = os.path.abspath(path)
    if path.endswith(".py"):
        return [sys.executable, path]
    if path.endswith(".sh") and not os.access(path, os.X_OK):
        return ["bash", path]
    return [path]


def signal_group(pid, number):
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        pass


class Stop:
    """Ctrl-C or SIGTERM: the running tests are told, so that their traps clean up."""

    def __init__(self):
        self.asked = False
        self.running = set()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.ask)

    def ask(self, *_):
        self.asked = True
        for pid in list(self.running):
            signal_group(pid, signal.SIGTERM)


def execute(path, log_path, limit_s, stop):
    """The exit code, or None when the time was up. The test's own traps get their chance."""
    with open(log_path, "wb") as log:
        proc = subprocess.Popen(command(path), stdin=subprocess.DEVNULL, stdout=log,
                                stderr=subprocess.STDOUT, start_new_session=True)
        stop.running.add(proc.pid)
        try:
            return proc.wait(timeout=limit_s)
        except subprocess.TimeoutExpired:
            signal_group(proc.pid, signal.SIGTERM)
            try:
                proc.wait(timeout=KILL_AFTER_S)
            except subprocess.TimeoutExpired:
                pass
            return None
        finally:
            stop.running.discard(proc.pid)
            signal_group(proc.pid, signal.SIGKILL)
            proc.wait()


def judge(code, output, cmocka):
    """(passed, failed, skipped, why) of one program."""
    if code is None:
        return 0, 1, 0, "out of time"
    if not cmocka:
        if code == 0:
            return 1, 0, 0, ""
        if code == SKIP:
            return 0, 0, 1, ""
        return 0, 1, 0, f"exit code {code}"
    counts = {b"PASSED": 0, b"FAILED": 0, b"SKIPPED": 0}
    for word, number in CMOCKA.findall(output):
        counts[word] += int(number)
    passed, failed, skipped = counts[b"PASSED"], counts[b"FAILED"], counts[b"SKIPPED"]
    if code < 0:
        return passed, failed + 1, skipped, f"killed by signal {-code}"
    if code > 0 and failed == 0:
        return passed, 1, skipped, f"exit code {code}"
    if passed + failed + skipped == 0:
        return 0, 1, 0, "ran no test"
    return passed, failed, skipped, f"{failed} failed" if failed else ""


class Runner:
    def __init__(self, args):
        self.args = args
        self.lock = threading.Lock()
        self.total = [0, 0, 0]
        self.stop = Stop()

    def run(self, path):
        if self.stop.asked:
            return
        name = os.path.splitext(os.path.basename(path))[0]
        folder = os.path.basename(os.path.dirname(path))
        log_name = f"{folder}.{name}.log" if self.args.cmocka else f"{name}.log"
        log_path = os.path.join(self.args.logs, log_name)
        start = time.monotonic()
        code = execute(path, log_path, self.args.limit, self.stop)
        took_s = time.monotonic() - start
        with open(log_path, "rb") as log:
            output = log.read()
        passed, failed, skipped, why = judge(code, output, self.args.cmocka)
        word = "FAIL" if failed else "SKIP" if skipped and not passed else "PASS"
        with self.lock:
            for i, number in enumerate((passed, failed, skipped)):
                self.total[i] += number
            note = f" - {why}" if why else ""
            print(f"{word} {path} ({took_s:.1f} s){note}", flush=True)
            tail = output.decode(errors="replace").splitlines()[-TAIL_LINES:]
            if failed:
                print(f"--- end of {log_path}")
                print("\n".join("    " + line for line in tail))
                print("---", flush=True)
            elif word == "SKIP" and tail:
                print(f"    {tail[-1]}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cmocka", action="store_true", help="count cmocka's tests")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--limit", type=int, default=300, help="seconds for each program")
    parser.add_argument("--only", default="", help="only programs whose path contains this")
    parser.add_argument("--logs", required=True, help="folder for the outputs")
    parser.add_argument("programs", nargs="*")
    args = parser.parse_args()
    os.makedirs(args.logs, exist_ok=True)
    chosen = [p for p in args.programs if args.only in p]
    if args.only and args.programs and not chosen:
        print(f"no test has '{args.only}' in its name")
        return 2
    runner = Runner(args)
    with ThreadPoolExecutor(max_workers=max(1, args.jobs)) as pool:
        list(pool.map(runner.run, chosen))
    if runner.stop.asked:
        print("interrupted")
        return 130
    passed, failed, skipped = runner.total
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
