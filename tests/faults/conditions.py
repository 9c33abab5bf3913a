#!/usr/bin/env python3
"""Where nothing fails for good, but all is slow, cut in pieces, interrupted or changed under way: the same outputs? And
where it does fail for good, on a full disk say, nothing half-written?
"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import runs
from harness import Case, argument_parser, parse_arguments
from scenarios import ALL, CHECKPOINT, HEADER, RESULTS, RULES, THREADS, TUMBLING, Scenario, make_inputs, rows, scenarios

SEED = 20240511
STORM = "eintr:{0} short:{0}"
PAUSED = ("reader", "partition", "parser", "worker", "sink", "checkpointer")
THREAD_RUNS = (Scenario("threads", (*RULES, *ALL, "{plain}"), command=THREADS),
               Scenario("threads_partitions", ("--inputs", "partitions", *ALL, "{plain}", "{second}"), command=THREADS),
               Scenario("threads_checkpoint", (*CHECKPOINT, *ALL, "{plain}"), command=THREADS))
LIMIT_S = 30
QUIET_S = 0.05 * int(os.environ.get("TIDEMARK_SLOW", "1"))


class Faults(Case):
    is_long = False

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.inputs = make_inputs(cls.folder.name)
        cls.clean_runs = {}

    def clean(self, scenario):
        if scenario.name not in self.clean_runs:
            ended = runs.run(self.tidemark, scenario, self.inputs)
            self.assertEqual(ended.status, scenario.clean_status, ended)
            self.clean_runs[scenario.name] = ended
        return self.clean_runs[scenario.name]

    def run_with(self, scenario, fault, **keywords):
        return runs.run(self.tidemark, scenario, self.inputs, fault, **keywords)

    def storm(self, scenario, seed):
        """No file of a checkpoint is ever told to wait: it is a regular one."""
        fault = STORM.format(seed) + ("" if scenario.has_checkpoints else f" eagain:{seed}")
        return self.same(scenario, fault).counts["struck"]

    def same(self, scenario, fault):
        """Runs with the fault and expects what comes without."""
        clean, ended = self.clean(scenario), self.run_with(scenario, fault)
        with self.subTest(scenario=scenario.name, fault=fault):
            self.assertEqual(ended.status, clean.status, ended.message)
            self.assertEqual(ended.message, clean.message)
            self.assertTrue(ended.stdout == clean.stdout and ended.files == clean.files, "other outputs")
        return ended

    def fails(self, scenario, fault, *texts):
        """Expects exit status 1, one line that holds a text, and the files as they were before."""
        ended = self.run_with(scenario, fault)
        with self.subTest(scenario=scenario.name, fault=fault):
            self.assertEqual(ended.status, 1, ended.message)
            self.assertRegex(ended.message, r"\Atidemark: [^\n]+\n\Z")
            self.assertTrue(any(text in ended.message for text in texts), ended.message)
            self.assertEqual(ended.files, {name: runs.EARLIER for name in runs.FILES} if scenario.has_earlier else {})
        return ended

    def steady_scenarios(self):
        for scenario in scenarios(runs.processes_of(self.tidemark)):
            missing = any(part.strip("{}") not in self.inputs for part in scenario.arguments if part.startswith("{"))
            if not scenario.killed_by and not missing and scenario.name != "order_key":
                yield scenario


class Pieces(Faults):
    def test_storms_of_signals_and_short_reads_and_writes(self):
        struck = 0
        for scenario in self.steady_scenarios():
            for seed in range(20 if self.is_long else 1):
                struck += self.storm(scenario, SEED + seed)
        self.assertGreater(struck, 1000)

    def test_storms_with_threads(self):
        for scenario in THREAD_RUNS:
            for seed in range(50 if self.is_long else 2):
                self.storm(scenario, SEED + seed)

    def test_an_output_that_takes_nothing_for_now(self):
        """A pipe that does not block, and whose reader is slow."""
        clean = self.clean(Scenario("standard_output", ("--results", "-", "{plain}")))
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        process = subprocess.Popen([self.tidemark, "run", "-q", "-p", "3", "--results", "-", self.inputs["plain"]],
                                   stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        taken = b""
        while piece := os.read(reader, 4000):
            taken += piece
            time.sleep(0.001)
        os.close(reader)
        self.assertEqual((process.communicate()[1], process.returncode), (b"", 0))
        self.assertTrue(taken == clean.stdout)


class Slowness(Faults):
    def test_a_slow_sink(self):
        for scenario in THREAD_RUNS:
            self.same(scenario, "slow:write:2000")

    def test_a_slow_input(self):
        for scenario in (THREAD_RUNS[0], Scenario("threads_gz", (*RESULTS, "{gz}"), command=THREADS)):
            self.same(scenario, "slow:read:2000 slow:mmap:5000 slow:pread:5000")

    def test_paused_threads(self):
        for scenario in THREAD_RUNS:
            for stage in PAUSED:
                self.same(scenario, f"pause:{stage}:{2 if stage == 'reader' else 9}:3")


class Ends(Faults):
    def test_threads_that_cannot_be_started(self):
        for scenario in THREAD_RUNS:
            count = self.clean(scenario).counts["thread"]
            self.assertGreater(count, 5)
            for n in range(1, count + 1):
                for goes_on in ("", "+"):
                    self.fails(scenario, f"thread:{n}{goes_on}:EAGAIN", "cannot start thread")

    def test_no_memory_with_threads(self):
        """Which call is the n-th differs from run to run; the last ones may not come."""
        chance = random.Random(SEED)
        for scenario in THREAD_RUNS[:2]:
            clean = self.clean(scenario)
            numbers = range(1, clean.counts["alloc"])
            for n in numbers if self.is_long else chance.sample(numbers, 30):
                ended = self.run_with(scenario, f"alloc:{n}:ENOMEM")
                with self.subTest(scenario=scenario.name, n=n):
                    if ended.status == 0 and ended.counts["struck"] == 0:
                        self.assertTrue(ended.files == clean.files, "other outputs")
                        continue
                    self.assertEqual((ended.status, ended.files), (1, {}), ended.message)
                    self.assertRegex(ended.message, r"\Atidemark: [^\n]*(out of memory|Cannot allocate memory)[^\n]*\n\Z")

    def test_no_memory_from_some_moment_on(self):
        chance = random.Random(SEED)
        for scenario in (TUMBLING, THREAD_RUNS[0]):
            numbers = range(1, self.clean(scenario).counts["alloc"] * 9 // 10)
            for n in numbers if self.is_long else chance.sample(numbers, 15):
                self.fails(scenario, f"alloc:{n}+:ENOMEM", "out of memory", "Cannot allocate memory")

    def test_a_full_disk_at_any_byte(self):
        chance = random.Random(SEED)
        for scenario in (TUMBLING, Scenario("earlier_outputs", (*ALL, "{plain}"), has_earlier=True)):
            total = sum(map(len, self.clean(scenario).files.values())) - 3000  # the stats depend on the moment
            places = range(0, total, 101) if self.is_long else [0, 1, *chance.sample(range(total), 12)]
            for i, place in enumerate(places):
                error, text = (("ENOSPC", "No space left"), ("EDQUOT", "quota"), ("EFBIG", "too large"))[i % 3]
                self.fails(scenario, f"quota:{place}:{error}", text)

    def test_a_full_disk_behind_a_checkpoint(self):
        """What stays behind is resumed."""
        scenario = Scenario("checkpoint", (*CHECKPOINT, *ALL, "{plain}"))
        clean = self.clean(scenario)
        chance = random.Random(SEED)
        for place in [0, 1, *chance.sample(range(150000), 200 if self.is_long else 12)]:
            ended = self.run_with(scenario, f"quota:{place}", resumes_after=True)
            with self.subTest(place=place):
                self.assertEqual(ended.status, 1, ended.message)
                self.assertRegex(ended.message, r"\Atidemark: [^\n]*No space left[^\n]*\n\Z")
                self.assertEqual((ended.resumed.status, ended.resumed.message), (0, clean.message))
                self.assertTrue(ended.resumed.files == clean.files, "other outputs")

    def test_a_full_disk_on_standard_output(self):
        scenario = Scenario("standard_output", ("--results", "-", "{plain}"))
        clean = self.clean(scenario)
        for place in (0, 1, 30000, len(clean.stdout) - 1):
            self.assertEqual(self.fails(scenario, f"quota:{place}", "No space left").stdout, clean.stdout[:place])

    def test_outputs_that_cannot_be_closed(self):
        """What was written may be lost: each of six outputs must say so."""
        clean = runs.run(self.tidemark, TUMBLING, self.inputs, log=True)
        noticed = 0
        for n in range(1, clean.counts["close"] + 1):
            ended = self.run_with(TUMBLING, f"close:{n}:EIO")
            noticed += ended.status == 1
            self.assertIn((ended.status, len(ended.files)), ((0, 6), (1, 0)), ended.message)
        self.assertEqual(noticed, 6)

    def test_a_killed_run_leaves_no_output(self):
        for fault in ("kill-after:write:3", "kill-before:rename:1", "kill-after:any:60", "kill-after:alloc:100"):
            ended = self.run_with(TUMBLING, fault)
            self.assertEqual(ended.status, -signal.SIGKILL)
            self.assertFalse(set(ended.files) & set(runs.FILES))


class ChangingInput(Faults):
    """The input lies in the run's own folder."""
    AT = ("open:1", "fstat:1", "read:1", "lseek:1", "fstat:2", "mmap:1", "mmap:2", "pread:1", "write:1", "rename:1")

    def run_changing(self, fault, data, *arguments, command=TUMBLING.command):
        with tempfile.TemporaryDirectory() as folder:
            inside = {**self.inputs, "changing": Path(folder, "in.csv")}
            inside["changing"].write_bytes(data)
            Path(folder, "more").write_text(rows(7, count=100))
            scenario = Scenario("changing", (*RESULTS, "--rejects", "rejects", *arguments, "{changing}"), command=command)
            fault = fault.replace("in.csv", str(inside["changing"])).replace("more", str(Path(folder, "more")))
            return runs.run(self.tidemark, scenario, inside, fault)

    def test_a_file_that_is_cut_while_it_is_read(self):
        """Either it was read as it was once, whole or cut, or the run fails and says so."""
        data = self.inputs["plain"].read_bytes()
        failed = 0
        for command in (TUMBLING.command, THREADS):
            for place in (0, 10, 5000, 8192, 20000, len(data) - 2000, len(data) - 1):
                whole = [self.run_changing("", part, command=command) for part in (data, data[:place])]
                for at in self.AT:
                    ended = self.run_changing(f"shrink:{at}:in.csv:{place}", data, command=command)
                    with self.subTest(at=at, place=place, command=command):
                        if any((ended.status, ended.files) == (one.status, one.files) for one in whole):
                            continue
                        failed += 1
                        self.assertEqual((ended.status, ended.files), (1, {}), ended.message)
                        self.assertIn("cut short", ended.message)
        self.assertGreater(failed, 50)

    def test_a_packed_file_that_is_cut_while_it_is_read(self):
        data = self.inputs["gz"].read_bytes()
        for place in (0, 10, 1000, len(data) - 1):
            for at in ("read:1", "read:2"):
                ended = self.run_changing(f"shrink:{at}:in.csv:{place}", data)
                self.assertEqual((ended.status, ended.files), (1, {}), ended.message)

    def test_a_file_that_grows_while_it_is_read(self):
        data = self.inputs["plain"].read_bytes()
        whole = [self.run_changing("", part) for part in (data, data + rows(7, count=100).encode())]
        seen = set()
        for at in self.AT:
            ended = self.run_changing(f"grow:{at}:in.csv:more", data)
            self.assertEqual(ended.status, 0, ended.message)
            self.assertIn(ended.files, [one.files for one in whole], at)
            seen.add([one.files for one in whole].index(ended.files))
        self.assertEqual(seen, {0, 1})


class Streams(Faults):
    """Standard streams that the caller has closed."""

    def run_closed(self, closed, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", self.tidemark, "run", *arguments], cwd=folder,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S, check=False)
            return done, {path.name: path.read_bytes() for path in Path(folder).iterdir()}

    def test_closed_streams_that_are_not_needed(self):
        clean = self.clean(Scenario("threads_results", (*RESULTS, "--alerts", "alerts", "{plain}"), command=THREADS))
        for closed in (">&-", "<&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"):
            with self.subTest(closed):
                done, files = self.run_closed(closed, *RESULTS, "--alerts", "alerts", "-v", self.inputs["plain"])
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(files, clean.files)  # no message has gone into them

    def test_closed_streams_that_are_needed(self):
        data = self.inputs["plain"]
        for closed, arguments, text in ((">&-", ("--results", "-", data), b"cannot write to standard output"),
                                        (">&-", (*RESULTS, data), b"cannot write to standard output"),
                                        ("<&-", RESULTS, b"cannot read standard input")):
            with self.subTest(closed):
                done, files = self.run_closed(closed, "-q", *arguments)
                self.assertEqual((done.returncode, files), (1, {}), done.stderr)
                self.assertIn(text + b": Bad file descriptor", done.stderr)


class WhileItRuns(Faults):
    """Runs that go on while the test changes something."""

    def start(self, fault, folder, *arguments, stdin):
        environment = {**os.environ, **runs.SANITIZERS, "FAULT": fault, "FAULT_LOG": str(folder / "log")}
        command = [self.tidemark, "run", "-p", "2", "--results", "results", "--alerts", "alerts", *arguments]
        process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder,
                                   env=environment)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        os.set_blocking(process.stderr.fileno(), False)
        return process

    def wait(self, holds, what):
        limit = time.monotonic() + LIMIT_S
        while not (found := holds()):
            self.assertLess(time.monotonic(), limit, f"no {what}")
            time.sleep(0.005)
        return found

    @staticmethod
    def lines(path):
        return path.read_text().splitlines() if path.exists() else []

    def test_followed_files_without_inotify(self):
        for fault in ("inotify_init:1:EMFILE", "inotify_add_watch:1:ENOSPC"):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                (folder / "in.csv").write_text(HEADER + "a,2024-05-11 10:00:01,5\n")
                process = self.start(fault, folder, "-q", "--follow", "in.csv", stdin=subprocess.DEVNULL)
                self.wait(lambda: any(line.startswith("inotify") for line in self.lines(folder / "log")), "inotify")
                with open(folder / "in.csv", "a") as out:
                    out.write("b,2024-05-11 10:00:25,5\n")
                self.wait(lambda: len(self.lines(folder / "results")) == 2, "result")
                process.terminate()
                self.assertEqual(process.wait(LIMIT_S), 143)

    def reload(self, fault):
        """Reads rules anew at SIGHUP; returns (exit status, message, calls before it, calls after it)."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "config").write_text("alert = big=sum > 100\nalert = many=count > 2\n")
            process = self.start(fault, folder, "--scheduler", "one:5", "--config", "config", stdin=subprocess.PIPE)
            process.stdin.write((HEADER + rows(1, count=40)).encode())
            process.stdin.flush()
            before = self.wait_for_quiet(folder / "log")
            process.send_signal(signal.SIGHUP)
            message = self.wait(process.stderr.read, "message").decode()
            after = len([line for line in self.lines(folder / "log") if line.startswith("alloc")])
            process.stdin.close()
            status = process.wait(LIMIT_S)
            self.assertEqual(len(self.lines(folder / "results")) > 3, status == 0)
            return status, message, before, after

    def wait_for_quiet(self, log):
        """Waits until the whole input is read and nothing has been called for a while; returns how many allocations there
        were."""
        def has_read():
            seen = self.lines(log)
            kinds = [line.split()[0] for line in seen]
            if kinds[-1:] != ["poll"] or kinds.count("read") < 2:
                return None
            time.sleep(QUIET_S)
            return kinds.count("alloc") if seen == self.lines(log) else None
        return self.wait(has_read, "rest")

    def test_no_memory_when_rules_are_read_anew(self):
        """The stages may allocate at the same time, for rules that have been read; then the run fails."""
        status, message, before, after = self.reload("")
        self.assertIn("2 alert rules read from config", message)
        self.assertEqual(status, 0)
        kept = 0
        for n in range(before + 1, after + 1):
            with self.subTest(n=n):
                status, message, _, _ = self.reload(f"alloc:{n}:ENOMEM")
                kept += status == 0
                self.assertIn(status, (0, 1))
                if status == 0:
                    self.assertRegex(
                        message, r"\Atidemark: the alert rules stay as they were: [^\n]*out of memory[^\n]*\n\Z")
        self.assertGreater(kept, 8)
        self.assertRegex(self.reload("open:4:EMFILE")[1], "rules stay as they were: [^\n]*Too many open files")


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--long", action="store_true", help="more seeds, more places")
    parser.add_argument("tests", nargs="*", help="names of tests, as unittest takes them")
    arguments = parse_arguments(parser)
    Case.tidemark, Faults.is_long = arguments.tidemark, arguments.long
    unittest.main(argv=[sys.argv[0], *arguments.tests], verbosity=1)


if __name__ == "__main__":
    main()
