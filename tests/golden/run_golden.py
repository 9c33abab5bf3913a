#!/usr/bin/env python3
"""Do the hand-checked cases below cases/ come out as written?

A case is a folder: case.json (title, options, exit status, and the inputs if they are not input.csv) and expected.NAME
for each output that matters: results, alerts, late, rejects, counts.json, and stdout for a run without any output
option. An output without an expected file is not looked at; after a failed run it must not exist.
"""
import difflib
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Results, argument_parser, parse_arguments, run
from runs import OUTPUTS, run_binary

CASES = Path(__file__).resolve().parent / "cases"
PARALLELISMS = (1, 7)


def check(tidemark, folder, parallelism, results):
    case = json.loads((folder / "case.json").read_text())
    inputs = case.get("inputs", ["input.csv"])
    title = f"{folder.name} at N = {parallelism} ({case['title']})"
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        for name in inputs:
            (work / name).write_bytes((folder / name).read_bytes())
        options = [*case["options"], "-p", parallelism]
        got = run_binary(tidemark, options, inputs, work)
        results.expect(got.status == case["status"], f"{title}: exit {got.status}: {got.stderr}")
        if got.status != case["status"]:
            return
        check_outputs(title, folder, case["status"], got, results)
        if (folder / "expected.stdout").exists():
            plain = run([tidemark, "run", *options, *inputs], cwd=work)
            compare(f"{title}: stdout", folder / "expected.stdout", plain.stdout, results)


def check_outputs(title, folder, status, got, results):
    for name in OUTPUTS:
        expected = folder / f"expected.{name}"
        if expected.exists():
            compare(f"{title}: {name}", expected, got.outputs.get(name, b"(no such file)"), results)
        elif status:
            results.expect(name not in got.outputs, f"{title}: {name} must not be left")
    counts = folder / "expected.counts.json"
    if counts.exists():
        for name, count in json.loads(counts.read_text()).items():
            results.expect(got.counts.get(name) == count, f"{title}: counts.{name} is {got.counts.get(name)}, not {count}")


def compare(title, expected, have, results):
    want = expected.read_bytes()
    results.expect(want == have, lambda: f"{title}:\n" + "\n".join(
        difflib.unified_diff(lines(want), lines(have), "expected", "found", lineterm="")))


def lines(content):
    return content.decode(errors="backslashreplace").split("\n")


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("cases", nargs="*", help="names of cases; all without")
    arguments = parse_arguments(parser)
    results = Results()
    for folder in sorted(CASES.iterdir()):
        if not arguments.cases or folder.name in arguments.cases:
            for parallelism in PARALLELISMS:
                check(arguments.tidemark, folder, parallelism, results)
    results.exit()


if __name__ == "__main__":
    main()
