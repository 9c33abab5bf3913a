#!/usr/bin/env python3
"""How good are plain rules as detectors? Runs a few over labelled data and writes the table of docs/detectors.md.

The parameters were fixed before the labels were looked at (20 windows back, 3 deviations, an hour) and are the same for
all series; nothing is tuned. Needs the folder with more test data (--extra or TIDEMARK_EXTRA): data/nab.tar.zst and
data/card-fraud-2024h1.csv.zst; and tar with zstd.
"""
import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path

import detection_score

ROOT = Path(__file__).resolve().parent.parent
HOUR_MS, PROBATION = 3_600_000, 0.15  # NAB lets detectors learn from this share of a series
UPPER = "history.count = 20 AND sum > history.mean + 3 * history.stddev"
LOWER = "history.count = 20 AND sum < history.mean - 3 * history.stddev"

# Name -> (options, what it says in words). LIMIT stands for the limit learnt of each series' beginning.
NAB_DETECTORS = {
    "fixed limit": (("--alert", "max > LIMIT"), "`max` over mean + 3 deviations of the values of the first 15 %"),
    "upper limit": (("--alert", UPPER), "sum over mean + 3 deviations of the last 20 windows"),
    "both limits": (("--alert", UPPER, "--alert", LOWER), "the same, or as far below"),
    "count": (("--value", "one", "--alert", UPPER, "--alert", LOWER), "the same of the number of rows"),
}
CARD_DETECTORS = {
    "lab's rule": (("--alert", "sum > 8000"), "the default rule"),
    "fixed limit": (("--alert", "sum > 1000"), "a round number"),
    "count": (("--alert", "count >= 5"), "five payments in the hour"),
    "upper limit": (("--alert", UPPER), "sum over mean + 3 deviations of the card's last 20 hours with payments"),
    "count or upper limit": (("--alert", "count >= 5", "--alert", UPPER), "either"),
}


def milliseconds(text):
    return round(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp() * 1000)


def run_tidemark(tidemark, *arguments):
    """The alerts as dictionaries."""
    command = [str(tidemark), "run", "--quiet", "--window", "tumbling:1h", "--time-output", "epoch-ms",
               "--out-of-orderness", "unbounded", "--alerts", "-", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")
    return list(csv.DictReader(done.stdout.splitlines()))


# --- NAB: 58 series of one value, with windows around what is anomalous ---

class Series:
    def __init__(self, name, rows, windows, path):
        self.name, self.path = name, path
        values = [float(value) for _, value in rows]
        learnt = values[:max(2, int(len(values) * PROBATION))]
        self.limit = statistics.fmean(learnt) + 3 * statistics.stdev(learnt)
        self.judged_from_ms = milliseconds(rows[len(learnt)][0])
        self.windows = [(milliseconds(begin), milliseconds(end)) for begin, end in windows]
        self.judged_ms = milliseconds(rows[-1][0]) - self.judged_from_ms
        with open(path, "w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("series", "timestamp", "value", "one"))
            writer.writerows((name, time, f"{float(value):.6f}", 1) for time, value in rows)

    def score(self, tidemark, options):
        options = [option.replace("LIMIT", f"{self.limit:.6f}") for option in options]
        alerts = run_tidemark(tidemark, "--key", "series", "--value", "value", "--aggregate", "sum,max", *options,
                              self.path)
        times = {int(alert["window_end"]) - 1 for alert in alerts}  # two rules of one window are one alert
        return detection_score.score(self.windows, [time for time in times if time >= self.judged_from_ms])


def read_nab(folder, scratch):
    labels = json.loads((folder / "labels" / "combined_windows.json").read_text())
    for i, (name, windows) in enumerate(sorted(labels.items())):
        with open(folder / "data" / name, newline="") as file:
            rows = list(csv.reader(file))[1:]
        yield Series(name, rows, windows, scratch / f"series{i}.csv")


def score_nab(tidemark, folder, scratch):
    """Lines of a table, and what chance would do: the share of time that is labelled."""
    series = list(read_nab(folder, scratch))
    labelled_ms = sum(end - max(begin, each.judged_from_ms) for each in series for begin, end in each.windows)
    lines = []
    for name, (options, words) in NAB_DETECTORS.items():
        total = sum((each.score(tidemark, options) for each in series), detection_score.Score())
        lines.append((name, words, total.alerts, *map(percent, (total.precision, total.recall, total.f1)),
                      f"{total.nab:.1f}"))
    return lines, labelled_ms / sum(each.judged_ms for each in series), len(series), sum(len(each.windows) for each in series)


# --- card payments, each labelled ---

def read_frauds(path):
    """Card and hour -> frauds in it; how many card-hours there are."""
    frauds, hours = defaultdict(int), set()
    unpacked = subprocess.run(["zstd", "-dc", str(path)], capture_output=True, text=True, check=True).stdout
    for row in csv.DictReader(unpacked.splitlines()):
        hour = row["card"], int(row["unix_time"]) * 1000 // HOUR_MS * HOUR_MS
        hours.add(hour)
        if row["is_fraud"] == "1":
            frauds[hour] += 1
    return frauds, len(hours)


def score_cards(tidemark, path):
    frauds, hour_count = read_frauds(path)
    lines = []
    for name, (options, words) in CARD_DETECTORS.items():
        alerts = run_tidemark(tidemark, "--key", "card", *options, path)
        hours = {(alert["card"], int(alert["window_start"])) for alert in alerts}
        right = len(hours & frauds.keys())
        precision, recall = right / len(hours) if hours else None, right / len(frauds)
        f1 = 2 * precision * recall / (precision + recall) if right else 0.0
        rows = sum(frauds[hour] for hour in hours & frauds.keys()) / sum(frauds.values())
        lines.append((name, words, len(hours), *map(percent, (precision, recall, f1, rows))))
    return lines, len(frauds) / hour_count, hour_count, len(frauds)


# --- the page ---

def percent(share):
    return "–" if share is None else f"{100 * share:.1f} %"


def table(titles, lines):
    rule = ["---", "---"] + ["---:"] * (len(titles) - 2)
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in (titles, rule, *lines))


def write_page(nab, cards):
    nab_lines, nab_chance, series, windows = nab
    card_lines, card_chance, hours, fraud_hours = cards
    return f"""Numenta Anomaly Benchmark: {series} series with {windows} labelled windows. Alerts placed by chance would
be right {percent(nab_chance)} of the time: so much of it is labelled.

{table(("detector", "alerts when", "alerts", "precision", "recall", "F1", "NAB's score"), nab_lines)}

Card payments: {hours:,} hours in which a card was used, {fraud_hours:,} of them with a fraud. Alerts
placed by chance would be right {percent(card_chance)} of the time.

{table(("detector", "alerts when", "alerts", "precision", "recall", "F1", "frauds in them"), card_lines)}
"""


def find_extra(options):
    extra = options.extra or os.environ.get("TIDEMARK_EXTRA")
    data = Path(extra, "data") if extra else None
    needed = ("nab.tar.zst", "card-fraud-2024h1.csv.zst")
    if not data or not all((data / name).exists() for name in needed):
        sys.exit(f"detectors: needs --extra (or TIDEMARK_EXTRA), a folder with data/{' and data/'.join(needed)}")
    return data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="folder with tidemark [build/bench]")
    parser.add_argument("--extra", help="folder with more test data [TIDEMARK_EXTRA]")
    options = parser.parse_args()
    data, tidemark = find_extra(options), options.build / "tidemark"
    with tempfile.TemporaryDirectory(prefix="tidemark-detectors-") as folder:
        scratch = Path(folder)
        subprocess.run(["tar", "--zstd", "-xf", data / "nab.tar.zst", "-C", scratch], check=True)
        print(write_page(score_nab(tidemark, scratch, scratch), score_cards(tidemark, data / "card-fraud-2024h1.csv.zst")))


if __name__ == "__main__":
    main()
