#!/usr/bin/env python3
"""The pages of the configuration from the program: conf_docs.py SLUICE --write | --check"""

import os
import subprocess
import sys

PAGES = {"docs/configuration.md": "--markdown", "docs/configuration.schema.json": "--json",
         "docs/man/sluice.yaml.5": "--man"}


def main():
    if len(sys.argv) != 3 or sys.argv[2] not in ("--write", "--check"):
        print(__doc__)
        return 2
    program = os.path.abspath(sys.argv[1])
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    failed = 0
    for page, option in PAGES.items():
        wanted = subprocess.run([program, "schema", option], check=True, capture_output=True,
                                text=True).stdout
        if sys.argv[2] == "--write":
            with open(page, "w", encoding="utf-8") as f:
                f.write(wanted)
            continue
        try:
            with open(page, encoding="utf-8") as f:
                fresh = f.read() == wanted
        except FileNotFoundError:
            fresh = False
        if not fresh:
            print(f"{page} is not what 'sluice schema {option}' says; run 'make docs'")
            failed += 1
    if sys.argv[2] == "--check":
        print(f"{len(PAGES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
