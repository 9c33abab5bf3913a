#!/usr/bin/env python3
"""What does a run open, with which rights, and does it follow nobody's bait?"""
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

ROWS = "transaction_id,timestamp,amount\na,2024-05-11 10:00:00,9000\nb,2024-05-11 10:00:30,1\n"
VICTIM = "somebody else's\n"
OUTPUTS = ("results", "alerts", "late", "rejects", "trace", "stats")
OPTIONS = tuple(part for name in OUTPUTS for part in (f"--{name}", name))
TEMPORARY_ATTEMPTS = 100


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


class Security(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "in.csv").write_text(ROWS)

    def test_new_outputs_have_the_rights_that_the_umask_leaves(self):
        for mask, rights in ((0o022, 0o644), (0o027, 0o640), (0o077, 0o600), (0o000, 0o666)):
            with self.subTest(oct(mask)):
                done = self.run_tidemark("run", "-q", *OPTIONS, "in.csv", cwd=self.folder, umask=mask)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                for name in OUTPUTS:
                    self.assertEqual(oct(mode(self.folder / name)), oct(rights), name)
                    (self.folder / name).unlink()

    def test_an_output_that_is_replaced_keeps_its_rights_and_lends_them_to_nobody_before(self):
        target = self.folder / "results"
        target.write_text(VICTIM)
        target.chmod(0o600)
        reading, writing = os.pipe()
        process = subprocess.Popen([self.tidemark, "run", "-q", "--results", "results", "-"], cwd=self.folder, stdin=reading,
                                   umask=0, stdout=subprocess.DEVNULL)
        try:
            os.close(reading)
            os.write(writing, ROWS.encode())
            self.assertEqual({oct(mode(path)) for path in self.temporary_files(process)}, {oct(0o600)})
        finally:
            os.close(writing)
            self.assertEqual(process.wait(60), 0)
        self.assertEqual(oct(mode(target)), oct(0o600))

    def temporary_files(self, process):
        while not (found := list(self.folder.glob(f"*.{process.pid}-*.tmp"))):
            self.assertIsNone(process.poll())
        return found

    def test_a_link_that_lies_where_a_temporary_file_will_be_is_not_followed(self):
        victim = self.folder / "victim"
        victim.write_text(VICTIM)

        def lay_baits():  # in the process that becomes the run: its number is in the name
            for attempt in range(TEMPORARY_ATTEMPTS - 1):
                os.symlink("victim", self.folder / f"results.{os.getpid()}-{attempt}.tmp")

        done = subprocess.run([self.tidemark, "run", "-q", "--results", "results", "in.csv"], cwd=self.folder,
                              preexec_fn=lay_baits, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(victim.read_text(), VICTIM)
        self.assertTrue((self.folder / "results").read_text().startswith("window_start,"))
        self.assertFalse((self.folder / "results").is_symlink())
        self.assertEqual(len(list(self.folder.glob("*.tmp"))), TEMPORARY_ATTEMPTS - 1)  # not its own: left alone

    def test_a_plug_in_is_never_searched_for(self):
        library = Path(self.tidemark).parent / "process" / "probe.so"
        if not library.exists():
            self.skipTest("needs the process functions of the tests")
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        shutil.copy(library, elsewhere / "probe.so")
        environment = dict(os.environ, LD_LIBRARY_PATH=str(elsewhere), PATH=f"{elsewhere}:{os.environ['PATH']}")
        arguments = ("run", "-q", "--process", "probe.so", "in.csv")
        done = self.run_tidemark(*arguments, cwd=self.folder, env=environment)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"cannot load 'probe.so'", done.stderr)
        shutil.copy(library, self.folder / "probe.so")
        done = self.run_tidemark(*arguments, cwd=self.folder, env=environment)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_nothing_is_open_but_what_was_named(self):
        reading, writing = os.pipe()
        process = subprocess.Popen([self.tidemark, "run", "-q", "--memory", "1G", *OPTIONS, "-"], cwd=self.folder,
                                   stdin=reading, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            os.close(reading)
            os.write(writing, ROWS.encode())
            while len(list(self.folder.glob("*.tmp"))) < len(OUTPUTS):
                self.assertIsNone(process.poll())
            opened = [os.readlink(link) for link in Path(f"/proc/{process.pid}/fd").iterdir()]
        finally:
            os.close(writing)
            self.assertEqual(process.wait(60), 0)
        allowed = ("/dev/null", "pipe:", "anon_inode:", f"{self.folder.resolve()}/", f"/proc/{process.pid}/")
        self.assertEqual([name for name in opened if not name.startswith(allowed)], [])
        self.assertEqual(len([name for name in opened if name.endswith(".tmp")]), len(OUTPUTS))


if __name__ == "__main__":
    main(__doc__)
