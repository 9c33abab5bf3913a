#!/usr/bin/env python3
"""What does a process function cost beside the built-in rule?

Windows of a second, so that nearly every row is a result. The cost is the worker thread's own processor time, from
--stats, over the results. Before anything is timed the example anomaly.c must print what the rule prints, at one worker
and at three, and the others the same at both: if not, there are no figures, and the exit status is 4.
"""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import inputs
import machine

ROOT = Path(__file__).resolve().parent.parent
ROWS, ROUNDS, DIFFERENT = 5_000_000, 5, 4
LIMIT = 10**15  # what no sum reaches
WINDOWS_LEAST = 20
CASES = ((1_000, 2_000), (200_000, 200_000))  # keys, rows a second


class Different(Exception):
    """A function does not print what it should."""


def variants(functions):
    """{name: (text, options)}; the first one is what the others are compared with."""
    def function(name, *arguments):
        return ("--process", str(functions / f"{name}.so"),
                *(part for argument in arguments for part in ("--process-arg", argument)))
    return {
        "rule": ("the rule `sum > 10^15`", ("--alert", f"sum > {LIMIT}")),
        "anomaly": ("`anomaly.c`: no state", function("anomaly", f"threshold={LIMIT}")),
        "three_sigma": ("`three_sigma.c`: a state a key", function("three_sigma", f"after={LIMIT}")),
        "inactivity": ("`inactivity.c`: a state and a timer that each result moves", function("inactivity", f"after={LIMIT}")),
    }


class Bench:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.tidemark, functions = options.build / "tidemark", options.build / "process"
        for path in (self.tidemark, functions):
            if not path.exists():
                sys.exit(f"{path} is missing: bench/run.sh builds it")
        self.variants = variants(functions)

    def run(self, path, *options):
        stats = self.scratch / "stats.json"
        subprocess.run([str(self.tidemark), "run", "--quiet", "--window", "tumbling:1s", "--at-end", "drop", "--stats",
                        str(stats), *options, str(path)], check=True, timeout=900)
        return json.loads(stats.read_text())

    def alerts(self, path, *options):
        target = self.scratch / "alerts.csv"
        self.run(path, "--alerts", str(target), *options)
        return target.read_bytes()

    def check(self, path):
        said = {}
        for name, (_, options) in self.variants.items():
            low = tuple(option.replace(str(LIMIT), "1000") for option in options)
            said[name] = self.alerts(path, "--parallelism", "1", *low)
            if self.alerts(path, "--parallelism", "3", *low) != said[name]:
                raise Different(f"{name} does not print the same with three workers")
        if said["anomaly"] != said["rule"] or said["rule"].count(b"\n") < 2:
            raise Different("anomaly does not print what the rule prints")

    def cost(self, path, written, options):
        """(ns of the worker a result, results)."""
        to = ("--results", "/dev/null", "--alerts", str(self.scratch / "alerts.csv")) if written else ("--alerts", "/dev/null")
        stats = self.run(path, "--parallelism", "1", *to, *options)
        worker = next(stage for stage in stats["threads"]["stages"] if stage["stage"] == "worker")
        return worker["cpu_s"] * 1e9 / max(stats["counts"]["results"], 1), stats["counts"]["results"]

    def measure(self, keys, rate):
        say(f"{keys} keys")
        rate = min(rate, self.options.rows // WINDOWS_LEAST)
        path = inputs.make(self.tidemark, self.scratch / "rows.csv", self.options.rows, "--seed", 1, "--keys", keys,
                           "--rate", rate)
        self.check(path)
        samples = {(name, written): [] for name in self.variants for written in (False, True)}
        for _ in range(self.options.rounds):
            for name, written in samples:
                ns, results = self.cost(path, written, self.variants[name][1])
                samples[name, written].append(ns)
        return {"keys": keys, "results": results,
                "quiet": {name: samples[name, False] for name in self.variants},
                "written": {name: samples[name, True] for name in self.variants}}


def say(text):
    print(f"process: {text}", file=sys.stderr, flush=True)


def span(values):
    return f"{statistics.median(values):.1f} ({min(values):.1f}–{max(values):.1f})"


def print_report(report, texts):
    print(f"### Process functions\n\n{machine.heading(report['machine'])}")
    print(f"{report['rows']:,} rows, {report['rounds']} rounds by turns, N = 1, median (least–greatest): nanoseconds of "
          "the worker's processor time a result, everything included. The goal is 5 ns beside the rule without state. "
          "Where only alerts are asked for, the rule looks at nothing but the sums of a window; a function sees each "
          "result.\n")
    print("| keys | results | who looks | alerts only | beside the rule | all results printed | beside the rule |")
    print("|---|---|---|---|---|---|---|")
    for case in report["cases"]:
        for name, text in texts.items():
            cells = []
            for kind in ("quiet", "written"):
                more = statistics.median(case[kind][name]) - statistics.median(case[kind]["rule"])
                cells += [span(case[kind][name]), f"{more:+.1f}" if name != "rule" else ""]
            print(f"| {case['keys']:,} | {case['results']:,} | {text} | {' | '.join(cells)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="build folder with tidemark")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()), help="for inputs and outputs")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"of each input [{ROWS}]")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"timed runs of each [{ROUNDS}]")
    parser.add_argument("--json", type=Path, help="write all samples there")
    options = parser.parse_args()
    report = {"machine": machine.describe(options.build), "rows": options.rows, "rounds": options.rounds}
    with tempfile.TemporaryDirectory(prefix="process-", dir=options.scratch) as scratch:
        bench = Bench(options, Path(scratch))
        try:
            report["cases"] = [bench.measure(keys, rate) for keys, rate in CASES]
        except Different as different:
            say(str(different))
            sys.exit(DIFFERENT)
    print_report(report, {name: text for name, (text, _) in bench.variants.items()})
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
