#!/usr/bin/env python3
"""How fast are gen and profile, and what do the figures of the stages cost a run?

gen writes to /dev/null, profile reads what gen made from the page cache; by turns, medians with spread. What the stages'
figures cost is counted in instructions by callgrind: those of the clocks and of writing the stats, of all of a run. The
counts of the rings are inlined into the stages and too few to be told apart there.
"""
import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import inputs
import machine
from measured import interleaved, summary

SHAPES = {
    "plain": ("--keys", "100000"),
    "a million keys by zipf:1.1": ("--keys", "1000000", "--skew", "zipf:1.1"),
    "lognormal amounts": ("--keys", "100000", "--amounts", "lognormal"),
    "exponential disorder": ("--keys", "100000", "--disorder", "exponential:1s"),
    "quoted, CR LF": ("--keys", "100000", "--quoted", "--crlf"),
    "10 % malformed, 5 % late": ("--keys", "100000", "--malformed", "10%", "--late", "5%"),
}
MEASURING = re.compile(r"([\d,]+) \([^)]*\)  \S*?:(tide_clock\w*|tide_report\w*|tide_stage_run|print_stage\w*|clock_gettime\S*)\b")


def rates(options, scratch):
    """Name -> summary of one command each; all make or read options.rows rows."""
    tidemark, rows = options.build / "tidemark", str(options.rows)
    data = inputs.make(tidemark, scratch / "rows.csv", options.rows, *SHAPES["plain"])
    commands = {f"`gen`, {name}": [tidemark, "gen", "--rows", rows, *shape] for name, shape in SHAPES.items()}
    commands["`profile` of the plain rows"] = [tidemark, "profile", "-q", data]
    return {name: summary(samples) for name, samples in interleaved(commands, options.rounds).items()}


def counting_cost(options, scratch):
    """Instructions of a run, and those of them that measure it; None without valgrind."""
    if not shutil.which("valgrind"):
        return None
    tidemark = options.build / "tidemark"
    data = inputs.make(tidemark, scratch / "few.csv", options.counted_rows, *SHAPES["plain"])
    profile = scratch / "callgrind.out"
    subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", tidemark, "run", "-q", "-p", "2",
                    "--simd", "avx2", "--alerts", "/dev/null", "--stats", "/dev/null", data], check=True,
                   capture_output=True)
    table = subprocess.run(["callgrind_annotate", "--threshold=100", profile], check=True, capture_output=True,
                           text=True).stdout
    total = int(re.search(r"([\d,]+) \(100\.0%\)  PROGRAM TOTALS", table)[1].replace(",", ""))
    return total, sum(int(count.replace(",", "")) for count, _ in MEASURING.findall(table))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--counted-rows", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        measured = rates(options, Path(folder))
        cost = counting_cost(options, Path(folder))
    print(machine.heading(machine.describe(options.build)))
    print(f"{options.rows:,} rows; median (least to greatest) of {options.rounds} rounds.\n")
    print("| what | wall, s | M rows/s |\n|---|---|---|")
    for name, one in measured.items():
        wall = one["wall_s"]
        print(f"| {name} | {wall['median']:.3f} ({wall['least']:.3f} to {wall['greatest']:.3f}) "
              f"| {options.rows / wall['median'] / 1e6:.0f} |")
    if cost:
        print(f"\nA run of {options.counted_rows:,} rows at N = 2 executes {cost[0] / 1e6:,.1f} million instructions; "
              f"{cost[1] / 1e3:,.1f} thousand of them, {100 * cost[1] / cost[0]:.4f} %, read clocks, count and write "
              "what `--stats` tells of the stages.")
    else:
        print("\nInstructions were not counted: valgrind is not there.")
    if options.json:
        options.json.write_text(json.dumps({"rates": measured, "instructions": cost}, indent=1) + "\n")


if __name__ == "__main__":
    main()
