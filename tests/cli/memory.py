#!/usr/bin/env python3
"""Does --memory hold: is a run that would take more refused with the figures, and never larger than the limit?"""
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

MIB = 1 << 20
HEADER = b"transaction_id,timestamp,amount\n"
EARLIER = b"an earlier run's output\n"
KEYS = 300_000
# What a key is kept in differs: a pane, slices and totals, a session's record, a count window's.
WINDOWS = ("tumbling:1h", "sliding:1h/20m", "session:1h", "count:5")
PARALLELISMS = (1, 3, 16)
NO_ALERTS = ("--alert", "none")
REFUSED = re.compile(r"no room for .* within --memory: [\d.]+ (?:KiB|MiB) more are asked for, and of ([\d.]+) MiB "
                     r"([\d.]+) MiB are taken, ([\d.]+) MiB of them from the start; allow more")


def is_sanitized(tidemark):
    """Sanitizers take many times what the program does."""
    return b"__asan_init" in (content := Path(tidemark).read_bytes()) or b"__tsan_init" in content


def unique_rows(count, key=b"k%07d"):
    """Every row its own key, all within one window. key: a pattern for its number."""
    return HEADER + b"".join((key + b",2024-05-11 10:00:00,%d\n") % (i, i % 100) for i in range(count))


def run_measured(command, folder):
    """(exit status, message, MiB that were resident at most); by a process that is small itself, for the system counts
    what a process was before it became the command."""
    with open(folder / "message", "w+b") as message:
        process = subprocess.Popen(command, stderr=message, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        message.seek(0)
        return process.returncode, message.read().decode(), usage.ru_maxrss / 1024


class Memory(Case):
    @classmethod
    def setUpClass(cls):
        cls.small = multiprocessing.get_context("fork").Pool(1)
        cls.common = tempfile.TemporaryDirectory()
        cls.rows = Path(cls.common.name) / "rows.csv"
        cls.rows.write_bytes(unique_rows(KEYS))

    @classmethod
    def tearDownClass(cls):
        cls.common.cleanup()
        cls.small.terminate()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.results = self.folder / "results.csv"
        self.results.write_bytes(EARLIER)

    def run_limited(self, limit_mib, *arguments, rows=None, alerts=("--alerts", "/dev/null")):
        command = [self.tidemark, "run", "-q", "--memory", f"{limit_mib}M", *alerts, "--results",
                   str(self.results), *arguments, str(rows or self.rows)]
        return self.small.apply(run_measured, (command, self.folder))

    def write(self, content):
        """An input, apart from the folder in which nothing may be left."""
        path = Path(self.common.name) / "other.csv"
        path.write_bytes(content)
        return path

    def check_refused(self, limit_mib, done):
        status, message, resident_mib = done
        self.assertEqual(status, 1, message)
        self.assertEqual(message.count("\n"), 1, message)
        self.assertEqual(self.results.read_bytes(), EARLIER)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["message", "results.csv"])
        self.check_size(limit_mib, resident_mib)

    def check_size(self, limit_mib, resident_mib):
        if not is_sanitized(self.tidemark):
            self.assertLess(resident_mib, limit_mib)

    def test_a_plan_that_does_not_fit_is_refused_before_anything_is_opened(self):
        for limit_mib, arguments in ((20, ()), (32, ()), (100, ("-p", "256")), (64, ("--ring-slots", "4096"))):
            with self.subTest(limit_mib, arguments=arguments):
                done = self.run_limited(limit_mib, *arguments)
                self.check_refused(limit_mib, done)
                self.assertRegex(done[1], rf"--memory: {limit_mib}.0 MiB is less than the [\d.]+ MiB that this run takes")

    def test_keys_that_do_not_fit_are_refused_with_the_figures(self):
        for window in WINDOWS:
            for parallelism in PARALLELISMS:
                with self.subTest(window, parallelism=parallelism):
                    done = self.run_limited(80, "--window", window, "-p", str(parallelism))
                    self.check_refused(80, done)
                    self.assertRegex(done[1], REFUSED)
                    limit, taken, at_start = map(float, REFUSED.search(done[1]).groups())
                    self.assertEqual(limit, 80)
                    self.assertLess(at_start, taken)
                    self.assertLessEqual(taken, limit)

    def test_long_keys_that_do_not_fit_are_refused(self):
        for window in WINDOWS:
            with self.subTest(window):
                rows = self.write(unique_rows(20_000, b"%07d" + b"long" * 500))
                done = self.run_limited(90, "--window", window, "-p", "3", rows=rows)
                self.check_refused(90, done)
                self.assertRegex(done[1], REFUSED)

    def test_the_least_limit_that_a_run_fits_holds_and_changes_no_byte(self):
        for window in WINDOWS:
            for parallelism in (1, 7):
                with self.subTest(window, parallelism=parallelism):
                    arguments = ("--window", window, "-p", str(parallelism))
                    self.check_least(arguments)

    def check_least(self, arguments):
        low, high = 60, 1024  # refused, fits
        self.results.write_bytes(EARLIER)
        free = self.run_tidemark("run", "-q", "--results", "-", *arguments, self.rows)
        while high - low > max(4, low // 8):
            limit_mib = (low + high) // 2
            self.results.write_bytes(EARLIER)
            status, message, resident_mib = done = self.run_limited(limit_mib, *arguments)
            if status:
                low = limit_mib
                self.check_refused(limit_mib, done)
                continue
            high = limit_mib
            self.assertEqual(message, "")
            self.check_size(limit_mib, resident_mib)
            self.assertEqual(self.results.read_bytes(), free.stdout)
        self.assertGreater(low, 60)
        self.assertLess(high, 1024)

    def test_a_refused_run_is_resumed_with_more(self):
        for window in WINDOWS:
            with self.subTest(window):
                kept = Path(self.common.name) / f"kept-{window.partition(':')[0]}"
                arguments = ("--window", window, "--checkpoint", str(kept), "--checkpoint-every", "50000")
                status, message, _ = self.run_limited(90, *arguments, alerts=NO_ALERTS)
                self.assertEqual(status, 1)
                self.assertRegex(message, REFUSED)
                self.assertEqual(self.results.read_bytes(), EARLIER)
                status, message, resident_mib = self.run_limited(800, *arguments, "--resume", "-p", "3", alerts=NO_ALERTS)
                self.assertEqual((status, message), (0, ""))
                self.check_size(800, resident_mib)
                self.results.rename(Path(self.common.name) / "resumed")
                self.assertEqual(self.run_limited(800, "--window", window, alerts=NO_ALERTS)[:2], (0, ""))
                self.assertEqual((Path(self.common.name) / "resumed").read_bytes(), self.results.read_bytes())
                self.results.write_bytes(EARLIER)

    @unittest.skipUnless(shutil.which("zstd"), "needs zstd")
    def test_the_window_that_unpacking_takes_counts(self):
        packed = subprocess.run(["zstd", "-q", "-1", "--long=27", "-c"], input=unique_rows(1000), capture_output=True,
                                check=True).stdout  # from a pipe: of unknown length, so that all of the window is asked for
        rows = self.write(packed)
        done = self.run_limited(150, "-p", "1", rows=rows)
        self.check_refused(150, done)
        self.assertIn("no room for unpacking the input within --memory: 128.", done[1])
        status, message, resident_mib = self.run_limited(250, "-p", "1", rows=rows)
        self.assertEqual((status, message), (0, ""))
        self.check_size(250, resident_mib)

    def test_what_a_process_function_takes_is_seen(self):
        if is_sanitized(self.tidemark):
            self.skipTest("sanitizers take many times what the program does")
        library = Path(self.tidemark).parent / "process" / "misbehave.so"
        if not library.exists():
            self.skipTest("needs the process functions of the tests")
        reading, writing = os.pipe()  # the input stays open: nothing but the look at the process can end the run
        try:
            os.write(writing, unique_rows(10) + b"x,2024-05-11 10:01:00,1\n")
            begin = time.monotonic()
            with os.fdopen(reading, "rb") as source:
                done = self.run_tidemark("run", "-q", "--memory", "100M", "--process", library, "--process-arg", "how=hoard",
                                         "--alerts", "/dev/null", "-", stdin=source)
            self.assertLess(time.monotonic() - begin, 60)
        finally:
            os.close(writing)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"no room for what libraries and process functions take within --memory", done.stderr)

    def test_what_is_kept_of_keys_counts(self):
        """Small windows that fire and go, but something stays of each key."""
        rows = HEADER + b"".join(b"k%07d,%d,1\n" % (i, 1_715_421_600_000 + i) for i in range(KEYS))
        for keeping in (("--inactive", "1d"), ("--alert", "sum > history.mean", "--history", "50")):
            with self.subTest(keeping):
                done = self.run_limited(70, "--window", "tumbling:1s", "--time-format", "epoch-ms", *keeping,
                                        rows=self.write(rows))
                self.check_refused(70, done)
                self.assertRegex(done[1], REFUSED)


if __name__ == "__main__":
    main(__doc__)
