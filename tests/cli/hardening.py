#!/usr/bin/env python3
"""Is the program built with the hardening that its build asks for? Looks at the file, as a distribution's checker does."""
import platform
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

IS_X86 = platform.machine() in ("x86_64", "amd64")
ENDBR64 = bytes.fromhex("f30f1efa")  # where an indirect branch may land
FUNCTIONS_LEAST = 200


def asked(*command):
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


class Hardening(Case):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("readelf") or not shutil.which("objdump"):
            raise unittest.SkipTest("needs readelf and objdump (binutils)")
        cls.segments = asked("readelf", "-lW", cls.tidemark)
        cls.dynamic = asked("readelf", "-dW", cls.tidemark)
        cls.symbols = set(re.findall(r"\b(__\w+)(?:@|$)", asked("readelf", "-sW", "--dyn-syms", cls.tidemark), re.MULTILINE))

    def test_it_is_loaded_at_a_place_that_nobody_knows(self):
        self.assertRegex(asked("readelf", "-hW", self.tidemark), r"Type: +DYN")
        self.assertRegex(self.dynamic, r"FLAGS_1\).*\bPIE\b")
        self.assertNotIn("TEXTREL", self.dynamic)

    def test_what_the_linker_has_filled_in_is_read_only(self):
        self.assertIn("GNU_RELRO", self.segments)
        self.assertRegex(self.dynamic, r"FLAGS\).*\bBIND_NOW\b")

    def test_no_memory_can_be_written_and_run(self):
        stack = re.search(r"GNU_STACK +(?:0x\w+ +){5}(\w+)", self.segments)
        self.assertEqual(stack[1], "RW")
        for flags in re.findall(r"LOAD +(?:0x\w+ +){5}([RWE ]+) 0x", self.segments):
            self.assertFalse("W" in flags and "E" in flags, flags)

    def test_libraries_are_searched_in_the_system_only(self):
        self.assertNotRegex(self.dynamic, r"\(R(UN)?PATH\)")

    def test_a_stack_that_was_overrun_is_noticed(self):
        self.assertIn("__stack_chk_fail", self.symbols)

    def test_calls_into_the_c_library_know_their_room(self):
        self.assertLessEqual({"__snprintf_chk", "__vsnprintf_chk"}, self.symbols)

    @unittest.skipUnless(IS_X86, "what is looked for is of x86-64")
    def test_branches_land_only_where_they_may(self):
        self.assertGreater(Path(self.tidemark).read_bytes().count(ENDBR64), FUNCTIONS_LEAST)

    @unittest.skipUnless(IS_X86, "what is looked for is of x86-64")
    def test_a_large_frame_touches_each_of_its_pages(self):
        """Else it could reach over the guard page into something else."""
        self.assertRegex(asked("objdump", "-d", "--no-show-raw-insn", self.tidemark), r"\borq +\$0x0,(?:0x\w+)?\(%rsp\)")


if __name__ == "__main__":
    main(__doc__)
