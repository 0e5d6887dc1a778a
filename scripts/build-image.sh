#!/bin/sh
# Builds the image from this checkout: scripts/build-image.sh [TAG], by default seeder:VERSION and seeder:latest.
#
#   PYTHON_IMAGE     the base, where it is not the Dockerfile's own
#   CA_CERTIFICATES  certificates to trust while building, by default SSL_CERT_FILE
#   PIP_CONF         a pip.conf to use while building
#   RELEASE          the release of the seeds in the image, by default none
set -eu
cd "$(dirname "$0")/.."

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
tag=${1:-seeder:$version}
latest=${1:-seeder:latest}
ca_certificates=${CA_CERTIFICATES:-${SSL_CERT_FILE:-}}
# Where the code came from, without whatever credentials the address holds.
source=$(git config --get remote.origin.url 2>/dev/null | sed -n 's#^https://\([^/]*@\)\{0,1\}#https://#p')
revision=$(git rev-parse --verify --quiet HEAD) || revision=""
[ -z "$revision" ] || git diff --quiet HEAD || revision=$revision-dirty

# A docker client without buildx can't build with BuildKit; Debian's own has it inside.
docker=docker
if ! docker buildx version >/dev/null 2>&1 && [ -x /usr/bin/docker ]; then
    docker=/usr/bin/docker
fi

set -- --tag "$tag" --tag "$latest" --build-arg "VERSION=$version" --build-arg "REVISION=$revision" --build-arg "SOURCE=$source"
[ -z "${PYTHON_IMAGE:-}" ] || set -- "$@" --build-arg "PYTHON_IMAGE=$PYTHON_IMAGE"
[ -z "${RELEASE:-}" ] || set -- "$@" --build-arg "RELEASE=$RELEASE"
[ -z "$ca_certificates" ] || set -- "$@" --secret "id=ca-certificates,src=$ca_certificates"
[ -z "${PIP_CONF:-}" ] || set -- "$@" --secret "id=pip-conf,src=$PIP_CONF"
# The host's network, because a company's resolver and routes are often the host's alone.
DOCKER_BUILDKIT=1 "$docker" build --network host "$@" .
