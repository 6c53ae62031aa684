#!/usr/bin/env python3
"""docs/fsm/tcp.md from src/core/tcp/state.def: fsm.py --write | --check"""

import os
import re
import sys

SOURCE = "src/core/tcp/state.def"
PAGE = "docs/fsm/tcp.md"
LINE = re.compile(r'^MOVE\((\w+), (\w+), "([^"]*)", "([^"]*)"\)', re.M)
STATES = ["CLOSED", "LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1",
          "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT"]
HEAD = f"""# The states of a TCP connection

Made from `{SOURCE}` by `make docs`. `tcp_set_state()` is the only door between states, and
stops the program at a way that is not here. Sections are of RFC 9293.

| from | to | when | section |
|---|---|---|---|
"""
GRID = """
The same as a table: the row is the state before, a dot a way that there is not.

"""


def name(state):
    return state.replace("_", "-")


def page(text):
    moves = LINE.findall(text)
    lines = len(re.findall(r"^MOVE\(", text, re.M))
    if lines != len(moves):
        raise SystemExit(f'{SOURCE}: {lines - len(moves)} lines are not MOVE(FROM, TO, "", "")')
    rows = [f"| {name(a)} | {name(b)} | {event} | {section} |" for a, b, event, section in moves]
    there = {(a, b) for a, b, _, _ in moves}
    grid = ["| | " + " | ".join(name(s) for s in STATES) + " |", "|---" * (len(STATES) + 1) + "|"]
    for a in STATES:
        grid.append(f"| {name(a)} | " +
                    " | ".join("yes" if (a, b) in there else "." for b in STATES) + " |")
    return HEAD + "\n".join(rows) + "\n" + GRID + "\n".join(grid) + "\n"


def main():
    if sys.argv[1:] not in (["--write"], ["--check"]):
        print(__doc__)
        return 2
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(SOURCE, encoding="utf-8") as f:
        wanted = page(f.read())
    if sys.argv[1] == "--write":
        os.makedirs(os.path.dirname(PAGE), exist_ok=True)
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
