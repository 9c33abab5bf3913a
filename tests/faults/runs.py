"""Runs of tidemark_faults: one in a folder of its own, and all that can be seen of it."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
import harness  # noqa: F401  (makes signals what they are for a program started by hand)
from scenarios import EARLIER, FILES

TIMEOUT_S = 20 * int(os.environ.get("TIDEMARK_SLOW", "1"))
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
    folder: list     # the names in the folder of checkpoints
    resumed: object  # how a run ended that then resumed this one, if asked for


def command(binary, scenario, inputs, resumes=None):
    fill = {name: str(path) for name, path in inputs.items()}
    resumes = bool(scenario.killed_by) if resumes is None else resumes
    return [binary, *scenario.command, *(["--resume"] if resumes else []),
            *(part.format(**fill) if "{" in part else part for part in scenario.arguments)]


def steady(text):
    """Without what depends on the moment."""
    return re.sub(rb'"peak_memory_kib": \d+', b"", text)


def processes_of(binary):
    """The folder with the process functions of the build that the binary is from."""
    return str(Path(binary).resolve().parent.parent.parent / "process")


def run(binary, scenario, inputs, fault="", log=False, start=None, resumes_after=False, timeout_s=TIMEOUT_S):
    """start: what the run is to find, a folder from `prepared`; resumes_after: if it has failed, it is resumed."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        work = folder / "work"
        if start:
            shutil.copytree(start, work, symlinks=True)
        else:
            prepare(work, scenario)
        ended = run_in(work, command(binary, scenario, inputs), scenario, inputs, fault, folder / "counts",
                       folder / "log" if log else None, timeout_s)
        if resumes_after and ended.status == 1:
            again = command(binary, scenario, inputs, True)
            ended.resumed = run_in(work, again, scenario, inputs, "", folder / "more", None, timeout_s)
        return ended
    finally:
        shutil.rmtree(folder)


def prepared(binary, scenario, inputs, folder):
    """The folder as the scenario finds it: with what an earlier run has left there."""
    work = Path(folder, f"before {scenario.name}")
    prepare(work, scenario)
    if not scenario.killed_by:
        return work
    ended = run_in(work, command(binary, scenario, inputs, False), scenario, inputs, scenario.killed_by,
                   Path(folder, "counts"), None, TIMEOUT_S)
    assert ended.status == -signal.SIGKILL, ended
    return work


def prepare(work, scenario):
    work.mkdir()
    for name in FILES if scenario.has_earlier else ():
        (work / name).write_bytes(EARLIER)
    for link, target in scenario.links:
        (work / link).symlink_to(target)


def run_in(work, arguments, scenario, inputs, fault, counts, log, timeout_s):
    environment = {**os.environ, **SANITIZERS, "FAULT": fault, "FAULT_COUNTS": str(counts)}
    if log:
        environment["FAULT_LOG"] = str(log)
    status, stdout, stderr = execute(arguments, scenario, inputs, work, environment, timeout_s)
    names = sorted(path.name for path in (work / "folder").iterdir()) if (work / "folder").exists() else []
    return Ended(status, stderr.decode(errors="replace"), steady(stdout), files_of(work), read_counts(counts),
                 [tuple(line.split()) for line in read_lines(log)] if log else [], names, None)


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
    files = {path.name: path.read_bytes() for path in work.iterdir() if path.is_file() and not path.is_symlink()}
    if files.get("stats", EARLIER) != EARLIER:
        files["stats"] = json.dumps(json.loads(files["stats"])["counts"]).encode()
    return files


def read_lines(path):
    return path.read_text().splitlines() if path.exists() else []


def read_counts(path):
    return {kind: int(count) for kind, count in (line.split() for line in read_lines(path))}
