"""What machine a figure comes from, when, and by which command."""
import datetime
import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def describe(build):
    """For the JSON files: everything needed to judge or repeat a figure. build: the build folder."""
    return {
        "cpu": _lscpu("Model name"),
        "cores": len(os.sched_getaffinity(0)),
        "l2_cache": _lscpu("L2 cache"),
        "l3_cache": _lscpu("L3 cache"),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "load_before": round(os.getloadavg()[0], 2),
        "command": shlex.join(sys.argv).replace(f"{ROOT}/", ""),
        "compiler": _compiler(build),
        "version": _first_line([build / "tidemark", "--version"]),
    }


def heading(machine):
    """The same in a paragraph of Markdown."""
    return (f"{machine['cpu']}, {machine['cores']} cores, L2 {machine['l2_cache']}, L3 {machine['l3_cache']}, "
            f"{machine['memory_gib']} GiB, Linux {machine['kernel']}, {machine['compiler']}; {machine['date']}, "
            f"load before {machine['load_before']}\n\n    {machine['command']}\n")


def _lscpu(field):
    try:
        text = subprocess.run(["lscpu"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout
    except FileNotFoundError:
        return "unknown"
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == field:
            return value.strip()
    return "unknown"


def _compiler(build):
    for line in (build / "CMakeCache.txt").read_text().splitlines():
        if line.startswith("CMAKE_C_COMPILER:"):
            return _first_line([line.partition("=")[2], "--version"])
    return "unknown"


def _first_line(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.partition("\n")[0]
