#!/usr/bin/env python3
"""Do the alerts of a rule go to the file that --side-output names, and nowhere else, at every parallelism?"""
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

HEADER = "transaction_id,timestamp,amount\n"
ROWS = HEADER + "".join(f"k{i * 7 % 23},2024-05-11 10:{i // 600:02}:{i // 10 % 60:02},{i * 37 % 1000}\n" for i in range(6000))
RULES = {"big": "sum > 2500", "small": "sum < 1700", "both": "count > 1"}
EARLIER = "an earlier run's output\n"
WAIT_S = 60  # longer means that it hangs


class SideOutputs(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.write("in.csv", ROWS)

    def write(self, name, content):
        (self.folder / name).write_text(content)

    def read(self, name):
        return (self.folder / name).read_text()

    def run_here(self, *arguments):
        return self.run_tidemark("run", "-q", *arguments, cwd=self.folder)

    def refused(self, *arguments):
        """Expects exit 2 before anything is written; returns the message."""
        before = sorted(self.folder.iterdir())
        done = self.run_here(*arguments, "in.csv")
        message = done.stderr.decode()
        self.assertEqual((done.returncode, done.stdout), (2, b""), message)
        self.assertEqual(sorted(self.folder.iterdir()), before)
        return message

    def test_what_is_no_name_and_file(self):
        for text in ("", "big", "=x.csv", "big="):
            with self.subTest(text):
                self.assertIn("--side-output", self.refused("--alert", "big=sum > 1", "--side-output", text))

    def test_a_name_no_rule_has_gets_the_nearest(self):
        self.assertIn("did you mean big?", self.refused("--alert", "big=sum > 1", "--side-output", "bgi=x.csv"))
        self.assertIn("--alert 'big=EXPR'", self.refused("--side-output", "big=x.csv"))

    def test_a_rule_without_a_name_has_no_side_output(self):
        self.refused("--alert", "sum > 1", "--side-output", "sum > 1=x.csv")
        self.refused("--side-output", "sum > 8000=x.csv")

    def test_a_name_or_a_file_twice(self):
        two = ("--alert", "a=sum > 1", "--alert", "b=sum > 2")
        self.assertIn("has a file already", self.refused(*two, "--side-output", "a=x.csv", "--side-output", "a=y.csv"))
        for first, second in (("x.csv", "./x.csv"), ("-", "/dev/stdout")):
            self.refused(*two, "--side-output", f"a={first}", "--side-output", f"b={second}")
        self.refused(*two, "--side-output", "a=x.csv", "--results", "x.csv")
        self.refused(*two, "--side-output", "a=-", "--alerts", "-")

    def test_an_input_or_the_config_file(self):
        self.write("c.conf", "alert = a=sum > 1\n")
        self.assertIn("also an input", self.refused("--alert", "a=sum > 1", "--side-output", "a=in.csv"))
        self.assertIn("config file", self.refused("--config", "c.conf", "--side-output", "a=c.conf"))

    def test_more_than_there_may_be(self):
        rules = [part for i in range(17) for part in ("--alert", f"r{i}=sum > {i}", "--side-output", f"r{i}=f{i}.csv")]
        self.assertIn("17", self.refused(*rules))
        self.assertEqual(self.run_here(*rules[4:], "in.csv").returncode, 0)

    def test_a_failed_run_leaves_earlier_files(self):
        self.write("broken.csv", ROWS + '"')
        self.write("a.csv", EARLIER)
        done = self.run_here("--alert", "a=sum > 1", "--side-output", "a=a.csv", "--max-rejects", "0", "broken.csv")
        self.assertEqual(done.returncode, 3)
        self.assertEqual(self.read("a.csv"), EARLIER)
        self.assertEqual(len(list(self.folder.iterdir())), 3)

    def test_each_alert_is_in_one_file_in_the_order_of_all(self):
        rules = [part for name, rule in RULES.items() for part in ("--alert", f"{name}={rule}")]
        whole = self.run_here(*rules, "in.csv").stdout.decode().splitlines()
        expected = {name: [whole[0]] + [line for line in whole[1:] if line.endswith("," + name)] for name in ("big", "small", "both")}
        self.assertTrue(all(len(lines) > 20 for lines in expected.values()))
        for parallelism in (1, 2, 3, 7, 64):
            for tuning in ((), ("--batch-rows", "1", "--ring-slots", "2")):
                done = self.run_here(*rules, "-p", str(parallelism), *tuning, "--side-output", "big=big.csv", "--side-output",
                                     "small=small.csv", "--stats", "stats.json", "in.csv")
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertEqual(done.stdout.decode().splitlines(), expected["both"])
                self.assertEqual(self.read("big.csv").splitlines(), expected["big"])
                self.assertEqual(self.read("small.csv").splitlines(), expected["small"])
                self.assertEqual(json.loads(self.read("stats.json"))["counts"]["alerts"], len(whole) - 1)

    def test_two_rules_of_one_name_share_its_file(self):
        self.run_here("--alert", "a=sum > 2500", "--alert", "a=count > 1", "--side-output", "a=a.csv", "in.csv")
        both = self.run_here("--alert", "a=sum > 2500", "--alert", "a=count > 1", "in.csv")
        self.assertEqual(self.read("a.csv"), both.stdout.decode())

    def test_without_alerts_left_nothing_goes_to_standard_output(self):
        done = self.run_here("--alert", "a=sum > 999999", "--side-output", "a=a.csv", "in.csv")
        self.assertEqual(done.stdout, b"")
        self.assertEqual(self.read("a.csv").count("\n"), 1)  # the header
        done = self.run_here("--alert", "a=sum > 1", "--side-output", "a=-", "in.csv")
        self.assertGreater(done.stdout.count(b"\n"), 100)

    def test_json_lines(self):
        self.run_here("--alert", "a=sum > 2500", "--side-output", "a=a.jsonl", "--format", "jsonl", "in.csv")
        rows = [json.loads(line) for line in self.read("a.jsonl").splitlines()]
        self.assertTrue(rows and all(row["rule"] == "a" and row["sum"] > 2500 for row in rows))

    def test_detections_alone_go_to_a_side_output_in_flinks_format(self):
        done = self.run_here("--alert", "a=sum > 2500", "--side-output", "a=a.txt", "--format", "flink", "in.csv")
        both = self.run_here("--alert", "a=sum > 2500", "--format", "flink", "in.csv").stdout.decode().splitlines()
        elements = [line for line in both if line.startswith("Anomaly Detection> ")]
        self.assertEqual(done.stdout.decode().splitlines(), elements)
        self.assertEqual(self.read("a.txt").splitlines(), [line for line in both if line not in elements])

    def test_a_reload_routes_by_name_too(self):
        """Rules that a reload brings go where their names say; the others to --alerts."""
        self.write("run.conf", "alert = a=sum > 1\nside-output = a=a.csv\n")
        process = subprocess.Popen([self.tidemark, "run", "-q", "--config", "run.conf", "--alerts", "rest.csv", "-"],
                                   cwd=self.folder, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        rows = ROWS.splitlines(keepends=True)
        process.stdin.write("".join(rows[:3000]).encode())
        process.stdin.flush()
        time.sleep(0.3)  # nothing is asserted of when the reload takes effect
        self.write("run.conf", "alert = b=sum > 1\nalert = a=sum > 2500\nside-output = a=a.csv\n")
        process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        process.stdin.write("".join(rows[3000:]).encode())
        process.stdin.close()
        self.assertEqual(process.wait(WAIT_S), 0)
        self.assertLessEqual({line.split(",")[-1] for line in self.read("a.csv").splitlines()[1:]}, {"a"})
        self.assertLessEqual({line.split(",")[-1] for line in self.read("rest.csv").splitlines()[1:]}, {"b"})
        self.assertGreater(self.read("a.csv").count("\n"), 1)


if __name__ == "__main__":
    main(__doc__)
