#!/usr/bin/env python3
"""Do files that once broke another CSV reader pass without a crash, a hang or a leak?

Runs `parse` and `run` over the corpus below EXTRA/suites/csv/duckdb, and over mutations of the files. A build with
sanitizers turns a leak or a wild access into an exit status that is none of the promised ones.
"""
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from os import cpu_count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from dumps import unpacked
from harness import Results, argument_parser, extra_folder, parse_arguments, run

STATUSES = (0, 1, 2, 3)
TIMEOUT_S = 10
CORPUS_FILES = 244
COMMANDS = (
    ("parse",),
    ("run", "--no-header", "--key", "1", "--time", "1", "--value", "1", "--out-of-orderness", "unbounded",
     "--time-format", "epoch-s", "--rejects", "-", "--alert", "none", "-p", "3"),
    ("run", "--key", "1", "--time", "1", "--value", "2", "--delimiter", ";", "--max-row-bytes", "16", "--rejects", "-",
     "--alert", "none", "--simd", "portable", "--batch-rows", "1", "-p", "2"),
)


def unpack(archive, folder):
    subprocess.run(["tar", "-xf", "-", "-C", folder], input=unpacked(archive), check=True)
    return sorted(path for path in folder.rglob("*.csv"))


def mutated(rng, data):
    """A few bytes overwritten, cut out or doubled."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(data) + 1)
        piece = rng.choice((b'"', b",", b"\n", b"\r", b"\0", b"\r\n", bytes(data[at:at + 70]), b""))
        data[at:at + rng.choice((0, 1, 1, 70))] = piece
    return bytes(data)


def check(tidemark, path):
    """Faults of one file, as texts."""
    faults = []
    for command in COMMANDS:
        try:
            done = run([tidemark, *command, path], timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            faults.append(f"{path}: {command} does not end")
            continue
        if done.returncode not in STATUSES or b"Sanitizer" in done.stderr:
            faults.append(f"{path}: {command}: exit {done.returncode}: {done.stderr[-1000:].decode(errors='replace')}")
    return faults


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10 ** 9))
    parser.add_argument("--mutations", type=int, default=1, help="of each file")
    arguments = parse_arguments(parser)
    archive = extra_folder(arguments, "suites", "csv", "duckdb") / "afl-corpus.tar.zst"
    print(f"seed {arguments.seed}", flush=True)
    rng = random.Random(arguments.seed)
    results = Results()
    with tempfile.TemporaryDirectory() as folder:
        files = unpack(archive, Path(folder))
        results.expect(len(files) == CORPUS_FILES, f"{len(files)} files in the corpus")
        for index, path in enumerate(files * arguments.mutations):
            files.append(path.with_name(f"mutation{index}"))
            files[-1].write_bytes(mutated(rng, path.read_bytes()))
        with ThreadPoolExecutor(cpu_count()) as pool:
            for faults in pool.map(partial(check, arguments.tidemark), files):
                results.expect(not faults, "\n".join(faults))
    results.exit()


if __name__ == "__main__":
    main()
