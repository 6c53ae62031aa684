"""What zsh shows when Tab is pressed twice behind a text: zsh_tab.py FOLDER TEXT

A zsh on a terminal of its own; the folder holds the completion function.
"""

import os
import pty
import re
import select
import sys
import time

LIMIT_S = 20
PROMPT = "sluice-prompt>"


def read_until(fd, mark):
    """What the terminal shows, up to the mark."""
    shown, end = "", time.monotonic() + LIMIT_S
    while not re.search(mark, shown):
        if time.monotonic() > end or not select.select([fd], [], [], LIMIT_S)[0]:
            sys.exit(f"zsh did not show {mark!r}, but {shown!r}")
        shown += os.read(fd, 65536).decode(errors="replace")
    return shown


def main():
    folder, text = sys.argv[1:]
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "dumb"
        os.execvp("zsh", ["zsh", "-f", "-i"])
    setup = (f"fpath=({folder} $fpath); autoload -U compinit; compinit -D -u; "
             "unsetopt zle_bracketed_paste always_last_prompt; setopt list_ambiguous; LISTMAX=9999; "
             f"stty columns 200; compdef _sluice sluice; PS1='sluice-''prompt>'\n")
    os.write(fd, setup.encode())
    read_until(fd, PROMPT)
    os.write(fd, f"{text}\t\t".encode())
    os.write(fd, b"\x15print do''ne\n")
    shown = read_until(fd, r"done\r?\n")
    print(" ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n\x08\x07]", " ", shown).split()))
    os.write(fd, b"exit\n")


main()
