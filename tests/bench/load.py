#!/usr/bin/env python3
"""Do the runs under load, in small, give exactly what was counted, and is it noticed if they do not?"""
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

LOAD = Path(__file__).resolve().parent.parent.parent / "bench" / "load.py"
CASES = ("pipe", "keys-refused", "keys-passing", "one-key", "large-rows", "many-columns", "open-windows", "tiny-windows",
         "huge-window", "many-workers", "follow")
DIFFERENT = 4


class Load(Case):
    def load(self, tidemark, *cases):
        with tempfile.TemporaryDirectory() as scratch:
            return subprocess.run([sys.executable, "-B", str(LOAD), "--small", "--tidemark", str(tidemark), "--scratch", scratch,
                                   *cases], capture_output=True, text=True, check=False)

    def test_every_case_gives_what_was_counted(self):
        for name in CASES:
            with self.subTest(name):
                done = self.load(self.tidemark, name)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertTrue(done.stdout.startswith(f"{name}: "), done.stdout)

    def test_all_cases_are_here(self):
        text = subprocess.run([sys.executable, "-B", str(LOAD), "--help"], capture_output=True, text=True, check=True).stdout
        self.assertEqual([line.split()[0] for line in text.split("cases:\n")[1].splitlines()], list(CASES))

    def test_wrong_results_and_failed_runs_have_no_figures(self):
        with tempfile.TemporaryDirectory() as folder:
            wrong = Path(folder) / "tidemark"
            for option in ("--window tumbling:20s", "--delimiter ;", "--memory 20M"):
                wrong.write_text(f'#!/bin/sh\ncommand=$1; shift; exec {self.tidemark} "$command" {option} "$@"\n')
                wrong.chmod(0o755)
                for name in ("one-key", "many-columns", "follow"):
                    with self.subTest(option, name=name):
                        done = self.load(wrong, name)
                        self.assertEqual(done.returncode, DIFFERENT, done.stdout + done.stderr)
                        self.assertNotIn("rows/s", done.stdout)


if __name__ == "__main__":
    main(__doc__)
