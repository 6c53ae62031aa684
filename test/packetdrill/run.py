#!/usr/bin/env python3
"""Runs google/packetdrill's scripts against the shared object: a line per script, then the sum.

    run.py --tool path/packetdrill --suite path/tcp --lib build/libsluice-packetdrill.so [--only X]

Scripts configure the host they run on; here a script's commands are not run. Those that set what
the shared object knows become its options, all others are left out. So are blocks of Python, which
ask the kernel for TCP_INFO, and not the shared object. PSH is not judged: Linux sets it in every
packet of several segments that it hands to the device, so where it stands tells how the kernel
chose to cut them. What needs something that only Linux has is skipped, with the reason.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

LIMIT_S = 20

# The first one that a script has tells why it is skipped; paths count, too.
SKIPPED = [
    (r"fastopen|FASTOPEN", "TCP Fast Open"),
    (r"ZEROCOPY", "zero copy"),
    (r"\bsplice\(|\bsendfile\(", "splice, sendfile"),
    (r"SO_TIMESTAMPING", "time stamps of the kernel"),
    (r"ip_version=ipv6|AF_INET6", "IPv6"),
    (r"NOTSENT_LOWAT|notsent_lowat", "TCP_NOTSENT_LOWAT"),
    (r"TCP_INQ|TCP_CM_INQ", "TCP_INQ"),
    (r"MSG_EOR", "MSG_EOR"),
    (r"pfifo limit 0", "a queue of the kernel that drops"),
    (r"tcp_mtu_probing", "Linux' probes of the MTU"),
    (r"ip route change", "routes with metrics"),
    (r"^slow_start/slow-start-fq-", "times of the kernel's fq"),
    (r"/sys/module/", "the kernel's own HyStart"),
    (r"^tcp_info/|^syscall_bad_arg/", "only about the kernel's calls"),
]
OPTIONS = [
    (r"tcp_timestamps=0", "no_timestamps"),
    (r"tcp_sack=0", "no_sack"),
    (r"tcp_ecn=1", "ecn"),
]


def why_skipped(name, text):
    for pattern, why in SKIPPED:
        if re.search(pattern, name + "\n" + text):
            return why
    return None


def without_host(text):
    """The script without what it says to its host, and what of that are options."""
    bare = re.sub(r"//.*", "", text)
    commands = " ".join(re.findall(r"`[^`]*`", bare))
    options = [option for pattern, option in OPTIONS if re.search(pattern, commands)]
    bare = re.sub(r"%\{.*?\}%", "`true`", bare, flags=re.S)
    bare = re.sub(r"`[^`]*`", "`true`", bare)
    return re.sub(r"(>\s+(?:\[\w+\]\s+)?[A-Z]*)P", r"\1", bare), " ".join(options)


def run_one(args, path):
    """None: passed; else the first line of what is wrong."""
    text, options = without_host(path.read_text())
    command = [args.tool, "--ip_version=ipv4", "--so_filename=" + args.lib]
    if options:
        command.append("--so_flags=" + options)
    with tempfile.NamedTemporaryFile("w", suffix=".pkt") as script:
        script.write(text)
        script.flush()
        try:
            done = subprocess.run(command + [script.name], stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=LIMIT_S, check=False)
        except subprocess.TimeoutExpired:
            return "it did not end"
    if done.returncode == 0:
        return None
    lines = done.stderr.strip().replace(script.name, path.name).splitlines()
    if args.verbose:
        print("\n".join(lines))
    return lines[0] if lines else "it ended by signal %d" % -done.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True)
    parser.add_argument("--suite", required=True, type=pathlib.Path)
    parser.add_argument("--lib", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    passed, failed, skipped, partly = 0, [], 0, 0
    args.lib = str(pathlib.Path(args.lib).resolve())
    for path in sorted(args.suite.rglob("*.pkt")):
        name = str(path.relative_to(args.suite))
        if args.only not in name:
            continue
        why = why_skipped(name, path.read_text())
        if why:
            skipped += 1
            print("skip  %s: %s" % (name, why))
            continue
        partly += "%{" in path.read_text()
        error = run_one(args, path)
        print("%s  %s" % ("FAIL" if error else "ok  ", name), flush=True)
        if error:
            failed.append((name, error))
        passed += error is None
    for name, error in failed:
        print("%s: %s" % (name, error))
    print("of those that ran, %d have blocks of Python, which were left out" % partly)
    print("%d passed, %d failed, %d skipped" % (passed, len(failed), skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
