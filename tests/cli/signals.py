#!/usr/bin/env python3
"""Does a signal end or redirect a run at once, also while the input is silent, and keep what had fired?"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

HEADER = b"transaction_id,timestamp,amount\n"
SLOW = float(os.environ.get("TIDEMARK_SLOW", "1"))  # sanitizer builds get more time
SETTLE_S = 0.4 * SLOW
STOP_S = 1.0 * SLOW
END_S = 20 * SLOW


def row(second, amount=50):
    return b"k%d,2024-05-11 10:00:%02d,%d\n" % (second % 3, second, amount)


class Signals(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.process = None
        self.addCleanup(self.stop)

    def stop(self):
        if self.process:
            self.process.kill()
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                stream.close()
            self.process.wait()

    def start(self, *arguments):
        self.process = subprocess.Popen([self.tidemark, "run", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, bufsize=0, cwd=self.folder)

    def write(self, *lines):
        self.process.stdin.write(b"".join(lines))
        time.sleep(SETTLE_S)

    def end(self):
        """Closes the input; returns stdout of a run that must succeed."""
        out, err = self.process.communicate(timeout=END_S)
        self.assertEqual(self.process.returncode, 0, err)
        return out

    def check_stop(self, number, status, *arguments):
        self.start("--results", "results", "--stats", "stats", "--alert", "none", *arguments)
        self.write(HEADER, row(1), row(2), row(25), row(26))
        started = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(END_S)
        took = time.monotonic() - started
        message = self.process.stderr.read().decode()
        self.assertEqual(self.process.returncode, status, message)
        self.assertLess(took, STOP_S)
        results = (self.folder / "results").read_text().splitlines()
        self.assertEqual([line.split(",")[2] for line in results[1:]], ["k1", "k2"])
        self.assertRegex(message, r"\b2\b.*open|open.*\b2\b")
        self.assertEqual(json.loads((self.folder / "stats").read_text())["counts"]["rows"], 4)
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"results", "stats"})

    def test_interrupt_while_the_input_is_silent(self):
        self.check_stop(signal.SIGINT, 130, "-p", "1")

    def test_interrupt_with_many_workers(self):
        self.check_stop(signal.SIGINT, 130, "-p", "16")

    def test_terminate_while_the_input_is_silent(self):
        self.check_stop(signal.SIGTERM, 143, "-p", "3")

    def test_a_share_of_rejects_is_not_judged_before_the_end(self):
        self.start("--results", "results", "--alert", "none", "--max-rejects", "10%", "-p", "2")
        self.write(HEADER, row(1), b"k1,soon,1\n")
        self.process.send_signal(signal.SIGINT)
        self.process.wait(END_S)
        self.assertEqual(self.process.returncode, 130, self.process.stderr.read())

    def test_terminate_before_the_header(self):
        self.start("--results", "results")
        time.sleep(SETTLE_S)
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(END_S)
        self.assertEqual(self.process.returncode, 143)
        self.assertLess(time.monotonic() - started, STOP_S)

    def test_an_interrupt_that_the_caller_ignores_stays_ignored(self):
        """As for a shell's background job, which must not end with the job in front."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            self.start("--results", "-", "--alert", "none")
        finally:
            signal.signal(signal.SIGINT, before)
        self.write(HEADER, row(1))
        self.process.send_signal(signal.SIGINT)
        self.write(row(25))
        self.assertEqual(len(self.end().splitlines()), 3)

    def test_interrupt_while_busy(self):
        data = self.folder / "big.csv"
        with open(data, "wb") as out:
            subprocess.run([self.tidemark, "gen", "--rows", "3000000", "--keys", "1000"], stdout=out, check=True)
        self.start("--results", "results", "--alert", "none", "-p", "3", data)
        time.sleep(0.1)
        self.process.send_signal(signal.SIGINT)
        started = time.monotonic()
        self.process.wait(END_S)
        self.assertIn(self.process.returncode, (0, 130))  # 0: it was done before the signal came
        self.assertLess(time.monotonic() - started, STOP_S)

    def reload(self, *lines):
        (self.folder / "run.conf").write_text("".join(line + "\n" for line in lines))

    def test_hangup_reads_the_rules_anew(self):
        self.reload("alert = high=sum > 1000")
        self.start("--config", "run.conf", "--stats", "stats", "-p", "3")
        self.write(HEADER, row(1), row(12), row(13))
        self.reload("alert = low=sum > 10", "alert = any=count > 0")
        self.process.send_signal(signal.SIGHUP)
        time.sleep(SETTLE_S)
        self.write(row(25), row(37))
        rules = [line.split(",")[-1] for line in self.end().decode().splitlines()]
        self.assertEqual(rules, ["rule", *["low", "any"] * 4])
        self.check_reload_row()

    def check_reload_row(self):
        """The stats tell from which row on the new rules held: after the third, at the latest for the fourth."""
        stats = (self.folder / "stats").read_text()
        self.assertIn('"rules"', stats)
        reloads = find(json.loads(stats), "rules")
        self.assertRegex(json.dumps(reloads), r"\b[34]\b")

    def test_hangup_with_a_faulty_file_keeps_the_rules(self):
        self.reload("alert = low=sum > 10")
        self.start("--config", "run.conf")
        self.write(HEADER, row(1))
        self.reload("alert = low=sum > > 10")
        self.process.send_signal(signal.SIGHUP)
        time.sleep(SETTLE_S)
        self.write(row(12))
        rules = [line.split(",")[-1] for line in self.end().decode().splitlines()]
        self.assertEqual(rules, ["rule", "low", "low"])

    def test_hangup_twice(self):
        self.reload("alert = one=count > 0")
        self.start("--config", "run.conf", "-p", "7", "--batch-rows", "1")
        self.write(HEADER, row(1))
        for second, name in ((12, "two"), (25, "three")):
            self.reload(f"alert = {name}=count > 0")
            self.process.send_signal(signal.SIGHUP)
            time.sleep(SETTLE_S)
            self.write(row(second))
        self.reload("alert = four=count > 0")
        self.process.send_signal(signal.SIGHUP)
        time.sleep(SETTLE_S)
        self.write(row(37))
        rules = [line.split(",")[-1] for line in self.end().decode().splitlines()]
        self.assertEqual(rules, ["rule", "two", "three", "four", "four"])


def find(tree, name):
    """The first member of that name, at any depth."""
    if isinstance(tree, dict):
        if name in tree:
            return tree[name]
        tree = list(tree.values())
    found = (find(branch, name) for branch in tree) if isinstance(tree, list) else ()
    return next((branch for branch in found if branch is not None), None)


if __name__ == "__main__":
    main(__doc__)
