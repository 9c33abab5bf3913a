#!/usr/bin/env python3
"""Is a checkpoint resumed by the same run only, and is everything as it was where it is not?"""
import fcntl
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from checkpoint_folders import EARLIER, HEADER, OUTPUTS, POLICY, TEXT, InAFolder, rows
from harness import main

IN_MEMORY = Path("/dev/shm")
WAIT_S = 20
PROBE = "a process function"

# Every option of `run` is in one of these two; a new one has to be put somewhere.
FREE = {"--stats", "--max-rejects", "--parallelism", "--progress", "--quiet", "--verbose", "--config", "--help", "--batch-rows",
        "--ring-slots", "--simd", "--scheduler", "--checkpoint", "--checkpoint-every", "--resume", "--memory"}
OTHER = {  # option -> a value that is not the default; None: a flag
    "--key": "1", "--time": "2", "--value": "3", "--no-header": None, "--delimiter": ";", "--time-format": "epoch-ms",
    "--timezone": "+01:00", "--decimals": "2", "--decimal-comma": None, "--na": "-", "--trim": None, "--max-row-bytes": "100",
    "--inputs": "partitions", "--out-of-orderness": "2s", "--max-future": "1d", "--allowed-lateness": "1s",
    "--clock": "virtual:5", "--idle-timeout": "1s", "--window": "tumbling:5s", "--aggregate": "sum", "--history": "7",
    "--inactive": "5s", "--at-end": "drop", "--format": "jsonl", "--flink-parallelism": "2", "--time-output": "iso",
    "--order": "key", "--escape-formulas": None, "--follow": None, "--results": "other.out", "--alerts": "other.out",
    "--late": "other.out", "--rejects": "other.out", "--trace": "trace.out", "--side-output": "big=big.out",
    "--alert": "big=sum > 1", "--process": PROBE, "--process-arg": "after=1"}
NEEDS = {"--side-output": ("--alert", "big=sum > 8000"), "--process-arg": ("--process", PROBE),
         "--flink-parallelism": ("--format", "flink"), "--no-header": ("--key", "1", "--time", "2", "--value", "3")}
NAMED = {"--alert": "the alert rules are not those"}


def options_in(text):
    return set(re.findall(r"^ {2,6}(?:-\w, )?(--[a-z-]+)", text, re.MULTILINE))


class OtherRuns(InAFolder):
    """What is resumed is the same run, or nothing."""

    def test_every_option_is_thought_of(self):
        self.assertEqual(options_in(self.run_tidemark("run", "--help").stdout.decode()), FREE | OTHER.keys())

    def test_other_options(self):
        probe = str(Path(self.tidemark).parent / "process" / "probe.so")
        for option, value in OTHER.items():
            with self.subTest(option):
                shutil.rmtree(self.checkpoint, ignore_errors=True)
                needed = [probe if word is PROBE else word for word in NEEDS.get(option, ())]
                self.break_off(*needed)
                given = [*needed, option] + ([probe if value is PROBE else value] if value else [])
                message = self.refuses(lambda: self.resume(*given))
                self.assertIn(NAMED.get(option, option), message)

    def test_options_that_are_free(self):
        expected = self.whole()
        self.break_off()
        done = self.resume("--max-rejects", "99%", "-p", "7", "--progress", "never", "-q", "--batch-rows", "3", "--ring-slots",
                           "2", "--simd", "portable", "--scheduler", "one:7", "--checkpoint-every", "1", "--memory", "1G")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(self.outputs(), expected)

    def test_an_option_that_is_there_no_more(self):
        self.break_off("--trim", "--inactive", "20s")
        self.refuses(lambda: self.resume("--inactive", "20s"), "--trim was 'true'", "is 'false' now")
        self.refuses(lambda: self.resume("--trim"), "--inactive")

    def test_other_rules(self):
        self.break_off("--alert", "a=sum > 1000", "--alert", "b=count > 1")
        for rules in ((), ("a=sum > 1000",), ("b=count > 1", "a=sum > 1000"), ("a=sum > 1001", "b=count > 1"),
                      ("a=sum > 1000", "c=count > 1"), ("a=sum > 1000", "b=count > 1", "c=min > 1"), ("none",)):
            with self.subTest(rules):
                self.refuses(lambda: self.resume(*(part for rule in rules for part in ("--alert", rule))), "alert rules")

    def test_other_inputs(self):
        self.break_off()
        (self.folder / "more.csv").write_text(TEXT)
        self.refuses(lambda: self.resume(inputs=("in.csv", "more.csv")), "inputs are not those")
        self.refuses(lambda: self.resume(inputs=("nowhere.csv",)), "nowhere.csv")

    def test_an_input_that_has_been_moved_is_the_same(self):
        expected = self.whole()
        self.break_off()
        (self.folder / "in.csv").rename(self.folder / "moved.csv")
        done = self.resume(inputs=("moved.csv",))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.outputs(), expected)

    def test_an_input_that_is_longer_or_shorter(self):
        self.break_off()
        for text in (TEXT + rows(1), TEXT[:-1], TEXT[:len(HEADER) + 10], HEADER):
            with self.subTest(len(text)):
                (self.folder / "in.csv").write_text(text)
                self.refuses(self.resume, "in.csv")

    def test_a_byte_that_has_changed_in_what_was_read(self):
        self.break_off()
        for at in (0, len(HEADER), TEXT.index("soon")):
            with self.subTest(at):
                (self.folder / "in.csv").write_text(TEXT[:at] + "x" + TEXT[at + 1:])
                self.refuses(self.resume, "in.csv", "are not the same")


class Folders(InAFolder):
    """Which folders are taken, and what becomes of them."""

    def test_without_checkpoint_nothing_can_be_resumed(self):
        self.refuses(lambda: self.run_in("--resume", "in.csv"), "--resume", "add --checkpoint DIR", status=2)
        self.refuses(lambda: self.run_in("--checkpoint-every", "1s", "in.csv"), "--checkpoint-every", status=2)

    def test_times_between_checkpoints_that_are_none(self):
        for text in ("0", "-1", "0s", "soon", "", "1.5", "99999999999999999999"):
            with self.subTest(text):
                self.refuses(lambda: self.run_checkpointed("--checkpoint-every", text), "--checkpoint-every", status=2)

    def test_a_missing_folder_begins_at_the_beginning_and_says_so(self):
        expected = self.whole()
        done = self.resume()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("no checkpoint in 'ck' yet: from the beginning", done.stderr.decode())
        self.assertEqual(self.outputs(), expected)

    def test_an_empty_folder_too(self):
        self.checkpoint.mkdir()
        (self.checkpoint / "checkpoint-1").write_text("the name of no record")
        done = self.resume()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("from the beginning", done.stderr.decode())

    def test_a_folder_that_holds_a_checkpoint_is_not_begun_anew(self):
        self.break_off()
        self.refuses(self.run_checkpointed, "holds a checkpoint already", "--resume")

    def test_rights_of_what_is_made(self):
        previous = os.umask(0)
        try:
            self.break_off()
        finally:
            os.umask(previous)
        self.assertEqual(stat.S_IMODE(self.checkpoint.stat().st_mode), 0o700)
        for record in self.records():
            self.assertEqual(stat.S_IMODE(record.stat().st_mode), 0o600)

    def test_a_folder_in_a_folder_that_is_missing(self):
        self.refuses(lambda: self.run_in(*self.output_options(), "--checkpoint", "no/ck", "in.csv"), "no/ck", "No such file")

    def test_a_file_where_the_folder_should_be(self):
        self.checkpoint.write_text(EARLIER)
        self.refuses(self.run_checkpointed, "'ck'")
        self.refuses(self.resume, "'ck'")

    @unittest.skipIf(os.geteuid() == 0, "root writes everywhere")
    def test_a_folder_that_cannot_be_written(self):
        self.checkpoint.mkdir(0o500)
        self.refuses(self.run_checkpointed, "ck", "Permission denied")

    def test_a_folder_in_use(self):
        self.break_off()
        handle = os.open(self.checkpoint, os.O_RDONLY)
        self.addCleanup(os.close, handle)
        fcntl.flock(handle, fcntl.LOCK_EX)
        self.refuses(self.resume, "in use by another run")
        self.refuses(self.run_checkpointed, "in use by another run")

    def test_a_folder_in_use_by_a_run(self):
        command = [self.tidemark, "run", *self.output_options(), "--checkpoint", "ck", "-"]
        with subprocess.Popen(command, cwd=self.folder, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + WAIT_S
            while not (self.checkpoint / "results.part").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            self.refuses(self.resume, "in use by another run")
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(WAIT_S), 128 + signal.SIGTERM)  # before its input ends, empty

    def test_a_finished_run_is_not_run_again(self):
        self.run_checkpointed()
        before = self.state()
        (self.folder / "in.csv").unlink()  # it is needed no more
        for _ in range(2):
            done = self.resume()
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("has finished", done.stderr.decode())
            self.assertEqual(self.state(), {name: content for name, content in before.items() if name != "in.csv"})
        self.refuses(self.run_checkpointed, "holds a checkpoint already")

    def test_a_finished_run_of_other_options(self):
        self.run_checkpointed()
        self.refuses(lambda: self.resume("--window", "tumbling:3s"), "--window")

    def test_at_most_two_records_are_kept(self):
        for every in ("1", "3", "50"):
            shutil.rmtree(self.checkpoint, ignore_errors=True)
            self.break_off("--checkpoint-every", every)


class Unfinished(InAFolder):
    """Outputs until the run has ended well."""

    def test_earlier_outputs_stay_until_the_end(self):
        expected = self.whole()
        for name in OUTPUTS:
            (self.folder / f"{name}.out").write_text(EARLIER)
        os.chmod(self.folder / "results.out", 0o604)
        self.break_off()
        for name in OUTPUTS:
            if name != "rejects":
                self.assertEqual((self.folder / f"{name}.out").read_text(), EARLIER, name)
        done = self.resume()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.outputs(), expected)
        self.assertEqual(stat.S_IMODE((self.folder / "results.out").stat().st_mode), 0o604)

    def test_too_many_rejects_leave_the_rejects_alone_and_can_be_resumed(self):
        expected = self.whole()
        self.break_off()
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"ck", "in.csv", "rejects.out"})
        self.assertEqual(self.outputs(), {"rejects": expected["rejects"]})
        before = self.state()
        done = self.resume("--max-rejects", "0")
        self.assertEqual(done.returncode, POLICY, done.stderr)
        self.assertEqual(self.outputs(), {"rejects": before["rejects.out"][0]})
        self.assertEqual(self.resume("--max-rejects", "1").returncode, 0)
        self.assertEqual(self.outputs(), expected)

    def test_a_part_of_which_bytes_are_missing(self):
        for name in ("results", "alerts", "late"):
            with self.subTest(name):
                shutil.rmtree(self.checkpoint, ignore_errors=True)
                self.break_off()
                part = self.checkpoint / f"{name}.part"
                part.write_bytes(part.read_bytes()[:-1])
                self.refuses(self.resume, f"{name}.part", "bytes")
                part.unlink()
                self.refuses(self.resume, f"{name}.part", "No such file")

    def test_what_lies_behind_the_checkpoint_is_cut_off(self):
        expected = self.whole()
        self.break_off()
        for name in ("results", "alerts", "late", "rejects"):
            with open(self.checkpoint / f"{name}.part", "ab") as part:
                part.write(b"of a dead run\n" * 100)
        self.assertEqual(self.resume().returncode, 0)
        self.assertEqual(self.outputs(), expected)

    def test_parts_that_are_links_or_no_files(self):
        self.break_off()
        part = self.checkpoint / "results.part"
        content = part.read_bytes()
        for make in (lambda: part.symlink_to(self.folder / "victim"), lambda: os.mkfifo(part), part.mkdir):
            part.rmdir() if part.is_dir() else part.unlink()
            (self.folder / "victim").write_bytes(content + b"precious\n")
            make()
            self.refuses(lambda: self.resume(timeout=WAIT_S), "results.part")

    def test_links_in_a_folder_that_is_begun(self):
        (self.folder / "victim").write_text("precious\n")
        self.checkpoint.mkdir()
        (self.checkpoint / "results.part").symlink_to(self.folder / "victim")
        done = self.run_checkpointed()
        self.assertEqual(done.returncode, 1)
        self.assertIn("results.part", done.stderr.decode())
        self.assertEqual((self.folder / "victim").read_text(), "precious\n")

    def test_a_link_where_the_unfinished_record_goes_is_replaced(self):
        (self.folder / "victim").write_text("precious\n")
        self.checkpoint.mkdir()
        (self.checkpoint / "checkpoint.tmp").symlink_to(self.folder / "victim")
        self.assertEqual(self.run_checkpointed().returncode, 0)
        self.assertEqual((self.folder / "victim").read_text(), "precious\n")

    def test_a_record_that_is_a_link_is_not_followed(self):
        self.break_off()
        record = self.records()[-1]
        record.rename(self.folder / "elsewhere")
        record.symlink_to(self.folder / "elsewhere")
        self.refuses(self.resume, record.name, "symbolic links")

    def test_outputs_that_cannot_be_taken_back(self):
        os.mkfifo(self.folder / "pipe")
        for target in ("-", "pipe", "/dev/null", "/dev/full"):
            with self.subTest(target):
                self.refuses(lambda: self.run_in("--results", target, "--alert", "none", "--checkpoint", "ck", "in.csv", timeout=WAIT_S),
                             "--results", status=2)
        self.refuses(lambda: self.run_in("--checkpoint", "ck", "in.csv"), "--alerts", "standard output", status=2)

    def test_an_output_within_the_folder(self):
        """A part and a final output could be the same file."""
        for name in ("ck/results.part", "ck/alerts.part", "ck/checkpoint-00000000000000000001", "ck/checkpoint.tmp"):
            with self.subTest(name):
                shutil.rmtree(self.checkpoint, ignore_errors=True)
                done = self.run_in("--results", name, "--alert", "none", "--checkpoint", "ck", "in.csv")
                if done.returncode == 0:
                    self.assertEqual((self.folder / name).read_bytes(), self.whole("--alert", "none")["results"])
                else:
                    self.assertEqual(done.returncode, 2, done.stderr)

    @unittest.skipUnless(IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK)
                         and IN_MEMORY.stat().st_dev != Path(tempfile.gettempdir()).stat().st_dev, "needs two file systems")
    def test_a_folder_on_another_file_system(self):
        expected = self.whole()
        far = Path(tempfile.mkdtemp(dir=IN_MEMORY))
        self.addCleanup(shutil.rmtree, far)
        (self.folder / "results.out").write_text(EARLIER)
        os.chmod(self.folder / "results.out", 0o640)
        options = [*self.output_options(), "--checkpoint", far / "ck"]
        done = self.run_in(*options, "--max-rejects", "0", "in.csv")
        self.assertEqual(done.returncode, POLICY, done.stderr)
        self.assertEqual(self.outputs(), {"results": EARLIER.encode(), "rejects": expected["rejects"]})
        done = self.run_in(*options, "--resume", "in.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.outputs(), expected)
        self.assertEqual(stat.S_IMODE((self.folder / "results.out").stat().st_mode), 0o640)
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"in.csv", *(f"{name}.out" for name in OUTPUTS)})
        self.assertFalse([path for path in (far / "ck").iterdir() if path.suffix == ".part"])


if __name__ == "__main__":
    main(__doc__)
