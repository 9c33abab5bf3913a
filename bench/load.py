#!/usr/bin/env python3
"""What happens under load: more data, keys, columns, windows and workers than is usual, and half an hour of --follow.

Each case makes its own input while it runs and knows by counting what must come out; a run that gives anything else
has no figures, and the exit status is 4. Inputs and results go through pipes: no disk is needed but for `follow`, whose
file and results, 0.7 GB in all, are below --scratch. The program is that of the release build.
"""
import argparse
import json
import sys
from pathlib import Path

import machine
from load import follow
from load.cases import CASES, Wrong, measure

ROOT = Path(__file__).resolve().parent.parent
DIFFERENT = 4


def parse():
    needs = "\n".join(f"  {name:14} {case.what} (needs {case.needs})" for name, case in CASES.items())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog=f"cases:\n{needs}\n  follow         {follow.WHAT}")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="all without")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release", help="build folder [build/release]")
    parser.add_argument("--tidemark", type=Path, help="the program itself, wherever it was built")
    parser.add_argument("--rounds", type=int, default=1, help="of each case; the median is told")
    parser.add_argument("--small", action="store_true", help="seconds instead of minutes: does it all work?")
    parser.add_argument("--minutes", type=float, default=30, help="of follow [30]")
    parser.add_argument("--scratch", type=Path, default=Path("/tmp"), help="where follow's files go [/tmp]")
    options = parser.parse_args()
    if unknown := set(options.cases) - {*CASES, "follow"}:
        parser.error(f"no such cases: {', '.join(sorted(unknown))}")
    return options


def tell(figure, is_small):
    outcome = figure.outcome
    print(f"{figure.name}: {figure.what}{', in small' if is_small else ''}")
    print(f"  {figure.rows:,} rows, {outcome.fed_bytes / 1e9:.3f} GB, {outcome.seconds:.2f} s, "
          f"{figure.rows / outcome.seconds / 1e6:.2f} M rows/s, {outcome.fed_bytes / outcome.seconds / 1e6:.0f} MB/s, "
          f"{outcome.peak_mib:.1f} MiB at most" if outcome.status == 0 else
          f"  refused after {outcome.seconds:.2f} s, {outcome.peak_mib:.1f} MiB at most")
    for name, value in figure.more.items():
        print(f"  {name}: {value}")
    sys.stdout.flush()


def main():
    options = parse()
    tidemark = options.tidemark or options.build / "tidemark"
    if not options.tidemark:
        print(json.dumps(machine.describe(options.build), indent=2))
    wrong = 0
    for name in options.cases or [*CASES, "follow"]:
        try:
            if name == "follow":
                follow.measure(tidemark, options.scratch, 0.05 if options.small else options.minutes)
            else:
                tell(measure(name, tidemark, options.small, options.rounds), options.small)
        except Wrong as reason:
            wrong += 1
            print(f"{name}: {reason}", flush=True)
    sys.exit(DIFFERENT if wrong else 0)


if __name__ == "__main__":
    main()
