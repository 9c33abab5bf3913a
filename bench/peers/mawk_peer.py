#!/usr/bin/env python3
"""tidemark and mawk at the same job: a page of awk that trusts its input."""
import race
from peer import JOBS, Peer, Ready
from tool import debian_package, first_line


def prepare(tools):
    program = debian_package(tools, "mawk") / "usr" / "bin" / "mawk"

    def command(source, threshold, _):
        return [program, "-F,", "-v", f"threshold={threshold}", "-f", JOBS / "sum.awk", source]
    return Ready(first_line([program, "-W", "version"]).removeprefix("mawk "), command, to_stdout=True)


PEERS = (Peer("mawk", "mawk", "whole cents", prepare),)

if __name__ == "__main__":
    race.main(PEERS, __doc__)
