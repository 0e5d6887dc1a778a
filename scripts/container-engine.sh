#!/bin/sh
# Makes a Debian machine ready for tests/container and tests/kubernetes: installs and starts a Docker engine and
# podman, and makes base images where no image registry answers. Changes nothing that is there already.
set -eu

suite=bookworm
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT

install_missing() {
    missing=""
    for pair in dockerd:docker.io iptables:iptables mmdebstrap:mmdebstrap podman:podman catatonit:catatonit; do
        command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair##*:}"
    done
    if [ -n "$missing" ]; then
        apt-get update --quiet=2
        # shellcheck disable=SC2086 # a list of package names
        DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends $missing >"$work/apt.log" ||
            { cat "$work/apt.log" >&2 && exit 1; }
    fi
}

start_engine() {
    if ! "$docker" info >/dev/null 2>&1; then
        nohup dockerd >/var/log/dockerd.log 2>&1 </dev/null &
        for _ in $(seq 60); do
            ! "$docker" info >/dev/null 2>&1 || return 0
            sleep 1
        done
        echo "the Docker engine did not start within 60 s; the end of /var/log/dockerd.log:" >&2
        tail -n 20 /var/log/dockerd.log >&2
        exit 1
    fi
}

# have IMAGE...: whether the engine has all of them, or can fetch them.
have() {
    for image in "$@"; do
        "$docker" image inspect "$image" >/dev/null 2>&1 ||
            timeout 300 "$docker" pull --quiet "$image" >/dev/null 2>&1 || return 1
    done
}

# base NAME PACKAGES: a Debian with these packages and without its documentation.
base() {
    mmdebstrap --quiet --variant=minbase --include="$2" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$work/base.tar"
    "$docker" import "$work/base.tar" "$1" >/dev/null
    rm "$work/base.tar"
}

make_python() {
    ! "$docker" image inspect seeder-test/python >/dev/null 2>&1 || return 0
    base seeder-test/python ca-certificates,python3,python3-venv
}

make_postgres() {
    ! "$docker" image inspect seeder-test/postgres >/dev/null 2>&1 || return 0
    base seeder-test/postgres-base ca-certificates,postgresql
    DOCKER_BUILDKIT=1 "$docker" build --quiet --tag seeder-test/postgres "$(dirname "$0")/../tests/container/postgres" >/dev/null
}

install_missing
# Debian's client can build with BuildKit by itself; one that stands before it on the PATH may lack the plugin.
docker=docker
[ ! -x /usr/bin/docker ] || docker=/usr/bin/docker
start_engine
if ! have python:3.13-slim-bookworm postgres:17-alpine; then
    echo "no image registry answers: using base images made from Debian's packages"
    make_python
    make_postgres
fi
