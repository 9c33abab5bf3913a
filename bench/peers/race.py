"""tidemark and its peers at one job on one file: first the answers are compared, then they run by turns.

The job: windows of ten seconds by key, the sum of amounts and the number of rows of each, and those above a
threshold written out. The file has no late row, so a tool that groups everything at once must find the same windows.
Before anything is timed each peer does the job with a threshold below every sum, and the windows must be tidemark's;
after each timed run its alerts must be. A peer whose answer differs is reported and not timed.
"""
import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import inputs  # noqa: E402
import machine  # noqa: E402
import plots  # noqa: E402
from measured import CommandFailed, memory_floor_mib, ratio, run, spread, summary  # noqa: E402
from tool import Missing  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
ANSWER = Path(__file__).resolve().parent / "answer.py"
ROWS, KEYS, THRESHOLD, EVERYTHING = 10_000_000, 1000, 50_000, -1  # under 1 % of the windows are above 50,000
ROUNDS, SLOW_ROUNDS, SLOW_S = 5, 3, 8
DIFFERENT = 4


def say(text):
    print(f"peers: {text}", file=sys.stderr, flush=True)


class Different(Exception):
    """A peer's answer is not tidemark's."""


class Race:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.tidemark = options.build / "tidemark"
        if not self.tidemark.exists():
            sys.exit(f"{self.tidemark} is missing: bench/run.sh builds it")
        self.file = inputs.make(self.tidemark, scratch / "rows.csv", options.rows, "--keys", KEYS, "--disorder", "1s")
        self.header = scratch / "header.csv"
        with open(self.file, "rb") as file:
            self.header.write_bytes(file.readline())
        self.expected = {threshold: scratch / f"expected{threshold}.csv" for threshold in (EVERYTHING, THRESHOLD)}
        self.counts = {threshold: self.ask_tidemark(threshold) for threshold in self.expected}

    def tidemark_command(self, source, threshold, output):
        return [self.tidemark, "run", "--quiet", "--window", "tumbling:10s", "--out-of-orderness", "1s",
                "--aggregate", "sum,count", "--alert", f"sum > {threshold}", "--alerts", output, source]

    def ask_tidemark(self, threshold):
        """Writes tidemark's answer and returns its counters; every row must be in a window."""
        stats = self.scratch / "stats.json"
        run([*self.tidemark_command(self.file, threshold, self.expected[threshold]), "--stats", stats])
        counts = json.loads(stats.read_text())["counts"]
        if counts["used"] != counts["rows"]:
            sys.exit(f"{counts['rows'] - counts['used']} rows are in no window: the peers cannot be asked for the same")
        return counts

    def run_peer(self, ready, source, threshold):
        """(sample, where the answer is)"""
        output = self.scratch / "answer"
        remove(output)
        command = ready.command(source, threshold, output)
        if not ready.to_stdout:
            return run(command), output
        with open(output, "wb") as out:
            return run(command, stdout=out), output

    def check(self, peer, answer, threshold):
        """What answer.py says; raises Different."""
        command = [sys.executable, "-B", ANSWER, self.expected[threshold], answer, *["--floats"] * peer.floats]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in (0, DIFFERENT):
            raise Different(done.stderr.strip())
        result = json.loads(done.stdout)
        if done.returncode == DIFFERENT:
            wrong = ", ".join(f"{result[what]} {what}" for what in ("different", "missing", "unknown") if result[what])
            raise Different(f"{wrong} of {self.counts[threshold]['alerts']} windows; {result['first']}")
        return result

    def admit(self, peer):
        """Installs a peer and looks at its answer: the peer's part of the report."""
        report = {"name": peer.name, "title": peer.title, "sums": peer.sums, "state": "failed"}
        try:
            say(f"{peer.title}: is it there, and is its answer right?")
            ready = peer.prepare(self.options.tools)
            report["version"] = ready.version
            sample, answer = self.run_peer(ready, self.file, EVERYTHING)
            report["answer"] = self.check(peer, answer, EVERYTHING)
            report.update(state="timed", ready=ready, rounds=self.rounds(sample.wall_s), samples=[], starts=[])
        except Missing as missing:
            report.update(state="skipped", reason=str(missing))
        except Different as different:
            report.update(state="different", reason=str(different))
        except CommandFailed as failed:
            report["reason"] = str(failed)
        if report["state"] != "timed":
            say(f"{peer.title}: {report['state']}: {report['reason']}")
        return report

    def rounds(self, wall_s):
        return self.options.rounds if wall_s < SLOW_S else min(SLOW_ROUNDS, self.options.rounds)

    def run_round(self, peers, reports, ours, i):
        """Everybody once, in the opposite order every other round, so that whatever drifts meets all alike."""
        contestants = [(peer, report) for peer, report in zip(peers, reports)
                       if report["state"] == "timed" and i < report["rounds"]]
        contestants.insert(0, (None, ours))
        for peer, report in contestants if i % 2 == 0 else reversed(contestants):
            if peer:
                self.time_peer(peer, report)
            else:
                alerts = self.scratch / "alerts.csv"
                ours["starts"].append(run(self.tidemark_command(self.header, THRESHOLD, alerts)))
                ours["samples"].append(run(self.tidemark_command(self.file, THRESHOLD, alerts)))

    def time_peer(self, peer, report):
        try:
            sample, _ = self.run_peer(report["ready"], self.header, THRESHOLD)
            report["starts"].append(sample)
            sample, answer = self.run_peer(report["ready"], self.file, THRESHOLD)
            report["samples"].append(sample)
            self.check(peer, answer, THRESHOLD)
        except Different as different:
            report.update(state="different", reason=f"a timed run's alerts: {different}")
        except CommandFailed as failed:
            report.update(state="failed", reason=str(failed))

    def measure(self, peers):
        reports = [self.admit(peer) for peer in peers]
        ours = {"samples": [], "starts": []}
        for i in range(self.options.rounds):
            say(f"round {i + 1} of {self.options.rounds}")
            self.run_round(peers, reports, ours, i)
        tidemark = self.figures(ours)
        return {"rows": self.options.rows, "bytes": self.file.stat().st_size, "keys": KEYS, "threshold": THRESHOLD,
                "windows": self.counts[EVERYTHING]["alerts"], "alerts": self.counts[THRESHOLD]["alerts"],
                "memory_floor_mib": memory_floor_mib(), "tidemark": tidemark,
                "peers": [self.conclude(report, tidemark) for report in reports]}

    def conclude(self, report, tidemark):
        """The report as it is written: with figures only if every answer was right."""
        kept = {name: report[name] for name in ("name", "title", "sums", "state", "version", "answer", "reason")
                if name in report}
        if report["state"] == "timed":
            kept.update(self.figures(report))
            kept["wall_ratio"] = ratio(kept, tidemark, "wall_s")
        return kept

    def figures(self, report):
        figures = summary(report["samples"])
        figures["start_s"] = spread([sample.wall_s for sample in report["starts"]])
        beyond = figures["wall_s"]["median"] - figures["start_s"]["median"]
        figures["ns_a_row"] = beyond * 1e9 / self.options.rows
        return figures


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


# --- tables ---


def span(values, digits=2):
    return f"{values['median']:.{digits}f} ({values['least']:.{digits}f}–{values['greatest']:.{digits}f})"


def answer_text(peer):
    if peer["state"] != "timed":
        return f"**{peer['state']}**: {peer['reason']}"
    if not peer["answer"]["off"]:
        return "equal"
    return f"{peer['answer']['off']:,} sums are off, by at most {peer['answer']['greatest_off']:.1e}"


def figures_row(figures, digits):
    return (f"{span(figures['wall_s'], digits)} | {figures['start_s']['median']:.2f} | {figures['ns_a_row']:.0f} | "
            f"{figures['cpu_s']['median']:.2f} | {figures['peak_mib']['greatest']:.0f} | {len(figures['samples'])} |")


def plot(report, folder):
    points = [("tidemark", report["tidemark"]["wall_s"])]
    points += [(peer["title"], peer["wall_s"]) for peer in report["peers"] if peer["state"] == "timed"]
    return plots.dots(folder / "peers.svg", f"The same job on {report['rows'] / 1e6:g} M rows, the whole process",
                      "wall seconds, logarithmic", points)


def print_report(report, has_plot):
    print(f"### Beside other tools\n\n{machine.heading(report['machine'])}")
    print(f"{report['rows']:,} rows ({report['bytes'] / 1e6:.0f} MB), {report['keys']:,} keys, {report['windows']:,} "
          f"windows, {report['alerts']:,} of them above {report['threshold']:,} and written out. Wall is of the whole "
          "process, median (least–greatest); start-up is the same on a file without rows, and ns a row are without "
          "it.\n")
    if has_plot:
        print("![Wall time of each tool](plots/peers.svg)\n")
    print("| tool | sums | answer | wall s | × tidemark | start-up s | ns a row | CPU s | peak MiB | runs |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    tidemark = figures_row(report["tidemark"], 3).replace(" | ", " | 1 | ", 1)
    print(f"| tidemark | exact decimals | | {tidemark}")
    for peer in report["peers"]:
        head = f"| {peer['title']} {peer.get('version', '')} | {peer['sums']} | {answer_text(peer)} |"
        if peer["state"] != "timed":
            print(head + " |" * 7)
            continue
        times = peer["wall_ratio"]
        wall, rest = figures_row(peer, 2).split(" | ", 1)
        print(f"{head} {wall} | **{times['of_medians']:.1f}** ({times['least']:.1f}–{times['greatest']:.1f}) | {rest}")
    print(f"\nPeaks below {report['memory_floor_mib']:.0f} MiB cannot be told apart.")


def parse_options(peers, title):
    parser = argparse.ArgumentParser(description=f"{title}\n\n{__doc__}",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [peer.name for peer in peers]
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="these peers [all]")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="build folder with tidemark")
    parser.add_argument("--tools", type=Path, default=ROOT / "build" / "peers", help="where tools are put, once")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()), help="for inputs and outputs")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"[{ROWS}]")
    parser.add_argument("--rounds", type=int, default=ROUNDS,
                        help=f"runs of each, at most {SLOW_ROUNDS} where one takes {SLOW_S} s [{ROUNDS}]")
    parser.add_argument("--json", type=Path, help="write all samples there")
    parser.add_argument("--plots", type=Path, help="draw peers.svg into this folder")
    options = parser.parse_args()
    if options.rows < 1 or options.rounds < 1:
        parser.error("--rows and --rounds are at least 1")
    for name in ("build", "tools", "scratch"):
        setattr(options, name, getattr(options, name).resolve())
    return options


def main(peers, title):
    """Ends the program: 0, 4 if an answer differs, 1 if a peer failed; a peer that cannot be had is only skipped."""
    options = parse_options(peers, title)
    described = machine.describe(options.build)
    with tempfile.TemporaryDirectory(prefix="peers-", dir=options.scratch) as scratch:
        race = Race(options, Path(scratch))
        report = {"machine": described, **race.measure([peer for peer in peers if peer.name in options.only])}
    print_report(report, options.plots and plot(report, options.plots))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    states = {peer["state"] for peer in report["peers"]}
    sys.exit(DIFFERENT if "different" in states else 1 if "failed" in states else 0)
