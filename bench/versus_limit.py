#!/usr/bin/env python3
"""How fast is tidemark beside the yardstick, at many workers, with results out, and how much memory does it take?

Makes its inputs with the yardstick's generator, checks that tidemark and the yardstick find the same alerts, measures
them by turns on warm caches, and prints tables in Markdown. Timings are reported, never judged; only a difference in
the alerts is a failure. See docs/benchmarks.md.
"""
import argparse
import hashlib
import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import machine
from measured import interleaved, memory_floor_mib, ratio, run, spread, summary

ROOT = Path(__file__).resolve().parent.parent
ROWS, ROW_BYTES, DISORDER_S = 20_000_000, 36, 1
PARALLELISMS, MANY = (1, 2, 4), 64
PIPE_ROWS_RATIO, LONG_RATIO = 1.5, 10  # 20 M rows are 0.7 GB: 1.5 times that is a pipe of 1 GB
SECTIONS = ("pairs", "sweep", "results", "memory")


@dataclass(frozen=True)
class Input:
    title: str
    keys: int  # 0: every row its own
    threshold: int  # such that under 1 % of the windows alert


INPUTS = (Input("100 000 keys", 100_000, 8000), Input("1 000 keys", 1_000, 60_000),
          Input("all keys distinct", 0, 8000))


class Bench:
    def __init__(self, options):
        self.options = options
        self.tidemark = options.build / "tidemark"
        self.limit = options.build / "bench" / "limit"
        self.gen = options.build / "bench" / "gen"
        for program in (self.tidemark, self.limit, self.gen):
            if not program.exists():
                sys.exit(f"{program} is missing: bench/run.sh builds it, or configure with -DTIDE_BENCH=ON")
        self.scratch = Path(tempfile.mkdtemp(prefix="versus_limit-", dir=options.scratch))
        self.report = {"machine": machine.describe(options.build), "rows": options.rows}

    def generate(self, rows, keys):
        return [str(self.gen), str(rows), str(keys), str(DISORDER_S)]

    def make(self, kind, rows):
        """A generated file, all of it in the page cache."""
        path = self.scratch / f"rows{rows}-keys{kind.keys}.csv"
        if not path.exists():
            need = rows * ROW_BYTES * 1.2
            if shutil.disk_usage(self.scratch).free < need:
                sys.exit(f"{self.scratch} has no room for {need / 1e9:.1f} GB: "
                         "choose another --scratch or fewer --rows")
            say(f"making {rows} rows with {kind.title}")
            with open(path, "wb") as out:
                subprocess.run(self.generate(rows, kind.keys), stdout=out, check=True)
        with open(path, "rb", buffering=0) as file:
            buffer = bytearray(1 << 20)
            while file.readinto(buffer):
                pass
        return path

    def run_command(self, path, threshold, *more):
        return [str(self.tidemark), "run", "--quiet", "--alert", f"sum > {threshold}",
                "--alerts", str(self.scratch / "alerts.csv"), *more, str(path)]

    def limit_command(self, path, threshold):
        return [str(self.limit), str(path), str(self.scratch / "limit.csv"), str(threshold)]

    def close(self):
        if not self.options.keep:
            shutil.rmtree(self.scratch)


def say(text):
    print(f"versus_limit: {text}", file=sys.stderr, flush=True)


# --- the same alerts? ---


def multiset_hash(lines):
    """(count, hash) of texts in any order, in constant memory."""
    count = total = 0
    for line in lines:
        count += 1
        total += int.from_bytes(hashlib.blake2b(line.encode(), digest_size=16).digest(), "little")
    return count, total % 2**128


def tidemark_alerts(path):
    """window start in s, key, sum in cents, count: as the yardstick writes them."""
    with open(path) as file:
        next(file)
        for line in file:
            start, _, key, _, total, count, _ = line.split(",", 6)
            start_s = int(datetime.strptime(start, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc).timestamp())
            whole, _, decimals = total.partition(".")
            yield f"{start_s},{key},{int(whole) * 100 + int(decimals.ljust(2, '0'))},{count}"


def limit_alerts(path):
    with open(path) as file:
        for line in file:
            yield line.rstrip("\n").replace("\0", "")


def check_agreement(bench, kind, path):
    """The same rows, windows and alerts on both sides; returns the counts."""
    stats = bench.scratch / "stats.json"
    run(bench.run_command(path, kind.threshold, "--stats", stats))
    counts = json.loads(stats.read_text())["counts"]
    command = bench.limit_command(path, kind.threshold)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    limit = {name: int(value) for name, value in re.findall(r"(rows|late|windows|alerts) (\d+)", said)}
    ours = {"rows": counts["rows"], "late": counts["late"], "windows": counts["results"],
            "alerts": counts["alerts"]}
    same_alerts = (multiset_hash(tidemark_alerts(bench.scratch / "alerts.csv")) ==
                   multiset_hash(limit_alerts(bench.scratch / "limit.csv")))
    if ours != limit or not same_alerts:
        sys.exit(f"tidemark and the yardstick differ on {kind.title}: {ours} and {limit}; "
                 f"alerts {'agree' if same_alerts else 'differ'}")
    return ours


# --- what is measured ---


def measure_pairs(bench, kind, path):
    counts = check_agreement(bench, kind, path)
    say(f"{kind.title}: {bench.options.pairs} pairs")
    samples = interleaved({"tidemark": bench.run_command(path, kind.threshold),
                           "limit": bench.limit_command(path, kind.threshold)}, bench.options.pairs)
    tidemark, limit = summary(samples["tidemark"]), summary(samples["limit"])
    return {"input": kind.title, "threshold": kind.threshold, "counts": counts, "tidemark": tidemark, "limit": limit,
            "wall_ratio": ratio(tidemark, limit, "wall_s"), "cpu_ratio": ratio(tidemark, limit, "cpu_s")}


def measure_sweep(bench, path):
    if not shutil.which("hyperfine"):
        sys.exit("hyperfine is missing: apt-get install hyperfine, or leave out --only sweep")
    say(f"parallelism {', '.join(map(str, PARALLELISMS))} and {MANY}")
    exported = bench.scratch / "hyperfine.json"
    levels = ",".join(map(str, (*PARALLELISMS, MANY)))
    command = shlex.join(bench.run_command(path, INPUTS[0].threshold, "--parallelism", "{n}"))
    runs = str(bench.options.sweep_runs)
    subprocess.run(["hyperfine", "--shell", "none", "--style", "none", "--warmup", "1", "--runs", runs,
                    "--parameter-list", "n", levels, "--export-json", str(exported), command],
                   check=True, stdout=subprocess.DEVNULL)
    sweep = {}
    for result in json.loads(exported.read_text())["results"]:
        sweep[int(result["parameters"]["n"])] = {"wall_s": spread(result["times"]), "times": result["times"],
                                                 "cpu_s": result["user"] + result["system"]}
    best = min(PARALLELISMS, key=lambda n: sweep[n]["wall_s"]["median"])
    return {"levels": sweep, "best": best,
            "many_over_best": sweep[MANY]["wall_s"]["median"] / sweep[best]["wall_s"]["median"]}


def measure_results(bench, path):
    say("with --results /dev/null and without")
    samples = interleaved({"without": bench.run_command(path, INPUTS[0].threshold),
                           "with": bench.run_command(path, INPUTS[0].threshold, "--results", "/dev/null")},
                          bench.options.result_pairs)
    without, with_results = summary(samples["without"]), summary(samples["with"])
    return {"without": without, "with": with_results, "wall_ratio": ratio(with_results, without, "wall_s")}


def measure_pipe(bench, rows):
    stats = bench.scratch / "stats.json"
    with subprocess.Popen(bench.generate(rows, INPUTS[0].keys), stdout=subprocess.PIPE) as writer:
        sample = run(bench.run_command("-", INPUTS[0].threshold, "--stats", stats), stdin=writer.stdout)
        writer.stdout.close()
    return sample, json.loads(stats.read_text())["timing"]["input_bytes"]


def measure_memory(bench, path):
    rows = bench.options.rows
    say("memory of a file and a pipe")
    cases = [{"input": "file", "bytes": path.stat().st_size,
              "peak_mib": run(bench.run_command(path, INPUTS[0].threshold)).peak_kib / 1024}]
    sample, input_bytes = measure_pipe(bench, int(rows * PIPE_ROWS_RATIO))
    cases.append({"input": "pipe", "bytes": input_bytes, "peak_mib": sample.peak_kib / 1024})
    if bench.options.long:
        path = bench.make(INPUTS[0], rows * LONG_RATIO)
        say("memory of a file ten times as long")
        cases.append({"input": "file, ten times as long", "bytes": path.stat().st_size,
                      "peak_mib": run(bench.run_command(path, INPUTS[0].threshold)).peak_kib / 1024})
        path.unlink()
    return {"cases": cases, "floor_mib": memory_floor_mib()}


# --- tables ---


def span(values, digits=2):
    return f"{values['median']:.{digits}f} ({values['least']:.{digits}f}–{values['greatest']:.{digits}f})"


def ratio_span(values):
    return f"**{values['of_medians']:.2f}** ({values['least']:.2f}–{values['greatest']:.2f})"


def print_table(title, header, rows):
    print(f"\n#### {title}\n")
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")


def print_pairs(report):
    print_table(f"Both at the main job: {report['rows']:,} rows, {report['options']['pairs']} pairs by turns, "
                "median (least–greatest)",
                ("input", "alerts", "tidemark s", "limit s", "wall ratio (goal 0.75)", "CPU ratio (goal 1.8)",
                 "peak MiB (goal 64)", "limit's"),
                [(pair["input"], f"{pair['counts']['alerts']:,} of {pair['counts']['windows']:,}",
                  span(pair["tidemark"]["wall_s"], 3), span(pair["limit"]["wall_s"], 3),
                  ratio_span(pair["wall_ratio"]), ratio_span(pair["cpu_ratio"]),
                  f"{pair['tidemark']['peak_mib']['greatest']:.0f}",
                  f"{pair['limit']['peak_mib']['greatest']:.0f}") for pair in report["pairs"]])
    floor = report["memory_floor_mib"]
    print(f"\nPeaks below {floor:.0f} MiB cannot be told apart: that much the measuring program has itself.")


def print_sweep(sweep):
    best = sweep["levels"][sweep["best"]]["wall_s"]["median"]
    more = f"{(sweep['many_over_best'] - 1) * 100:+.1f} %"
    print_table(f"Parallelism, by hyperfine; N = {MANY} costs {more} over the best "
                "(goal 10 %)", ("N", "wall s", "over the best", "CPU s"),
                [(n, span(level["wall_s"], 3), f"{(level['wall_s']['median'] / best - 1) * 100:+.1f} %",
                  f"{level['cpu_s']:.3f}") for n, level in sweep["levels"].items()])


def print_results(results):
    print_table("All results to /dev/null", ("without s", "with s", "ratio (goal 2.5)"),
                [(span(results["without"]["wall_s"], 3), span(results["with"]["wall_s"], 3),
                  ratio_span(results["wall_ratio"]))])


def print_memory(memory):
    print_table("Peak memory (goal 64 MiB)", ("input", "GB", "MiB"),
                [(case["input"], f"{case['bytes'] / 1e9:.2f}", f"{case['peak_mib']:.0f}") for case in memory["cases"]])


def measure(bench):
    report, wanted = bench.report, bench.options.only
    if "pairs" in wanted:
        report["pairs"] = []
        for kind in INPUTS:
            path = bench.make(kind, bench.options.rows)
            report["pairs"].append(measure_pairs(bench, kind, path))
            if kind is not INPUTS[0]:
                path.unlink()
        report["memory_floor_mib"] = memory_floor_mib()
    path = bench.make(INPUTS[0], bench.options.rows)
    if "sweep" in wanted:
        report["sweep"] = measure_sweep(bench, path)
    if "results" in wanted:
        report["results"] = measure_results(bench, path)
    if "memory" in wanted:
        report["memory"] = measure_memory(bench, path)


def print_report(report):
    print(f"### Beside the yardstick\n\n{machine.heading(report['machine'])}")
    for section, show in (("pairs", lambda _: print_pairs(report)), ("sweep", print_sweep), ("results", print_results),
                          ("memory", print_memory)):
        if section in report:
            show(report[section])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="build folder with TIDE_BENCH=ON")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()), help="for inputs and outputs")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"of each input [{ROWS}]")
    parser.add_argument("--pairs", type=int, default=11, help="runs of tidemark and the yardstick by turns [11]")
    parser.add_argument("--sweep-runs", type=int, default=7, help="runs at each parallelism [7]")
    parser.add_argument("--result-pairs", type=int, default=5, help="runs with and without --results by turns [5]")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="these measurements [all]")
    parser.add_argument("--long", action="store_true", help="also the memory of a file ten times as long")
    parser.add_argument("--keep", action="store_true", help="leave the inputs in the scratch folder")
    parser.add_argument("--json", type=Path, help="write all samples there")
    options = parser.parse_args()
    bench = Bench(options)
    bench.report["options"] = {"pairs": options.pairs, "sweep_runs": options.sweep_runs,
                               "result_pairs": options.result_pairs}
    try:
        measure(bench)
    finally:
        bench.close()
    print_report(bench.report)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(bench.report, indent=1) + "\n")


if __name__ == "__main__":
    main()
