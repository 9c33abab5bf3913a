#!/bin/sh
# Builds with TIDE_BENCH, measures, and writes docs/benchmarks.md and docs/parallelism.md:
#   bench/run.sh [OPTION]... [SECTION]...
#   SECTION        yardstick, stages, micro, shapes, windows, sessions, process, parallelism, instruments, peers [all
#                  these]; detectors: docs/detectors.md, needs TIDEMARK_EXTRA; what else the pages hold stays
#   --quick        small sizes and few runs: does it all work? Writes the pages into DIR/pages, not docs/
#   --long         yardstick: also the memory of a file ten times as long (8 GB of scratch)
#   --build DIR    build folder [build/bench]
#   --scratch DIR  where inputs and outputs go: 1 GB, on a disk [/tmp]
#   --results DIR  where tables and figures go [bench/results]
# Needs what the release build needs and python3; hyperfine for yardstick and parallelism, valgrind for stages,
# gnuplot-nox for plots; pip, Maven and a JDK for peers, which go without what is missing and say so.
# See docs/benchmarks.md.
# Exit status: 0; 4 if some output was not what it has to be; 1 if a section failed, its place in the page unchanged.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/bench scratch=${TMPDIR:-/tmp} results=$root/bench/results quick=no long= sections=
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=yes ;;
    --long) long=--long ;;
    --build | --scratch | --results)
        [ $# -ge 2 ] || { echo "run.sh: $1 needs a folder" >&2; exit 2; }
        case $1 in --build) build=$2 ;; --scratch) scratch=$2 ;; *) results=$2 ;; esac
        shift ;;
    -h | --help) sed -n '2,16s/^# \{0,1\}//p' "$0"; exit 0 ;;
    yardstick | stages | micro | shapes | windows | sessions | process | parallelism | instruments | peers | detectors)
        sections="$sections $1" ;;
    *) echo "run.sh: unknown option or section $1; see --help" >&2; exit 2 ;;
    esac
    shift
done
sections=${sections:-yardstick stages micro shapes windows sessions process parallelism instruments peers}
mkdir -p "$results" "$scratch"

# What ships, with line numbers for callgrind: -g changes no instruction.
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE="-O3 -DNDEBUG -g" \
    -DTIDE_BENCH=ON -DBUILD_TESTING=OFF >"$results/build.log"
cmake --build "$build" >>"$results/build.log" || { tail -n 20 "$results/build.log" >&2; exit 1; }

pages=$root/docs yardstick= stages= micro= shapes= windows= sessions= process= parallelism= instruments= peers=
if [ $quick = yes ]; then
    pages=$results/pages
    yardstick="--rows 1000000 --pairs 3 --sweep-runs 2 --result-pairs 2"
    stages="--rows 100000 --timed-rows 1000000 --repeats 3"
    micro="--repeats 3" shapes="--rows 500000 --rounds 2"
    sessions="--rows 200000 --rounds 1"
    windows="--rows 200000 --rounds 1" process="--rows 200000 --rounds 1"
    parallelism="--rows 300000 --runs 2 --levels 1,2,4"
    instruments="--rows 300000 --rounds 1" peers="--rows 200000 --rounds 1"
fi
plots=$pages/plots
mkdir -p "$pages"

# The options above are words without blanks: they are meant to split.
# shellcheck disable=SC2086
measure()
{
    case $1 in
    yardstick)
        "$root/bench/versus_limit.py" --build "$build" --scratch "$scratch" --json "$results/yardstick.json" \
            $yardstick $long ;;
    stages)
        "$root/bench/stage_table.py" --build "$build" --scratch "$scratch" --json "$results/stages.json" $stages ;;
    micro) "$root/bench/micro.py" --build "$build" --results "$results" --plots "$plots" $micro ;;
    shapes)
        "$root/bench/shapes.py" --build "$build" --scratch "$scratch" --json "$results/shapes.json" \
            --plots "$plots" $shapes ;;
    sessions)
        "$root/bench/sessions.py" --build "$build" --scratch "$scratch" --json "$results/sessions.json" $sessions ;;
    windows)
        "$root/bench/windows.py" --build "$build" --scratch "$scratch" --json "$results/windows.json" $windows ;;
    process)
        "$root/bench/process.py" --build "$build" --scratch "$scratch" --json "$results/process.json" $process ;;
    parallelism)
        "$root/bench/parallelism.py" --build "$build" --scratch "$scratch" --results "$results" --plots "$plots" \
            $parallelism ;;
    instruments)
        "$root/bench/instruments.py" --build "$build" --scratch "$scratch" --json "$results/instruments.json" \
            $instruments && echo &&
            "$root/bench/compare.py" --build "$build" --scratch "$scratch" $instruments ;;
    peers)
        "$root/bench/peers/all.py" --build "$build" --scratch "$scratch" --json "$results/peers.json" \
            --plots "$plots" $peers ;;
    detectors) "$root/bench/detectors.py" --build "$build" ;;
    esac
}

# write_page NAME SECTION...
write_page()
{
    name=$1
    shift
    "$root/bench/page.py" --results "$results" --source "$root/docs/$name" --page "$pages/$name" "$@"
    echo "run.sh: $pages/$name holds $*" >&2
}

measured= status=0
for section in $sections; do
    echo "run.sh: $section" >&2
    if measure "$section" >"$results/$section.md"; then
        case $section in
        parallelism) write_page parallelism.md main workers skew results ;;
        detectors) write_page detectors.md detectors ;;
        *) measured="$measured $section" ;;
        esac
        cat "$results/$section.md"
        echo
    else
        part_status=$?
        cat "$results/$section.md" >&2
        echo "run.sh: $section failed with exit status $part_status" >&2
        [ $status -eq 4 ] || status=$part_status
    fi
done
# shellcheck disable=SC2086
[ -z "$measured" ] || write_page benchmarks.md $measured
exit $status
