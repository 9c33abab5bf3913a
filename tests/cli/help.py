#!/usr/bin/env python3
"""Does the help name every option and its default, and fit a screen?"""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

COLUMNS_MAX = 100
COMMANDS = ("run", "bench", "compare", "profile", "explain", "parse", "gen")

# Option of `run` -> what its paragraph must hold; None: no default to show.
RUN_OPTIONS = {
    "--key": "transaction_id", "--time": "timestamp", "--value": "amount", "--no-header": None, "--delimiter": "default: ,",
    "--time-format": "default: auto", "--timezone": "default: UTC", "--decimals": "default: 6",
    "--out-of-orderness": "default: 1s", "--max-future": "default: off",
    "--allowed-lateness": "default: 0", "--follow": None, "--idle-timeout": "default: off",
    "--clock": "default: event", "--window": "default: tumbling:10s", "--inputs": "default: concat",
    "--at-end": "default: fire", "--aggregate": "default: sum,count", "--alert": "default: sum > 8000",
    "--parallelism": "default: auto", "--order": "default: global", "--alerts": "standard output", "--results": "off",
    "--late": "off", "--rejects": "off", "--stats": "off", "--trace": "off", "--format": "default: csv", "--max-rejects": "default: none",
    "--progress": "default: auto", "--na": "pandas", "--trim": None, "--decimal-comma": None,
    "--max-row-bytes": "default: 1048576", "--time-output": "default: plain", "--config": None, "--quiet": None,
    "--verbose": None, "--batch-rows": "default: auto", "--ring-slots": "default:", "--simd": "default: auto",
    "--inactive": "default: off", "--process": "shared library", "--process-arg": "argument", "--history": "default: 20", "--side-output": "instead",
    "--scheduler": "default: threads", "--flink-parallelism": "default: 1",
    "--escape-formulas": "apostrophe", "--memory": "default: off",
    "--checkpoint": "after a crash", "--checkpoint-every": "default: 10s", "--resume": "newest checkpoint",
}
GEN_OPTIONS = {
    "--rows": "default: 1000000", "--keys": "default: 1000", "--skew": "default: uniform", "--rate": "default: 1000",
    "--disorder": "default: 1s", "--late": "default: 0%", "--late-beyond": "default: auto", "--late-by": "default: 1m",
    "--malformed": "default: 0%", "--missing": "default: 0%", "--amounts": "default: uniform:5000",
    "--anomalies": "default: 0", "--truth": None, "--quoted": None, "--crlf": None, "--seed": "default: 1", "--help": None,
}


class Help(Case):
    def text(self, *arguments):
        done = self.run_tidemark(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, b""), arguments)
        return done.stdout.decode()

    def paragraphs(self, command):
        """Option -> its text, blanks made single."""
        found = {}
        for paragraph in re.split(r"\n(?= {2,6}-)", self.text(command, "--help")):
            head = paragraph.split("\n\n")[0]
            for option in re.findall(r"^\s*(?:-\w, )?(--[\w-]+)", head):
                found[option] = " ".join(head.split())
        return found

    def test_every_option_of_run_and_its_default_is_there(self):
        found = self.paragraphs("run")
        for option, words in RUN_OPTIONS.items():
            with self.subTest(option):
                self.assertIn(option, found)
                self.assertIn(words or "", found[option])

    def test_no_other_options_are_there(self):
        self.assertEqual(set(self.paragraphs("run")) - set(RUN_OPTIONS), {"--help"})

    def test_every_option_of_gen_and_its_default_is_there(self):
        found = self.paragraphs("gen")
        self.assertEqual(set(GEN_OPTIONS), set(found))
        for option, words in GEN_OPTIONS.items():
            self.assertIn(words or "", found[option])

    def test_lines_fit_a_screen(self):
        for command in ((), *((command,) for command in COMMANDS)):
            for line in self.text(*command, "--help").splitlines():
                self.assertLessEqual(len(line), COLUMNS_MAX, line)
                self.assertEqual(line, line.rstrip())

    def test_the_overview_names_the_commands(self):
        for command in COMMANDS:
            self.assertRegex(self.text("--help"), rf"\n  {command}\b")

    def test_help_has_three_spellings(self):
        self.assertEqual(self.text("run", "--help"), self.text("help", "run"))
        self.assertEqual(self.text("run", "--help"), self.text("run", "-h"))

    def test_the_version_says_what_was_compiled_in(self):
        version = self.text("--version")
        self.assertRegex(version, r"^tidemark \d+\.\d+\.\d+")
        for part in ("allocator", "liburcu", "zstd"):
            self.assertIn(part, version)


if __name__ == "__main__":
    main(__doc__)
