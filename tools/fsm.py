#!/usr/bin/env python3
"""The pages of docs/fsm from the tables of the machines: fsm.py --write | --check"""

import os
import re
import sys

TCP_LINE = re.compile(r'^MOVE\((\w+), (\w+), "([^"]*)", "([^"]*)"\)', re.M)
TCP_STATES = ["CLOSED", "LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1",
              "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT"]
TCP_HEAD = """# The states of a TCP connection

Made from `{source}` by `make docs`. `tcp_set_state()` is the only door between states, and
stops the program at a way that is not here. Sections are of RFC 9293.

| from | to | when | section |
|---|---|---|---|
"""
GRID = """
The same as a table: the row is the state before, a dot a way that there is not.

"""
# state, event, action, next state; what happens, where the table says it; section
CELL_LINE = re.compile(
    r'^(?:CELL|MOVE)\((\w+), (\w+), (\w+), (\w+)(?:, "([^"]*)")?, "([^"]*)"\)', re.M)
CELL_GRID = """
The same as a table: the next state for each event, a dot where the event is not expected.

"""


def name(state):
    return state.replace("_", "-")


def lines_of(source, pattern):
    with open(source, encoding="utf-8") as f:
        text = f.read()
    found = pattern.findall(text)
    lines = len(re.findall(r"^(?:CELL|MOVE)\(", text, re.M))
    if lines != len(found):
        raise SystemExit(f"{source}: {lines - len(found)} lines do not have the form of the others")
    return found


def grid_of(columns, rows):
    yield "| | " + " | ".join(name(c) for c in columns) + " |"
    yield "|---" * (len(columns) + 1) + "|"
    for head, cells in rows:
        yield f"| {name(head)} | " + " | ".join(cells) + " |"


def tcp_page(source):
    moves = lines_of(source, TCP_LINE)
    rows = [f"| {name(a)} | {name(b)} | {event} | {section} |" for a, b, event, section in moves]
    there = {(a, b) for a, b, _, _ in moves}
    grid = grid_of(TCP_STATES, [(a, ["yes" if (a, b) in there else "." for b in TCP_STATES])
                                for a in TCP_STATES])
    return TCP_HEAD.format(source=source) + "\n".join(rows) + "\n" + GRID + "\n".join(grid) + "\n"


def in_order(words):
    return list(dict.fromkeys(words))


def cell_page(title, head):
    """A page of a machine [state][event]; head may name {source}."""
    def page(source):
        cells = lines_of(source, CELL_LINE)
        with_text = any(text for *_, text, _ in cells)
        columns = ["state", "event", "action"] + ["what happens"] * with_text + ["next", "section"]
        rows = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
        for state, event, action, after, text, section in cells:
            words = [name(state), name(event), action.lower().replace("_", " ")]
            rows.append("| " + " | ".join(words + [text] * with_text + [name(after), section]) +
                        " |")
        way = {(state, event): name(after) for state, event, _, after, _, _ in cells}
        events = in_order(event for _, event, *_ in cells)
        grid = grid_of(events, [(s, [way.get((s, e), ".") for e in events])
                                for s in in_order(s for s, *_ in cells)])
        return (f"# {title}\n\n" + head.format(source=source) + "\n" + "\n".join(rows) + "\n" +
                CELL_GRID + "\n".join(grid) + "\n")
    return page


# page, source, how
PAGES = [
    ("docs/fsm/tcp.md", "src/core/tcp/state.def", tcp_page),
    ("docs/fsm/bfd.md", "src/core/routing/bfd/bfd.def", cell_page("The states of a BFD session", """\
Made from `{source}` by `make docs`. `bfd_set_state()` is the only door between states.
Events that begin with RX are the state that a good packet of the neighbour says; what is not here is
counted, and nothing happens. Sections are of RFC 5880.
""")),
    ("docs/fsm/bgp.md", "src/core/routing/bgp/fsm.def",
     cell_page("The states of a connection with a BGP peer", """\
Made from `{source}` by `make docs`. `bgp_line_event()` is the only door between
states. Sections are of RFC 4271 where no other is named; what is not here is counted, and nothing
happens.

What is done: CONNECT calls the peer and RETRY calls it anew; WAIT waits to be called, or to call
later; AGAIN begins as the peer is to be begun; OPEN, SAY and ACCEPT send OPEN and KEEPALIVE; UP
makes a client of the RIB; HEAR restarts the hold timer, and UPDATE and REFRESH read the message,
too. DROP ends the connection without a word; CEASE, NOTIFY, HOLD, UNEXPECTED and STUCK with a
NOTIFICATION. NONE is ignored, as the RFC says.
""")),
    ("docs/fsm/ospf_iface.md", "src/core/routing/ospf/iface_fsm.def",
     cell_page("The states of an OSPF interface", """\
Made from `{source}` by `make docs`. `ospf_iface_set_state()` is the only door between states.
Where the next state hangs on a test, the action answers an event, and the way goes on with it from
the state that stands under next; events that begin with IS or MAY are such answers. OTHER is the
RFC's DR Other. What is not here is counted, and nothing happens. The state Loopback is missing, as
no driver tells of it. Sections are of RFC 2328.
""")),
    ("docs/fsm/ospf_nbr.md", "src/core/routing/ospf/nbr_fsm.def",
     cell_page("The states of an OSPF neighbour", """\
Made from `{source}` by `make docs`. `ospf_nbr_set_state()` is the only door between states.
Where the next state hangs on a test, the action answers an event, and the way goes on with it from
the state that stands under next; WANTED, UNWANTED and TO-LOAD are such answers. What is not here is
counted, and nothing happens. A neighbour that is DOWN is forgotten. Attempt is of networks without
broadcast, which are not spoken. Sections are of RFC 2328.
""")),
]


def main():
    if sys.argv[1:] not in (["--write"], ["--check"]):
        print(__doc__)
        return 2
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    fresh = 0
    for page, source, how in PAGES:
        wanted = how(source)
        if sys.argv[1] == "--write":
            os.makedirs(os.path.dirname(page), exist_ok=True)
            with open(page, "w", encoding="utf-8") as f:
                f.write(wanted)
            continue
        try:
            with open(page, encoding="utf-8") as f:
                same = f.read() == wanted
        except FileNotFoundError:
            same = False
        fresh += same
        if not same:
            print(f"{page} does not say what {source} says; run 'make docs'")
    if sys.argv[1] == "--check":
        print(f"{fresh} passed, {len(PAGES) - fresh} failed")
    return 0 if sys.argv[1] == "--write" or fresh == len(PAGES) else 1


if __name__ == "__main__":
    sys.exit(main())
