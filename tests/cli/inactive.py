#!/usr/bin/env python3
"""Does --inactive alert once for each key that falls silent, when the watermark says so and not before?"""
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

HEADER = "transaction_id,timestamp,amount\n"
END = 2 ** 63 - 1


def rows_of(*rows):
    """(key, seconds) or (key, seconds, amount) each."""
    return HEADER + "".join(f"{key},{int(1000 * time)},{amount[0] if amount else 1}\n" for key, time, *amount in rows)


class Inactive(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_rows(self, rows, *arguments):
        (self.folder / "in.csv").write_text(rows)
        return self.run_tidemark("run", "-q", "--time-format", "epoch-ms", "--time-output", "epoch-ms", "--out-of-orderness", "0",
                                 *arguments, "in.csv", cwd=self.folder)

    def alerts(self, rows, *arguments):
        """(last activity, deadline, key, watermark) of each alert of inactivity."""
        done = self.run_rows(rows, "--alert", "none", *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        lines = [line.split(",") for line in done.stdout.decode().splitlines()]
        self.assertEqual(lines[0], "window_start,window_end,transaction_id,first_time,sum,count,watermark_ms,rule".split(","))
        self.assertTrue(all(line[3:6] == ["", "", ""] and line[7] == "inactive" for line in lines[1:]))
        return [(int(line[0]), int(line[1]), line[2], int(line[6])) for line in lines[1:]]

    def test_wrong_durations_are_refused(self):
        for text in ("", "10", "-1s", "1.5s", "never"):
            done = self.run_rows(rows_of(("a", 1)), "--inactive", text)
            self.assertEqual(done.returncode, 2, text)
            self.assertIn(b"--inactive", done.stderr)

    def test_it_is_off_by_default_and_by_name(self):
        for arguments in ((), ("--inactive", "off")):
            self.assertEqual(self.run_rows(rows_of(("a", 1), ("b", 99)), *arguments).stdout.count(b"inactive"), 0)

    def test_a_key_alerts_when_the_watermark_reaches_its_deadline(self):
        rows = rows_of(("a", 1), ("b", 6), ("b", 11), ("b", 12))
        self.assertEqual(self.alerts(rows, "--inactive", "10s"),
                         [(1000, 11000, "a", 11999), (12000, 22000, "b", END)])

    def test_once_fired_it_is_forgotten_until_it_comes_again(self):
        rows = rows_of(("a", 1), ("b", 20), ("b", 40), ("a", 41), ("b", 60))
        self.assertEqual(self.alerts(rows, "--inactive", "10s"),
                         [(1000, 11000, "a", 19999), (41000, 51000, "a", 59999), (60000, 70000, "b", END)])

    def test_the_row_that_moves_the_watermark_is_activity_before_it_does(self):
        rows = rows_of(("a", 1), ("a", 90), ("b", 99), ("a", 100.5))
        self.assertEqual(self.alerts(rows, "--inactive", "10s"), [(99000, 109000, "b", END), (100500, 110500, "a", END)])

    def test_late_and_rejected_rows_are_no_activity(self):
        rows = rows_of(("a", 1), ("b", 15), ("a", 14, "x"), ("a", 2), ("b", 22))
        self.assertEqual(self.alerts(rows, "--inactive", "20s")[0], (1000, 21000, "a", 21999))

    def test_a_timer_set_in_the_past_fires_at_the_next_move(self):
        rows = rows_of(("b", 50), ("a", 5), ("b", 50), ("b", 51))
        self.assertEqual(self.alerts(rows, "--inactive", "10s", "--allowed-lateness", "1h")[0], (5000, 15000, "a", 50999))

    def test_rows_between_windows_are_activity(self):
        rows = rows_of(("a", 0), ("a", 7), ("b", 16), ("b", 18))
        gaps = ("--window", "sliding:5s/10s", "--stats", "stats.json", "--inactive", "10s")
        self.assertEqual(self.alerts(rows, *gaps)[0], (7000, 17000, "a", 17999))
        self.assertEqual(json.loads((self.folder / "stats.json").read_text())["counts"]["gap"], 3)

    def test_with_drop_no_timer_fires_at_the_end(self):
        rows = rows_of(("a", 1), ("b", 20))
        self.assertEqual(self.alerts(rows, "--inactive", "10s", "--at-end", "drop"), [(1000, 11000, "a", 19999)])

    def test_timers_come_behind_the_windows_of_the_same_watermark(self):
        rows = rows_of(("a", 1), ("b", 2), ("c", 30))
        done = self.run_rows(rows, "--alert", "sum > 0", "--inactive", "5s", "--stats", "stats.json")
        self.assertEqual([line.split(",")[2] + " " + line.split(",")[-1] for line in done.stdout.decode().splitlines()[1:]],
                         ["a sum > 0", "b sum > 0", "a inactive", "b inactive", "c sum > 0", "c inactive"])
        self.assertEqual(json.loads((self.folder / "stats.json").read_text())["counts"]["alerts"], 6)

    def test_they_have_a_side_output(self):
        rows = rows_of(("a", 1), ("b", 20))
        done = self.run_rows(rows, "--alert", "sum > 0", "--inactive", "10s", "--side-output", "inactive=silent.csv")
        self.assertEqual((done.returncode, done.stdout.count(b"inactive")), (0, 0))
        self.assertEqual((self.folder / "silent.csv").read_text().count(",inactive\n"), 2)
        done = self.run_rows(rows, "--alert", "none", "--inactive", "10s", "--side-output", "inactive=silent.csv")
        self.assertEqual(done.stdout, b"")
        done = self.run_rows(rows, "--side-output", "inactive=silent.csv")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"needs --inactive", done.stderr)

    def test_other_formats(self):
        rows = rows_of(("a", 1), ("b", 20))
        done = self.run_rows(rows, "--alert", "none", "--inactive", "10s", "--format", "jsonl")
        self.assertEqual(json.loads(done.stdout.splitlines()[0]), {
            "window_start": 1000, "window_end": 11000, "transaction_id": "a", "first_time": None, "sum": None, "count": None,
            "watermark_ms": 19999, "rule": "inactive"})
        done = self.run_rows(rows, "--alert", "none", "--inactive", "10s", "--format", "flink")
        self.assertIn("inactive: ('a', 1000, 11000), 현재 워터마크: 19999\n", done.stdout.decode())

    def test_the_same_bytes_at_every_parallelism(self):
        """Keys that come and go, out of order, on every kind of window."""
        rows = rows_of(*((f"k{i * i % 97}", i // 4 - i * 7 % 9, i % 11) for i in range(4000)))
        for window in ("tumbling:10s", "sliding:20s/5s", "sliding:3s/7s", "session:4s", "count:3"):
            arguments = ("--window", window, "--alert", "sum > 20", "--alert", "history.count < 2", "--inactive", "25s",
                         "--allowed-lateness", "3s", "--out-of-orderness", "2s")
            expected = self.run_rows(rows, *arguments, "-p", "1").stdout
            self.assertGreater(expected.count(b",inactive\n"), 80, window)
            for parallelism, *tuning in (("2",), ("3", "--batch-rows", "1", "--ring-slots", "2"), ("7", "--batch-rows", "3"),
                                         ("64",), ("1", "--batch-rows", "1"), ("5", "--scheduler", "one:7")):
                with self.subTest(window=window, parallelism=parallelism):
                    self.assertEqual(self.run_rows(rows, *arguments, "-p", parallelism, *tuning).stdout, expected)


if __name__ == "__main__":
    main(__doc__)
