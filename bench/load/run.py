"""One run under load: fed by a pipe, its results compared with what they must be as they come."""
import hashlib
import json
import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

CHUNK_BYTES = 1 << 20
MIB = 1 << 20


@dataclass
class Outcome:
    status: int
    message: str
    seconds: float
    peak_mib: float  # resident at most
    counts: dict
    digest: str      # of the results
    fed_bytes: int


def digest_of(pieces):
    digest = hashlib.blake2b()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


class _Feeder(threading.Thread):
    def __init__(self, pipe, pieces):
        super().__init__(daemon=True)
        self.pipe, self.pieces, self.fed_bytes = pipe, pieces, 0

    def run(self):
        try:
            for piece in self.pieces:
                self.pipe.write(piece)
                self.fed_bytes += len(piece)
            self.pipe.close()
        except BrokenPipeError:
            pass  # it has ended early; its status says whether that is right


def run(tidemark, arguments, pieces):
    """A shell stands between: the system counts what a process was before it became the command, and this one may be
    larger than the run."""
    with tempfile.TemporaryDirectory() as folder, open(Path(folder) / "message", "w+b") as message:
        stats = Path(folder) / "stats"
        command = ["sh", "-c", '"$@"; exit $?', "sh", str(tidemark), "run", "--quiet", "--alerts", "/dev/null", "--results",
                   "-", "--stats", str(stats), *arguments, "-"]
        begin = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=message)
        feeder = _Feeder(process.stdin, pieces)
        feeder.start()
        digest = digest_of(iter(lambda: process.stdout.read(CHUNK_BYTES), b""))
        _, status, usage = os.wait4(process.pid, 0)
        status = process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begin
        feeder.join()
        message.seek(0)
        told = json.loads(stats.read_text()) if stats.exists() else {"counts": {}}
        # A refused run tells nothing: then it is the shell with what it started.
        peak_kib = told.get("timing", {}).get("peak_memory_kib") or usage.ru_maxrss
        return Outcome(status, message.read().decode(errors="replace"), seconds, peak_kib / 1024, told["counts"], digest,
                       feeder.fed_bytes)
