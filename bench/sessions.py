#!/usr/bin/env python3
"""What do windows of each key, sessions and count windows, cost beside tumbling ones, and how much memory do a million
open sessions take?

Inputs are `tidemark gen`'s, 1000 rows a second of event time. Before anything is timed the results of the beginning of
each input must be those of a count by hand, at one worker and at three: if not, there are no figures, and the exit
status is 4. Then all windows of an input run by turns, with a rule that nothing breaks.
"""
import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import inputs
import machine
from measured import interleaved, ratio, summary

ROOT = Path(__file__).resolve().parent.parent
ROWS, ROUNDS, DIFFERENT = 10_000_000, 5, 4
CHECKED_ROWS, CHECKED_LEVELS = 20_000, (1, 3)
KIND, SPAN = 0, 1


@dataclass(frozen=True)
class Input:
    keys: int
    text: str
    windows: tuple  # (kind, milliseconds or rows), the first of them tumbling


INPUTS = (
    Input(1_000, "a row of each key a second, on average",
          (("tumbling", 10_000), ("session", 10_000), ("session", 1_000), ("count", 10))),
    Input(1_000_000, "hardly a key has two rows in a window",
          (("tumbling", 10_000), ("session", 10_000), ("count", 2))),
    Input(1_000_000, "every key's window is open to the end", (("tumbling", 864_000_000), ("session", 864_000_000))),
)


class Different(Exception):
    """The results are not those of a count by hand."""


def option(window):
    unit, name = (1, "") if window[KIND] == "count" else (86_400_000, "d") if window[SPAN] >= 86_400_000 else (1000, "s")
    return f"{window[KIND]}:{window[SPAN] // unit}{name}"


class Bench:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.tidemark = options.build / "tidemark"
        if not self.tidemark.exists():
            sys.exit(f"{self.tidemark} is missing: bench/run.sh builds it")

    def command(self, window, path, *more):
        return [str(self.tidemark), "run", "--quiet", "--window", option(window), *more, str(path)]

    def check(self, case):
        path = inputs.make(self.tidemark, self.scratch / "head.csv", CHECKED_ROWS, "--keys", case.keys)
        for window in case.windows:
            want = counted(path, window)
            for level in CHECKED_LEVELS:
                results = self.scratch / "results.csv"
                subprocess.run(self.command(window, path, "--parallelism", str(level), "--alert", "none",
                                            "--time-output", "epoch-ms", "--results", str(results)), check=True)
                if found(results) != want:
                    raise Different(f"{option(window)}: N = {level} does not print what a count by hand finds")

    def measure(self, case):
        say(f"{case.keys} keys: {case.text}")
        self.check(case)
        path = inputs.make(self.tidemark, self.scratch / "rows.csv", self.options.rows, "--keys", case.keys)
        quiet = ("--parallelism", "1", "--alert", "sum > 1e12", "--alerts", str(self.scratch / "alerts.csv"))
        samples = interleaved({window: self.command(window, path, *quiet) for window in case.windows},
                              self.options.rounds)
        tumbling = summary(samples[case.windows[0]])
        windows = []
        for window in case.windows:
            figures = summary(samples[window])
            windows.append({"window": option(window), "results": self.results(window, path), **figures,
                            "wall_ratio": ratio(figures, tumbling, "wall_s"),
                            "cpu_ratio": ratio(figures, tumbling, "cpu_s")})
        return {"keys": case.keys, "text": case.text, "windows": windows}

    def results(self, window, path):
        stats = self.scratch / "stats.json"
        subprocess.run(self.command(window, path, "--alert", "none", "--stats", str(stats)), check=True)
        return json.loads(stats.read_text())["counts"]["results"]


def counted(path, window):
    """Results as found() reads them. No row is late, so a key's rows may be taken in the order of time."""
    rows = defaultdict(list)  # of a key, in the order of arrival: (time, amount)
    with open(path, newline="") as file:
        for key, time, amount in list(csv.reader(file))[1:]:
            rows[key].append((millisecond(time), Decimal(amount)))
    return sorted((key, start, end, len(part), sum(amount for _, amount in part))
                  for key in rows for start, end, part in parted(rows[key], *window))


def parted(rows, kind, span):
    if kind == "count":
        for i in range(0, len(rows) - span + 1, span):
            yield rows[i][0], rows[i + span - 1][0], rows[i:i + span]
        return
    part = []
    for row in sorted(rows):
        is_apart = part and (row[0] - part[-1][0] > span if kind == "session" else row[0] // span != part[0][0] // span)
        if is_apart:
            yield *bounds(part, kind, span), part
            part = []
        part.append(row)
    yield *bounds(part, kind, span), part


def bounds(part, kind, span):
    if kind == "session":
        return part[0][0], part[-1][0] + span
    start = part[0][0] // span * span
    return start, start + span


def millisecond(text):
    """Of a time as gen writes it, in 2024."""
    day, clock = text.split(" ")
    hours, minutes, seconds = clock.split(":")
    begin_ms = {"2024-05-11": 1715385600000, "2024-05-12": 1715472000000}[day]
    return begin_ms + 3_600_000 * int(hours) + 60_000 * int(minutes) + int(Decimal(seconds) * 1000)


def found(path):
    with open(path, newline="") as file:
        return sorted((row[2], int(row[0]), int(row[1]), int(row[5]), Decimal(row[4]))
                      for row in list(csv.reader(file))[1:])


def say(text):
    print(f"sessions: {text}", file=sys.stderr, flush=True)


def span(values, digits=3):
    return f"{values['median']:.{digits}f} ({values['least']:.{digits}f}–{values['greatest']:.{digits}f})"


def times(values):
    return f"{values['of_medians']:.2f} ({values['least']:.2f}–{values['greatest']:.2f})"


def print_report(report):
    rows = report["rows"]
    print(f"### Sessions and count windows\n\n{machine.heading(report['machine'])}")
    print(f"{rows:,} rows, {report['rounds']} rounds by turns, N = 1, median (least–greatest); ratios are to the "
          "tumbling windows above them, of the medians and round by round. No result is written: "
          "`--alert 'sum > 1e12'`.\n")
    print("| keys | window | wall s | ratio | CPU s | ratio | results | peak MiB |\n|---|---|---|---|---|---|---|---|")
    for case in report["cases"]:
        for figures in case["windows"]:
            print(f"| {case['keys']:,} | `{figures['window']}` | {span(figures['wall_s'])} | "
                  f"{times(figures['wall_ratio'])} | {span(figures['cpu_s'], 2)} | {times(figures['cpu_ratio'])} | "
                  f"{figures['results']:,} | {figures['peak_mib']['greatest']:.0f} |")
    print()
    for case in report["cases"]:
        first = case["windows"][0]["window"]
        print(f"- {case['keys']:,} keys and `{first}`: {case['text']}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="build folder with tidemark")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()), help="for inputs and outputs")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"of each input [{ROWS}]")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"timed runs of each [{ROUNDS}]")
    parser.add_argument("--json", type=Path, help="write all samples there")
    options = parser.parse_args()
    report = {"machine": machine.describe(options.build), "rows": options.rows, "rounds": options.rounds}
    with tempfile.TemporaryDirectory(prefix="sessions-", dir=options.scratch) as scratch:
        bench = Bench(options, Path(scratch))
        try:
            report["cases"] = [bench.measure(case) for case in INPUTS]
        except Different as different:
            say(str(different))
            sys.exit(DIFFERENT)
    print_report(report)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
