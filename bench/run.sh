#!/bin/sh
# Builds with TIDE_BENCH and measures everything: bench/run.sh [OPTION]...
#   --quick        small sizes and few runs: does it all work?
#   --long         also the memory of a file ten times as long (8 GB of scratch)
#   --build DIR    build folder [build/bench]
#   --scratch DIR  where inputs and outputs go: 1 GB, on a disk [/tmp]
#   --results DIR  where the figures go [bench/results]
# Needs what the release build needs, python3, hyperfine and valgrind. See docs/benchmarks.md.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/bench scratch=${TMPDIR:-/tmp} results=$root/bench/results quick=no long=
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=yes ;;
    --long) long=--long ;;
    --build | --scratch | --results)
        [ $# -ge 2 ] || { echo "run.sh: $1 needs a folder" >&2; exit 2; }
        case $1 in --build) build=$2 ;; --scratch) scratch=$2 ;; *) results=$2 ;; esac
        shift ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "run.sh: unknown option $1; see --help" >&2; exit 2 ;;
    esac
    shift
done

# What ships, with line numbers for callgrind: -g changes no instruction.
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE="-O3 -DNDEBUG -g" \
    -DTIDE_BENCH=ON -DBUILD_TESTING=OFF >/dev/null
cmake --build "$build" >/dev/null

if [ $quick = yes ]; then
    micro="--repeats 3" versus="--rows 1000000 --pairs 3 --sweep-runs 2 --result-pairs 2"
    stages="--rows 100000 --timed-rows 1000000 --repeats 3"
else
    micro="" versus="" stages=""
fi
mkdir -p "$results"
# The options above are words without blanks: they are meant to split.
# shellcheck disable=SC2086
{
    "$root/bench/micro.py" --build "$build" --results "$results" $micro
    echo
    "$root/bench/versus_limit.py" --build "$build" --scratch "$scratch" --json "$results/versus_limit.json" \
        $versus $long
    echo
    "$root/bench/stage_table.py" --build "$build" --scratch "$scratch" --json "$results/stage_table.json" $stages
} >"$results/report.md"
cat "$results/report.md"
