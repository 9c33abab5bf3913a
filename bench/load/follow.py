"""A file that grows for half an hour while it is read: are all results there, in time, and does memory stay?"""
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from load.cases import Wrong
from load.rows import HEADER, Steady, header

WHAT = "30 minutes of --follow, 10,000 rows a second (needs 0.7 GB of disk)"
KEYS, ROWS_A_SECOND, SECONDS_A_STEP = 100, 100, 10
STEP_S = 0.1
WAIT_S = 30
END_STATUS = 128 + signal.SIGTERM


def resident_mib(process):
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise Wrong("the run has ended early")


class Follow:
    def __init__(self, tidemark, folder, minutes):
        self.steps = max(10, round(minutes * 60 / STEP_S))
        self.rows = Steady(KEYS, ROWS_A_SECOND, self.steps * SECONDS_A_STEP)
        self.source, self.results = folder / "growing.csv", folder / "results.csv"
        self.source.write_bytes(HEADER)
        self.process = subprocess.Popen([str(tidemark), "run", "--quiet", "--follow", "--alerts", "/dev/null", "--results",
                                         str(self.results), str(self.source)], stderr=subprocess.PIPE)
        self.delays_s, self.resident_mib = [], []

    def grow(self):
        """Writes step by step, and waits for the results that each step lets out."""
        window_s = self.rows.window_s
        expected_bytes, fired = len(header()), 0
        begin = time.monotonic()
        with open(self.source, "ab", buffering=0) as out:
            for step in range(self.steps):
                last = (step + 1) * SECONDS_A_STEP - 1
                out.write(b"".join(self.rows.second(last + 1 - SECONDS_A_STEP + i) for i in range(SECONDS_A_STEP)))
                written = time.monotonic()
                while (fired + 1) * window_s + 1 <= last:
                    expected_bytes += len(self.rows.window(fired * window_s))
                    fired += 1
                self.wait_for(expected_bytes)
                self.delays_s.append(time.monotonic() - written)
                if step % max(1, self.steps // 20) == 0:
                    self.resident_mib.append(resident_mib(self.process))
                time.sleep(max(0.0, begin + (step + 1) * STEP_S - time.monotonic()))
        return fired

    def wait_for(self, expected_bytes):
        limit = time.monotonic() + WAIT_S
        while not self.results.exists() or self.results.stat().st_size < expected_bytes:
            if self.process.poll() is not None or time.monotonic() > limit:
                raise Wrong(f"results of {expected_bytes} bytes did not come")
            time.sleep(0.001)

    def end(self, fired):
        self.process.send_signal(signal.SIGTERM)
        message = self.process.stderr.read().decode()
        if self.process.wait(WAIT_S) != END_STATUS:
            raise Wrong(f"exit status {self.process.returncode}: {message}")
        with open(self.results, "rb") as results:
            if results.read(len(header())) != header():
                raise Wrong("the results have no header")
            for number in range(fired):
                expected = self.rows.window(number * self.rows.window_s)
                if results.read(len(expected)) != expected:
                    raise Wrong(f"window {number} is not what it must be")
            if results.read(1):
                raise Wrong("there are results of windows that have not fired")


def measure(tidemark, scratch, minutes):
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        follow = Follow(tidemark, Path(folder), minutes)
        try:
            fired = follow.grow()
            follow.end(fired)
        finally:
            follow.process.kill()
            follow.process.wait()
            follow.process.stderr.close()
        delays = sorted(follow.delays_s)
        print(f"follow: {minutes:g} minutes\n  {follow.rows.rows:,} rows, {follow.rows.bytes / 1e9:.3f} GB, "
              f"{fired:,} windows of {KEYS} keys; written to shown: median {1000 * statistics.median(delays):.1f} ms, "
              f"99 % within {1000 * delays[len(delays) * 99 // 100]:.1f} ms, most {1000 * delays[-1]:.1f} ms\n"
              f"  resident, MiB: {', '.join(f'{mib:.1f}' for mib in follow.resident_mib)}", flush=True)
