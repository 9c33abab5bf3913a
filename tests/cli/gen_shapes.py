#!/usr/bin/env python3
"""Do the shapes of `tidemark gen` hold: skew, disorder, late rows, damage, amounts, anomalies and their truth, form?"""
import csv
import hashlib
import io
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

from records import read_records
from times import Zone, parse_time

ROWS = 20_000
START_MS = 1715421600000  # 2024-05-11 10:00:00
REASONS = {  # kind -> what a run says
    "malformed-time": "malformed time", "malformed-amount": "malformed amount", "missing-key": "missing key",
    "missing-time": "missing time", "missing-value": "missing value", "too-few-fields": "too few fields",
    "stray-quote": "malformed amount", "too-many-decimals": "too many decimals", "amount-out-of-range": "amount out of range",
    "nul-byte": "NUL byte", "row-too-long": "row too long", "future": "future",
}
MISSING = {"key": "missing key", "time": "missing time", "value": "missing value"}
NA_TEXTS = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"}
BAD_VALUES = (
    ("--skew zip:1", "did you mean zipf"), ("--skew zipf", "zipf:S"), ("--skew zipf:11", "0.000001 to 10"),
    ("--skew hot:x", "percentage"), ("--skew=zipf:1 --keys=0", "--keys is 0"), ("--disorder exp:1s", "exponential"),
    ("--disorder uniform:1y", "1y"), ("--disorder 367d", "366d"), ("--late-beyond 999ms", "--disorder"),
    ("--late-beyond soon", "auto"), ("--late-by 0", "1ms"), ("--late-by 367d", "366d"),
    ("--malformed 1%:futur", "did you mean future"), ("--malformed 1%:", "future"),
    ("--malformed 1%:future,future", "twice"), ("--missing 1%:amount", "key, time and value"),
    ("--late=60% --missing=41%", "100%"), ("--late=60% --malformed=41%", "100%"), ("--amounts normal", "lognormal"),
    ("--amounts lognormal:5", "MEDIAN/SIGMA"), ("--amounts uniform:0", "0.01"), ("--anomalies 1000001", "1000000"),
    ("--anomalies 101%", "100"), ("--anomalies 5:0", "factor"), ("--truth -", "standard output"),
    ("--rate=1 --rows=252000000000", "9999"), ("--rate=1 --malformed=1%:future --rows=251500000000", "9999"),
    ("--quoted=maybe", "=true or =false"),
)
# The first 16 hex digits of the SHA-256 of 100,000 rows: the same on every machine and build.
DIGESTS = {
    "": "198fc42574140b0d",
    "--skew zipf:1.1 --keys 100000": "6523fd035d1f3b12",
    "--skew zipf:0.7 --keys 1000000000000": "a3fd2ba58786a1dd",
    "--skew hot:20%": "39d3a304ab6c38f6",
    "--skew unique": "b2c28a9b7956daf0",
    "--disorder exponential:5s --rate 1500": "f61df336c67e1969",
    "--late 2% --late-beyond 3s --late-by 500ms": "c814f1cb47a58ca9",
    "--malformed 10% --missing 5%": "36fec1cf8b5863d8",
    "--malformed 10%:too-many-decimals,amount-out-of-range,nul-byte,future": "1bec8d6b6c3d6ee0",
    "--amounts lognormal": "328a333fdca8168d",
    "--amounts lognormal:20/2.5 --anomalies 1%:10": "1d9d059808277076",
    "--quoted --crlf --seed 18446744073709551615": "ae215f298a565d47",
}


class Shapes(Case):
    def gen(self, *arguments, rows=ROWS):
        done = self.run_tidemark("gen", "--rows", str(rows), *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout

    def rows(self, *arguments):
        """[(key, time in ms, amount in cents)]"""
        _, *rows = read_records(self.gen(*arguments))
        zone = Zone("UTC")
        return [(row.fields[0].decode(), parse_time(row.fields[1], "auto", zone), round(float(row.fields[2]) * 100))
                for row in rows]

    def folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Path(folder.name)

    def run_on(self, data, *arguments):
        """The rejects of a run over the data, as dicts, and its results as bytes."""
        folder = self.folder()
        (folder / "rows.csv").write_bytes(data)
        done = self.run_tidemark("run", "-q", "--rejects", folder / "rejects.csv", "--results", "-", *arguments,
                                 folder / "rows.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(folder / "rejects.csv", newline="", encoding="utf-8", errors="surrogateescape") as rejects:
            csv.field_size_limit(1 << 22)
            return list(csv.DictReader(line.replace("\0", "?") for line in rejects)), done.stdout

    def test_bad_values_are_refused_with_what_to_write(self):
        for text, hint in BAD_VALUES:
            with self.subTest(text):
                done = subprocess.run([self.tidemark, "gen", *text.split()], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE, timeout=20, check=False)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(hint, done.stderr.decode())
                self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_every_machine_gives_these_bytes(self):
        for options, digest in DIGESTS.items():
            with self.subTest(options):
                data = self.gen(*options.split(), rows=100_000)
                self.assertEqual(hashlib.sha256(data).hexdigest()[:16], digest)

    def test_a_hot_key_has_its_share(self):
        counts = Counter(key for key, _, _ in self.rows("--skew", "hot:30%", "--keys", "8"))
        self.assertAlmostEqual(counts["tx1"] / ROWS, 0.3, delta=0.02)
        self.assertEqual(len(counts), 8)
        self.assertAlmostEqual(counts["tx2"] / ROWS, 0.1, delta=0.02)

    def test_zipf_keys_fall_off(self):
        counts = Counter(key for key, _, _ in self.rows("--skew", "zipf:1", "--keys", "4"))
        for rank in range(1, 5):
            self.assertAlmostEqual(counts[f"tx{rank}"] / ROWS, 12 / 25 / rank, delta=0.02)

    def test_unique_keys_are_each_its_own(self):
        self.assertEqual([key for key, _, _ in self.rows("--skew", "unique")], [f"tx{i + 1}" for i in range(ROWS)])

    def test_exponential_disorder_is_mostly_small_and_bounded(self):
        rows = self.rows("--disorder", "exponential:10s", "--rate", "100")
        behind = [START_MS + 10 * row - time for row, (_, time, _) in enumerate(rows)]
        self.assertGreaterEqual(min(behind), 0)
        self.assertLessEqual(max(behind), 10_000)
        self.assertGreater(max(behind), 8_000)
        self.assertAlmostEqual(sum(ms < 1000 for ms in behind) / ROWS, 512 / 1023, delta=0.02)

    def test_late_rows_lie_beyond_the_bound_and_not_further_than_said(self):
        options = ("--disorder", "500ms", "--late", "10%", "--late-beyond", "20s", "--late-by", "3s")
        place = [START_MS + row for row in range(ROWS)]
        behind = [at - time for at, (_, time, _) in zip(place, self.rows(*options))]
        late = [ms for ms in behind if ms > 500]
        self.assertAlmostEqual(len(late) / ROWS, 0.1, delta=0.01)
        self.assertGreater(min(late), 20_000)
        self.assertLessEqual(max(late), 23_000)
        self.assertGreater(max(late), 22_900)

    def test_the_longest_disorder_has_a_bound_beyond_it(self):
        rows = self.rows("--disorder", "exponential:366d", "--late", "100%", "--late-by", "1ms", "--rate", "1000000000")
        self.assertEqual({START_MS - time for _, time, _ in rows}, {366 * 86_400_000 + 1001})

    def test_kinds_of_malformed_rows_get_the_reason_of_their_name(self):
        for kind, reason in REASONS.items():
            rows = 50 if kind == "row-too-long" else 1000
            with self.subTest(kind):
                data = self.gen("--malformed", f"20%:{kind}", rows=rows)
                rejects, _ = self.run_on(data, "--max-future", "1d")
                self.assertEqual({row["reason"] for row in rejects}, {reason})
                self.assertAlmostEqual(len(rejects) / rows, 0.2, delta=0.15 if rows == 50 else 0.05)

    def test_decimals_and_digits_are_too_many_at_every_scale(self):
        for kind in ("too-many-decimals", "amount-out-of-range"):
            data = self.gen("--malformed", f"20%:{kind}", rows=1000)
            for decimals in (2, 18):
                rejects, _ = self.run_on(data, "--decimals", str(decimals))
                self.assertEqual({row["reason"] for row in rejects}, {REASONS[kind]})

    def test_missing_fields_are_empty_or_a_text_that_says_so(self):
        for field, reason in MISSING.items():
            with self.subTest(field):
                data = self.gen("--missing", f"20%:{field}", rows=2000)
                rejects, _ = self.run_on(data)
                self.assertEqual({row["reason"] for row in rejects}, {reason})
                self.assertAlmostEqual(len(rejects) / 2000, 0.2, delta=0.05)
                records = [next(csv.reader(io.StringIO(row["record"]))) for row in rejects]
                self.assertEqual({record[list(MISSING).index(field)] for record in records}, NA_TEXTS)
        rejects, _ = self.run_on(self.gen("--missing", "20%", rows=2000))
        self.assertEqual({row["reason"] for row in rejects}, set(MISSING.values()))

    def test_a_share_leaves_the_other_rows_as_they_were(self):
        plain = self.gen("--disorder", "0").splitlines()
        for option in (("--malformed", "10%"), ("--missing", "10%"), ("--late", "10%"), ("--anomalies", "10%")):
            with self.subTest(option):
                other = self.gen("--disorder", "0", *option).splitlines()
                same = sum(a == b for a, b in zip(plain, other))
                self.assertAlmostEqual(same / ROWS, 0.9, delta=0.02)

    def test_lognormal_amounts_have_median_and_spread(self):
        cents = sorted(cents for _, _, cents in self.rows("--amounts", "lognormal:50/0.5"))
        self.assertAlmostEqual(cents[ROWS // 2], 5000, delta=100)
        self.assertAlmostEqual(cents[int(ROWS * 0.8413)], 5000 * 1.6487, delta=200)

    def test_uniform_amounts_stay_below_their_bound(self):
        cents = [cents for _, _, cents in self.rows("--amounts", "uniform:0.10")]
        self.assertEqual(set(cents), set(range(10)))

    def truth(self, *arguments, rows=ROWS):
        """(the lines of the rows, the truth as dicts)"""
        path = self.folder() / "truth.csv"
        data = self.gen("--truth", str(path), *arguments, rows=rows)
        with open(path, newline="", encoding="ascii") as file:
            reader = csv.DictReader(file)
            truth = list(reader)
        self.assertEqual(reader.fieldnames, ["line", "transaction_id", "timestamp", "amount", "ordinary_amount"])
        self.assertEqual(os.listdir(path.parent), ["truth.csv"])
        return list(csv.reader(io.StringIO(data.decode(), newline=""))), truth

    def test_the_truth_is_where_it_says(self):
        damage = ("--late", "20%", "--malformed", "20%", "--missing", "20%")
        for form in ((), ("--quoted", "--crlf"), damage):
            for amounts, high in (("uniform:100", 100), ("lognormal:10/1", 200.855)):
                with self.subTest(form=form, amounts=amounts):
                    lines, truth = self.truth("--anomalies", "57:3", "--amounts", amounts, *form)
                    self.assertEqual(len(truth), 57)
                    numbers = [int(row["line"]) for row in truth]
                    self.assertEqual(numbers, sorted(set(numbers)))
                    self.assertGreaterEqual(numbers[0], 2)
                    for number, row in zip(numbers, truth):
                        self.assertEqual(lines[number - 1], [row["transaction_id"], row["timestamp"], row["amount"]])
                        raised = float(row["amount"]) - float(row["ordinary_amount"])
                        self.assertAlmostEqual(raised, 3 * high, delta=0.02)

    def test_only_the_rows_of_the_truth_differ(self):
        plain, none = self.truth()
        self.assertEqual(none, [])
        lines, truth = self.truth("--anomalies", "1%")
        self.assertEqual(len(truth), ROWS // 100)
        differ = [number for number, (a, b) in enumerate(zip(plain, lines), 1) if a != b]
        self.assertEqual(differ, [int(row["line"]) for row in truth])

    def test_a_detector_finds_what_was_planted(self):
        lines, truth = self.truth("--anomalies", "40", "--amounts", "uniform:100", "--keys", "50")
        text = "".join(",".join(line) + "\n" for line in lines).encode()
        _, results = self.run_on(text, "--aggregate", "max", "--out-of-orderness", "unbounded", "--alert", "none")
        high = {(row["window_start"], row["transaction_id"]) for row in csv.DictReader(io.StringIO(results.decode()))
                if float(row["max"]) >= 200}
        planted = {(f"{row['timestamp'][:18]}0", row["transaction_id"]) for row in truth}
        self.assertEqual(high, planted)

    def test_every_row_may_be_an_anomaly(self):
        lines, truth = self.truth("--anomalies", "100%", rows=5000)
        self.assertEqual([int(row["line"]) for row in truth], list(range(2, 5002)))
        self.assertEqual([row["amount"] for row in truth], [line[2] for line in lines[1:]])

    def test_the_truth_appears_whole_or_not_at_all(self):
        folder = self.folder()
        with open("/dev/full", "wb") as full:
            done = subprocess.run([self.tidemark, "gen", "--anomalies", "5", "--truth", folder / "truth.csv"], stdout=full,
                                  stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)
        self.assertEqual(os.listdir(folder), [])

    def test_a_signal_leaves_no_half_of_the_truth(self):
        for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal_number):
                folder = self.folder()
                command = [self.tidemark, "gen", "--rows", "1000000000", "--anomalies", "5", "--truth", folder / "truth.csv"]
                process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                os.read(process.stdout.fileno(), 100)
                self.assertEqual(len(os.listdir(folder)), 1)
                process.send_signal(signal_number)
                self.assertEqual(process.wait(20), -signal_number)
                self.assertEqual(process.stderr.read(), b"")
                process.stdout.close()
                process.stderr.close()
                self.assertEqual(os.listdir(folder), [])

    def test_a_closed_pipe_leaves_no_truth(self):
        folder = self.folder()
        command = [self.tidemark, "gen", "--rows", "10000000", "--anomalies", "5", "--truth", folder / "truth.csv"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.read(process.stdout.fileno(), 100)
        process.stdout.close()
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()
        self.assertEqual(process.wait(20), 1)
        self.assertEqual(os.listdir(folder), [])

    def test_a_truth_that_cannot_be_written_is_said_at_once(self):
        folder = self.folder()
        for name, reason in ((folder, "irectory"), (folder / "none" / "truth.csv", "folder does not exist"),
                             ("/dev/full", "No space left")):
            with self.subTest(str(name)):
                done = self.run_tidemark("gen", "--rows", "1000", "--anomalies", "5", "--truth", str(name))
                self.assertEqual(done.returncode, 1)
                self.assertIn(reason, done.stderr.decode())
                self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_the_truth_cannot_be_the_rows(self):
        path = self.folder() / "rows.csv"
        with open(path, "wb") as rows:
            done = subprocess.run([self.tidemark, "gen", "--rows", "5", "--truth", path], stdout=rows,
                                  stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"standard output holds the rows", done.stderr)

    def test_quotes_and_crlf_change_nothing_but_the_form(self):
        shape = ("--late", "2%", "--malformed", "5%", "--missing", "2%", "--disorder", "2s")
        plain = self.gen(*shape)
        rejects, results = self.run_on(plain)
        reasons = [(row["line"], row["reason"]) for row in rejects]
        for form in (("--quoted",), ("--crlf",), ("--quoted", "--crlf")):
            with self.subTest(form):
                data = self.gen(*shape, *form)
                self.assertEqual([row.fields for row in read_records(data)], [row.fields for row in read_records(plain)])
                form_rejects, form_results = self.run_on(data)
                self.assertEqual(form_results, results)
                self.assertEqual([(row["line"], row["reason"]) for row in form_rejects], reasons)
        self.assertEqual(self.gen(*shape, "--crlf"), plain.replace(b"\n", b"\r\n"))
        header, first, *_ = self.gen("--quoted", rows=1).split(b"\n")
        self.assertEqual(header, b'"transaction_id","timestamp","amount"')
        self.assertEqual(first.count(b'"'), 6)


if __name__ == "__main__":
    main(__doc__)
