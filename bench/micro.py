#!/usr/bin/env python3
"""Runs the micro-benchmarks, prints their tables in Markdown and writes each one's figures to a JSON file."""
import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

import machine
import plots

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("csv", "decimal", "format", "handover", "merge", "pane", "ring", "scan", "time")


def run(program, repeats):
    if not program.exists():
        sys.exit(f"{program} is missing: bench/run.sh builds it, or configure with -DTIDE_BENCH=ON")
    lines = subprocess.run([str(program), str(repeats)], capture_output=True, text=True, check=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def print_table(name, cases):
    has_bytes = any("gb_per_s" in case for case in cases)
    print(f"\n#### {name}\n")
    print("| case | variant | ns a unit, median (least–greatest) | unit |" + (" GB/s |" if has_bytes else ""))
    print("|---|---|---|---|" + ("---|" if has_bytes else ""))
    for case in cases:
        speed = f" {case['gb_per_s']:.2f} |" if "gb_per_s" in case else " |" if has_bytes else ""
        print(f"| {case['case']} | {case['variant']} | **{case['ns_median']:.2f}** ({case['ns_least']:.2f}–"
              f"{case['ns_greatest']:.2f}) | {case['unit']} |{speed}")


def plot_handover(cases, folder):
    """Rows a second from one thread to another over rows in a batch, a line for each number of batches on the road."""
    series = {}
    for case in cases:
        if case["case"] == "link" and (sizes := re.fullmatch(r"(\d+) rows a batch, (\d+) batches", case["variant"])):
            speeds = {"median": 1e3 / case["ns_median"], "least": 1e3 / case["ns_greatest"],
                      "greatest": 1e3 / case["ns_least"]}
            series.setdefault(f"{sizes[2]} batches", []).append((int(sizes[1]), speeds))
    return plots.lines(folder / "handover.svg", "Rows from one thread to another through a ring", "rows in a batch",
                       "million rows a second", series)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="build folder with TIDE_BENCH=ON")
    parser.add_argument("--repeats", type=int, default=15, help="timed runs of each case [15]")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="these programs [all]")
    parser.add_argument("--results", type=Path, help="write micro_NAME.json into this folder")
    parser.add_argument("--plots", type=Path, help="draw handover.svg into this folder")
    options = parser.parse_args()
    described = machine.describe(options.build)
    print(f"### The parts on their own\n\n{machine.heading(described)}")
    for name in options.only:
        cases = run(options.build / "bench" / f"micro_{name}", options.repeats)
        print_table(name, cases)
        if name == "handover" and options.plots and plot_handover(cases, options.plots):
            print("\n![Rows a second over rows in a batch](plots/handover.svg)")
        if options.results:
            options.results.mkdir(parents=True, exist_ok=True)
            path = options.results / f"micro_{name}.json"
            path.write_text(json.dumps({"machine": described, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
