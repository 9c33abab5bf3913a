#!/usr/bin/env python3
"""Does the binary print what the model prints, whatever the file, the options and the machine settings?

Draws hostile files and options, works out the answer with the model, runs the binary at random parallelism, batch and
ring size, feed and scheduler, and compares all outputs byte for byte, the counters and the exit status. Some runs are
stopped at a moment or two, and resumed on another machine.
"""
import difflib
import json
import multiprocessing
import os
import random
import shlex
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import argument_parser, parse_arguments
from resumes import EVERY, draw_stop, run_stopped
from runs import OUTPUTS, PACKINGS, packed, run_binary

import model
from features import add_features
from hostile import draw_case
from options import parse_options
from records import read_records

CASES, CASES_LONG = 1500, 30_000
RUNS_A_CASE = 2
FEEDS = ["file", "file", "file", "pipe", *PACKINGS]
DIFF_LINES = 12
STOPS_MAX = 3
RUN_S = 0.02  # about what a small run takes: stops come within


@dataclass
class Machine:
    """What may not change a byte."""
    arguments: list
    order: str
    feed: str
    pipe_bytes: int  # size of the writes into a pipe
    asked: list      # outputs; what nobody asks for takes other ways
    stopped: list    # (arguments, stop) of the attempts before


def draw_tuning(rng):
    arguments = ["-p", str(rng.choice((1, 2, 2, 3, 3, 7, 7, 16, 64, 256)))]
    for option, values in (("--batch-rows", ("1", "3", None)), ("--ring-slots", ("2", None)),
                           ("--simd", ("portable", "avx2", "auto", None)),
                           ("--scheduler", ("threads", f"one:{rng.randrange(1000)}", None, None))):
        if value := rng.choice(values):
            arguments += [option, value]
    return arguments


def draw_stopped(rng, features):
    """Attempts that are stopped, if any: tuning and the stop of each."""
    if "resume" not in features or rng.random() > 0.2:
        return []
    return [([*draw_tuning(rng), "--checkpoint-every", rng.choice(EVERY)], draw_stop(rng, RUN_S))
            for _ in range(rng.randint(1, STOPS_MAX))]


def draw_machine(rng, files, features):
    arguments = draw_tuning(rng)
    stopped = draw_stopped(rng, features)
    feed = rng.choice(FEEDS) if len(files) == 1 else rng.choice(("file", "gz"))
    orders = ("global", "global", "global", "key") + (("flink", "flink") if "flink" in features else ())
    asked = [name for name in OUTPUTS if rng.random() < 0.5] if rng.random() < 0.3 else OUTPUTS
    if stopped:
        asked = OUTPUTS  # alerts would go to standard output, where nothing can be resumed
    return Machine(arguments, rng.choice(orders), feed, rng.choice((1, 7, 4096, 1 << 20)), asked, stopped)


def write_inputs(case, feed, folder):
    """Puts the inputs where the binary finds them; returns the names to give it."""
    if feed == "pipe":
        return ["-"]
    suffix = "" if feed == "file" else "." + feed
    for name, data in case.files:
        (folder / (name + suffix)).write_bytes(packed(data, feed) if suffix else data)
    return [name + suffix for name, _ in case.files]


def run_model(case, names, order):
    options, _ = parse_options([*case.arguments, "--order", order])
    return model.run(options, [(name, data) for name, (_, data) in zip(names, case.files)]), options


def differences(outcome, options, got, order, asked=OUTPUTS):
    """What is wrong with a run, as texts. asked: the outputs it was to write."""
    if options.inputs == "partitions" and {got.status, outcome.status} == {1, 2}:
        return []  # several broken files: whichever thread notices first says so
    if got.status != outcome.status:
        return [f"exit status {got.status}, the model says {outcome.status}; it said: {got.stderr}"]
    wrong = []
    if outcome.status == 0:
        wrong += [f"counts.{name}: {got.counts.get(name)}, the model says {count}"
                  for name, count in outcome.counts.items() if got.counts.get(name) != count]
    sides = [f"side_{name}" for name in options.side_outputs]
    for name in (*asked, *sides, *(["trace"] if options.outputs["trace"] else [])):
        wrong += compare(name, outcome.outputs.get(name), got.outputs.get(name), order, options)
    return wrong


def compare(name, want, have, order, options):
    if want is None or have is None:
        return [] if want is have else [f"{name}: {'missing' if have is None else 'must not exist after a failed run'}"]
    if order == "key":
        want, have = by_key(name, want, options), by_key(name, have, options)
    if want == have:
        return []
    diff = difflib.unified_diff(readable(want), readable(have), "model", "binary", n=1, lineterm="")
    return [f"{name}:\n" + "\n".join(list(diff)[:DIFF_LINES])]


def readable(content):
    return [line[:300] for line in content.decode(errors="backslashreplace").split("\n")]


def by_key(name, content, options):
    """An output that --order key leaves as it comes: lines sorted by key, each key's own in their order."""
    if name == "rejects" or name == "late" and options.window_kind != "session":
        return content  # from one thread, in order
    lines = list(_logical_lines(content))
    if name == "late":
        return b"\n".join(sorted(lines))  # its lines do not tell the key
    if name == "trace":
        return b"\n".join(sorted(lines, key=lambda line: _csv_fields(line)[1:1 + len(options.keys)]))
    return b"\n".join(sorted(lines, key=lambda line: _key_of(line, options)))


def _csv_fields(line):
    record = next(read_records(line), None)
    return record.fields if record else []


def _logical_lines(content):
    """Lines of an output; a line end within quotes does not end one."""
    line = b""
    for piece in content.split(b"\n"):
        line = line + b"\n" + piece if line else piece
        if line.count(b'"') % 2 == 0 or line.startswith((b"{", "이".encode(), b"Anomaly", b"inactive")):
            yield line
            line = b""


def _key_of(line, options):
    if options.format == "csv":
        return _csv_fields(line)[2:2 + len(options.keys)]
    if options.format == "jsonl":
        return list(json.loads(line).values())[2:2 + len(options.keys)] if line else []
    return [line.partition(b"(")[2].partition(b"), ")[0].rpartition(b", ")[0].rpartition(b", ")[0]]


def check_case(job):
    """Runs one case; returns the report of a mismatch, or None."""
    tidemark, features, seed, index = job
    rng = random.Random(f"{seed}:{index}")
    case = draw_case(rng, features)
    for _ in range(RUNS_A_CASE):
        machine = draw_machine(rng, case.files, features)
        folder = Path(tempfile.mkdtemp(prefix="tidemark-case-"))
        names = write_inputs(case, machine.feed, folder)
        outcome, options = run_model(case, names, machine.order)
        got, commands = run_on(machine, tidemark, case, names, folder)
        wrong = differences(outcome, options, got, machine.order, machine.asked)
        if wrong:
            return _report(job, case, commands, wrong, folder)
        shutil.rmtree(folder)
    return None


def run_on(machine, tidemark, case, names, folder):
    """The run that came to an end, and all commands it took."""
    attempts = [([*case.arguments, *tuning, "--order", machine.order], stop)
                for tuning, stop in (*machine.stopped, (machine.arguments, None))]
    feed = {"pipe": case.files[0][1] if machine.feed == "pipe" else None, "pipe_bytes": machine.pipe_bytes,
            "asked": machine.asked}
    if machine.stopped:
        return run_stopped(tidemark, attempts, folder / "checkpoints", names, folder, **feed)
    got = run_binary(tidemark, attempts[0][0], names, folder, **feed)
    return got, [got.command]


def _report(job, case, commands, wrong, folder):
    tidemark, features, seed, index = job
    for name, data in case.files:
        (folder / name).write_bytes(data)
    start = case.files[0][1][:600]
    return "\n".join([f"MISMATCH in case {index} of seed {seed}", *wrong, f"input begins {start!r}",
                      f"files kept in {folder}; run there: {'; then '.join(map(shlex.join, commands))}",
                      f"repeat: {sys.argv[0]} --tidemark {tidemark} --seed {seed} --case {index} "
                      f"--features {','.join(sorted(features))}"])


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--cases", type=int, default=int(os.environ.get("TIDEMARK_CASES", CASES)))
    parser.add_argument("--long", action="store_true", help=f"{CASES_LONG} cases")
    parser.add_argument("--seed", default=str(random.randrange(10 ** 9)))
    parser.add_argument("--case", type=int, help="this case only")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--failures", type=int, default=5, help="stop after this many mismatches")
    add_features(parser)
    arguments = parse_arguments(parser)
    count = CASES_LONG if arguments.long else arguments.cases
    indices = range(count) if arguments.case is None else [arguments.case]
    print(f"seed {arguments.seed}, {len(indices)} cases", flush=True)
    sys.exit(1 if run_all(arguments, indices) else 0)


def run_all(arguments, indices):
    """Prints the mismatches and returns how many there were."""
    failed = 0
    jobs = ((arguments.tidemark, arguments.features, arguments.seed, index) for index in indices)
    with multiprocessing.Pool(arguments.jobs) as pool:
        for report in pool.imap_unordered(check_case, jobs, chunksize=4):
            if report:
                failed += 1
                print(report, flush=True)
            if failed >= arguments.failures:
                break
    print(f"{failed} mismatches")
    return failed


if __name__ == "__main__":
    main()
