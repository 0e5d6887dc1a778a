"""Show what changes row by row: as lines for people, or as events for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping

from seeder.masking import redact
from seeder.merge.changes import CellChange, Change, Kind
from seeder.reporting import logs
from seeder.seed_files.model import DataSeeder

_SIGNS = {
    Kind.ADDED: ("+", "green"),
    Kind.CHANGED: ("~", "yellow"),
    Kind.KEPT: ("=", "cyan"),
    Kind.CONFLICT: ("!", "magenta"),
    Kind.RETIRED: ("-", "red"),
}
_LONGEST = 100


def as_events(seeder: DataSeeder) -> Callable[[Iterable[Change]], None]:
    """Log each change as `row.differs`."""
    log = logs.get_logger()

    def show(changes: Iterable[Change]) -> None:
        for change in changes:
            log.info(
                "row.differs",
                seeder=seeder.name,
                table=str(seeder.table),
                change=str(change.kind),
                key=dict(change.key),
                cells={name: {"live": c.live, "desired": c.desired} for name, c in change.cells.items()},
            )

    return show


def as_lines(seeder: DataSeeder) -> Callable[[Iterable[Change]], None]:
    """Write each change to standard output, in colour on a terminal."""
    import click

    headed = False

    def show(changes: Iterable[Change]) -> None:
        nonlocal headed
        for change in changes:
            if not headed:
                headed = True
                click.secho(f"\n{seeder.name} ({seeder.table})", bold=True)
            sign, colour = _SIGNS[change.kind]
            key = ", ".join(f"{name}={one_line(value)}" for name, value in change.key.items())
            click.secho(f"  {sign} {key}  ({change.kind})", fg=colour)
            for line in _cell_lines(change.kind, change.cells):
                click.echo(f"      {line}")
        sys.stdout.flush()

    return show


def _cell_lines(kind: Kind, cells: Mapping[str, CellChange]) -> Iterable[str]:
    width = max(map(len, cells), default=0)
    for name, cell in cells.items():
        if kind is Kind.ADDED:
            yield f"{name:<{width}}  {one_line(cell.desired)}"
        elif kind in {Kind.KEPT, Kind.CONFLICT}:
            yield f"{name:<{width}}  {one_line(cell.live)}  (the seed file says {one_line(cell.desired)})"
        else:
            yield f"{name:<{width}}  {one_line(cell.live)} → {one_line(cell.desired)}"


def one_line(value: str | None, longest: int = _LONGEST) -> str:
    """A value on one line, cut if it is long; secrets are masked."""
    if value is None:
        return "NULL"
    line = redact(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    line = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in line)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
