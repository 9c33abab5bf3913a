#!/usr/bin/env python3
"""Is a peer with a wrong answer found out, and one that cannot be had reported?"""
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main, run

FAKES = Path(__file__).resolve().parent / "fake_peers.py"
DIFFERENT = 4


class PeerAnswers(Case):
    def race(self, *names):
        """(exit status, {name: part of the report}, what was printed)"""
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.json")
            done = run([sys.executable, "-B", FAKES, "--build", Path(self.tidemark).parent, "--scratch", folder,
                        "--rows", "20000", "--rounds", "1", "--json", report, "--only", *names])
            self.assertTrue(report.exists(), done.stderr)
            peers = json.loads(report.read_text())["peers"]
        return done.returncode, {peer["name"]: peer for peer in peers}, done.stdout.decode()

    def test_a_wrong_answer_has_no_figures_and_ends_with_4(self):
        for mistake in ("sum", "count", "key", "missing", "twice", "float", "only-when-timed", "floats-off", "silent"):
            with self.subTest(mistake):
                status, peers, printed = self.race(mistake)
                self.assertEqual(status, DIFFERENT)
                self.assertEqual(peers[mistake]["state"], "different")
                self.assertNotIn("wall_s", peers[mistake])
                self.assertIn("**different**", printed)

    def test_a_wrong_sum_is_shown(self):
        _, peers, _ = self.race("sum")
        self.assertRegex(peers["sum"]["reason"], r"^1 different of \d+ windows; window 2024-\S+ \S+ of tx\d+: sum ")

    def test_one_wrong_peer_does_not_hide_the_others(self):
        status, peers, _ = self.race("none", "sum", "absent")
        self.assertEqual(status, DIFFERENT)
        self.assertEqual([peer["state"] for peer in peers.values()], ["timed", "different", "skipped"])
        self.assertGreater(peers["none"]["wall_s"]["median"], 0)

    def test_a_peer_that_crashes_ends_with_1(self):
        status, peers, printed = self.race("crash", "none")
        self.assertEqual(status, 1)
        self.assertIn("exit status 9", peers["crash"]["reason"])
        self.assertIn("**failed**: exit status 9", printed)

    def test_a_peer_that_cannot_be_had_is_reported_as_skipped(self):
        status, peers, printed = self.race("absent")
        self.assertEqual(status, 0)
        self.assertEqual(peers["absent"]["state"], "skipped")
        self.assertIn("**skipped**: the registry does not answer", printed)

    def test_what_floats_are_off_by_is_said(self):
        status, peers, printed = self.race("floats")
        self.assertEqual(status, 0)
        self.assertEqual(peers["floats"]["answer"]["off"], 1)
        self.assertIn("| 1 sums are off, by at most 1.0e-09 |", printed)


if __name__ == "__main__":
    main(__doc__)
