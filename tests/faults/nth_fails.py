#!/usr/bin/env python3
"""The n-th allocation and the n-th system call fail, for n = 1, 2, 3 ... until the run is clean: what becomes of each run?

Each must end: either as if nothing had been, with the same outputs, where the call is one that can be done without; or
with exit status 1, one line that says what failed, every file as it was before, none left over, and no leak (under the
leak sanitizer). By default a sample is taken that holds each place in the program that makes such calls, the first and
the last time it does so; --long takes every n.
"""
import collections
import concurrent.futures
import errno
import os
import random
import re
import sys
import tempfile

import runs
from harness import Results, argument_parser, parse_arguments
from scenarios import scenarios, make_inputs

# What a call of each kind fails with, if it is to be tried at all.
ERRORS = {"alloc": "ENOMEM", "open": "EMFILE", "openat": "EMFILE", "close": "EIO", "read": "EIO", "pread": "EIO",
          "write": "ENOSPC", "lseek": "EIO", "fstat": "EIO", "ftruncate": "EIO", "fsync": "EIO", "fdatasync": "EIO",
          "fchmod": "EPERM", "fchown": "EPERM", "flock": "ENOLCK", "fcntl": "EMFILE", "fadvise": "EINVAL", "stat": "EIO",
          "lstat": "EACCES", "fstatat": "EACCES", "statfs": "EIO", "access": "EACCES", "readlink": "EIO", "rename": "EACCES",
          "renameat": "EACCES", "unlink": "EROFS", "unlinkat": "EROFS", "mkdir": "EACCES", "opendir": "EMFILE",
          "readdir": "EIO", "mmap": "ENOMEM", "munmap": "ENOMEM", "poll": "ENOMEM", "eventfd": "EMFILE",
          "signalfd": "EMFILE", "inotify_init": "EMFILE", "inotify_add_watch": "ENOSPC", "pipe": "EMFILE",
          "futex": "EINTR", "thread": "EAGAIN", "random": "EAGAIN", "fopen": "EMFILE", "open_memstream": "ENOMEM",
          "fclose": "ENOSPC", "spawn": "ENOMEM", "dlopen": "ENOENT", "setenv": "ENOMEM", "zstd": "ENOMEM"}
# What a run may do without: hints, questions that have another answer, giving back what will not be used again.
DISPENSABLE = {"close", "fadvise", "fcntl", "futex", "munmap", "poll", "random", "unlink"}


# With checkpoints, also to remove old ones, which the next checkpoint does.
DISPENSABLE_WITH_CHECKPOINTS = DISPENSABLE | {"alloc", "fstatat", "opendir", "readdir", "stat", "unlinkat"}


class Plan:
    """Which calls of which scenario fail, one after the other."""

    def __init__(self, takes_all, stride_runs, seed):
        self.takes_all = takes_all
        self.stride_runs = stride_runs
        self.chance = random.Random(seed)
        self.places_seen = set()

    def chosen(self, log):
        """(kind, n) of the calls to fail in a scenario that makes these calls."""
        numbers = collections.Counter()
        calls = []
        for kind, place in log:
            numbers[kind] += 1
            calls.append((kind, numbers[kind], (kind, place)))
        if self.takes_all:
            return [(kind, n) for kind, n, _ in calls]
        first, last = {}, {}
        for kind, n, place in calls:
            if place not in self.places_seen:
                first.setdefault(place, (kind, n))
                last[place] = (kind, n)
        self.places_seen.update(first)
        sample = self.chance.sample(calls, min(self.stride_runs, len(calls)))
        return sorted({*first.values(), *last.values(), *((kind, n) for kind, n, _ in sample)})


def judge(scenario, before, clean, ended, kind):
    """What is wrong with how a run ended, or None."""
    if ended.status == runs.HANG:
        return "it did not end"
    if ended.counts.get("struck") != 1 and not (kind == "poll" and ended.files == clean.files):
        return f"{ended.counts.get('struck')} calls failed, not one (exit status {ended.status})"
    if kind in scenario.may_lack and ended.status == clean.status:
        return None
    if ended.status == clean.status and ended.files == clean.files and ended.stdout == clean.stdout:
        dispensable = DISPENSABLE_WITH_CHECKPOINTS if scenario.has_checkpoints else DISPENSABLE
        return None if kind in dispensable and ended.message == clean.message else "the failure went unnoticed"
    if kind == "unlink" and ended.status == clean.status:  # a temporary file stays where nothing can be removed
        return None if clean.files.items() <= ended.files.items() else "the outputs are others"
    if ended.status != 1:
        return f"exit status {ended.status}"
    return (judge_message(ended, kind) or judge_files(scenario, before, clean, ended, kind) or
            judge_resumed(scenario, clean, ended))


def judge_message(ended, kind):
    if not re.fullmatch(r"tidemark: [^\n]+\n", ended.message):
        return "not one line of a message"
    if "(null)" in ended.message or not any(reason in ended.message for reason in reasons(kind)):
        return "the message does not say why"
    return None


def reasons(kind):
    """Texts of which one must be in the message."""
    number = getattr(errno, ERRORS[kind])
    no_memory = ("out of memory", os.strerror(errno.ENOMEM))
    return {"alloc": no_memory, "setenv": no_memory, "zstd": no_memory, "fclose": (*no_memory, os.strerror(number)),
            "dlopen": ("cannot load ",), "fstatat": ("cannot open ",)}.get(kind, (os.strerror(number),))


def judge_files(scenario, before, clean, ended, kind):
    """before: the files that the run found. With checkpoints they are moved into place one by one, and again if need be."""
    for name, content in ended.files.items():
        if name not in clean.files:
            if kind != "unlink":
                return f"{name} is left over"
        elif content != before.get(name) and not (content == clean.files[name] and (
                scenario.has_checkpoints or f"'{name}'" in ended.message.partition("already in place: ")[2])):
            return f"{name} is neither as it was nor said to be in place"
    return None


def judge_resumed(scenario, clean, ended):
    """With checkpoints a failure is not the end."""
    if not scenario.has_checkpoints:
        return None
    if strange := [name for name in ended.folder if not re.fullmatch(r"checkpoint-\d{20}|[\w-]+\.part", name)]:
        return f"in its folder is {strange}"
    if ended.resumed.status != 0 or ended.resumed.files != clean.files:
        return f"resumed, it ends with status {ended.resumed.status} and other outputs: {ended.resumed.message}"
    return None


def fail_each(binary, scenario, inputs, plan, results, pool):
    start = runs.prepared(binary, scenario, inputs, inputs["plain"].parent)
    before = runs.files_of(start)
    clean = runs.run(binary, scenario, inputs, log=True, start=start)
    is_clean = clean.status == scenario.clean_status and clean.counts["struck"] == 0
    results.expect(is_clean, lambda: f"{scenario.name}: {clean}")
    if not is_clean:
        return 0

    def fail(call):
        kind, n = call
        fault = f"{kind}:{n}:{ERRORS[kind]}"
        ended = runs.run(binary, scenario, inputs, fault, start=start, resumes_after=scenario.has_checkpoints)
        wrong = judge(scenario, before, clean, ended, kind)
        return wrong and (f"{scenario.name}, FAULT={fault}: {wrong}\n  {' '.join(runs.command(binary, scenario, inputs))}\n"
                          f"  {ended.message.strip()[:3000]}")

    calls = [call for call in plan.chosen(clean.log) if call[0] in ERRORS]
    for wrong in pool.map(fail, calls):
        results.expect(not wrong, wrong)
    return len(calls)


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--long", action="store_true", help="every n of every scenario")
    parser.add_argument("--only", help="this scenario")
    parser.add_argument("--stride-runs", type=int, default=12, help="calls of a scenario that fail besides each place's")
    parser.add_argument("--seed", type=int, default=20240511, help="of the sample")
    parser.add_argument("--verbose", action="store_true", help="say how many calls failed in each scenario")
    arguments = parse_arguments(parser)
    results = Results()
    plan = Plan(arguments.long, arguments.stride_runs, arguments.seed)
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        inputs = make_inputs(folder)
        for scenario in scenarios(runs.processes_of(arguments.tidemark)):
            if arguments.only not in (None, scenario.name) or scenario.has_threads and scenario.command[0] == "run":
                continue
            if any(part.strip("{}") not in inputs for part in scenario.arguments if part.startswith("{")):
                print(f"SKIPPED: {scenario.name} needs a tool that is not there")
                continue
            count = fail_each(arguments.tidemark, scenario, inputs, plan, results, pool)
            if arguments.verbose:
                print(scenario.name, count, flush=True)
    results.exit()


if __name__ == "__main__":
    main()
