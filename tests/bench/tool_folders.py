#!/usr/bin/env python3
"""Does a folder of a peer's tool exist only when the whole tool is in it?"""
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests" / "harness"), str(ROOT / "bench" / "peers")]
import tool
from harness import Case, main

KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import tool
def install(folder):
    (folder / "half").write_text("half")
    os.kill(os.getpid(), 9)
tool.installed(Path(sys.argv[2]), install)
"""


class ToolFolders(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.parent = Path(folder.name)
        self.folder = self.parent / "tool-1"

    def put(self, name):
        return lambda folder: (folder / name).write_text(name)

    def test_a_failed_installation_leaves_nothing(self):
        def fail(folder):
            (folder / "half").write_text("half")
            raise tool.Missing("no more disk")
        with self.assertRaisesRegex(tool.Missing, "no more disk"):
            tool.installed(self.folder, fail)
        self.assertEqual(list(self.parent.iterdir()), [])

    def test_a_killed_installation_does_not_count(self):
        subprocess.run([sys.executable, "-c", KILLED, ROOT / "bench" / "peers", self.folder], check=False)
        self.assertEqual([path.name for path in self.parent.iterdir()], ["tool-1.part"])
        tool.installed(self.folder, self.put("whole"))
        self.assertEqual([path.name for path in self.folder.iterdir()], ["whole"])
        self.assertEqual(list(self.parent.iterdir()), [self.folder])

    def test_a_tool_is_installed_once(self):
        tool.installed(self.folder, self.put("first"))
        tool.installed(self.folder, self.put("second"))
        self.assertEqual([path.name for path in self.folder.iterdir()], ["first"])

    def test_a_command_that_fails_says_why(self):
        with self.assertRaisesRegex(tool.Missing, "^sh failed: ERROR: no such package; try this$"):
            tool.run(["sh", "-c", "echo looking >&2; echo 'ERROR: no such package' >&2; echo bye >&2; exit 1"],
                     hint="try this")
        with self.assertRaisesRegex(tool.Missing, "^sh failed: no message$"):
            tool.run(["sh", "-c", "exit 1"])

    def test_a_program_that_is_missing_is_named(self):
        with self.assertRaisesRegex(tool.Missing, "get it there"):
            tool.need("no-such-program-anywhere", "get it there")


if __name__ == "__main__":
    main(__doc__)
