#!/usr/bin/env python3
"""Does a run that is resumed go on in its input where it stood, whatever kind of input that is, and only in that one?"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main
from runs import packed

HEADER = "transaction_id,timestamp,amount\n"
OUTPUTS = ("results", "alerts", "late", "rejects")
SEED = 20240511
LIMIT_S = 60
LOOK_S = 0.005
POLICY = 3
WORKERS = ("1", "2", "3", "7")


def row(rng, now):
    key = rng.choice(("a", "b", "longer than sixteen bytes", '"quo""ted,\nkey"', "k%d" % rng.randrange(300)))
    behind = rng.choice((0, 0, 0, 0, 0.5, 3, 60))
    return f"{key},{1715421600000 + round(max(0, now - behind) * 1000)},{rng.choice((50, 0.01, 4000, 9 * 10 ** 20))}"


def draw_file(rng, rows, bads):
    """Rows in some disorder, with every kind of line end, blank lines, and so many that are refused."""
    bad_at = set(rng.sample(range(rows), min(bads, rows)))
    lines, now = [rng.choice(("", "\n\n")) + HEADER], rng.randrange(5)
    for i in range(rows):
        now += rng.choice((0, 0, 1, 1, 5)) / 10
        end = rng.choice(("\n", "\n", "\r\n", "\r", "\n\r\n", "\r\n\n"))
        lines.append("bad,,%d%s" % (i, end) if i in bad_at else row(rng, now) + end)
    if rng.random() < 0.3:
        lines.append(row(rng, now))
    return rng.choice(("", "\ufeff")) + "".join(lines)


class CheckpointInputs(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.rng = random.Random(SEED)

    def write(self, name, text):
        data = text if isinstance(text, bytes) else text.encode()
        (self.folder / name).write_bytes(data)
        return name

    def command(self, inputs, prefix, *more):
        outputs = [part for kind in OUTPUTS for part in (f"--{kind}", f"{prefix}{kind}")]
        return [self.tidemark, "run", *inputs, "--time-format", "epoch-ms", *outputs, *more]

    def run_once(self, command, stdin=None):
        return subprocess.run(command, cwd=self.folder, input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT_S)

    def unbroken(self, inputs, *more, stdin=None):
        done = self.run_once(self.command(inputs, "whole.", "-p", "1", *more), stdin)
        self.assertEqual(done.returncode, 0, done.stderr.decode())

    def check_outputs(self):
        for kind in OUTPUTS:
            whole, broken = (self.folder / f"{prefix}.{kind}" for prefix in ("whole", "broken"))
            self.assertTrue(broken.exists(), kind)
            self.assertEqual(whole.read_bytes(), broken.read_bytes(), kind)
            broken.unlink()
        shutil.rmtree(self.folder / "ck")

    def differs(self):
        return any((self.folder / f"whole.{kind}").read_bytes() != (self.folder / f"broken.{kind}").read_bytes()
                   for kind in OUTPUTS)

    def resumed(self, inputs, more, bads):
        return self.command(inputs, "broken.", "-p", self.rng.choice(WORKERS), *more, "--checkpoint", "ck", "--resume",
                            "--checkpoint-every", str(self.rng.choice((1, 7, 100, 1000, 10 ** 9))),
                            "--batch-rows", self.rng.choice(("1", "16", "4096")), "--max-rejects", str(bads))

    def check_stops(self, inputs, bads, *more, stdin=None):
        """Each row that is refused stops the run, with a last checkpoint behind it."""
        self.unbroken(inputs, *more, stdin=stdin)
        for refused in range(bads):
            done = self.run_once(self.resumed(inputs, more, refused), stdin)
            self.assertEqual(done.returncode, POLICY, done.stderr.decode())
        done = self.run_once(self.resumed(inputs, more, bads), stdin)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.check_outputs()

    def check_kills(self, inputs, *more, stdin=None, rounds=8):
        """Ended at any moment, again and again."""
        self.unbroken(inputs, *more, stdin=stdin)
        for _ in range(rounds):
            number = self.rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))
            if stdin is not None:
                self.write("stdin", stdin)
            feeder = subprocess.Popen(["cat", "stdin"] if stdin is not None else ["true"], cwd=self.folder,
                                      stdout=subprocess.PIPE)
            process = subprocess.Popen(self.resumed(inputs, more, 10 ** 6), cwd=self.folder, stdin=feeder.stdout,
                                       stderr=subprocess.PIPE)
            feeder.stdout.close()
            time.sleep(self.rng.random() * 0.06)
            process.send_signal(number)
            _, err = process.communicate(timeout=LIMIT_S)
            feeder.wait()
            self.assertIn(process.returncode, (0, -number, 128 + number), err.decode())
        done = self.run_once(self.resumed(inputs, more, 10 ** 6), stdin)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.check_outputs()

    # --- what is not the same input ---

    def stop_halfway(self, inputs, *more, stdin=None):
        done = self.run_once(self.resumed(inputs, more, 0), stdin)
        self.assertEqual(done.returncode, POLICY, done.stderr.decode())

    def state(self):
        return {path.name: path.read_bytes() for path in (self.folder / "ck").iterdir()}

    def check_refused(self, inputs, *more, stdin=None, why):
        before = self.state()
        done = self.run_once(self.resumed(inputs, more, 1), stdin)
        self.assertEqual(done.returncode, 1, done.stderr.decode())
        self.assertRegex(done.stderr.decode(), why)
        self.assertEqual(self.state(), before)
        self.assertFalse(any((self.folder / f"broken.{kind}").exists() for kind in ("results", "alerts", "late")))

    def halves(self):
        """Text with one row in its midst that is refused."""
        text = draw_file(self.rng, 4000, 0).removesuffix("\n")
        return text + "\nbad,,\n", draw_file(self.rng, 4000, 0).split("\n", 3)[3]

    def test_a_changed_input_is_refused(self):
        head, tail = self.halves()
        for kind in ("plain", "gz", "zst", "pipe", "several"):
            with self.subTest(kind):
                for at in (0, 1, len(head) // 2, len(head) - 3):
                    data, stdin = (head + tail).encode(), None
                    changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
                    name, inputs, which = "in.csv", ["in.csv"], "in.csv"
                    if kind in ("gz", "zst"):
                        name = which = f"in.csv.{kind}"
                        inputs, data, changed = [name], packed(data, kind), packed(changed, kind)
                    if kind == "several":
                        inputs = [self.write("first.csv", (HEADER + "x,1,1\n")), name]
                    if kind == "pipe":
                        inputs, which = ["-"], "standard input"
                    self.write(name, data)
                    self.stop_halfway(inputs, stdin=data if kind == "pipe" else None)
                    self.write(name, changed)
                    same_size = len(changed) == len(data)
                    self.check_refused(inputs, stdin=changed if kind == "pipe" else None,
                                       why=f"{which} is not .*" + ("are not the same" if same_size else ""))
                    self.write(name, data)
                    done = self.run_once(self.resumed(inputs, (), 9), data if kind == "pipe" else None)
                    self.assertEqual(done.returncode, 0, done.stderr.decode())
                    shutil.rmtree(self.folder / "ck")
                    (self.folder / "broken.results").unlink()
                    (self.folder / "broken.alerts").unlink()
                    (self.folder / "broken.late").unlink()

    # --- the same input ---

    def test_stops_in_one_file(self):
        for _ in range(6):
            rows = self.rng.choice((1, 3, 50, 3000, 20000))
            bads = min(rows, 6)
            self.check_stops([self.write("in.csv", draw_file(self.rng, rows, bads))], bads)

    def test_stops_in_several_files(self):
        for _ in range(6):
            names, bads = [], 0
            for i in range(self.rng.randrange(2, 6)):
                rows, bad = self.rng.choice((0, 1, 50, 3000)), self.rng.randrange(3)
                names.append(self.write(f"in{i}.csv", draw_file(self.rng, rows, bad)))
                bads += min(rows, bad)
            self.check_stops(names, bads)

    def test_stops_in_packed_files(self):
        for kind in ("gz", "zst"):
            names = [self.write(f"in{i}.csv.{kind}", packed(draw_file(self.rng, 5000, 2).encode(), kind)) for i in range(2)]
            self.check_stops(names, 4)

    def test_stops_in_a_pipe(self):
        self.check_stops(["-"], 5, stdin=draw_file(self.rng, 20000, 5).encode())

    def test_stops_without_a_header(self):
        text = draw_file(self.rng, 5000, 4).lstrip("\ufeff\n").removeprefix(HEADER)
        self.check_stops([self.write("in.csv", text)], 4, "--no-header", "--key", "1", "--time", "2", "--value", "3")

    def test_stops_in_files_side_by_side(self):
        for _ in range(12):
            names, bads = [], 0
            for i in range(self.rng.randrange(1, 5)):
                rows, bad = self.rng.choice((0, 1, 50, 3000, 12000)), self.rng.randrange(4)
                names.append(self.write(f"in{i}.csv", draw_file(self.rng, rows, bad)))
                bads += min(rows, bad)
            self.check_stops(names, bads, "--inputs", "partitions", *self.rng.choice(((), ("--max-future", "100s"))))

    def test_kills_in_files_side_by_side(self):
        names = [self.write(f"in{i}.csv", draw_file(self.rng, 30000, 20)) for i in range(3)]
        names.append(self.write("in.csv.gz", packed(draw_file(self.rng, 15000, 20).encode(), "gz")))
        self.check_kills(names, "--inputs", "partitions")

    def test_kills_in_one_file(self):
        self.check_kills([self.write("in.csv", draw_file(self.rng, 60000, 100))])

    def test_kills_in_several_packed_files(self):
        names = [self.write(f"in{i}.csv.gz", packed(draw_file(self.rng, 15000, 20).encode(), "gz")) for i in range(4)]
        self.check_kills(names)

    def test_kills_in_a_pipe(self):
        self.check_kills(["-"], stdin=draw_file(self.rng, 60000, 100).encode())

    def test_a_file_that_is_cut_while_it_is_read_can_be_resumed_when_it_is_whole_again(self):
        for side_by_side in ((), ("--inputs", "partitions")):
            data = draw_file(self.rng, 100000, 20).encode()
            inputs = [self.write("in.csv", data)]
            self.unbroken(inputs, *side_by_side)
            for _ in range(6):
                self.write("in.csv", data)
                process = subprocess.Popen(self.resumed(inputs, side_by_side, 10 ** 6), cwd=self.folder,
                                           stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
                time.sleep(self.rng.random() * 0.1)
                os.truncate(self.folder / "in.csv", self.rng.randrange(len(data) // 4096) * 4096)
                _, err = process.communicate(timeout=LIMIT_S)
                self.assertIn(process.returncode, (0, 1), err.decode())
                if process.returncode == 0 and self.differs():  # it was cut before it was opened
                    self.unbroken(inputs, *side_by_side)
                    self.check_outputs()
                    self.write("in.csv", data)
                    self.unbroken(inputs, *side_by_side)
                elif process.returncode == 0:
                    break  # it was quicker
            self.write("in.csv", data)
            done = self.run_once(self.resumed(inputs, side_by_side, 10 ** 6))
            self.assertEqual(done.returncode, 0, done.stderr.decode())
            self.check_outputs()

    # --- files that grow ---

    def await_bytes(self, process, sizes):
        """Until each output is as long as that."""
        limit = time.monotonic() + LIMIT_S
        paths = {self.folder / f"broken.{kind}": size for kind, size in sizes.items()}
        while any(not path.exists() or path.stat().st_size < size for path, size in paths.items()):
            self.assertIsNone(process.poll())
            self.assertLess(time.monotonic(), limit)
            time.sleep(LOOK_S)

    def start_following(self, inputs, *more):
        command = self.resumed(inputs, ("--follow", *more), 10 ** 6)
        return subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def end_following(self, process, number):
        process.send_signal(number)
        _, err = process.communicate(timeout=LIMIT_S)
        self.assertIn(process.returncode, (-number, 128 + number), err.decode())

    def check_growth(self, count, *more):
        """Files grow and runs are ended at any moment; then all that a run to the end gives is in the outputs."""
        names = [f"in{i}.csv" for i in range(count)]
        texts = [(draw_file(self.rng, 6000, 20) + "\n").encode() for _ in names]
        for name, text in zip(names, texts):
            self.write(name, text)
        self.unbroken(names, "--at-end", "drop", *more)
        sizes = {kind: (self.folder / f"whole.{kind}").stat().st_size if count == 1 else 1000 for kind in OUTPUTS}
        sent = [0] * count
        for name in names:
            self.write(name, b"")
        for last in (False,) * 8 + (True,):
            process = self.start_following(names, *more)
            for i, text in enumerate(texts):
                end = len(text) if last else self.rng.randrange(sent[i], len(text))
                with open(self.folder / names[i], "ab") as file:
                    file.write(text[sent[i]:end])
                sent[i] = end
            if last:
                self.await_bytes(process, sizes)
            else:
                time.sleep(self.rng.random() * 0.1)
            self.end_following(process, self.rng.choice((signal.SIGKILL, signal.SIGTERM)))
        for kind in OUTPUTS if count > 1 else ():  # rows wait for those of the other files, which may come yet
            whole, broken = (self.folder / f"{prefix}.{kind}" for prefix in ("whole", "broken"))
            self.assertTrue(whole.read_bytes().startswith(broken.read_bytes()), kind)
            shutil.copy(broken, whole)
        self.check_outputs()

    def test_a_followed_file(self):
        self.check_growth(1)

    def test_followed_files_side_by_side(self):
        self.check_growth(3, "--inputs", "partitions")

    def test_a_followed_file_that_is_shorter_is_refused(self):
        text = draw_file(self.rng, 3000, 0)
        self.write("in.csv", text)
        process = self.start_following(["in.csv"])
        self.await_bytes(process, {"results": 1000})
        self.end_following(process, signal.SIGTERM)
        before = {path.name: path.read_bytes() for path in self.folder.glob("broken.*")}
        self.write("in.csv", text[:-10])
        process = self.start_following(["in.csv"])
        _, err = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, 1)
        self.assertRegex(err.decode(), r"in.csv is not .* it has \d+ bytes, and had \d+")
        self.assertEqual({path.name: path.read_bytes() for path in self.folder.glob("broken.*")}, before)

    # --- clocks ---

    def test_stops_on_virtual_time(self):
        names = [self.write(f"in{i}.csv", draw_file(self.rng, 4000, 3)) for i in range(2)]
        self.check_stops(names, 6, "--clock", "virtual:20")
        self.check_stops(names, 6, "--clock", "virtual:20", "--inputs", "partitions")


if __name__ == "__main__":
    main(__doc__)
