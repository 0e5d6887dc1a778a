"""What a merge is told, and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeder.merge.ledger import Ledger
from seeder.merge.proof import Proof
from seeder.merge.resolution import Resolution
from seeder.merge.table import Table
from seeder.reporting.counts import Counts
from seeder.reporting.progress import Progress

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from seeder.reporting.difference import Show


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to merge: what the run's settings say, and what only the run knows.

    `schemas` are those in which a name without a schema is looked for, in order. `pending` are the names of the
    seeders that are still to run in this run, and `left_behind` former names of the seeder whose rows nobody else will
    list. `pin` sets the transaction's settings for statements that read, and `unpin` those of the role itself, for
    statements that write; `check_deferred`, between the two, lets deferred triggers fire. `show` is given what changes
    before it does, and `progress` is told what is being done.

    `told` gives what a proof that nothing is left to do has to tell of the seed files and of the settings; None: no
    proof is noted. `about` gives that without what some of the files say. `proved` is the proof that still held in the
    database when it was asked for, though files may have changed.

    `waited` is told how many seconds a wait for somebody's lock on the table took.

    `table` is the table as it was when the rows were merged: if it has been altered since, nothing is retired.

    `dry_run` spares the sequences, which no rollback would bring back. `quiet` logs nothing. With a `resolution`,
    nothing is done but what it asks for.
    """

    ledger: Ledger | None
    log: FilteringBoundLogger
    pin: Callable[[], object]
    unpin: Callable[[], object]
    check_deferred: Callable[[], object]
    schemas: Sequence[str]
    create_tables: bool = True
    pending: Collection[str] = frozenset()
    left_behind: Collection[str] = frozenset()
    show: Show | None = None
    progress: Progress = field(default_factory=Progress)
    told: Callable[[], Mapping[str, Any] | None] = lambda: None
    about: Callable[[Collection[Path]], str | None] = lambda _: None
    proved: Proof | None = None
    waited: Callable[[float], object] | None = None
    table: Table | None = None
    dry_run: bool = False
    quiet: bool = False
    resolution: Resolution | None = None


@dataclass
class Merged:
    """What became of a seeder's rows. `retired` counts its rows in the ledger that the seed file does not list.

    `pending` counts rows that were left out because another seeder of this run holds them and has yet to run.
    """

    counts: Counts = Counts()
    retired: int = 0
    pending: int = 0
    got_away: int = 0
    """Rows that somebody changed while they were being compared: the next run sees to them."""
    reverted: bool = False
    """Whether the seed files are earlier ones, so that no row is to be retired."""
    resolved: int = 0
    """Cells that were in conflict, and are no more because of a resolution."""
    written: bool = False
    """Whether anything at all was written, the ledger included."""
    table: Table | None = None
    """The table, as the rows were merged into it."""
