#!/usr/bin/env python3
"""tidemark and Miller at the same job, in Miller's own language."""
import race
from peer import JOBS, Peer, Ready
from tool import debian_package, first_line


def prepare(tools):
    program = debian_package(tools, "miller") / "usr" / "bin" / "mlr"

    def command(source, threshold, _):
        return [program, "--icsv", "--ocsv", "put", "-q", "-s", f"threshold={threshold}", "-f", JOBS / "sum.mlr",
                source]
    return Ready(first_line([program, "--version"]).removeprefix("mlr "), command, to_stdout=True)


PEERS = (Peer("miller", "Miller", "whole cents", prepare),)

if __name__ == "__main__":
    race.main(PEERS, __doc__)
