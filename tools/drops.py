#!/usr/bin/env python3
"""docs/drops.md from src/core/pkt/drop.def: drops.py --write | --check"""

import os
import re
import sys

SOURCE = "src/core/pkt/drop.def"
PAGE = "docs/drops.md"
LINE = re.compile(r'^DROP\((\w+),\s*"([^"]*)",\s*"([^"]*)"\)', re.M)
HEAD = f"""# Why packets end

Made from `{SOURCE}` by `make docs`. `sluice show drops` has the
counters by these names. A packet that ends has exactly one reason.

| reason | the packet ends because | see |
|---|---|---|
"""


def page(text):
    rows = [f"| `{name}` | {sentence} | {why} |" for name, sentence, why in LINE.findall(text)]
    lines = len(re.findall(r"^DROP\(", text, re.M))
    if lines != len(rows):
        raise SystemExit(f'{SOURCE}: {lines - len(rows)} lines are not DROP(NAME, "sentence", "why")')
    return HEAD + "\n".join(rows) + "\n"


def main():
    if sys.argv[1:] not in (["--write"], ["--check"]):
        print(__doc__)
        return 2
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(SOURCE, encoding="utf-8") as f:
        wanted = page(f.read())
    if sys.argv[1] == "--write":
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(wanted)
        return 0
    try:
        with open(PAGE, encoding="utf-8") as f:
            fresh = f.read() == wanted
    except FileNotFoundError:
        fresh = False
    if not fresh:
        print(f"{PAGE} does not say what {SOURCE} says; run 'make docs'")
    print(f"{int(fresh)} passed, {int(not fresh)} failed")
    return 0 if fresh else 1


if __name__ == "__main__":
    sys.exit(main())
