#!/usr/bin/env python3
"""Is everything said when the input pauses: by pipes held open, followed files, and clocks that go on without rows?

Nothing here asks how long something takes: output is waited for, with a limit that means that it hangs.
"""
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

HEADER = "transaction_id,timestamp,amount\n"
LIMIT_S = 30
IS_SANITIZED = os.environ.get("TIDEMARK_SLOW", "1") != "1"
LOOK_S = 0.01
GROWTHS = 400
GROWTH_ROWS = 500
RSS_GROWTH_KIB_MAX = 4096
MACHINES = (("-p", "1"), ("-p", "7", "--batch-rows", "1", "--ring-slots", "2"), ("-p", "3", "--order", "key"),
            ("-p", "3", "--scheduler", "one:7"))


def row(key, second, amount=50):
    return f"{key},2024-05-11 10:{second // 60:02d}:{second % 60:02d},{amount}\n"


class Pauses(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.process = None
        self.addCleanup(self.kill)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            for stream in (self.process.stdin, self.process.stderr):
                if stream and not stream.closed:
                    stream.close()
            self.process.wait()

    def start(self, *arguments, stdin=subprocess.PIPE):
        """A run whose results go to the file `out`."""
        self.kill()
        with open(self.folder / "out", "wb") as out:
            self.process = subprocess.Popen(
                [self.tidemark, "run", "--results", "-", *arguments], stdin=stdin, stdout=out, stderr=subprocess.PIPE,
                bufsize=0, cwd=self.folder)

    def write(self, *lines):
        self.process.stdin.write("".join(lines).encode())

    def append(self, name, *lines):
        with open(self.folder / name, "a") as out:
            out.write("".join(lines))

    def lines(self, name="out"):
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def wait(self, holds, what):
        limit = time.monotonic() + LIMIT_S
        while not holds():
            self.assertLess(time.monotonic(), limit, f"no {what}: {self.lines()}")
            time.sleep(LOOK_S)

    def wait_lines(self, count, name="out"):
        """So many lines below the header, and no more."""
        self.wait(lambda: len(self.lines(name)) > count, f"{count} lines in {name}")
        self.assertEqual(len(self.lines(name)), count + 1, self.lines(name))
        return self.lines(name)[1:]

    def end(self, status=0):
        """Closes the input or, with a status of 128 and more, sends the signal; returns the messages."""
        if status > 128:
            self.process.send_signal(status - 128)
        elif self.process.stdin:
            self.process.stdin.close()
        self.process.wait(LIMIT_S)
        message = self.process.stderr.read().decode()
        self.assertEqual(self.process.returncode, status, message)
        return message


class Pipes(Pauses):
    def test_windows_fire_for_all_when_rows_come_for_one(self):
        """One key's row moves the watermark past windows of workers that get nothing more."""
        for machine in MACHINES:
            with self.subTest(machine):
                self.start(*machine)
                self.write(HEADER, *(row(f"k{i}", i % 10) for i in range(20)))
                self.write(row("k0", 30))
                self.assertEqual({line.split(",")[2] for line in self.wait_lines(20)}, {f"k{i}" for i in range(20)})
                self.write(row("k0", 60))
                self.wait_lines(21)
                self.end()

    def test_sessions_and_their_late_rows_come_while_the_pipe_is_open(self):
        os.mkfifo(self.folder / "late")
        for machine in MACHINES:
            with self.subTest(machine):
                self.start("--window", "session:5s", "--late", "late", *machine)
                with open(self.folder / "late") as late:
                    self.write(HEADER, *(row(f"k{i}", i // 2) for i in range(20)))
                    self.write(row("k0", 30))
                    self.assertEqual({line.split(",")[2] for line in self.wait_lines(20)}, {f"k{i}" for i in range(20)})
                    self.write(row("k3", 12), row("k0", 23))
                    self.assertEqual(late.readline(), "line,watermark_ms,record\n")
                    early = [late.readline()]  # with --order key each worker's come as they do
                    self.write(row("k7", 25))  # not late: it ends with the watermark's next second
                    self.write(row("k7", 60))
                    self.assertEqual({line.split(",")[2] for line in self.wait_lines(22)[20:]}, {"k0", "k7"})
                    self.process.stdin.close()
                    lines = [*early, *late]
                    self.assertIn(f"23,1715421628999,\"{row('k3', 12)[:-1]}\"\n", lines)
                    numbers = [line.split(",")[0] for line in lines]
                    self.assertEqual(sorted(numbers) if "key" in machine else numbers, ["23", "24"])
                self.end()

    def test_count_windows_come_while_the_pipe_is_open(self):
        for machine in MACHINES:
            with self.subTest(machine):
                self.start("--window", "count:2", *machine)
                self.write(HEADER, row("a", 30), row("b", 20), row("b", 10), row("c", 1))
                self.assertEqual([line.split(",")[2] for line in self.wait_lines(1)], ["b"])
                self.write(row("a", 2))
                self.assertEqual([line.split(",")[2] for line in self.wait_lines(2)], ["b", "a"])
                self.assertIn("windows open at the end, with fewer than 2 rows: 1; they give nothing", self.end())

    def test_alerts_come_while_the_pipe_is_open(self):
        os.mkfifo(self.folder / "alerts")
        self.start("--alerts", "alerts", "--alert", "sum > 40", "-p", "3")
        with open(self.folder / "alerts") as alerts:
            self.write(HEADER, row("a", 1), row("b", 2, 7), row("c", 25))
            self.assertTrue(alerts.readline().startswith("window_start"))
            self.assertEqual(alerts.readline().split(",")[2], "a")
            self.write(row("d", 45))
            self.assertEqual(alerts.readline().split(",")[2], "c")
            self.process.stdin.close()
            self.assertEqual(len(alerts.readlines()), 1)
        self.end()


class Follow(Pauses):
    def follow(self, *arguments, files=("in.csv",), **keywords):
        self.start("--follow", *arguments, *files, stdin=subprocess.DEVNULL, **keywords)

    def test_a_file_that_grows(self):
        for machine in MACHINES:
            with self.subTest(machine):
                (self.folder / "in.csv").write_text(HEADER + row("a", 1))
                self.follow(*machine)
                self.append("in.csv", row("b", 15))
                self.wait_lines(1)
                self.append("in.csv", row("c", 31), row("a", 52))
                self.wait_lines(3)
                self.assertIn("1 results of open windows", self.end(143))
                self.assertEqual(len(self.lines()), 4)

    def test_an_empty_file_that_gets_its_header_byte_by_byte(self):
        (self.folder / "in.csv").touch()
        self.follow("-p", "2")
        for byte in HEADER + row("a", 1) + row("b", 31):
            self.append("in.csv", byte)
        self.wait_lines(1)
        self.end(143)

    def test_a_row_counts_when_its_line_end_has_come(self):
        (self.folder / "in.csv").write_text(HEADER + row("a", 1) + row("b", 15, 4).rstrip("\n"))
        self.follow("--stats", "stats", "-p", "2")
        self.append("in.csv", "2\n" + row("c", 31))
        self.assertEqual([line.split(",")[4] for line in self.wait_lines(2)], ["50", "42"])
        self.append("in.csv", row("d", 55).rstrip("\n"))
        self.end(130)
        self.assertEqual(json.loads((self.folder / "stats").read_text())["counts"]["rows"], 3)

    def test_signals_while_nothing_comes(self):
        (self.folder / "in.csv").write_text(HEADER + row("a", 1) + row("b", 31))
        for status in (130, 143):
            self.follow("-p", "5")
            self.wait_lines(1)
            self.assertRegex(self.end(status), r"stopped by signal \d+: 1 results of open windows were not fired")

    def test_the_open_file_is_followed_and_not_its_name(self):
        (self.folder / "in.csv").write_text(HEADER + row("a", 1))
        self.follow("-p", "2")
        self.append("in.csv", row("b", 15))
        self.wait_lines(1)
        (self.folder / "in.csv").rename(self.folder / "moved.csv")
        (self.folder / "in.csv").write_text(HEADER + row("x", 59))
        self.append("moved.csv", row("c", 31))
        self.wait_lines(2)
        with open(self.folder / "moved.csv", "a") as still_open:
            (self.folder / "moved.csv").unlink()
            still_open.write(row("d", 45))
        self.assertEqual([line.split(",")[2] for line in self.wait_lines(3)], ["a", "b", "c"])
        self.end(143)

    def test_a_file_that_is_cut_short_ends_the_run(self):
        (self.folder / "in.csv").write_text(HEADER + row("a", 1) + row("b", 15))
        self.follow("-p", "2")
        self.wait_lines(1)
        os.truncate(self.folder / "in.csv", 0)
        self.assertRegex(self.end(1), r"in\.csv: it was cut short while it was followed")
        self.assertEqual(len(self.lines()), 2)

    def test_packed_files_are_refused_before_anything_is_written(self):
        packed = gzip.compress((HEADER + row("a", 1)).encode())
        for name in ("in.csv.gz", "in.csv"):
            with self.subTest(name):
                (self.folder / name).write_bytes(packed)
                done = self.run_tidemark("run", "--follow", "--results", "r.csv", name, cwd=self.folder)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertRegex(done.stderr.decode(), rf"--follow: {name} holds gzip data")
                self.assertFalse((self.folder / "r.csv").exists())

    def test_packed_data_in_an_empty_file_is_refused_when_it_comes(self):
        (self.folder / "in.csv").touch()
        self.follow()
        (self.folder / "in.csv").write_bytes(gzip.compress(HEADER.encode()))
        self.assertRegex(self.end(2), "holds gzip data")

    def test_files_before_the_last_are_read_to_their_end(self):
        (self.folder / "first.csv.gz").write_bytes(gzip.compress((HEADER + row("a", 1)).encode()))
        (self.folder / "in.csv").write_text(HEADER + row("b", 15))
        self.follow("-p", "2", files=("first.csv.gz", "in.csv"))
        self.assertEqual(self.wait_lines(1)[0].split(",")[2], "a")
        self.append("in.csv", row("c", 31))
        self.wait_lines(2)
        self.end(143)

    def test_standard_input_from_a_file_is_followed_from_where_it_stands(self):
        (self.folder / "in.csv").write_text("passed over\n" + HEADER + row("a", 1))
        with open(self.folder / "in.csv", "rb", buffering=0) as source:
            source.read(len("passed over\n"))
            self.start("--follow", stdin=source)
        self.append("in.csv", row("b", 15))
        self.wait_lines(1)
        self.end(143)

    def test_the_end_of_a_pipe_is_the_end(self):
        self.start("--follow", "-p", "2")
        self.write(HEADER, row("a", 1), row("b", 15))
        self.wait_lines(1)
        self.assertIn("fired all open windows", self.end())
        self.assertEqual(len(self.lines()), 3)

    def test_outputs_are_appended_to_and_get_one_header(self):
        (self.folder / "in.csv").write_text(HEADER + row("a", 1) + "x,,\n" + row("b", 31, 70) + row("a", 2) + row("c", 55))
        outputs = {"results": 2, "alerts": 1, "late": 1, "rejects": 1, "big": 1}
        for run in (1, 2):
            self.kill()
            self.process = subprocess.Popen(
                [self.tidemark, "run", "--follow", "--results", "results", "--alerts", "alerts", "--alert", "sum > 60",
                 "--alert", "big=sum > 60", "--side-output", "big=big", "--late", "late", "--rejects", "rejects",
                 "--stats", "stats", "-p", "3", "in.csv"],
                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.folder)
            for name, count in outputs.items():
                self.assertEqual(len(self.wait_lines(run * count, name)), run * count)
            self.assertFalse((self.folder / "stats").exists() and run == 1)
            self.end(143)
            self.assertEqual(json.loads((self.folder / "stats").read_text())["counts"]["rows"], 5)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), sorted([*outputs, "stats", "in.csv"]))

    def test_an_output_whose_folder_is_missing(self):
        (self.folder / "in.csv").write_text(HEADER)
        done = self.run_tidemark("run", "--follow", "--results", "no/r.csv", "in.csv", cwd=self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("'no/r.csv': its folder does not exist", done.stderr.decode())

    def test_other_commands_do_not_follow(self):
        for command in ("compare", "bench", "profile"):
            done = self.run_tidemark(command, "--follow", "in.csv", cwd=self.folder)
            self.assertEqual(done.returncode, 2, command)

    @unittest.skipIf(IS_SANITIZED, "a sanitizer's memory grows")
    def test_memory_does_not_grow_with_the_file(self):
        (self.folder / "in.csv").write_text(HEADER)
        self.follow("-p", "3", "--window", "tumbling:1s", "--aggregate", "sum,count,stddev,last")
        second, sizes = 0, []
        for growth in range(GROWTHS):
            self.append("in.csv", *(row(f"key {i % 50}", second + i // 100) for i in range(GROWTH_ROWS)))
            second = (second + GROWTH_ROWS // 100) % 3000 if second < 2900 else second
            if growth % (GROWTHS // 4) == GROWTHS // 4 - 1:
                self.wait(lambda: self.is_asleep(), "pause")
                sizes.append(self.rss_kib())
        self.assertLess(sizes[-1] - sizes[1], RSS_GROWTH_KIB_MAX, sizes)
        self.end(143)

    def is_asleep(self):
        """Has it read all there is?"""
        fds = Path(f"/proc/{self.process.pid}/fdinfo")
        size = (self.folder / "in.csv").stat().st_size
        for fd in Path(f"/proc/{self.process.pid}/fd").iterdir():
            if os.path.realpath(fd) == os.path.realpath(self.folder / "in.csv"):
                return int(re.search(r"pos:\s+(\d+)", (fds / fd.name).read_text())[1]) == size
        return False

    def rss_kib(self):
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())[1])


class Clocks(Pauses):
    def test_a_silent_input_moves_the_watermark_on(self):
        for machine in MACHINES:
            with self.subTest(machine):
                self.start("--idle-timeout", "50ms", "--window", "tumbling:1s", *machine)
                self.write(HEADER, row("a", 1), row("b", 1), row("c", 1))
                lines = self.wait_lines(3)
                self.assertEqual({line.split(",")[2] for line in lines}, {"a", "b", "c"})
                self.assertEqual(len({line.split(",")[6] for line in lines}), 1, "one watermark for all")
                self.end()

    def test_without_the_timeout_nothing_moves(self):
        self.start("--window", "tumbling:1s", "-p", "2")
        self.write(HEADER, row("a", 1), row("a", 3))
        self.wait_lines(1)
        self.end(143)
        self.assertEqual(len(self.lines()), 2)

    def test_rows_after_a_silence_are_judged_by_the_moved_watermark(self):
        self.start("--idle-timeout", "50ms", "--window", "tumbling:1s", "--late", "late", "--stats", "stats", "-p", "3")
        self.write(HEADER, row("a", 1))
        self.wait_lines(1)
        self.write(row("b", 1))  # in time by the rows alone
        self.write(row("c", 3000), row("c", 3010))  # ahead of the silence: their own watermark counts again
        self.wait(lambda: len(self.lines()) > 2, "result of c")
        self.end()
        result, late = self.lines()[1].split(","), self.lines("late")[1].split(",")
        self.assertGreaterEqual(int(late[1]), int(result[6]))
        self.assertEqual(self.lines()[2].split(",")[6], "1715424608999")
        counts = json.loads((self.folder / "stats").read_text())["counts"]
        self.assertEqual((counts["rows"], counts["used"], counts["late"]), (4, 3, 1))

    def test_an_idle_timeout_that_means_nothing_is_refused(self):
        for arguments in (("--out-of-orderness", "unbounded"), ("--clock", "processing"), ("--clock", "virtual:5")):
            done = self.run_tidemark("run", "--idle-timeout", "1s", *arguments, cwd=self.folder)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn("--idle-timeout", done.stderr.decode())

    def test_processing_time_fires_while_the_input_is_silent(self):
        for machine in MACHINES:
            with self.subTest(machine):
                self.start("--clock", "processing", "--window", "tumbling:200ms", *machine)
                self.write(HEADER, row("a", 40), row("b", 1), row("a", 2))
                self.wait(lambda: len(self.lines()) > 2, "results")
                self.assertIn("0 late", self.end())
                lines = [line.split(",") for line in self.lines()[1:]]
                self.assertEqual(sum(int(line[5]) for line in lines), 3)
                # The watermark is that of event time: 10:00:40 - 1 s - 1 ms.
                self.assertEqual({line[6] for line in lines}, {"1715421638999"})

    def test_sessions_end_while_the_input_is_silent(self):
        for clock in (("--clock", "processing"), ("--idle-timeout", "50ms", "--out-of-orderness", "0")):
            for machine in MACHINES:
                with self.subTest(clock + machine):
                    self.start("--window", "session:200ms", *clock, *machine)
                    self.write(HEADER, row("a", 1), row("b", 1), row("a", 1))
                    self.wait_lines(2)
                    self.assertEqual(sorted(line.split(",")[5] for line in self.lines()[1:]), ["1", "2"])
                    self.write(row("b", 1000))
                    self.wait_lines(3)
                    self.end()

    def test_a_key_falls_silent_with_the_whole_input(self):
        for machine in MACHINES:
            with self.subTest(machine):
                self.start("--idle-timeout", "50ms", "--window", "tumbling:1d", "--inactive", "1100ms", "--alert", "none",
                           "--results", os.devnull, "--alerts", "-", *machine)
                self.write(HEADER, row("a", 1), row("b", 1), row("c", 40))
                self.wait(lambda: len(self.lines()) > 3, "three alerts")
                keys = [line.split(",")[2] for line in self.lines()[1:]]
                self.assertEqual(sorted(keys) if "key" in machine else keys, ["a", "b", "c"])
                self.end()

    def test_processing_time_without_a_watermark(self):
        self.start("--clock", "processing", "--window", "tumbling:100ms", "--out-of-orderness", "unbounded", "-p", "2")
        self.write(HEADER, row("a", 40), row("b", 1))
        self.wait(lambda: len(self.lines()) > 2, "results")
        self.end()
        self.assertEqual({line.split(",")[6] for line in self.lines()[1:]}, {"-9223372036854775808"})

    def test_the_end_of_processing_time_is_said(self):
        data = HEADER + row("a", 1) + row("b", 2)
        for at_end, words in (("fire", "fired all open windows"), ("drop", "2 results of windows open")):
            arguments = ("--clock", "processing", "--window", "tumbling:10000d", "--at-end", at_end, "--results", "-")
            done = self.run_tidemark("run", *arguments, "-p", "3", stdin=data.encode())
            self.assertEqual(done.returncode, 0)
            self.assertIn(words, done.stderr.decode())
            self.assertEqual(len(done.stdout.decode().splitlines()), 1 + 2 * (at_end == "fire"))

    def test_the_program_of_the_lab_prints_nothing_of_four_rows(self):
        """Ten seconds of processing time do not pass, and what is open at the end is dropped."""
        data = HEADER + "".join(row("tx1", second, 3000) for second in (0, 1, 5, 10))
        for _ in range(3):
            before = int(time.time() / 10)
            done = self.run_tidemark("run", "--clock", "processing", "--at-end", "drop", "--format", "flink",
                                     stdin=data.encode())
            if int(time.time() / 10) == before:
                break
        self.assertEqual((done.returncode, done.stdout), (0, b""))

    def test_signals_while_a_clock_runs(self):
        for arguments in (("--clock", "processing"), ("--idle-timeout", "1h"), ("--clock", "processing", "--scheduler", "one")):
            with self.subTest(arguments):
                self.start("--window", "tumbling:10000d", *arguments)
                self.write(HEADER, row("a", 1))
                self.wait(self.lines, "header, which comes with the first row")
                self.assertIn("1 results of open windows", self.end(143))


if __name__ == "__main__":
    main(__doc__)
