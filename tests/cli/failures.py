#!/usr/bin/env python3
"""When a run fails, is there one clear message, the right exit status, and nothing half-written?"""
import gzip
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

HEADER = "transaction_id,timestamp,amount\n"
ROWS = HEADER + "".join(f"k{i % 7},2024-05-11 10:{i // 60 % 60:02}:{i % 60:02},9000\n" for i in range(3600))
EARLIER = "an earlier run's output\n"


class InAFolder(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.write("in.csv", ROWS)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def outputs(self):
        """Options for outputs that exist already, and must survive a failure."""
        names = ("results", "alerts", "late", "stats")
        for name in names:
            self.write(name, EARLIER)
        return [part for name in names for part in (f"--{name}", name)]

    def tree(self):
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}


class Failures(InAFolder):
    def fails(self, status, *arguments, **keywords):
        """Expects the exit status and untouched files; returns the message."""
        outputs = self.outputs()
        before = self.tree()
        done = self.run_tidemark("run", *outputs, *arguments, cwd=self.folder, **keywords)
        message = done.stderr.decode()
        self.assertEqual(done.returncode, status, message)
        self.assertTrue(message.strip())
        self.assertEqual(self.tree(), before)
        return message

    def test_a_missing_input(self):
        message = self.fails(1, "nowhere.csv")
        self.assertIn("nowhere.csv", message)
        self.assertIn("No such file", message)

    def test_a_missing_second_input(self):
        self.assertIn("nowhere.csv", self.fails(1, "in.csv", "nowhere.csv"))

    def test_a_directory(self):
        (self.folder / "folder").mkdir()
        self.assertIn("folder", self.fails(1, "folder"))

    @unittest.skipIf(os.geteuid() == 0, "root reads everything")
    def test_an_unreadable_input(self):
        self.write("secret.csv", ROWS).chmod(0)
        self.assertIn("Permission denied", self.fails(1, "secret.csv"))

    def test_an_empty_input(self):
        for content in (b"", b"\n\n", b"\xef\xbb\xbf"):
            with self.subTest(content):
                self.write("empty.csv", content)
                self.assertIn("empty.csv", self.fails(1, "empty.csv"))

    def test_a_header_whose_quote_stays_open(self):
        self.write("open.csv", 'transaction_id,"timestamp,amount\na,1,2\n')
        self.assertIn("open.csv", self.fails(1, "open.csv"))

    def test_an_empty_standard_input(self):
        self.fails(1, stdin=b"")

    def test_a_torn_gz(self):
        self.write("torn.csv.gz", gzip.compress(ROWS.encode())[:-20])
        self.assertIn("torn.csv.gz", self.fails(1, "torn.csv.gz"))

    def test_a_gz_with_a_wrong_checksum(self):
        packed = bytearray(gzip.compress(ROWS.encode()))
        packed[-8] ^= 1
        self.write("wrong.csv.gz", bytes(packed))
        self.assertIn("wrong.csv.gz", self.fails(1, "wrong.csv.gz"))

    def test_text_that_only_calls_itself_gz(self):
        self.write("text.csv.gz", ROWS)
        self.assertIn("text.csv.gz", self.fails(1, "text.csv.gz"))

    @unittest.skipUnless(shutil.which("zstd"), "needs zstd")
    def test_a_torn_zst(self):
        packed = subprocess.run(["zstd", "-qc"], input=ROWS.encode(), capture_output=True, check=True).stdout
        self.write("torn.csv.zst", packed[:-20])
        self.assertIn("torn.csv.zst", self.fails(1, "torn.csv.zst"))

    def test_an_output_folder_that_is_missing(self):
        self.assertIn("nowhere", self.fails(1, "--rejects", "nowhere/rejects.csv", "in.csv"))

    def test_an_output_that_is_a_directory(self):
        (self.folder / "folder").mkdir()
        self.assertIn("folder", self.fails(1, "--rejects", "folder", "in.csv"))

    def test_a_full_disk(self):
        done = self.run_tidemark("run", "--results", "/dev/full", "in.csv", cwd=self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr.decode())
        self.assertIn("/dev/full", done.stderr.decode())

    def test_a_full_disk_spoils_the_other_outputs_too(self):
        self.assertIn("No space left", self.fails(1, "--rejects", "/dev/full", "in.csv"))

    def test_a_full_disk_behind_stdout(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([self.tidemark, "run", "--results", "-", "in.csv"], stdout=full, stderr=subprocess.PIPE,
                                  cwd=self.folder, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)

    def test_a_closed_pipe_is_left_quietly(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        with open(write_end, "wb") as closed:
            done = subprocess.run([self.tidemark, "run", "--results", "-", "in.csv"], stdout=closed, stderr=subprocess.PIPE,
                                  cwd=self.folder, timeout=10, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn(b"Broken pipe", done.stderr)

    def test_a_closed_pipe_leaves_no_other_output(self):
        outputs = [part for part in self.outputs() if part not in ("--alerts", "alerts")]
        before = self.tree()
        read_end, write_end = os.pipe()
        os.close(read_end)
        with open(write_end, "wb") as closed:
            subprocess.run([self.tidemark, "run", *outputs, "in.csv"], stdout=closed, stderr=subprocess.PIPE,
                           cwd=self.folder, timeout=10, check=False)
        self.assertEqual(self.tree(), before)

    def test_too_many_rejects_leave_the_rejects_alone(self):
        self.write("bad.csv", ROWS + ",,\n" * 3)
        for limit in ("2", "0", "0.05%"):
            with self.subTest(limit):
                outputs = self.outputs()
                before = self.tree()
                done = self.run_tidemark("run", *outputs, "--rejects", "rejects", "--max-rejects", limit, "bad.csv",
                                         cwd=self.folder)
                self.assertEqual(done.returncode, 3, done.stderr)
                after = self.tree()
                self.assertTrue(after.pop("rejects").startswith(b"line,byte,reason,record\n3602,"))
                self.assertEqual(after, before)
                (self.folder / "rejects").unlink()

    def test_as_many_rejects_as_allowed(self):
        self.write("bad.csv", ROWS + ",,\n" * 3)
        done = self.run_tidemark("run", "--max-rejects", "3", "bad.csv", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)


class Outputs(InAFolder):
    """What a run that succeeds leaves behind."""

    def test_header_only(self):
        self.write("header.csv", HEADER)
        outputs = self.outputs()
        done = self.run_tidemark("run", *outputs, "header.csv", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.folder / "late").read_text(), "line,watermark_ms,record\n")

    def test_earlier_outputs_are_replaced_and_nothing_else_appears(self):
        outputs = self.outputs()
        before = set(self.tree())
        done = self.run_tidemark("run", *outputs, "in.csv", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(set(self.tree()), before)
        self.assertNotIn(EARLIER.encode(), self.tree().values())

    def test_a_symbolic_link_is_followed(self):
        self.write("target", EARLIER)
        (self.folder / "link").symlink_to("target")
        done = self.run_tidemark("run", "--results", "link", "in.csv", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((self.folder / "link").is_symlink())
        self.assertIn("window_start", (self.folder / "target").read_text())

    def test_a_device_stays_a_device(self):
        device = self.folder / "null"
        try:
            os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
            device.open("wb").close()
        except OSError:
            device = Path("/dev/null")  # then we are not root and cannot harm it
            if os.geteuid() == 0:
                self.skipTest("no device of our own to try it on")
        done = self.run_tidemark("run", "--results", device, "in.csv", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(stat.S_ISCHR(device.stat().st_mode))

    def test_a_named_pipe_is_written_in_place(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        read = []
        reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
        reader.start()
        done = self.run_tidemark("run", "--results", pipe, "in.csv", cwd=self.folder)
        reader.join()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(pipe.is_fifo())
        self.assertTrue(read[0].startswith(b"window_start,"))

    def test_alerts_go_to_stdout_unless_another_output_does(self):
        self.assertIn(b",rule\n", self.run_tidemark("run", "in.csv", cwd=self.folder).stdout)
        self.assertIn(b",rule\n", self.run_tidemark("run", "--results", "r", "in.csv", cwd=self.folder).stdout)
        self.assertNotIn(b",rule\n", self.run_tidemark("run", "--results", "-", "in.csv", cwd=self.folder).stdout)
        self.assertEqual(b"", self.run_tidemark("run", "--alert", "none", "in.csv", cwd=self.folder).stdout)

    def test_the_summary_names_every_class(self):
        summary = self.run_tidemark("run", "in.csv", cwd=self.folder).stderr.decode().lower()
        for word in ("rows", "used", "late", "gap", "missing", "malformed", "future"):
            self.assertRegex(summary, rf"\b{word}\b")
        self.assertRegex(summary.replace(",", ""), r"\b3600\b")

    def test_quiet_says_nothing(self):
        self.assertEqual(b"", self.run_tidemark("run", "-q", "in.csv", cwd=self.folder).stderr)

    def test_several_inputs_may_repeat(self):
        done = self.run_tidemark("run", "--alert", "none", "--rejects", "-", "in.csv", "in.csv", cwd=self.folder)
        self.assertEqual(done.stdout, b"file,line,byte,reason,record\n")


if __name__ == "__main__":
    main(__doc__)
