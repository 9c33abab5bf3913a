#!/usr/bin/env python3
"""Does no control byte of the data, of a name or of an option reach a terminal raw?

Runs every command on a pseudo-terminal, with hostile bytes in keys, columns, values, file names, rules and options.
"""
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

# Sets the title, clears the screen, goes back on the line, rings, and the same by C1 controls in UTF-8 and as lone bytes.
EVIL = b"\x1b]0;owned\x07\x1b[2J\rX\x08\x7f\xc2\x9b31m\x9b2J\x0e"
EVIL_NAME = EVIL.decode(errors="surrogateescape")
# What a terminal obeys; the line end is CR LF there. A lone byte of 80 to 9f is a control where UTF-8 is not spoken.
RAW = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|\xc2[\x80-\x9f]|(?<![\x80-\xff])[\x80-\x9f]")
PROGRESS = re.compile(rb"\r(?:[^\r\n\x1b]*\x1b\[K)")
TIMEOUT_S = 60

HEADER = b"transaction_id,timestamp,amount\n"
ROWS = (HEADER + b'"%s",2024-05-11 10:00:00,9000\n' % EVIL + b"b,2024-05-11 10:00:30,9000\n"
        + b'"%s",2024-05-11 10:00:01,1\n' % EVIL + b'"%s",soon,1\n' % EVIL)


class Terminal(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "in.csv").write_bytes(ROWS)

    def shown(self, *arguments, stdin=None, until=None, then=None):
        """What a terminal gets on standard output and error together. Once `until` is seen, `then` is called."""
        controller, terminal = pty.openpty()
        process = subprocess.Popen([self.tidemark, *arguments], cwd=self.folder, stdin=stdin or subprocess.DEVNULL,
                                   stdout=terminal, stderr=terminal, env=dict(os.environ, TERM="xterm"))
        os.close(terminal)
        text = b""
        begin = time.monotonic()
        while time.monotonic() - begin < TIMEOUT_S:
            try:
                text += os.read(controller, 65536)
            except OSError:  # the last one that had it open is gone
                break
            if until and until in text:
                until = None
                then(process)
        os.close(controller)
        process.wait(TIMEOUT_S)
        return text

    def harmless(self, *arguments, **keywords):
        text = self.shown(*arguments, **keywords)
        found = RAW.search(PROGRESS.sub(b"", text))
        self.assertIsNone(found, f"{arguments}: {text[:400]!r}")
        return text

    def test_the_test_sees_what_a_terminal_would_obey(self):
        for piece in (b"\x1b[2J", b"\x07", b"\rX", b"\x7f", b"\xc2\x9b2J", b"\x9b2J"):
            self.assertIsNotNone(RAW.search(b"a" + piece), piece)
        for piece in ("a\r\n\t키é".encode(), b"\\x1b[2J"):
            self.assertIsNone(RAW.search(piece), piece)

    def test_outputs_of_every_form(self):
        for form in ("csv", "jsonl", "flink"):
            for output in ("results", "alerts", "late", "rejects", "trace"):
                with self.subTest(form, output=output):
                    text = self.harmless("run", "--format", form, f"--{output}", "-", "in.csv")
                    self.assertIn(b"owned", text)

    def test_what_the_options_name_in_outputs(self):
        rule = EVIL_NAME.replace("\r", "") + "=sum > 1"
        self.harmless("run", "--alert", rule, "in.csv")
        self.harmless("run", "--alert", "sum > 1", "--stats", "-", "in.csv")
        evil_file = f"{EVIL_NAME}.csv"
        (self.folder / evil_file).write_bytes(ROWS)
        text = self.harmless("run", "--late", "-", "in.csv", evil_file)
        self.assertIn(b"owned", text)
        text = self.harmless("run", "--rejects", "-", "in.csv", evil_file)
        self.assertIn(b"owned", text)

    def test_names_of_columns(self):
        (self.folder / "columns.csv").write_bytes(b'"%s",when,amount\na,2024-05-11 10:00:00,9000\n' % EVIL)
        for form in ("csv", "jsonl"):
            text = self.harmless("run", "--key", "1", "--time", "when", "--format", form, "columns.csv")
            self.assertIn(b"owned", text)
        self.harmless("run", "--time", "when", "columns.csv")  # the message offers names that are there
        self.harmless("profile", "columns.csv")
        self.harmless("profile", "--json", "columns.csv")

    def test_messages(self):
        (self.folder / "broken.gz").write_bytes(b"\x1f\x8b torn")
        os.rename(self.folder / "broken.gz", self.folder / f"{EVIL_NAME}.gz")
        (self.folder / EVIL_NAME).write_bytes(b"nonsense " + EVIL.replace(b"\r", b"") + b" = 1\n")
        cases = (
            ("run", f"no{EVIL_NAME}"), ("run", f"{EVIL_NAME}.gz"), ("run", "--config", f"no{EVIL_NAME}"),
            ("run", "--config", EVIL_NAME), ("run", f"--{EVIL_NAME}"), ("run", "--key", EVIL_NAME, "in.csv"),
            ("run", "--window", EVIL_NAME), ("run", "--window", f"tumbling:{EVIL_NAME}"), ("run", "--aggregate", EVIL_NAME),
            ("run", "--alert", f"sum > {EVIL_NAME}"), ("run", "--format", EVIL_NAME), ("run", "--timezone", EVIL_NAME),
            ("run", "--memory", EVIL_NAME), ("run", "--delimiter", EVIL_NAME), ("run", "--process", f"./{EVIL_NAME}"),
            ("run", "--process", f"no{EVIL_NAME}"), ("run", "--results", f"no/{EVIL_NAME}", "in.csv"),
            ("run", "--results", "in.csv", "in.csv"), ("run", "--side-output", f"{EVIL_NAME}=x", "in.csv"),
            ("run", "--time-format", EVIL_NAME, "in.csv"), (EVIL_NAME,), ("help", EVIL_NAME),
            ("compare", f"no{EVIL_NAME}"), ("compare", f"no{EVIL_NAME}", "in.csv"), ("profile", f"no{EVIL_NAME}"),
            ("bench", f"no{EVIL_NAME}"), ("parse", f"no{EVIL_NAME}"), ("gen", "--truth", f"no/{EVIL_NAME}", "--anomalies", "1"),
            ("explain", "--window", EVIL_NAME), ("gen", "--skew", EVIL_NAME),
        )
        for arguments in cases:
            with self.subTest(arguments):
                text = self.harmless(*arguments)
                self.assertIn(b"tidemark: ", text)
                self.assertEqual(text.count(b"\n"), 1, text)

    def test_what_is_said_of_checkpoints(self):
        run = ("run", "--checkpoint", f"kept{EVIL_NAME}", "--alerts", f"alerts{EVIL_NAME}", "--resume")
        self.assertIn(b"from the beginning", self.harmless(*run, "in.csv"))
        self.assertIn(b"has finished", self.harmless(*run, "in.csv"))
        self.assertIn(b"tidemark: ", self.harmless(*run, "--key", "amount", "in.csv"))
        self.assertIn(b"tidemark: ", self.harmless(*run[:-1], "in.csv"))

    def test_a_line_end_in_a_name_makes_no_second_line(self):
        done = self.run_tidemark("run", "no\ntidemark: all is well", cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr.count(b"\n")), (1, 1), done.stderr)

    def test_a_process_functions_message(self):
        library = Path(self.tidemark).parent / "process" / "misbehave.so"
        if not library.exists():
            self.skipTest("needs the process functions of the tests")
        self.assertIn(b"such", self.harmless("run", "--process", str(library), "--process-arg", "how=open", "in.csv"))

    def test_instruments(self):
        for arguments in (("parse", "in.csv"), ("profile", "in.csv"), ("profile", "--json", "in.csv"),
                          ("explain", "--key", EVIL_NAME, f"{EVIL_NAME}.csv"), ("explain", "--json", "--key", EVIL_NAME),
                          ("explain", "--dot", "--results", EVIL_NAME), ("compare", "-p", "2", "in.csv")):
            with self.subTest(arguments):
                self.harmless(*arguments)
        (self.folder / "left.csv").write_bytes(self.run_tidemark("run", "-q", "--results", "-", "in.csv", cwd=self.folder).stdout)
        (self.folder / "right.csv").write_bytes((self.folder / "left.csv").read_bytes().replace(b",9000,1,", b",9001,1,"))
        text = self.harmless("compare", "left.csv", "right.csv", "--input", "in.csv")
        self.assertIn(b"owned", text)
        self.harmless("compare", "left.csv", "right.csv", "--input", "in.csv", "--json")

    def test_the_progress_line_and_a_reload(self):
        config = self.folder / f"{EVIL_NAME}.conf"
        for rule, words in (("sum > 2", b"1 alert rules read from"), ("nonsense > 2", b"stay as they were")):
            with self.subTest(rule):
                config.write_text("alert = sum > 1\n")
                reading, writing = os.pipe()

                def reload(process, rule=rule, writing=writing):
                    config.write_text(f"alert = {rule}\n")
                    process.send_signal(signal.SIGHUP)
                    time.sleep(0.3)
                    os.close(writing)

                os.write(writing, ROWS)
                with os.fdopen(reading, "rb") as source:
                    text = self.harmless("run", "--progress", "always", "--config", str(config), "-", stdin=source,
                                         until=b"M rows/s", then=reload)
                self.assertIn(words, text)


if __name__ == "__main__":
    main(__doc__)
