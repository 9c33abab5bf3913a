"""Runs `tidemark run` with all its outputs into a folder, and packs inputs as a user might."""
import gzip
import json
import os
import shutil
import subprocess
import threading
from dataclasses import dataclass

OUTPUTS = ("results", "alerts", "late", "rejects")
PACKINGS = ["gz"] + (["zst"] if shutil.which("zstd") else [])
PIPE_WRITES_MAX = 500
TIMEOUT_S = 120


@dataclass
class Run:
    command: list
    status: int
    stderr: str
    outputs: dict  # name -> bytes; those that exist
    counts: dict


@dataclass
class Stop:
    """A signal that a run gets so many seconds after it has been started."""
    signal: int
    after_s: float


def run_binary(tidemark, arguments, names, folder, pipe=None, pipe_bytes=1 << 20, asked=OUTPUTS, stop=None,
               environment=None):
    """names: the inputs' names as the command line gives them; pipe: bytes for the standard input, written in steps.

    asked: the outputs to ask for. Further ones that the arguments name are found if they are called NAME.out.
    environment: what is added to the test's own.
    """
    targets = {name: folder / f"{name}.out" for name in (*asked, "stats")}
    command = [str(tidemark), "run", *map(str, arguments),
               *(part for name, path in targets.items() for part in (f"--{name}", str(path))), *map(str, names)]
    with open(folder / "stdout", "wb") as out, open(folder / "stderr", "wb") as err:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=err, cwd=folder,
                                   env={**os.environ, **environment} if environment else None)
        timer = threading.Timer(stop.after_s, process.send_signal, [stop.signal]) if stop else None
        if timer:
            timer.start()
        _feed_pipe(process, pipe or b"", pipe_bytes)
        status = _wait(process)
        if timer:
            timer.cancel()
    outputs = {path.stem: path.read_bytes() for path in folder.glob("*.out")}
    stats = outputs.pop("stats", None)
    counts = counts_of(stats) if stats else {}
    return Run(command, status, (folder / "stderr").read_text(errors="replace"), outputs, counts)


def counts_of(stats):
    try:
        return json.loads(stats)["counts"]
    except ValueError:
        return {}  # what lay there before


def _feed_pipe(process, data, step):
    step = max(step, len(data) // PIPE_WRITES_MAX)
    try:
        for start in range(0, len(data), step):
            view = memoryview(data)[start:start + step]
            while view:
                view = view[os.write(process.stdin.fileno(), view):]
    except BrokenPipeError:
        pass  # it stopped early, perhaps rightly
    process.stdin.close()


def _wait(process):
    try:
        return process.wait(TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return "no end"


def packed(data, packing):
    """packing: gz (two members) or zst."""
    if packing == "gz":
        half = len(data) // 2
        return gzip.compress(data[:half], 1, mtime=0) + gzip.compress(data[half:], 1, mtime=0)
    return subprocess.run(["zstd", "-q", "-1", "-c"], input=data, capture_output=True, check=True).stdout
