"""What a peer is. Each NAME_peer.py makes one or more of them."""
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

JOBS = Path(__file__).resolve().parent / "jobs"


@dataclass(frozen=True)
class Ready:
    """A tool that is installed."""
    version: str
    command: Callable  # (input, threshold, output) -> list: the job, done by a process of its own
    to_stdout: bool = False  # the answer comes on standard output; otherwise it is at `output` afterwards


@dataclass(frozen=True)
class Peer:
    name: str  # on the command line
    title: str  # in tables
    sums: str  # how it adds amounts
    prepare: Callable = field(repr=False)  # (folder of tools) -> Ready; raises tool.Missing
    floats: bool = False  # its sums are off by what floating point is off by
