"""Peers that are right, wrong in one way each, or not to be had: the real race with fake_job.py in it."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "bench" / "peers"))
import race  # noqa: E402
from peer import Peer, Ready  # noqa: E402
from tool import Missing  # noqa: E402

MISTAKES = ("none", "sum", "count", "key", "missing", "twice", "float", "only-when-timed", "crash", "silent")


def prepare_with(mistake):
    def command(source, threshold, output):
        return [sys.executable, "-B", HERE / "fake_job.py", mistake, source, threshold, output]
    return lambda tools: Ready("1", command)


def not_to_be_had(tools):
    raise Missing("the registry does not answer")


if __name__ == "__main__":
    race.main([*(Peer(mistake, mistake, "decimals", prepare_with(mistake)) for mistake in MISTAKES),
               Peer("floats", "floats", "doubles", prepare_with("float"), floats=True),
               Peer("floats-off", "floats-off", "doubles", prepare_with("sum"), floats=True),
               Peer("absent", "absent", "", not_to_be_had)], __doc__)
