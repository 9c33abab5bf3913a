#!/usr/bin/env python3
"""Do the sections of bench/run.sh run, refuse figures for outputs that differ, and find their place in the page?"""
import json
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main, run

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
DIFFERENT = 4
# tidemark, but for one parallelism at which it finds other alerts.
UNEQUAL = """#!/bin/sh
case " $* " in
*" --parallelism 4 "*)
    for word; do
        shift
        case $word in "sum > "*) word="sum > 1" ;; esac
        set -- "$@" "$word"
    done ;;
esac
exec {tidemark} "$@"
"""

# tidemark, but for sessions, whose gap is another.
OTHER_GAP = """#!/bin/sh
for word; do
    shift
    [ "$word" != session:10s ] || word=session:2s
    set -- "$@" "$word"
done
exec {tidemark} "$@"
"""

# tidemark, but for a process function that is told another threshold.
OTHER_THRESHOLD = """#!/bin/sh
for word; do
    shift
    [ "$word" != threshold=1000 ] || word=threshold=2000
    set -- "$@" "$word"
done
exec {tidemark} "$@"
"""


class Sections(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.build = Path(self.tidemark).parent

    def bench(self, script, *arguments):
        return run([sys.executable, "-B", BENCH / script, *arguments])

    def shapes(self, build):
        report = self.folder / "shapes.json"
        done = self.bench("shapes.py", "--build", build, "--scratch", self.folder, "--rows", "20000", "--rounds", "1",
                          "--json", report)
        return done, report

    def test_shapes_that_differ_have_no_figures(self):
        build = self.folder / "build"
        build.mkdir()
        shutil.copy(self.build / "CMakeCache.txt", build)
        (build / "tidemark").write_text(UNEQUAL.format(tidemark=self.tidemark))
        (build / "tidemark").chmod(0o755)
        done, report = self.shapes(build)
        self.assertEqual(done.returncode, DIFFERENT, done.stderr)
        self.assertIn(b"N = 4 does not print what N = 1 prints", done.stderr)
        self.assertEqual(done.stdout, b"")
        self.assertFalse(report.exists())

    def test_shapes_have_a_ratio_for_every_level(self):
        done, report = self.shapes(self.build)
        self.assertEqual(done.returncode, 0, done.stderr)
        for shape in json.loads(report.read_text())["shapes"]:
            with self.subTest(shape["name"]):
                self.assertEqual([figures["n"] for figures in shape["levels"]], [1, 2, 4, 8, 16])
                self.assertEqual(shape["levels"][0]["wall_ratio"]["of_medians"], 1)
                self.assertGreater(shape["alerts"], 0)

    def test_sessions_that_differ_have_no_figures(self):
        build = self.folder / "build"
        build.mkdir()
        shutil.copy(self.build / "CMakeCache.txt", build)
        (build / "tidemark").write_text(OTHER_GAP.format(tidemark=self.tidemark))
        (build / "tidemark").chmod(0o755)
        done = self.bench("sessions.py", "--build", build, "--scratch", self.folder, "--rows", "20000", "--rounds", "1")
        self.assertEqual((done.returncode, done.stdout), (DIFFERENT, b""), done.stderr)
        self.assertIn(b"session:10s: N = 1 does not print what a count by hand finds", done.stderr)

    def test_sessions_and_count_windows_stand_beside_tumbling_ones(self):
        report = self.folder / "sessions.json"
        done = self.bench("sessions.py", "--build", self.build, "--scratch", self.folder, "--rows", "20000", "--rounds", "1",
                          "--json", report)
        self.assertEqual(done.returncode, 0, done.stderr)
        for case in json.loads(report.read_text())["cases"]:
            self.assertEqual(case["windows"][0]["wall_ratio"]["of_medians"], 1)
            for figures in case["windows"]:
                self.assertGreater(figures["results"], 0, figures["window"])
                self.assertIn(f"| `{figures['window']}` |".encode(), done.stdout)
    def test_process_functions_stand_beside_the_rule(self):
        report = self.folder / "process.json"
        done = self.bench("process.py", "--build", self.build, "--scratch", self.folder, "--rows", "30000", "--rounds", "1",
                          "--json", report)
        self.assertEqual(done.returncode, 0, done.stderr)
        for case in json.loads(report.read_text())["cases"]:
            self.assertEqual(list(case["quiet"]), ["rule", "anomaly", "three_sigma", "inactivity"])
            self.assertGreater(case["results"], 0)

    def test_a_process_function_that_prints_something_else_has_no_figures(self):
        build = self.folder / "build"
        (build / "process").mkdir(parents=True)
        shutil.copy(self.build / "CMakeCache.txt", build)
        for path in (self.build / "process").iterdir():
            shutil.copy(path, build / "process")
        (build / "tidemark").write_text(OTHER_THRESHOLD.format(tidemark=self.tidemark))
        (build / "tidemark").chmod(0o755)
        done = self.bench("process.py", "--build", build, "--scratch", self.folder, "--rows", "30000", "--rounds", "1")
        self.assertEqual((done.returncode, done.stdout), (DIFFERENT, b""), done.stderr)
        self.assertIn(b"anomaly does not print what the rule prints", done.stderr)

    def windows(self, tidemark):
        build = self.folder / "build"
        (build / "bench").mkdir(parents=True)
        shutil.copy(self.build / "CMakeCache.txt", build)
        shutil.copy(self.build / "bench" / "gen", build / "bench")
        (build / "tidemark").write_text(tidemark)
        (build / "tidemark").chmod(0o755)
        report = self.folder / "windows.json"
        return report, self.bench("windows.py", "--build", build, "--scratch", self.folder, "--rows", "30000",
                                  "--rounds", "1", "--json", report)

    def test_windows_that_slide_wrongly_have_no_figures(self):
        report, done = self.windows(f"#!/bin/sh\nexec {self.tidemark} \"$@\" --out-of-orderness 0\n")
        self.assertEqual(done.returncode, DIFFERENT, done.stderr)
        self.assertIn(b"the results are not those of a count by hand", done.stderr)
        self.assertEqual(done.stdout, b"")
        self.assertFalse(report.exists())

    def test_windows_that_slide_have_a_ratio_and_a_time_for_a_result(self):
        report, done = self.windows(f"#!/bin/sh\nexec {self.tidemark} \"$@\"\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        cases = json.loads(report.read_text())["cases"]
        self.assertEqual([case["keys"] for case in cases], [100, 1_000, 100_000])
        for case in cases:
            self.assertGreater(case["results"]["sliding"], 20 * case["results"]["tumbling"])
            self.assertGreater(case["ratio"]["of_medians"], 0)

    def test_the_yardstick_finds_the_same_alerts(self):
        if not (self.build / "bench" / "limit").exists():
            self.skipTest("the yardstick is for x86-64")
        done = self.bench("versus_limit.py", "--build", self.build, "--scratch", self.folder, "--rows", "50000",
                          "--pairs", "1", "--only", "pairs")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"| all keys distinct |", done.stdout)

    def test_a_section_replaces_its_place_and_nothing_else(self):
        (self.folder / "shapes.md").write_text("### New figures\n")
        page = self.folder / "page.md"
        done = self.bench("page.py", "--results", self.folder, "--page", page, "shapes")
        self.assertEqual(done.returncode, 0, done.stderr)
        before = (BENCH.parent / "docs" / "benchmarks.md").read_text()
        head, _, rest = before.partition("<!-- measured: shapes -->\n")
        _, _, tail = rest.partition("<!-- end: shapes -->\n")
        self.assertEqual(page.read_text(), f"{head}<!-- measured: shapes -->\n\n### New figures\n\n"
                                           f"<!-- end: shapes -->\n{tail}")

    def test_every_section_has_its_place_in_the_page(self):
        for section in ("yardstick", "stages", "micro", "shapes", "windows", "sessions", "instruments", "peers"):
            (self.folder / f"{section}.md").write_text("figures\n")
            done = self.bench("page.py", "--results", self.folder, "--page", self.folder / "page.md", section)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_parallelism_fills_its_page(self):
        for tool in ("hyperfine", "gnuplot"):
            if not shutil.which(tool):
                self.skipTest(f"{tool} is not there")
        done = self.bench("parallelism.py", "--build", self.build, "--scratch", self.folder, "--results", self.folder,
                          "--plots", self.folder / "plots", "--rows", "2000", "--runs", "1", "--levels", "1,2")
        self.assertEqual(done.returncode, 0, done.stderr)
        source, page = BENCH.parent / "docs" / "parallelism.md", self.folder / "page.md"
        cases = ("main", "workers", "skew", "results")
        done = self.bench("page.py", "--results", self.folder, "--source", source, "--page", page, *cases)
        self.assertEqual(done.returncode, 0, done.stderr)
        text = page.read_text()
        self.assertEqual(text.count("input: rows.csv: 2000 rows"), len(cases))
        for case in cases:
            self.assertIn(f"](plots/parallelism-{case}.svg)", text)
            self.assertTrue((self.folder / "plots" / f"parallelism-{case}.svg").stat().st_size > 0)

    def test_an_unknown_section_leaves_the_page_alone(self):
        (self.folder / "nonsense.md").write_text("figures\n")
        page = self.folder / "page.md"
        done = self.bench("page.py", "--results", self.folder, "--page", page, "nonsense")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"the page has no place for nonsense", done.stderr)
        self.assertFalse(page.exists())
        self.assertEqual(run(["sh", BENCH / "run.sh", "nonsense"]).returncode, 2)


if __name__ == "__main__":
    main(__doc__)
