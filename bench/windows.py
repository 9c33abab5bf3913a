#!/usr/bin/env python3
"""What do windows that slide cost beside tumbling ones?

A minute that slides by a second is sixty windows a row. Inputs come from the yardstick's generator, 1000 rows a second
of event time. Before anything is timed the results of the beginning of each input must be those of a count by hand, at
one worker and at three: if not, there are no figures, and the exit status is 4. Then tumbling and sliding run by
turns, with a rule that nothing breaks, and once more with every result written to /dev/null.
"""
import argparse
import csv
import json
import multiprocessing
import subprocess
import sys
import tempfile
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path

import inputs
import machine
from measured import interleaved, ratio, summary

ROOT = Path(__file__).resolve().parent.parent
ROWS, ROUNDS, DIFFERENT = 20_000_000, 5, 4
KEYS, DISORDER_S = (100, 1_000, 100_000), 1
SIZE_S, SLIDE_S = 60, 1
WINDOWS = {"tumbling": f"tumbling:{SIZE_S}s", "sliding": f"sliding:{SIZE_S}s/{SLIDE_S}s"}
CHECKED_ROWS, CHECKED_LEVELS = 5_000, (1, 3)
WRITTEN_PART = 10  # of the rows: sixty results a row are many


class Different(Exception):
    """The results are wrong."""


class Bench:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.tidemark, self.gen = options.build / "tidemark", options.build / "bench" / "gen"
        for program in (self.tidemark, self.gen):
            if not program.exists():
                sys.exit(f"{program} is missing: bench/run.sh builds it, or configure with -DTIDE_BENCH=ON")

    def make(self, name, rows, keys):
        path = self.scratch / name
        with open(path, "wb") as out:
            if subprocess.run([self.gen, str(rows), str(keys), str(DISORDER_S)], stdout=out, check=False).returncode:
                sys.exit(f"{self.gen} made no input")
        inputs.warm(path)
        return path

    def command(self, window, path, *more):
        return [str(self.tidemark), "run", "--quiet", "--window", WINDOWS[window], *more, str(path)]

    def check(self, keys):
        """In a process of its own: what it takes would be seen in the peaks of all that start later."""
        process = multiprocessing.get_context("fork").Process(target=self.compare, args=(keys,))
        process.start()
        process.join()
        if process.exitcode == DIFFERENT:
            raise Different(f"{keys} keys: the results are not those of a count by hand")
        if process.exitcode:
            sys.exit("the check failed")

    def compare(self, keys):
        path, want = self.make("head.csv", CHECKED_ROWS, keys), None
        for level in CHECKED_LEVELS:
            results = self.scratch / "results.csv"
            subprocess.run(self.command("sliding", path, "--parallelism", str(level), "--alert", "none", "--results",
                                        str(results)), check=True)
            want = want or counted(path)
            if found(results) != want:
                sys.exit(DIFFERENT)

    def results(self, window, path):
        stats = self.scratch / "stats.json"
        subprocess.run(self.command(window, path, "--alert", "none", "--stats", str(stats)), check=True)
        return json.loads(stats.read_text())["counts"]["results"]

    def by_turns(self, path, *more):
        samples = interleaved({window: self.command(window, path, "--parallelism", "1", *more) for window in WINDOWS},
                              self.options.rounds)
        return {window: summary(samples[window]) for window in WINDOWS}

    def measure(self, keys):
        say(f"{keys} keys")
        self.check(keys)
        rows = self.options.rows
        path = self.make("rows.csv", rows, keys)
        quiet = self.by_turns(path, "--alert", "sum > 1e12", "--alerts", str(self.scratch / "alerts.csv"))
        counts = {window: self.results(window, path) for window in WINDOWS}
        part = self.make("rows.csv", rows // WRITTEN_PART, keys)
        written = self.by_turns(part, "--alert", "none", "--results", "/dev/null")
        counts_written = {window: self.results(window, part) for window in WINDOWS}
        return {"keys": keys, "quiet": quiet, "results": counts, "written": written, "results_written": counts_written,
                "ratio": ratio(quiet["sliding"], quiet["tumbling"], "wall_s"),
                "cpu_ratio": ratio(quiet["sliding"], quiet["tumbling"], "cpu_s")}


def seconds(text):
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc).timestamp())


def counted(path):
    """{(start, key): (sum in cents, count)}, each row added to each of its windows. No row is late."""
    windows = defaultdict(lambda: (0, 0))
    with open(path, newline="") as file:
        for key, time, amount in list(csv.reader(file))[1:]:
            at, cents = seconds(time), round(float(amount) * 100)
            for start in range(at - at % SLIDE_S - SIZE_S + SLIDE_S, at + 1, SLIDE_S):
                total, count = windows[start, key]
                windows[start, key] = total + cents, count + 1
    return dict(windows)


def found(path):
    with open(path, newline="") as file:
        return {(seconds(row[0]), row[2]): (round(float(row[4]) * 100), int(row[5]))
                for row in list(csv.reader(file))[1:]}


def say(text):
    print(f"windows: {text}", file=sys.stderr, flush=True)


def span(values, digits=3):
    return f"{values['median']:.{digits}f} ({values['least']:.{digits}f}–{values['greatest']:.{digits}f})"


def more_ns(figures, results):
    """What sliding takes longer than tumbling, over the results it has more."""
    more_s = figures["sliding"]["wall_s"]["median"] - figures["tumbling"]["wall_s"]["median"]
    return more_s * 1e9 / (results["sliding"] - results["tumbling"])


def print_report(report):
    rows = report["rows"]
    print(f"### Windows that slide\n\n{machine.heading(report['machine'])}")
    print(f"{rows:,} rows, {report['rounds']} rounds by turns, N = 1, median (least–greatest). The ratio is of the "
          f"medians and round by round; ns a result is what `{WINDOWS['sliding']}` takes longer than "
          f"`{WINDOWS['tumbling']}` over the results it has more, none of which is written: `--alert 'sum > 1e12'`.\n")
    print("| keys | tumbling s | sliding s | ratio (goal 4 to 1 000 keys) | CPU | results of sliding | ns a result | MiB |")
    print("|---|---|---|---|---|---|---|---|")
    for case in report["cases"]:
        tumbling, sliding = case["quiet"]["tumbling"], case["quiet"]["sliding"]
        print(f"| {case['keys']:,} | {span(tumbling['wall_s'])} | {span(sliding['wall_s'])} | "
              f"{case['ratio']['of_medians']:.2f} ({case['ratio']['least']:.2f}–{case['ratio']['greatest']:.2f}) | "
              f"{case['cpu_ratio']['of_medians']:.2f} | {case['results']['sliding']:,} | "
              f"{more_ns(case['quiet'], case['results']):.1f} | "
              f"{sliding['peak_mib']['greatest']:.0f} |")
    print(f"\nThe same with a {WRITTEN_PART}th of the rows and every result written to /dev/null.\n")
    print("| keys | tumbling s | sliding s | results of sliding | ns a result |\n|---|---|---|---|---|")
    for case in report["cases"]:
        tumbling, sliding = case["written"]["tumbling"], case["written"]["sliding"]
        count = case["results_written"]["sliding"]
        print(f"| {case['keys']:,} | {span(tumbling['wall_s'])} | {span(sliding['wall_s'])} | {count:,} | "
              f"{more_ns(case['written'], case['results_written']):.1f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="build folder with tidemark")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()), help="for inputs and outputs")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"of each input [{ROWS}]")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"timed runs of each [{ROUNDS}]")
    parser.add_argument("--json", type=Path, help="write all samples there")
    options = parser.parse_args()
    report = {"machine": machine.describe(options.build), "rows": options.rows, "rounds": options.rounds}
    with tempfile.TemporaryDirectory(prefix="windows-", dir=options.scratch) as scratch:
        bench = Bench(options, Path(scratch))
        try:
            report["cases"] = [bench.measure(keys) for keys in KEYS]
        except Different as different:
            say(str(different))
            sys.exit(DIFFERENT)
    print_report(report)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
