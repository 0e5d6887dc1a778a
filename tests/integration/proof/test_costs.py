"""What a run with nothing to do costs: statements, round trips and modules."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from typing import TYPE_CHECKING, Self

import pytest

from tests.integration.postgres import HOST, Database

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import StatementLog
    from tests.integration.proof.proving import Proving

SLOW = ("sqlalchemy", "yaml", "msgspec", "tenacity", "rich.console", "seeder.code", "seeder.merge.merge")
FOR_PEOPLE = ("seeder.reporting.view", "seeder.reporting.screen", "seeder.reporting.summary")
READERS = ("seeder.seed_files.document", "seeder.seed_files.data_seeders", "seeder.seed_files.csv_reader")


def test_a_process_with_nothing_to_do(
    seeder: CommandLine, database: Database, statements: StatementLog
) -> None:
    first = seeder("--all")
    assert first.exit_code == 0, str(first)
    with statements.recorded() as sent:
        second = seeder("--all", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert second.exit_code == 0, str(second)
    assert len(sent) == 1, str(sent)
    imported = set(re.findall(r"\| +(\S+)$", second.stderr, re.MULTILINE))
    assert "psycopg" in imported
    assert not imported & {*SLOW, *READERS, *FOR_PEOPLE}
    assert [event["event"] for event in second.events] == [
        "run.started",
        "database.ready",
        *["seeder.started", "seeder.finished"] * 4,
        "run.finished",
    ]
    told = [{**event, "changed": 0} for event in first.all("seeder.finished")]
    assert [event["seeder"] for event in second.all("seeder.finished")] == [each["seeder"] for each in told]
    assert [event["unchanged"] for event in second.all("seeder.finished")] == [
        each["inserted"] for each in told
    ]


def test_flags_need_no_seed_file_either(seeder: CommandLine, database: Database) -> None:
    seeder("--all")
    result = seeder("--tools", "--schemas", "--debug", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert [event["seeder"] for event in result.all("seeder.loaded")] == ["schemas", "tools"]
    imported = set(re.findall(r"\| +(\S+)$", result.stderr, re.MULTILINE))
    assert not imported & {*SLOW, *READERS}
    mistaken = seeder("--tols")
    assert mistaken.exit_code == 2
    assert "did you mean --tools?" in mistaken.refusal


@pytest.mark.newest_server
def test_two_hundred_seeders_send_as_much_as_four(proving: Proving) -> None:
    proving.database.execute(
        "DO $$ BEGIN FOR n IN 1..200 LOOP EXECUTE format('CREATE TABLE t%s (name text PRIMARY KEY)', n); "
        "END LOOP; END $$"
    )
    for number in range(1, 201):
        proving.write(f"t{number}", [{"name": "a"}])
    proving()
    result = proving()
    assert proving.sent == 1
    assert result.event("run.finished")["succeeded"] == 200
    proving.database.execute("INSERT INTO t100 VALUES ('b')")
    proving()
    assert proving.sent < 20


@pytest.mark.parametrize("count", [4, 30])
def test_round_trips(seeder: CommandLine, database: Database, seeds: SeedFolder, count: int) -> None:
    for number in range(count):
        database.execute(f"CREATE TABLE t{number} (name text PRIMARY KEY)")
        seeds.write(f"t{number}.yaml", "rows: [{name: a}]\n")
    assert seeder("--all", "--path", seeds).exit_code == 0
    with RoundTrips(database) as way:
        assert seeder("--all", "--path", seeds, env={"DATABASE_URL": way.url}).exit_code == 0
    assert way.count <= 4


class RoundTrips:
    """A proxy before the database that counts how often the client waits for an answer."""

    def __init__(self, database: Database) -> None:
        self._server = (HOST, database.server.port)
        self._listener = socket.create_server((HOST, 0))
        port = self._listener.getsockname()[1]
        self.url = database.url.replace(f":{database.server.port}/", f":{port}/")
        self.count = 0
        self._asked = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                threading.Thread(target=self._questions, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answers, args=(client, server), daemon=True).start()

    def _questions(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                self._asked = True
                server.sendall(data)
        server.close()

    def _answers(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                self.count += self._asked
                self._asked = False
                client.sendall(data)
        client.close()
