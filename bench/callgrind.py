"""Counts instructions with callgrind and says which source function they belong to, inlined ones included.

Callgrind knows the file and line of each instruction but names only the function that was not inlined. So a line's
function is looked up in the source. What a library does is counted where this project's code called it.
"""
import re
import subprocess
import sys
from bisect import bisect_right
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEFINITION = re.compile(r"^[A-Za-z_].*?(\w+)\(")


def count(command, out):
    """{(file, function, file of the function it was inlined into): instructions}; files relative to the project."""
    done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--compress-strings=no",
                           "--compress-pos=no", *map(str, command)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"valgrind failed on {' '.join(map(str, command))}:\n{done.stderr}")
    return _Reader().read(out)


class _Reader:
    def __init__(self):
        self.costs = Counter()
        self.functions = {}  # file -> sorted [(first line, name)]

    def read(self, out):
        file = home = callee = callee_file = None  # file: of the lines that follow; home: where fn itself stands
        is_call = False
        for line in Path(out).read_text().splitlines():
            key, equals, value = line.partition("=")
            if equals and key in ("fl", "fi", "fe"):
                file = _inside(value)
                home = file if key == "fl" else home
            elif equals and key == "fn":
                file = home
            elif equals and key in ("cfi", "cfl"):
                callee_file = value
            elif equals and key == "cfn":
                callee = value
            elif equals and key == "calls":
                is_call = True
            elif line[:1].isdigit():
                number, cost = map(int, line.split()[:2])
                if is_call:
                    if home and callee_file and not _inside(callee_file):  # none named: the same file
                        self._add(file or home, number, home, cost, library=callee)
                    is_call, callee_file = False, None
                elif file:
                    self._add(file, number, home, cost)
        return self.costs

    def _add(self, file, number, home, cost, library=None):
        name = self._function(file, number)
        if library:
            name = f"{name} → {_plain(library)}"
        self.costs[file, name, home or file] += cost

    def _function(self, file, number):
        if file not in self.functions:
            starts = []
            for i, line in enumerate((ROOT / file).read_text().splitlines(), 1):
                match = DEFINITION.match(line)
                if match and not line.rstrip().endswith(";"):
                    starts.append((i, match[1]))
            self.functions[file] = starts
        starts = self.functions[file]
        at = bisect_right(starts, (number, "\uffff")) - 1
        return starts[at][1] if at >= 0 else Path(file).name


def _plain(library):
    """memcpy for __memcpy_avx_unaligned_erms and the like."""
    return re.sub(r"^_*(\w+?)(_(avx|sse|evex|erms)\w*)?(@.*)?$", r"\1", library)


def _inside(path):
    """The path in the project, or None."""
    path = Path(path)
    if not path.is_absolute():
        return None
    try:
        return path.resolve().relative_to(ROOT).as_posix()
    except ValueError:
        return None
