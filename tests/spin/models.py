"""Do the models of docs/models hold over all orders of steps, and can they fail?

spin makes a checker of each model, gcc compiles it, and it looks at every state there is within the
bounds. Then one defect at a time is switched on: for each of them the checker must find an error,
else it proves nothing.

usage: models.py [--long] [--jobs N]
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

MODELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "models")
SKIPPED = 77

# The bounds of each run. A link of four items wakes its neighbour when two wait.
HOLDS = [
    ("link", "MESSAGES=2"),
    ("link", "ITEMS=2 MESSAGES=3 TIMED"),
    ("link", "ITEMS=2 MESSAGES=2 FAILS"),
    ("checkpoint", "WORKERS=1 CHECKPOINTS=2 EVERY_ROW"),
    ("checkpoint", "WORKERS=1"),
    ("checkpoint", "WORKERS=1 CHECKPOINTS=0 STOPS"),
    ("checkpoint", "WORKERS=1 CHECKPOINTS=0 FAILS"),
    ("checkpoint", "ROWS=1 CHECKPOINTS=0"),
]
HOLDS_LONG = [
    ("link", "MESSAGES=5"),
    ("link", "MESSAGES=3 TIMED FAILS"),
    ("checkpoint", "EVERY_ROW"),
    ("checkpoint", "ROWS=1 EVERY_ROW EAGER"),
    ("checkpoint", "ROWS=1 ANY_OWNER"),
    ("checkpoint", "WORKERS=1 STOPS"),
    ("checkpoint", "WORKERS=1 FAILS"),
    ("checkpoint", "WORKERS=1 ROWS=3 BATCHES=2 EMISSIONS=2 EVERY_ROW ANY_OWNER"),
]
DEFECTS = [
    ("link", "MESSAGES=2 NO_NUDGE"),
    ("link", "MESSAGES=2 CLEAR_LATE"),
    ("link", "MESSAGES=2 BLIND_SLEEP"),
    ("link", "MESSAGES=2 BLIND_WAIT"),
    ("link", "MESSAGES=2 NOTIFY_FIRST"),
    ("link", "MESSAGES=2 TAIL_FIRST"),
    ("link", "ITEMS=2 MESSAGES=2 FAILS NO_WAKE_ON_FAILURE"),
    ("checkpoint", "EVERY_ROW NO_ALIGNMENT"),
    ("checkpoint", "WORKERS=1 EVERY_ROW CHECKPOINTS=2 NO_WAIT"),
    ("checkpoint", "WORKERS=1 EVERY_ROW CHECKPOINTS=2 PARSER_FIRST"),
    ("checkpoint", "WORKERS=1 BATCHES=2 EVERY_ROW BARRIER_OVERTAKES"),
    ("checkpoint", "WORKERS=1 NO_NUDGE"),
    ("checkpoint", "WORKERS=1 CHECKPOINTS=0 NO_FLUSH"),
    ("checkpoint", "WORKERS=1 STOPS SILENT_RETURN"),
    ("checkpoint", "WORKERS=1 CHECKPOINTS=0 FAILS SILENT_FAILURE"),
]
DEFECT_NAMES = re.compile(r"^ \* ([A-Z_]{5,}) {2,}[a-z]", re.M)
LIMITS = ["-DSAFETY", "-DCOLLAPSE", "-DVECTORSZ=1024"]


def check(case, is_defect, memory_mb):
    """What the checker says of one case: (errors, states), or the text of a failure."""
    model, words = case
    source = os.path.join(MODELS, model + ".pml")
    # The other way round finds the defects sooner.
    options = LIMITS + [f"-DMEMLIM={memory_mb}"] + (["-DT_REVERSE", "-O0"] if is_defect else ["-O1"])
    with tempfile.TemporaryDirectory() as folder:
        def run(*command):
            done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, check=False)
            return done.stdout
        said = run("spin", *("-D" + word for word in words.split()), "-a", source)
        if not os.path.exists(os.path.join(folder, "pan.c")):
            return "spin makes no checker:\n" + said
        said = run("gcc", "-w", *options, "-o", "pan", "pan.c")
        if said:
            return "the checker does not compile:\n" + said
        said = run("./pan", "-m200000", "-n")
    errors = re.search(r"errors: (\d+)", said)
    states = re.search(r"(\d+) states, stored", said)
    if not errors or not states or "max search depth too small" in said or "MEMLIM" in said:
        return "the search is not complete:\n" + said
    found = re.search(r"^pan:1: (.*?) \(at depth", said, re.M)
    return int(errors.group(1)), int(states.group(1)), found.group(1) if found else ""


def judge(case, is_defect, memory_mb):
    """(is it right, one line)"""
    said = check(case, is_defect, memory_mb)
    title = f"{case[0]}.pml {case[1]}"
    if isinstance(said, str):
        return False, f"{title}: {said}"
    errors, states, found = said
    if is_defect:
        return errors > 0, f"{title}: {found or 'NOT FOUND'} ({states} states)"
    return errors == 0, f"{title}: {found or 'holds'} ({states} states)"


def untested_defects():
    """Defects that a model names and no case switches on."""
    for model in ("link", "checkpoint"):
        with open(os.path.join(MODELS, model + ".pml"), encoding="utf-8") as file:
            head = file.read().split("must find it:")[1].split("*/")[0]
        used = " ".join(words for name, words in DEFECTS if name == model).split()
        yield from (f"{model}.pml {name}" for name in DEFECT_NAMES.findall(head) if name not in used)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--long", action="store_true", help="larger bounds: minutes, some GB")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    if not shutil.which("spin") or not shutil.which("gcc"):
        print("skipped: spin or gcc is not installed (Debian: apt-get install spin gcc)")
        return SKIPPED
    untested = list(untested_defects())
    cases = [(case, False) for case in HOLDS + (HOLDS_LONG if arguments.long else [])]
    cases += [(case, True) for case in DEFECTS]
    memory_mb = 12000 if arguments.long else 1500
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        said = list(pool.map(lambda case: judge(*case, memory_mb), cases))
    for is_right, line in said:
        print(line if is_right else "WRONG: " + line)
    for name in untested:
        print("WRONG: no case switches on", name)
    return 0 if not untested and all(is_right for is_right, _ in said) else 1


if __name__ == "__main__":
    sys.exit(main())
