#!/usr/bin/env python3
"""docs/fsm/*.md from the tables of states in src/core: fsm.py --write | --check"""

import os
import re
import sys

WAY = re.compile(r'^MOVE\((\w+), (\w+), "([^"]*)", "([^"]*)"\)', re.M)
CELL = re.compile(r'^MOVE\((\w+), (\w+), (\w+), (\w+), "([^"]*)"\)', re.M)

TCP_STATES = ["CLOSED", "LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1",
              "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT"]
TCP_HEAD = """# The states of a TCP connection

Made from `{source}` by `make docs`. `tcp_set_state()` is the only door between states, and
stops the program at a way that is not here. Sections are of RFC 9293.

| from | to | when | section |
|---|---|---|---|
"""
TCP_GRID = """
The same as a table: the row is the state before, a dot a way that there is not.

"""

BGP_STATES = ["IDLE", "CONNECT", "ACTIVE", "OPEN_SENT", "OPEN_CONFIRM", "ESTABLISHED"]
BGP_HEAD = """# The states of a connection with a BGP peer

Made from `{source}` by `make docs`. `bgp_line_event()` is the only door
between states. Sections are of RFC 4271 where no other is named. A cell says what is done and which
state follows; a dot is an event that is not expected there: it is counted, and nothing happens.

What is done: CONNECT calls the peer and RETRY calls it anew; WAIT waits to be called, or to call
later; AGAIN begins as the peer is to be begun; OPEN, SAY and ACCEPT send OPEN and KEEPALIVE; UP
makes a client of the RIB; HEAR restarts the hold timer, and UPDATE and REFRESH read the message,
too. DROP ends the connection without a word; CEASE, NOTIFY, HOLD, UNEXPECTED and STUCK with a
NOTIFICATION. NONE is ignored, as the RFC says.

"""


def name(state):
    return state.replace("_", "-")


def rows_of(text, source, line):
    """The lines of a table; none may be of another shape."""
    moves = line.findall(text)
    count = len(re.findall(r"^MOVE\(", text, re.M))
    if count != len(moves):
        raise SystemExit(f"{source}: {count - len(moves)} lines are not MOVE(...) as the others")
    return moves


def table(head, rows):
    lines = ["|" + "".join(f" {cell} |" if cell else " |" for cell in row) for row in [head] + rows]
    lines.insert(1, "|---" * len(head) + "|")
    return "\n".join(lines) + "\n"


def ways_page(text, source):
    moves = rows_of(text, source, WAY)
    rows = [f"| {name(a)} | {name(b)} | {event} | {section} |" for a, b, event, section in moves]
    there = {(a, b) for a, b, _, _ in moves}
    grid = [[name(a)] + ["yes" if (a, b) in there else "." for b in TCP_STATES]
            for a in TCP_STATES]
    return (TCP_HEAD.format(source=source) + "\n".join(rows) + "\n" + TCP_GRID +
            table([""] + [name(s) for s in TCP_STATES], grid))


def cells_page(text, source):
    cells = {}
    for state, event, action, after, section in rows_of(text, source, CELL):
        if (state, event) in cells:
            raise SystemExit(f"{source}: {event} in {state} has two lines")
        cells[state, event] = (action, after, section)
    events = list(dict.fromkeys(event for _, event in cells))
    grid = []
    for event in events:
        row = [event.replace("_", " ").lower()]
        for state in BGP_STATES:
            action, after, _ = cells.get((state, event), (".", state, ""))
            row.append(action if after == state else f"{action}, {name(after)}")
        grid.append(row)
    why = [[name(state), event.replace("_", " ").lower(), section]
           for (state, event), (_, _, section) in cells.items() if section != "8.2.2"]
    return (BGP_HEAD.format(source=source) +
            table([""] + [name(s) for s in BGP_STATES], grid) +
            "\nWhere it stands, if not in section 8.2.2 alone:\n\n" +
            table(["in", "event", "section"], why))


PAGES = [("src/core/tcp/state.def", "docs/fsm/tcp.md", ways_page),
         ("src/core/routing/bgp/fsm.def", "docs/fsm/bgp.md", cells_page)]


def main():
    if sys.argv[1:] not in (["--write"], ["--check"]):
        print(__doc__)
        return 2
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    failed = 0
    for source, page, make in PAGES:
        with open(source, encoding="utf-8") as f:
            wanted = make(f.read(), source)
        if sys.argv[1] == "--write":
            os.makedirs(os.path.dirname(page), exist_ok=True)
            with open(page, "w", encoding="utf-8") as f:
                f.write(wanted)
            continue
        try:
            with open(page, encoding="utf-8") as f:
                fresh = f.read() == wanted
        except FileNotFoundError:
            fresh = False
        if not fresh:
            print(f"{page} does not say what {source} says; run 'make docs'")
            failed += 1
    if sys.argv[1] == "--check":
        print(f"{len(PAGES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
