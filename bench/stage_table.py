#!/usr/bin/env python3
"""Where does the time of a row go? Nanoseconds by stage, instructions by stage, part and function.

Nanoseconds are what each stage's thread used, from `tidemark run --stats`, median of several runs. Instructions are
counted by callgrind on fewer rows, all stages on one thread, so that the counts do not depend on waiting; two lengths
are counted and subtracted, so that starting up does not show. valgrind has no AVX-512, so the AVX2 scanner is counted;
and it counts each byte of a `rep stos`, which is how long memsets are done.
Nanoseconds of a part are its stage's, shared out by instructions: an estimate.
"""
import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import callgrind
import machine

ROOT = Path(__file__).resolve().parent.parent
KEYS, DISORDER_S = 100_000, 1
SHOWN_FROM = 0.3  # instructions a row

# What belongs where: (stage, part, files, functions). The first that fits counts.
PARTS = tuple((stage, part, re.compile(files), re.compile(functions)) for stage, part, files, functions in (
    ("reader", "read", r"engine/stages/reader|engine/base/mapping|engine/flow/(block|source)|operators/source_", ""),
    ("parser", "index", r"engine/text/simd/", r"index|^step_|^classify|^flatten|^byte_mask|^prefix_xor|^count_bits"),
    ("parser", "decode", r"engine/text/(simd/|scan|time_parse|decimal_parse|na\b|zone)|engine/stages/classify", ""),
    ("parser", "records", r"engine/stages/records|engine/text/csv", ""),
    ("parser", "route", r"engine/stages/(parser|router|columns|side_text)|engine/flow/epoch", ""),
    ("hand-over", "rings", r"engine/flow/(ring|link|waiter|batch)|engine/stages/(stage|control)", ""),
    ("worker", "fold", r"engine/stages/windowing_|engine/state/|operators/window_", ""),
    ("worker", "fire", r"engine/stages/worker_emit|operators/(format_|aggregate_)|engine/plan/|"
                       r"engine/flow/emission|engine/text/(time_print|decimal_print|escape)", ""),
    ("worker", "step", r"engine/stages/worker|engine/flow/watermark", ""),
    ("sink", "write", r"engine/stages/sink|engine/flow/merge|engine/base/output", ""),
    ("other", "watching", r"engine/stages/(rcu|rule_board|view|pipeline)", ""),
    ("other", "memory", r"engine/base/memory", ""),
    ("other", "the rest", r"", ""),
))
SHARED = ("engine/text/hash.h", "engine/text/csv.h", "engine/state/aggregate.h", "engine/base/assert.h",
          "engine/flow/emission.h")
STAGES = ("reader", "parser", "worker", "sink")


def part_of(file, function, home):
    if file in SHARED and home not in SHARED:
        file = home  # inlined into the code of one stage or another
    for stage, part, files, functions in PARTS:
        if files.match(file) and functions.search(function):
            return stage, part


class Table:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.tidemark, self.gen = options.build / "tidemark", options.build / "bench" / "gen"
        for program in (self.tidemark, self.gen):
            if not program.exists():
                sys.exit(f"{program} is missing: bench/run.sh builds it")
        if not shutil.which("valgrind"):
            sys.exit("valgrind is missing: apt-get install valgrind")

    def make(self, rows):
        path = self.scratch / f"rows{rows}.csv"
        with open(path, "wb") as out:
            subprocess.run([self.gen, str(rows), str(KEYS), str(DISORDER_S)], stdout=out, check=True)
        return path

    def command(self, path, *more):
        alerts = self.scratch / "alerts.csv"
        return [self.tidemark, "run", "--quiet", "--parallelism", "1", "--alerts", alerts, *more, path]

    def times(self, scanner):
        """{stage: {cpu_ns, waited_ns}} and the wall time, all a row; and the scanner's name."""
        stats, runs = self.scratch / "stats.json", []
        path = self.make(self.options.timed_rows)
        for _ in range(self.options.repeats):
            subprocess.run(self.command(path, "--simd", scanner, "--stats", stats), check=True)
            runs.append(json.loads(stats.read_text()))
        scale = 1e9 / self.options.timed_rows
        times = {}
        for stage in STAGES:
            seen = [next(s for s in run["threads"]["stages"] if s["stage"] == stage) for run in runs]
            waits = [s["waiting_for_input_s"] + s["waiting_for_room_s"] for s in seen]
            times[stage] = {"cpu_ns": statistics.median(s["cpu_s"] for s in seen) * scale,
                            "waited_ns": statistics.median(waits) * scale}
        wall_ns = statistics.median(run["timing"]["wall_s"] for run in runs) * scale
        return {"scanner": runs[0]["threads"]["scanner"], "stages": times, "wall_ns": wall_ns}

    def instructions(self):
        """{(stage, part, function): instructions a row}: of the second half of the rows, so to say."""
        half, counts = self.options.rows // 2, []
        for rows in (half, 2 * half):
            command = self.command(self.make(rows), "--scheduler", "one", "--simd", self.options.simd)
            counts.append(callgrind.count(command, self.scratch / "callgrind.out"))
        sums = Counter()
        for (file, function, home), cost in counts[1].items():
            sums[(*part_of(file, function, home), function)] += cost
        for (file, function, home), cost in counts[0].items():
            sums[(*part_of(file, function, home), function)] -= cost
        return {key: cost / half for key, cost in sums.items()}


def ns_per_instruction(times, instructions):
    """Of each stage; what is handed over is counted half to the parser and half to the worker."""
    sums = Counter()
    for (stage, _, _), count in instructions.items():
        sums[stage] += count
    for stage in ("parser", "worker"):
        sums[stage] += sums["hand-over"] / 2
    rates = {stage: times["stages"][stage]["cpu_ns"] / max(sums[stage], 1e-9) for stage in STAGES}
    rates["hand-over"] = (rates["parser"] + rates["worker"]) / 2
    return rates


def print_times(timed):
    print("".join(["| stage |", *(f" CPU ns a row, {times['scanner']} | waited ns |" for times in timed)]))
    print("|---|" + "---|---|" * len(timed))
    for stage in STAGES:
        used = (times["stages"][stage] for times in timed)
        print(f"| {stage} | " + " | ".join(f"{one['cpu_ns']:.1f} | {one['waited_ns']:.1f}" for one in used) + " |")
    print("| all, wall | " + " | ".join(f"{times['wall_ns']:.1f} | " for times in timed) + " |")


def print_parts(instructions, times):
    rates = ns_per_instruction(times, instructions)
    parts = Counter()
    for (stage, part, _), count in instructions.items():
        parts[stage, part] += count
    print("\n| stage | part | instructions a row | ns a row, estimated |\n|---|---|---|---|")
    for stage, part in dict.fromkeys((stage, part) for stage, part, _, _ in PARTS):
        count = parts[stage, part]
        if stage in ("reader", "sink"):  # one part each, and what they do is done by the kernel
            ns = times["stages"][stage]["cpu_ns"]
        else:
            ns = count * rates[stage] if stage in rates else 0.0
        print(f"| {stage} | {part} | {count:.1f} | {ns:.1f} |")
    print(f"| all | | {sum(parts.values()):.1f} | |")


def print_functions(instructions):
    print(f"\n| stage | part | function | instructions a row, from {SHOWN_FROM} |\n|---|---|---|---|")
    order = {(stage, part): i for i, (stage, part, _, _) in enumerate(PARTS)}
    by_part = sorted(instructions.items(), key=lambda item: (order[item[0][:2]], -item[1]))
    for (stage, part, function), count in by_part:
        if count >= SHOWN_FROM:
            print(f"| {stage} | {part} | {function} | {count:.1f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench",
                        help="build folder with TIDE_BENCH=ON and -g")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--rows", type=int, default=300_000, help="under callgrind [300000]")
    parser.add_argument("--timed-rows", type=int, default=5_000_000, help="of the timed runs [5000000]")
    parser.add_argument("--repeats", type=int, default=7, help="timed runs [7]")
    parser.add_argument("--simd", choices=("avx2", "portable"), default="avx2", help="scanner under callgrind [avx2]")
    parser.add_argument("--json", type=Path, help="write the figures there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stage_table-", dir=options.scratch) as scratch:
        table = Table(options, Path(scratch))
        described = machine.describe(options.build)
        timed = [table.times("auto")]
        if timed[0]["scanner"] != options.simd:
            timed.append(table.times(options.simd))
        instructions = table.instructions()
    print(f"### Where a row's time goes\n\n{machine.heading(described)}")
    print_times(timed)
    print_parts(instructions, timed[-1])
    print_functions(instructions)
    if options.json:
        rows = [{"stage": stage, "part": part, "function": function, "instructions": round(count, 3)}
                for (stage, part, function), count in sorted(instructions.items()) if abs(count) >= 0.005]
        options.json.parent.mkdir(parents=True, exist_ok=True)
        report = {"machine": described, "timed": timed, "instructions": rows}
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
