"""With `--diff`, say what becomes of rows while it is found: as events for programs, as lines where people read a pipe.

A terminal gets it at the end of the run, table by table: see `summary`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from seeder.reporting import diff, logs, summary
from seeder.reporting.difference import Change, Difference

if TYPE_CHECKING:
    from seeder.reporting.difference import Show
    from seeder.reporting.view import View


def shown(difference: Difference) -> Show:
    """Take up changes in `difference`, and say each of them if that is to be done at once."""
    view = logs.view()

    def show(changes: Iterable[Change]) -> None:
        taken = difference.add(changes)
        if view is None:
            _as_events(difference, taken)
        elif view.screen.is_terminal:
            for _ in taken:
                pass
        else:
            _as_lines(difference, taken, view)

    return show


def _as_events(difference: Difference, changes: Iterable[Change]) -> None:
    log = logs.get_logger()
    for change in changes:
        log.info(
            "row.differs",
            seeder=difference.seeder,
            table=difference.table,
            change=str(change.kind),
            key=dict(change.key),
            cells={name: {"live": c.live, "desired": c.desired} for name, c in change.cells.items()},
        )


def _as_lines(difference: Difference, changes: Iterable[Change], view: View) -> None:
    is_new = not difference.counts
    for lines in diff.rows(changes):
        if is_new:
            is_new = False
            view.screen.write(summary.heading(difference))
        view.screen.write(summary.change_lines(lines))
