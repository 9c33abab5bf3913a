#!/usr/bin/env python3
"""Does `tidemark gen` give the same bytes for the same seed, and the shares that were asked for?"""
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

import model
from options import parse_options
from records import read_records
from times import Zone, parse_time

ROWS = 20_000
BAD_VALUES = (("--rows", "x"), ("--rows", "-1"), ("--late", "101%"), ("--late", "x"), ("--malformed", "-1%"),
              ("--seed", "x"), ("--disorder", "5"), ("--rate", "0"), ("--keys", "-1"), ("--row", "5"))
START_MS = 1715421600000  # 2024-05-11 10:00:00


class Gen(Case):
    def gen(self, *arguments):
        done = self.run_tidemark("gen", "--rows", str(ROWS), *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def rows(self, *arguments):
        """[(key, time in ms, amount)] as bytes and int."""
        header, *rows = read_records(self.gen(*arguments))
        self.assertEqual(header.fields, [b"transaction_id", b"timestamp", b"amount"])
        self.assertEqual(len(rows), ROWS)
        return [(row.fields[0], parse_time(row.fields[1], "auto", Zone("UTC")), row.fields[2]) for row in rows]

    def test_the_same_seed_gives_the_same_bytes(self):
        options = ("--late", "1%", "--malformed", "1%", "--disorder", "3s")
        self.assertEqual(self.gen("--seed", "5", *options), self.gen("--seed", "5", *options))
        self.assertNotEqual(self.gen("--seed", "5", *options), self.gen("--seed", "6", *options))

    def test_keys_are_as_many_as_asked(self):
        self.assertEqual(len({key for key, _, _ in self.rows("--keys", "50")}), 50)
        self.assertEqual(len({key for key, _, _ in self.rows("--keys", "1")}), 1)
        self.assertEqual(len({key for key, _, _ in self.rows("--keys", "0")}), ROWS)

    def test_the_rate_is_event_time(self):
        greatest = max(time for _, time, _ in self.rows("--rate", "100"))
        self.assertAlmostEqual(greatest - START_MS, ROWS * 10, delta=2000)

    def test_disorder_stays_within_its_bound(self):
        behind = self.behind("--disorder", "2s")
        self.assertLessEqual(max(behind), 2000)
        self.assertGreater(max(behind), 1000)
        self.assertEqual(max(self.behind("--disorder", "0")), 0)

    def behind(self, *arguments):
        """How far each row lies behind the greatest time before it."""
        greatest, behind = None, []
        for _, time, _ in self.rows(*arguments):
            greatest = time if greatest is None else max(greatest, time)
            behind.append(greatest - time)
        return behind

    def test_late_rows_are_as_many_as_asked(self):
        behind = self.behind("--disorder", "2s", "--late", "10%")
        self.assertAlmostEqual(sum(ms > 2000 for ms in behind) / ROWS, 0.1, delta=0.01)

    def test_malformed_rows_are_as_many_as_asked(self):
        options, _ = parse_options([])
        counts = model.run(options, [("-", self.gen("--malformed", "10%"))]).counts
        self.assertEqual(counts["future"], 0)
        self.assertAlmostEqual((counts["malformed"] + counts["missing"]) / counts["rows"], 0.1, delta=0.01)

    def test_no_rows(self):
        done = self.run_tidemark("gen", "--rows", "0")
        self.assertEqual(done.stdout, b"transaction_id,timestamp,amount\n")

    def test_bad_values_are_refused(self):
        for option, value in BAD_VALUES:
            with self.subTest(f"{option} {value}"):
                done = self.run_tidemark("gen", option, value)
                self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)

    def test_a_closed_pipe_is_left_quietly(self):
        process = subprocess.Popen([self.tidemark, "gen", "--rows", "10000000"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        os.read(process.stdout.fileno(), 100)
        process.stdout.close()
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()
        self.assertNotEqual(process.wait(20), 0)

    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([self.tidemark, "gen"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)


if __name__ == "__main__":
    main(__doc__)
