#!/usr/bin/env python3
"""Does `tidemark compare` say of runs, results and logs exactly what is the same and what is not, and end accordingly?"""
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, DATA, main

from runs import packed

FLINK = Path(__file__).resolve().parent.parent / "golden" / "pyflink"
SLOW = float(os.environ.get("TIDEMARK_SLOW", "1"))  # sanitizer builds get more time
HEADER = "transaction_id,timestamp,amount\n"
DIFFERENT = 4
LEVELS = "1,2,3,7,64"
NAMES = ("same bytes", "same multiset", "per-key order kept", "inversions", "greatest displacement", "mean displacement")
HOSTILE_KEYS = [b'"a\nb"', b'"c,""d"""', b"\xff\xfe", "열쇠".encode(), b'"\r\n"', b"\x1b[31m", b"plain", b"'", b"\\"]


def blocks(text):
    """The report's blocks but the first line: each a dict of what stands before and behind the colon."""
    return [dict(line.split(": ", 1) for line in block.splitlines() if ": " in line) for block in text.split("\n\n")[1:]]


def result_count(text):
    """Of the reference."""
    return int(text.partition(" results")[0].rpartition(" ")[2])


def rows(count, keys, seed=7):
    draw = random.Random(seed)
    lines = [f"k{draw.randrange(keys)},2024-05-11 10:{i // 600 % 60:02d}:{i // 10 % 60:02d},{draw.randrange(9000)}.25\n"
             for i in range(count)]
    return HEADER + "".join(lines)


class CompareCase(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def put(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def compare(self, *arguments, status=0):
        done = self.run_tidemark("compare", *arguments, cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr.decode() + done.stdout.decode(errors="replace"))
        return done.stdout.decode(errors="surrogateescape")

    def refused(self, *arguments, status=2):
        done = self.run_tidemark("compare", *arguments, cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stdout)
        self.assertEqual(done.stdout, b"")
        self.assertRegex(done.stderr.decode(), r"\Atidemark: [^\n]+\n\Z")
        return done.stderr.decode()

    def results(self, name, data, *options):
        path = self.folder / name
        done = self.run_tidemark("run", "-q", "--alert", "none", "--results", path, *options, self.put("in.csv", data))
        self.assertEqual(done.returncode, 0, done.stderr)
        return path


class Runs(CompareCase):
    def check_runs(self, *arguments):
        for block in blocks(self.compare(*arguments, "-p", LEVELS, "--order", "global")):
            self.assertEqual([block[name] for name in NAMES], ["yes", "yes", "yes", "0 (0 %)", "0", "0"])
        found = blocks(self.compare(*arguments, "-p", LEVELS, "--order", "key"))
        self.assertEqual(len(found), len(LEVELS.split(",")))
        for block in found:
            self.assertEqual([block[name] for name in NAMES[1:3]], ["yes", "yes"])
        return found

    def test_orders_keep_their_promises_at_every_level(self):
        moved = self.check_runs(self.put("rows.csv", rows(20000, 500)))
        self.assertEqual(moved[0]["same bytes"], "yes")  # one worker has nothing to interleave

    def test_keys_that_are_hostile(self):
        draw = random.Random(5)
        data = HEADER.encode() + b"".join(b"%s,2024-05-11 10:00:%02d,%d\n" % (draw.choice(HOSTILE_KEYS), i // 50 % 60, i % 70)
                                          for i in range(6000))
        path = self.put("hostile.csv", data)
        for form in ("csv", "jsonl", "flink"):
            self.check_runs(path, "--format", form)

    def test_several_files_packed_ones_and_composite_keys(self):
        first, second = rows(3000, 50), rows(3000, 50, seed=8)
        self.check_runs(self.put("a.csv.gz", packed(first.encode(), "gz")), self.put("b.csv", second),
                        self.put("c.csv", second), "--key", "transaction_id,amount", "--out-of-orderness", "unbounded")

    def test_a_header_alone_gives_no_results(self):
        for form in ("csv", "jsonl"):
            for block in blocks(self.compare(self.put("none.csv", HEADER), "--format", form)):
                self.assertEqual([block[name] for name in NAMES], ["yes", "yes", "yes", "0 (0 %)", "0", "0"])

    def test_a_result_that_moved_is_named(self):
        path = self.put("rows.csv", rows(20000, 500))
        results = self.results("r.csv", rows(20000, 500)).read_text().splitlines()
        reports = json.loads(self.compare(path, "--json", "-p", "2,7,16", "--order", "key"))["comparisons"]
        differences = [report["first_difference"] for report in reports if not report["same_bytes"]]
        self.assertTrue(differences)
        for found in differences:
            self.assertEqual(found["reference"]["text"], results[found["result"]])
            self.assertEqual(found["key"], results[found["result"]].split(",")[2:3])
            self.assertGreater(found["result_of_other"], found["result"])

    def test_alerts_instead_of_results(self):
        path = self.put("rows.csv", rows(2000, 20))
        alerts = self.run_tidemark("run", "-q", "--alert", "big=max > 8900", path).stdout
        text = self.compare(path, "--output", "alerts", "--alert", "big=max > 8900")
        self.assertIn(f"{alerts.count(b'big')} results, {len(alerts)} bytes", text.splitlines()[0])

    def test_json_says_the_same(self):
        path = self.put("rows.csv", rows(5000, 100))
        report = json.loads(self.compare(path, "--json", "-p", "3"))
        self.assertEqual([(one["parallelism"], one["order"]) for one in report["comparisons"]], [(3, "global"), (3, "key")])
        self.assertFalse(report["difference"])
        for one in report["comparisons"]:
            self.assertTrue(one["same_multiset"] and one["per_key_order_kept"] and one["as_promised"])
            self.assertEqual(one["pairs"], one["results"] * (one["results"] - 1) // 2)
            self.assertEqual(one["results"], report["reference"]["results"])

    def test_quiet_prints_nothing(self):
        self.assertEqual(self.compare("-q", self.put("rows.csv", rows(500, 9))), "")

    def test_options_of_a_config_file_count(self):
        path = self.put("rows.csv", rows(500, 9))
        self.put("run.conf", "window = tumbling:1d\nparallelism = 5\norder = global\nresults = r.csv\nverbose = true\n")
        text = self.compare("--config", "run.conf", path)
        self.assertIn("reference: parallelism 1, order global: 9 results", text)
        self.assertEqual(text.count("parallelism 5, order global"), 1)
        self.assertNotIn("order key", text)
        self.assertFalse((self.folder / "r.csv").exists())


class FailingRuns(CompareCase):
    def test_a_run_that_fails_says_why_and_its_status_is_passed_on(self):
        path = self.put("rows.csv", rows(500, 9) + "a,b,c\n")
        self.assertIn("no column 'amounts'", self.refused(path, "--value", "amounts"))
        self.assertIn("--max-rejects", self.refused(path, "--max-rejects", "0", status=3))
        self.assertIn("not even a header", self.refused(self.put("empty.csv", ""), status=1))

    def test_what_cannot_be_read_twice_is_refused(self):
        self.assertIn("standard input", self.refused("-"))
        self.assertIn("needs an input file", self.refused())
        os.mkfifo(self.folder / "fifo")
        self.assertIn("no regular file", self.refused("fifo", status=1))  # and nobody waits for a writer
        opened = os.open(self.folder / "fifo", os.O_RDWR)
        self.addCleanup(os.close, opened)
        self.assertIn("no regular file", self.refused("fifo", status=1))
        self.assertIn("no regular file", self.refused(self.folder, status=1))
        self.assertIn("cannot read none.csv: No such file", self.refused("none.csv", status=1))

    def test_the_wall_clock_is_refused(self):
        self.assertIn("--clock: no two runs", self.refused("--clock", "processing", self.put("in.csv", b"")))

    def test_options_without_effect_are_refused(self):
        path, result = self.put("rows.csv", rows(50, 9)), self.results("a.csv", rows(50, 9))
        self.assertIn("--results", self.refused(path, "--results", "x.csv"))
        self.assertIn("--input", self.refused(path, "--input", path))
        self.assertIn("--float32", self.refused(path, "--float32"))
        self.assertIn("--parallelism", self.refused(result, result, "-p", "2"))
        self.assertIn("--output", self.refused(result, result, "--output", "alerts"))
        self.assertIn("--key", self.refused(result, result, "--key", "x"))
        for levels in ("", "0", "257", "2,", ",2", "2;3", "auto", "-1", ",".join("2" * 65)):
            self.assertIn("parallelism", self.refused(path, f"--parallelism={levels}"))
        self.assertIn("--order", self.refused(path, "--order", "heap"))

    def test_full_and_closed_outputs(self):
        path = self.put("rows.csv", rows(500, 9))
        command = [self.tidemark, "compare", str(path)]
        with open("/dev/full", "wb") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual((done.returncode, done.stderr), (1, b"tidemark: cannot write to standard output: No space left on "
                                                             b"device\n"))
        read_end, write_end = os.pipe()
        os.close(read_end)
        done = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, check=False)
        os.close(write_end)
        self.assertEqual((done.returncode, done.stderr), (1, b""))

    def test_streams_that_the_caller_has_closed(self):
        path = self.put("rows.csv", rows(500, 9))
        for closed in ("<&-", "2>&-", "<&- 2>&-"):
            done = subprocess.run(["sh", "-c", f'exec "$0" compare "$1" {closed}', self.tidemark, path],
                                  capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertEqual(done.stdout.count(b"same bytes"), 4)

    def test_signals_that_the_caller_ignores(self):
        path = self.put("rows.csv", rows(500, 9))
        done = subprocess.run(["env", "--ignore-signal=CHLD", self.tidemark, "compare", path], capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        with open(self.folder / "big.csv", "wb") as out:
            subprocess.run([self.tidemark, "gen", "--rows", "2000000", "--keys", "0"], stdout=out, check=True)
        process = subprocess.Popen(["env", "--ignore-signal=INT", self.tidemark, "compare", self.folder / "big.csv", "-p", "2"],
                                   stdout=subprocess.PIPE)
        while process.poll() is None and not self.children(process.pid):
            pass
        process.send_signal(signal.SIGINT)
        out = process.communicate(timeout=60 * SLOW)[0]
        self.assertEqual((process.returncode, out.count(b"same bytes")), (0, 2))

    def test_a_signal_ends_the_run_too(self):
        data = self.folder / "big.csv"
        with open(data, "wb") as out:
            subprocess.run([self.tidemark, "gen", "--rows", "5000000", "--keys", "0"], stdout=out, check=True)
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = subprocess.Popen([self.tidemark, "compare", data, "-p", "2,3,4,5,6,7,8"], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE)
            deadline, children = time.monotonic() + 20 * SLOW, []
            while not children and time.monotonic() < deadline:
                children = self.children(process.pid)
            process.send_signal(number)
            out, err = process.communicate(timeout=20 * SLOW)
            self.assertEqual((process.returncode, out, err), (status, b"", b""))
            self.assertTrue(children)
            for child in children:
                self.assertFalse(Path(f"/proc/{child}").exists())

    @staticmethod
    def children(pid):
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


class Files(CompareCase):
    """Results that differ in one way that is known."""

    def setUp(self):
        super().setUp()
        self.data = rows(6000, 12)
        self.a = self.results("a.csv", self.data)
        self.lines = self.a.read_text().splitlines(keepends=True)

    def check(self, lines, wanted, *options, status):
        """wanted: what the report says, of NAMES."""
        text = self.compare(self.a, self.put("b.csv", "".join(lines)), *options, status=status)
        block = blocks(text)[0]
        self.assertEqual([block[name] for name in NAMES], wanted, text)
        return text

    def test_the_same(self):
        same = ["yes", "yes", "yes", "0 (0 %)", "0", "0"]
        self.assertNotIn("first difference", self.check(self.lines, same, "--order", "global", status=0))

    def test_line_ends_are_bytes_but_no_content(self):
        ends = ["no", "yes", "yes", "0 (0 %)", "0", "0"]
        crlf = [line.replace("\n", "\r\n") for line in self.lines]
        self.assertIn("first difference: in no result, only around them", self.check(crlf, ends, status=0))
        self.check(crlf, ends, "--order", "global", status=DIFFERENT)
        self.check(self.lines[:-1] + [self.lines[-1].rstrip("\n")], ends, status=0)

    def test_a_changed_value(self):
        lines = list(self.lines)
        fields = lines[300].split(",")
        lines[300] = ",".join(fields[:4] + ["17.5"] + fields[5:])
        text = self.check(lines, ["no", "no", "yes", "0 (0 %)", "0", "0"], status=DIFFERENT)
        self.assertIn("only in the reference: 1\nonly here: 1\nfirst difference: result 300 of the reference\n"
                      f"  window: {fields[0]} to {fields[1]}\n  key: {fields[2]}\n"
                      f"  reference: {self.a}:301: {self.lines[300]}"
                      f"  here: {self.folder / 'b.csv'}:301: {lines[300]}", text)

    def test_a_dropped_line(self):
        text = self.check(self.lines[:300] + self.lines[301:], ["no", "no", "yes", "0 (0 %)", "0", "0"], status=DIFFERENT)
        self.assertIn("only in the reference: 1\nonly here: 0\n", text)
        self.assertIn(f":301: {self.lines[300]}  here: none\n", text)

    def test_a_doubled_line(self):
        lines = self.lines[:301] + self.lines[300:]
        text = self.check(lines, ["no", "no", "yes", "0 (0 %)", "0", "0"], status=DIFFERENT)
        self.assertIn("only in the reference: 0\nonly here: 1\n", text)
        self.assertIn(f"  reference: none\n  here: {self.folder / 'b.csv'}:302: {self.lines[300]}", text)

    def moved(self, first, second):
        """Two lines swap places: how the figures have to be."""
        lines = list(self.lines)
        lines[first], lines[second] = lines[second], lines[first]
        count, apart = len(lines) - 1, second - first
        inversions = 2 * apart - 1
        share = 100 * inversions / (count * (count - 1) / 2)
        return lines, inversions, share, apart, 2 * apart / count

    def check_swap(self, first, second, keys_kept, statuses):
        lines, inversions, share, apart, mean = self.moved(first, second)
        for order, status in zip(("both", "key", "global"), statuses):
            text = self.compare(self.a, self.put("b.csv", "".join(lines)), "--order", order, status=status)
            block = blocks(text)[0]
            self.assertEqual([block[name] for name in NAMES[:3]], ["no", "yes", keys_kept])
            found = re.fullmatch(r"(\d+) \((\S+) %\)", block["inversions"])
            self.assertEqual(int(found[1]), inversions)
            self.assertAlmostEqual(float(found[2]), share, delta=share / 50)
            self.assertEqual(block["greatest displacement"], str(apart))
            self.assertAlmostEqual(float(block["mean displacement"]), mean, delta=mean / 50)
            window, end, key = lines[second].split(",")[:3]
            self.assertIn(f"first difference: result {first} of the reference is result {second} here\n"
                          f"  window: {window} to {end}\n  key: {key}\n"
                          f"  reference: {self.a}:{first + 1}: {lines[second]}"
                          f"  here: {self.folder / 'b.csv'}:{first + 1}: {lines[first]}", text)

    def key(self, index):
        return self.lines[index].split(",")[2]

    def test_two_lines_of_one_key_that_swap(self):
        second = next(i for i in range(101, len(self.lines)) if self.key(i) == self.key(100))
        self.check_swap(100, second, "no", (0, DIFFERENT, DIFFERENT))

    def test_lines_of_two_keys_that_swap(self):
        self.assertNotEqual(self.key(100), self.key(101))
        self.check_swap(100, 101, "yes", (0, 0, DIFFERENT))

    def test_the_other_way_round_inverts_every_pair(self):
        count = len(self.lines) - 1
        wanted = ["no", "yes", "no", f"{count * (count - 1) // 2} (100 %)", str(count - 1)]
        text = self.compare(self.a, self.put("b.csv", "".join(self.lines[:1] + self.lines[:0:-1])))
        self.assertEqual([blocks(text)[0][name] for name in NAMES[:5]], wanted)

    def test_the_rows_behind_a_difference_are_shown(self):
        lines = list(self.lines)
        window, _, key = lines[300].split(",")[:3]
        lines[300] = lines[300].replace(f",{key},", ",other,")
        data = self.data + f"{key},{window},1\nx,{window},1\n"  # the first is late: it made nothing
        path = self.put("in.csv", data)
        text = self.compare(self.a, self.put("b.csv", "".join(lines)), "--input", path, status=DIFFERENT)
        made = [(number, line) for number, line in enumerate(data.splitlines(), 1)
                if line.startswith(f"{key},{window[:-1]}")][:-1]
        self.assertIn("".join([f"  made by: {len(made)} rows\n",
                               *(f"    {path}:{number}: {line}\n" for number, line in made[:5]),
                               *([f"    and {len(made) - 5} more\n"] if len(made) > 5 else [])]), text)

    def test_the_rows_that_came_in_a_window_of_the_virtual_clock_are_shown(self):
        data = b"transaction_id,timestamp,amount\n" + b"".join(
            b"a,2024-05-11 10:00:%d,%d\n" % (second, i) for i, second in enumerate((10, 30, 15, 50, 59)))
        clock = ("--clock", "virtual:1", "--window", "tumbling:2s")
        first = self.results("first.csv", data, *clock)
        second = self.folder / "second.csv"
        second.write_bytes(Path(first).read_bytes().replace(b":15,5,2,", b":15,6,2,"))
        told = self.compare("--input", "in.csv", *clock, first, second, status=4)
        self.assertRegex(told, r"made by: 2 rows\n +\S*in\.csv:4: a,2024-05-11 10:00:15,2\n"
                               r" +\S*in\.csv:5: a,2024-05-11 10:00:50,3\n")

    def test_rows_that_fired_a_window_again_are_told_apart(self):
        times = ("01", "12", "03", "04", "17", "05")  # the third and fourth fire it again, the last is late
        data = "transaction_id,timestamp,amount\n" + "".join(f"a,2024-05-11 10:00:{time},1\n" for time in times)
        options = ("--allowed-lateness", "5s")
        a = self.results("again.csv", data, *options)
        b = self.put("b.csv", a.read_text().replace(",3,3,", ",4,3,"))
        text = self.compare(a, b, "--input", self.folder / "in.csv", *options, status=DIFFERENT)
        self.assertIn("  made by: 3 rows, of which 2 came after the window had fired and fired it again\n", text)
        for line in (2, 4, 5):
            self.assertIn(f"in.csv:{line}: ", text)
        self.assertNotIn("in.csv:7: ", text)
        report = json.loads(self.compare("--json", a, b, "--input", self.folder / "in.csv", *options, status=DIFFERENT))
        found = report["comparisons"][0]["first_difference"]
        self.assertEqual((found["result"], found["row_count"], found["refire_count"]), (3, 3, 2))

    def test_the_rows_of_a_session_and_of_a_count_window_are_told(self):
        times = ("01", "30", "06", "41", "33", "12", "50")
        data = "transaction_id,timestamp,amount\n" + "".join(f"a,2024-05-11 10:00:{time},1\n" for time in times)
        for window, value, lines in (("session:7s", ",3,3,", (2, 4, 7)), ("session:7s", ",2,2,", (3, 6)),
                                     ("count:3", ":41,3,3,", (5, 6, 7))):
            with self.subTest(window, value=value):
                options = ("--window", window, "--out-of-orderness", "1m")
                a = self.results("rows.csv", data, *options)
                self.assertEqual(a.read_text().count(value), 1)
                b = self.put("b.csv", a.read_text().replace(value, value.replace(value[-4:], f"9{value[-3:]}")))
                text = self.compare(a, b, "--input", self.folder / "in.csv", *options, status=DIFFERENT)
                self.assertIn(f"  made by: {len(lines)} rows\n", text)
                for line in range(2, 9):
                    (self.assertIn if line in lines else self.assertNotIn)(f"in.csv:{line}: ", text)

    def test_runs_that_fire_windows_again_are_the_same(self):
        path = self.put("rows.csv", self.run_tidemark("gen", "--rows", "20000", "--keys", "50", "--disorder", "3s").stdout)
        options = ("--out-of-orderness", "0", "--window", "tumbling:1s", path)
        once, again = (self.compare(*more, *options) for more in ((), ("--allowed-lateness", "2s")))
        self.assertGreater(result_count(again), result_count(once))
        self.assertNotIn("per-key order kept: no", again)

    def test_the_rows_behind_a_moved_result_are_shown(self):
        lines = list(self.lines)
        lines[100], lines[101] = lines[101], lines[100]
        path, other = self.folder / "in.csv", self.put("b.csv", "".join(lines))
        text = self.compare(self.a, other, "--input", path)
        count = self.lines[100].split(",")[5]
        self.assertIn(f"  made by: {count} rows\n", text)
        found = json.loads(self.compare(self.a, other, "--json"))["comparisons"][0]["first_difference"]
        self.assertEqual((found["kind"], found["result"], found["result_of_other"]), ("order", 100, 101))
        self.assertEqual((found["key"], found["window_start"]), ([self.key(100)], self.lines[100].split(",")[0]))
        self.assertEqual((found["reference"]["text"], found["other"]["text"]), (self.lines[100].strip(), self.lines[101].strip()))

    def test_json_names_the_difference(self):
        lines = list(self.lines)
        lines[300] = lines[300].replace(",", ",0", 4).replace(",0", ",", 3)
        report = json.loads(self.compare("--json", self.a, self.put("b.csv", "".join(lines)), "--input", self.folder / "in.csv",
                                         status=DIFFERENT))
        found = report["comparisons"][0]["first_difference"]
        window, end, key = self.lines[300].split(",")[:3]
        self.assertTrue(report["difference"])
        self.assertEqual((found["kind"], found["result"], found["key"]), ("value", 300, [key]))
        self.assertEqual((found["window_start"], found["window_end"]), (window, end))
        self.assertEqual(found["reference"], {"text": self.lines[300].strip(), "line": 301})
        self.assertEqual(found["other"], {"text": lines[300].strip(), "line": 301})
        self.assertEqual(found["row_count"], int(self.lines[300].split(",")[5]))
        for row in found["rows"]:
            self.assertEqual(row["record"], (self.folder / "in.csv").read_text().splitlines()[row["line"] - 1])

    def test_packed_results_are_read_too(self):
        self.put("b.csv.gz", packed(self.a.read_bytes(), "gz"))
        self.assertIn("same bytes: yes", self.compare(self.a, "b.csv.gz", "--order", "global"))


class FormsOfResults(CompareCase):
    def test_hostile_keys_in_every_format(self):
        data = HEADER.encode() + b"".join(b"%s,2024-05-11 10:00:%02d,%d\n" % (key, second, second)
                                          for second in range(40) for key in HOSTILE_KEYS)
        for form in ("csv", "jsonl"):
            a = self.results("a", data, "--format", form)
            content = a.read_bytes()
            changed = content.replace(b"45", b"46", 1)  # a sum: no key holds it
            self.assertNotEqual(changed, content)
            self.assertIn("same bytes: yes", self.compare(a, self.put("b", content)))
            text = self.compare(a, self.put("b", changed), "--input", "in.csv", "--json", status=DIFFERENT)
            found = json.loads(text)["comparisons"][0]["first_difference"]
            self.assertEqual((found["kind"], found["key"], found["row_count"]), ("value", ["a\nb"], 10))
            self.compare(a, "b", "--input", "in.csv", status=DIFFERENT)

    def test_bytes_that_are_no_text_come_through_json(self):
        a = self.results("a.csv", HEADER.encode() + b"\xff,2024-05-11 10:00:00,1\n")
        self.put("b.csv", a.read_bytes().replace(b",1,1,", b",2,1,"))
        found = json.loads(self.compare(a, "b.csv", "--json", status=DIFFERENT))["comparisons"][0]["first_difference"]
        self.assertEqual(found["key"], ["\udcff"])
        self.assertIn("\udcff", found["other"]["text"])

    def test_nothing_is_the_same_as_nothing_and_less_than_something(self):
        some = self.results("some", rows(50, 3), "--format", "jsonl")
        self.put("none", "")
        self.put("nothing", "")
        self.assertIn("same bytes: yes", self.compare("none", "nothing"))
        self.assertIn("only here: 0\n", self.compare(some, "none", status=DIFFERENT))
        self.assertIn("only in the reference: 0\n", self.compare("none", some, status=DIFFERENT))

    def test_what_does_not_go_together_is_refused(self):
        a = self.results("a.csv", rows(50, 3))
        b = self.results("b.csv", rows(50, 3), "--aggregate", "sum")
        c = self.results("c.jsonl", rows(50, 3), "--format", "jsonl")
        self.assertIn("the columns differ", self.refused(a, b))
        self.assertIn("a.csv is csv and", self.refused(a, c))
        self.assertIn("in.csv does not", self.refused(a, "in.csv"))
        self.assertIn("in.csv does not", self.refused("in.csv", a))
        self.put("bad.csv", "window_start,window_end,sum\n")
        self.assertIn("lacks first_time", self.refused(a, "bad.csv"))

    def test_records_that_are_no_results_are_content_too(self):
        a = self.results("a.csv", rows(50, 3))
        self.put("b.csv", a.read_text() + "garbage\n\"open\n")
        text = self.compare(a, "b.csv", status=DIFFERENT)
        self.assertIn("only in the reference: 0\nonly here: 2\n", text)
        self.assertIn(": garbage\n", text)

    def test_refires_of_one_window_are_told_apart(self):
        head = "window_start,window_end,k,first_time,sum,watermark_ms\n"
        line = "2024-05-11 10:00:00,2024-05-11 10:00:10,a,2024-05-11 10:00:00,%s,5\n"
        self.put("a.csv", head + line % 1 + line % 2 + line % 2 + line % 3)
        self.put("b.csv", head + line % 1 + line % 2 + line % 4 + line % 3)
        text = self.compare("a.csv", "b.csv", status=DIFFERENT)
        self.assertIn("only in the reference: 1\nonly here: 1\nfirst difference: result 3 of the reference\n", text)
        self.assertIn(f"b.csv:4: {line % 4}", text)


class FlinkLogs(CompareCase):
    def test_the_same_elements(self):
        text = self.compare("--flink", FLINK / "event.txt", DATA / "lab.csv")
        block = blocks(text)[0]
        self.assertEqual([block[name] for name in NAMES[1:]], ["yes", "yes", "0 (0 %)", "0", "0"])
        self.assertIn("elements without a subtask: 2; passed over: detections: 2, other lines: 0\n", text)

    def test_another_order_is_no_other_content(self):
        block = blocks(self.compare("--flink", FLINK / "slowevent.txt", FLINK / "two.csv"))[0]
        self.assertEqual([block[name] for name in NAMES[1:5]], ["yes", "yes", "3 (10.71 %)", "2"])

    def test_the_order_of_all_can_be_asked_for(self):
        self.compare("--order", "global", "--flink", FLINK / "event.txt", DATA / "lab.csv")
        text = self.compare("--order", "global", "--flink", FLINK / "slowevent.txt", FLINK / "two.csv", status=DIFFERENT)
        self.assertIn("  made by: ", text)
        self.assertNotIn("  made by: ", self.compare("--flink", FLINK / "slowevent.txt", FLINK / "two.csv"))

    def test_flinks_own_order_can_be_asked_for(self):
        text = self.compare("--order", "flink", "--flink", FLINK / "slowevent_chainoff.txt", FLINK / "two.csv")
        self.assertEqual([blocks(text)[0][name] for name in NAMES[1:5]], ["yes", "yes", "0 (0 %)", "0"])
        self.compare("--order", "global", "--flink", FLINK / "slowevent_chainoff.txt", FLINK / "two.csv", status=DIFFERENT)

    def test_subtasks_are_counted_and_lost_windows_shown(self):
        report = json.loads(self.compare("--json", "--flink", FLINK / "slow_p2.txt", FLINK / "two.csv", status=DIFFERENT))
        one = report["comparisons"][0]
        self.assertEqual((one["subtasks"], one["detections"], one["other_lines"]), ({"1": 7, "2": 1}, 5, 0))
        self.assertEqual((one["only_reference"], one["only_other"], one["same_as_float32"]), (1, 1, 0))
        found = one["first_difference"]
        self.assertEqual((found["kind"], found["key"], found["row_count"]), ("missing", ["x"], 1))

    def test_32_bit_floats_are_told(self):
        text = self.compare("--flink", FLINK / "float.txt", FLINK / "float.csv", status=DIFFERENT)
        self.assertIn("only in the reference: 5\nonly here: 6\nof these the same as 32-bit floats: 4\n", text)
        text = self.compare("--float32", "--flink", FLINK / "float.txt", FLINK / "float.csv", status=DIFFERENT)
        self.assertIn("only in the reference: 1\nonly here: 2\n", text)  # only here: 1e39, which is out of our range
        self.assertIn("  key: f4\n", text)  # rounded at each addition, it ends up one step away

    def test_what_java_prints_is_read_too(self):
        text = self.compare("--flink", FLINK / "tuple.txt", FLINK / "float.csv", status=DIFFERENT)
        self.assertIn("only in the reference: 3\nonly here: 4\n", text)

    def test_a_log_and_a_result_in_every_format(self):
        for form, option in (("csv", "plain"), ("csv", "epoch-ms"), ("jsonl", "plain"), ("jsonl", "epoch-ms"), ("flink", "iso")):
            result = self.results("result", (DATA / "lab.csv").read_bytes(), "--format", form, "--time-output", option)
            for sides in ((FLINK / "event.txt", result), (result, FLINK / "event.txt")):
                self.assertIn("same multiset: yes\nper-key order kept: yes\n", self.compare(*sides))

    def test_times_of_a_result_are_in_the_zone(self):
        result = self.results("result", (DATA / "lab.csv").read_bytes())
        self.compare(FLINK / "event.txt", result, "--timezone", "+09:00", status=DIFFERENT)
        result = self.results("result", b"transaction_id,timestamp,amount\nf,2024-05-11 10:00:00Z,1\n", "--timezone", "+09:00")
        self.put("log", "noise\n7> ('f', 1715421600000, 1.0)\nmore noise\n")
        text = self.compare("log", result, "--timezone", "+09:00")
        self.assertIn("elements subtask 7: 1; passed over: detections: 0, other lines: 2\n", text)

    def test_a_result_without_a_sum_is_refused(self):
        result = self.results("result", (DATA / "lab.csv").read_bytes(), "--aggregate", "count")
        self.assertIn("no column sum", self.refused(FLINK / "event.txt", result))

    def test_what_is_no_log_is_refused(self):
        self.assertIn("holds no results", self.refused("--flink", DATA / "lab.csv", DATA / "lab.csv"))
        self.assertIn("--parallelism", self.refused("--flink", FLINK / "event.txt", DATA / "lab.csv", "-p", "2"))


if __name__ == "__main__":
    main(__doc__)
