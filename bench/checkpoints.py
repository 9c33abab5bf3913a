#!/usr/bin/env python3
"""What does one checkpoint a second cost, how large is it, and how long does it take to go on from one?

Inputs are those of the yardstick's generator and of `tidemark gen`. Each case runs without and with checkpoints by turns, and then is killed in its midst and
resumed. All of them must write the same bytes: if not, there are no figures, and the exit status is 4. It needs some
10 GB below --scratch (--rows less for less), and a machine with nothing else to do.
"""
import argparse
import filecmp
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import inputs
import machine
from measured import interleaved, ratio, run, summary

ROOT = Path(__file__).resolve().parent.parent
ROWS, ROUNDS, DIFFERENT = 120_000_000, 13, 4
KEYS, DISORDER_S = 100_000, 1
KILLED_AT = 0.75  # of what the run takes


@dataclass(frozen=True)
class Case:
    text: str
    share: float  # of the rows
    generated: tuple  # options of `tidemark gen`; empty: the yardstick's generator
    options: tuple


CASES = (
    Case("tumbling windows of 10 s, 100,000 keys", 1, (), ("--alert", "sum > 8000")),
    Case("the same, every result written", 0.2, (), ("--alert", "none", "--results")),
    Case("a million sessions that stay open", 0.25, ("--keys", 1_000_000), ("--window", "session:10d", "--alert", "sum > 1e12")),
)


class Different(Exception):
    """Two runs that should write the same have not."""


class Bench:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.tidemark = options.build / "tidemark"
        self.gen = options.build / "bench" / "gen"
        for program in (self.tidemark, self.gen):
            if not program.exists():
                sys.exit(f"{program} is missing: sh bench/run.sh builds it")

    def command(self, case, path, name, *more):
        kind = "--results" if "--results" in case.options else "--alerts"
        given = [option for option in case.options if option != "--results"]
        return [str(self.tidemark), "run", "--quiet", *given, kind, str(self.scratch / f"{name}.csv"), *more, str(path)]

    def make(self, case):
        path, rows = self.scratch / "rows.csv", int(self.options.rows * case.share)
        if case.generated:
            return inputs.make(self.tidemark, path, rows, *case.generated)
        with open(path, "wb") as out:
            subprocess.run([str(self.gen), str(rows), str(KEYS), str(DISORDER_S)], stdout=out, check=True)
        inputs.warm(path)
        return path

    def fresh(self, case, path, every):
        """A command that begins in an empty folder."""
        folder = self.scratch / every
        words = shlex.join(self.command(case, path, every, "--checkpoint", str(folder), "--checkpoint-every", every))
        return ["sh", "-c", f"rm -rf {shlex.quote(str(folder))} && exec {words}"]

    def compare(self, *names):
        for name in names:
            if not filecmp.cmp(self.scratch / "off.csv", self.scratch / f"{name}.csv", shallow=False):
                raise Different(f"what {name} writes differs")

    def measure(self, case):
        say(case.text)
        path = self.make(case)
        samples = interleaved({"off": self.command(case, path, "off"), "1s": self.fresh(case, path, "1s")},
                              self.options.rounds)
        records = sorted((self.scratch / "1s").glob("checkpoint-*"))
        self.compare("1s")
        off, on = summary(samples["off"]), summary(samples["1s"])
        return {"text": case.text, "rows": int(self.options.rows * case.share), "off": off, "on": on,
                "wall_ratio": ratio(on, off, "wall_s"), "cpu_ratio": ratio(on, off, "cpu_s"),
                "checkpoints": int(records[-1].name[-20:]) - 1, "bytes": max(record.stat().st_size for record in records),
                "resume": self.resume(case, path, on["wall_s"]["median"])}

    def resume(self, case, path, wall_s):
        """Kills a run and resumes it; what that takes, and the checkpoint that it went on from."""
        folder = self.scratch / "killed"
        shutil.rmtree(folder, ignore_errors=True)
        words = ("--checkpoint", str(folder), "--checkpoint-every", "100ms")
        process = subprocess.Popen(self.command(case, path, "killed", *words))
        time.sleep(KILLED_AT * wall_s)
        process.kill()
        process.wait()
        sample = run(self.command(case, path, "killed", *words, "--resume"))
        self.compare("killed")
        return {"killed_after_s": KILLED_AT * wall_s, "wall_s": sample.wall_s}


def say(text):
    print(f"checkpoints: {text}", file=sys.stderr, flush=True)


def span(values, digits=3):
    return f"{values['median']:.{digits}f} ({values['least']:.{digits}f}–{values['greatest']:.{digits}f})"


def print_report(report):
    print(f"### Checkpoints\n\n{machine.heading(report['machine'])}")
    print(f"{report['rounds']} rounds by turns, N = 1, median (least–greatest); ratios round by round.\n")
    print("| case | rows | off, s | one a second, s | wall ratio | CPU ratio | checkpoints | MB each | peak MiB off, on | "
          "killed after s, resumed in s |\n|---|---|---|---|---|---|---|---|---|---|")
    for case in report["cases"]:
        off, on, resume = case["off"], case["on"], case["resume"]
        print(f"| {case['text']} | {case['rows']:,} | {span(off['wall_s'])} | {span(on['wall_s'])} | "
              f"{span(case['wall_ratio'])} | {span(case['cpu_ratio'])} | {case['checkpoints']} | {case['bytes'] / 1e6:.1f} | "
              f"{off['peak_mib']['greatest']:.0f}, {on['peak_mib']['greatest']:.0f} | "
              f"{resume['killed_after_s']:.2f}, {resume['wall_s']:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release", help="folder of the build [%(default)s]")
    parser.add_argument("--scratch", type=Path, help="folder for inputs and outputs [a temporary one]")
    parser.add_argument("--rows", type=int, default=ROWS, help="of the largest case [%(default)s]")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="[%(default)s]")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tidemark-checkpoints-", dir=options.scratch) as scratch:
        bench = Bench(options, Path(scratch))
        try:
            cases = [bench.measure(case) for case in CASES]
        except Different as difference:
            say(f"no figures: {difference}")
            sys.exit(DIFFERENT)
    report = {"machine": machine.describe(options.build), "rounds": options.rounds, "cases": cases}
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    print_report(report)


if __name__ == "__main__":
    main()
