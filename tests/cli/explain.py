#!/usr/bin/env python3
"""Does `tidemark explain` describe the run that the same options would make, and touch nothing?"""
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main, run

COLUMNS_MAX = 100
WORKERS_DRAWN = 8
WAIT_S = 60  # longer means that it hangs
HEADER = b"transaction_id,timestamp,amount\n"
ROWS = HEADER + b"".join(b"k%d,2024-05-11 10:00:%02d,%d\n" % (i % 7, i % 60, i) for i in range(5000))

# Option of `run` -> a value that is not the default, and what must be said of it.
CHANGES = {
    "key": ("card,shop", "2 columns make one key"), "time": ("when", "event time"), "value": ("price", "amounts"),
    "no-header": (None, "first record is data"), "delimiter": (";", "fields end"), "time-format": ("epoch-ms", "this form only"),
    "timezone": ("Europe/London", "zone"), "decimals": ("2", "malformed"), "decimal-comma": (None, "swapped"),
    "na": ("a,b", "instead of pandas"), "trim": (None, "blanks around"), "max-row-bytes": ("5000", "malformed"),
    "max-rejects": ("5%", "exit status 3"), "out-of-orderness": ("25s", "up to 5 windows"), "max-future": ("1h", "rejected"),
    "allowed-lateness": ("25s", "up to 5 windows"), "follow": (None, "is a pause"), "idle-timeout": ("5s", "wall clock"),
    "clock": ("virtual:5", "5 came a second"), "inputs": ("partitions", "only one file"),
    "window": ("tumbling:1s+200ms", "up to 3 windows"), "aggregate": ("sum,stddev", "96 bytes"), "alert": ("count > 2", "one of 1 rule"),
    "at-end": ("drop", "open at the end"), "alerts": ("a.csv", "is written"), "results": ("-", "standard output"),
    "late": ("l.csv", "is written"), "rejects": ("r.csv", "is written"), "stats": ("s.json", "is written"),
    "format": ("jsonl", "form of alerts"), "time-output": ("iso", "form of times"), "order": ("flink", "heap of timers"),
    "parallelism": ("5", "5 workers, 8 threads, 24 rings"), "progress": ("never", "standard error"), "quiet": (None, "no summary"),
    "verbose": (None, "each stage's time"), "batch-rows": ("64", "speed only"), "ring-slots": ("4", "4 batches a worker, 4 epochs"),
    "simd": ("portable", "speed only"), "scheduler": ("one:3", "by turns"), "inactive": ("5m", "a timer a key"),
    "history": ("5", "earlier windows"), "side-output": ("big=b.csv", "is written"), "trace": ("t.csv", "is written"),
    "flink-parallelism": ("3", "names the subtask"), "escape-formulas": (None, "apostrophe"),
    "memory": ("1G", "before the first row"), "checkpoint": ("dir", "until the run has ended well"),
    "checkpoint-every": ("3s", "between two checkpoints"), "resume": (None, "newest checkpoint"),
}
NEEDS_OTHERS = {"checkpoint": ("--alerts", "a.csv"), "checkpoint-every": ("--checkpoint", "dir", "--alerts", "a.csv"),
                "resume": ("--checkpoint", "dir", "--alerts", "a.csv"), "flink-parallelism": ("--format", "flink"),
                "no-header": ("--key", "1", "--time", "2", "--value", "3"), "side-output": ("--alert", "big=sum > 1")}
NEEDS_A_FILE = {"process", "process-arg"}  # cli.process has these

WRONG = (
    ("--ring-slots", "3"), ("--batch-rows", "0"), ("-p", "257"), ("--window", "hopping:1s"), ("--window", "tumbling:0"),
    ("--aggregate", "median"), ("--alert", "sum >"), ("--alert", "sum"), ("--results", "-", "--late", "-"), ("-q", "-v"),
    ("--decimals", "19"), ("--timezone", "Nowhere/Here"), ("--max-rejects", "x"), ("--config", "missing.conf"),
    ("--no-header",), ("--results", "in.csv", "in.csv"), ("--wnidow", "tumbling:1s"), ("-", "-"), ("--scheduler", "two"),
)


class Explain(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def explain(self, *arguments, **keywords):
        done = self.run_tidemark("explain", *arguments, cwd=self.folder, **keywords)
        self.assertEqual((done.returncode, done.stderr), (0, b""), arguments)
        return done.stdout.decode()

    def described(self, *arguments):
        return json.loads(self.explain("--json", *arguments))

    def write(self, name, content):
        (self.folder / name).write_bytes(content)
        return name

    def test_wrong_options_are_refused_as_run_refuses_them(self):
        self.write("in.csv", ROWS)
        for arguments in WRONG:
            with self.subTest(" ".join(arguments)):
                of_run = self.run_tidemark("run", *arguments, cwd=self.folder)
                of_explain = self.run_tidemark("explain", *arguments, cwd=self.folder)
                self.assertEqual((of_explain.returncode, of_explain.stdout, of_explain.stderr),
                                 (of_run.returncode, b"", of_run.stderr))
                self.assertIn(of_run.returncode, (1, 2))

    def test_two_forms_at_once_are_refused(self):
        done = self.run_tidemark("explain", "--dot", "--json")
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"--dot and --json", done.stderr)

    def test_what_cannot_be_written_is_said(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([self.tidemark, "explain"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)

    def test_nothing_is_made_and_no_input_is_needed(self):
        text = self.explain("--results", "results.csv", "--stats", "stats.json", "--late", "late.csv", "missing.csv")
        self.assertEqual(list(self.folder.iterdir()), [])
        self.assertRegex(text, r"missing.csv +not there now")
        self.assertRegex(text, r"results +results.csv\n")

    def test_standard_input_is_not_read(self):
        reading, writing = os.pipe()  # nothing comes, and no end
        with open(reading, "rb") as silent, open(writing, "wb"):
            self.assertIn("standard input", self.explain("-", stdin=silent))

    def test_defaults(self):
        text, described = self.explain(), self.described()
        self.assertIn("None: all defaults.", text)
        self.assertEqual(described["options"], [])
        self.assertEqual(described["window"],
                         {"name": "tumbling", "size_ms": 10000, "slide_ms": 10000, "offset_ms": 0, "rows": 0})
        self.assertEqual([each["condition"] for each in described["alerts"]], ["sum > 8000"])
        self.assertEqual(described["outputs"], {"alerts": "-", "results": None, "late": None, "rejects": None, "stats": None, "trace": None})
        self.assertEqual(described["memory"]["open_windows_a_worker_max"], 3)
        self.assertIn("from 8000.000001 up", text)

    def test_checkpoints_are_a_stage_with_a_link_from_each_that_keeps_something(self):
        options = ("--checkpoint", "dir", "--alerts", "a.csv", "-p", "3")
        described = self.described(*options)
        last = len(described["stages"]) - 1
        self.assertEqual(described["stages"][last]["stage"], "checkpoint")
        links = [link for link in described["links"] if link["carries"] == "snapshots"]
        self.assertEqual([(link["from"], link["to"], link["items"]) for link in links],
                         [(stage, last, 1) for stage in range(last - 5, last)])
        drawn = self.explain("--dot", *options)
        self.assertNotIn("null", drawn)
        self.assertIn(f"stage{last - 1} -> alerts", drawn)

    def test_every_option_of_run_is_told_with_its_effect(self):
        help_text = self.run_tidemark("run", "--help").stdout.decode()
        names = set(re.findall(r"^ +(?:-\w, )?--([\w-]+)", help_text, re.MULTILINE))
        self.assertEqual(names - {"help", "config"} - NEEDS_A_FILE, set(CHANGES))
        for name, (value, words) in CHANGES.items():
            with self.subTest(name):
                arguments = [f"--{name}"] + ([value] if value else []) + list(NEEDS_OTHERS.get(name, ()))
                given = {each["option"]: each for each in self.described(*arguments)["options"]}
                self.assertEqual(given[name]["value"], value or "true")
                self.assertIn(words, given[name]["effect"])
                default = re.search(rf"--{name}(?![\w-])(?:(?!\n +(?:-\w, )?--).)*?\[default:\s+(.*?)\]", help_text, re.DOTALL)
                self.assertEqual(given[name]["default"], default[1] if default else None if value else "false")
                text = self.explain(*arguments).partition("Options given\n")[2]
                self.assertIn(f"--{name} {value}\n" if value else f"--{name}=true\n", text)

    def test_an_option_at_its_default_changes_nothing(self):
        self.assertEqual(self.described("--decimals", "6", "--trim=false")["options"], [
            {"option": name, "value": value, "default": value, "config_line": 0, "effect": "the default: no change"}
            for name, value in (("decimals", "6"), ("trim", "false"))])

    def test_what_counts_is_told_and_where_it_came_from(self):
        self.write("c.conf", b"parallelism = 3\nalert = sum > 5\nalert = big=max > 7\n")
        described = self.described("--config", "c.conf", "-p", "2", "-p", "4")
        told = [(each["option"], each["value"], each["config_line"]) for each in described["options"]]
        self.assertEqual(told, [("alert", "sum > 5", 2), ("alert", "big=max > 7", 3), ("parallelism", "4", 0),
                                ("config", "c.conf", 0)])
        # A reload may bring rules on any aggregate.
        self.assertEqual({each["name"] for each in described["aggregates"] if each["state_bytes"]},
                         {"min", "max", "stddev", "first", "last"})

    def test_timers_of_keys_are_told_where_they_are_kept(self):
        self.assertIsNone(self.described()["inactive"])
        self.assertEqual(self.described("--inactive", "2m")["inactive"]["after_ms"], 120_000)
        self.assertIn("2 min behind its last activity", " ".join(self.explain("--inactive", "2m").split()))

    def test_side_outputs_are_told(self):
        arguments = ("--alert", "big=sum > 1", "--side-output", "big=b.csv")
        described = self.described(*arguments)
        self.assertEqual((described["outputs"]["alerts"], described["side_outputs"]), (None, {"big": "b.csv"}))
        self.assertRegex(self.explain(*arguments), r"side output +big: b.csv\n")

    def test_history_is_told_where_it_is_kept(self):
        self.write("c.conf", b"")
        self.assertIsNone(self.described()["history"])
        for arguments, words in ((("--alert", "sum > history.mean"), "look back"), (("--config", "c.conf"), "reload may bring")):
            few, many = (self.described(*arguments, "--history", depth)["history"] for depth in ("3", "3000"))
            self.assertEqual((few["windows"], many["windows"]), (3, 3000))
            self.assertLess(few["bytes_a_key"], 3000 * 16)
            self.assertGreater(many["bytes_a_key"], 3000 * 16)
            self.assertIn(words, " ".join(self.explain(*arguments, "--history", "7").split()))

    def test_files_are_told_by_what_they_hold(self):
        self.write("plain.csv", ROWS)
        self.write("packed.csv.gz", gzip.compress(ROWS))
        self.write("no.gz", ROWS)
        (self.folder / "folder").mkdir()
        os.mkfifo(self.folder / "pipe")
        files = self.described("plain.csv", "packed.csv.gz", "no.gz", "folder", "pipe")["input"]
        self.assertEqual([each["source"] for each in files], ["plain", "gzip", "plain", None, None])
        for each, words in zip(files, ("mapped", "unpacked", "exit status 1", "directory", "stream")):
            self.assertIn(words, each["is"])

    def test_rules_are_told_as_they_were_understood(self):
        alerts = self.described("--alert", "busy=COUNT>=20 and (sum>1)", "--alert", "mean between 1 and 2.50")["alerts"]
        self.assertEqual([(each["rule"], each["condition"]) for each in alerts],
                         [("busy", "count >= 20 AND sum > 1"), ("mean between 1 and 2.50", "mean BETWEEN 1 AND 2.5")])
        self.assertIn("evaluated", alerts[0]["decided"])
        self.assertIn("mean from 1 to 2.5", alerts[1]["decided"])

    def test_stages_and_rings_are_those_of_the_run(self):
        self.write("in.csv", ROWS)
        for workers, slots, rows in ((1, 16, "auto"), (3, 2, 7), (64, 4, "auto")):
            with self.subTest(workers=workers):
                options = ("-p", str(workers), "--ring-slots", str(slots), "--batch-rows", str(rows), "in.csv")
                done = self.run_tidemark("run", "-q", "--stats", "-", *options, cwd=self.folder)
                self.assertEqual(done.returncode, 0, done.stderr)
                threads, described = json.loads(done.stdout)["threads"], self.described(*options)
                for name in ("parallelism", "batch_rows", "ring_slots", "scanner", "cores"):
                    self.assertEqual(described[name], threads[name], name)
                self.assertEqual([(each["stage"], each.get("worker")) for each in described["stages"]],
                                 [(each["stage"], each.get("worker")) for each in threads["stages"]])
                for i, stage in enumerate(threads["stages"]):
                    into = [link["items"] for link in described["links"] if link["to"] == i]
                    self.assertEqual(max(into, default=None), stage.get("ring", {}).get("slots"))

    def test_threads_are_called_what_a_run_calls_them(self):
        for options in (("-p", "3"), ("-p", "2", "--scheduler", "one")):
            described = self.described(*options)
            names = {stage["thread"] for stage in described["stages"]}
            self.assertEqual(len(names), described["threads"])
            with subprocess.Popen([self.tidemark, "run", *options], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as process:
                deadline = time.monotonic() + WAIT_S
                seen = set()
                while not names <= seen and time.monotonic() < deadline:
                    tasks = Path("/proc", str(process.pid), "task").glob("*/comm")
                    seen = {path.read_text().strip() for path in tasks}
                    time.sleep(0.01)
                process.stdin.write(HEADER)
                process.stdin.close()
            self.assertEqual({name for name in seen if name.startswith("tide ")}, names)

    def test_memory_adds_up_and_grows_as_it_should(self):
        small, large = (self.described("-p", "2", "--batch-rows", rows)["memory"] for rows in ("100", "1000"))
        for memory in small, large:
            self.assertEqual(memory["at_start_bytes"], sum(memory["parts"].values()))
        grown = large["parts"]["batches of rows"] - small["parts"]["batches of rows"]
        self.assertAlmostEqual(grown, 2 * 16 * 900 * 36, delta=2 * 16 * 128)  # a row: 32 bytes and a mark of 4
        self.assertIsNone(self.described("--out-of-orderness", "unbounded")["memory"]["open_windows_a_worker_max"])

    def test_lines_fit_a_screen(self):
        for arguments in ((), ("-p", "256"), ("-p", "1", "--order", "key"), ("--out-of-orderness", "unbounded")):
            for line in self.explain(*arguments).splitlines():
                self.assertLessEqual(len(line), COLUMNS_MAX, line)
                self.assertEqual(line, line.rstrip())

    def test_the_graph_has_a_node_a_stage_and_an_edge_a_ring(self):
        for workers in (1, 3, 8, 9, 64):
            with self.subTest(workers=workers):
                dot = self.explain("--dot", "-p", str(workers), "--results", "r.csv", "a.csv", "b.csv")
                drawn = workers if workers <= WORKERS_DRAWN else 2
                stages, files = (re.findall(rf"^ *{name}\d+ \[", dot, re.MULTILINE) for name in ("stage", "file"))
                self.assertEqual((len(stages), len(files)), (drawn + 3, 2))
                full = re.findall(r"^ *(stage\d+ -> stage\d+) \[label", dot, re.MULTILINE)
                empty = re.findall(r"^ *(stage\d+ -> stage\d+) \[dir=back, style=dashed", dot, re.MULTILINE)
                self.assertEqual(full, empty)
                self.assertEqual(len(full), 2 * drawn + 2)
                self.assertEqual(dot.count(f"{workers - 2} more workers"), workers > WORKERS_DRAWN)
                for output in ("alerts", "results"):
                    self.assertEqual(dot.count(f"-> {output};"), 1)

    def test_graphviz_draws_the_graph_without_a_word(self):
        if not shutil.which("dot"):
            print("SKIPPED: drawing the graph needs dot, of the package graphviz")
            self.skipTest("no dot")
        odd = 'a"\\<&b\n\u00e9\x01 end\\'
        for arguments in (("-p", "1"), ("-p", "4", "--results", odd, odd + ".csv"), ("-p", "64", b"\xff.csv")):
            dot = self.run_tidemark("explain", "--dot", *arguments).stdout if isinstance(arguments[-1], bytes) else \
                self.explain("--dot", *arguments).encode()
            drawn = run(["dot", "-Tsvg"], stdin=dot)
            self.assertEqual((drawn.returncode, drawn.stderr), (0, b""), arguments)
            self.assertIn(b"</svg>", drawn.stdout)


if __name__ == "__main__":
    main(__doc__)
