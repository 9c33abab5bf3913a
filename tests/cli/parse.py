#!/usr/bin/env python3
"""Does `tidemark parse` read CSV as the suites of other projects expect it?

Every case of the suites below EXTRA/suites/csv is run; where our reading differs on purpose it is listed with the
reason in csv_exceptions.md, and a listed case that agrees after all is a failure. Files without an expected reading,
and random hostile ones, are compared with the model's reader.
"""
import csv
import json
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Results, argument_parser, extra_folder, parse_arguments, run

from features import FEATURES
from hostile import draw_case
from records import read_records

EXCEPTIONS_FILE = Path(__file__).resolve().parent / "csv_exceptions.md"
RANDOM_FILES = 150
OPEN_QUOTE = 3  # exit status, after printing


def read_exceptions():
    """(suite, case) -> reason, from the table's rows."""
    rows = [line.strip("| ").split(" | ") for line in EXCEPTIONS_FILE.read_text().splitlines() if line.startswith("| ")]
    return {(suite, case): reason for suite, case, reason in rows[2:]}


class Reader:
    """Runs `tidemark parse` on bytes."""

    def __init__(self, tidemark, folder):
        self.tidemark = tidemark
        self.path = folder / "case.csv"

    def read(self, data, delimiter=None):
        """(exit status, rows)"""
        self.path.write_bytes(data)
        options = ["--delimiter", {"\t": "tab"}.get(delimiter, delimiter)] if delimiter else []
        done = run([self.tidemark, "parse", *options, self.path], timeout=30)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def naive(data, delimiter=","):
    """(exit status, rows) as the model reads them."""
    records = list(read_records(data, delimiter.encode()))
    rows = [[field.decode(errors="surrogateescape") for field in record.fields] for record in records]
    return OPEN_QUOTE if records and records[-1].open_quote else 0, rows


def json_cases(path):
    for case in json.loads(path.read_text()):
        delimiter = case.get("options", {}).get("delimiter")
        data = case["input"].encode()
        yield case["name"], data, None if delimiter == "\0" else delimiter, case["expected"]


def spectrum_cases(folder):
    for path in sorted((folder / "csvs").glob("*.csv")):
        yield path.stem, path.read_bytes(), None, rows_of(json.loads((folder / "json" / f"{path.stem}.json").read_text()))


def test_data_cases(folder):
    """The bad ones expect an error: no rows can be right."""
    for path in sorted((folder / "csv").glob("*.csv")):
        expected = folder / "json" / f"{path.stem}.json"
        rows = rows_of(json.loads(expected.read_text())) if expected.exists() else "an error"
        if path.stem.startswith("header-"):
            rows = rows or [["foo", "bar", "baz"]]
        yield path.stem, path.read_bytes(), None, rows


def rows_of(content):
    """Rows as lists; objects, or a single one, become a header and their values."""
    content = [content] if isinstance(content, dict) else content
    if content and isinstance(content[0], dict):
        return [list(content[0]), *(list(row.values()) for row in content)]
    return content


def zsv_cases(folder):
    for path in sorted(folder.glob("*.csv")):
        if not path.stem.endswith(".expected"):
            expected = path.with_name(f"{path.stem}.expected.csv")
            data = path.read_bytes()
            rows = python_rows(expected) if expected.exists() else naive(data)[1]
            yield path.stem, data, None, rows


def python_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def suites(folder):
    return {"rust-csv": json_cases(folder / "rust-csv-core-cases.json"),
            "python-csv": json_cases(folder / "python-csv-cases.json"),
            "csv-spectrum": spectrum_cases(folder / "csv-spectrum"),
            "csv-test-data": test_data_cases(folder / "csv-test-data"),
            "zsv": zsv_cases(folder / "zsv")}


def check_suites(reader, folder, results):
    exceptions = read_exceptions()
    seen = set()
    for suite, cases in suites(folder).items():
        for name, data, delimiter, expected in cases:
            seen.add((suite, name))
            check_case(reader, (suite, name), data, delimiter, expected, exceptions, results)
    for listed in set(exceptions) - seen:
        results.expect(False, f"{listed} is listed in {EXCEPTIONS_FILE.name} and is no case")


def check_case(reader, name, data, delimiter, expected, exceptions, results):
    title = ": ".join(name)
    status, rows = reader.read(data, delimiter)
    agrees = rows == expected or expected == "an error" and status == OPEN_QUOTE
    if name in exceptions:
        results.expect(not agrees, f"{title} is listed as an exception and agrees")
    else:
        results.expect(agrees, lambda: f"{title}: exit {status}, {short(rows)} instead of {short(expected)}")
    results.expect((status, rows) == naive(data, delimiter or ","),
                   lambda: f"{title}: exit {status}, {short(rows)}; the model reads {short(naive(data, delimiter or ','))}")


def short(value):
    text = repr(value)
    return text if len(text) < 400 else text[:400] + "…"


def check_random(reader, seed, results):
    rng = random.Random(seed)
    for index in range(RANDOM_FILES):
        data = draw_case(rng, FEATURES).files[0][1]
        got = reader.read(data)
        results.expect(got == naive(data), lambda: f"random file {index} of seed {seed}: {short(data)}: {short(got)}; "
                                                   f"the model reads {short(naive(data))}")


def check_command(reader, results):
    """What else `parse` promises."""
    status, rows = reader.read(b'a,"b\nc\n')
    results.expect((status, rows) == (OPEN_QUOTE, [["a", "b\nc\n"]]), f"an open quote: {status}, {rows}")
    done = run([reader.tidemark, "parse", "-"], b"\xff,\xc3\xa9\n")
    results.expect(done.stdout in (b'["\\udcff","\xc3\xa9"]\n', b'["\\udcff","\\u00e9"]\n'), f"bytes: {done.stdout}")
    results.expect(run([reader.tidemark, "parse", "nowhere.csv"]).returncode == 1, "a missing file")
    results.expect(run([reader.tidemark, "parse", "--nonsense"]).returncode == 2, "an unknown option")


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--seed", default=random.randrange(10 ** 9), type=int)
    arguments = parse_arguments(parser)
    print(f"seed {arguments.seed}", flush=True)
    results = Results()
    with tempfile.TemporaryDirectory() as work:
        reader = Reader(arguments.tidemark, Path(work))
        check_command(reader, results)
        check_random(reader, arguments.seed, results)
        if not results.failed:
            check_suites(reader, extra_folder(arguments, "suites", "csv"), results)
    results.exit()


if __name__ == "__main__":
    main()
