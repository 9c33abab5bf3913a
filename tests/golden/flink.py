#!/usr/bin/env python3
"""Do windows answer as the real Flink's do?

Each case below EXTRA/flink/golden holds an input, its parameters and what Flink gave. Results, late rows and alerts are
compared as multisets, since Flink's order among equal timers comes from a heap; late rows also in order.
"""
import csv
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Results, argument_parser, extra_folder, parse_arguments, run

# What this version has no counterpart for, with the reason.
EXCEPTIONS = {
    "agg_maxBy_tiny": "maxBy returns a whole record, not a fold",
    "agg_maxBy_last_tiny": "maxBy returns a whole record, not a fold",
    "agg_minBy_tiny": "minBy returns a whole record, not a fold",
    "double_rand": "sums of binary floating point; ours are exact",
    "double_tiny": "sums of binary floating point; ours are exact",
}
OPERATORS = ("tumbling", "sliding")
PARALLELISMS = (1, 3)


def command(parameters, parallelism, folder):
    bound = f"{parameters['bound_ms']}ms" if parameters["watermark_every"] else "unbounded"
    threshold = parameters.get("threshold_cents")
    outputs = [part for name in ("results", "alerts", "late", "stats") for part in (f"--{name}", folder / name)]
    return ["run", "--key", "key", "--time", "ts_ms", "--value", "amount_cents", "--decimals", "0",
            "--time-format", "epoch-ms", "--time-output", "epoch-ms", "--window", window(parameters),
            "--out-of-orderness", bound, "--allowed-lateness", f"{parameters.get('lateness_ms', 0)}ms",
            "--aggregate", f"{aggregate(parameters)},count",
            "--alert", "none" if threshold is None else f"sum > {threshold}", "-p", parallelism, *outputs]


def window(parameters):
    slide = f"/{parameters['slide_ms']}ms" if parameters["operator"] == "sliding" else ""
    return f"{parameters['operator']}:{parameters['size_ms']}ms{slide}+{parameters.get('offset_ms', 0)}ms"


def aggregate(parameters):
    return {"reduce": "sum"}.get(name := parameters.get("agg", "reduce"), name)


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def expected(case, parameters):
    """(results, alerts, late): lists of tuples of texts. Flink's sum, min and max keep a count of 1 and no trigger."""
    folded = parameters.get("agg", "reduce") == "reduce"
    kinds = {"result": [], "alert": [], "late": []}
    for row in rows(case / "expected.csv"):
        if row["kind"] == "late":
            kinds["late"].append((row["key"], row["first_ts"], row["sum"], row["watermark_seen"]))
            continue
        fields = (row["key"], row["window_start"], row["window_end"], row["first_ts"], row["sum"])
        kinds[row["kind"]].append(fields + ((row["count"], row["watermark_trigger"]) if folded else ()))
    return kinds["result"], kinds["alert"], kinds["late"]


def found(folder, parameters):
    folded = parameters.get("agg", "reduce") == "reduce"
    kinds = []
    for name in ("results", "alerts"):
        kinds.append([(row["key"], row["window_start"], row["window_end"], row["first_time"], row[aggregate(parameters)])
                      + ((row["count"], row["watermark_ms"]) if folded else ()) for row in rows(folder / name)])
    late = [(*row["record"].split(","), row["watermark_ms"]) for row in rows(folder / "late")]
    return *kinds, late


def check(tidemark, case, parallelism, results):
    parameters = json.loads((case / "params.json").read_text())
    summary = json.loads((case / "summary.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        done = run([tidemark, *command(parameters, parallelism, folder), case / "input.csv"])
        title = f"{case.name} at N = {parallelism}"
        results.expect(done.returncode == 0, f"{title}: exit {done.returncode}: {done.stderr.decode()}")
        if done.returncode:
            return
        wanted, got = expected(case, parameters), found(folder, parameters)
        counts = json.loads((folder / "stats").read_text())["counts"]
    for kind, want, have in zip(("results", "alerts", "late"), wanted, got):
        results.expect(Counter(want) == Counter(have), lambda: f"{title}: {kind}: {difference(want, have)}")
    results.expect(wanted[2] == got[2], f"{title}: order of late rows")
    check_counts(title, summary, counts, results)


def check_counts(title, summary, counts, results):
    for ours, flinks in (("rows", "rows_in"), ("results", "result"), ("late", "late"), ("alerts", "alert")):
        results.expect(counts[ours] == summary[flinks], f"{title}: {ours} {counts[ours]}, Flink {summary[flinks]}")


def difference(want, have):
    want, have = Counter(want), Counter(have)
    return f"missing {list(want - have)[:5]}, too many {list(have - want)[:5]}"


def main():
    arguments = parse_arguments(argument_parser(__doc__))
    results = Results()
    for case in sorted(extra_folder(arguments, "flink", "golden").iterdir()):
        if json.loads((case / "params.json").read_text())["operator"] not in OPERATORS:
            continue
        if case.name in EXCEPTIONS:
            print(f"excepted: {case.name}: {EXCEPTIONS[case.name]}")
            continue
        for parallelism in PARALLELISMS:
            check(arguments.tidemark, case, parallelism, results)
    results.exit()


if __name__ == "__main__":
    main()
