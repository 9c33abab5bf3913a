#!/usr/bin/env python3
"""tidemark and Polars' streaming engine at the same job, amounts read as exact decimals and as doubles."""
import sys

import race
from peer import JOBS, Peer, Ready
from tool import python_package

VERSION = "2.1.0"


def prepare_with(amount):
    def prepare(tools):
        folder = python_package(tools, "polars", VERSION)

        def command(source, threshold, output):
            return [sys.executable, "-B", JOBS / "polars_job.py", folder, amount, source, threshold, output]
        return Ready(VERSION, command)
    return prepare


PEERS = (Peer("polars", "Polars", "Decimal(38, 6)", prepare_with("decimal")),
         Peer("polars-double", "Polars, doubles", "Float64", prepare_with("double"), floats=True))

if __name__ == "__main__":
    race.main(PEERS, __doc__)
