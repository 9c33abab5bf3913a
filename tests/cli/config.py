#!/usr/bin/env python3
"""Does a config file hold what the command line may say, with the command line winning?"""
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

ROWS = "card;when;eur\na;1000;1,5\na;2000;2\n"
CONFIG = """
# what this dump looks like
key = card
time = when
value=eur
delimiter = ;
decimal-comma = true
time-format = epoch-ms
time-output = epoch-ms

alert = one=sum > 1
alert = two=count >= 2
"""


class Config(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "in.csv").write_text(ROWS)

    def run_with(self, config, *arguments):
        (self.folder / "run.conf").write_text(config)
        return self.run_tidemark("run", "--config", "run.conf", *arguments, "in.csv", cwd=self.folder)

    def test_lines_are_options(self):
        done = self.run_with(CONFIG)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.decode().splitlines(), [
            "window_start,window_end,card,first_time,sum,count,watermark_ms,rule",
            "0,10000,a,1000,3.5,2,9223372036854775807,one",
            "0,10000,a,1000,3.5,2,9223372036854775807,two"])

    def test_the_command_line_wins(self):
        done = self.run_with(CONFIG, "--alert", "sum > 100", "--results", "-", "--aggregate", "max")
        self.assertEqual(done.stdout.decode().splitlines(), [
            "window_start,window_end,card,first_time,max,watermark_ms",
            "0,10000,a,1000,2,9223372036854775807"])

    def test_a_faulty_line_is_named(self):
        for line in ("kye = card", "key", "= card", "window = hopping:1s", "decimals = x", "allowed-lateness = x",
                     "help = true", "config = other.conf"):
            with self.subTest(line):
                done = self.run_with(CONFIG + line + "\n")
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(b"run.conf", done.stderr)
                self.assertRegex(done.stderr.decode(), r"\b13\b")

    def test_a_misspelt_name_gets_the_nearest(self):
        self.assertIn(b"timezone", self.run_with("timezome = UTC\n").stderr)

    def test_a_missing_file(self):
        done = self.run_tidemark("run", "--config", "nowhere.conf", "in.csv", cwd=self.folder)
        self.assertIn(done.returncode, (1, 2))
        self.assertIn(b"nowhere.conf", done.stderr)


if __name__ == "__main__":
    main(__doc__)
