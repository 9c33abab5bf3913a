"""The peers' job, done naively and then spoilt: fake_job.py MISTAKE INPUT THRESHOLD OUTPUT."""
import csv
import sys
from collections import defaultdict
from decimal import Decimal

mistake, source, threshold, target = sys.argv[1:]
sums, counts = defaultdict(Decimal), defaultdict(int)
with open(source, newline="") as file:
    for row in csv.DictReader(file):
        window = (row["timestamp"][:18] + "0", row["transaction_id"])
        sums[window] += Decimal(row["amount"])
        counts[window] += 1
answer = [[start, key, total, counts[start, key]] for (start, key), total in sorted(sums.items())
          if total > int(threshold)]
if mistake == "only-when-timed":
    mistake = "none" if threshold == "-1" else "sum"
if answer and mistake != "none":
    row = answer[len(answer) // 2]
    if mistake == "sum":
        row[2] += Decimal("0.01")
    elif mistake == "count":
        row[3] += 1
    elif mistake == "key":
        row[1] += "x"
    elif mistake == "missing":
        answer.remove(row)
    elif mistake == "twice":
        answer.append(row)
    elif mistake == "float":
        row[2] = repr(float(row[2]) + 1e-9)
    elif mistake == "crash":
        sys.exit(9)
if mistake != "silent":
    with open(target, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(answer)
