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
if [ ! -x .venv/bin/pip ]; then
    # Debian keeps venv's other half in a package of its own.
    "$python" -c 'import ensurepip' 2>/dev/null || {
        echo "installing python3-venv, without which there is no virtual environment"
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        as_root=$([ "$(id -u)" = 0 ] || echo sudo)
        $as_root apt-get update --quiet=2
        $as_root apt-get install --quiet=2 --yes --no-install-recommends "python$version-venv" >/dev/null
    }
    "$python" -m venv .venv
fi
export PIP_DISABLE_PIP_VERSION_CHECK=1
.venv/bin/pip install --quiet --require-hashes --requirement "requirements/$1.txt"
.venv/bin/pip install --quiet --require-hashes --requirement requirements/build.txt
.venv/bin/pip install --quiet --no-deps --no-build-isolation --editable .
