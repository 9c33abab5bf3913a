"""What the kill loop runs: inputs and options by chance, and what may differ from one attempt to the next.

A scene is a hostile case of tests/model (small, every sort of row and option), a process function that says what it
sees, or some hundred thousand generated rows with one of the option sets of tests/model/every_n.py, whose runs are long
enough for signals at any moment.
"""
from dataclasses import dataclass
from pathlib import Path

import process
from every_n import FAR, GENERATED, PARTITIONS
from features import FEATURES
from harness import run
from hostile import draw_case
from resumes import EVERY
from runs import OUTPUTS, PACKINGS, packed

GENERATED_ROWS = (5_000, 20_000, 100_000)
CHECKPOINTS_BY_TURNS_MAX = 100
FEEDS = ("file", "file", "file", "pipe", *PACKINGS)


@dataclass
class Scene:
    title: str
    arguments: list  # of `run`: all that decides the outputs' bytes
    files: list      # of (name, bytes)
    asked: list      # outputs
    feed: str        # file, pipe, gz or zst


def draw_scene(rng, tidemark):
    sort = rng.choice(("hostile", "hostile", "hostile", "process", "generated", "generated", "generated"))
    title, arguments, files = {"hostile": _hostile, "process": _process, "generated": _generated}[sort](rng, tidemark)
    asked = [name for name in OUTPUTS if name == "alerts" or rng.random() < 0.8]  # alerts go to standard output else
    feed = rng.choice(FEEDS) if len(files) == 1 else rng.choice(("file", "gz"))
    order = rng.choice(("global", "global", "global", "flink"))
    return Scene(f"{sort}: {title}", [*arguments, "--order", order], files, asked, feed)


def _hostile(rng, _):
    case = draw_case(rng, frozenset(FEATURES))
    return "", case.arguments, case.files


def _process(rng, tidemark):
    """Processing time is the wall clock's unless the clock is virtual, and its timers come when they come."""
    case = process.draw_case(rng)
    rows = "".join(f"{key},{time},{amount}\n" for key, time, amount in case["rows"])
    function = Path(tidemark).parent / "process" / "probe.so"
    return "", ["--process", str(function), *process.options_of(case), "--side-output", "seen=side_seen.out"], [
        ("in0.csv", rows.encode())]


def _generated(rng, tidemark):
    tables = {**GENERATED, **{title: options for title, (_, *options) in FAR.items()}}
    title = rng.choice(sorted(tables))
    generator, options = tables[title]
    rows = rng.choice(GENERATED_ROWS)
    count = rng.choice((1, 1, 1, PARTITIONS))
    files = [(f"in{i}.csv", run([tidemark, "gen", "--rows", rows // count, "--seed", rng.randrange(1000), *generator]).stdout)
             for i in range(count)]
    side_by_side = ["--inputs", "partitions"] if count > 1 and rng.random() < 0.7 else []
    return f"{title}, {rows} rows", [*options, *side_by_side], files


def draw_machine(rng, scene):
    """Nothing of this may change a byte."""
    by_turns = rng.random() < 0.25
    machine = ["-p", str(rng.choice((1, 2, 3, 7, 16, 64))), "--checkpoint-every", _draw_every(rng, scene, by_turns)]
    for option, values in (("--batch-rows", ("1", "3", None, None)), ("--ring-slots", ("2", None)),
                           ("--simd", ("portable", None))):
        if value := rng.choice(values):
            machine += [option, value]
    return machine + (["--scheduler", f"one:{rng.randrange(1000)}"] if by_turns else [])


def _draw_every(rng, scene, by_turns):
    """A single thread waits for the disk at each checkpoint, so there are not too many then."""
    rows = sum(data.count(b"\n") for _, data in scene.files)
    return rng.choice([every for every in EVERY
                       if not by_turns or every.isdigit() and int(every) * CHECKPOINTS_BY_TURNS_MAX >= rows])


def write_inputs(scene, folder):
    """Puts the inputs where the binary finds them; returns the names to give it, and the bytes for a pipe."""
    if scene.feed == "pipe":
        return ["-"], scene.files[0][1]
    suffix = "" if scene.feed == "file" else "." + scene.feed
    for name, data in scene.files:
        (folder / (name + suffix)).write_bytes(packed(data, scene.feed) if suffix else data)
    return [name + suffix for name, _ in scene.files], None
