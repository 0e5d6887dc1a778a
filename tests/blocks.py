"""The code blocks of the documentation, and where each command and each piece of Python of them is run.

`tests/integration/test_pages.py` runs all of them but those in `ELSEWHERE`. `tests/unit/test_blocks.py` checks that
none is forgotten.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "k8s/**/*.md", "examples/**/*.md", "seeder/starter/*.md")
    for page in ROOT.glob(pattern)
)
COMMANDS: Final = {"console", "sh"}
FENCE: Final = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)

CI: Final = "every run of CI"
CODE: Final = "tests/integration/test_page_code.py"
CONTAINER: Final = "tests/container/test_pages.py"
KUBERNETES: Final = "tests/kubernetes/test_pages.py"

# By page and words that only some of its blocks have: the test that runs these, or why none does.
ELSEWHERE: Final = {
    "CONTRIBUTING.md": {"make test": CI},
    "README.md": {
        "make demo": "tests/integration/test_demo.py",
        "make image": CONTAINER,
        "make test": CI,
    },
    "docs/adopt-a-database.md": {"MODELS = [": CODE},
    "docs/architecture.md": {
        "UPDATE_GOLDEN=1": "tests/unit/merge/test_golden_sql.py compares; the command writes into the checkout",
        "make test": CI,
    },
    "docs/container.md": {
        "docker build --build-arg": CONTAINER,
        "docker build --secret": "needs a company's certificates and package index",
        "docker run": CONTAINER,
        "make image": "tests/container/conftest.py",
    },
    "docs/fastapi.md": {
        "import FastAPI": CODE,
        "lifespan=serving": CODE,
        "@app.get": CODE,
        "wait_for=": CODE,
    },
    "docs/gitops.md": {"docker build": CONTAINER},
    "docs/kubernetes.md": {"kubectl": KUBERNETES},
    "docs/library.md": {"seed_sync(engine": CODE, "except StrictnessExceeded": CODE},
    "docs/managed-databases.md": {
        "aws": "needs a database of AWS",
        "export DATABASE_URL": "needs a provider's server and its certificate",
        "def set_token": CODE,
    },
    "docs/performance.md": {"make bench": "takes an hour, and twenty gigabytes"},
    "docs/releases.md": {"docker build": CONTAINER},
    "docs/seed-files.md": {"DEPENDS_ON": "tests/unit/seed_files/test_reference.py"},
    "docs/testing.md": {
        "def test_a_model": CODE,
        "def client": CODE,
        "async def session": "tests/integration/test_pytest_plugin.py",
        "def seeder_migrate": CODE,
        "testcontainers": "tests/container/test_pytest_plugin.py",
        "postgresql_proc": CODE,
    },
    "docs/tutorial.md": {
        "make demo": "tests/integration/test_demo.py",
        "export PATH": "the surroundings of the other commands",
        "docker build": CONTAINER,
    },
    "docs/verifying.md": {
        "docker buildx": "needs a registry",
        "docker image inspect": CONTAINER,
        "cosign": "needs a registry and a key",
    },
    "examples/fastapi-app/README.md": {
        "pip install --editable": "tests/integration/test_example_app.py",
        "curl": "tests/integration/test_example_app.py",
        "docker build": "needs a package index and a cluster",
        "pip install --group": "tests/integration/test_example_app.py",
    },
    "k8s/README.md": {"kubectl": KUBERNETES},
    "k8s/examples/config-map/README.md": {"kubectl": KUBERNETES},
    "k8s/examples/deployment/README.md": {"kubectl": KUBERNETES},
    "k8s/examples/helm-hook/README.md": {"kubectl": KUBERNETES},
    "k8s/overlays/production/README.md": {"kustomize": "needs the program kustomize"},
}


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, and the file that it is, if its first line or the text before it names one."""

    page: str
    kind: str
    text: str
    file: str | None

    @property
    def elsewhere(self) -> list[str]:
        """What `ELSEWHERE` says of it: one thing at most."""
        lines = ELSEWHERE.get(self.page, {})
        return [where for words, where in lines.items() if words in self.text]

    @property
    def is_played(self) -> bool:
        """Whether it is commands that `tests/integration/test_pages.py` runs."""
        return self.kind in COMMANDS and not self.elsewhere


def parts(page: Path) -> dict[str, str]:
    """The parts of a page, by title; the first one is what comes before any `##`."""
    first, *others = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {"": first, **{part.partition("\n")[0]: part for part in others}}


def blocks(page: str, part: str) -> Iterator[Block]:
    """The blocks of a part of a page, in their order."""
    before = 0
    for fence in FENCE.finditer(part):
        text = textwrap.dedent(fence[3])
        named = re.match(r"(?:#|--) (\S+\.\w+)\n", text) or re.search(
            r"`(\S+/\S+)`[^`]*\Z", part[before : fence.start()]
        )
        yield Block(page, fence[2], text, named[1] if named and fence[2] not in COMMANDS else None)
        before = fence.end()


def all_blocks() -> Iterator[Block]:
    for page in PAGES:
        for part in parts(page).values():
            yield from blocks(str(page.relative_to(ROOT)), part)
