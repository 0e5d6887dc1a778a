#!/bin/sh
# Makes a virtual environment for a tool whose libraries must not meet ours: scripts/tool.sh NAME installs what
# requirements/NAME.txt pins into build/NAME, unless it is there, and prints the folder of its commands.
set -eu
cd "$(dirname "$0")/.."

list=requirements/$1.txt
environment=build/$1
if ! cmp -s "$list" "$environment/installed.txt"; then
    rm -rf "$environment"
    "${PYTHON:-python3}" -m venv "$environment"
    PIP_DISABLE_PIP_VERSION_CHECK=1 "$environment/bin/pip" install --quiet --quiet --require-hashes --requirement "$list" >&2
    cp "$list" "$environment/installed.txt"
fi
echo "$PWD/$environment/bin"
