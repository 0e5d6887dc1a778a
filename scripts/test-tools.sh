#!/usr/bin/env bash
# Installs what the tests want beside the wheels, on Debian: a pooler, a false clock, packets to lose, a browser, shells that
# complete, PostgreSQL 15, and npm, from which other versions of PostgreSQL come.
set -euo pipefail

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

missing=""
for pair in pgbouncer:pgbouncer iptables:iptables faketime:faketime npm:npm chromium:chromium zsh:zsh fish:fish /usr/lib/postgresql/15/bin/postgres:postgresql-15; do
    command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair##*:}"
done
if [ -n "$missing" ]; then
    as_root apt-get update --quiet=2
    # shellcheck disable=SC2086 # a list of package names
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends $missing >/dev/null
fi
