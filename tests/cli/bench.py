#!/usr/bin/env python3
"""Does `tidemark bench` report figures only of runs that wrote the same, say all it promises, and leave nothing behind?

Most tests put a hyperfine of their own in front of PATH, which runs the command and then does what the test says to
what the command wrote. No time is ever judged.
"""
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.dom.minidom
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

ROWS = 3000
END_S = 120
STAGES = ["reader", "parser", "worker", "sink"]
HEADER = b"transaction_id,timestamp,amount\n"

# Runs its last argument. `meddle` is Python; it sees `count`, how many runs came before, and `folder`, where they write.
FAKE = """#!{python}
import json, os, shlex, subprocess, sys
from pathlib import Path
if sys.argv[1:] == ["--version"]:
    print("hyperfine 1.15.0")
    sys.exit()
words = shlex.split(sys.argv[-1])
export = Path(sys.argv[sys.argv.index("--export-json") + 1])
folder = export.parent
counter = Path({counter!r})
count = len(counter.read_text()) if counter.exists() else 0
counter.write_text("x" * (count + 1))
status = subprocess.run(words, check=False).returncode
result = {{"times": [0.25], "user": 0.125, "system": 0.0625, "exit_codes": [status]}}
text = None
{meddle}
export.write_text(json.dumps({{"results": [result]}}) if text is None else text)
"""

# (what is done to an output of the third run, what the message names)
DIFFERENCES = (
    ("with open(folder / 'alerts', 'ab') as file: file.write(b'x')", "alerts"),
    ("data = (folder / 'alerts').read_bytes(); (folder / 'alerts').write_bytes(data[:-2] + b'#' + data[-1:])", "alerts"),
    ("data = (folder / 'results').read_bytes(); (folder / 'results').write_bytes(data[:-1])", "results"),
    ("(folder / 'late').write_bytes(b'')", "late rows"),
    ("data = (folder / 'rejects').read_bytes(); (folder / 'rejects').write_bytes(data.replace(b',', b';', 1))", "rejects"),
    ("s = json.loads((folder / 'stats').read_text()); s['counts']['used'] += 1; "
     "(folder / 'stats').write_text(json.dumps(s))", "counts"),
)
REVERSE = "lines = (folder / 'results').read_bytes().split(b'\\n')[:-1]; " \
          "(folder / 'results').write_bytes(b'\\n'.join(lines[::-1]) + b'\\n')"
TWICE = "lines = (folder / 'results').read_bytes().split(b'\\n'); lines[2] = lines[1]; " \
        "(folder / 'results').write_bytes(b'\\n'.join(lines))"

# (what hyperfine leaves, what the message says)
BAD_EXPORTS = (("text = ''", "hyperfine's export"), ("text = '{}'", "hyperfine's export"),
               ("text = '{\"results\": []}'", "hyperfine's export"), ("result['times'] = []", "hyperfine's export"),
               ("result['times'] = [-1]", "hyperfine's export"), ("result['user'] = 'x'", "hyperfine's export"),
               ("sys.exit(2)", "hyperfine ended with status 2"), ("result['exit_codes'] = [None]", "parallelism 1"),
               ("(folder / 'stats').unlink()", "holds no stats"), ("(folder / 'stats').write_text('[]')", "missing"),
               ("(folder / 'alerts').unlink()", "cannot open"),
               ("s = json.loads((folder / 'stats').read_text()); s['threads']['stages'][1]['busy_s'] = -1; "
                "(folder / 'stats').write_text(json.dumps(s))", "'busy_s' is missing"))

BAD_USAGE = ((("-p", "0"), "--parallelism"), (("-p", "1,x"), "--parallelism"), (("-p", "1,,2"), "--parallelism"),
             (("-p", "2,2"), "2 is there twice"), (("-p", "257"), "--parallelism"), (("--runs", "0"), "--runs"),
             (("--warmup", "-1"), "--warmup"), (("--vary", "batch-rows"), "batch-rows=1,64,auto"),
             (("--vary", "batch=1"), "batch-rows"), (("--vary", "batch-rows=0"), "batch-rows: '0'"),
             (("--vary", "batch-rows="), "batch-rows: ''"), (("--vary", "ring-slots=3"), "ring-slots: "),
             (("--vary", "order=key,key"), "there twice"), (("--vary", "order=flank"), "order: "),
             (("--vary", "order=key", "--vary", "order=global"), "varied twice"),
             (("--vary", "window=tumbling:1s"), "cannot be varied"), (("--stats", "s"), "unknown option --stats"),
             (("--json", "-", "--csv", "-"), "standard output"), (("--json", "a", "--csv", "a"), "two reports"),
             (("--json", "rows.csv"), "is the input"), (("--window", "tumbling:x"), "--window"))


class BenchCase(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.work = self.folder / "work"
        self.work.mkdir()
        self.rows = self.folder / "rows.csv"
        self.rows.write_bytes(self.run_tidemark("gen", "--rows", str(ROWS), "--keys", "20", "--late", "2%",
                                                "--malformed", "2%").stdout)
        self.environment = dict(os.environ, TMPDIR=str(self.work), LC_ALL="C.UTF-8")

    def fake(self, meddle="pass"):
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        (self.folder / "counter").unlink(missing_ok=True)
        (tools / "hyperfine").write_text(FAKE.format(python=sys.executable, counter=str(self.folder / "counter"),
                                                     meddle=meddle))
        (tools / "hyperfine").chmod(0o755)
        self.environment["PATH"] = f"{tools}:{os.environ['PATH']}"

    def bench(self, *arguments, status=0, **keywords):
        """Ends with the status, leaves the work folder empty; gives (stdout, stderr)."""
        done = self.run_tidemark("bench", *arguments, cwd=self.folder, env=self.environment, **keywords)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(list(self.work.iterdir()), [])
        return done.stdout.decode(), done.stderr.decode(errors="replace")

    def check_no_figures(self, *arguments, status, message):
        files = ("--json", "j", "--csv", "c", "--markdown", "m")
        out, err = self.bench(self.rows, *arguments, *files, status=status)
        self.assertEqual(out, "")
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertIn(message, err)
        self.assertNotRegex(err, r"\d rows/s|\d %")
        self.assertFalse({"j", "c", "m"} & {path.name for path in self.folder.iterdir()})
        return err


class Refusals(BenchCase):
    def test_wrong_usage(self):
        self.fake()
        for arguments, message in BAD_USAGE:
            with self.subTest(arguments):
                _, err = self.bench("rows.csv", *arguments, status=2)
                self.assertIn(message, err)
        self.assertFalse((self.folder / "counter").exists())

    def test_input_that_can_be_read_only_once(self):
        os.mkfifo(self.folder / "pipe")
        for arguments in ((), ("-",), ("pipe",), ("rows.csv", "-")):
            with self.subTest(arguments):
                _, err = self.bench(*arguments, status=2)
                self.assertIn("write it to a file first", err)

    def test_input_that_is_not_there(self):
        self.assertIn("nosuch.csv", self.bench("nosuch.csv", status=1)[1])
        self.assertIn("directory", self.bench("work", status=1)[1])

    def test_arguments_that_are_no_utf8(self):
        """They reach the program as the byte that the surrogate stands for."""
        self.fake()
        shutil.copy(self.rows, self.folder / "r\udcff.csv")
        (self.folder / "c.conf").write_bytes(b"key = k\xff\n")
        for arguments in (("r\udcff.csv",), ("rows.csv", "--key", "\udcc3"), ("rows.csv", "--json", "j\udcff"),
                          ("rows.csv", "--config", "c.conf")):
            with self.subTest(arguments):
                self.assertIn("UTF-8 only", self.bench(*arguments, status=2)[1])
        self.assertFalse((self.folder / "counter").exists())

    def test_tools_that_are_missing_are_named_with_their_package(self):
        self.environment["PATH"] = str(self.work)
        _, err = self.bench("rows.csv", status=1)
        self.assertIn("the Debian package is hyperfine", err)
        self.fake()
        self.environment["PATH"] = str(self.folder / "tools")
        _, err = self.bench("rows.csv", "--plot", "p.svg", status=1)
        self.assertIn("the Debian package is gnuplot-nox", err)
        self.assertFalse((self.folder / "counter").exists())  # said before anything was measured

    def test_a_report_that_cannot_be_written(self):
        self.fake()
        _, err = self.bench("rows.csv", "--json", "nosuch/j", status=1)
        self.assertIn("nosuch/j", err)
        self.assertFalse((self.folder / "counter").exists())

    def test_no_work_folder(self):
        self.fake()
        self.environment["TMPDIR"] = str(self.folder / "nosuch")
        self.assertIn("cannot make a work folder", self.bench("rows.csv", status=1)[1])


class Proof(BenchCase):
    outputs = ("--results", "r", "--late", "l", "--rejects", "e")

    def test_an_output_that_differs_gives_no_figures(self):
        for meddle, name in DIFFERENCES:
            with self.subTest(name, meddle=meddle):
                self.fake(f"if count == 2:\n    {meddle}")
                err = self.check_no_figures("-p", "1,2,3", "--runs", "2", "--warmup", "0", *self.outputs, status=4,
                                            message=f"the {name} at parallelism 3 are not those of the first run")
                self.assertIn("tidemark compare -p 3", err)

    def test_a_difference_in_the_last_run_counts_too(self):
        self.fake("if count == 8: (folder / 'alerts').write_text('')")
        self.check_no_figures("-p", "1,2,3", "--runs", "2", status=4, message="parallelism 2")

    def test_a_difference_in_a_warm_up_counts_too(self):
        self.fake("if count == 1: (folder / 'alerts').write_text('')")
        self.check_no_figures("-p", "1,2", "--runs", "1", status=4, message="parallelism 2")

    def test_a_varied_case_is_named_with_its_values(self):
        self.fake("if count == 3: (folder / 'alerts').write_text('')")
        err = self.check_no_figures("-p", "1,2", "--vary", "batch-rows=1,auto", "--alert", "x=sum > 1", status=4,
                                    message="at parallelism 2, batch-rows auto are")
        self.assertIn("'--alert=x=sum > 1' --batch-rows=auto", err)

    def test_order_counts_unless_it_is_left_open(self):
        for order, status in (("global", 4), ("key", 0)):
            with self.subTest(order):
                self.fake(f"if count == 1: {REVERSE}")
                self.bench(self.rows, "-p", "1,2", "--runs", "1", "--order", order, *self.outputs, status=status)

    def test_lines_count_where_their_order_does_not(self):
        self.fake(f"if count == 1: {TWICE}")
        self.check_no_figures("-p", "1,2", "--order", "key", *self.outputs, status=4, message="results")

    def test_one_sweep_of_both_orders(self):
        for run, status in ((0, 4), (1, 4), (2, 0), (3, 0)):  # global at 1 and 2, key at 1 and 2
            with self.subTest(run):
                self.fake(f"if count == {run}: {REVERSE}")
                self.bench(self.rows, "-p", "1,2", "--runs", "1", "--warmup", "0", "--vary", "order=global,key",
                           *self.outputs, status=status)

    def test_what_hyperfine_or_a_run_leaves_may_be_anything(self):
        for meddle, message in BAD_EXPORTS:
            with self.subTest(meddle):
                self.fake(meddle)
                self.check_no_figures("-p", "1", status=1, message=message)

    def test_a_run_that_fails_says_why_and_gives_its_status(self):
        self.fake()
        self.check_no_figures("--key", "nokey", status=2, message="no column 'nokey'")
        self.check_no_figures("--max-rejects", "3", status=3, message="rejects")

    def test_an_input_that_changes_meanwhile(self):
        self.fake(f"open({str(self.rows)!r}, 'ab').write(b'k,2024-05-11 11:00:00,9000\\n')")
        self.check_no_figures("-p", "1,2", status=1, message="changed while it was measured")

    def test_the_files_named_for_outputs_are_not_touched(self):
        self.fake()
        (self.folder / "r").write_text("mine")
        self.bench(self.rows, "-p", "1", "--runs", "1", *self.outputs)
        self.assertEqual((self.folder / "r").read_text(), "mine")
        self.assertFalse((self.folder / "l").exists())


class Reports(BenchCase):
    """With times that the fake makes up, figures are known."""

    def report(self, *arguments):
        self.fake("result['times'] = [0.5 if '--parallelism=1' in words else 0.125 * (1 + count % 2)]")
        self.bench(self.rows, "--json", "j", "--csv", "c", "--markdown", "m", *arguments)
        return json.loads((self.folder / "j").read_text())

    def test_text_has_every_level(self):
        self.fake()
        out, _ = self.bench(self.rows, "-p", "4,1,2", "--runs", "3")
        speed = out[out.index("Speed"):out.index("Where the time went")]
        self.assertEqual(re.findall(r"^ +(\d+)  ", speed, re.MULTILINE), ["1", "2", "4"])
        self.assertIn("0.2500..0.2500", speed)
        for part in ("input: ", "machine: ", "hyperfine 1.15.0", "are the same in all 12 runs", "What binds", "N = 4: ",
                     "Prediction", "how far to trust it", "no scalability law"):
            self.assertIn(part, out)

    def test_default_levels_go_to_twice_the_cores(self):
        self.fake()
        cores = len(os.sched_getaffinity(0))
        self.bench(self.rows, "--runs", "1", "--warmup", "0", "--csv", "c")
        with open(self.folder / "c", newline="", encoding="ascii") as file:
            levels = [int(row["parallelism"]) for row in csv.DictReader(file)]
        expected = sorted({2 ** i for i in range(10) if 2 ** i < 2 * cores} | {2 * cores})
        self.assertEqual(levels, expected)

    def test_figures_are_those_of_the_times(self):
        report = self.report("-p", "1,2,4", "--runs", "4", "--warmup", "1")
        one, two, _ = report["series"][0]["levels"]
        self.assertEqual(one["wall_s"]["runs"], [0.5] * 4)
        self.assertEqual((one["speedup"], one["efficiency"], one["wall_s"]["noise"]), (1, 1, 0))
        self.assertEqual(sorted(set(two["wall_s"]["runs"])), [0.125, 0.25])
        self.assertEqual((two["wall_s"]["least"], two["wall_s"]["most"]), (0.125, 0.25))
        self.assertAlmostEqual(two["speedup"], 0.5 / two["wall_s"]["median"], places=6)
        self.assertAlmostEqual(two["efficiency"], two["speedup"] / 2, places=6)
        self.assertAlmostEqual(two["rows_per_s"], ROWS / two["wall_s"]["median"], delta=1)
        self.assertAlmostEqual(two["mb_per_s"], self.rows.stat().st_size / 1e6 / two["wall_s"]["median"], places=6)
        self.assertEqual((two["user_s"], two["system_s"]), (0.125, 0.0625))

    def test_json_has_every_member(self):
        report = self.report("-p", "1,3", "--runs", "1", "--results", "r", "--cold")
        self.assertEqual(list(report), ["tidemark", "command", "date", "machine", "input", "method", "outputs", "counts",
                                        "series"])
        self.assertRegex(report["command"], r"^tidemark bench .*--cold$")
        self.assertRegex(report["date"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.check_kinds(report["machine"], processor=str, cores=int, memory_kib=int, kernel=str)
        self.assertEqual(report["input"], {"files": [str(self.rows)], "bytes": self.rows.stat().st_size,
                                           "unpacked_bytes": self.rows.stat().st_size, "rows": ROWS})
        self.check_kinds(report["method"], hyperfine=str, runs=int, warmup=int, cold=bool, cold_left=float)
        self.assertEqual(list(report["outputs"]), ["alerts", "results"])
        self.assertRegex(report["outputs"]["results"]["xxh3"], r"^[0-9a-f]{32}$")
        self.assertIsNone(report["outputs"]["results"]["xxh3_multiset"])
        self.assertEqual(report["counts"]["rows"], ROWS)
        self.assertEqual(len(report["series"]), 1)
        self.check_series(report["series"][0], [1, 3])

    def check_kinds(self, members, **kinds):
        self.assertEqual(sorted(members), sorted(kinds))
        for name, kind in kinds.items():
            with self.subTest(member=name):
                self.assertIsInstance(members[name], kind)

    def check_series(self, series, levels):
        self.check_kinds(series, varied=dict, order=str, levels=list, model=dict, usl=dict)
        self.assertEqual([level["parallelism"] for level in series["levels"]], levels)
        for level in series["levels"]:
            self.check_level(level)
        self.check_kinds(series["model"], handover_s=float, queue_s=float, predictions=list, checks=list, error_median=float,
                         error_most=float, trust=str)
        for prediction in series["model"]["predictions"]:
            self.check_kinds(prediction, cores=int, parallelism=int, wall_s=float, rows_per_s=float, skew=float, limit=str)
        for check in series["model"]["checks"]:
            self.check_kinds(check, parallelism=int, measured_s=float, predicted_s=float, error=float)
        self.assertTrue("refused" in series["usl"] or series["usl"]["points"] >= 5)

    def check_level(self, level):
        self.check_kinds(level, parallelism=int, threads=int, batch_rows=int, ring_slots=int, wall_s=dict,
                         rows_per_s=float, mb_per_s=float, speedup=float, efficiency=float, user_s=float, system_s=float,
                         peak_memory_kib=float, skew=float, stages=list, bottleneck=dict)
        self.check_kinds(level["wall_s"], median=float, least=float, quartile_low=float, quartile_high=float, most=float,
                         noise=float, outliers=int, runs=list)
        self.check_kinds(level["bottleneck"], binds=str, workers_help=bool, text=str)
        workers = level["parallelism"]
        self.assertEqual(level["threads"], workers + 3)
        self.assertEqual([stage["stage"] for stage in level["stages"]], [*STAGES[:2], *["worker"] * workers, "sink"])
        for stage in level["stages"]:
            own = {"worker": int} if stage["stage"] == "worker" else {}
            ring = {} if stage["stage"] == "reader" else {"ring": dict}
            self.check_kinds(stage, stage=str, rows=int, batches=int, cpu_s=float, busy=float, waiting_for_input=float,
                             waiting_for_room=float, waiting_for_core=(float, type(None)), **own, **ring)
            if ring:
                self.check_kinds(stage["ring"], slots=int, mean=float, most=int)
        rows = [stage["rows"] for stage in level["stages"] if stage["stage"] == "worker"]
        self.assertEqual(level["skew"], round(max(rows) * len(rows) / sum(rows), 4))

    def test_csv_and_markdown_say_the_same(self):
        report = self.report("-p", "1,2", "--runs", "2", "--vary", "ring-slots=2,16", "--vary", "order=key,global")
        levels = [(series, level) for series in report["series"] for level in series["levels"]]
        with open(self.folder / "c", newline="", encoding="ascii") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["parallelism"], row["ring_slots"], row["order"]) for row in rows],
                         [(str(level["parallelism"]), series["varied"]["ring-slots"], series["varied"]["order"])
                          for series, level in levels])
        for row, (_, level) in zip(rows, levels):
            self.assertAlmostEqual(float(row["wall_median_s"]), level["wall_s"]["median"], places=5)
            self.assertAlmostEqual(float(row["speedup"]), level["speedup"], places=3)
            self.assertEqual([row["binds"], row["workers_help"], row["bottleneck"]],
                             [level["bottleneck"]["binds"], json.dumps(level["bottleneck"]["workers_help"]),
                              level["bottleneck"]["text"]])
            for kind, column in zip(STAGES, ("reader", "parser", "workers", "sink")):
                self.check_csv_stage(row, column, [stage for stage in level["stages"] if stage["stage"] == kind])
        table = re.search(r"### Speed\n\n(.*?)\n\n", (self.folder / "m").read_text(), re.DOTALL)[1].splitlines()
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
        self.assertEqual(cells[0][:4], ["ring-slots", "order", "N", "median s"])
        self.assertEqual([row[:3] for row in cells[2:]],
                         [[row["ring_slots"], row["order"], row["parallelism"]] for row in rows])

    def check_csv_stage(self, row, column, stages):
        """The workers' columns are their mean, but cpu_s, which is their sum."""
        for name in ("busy", "waiting_for_input", "waiting_for_room", "waiting_for_core", "cpu_s"):
            values, told = [stage[name] for stage in stages], row[f"{column}_{name}"]
            if None in values:
                self.assertEqual(told, "")
                continue
            self.assertAlmostEqual(float(told), sum(values) / (1 if name == "cpu_s" else len(values)), delta=2e-4)
        rings = [stage["ring"] for stage in stages if "ring" in stage]
        slots, mean = (row[f"{column}_ring_{name}"] for name in ("slots", "mean"))
        if not rings:
            self.assertEqual((slots, mean), ("", ""))
            return
        self.assertEqual(slots, str(rings[0]["slots"]))
        self.assertAlmostEqual(float(mean), sum(ring["mean"] for ring in rings) / len(rings), delta=2e-3)

    def test_varied_settings_reach_the_runs(self):
        report = self.report("-p", "2", "--runs", "1", "--vary", "batch-rows=1,64,auto", "--vary", "ring-slots=2,64")
        self.assertEqual([(series["levels"][0]["batch_rows"], series["levels"][0]["ring_slots"], series["varied"])
                          for series in report["series"]],
                         [(rows, slots, {"batch-rows": name, "ring-slots": str(slots)})
                          for rows, name in ((1, "1"), (64, "64"), (2048, "auto")) for slots in (2, 64)])

    def test_multisets_are_told_where_order_is_left_open(self):
        outputs = self.report("-p", "2", "--runs", "1", "--order", "key", "--late", "l")["outputs"]
        self.assertIsNone(outputs["alerts"]["xxh3"])
        self.assertRegex(outputs["alerts"]["xxh3_multiset"], r"^[0-9a-f]{32}$")
        self.assertRegex(outputs["late"]["xxh3"], r"^[0-9a-f]{32}$")  # late rows are in input order in any case

    def test_an_input_without_rows(self):
        self.rows.write_bytes(HEADER)
        report = self.report("-p", "1,2", "--runs", "1")
        self.assertEqual([level["rows_per_s"] for level in report["series"][0]["levels"]], [0, 0])

    def test_a_single_run_is_not_called_a_proof(self):
        self.fake()
        out, _ = self.bench(self.rows, "-p", "1", "--runs", "1", "--warmup", "0")
        self.assertIn("outputs: alerts and counts of one run, so there was nothing to compare", out)

    def test_stages_on_one_thread_have_no_shares(self):
        self.fake()
        out, _ = self.bench(self.rows, "-p", "1,2", "--runs", "1", "--scheduler", "one:3")
        self.assertIn("N = 2: one thread ran all stages by turns (--scheduler one)", out)
        self.assertIn("no prediction: all stages ran on one thread at N = 1", out)

    def test_a_base_other_than_one_is_said(self):
        self.fake()
        out, _ = self.bench(self.rows, "-p", "2,4", "--runs", "1")
        self.assertIn("against N = 2", out)

    def test_noise_is_said(self):
        self.fake("result['times'] = [0.1 * (1 + count)]")
        out, _ = self.bench(self.rows, "-p", "1", "--runs", "5")
        self.assertIn("The machine is noisy: at N = 1", out)
        self.fake()
        self.assertNotIn("noisy", self.bench(self.rows, "-p", "1", "--runs", "5")[0].split("Where")[0])

    def test_reports_to_standard_output_stand_alone(self):
        self.fake()
        json.loads(self.bench(self.rows, "-p", "1", "--runs", "1", "--json", "-")[0])
        self.assertTrue(self.bench(self.rows, "-p", "1", "--runs", "1", "--csv", "-")[0].startswith("parallelism,"))

    def test_a_config_file_counts(self):
        self.fake()
        (self.folder / "c.conf").write_text("parallelism = 1,3\nruns = 2\nkey = 1\nresults = r\nvary = order=key\n")
        out, _ = self.bench(self.rows, "--config", "c.conf", "--json", "j")
        report = json.loads((self.folder / "j").read_text())
        self.assertEqual([level["parallelism"] for level in report["series"][0]["levels"]], [1, 3])
        self.assertEqual((report["method"]["runs"], report["series"][0]["order"]), (2, "key"))
        self.assertIn("results", report["outputs"])
        self.assertIn("M rows/s", out)

    def test_names_with_blanks_and_quotes(self):
        self.fake()
        for name in ("a b'c\".csv", "-d.csv"):
            shutil.copy(self.rows, self.folder / name)
            with self.subTest(name):
                self.assertIn(name, self.bench("-p", "1", "--runs", "1", "--alert", "it's=sum > 1"[5:], "--", name)[0])


@unittest.skipUnless(shutil.which("hyperfine"), "needs hyperfine")
class Hyperfine(BenchCase):
    """The real one."""

    def test_it_measures(self):
        out, err = self.bench(self.rows, "-p", "1,2", "--runs", "2", "--results", "r", "--cold", "--json", "j")
        self.assertEqual(err, "")
        self.assertIn("results and counts are the same in all 6 runs", out)
        self.assertRegex(out, r"cold: (nothing of the input was|NOT ACHIEVED)")
        for level in json.loads((self.folder / "j").read_text())["series"][0]["levels"]:
            self.assertEqual(len(level["wall_s"]["runs"]), 2)
            self.assertGreater(level["wall_s"]["least"], 0)

    def test_several_and_packed_files(self):
        packed = subprocess.run(["gzip", "-c", self.rows], capture_output=True, check=True).stdout
        (self.folder / "p.csv.gz").write_bytes(packed)
        self.bench(self.rows, "p.csv.gz", "-p", "1,2", "--runs", "1", "--json", "j")
        told = json.loads((self.folder / "j").read_text())["input"]
        self.assertEqual(told["rows"], 2 * ROWS)
        self.assertEqual(told["bytes"], self.rows.stat().st_size + len(packed))
        self.assertEqual(told["unpacked_bytes"], 2 * self.rows.stat().st_size)

    def test_a_run_that_fails(self):
        self.check_no_figures("--time", "nosuch", status=2, message="no column 'nosuch'")

    def test_signals_leave_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                self.check_signal(number)

    def start_and_wait_for_a_run(self, *arguments, **keywords):
        process = subprocess.Popen([self.tidemark, "bench", self.rows, *arguments], cwd=self.folder,
                                   env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **keywords)
        deadline = time.monotonic() + END_S
        while not list(self.work.glob("*/timing.json")) and time.monotonic() < deadline:
            time.sleep(0.01)
        return process

    def test_signals_that_are_ignored_stay_so(self):
        """As nohup has SIGHUP, and a shell SIGINT of what runs in the background."""
        ignored = (signal.SIGHUP, signal.SIGINT)
        process = self.start_and_wait_for_a_run("-p", "1,2", "--runs", "3",
                                                preexec_fn=lambda: [signal.signal(number, signal.SIG_IGN)
                                                                    for number in ignored])
        for number in ignored:
            process.send_signal(number)
        out, err = process.communicate(timeout=END_S)
        self.assertEqual((process.returncode, err), (0, b""))
        self.assertIn(b"What binds", out)

    def test_children_are_noticed_though_the_caller_ignores_theirs(self):
        out, _ = self.bench(self.rows, "-p", "1", "--runs", "1", timeout=END_S,
                            preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
        self.assertIn("What binds", out)

    def check_signal(self, number):
        process = self.start_and_wait_for_a_run("--runs", "1000", "--json", "j")
        process.send_signal(number)
        out, err = process.communicate(timeout=END_S)
        self.assertEqual(process.returncode, 128 + number, err)
        self.assertEqual(out, b"")
        self.assertIn(b"there are no figures", err)
        self.assertEqual(list(self.work.iterdir()), [])
        self.assertFalse([path for path in self.folder.iterdir() if path.name.startswith(("j", ".j"))])
        running = [path for path in Path("/proc").glob("[0-9]*/cmdline") if f"/proc/{process.pid}/exe" in read(path)]
        self.assertEqual(running, [])


def text_of(node):
    return node.data if hasattr(node, "data") else "".join(map(text_of, node.childNodes))


def read(path):
    """A process may have gone meanwhile."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


# A machine with 16 cores, on which N workers take as long as the Universal Scalability Law says.
MANY_CORES = """
s = json.loads((folder / 'stats').read_text()); s['threads']['cores'] = 16
(folder / 'stats').write_text(json.dumps(s))
n, = [int(word.split('=')[1]) for word in words if word.startswith('--parallelism=')]
result['times'] = [(1 + 0.05 * (n - 1) + 0.01 * n * (n - 1)) / n]
"""


@unittest.skipUnless(shutil.which("gnuplot"), "needs gnuplot")
class Plot(BenchCase):
    def plot(self, *arguments, meddle="result['times'] = [0.5 / (1 + count % 3)]"):
        self.fake(meddle)
        self.bench(self.rows, "--runs", "2", "--plot", "p.svg", *arguments)
        document = xml.dom.minidom.parse(str(self.folder / "p.svg"))
        return " | ".join(text_of(node) for node in document.getElementsByTagName("text"))

    def test_levels(self):
        texts = self.plot("-p", "1,2,4")
        for part in ("rows.csv", "million rows a second", "workers (--parallelism N)", "linear speed-up", "model",
                     "measured"):
            self.assertIn(part, texts)

    def test_the_scalability_law_is_drawn_where_it_is_fitted(self):
        law = "Universal Scalability Law"
        self.assertIn(law, self.plot("-p", "1,2,4,8,16", "--json", "j", "--warmup", "0", meddle=MANY_CORES))
        usl = json.loads((self.folder / "j").read_text())["series"][0]["usl"]
        self.assertAlmostEqual(usl["lambda"], ROWS, delta=0.01 * ROWS)
        self.assertAlmostEqual(usl["sigma"], 0.05, places=3)
        self.assertAlmostEqual(usl["kappa"], 0.01, places=3)
        self.assertEqual(usl["points"], 5)
        self.assertNotIn(law, self.plot("-p", "1,2,4,8", "--warmup", "0", meddle=MANY_CORES))

    def test_several_series(self):
        texts = self.plot("-p", "1,2", "--vary", "order=global,key")
        self.assertIn("order global", texts)
        self.assertIn("order key", texts)

    def test_one_level_of_several_series(self):
        texts = self.plot("-p", "2", "--vary", "batch-rows=1,64,auto")
        self.assertIn("at parallelism 2", texts)
        self.assertIn("batch-rows", texts)

    def test_one_level_alone(self):
        self.assertIn("measured", self.plot("-p", "1"))

    def test_a_name_that_gnuplot_might_read_otherwise(self):
        name = "it's_{=40 x}\"$a`b.csv"
        shutil.copy(self.rows, self.folder / name)
        self.rows = self.folder / name
        self.assertIn("{=40 x}", self.plot("-p", "1"))


if __name__ == "__main__":
    main(__doc__)
