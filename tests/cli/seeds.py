#!/usr/bin/env python3
"""Does the seed of the key hash decide nothing that is seen: not even one under which all short keys collide?

Runs tidemark_seeded, which takes the seed from the environment.
"""
import os
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Case, main

ROWS = 4000
# The product is 0 for keys of up to 8 bytes under the first, and the keys' own numbers under the second.
BAD_SEEDS = ("0,0", "0,1", "1,0", "ffffffffffffffff,ffffffffffffffff", "8000000000000000,8000000000000000")
DRAWN_SEEDS = 8
PLANS = (
    (), ("--order", "flink"), ("--window", "sliding:30s/10s"), ("--window", "session:3s"), ("--window", "count:3"),
    ("--inactive", "20s"), ("--allowed-lateness", "30s"), ("--alert", "sum > history.mean"), ("--trace", "trace"),
)
OUTPUTS = ("results", "alerts", "late", "rejects", "trace")


def make_rows(rng):
    keys = [f"k{i}" for i in range(300)] + [f"a key of more than sixteen bytes, number {i}" for i in range(100)]
    lines = ["transaction_id,timestamp,amount"]
    for i in range(ROWS):
        second = max(0, i // 40 - rng.choice((0, 0, 0, 1, 2, 9)))
        lines.append(f'"{rng.choice(keys)}",2024-05-11 10:{second // 60:02}:{second % 60:02},{rng.randrange(-500, 5000)}')
    return "\n".join(lines).encode()


class Seeds(Case):
    def test_the_outputs_are_the_same_bytes_under_every_seed(self):
        rng = random.Random(20240511)
        rows = make_rows(rng)
        seeds = [*BAD_SEEDS, None, *(f"{rng.getrandbits(64):x},{rng.getrandbits(64):x}" for _ in range(DRAWN_SEEDS))]
        for plan in PLANS:
            expected = self.outputs(rows, plan, 1, "243f6a8885a308d3,13198a2e03707344")
            self.assertGreater(len(expected["results"]), 5000)
            for number, seed in enumerate(seeds):
                with self.subTest(plan, seed=seed):
                    self.assertEqual(self.outputs(rows, plan, (1, 3, 7)[number % 3], seed), expected)

    def outputs(self, rows, plan, parallelism, seed):
        environment = {name: value for name, value in os.environ.items() if name != "SEEDED"}
        if seed:
            environment["SEEDED"] = seed
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_tidemark("run", "-q", "-p", str(parallelism), *plan, "--results", "results", "--alerts", "alerts",
                                     "--late", "late", "--rejects", "rejects", stdin=rows, cwd=folder, env=environment)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            return {name: path.read_bytes() for name in OUTPUTS if (path := Path(folder) / name).exists()}


if __name__ == "__main__":
    main(__doc__)
