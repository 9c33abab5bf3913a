#!/usr/bin/env python3
"""tidemark and DuckDB at the same job, amounts read as exact decimals and as doubles."""
import sys

import race
from peer import JOBS, Peer, Ready
from tool import python_package

VERSION = "2.0.0"


def prepare_with(amount):
    def prepare(tools):
        folder = python_package(tools, "duckdb", VERSION)

        def command(source, threshold, output):
            return [sys.executable, "-B", JOBS / "duckdb_job.py", folder, amount, source, threshold, output]
        return Ready(VERSION, command)
    return prepare


PEERS = (Peer("duckdb", "DuckDB", "DECIMAL(27,6)", prepare_with("DECIMAL(27,6)")),
         Peer("duckdb-double", "DuckDB, doubles", "DOUBLE", prepare_with("DOUBLE"), floats=True))

if __name__ == "__main__":
    race.main(PEERS, __doc__)
