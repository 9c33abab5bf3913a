#!/usr/bin/env python3
"""Is the source in its own style: layers, header contract, banned calls, sizes?

Reads engine/, operators/ and tests/ and prints each breach as file:line: what is wrong and what to do instead.
"""
import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LAYERS = ("base", "text", "flow", "state", "process", "plan", "stages", "instruments", "cli")
OPERATOR_LAYERS = LAYERS[:LAYERS.index("plan") + 1]
CONTRACT = ("Owns:", "Threads:", "Blocks:", "Errors:", "Limits:")
LINES_MAX = 500
COLUMNS_MAX = 100
ALLOCATOR = "engine/base/memory.c"
SYSTEM = "engine/base/system.c"
RETRY = "engine/base/retry.c"
PROCESSES = "engine/base/process.c"
MAY_PRINT = ("engine/cli/", "engine/base/assert.c")
MAY_USE_ATOMICS = ("engine/flow/", "engine/stages/", "engine/base/")

# Everything the system can refuse, or do by half, is asked for in one file, so that tests/faults can fail each call of it.
# Not listed, since it may be called anywhere: what only asks and cannot fail in a way that matters (clock_gettime, getenv,
# isatty, sysconf, sched_getaffinity, getrusage, uname, sysinfo, mincore), signal masks and handlers, what waits for
# processes (waitid, wait4, kill), and writing into a stream that is open: messages on stderr and stdout, texts in memory.
SYSTEM_CALLS = """
    open openat creat close read readv pread preadv write writev pwrite pwritev lseek fstat stat lstat fstatat statx statfs
    fstatfs access faccessat readlink readlinkat ftruncate truncate fallocate posix_fallocate fsync fdatasync sync syncfs
    fchmod chmod fchown chown link linkat symlink symlinkat rename renameat renameat2 unlink unlinkat remove mkdir mkdirat
    rmdir mkstemp mkostemp mkdtemp tmpfile flock lockf fcntl ioctl dup dup2 dup3 posix_fadvise sendfile splice
    copy_file_range opendir fdopendir readdir closedir scandir mmap mmap64 mremap munmap msync madvise memfd_create
    poll ppoll select pselect epoll_create1 epoll_ctl epoll_wait eventfd signalfd timerfd_create timerfd_settime
    inotify_init inotify_init1 inotify_add_watch inotify_rm_watch pipe pipe2 socket syscall getrandom
    pthread_create fopen freopen fdopen open_memstream fmemopen fclose
""".split()

# read(2) of a signalfd or of inotify is left out: they never block, and the next look repeats it.
INTERRUPTIBLE = tuple(f"tide_sys_{name}" for name in ("open", "openat", "opendir", "statfs", "pread", "write", "ftruncate",
                                                      "fsync", "fdatasync", "flock"))

# Call -> what to use instead; everywhere but in the file or folder named.
BANNED = {
    **dict.fromkeys(("malloc", "calloc", "realloc", "free", "strdup", "strndup", "aligned_alloc", "posix_memalign"),
                    ("engine/base/memory.h", (ALLOCATOR,))),
    **dict.fromkeys(SYSTEM_CALLS, ("tide_sys_* of engine/base/system.h", (SYSTEM,))),
    **dict.fromkeys(INTERRUPTIBLE, ("tide_retry_* of engine/base/retry.h, which does not end with EINTR", ("engine/base/system.", RETRY))),
    **dict.fromkeys(("fork", "vfork", "clone", "execv", "execve", "execvp", "posix_spawn", "posix_spawnp"),
                    ("tide_process_start of engine/base/process.h", (PROCESSES,))),
    "sprintf": ("snprintf with the room there is", ()),
    "vsprintf": ("vsnprintf with the room there is", ()),
    "strcpy": ("memcpy of a known length", ()),
    "strcat": ("memcpy of a known length", ()),
    "strncpy": ("memcpy of a known length", ()),
    "gets": ("tide_source_*", ()),
    "atoi": ("a parser that reports errors", ()),
    "atof": ("tide_decimal_parse", ()),
    "strtok": ("memchr", ()),
    "rand": ("a seeded generator", ()),
    "random": ("a seeded generator", ()),
    "system": ("fork and exec with an argument list", ()),
    "popen": ("fork and exec with an argument list", ()),
    "localtime": ("tide_zone_offset_s", ()),
    "gmtime": ("tide_time_print", ()),
    "ctime": ("tide_time_print", ()),
    "asctime": ("tide_time_print", ()),
    "assert": ("TIDE_ASSERT of engine/base/assert.h", ()),
    "printf": ("an error text, or a line in engine/cli", MAY_PRINT),
    "puts": ("an error text, or a line in engine/cli", MAY_PRINT),
    "putchar": ("an error text, or a line in engine/cli", MAY_PRINT),
    "perror": ("a status with its text", MAY_PRINT),
}
BANNED_CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
STREAM_PRINT = re.compile(r"\bf(?:printf|puts|putc|write)\s*\([^;]*\b(?:stdout|stderr)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


class Source:
    """A C file: its lines, and the same without comments and texts."""

    def __init__(self, path):
        self.name = path.relative_to(ROOT).as_posix()
        self.text = path.read_text()
        self.lines = self.text.split("\n")
        self.code = _without_comments(self.text).split("\n")

    def under(self, *places):
        return self.name.startswith(places)

    def includes(self):
        """(line number, is it in quotes, name)"""
        for number, line in enumerate(self.lines, 1):
            if match := INCLUDE.match(line):
                yield number, match[1] == '"', match[2]


def _without_comments(text):
    """Comments and the insides of texts become blanks; line ends stay."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def layer_of(name):
    return name.split("/")[1]


def check_layers(source):
    for number, quoted, include in source.includes():
        if not quoted and not include.startswith(("engine/", "operators/")):
            continue
        fault = include_fault(source, include)
        if fault:
            yield number, f'includes "{include}": {fault}'


def include_fault(source, include):
    """Why this file may not include that one, or None."""
    if not include.startswith(("engine/", "operators/")):
        return "write includes from the root, as engine/FOLDER/FILE.h"
    if not (ROOT / include).exists():
        return "there is no such file"
    if source.under("engine/"):
        return engine_include_fault(source, include)
    if include.startswith("engine/") and layer_of(include) not in OPERATOR_LAYERS:
        return f"operators see only {', '.join(OPERATOR_LAYERS)}"
    return None


def engine_include_fault(source, include):
    if include.startswith("operators/"):
        allowed = source.name == "engine/cli/main.c" and include == "operators/registry.h"
        return None if allowed else "only engine/cli/main.c sees operators, through operators/registry.h"
    if LAYERS.index(layer_of(include)) > LAYERS.index(layer_of(source.name)):
        return f"{layer_of(source.name)} comes before {layer_of(include)} in {' < '.join(LAYERS)}"
    return None


def check_contract(source):
    if not source.name.endswith(".h"):
        return
    if source.lines[0] != "/*":
        yield 1, "must open with the contract block: /* and six lines"
        return
    name = Path(source.name).stem
    if not re.match(rf" \* (\w+/)?{name}: \S", source.lines[1]):
        yield 2, f"the block's first line is ` * {name}: what it is, in one line`"
    block = source.text[:source.text.find("*/")].split("\n")
    heads = [word for line in block for word in CONTRACT if line.startswith(f" * {word}")]
    if heads != list(CONTRACT):
        yield 3, f"the block holds {' '.join(heads) or 'nothing'}; it must be {' '.join(CONTRACT)}"


def check_calls(source):
    for number, line in enumerate(source.code, 1):
        for match in BANNED_CALL.finditer(line):
            instead, allowed = BANNED[match[1]]
            if not source.under(*allowed) if allowed else True:
                yield number, f"{match[1]}() is banned here: use {instead}"
        if STREAM_PRINT.search(line) and not source.under(*MAY_PRINT):
            yield number, "only engine/cli prints"


def check_assert_header(source):
    for number, _, include in source.includes():
        if include == "assert.h":
            yield number, "<assert.h> goes away with NDEBUG: use engine/base/assert.h"


def check_atomics(source):
    if source.under(*MAY_USE_ATOMICS):
        return
    for number, _, include in source.includes():
        if include == "stdatomic.h":
            yield number, "atomics live in engine/flow, engine/stages and engine/base"
    for number, line in enumerate(source.code, 1):
        if re.search(r"\batomic_\w+|\b_Atomic\b|\b__(atomic|sync)_\w+", line):
            yield number, "atomics live in engine/flow, engine/stages and engine/base"


def check_form(source):
    if len(source.lines) - 1 > LINES_MAX:
        yield LINES_MAX, f"{len(source.lines) - 1} lines: split by sense, at most {LINES_MAX}"
    if not source.text.endswith("\n") or source.text.endswith("\n\n"):
        yield len(source.lines), "must end with one line end"
    for number, line in enumerate(source.lines, 1):
        if len(line) > COLUMNS_MAX:
            yield number, f"{len(line)} columns, at most {COLUMNS_MAX}"
        if "\t" in line:
            yield number, "a tab: indent with four blanks"
        if line != line.rstrip():
            yield number, "blanks at the end"
        if match := UNFINISHED.search(line):
            yield number, f"{match[1]}: finish it or file it"


# What is checked where: the product in full, the tests in form only.
PRODUCT_CHECKS = (check_layers, check_contract, check_calls, check_assert_header, check_atomics, check_form)
TEST_CHECKS = (check_form,)


def sources(*folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.[ch]")):
            yield Source(path)


def breaches(chosen):
    for folders, checks in ((("engine", "operators"), PRODUCT_CHECKS), (("tests",), TEST_CHECKS)):
        for source in sources(*folders):
            for check in checks:
                if chosen in (None, check.__name__.removeprefix("check_")):
                    for number, fault in check(source):
                        yield f"{source.name}:{number}: {fault}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    names = [check.__name__.removeprefix("check_") for check in PRODUCT_CHECKS]
    parser.add_argument("--only", choices=names, help="this check")
    found = list(breaches(parser.parse_args().only))
    print("\n".join(found) if found else "tidy")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
