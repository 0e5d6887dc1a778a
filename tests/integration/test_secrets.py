"""Secrets never leave the process, and what has a name keeps it, even where a password is the same word."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server

MASK = "***"
TABLE = "CREATE TABLE tools (id int PRIMARY KEY, title text)"


@pytest.fixture
def role(database: Database) -> Iterator[Callable[[str, str], str]]:
    """Make a role with a password, and return the URL of its way in."""
    with ExitStack() as stack:

        def make(name: str, password: str) -> str:
            stack.enter_context(database.server.role(name, password))
            stack.callback(database.execute, f"DROP OWNED BY {name} CASCADE")
            return database.server.url(database.name, user=f"{name}:{password}")

        yield make


class Outputs:
    """Everything that leaves the process, in whichever way."""

    def __init__(self, seeder: CommandLine, seeds: SeedFolder, folder: Path) -> None:
        self._seeder = seeder
        self._seeds = seeds
        self.report = folder / "report.json"
        self.junit = folder / "report.xml"
        self.termination = folder / "termination"
        self.log = folder / "log"
        self.result: Result

    def run(self, *arguments: str) -> str:
        self.result = self._seeder(
            *("--all", "--allow-code", "--path", self._seeds, f"--report={self.report}"),
            *(
                f"--report={self.junit}",
                f"--termination-log={self.termination}",
                f"--log-file={self.log}",
                *arguments,
            ),
        )
        files = (self.report, self.junit, self.termination, self.log)
        return "\n".join([f"{self.result}", *(file.read_text() for file in files if file.exists())])


@pytest.fixture
def outputs(database: Database, seeder: CommandLine, seeds: SeedFolder, tmp_path: Path) -> Outputs:
    database.execute(TABLE)
    return Outputs(seeder, seeds, tmp_path)


class TestNames:
    def test_a_password_that_is_a_common_word_masks_no_name(
        self,
        database: Database,
        outputs: Outputs,
        seeder: CommandLine,
        seeds: SeedFolder,
        role: Callable[[str, str], str],
    ) -> None:
        seeder.environment["DATABASE_URL"] = role("app", "tools")
        database.execute("CREATE SCHEMA seeder AUTHORIZATION app; GRANT SELECT ON tools TO app")
        file = seeds.write("tools.yaml", "rows: [{id: 1, title: a}]\n")
        seeds.write("more_tools.yaml", "table: tools\ndepends_on: [tools]\nrows: [{id: 2}]\n")
        said = outputs.run("--debug")
        assert MASK not in said
        failed, skipped = outputs.result.finished("tools"), outputs.result.finished("more_tools")
        assert failed["error"]["message"].startswith("permission denied for table tools")
        assert '"tools", which it depends on' in skipped["error"]["message"]
        assert outputs.result.event("seeder.loaded", seeder="tools", file=str(file), table="tools")
        seeders = json.loads(outputs.report.read_text())["seeders"]
        assert [(each["name"], each["table"]) for each in seeders] == [
            ("tools", "tools"),
            ("more_tools", "tools"),
        ]
        cases = ET.parse(outputs.junit).iter("testcase")
        assert [case.get("name") for case in cases] == ["tools", "more_tools"]
        told = json.loads(outputs.termination.read_text())["failed_seeders"]
        assert [each["name"] for each in told] == ["tools", "more_tools"]
        for command in (["list"], ["list", "--json"], ["status"], ["status", "--json"]):
            shown = seeder(*command, "--path", seeds)
            assert shown.exit_code == 0, str(shown)
            assert "more_tools" in shown.stdout
            assert MASK not in f"{shown}"
        unknown = seeder("--tolls", "--path", seeds)
        assert "did you mean --tools? The seeders are more_tools, tools" in unknown.refusal

    def test_the_grant_that_a_role_needs_names_the_role(
        self,
        database: Database,
        outputs: Outputs,
        seeder: CommandLine,
        seeds: SeedFolder,
        role: Callable[[str, str], str],
    ) -> None:
        seeder.environment["DATABASE_URL"] = role("reader", "reader")
        database.execute("GRANT SELECT, INSERT, UPDATE ON tools TO reader")
        seeds.write("tools.yaml", "rows: [{id: 1, title: a}]\n")
        said = outputs.run()
        grant = f'GRANT CREATE ON DATABASE "{database.name}" TO "reader"'
        assert grant in outputs.result.finished("tools")["error"]["message"]
        assert MASK not in said
        # What is told can be pasted.
        database.execute(grant)
        assert MASK not in outputs.run()
        assert outputs.result.exit_code == 0
        assert database.rows("SELECT * FROM tools") == [(1, "a")]

    @pytest.mark.parametrize("word", ["seeder", "public", "failed", "column", "yaml"])
    def test_our_own_words_are_not_told_from_a_password(
        self, outputs: Outputs, seeder: CommandLine, seeds: SeedFolder, word: str
    ) -> None:
        seeder.environment["PGPASSWORD"] = word
        seeds.write("tools.yaml", "rows:\n  - {id: 1, titel: a}\n")
        said = outputs.run()
        assert 'no column "titel" in public.tools; did you mean "title"?' in said
        assert "1 of 1 seeders failed" in said
        assert MASK not in said


class TestSecrets:
    """`hunter2` is the password, and `rosebud7` came by `!env`."""

    SECRETS = ("hunter2", "rosebud7")

    @pytest.fixture(autouse=True)
    def _given(self, outputs: Outputs, seeder: CommandLine, seeds: SeedFolder) -> None:
        seeder.environment |= {"PGPASSWORD": "hunter2", "TOKEN": "rosebud7"}
        seeds.write("tools.yaml", "rows: [{id: 1, title: !env TOKEN}]\n")

    def check(self, said: str) -> None:
        for secret in self.SECRETS:
            assert secret not in said, [line for line in said.splitlines() if secret in line][:3]

    MISTAKES = (
        ("sql", "SELECT {secret} FROM tools;\n"),
        ("sql", "SELECT 1 AS a; DO $$ BEGIN RAISE 'it is {secret}'; END $$;\n"),
        ("sql", "\\{secret}\n"),
        ("sql", "SELECT :{secret};\n"),
        ("sql", "SELECT ${secret}$;\n"),
        ("sql", "-- seeder: run={secret}\nSELECT 1;\n"),
        ("sql", "-- seeder: {secret}=1\nSELECT 1;\n"),
        ("py", "def seed_sync(session):\n    raise TypeError('{secret}')\n"),
        ("py", "from os import {secret}\ndef seed_sync(session): pass\n"),
        ("py", "def seed_sync(session):\n    {secret}\n"),
        (
            "py",
            "from seeder.errors import SeedingError\ndef seed_sync(s): raise SeedingError('{secret}')\n",
        ),
        ("yaml", "mode: {secret}\nrows: []\n"),
        ("yaml", "{secret}: 1\nrows: []\n"),
        ("yaml", "timestamps: {{{secret}: a}}\nrows: []\n"),
        ("yaml", "rows: [{{id: !{secret} 1}}]\n"),
        ("yaml", "rows: [{{id: *{secret}}}]\n"),
    )

    @pytest.mark.parametrize("arguments", [(), ("--debug",)], ids=["plain", "debug"])
    def test_no_text_from_outside_shows_one(
        self, outputs: Outputs, seeds: SeedFolder, arguments: tuple[str, ...]
    ) -> None:
        names = []
        for secret in self.SECRETS:
            for number, (kind, content) in enumerate(self.MISTAKES):
                names.append(f"x{number}_{secret[0]}")
                seeds.write(f"{names[-1]}.{kind}", content.format(secret=secret))
        said = outputs.run(*arguments)
        assert {outputs.result.finished(name)["outcome"] for name in names} == {"failed"}
        self.check(said)

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--hunter2",),
            ("hunter2",),
            ("list", "--hunter2"),
            ("--all", "--strictness", "hunter2"),
            ("--all", "--log-level=hunter2"),
            ("--all", "--debug=hunter2"),
            ("--all", "--wait-for", "hunter2"),
            ("--all", "--wait-for", "django:hunter2"),
            ("--all", "--wait-for", "hunter2:1"),
        ],
    )
    def test_no_command_line_repeats_one(
        self, seeder: CommandLine, seeds: SeedFolder, arguments: tuple[str, ...]
    ) -> None:
        done = seeder(*arguments, env={"SEED_PATH": str(seeds.path)})
        assert done.exit_code == 2
        self.check(f"{done}")

    def test_nor_what_another_tool_noted(self, database: Database, outputs: Outputs) -> None:
        database.execute(
            "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('hunter2')"
        )
        said = outputs.run("--wait-for", "alembic:1", "--wait-timeout", "0")
        assert "alembic_version is at ***" in said
        self.check(said)

    def test_nor_who_holds_a_lock(self, database: Database, outputs: Outputs) -> None:
        from seeder.postgres.locks import Lock

        with database.connect(application_name="hunter2") as holder:
            holder.execute("SELECT pg_advisory_lock(%s)", [Lock("table", "public.tools").key])
            said = outputs.run("--lock-timeout", "0.2s")
        assert outputs.result.exit_code == 5
        assert "(***)" in said
        self.check(said)

    @pytest.mark.parametrize("form", ["json", "console"])
    def test_nor_a_cell_that_is_shown(
        self, database: Database, outputs: Outputs, seeds: SeedFolder, form: str
    ) -> None:
        database.execute("INSERT INTO tools VALUES (2, 'was hunter2')")
        seeds.write(
            "tools.yaml",
            "existing_rows: overwrite\nrows: [{id: 2, title: new}]\n",
        )
        said = outputs.run("--diff", f"--log-format={form}")
        assert "was ***" in said
        self.check(said)
        assert database.rows("SELECT title FROM tools ORDER BY id") == [("new",)]
