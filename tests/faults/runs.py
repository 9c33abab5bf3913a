"""Runs of tidemark_faults: one in a folder of its own, and all that can be seen of it."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
import harness  # noqa: F401  (makes signals what they are for a program started by hand)
from scenarios import EARLIER, FILES

TIMEOUT_S = 60
SANITIZER_STATUS = 97
LEAK_STATUS = 98
HANG = "no end"
SANITIZERS = {"ASAN_OPTIONS": f"exitcode={SANITIZER_STATUS}:detect_leaks=1:abort_on_error=0:handle_segv=1",
              "LSAN_OPTIONS": f"exitcode={LEAK_STATUS}:print_suppressions=0", "UBSAN_OPTIONS": "print_stacktrace=1"}


@dataclass
class Ended:
    status: object   # a number, or HANG
    message: str
    stdout: bytes
    files: dict      # name -> bytes
    counts: dict     # kind of call -> how many
    log: list        # (kind, place) of each call, if asked for


def command(binary, scenario, inputs):
    fill = {name: str(path) for name, path in inputs.items()}
    return [binary, *scenario.command, *(part.format(**fill) if "{" in part else part for part in scenario.arguments)]


def steady(text):
    """Without what depends on the moment."""
    return re.sub(rb'"peak_memory_kib": \d+', b"", text)


def run(binary, scenario, inputs, fault="", log=False, before=None, timeout_s=TIMEOUT_S):
    """before(folder): what is to be done in the folder before the run."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        work = folder / "work"
        work.mkdir()
        prepare(work, scenario)
        if before:
            before(work)
        environment = {**os.environ, **SANITIZERS, "FAULT": fault, "FAULT_COUNTS": str(folder / "counts")}
        if log:
            environment["FAULT_LOG"] = str(folder / "log")
        status, stdout, stderr = execute(command(binary, scenario, inputs), scenario, inputs, work, environment, timeout_s)
        return Ended(status, stderr.decode(errors="replace"), steady(stdout), files_of(work), read_counts(folder / "counts"),
                     [tuple(line.split()) for line in read_lines(folder / "log")])
    finally:
        shutil.rmtree(folder)


def prepare(work, scenario):
    for name in FILES if scenario.has_earlier else ():
        (work / name).write_bytes(EARLIER)
    for link, target in scenario.links:
        (work / link).symlink_to(target)


def execute(arguments, scenario, inputs, work, environment, timeout_s):
    source = subprocess.DEVNULL
    data = None
    if scenario.stdin and scenario.by_pipe:
        source, data = subprocess.PIPE, inputs[scenario.stdin].read_bytes()
    elif scenario.stdin:
        source = open(inputs[scenario.stdin], "rb")
    process = subprocess.Popen(arguments, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=work,
                               env=environment)
    try:
        stdout, stderr = process.communicate(data, timeout=timeout_s)
        return process.returncode, stdout, stderr
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
        return HANG, stdout, stderr
    finally:
        if source not in (subprocess.DEVNULL, subprocess.PIPE):
            source.close()


def files_of(work):
    """What a stats file says of time is left out."""
    files = {path.name: path.read_bytes() for path in work.iterdir() if not path.is_symlink()}
    if files.get("stats", EARLIER) != EARLIER:
        files["stats"] = json.dumps(json.loads(files["stats"])["counts"]).encode()
    return files


def read_lines(path):
    return path.read_text().splitlines() if path.exists() else []


def read_counts(path):
    return {kind: int(count) for kind, count in (line.split() for line in read_lines(path))}
