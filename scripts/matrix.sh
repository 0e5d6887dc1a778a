#!/bin/sh
# Runs all tests that a server may matter to on PostgreSQL 13 to 18, and `make test` on each Python from 3.11 to 3.14
# that can be had: from an image registry, or from Debian where none answers. Prints a line for each at the end.
#
#   SERVERS   the major versions of PostgreSQL, by default "13 14 15 16 17 18"
#   PYTHONS   the versions of Python, by default "3.11 3.12 3.13 3.14"
set -u
cd "$(dirname "$0")/.." || exit

work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
lines=$work/lines
failed=0

# note NAME COMMAND...: run the command, print what failed, and note what its last line says.
note() {
    name=$1
    shift
    "$@" >"$work/output" 2>&1
    status=$?
    grep -E '^(FAILED|ERROR|E  )' "$work/output"
    if [ $status = 0 ]; then
        verdict=passed
    else
        verdict=FAILED
        failed=1
    fi
    printf '%-14s %s: %s\n' "$name" "$verdict" "$(grep -E ' (passed|failed|error)' "$work/output" | tail -n 1 | tr -d =)" >>"$lines"
}

servers() {
    .venv/bin/python scripts/postgresql.py || exit 1
    for major in ${SERVERS-13 14 15 16 17 18}; do
        note "PostgreSQL $major" env SEEDER_TEST_SERVERS="$major" .venv/bin/pytest --numprocesses 2 --dist loadgroup \
            -m "not newest_server" tests/integration
    done
}

# image VERSION: print the name of an image with that Python, or nothing.
image() {
    case $1 in
    3.11) suite=bookworm ;;
    3.13) suite=trixie ;;
    3.14) suite=forky ;;
    *) suite="" ;;
    esac
    if timeout 300 docker pull --quiet "python:$1-slim" >/dev/null 2>&1; then
        echo "python:$1-slim"
    elif docker image inspect "seeder-test/python:$1" >/dev/null 2>&1; then
        echo "seeder-test/python:$1"
    elif [ -n "$suite" ]; then
        # A mirror may carry a testing release whose signature is older than Debian wants it.
        mmdebstrap --quiet --variant=minbase --include=ca-certificates,git,make,python3,python3-venv \
            --aptopt='Acquire::Check-Valid-Until "false"' "$suite" "$work/base.tar" &&
            docker import "$work/base.tar" "seeder-test/python:$1" >/dev/null && echo "seeder-test/python:$1"
        rm -f "$work/base.tar"
    fi
}

pythons() {
    certificates=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
    git clone --quiet . "$work/seeder"
    for version in ${PYTHONS-3.11 3.12 3.13 3.14}; do
        name=$(image "$version")
        if [ -z "$name" ]; then
            printf '%-14s not to be had here\n' "Python $version" >>"$lines"
            continue
        fi
        note "Python $version" docker run --rm --network host --shm-size 1g \
            --volume "$work/seeder:/checkout:ro" --volume "$certificates:/certificates.pem:ro" \
            --env PIP_CERT=/certificates.pem --env SSL_CERT_FILE=/certificates.pem "$name" \
            sh -c 'command -v make git >/dev/null || { apt-get update -qq && apt-get install -qqy make git; } >/dev/null
                git config --global safe.directory "*" && git clone --quiet /checkout /seeder && cd /seeder && make test'
    done
}

servers
scripts/container-engine.sh
pythons
echo
cat "$lines"
exit $failed
