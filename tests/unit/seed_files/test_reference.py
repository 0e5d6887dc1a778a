"""`docs/seed-files.md` against the code."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seeder.seed_files import DataSeeder, Timestamps
from seeder.seed_files.fields import FIELDS
from seeder.seed_files.said import resolve
from seeder.seed_files.values import Plain

if TYPE_CHECKING:
    from tests.unit.seed_files.folder import SeedFolder

PAGE = (Path(__file__).parents[3] / "docs" / "seed-files.md").read_text()
FOLLOWED_BY_CSV = dict(re.findall(r"```yaml\n([^`]*)```\n\n```csv\n([^`]*)```", PAGE))
# The section on overlays has files of one folder, and commands that are run in it.
ALONE = re.sub(r"^## Overlays$.*?(?=^## )", "", PAGE, flags=re.MULTILINE | re.DOTALL)
EXAMPLES = re.findall(r"```(yaml|json|sql|python)\n(.*?)```", ALONE, re.DOTALL)


def test_the_table_of_fields_is_the_schema() -> None:
    table = PAGE.split("## Fields")[1].split("\n\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE)
    defaults = {field.name: field.default for field in dataclasses.fields(DataSeeder)}

    assert [name for name, _ in rows] == [*FIELDS, "rows"]
    for name, default in rows:
        if default.startswith("`"):
            value = Timestamps() if name == "timestamps" else resolve(Plain(default.strip("`")))
            assert value == defaults[name]


@pytest.mark.parametrize(("kind", "text"), EXAMPLES)
def test_examples_are_understood(folder: SeedFolder, kind: str, text: str) -> None:
    for name in ("prompts/summary.md", "countries.csv", "iso4217.csv.gz", "prices/a.csv.gz"):
        folder.write(name, "code\n" if name.endswith("csv") else "")
    if text in FOLLOWED_BY_CSV:
        folder.write(re.findall(r"beside (\S+)", text)[0], FOLLOWED_BY_CSV[text])
    found = re.match(r"# (\w+)\.yaml", text)
    name = found[1] if found else "example"
    folder.write(f"{name}.{'py' if kind == 'python' else kind}", text)
    (seeder,) = [seeder for seeder in folder.discover(allow_code=True) if seeder.name == name]

    assert seeder.error is None
    assert kind != "sql" or seeder.required
    assert kind != "python" or seeder.depends_on == ("roles",)
