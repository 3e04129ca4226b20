#!/usr/bin/env bash
# Make the environment ready:  ./setup.sh run | test | programs | kernels
#
#   run      .venv in this folder with the pinned packages of requirements.txt, and the kernels
#            compiled, so that no reader waits for them
#   test     .venv with requirements-dev.txt
#   programs a Chromium for the browser tests, and PostgreSQL and nginx for tests that start servers
#            of their own (without these they are left out); may run beside the others
#   kernels  the kernels alone
#   rivals   for make bench, an environment in build for each tests/benchmarks/requirements-*.txt;
#            what cannot be installed is left out
#
# A second call returns at once: .venv remembers a hash of the files it was made from.
# System packages are installed only where they are missing, with apt-get, as root or by sudo.
# PYTHON and CHROMIUM may name programs to use instead of those found on the PATH.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

PYTHON=${PYTHON:-python3}
VENV=.venv

stop() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

# system_packages WHAT_FOR PACKAGE...
system_packages() {
    local purpose=$1 as_root=()
    shift
    local advice="$purpose is missing; as an administrator, please run: apt-get install $*"
    command -v apt-get >/dev/null || stop "$advice (or what corresponds to it on this system)"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || stop "$advice"
        as_root=(sudo)
    fi
    echo "setup: $purpose is missing; installing $* (system packages)"
    # One apt-get at a time: it waits for others by itself, but not when it renews its lists.
    local apt=(flock -o setup.sh "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q
        -o DPkg::Lock::Timeout=300)
    # Old lists may still name packages that can be had, so a failed update is not the end.
    [ -n "${UPDATED:-}" ] || "${apt[@]}" update >/dev/null ||
        echo "setup: could not renew the package lists" >&2
    UPDATED=yes
    "${apt[@]}" install -y --no-install-recommends "$@" >"$LOG" 2>&1 || {
        tail -n 20 "$LOG" >&2
        stop "$advice"
    }
}

make_venv() {
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        stop "Python 3.11 or newer is needed; $PYTHON is $("$PYTHON" --version 2>&1)"
    "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ||
        system_packages "Python's venv" python3-venv
    "$PYTHON" -m venv --clear "$VENV" || stop "could not create $VENV with $PYTHON -m venv"
}

# What the environment depends on: the Python it was made by, and the given files.
key() {
    { "$PYTHON" -c 'import sys; print(sys.version, sys.base_prefix)' && cat "$@"; } | sha256sum
}

# packages KIND FILE...: install the first file's packages unless .venv has just these already.
packages() {
    local stamp="$VENV/installed-$1"
    shift
    local wanted
    wanted=$(key "$@")
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
    "$VENV/bin/python" -m pip --version >/dev/null 2>&1 &&
        [ "$(cat "$VENV/made-by" 2>/dev/null)" = "$(key /dev/null)" ] || {
        make_venv
        key /dev/null >"$VENV/made-by"
    }
    echo "setup: installing the packages of $1 into $VENV (a minute or two, only this time)"
    # Python compiles what it imports; pip would do so one file after the other, their tests as well.
    "$VENV/bin/python" -m pip install --quiet --no-compile --requirement "$1" ||
        stop "pip could not install $1"
    "$VENV/bin/python" -m compileall -q -j 0 -x '[/\\]tests?[/\\]' "$VENV" >/dev/null 2>&1 || true
    printf '%s\n' "$wanted" >"$stamp"
}

has_browser() {
    local name
    for name in ${CHROMIUM:+"$CHROMIUM"} chromium-headless-shell chromium chromium-browser \
        google-chrome; do
        command -v "$name" >/dev/null && return
    done
    return 1
}

# A Chromium, the one without windows (it takes a third less time to open a page), and the library that Playwright's own driver needs and small systems lack.
browser() {
    local missing=()
    has_browser || missing+=(chromium-headless-shell)
    "$PYTHON" -c 'import ctypes; ctypes.CDLL("libatomic.so.1")' 2>/dev/null ||
        missing+=(libatomic1)
    [ "${#missing[@]}" -eq 0 ] || system_packages "Part of the browser tests" "${missing[@]}"
}

# Servers that some tests start for themselves. Of PostgreSQL Debian's wrapper is on the PATH, its
# own programs are not.
servers() {
    local missing=()
    command -v pg_ctlcluster >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
    command -v nginx >/dev/null || missing+=(nginx-light)
    [ "${#missing[@]}" -eq 0 ] ||
        (system_packages "What the tests of rooms and of several copies start" "${missing[@]}") ||
        echo "setup: going on without it; the tests on ${missing[*]} are left out" >&2
}

# A rival that cannot be had is no reason to measure nothing.
rivals() {
    local list name
    for list in tests/benchmarks/requirements-*.txt; do
        name=$(basename "$list" .txt)
        VENV=build/${name#requirements-}
        (packages "${name#requirements-}" "$list") || {
            rm -rf "$VENV"
            echo "setup: going on without the packages of $list" >&2
        }
    done
}

# Compile the kernels once, and again after their sources changed. The app runs without it as well:
# its server then compiles at its start.
kernels() {
    local stamp="$VENV/compiled" wanted
    wanted=$(key engine/core/*.py)
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
    echo "setup: compiling the kernels (a minute or two, only this time)"
    "$VENV/bin/python" -c 'import engine; print(len(list(engine.warm_stages())))' >"$LOG" 2>&1 || {
        tail -n 5 "$LOG" >&2
        echo "setup: the kernels could not be compiled now; the app tries again" >&2
        return
    }
    printf '%s\n' "$wanted" >"$stamp"
}

LOG=$(mktemp)
trap 'rm -f "$LOG"' EXIT
command -v "$PYTHON" >/dev/null || stop "$PYTHON is missing; please install Python 3.11 or newer"

case "${1:-}" in
run)
    packages run requirements.txt constraints.txt
    kernels
    ;;
test)
    packages test requirements-dev.txt requirements.txt constraints.txt
    key requirements.txt constraints.txt >"$VENV/installed-run"
    ;;
programs)
    browser
    servers
    ;;
kernels)
    kernels
    ;;
rivals)
    rivals
    ;;
*)
    stop "say what to set up: $0 run | test | programs | kernels | rivals"
    ;;
esac
