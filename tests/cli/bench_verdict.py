#!/usr/bin/env python3
"""Does `tidemark bench` name the stage that binds, where delays in that stage leave no doubt?

The binary is tidemark_staged: see tests/staged/delays.c. The delays come to seconds where the other stages need
milliseconds.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import SKIPPED, Case, main

ROWS = 100_000
NS_A_ROW = 30_000
NS_A_BYTE = 3_000
PIPE_BYTES = 1 << 16
PIPE_REST_S = 0.2


def write_rows(path, key):
    with open(path, "w") as file:
        file.write("transaction_id,timestamp,amount\n")
        for row in range(ROWS):
            second = row // 1000
            file.write(f"{key(row)},2024-05-11 10:{second // 60:02}:{second % 60:02},{row % 9000}.50\n")


class Verdicts(Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        chance = random.Random(20240511)
        cls.even = Path(cls.folder.name, "even.csv")
        cls.hot = Path(cls.folder.name, "hot.csv")
        write_rows(cls.even, lambda row: f"k{chance.randrange(20_000)}")
        write_rows(cls.hot, lambda row: "hot" if row % 10 < 8 else f"k{chance.randrange(20_000)}")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def bottleneck(self, file, parallelism, delays, runs=1, **keywords):
        """What bench says of this level: its bottleneck as JSON, and the level."""
        done = self.run_tidemark("bench", "-p", str(parallelism), "--runs", str(runs), "--warmup", "0", "--json", "-",
                                 str(file), env={**os.environ, **delays}, **keywords)
        self.assertEqual(done.returncode, 0, done.stderr)
        level, = json.loads(done.stdout)["series"][0]["levels"]
        return level["bottleneck"], level

    def test_slow_parser(self):
        says, _ = self.bottleneck(self.even, 4, {"STAGED_PARSER_NS": str(NS_A_ROW)})
        self.assertEqual(says["binds"], "parser", says)
        self.assertRegex(says["text"], r"^the parser is busy (8\d|9\d|100) %")
        self.assertIn("more workers will not help", says["text"])
        self.assertFalse(says["workers_help"])

    def test_slow_worker_by_skew(self):
        """In several runs, in which the hot key goes to other workers."""
        says, level = self.bottleneck(self.hot, 4, {"STAGED_WORKER_NS": str(NS_A_ROW)}, runs=2)
        self.assertEqual(says["binds"], "skew", says)
        self.assertRegex(says["text"], r"^one worker gets 8\d % of the rows \(skew 3\.\d\)")
        self.assertIn("more workers will not help", says["text"])
        self.assertFalse(says["workers_help"])
        self.assertGreater(level["skew"], 3)

    def test_slow_workers_without_skew_call_for_more(self):
        says, _ = self.bottleneck(self.even, 2, {"STAGED_WORKER_NS": str(NS_A_ROW)})
        self.assertEqual(says["binds"], "workers", says)
        self.assertTrue(says["workers_help"])

    def test_slow_sink_on_a_slow_pipe(self):
        says, _ = self.bottleneck(self.even, 4, {"STAGED_OUTPUT_NS": str(NS_A_BYTE)})
        self.assertEqual(says["binds"], "output", says)
        self.assertRegex(says["text"], r"^the sink is busy (8\d|9\d|100) %, writing")
        self.assertIn("the output is the bottleneck", says["text"])
        self.assertFalse(says["workers_help"])

    def test_a_pipe_that_is_really_slow_keeps_the_sink_busy(self):
        """The figures that bench judges by, of a run whose reader takes a pipe's fill and then a rest."""
        stats = Path(self.folder.name, "stats.json")
        command = [self.tidemark, "run", "-q", "-p", "4", "--alerts", "-", "--stats", str(stats), str(self.even)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            while os.read(process.stdout.fileno(), PIPE_BYTES):
                time.sleep(PIPE_REST_S)
        self.assertEqual(process.returncode, 0)
        stages = json.loads(stats.read_text())["threads"]["stages"]
        sink, span_s = stages[-1], max(stage["wall_s"] for stage in stages)
        self.assertEqual(sink["stage"], "sink")
        self.assertGreater(sink["busy_s"], 0.8 * span_s, sink)
        self.assertLess(sink["cpu_s"], 0.5 * sink["busy_s"], sink)

    def test_too_many_threads(self):
        """All on one core, and sixteen workers have more to compute than it can."""
        core = min(os.sched_getaffinity(0))
        says, _ = self.bottleneck(self.even, 16, {"STAGED_BURN_NS": str(NS_A_ROW // 3)},
                                  preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        self.assertEqual(says["binds"], "cores", says)
        self.assertRegex(says["text"], r"^19 threads share 1 core and wait for one \d+ %")
        self.assertIn("more workers will not help", says["text"])
        self.assertFalse(says["workers_help"])


if __name__ == "__main__":
    if not shutil.which("hyperfine"):
        print("SKIPPED: needs hyperfine")
        sys.exit(SKIPPED)
    main(__doc__.split("\n", maxsplit=1)[0])
