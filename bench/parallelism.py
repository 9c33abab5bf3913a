#!/usr/bin/env python3
"""What N does on this machine, in four cases by `tidemark bench`: tables and plots for docs/parallelism.md.

Each case has rows of its own, made by `tidemark gen`, and its table begins with the two commands. bench proves that the
outputs are the same at every N before it prints a figure.
"""
import argparse
import shlex
import subprocess
import sys
from pathlib import Path

import inputs

LEVELS = "1,2,4,8,16,64"
# Case: options of gen, of run, what to vary.
CASES = {
    "main": (("--keys", "100000"), ("--alert", "sum > 9700"), ()),
    "workers": (("--keys", "0"), ("--aggregate", "sum,count,min,max,mean,stddev", "--alert", "stddev > 100"), ()),
    "skew": (("--keys", "100000", "--skew", "hot:50%"),
             ("--aggregate", "sum,count,min,max,mean,stddev", "--alert", "stddev > 2000"), ()),
    "results": (("--keys", "0"), ("--results", "results.csv", "--alert", "none"), ("order=global,key",)),
}
TITLES = ("Speed", "What binds", "Prediction")  # of bench's report; the rest is in DIR/CASE.md


def parts(report):
    """Head and chosen parts of a report."""
    head, *sections = report.split("\n### ")
    kept = ["### " + section for section in sections if section.split("\n")[0].startswith(TITLES)]
    return head.strip() + "\n\n" + "\n".join(kept)


def measure(options, case):
    gen, run, vary = CASES[case]
    tidemark = options.build / "tidemark"
    path = inputs.make(tidemark, options.scratch / "rows.csv", options.rows, *gen)
    report, plot = options.results / f"parallelism_{case}.md", options.plots / f"parallelism-{case}.svg"
    arguments = ["bench", path.name, "-p", options.levels, "--runs", str(options.runs), *run]
    for what in vary:
        arguments += ["--vary", what]
    print(f"parallelism: {case}", file=sys.stderr, flush=True)
    done = subprocess.run([tidemark, *arguments, "--markdown", report, "--plot", plot, "--json",
                           options.results / f"parallelism_{case}.json"], check=False, stdout=subprocess.DEVNULL, cwd=path.parent)
    path.unlink()
    if done.returncode != 0:
        sys.exit(done.returncode)
    commands = [["tidemark", "gen", "--rows", str(options.rows), *gen], ["tidemark", *arguments]]
    shown = "".join(f"    {shlex.join(command)}\n" for command in commands).replace("\n", " > rows.csv\n", 1)
    text = f"{shown}\n{parts(report.read_text())}\n\n![rows a second over N](plots/{plot.name})\n"
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True, help="CASE.md and the JSON of each case go here")
    parser.add_argument("--plots", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--levels", default=LEVELS)
    options = parser.parse_args()
    for name in ("build", "scratch", "results", "plots"):
        setattr(options, name, getattr(options, name).resolve())
    options.plots.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        text = measure(options, case)
        (options.results / f"{case}.md").write_text(text)
        print(text)


if __name__ == "__main__":
    main()
