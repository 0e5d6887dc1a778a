"""A folder of seed files for a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeder.seed_files import DataSeeder, Seeder, discover

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seeder.seed_files.values import Value


class SeedFolder:
    """Writes seed files and discovers what they come to. Positions are shown relative to the folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def discover(
        self, *, allow_code: bool = False, environment: str | None = None, **environ: str
    ) -> list[Seeder]:
        return discover([str(self.path)], allow_code=allow_code, environ=environ, environment=environment)

    def only(self, *, allow_code: bool = False, environment: str | None = None, **environ: str) -> DataSeeder:
        (seeder,) = self.discover(allow_code=allow_code, environment=environment, **environ)
        assert seeder.error is None, seeder.error
        assert isinstance(seeder, DataSeeder)
        return seeder

    def names(self, *, allow_code: bool = True) -> list[str]:
        return [seeder.name for seeder in self.discover(allow_code=allow_code)]

    def error(self, *, allow_code: bool = True, environment: str | None = None, **environ: str) -> str:
        """What the one seeder in the folder is refused for, when it is read or when its rows are."""
        (seeder,) = self.discover(allow_code=allow_code, environment=environment, **environ)
        if seeder.error is not None:
            return self.relative(str(seeder.error))
        assert isinstance(seeder, DataSeeder)
        try:
            list(seeder.rows())
        except Exception as error:  # noqa: BLE001 (whatever it is, the test compares it)
            return self.relative(str(error))
        return "no error"

    def relative(self, message: str) -> str:
        return message.replace(f"{self.path}/", "")


def cells(seeder: DataSeeder) -> list[Mapping[str, Value]]:
    return [dict(zip(row.columns, row.values, strict=True)) for row in seeder.rows()]
