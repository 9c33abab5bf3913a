#!/usr/bin/env python3
"""What does `tidemark compare` cost beside the two runs that it compares, in time and in memory?

Generates rows whose keys are all distinct, so that every row is a result, measures by turns on warm caches, and prints a
table in Markdown. Timings are reported, never judged.
"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import machine
from measured import interleaved, summary

ROOT = Path(__file__).resolve().parent.parent
LEVEL = 2


def commands(tidemark, data):
    """Name -> command; the runs print to /dev/null what compare would read."""
    options = ["--alert", "none"]
    one = [tidemark, "run", "-q", *options, "--results", "-"]
    return {
        "run at 1": [*one, "-p", "1", data],
        f"run at {LEVEL}, order key": [*one, "-p", LEVEL, "--order", "key", data],
        f"run at {LEVEL}, order global": [*one, "-p", LEVEL, data],
        "compare, order key": [tidemark, "compare", *options, "-p", LEVEL, "--order", "key", data],
        "compare, order global": [tidemark, "compare", *options, "-p", LEVEL, "--order", "global", data],
    }


def result_bytes(tidemark, data):
    """Of the results as text, once."""
    run = subprocess.Popen([tidemark, "run", "-q", "--alert", "none", "--results", "-", data], stdout=subprocess.PIPE)
    total = 0
    while chunk := run.stdout.read(1 << 20):
        total += len(chunk)
    if run.wait() != 0:
        sys.exit("the run failed")
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release", help="build folder")
    parser.add_argument("--scratch", type=Path, default=Path("/tmp"), help="where the input goes: 1 GB for 20 M rows")
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    tidemark = str((options.build / "tidemark").resolve())
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        data = Path(folder, "rows.csv")
        with open(data, "wb") as out:
            subprocess.run([tidemark, "gen", "--rows", str(options.rows), "--keys", "0"], stdout=out, check=True)
        text_mib = result_bytes(tidemark, data) / 2**20
        measured = {name: summary(samples) for name, samples in interleaved(commands(tidemark, data), options.rounds).items()}
    print(machine.heading(machine.describe(options.build)))
    print(f"{options.rows} results, {text_mib:.0f} MiB of text; median (least to greatest) of {options.rounds} rounds.\n")
    print("| what | wall, s | CPU, s | peak memory, MiB | wall / that of its two runs |\n|---|---|---|---|---|")
    for name, one in measured.items():
        ratio = "-"
        if name.startswith("compare"):
            other = measured[name.replace("compare", f"run at {LEVEL}")]
            pairs = zip(one["samples"], measured["run at 1"]["samples"], other["samples"])
            ratios = sorted(whole[0] / (first[0] + second[0]) for whole, first, second in pairs)
            ratio = f"{ratios[len(ratios) // 2]:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        wall = one["wall_s"]
        print(f"| {name} | {wall['median']:.2f} ({wall['least']:.2f} to {wall['greatest']:.2f}) "
              f"| {one['cpu_s']['median']:.2f} | {one['peak_mib']['greatest']:.0f} | {ratio} |")


if __name__ == "__main__":
    main()
