#!/usr/bin/env python3
"""Do windows and process functions of every kind go on after a kill, with any other N, as if nothing had been?

Each case is run once unbroken, then with --checkpoint, killed or stopped at a moment drawn from the seed, and resumed
with another parallelism, again and again until it ends; all outputs must be the same bytes, and what --stats counts.
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
import harness

LIVES_MAX = 6  # the last one is left to end
PARALLELISM_MAX = 8
OUTPUTS = ("results", "alerts", "late", "rejects", "trace", "stats")
ROWS = 60000 // int(os.environ.get("TIDEMARK_SLOW", "1"))

# Rows come up to 20 s late, so that windows fire again and sessions merge.
SESSION = ["--window", "session:5s"]
LATE = ["--allowed-lateness", "15s", "--out-of-orderness", "3s"]
ALL = ["--aggregate", "sum,count,min,max,mean,stddev,first,last"]


def cases(build):
    """name -> options; build: where the plug-ins are."""
    probe = ["--process", build / "probe.so", "--side-output", "seen=seen.out"]
    keeper = ["--process", build / "keeper.so"]
    after = ["--process-arg", "after=4000", "--process-arg", "again=2"]
    found = {
        "session": SESSION,
        "session_aggregates": [*SESSION, *ALL],
        "session_late": [*SESSION, *LATE, *ALL],
        "session_history": [*SESSION, *LATE, "--history", "4",
                            "--alert", "jump=sum > 2 * history.mean and history.count > 1"],
        "session_virtual": [*SESSION, "--clock", "virtual:50"],
        "session_inactive": [*SESSION, *LATE, "--inactive", "40s"],
        "count": ["--window", "count:7", *ALL],
        "count_history": ["--window", "count:3", "--history", "2", "--alert", "up=sum > history.mean"],
        "probe_tumbling": [*probe, *after, *LATE],
        "probe_session": [*probe, *after, *SESSION, *LATE],
        "probe_count": [*probe, "--window", "count:2", *after, "--process-arg", "step=-1000", "--process-arg", "clear=3"],
        "probe_virtual": [*probe, *after, "--clock", "virtual:50", "--process-arg", "clock=both"],
        "keeper_count": [*keeper, "--window", "count:1"],
        "keeper_late": [*keeper, *LATE],
        "keeper_virtual": [*keeper, "--clock", "virtual:50", "--process-arg", "clock=both"],
        "anomaly": ["--process", build / "anomaly.so", "--process-arg", "threshold=9000", *LATE],
        "inactivity": ["--process", build / "inactivity.so", "--process-arg", "after=30000", "--window", "count:1"],
        "three_sigma": ["--process", build / "three_sigma.so", "--process-arg", "after=20",
                        "--side-output", "scores=scores.out"],
    }
    flink = {
        "tumbling": ["--window", "tumbling:10s"],
        "tumbling_late": ["--window", "tumbling:10s", *LATE],
        "sliding": ["--window", "sliding:10s/3s", *LATE],
        "session": SESSION,
        "session_late": [*SESSION, *LATE],
        "session_inactive": [*SESSION, *LATE, "--inactive", "40s"],
        "count_inactive": ["--window", "count:4", "--inactive", "20s"],
        "virtual": ["--clock", "virtual:50"],
        "process": [*keeper, *SESSION, *LATE],
    }
    found.update({f"flink_{name}": [*options, "--order", "flink"] for name, options in flink.items()})
    return found


def options_of(case):
    return [*map(str, case), *(part for name in OUTPUTS for part in (f"--{name}", f"{name}.out"))]


def start(arguments, options, folder, parallelism):
    return subprocess.Popen([arguments.tidemark, "run", "-q", "-p", str(parallelism), *options, "../rows.csv"],
                            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def outputs_in(folder):
    """What the run has put out, and of --stats what it has counted of rows and lines."""
    found = {path.name: path.read_bytes() for path in folder.glob("*.out")}
    if "stats.out" in found:
        counts = json.loads(found["stats.out"])["counts"]
        found["stats.out"] = json.dumps(counts, sort_keys=True).encode()
    return found


class Broken:
    """One case, run in pieces."""

    def __init__(self, arguments, options, folder, seconds, chance):
        self.arguments, self.folder, self.seconds, self.chance = arguments, folder, seconds, chance
        rows = chance.choice([500, 2000, 7000])
        self.options = [*options, "--checkpoint", "c", "--checkpoint-every", str(rows)]
        self.log = []

    def live(self, is_last):
        """Runs it until it ends or is ended; the exit status."""
        parallelism = self.chance.randint(1, PARALLELISM_MAX)
        options = [*self.options, *(["--resume"] if self.log else [])]
        process = start(self.arguments, options, self.folder, parallelism)
        how = self.chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM])
        after_s = self.chance.uniform(0, self.seconds)
        if not is_last:
            time.sleep(after_s)
            process.send_signal(how)
        try:
            _, text = process.communicate(timeout=harness.TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.log.append(f"-p {parallelism}: no end")
            return None
        self.log.append(f"-p {parallelism}: {'to the end' if is_last else f'{how.name} after {after_s:.3f} s'}: "
                        f"{process.returncode} {text.decode(errors='replace').strip()}")
        return process.returncode

    def run(self, results, name):
        for life in range(LIVES_MAX):
            status = self.live(life + 1 == LIVES_MAX)
            if status == 0:
                return len(self.log)
            if status not in (-signal.SIGKILL, 128 + signal.SIGTERM, -signal.SIGTERM):
                break
        results.expect(False, lambda: f"{name}: it did not end well:\n  " + "\n  ".join(self.log))
        return 0


def try_case(arguments, name, case, folder, chance, results):
    """Returns how often it was broken."""
    whole, broken = folder / "whole", folder / "broken"
    for part in (whole, broken):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
    options = options_of(case)
    begin = time.monotonic()
    process = start(arguments, options, whole, 1)
    _, text = process.communicate(timeout=harness.TIMEOUT_S)
    seconds = time.monotonic() - begin
    if process.returncode != 0:
        results.expect(False, f"{name}: unbroken: {process.returncode} {text.decode()}")
        return 0
    pieces = Broken(arguments, options, broken, seconds, chance)
    lives = pieces.run(results, name)
    expected, found = outputs_in(whole), outputs_in(broken)
    for output, content in expected.items():
        same = found.get(output) == content
        results.expect(same, lambda output=output: f"{name}: {output} differs (see {folder}):\n  "
                       + "\n  ".join(pieces.log))
        if not same and arguments.keep:
            sys.exit(1)
    return max(lives - 1, 0)


def main():
    parser = harness.argument_parser(__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", help="names with this in them")
    parser.add_argument("--keep", action="store_true", help="stop at the first difference and keep the files")
    arguments = harness.parse_arguments(parser)
    results = harness.Results()
    chance = random.Random(arguments.seed)
    folder = Path(tempfile.mkdtemp(prefix="tidemark-resume-"))
    rows = harness.run([arguments.tidemark, "gen", "--rows", ROWS, "--keys", 300, "--rate", 40, "--disorder", "20s",
                        "--seed", arguments.seed])
    (folder / "rows.csv").write_bytes(rows.stdout)
    broken = 0
    for _ in range(arguments.rounds):
        for name, case in cases(Path(arguments.tidemark).parent / "process").items():
            if not arguments.only or arguments.only in name:
                broken += try_case(arguments, name, case, folder, chance, results)
    results.expect(broken > 0, "no run was broken at all")
    print(f"seed {arguments.seed}: broken {broken} times")
    if not results.failed:
        shutil.rmtree(folder)
    results.exit()


if __name__ == "__main__":
    main()
