#!/bin/sh
# All tests from nothing: installs what they need, builds three ways, runs them, says how it ended.
#
#   sh tests/run.sh           dev: everything; asan: all but style and large real files; tsan: what has threads
#   sh tests/run.sh --long    everything everywhere, the long forms of the comparisons, and with clang a minute of each
#                             fuzz target
#
# Works from any folder, as root or with sudo, on a fresh Debian 12. TIDEMARK_EXTRA may name a folder
# with more test data; tests that need it are skipped without, and say so.
set -u
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/.ci/packages.sh"

long=
case ${1-} in
'') ;;
--long) long=yes ;;
*) echo "usage: sh tests/run.sh [--long]" >&2; exit 2 ;;
esac

extra=${TIDEMARK_EXTRA-}
if [ -n "$extra" ]; then
    extra=$(CDPATH= cd -- "$extra" && pwd) || exit 2
fi
need_packages $BUILD_PACKAGES $TEST_PACKAGES || exit 1
cd -- "$root" || exit 1
jobs=$(nproc)
begin=$(date +%s)
report=
failed=

# What became of one part, for the end.
note()
{
    report="$report
$(printf '%-24s %s' "$1" "$2")"
    case $2 in *FAILED) failed=yes ;; esac
}

# build_and_test PRESET [CTEST OPTION]...
build_and_test()
{
    preset=$1
    shift
    printf '\n--- %s ---\n' "$preset"
    if ! cmake --preset "$preset" -DTIDEMARK_EXTRA="$extra" || ! cmake --build --preset "$preset"; then
        note "$preset" "BUILD FAILED"
        return
    fi
    if ctest --preset "$preset" --parallel "$jobs" "$@"; then
        note "$preset" passed
    else
        note "$preset" FAILED
    fi
}

# run_long NAME COMMAND...: a test in its long form.
run_long()
{
    title="$1, long"
    shift
    printf '\n--- %s ---\n' "$title"
    "$@"
    case $? in
    0) note "$title" passed ;;
    77) note "$title" skipped ;;
    *) note "$title" FAILED ;;
    esac
}

# compare NAME PROGRAM [OPTION]...: a comparison with the model, on the dev build.
compare()
{
    name=$1
    program=tests/model/$2
    shift 2
    run_long "$name" python3 -B "$program" --tidemark build/dev/tidemark --extra "$extra" --long "$@"
}

# Each fuzz target for a minute, where there is clang.
fuzz()
{
    command -v clang >/dev/null || return 77
    TIDEMARK_EXTRA=$extra sh tests/fuzz/run.sh 1
}

build_and_test dev
if [ -n "$long" ]; then
    build_and_test asan
    build_and_test tsan
    compare model.random random_cases.py
    compare model.every_n every_n.py
    compare model.every_n_real every_n.py --real
    run_long schedule build/dev/tests/schedule/schedule --long
    run_long spin.models python3 -B tests/spin/models.py --long
    for preset in dev asan; do
        faulty=build/$preset/tests/faults/tidemark_faults
        run_long "faults.nth_fails, $preset" python3 -B tests/faults/nth_fails.py --tidemark $faulty --long
    done
    faulty=build/dev/tests/faults/tidemark_faults
    run_long faults.conditions python3 -B tests/faults/conditions.py --tidemark $faulty --long
    run_long kill.kills python3 -B tests/kill/kills.py --tidemark build/dev/tidemark --faults $faulty --kills 1000
    run_long fuzz fuzz
else
    # Style needs one look, and so do the model and the programs that measure. Large files take long under sanitizers and
    # show nothing that small ones hide. The thread sanitizer sees to runs with several threads and to what threads meet in.
    large='model\.(every_n_real|real_data)|golden\.traces_(large|model|model_large)'
    threads='cli\.(checkpoint|checkpoint_inputs|resume_state|failures|inactive|partitions|pauses|process'
    threads="$threads|side_outputs|signals|stats)|golden\.cases|model\.(random|every_n|process)"
    threads="$threads|faults\.conditions|(kill|stress|unit)\..*"
    build_and_test asan --label-exclude '^(tidy|docs|bench)$' --exclude-regex "^($large|cli\.bench)\$"
    build_and_test tsan --tests-regex "^($threads)\$"
fi

printf '\n=== after %d s ===%s\n\n' $(($(date +%s) - begin)) "$report"
if [ -n "$failed" ]; then
    echo "Some tests FAILED."
    exit 1
fi
echo "All tests passed."
