#!/usr/bin/env python3
"""Does --process load what it should and nothing else, and does each error of a process function end the run with its
message?"""
import csv
import gzip
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main, run

HEADER = "transaction_id,timestamp,amount\n"
LAB = HEADER + ("tx1,2024-05-11 10:00:00,3200\ntx1,2024-05-11 10:00:05,8500\n"
                "tx2,2024-05-11 10:00:07,4000\ntx2,2024-05-11 10:00:09,5000\n")
ROWS = HEADER + "".join(f"k{i % 7},2024-05-11 10:{i // 60:02}:{i % 60:02},{i}\n" for i in range(900))
COLUMNS = "window_start,window_end,transaction_id,first_time,sum,count,watermark_ms,rule\n"


class InAFolder(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.functions = Path(self.tidemark).parent / "process"
        (self.folder / "lab.csv").write_text(LAB)
        (self.folder / "rows.csv").write_text(ROWS)

    def run_process(self, function, *arguments, **keywords):
        return self.run_tidemark("run", "--process", function, *arguments, cwd=self.folder, **keywords)

    def succeeds(self, name, *arguments, **keywords):
        """What it prints."""
        done = self.run_process(self.functions / f"{name}.so", "-q", *arguments, **keywords)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, b"")
        return done.stdout.decode()

    def fails(self, status, function, *arguments):
        """Expects the exit status, no output, and files as they were; returns the message."""
        for name in ("alerts.csv", "results.csv"):
            (self.folder / name).write_text("an earlier run's output\n")
        before = {path: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}
        done = self.run_process(function, "--alerts", "alerts.csv", "--results", "results.csv", *arguments)
        message = done.stderr.decode()
        self.assertEqual(done.returncode, status, message)
        self.assertEqual(done.stdout, b"")
        self.assertEqual({path: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}, before)
        return message


class Loading(InAFolder):
    def test_a_file_that_is_no_process_function(self):
        (self.folder / "text.so").write_text("no library")
        (self.folder / "empty.so").write_text("")
        (self.folder / "folder.so").mkdir()
        cases = {"./nowhere.so": "No such file", "nowhere.so": "No such file", "./text.so": "file too short",
                 "./empty.so": "file too short", "./folder.so": "a folder", "/dev/null": "no regular file",
                 str(self.functions / "no_symbol.so"): "does not define tidemark_process"}
        for path, words in cases.items():
            with self.subTest(path):
                message = self.fails(1, path, "lab.csv")
                self.assertIn(words, message)
                self.assertIn(path, message)

    def test_a_name_without_a_slash_is_never_looked_for_in_the_library_path(self):
        self.assertIn("No such file", self.fails(1, "libm.so.6", "lab.csv"))
        shutil.copy(self.functions / "anomaly.so", self.folder / "libm.so.6")
        self.assertEqual(self.run_process("libm.so.6", "-q", "lab.csv").stdout.count(b"\n"), 3)

    def test_a_library_that_is_broken(self):
        cases = {"other_version": ("version 7 of tidemark_process.h", "this is version 2", "build it anew"),
                 "no_name": ("incomplete",), "no_on_result": ("incomplete",),
                 "much_state": ("1048577 bytes of state", "1048576 allowed"),
                 "twice": ("two counters named one",), "unnamed": ("argument that is no name",)}
        for name, words in cases.items():
            with self.subTest(name):
                message = self.fails(1, self.functions / f"{name}.so", "lab.csv")
                for word in words:
                    self.assertIn(word, message)

    def test_arguments_it_does_not_know(self):
        anomaly = self.functions / "anomaly.so"
        cases = {"treshold=5": "did you mean threshold?", "xyzzy=1": "knows no argument 'xyzzy'",
                 "threshold": "'threshold' is not NAME=VALUE", "=5": "is not NAME=VALUE"}
        for text, words in cases.items():
            with self.subTest(text):
                message = self.fails(2, anomaly, "--process-arg", text, "lab.csv")
                self.assertIn("--process-arg", message)
                self.assertIn(words, message)
        self.assertIn("takes no arguments",
                      self.fails(2, self.functions / "no_on_timer.so", "--process-arg", "a=1", "lab.csv"))

    def test_arguments_without_a_function(self):
        done = self.run_tidemark("run", "--process-arg", "a=1", cwd=self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"give --process FILE too", done.stderr)
        self.assertIn("name is empty", self.fails(2, "", "lab.csv"))

    def test_the_config_file_may_name_it_and_the_last_argument_counts(self):
        (self.folder / "run.conf").write_text(f"process = {self.functions / 'anomaly.so'}\n"
                                              "process-arg = threshold=1\n")
        done = self.run_tidemark("run", "-q", "--config", "run.conf", "lab.csv", cwd=self.folder)
        self.assertEqual(done.stdout.count(b"sum > 1\n"), 2)
        shown = self.succeeds("anomaly", "--process-arg", "threshold=1", "--process-arg", "threshold=10000", "lab.csv")
        self.assertEqual(shown.count("sum > 10000\n"), 1)

    def test_explain_describes_it(self):
        done = self.run_tidemark("explain", "--process", self.functions / "three_sigma.so", "--process-arg", "after=20",
                                 "--parallelism", "2", cwd=self.folder)
        text = " ".join(done.stdout.decode().split())
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("three_sigma", "24 bytes of state a key", "side outputs scores", "counters compared, alerts",
                      "sets no timers", "argument: 20", "No rule; the process function may emit."):
            self.assertIn(words, text)


    def test_explain_describes_it_as_json(self):
        options = ("--process", self.functions / "inactivity.so")
        described = json.loads(self.run_tidemark("explain", "--json", *options, cwd=self.folder).stdout)["process"]
        self.assertEqual((described["name"], described["sets_timers"]), ("inactivity", True))
        self.assertGreater(described["bytes_a_key"], described["state_bytes"])
        self.assertIsNone(json.loads(self.run_tidemark("explain", "--json").stdout)["process"])

    def test_side_outputs(self):
        scores = ("--process-arg", "after=2", "--window", "tumbling:10s", "rows.csv")
        seen = set()
        for parallelism in ("1", "7"):
            self.succeeds("three_sigma", "--side-output", "scores=scores.txt", "-p", parallelism, *scores)
            seen.add((self.folder / "scores.txt").read_text())
        lines = seen.pop().splitlines()
        self.assertEqual(seen, set())
        self.assertTrue(lines[0].startswith("2,"))
        self.assertTrue(all(line.count(",") == 4 for line in lines))
        self.succeeds("three_sigma", *scores)
        three_sigma = self.functions / "three_sigma.so"
        self.assertIn("did you mean scores?", self.fails(2, three_sigma, "--side-output", "score=x.txt", "lab.csv"))
        self.assertIn("a rule and a side output", self.fails(2, three_sigma, "--side-output", "scores=x.txt", "--alert",
                                                             "scores=sum > 5", "lab.csv"))


class Errors(InAFolder):
    def misbehaves(self, how, *arguments, function="misbehave"):
        """The message of a run that must fail, with one worker and with several."""
        messages = set()
        for parallelism in ("1", "3"):
            message = self.fails(1, self.functions / f"{function}.so", "--process-arg", f"how={how}", "-p", parallelism,
                                 "--batch-rows", "1", "--ring-slots", "2", *arguments, "rows.csv")
            self.assertEqual(message.count("\n"), 1, message)
            self.assertIn(f"{function}.so", message)
            messages.add(message)
        return messages.pop()

    def test_open(self):
        self.assertIn("open failed: no?such?[31mthing", self.misbehaves("open"))
        self.assertIn("does not say why", self.misbehaves("open silently"))

    def test_open_of_the_second_instance_closes_the_first(self):
        message = self.fails(1, self.functions / "misbehave.so", "--process-arg", "how=open second", "-p", "2", "rows.csv")
        self.assertIn("open failed", message)

    def test_callbacks(self):
        cases = {"result": "on_result failed for key 'k", "result silently": "does not say why",
                 "timer": "on_timer failed for key 'k", "emitted": "after three lines"}
        for how, words in cases.items():
            with self.subTest(how):
                self.assertIn(words, self.misbehaves(how))

    def test_an_error_in_the_middle_of_the_run(self):
        message = self.fails(1, self.functions / "misbehave.so", "--process-arg", "how=result", "--process-arg", "at=300",
                             "-p", "1", "rows.csv")
        self.assertIn("I do not like this one", message)

    def test_calls_that_are_refused(self):
        cases = {"line end": "line end or NUL", "nul": "line end or NUL", "too long": "1048577 bytes, more than the 1048576",
                 "too many": "more than 67108864 bytes in one callback", "side output": "side output 3 and has 2",
                 "counter": "counter 1 and has 1", "no state": "state_bytes is 0", "clock": "timer of clock 7"}
        for how, words in cases.items():
            with self.subTest(how):
                self.assertIn(words, self.misbehaves(how))

    def test_a_timer_without_on_timer(self):
        self.assertIn("has no on_timer", self.fails(1, self.functions / "no_on_timer.so", "lab.csv"))

    def test_timers_that_never_end(self):
        self.assertIn("set new ones for times that have passed", self.misbehaves("now"))
        self.assertIn("the input has ended", self.misbehaves("for ever"))

    def test_the_examples_refuse_arguments_that_make_no_sense(self):
        cases = {"anomaly": {"threshold=x": "no number", "threshold=": "no number"},
                 "inactivity": {"after=x": "no number", "after=-1": "no number", "base=min": "max or record"},
                 "three_sigma": {"sigmas=0": "above 0", "sigmas=x": "above 0", "after=1": "from 2 on", "of=mean": "no aggregate"}}
        for name, arguments in cases.items():
            for argument, words in arguments.items():
                with self.subTest(name, argument=argument):
                    message = self.fails(1, self.functions / f"{name}.so", "--process-arg", argument, "lab.csv")
                    self.assertIn("open failed", message)
                    self.assertIn(words, message)
        self.assertIn("needs sum", self.fails(1, self.functions / "anomaly.so", "--aggregate", "count", "lab.csv"))


class Lines(InAFolder):
    def test_anomaly_prints_what_the_built_in_rule_prints(self):
        for parallelism in ("1", "4"):
            for form in ("csv", "jsonl"):
                options = ("--format", form, "-p", parallelism, "--window", "tumbling:30s", "--aggregate", "count,sum,max")
                expected = self.run_tidemark("run", "-q", "--alert", "sum > 1700.5", *options, "rows.csv", cwd=self.folder)
                shown = self.succeeds("anomaly", "--process-arg", "threshold=1700.5", *options, "rows.csv")
                self.assertEqual(shown, expected.stdout.decode())
                self.assertGreater(shown.count("\n"), 20)

    def test_a_rule_may_be_given_too_and_comes_second(self):
        shown = self.succeeds("anomaly", "--alert", "two=count = 2", "lab.csv")
        self.assertEqual([line.rsplit(",", 1)[1] for line in shown.splitlines()], ["rule", *["sum > 8000", "two"] * 2])

    def test_there_is_no_default_rule(self):
        shown = self.succeeds("anomaly", "--process-arg", "threshold=1e9", "lab.csv")
        self.assertEqual(shown, COLUMNS)

    def test_format_flink_prints_the_text_before_the_element(self):
        shown = self.succeeds("anomaly", "--format", "flink", "lab.csv")
        self.assertEqual(shown, "sum > 8000\nAnomaly Detection> ('tx1', 1715421600000, 11700.0)\n"
                                "sum > 8000\nAnomaly Detection> ('tx2', 1715421607000, 9000.0)\n")

    def test_a_timer_line_has_a_time_and_a_key_and_else_nothing(self):
        probe = ("--process-arg", "after=5000", "lab.csv")
        self.assertEqual(self.succeeds("probe", *probe).splitlines()[3:], [
            ",2024-05-11 10:00:15,tx1,,,,9223372036854775807,timer 1 of 1 results",
            ",2024-05-11 10:00:15,tx2,,,,9223372036854775807,timer 1 of 1 results"])
        self.assertEqual(json.loads(self.succeeds("probe", "--format", "jsonl", *probe).splitlines()[2]), {
            "window_start": None, "window_end": "2024-05-11 10:00:15", "transaction_id": "tx1", "first_time": None,
            "sum": None, "count": None, "watermark_ms": 9223372036854775807, "rule": "timer 1 of 1 results"})
        self.assertEqual(self.succeeds("probe", "--format", "flink", *probe).splitlines()[-1], "timer 1 of 1 results")

    def test_drop_at_the_end_drops_timers(self):
        shown = self.succeeds("probe", "--process-arg", "after=5000", "--at-end", "drop", "lab.csv")
        self.assertEqual(shown, COLUMNS)

    def test_longest_text_and_many_lines_in_one_callback(self):
        for parallelism in ("1", "3"):
            shape = ("-p", parallelism, "--batch-rows", "1", "--ring-slots", "2")
            longest = self.succeeds("misbehave", "--process-arg", "how=longest", *shape, "lab.csv")
            self.assertEqual([len(line.rsplit(",", 1)[1]) for line in longest.splitlines()[1:]], [1 << 20] * 2)
            many = self.succeeds("misbehave", "--process-arg", "how=many", *shape, "lab.csv").splitlines()[1:]
            self.assertEqual([line.rsplit(",", 1)[1] for line in many], [f"line {i}" for i in range(100000)] * 2)

    def test_lines_without_an_output_are_counted(self):
        self.succeeds("probe", "--process-arg", "after=1", "--results", "-", "--stats", "stats.json", "lab.csv")
        counts = json.loads((self.folder / "stats.json").read_text())["counts"]
        self.assertEqual(counts["process"], {"results": 2, "timers": 2})
        self.assertEqual(counts["alerts"], 4)

    def test_counters_are_the_same_at_every_parallelism(self):
        seen = set()
        for parallelism in ("1", "2", "7", "64"):
            self.succeeds("inactivity", "--process-arg", "after=20000", "--stats", "stats.json", "-p", parallelism, "rows.csv")
            seen.add(json.dumps(json.loads((self.folder / "stats.json").read_text())["counts"]))
        self.assertEqual(len(seen), 1)
        self.assertGreater(json.loads(seen.pop())["process"]["moved"], 100)

    def test_timers_that_stop_at_the_end_are_fine(self):
        self.assertEqual(self.succeeds("misbehave", "--process-arg", "how=ends", "rows.csv"), COLUMNS)

    def test_close_is_called_once_an_instance_after_a_good_run_and_a_failed_one(self):
        for arguments, status in ((("rows.csv",), 0), (("--max-rejects", "0", "bad.csv"), 3)):
            (self.folder / "bad.csv").write_text(ROWS + "k,x,y\n")
            done = self.run_process(self.functions / "misbehave.so", "--process-arg", "how=close loudly", "-q", "-p", "3",
                                    *arguments)
            self.assertEqual(done.returncode, status)
            self.assertEqual(done.stderr.decode().count("closed\n"), 3)

    def test_keys_of_several_columns_and_long_ones(self):
        rows = "a,b,timestamp,amount\n" + "".join(
            f"{'x' * (i % 40)},{'y' * (i % 3)},2024-05-11 10:00:{i // 2:02},1\n" for i in range(1, 120))
        (self.folder / "two.csv.gz").write_bytes(gzip.compress(rows.encode()))
        shown = {self.succeeds("probe", "--key", "a,b", "--process-arg", "after=0", "-p", parallelism, "--batch-rows", "1",
                               "--ring-slots", "2", "two.csv.gz") for parallelism in ("1", "5")}
        self.assertEqual(len(shown), 1)
        lines = shown.pop().splitlines()
        for key in ("x,y", "xx,yy", f"{'x' * 38},yy", f"{'x' * 39},y"):
            self.assertTrue(any(line.split(",", 2)[2].startswith(key + ",") and line.startswith(",") for line in lines), key)


class TimeOfDay(InAFolder):
    """Timers of processing time fire while the input is silent, whatever the clock of the windows."""

    def check(self, *options):
        command = [self.tidemark, "run", "-q", "--process", self.functions / "probe.so", "--process-arg", "after=20",
                   "--process-arg", "clock=processing", *options]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self.folder) as process:
            process.stdin.write(HEADER.encode() + b"a,2024-05-11 10:00:00,1\nb,2024-05-11 10:01:00,1\n")
            process.stdin.flush()
            shown = []
            while not shown or b"timer 1" not in shown[-1]:
                shown.append(process.stdout.readline())  # the end of the output would be empty, and last
                self.assertTrue(shown[-1], shown)
            process.stdin.close()
            rest = process.stdout.read()
            self.assertEqual(process.wait(), 0)
        self.assertRegex(shown[-1].decode(), r"^,20\d\d-\d\d-\d\d [\d:.]+,a,,,,\d+,timer 1 of 1 results by the clock$")
        return rest

    def test_on_the_event_clock_each_worker_looks_itself(self):
        for options in (("-p", "1"), ("-p", "5"), ("-p", "2", "--scheduler", "one:3")):
            with self.subTest(options=options):
                rest = self.check(*options)
                self.assertIn(b",result 1 1 1\n", rest)  # of b, at the end of the input
                self.assertNotIn(b"timer", rest)  # which drops what is left

    def test_on_the_processing_clock_the_steps_bring_it(self):
        self.check("--clock", "processing", "--window", "tumbling:50ms", "-p", "3")


class Header(InAFolder):
    """tidemark_process.h needs nothing but a compiler of C99 or C++11."""

    def test_compilers_take_it_without_a_warning(self):
        header = Path(__file__).resolve().parent.parent.parent / "engine" / "process"
        source = ("#include <tidemark_process.h>\nstatic int on_result(void *self, const struct tidemark_result *result,\n"
                  "struct tidemark_context *context) { (void)self; (void)result; return tidemark_emit(context, \"x\", 1); }\n")
        table = {"c": "TIDEMARK_PROCESS const struct tidemark_process_function tidemark_process = {.abi = TIDEMARK_PROCESS_ABI,"
                      " .name = \"x\", .on_result = on_result};\n",
                 "cc": "static tidemark_process_function make() { tidemark_process_function f{}; f.abi = TIDEMARK_PROCESS_ABI;"
                       " f.name = \"x\"; f.on_result = on_result; return f; }\n"
                       "const tidemark_process_function tidemark_process = make();\n"}
        for compiler, suffix, standard in (("cc", "c", "c99"), ("cc", "c", "c11"), ("c++", "cc", "c++11"), ("c++", "cc", "c++20")):
            if not shutil.which(compiler):
                continue
            with self.subTest(standard):
                (self.folder / f"x.{suffix}").write_text(source + table[suffix])
                done = run([compiler, f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion",
                            "-Werror", "-O1", "-shared", "-fPIC", "-fvisibility=hidden", "-I", header, "-o", "x.so",
                            f"x.{suffix}"], cwd=self.folder)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertEqual(self.run_process("x.so", "-q", "lab.csv").stdout.count(b",x\n"), 2)


class Golden(InAFolder):
    """The example inactivity.c against what a KeyedProcessFunction of the real Flink printed, in its order."""

    def test_inactivity_is_what_flink_printed(self):
        if not self.extra or not (golden := Path(self.extra, "flink", "golden")).is_dir():
            self.skipTest("needs --extra with flink/golden")
        cases = sorted(path for path in golden.iterdir() if path.name.startswith("inactivity30_"))
        self.assertEqual(len(cases), 5)
        for case in cases:
            for shape in (("-p", "1"), ("-p", "3", "--batch-rows", "1", "--ring-slots", "2"), ("-p", "64")):
                with self.subTest(case.name, shape=shape):
                    self.check(case, shape)

    def check(self, case, shape):
        given = json.loads((case / "params.json").read_text())
        shown = self.succeeds("inactivity", "--process-arg", f"after={given['gap_ms']}", "--process-arg",
                              f"base={given['timer_base']}", "--window", "count:1", "--key", "key", "--time", "ts_ms",
                              "--value", "amount_cents", "--time-format", "epoch-ms", "--time-output", "epoch-ms",
                              "--out-of-orderness", f"{given['bound_ms']}ms", *shape, case / "input.csv")
        lines = [line.split(",") for line in shown.splitlines()[1:]]
        with open(case / "expected.csv", newline="") as file:
            expected = [(row["key"], row["window_end"], row["watermark_trigger"],
                         f"inactive since {row['first_ts']}: sum {row['sum']} of {row['count']} rows")
                        for row in csv.DictReader(file)]
        self.assertEqual([(line[2], line[1], line[6], line[7]) for line in lines], expected)


class Checkpoints(InAFolder):
    """That states go on where they were, cli.resume_state asks."""

    def checkpointed(self, status, name, *arguments):
        """Runs it with a checkpoint each 100 rows; the message."""
        done = self.run_process(self.functions / f"{name}.so", "-q", "--alerts", "alerts.csv", "--checkpoint", "kept",
                                "--checkpoint-every", "100", *arguments, "rows.csv")
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr.decode()

    def test_a_function_that_cannot_be_saved_is_refused_with_its_reason(self):
        message = self.checkpointed(2, "no_checkpoints")
        self.assertIn("--checkpoint", message)
        self.assertIn("cannot be saved: its state is a ?socket", message)
        self.assertFalse((self.folder / "kept").exists())

    def test_a_checkpoint_of_another_function_is_refused(self):
        self.checkpointed(0, "probe")
        shown = self.checkpointed(1, "keeper", "--resume")
        self.assertIn("--process was 'probe' when the checkpoint was taken and is 'keeper' now", shown)

    def test_a_function_may_lie_elsewhere(self):
        self.checkpointed(0, "probe")
        shutil.copy(self.functions / "probe.so", self.folder / "moved.so")
        done = self.run_process("./moved.so", "-q", "--alerts", "alerts.csv", "--checkpoint", "kept", "--resume",
                                "rows.csv")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_function_that_fails_to_save_ends_the_run(self):
        message = self.checkpointed(1, "keeper", "--process-arg", "refuse=save", "--window", "count:1")
        self.assertRegex(message, "keeper.so: save failed for key 'k[0-6]': this one\\?is not for saving")
        self.assertFalse((self.folder / "alerts.csv").exists())
        message = self.checkpointed(1, "keeper", "--process-arg", "refuse=much", "--window", "count:1", "--resume")
        self.assertIn("it saves more than the 16777216 bytes allowed", message)


if __name__ == "__main__":
    main(__doc__)
