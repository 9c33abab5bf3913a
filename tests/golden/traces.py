#!/usr/bin/env python3
"""Do windows, late rows, alerts and timers come out as other engines give them: Flink above all?

Every case of every source is either run or listed with the reason why not. Those of Flink are compared in Flink's own
order (--order flink), and again in the canonical one as multisets. The small ones lie in flink/ here; with --extra the
large ones, and other engines' own tests, are below EXTRA/flink and EXTRA/suites/semantics.

--model runs them against the naive model instead of a binary.
"""
import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Results, extra_folder
from runs import Run, run_binary

import flink_tests
import flink_vectors
import model
import other_engines
import sql_engines
from cases import ORDERS
from options import parse_options

SMALL = Path(__file__).resolve().parent / "flink"
PARALLELISMS = (1, 2, 3, 7, 64)
SHOWN = 5  # differences of a case


class Model:
    """Runs a case in the naive model."""
    title = "model"

    def run(self, arguments, files):
        options, _ = parse_options(arguments)
        outcome = model.run(options, files)
        return Run([], outcome.status, "", outcome.outputs, outcome.counts)


class Binary:
    def __init__(self, tidemark, parallelism):
        self.tidemark, self.parallelism = tidemark, parallelism
        self.title = f"N = {parallelism}"

    def run(self, arguments, files):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            for name, data in files:
                (folder / name).write_bytes(data)
            return run_binary(self.tidemark, [*arguments, "-p", self.parallelism], [name for name, _ in files], folder)


def sources(arguments):
    if not arguments.large:
        return [flink_vectors.golden(SMALL)]
    flink = extra_folder(arguments, "flink")
    suites = extra_folder(arguments, "suites", "semantics")
    return [flink_vectors.golden(flink / "golden"), flink_vectors.sql(flink / "sql"), *flink_tests.sources(suites),
            *other_engines.sources(), *sql_engines.sources(suites)]


def check(engine, case, results):
    for order in ORDERS:
        title = f"{case.title}, {engine.title}, --order {order}"
        run = engine.run([*case.arguments, "--order", order], case.files)
        results.expect(run.status == 0, lambda: f"{title}: exit {run.status}: {run.stderr}")
        if run.status != 0:
            return
        found = case.found(run.outputs)
        if order == "flink" and case.in_order:
            results.expect(found == case.wanted, lambda: f"{title}: {first_difference(case.wanted, found)}")
        else:
            results.expect(Counter(found) == Counter(case.wanted), lambda: f"{title}: {difference(case.wanted, found)}")
        for name, count in case.counts.items():
            results.expect(run.counts[name] == count, f"{title}: {name} is {run.counts[name]}, not {count}")


def first_difference(wanted, found):
    for at, (want, have) in enumerate(zip(wanted, found)):
        if want != have:
            return f"line {at + 1} is {have}, not {want}"
    return f"{len(found)} lines, not {len(wanted)}"


def difference(wanted, found):
    wanted, found = Counter(wanted), Counter(found)
    return f"missing {list(wanted - found)[:SHOWN]}, too many {list(found - wanted)[:SHOWN]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    engine = parser.add_mutually_exclusive_group(required=True)
    engine.add_argument("--tidemark", help="the binary under test")
    engine.add_argument("--model", action="store_true", help="the model under test")
    parser.add_argument("--extra", default=os.environ.get("TIDEMARK_EXTRA"), help="folder with more test data")
    parser.add_argument("--large", action="store_true", help="the cases below EXTRA instead of the small ones")
    parser.add_argument("cases", nargs="*", help="titles of cases; all without")
    arguments = parser.parse_args()
    engines = [Model()] if arguments.model else [Binary(Path(arguments.tidemark).resolve(), n) for n in PARALLELISMS]
    results = Results()
    for source in sources(arguments):
        chosen = [case for case in source.cases if not arguments.cases or case.title in arguments.cases]
        print(f"{source.title}: {len(chosen)} cases, {len(source.exceptions)} not applicable", flush=True)
        for reason in dict.fromkeys(source.exceptions.values()):
            titles = [title for title, why in source.exceptions.items() if why == reason]
            print(f"  {reason}: {'; '.join(titles)}")
        for case in chosen:
            for engine in engines:
                check(engine, case, results)
    results.exit()


if __name__ == "__main__":
    main()
