#!/usr/bin/env python3
"""tidemark and ClickHouse, as the library chDB, at the same job."""
import sys

import race
from peer import JOBS, Peer, Ready
from tool import python_package

VERSION = "4.4.0"


def prepare(tools):
    folder = python_package(tools, "chdb", VERSION)

    def command(source, threshold, output):
        return [sys.executable, "-B", JOBS / "chdb_job.py", folder, source, threshold, output]
    return Ready(VERSION, command)


PEERS = (Peer("chdb", "ClickHouse (chDB)", "Decimal(27, 6)", prepare),)

if __name__ == "__main__":
    race.main(PEERS, __doc__)
