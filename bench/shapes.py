#!/usr/bin/env python3
"""How does the pipeline do by its shape: one worker, many, skewed keys, many results?

Each shape is one file and one set of options, run at several parallelisms by turns, alerts to a file and results, if
the shape has them, to /dev/null. Before anything is timed each parallelism runs once with all results written, and
the bytes and counters must be those of N = 1: if not, there are no figures, and the exit status is 4.
"""
import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import inputs
import machine
import plots
from measured import interleaved, ratio, summary

ROOT = Path(__file__).resolve().parent.parent
ROWS, ROUNDS, DIFFERENT = 10_000_000, 5, 4
LEVELS = (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class Shape:
    name: str
    text: str
    rows: tuple  # options of tidemark gen
    threshold: int  # such that under 1 % of the windows alert
    results: bool = False
    files: int = 1  # that share the rows and cover the same time
    options: tuple = ()


SHAPES = (
    Shape("1:1, 1:N", "100 000 keys, all equally likely", ("--keys", 100_000), 8000),
    Shape("zipf", "100 000 keys, the k-th as often as 1 / k^1.2", ("--keys", 100_000, "--skew", "zipf:1.2"), 1_000_000),
    Shape("hot", "100 000 keys, one of them in half of all rows", ("--keys", 100_000, "--skew", "hot:50%"), 1_000_000),
    Shape("results-heavy", "every row a key and a result of its own", ("--skew", "unique"), 4990, results=True),
    Shape("4 files, one stream", "10 000 keys in 4 files of the same time, one after the other, bound of 12 h",
          ("--keys", 10_000), 26_000, files=4, options=("--out-of-orderness", "12h")),
    Shape("4 files, partitions", "the same files side by side (--inputs partitions)", ("--keys", 10_000), 26_000, files=4,
          options=("--out-of-orderness", "12h", "--inputs", "partitions")),
)


class Different(Exception):
    """The outputs are not those of N = 1."""


class Shapes:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.tidemark = options.build / "tidemark"
        if not self.tidemark.exists():
            sys.exit(f"{self.tidemark} is missing: bench/run.sh builds it")

    def command(self, shape, paths, level, *more):
        return [str(self.tidemark), "run", "--quiet", "--parallelism", str(level), "--alert",
                f"sum > {shape.threshold}", "--alerts", str(self.scratch / "alerts.csv"), *shape.options, *more,
                *map(str, paths)]

    def digest(self, shape, paths, level):
        """Of results, alerts and counters."""
        stats = self.scratch / "stats.json"
        digest = hashlib.blake2b()
        command = self.command(shape, paths, level, "--results", "-", "--stats", str(stats))
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            while piece := process.stdout.read1(1 << 20):
                digest.update(piece)
        if process.returncode != 0:
            sys.exit(f"exit status {process.returncode} from {' '.join(command)}")
        digest.update((self.scratch / "alerts.csv").read_bytes())
        counts = json.loads(stats.read_text())["counts"]
        digest.update(json.dumps(counts, sort_keys=True).encode())
        return digest.hexdigest(), counts

    def measure(self, shape):
        say(f"{shape.name}: {shape.text}")
        paths = [inputs.make(self.tidemark, self.scratch / f"rows{i}.csv", self.options.rows // shape.files,
                             "--seed", i + 1, *shape.rows) for i in range(shape.files)]
        first, counts = self.digest(shape, paths, LEVELS[0])
        for level in LEVELS[1:]:
            if self.digest(shape, paths, level)[0] != first:
                raise Different(f"{shape.name}: N = {level} does not print what N = {LEVELS[0]} prints")
        results = ("--results", "/dev/null") if shape.results else ()
        commands = {level: self.command(shape, paths, level, *results) for level in LEVELS}
        samples = interleaved(commands, self.options.rounds)
        levels = [{"n": level, **summary(samples[level])} for level in LEVELS]
        for figures in levels:
            figures["wall_ratio"] = ratio(figures, levels[0], "wall_s")
        return {"name": shape.name, "text": shape.text, "digest": first, "windows": counts["results"],
                "alerts": counts["alerts"], "results": shape.results, "levels": levels}


def say(text):
    print(f"shapes: {text}", file=sys.stderr, flush=True)


def span(values, digits=3):
    return f"{values['median']:.{digits}f} ({values['least']:.{digits}f}–{values['greatest']:.{digits}f})"


def print_report(report, has_plot):
    print(f"### By shape\n\n{machine.heading(report['machine'])}")
    print(f"{report['rows']:,} rows, {report['rounds']} rounds by turns, median (least–greatest); the ratio is to the "
          "same shape's N = 1, of the medians and round by round. The bytes were the same at every N.\n")
    if has_plot:
        print("![Wall time over N by shape](plots/shapes.svg)\n")
    print("| shape | N | wall s | over N = 1 | M rows/s | CPU s | peak MiB |\n|---|---|---|---|---|---|---|")
    for shape in report["shapes"]:
        for figures in shape["levels"]:
            times = figures["wall_ratio"]
            speed = report["rows"] / figures["wall_s"]["median"] / 1e6
            print(f"| {shape['name']} | {figures['n']} | {span(figures['wall_s'])} | {times['of_medians']:.2f} "
                  f"({times['least']:.2f}–{times['greatest']:.2f}) | {speed:.1f} | {figures['cpu_s']['median']:.2f} | "
                  f"{figures['peak_mib']['greatest']:.0f} |")
    print("\n| shape | input | windows | alerts | written |\n|---|---|---|---|---|")
    for shape in report["shapes"]:
        print(f"| {shape['name']} | {shape['text']} | {shape['windows']:,} | {shape['alerts']:,} | "
              f"alerts{', all results to /dev/null' if shape['results'] else ''} |")


def plot(report, folder):
    series = {shape["name"]: [(figures["n"], figures["wall_s"]) for figures in shape["levels"]]
              for shape in report["shapes"]}
    return plots.lines(folder / "shapes.svg", f"{report['rows'] / 1e6:g} M rows by shape of the pipeline",
                       "workers (N)", "seconds", series)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="build folder with tidemark")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()), help="for inputs and outputs")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"of each input [{ROWS}]")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"timed runs of each [{ROUNDS}]")
    parser.add_argument("--json", type=Path, help="write all samples there")
    parser.add_argument("--plots", type=Path, help="draw shapes.svg into this folder")
    options = parser.parse_args()
    report = {"machine": machine.describe(options.build), "rows": options.rows, "rounds": options.rounds}
    with tempfile.TemporaryDirectory(prefix="shapes-", dir=options.scratch) as scratch:
        shapes = Shapes(options, Path(scratch))
        try:
            report["shapes"] = [shapes.measure(shape) for shape in SHAPES]
        except Different as different:
            print(f"shapes: {different}", file=sys.stderr)
            sys.exit(DIFFERENT)
    print_report(report, options.plots and plot(report, options.plots))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
