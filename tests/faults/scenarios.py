"""The runs in which tests/faults makes calls fail: what they read, what they are told, what they leave behind."""
import gzip
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HEADER = "transaction_id,timestamp,amount\n"
FILES = ("results", "alerts", "late", "rejects", "trace", "stats")
ALL = tuple(part for name in FILES for part in (f"--{name}", name))
RESULTS = ("--results", "results")
EARLIER = b"an earlier run's output\n"
ROW_COUNT = 700
KEY_COUNT = 150
SPAN_S = 240


@dataclass(frozen=True)
class Scenario:
    """One run. {name} in an argument is the input of that name; outputs are named without a folder."""
    name: str
    arguments: tuple
    command: tuple = ("run", "-q", "--scheduler", "one:5", "-p", "3", "--batch-rows", "32", "--ring-slots", "2")
    stdin: str = None       # the input on the standard input
    by_pipe: bool = True    # as a pipe, not as the file
    has_earlier: bool = False
    links: tuple = ()       # (name, what it leads to)
    may_lack: tuple = ()    # kinds of calls whose failure is part of the answer
    clean_status: int = 0   # where nothing fails
    killed_by: str = ""     # what ended a first run, which this one resumes

    @property
    def has_threads(self):
        return "--scheduler" not in self.command

    @property
    def has_checkpoints(self):
        return "--checkpoint" in self.arguments


def rows(seed, count=ROW_COUNT, keys=KEY_COUNT, span_s=SPAN_S):
    """Rows in disorder, with long keys, long amounts, and now and then one that is none."""
    chance = random.Random(seed)
    lines = []
    for i in range(count):
        key = f"k{chance.randrange(keys)}"
        if chance.random() < 0.1:
            key += "-with-a-name-that-is-too-long-to-lie-in-an-entry" * chance.randrange(1, 3)
        second = max(0, i * span_s // count - (chance.randrange(30) if chance.random() < 0.1 else 0))
        amount = chance.choice(("9000", "12.5", "-3.25", "99999999999999999999", "0.000001", "1e3"))
        lines.append(chance.choice((f"{key},,{amount}\n", f"{key},yesterday,{amount}\n")) if chance.random() < 0.02 else
                     f"{key},2024-05-11 10:{second // 60:02}:{second % 60:02},{amount}\n")
    return "".join(lines)


def result_lines():
    """What a run writes with --results."""
    lines = [f"2024-05-11 10:00:{i % 6}0,2024-05-11 10:00:{i % 6}9,k{i},2024-05-11 10:00:{i % 6}0,{i}.5,{i % 9},{i},\n"
             for i in range(KEY_COUNT)]
    return ("window_start,window_end,transaction_id,first_time,sum,count,watermark_ms,rule\n" + "".join(lines)).encode()


def make_inputs(folder):
    """name -> path."""
    data = (HEADER + rows(1)).encode()
    inputs = {"plain": data, "second": (HEADER + rows(2)).encode(), "gz": gzip.compress(data, 1, mtime=0),
              "long": HEADER.encode() + b"a" * 100000 + b",2024-05-11 10:00:00,1\n" + rows(3).encode()}
    if shutil.which("zstd"):
        inputs["zst"] = subprocess.run(["zstd", "-q", "-1", "-c"], input=data, capture_output=True, check=True).stdout
    inputs["config"] = (b"window = tumbling:20s\nalert = big=sum > 100\nalert = many=count > 2\nresults = results\n"
                        b"alerts = alerts\n")
    inputs["results"] = inputs["others"] = result_lines()
    inputs["others"] = inputs["others"].replace(b",7,", b",8,", 3)
    paths = {}
    for name, content in inputs.items():
        paths[name] = Path(folder, name + (".csv" if name in ("plain", "second", "long") else ""))
        paths[name].write_bytes(content)
    return paths


TUMBLING = Scenario("tumbling", (*ALL, "{plain}"))
RULES = ("--alert", "big=sum > 100", "--alert", "odd=sum > 2 * history.mean + history.stddev AND history.count > 1",
         "--aggregate", "sum,count,min,max,mean,stddev,first,last")
CHECKPOINT = ("--checkpoint", "folder", "--checkpoint-every", "200")
UNREAD = ("open", "read", "stat")  # explain: a file need not exist
KILLED = "kill-after:renameat:3"
THREADS = ("run", "-q", "-p", "3", "--batch-rows", "32", "--ring-slots", "2")


def scenarios(processes):
    """processes: the folder with the process functions. Those that need a tool that is missing come with no input."""
    return [
        TUMBLING,
        Scenario("sliding", ("--window", "sliding:30s/7s", *ALL, "{plain}")),
        Scenario("sliding_stacks", ("--window", "sliding:30s/7s", *RULES, *ALL, "{plain}")),
        Scenario("session", ("--window", "session:4s", *RULES, *ALL, "{plain}")),
        Scenario("count", ("--window", "count:3", *RULES, *ALL, "{plain}")),
        Scenario("lateness", ("--allowed-lateness", "20s", *RULES, *ALL, "{plain}")),
        Scenario("session_lateness", ("--window", "session:4s", "--allowed-lateness", "20s", *ALL, "{plain}")),
        Scenario("sliding_lateness", ("--window", "sliding:30s/7s", "--allowed-lateness", "20s", *ALL, "{plain}")),
        Scenario("inactive", ("--inactive", "15s", "--at-end", "drop", *ALL, "{plain}")),
        Scenario("processing_clock", ("--clock", "processing", "--window", "tumbling:1d", *ALL, "{plain}")),
        Scenario("virtual_clock", ("--clock", "virtual:20", *ALL, "{plain}")),
        Scenario("two_files", (*RESULTS, "{plain}", "{second}")),
        Scenario("partitions", ("--inputs", "partitions", *ALL, "{plain}", "{second}")),
        Scenario("order_key", ("--order", "key", *ALL, "{plain}"), may_lack=("random",)),
        Scenario("order_flink", ("--order", "flink", "--window", "session:4s", *ALL, "{plain}")),
        Scenario("format_flink", ("--format", "flink", "--flink-parallelism", "4", "--results", "results", "{plain}")),
        Scenario("jsonl", ("--format", "jsonl", *RULES, *ALL, "{plain}")),
        Scenario("side_outputs", ("--alert", "a=sum > 10", "--alert", "b=count > 1", "--side-output", "a=side_a",
                                  "--side-output", "b=side_b", *ALL, "{plain}")),
        Scenario("process", ("--process", f"{processes}/inactivity.so", "--process-arg", "after=20000", *ALL, "{plain}")),
        Scenario("process_history", ("--process", f"{processes}/three_sigma.so", *ALL, "{plain}")),
        Scenario("gz", (*RESULTS, "{gz}")),
        Scenario("zst", (*RESULTS, "{zst}")),
        Scenario("pipe", ALL, stdin="plain"),
        Scenario("pipe_gz", RESULTS, stdin="gz"),
        Scenario("standard_input_a_file", RESULTS, stdin="plain", by_pipe=False),
        Scenario("standard_output", ("--results", "-", "{plain}")),
        Scenario("config", ("--config", "{config}", "{plain}")),
        Scenario("long_row", ("--max-row-bytes", "50000", *ALL, "{long}")),
        Scenario("time_zone", ("--timezone", "Europe/London", *RESULTS, "{plain}")),
        Scenario("earlier_outputs", (*ALL, "{plain}"), has_earlier=True),
        Scenario("linked_outputs", ("--results", "link", "{plain}"), links=(("link", "results"),)),
        Scenario("rejects_stop", ("--max-rejects", "2", *ALL, "{plain}"), clean_status=3),
        Scenario("checkpoint", (*CHECKPOINT, *ALL, "{plain}")),
        Scenario("checkpoint_sliding", (*CHECKPOINT, "--window", "sliding:30s/7s", *RULES, *ALL, "{plain}")),
        Scenario("checkpoint_session", (*CHECKPOINT, "--window", "session:4s", "--allowed-lateness", "20s", *RULES, *ALL,
                                        "{plain}")),
        Scenario("checkpoint_count", (*CHECKPOINT, "--window", "count:3", "--inactive", "15s", *ALL, "{plain}")),
        Scenario("checkpoint_flink", (*CHECKPOINT, "--order", "flink", *ALL, "{plain}")),
        Scenario("checkpoint_process", (*CHECKPOINT, "--process", f"{processes}/three_sigma.so", *ALL, "{plain}")),
        Scenario("checkpoint_gz", (*CHECKPOINT, *ALL, "{gz}")),
        Scenario("resume", (*CHECKPOINT, *ALL, "{plain}"), killed_by=KILLED),
        Scenario("resume_session", (*CHECKPOINT, "--window", "session:4s", "--inactive", "15s", *RULES, *ALL, "{plain}"),
                 killed_by=KILLED),
        Scenario("resume_sliding", (*CHECKPOINT, "--window", "sliding:30s/7s", *RULES, *ALL, "{plain}"), killed_by=KILLED),
        Scenario("resume_flink", (*CHECKPOINT, "--order", "flink", "--window", "session:4s", *ALL, "{plain}"),
                 killed_by=KILLED),
        Scenario("resume_process", (*CHECKPOINT, "--process", f"{processes}/three_sigma.so", *ALL, "{plain}"),
                 killed_by=KILLED),
        Scenario("resume_gz", (*CHECKPOINT, *ALL, "{gz}"), killed_by=KILLED),
        Scenario("resume_partitions", (*CHECKPOINT, "--inputs", "partitions", *ALL, "{plain}", "{second}"),
                 killed_by=KILLED),
        Scenario("resume_finished", (*CHECKPOINT, *ALL, "{plain}"), killed_by="kill-before:rename:3"),
        Scenario("threads", (*RULES, *ALL, "{plain}"), command=THREADS),
        Scenario("threads_partitions", ("--inputs", "partitions", *ALL, "{plain}", "{second}"), command=THREADS),
        Scenario("memory", ("--memory", "1G", *ALL, "{plain}"), may_lack=("open", "pread")),
        Scenario("compare", ("{results}", "{others}"), command=("compare",), clean_status=4, may_lack=("fclose",)),
        Scenario("compare_json", ("--json", "--input", "{plain}", "{results}", "{others}"), command=("compare",),
                 clean_status=4, may_lack=("fclose",)),
        Scenario("profile", ("{plain}",), command=("profile", "-q")),
        Scenario("profile_json", ("--json", "{gz}"), command=("profile", "-q")),
        Scenario("explain", ("--window", "session:4s", "{plain}"), command=("explain",), may_lack=UNREAD),
        Scenario("explain_json", ("--json", "--order", "flink", "{plain}"), command=("explain",), may_lack=UNREAD),
        Scenario("explain_dot", ("--dot", "{plain}"), command=("explain",), may_lack=UNREAD),
        Scenario("parse", ("{plain}",), command=("parse",)),
        Scenario("gen", ("--rows", "500", "--keys", "20", "--truth", "truth"), command=("gen",)),
    ]
