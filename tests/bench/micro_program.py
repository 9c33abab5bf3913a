#!/usr/bin/env python3
"""Does a micro-benchmark run to its end and print a line of JSON for each case? micro_program.py PROGRAM"""
import json
import subprocess
import sys

TEXTS = ("bench", "case", "variant", "unit")


def check(line):
    case = json.loads(line)
    for name in TEXTS:
        assert case[name] or name == "variant", line
    assert case["repeats"] == 1 and case["units"] >= 1, line
    assert 0 < case["ns_least"] <= case["ns_median"] <= case["ns_greatest"], line
    return case["case"], case["variant"]


def main():
    done = subprocess.run([sys.argv[1], "1"], capture_output=True, text=True, check=True)
    cases = [check(line) for line in done.stdout.splitlines()]
    assert cases and len(set(cases)) == len(cases), cases
    wrong = subprocess.run([sys.argv[1], "0"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2 and wrong.stderr.startswith("usage: "), wrong
    print(f"{len(cases)} cases")


if __name__ == "__main__":
    main()
