#!/usr/bin/env python3
"""Is a checkpoint that is torn, damaged or made up refused, with its reason, and nothing touched?"""
import os
import random
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
import checkpoint_files
from checkpoint_files import BEGINNING, PARSER, PLAN, SINK, WORKER, Section
from checkpoint_folders import InAFolder
from harness import main

SEED = 20240511
PLACES = int(os.environ.get("TIDEMARK_PLACES", "60"))  # of a file that are tried, of several thousand
FORGERIES = int(os.environ.get("TIDEMARK_FORGERIES", "300"))
NUMBERS = (0, 1, 2, 3, 255, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 62, 2 ** 63 - 1, 2 ** 63, 2 ** 64 - 2, 2 ** 64 - 1)

# What the forged runs keep: every windowing, history, watched keys, a process function, the order of Flink, several inputs.
KEPT = (
    (), ("--window", "sliding:20s/5s", "--allowed-lateness", "5s", "--aggregate", "sum,count,min,max,mean,stddev,first,last"),
    ("--window", "session:3s", "--allowed-lateness", "20s"), ("--window", "count:5"), ("--clock", "virtual:3"),
    ("--history", "3", "--alert", "sum > history.mean"), ("--inactive", "30s"), ("--order", "flink", "--trace", "trace.out"),
    ("--inputs", "partitions"), ("--process", "probe.so", "--process-arg", "after=5000", "--process-arg", "again=3"))


class Damaged(InAFolder):
    """The checksum is wrong."""

    def damage_both(self, change):
        """change: bytes -> bytes; the older record is damaged otherwise."""
        older, newer = self.records()
        older.write_bytes(older.read_bytes()[:-1])
        whole = newer.read_bytes()
        newer.write_bytes(change(whole))
        return whole

    def refused(self):
        return self.refuses(self.resume, "--resume: 'ck' holds no checkpoint that is whole", "begin anew in another folder")

    def test_cut_short_anywhere(self):
        self.break_off()
        whole = self.damage_both(lambda whole: whole)
        newer = self.records()[-1]
        places = {0, 1, 7, 8, 15, 16, 31, 32, 33, len(whole) - 1, len(whole) - 16, len(whole) - 17}
        for count in sorted(places | set(random.Random(SEED).sample(range(len(whole)), PLACES))):
            with self.subTest(count):
                newer.write_bytes(whole[:count])
                message = self.refused()
                self.assertRegex(message, "cut short" if count < 32 else "checksum is wrong")

    def test_a_bit_anywhere(self):
        self.break_off()
        whole = self.damage_both(lambda whole: whole)
        newer, rng = self.records()[-1], random.Random(SEED)
        for at in sorted({0, 8, 12, 16, len(whole) - 1} | set(rng.sample(range(len(whole)), PLACES))):
            with self.subTest(at):
                newer.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1:])
                self.assertRegex(self.refused(), "it is no checkpoint" if at < 8 else "checksum is wrong")

    def test_more_behind_it(self):
        self.break_off()
        self.damage_both(lambda whole: whole + b"x")
        self.refused()

    def test_not_even_a_file(self):
        self.break_off()
        for make in (lambda path: path.mkdir(), os.mkfifo, lambda path: path.symlink_to("in.csv")):
            newer = self.records()[-1]
            newer.rmdir() if newer.is_dir() else newer.unlink()
            make(newer)
            self.refuses(lambda: self.resume(timeout=20), newer.name)

    def test_the_newer_damaged_the_older_used(self):
        expected = self.whole()
        for change in (lambda whole: whole[:-1], lambda whole: b"", lambda whole: whole[:40] + b"x" + whole[41:]):
            self.tearDownCheckpoint()
            self.break_off()
            newer = self.records()[-1]
            newer.write_bytes(change(newer.read_bytes()))
            done = self.resume()
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stderr.decode(), rf"passed over in 'ck': {newer.name}: it")
            self.assertEqual(self.outputs(), expected)

    def tearDownCheckpoint(self):
        for path in self.checkpoint.glob("*") if self.checkpoint.exists() else ():
            path.unlink()

    def test_the_newer_lost_the_older_used(self):
        expected = self.whole()
        self.break_off()
        self.records()[-1].unlink()
        self.assertEqual(self.resume().returncode, 0)
        self.assertEqual(self.outputs(), expected)


class Forged(InAFolder):
    """The checksum is right, and what it vouches for is not."""

    def setUp(self):
        super().setUp()
        probe = Path(self.tidemark).parent / "process" / "probe.so"
        (self.folder / "probe.so").symlink_to(probe)

    def forgeries(self, change, *reasons, options=()):
        """change: what it makes of the newer record's sections."""
        self.break_off(*options)
        older, newer = self.records()
        sections = checkpoint_files.read(newer.read_bytes())
        older.unlink()
        self.change(newer, change(sections))
        return self.refuses(lambda: self.resume(*options), *reasons)

    def test_a_newer_format(self):
        """Then nothing older is taken either: what is newest is not understood."""
        self.break_off()
        newer = self.records()[-1]
        sections = checkpoint_files.read(newer.read_bytes())
        newer.write_bytes(checkpoint_files.write(sections, checkpoint_files.FORMAT + 1))
        self.refuses(self.resume, "it has format 2", "this one reads format 1")

    def test_section_heads_that_lie(self):
        self.break_off()
        older, newer = self.records()
        older.unlink()
        body = newer.read_bytes()[:-16]
        for at, form, values in ((12, "<I", (0, 1, 301, 2 ** 31, 2 ** 32 - 1)), (24, "<Q", (0, 1, 2 ** 32, 2 ** 63, 2 ** 64 - 1))):
            for value in values:
                with self.subTest((at, value)):
                    packed = struct.pack(form, value)
                    newer.write_bytes(checkpoint_files.seal(body[:at] + packed + body[at + len(packed):]))
                    self.refuses(self.resume, "ck")

    def test_sections_that_are_missing(self):
        for kind in (PLAN, PARSER, WORKER, SINK):
            with self.subTest(kind):
                self.setUp()
                self.forgeries(lambda sections, kind=kind: [one for one in sections if one.kind != kind], "it is damaged")

    def test_sections_that_are_there_twice(self):
        for kind, reason in ((PLAN, "its sections do not fit"), (PARSER, "its sections do not fit"), (WORKER, "it is damaged"),
                             (SINK, "its sections do not fit")):
            with self.subTest(kind):
                self.setUp()
                self.forgeries(lambda sections, kind=kind: sections + [one for one in sections if one.kind == kind][:1], reason)

    def test_a_section_of_an_unknown_kind(self):
        for kind in (0, BEGINNING + 1, 2 ** 32 - 1):
            with self.subTest(kind):
                self.setUp()
                self.forgeries(lambda sections, kind=kind: sections + [Section(kind, b"")], "its sections do not fit")

    def test_sections_with_more_or_less_in_them(self):
        for kind in (PLAN, PARSER, WORKER, SINK):
            for change in (lambda content: content + b"\0", lambda content: content[:-1], lambda content: b""):
                with self.subTest((kind, change(b"xy"))):
                    self.setUp()
                    self.forgeries(lambda sections, kind=kind, change=change: [
                        Section(one.kind, change(one.content)) if one.kind == kind else one for one in sections])

    def test_an_output_that_it_does_not_know(self):
        """Else that output would be begun anew behind the reader's back."""
        def forget_results(sections):
            at = next(i for i, one in enumerate(sections) if one.kind == SINK)
            content = sections[at].content
            name = struct.pack("<Q", 12) + b"results.part"
            start = content.index(name)
            (count,) = struct.unpack_from("<Q", content, 1)
            content = content[:start] + content[start + len(name) + 8:]
            sections[at].content = content[:1] + struct.pack("<Q", count - 1) + content[9:]
            return sections
        self.forgeries(forget_results, "results.part")

    def test_a_run_that_is_said_to_have_finished(self):
        """Else its outputs would be taken for complete."""
        def finish(sections):
            for one in sections:
                if one.kind == SINK:
                    one.content = b"\1" + one.content[1:]
            return sections
        self.forgeries(finish, "it is damaged: how far the run had come is contradicted")
        self.assertFalse((self.folder / "results.out").exists())

    def test_a_run_that_is_said_to_begin(self):
        self.forgeries(lambda sections: sections + [Section(BEGINNING, b"")], "how far the run had come is contradicted")

    def test_an_output_longer_than_it_is(self):
        def lengthen(sections):
            for one in sections:
                if one.kind == SINK:
                    at = one.content.index(b"results.part") + len(b"results.part")
                    one.content = one.content[:at] + struct.pack("<Q", 2 ** 40) + one.content[at + 8:]
            return sections
        self.forgeries(lengthen, "results.part")

    def test_numbers_that_cannot_be(self):
        """Any number anywhere: refused, or of no consequence; never a crash, never memory without bounds."""
        rng = random.Random(SEED)
        for kept in KEPT:
            self.tearDownFolder()
            options = ("-p", "2", *(str(self.folder / word) if word == "probe.so" else word for word in kept))
            self.break_off(*options)
            older, newer = self.records()
            older.unlink()
            sections = checkpoint_files.read(newer.read_bytes())
            for _ in range(FORGERIES // len(KEPT)):
                with self.subTest(kept=kept):
                    self.try_forgery(rng, sections, options)

    def try_forgery(self, rng, sections, options):
        which = rng.choice([i for i, one in enumerate(sections) if one.kind != PLAN and one.content])
        content = sections[which].content
        size = rng.choice((1, 4, 8, 8, 8))
        at = rng.randrange(max(1, len(content) - size + 1))
        number = (rng.choice(NUMBERS) + rng.choice((0, int.from_bytes(content[at:at + size], "little")))) % 2 ** (8 * size)
        forged = content[:at] + number.to_bytes(size, "little") + content[at + size:]
        keep = {path: path.read_bytes() for path in self.checkpoint.iterdir()}
        newer = self.records()[-1]
        self.change(newer, [Section(one.kind, forged) if i == which else one for i, one in enumerate(sections)])
        before = self.state()
        done = self.resume(*options, "--max-rejects", "0")
        message = done.stderr.decode(errors="replace")
        what = f"section {which}, {size} bytes at {at}: {number}; it said: {message}"
        self.assertIn(done.returncode, (0, 1, 3), what)
        self.assertNotRegex(message, "Sanitizer|runtime error|assertion")
        if done.returncode == 1 and "damaged" in message:
            self.assertEqual(self.state(), before, what)
        for path in self.checkpoint.iterdir():
            path.unlink()
        for path, before in keep.items():
            path.write_bytes(before)

    def tearDownFolder(self):
        for path in [*self.checkpoint.glob("*"), *self.folder.glob("*.out")]:
            path.unlink()


if __name__ == "__main__":
    main(__doc__)
