#!/bin/sh
# Pins the requirement lists anew, from pyproject.toml: every version with its hashes, and no registry's address.
set -eu
cd "$(dirname "$0")/.."

pin() {
    list=$1
    shift
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-header --output-file "requirements/$list.txt" "$@"
}

.venv/bin/pip install --quiet uv
pin build --group build
pin runtime pyproject.toml
pin demo pyproject.toml --extra demo --extra terminal
pin development pyproject.toml --all-extras --group test --group check
pin container pyproject.toml --all-extras --group test --group check --group container
pin checkov --group checkov
pin docs --group docs
pin sbom --group sbom
