#!/usr/bin/env python3
"""Does a run that is killed come to the same bytes when it is resumed, wherever it was killed, at any parallelism?

Draws inputs and options, notes what an unbroken run without checkpoints gives, and breaks off the same run with
checkpoints again and again: by kill -9 at a moment, by kill -9 right before or after a system call (--faults), by SIGINT
or SIGTERM. It is resumed each time with another parallelism and other batches and rings. Until it has ended, nothing
that is half-written may be under a final name; then all outputs and counts must be those of the unbroken run.

  kills.py --tidemark PATH --faults PATH --kills 1000    the long form
  kills.py --tidemark PATH --seed S --case N             one case again (kills at moments fall as the machine has it)
"""
import collections
import multiprocessing
import os
import random
import shlex
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import argument_parser, parse_arguments

import checkpoint_files
from resumes import STOPPED, draw_stop
from runs import counts_of, run_binary
from scenes import draw_machine, draw_scene, write_inputs

KILLS = int(os.environ.get("TIDEMARK_KILLS", "60"))
ATTEMPTS = 12  # of one case: then it may end
EARLIER = b"an earlier run's output\n"
FOLDER_NAMES = ("results", "alerts", "late", "rejects", "trace", "stats", "side-1", "side-2", "side-3")
CALLS = ("write", "fsync", "fdatasync", "renameat", "rename", "ftruncate", "unlinkat", "unlink", "mkdir", "openat", "open",
         "close", "read", "mmap", "any")


@dataclass
class Case:
    job: tuple
    rng: random.Random
    scene: object
    folder: Path      # where the outputs of the run that is broken off are
    checkpoint: Path
    names: list
    pipe: bytes
    expected: object  # the unbroken run
    counts: dict      # kind of call -> how many an unbroken run with checkpoints makes
    seconds: float    # that it takes
    has_earlier: bool
    kills: collections.Counter
    commands: list


def check_case(job):
    """Runs one case; returns (what was killed, the report of what is wrong or None)."""
    tidemark, _, seed, index = job
    rng = random.Random(f"{seed}:{index}")
    base = Path(tempfile.mkdtemp(prefix="tidemark-kill-", dir=_fast_folder(rng)))
    elsewhere = Path(tempfile.mkdtemp(prefix="tidemark-kill-"))  # perhaps on another file system
    scene = draw_scene(rng, tidemark)
    has_earlier = rng.random() < 0.5
    broken = base / "broken"
    case = Case(job, rng, scene, broken, rng.choice((broken / "ck", elsewhere / "ck")), [], None, None, {}, 0, has_earlier,
                collections.Counter(), [])
    wrong = _check(case, base)
    if wrong:
        return case.kills, _report(case, wrong)
    shutil.rmtree(base)
    shutil.rmtree(elsewhere)
    return case.kills, None


def _fast_folder(rng):
    """kill -9 does not ask whether the bytes have reached a disk, so most runs need none."""
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) and rng.random() < 0.8 else None


def _check(case, base):
    case.expected = _unbroken(case, base / "unbroken", [])
    if case.expected.status not in (0, 3):
        return []  # a usage error is none of ours
    wrong = _measure(case, base / "whole")
    if wrong:
        return wrong
    _prepare(case, case.folder)
    case.names, case.pipe = write_inputs(case.scene, case.folder)
    for attempt in range(ATTEMPTS + 1):
        stop, fault = _draw_break(case) if attempt < ATTEMPTS else (None, "")
        done, wrong = _attempt(case, attempt > 0 or case.rng.random() < 0.1, stop, fault)
        if done or wrong:
            return wrong
    raise AssertionError("the last attempt is not broken off")


def _prepare(case, folder):
    folder.mkdir()
    if case.has_earlier:
        for name in (*case.scene.asked, "stats"):
            (folder / f"{name}.out").write_bytes(EARLIER)


def _unbroken(case, folder, machine, **keywords):
    _prepare(case, folder)
    names, pipe = write_inputs(case.scene, folder)
    return run_binary(case.job[0], [*case.scene.arguments, *machine], names, folder, pipe, asked=case.scene.asked, **keywords)


def _measure(case, folder):
    """One run with checkpoints that nothing breaks off: its time and its calls."""
    counts = folder.parent / "counts"
    begin = time.monotonic()
    tidemark = case.job[1] or case.job[0]
    _prepare(case, folder)
    names, pipe = write_inputs(case.scene, folder)
    machine = [*draw_machine(case.rng, case.scene), "--checkpoint", str(folder / "ck")]
    got = run_binary(tidemark, [*case.scene.arguments, *machine], names, folder, pipe, asked=case.scene.asked,
                     environment={"FAULT_COUNTS": str(counts)})
    case.seconds = time.monotonic() - begin
    case.commands.append(got.command)
    if counts.exists():
        case.counts = {kind: int(count) for kind, count in map(str.split, counts.read_text().splitlines())}
    return _differences(case, got)


def _draw_break(case):
    """(signal and moment, order for the program with faults): one of them is there, or none."""
    rng, draw = case.rng, case.rng.random()
    calls = [kind for kind in CALLS if case.counts.get(kind)]
    if calls and draw < 0.6:
        kind = rng.choice(calls)
        most = case.counts[kind]
        n = rng.randint(1, rng.choice((most, most, max(1, most // 3))))
        return None, f"kill-{rng.choice(('after', 'after', 'before'))}:{kind}:{n}"
    return draw_stop(rng, case.seconds * rng.choice((0.6, 1.1))), ""


def _attempt(case, resumes, stop, fault):
    """(has it ended?, what is wrong)"""
    machine = [*draw_machine(case.rng, case.scene), "--checkpoint", str(case.checkpoint), *(["--resume"] if resumes else [])]
    was_finished = checkpoint_files.is_of_a_finished_run(case.checkpoint)
    got = run_binary(case.job[1] if fault else case.job[0], [*case.scene.arguments, *machine], case.names, case.folder,
                     case.pipe, asked=case.scene.asked, stop=stop, environment={"FAULT": fault} if fault else None)
    case.commands.append(([f"FAULT={fault}"] if fault else [f"# signal {stop.signal.name} after {stop.after_s:.4f} s"] if stop
                          else []) + got.command)
    if got.status in STOPPED:
        what = fault.rpartition(":")[0] if fault else stop.signal.name
        case.kills[what] += 1
        case.kills[_phase(case, was_finished)] += 1
        return False, _half_written(case, got) + (_badly_stopped(case, got) if got.status > 0 else [])
    if got.status == 0 and was_finished and "nothing else to do" not in got.stderr:
        return True, [f"of a run that had finished it said: {got.stderr}"]
    return True, _differences(case, got) + _left_behind(case, got) + (_twice(case) if got.status == 0 else [])


def _phase(case, was_finished):
    if was_finished or checkpoint_files.is_of_a_finished_run(case.checkpoint):
        return "phase: outputs complete, being moved"
    if not case.checkpoint.is_dir() or not checkpoint_files.numbers_in(case.checkpoint):
        return "phase: before the first checkpoint"
    return "phase: between checkpoints"


def _half_written(case, got):
    """What may not be there after a run was broken off."""
    may_be_moved = checkpoint_files.is_of_a_finished_run(case.checkpoint) and got.status < 0
    wrong = []
    for name, want in _final_outputs(case).items():
        path = case.folder / f"{name}.out"
        content = path.read_bytes() if path.exists() else None
        before = EARLIER if case.has_earlier and name in (*case.scene.asked, "stats") else None
        is_shown = name == "rejects" and case.expected.status == 3  # it shows what broke the policy
        if content == before or (may_be_moved or is_shown) and _same(name, content, want):
            continue
        wrong.append(f"{name}.out has changed although the run was broken off with {got.status}")
    return wrong + _folder_is_sound(case)


def _badly_stopped(case, got):
    """A run that is asked to end takes a last checkpoint, and says how far it has come."""
    if "tidemark: " not in got.stderr:
        return ["it was asked to end and said nothing"]
    has_read = "tidemark: 0 rows" not in got.stderr
    return [f"it was asked to end and took no checkpoint; it said: {got.stderr}"] if has_read and not (
        checkpoint_files.numbers_in(case.checkpoint)) else []


def _final_outputs(case):
    return {**case.expected.outputs, "stats": case.expected.counts}


def _same(name, content, want):
    return counts_of(content) == want if name == "stats" and content is not None else content == want


def _folder_is_sound(case):
    if not case.checkpoint.is_dir():
        return []
    wrong = [f"{path} may be read by others" for path in case.checkpoint.glob("checkpoint*") if path.stat().st_mode & 0o77]
    known = {f"{name}.part" for name in FOLDER_NAMES} | {"checkpoint.tmp"}
    records = checkpoint_files.numbers_in(case.checkpoint)
    known |= {checkpoint_files.path_of(case.checkpoint, number).name for number in records}
    return wrong + [f"what is {path}?" for path in case.checkpoint.iterdir() if path.name not in known]


def _differences(case, got):
    if got.status != case.expected.status:
        return [f"exit status {got.status}, the unbroken run's is {case.expected.status}; it said: {got.stderr}"]
    wrong = [] if got.status == 3 or got.counts == case.expected.counts or "nothing else to do" in got.stderr else [
        f"counts {got.counts}, the unbroken run's are {case.expected.counts}"]
    for name in sorted(case.expected.outputs.keys() | got.outputs.keys()):
        want, have = case.expected.outputs.get(name), got.outputs.get(name)
        if want != have:
            wrong.append(f"{name} differs: {_first_difference(want, have)}")
    return wrong


def _first_difference(want, have):
    if want is None or have is None:
        return "not there" if have is None else "there"
    at = next((i for i, (a, b) in enumerate(zip(want, have)) if a != b), min(len(want), len(have)))
    return f"at byte {at} of {len(want)} and {len(have)}: {want[at:at + 120]!r}, not {have[at:at + 120]!r}"


def _left_behind(case, got):
    """Files that nobody needs."""
    known = {name for name in (*case.names, "stdout", "stderr", "ck")} | {f"{name}.out" for name in _final_outputs(case)}
    wrong = [f"{path} was left behind" for path in case.folder.iterdir() if path.name not in known]
    if got.status == 0:
        wrong += [f"{path} was left behind" for path in case.checkpoint.iterdir() if not path.name.startswith("checkpoint-")]
    return wrong + _folder_is_sound(case)


def _twice(case):
    """A run that has ended well is not run again."""
    before = {path.name: path.stat().st_mtime_ns for path in case.folder.glob("*.out")}
    got = run_binary(case.job[0], [*case.scene.arguments, "--checkpoint", str(case.checkpoint), "--resume"], case.names,
                     case.folder, case.pipe, asked=case.scene.asked)
    after = {path.name: path.stat().st_mtime_ns for path in case.folder.glob("*.out")}
    if got.status != 0 or before != after:
        return [f"resumed after its end: status {got.status}, {'' if before == after else 'outputs changed'} {got.stderr}"]
    return []


def _report(case, wrong):
    tidemark, faults, seed, index = case.job
    return "\n".join([f"WRONG in case {index} of seed {seed}, {case.scene.title}", *wrong,
                      f"files kept in {case.folder} and {case.checkpoint}; run there:",
                      *("  " + shlex.join(map(str, command)) for command in case.commands),
                      f"repeat: {sys.argv[0]} --tidemark {tidemark} {f'--faults {faults} ' if faults else ''}"
                      f"--seed {seed} --case {index}"])


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--faults", help="the binary that breaks off by itself at a call; without it there are moments only")
    parser.add_argument("--kills", type=int, default=KILLS, help="go on until there were so many")
    parser.add_argument("--seed", default=str(random.randrange(10 ** 9)))
    parser.add_argument("--case", type=int, help="this case only")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parse_arguments(parser)
    if arguments.faults:
        arguments.faults = str(Path(arguments.faults).resolve())
    print(f"seed {arguments.seed}, {arguments.kills} kills", flush=True)
    sys.exit(1 if run_all(arguments) else 0)


def run_all(arguments):
    """Prints what is wrong and returns in how many cases something was."""
    kills, cases, failed, begin = collections.Counter(), 0, 0, time.monotonic()
    indices = range(10 ** 9) if arguments.case is None else [arguments.case]
    with multiprocessing.Pool(arguments.jobs) as pool:
        for some, report in _by_turns(pool, arguments, iter(indices)):
            cases += 1
            kills += some
            if report:
                failed += 1
                print(report, flush=True)
            if failed >= 5 or _count(kills) >= arguments.kills:
                break
    for what, count in sorted(kills.items()):
        print(f"{count:6} {what}")
    print(f"{_count(kills)} times broken off in {cases} cases, {failed} of them wrong; {time.monotonic() - begin:.0f} s")
    return failed


def _count(kills):
    return sum(count for what, count in kills.items() if not what.startswith("phase"))


def _by_turns(pool, arguments, indices):
    """The results of cases in turn, with no more of them under way than there are jobs."""
    under_way = collections.deque()
    for index in indices:
        under_way.append(pool.apply_async(check_case, ((arguments.tidemark, arguments.faults, arguments.seed, index),)))
        if len(under_way) > arguments.jobs:
            yield under_way.popleft().get()
    while under_way:
        yield under_way.popleft().get()


if __name__ == "__main__":
    main()
