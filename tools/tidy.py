#!/usr/bin/env python3
"""The rules of the house as a test: tidy.py [root]

Each rule is a generator of (file, line, message) over a Tree. A complaint names the place and
what would be right. The last line counts rules: "N passed, N failed". The rules and their
reasons are in CONTRIBUTING.md; test_tidy.py shows that each one catches what it is for.
"""

import os
import re
import sys

LINE_MAX = 100
TAB = 8
FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 80
PARAMS_MAX = 6
# Whose functions have the parameters that an interface of others gives them.
FOREIGN_CALLS = {"test/packetdrill/face.c"}

FREESTANDING = {"float.h", "iso646.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h",
                "stddef.h", "stdint.h", "stdnoreturn.h", "string.h", "assert.h"}
BAD_NAMES = {"skb": "pkt", "mbuf": "pkt", "conn": "flow, or tcb", "session": "flow",
             "node": "what it is", "item": "what it is", "data2": "what it is",
             "tmp": "what it holds"}
LEFT_LYING = re.compile(r"\b(" + "|".join(["TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK"]) + r")\b")
ONE_MACHINE = re.compile(r"(?:^|[^A-Za-z0-9_.])/(?:home|root|work)/")
C_SUFFIX = (".c", ".h")
TEXT_SUFFIX = C_SUFFIX + (".py", ".pkt", ".step", ".sh", ".md", ".def", ".json", ".yaml", ".yml", ".txt")
TEXT_NAMES = {"Makefile", "LAYERS", "run", "check", ".clang-format", ".gitignore"}
SKIP_DIRS = {".git", "build", "corpus", "__pycache__"}


class Source:
    """One C file, read three ways: as it is, without comments and strings, and as code only."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.lines = text.split("\n")
        self.no_comments = blank(text, strings=False)
        self.bare = blank(text, strings=True)
        self.code = without_preprocessor(self.bare)
        self.functions, self.objects = outline(self.code)

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1


class Tree:
    def __init__(self, root):
        self.root = root
        self.files = {}
        for folder, dirs, names in os.walk(root):
            dirs[:] = sorted(d for d in dirs if d not in SKIP_DIRS)
            for name in sorted(names):
                if name in TEXT_NAMES or name.endswith(TEXT_SUFFIX):
                    full = os.path.join(folder, name)
                    try:
                        with open(full, encoding="utf-8") as f:
                            self.files[os.path.relpath(full, root)] = f.read()
                    except (UnicodeDecodeError, FileNotFoundError):
                        continue  # a binary is none of tidy's business; a file may just have gone
        self.sources = {p: Source(p, t) for p, t in self.files.items()
                        if p.endswith(C_SUFFIX) and p.split("/")[0] in ("src", "include", "test")}

    def under(self, *prefixes):
        return [s for p, s in self.sources.items() if p.startswith(prefixes)]

    def ending(self, path):
        """Files whose path ends with the given one, whole names only."""
        return [p for p in self.files if p == path or p.endswith("/" + path)]


# ---- reading C -----------------------------------------------------------------------------

TOKENS = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


def blank(text, strings):
    """Comments, and the insides of strings if asked, become spaces; every offset stays."""
    def empty(match):
        token = match.group()
        if token[0] == "/":
            return re.sub(r"[^\n]", " ", token)
        return token[0] + " " * (len(token) - 2) + token[-1] if strings else token
    return TOKENS.sub(empty, text)


def without_preprocessor(bare):
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m.group()),
                  bare, flags=re.M)


def closing(code, start):
    """The offset of the brace that closes the one at start."""
    depth = 0
    for match in re.finditer(r"[{}]", code[start:]):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return start + match.start()
    return len(code) - 1


def opening_paren(head, end):
    depth = 0
    for i in range(end, -1, -1):
        depth += (head[i] == ")") - (head[i] == "(")
        if depth == 0:
            return i
    return 0


def signature(head):
    """(name, offset of the name, list of parameters) of a text that ends with f(...)."""
    end = head.rstrip()
    while end.endswith(")"):
        open_at = opening_paren(end, len(end) - 1)
        name = re.search(r"(\w+)\s*$", end[:open_at])
        if not name:
            return None
        if name.group(1) == "__attribute__":
            end = end[:name.start()].rstrip()
            continue
        inside = end[open_at + 1:-1]
        params, depth, begin = [], 0, 0
        for i, c in enumerate(inside + ","):
            depth += (c == "(") - (c == ")")
            if c == "," and depth == 0:
                params.append(inside[begin:i].strip())
                begin = i + 1
        return name.group(1), name.start(1), [p for p in params if p not in ("", "void")]
    return None


def outline(code):
    """Functions as (name, start, end, params), and file-scope objects as (head, start)."""
    functions, objects = [], []
    begin = i = 0
    while i < len(code):
        c = code[i]
        if c == "{":
            head = code[begin:i]
            if re.fullmatch(r'\s*extern\s*"\s*"\s*', head):
                begin = i + 1
            else:
                end = closing(code, i)
                found = signature(head) if "=" not in head else None
                if found:
                    functions.append((found[0], begin + found[1], end, found[2]))
                    begin = end + 1
                i = end
        elif c == "}":
            begin = i + 1
        elif c == ";":
            head = code[begin:i]
            start = begin + len(head) - len(head.lstrip())
            if is_object(head.strip()):
                objects.append((head.strip(), start))
            begin = i + 1
        i += 1
    return functions, objects


# A struct, union or enum that declares no object; attributes are macros in capitals.
TYPE_ONLY = re.compile(r"(struct|union|enum)(\s+[A-Z][A-Z0-9_]*(\([^)]*\))?)*(\s+\w+)?\s*"
                       r"(\{\}(\s*[A-Z][A-Z0-9_]*(\([^)]*\))?)*)?")


def is_object(declaration):
    flat = re.sub(r"\{.*\}", "{}", declaration, flags=re.S)
    flat = re.sub(r"__attribute__\s*\(\(.*?\)\)|_Alignas\s*\([^)]*\)|alignas\s*\([^)]*\)", "", flat)
    flat = flat.strip()
    if not flat or re.match(r"(typedef|extern|static_assert|_Static_assert)\b", flat):
        return False
    if TYPE_ONLY.fullmatch(flat):
        return False
    return "=" in flat or not flat.endswith(")") or "(*" in flat.split(")")[0]


def is_constant(declaration):
    """Const at the top: for a pointer, what counts is behind the last star."""
    head = re.split(r"[={\[]", declaration)[0]
    return re.search(r"\bconst\b", head.rsplit("*", 1)[-1]) is not None


# ---- layers and includes -------------------------------------------------------------------

def read_layers(tree):
    """({folder: what it may see}, complaints)."""
    layers, bad = {}, []
    text = tree.files.get("src/LAYERS")
    if text is None:
        return layers, [("src/LAYERS", 1, "is missing; it says which folder may see which")]
    for number, line in enumerate(text.split("\n"), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        if ":" not in line:
            bad.append(("src/LAYERS", number, "a line reads 'folder: folders it may see'"))
            continue
        folder, seen = line.split(":", 1)
        folder, seen = folder.strip(), seen.split()
        if folder in layers:
            bad.append(("src/LAYERS", number, f"{folder} has two lines"))
        for name in seen:
            if name not in layers:
                bad.append(("src/LAYERS", number, f"{folder} may only name folders of lines "
                            f"above it; {name} is not one"))
        layers[folder] = set(seen)
    return layers, bad


def home(path):
    """The folder in LAYERS' words: core/ct for src/core/ct/ct.c."""
    folder = os.path.dirname(path)
    return folder[len("src/"):] if folder.startswith("src/") else folder


def layer_of(folder, layers):
    """The nearest listed folder: core/nat/alg belongs to core/nat until it has a line."""
    while folder and folder not in layers:
        folder = os.path.dirname(folder)
    return folder


def rule_layers(tree):
    layers, bad = read_layers(tree)
    yield from bad
    for source in tree.under("src/", "include/"):
        mine = layer_of(home(source.path), layers)
        if not mine:
            yield source.path, 1, f"the folder {home(source.path)} has no line in src/LAYERS"
            continue
        for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]',
                                 source.no_comments, re.M):
            line = source.line_of(match.start())
            kind, name = match.groups()
            if name.startswith("sluice/"):
                theirs = "include/sluice"
            elif kind == "<":
                continue
            elif not os.path.dirname(name):
                yield source.path, line, f'"{name}": includes are written from src/'
                continue
            else:
                theirs = layer_of(os.path.dirname(name), layers)
            if not theirs:
                yield source.path, line, f'"{name}" is in no folder of src/LAYERS'
            elif theirs != mine and theirs not in layers[mine]:
                yield source.path, line, f"{mine} may not see {theirs} (src/LAYERS)"


def rule_core_headers(tree):
    for source in tree.under("src/core/"):
        for match in re.finditer(r"^[ \t]*#[ \t]*include[ \t]*<([^>]+)>", source.no_comments, re.M):
            name = match.group(1)
            if name not in FREESTANDING and not name.startswith("sluice/"):
                yield (source.path, source.line_of(match.start()),
                       f"<{name}>: core includes freestanding headers and string.h only")


# ---- state and conditions in core ----------------------------------------------------------

def rule_core_state(tree):
    for source in tree.under("src/core/"):
        for head, start in source.objects:
            if not is_constant(head):
                yield (source.path, source.line_of(start),
                       f"'{head.split(chr(10))[0]}' is state outside the engine; const, or in a struct")
        for name, start, end, _ in source.functions:
            for match in re.finditer(r"\bstatic\b[^;={]*[;={]", source.code[start:end]):
                if not is_constant(match.group()[:-1]):
                    yield (source.path, source.line_of(start + match.start()),
                           f"{name} keeps state of its own; const, or in a struct")


def rule_conditions(tree):
    pattern = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)\b[ \t]*(\w*)", re.M)
    for source in tree.under("src/core/", "include/"):
        guard = re.search(r"^[ \t]*#[ \t]*ifndef[ \t]+(\w+)[ \t]*\n[ \t]*#[ \t]*define[ \t]+\1\b",
                          source.bare, re.M)
        for match in pattern.finditer(source.bare):
            if guard and match.start() == guard.start():
                continue
            if source.path.startswith("include/") and match.group(2) == "__cplusplus":
                continue
            yield (source.path, source.line_of(match.start()),
                   f"#{match.group(1)} in core; differences between systems are files in host/")


# ---- shape ---------------------------------------------------------------------------------

def rule_lines(tree):
    for source in tree.sources.values():
        for number, line in enumerate(source.lines, 1):
            width = len(line.expandtabs(TAB))
            if width > LINE_MAX:
                yield source.path, number, f"{width} columns; {LINE_MAX} is the limit"
            if line != line.rstrip():
                yield source.path, number, "white space at the end of the line"


def rule_indent(tree):
    for source in tree.sources.values():
        shown = source.no_comments.split("\n")
        for number, line in enumerate(source.lines, 1):
            lead = re.match(r"[ \t]*", line).group()
            if shown[number - 1].strip() == "" or not lead:
                continue  # blank, or inside a comment
            if lead[0] == " " or " \t" in lead:
                yield source.path, number, "indent with tabs; spaces only align behind them"


def rule_sizes(tree):
    for source in tree.sources.values():
        count = len(source.lines) - 1
        if count > FILE_LINES_MAX:
            yield (source.path, FILE_LINES_MAX + 1,
                   f"{count} lines; {FILE_LINES_MAX} is the limit: which second file is in it?")
        for name, start, end, params in source.functions:
            line = source.line_of(start)
            length = source.line_of(end) - line + 1
            if length > FUNCTION_LINES_MAX:
                yield source.path, line, f"{name} has {length} lines; {FUNCTION_LINES_MAX} is the limit"
            if len(params) > PARAMS_MAX and source.path not in FOREIGN_CALLS:
                yield source.path, line, f"{name} has {len(params)} parameters; {PARAMS_MAX} is the limit"


def rule_head(tree):
    for source in tree.under("src/", "include/", "test/"):
        if not source.text.lstrip().startswith("/*"):
            yield source.path, 1, "a file begins with a comment that says what it is"


def rule_names(tree):
    for source in tree.sources.values():
        seen = set()
        for match in re.finditer(r"\b[A-Za-z_]\w*\b", blank_includes(source.bare)):
            name = match.group()
            bad = BAD_NAMES.keys() & set(name.lower().split("_"))
            if bad and name not in seen:
                seen.add(name)
                word = bad.pop()
                yield (source.path, source.line_of(match.start()),
                       f"'{word}' in the name {name}; say {BAD_NAMES[word]} (docs/words.md)")


def blank_includes(bare):
    return re.sub(r"^[ \t]*#[ \t]*include[^\n]*", lambda m: " " * len(m.group()), bare, flags=re.M)


def rule_left_lying(tree):
    for path, text in tree.files.items():
        for number, line in enumerate(text.split("\n"), 1):
            found = LEFT_LYING.search(line)
            if found:
                yield path, number, f"{found.group()}: finish it or open an issue"


def rule_one_machine(tree):
    for path, text in tree.files.items():
        for number, line in enumerate(text.split("\n"), 1):
            if ONE_MACHINE.search(line):
                yield path, number, "a path of one machine; the tree works from anywhere"


# ---- documents against code ----------------------------------------------------------------

def rule_rfc_listed(tree):
    listed = tree.files.get("docs/rfc.md")
    if listed is None:
        return
    known = set(re.findall(r"\b\d{3,5}\b", listed))
    for source in tree.under("src/", "include/"):
        for match in re.finditer(r"\bRFC[ -]?(\d{3,5})\b", source.text):
            if match.group(1) not in known:
                yield (source.path, source.line_of(match.start()),
                       f"RFC {match.group(1)} is not in docs/rfc.md")


def documents(tree):
    return [(p, t) for p, t in tree.files.items()
            if p.endswith(".md") and (p.startswith("docs/") or "/" not in p)]


def rule_functions_exist(tree):
    pattern = re.compile(r"\b((?:[\w-]+/)*[\w-]+\.[ch]):([A-Za-z_]\w*)")
    for path, text in documents(tree):
        for number, line in enumerate(text.split("\n"), 1):
            for name, function in pattern.findall(line):
                files = [tree.sources[p] for p in tree.ending(name) if p in tree.sources]
                if not files:
                    yield path, number, f"{name}: there is no such file"
                elif not any(function in [f[0] for f in s.functions] for s in files):
                    yield path, number, f"{name} has no function {function}"


def table_rows(text):
    """(line number, {heading: cell}) of each row of each table of a Markdown text."""
    headings = None
    previous = ""
    for number, line in enumerate(text.split("\n"), 1):
        if re.fullmatch(r"\|[\s:|-]+\|?", line.strip()) and previous.strip().startswith("|"):
            headings = [c.strip().lower() for c in previous.strip().strip("|").split("|")]
        elif not line.strip().startswith("|"):
            headings = None
        elif headings:
            yield number, dict(zip(headings, [c.strip() for c in line.strip().strip("|").split("|")]))
        previous = line


def rule_rfc_tests(tree):
    """In a table of docs/rfc.md with a column 'test', every row names one; '-' claims nothing."""
    pattern = re.compile(r"((?:[\w-]+/)*(?:[\w-]+\.(?:c|py|sh)|[\w.-]+\.(?:pkt|step)))(?::(\w+))?")
    path = "docs/rfc.md"
    for number, row in table_rows(tree.files.get(path, "")):
        cell = row.get("test", "-")
        names = pattern.findall(cell)
        if not names and cell != "-":
            yield path, number, "name the test as file.c:function, or '-' when nothing is claimed"
        for name, word in names:
            files = [p for p in tree.ending(name) if p.startswith("test/")]
            if not files:
                yield path, number, f"{name}: there is no such test"
            elif word and not any(re.search(rf"\b{word}\b", tree.files[p]) for p in files):
                yield path, number, f"{name} has no test {word}"


CASES_TRIED = re.compile(r"^(?:bgp|igp)_matrix((?:\s+(?:\\\n)?\s*[a-z0-9_]+)+)", re.M)


def cases_tried(tree):
    """{(protocol, router): cases} of the programs of `make interop-routing`."""
    tried = {}
    for path, text in tree.files.items():
        name = re.fullmatch(r"test/interop/matrix_([a-z]+)_([a-z]+)\.sh", path)
        if name:
            found = CASES_TRIED.search(text)
            tried[name.groups()] = set(re.findall(r"[a-z0-9_]+", found.group(1))) if found else set()
    return tried


def rule_routers_tried(tree):
    """docs/routing.md has a cell for every case that is tried with a router of others, and names none
    that is not; a cell without a name is a reason."""
    path = "docs/routing.md"
    tried, named = cases_tried(tree), {}
    for number, row in table_rows(tree.files.get(path, "")):
        for router in row.keys() - {"protocol", "case"} if {"protocol", "case"} <= row.keys() else ():
            key = (row["protocol"].lower(), router)
            cases = re.findall(r"`([a-z0-9_]+)`", row[router])
            tests = re.findall(r"`([a-z0-9_]+\.sh)`", row[router])
            named.setdefault(key, set()).update(cases)
            for name in [case for case in cases if case not in tried.get(key, ())]:
                yield path, number, f"{name} is not tried with {router}"
            for name in [test for test in tests if f"test/interop/{test}" not in tree.files]:
                yield path, number, f"{name}: there is no such test"
            if not row[router]:
                yield path, number, f"{router}: name what is tried, or why nothing is"
    for (protocol, router), cases in tried.items():
        for name in sorted(cases - named.get((protocol, router), set())):
            yield f"test/interop/matrix_{protocol}_{router}.sh", 1, f"{name} is in no cell of {path}"


def drop_names(text):
    return [(n, m.group(1)) for n, line in enumerate(text.split("\n"), 1)
            if (m := re.match(r"\s*\w+\(\s*(?:DROP_)?([A-Z][A-Z0-9_]*)\s*,", line))]


def rule_drops_tested(tree):
    path = "src/core/pkt/drop.def"
    tests = "\n".join(t for p, t in tree.files.items() if p.startswith("test/"))
    tokens = set(re.findall(r"\bDROP_[A-Z0-9_]+\b", tests))
    for number, name in drop_names(blank(tree.files.get(path, ""), strings=True)):
        if "DROP_" + name not in tokens:
            yield path, number, f"no test names DROP_{name}"


RULES = [rule_layers, rule_core_headers, rule_core_state, rule_conditions, rule_lines, rule_indent,
         rule_sizes, rule_head, rule_names, rule_left_lying, rule_one_machine, rule_rfc_listed,
         rule_functions_exist, rule_rfc_tests, rule_routers_tried, rule_drops_tested]


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(
        os.path.abspath(__file__)))
    tree = Tree(root)
    failed = 0
    for rule in RULES:
        complaints = list(rule(tree))
        failed += bool(complaints)
        for path, line, message in complaints:
            print(f"{path}:{line}: {message}")
    print(f"{len(RULES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
