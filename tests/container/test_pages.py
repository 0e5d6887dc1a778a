"""The Docker commands of the documentation, as a page has them: on the tests' network, with the image under test."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.blocks import CONTAINER, PAGES, ROOT, blocks, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    import docker
    from testcontainers.core.network import Network

    from tests.blocks import Block
    from tests.container.database import Database

OURS = "seeder-test/shop-seeds"
"""What an image is called here that a page builds."""


def of_docker(page: Path) -> list[Block]:
    """The blocks of those parts of a page whose commands are run here."""
    name = str(page.relative_to(ROOT))
    each_part = [list(blocks(name, part)) for part in parts(page).values()]
    return [
        block for part in each_part if any(each.elsewhere == [CONTAINER] for each in part) for block in part
    ]


PLAYED = {str(page.relative_to(ROOT)): found for page in PAGES if (found := of_docker(page))}


@pytest.fixture
def folder(tmp_path: Path, database: Database) -> Path:
    """A repository with seeds, and a file with the URL of the database."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "shapes.yaml").write_text("key: [name]\nrows: [{name: round}, {name: square}]\n")
    (tmp_path / "url").write_text(database.url)
    database.sql("CREATE TABLE shapes (name text PRIMARY KEY)")
    author = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init"], ["add", "seeds"], [*author, "commit", "--message", "seeds"]):
        subprocess.run(["git", *command], cwd=tmp_path, capture_output=True, check=True)
    return tmp_path


@pytest.fixture
def built(engine: docker.DockerClient) -> Iterator[None]:
    """Removes what the page has built."""
    yield
    for image in engine.images.list(filters={"reference": f"*{OURS}"}):
        engine.images.remove(str(image.id), force=True)


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("page", PLAYED)
def test_the_commands_do_what_they_say(
    page: str, image: str, network: Network, database: Database, folder: Path
) -> None:
    def here(text: str) -> str:
        """With the names of this test."""
        text = re.sub(r"^docker run", f"docker run --network {network.name}", text, flags=re.MULTILINE)
        text = re.sub(r"(?<= )seeder(:\S+)?$|(?<= )seeder(?= )", image, text, flags=re.MULTILINE)
        text = re.sub(r"postgresql://\S+", database.url, text)
        return text.replace("shop-seeds", OURS).replace("make image\n", "")

    for block in PLAYED[page]:
        if block.elsewhere == [CONTAINER]:
            done = subprocess.run(
                ["sh", "-ec", here(block.text)],
                cwd=folder,
                env=os.environ | {"DATABASE_URL": database.url},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, block.text + done.stdout + done.stderr
        elif block.kind == "dockerfile":
            (folder / "Dockerfile").write_text(here(block.text))
        elif block.kind == "sql":
            database.sql(block.text)
        elif block.file is not None:
            (folder / block.file).write_text(block.text)
    if page == "docs/container.md":
        assert database.count("tools") > 0
        assert database.count("shapes") == 2
        assert (folder / "seeder.xml").is_file()
