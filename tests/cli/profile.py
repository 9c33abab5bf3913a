#!/usr/bin/env python3
"""Does `tidemark profile` count exactly what `tidemark run` does, and does the command it suggests run as foretold?"""
import csv
import json
import os
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from dumps import tar_members
from harness import Case, main
from runs import packed

SEED = 20240511
START_MS = 1715421600000  # 2024-05-11 10:00:00
HEADER = "transaction_id,timestamp,amount\n"
WINDOWS = ("tumbling:10s", "tumbling:1s+300ms", "tumbling:7m+11s", "tumbling:1d", "sliding:1m/7s", "sliding:3s/5s+1s")
CLASSES = ("rows", "used", "late", "gap", "missing", "malformed", "future")
FILES = 6
DAY_MS = 24 * 3600 * 1000


def time_text(ms):
    seconds, rest = divmod(ms, 1000)
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds)) + (f".{rest:03}" if rest else "")


def draw_rows(rng, count=1500):
    """Rows whose times go forth and back by milliseconds to days, with some that cannot be read."""
    now, lines = START_MS, []
    for _ in range(count):
        now += rng.choice((0, 1, 50, 700, 5000))
        behind = rng.choice((0, 0, 0, rng.randrange(2000), rng.randrange(40_000), rng.randrange(4 * 3600_000)))
        ahead = rng.choice((0,) * 60 + (rng.randrange(30_000), rng.randrange(3 * 3600_000), rng.randrange(9 * DAY_MS)))
        if ahead and rng.random() < 0.3:
            now += ahead
        stamp = time_text(now - behind + ahead)
        key = rng.choice(("a", "b", "c", f"key{rng.randrange(40)}", f"a key of more than sixteen bytes {rng.randrange(9)}"))
        amount = rng.choice(("1", "2.5", "-3.25", "4.125", "1e2", '"1,234.50"', "(5)", "$7", " 8 "))
        if rng.random() < 0.05:
            stamp, key, amount = rng.choice(((stamp, "", amount), ("NA", key, amount), (stamp, key, "x"),
                                             ("yesterday", key, amount), (stamp, key, "1.2345678")))
        lines.append(f"{key},{stamp},{amount}\n")
    return HEADER + "".join(lines)


def suffix(ms):
    return f"{ms}ms"


class Profile(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, data, name="rows.csv"):
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def profile(self, *arguments, **keywords):
        done = self.run_tidemark("profile", "--json", *arguments, **keywords)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def stats(self, *arguments, **keywords):
        stats = self.folder / "stats"
        done = self.run_tidemark("run", "-q", "--alert", "none", "--stats", stats, *arguments, **keywords)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(stats.read_text())

    def counts(self, *arguments, **keywords):
        counts = self.stats(*arguments, **keywords)["counts"]
        return {name: counts[name] for name in CLASSES}

    def check_suggestion(self, report, **keywords):
        arguments = report["suggestion"]["arguments"]
        self.assertEqual(arguments[:2], ["tidemark", "run"])
        self.assertEqual(self.counts(*arguments[2:], **keywords), report["suggestion"]["counts"], shlex.join(arguments))
        self.assertEqual(report["suggestion"]["counts"]["late"], 0)


class Exactness(Profile):
    """Against the run itself, on random disorder."""

    def random_files(self):
        rng = random.Random(SEED)
        for index in range(FILES):
            with self.subTest(file=index):
                yield rng, self.write(draw_rows(rng), f"{index}.csv")

    def test_late_rows_for_every_bound(self):
        for rng, path in self.random_files():
            window, own = rng.choice(WINDOWS), rng.randrange(100_000)
            report = self.profile("--window", window, "--decimals", "6", "--out-of-orderness", suffix(own), path)
            bounds = report["lateness"]["bounds"]
            self.assertIn(own, [bound["out_of_orderness_ms"] for bound in bounds])
            for usual in (0, 1000, 2000, 5000, 10_000, 30_000, 60_000):
                self.assertIn(usual, [bound["out_of_orderness_ms"] for bound in bounds])
            for bound in bounds:
                options = ("--window", window, "--out-of-orderness", suffix(bound["out_of_orderness_ms"]))
                counts = self.counts(*options, path)
                self.assertEqual(counts["late"], bound["late"], options)
                if bound["out_of_orderness_ms"] == own:
                    self.assertEqual(counts, report["counts"])
            self.assertGreater(bounds[0]["late"], 0)
            self.assertEqual(bounds[-1]["late"], 0)

    def test_of_sessions_no_more_are_late_than_said(self):
        told, found = 0, 0
        for rng, path in self.random_files():
            window = f"session:{rng.choice((1, 20, 300))}s"
            report = self.profile("--window", window, "--decimals", "6", path)
            self.assertFalse(report["lateness"]["exact"])
            for bound in report["lateness"]["bounds"]:
                late = self.counts("--window", window, "--out-of-orderness", suffix(bound["out_of_orderness_ms"]), path)["late"]
                self.assertLessEqual(late, bound["late"])
                told, found = told + bound["late"], found + late
            text = self.run_tidemark("profile", "--window", window, path).stdout.decode()
            self.assertIn(f"Rows late at most for --window {window}, by --out-of-orderness\n", text)
            self.assertIn("; at most: what joins an open session is used\n", text)
        self.assertGreater(told, found)
        self.assertGreater(found, 0)

    def test_count_windows_have_no_late_rows(self):
        for _, path in self.random_files():
            report = self.profile("--window", "count:3", "--out-of-orderness", "0", path)
            self.assertTrue(report["lateness"]["exact"])
            self.assertEqual({bound["late"] for bound in report["lateness"]["bounds"]}, {0})
            self.assertEqual(report["counts"]["late"], 0)

    def test_the_least_bound_is_the_least(self):
        for rng, path in self.random_files():
            window = rng.choice(WINDOWS)
            least = self.profile("--window", window, "--decimals", "6", path)["lateness"]["least_bound_ms"]
            options = ("--window", window, path)
            self.assertEqual(self.counts("--out-of-orderness", suffix(least), *options)["late"], 0)
            if least > 0:
                self.assertGreater(self.counts("--out-of-orderness", suffix(least - 1), *options)["late"], 0)

    def test_future_rows_for_every_limit(self):
        for rng, path in self.random_files():
            own = rng.randrange(7200_000)
            report = self.profile("--decimals", "6", "--max-future", suffix(own), path)
            limits = report["max_future"]
            self.assertIn(own, [limit["max_future_ms"] for limit in limits])
            for limit in limits:
                chosen = () if limit["max_future_ms"] is None else ("--max-future", suffix(limit["max_future_ms"]))
                counts = self.counts(*chosen, path)
                self.assertEqual(counts["future"], limit["future"], chosen)
                bound = ("--out-of-orderness", suffix(limit["least_bound_ms"]))
                self.assertEqual(self.counts(*chosen, *bound, path)["late"], 0, chosen)
                if limit["max_future_ms"] == own:
                    self.assertEqual(counts, report["counts"])

    def test_late_rows_under_a_limit(self):
        for rng, path in self.random_files():
            options = ("--max-future", suffix(rng.randrange(7200_000)), "--window", rng.choice(WINDOWS),
                       "--allowed-lateness", suffix(rng.choice((0, 1, rng.randrange(100_000)))))
            report = self.profile("--decimals", "6", *options, path)
            for bound in report["lateness"]["bounds"]:
                counts = self.counts(*options, "--out-of-orderness", suffix(bound["out_of_orderness_ms"]), path)
                self.assertEqual(counts["late"], bound["late"])

    def test_the_suggestion_does_as_foretold(self):
        for _, path in self.random_files():
            report = self.profile(path)
            self.check_suggestion(report)
            self.assertIn("--decimals", report["suggestion"]["arguments"])  # 1.2345678

    def test_a_few_rows_dated_ahead_are_rejected_rather_than_waited_for(self):
        lines = [f"k,{time_text(START_MS + 1000 * i - 700 * (i % 3))},1\n" for i in range(5000)]
        lines[2000] = f"k,{time_text(START_MS + 9 * 365 * DAY_MS)},1\n"
        report = self.profile(self.write(HEADER + "".join(lines)))
        self.assertIn("--max-future", report["suggestion"]["arguments"])
        self.assertEqual(report["suggestion"]["counts"]["future"], 1)
        self.check_suggestion(report)
        self.assertEqual(report["jumps"][0]["line"], 2002)
        self.assertEqual(report["jumps"][0]["rows_inside"], 2999)

    def test_packed_and_piped_input_is_the_same(self):
        data = draw_rows(random.Random(SEED)).encode()
        plain = self.profile(self.write(data))
        for report in (self.profile(self.write(packed(data, "gz"), "rows.csv.gz")), self.profile(stdin=data),
                       self.profile("-", stdin=data)):
            for section in ("counts", "keys", "disorder", "lateness", "max_future", "amounts", "missing_texts"):
                for here, there in ((report[section], plain[section]),):
                    self.assertEqual(without_files(here), without_files(there), section)
        self.check_suggestion(self.profile(stdin=data), stdin=data)

    def test_several_files_are_one_stream(self):
        rng = random.Random(SEED)
        paths = [self.write(draw_rows(rng, 400), f"{index} of '3'.csv") for index in range(3)]
        report = self.profile("--decimals", "6", *paths)
        self.assertEqual(report["counts"], self.counts(*paths))
        self.check_suggestion(report)


def without_files(tree):
    if isinstance(tree, list):
        return [without_files(branch) for branch in tree]
    if isinstance(tree, dict):
        return {name: without_files(branch) for name, branch in tree.items() if name != "file"}
    return tree


class Keys(Profile):
    def test_top_keys_and_how_many_there_are(self):
        data = draw_rows(random.Random(SEED))
        path = self.write(data)
        results = self.folder / "results"
        self.counts("--out-of-orderness", "unbounded", "--window", "tumbling:9999d", "--decimals", "7", "--results", results,
                    path)
        with open(results, newline="") as file:
            expected = Counter()
            for row in csv.DictReader(file):
                expected[row["transaction_id"]] += int(row["count"])
        keys = self.profile("--top", "1000", path)["keys"]
        self.assertEqual({entry["key"][0]: entry["rows"] for entry in keys["top"]}, dict(expected))
        self.assertEqual(keys["distinct"], len(expected))
        self.assertEqual([entry["rows"] for entry in keys["top"]], sorted(expected.values(), reverse=True))
        self.assertEqual(keys["rows"], sum(expected.values()))
        for entry in keys["top"]:
            self.assertAlmostEqual(entry["share"], entry["rows"] / keys["rows"])

    def test_no_keys_at_all_may_be_asked_for(self):
        path = self.write(HEADER + "k,2024-05-11,1\nk,2024-05-11,1\nj,2024-05-11,1\n")
        keys = self.profile("--top", "0", path)["keys"]
        self.assertEqual((keys["top"], keys["distinct"], keys["rows"]), ([], 2, 3))
        self.assertEqual(self.run_tidemark("profile", "--top", "0", path).returncode, 0)

    def test_keys_of_several_columns(self):
        path = self.write("a,b,timestamp,amount\n" + "x,y,2024-05-11,1\n" * 3 + "xy,,2024-05-11,1\nx,z,2024-05-11,1\n")
        keys = self.profile("--key", "a,b", path)["keys"]
        self.assertEqual([(entry["key"], entry["rows"]) for entry in keys["top"]], [(["x", "y"], 3), (["x", "z"], 1)])
        self.assertEqual(keys["columns"], ["a", "b"])

    def test_skew_is_what_workers_get(self):
        """Each run draws its own hash: one key's rows go to one worker in all of them, and of many even keys each gets
        about its part."""
        one = self.write(HEADER + "k,2024-05-11 10:00:00,1\n" * 300, "one.csv")
        for level in self.profile(one)["keys"]["skew"]:
            workers = level["parallelism"]
            rows = [stage["rows"] for stage in self.stats("-p", str(workers), one)["threads"]["stages"]
                    if stage["stage"] == "worker"]
            self.assertEqual(len(rows), workers)
            for name in ("least", "median", "greatest"):
                self.assertEqual(level[name], max(rows) / (sum(rows) / workers))

    def test_skew_of_a_hot_key_is_bounded_by_it(self):
        lines = [f"{'hot' if i % 2 else f'k{i}'},2024-05-11 10:00:00,1\n" for i in range(4000)]
        for level in self.profile(self.write(HEADER + "".join(lines)))["keys"]["skew"]:
            workers = level["parallelism"]
            self.assertGreaterEqual(level["least"], workers / 2)
            self.assertLess(level["median"], workers / 2 + 1)
            self.assertEqual(level["draws"] % 2, 1)

    def test_control_bytes_do_not_reach_the_terminal(self):
        path = self.write(b"transaction_id,timestamp,amount\n\"a\x1b[31m\nb\",2024-05-11,\x07x\n\"a\x1b[31m\nb\",2024-05-11,1\n")
        done = self.run_tidemark("profile", path)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"a\\x1b[31m\\x0ab", done.stdout)
        self.assertFalse(set(done.stdout) & (set(range(32)) - {10}))
        self.assertEqual(self.profile(path)["keys"]["top"][0]["key"], ["a\x1b[31m\nb"])


class Findings(Profile):
    def test_disorder_is_counted_exactly(self):
        behind = [0, 0, 1, 9, 10, 999, 1000, 59_999, 60_000, 3600_000, 0]
        stamps = [START_MS] + [START_MS - ms for ms in behind]
        path = self.write(HEADER + "".join(f"k,{time_text(ms)},1\n" for ms in stamps))
        disorder = self.profile(path)["disorder"]
        self.assertEqual((disorder["rows"], disorder["out_of_order"], disorder["greatest_ms"]), (12, 8, 3600_000))
        for index, entry in enumerate(disorder["histogram"]):
            low = disorder["histogram"][index - 1]["below_ms"] if index else 0
            high = entry["below_ms"] or float("inf")
            self.assertEqual(entry["rows"], sum(low <= ms < high for ms in [0, *behind]), entry)

    def test_gaps_and_jumps_name_their_lines(self):
        seconds = [0, 1, 2, 3600, 3601, 90_000, 3602, 3603, 90_001]
        path = self.write(HEADER + "".join(f"k,{time_text(START_MS + 1000 * s)},1\n" for s in seconds))
        report = self.profile(path)
        self.assertEqual([(gap["line"], (gap["to_ms"] - gap["from_ms"]) // 1000) for gap in report["gaps"][:1]], [(5, 3598)])
        self.assertEqual([(jump["line"], jump["rows_inside"]) for jump in report["jumps"]], [(7, 2)])

    def test_forms_and_their_first_lines(self):
        stamps = ("2024-05-11 10:00:00", "2024-05-11T10:00:00Z", "2024-05-11", "2024-05-11 10:00:00.25+02:00", "11/05/24")
        amounts = ("1.5", "-2", '"1,234.5"', "£3", "(4.25)", "5e1", "+6", ".5", " 7 ", "$-8", '"12,5x"')
        rows = [f"k,{stamp},1" for stamp in stamps] + [f"k,2024-05-11,{amount}" for amount in amounts]
        report = self.profile(self.write(HEADER + "\n".join(rows) + "\n"))
        times = {(form["form"], form["read"]): form["line"] for form in report["time_forms"]}
        self.assertEqual(times, {("YYYY-MM-DD hh:mm:ss", True): 2, ("YYYY-MM-DDThh:mm:ssZ", True): 3, ("YYYY-MM-DD", True): 4,
                                 ("YYYY-MM-DD hh:mm:ss.ff+hh:mm", True): 5, ("99/99/99", False): 6})
        forms = {form["form"]: form["line"] for form in report["amount_forms"] if form["read"]}
        self.assertEqual(forms, {"1234": 2, "1234.56": 7, "-1234": 8, "1,234.56 in quotes": 9, "£1234": 10, "(1234.56)": 11,
                                 "1234e3": 12, "+1234": 13, ".56": 14, "1234 in blanks": 15, "$-1234": 16})
        self.assertEqual([form["form"] for form in report["amount_forms"] if not form["read"]], ["99,9A"])

    def test_file_forms(self):
        bom = self.profile(self.write(b"\xef\xbb\xbftransaction_id,timestamp,amount\r\nk,2024-05-11,1\r\n"))
        self.assertEqual((bom["files_with_bom"], bom["line_ends"]), (1, ["crlf"]))
        plain = self.profile(self.write("transaction_id,timestamp,amount\nk,NA,1\nk,2024-05-11,null\n,2024-05-11,1\n"))
        self.assertEqual((plain["files_with_bom"], plain["line_ends"]), (0, ["lf"]))
        self.assertEqual({text["example"]: text["line"] for text in plain["missing_texts"]}, {"NA": 2, "null": 3, "": 4})
        self.assertEqual({reason["reason"]: reason["line"] for reason in plain["reasons"]},
                         {"missing time": 2, "missing value": 3, "missing key": 4})

    def test_decimals_and_digits(self):
        for amounts, decimals, digits in ((("1", "2.50"), 1, 1), (("0.000",), 0, 0), (("12.345678912", "99"), 9, 2),
                                          (("1e20", "0.5"), 1, 21), (("-1234.001",), 3, 4)):
            with self.subTest(amounts):
                report = self.profile(self.write(HEADER + "".join(f"k,2024-05-11,{amount}\n" for amount in amounts)))
                self.assertEqual((report["amounts"]["decimals"], report["amounts"]["digits"]), (decimals, digits))
                self.assertTrue(report["suggestion"]["exact"])
                self.check_suggestion(report)

    def test_rows_that_need_another_scale_are_told_from_those_a_run_reads_anyway(self):
        path = self.write(HEADER + "k,2024-05-11,1.123456789\nk,2024-05-11,2\nk,2024-05-11,0.0000001\n")
        report = self.profile(path)
        self.assertEqual((report["counts"]["used"], report["amounts"]["need_other_decimals"]), (3, 2))
        self.assertEqual(self.counts(path)["used"], 3 - 2)
        text = self.run_tidemark("profile", path).stdout.decode()
        self.assertIn("read only with another --decimals, and malformed without it: 2 rows\n", text)
        self.assertEqual(self.profile("--decimals", "9", path)["amounts"]["need_other_decimals"], 0)
        self.assertNotIn("another --decimals", self.run_tidemark("profile", "--decimals", "9", path).stdout.decode())

    def test_amounts_that_no_scale_takes(self):
        report = self.profile(self.write(HEADER + "k,2024-05-11,1e25\nk,2024-05-11,1e-12\n"))
        self.assertFalse(report["suggestion"]["exact"])
        self.assertTrue(report["suggestion"]["notes"])


class Guesses(Profile):
    def guessed(self, data, *arguments):
        report = self.profile(*arguments, self.write(data))
        self.check_suggestion(report)
        return {guess["option"]: guess["text"] for guess in report["guessed"]}

    def test_nothing_is_guessed_where_the_defaults_fit(self):
        self.assertEqual(self.guessed(HEADER + "k,2024-05-11 10:00:00,1\n"), {})

    def test_what_is_given_stays(self):
        rows = "user,seen,when,price\n" + "u1,2024-05-11,2024-05-12,3.5\nu2,2024-05-11,2024-05-12,3.5\n"
        self.assertEqual(self.guessed(rows, "--time", "seen"), {"key": "user", "value": "price"})

    def test_columns_by_name_and_content(self):
        rows = "note,Customer ID,Invoice Date,Price\n" + "".join(
            f"hello {i},{i % 7},{10 + i % 15}/0{1 + i % 3}/2024 0{i % 9}:30,{i}.50\n" for i in range(60))
        self.assertEqual(self.guessed(rows), {"key": "Customer ID", "time": "Invoice Date", "value": "Price",
                                              "time-format": "%d/%m/%Y %H:%M"})

    def test_month_first_where_the_days_say_so(self):
        rows = HEADER + "k,12/31/2024 11:59:59 PM,1\nk,1/2/2025 1:00:00 AM,1\n"
        self.assertEqual(self.guessed(rows), {"time-format": "%m/%d/%Y %I:%M:%S %p"})

    def test_a_header_without_names_is_one_still(self):
        rows = ";;\n" + "".join(f"{'ab'[i % 2]};2024-05-11;{i}.5\n" for i in range(30)) + ";;\n"
        self.assertEqual(self.guessed(rows), {"delimiter": ";", "key": "1", "time": "2", "value": "3"})
        self.assertEqual(self.profile(self.write(rows))["counts"]["used"], 30)

    def test_epochs(self):
        for stamp, form in (("1715421600", "epoch-s"), ("1715421600123", "epoch-ms"), ("1715421600123456", "epoch-us"),
                            ("20240511", "%Y%m%d"), ("20240511100000", "%Y%m%d%H%M%S")):
            with self.subTest(stamp):
                self.assertEqual(self.guessed(f"{HEADER}k,{stamp},1\n"), {"time-format": form})

    def test_delimiters_and_the_decimal_comma(self):
        rows = HEADER.replace(",", ";") + "k;2024-05-11;1.234,56\nk;2024-05-11;3,5\n"
        self.assertEqual(self.guessed(rows), {"delimiter": ";", "decimal-comma": "true"})
        rows = HEADER.replace(",", "\t") + "k\t2024-05-11\t3.5\n"
        self.assertEqual(self.guessed(rows), {"delimiter": "tab"})

    def test_a_file_without_a_header(self):
        rows = "".join(f"u{i % 5},2024-05-11 10:00:{i:02},{i}.25\n" for i in range(60))
        expected = {"no-header": "true", "key": "1", "time": "2", "value": "3"}
        self.assertEqual(self.guessed(rows), expected)
        del expected["no-header"]
        self.assertEqual(self.guessed(rows, "--no-header"), expected)

    def test_a_file_of_times_and_amounts_alone(self):
        self.assertEqual(self.guessed("timestamp,value\n" + "2024-05-11 10:00:00,5.5\n" * 9), {"key": "value", "value": "value"})

    def test_awkward_names_go_by_number(self):
        rows = 'user,a b,,"x,y",\x1b\n' + "u1,2,3,2024-05-11,6.5\nu2,2,3,2024-05-12,6.5\n"
        guesses = self.guessed(rows)
        self.assertEqual(guesses["value"], "5")
        self.assertEqual(guesses["time"], "x,y")

    def test_no_time_in_sight_is_wrong_usage(self):
        done = self.run_tidemark("profile", self.write("a,b\n1,2\n3,4\n"))
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"--time", done.stderr)

    def test_real_dumps(self):
        folder = Path(self.extra or "", "data")
        if not self.extra or not folder.is_dir():
            self.skipTest("needs --extra with data")
        paths = [*folder.glob("*.csv.gz"), *folder.glob("*.csv.zst")]
        paths += [self.write(data, name) for name, data in tar_members(folder / "oxford-over-500.tar.zst")]
        self.assertGreater(len(paths), 20)
        for path in sorted(paths):
            with self.subTest(path.name):
                report = self.profile(path)
                self.check_suggestion(report)
                self.assertGreater(report["suggestion"]["counts"]["used"], 0)


class Manners(Profile):
    def test_empty_files_and_headers_alone(self):
        done = self.run_tidemark("profile", self.write(""))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"not even a header", done.stderr)
        report = self.profile(self.write(HEADER))
        self.assertEqual(report["counts"], dict.fromkeys(CLASSES, 0))
        self.assertIsNone(report["event_time"])
        self.check_suggestion(report)
        self.assertEqual(self.run_tidemark("profile", self.write(HEADER)).returncode, 0)

    def test_rows_that_cannot_be_read_are_a_finding(self):
        report = self.profile(self.write(HEADER + "x\n" * 50 + 'k,"open,1\n'))
        self.assertEqual(report["counts"]["malformed"], 51)
        self.assertEqual([reason["reason"] for reason in report["reasons"]], ["too few fields", "unbalanced quote"])

    def test_bytes_of_any_kind_end_in_a_report_or_a_message(self):
        rng = random.Random(SEED)
        for index in range(60):
            data = bytes(rng.choice(b'a1,;\t"\n\r\0\xff\xef 2024-05-11 10:00:00.5|') for _ in range(rng.randrange(600)))
            if index % 2:
                data = HEADER.encode() + data
            path = self.write(data)
            with self.subTest(data=data):
                done = self.run_tidemark("profile", "--json", path)
                self.assertIn(done.returncode, (0, 1, 2), done.stderr)
                if done.returncode == 0:
                    report = json.loads(done.stdout)
                    self.check_suggestion(report)
                self.assertEqual(self.run_tidemark("profile", path).returncode, done.returncode)

    def test_a_huge_record(self):
        report = self.profile("--max-row-bytes", "100000", self.write(HEADER + "k" * 3_000_000 + ",2024-05-11,1\nk,2024-05-11,1\n"))
        self.assertEqual([reason["reason"] for reason in report["reasons"]], ["row too long"])
        long_key = "k" * 200_000
        report = self.profile(self.write(f"{HEADER}{long_key},2024-05-11,1\n"))
        self.assertEqual(report["keys"]["top"][0]["key"], [long_key])

    def test_failures_have_their_status(self):
        self.assertEqual(self.run_tidemark("profile", "nowhere.csv").returncode, 1)
        self.assertEqual(self.run_tidemark("profile", self.folder).returncode, 1)
        torn = packed(draw_rows(random.Random(SEED)).encode(), "gz")[:-20]
        self.assertEqual(self.run_tidemark("profile", self.write(torn, "torn.csv.gz")).returncode, 1)
        for wrong in (("--top", "1001"), ("--top", "x"), ("--window", "none"), ("--results", "x"), ("--key", "nobody"), ("-p", "2")):
            with self.subTest(wrong):
                done = self.run_tidemark("profile", *wrong, self.write(HEADER + "k,2024-05-11,1\n"))
                self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)

    def test_options_of_a_config_file_count(self):
        config = self.write("window = tumbling:1h\nkey = who\n", "run.conf")
        report = self.profile("--config", config, self.write("who,timestamp,amount\nk,2024-05-11,1\n"))
        self.assertEqual(report["lateness"]["window"], "tumbling:1h")
        self.check_suggestion(report)

    def test_what_only_a_run_needs_is_passed_over_in_its_config_file(self):
        path = self.write("who,timestamp,amount\nk,2024-05-11,1\n")
        config = self.write("results = r.csv\nkey = who\nalert = sum > 1\nalert = sum > 2\nparallelism = 4\n", "run.conf")
        self.assertEqual(self.profile("--config", config, path, cwd=self.folder)["keys"]["columns"], ["who"])
        self.assertFalse((self.folder / "r.csv").exists())
        wrong = self.run_tidemark("profile", "--config", self.write("key = who\nresult = r.csv\n", "run.conf"), path)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn(b"run.conf:2: unknown option --result", wrong.stderr)

    def test_a_full_disk_and_a_closed_pipe(self):
        path = self.write(draw_rows(random.Random(SEED)))
        with open("/dev/full", "wb") as full:
            done = subprocess.run([self.tidemark, "profile", path], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run([self.tidemark, "profile", path], stdout=write, stderr=subprocess.PIPE, check=False)
        os.close(write)
        self.assertEqual((done.returncode, done.stderr), (1, b""))

    def test_quiet_is_quiet(self):
        done = self.run_tidemark("profile", "-q", self.write(HEADER))
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_a_signal_that_the_caller_ignores(self):
        process = subprocess.Popen(["env", "--ignore-signal=INT", self.tidemark, "profile", "-q", "--json"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write((HEADER + "k,2024-05-11,1\n").encode())
        process.stdin.flush()
        while process.poll() is None and not sleeps(process.pid):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out = process.communicate(b"k,2024-05-11,2\n", timeout=60)[0]
        self.assertEqual(process.returncode, 0)
        self.assertEqual((json.loads(out)["complete"], json.loads(out)["counts"]["rows"]), (True, 2))

    def test_a_signal_reports_what_was_read(self):
        process = subprocess.Popen([self.tidemark, "profile", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        data = draw_rows(random.Random(SEED), 40_000).encode()
        process.stdin.write(data)
        process.stdin.flush()
        while process.poll() is None and not sleeps(process.pid):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, message = process.stdout.read(), process.stderr.read()
        self.assertEqual(process.wait(60), 130, message)
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()
        report = json.loads(out)
        self.assertFalse(report["complete"])
        self.assertGreater(report["counts"]["rows"], 30_000)
        self.assertIn(b"stopped by signal 2", message)


def sleeps(pid):
    """Do all threads wait, the reading one for input?"""
    waits = [Path(task, "wchan").read_text() + Path(task, "stat").read_text().rpartition(")")[2].split()[0]
             for task in Path(f"/proc/{pid}/task").iterdir()]
    return len(waits) > 1 and all(wait.endswith("S") for wait in waits)


if __name__ == "__main__":
    main(__doc__)
