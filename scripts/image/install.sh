#!/bin/sh
# Runs in the Dockerfile's build stage: installs the pinned dependencies, then the seeder, into /opt/seeder.
set -eu

tools=/build/tools/bin/python
secret() { if [ -s "/run/secrets/$1" ]; then echo "/run/secrets/$1"; fi; }

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
if [ "$(secret ca-certificates)" ]; then
    PIP_CERT=$(secret ca-certificates)
    export PIP_CERT
fi
if [ "$(secret pip-conf)" ]; then
    PIP_CONFIG_FILE=$(secret pip-conf)
    export PIP_CONFIG_FILE
fi

dependencies() {
    # pip stays in an environment of its own, so that the one that is shipped never had it.
    if python3 -c 'import ensurepip' 2>/dev/null; then
        python3 -m venv /build/tools
    else
        python3 -c 'import pip' 2>/dev/null || {
            apt-get update
            apt-get install --yes --no-install-recommends python3-pip
        }
        python3 -m venv --without-pip --system-site-packages /build/tools
    fi
    "$tools" -m pip install --quiet --require-hashes --requirement /build/requirements/build.txt
    python3 -m venv --without-pip /opt/seeder
    "$tools" -m pip --python /opt/seeder/bin/python install --quiet --require-hashes --only-binary :all: \
        --no-compile --requirement /build/requirements/runtime.txt
}

seeder() {
    "$tools" -m pip wheel --quiet --no-deps --no-build-isolation --no-index --wheel-dir /build/dist /build
    "$tools" -m pip --python /opt/seeder/bin/python install --quiet --no-deps --no-index --no-compile \
        /build/dist/*.whl
    # Nothing in the image ever changes, so bytecode need not be compared with its source at each start.
    /opt/seeder/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/seeder/lib
}

"$1"
