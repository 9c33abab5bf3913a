#!/usr/bin/env python3
"""Does a run warn of times in the wrong unit, and only of these?"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

TEN_OCLOCK_S = 1_715_421_600  # 2024-05-11 10:00:00 UTC
A_SECOND = {"epoch-s": 1, "epoch-ms": 1000, "epoch-us": 1_000_000}
# Units whose confusion would show: what is left out lies in the first hour of 1970.
CONFUSIONS = [(given, right) for given in A_SECOND for right in A_SECOND
              if given != right and 1000 * A_SECOND[right] >= A_SECOND[given]]


class TimeUnits(Case):
    def messages(self, times, *options):
        rows = "transaction_id,timestamp,amount\n" + "".join(f"a,{time},1\n" for time in times)
        done = self.run_tidemark("run", "--results", "-", *options, stdin=rows.encode())
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr.decode()

    def test_times_that_are_what_they_are_said_to_be_are_not_doubted(self):
        for unit, scale in A_SECOND.items():
            with self.subTest(unit):
                times = [scale * (TEN_OCLOCK_S + second) for second in range(20)]
                self.assertNotIn("warning", self.messages(times, "--time-format", unit))

    def test_small_times_are_not_doubted(self):
        for times in ((0,), (-1000, 1000), (0, TEN_OCLOCK_S), range(0, 100_000_000, 1_000_000)):
            for unit in A_SECOND:
                with self.subTest(unit, times=times):
                    self.assertNotIn("warning", self.messages(times, "--time-format", unit))

    def test_an_input_without_an_accepted_row_is_not_doubted(self):
        self.assertNotIn("warning", self.messages((), "--time-format", "epoch-ms"))
        self.assertNotIn("warning", self.messages(("x", ""), "--time-format", "epoch-ms"))

    def test_calendar_times_are_not_doubted(self):
        self.assertNotIn("warning", self.messages(("1970-01-20 20:30:21",)))

    def test_times_in_another_unit_are_warned_of(self):
        self.assertEqual(len(CONFUSIONS), 5)
        for given, right in CONFUSIONS:
            for bound in ("1s", "unbounded"):
                for parallelism in ("1", "3"):
                    with self.subTest(given=given, right=right, bound=bound, parallelism=parallelism):
                        times = [A_SECOND[right] * (TEN_OCLOCK_S + second) for second in range(20)]
                        messages = self.messages(times, "--time-format", given, "--out-of-orderness", bound,
                                                 "-p", parallelism)
                        self.assertEqual(messages.count("warning"), 1)
                        self.assertIn(f"write --time-format {right}\n", messages)

    def test_quiet_says_nothing(self):
        self.assertEqual(self.messages((TEN_OCLOCK_S,), "--time-format", "epoch-ms", "--quiet"), "")


if __name__ == "__main__":
    main(__doc__)
