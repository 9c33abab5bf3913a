#!/usr/bin/env python3
"""Are detectors scored as docs/detectors.md says, and are its tables what comes out?"""
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "harness"))
sys.path.insert(0, str(ROOT / "bench"))
from harness import Case, main, run

from detection_score import Score, score

WINDOWS = [(100, 200), (1000, 1100)]


class Scores(Case):
    def test_silence_is_0(self):
        silent = score(WINDOWS, [])
        self.assertEqual((silent.nab, silent.precision, silent.recall, silent.f1), (0, None, 0, 0))

    def test_an_alert_where_each_window_begins_is_100(self):
        perfect = score(WINDOWS, [100, 1000])
        self.assertAlmostEqual(perfect.nab, 100)
        self.assertEqual((perfect.precision, perfect.recall, perfect.f1), (1, 1, 1))

    def test_the_earlier_the_better(self):
        points = [score(WINDOWS, [time, 1000]).nab for time in (100, 120, 150, 190, 200)]
        self.assertEqual(points, sorted(points, reverse=True))
        self.assertAlmostEqual(points[-1], 75)  # at the end of one of two windows: no better than nothing, no worse
        self.assertGreater(points[1], 97)

    def test_only_the_earliest_alert_of_a_window_counts(self):
        self.assertEqual(score(WINDOWS, [150, 160, 199]).nab, score(WINDOWS, [150]).nab)

    def test_a_false_alert_costs_less_right_behind_a_window(self):
        near, far, before = (score(WINDOWS, [time]).nab for time in (205, 600, 50))
        self.assertLess(far, near)
        self.assertLess(near, 0)
        self.assertAlmostEqual(far, before)
        self.assertAlmostEqual(before, -100 * 0.11 / 4)

    def test_false_alerts_have_no_bottom(self):
        self.assertLess(score(WINDOWS, list(range(300, 900))).nab, -1000)

    def test_a_series_without_windows_only_costs(self):
        total = score([], [5, 6]) + score(WINDOWS, [100, 1000])
        self.assertEqual((total.alerts, total.right, total.windows, total.found), (4, 2, 2, 2))
        self.assertEqual((total.precision, total.recall), (0.5, 1))
        self.assertAlmostEqual(total.nab, 100 - 100 * 2 * 0.11 / 4)
        self.assertIsNone(Score().f1)


class Page(Case):
    def detectors(self, *arguments):
        return run([sys.executable, "-B", ROOT / "bench" / "detectors.py", "--build", Path(self.tidemark).parent, *arguments])

    def test_without_the_data_it_says_what_it_needs(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.detectors("--extra", folder)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"data/nab.tar.zst", done.stderr)

    def test_the_tables_are_what_comes_out(self):
        if not self.extra:
            self.skipTest("needs --extra")
        done = self.detectors("--extra", self.extra)
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (ROOT / "docs" / "detectors.md").read_text()
        shown = re.search(r"<!-- measured: detectors -->\n(.*)<!-- end: detectors -->", page, re.DOTALL)[1]
        self.assertEqual(shown.strip(), done.stdout.decode().strip())


if __name__ == "__main__":
    main(__doc__)
