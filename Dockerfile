# The base may be any Debian-like image with Python 3.11 or newer; for production, name it by digest.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
# Two secrets, both optional, neither left in the image: the CA certificates of a proxy that inspects TLS,
# and a pip.conf that names a company's own package index.
COPY scripts/image/install.sh /build/
COPY requirements/ /build/requirements/
RUN --mount=type=secret,id=ca-certificates --mount=type=secret,id=pip-conf \
    ["/bin/sh", "/build/install.sh", "dependencies"]
COPY pyproject.toml README.md LICENSE /build/
COPY seeder/ /build/seeder/
RUN ["/bin/sh", "/build/install.sh", "seeder"]

FROM ${PYTHON_IMAGE}
COPY --from=build /opt/seeder/ /opt/seeder/
RUN --mount=type=bind,source=scripts/image,target=/mnt ["/opt/seeder/bin/python", "/mnt/finish.py"]
COPY entrypoint.sh /usr/local/bin/entrypoint.sh

ARG PYTHON_IMAGE
ARG SOURCE=""
ARG VERSION=""
ARG REVISION=""
LABEL org.opencontainers.image.title="seeder" \
      org.opencontainers.image.description="Makes the tables of a PostgreSQL database hold what seed files say" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${PYTHON_IMAGE}"

# The release of the seeds in this image, if it brings any. It needs SEED_APPLICATION, or a _seeds.yaml that names one.
# Its name is another one, because in a build from this image the variable would hide an argument of its own name.
ARG RELEASE=""
ENV SEED_RELEASE=${RELEASE}

# The image has no /seeds of its own: where there is one, somebody meant it. Nor is it the working directory, which
# `python -m seeder` would import from.
ENV PATH="/opt/seeder/bin:${PATH}" \
    PYTHONDONTWRITEBYTECODE=1 \
    SEED_DEFAULT_PATH=/seeds
# A number, so that Kubernetes can tell that it is not root. Any other will do as well.
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/entrypoint.sh"]
CMD ["--all"]
