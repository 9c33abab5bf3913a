#!/usr/bin/env python3
"""Are several files read side by side one stream, whose order and watermark the rows alone decide?"""
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main
from runs import PACKINGS, packed

HEADER = "transaction_id,timestamp,amount\n"
OUTPUTS = ("results", "alerts", "late", "rejects")
LIMIT_S = 60
LOOK_S = 0.01
SEED = 20240511
PIPE_MACHINES = (("-p", "1"), ("-p", "7", "--batch-rows", "1", "--ring-slots", "2"), ("-p", "3", "--order", "key"),
                 ("-p", "3", "--scheduler", "one:7"))


def row(key, second, amount=50):
    return f"{key},{1715421600000 + round(second * 1000)},{amount}\n"


def bad(key):
    return f"{key},,1\n"


def draw_file(rng, keys, step_ms):
    """Rows that go forward on the whole, some out of order, late, refused, with long keys or wide amounts."""
    lines, now = [HEADER], rng.randrange(5)
    for _ in range(rng.choice((0, 0, 1, 3, 40, 300, 700))):
        now += rng.choice((0, 0, 1, 1, 5, rng.randrange(40))) * step_ms / 1000
        key = rng.choice(keys)
        lines.append(bad(key) if rng.random() < 0.05 else
                     row(key, max(0, now - rng.choice((0, 0, 0, 0.5, 3, 60))), rng.choice((50, 0.01, 9 * 10 ** 20))))
    return "".join(lines)


def order_of(files):
    """(file, line) of every record in the order in which they are one stream; files: name -> text with epoch-ms times."""
    records = {name: text.splitlines()[1:] for name, text in files.items()}
    greatest, taken = dict.fromkeys(files, float("-inf")), dict.fromkeys(files, 0)
    order = []
    while greatest:
        name = min(greatest, key=greatest.get)  # of equal ones the first
        if taken[name] == len(records[name]):
            del greatest[name]
            continue
        time_text = records[name][taken[name]].split(",")[1]
        taken[name] += 1
        order.append((name, taken[name] + 1))
        if time_text:
            greatest[name] = max(greatest[name], int(time_text))
    return order


class Partitions(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, files):
        for name, text in files.items():
            (self.folder / name).write_text(text)
        return list(files)

    def run_all(self, *arguments, **keywords):
        """The outputs and counts of a run that must succeed."""
        targets = [part for name in (*OUTPUTS, "stats") for part in (f"--{name}", f"{name}.out")]
        done = self.run_tidemark("run", "--time-format", "epoch-ms", "--inputs", "partitions", *targets, *arguments,
                                 cwd=self.folder, timeout=LIMIT_S, **keywords)
        self.assertEqual(done.returncode, 0, (arguments, done.stderr))
        found = {name: (self.folder / f"{name}.out").read_text() for name in OUTPUTS}
        found["counts"] = json.loads((self.folder / "stats.out").read_text())["counts"]
        return found

    def refused(self, status, words, *arguments):
        done = self.run_tidemark("run", "--inputs", "partitions", "--results", "r.csv", *arguments, cwd=self.folder,
                                 timeout=LIMIT_S)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertRegex(done.stderr.decode(), words)
        self.assertFalse((self.folder / "r.csv").exists())


class Refusals(Partitions):
    def test_what_is_no_way_to_read(self):
        self.refused(2, "--inputs: unknown 'partition'; did you mean partitions", "--inputs", "partition")

    def test_too_many_files(self):
        self.refused(2, "65 files are more than the 64 partitions there may be", *(f"{i}.csv" for i in range(65)))

    def test_a_file_that_is_missing_empty_broken_or_lacks_a_column(self):
        self.write({"a.csv": HEADER + row("a", 1), "empty.csv": "", "other.csv": "key,time\nx,1\n", "text.csv.gz": HEADER})
        torn = gzip.compress((HEADER + row("a", 1) * 1000).encode())[:-20]
        (self.folder / "torn.csv.gz").write_bytes(torn)
        for name, status, words in (("no.csv", 1, "cannot read no.csv"), ("empty.csv", 1, "empty.csv: the file is empty"),
                                    ("other.csv", 2, "other.csv: no column 'transaction_id'"),
                                    ("torn.csv.gz", 1, "cannot read torn.csv.gz"),
                                    ("text.csv.gz", 1, "it holds no gzip data")):
            for machine in (("-p", "1"), ("-p", "3", "--batch-rows", "1", "--ring-slots", "2"), ("--scheduler", "one:3")):
                with self.subTest((name, machine)):
                    self.refused(status, words, "--time-format", "epoch-ms", *machine, "a.csv", name, "a.csv")

    def test_too_many_rejects_stop_the_run_where_they_come_in_the_stream(self):
        files = {"a.csv": HEADER + row("a", 1) + bad("a") + row("a", 50) + bad("a"),
                 "b.csv": HEADER + row("b", 2) + bad("b") + row("b", 20) + bad("b") + row("b", 60)}
        self.write(files)
        for machine in (("-p", "1"), ("-p", "7", "--batch-rows", "1", "--ring-slots", "2"), ("--scheduler", "one:1")):
            with self.subTest(machine):
                done = self.run_tidemark("run", "--inputs", "partitions", "--time-format", "epoch-ms", "--max-rejects", "2",
                                         "--rejects", "j.csv", *machine, *files, cwd=self.folder, timeout=LIMIT_S)
                self.assertEqual(done.returncode, 3)
                self.assertIn("b.csv:5: more than 2 rows rejected", done.stderr.decode())
                self.assertEqual([line.split(",")[:2] for line in (self.folder / "j.csv").read_text().splitlines()[1:]],
                                 [["a.csv", "3"], ["b.csv", "3"], ["b.csv", "5"]])


class Order(Partitions):
    def test_the_next_row_is_of_the_file_that_is_furthest_behind(self):
        files = {"a.csv": HEADER + row("a", 1) + row("a", 30) + row("a", 31),
                 "b.csv": HEADER + row("b", 5) + row("b", 12) + row("b", 42)}
        found = self.run_all(*self.write(files), "--window", "tumbling:10s", "--alert", "none")
        # a 1, b 5, a 30, b 12, b 42, a 31: the least of both watermarks, and after the end of a that of b.
        self.assertEqual([line.split(",")[2:3] + line.split(",")[6:] for line in found["results"].splitlines()[1:]],
                         [["a", "1715421610999"], ["b", "1715421610999"], ["b", "1715421628999"],
                          ["a", "1715421640999"], ["b", "9223372036854775807"]])

    def test_the_end_of_a_file_lets_the_watermark_go_on_to_the_others(self):
        files = {"a.csv": HEADER + row("a", 1), "b.csv": HEADER + row("b", 5) + row("b", 42)}
        found = self.run_all(*self.write(files), "--alert", "none")
        # a 1, b 5; a, which is behind, has ended: 4 s - 1 ms. b 42 comes next, and alone.
        self.assertEqual([line.split(",")[2::4] for line in found["results"].splitlines()[1:]],
                         [["a", "1715421640999"], ["b", "1715421640999"], ["b", "9223372036854775807"]])
        self.assertEqual(found["counts"]["rows"], 3)

    def test_rows_are_late_by_the_watermark_of_their_own_file(self):
        files = {"a.csv": HEADER + row("a", 25) + row("a", 1), "b.csv": HEADER + row("b", 90) + row("b", 1)}
        found = self.run_all(*self.write(files), "--alert", "none")
        self.assertEqual(found["late"], "file,line,watermark_ms,record\n"
                         'a.csv,3,1715421623999,"a,1715421601000,50"\n'
                         'b.csv,3,1715421688999,"b,1715421601000,50"\n')

    def test_a_future_row_is_one_far_ahead_of_its_own_file(self):
        files = {"a.csv": HEADER + row("a", 1) + row("a", 12), "b.csv": HEADER + row("b", 100) + row("b", 111)}
        found = self.run_all(*self.write(files), "--max-future", "10s")
        self.assertEqual([line.split(",")[:4] for line in found["rejects"].splitlines()[1:]],
                         [["a.csv", "3", "51", "future"], ["b.csv", "3", "51", "future"]])

    def test_random_files_come_in_the_order_of_a_naive_search(self):
        rng = random.Random(SEED)
        for case in range(40):
            files = {f"{i}.csv": draw_file(rng, ["k", "other"], rng.choice((0, 1000))) for i in range(rng.randint(2, 10))}
            with self.subTest(case):
                found = self.run_all(*self.write(files), "-p", rng.choice(("1", "3")), "--batch-rows", rng.choice(("1", "9")))
                order = order_of(files)
                refused = {(name, number) for name, text in files.items()
                           for number, line in enumerate(text.splitlines(), 1) if ",,1" in line}
                self.assertEqual([tuple(line.split(",")[:2]) for line in found["rejects"].splitlines()[1:]],
                                 [(name, str(number)) for name, number in order if (name, number) in refused])
                self.assertEqual(found["counts"]["rows"], len(order))

    def test_one_file_is_one_stream_either_way(self):
        self.write({"a.csv": draw_file(random.Random(SEED), ["a", "b"], 1000)})
        self.assertEqual(self.run_all("a.csv"), self.run_all("a.csv", "--inputs", "concat"))


class Machines(Partitions):
    def check(self, files, *arguments):
        names = self.write(files)
        wanted = self.run_all("-p", "1", *arguments, *names)
        for n in (1, 2, 3, 7, 64):
            for machine in ((), ("--batch-rows", "1", "--ring-slots", "2"), ("--batch-rows", "3", "--simd", "portable"),
                            ("--batch-rows", "2", "--ring-slots", "2", "--scheduler", f"one:{n}")):
                with self.subTest((n, machine)):
                    self.assertEqual(self.run_all("-p", n, *machine, *arguments, *names), wanted)
        return wanted

    def test_the_bytes_are_the_same_on_all_of_them(self):
        rng = random.Random(SEED)
        keys = {"few": ["a", "b", "c"], "one": ["only"],
                "long": [f"a key that is longer than sixteen bytes {i}" for i in range(30)]}
        for title, arguments in (("few", ()), ("one", ("--window", "tumbling:1s")),
                                 ("long", ("--allowed-lateness", "5s", "--aggregate", "sum,count,last,stddev")),
                                 ("few", ("--out-of-orderness", "unbounded", "--at-end", "drop"))):
            files = {f"{i}.csv": draw_file(rng, keys[title], 500) for i in range(4)}
            files["4.csv"] = HEADER + "".join(row("a", i / 5) for i in range(200))
            wanted = self.check(files, *arguments)
            self.assertGreater(wanted["counts"]["used"], 0)

    def test_equal_times_everywhere(self):
        self.check({f"{i}.csv": HEADER + row(f"k{i}", 3) * 50 + bad("x") for i in range(5)})

    def test_headers_only(self):
        wanted = self.check({"a.csv": HEADER, "b.csv": HEADER})
        self.assertEqual(wanted["results"].count("\n"), 1)

    def test_packed_files_and_standard_input(self):
        rng = random.Random(SEED + 1)
        files = {f"{i}.csv": draw_file(rng, ["a", "b"], 1000) + row("a", 99) for i in range(3)}
        wanted = self.run_all(*self.write(files), "-p", "1")["results"]
        (self.folder / "0.csv.gz").write_bytes(packed(files["0.csv"].encode(), "gz"))
        (self.folder / f"1.csv.{PACKINGS[-1]}").write_bytes(packed(files["1.csv"].encode(), PACKINGS[-1]))
        found = self.run_all("0.csv.gz", f"1.csv.{PACKINGS[-1]}", "-", "-p", "3", stdin=files["2.csv"].encode())
        self.assertEqual(found["results"], wanted)

    def test_columns_are_found_anew_in_each_file(self):
        files = {"a.csv": "amount,card,timestamp\n5,x,1715421600000\n", "b.csv": "timestamp,amount,card\n1715421600001,7,x\n"}
        found = self.run_all(*self.write(files), "--key", "card", "--alert", "none")
        self.assertEqual(found["results"].splitlines()[1].split(",")[2:6], ["x", "2024-05-11 10:00:00", "12", "2"])

    def test_the_stages_and_threads_of_partitions_are_told(self):
        self.write({"a.csv": HEADER + row("a", 1), "b.csv": HEADER + row("b", 1) + row("b", 2)})
        self.run_all("-p", "2", "a.csv", "b.csv")
        threads = json.loads((self.folder / "stats.out").read_text())["threads"]
        self.assertEqual([(each["stage"], each.get("input"), each.get("worker")) for each in threads["stages"]],
                         [("reader", 0, None), ("reader", 1, None), ("part", 0, None), ("part", 1, None),
                          ("parser", None, None), ("worker", None, 0), ("worker", None, 1), ("sink", None, None)])
        self.assertEqual([each["rows"] for each in threads["stages"]][2:5], [1, 2, 3])
        done = self.run_tidemark("run", "-v", "-p", "2", "--inputs", "partitions", "--time-format", "epoch-ms", "a.csv",
                                 "b.csv", cwd=self.folder)
        self.assertRegex(done.stderr.decode(), r"part 1 +2 ")


class Pipes(Partitions):
    def setUp(self):
        super().setUp()
        self.process, self.pipes = None, {}
        self.addCleanup(self.kill)

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.stderr.close()
            self.process.wait()
        for pipe in self.pipes.values():
            os.close(pipe)
        self.pipes = {}

    def start(self, *arguments, names=("a", "b")):
        """A run whose inputs are named pipes that nobody has opened yet, and whose results go to the file `out`."""
        self.kill()
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
            os.mkfifo(self.folder / name)
        with open(self.folder / "out", "wb") as out:
            self.process = subprocess.Popen(
                [self.tidemark, "run", "--inputs", "partitions", "--time-format", "epoch-ms", "--results", "-", *arguments,
                 *names], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, cwd=self.folder)

    def put(self, name, *lines):
        if name not in self.pipes:
            self.pipes[name] = os.open(self.folder / name, os.O_WRONLY)
        os.write(self.pipes[name], "".join(lines).encode())

    def close(self, name):
        os.close(self.pipes.pop(name))

    def lines(self):
        return (self.folder / "out").read_text().splitlines()[1:]

    def wait_lines(self, count):
        limit = time.monotonic() + LIMIT_S
        while len(self.lines()) < count:
            self.assertLess(time.monotonic(), limit, self.lines())
            time.sleep(LOOK_S)
        self.assertEqual(len(self.lines()), count)
        return [line.split(",") for line in self.lines()]

    def end(self, status=0):
        if status > 128:
            self.process.send_signal(status - 128)
        message = self.process.communicate(timeout=LIMIT_S)[1].decode()
        self.assertEqual(self.process.returncode, status, message)
        return message

    def test_windows_fire_when_every_pipe_has_passed_them(self):
        for machine in PIPE_MACHINES:
            with self.subTest(machine):
                self.start(*machine)
                self.put("b", HEADER, row("b", 3), row("b", 31))  # the other way round than they are named
                self.put("a", HEADER, row("a", 1), row("a", 15))
                self.assertEqual(sorted(line[2] for line in self.wait_lines(2)), ["a", "b"])
                self.put("a", row("a", 35))
                self.assertEqual(self.wait_lines(3)[2][2], "a")
                self.close("a")
                self.close("b")
                self.end()
                self.assertEqual(len(self.lines()), 5)

    def test_the_end_of_a_pipe_fires_what_only_it_held_back(self):
        self.start("-p", "2")
        self.put("a", HEADER, row("a", 1))
        self.put("b", HEADER, row("b", 2), row("b", 31))
        self.close("a")
        self.assertEqual({line[6] for line in self.wait_lines(2)}, {"1715421629999"})
        self.end(143)

    def test_signals_while_a_pipe_is_silent_or_has_no_writer(self):
        for opened in (), ("a",), ("b",), ("a", "b"):
            for status in (130, 143):
                with self.subTest((opened, status)):
                    self.start("-p", "3", "-v")
                    for name in opened:
                        self.put(name, HEADER, row(name, 1))
                    while len(os.listdir(f"/proc/{self.process.pid}/task")) < 10:  # it stands
                        time.sleep(LOOK_S)
                    self.end(status)

    def test_an_idle_pipe_is_not_waited_for(self):
        for machine in PIPE_MACHINES:
            with self.subTest(machine):
                self.start("--idle-timeout", "50ms", "--late", "late", "--stats", "stats", *machine)
                self.put("a", HEADER, row("a", 1))
                self.put("b", HEADER, row("b", 2), row("b", 3000), row("b", 3011))
                self.assertEqual(sorted(line[2] for line in self.wait_lines(3)), ["a", "b", "b"])
                self.put("a", row("a", 5), row("a", 6000))  # back: too late, and then ahead
                self.put("b", row("b", 4000))
                self.wait_lines(4)
                for name in "ab":
                    self.close(name)
                self.end()
                late = (self.folder / "late").read_text().splitlines()[1:]
                self.assertEqual([line.split(",")[:2] for line in late], [["a", "3"]])
                counts = json.loads((self.folder / "stats").read_text())["counts"]
                self.assertEqual((counts["rows"], counts["used"], counts["late"]), (7, 6, 1))

    def test_when_all_pipes_are_silent_time_goes_on(self):
        self.start("--idle-timeout", "50ms", "--window", "tumbling:1s", "-p", "3")
        self.put("b", HEADER, row("b", 50))
        self.put("a", HEADER, row("a", 1))
        lines = self.wait_lines(2)
        self.assertEqual([line[2] for line in lines], ["a", "b"])
        self.end(130)


if __name__ == "__main__":
    main(__doc__)
