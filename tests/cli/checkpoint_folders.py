"""A run that is broken off halfway, for the tests of what a folder of checkpoints is good for, and of what is refused."""
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
import checkpoint_files
from harness import Case

HEADER = "transaction_id,timestamp,amount\n"
EARLIER = "an earlier run's output\n"
OUTPUTS = ("results", "alerts", "late", "rejects", "stats")
POLICY = 3


def rows(count, first=0):
    return "".join(f"k{i % 7},2024-05-11 10:{i // 60 % 60:02}:{i % 60:02},{4000 + i}\n" for i in range(first, first + count))


TEXT = HEADER + rows(60) + "k1,soon,1\n" + rows(60, 50)  # one row is refused, and some of those behind it are late


class InAFolder(Case):
    """--max-rejects 0 breaks a run off at the row that is refused; with 1 it goes on to the end."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.checkpoint = self.folder / "ck"
        (self.folder / "in.csv").write_text(TEXT)

    def output_options(self):
        return [part for name in OUTPUTS for part in (f"--{name}", f"{name}.out")]

    def run_in(self, *arguments, **keywords):
        return self.run_tidemark("run", *arguments, cwd=self.folder, **keywords)

    def run_checkpointed(self, *arguments, inputs=("in.csv",), **keywords):
        return self.run_in(*self.output_options(), "--checkpoint", "ck", *arguments, *inputs, **keywords)

    def resume(self, *arguments, **keywords):
        return self.run_checkpointed("--resume", *arguments, **keywords)

    def break_off(self, *arguments, **keywords):
        """Leaves two records and unfinished outputs."""
        done = self.run_checkpointed("--max-rejects", "0", "--checkpoint-every", "20", "--scheduler", "one:1", *arguments,
                                     **keywords)
        self.assertEqual(done.returncode, POLICY, done.stderr)
        self.assertEqual(len(checkpoint_files.numbers_in(self.checkpoint)), 2)
        return done

    def whole(self, *arguments):
        """The outputs of the run that nothing breaks off."""
        folder = self.folder / "whole"
        folder.mkdir()
        done = self.run_tidemark("run", *self.output_options(), *arguments, self.folder / "in.csv", cwd=folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        outputs = {name: (folder / f"{name}.out").read_bytes() for name in OUTPUTS if name != "stats"}
        shutil.rmtree(folder)
        return outputs

    def outputs(self):
        return {name: (self.folder / f"{name}.out").read_bytes() for name in OUTPUTS
                if name != "stats" and (self.folder / f"{name}.out").exists()}

    def records(self):
        """Paths, the older first."""
        return [checkpoint_files.path_of(self.checkpoint, number) for number in checkpoint_files.numbers_in(self.checkpoint)]

    def change(self, record, sections):
        record.write_bytes(checkpoint_files.write(sections))

    def state(self):
        """All that must not change: bytes, rights and times of every file below the folder."""
        found = {}
        for root, folders, names in os.walk(self.folder):
            for name in folders + names:
                path = Path(root, name)
                status = path.lstat()
                content = path.read_bytes() if stat.S_ISREG(status.st_mode) else None
                when = status.st_mtime_ns if content is not None else None
                found[str(path.relative_to(self.folder))] = (content, status.st_mode, when)
        return found

    def refuses(self, start, *reasons, status=1):
        """Expects that what `start` runs gives the reasons and the status, and changes nothing; returns the message."""
        before = self.state()
        done = start()
        message = done.stderr.decode()
        self.assertEqual(done.returncode, status, message)
        for reason in reasons:
            self.assertIn(reason, message)
        self.assertTrue(message.startswith("tidemark: ") and message.endswith("\n"), message)
        after = self.state()
        changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        self.assertFalse(changed, f"changed, although it said: {message}")
        return message
