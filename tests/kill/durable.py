#!/usr/bin/env python3
"""Is everything on the disk that a record speaks of, before the record has its name, and the name before all goes on?

A kill cannot show that, for the system keeps what was written; only a power failure would. So the calls are looked at
in turn, as tidemark_faults notes them.
"""
import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

OUTPUTS = ("results", "alerts", "late", "rejects", "stats")
LOOKED_AT = {"write", "fdatasync", "fsync", "openat", "renameat", "rename", "close", "ftruncate"}


class Durable(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        generated = self.run_tidemark("gen", "--rows", "20000", "--keys", "100", "--late", "2%", "--malformed", "1%")
        (self.folder / "in.csv").write_bytes(generated.stdout)

    def calls(self, *arguments, status=0):
        """The kinds of calls in turn."""
        log = self.folder / "log"
        log.unlink(missing_ok=True)
        outputs = [part for name in OUTPUTS for part in (f"--{name}", f"{name}.out")]
        done = self.run_tidemark("run", *outputs, "--scheduler", "one:1", "--checkpoint", "ck", "--checkpoint-every", "3000",
                                 *arguments, "in.csv", cwd=self.folder, env={**os.environ, "FAULT_LOG": str(log)})
        self.assertEqual(done.returncode, status, done.stderr)
        return [kind for kind in (line.split()[0] for line in log.read_text().splitlines()) if kind in LOOKED_AT]

    def check_records(self, calls, least):
        """Outputs, record, its name, in this order; nothing is written in between but the record."""
        ends = [at for at, kind in enumerate(calls) if kind == "renameat"]
        self.assertGreaterEqual(len(ends), least)
        for at in ends:
            begin = max(i for i in range(at) if calls[i] == "openat")
            self.assertEqual(calls[begin - len(OUTPUTS):begin], ["fdatasync"] * len(OUTPUTS))
            self.assertEqual([kind for kind in calls[begin + 1:at] if kind != "write"], ["fsync", "close"])
            self.assertEqual(calls[at - 3:at], ["write", "fsync", "close"])
            self.assertEqual(calls[at + 1], "fsync")
        return ends

    def test_a_whole_run(self):
        calls = self.calls()
        last = self.check_records(calls, 6)[-1]
        self.assertNotIn("rename", calls[:last])
        moves = [kind for kind in calls[last + 2:] if kind in ("rename", "fsync", "write")]
        self.assertEqual(moves[:2 * len(OUTPUTS)], ["rename", "fsync"] * len(OUTPUTS))

    def test_a_run_that_is_resumed(self):
        self.calls("--max-rejects", "100", status=3)
        calls = self.calls("--resume")
        self.assertLess(calls.index("ftruncate"), calls.index("write"))
        self.check_records(calls, 1)


if __name__ == "__main__":
    main(__doc__)
