#!/bin/sh
# Fuzzes every target with libFuzzer under the address and undefined behaviour sanitizers.
#
#   sh tests/fuzz/run.sh [MINUTES [TARGET]...]    10 minutes each, all targets
#
# Needs clang with its compiler-rt (Debian: clang, libclang-rt-14-dev). Begins with the files of
# tests/fuzz/corpus/TARGET; csv also with those of TIDEMARK_EXTRA/suites/csv. Inputs that reached
# something new are kept in build/fuzz/corpus/TARGET, for the next time; what crashed, leaked or
# hung, in build/fuzz/crashes/TARGET-*. Exit status 1 if there is any such file.
set -u
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
extra=${TIDEMARK_EXTRA-}
cd -- "$root" || exit 1

minutes=${1-10}
case $minutes in
'' | *[!0-9]* | 0*)
    echo "usage: sh tests/fuzz/run.sh [MINUTES [TARGET]...]" >&2
    exit 2
    ;;
esac
[ $# -eq 0 ] || shift
if [ $# -eq 0 ]; then
    set -- $(cd tests/fuzz && ls -- *_target.c | sed 's/_target\.c$//')
fi
if ! command -v clang >/dev/null; then
    echo "Needs clang. On Debian: apt-get install clang libclang-rt-14-dev" >&2
    exit 1
fi
cmake --preset fuzz && cmake --build --preset fuzz || exit 1

crashes=$root/build/fuzz/crashes
seeds=$root/build/fuzz/seeds
mkdir -p -- "$crashes" "$seeds/csv"
if [ -d "$extra/suites/csv" ]; then
    cp -R -- "$extra/suites/csv/." "$seeds/csv"
    zstd -dcq -- "$seeds/csv/duckdb/afl-corpus.tar.zst" | tar -xf - -C "$seeds/csv"
    chmod -R u+w -- "$seeds/csv"
fi
report=

# The number that follows a word of the log's last line that has it.
figure()
{
    sed -n "s/.*$1 *\([0-9][0-9]*\).*/\1/p" "$2" | tail -n 1
}

for target; do
    corpus=$root/build/fuzz/corpus/$target
    log=$root/build/fuzz/$target.log
    mkdir -p -- "$corpus" "$seeds/$target"
    dictionary=
    growth=100 # libFuzzer's own
    case $target in checkpoint | run) growth=0 ;; esac # few inputs a second: none too short
    [ -f "tests/fuzz/$target.dict" ] && dictionary=-dict=tests/fuzz/$target.dict
    printf '%s: %s minutes, log in %s\n' "$target" "$minutes" "$log"
    "build/fuzz/tests/fuzz/fuzz_$target" -max_total_time=$((minutes * 60)) -max_len=4096 \
        -len_control=$growth -timeout=60 -rss_limit_mb=2048 -use_value_profile=1 -print_final_stats=1 \
        -artifact_prefix="$crashes/$target-" $dictionary \
        "$corpus" "tests/fuzz/corpus/$target" "$seeds/$target" >"$log" 2>&1
    status=$?
    report="$report
$(printf '%-12s %10s executions %7s edges  exit %s' "$target" \
        "$(figure number_of_executed_units: "$log")" "$(figure 'cov:' "$log")" "$status")"
done

printf '%s\n\n' "$report"
found=$(ls -- "$crashes")
if [ -n "$found" ]; then
    echo "Found, in $crashes:"
    echo "$found"
    exit 1
fi
echo "Nothing found."
