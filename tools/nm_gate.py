#!/usr/bin/env python3
"""The core stands alone: nm_gate.py libsluice-core.a

Reads the symbols of an archive built without hardening and sanitizers (make nm-gate) and fails
when the core needs anything from outside but four memory functions and check_failed, or when it
holds writable data: there is no state outside the engine's memory.
"""

import subprocess
import sys

ALLOWED = {"memcpy", "memmove", "memset", "memcmp", "check_failed"}
WRITABLE = "dDbBsSgGC"


def read_symbols(archive):
    """Yields (object file, kind, symbol)."""
    out = subprocess.run(["nm", "-A", archive], check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        place, rest = line.rsplit(":", 1)
        fields = rest.split()
        yield place.split(":")[-1], fields[-2], fields[-1]


def judge(symbols):
    symbols = list(symbols)
    defined = {name for _, kind, name in symbols if kind not in "Uwv"}
    for place, kind, name in symbols:
        if kind in "Uwv" and name not in defined | ALLOWED:
            yield f"{place} needs {name} from outside; the core may need only {sorted(ALLOWED)}"
        elif kind in WRITABLE:
            yield f"{place} holds writable data: {name}; it belongs into a struct of the engine"


def main():
    bad = sorted(set(judge(read_symbols(sys.argv[1]))))
    for line in bad:
        print(line)
    print(f"{0 if bad else 1} passed, {1 if bad else 0} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
