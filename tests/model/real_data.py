#!/usr/bin/env python3
"""Are real dumps read as the model reads them: accounting, results, late and rejected rows, to the byte?"""
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from dumps import small_dumps
from harness import Results, argument_parser, extra_folder, parse_arguments
from runs import run_binary

import model
from options import parse_options
from random_cases import differences

PARALLELISMS = (1, 7)


def check(tidemark, name, data, arguments, results):
    options, _ = parse_options(arguments)
    outcome = model.run(options, [(name, data)])
    counts = ", ".join(f"{count} {kind}" for kind, count in outcome.counts.items() if count)
    print(f"{name}: {counts}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / name).write_bytes(data)
        for parallelism in PARALLELISMS:
            got = run_binary(tidemark, [*arguments, "-p", parallelism], [name], folder)
            wrong = differences(outcome, options, got, "global")
            results.expect(not wrong, lambda: f"{name} at N = {parallelism}: " + "\n".join(wrong))


def main():
    arguments = parse_arguments(argument_parser(__doc__))
    results = Results()
    for name, data, options in small_dumps(extra_folder(arguments, "data")):
        check(arguments.tidemark, name, data, options, results)
    results.exit()


if __name__ == "__main__":
    main()
