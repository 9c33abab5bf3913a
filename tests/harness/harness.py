"""What the test programs share: where the binary and the extra data are, how to run it, how to skip visibly."""
import argparse
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
DATA = TESTS.parent / "data"
SKIPPED = 77  # ctest's SKIP_RETURN_CODE
TIMEOUT_S = 300

sys.path.insert(0, str(TESTS / "model"))

# A shell's background job ignores SIGINT, one under nohup SIGHUP, and what the tests start would do so too.
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def argument_parser(description):
    """Knows --tidemark and --extra; the environment gives their defaults."""
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    parser.add_argument("--tidemark", default=os.environ.get("TIDEMARK"), help="the binary under test")
    parser.add_argument("--extra", default=os.environ.get("TIDEMARK_EXTRA"), help="folder with more test data")
    return parser


def parse_arguments(parser):
    arguments = parser.parse_args()
    if not arguments.tidemark:
        parser.error("say which binary: --tidemark PATH, or the environment's TIDEMARK")
    arguments.tidemark = str(Path(arguments.tidemark).resolve())
    return arguments


def extra_folder(arguments, *parts):
    """A folder below --extra; without it the whole program is skipped."""
    if not arguments.extra or not (folder := Path(arguments.extra, *parts)).is_dir():
        print(f"SKIPPED: needs --extra (or TIDEMARK_EXTRA) with {'/'.join(parts)}")
        sys.exit(SKIPPED)
    return folder


class Results:
    """Counts what went right and says at once what went wrong."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def expect(self, holds, message):
        """message: text, or a function that gives it when it is needed."""
        if holds:
            self.passed += 1
            return
        self.failed += 1
        print("FAILED:", message() if callable(message) else message, flush=True)

    def exit(self):
        print(f"{self.passed} checks passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)


def run(command, stdin=b"", timeout=TIMEOUT_S, **keywords):
    """Runs to the end; stdin is bytes or an open file; the result has returncode, stdout and stderr as bytes."""
    source = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
    return subprocess.run([str(part) for part in command], capture_output=True, timeout=timeout, check=False,
                          **source, **keywords)


class Case(unittest.TestCase):
    """A test case that knows the binary; see main below."""
    tidemark = None
    extra = None

    def run_tidemark(self, *arguments, **keywords):
        return run([self.tidemark, *arguments], **keywords)


def main(description):
    """unittest.main with --tidemark and --extra."""
    parser = argument_parser(description)
    parser.add_argument("tests", nargs="*", help="names of tests, as unittest takes them")
    arguments = parse_arguments(parser)
    Case.tidemark, Case.extra = arguments.tidemark, arguments.extra
    unittest.main(argv=[sys.argv[0], *arguments.tests], verbosity=1)
