#!/bin/sh
# Writes an image's bill of materials to standard output: scripts/sbom.sh [IMAGE], by default seeder:VERSION.
set -eu
cd "$(dirname "$0")/.."

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
tools=$(scripts/tool.sh sbom)
exec "$tools/python" scripts/sbom.py "${1:-seeder:$version}"
