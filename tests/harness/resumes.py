"""Runs `tidemark run` with checkpoints, stops it at some moments, and resumes it until it ends by itself."""
import signal

from runs import Stop, run_binary

SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}
STOPPED = (-signal.SIGKILL, *(-number for number in SIGNALS), *SIGNALS.values())  # statuses
EVERY = ("1", "2", "7", "50", "1000", "10000", "1ms", "5ms", "50ms")  # rows, or time


def draw_stop(rng, longest_s):
    """kill -9 more often than not."""
    number = rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, *SIGNALS))
    return Stop(number, rng.random() * longest_s)


def run_stopped(tidemark, attempts, checkpoint, names, folder, **keywords):
    """attempts: (arguments of `run`, the stop or None) of each; the last has none. Returns (run, commands)."""
    commands = []
    for index, (arguments, stop) in enumerate(attempts):
        resume = ["--resume"] if index else []
        got = run_binary(tidemark, [*arguments, "--checkpoint", checkpoint, *resume], names, folder, stop=stop, **keywords)
        commands.append(got.command)
        if got.status not in STOPPED:
            return got, commands
    raise AssertionError(f"stopped with {got.status}, though nobody did it: {got.command}")
