#!/bin/sh
# Makes or completes the virtual environment .venv from a hash-pinned list: scripts/environment.sh NAME, where
# requirements/NAME.txt is the list. Needs Python 3.11 or newer and a package registry, nothing else.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "$python is older than Python 3.11; name a newer one: make PYTHON=python3.12 …" >&2
    exit 1
}
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    # There is none, or this was stopped while it made one.
    # Debian keeps venv's other half in a package of its own.
    "$python" -c 'import ensurepip' 2>/dev/null || {
        package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        install="apt-get install --quiet=2 --yes --no-install-recommends $package"
        if [ "$(id -u)" = 0 ]; then as_root=""; else as_root=sudo; fi
        if ! command -v "${as_root:-apt-get}" >/dev/null; then
            echo "$package is missing, without which there is no virtual environment. As root, run:" >&2
            echo "  apt-get update && $install" >&2
            exit 1
        fi
        echo "installing $package, without which there is no virtual environment"
        $as_root apt-get update --quiet=2 >/dev/null
        # shellcheck disable=SC2086 # a command and its words
        $as_root env DEBIAN_FRONTEND=noninteractive $install >/dev/null 2>&1 || {
            echo "$package can't be installed. As root, run:" >&2
            echo "  apt-get update && $install" >&2
            exit 1
        }
    }
    "$python" -m venv .venv
fi
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
# Twice quiet: errors, and no warnings.
.venv/bin/python -m pip install -qq --require-hashes --requirement "requirements/$1.txt"
.venv/bin/python -m pip install -qq --require-hashes --requirement requirements/build.txt
.venv/bin/python -m pip install -qq --no-deps --no-build-isolation --editable .
