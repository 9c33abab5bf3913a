#!/usr/bin/env python3
"""Do the documents tell the truth: is every option in the man page, do links lead somewhere, are examples as printed?

A block of a page that begins with ```console holds commands after `$ ` and what they print on standard output. The
commands of a page run one after the other in one folder, with the project's data/ in it, the folder of
tidemark_process.h as include/ and docs/examples/.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, DATA, main

ROOT = DATA.parent
PAGES = sorted([ROOT / "README.md", DATA / "SOURCES.md", *(ROOT / "docs").glob("*.md")])
MANUAL = ROOT / "docs" / "tidemark.1"
COMMANDS = ("run", "bench", "compare", "profile", "explain", "parse", "gen")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
FUNCTION = re.compile(r"`(\w+)\(\)`|`(?:struct )?(tide_[a-z0-9_]+[a-z0-9])`")
FILE = re.compile(r"`((?:[a-z0-9_]+/)*[a-z0-9_]+\.(?:c|h|py|sh))`")
SOURCES = ("engine", "operators", "tests", "bench", "data", "docs")
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# In --help: an option's head and text up to the next one; in the man page the same is between two .TP.
HELP_OPTION = re.compile(r"^ +(?:-\w, )?--([\w-]+)(.*?)(?=^ +(?:-\w, )?--|^$)", re.DOTALL | re.MULTILINE)


def plain(roff):
    """A man page's source without what only groff reads."""
    text = re.sub(r"\\f[A-Z]|\\&|\"", "", roff)
    return text.replace(r"\-", "-").replace(r"\(aq", "'").replace(r"\e", "\\").replace(r"\(ti", "~")


class Pages(Case):
    def test_links_within_the_project_lead_somewhere(self):
        for page in PAGES:
            for link in LINK.findall(page.read_text()):
                if not link.startswith(("http:", "https:")):
                    with self.subTest(page.name, link=link):
                        self.assertTrue((page.parent / link).exists())

    def test_functions_and_files_that_are_named_exist(self):
        files = [path for folder in SOURCES for path in (ROOT / folder).rglob("*") if path.suffix]
        code = "".join(path.read_text() for path in files if path.suffix in (".c", ".h"))
        functions, words = set(re.findall(r"(\w+)\(", code)), set(re.findall(r"\w+", code))
        for page in sorted((ROOT / "docs").glob("*.md")):
            for function, name in FUNCTION.findall(page.read_text()):
                with self.subTest(page.name, name=function or name):
                    self.assertTrue(function in functions if function else name in words)
            for name in FILE.findall(page.read_text()):
                with self.subTest(page.name, file=name):
                    self.assertTrue(any(str(path).endswith(f"/{name}") for path in files))

    def test_every_option_and_its_default_is_in_the_man_page(self):
        sections = re.findall(r"^\.SS (\w+)[^\n]*\n(.*?)(?=^\.S[SH])", plain(MANUAL.read_text()), re.DOTALL | re.MULTILINE)
        for command in COMMANDS:
            own = "".join(text for name, text in sections if name == command)
            entries = re.split(r"^\.TP\n", own, flags=re.MULTILINE)
            help_text = self.run_tidemark("help", command).stdout.decode()
            for name, text in HELP_OPTION.findall(help_text):
                with self.subTest(command, option=name):
                    found = [entry for entry in entries if re.search(rf"--{name}(?![\w-])", entry.split("\n")[0])]
                    self.assertEqual(len(found), 1)
                    default = re.search(r"\[default:\s+(.*?)\]", text, re.DOTALL)
                    self.assertIn(default[1] if default else "", found[0])

    def test_the_man_page_has_no_other_options(self):
        known = {name for command in COMMANDS
                 for name, _ in HELP_OPTION.findall(self.run_tidemark("help", command).stdout.decode())}
        heads = re.findall(r"^\.TP\n\.B[RI]? (.*)$", MANUAL.read_text(), re.MULTILINE)
        named = {name for head in heads for name in re.findall(r"--([\w-]+)", plain(head))}
        self.assertEqual(named - known, set())

    def test_examples_print_what_is_shown(self):
        for page in PAGES:
            folder = self.page_folder()
            for block in CONSOLE.findall(page.read_text()):
                self.check_block(page, folder, block)

    def page_folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.symlink(DATA, Path(folder.name, "data"))
        os.symlink(self.tidemark, Path(folder.name, "tidemark"))
        os.symlink(ROOT / "engine" / "process", Path(folder.name, "include"))
        os.symlink(ROOT / "docs" / "examples", Path(folder.name, "examples"))
        return folder.name

    def check_block(self, page, folder, block):
        environment = dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}", LC_ALL="C.UTF-8")
        for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = piece.partition("\n")
            with self.subTest(page.name, command=command):
                done = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, capture_output=True, check=False)
                self.assertEqual(done.stdout.decode(), shown, done.stderr.decode())


if __name__ == "__main__":
    main(__doc__)
