#!/usr/bin/env python3
"""Is a peer's answer tidemark's? answer.py TIDEMARK PEER: prints what was compared as JSON.

TIDEMARK is an alerts file of tidemark's; PEER a file, or a folder of files, with lines of window_start,key,sum,count
and no header. Order does not matter; every window must be there once, with the same count and, as numbers, the same
sum. With --floats a sum may be off by less than half a cent, and by how much the greatest was is said. Exit status 0:
the same; 4: they differ; 1: there is no answer to compare. A program of its own so that the one that measures stays
small: the peak of a process begins with that of the one that starts it.
"""
import argparse
import csv
import json
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path

DIFFERENT = 4
HALF_A_CENT = Decimal("0.005")


def tidemark_windows(path):
    """{(start, key): (sum, count)}, sums as text."""
    windows = {}
    with open(path, newline="") as file:
        rows = csv.reader(file)
        names = next(rows)
        at = [names.index(name) for name in ("window_start", "transaction_id", "sum", "count")]
        for row in rows:
            start, key, total, count = (row[i] for i in at)
            windows[start, key] = (total, count)
    return windows


def peer_lines(path):
    """Rows of four fields from a file, or from all files in a folder but hidden ones."""
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
    for name in files:
        with open(name, newline="") as file:
            yield from csv.reader(file)


class Comparison:
    def __init__(self, windows, floats):
        self.left, self.floats = windows, floats
        self.same = self.off = self.different = self.unknown = 0
        self.greatest = Decimal(0)
        self.first = None

    def take(self, row):
        if len(row) != 4:
            self.unknown += 1
            return self._note(f"not a window: {','.join(row)}")
        start, key, total, count = row
        ours = self.left.pop((start, key), None)
        if ours is None:
            self.unknown += 1
            self._note(f"only the peer has window {start} of {key}")
        elif ours == (total, count):
            self.same += 1
        else:
            self._take_unlike(f"window {start} of {key}", ours, (total, count))

    def _take_unlike(self, window, ours, theirs):
        try:
            distance = abs(Decimal(ours[0]) - Decimal(theirs[0]))
        except InvalidOperation:
            distance = Decimal("Infinity")
        if ours[1] == theirs[1] and distance == 0:
            self.same += 1
        elif ours[1] == theirs[1] and self.floats and distance < HALF_A_CENT:
            self.off += 1
            self.greatest = max(self.greatest, distance)
        else:
            self.different += 1
            self._note(f"{window}: sum {ours[0]}, count {ours[1]}; the peer has {theirs[0]} and {theirs[1]}")

    def _note(self, text):
        self.first = self.first or text

    def result(self):
        missing = len(self.left)
        if missing:
            start, key = next(iter(self.left))
            self._note(f"the peer lacks window {start} of {key}")
        agrees = not (missing or self.different or self.unknown)
        return {"agrees": agrees, "same": self.same, "off": self.off, "greatest_off": float(self.greatest),
                "different": self.different, "missing": missing, "unknown": self.unknown, "first": self.first}


def compare(tidemark, peer, floats):
    comparison = Comparison(tidemark_windows(tidemark), floats)
    for row in peer_lines(peer):
        comparison.take(row)
    return comparison.result()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tidemark", type=Path)
    parser.add_argument("peer", type=Path)
    parser.add_argument("--floats", action="store_true", help="the peer's sums are floating point")
    options = parser.parse_args()
    if not options.peer.exists():
        sys.exit(f"{options.peer} is missing: the peer wrote no answer")
    result = compare(options.tidemark, options.peer, options.floats)
    print(json.dumps(result))
    sys.exit(0 if result["agrees"] else DIFFERENT)


if __name__ == "__main__":
    main()
