#!/usr/bin/env python3
"""Follow a page as its reader would: story.py PAGE PROMPT=COMMAND...

In the page's blocks of ```console a line that begins with a prompt is typed, with the lines of a
here-document after it, into a shell on a terminal, and what follows up to the next prompt has to be
what the terminal then shows. COMMAND starts the shell of a prompt, in the folder of the sources;
'lab# ' is what `./run --lab` makes of that of '# '. Blocks with another prompt than those that are
given are passed over.

Two things let a page be true each time: <23> is what differs, digits for digits and a word for a word,
and a line of dots stands for any lines. White space is compared as one blank, and empty lines are not.
A block of ```console again is followed until it comes true: what has to be waited for.
--show prints what the terminal shows instead, to write the page by.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAB = "lab# "
PROMPTS = ("# ", LAB, "gw# ")
COMMAND_S = 120
AGAIN_S = 20
COLUMNS = 400


class Step:
    """A command of the page, the line where it stands, and what it should say."""

    def __init__(self, line, prompt, command, again):
        self.line, self.prompt, self.again = line, prompt, again
        self.typed = [command]
        self.wanted = []


def read_steps(text):
    """The steps of a page in order. A block is a list of them."""
    blocks, block, again, until = [], None, False, None
    for number, line in enumerate(text.split("\n"), 1):
        if block is None:
            if line.startswith("```console"):
                block, again = [], line.split()[1:] == ["again"]
            continue
        if line == "```":
            blocks.append(block)
            block, until = None, None
        elif until is not None:
            block[-1].typed.append(line)
            until = None if line == until else until
        else:
            prompt = next((p for p in PROMPTS if line.startswith(p)), None)
            if prompt:
                block.append(Step(number, prompt, line[len(prompt):], again))
                here = re.search(r"<<'(\w+)'$", line)
                until = here.group(1) if here else None
            elif not block:
                raise SystemExit(f"line {number}: a block has to begin with a prompt")
            else:
                block[-1].wanted.append(line)
    return blocks


# ---- comparing -----------------------------------------------------------------------------

def squeeze(lines):
    return [" ".join(line.split()) for line in lines if line.split()]


def line_pattern(line):
    """What a line of the page may be on the terminal."""
    pattern = ""
    for part in re.split(r"(<[^<> ]+>)", line):
        if re.fullmatch(r"<\d+>", part):
            pattern += r"\d+"
        elif re.fullmatch(r"<[^<> ]+>", part):
            pattern += r"\S+"
        else:
            pattern += re.escape(part)
    return pattern


def same(wanted, got):
    pattern = "".join(r"(.*\n)*?" if line == "..." else line_pattern(line) + r"\n"
                      for line in squeeze(wanted))
    return re.fullmatch(pattern, "".join(line + "\n" for line in squeeze(got))) is not None


# ---- a shell -------------------------------------------------------------------------------

class Shell:
    """A program on a terminal of its own that shows a prompt when it may be typed to."""

    def __init__(self, command, prompt):
        self.prompt = prompt
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            self.become(command, prompt)
        self.answer([prompt])

    @staticmethod
    def become(command, prompt):
        """The program, on a terminal that shows only what is answered, and breaks no line."""
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        mode = termios.tcgetattr(0)
        mode[3] &= ~termios.ECHO
        termios.tcsetattr(0, termios.TCSANOW, mode)
        environment = dict(os.environ, TERM="dumb", PS1=prompt, HISTFILE="", LC_ALL="C.UTF-8")
        for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
            environment.pop(name, None)
        os.chdir(ROOT)
        os.execvpe(command[0], command, environment)

    def answer(self, prompts):
        """What is shown until one of the prompts stands alone at the end; and which."""
        end, text = time.monotonic() + COMMAND_S, ""
        while True:
            last = text.rsplit("\n", 1)[-1]
            found = next((p for p in prompts if re.sub("^(> )+", "", last) == p), None)
            if found:
                return re.sub("^(> )+", "", text)[:-len(found)].split("\n"), found
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            piece = b""
            if ready:
                try:
                    piece = os.read(self.fd, 65536)
                except OSError:
                    pass
            if not piece:
                why = "the shell ended" if ready else f"no prompt within {COMMAND_S} s"
                return text.split("\n") + [f"({why})"], None
            text += piece.decode(errors="replace").replace("\r", "")

    def type(self, lines, prompts):
        os.write(self.fd, ("\n".join(lines) + "\n").encode())
        return self.answer(prompts)

    def end(self):
        os.write(self.fd, b"exit\nexit\n")  # of the lab, and of the shell that it was opened from
        os.set_blocking(self.fd, False)
        for _ in range(50):
            try:
                os.read(self.fd, 65536)
            except OSError:
                pass
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                os.close(self.fd)
                return
            time.sleep(0.1)
        os.close(self.fd)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


class Reader:
    def __init__(self, page, commands, show):
        self.page, self.show = page, show
        self.commands = commands
        self.shells = {}
        self.in_lab = self.lost = False
        self.passed = self.failed = self.left_out = 0

    def shell(self, prompt):
        place = "# " if prompt == LAB else prompt
        if place not in self.shells:
            self.shells[place] = Shell(self.commands[place], place)
        return self.shells[place]

    def follow(self, step):
        """Whether the step comes true, and what the terminal shows."""
        if (step.prompt == LAB) != self.in_lab and step.prompt in ("# ", LAB):
            return False, [f"(the prompt is not '{step.prompt}')"]
        prompts = ["# ", LAB] if step.prompt in ("# ", LAB) else [step.prompt]
        got, prompt = self.shell(step.prompt).type(step.typed, prompts)
        self.in_lab = prompt == LAB if step.prompt in ("# ", LAB) else self.in_lab
        self.lost = prompt is None
        return prompt is not None and same(step.wanted, got), got

    def say(self, step, good, got):
        place = f"{self.page}:{step.line}: {step.typed[0]}"
        if self.show:
            print("\n".join([step.prompt + step.typed[0], *step.typed[1:], *got]), flush=True)
        elif good:
            print(f"ok - {place}", flush=True)
        else:
            print(f"not ok - {place}\n# the page says:")
            print("\n".join("#   " + line for line in step.wanted))
            print("# and it was:\n" + "\n".join("#   " + line for line in got), flush=True)
        self.passed += good
        self.failed += not good

    def block(self, block):
        end = time.monotonic() + (AGAIN_S if block[0].again else 0)
        while True:
            results = []
            for step in block:
                results += [] if self.lost else [self.follow(step)]
            if self.lost or all(good for good, _ in results) or time.monotonic() >= end:
                break
            time.sleep(0.2)
        for step, (good, got) in zip(block, results):
            self.say(step, good, got)

    def read(self, blocks):
        for block in blocks:
            if self.lost:
                print("# nothing can be typed any more")
                break
            places = {"# " if step.prompt == LAB else step.prompt for step in block}
            if not places <= self.commands.keys():
                self.left_out += len(block)
                continue
            if block[0].again:
                self.block(block)
            else:
                for step in block:
                    self.block([step])
        for shell in self.shells.values():
            shell.end()


def main():
    arguments = [a for a in sys.argv[1:] if a != "--show"]
    commands = {}
    for argument in arguments[1:]:
        prompt, _, command = argument.partition("=")
        commands[prompt] = ["sh", "-c", command]
    page = arguments[0]
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        blocks = read_steps(file.read())
    reader = Reader(page, commands, "--show" in sys.argv)
    reader.read(blocks)
    print(f"{reader.passed} steps as the page says, {reader.failed} not, {reader.left_out} not tried")
    return 1 if reader.failed or not reader.passed else 0


if __name__ == "__main__":
    sys.exit(main())
