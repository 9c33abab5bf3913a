#!/usr/bin/env python3
"""Are the bytes the same at every parallelism, batch size, ring size, feed, scan and scheduler?

Inputs are the project's samples in data/, generated rows, and the large real dumps below EXTRA/data where there is an
EXTRA (--real; skipped without). The sums of the real ones are also compared with what DuckDB computed.
"""
import csv
import hashlib
import itertools
import json
import os
import sys
import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from dumps import columns, unpacked
from harness import DATA, Results, argument_parser, extra_folder, parse_arguments, run
from runs import PACKINGS, packed, run_binary

from features import add_features

WORKERS_MAX = int(os.environ.get("TIDEMARK_WORKERS_MAX", "256"))
PARALLELISMS = tuple(n for n in (1, 2, 3, 7, 16, 64, 256) if n <= WORKERS_MAX)
ROWS, ROWS_LONG = 100_000, 5_000_000
ROWS_SMALL = 20_000  # for batches of one row, which are slow

GENERATED = {  # title -> (options of gen, options of run)
    "in order": (("--keys", "1000", "--disorder", "0"), ()),
    "disorder": (("--keys", "10000", "--disorder", "3s"), ("--out-of-orderness", "2s", "--alert", "sum > 5000")),
    "late and malformed": (("--keys", "500", "--late", "5%", "--malformed", "3%"),
                           ("--window", "tumbling:1s+300ms", "--aggregate", "sum,count,min,max,mean,stddev,first,last")),
    "refires": (("--keys", "2000", "--disorder", "4s", "--late", "5%"),
                ("--window", "tumbling:1s", "--out-of-orderness", "500ms", "--allowed-lateness", "2500ms",
                 "--aggregate", "sum,count,stddev,last", "--alert", "count > 1")),
    "one key": (("--keys", "1"), ("--window", "tumbling:100ms")),
    "all keys distinct": (("--keys", "0"), ("--format", "jsonl",)),
    "unbounded": (("--keys", "300", "--late", "10%"), ("--out-of-orderness", "unbounded", "--format", "flink")),
}

DISORDER = ("--keys", "300", "--disorder", "3s", "--late", "3%")
FAR = {  # the same where a build has these features: title -> (features, options of gen, options of run)
    "sliding": (("sliding",), DISORDER,
                ("--window", "sliding:2s/300ms+50ms", "--allowed-lateness", "1500ms", "--aggregate",
                 "sum,min,max,stddev,first,last", "--alert", "none")),
    "sliding with gaps": (("sliding",), DISORDER, ("--window", "sliding:1s/1700ms", "--alert", "sum > 500")),
    "sessions": (("session",), DISORDER, ("--window", "session:400ms", "--alert", "count > 3")),
    "sessions that fire and then grow": (("session",), ("--keys", "50", "--disorder", "5s", "--late", "5%"),
                                         ("--window", "session:20ms", "--out-of-orderness", "50ms",
                                          "--allowed-lateness", "4s", "--aggregate", "sum,count,first,last")),
    "count": (("count",), DISORDER, ("--window", "count:7", "--alert", "max > 2 * mean")),
    "virtual clock": (("virtual",), DISORDER, ("--clock", "virtual:2000", "--window", "tumbling:700ms", "--at-end", "drop")),
    "virtual clock, sessions": (("virtual", "session"), DISORDER, ("--clock", "virtual:900", "--window", "session:150ms")),
    "virtual clock, sliding": (("virtual", "sliding"), DISORDER,
                               ("--clock", "virtual:5000", "--window", "sliding:1s/300ms", "--alert", "none")),
    "inactive keys": (("inactive",), ("--keys", "2000", "--skew", "zipf:1.1", "--disorder", "2s"),
                      ("--inactive", "700ms", "--window", "tumbling:1s")),
    "history": (("history",), DISORDER,
                ("--window", "tumbling:500ms", "--allowed-lateness", "1s", "--history", "5",
                 "--alert", "sum > history.mean + 2 * history.stddev")),
    "side outputs": (("sides", "inactive"), DISORDER,
                     ("--alert", "big=sum > 3000", "--alert", "many=count > 2", "--inactive", "2s",
                      "--side-output", "big=side_big.out", "--side-output", "inactive=side_inactive.out")),
    "trace": (("trace",), DISORDER, ("--window", "tumbling:1s", "--allowed-lateness", "1s", "--trace", "trace.out")),
    "Flink's order": (("flink", "trace"), DISORDER,
                      ("--window", "tumbling:1s", "--allowed-lateness", "1s", "--trace", "trace.out", "--order", "flink")),
    "Flink's order, sessions": (("flink", "session", "inactive"), DISORDER,
                                ("--window", "session:200ms", "--allowed-lateness", "500ms", "--inactive", "1s",
                                 "--order", "flink")),
}
PARTITIONS = 3  # files of different seeds, read side by side

# The samples in data/: the header's key column -> options that fit.
SAMPLES = {
    "transaction_id": (),
    "InvoiceNo": columns("Country", "InvoiceDate", "UnitPrice", "--window", "tumbling:1h"),
}

REAL = {  # dump -> (options, expected file, its columns for start, count, sum, min, max)
    "card-fraud-2024h1.csv.zst": (columns("category", "timestamp", "amount", "--window", "tumbling:1h",
                                          "--aggregate", "count,sum,min,max", "--alert", "none"),
                                  "card-fraud-2024h1_hourly.csv", ("window_start", "n", "total", "mn", "mx")),
    "online-retail.csv.zst": (columns("Country", "InvoiceDate", "UnitPrice", "--window", "tumbling:1d",
                                      "--aggregate", "count,sum,min,max", "--alert", "none"),
                              "online-retail_daily.csv", ("window_start", "n", None, "minp", "maxp")),
    "manchester-spend.csv.zst": (columns("Body Name", "Invoice Payment Date", "Net Amount", "--window", "tumbling:1d",
                                         "--out-of-orderness", "unbounded", "--aggregate", "count,sum,min,max",
                                         "--alert", "none"),
                                 "manchester-spend_daily.csv", ("d", "n", "total", None, None)),
}


def machines(long):
    """Option lists to compare with N = 1: each knob on its own, and some together; --long takes them all together."""
    if long:
        return [["-p", n, "--batch-rows", batch, "--ring-slots", ring, "--simd", simd] for n, batch, ring, simd
                in itertools.product(PARALLELISMS, (3, 512), (2, 8), ("auto", "portable"))]
    return [*(["-p", n] for n in PARALLELISMS), *(["-p", n, "--batch-rows", 3, "--ring-slots", 2] for n in (2, 7, 64)),
            ["-p", 1, "--simd", "portable"], ["-p", 3, "--simd", "portable", "--ring-slots", 2]]


def small_machines():
    """For small inputs: one row a batch, and one thread for all stages."""
    return [*(["-p", n, "--batch-rows", 1, "--ring-slots", 2] for n in PARALLELISMS),
            *(["-p", n, "--batch-rows", batch, "--scheduler", f"one:{seed}"]
              for n, batch, seed in itertools.product((1, 3, 16), (1, 512), (1, 2)))]


def digests(got):
    """name -> sha256 of each output and of the counters."""
    parts = dict(got.outputs, counts=json.dumps(got.counts, sort_keys=True).encode())
    return {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()}


class Comparison:
    """One input and its options; every run must give what the first gave."""

    def __init__(self, tidemark, title, paths, options, results):
        self.tidemark, self.title, self.paths, self.options, self.results = tidemark, title, paths, options, results
        self.folder = paths[0].parent
        self.first = self._run(["-p", 1], paths)
        self.wanted = digests(self.first)
        results.expect(self.first.status == 0 and self.first.counts["rows"] > 0, f"{title}: {self.first.stderr}")

    def _run(self, machine, names, pipe=None):
        return run_binary(self.tidemark, [*self.options, *machine], names, self.folder, pipe)

    def _expect_same(self, machine, how, got):
        found = digests(got)
        differing = [name for name in self.wanted if found.get(name) != self.wanted[name]]
        self.results.expect(not differing, f"{self.title}: {' '.join(map(str, machine))} from a {how}: exit {got.status}, "
                                           f"differs in {', '.join(differing)}: {got.stderr}")

    def machines(self, machines):
        for machine in machines:
            self._expect_same(machine, "file", self._run(machine, self.paths))

    def feeds(self):
        """Of a single file."""
        path, data = self.paths[0], self.paths[0].read_bytes()
        for n in (1, 7):
            self._expect_same(["-p", n], "pipe", self._run(["-p", n], ["-"], data))
        for packing in PACKINGS:
            name = path.with_name(f"{path.name}.{packing}")
            name.write_bytes(packed(data, packing))
            self._expect_same(["-p", 3], packing, self._run(["-p", 3], [name]))
            name.unlink()


def check_generated(arguments, folder, results):
    far = {title: case for title, (features, *case) in FAR.items() if arguments.features.issuperset(features)}
    for title, (shape, options) in (GENERATED | far).items():
        for rows, chosen in ((ROWS_SMALL, small_machines()),
                             (ROWS_LONG if arguments.long else arguments.rows, machines(arguments.long))):
            path = generated(arguments.tidemark, folder, rows, shape)
            comparison = Comparison(arguments.tidemark, f"{title}, {rows} rows", [path], options, results)
            comparison.machines(chosen)
            if rows != ROWS_SMALL and title in GENERATED:
                comparison.feeds()
    if "partitions" in arguments.features:
        check_partitions(arguments, folder, results)


def generated(tidemark, folder, rows, shape, seed=1):
    path = folder / f"generated{seed}.csv"
    path.write_bytes(run([tidemark, "gen", "--rows", rows, "--seed", seed, *shape]).stdout)
    return path


def check_partitions(arguments, folder, results):
    """Files of unequal length, so that the others go on when one is finished."""
    for rows, chosen in ((ROWS_SMALL, small_machines()), (arguments.rows, machines(arguments.long))):
        paths = [generated(arguments.tidemark, folder, rows // seed, DISORDER, seed) for seed in range(1, PARTITIONS + 1)]
        options = ("--inputs", "partitions", "--window", "tumbling:1s", "--allowed-lateness", "1s")
        Comparison(arguments.tidemark, f"partitions, {rows} rows", paths, options, results).machines(chosen)


def check_samples(arguments, folder, results):
    for sample in sorted(DATA.glob("*.csv*")):
        path = folder / sample.name.partition(".csv")[0]
        path.write_bytes(unpacked(sample) if sample.suffix != ".csv" else sample.read_bytes())
        header = path.read_bytes().split(b"\n", 1)[0].decode("utf-8-sig").split(",")
        fitting = [options for column, options in SAMPLES.items() if column in header]
        results.expect(fitting, f"{sample.name}: add its options to SAMPLES")
        if fitting:
            comparison = Comparison(arguments.tidemark, sample.name, [path], fitting[0], results)
            comparison.machines(machines(arguments.long))
            comparison.feeds()


def check_real(arguments, folder, results):
    data = extra_folder(arguments, "data")
    for name, (options, expected, names) in REAL.items():
        path = folder / name.removesuffix(".zst")
        path.write_bytes(unpacked(data / name))
        comparison = Comparison(arguments.tidemark, name, [path], options, results)
        comparison.machines(machines(arguments.long) if arguments.long else [["-p", n] for n in PARALLELISMS])
        comparison.feeds()
        check_windows(name, comparison.first.outputs["results"], data / "expected" / expected, names, results)
        path.unlink()


def check_windows(title, content, expected, names, results):
    """Results of all keys together against one line a window: count, sum, min, max, exactly."""
    found = defaultdict(list)
    for row in csv.DictReader(content.decode().splitlines()):
        found[row["window_start"]].append([Decimal(row[name]) for name in ("count", "sum", "min", "max")])
    start, *value_names = names
    with open(expected, encoding="utf-8") as file:
        wanted = list(csv.DictReader(file))
    results.expect(len(found) == len(wanted), f"{title}: {len(found)} windows, expected {len(wanted)}")
    for row in wanted:
        folds = found.get(row[start] if " " in row[start] else row[start] + " 00:00:00", [])
        values = [fold(column) for fold, column in zip((sum, sum, min, max), zip(*folds))]
        wrong = [name for name, value in zip(value_names, values) if name and value != Decimal(row[name])]
        results.expect(folds and not wrong, f"{title}: window {row[start]}: {wrong or 'missing'}")


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--long", action="store_true", help=f"{ROWS_LONG} generated rows and every combination")
    parser.add_argument("--rows", type=int, default=int(os.environ.get("TIDEMARK_ROWS", ROWS)), help="generated rows")
    parser.add_argument("--real", action="store_true", help="the large real dumps instead")
    add_features(parser)
    arguments = parse_arguments(parser)
    results = Results()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.real:
            check_real(arguments, Path(folder), results)
        else:
            check_samples(arguments, Path(folder), results)
            check_generated(arguments, Path(folder), results)
    results.exit()


if __name__ == "__main__":
    main()
