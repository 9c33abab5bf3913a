"""Runs commands and says what they used: wall time, processor time, peak memory."""
import os
import signal
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass


TIME_LIMIT_S = 900


@dataclass
class Sample:
    wall_s: float
    cpu_s: float  # user and system
    peak_kib: int


class CommandFailed(SystemExit):
    """Ends the program, unless somebody expects it: a benchmark of a failure means nothing."""


def run(command, stdin=None, stdout=subprocess.DEVNULL, limit_s=TIME_LIMIT_S):
    """One run to the end, which must come within limit_s; raises CommandFailed."""
    command = [str(part) for part in command]
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdin=stdin, stdout=stdout)
    timer = threading.Timer(limit_s, os.kill, (process.pid, signal.SIGKILL))
    timer.daemon = True
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if wall >= limit_s:
        raise CommandFailed(f"not done within {limit_s} s: {' '.join(command)}")
    if process.returncode != 0:
        raise CommandFailed(f"exit status {process.returncode} from {' '.join(command)}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def interleaved(commands, rounds):
    """Runs {name: command} by turns, in the opposite order every other round, so that whatever drifts meets all alike.

    Returns {name: [Sample]}; samples of one round have the same index.
    """
    samples = {name: [] for name in commands}
    for i in range(rounds):
        names = list(commands) if i % 2 == 0 else list(reversed(commands))
        for name in names:
            samples[name].append(run(commands[name]))
    return samples


def spread(values):
    return {"median": statistics.median(values), "least": min(values), "greatest": max(values)}


def summary(samples):
    """Medians and spreads of a list of samples, with the samples themselves."""
    return {
        "wall_s": spread([sample.wall_s for sample in samples]),
        "cpu_s": spread([sample.cpu_s for sample in samples]),
        "peak_mib": spread([sample.peak_kib / 1024 for sample in samples]),
        "samples": [[round(sample.wall_s, 6), round(sample.cpu_s, 6), sample.peak_kib] for sample in samples],
    }


def ratio(summary_a, summary_b, what):
    """The ratio of the medians, and the spread of the ratios round by round."""
    column = {"wall_s": 0, "cpu_s": 1}[what]
    rounds = [a[column] / b[column] for a, b in zip(summary_a["samples"], summary_b["samples"]) if b[column] > 0]
    return {"of_medians": summary_a[what]["median"] / max(summary_b[what]["median"], 1e-9), **spread(rounds or [0])}


def memory_floor_mib():
    """A child's peak begins with what this process had when it was started: smaller peaks cannot be seen."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0
