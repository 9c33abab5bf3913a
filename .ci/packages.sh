# To be sourced: need_packages NAME... installs the Debian packages among these that are missing,
# as root or with sudo. Where there is no apt-get it only says what is needed.

BUILD_PACKAGES="gcc libc6-dev cmake ninja-build pkg-config liburcu-dev libjemalloc-dev libisal-dev \
libzstd-dev libgmp-dev libjansson-dev libxxhash-dev tzdata"
TEST_PACKAGES="libcmocka-dev g++ python3 spin zstd hyperfine gnuplot-nox"

is_installed()
{
    dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'
}

need_packages()
{
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        echo "No apt-get here. Needed is what these Debian packages hold: $*" >&2
        return 0
    fi
    missing=
    for package; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "Neither root nor sudo. Have an administrator run: apt-get install$missing" >&2
            return 1
        fi
        as_root=sudo
    fi
    echo "Installing:$missing"
    # Old lists may do when new ones cannot be had; if not, the installation says so.
    $as_root apt-get -q update || true
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y install --no-install-recommends $missing
}
