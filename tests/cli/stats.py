#!/usr/bin/env python3
"""Do the figures of the stages add up, and are they the same in --stats and in the table of --verbose?"""
import json
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

ROWS = 60_000
ROUNDED_S = 4e-6  # four times are written with six decimals
CLOCKS_APART_S = 1e-3  # the kernel's account of a thread goes by another clock


class Stats(Case):
    @classmethod
    def setUpClass(cls):
        cls.input = Case.run_tidemark(cls(), "gen", "--rows", str(ROWS), "--keys", "50", "--malformed", "1%").stdout

    def stats(self, parallelism, *arguments):
        """(the stats, the lines of --verbose)"""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "stats.json")
            done = self.run_tidemark("run", "-v", "--stats", str(path), "-p", str(parallelism), *arguments,
                                     stdin=self.input)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(path.read_text()), done.stderr.decode().splitlines()

    def test_every_stage_accounts_for_its_time_and_rows(self):
        for parallelism in (1, 3, 64):
            with self.subTest(parallelism=parallelism):
                stats, _ = self.stats(parallelism, "--ring-slots", "2", "--batch-rows", "100")
                threads, stages = stats["threads"], stats["threads"]["stages"]
                self.assertEqual([stage["stage"] for stage in stages],
                                 ["reader", "parser", *["worker"] * parallelism, "sink"])
                for stage in stages:
                    self.check_times(stage)
                    self.check_ring(stage)
                workers = stages[2:-1]
                self.assertEqual([stage["worker"] for stage in workers], list(range(parallelism)))
                self.assertEqual(sum(stage["rows"] for stage in workers), stats["counts"]["used"])
                self.assertEqual(sum(stage["results"] for stage in workers), stats["counts"]["results"])
                self.assertEqual(stages[1]["rows"], stats["counts"]["rows"])
                most = max(stage["rows"] for stage in workers)
                self.assertAlmostEqual(threads["skew"], most * parallelism / stats["counts"]["used"], places=4)

    def test_checkpoints_are_counted(self):
        with tempfile.TemporaryDirectory() as folder:
            alerts, records = str(Path(folder, "alerts.csv")), str(Path(folder, "records"))
            stats, _ = self.stats(2, "--checkpoint", records, "--checkpoint-every", "1000", "--alerts", alerts)
            timing, stages = stats["timing"], stats["threads"]["stages"]
            self.assertEqual(stages[-1]["stage"], "checkpoint")
            self.assertEqual(timing["checkpoints"], stages[-1]["batches"])
            self.assertGreater(timing["checkpoints"], 0)
            self.assertLess(timing["checkpoints"], ROWS / 1000 + 1)
            self.assertGreater(timing["checkpoint_bytes"], 0)
            self.assertGreater(timing["checkpoint_s"], 0)

    def check_times(self, stage):
        parts = stage["busy_s"] + stage["waiting_for_input_s"] + stage["waiting_for_room_s"]
        self.assertAlmostEqual(parts, stage["wall_s"], delta=ROUNDED_S)
        if stage["waiting_for_core_s"] is not None:
            self.assertGreaterEqual(stage["waiting_for_core_s"], 0)
            self.assertLessEqual(stage["waiting_for_core_s"], stage["wall_s"] + CLOCKS_APART_S)

    def check_ring(self, stage):
        if stage["stage"] == "reader":
            self.assertNotIn("ring", stage)
            return
        ring = stage["ring"]
        self.assertLessEqual(1, ring["mean"])
        self.assertLessEqual(ring["mean"], ring["most"])
        self.assertLessEqual(ring["most"], ring["slots"])
        if stage["stage"] == "worker":
            self.assertEqual(ring["slots"], 2)

    def test_one_key_is_all_skew(self):
        rows = b"".join(b"k,2024-05-11 10:00:%02d,1\n" % (i % 60) for i in range(60))
        self.input = b"transaction_id,timestamp,amount\n" + rows
        self.assertEqual(self.stats(4)[0]["threads"]["skew"], 4)

    def test_no_rows_are_no_skew(self):
        self.input = b"transaction_id,timestamp,amount\n"
        self.assertEqual(self.stats(4)[0]["threads"]["skew"], 1)

    def test_the_table_shows_what_the_stats_hold(self):
        stats, lines = self.stats(3)
        table = [line.split() for line in lines if re.match(r"tidemark: (reader|parser|worker \d|sink) ", line)]
        for words, stage in zip(table, stats["threads"]["stages"], strict=True):
            if stage["stage"] == "worker":
                self.assertEqual(words.pop(2), str(stage["worker"]))
            self.assertEqual(words[1:4], [stage["stage"], str(stage["rows"]), str(stage["batches"])])
            share = 100 * stage["busy_s"] / stage["wall_s"]
            self.assertAlmostEqual(float(words[4]), share, delta=0.1 + 200 * ROUNDED_S / stage["wall_s"])
            self.assertEqual(words[9], str(stage["sleeps"]))

    def test_turns_on_one_thread_have_no_times(self):
        stats, _ = self.stats(2, "--scheduler", "one:7")
        self.assertTrue(all(stage["wall_s"] == 0 for stage in stats["threads"]["stages"]))
        self.assertEqual(stats["threads"]["stages"][1]["rows"], ROWS)


if __name__ == "__main__":
    main(__doc__)
