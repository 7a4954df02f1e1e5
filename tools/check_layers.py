#!/usr/bin/env python3
"""Checks the house rules that the compiler can't.

* A room includes only rooms above it in CMakeLists.txt, and only those its LINKS reach.
* libtorch only from the room "features" on; torch/torch.h only in .cpp files (it takes seconds).
* Only commands/ prints, exits, or knows a terminal; nobody touches a global random state or a clock
  that tells the date.
* No source file over 600 lines.

    tools/check_layers.py [REPOSITORY]

Exit status 1 and one line per finding: file:line: what, what is expected.
"""
import pathlib
import re
import sys

MAX_LINES = 600
FIRST_TORCH_ROOM = "features"
SPEAKING_ROOM = "commands"
FORBIDDEN = {
    r"std::(cout|cerr|clog)\b": "a stream of the terminal",
    r"(?<![\w.:>])(?:std::)?(?:v?f?printf|f?puts|putchar)\s*\(": "printing",
    r"(?<![\w.>])(?:std::)?(?:_?exit|quick_exit|abort|terminate)\s*\(": "ending the process",
    r"(?<!\w)torch::manual_seed|at::manual_seed|(?<![\w:])s?rand\s*\(|random_device":
        "a global random state",
    r"\bsystem_clock\b|(?<![\w.>])time\s*\(\s*(?:nullptr|NULL|0)\s*\)": "the date",
}


def rooms_of(cmake_text):
    """Room -> rooms and other targets it links, in the order of the house."""
    rooms = {}
    for name, links in re.findall(r"pantomime_room\((\w+)\s+LINKS([^)]*)\)", cmake_text):
        rooms[name] = links.split()
    return rooms


def reachable(rooms, room):
    seen, todo = set(), [room]
    while todo:
        for link in rooms[todo.pop()]:
            if link in rooms and link not in seen:
                seen.add(link)
                todo.append(link)
    return seen


def without_comments(text):
    """Comments and string contents blanked, line numbers kept."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', re.S)
    return pattern.sub(lambda m: "\n" * m.group(0).count("\n"), text)


def check_file(path, where, room, rooms, findings):
    text = path.read_text(encoding="utf-8")
    order = list(rooms)
    allowed = reachable(rooms, room) | {room}
    for number, line in enumerate(text.splitlines(), 1):
        include = re.match(r'\s*#\s*include\s*[<"]([^">]+)[">]', line)
        if not include:
            continue
        target = include.group(1)
        if target.startswith("pantomime/"):
            other = target.split("/")[1]
            if other not in rooms:
                findings.append(f"{where}:{number}: includes {other}, which is no room")
            elif order.index(other) > order.index(room):
                findings.append(f"{where}:{number}: {room} includes {other}, which is below it")
            elif other not in allowed:
                findings.append(f"{where}:{number}: {room} includes {other}, which it doesn't link")
        elif re.match(r"(torch|ATen|c10)/", target):
            if order.index(room) < order.index(FIRST_TORCH_ROOM):
                findings.append(f"{where}:{number}: {room} includes libtorch, expected none before "
                                f"{FIRST_TORCH_ROOM}")
            if target == "torch/torch.h" and path.suffix != ".cpp":
                findings.append(f"{where}:{number}: torch/torch.h in a header, expected torch/types.h")
    if room == SPEAKING_ROOM:
        return
    code = without_comments(text)
    for number, line in enumerate(code.splitlines(), 1):
        for pattern, what in FORBIDDEN.items():
            if re.search(pattern, line):
                findings.append(f"{where}:{number}: {what} outside {SPEAKING_ROOM}/: {line.strip()}")


def check(root):
    rooms = rooms_of((root / "CMakeLists.txt").read_text())
    findings = []
    if not rooms:
        return ["CMakeLists.txt: no rooms found"]
    for folder in ("pantomime", "tests", "fuzz", "bench"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            where = path.relative_to(root)
            lines = path.read_text(encoding="utf-8").count("\n")
            if lines > MAX_LINES:
                findings.append(f"{where}:{lines}: {lines} lines, expected at most {MAX_LINES}")
            if folder == "pantomime":
                room = where.parts[1]
                if room in rooms:
                    check_file(path, where, room, rooms, findings)
                else:
                    findings.append(f"{where}:1: {room} is no room of CMakeLists.txt")
    return findings


if __name__ == "__main__":
    repository = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    found = check(repository if repository.is_dir() else repository.parent.parent)
    print("\n".join(found) or "all rooms keep their order")
    sys.exit(1 if found else 0)
