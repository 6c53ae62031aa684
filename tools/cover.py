#!/usr/bin/env python3
"""Lines of src/ that a build with COV=1 has run: cover.py build-dir"""

import json
import os
import subprocess
import sys


def reached(build):
    """{file: {line: was it run?}} over every object that was linked into a test."""
    files = {}
    for folder, _, names in os.walk(os.path.join(build, "obj", "src")):
        for name in names:
            if not name.endswith(".gcno"):
                continue
            out = subprocess.run(["gcov", "--json-format", "--stdout", os.path.join(folder, name)],
                                 check=True, capture_output=True, text=True).stdout
            for document in out.splitlines():
                for entry in json.loads(document)["files"]:
                    lines = files.setdefault(entry["file"], {})
                    for line in entry["lines"]:
                        number = line["line_number"]
                        lines[number] = lines.get(number, False) or line["count"] > 0
    return {f: lines for f, lines in files.items() if f.startswith("src/") and lines}


def main():
    files = reached(sys.argv[1])
    for name, lines in sorted(files.items()):
        run = sum(lines.values())
        missing = [n for n, was in sorted(lines.items()) if not was]
        shown = " ".join(map(str, missing[:12])) + (" ..." if len(missing) > 12 else "")
        print(f"{100 * run / len(lines):5.1f} %  {name}  {shown}")
    total = sum(len(lines) for lines in files.values())
    run = sum(sum(lines.values()) for lines in files.values())
    print(f"{100 * run / max(total, 1):5.1f} %  of {total} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
