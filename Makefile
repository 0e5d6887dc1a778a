# The few verbs. `make demo` and `make test` need Python 3.11, make and a package registry; nothing else.

PYTHON ?= python3
export PYTHON

# The major versions of PostgreSQL that `make test-servers` tests against, the newest last. Those between the first and
# the last run only one test of each promise.
SERVERS ?= 13 15 18

.PHONY: help
help:  ## Show this help.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

.PHONY: demo
demo: .venv/.demo  ## Seed a real PostgreSQL, show what is in it, and that a second run writes nothing.
	@.venv/bin/python scripts/demo.py

.PHONY: test
test: .venv/.development  ## Run the quick unit tests, and one test of each promise against PostgreSQL 18. Takes a few minutes.
	.venv/bin/pytest --promises --numprocesses 2 --dist loadgroup

.PHONY: test-all
test-all: test-servers test-container  ## Run every test. Takes about half an hour; needs npm, PostgreSQL 15, PgBouncer, Chromium, Docker and podman.

.PHONY: test-servers
test-servers: .venv/.development  ## Run all tests but those of containers, against PostgreSQL 13 and 18, and one of each promise against 15.
	.venv/bin/python scripts/postgresql.py $(SERVERS)
	SEEDER_TEST_SERVERS="$(SERVERS)" .venv/bin/pytest --numprocesses 4 --dist loadgroup

.PHONY: test-container
test-container: .venv/.container  ## Run the tests of the image and the manifests. Needs a Docker engine and podman.
	.venv/bin/pytest tests/container tests/kubernetes

.PHONY: faults
faults: .venv/.development  ## Cause each fault many times, and write the figures into docs/reliability.md. Takes an hour.
	.venv/bin/python -m tests.faults.run

.PHONY: matrix
matrix: .venv/.development  ## Run the tests on PostgreSQL 13 to 18, and on each Python from 3.11 that can be had. Takes hours.
	scripts/matrix.sh

.PHONY: check
check: .venv/.development  ## Lint, check the format, the types, the order of the modules, and the built-in history.
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/seeder record-history --path builtin --check seeder/builtin

.PHONY: bench
bench: .venv/.development  ## Measure beside psql, knex and Django, and write docs/performance.md. Takes a while.
	.venv/bin/python -m bench.run --write

.PHONY: docs
docs:  ## Build the site of the documentation into build/site, and check its links. Needs npm.
	scripts/docs.sh

.PHONY: image
image:  ## Build the container image, as seeder:VERSION and seeder:latest.
	scripts/build-image.sh

.PHONY: sbom
sbom:  ## Write the image's bill of materials, as CycloneDX JSON.
	scripts/sbom.sh >sbom.cdx.json

.PHONY: clean
clean:  ## Stop the demo's server, and remove whatever was made here.
	@[ ! -x .venv/bin/python ] || .venv/bin/python scripts/demo.py --stop
	rm -rf .demo .venv build dist

.venv/.%: requirements/%.txt requirements/build.txt pyproject.toml scripts/environment.sh
	@echo "setting up .venv for this, which takes half a minute the first time"
	@scripts/environment.sh $*
	@touch $@

.PRECIOUS: .venv/.%
