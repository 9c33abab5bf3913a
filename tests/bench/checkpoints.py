#!/usr/bin/env python3
"""Does the benchmark of checkpoints run, and does it refuse figures where a run with checkpoints writes something else?"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

BENCH = Path(__file__).resolve().parent.parent.parent / "bench" / "checkpoints.py"
DIFFERENT = 4


class Checkpoints(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def bench(self, build, *more):
        return subprocess.run([sys.executable, "-B", str(BENCH), "--build", str(build), "--scratch", str(self.folder),
                               "--rows", "100000", "--rounds", "1", *more], capture_output=True, text=True, check=False)

    def test_each_case_has_its_figures(self):
        report = self.folder / "report.json"
        done = self.bench(Path(self.tidemark).parent, "--json", str(report))
        self.assertEqual(done.returncode, 0, done.stderr)
        cases = json.loads(report.read_text())["cases"]
        self.assertEqual([case["rows"] for case in cases], [100_000, 20_000, 25_000])
        for case in cases:
            self.assertIn(case["text"], done.stdout)
            self.assertGreater(case["wall_ratio"]["median"], 0)

    def test_other_bytes_have_no_figures(self):
        wrong = self.folder / "tidemark"
        wrong.write_text(f'#!/bin/sh\ncase "$*" in *--checkpoint*) more=--time-output=iso;; esac\nexec {self.tidemark} "$@" $more\n')
        wrong.chmod(0o755)
        (self.folder / "bench").symlink_to(Path(self.tidemark).resolve().parent / "bench")
        done = self.bench(self.folder)
        self.assertEqual(done.returncode, DIFFERENT, done.stderr)
        self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    main(__doc__)
