#!/usr/bin/env python3
"""Do the manual pages say what the program says? man_check.py PROGRAM FOLDER

Every command that has options needs a page sluice-COMMAND.8 that names exactly those that
`sluice COMMAND --help` prints, with their values; sluice.8 names every command. What is missing is
printed in mdoc, to be filled in.
"""

import os
import re
import subprocess
import sys

OPTION = re.compile(r"^  (-\S+?)(?:, (-\S+))?(?: (?! )(\S+))?(?:  .*)?$")


def help_of(program, *command):
    return subprocess.run([program, *command, "--help"], check=True, capture_output=True,
                          text=True).stdout


def options_of_help(text):
    """[(names, value)] in the order of the help."""
    found = []
    for line in text.splitlines():
        match = OPTION.match(line)
        if match:
            names = tuple(n for n in match.group(1, 2) if n)
            found.append((names, match.group(3) or ""))
    return found


def option_of_item(words):
    """What an item of mdoc's lists, `Fl Fl lan Ar IF`, names."""
    names, value, i = [], "", 0
    while i < len(words):
        if words[i] == "Fl":
            dashes = "-"
            while words[i + 1] == "Fl":
                dashes += "-"
                i += 1
            names.append(dashes + words[i + 1])
            i += 2
        elif words[i] == "Ar":
            value = words[i + 1]
            i += 2
        else:
            i += 1
    return tuple(names), value


def options_of_page(text):
    return [option_of_item(match.group(1).split())
            for match in re.finditer(r"^\.It (Fl .*)$", text, re.M)]


def as_item(names, value):
    flags = " , ".join("Fl " * (len(n) - len(n.lstrip("-"))) + n.lstrip("-") for n in names)
    return ".It " + flags + (f" Ar {value}" if value else "")


def compare(page, said, told):
    for option in said:
        if option not in told:
            yield f"{page} does not have {' '.join(option[0])}; it needs:\n{as_item(*option)}\nTEXT"
    for option in told:
        if option not in said:
            yield f"{page} has {' '.join(option[0])} {option[1]}, which the program does not"
    for option in sorted(set(o for o in told if told.count(o) > 1)):
        yield f"{page} has {' '.join(option[0])} twice"


def read(path):
    with open(path, encoding="utf-8") as page:
        return page.read()


def complaints(program, folder):
    commands = re.findall(r"^  sluice (\w+)", help_of(program), re.M)
    if not commands:
        yield "the program lists no commands"
    for command in commands:
        if not re.search(rf"^\.It Cm {command}\b", read(f"{folder}/sluice.8"), re.M):
            yield f"sluice.8 does not name the command {command}"
        if command == "help":
            continue
        said = options_of_help(help_of(program, command))
        page = f"{folder}/sluice-{command}.8"
        if os.path.exists(page):
            yield from compare(page, said, options_of_page(read(page)))
        elif [o for o in said if "--help" not in o[0]]:
            yield f"{page} is missing"


def main():
    found = list(complaints(*sys.argv[1:]))
    for complaint in found:
        print(complaint)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
