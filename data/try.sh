#!/bin/sh
# From a clone to an alert list: installs what the build needs, builds the release, and runs the
# main job on a real file. Works from any folder, as root or with sudo, on a fresh Debian 12.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/.ci/packages.sh"
need_packages $BUILD_PACKAGES

cd -- "$root"
cmake --preset release -B build/try -DBUILD_TESTING=OFF
cmake --build build/try

say_and_run()
{
    echo
    printf '%s\n' "\$ $1"
    eval "$1"
}
say_and_run "build/try/tidemark run data/lab.csv"
say_and_run "build/try/tidemark run --key card --window tumbling:1h --alert 'busy=count >= 6' \
--alert 'costly=sum > 3500' data/card-fraud-sample.csv"
echo
echo "That was $root/build/try/tidemark; 'tidemark help run' lists its options."
