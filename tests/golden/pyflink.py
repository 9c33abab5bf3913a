#!/usr/bin/env python3
"""Does --format flink print what PyFlink printed?

Each recording in pyflink/ is run, or stands below with the reason why no program could print it again. Where only part
of a recording can be told beforehand, that part is compared; the functions that take it say why.
"""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import DATA, Results, argument_parser, parse_arguments, run

RECORDINGS = Path(__file__).resolve().parent / "pyflink"
PARALLELISMS = (1, 2, 3, 7, 64)
DETECTION = "이상 거래 감지: "
WATERMARK = re.compile(r"현재 워터마크: -?\d+")
ELEMENT = re.compile(r"^(?:Anomaly Detection> )?\(?'?(\w+)'?, ?(\d+), ?(\S+?)\)$")


def as_printed(lines):
    return lines


def in_one_bundle(lines):
    """PyFlink's bundles print their detections first, and a bundle's size depends on load: ours is 1."""
    return sorted(lines, key=lambda line: not line.startswith(DETECTION))


def without_watermarks(lines):
    """Periodic watermarks move every 200 ms of wall time; without chaining it is the one before that is seen."""
    return [WATERMARK.sub("", line) for line in lines]


def in_one_bundle_without_watermarks(lines):
    return without_watermarks(in_one_bundle(lines))


def as_a_set_without_watermarks(lines):
    """The heap had rows in it that had come while the watermark was still to be emitted."""
    return sorted(without_watermarks(lines))


def keys_and_times(lines):
    """32-bit floats were added; 1e39, infinite there, has more digits than an amount has here."""
    elements = (ELEMENT.match(line) for line in lines if not line.startswith(DETECTION))
    return [(element[1], element[2]) for element in elements if element[1] != "f7"]


def subtasks(lines):
    """Of keys: which rows were in which window went by the wall clock."""
    return sorted(set(re.findall(r"Detection:(\d+)> \('(\w+)'", "\n".join(line for line in lines if "'x'" not in line))))


# Recording -> (input, options, what is compared of it).
RUNS = {
    "batch": (DATA / "lab.csv", ("--window", "tumbling:1d", "--out-of-orderness", "unbounded"), as_printed),
    "chainoff": (DATA / "lab.csv", (), in_one_bundle_without_watermarks),
    "event": (DATA / "lab.csv", (), in_one_bundle),
    "event_batch": (DATA / "lab.csv", ("--out-of-orderness", "unbounded"), in_one_bundle),
    "float": (RECORDINGS / "float.csv", ("--alert", "sum > 0"), keys_and_times),
    "float_b1": (RECORDINGS / "float.csv", ("--alert", "sum > 1e9"), keys_and_times),
    "lab_verbatim": (DATA / "lab.csv", ("--clock", "virtual:1000", "--at-end", "drop"), as_printed),
    "slow": (DATA / "lab.csv", ("--clock", "virtual:1000", "--at-end", "drop"), as_printed),
    "slow_b1": (DATA / "lab.csv", ("--clock", "virtual:1", "--window", "tumbling:2s", "--at-end", "drop"), as_printed),
    "slow_p2": (RECORDINGS / "two.csv", ("--flink-parallelism", "2"), subtasks),
    "slowevent": (RECORDINGS / "two.csv", ("--alert", "sum > 0"), as_a_set_without_watermarks),
    "slowevent_chainoff": (RECORDINGS / "two.csv", ("--alert", "sum > 0"), without_watermarks),
    "tuple": (RECORDINGS / "float.csv", (), keys_and_times),
}
EXCEPTIONS = {"row": "the job failed: a tuple is no Row"}


def check(tidemark, name, parallelism, results):
    path, options, view = RUNS[name]
    recorded = (RECORDINGS / f"{name}.txt").read_text().splitlines()
    done = run([tidemark, "run", "-q", "--format", "flink", "--order", "flink", "-p", parallelism, *options, path])
    title = f"{name} at N = {parallelism}"
    results.expect(done.returncode == 0, f"{title}: exit {done.returncode}: {done.stderr.decode()}")
    wanted, found = view(recorded), view(done.stdout.decode().splitlines())
    results.expect(wanted == found, lambda: f"{title}: {view.__name__}: {found}, PyFlink {wanted}")


def main():
    arguments = parse_arguments(argument_parser(__doc__))
    results = Results()
    names = {path.stem for path in RECORDINGS.glob("*.txt")}
    results.expect(names == set(RUNS) | set(EXCEPTIONS), f"recordings: {sorted(names)}")
    for name, reason in EXCEPTIONS.items():
        print(f"excepted: {name}: {reason}")
    for name in RUNS:
        for parallelism in PARALLELISMS:
            check(arguments.tidemark, name, parallelism, results)
    results.exit()


if __name__ == "__main__":
    main()
