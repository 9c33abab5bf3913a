#!/usr/bin/env python3
"""Is wrong usage refused with exit status 2, one message that helps, and nothing written?"""
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

ROWS = "transaction_id,timestamp,amount\na,2024-05-11 10:00:00,1\n"

# Promised for later versions; until then unknown, never accepted and ignored.
BAD_DURATIONS = ("", "10", "1.5s", "-1s", "1 s", "1w", "s", "10S", "10s5", "4611686018427387905ms",
                 "99999999999999999999d", "0x10s", "+1s")
BAD_VALUES = {
    "--memory": ("", "0", "0M", "M", "1.5G", "-1", "+1", "1T", "1GiB", "1 G", "512M ", "9999999999999999999", "8589934592G", "x"),
    "--checkpoint-every": ("", "0", "0s", "x", "1.5s", "-1", "10 s"),
    "--window": ("tumbling", "tumbling:", "tumbling:0", "tumbling:10", "tumbling:0s", "hopping:10s", "tumbling:10s+",
                 "tumbling:10s+x", "10s", "session", "session:", "session:0", "session:10", "session:10s+1s", "count:",
                 "count:0", "count:-1", "count:1s", "count:1000000000000000000"),
    "--decimals": ("19", "-1", "x", "", "1.5"),
    "--history": ("0", "10001", "x", "-1", "", "1.5"),
    "-p": ("0", "257", "x", "-1", "", "1.5"),
    "--parallelism": ("0", "257"),
    "--aggregate": ("median", "", "sum,", ",sum", "sum,,count", "sum count"),
    "--order": ("random", "", "Flink", "flink:1"),
    "--format": ("xml", ""),
    "--timezone": ("Mars/Olympus_Mons", ""),
    "--time-format": ("iso", "%Q", ""),
    "--flink-parallelism": ("0", "32769", "x", "-1", "", "2.0"),
    "--time-output": ("rfc", ""),
    "--delimiter": ("ab", "", '"', "\n"),
    "--max-rejects": ("x", "-1", "%", "-1%", ""),
    "--max-row-bytes": ("0", "-1", "x"),
    "--at-end": ("keep", ""),
    "--inputs": ("parallel", ""),
    "--idle-timeout": ("0", "soon", ""),
    "--clock": ("wall", "", "virtual", "virtual:", "virtual:0", "virtual:1.5", "virtual:1000000001", "virtual:-1",
                "virtual:99999999999999999999", "virtual:5x", "processing:5", "event:"),
    "--progress": ("sometimes",),
    "--batch-rows": ("0", "65537", "x"),
    "--ring-slots": ("0", "1", "3", "x"),
    "--simd": ("avx9000",),
    "--scheduler": ("two", "one:x"),
    "--alert": ("", "sum", "sum >", "> 1", "sum > > 1", "median > 1", "sum > 1)", "(sum > 1", "sum > 1 AND", "1 < sum < 3",
                "sum BETWEEN 1", "sum + 1", "NOT sum", "sum > 1 2", "sum > 'x'", "big=", "big=sum", "sum > 1 AND count",
                "sum > 1e", "sum > 1..2", "sum ; 1", "history.mean", "sum > history", "sum > history.max", "sum > history.sum"),
}


class UsageErrors(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "in.csv").write_text(ROWS)

    def refused(self, *arguments):
        """Expects exit 2 before anything is written; returns the message."""
        before = sorted(self.folder.iterdir())
        done = self.run_tidemark(*arguments, cwd=self.folder)
        message = done.stderr.decode()
        self.assertEqual(done.returncode, 2, f"{arguments}: {message}")
        self.assertEqual(done.stdout, b"", arguments)
        self.assertTrue(message.strip(), f"{arguments}: no message")
        self.assertEqual(sorted(self.folder.iterdir()), before, arguments)
        return message

    def test_an_unknown_option_gets_the_nearest_name(self):
        for wrong, right in (("--out-of-ordernes", "--out-of-orderness"), ("--agregate", "--aggregate"),
                             ("--timezome", "--timezone"), ("--max-reject", "--max-rejects"), ("--reslts", "--results")):
            with self.subTest(wrong):
                self.assertRegex(self.refused("run", wrong, "x", "in.csv"), rf"{right}\b")

    def test_an_unknown_command_is_refused(self):
        self.assertIn("run", self.refused("rum", "in.csv"))
        self.refused()

    def test_an_option_without_its_value_is_refused(self):
        for option in ("--key", "--window", "-p", "--results"):
            with self.subTest(option):
                self.assertIn(option, self.refused("run", "in.csv", option))

    def test_bad_durations(self):
        for duration in BAD_DURATIONS:
            for option in ("--inactive", "--out-of-orderness", "--max-future", "--allowed-lateness"):
                with self.subTest(f"{option} {duration}"):
                    self.assertIn(option, self.refused("run", option, duration, "in.csv"))

    def test_bad_values(self):
        for option, values in BAD_VALUES.items():
            for value in values:
                with self.subTest(f"{option} {value}"):
                    self.refused("run", option, value, "in.csv")

    def test_subtasks_are_refused_in_formats_that_name_none(self):
        for form in ("csv", "jsonl"):
            with self.subTest(form):
                message = self.refused("run", "--format", form, "--flink-parallelism", "2", "in.csv")
                self.assertIn("--flink-parallelism", message)
                self.assertIn("--format flink", message)

    def test_formulas_are_not_escaped_where_nothing_is_csv(self):
        for form in ("jsonl", "flink"):
            with self.subTest(form):
                message = self.refused("run", "--format", form, "--escape-formulas", "in.csv")
                self.assertIn("--escape-formulas", message)
                self.assertIn("--format csv", message)

    def test_a_faulty_expression_is_shown_with_its_column(self):
        message = self.refused("run", "--alert", "sum > > 8000", "in.csv")
        self.assertIn("sum > > 8000", message)
        self.assertRegex(message, r"\b7\b")

    def test_a_column_not_in_the_header_gets_the_nearest_name(self):
        for option, wrong, right in (("--key", "transacton_id", "transaction_id"), ("--time", "timestmp", "timestamp"),
                                     ("--value", "Amount", "amount")):
            with self.subTest(wrong):
                message = self.refused("run", option, wrong, "in.csv")
                self.assertIn(wrong, message)
                self.assertIn(right, message)

    def test_a_column_number_beyond_the_header(self):
        self.assertIn("4", self.refused("run", "--key", "4", "in.csv"))
        self.refused("run", "--key", "0", "in.csv")

    def test_names_without_a_header(self):
        self.refused("run", "--no-header", "in.csv")

    def test_two_outputs_to_stdout(self):
        self.refused("run", "--results", "-", "--late", "-", "in.csv")
        self.refused("run", "--results", "-", "--alerts", "-", "in.csv")

    def test_an_output_that_is_an_input(self):
        (self.folder / "link.csv").symlink_to("in.csv")
        (self.folder / "hard.csv").hardlink_to(self.folder / "in.csv")
        for name in ("in.csv", "./in.csv", str(self.folder / "in.csv"), "link.csv", "hard.csv"):
            with self.subTest(name):
                self.refused("run", "--results", name, "in.csv")
                self.assertEqual((self.folder / "in.csv").read_text(), ROWS)

    def test_the_rule_none_stands_alone(self):
        self.refused("run", "--alert", "none", "--alert", "sum > 1", "in.csv")


if __name__ == "__main__":
    main(__doc__)
