"""Which seeders have nothing to do, found without reading a seed file: see `seeder.merge.proof`."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.pq import TransactionStatus

from seeder import masking
from seeder.config.version import version
from seeder.errors import UsageError
from seeder.merge.ledger import Ledger
from seeder.merge.proof import ask
from seeder.merge.releases import Newest, Standing, Superseded
from seeder.reporting.counts import Counts
from seeder.run.ordering import selected
from seeder.seed_files.inputs import Inputs, beside, read_variable
from seeder.seed_files.model import DataSeeder
from seeder.seed_files.names import history_of, overlay_of, same_flag, split_name
from seeder.seed_files.places import place_of
from seeder.seed_files.sets import set_of
from seeder.seed_files.values import TableName

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from seeder.config.settings import Settings
    from seeder.merge.proof import Proof
    from seeder.postgres.connection import Connection
    from seeder.run.transactions import Transactions
    from seeder.seed_files.model import Seeder
    from seeder.seed_files.places import Place
    from seeder.seed_files.rows import Row


_FORM: Final = "1"
"""The form of what is noted. Another one makes all that was noted before count for nothing."""


def ledger_of(settings: Settings) -> Ledger | None:
    """The ledger of a run; None if it keeps none."""
    if settings.ledger is None:
        return None
    return Ledger(settings.ledger, settings.application, settings.release, settings.withdraw)


def told(seeder: DataSeeder, settings: Settings) -> dict[str, Any] | None:
    """What a proof has to tell of a seeder, so that a later run need not read its files.

    None if it can't be told, or if a file was written since it was read.
    """
    inputs = seeder.inputs
    digest = inputs.digest(*_settings(settings)) if inputs.are_as_read else None
    if digest is None:
        return None
    return {
        "origin": digest,
        "files": inputs.names,
        "patterns": inputs.patterns,
        "variables": sorted(inputs.variables),
        "table": [seeder.table.schema, seeder.table.name],
        "references": [[each.schema, each.name] for each in sorted(seeder.references, key=str)],
        "environments": sorted(seeder.environments),
        "depends_on": seeder.depends_on,
        "required": seeder.required,
        "formerly": seeder.formerly,
    }


def about(seeder: DataSeeder, settings: Settings, files: Collection[Path]) -> str | None:
    """What `told` tells, but for what `files` say. None if it can't be told."""
    inputs = seeder.inputs
    return inputs.digest(*_settings(settings), without=files) if inputs.are_as_read else None


def _settings(settings: Settings) -> tuple[str | None, ...]:
    """What decides beside the files what a run does with a seeder."""
    return (_FORM, version(), settings.application, settings.ledger, settings.existing_rows)


@dataclass(frozen=True, slots=True)
class Unread:
    """The rows of a seeder that has nothing to do."""

    def rows(self) -> Iterator[Row]:
        """Nobody asks for them."""
        raise AssertionError("a seeder that has nothing to do is not read")


class Proofs:
    """Which seeders of a run have nothing to do, by what the database says now. None, if that is not `wanted`."""

    def __init__(self, settings: Settings, *, wanted: bool = True) -> None:
        self._settings = settings
        # With --diff, cells that were kept are shown, so that they are to be compared.
        self._possible = wanted and settings.ledger is not None and not settings.diff
        self._proofs: Mapping[str, Proof] = {}
        self._newest = Newest()
        self._asked: int | None = None
        """How much had been written when it was last asked; None: not yet."""
        self._digests: dict[str, str | None] = {}

    def unread(
        self,
        connect: Callable[[], Connection | None],
        select: Callable[[Sequence[str]], Collection[str] | None],
        environ: Mapping[str, str],
    ) -> Sequence[DataSeeder] | None:
        """All seeders that there are, if those selected have nothing to do; None if seed files are to be read.

        `connect` connects without waiting, and `select` chooses by name.
        """
        if not self._possible or self._settings.wait_for:
            return None
        listing = Listing(self._settings.path)
        try:
            wanted = select(sorted(listing.names))
        except UsageError:
            return None
        connection = connect() if listing.names and listing.complete else None
        if connection is None:
            return None
        self._asked = 0
        self._ask(connection, listing.names, listing.names if wanted is None else wanted)
        dry_run = self._settings.dry_run or self._settings.check
        if self.standing is Standing.SUPERSEDED or (self.standing is Standing.NEWER and not dry_run):
            return None
        noted = {name: proof.noted for name, proof in self._proofs.items()}
        environment = self._settings.environment
        seeders = listing.seeders(noted, environ, environment, self._is_as_noted)
        if seeders is not None:
            names = select([each.name for each in seeders])
            if all(map(self._counts, selected(seeders, names, self._settings.environment))):
                masking.add_names(*(name for each in seeders for name in each.names))
                return seeders
        self._digests.clear()
        return None

    def of(self, seeder: Seeder, later: Collection[Seeder], transactions: Transactions) -> Counts | None:
        """What a run that compares the seeder's rows would count, if it has nothing to do; else None.

        Asked again once something was written, which may be what `seeder`, or one of those that come `later`, rests on.
        """
        outdated = self._asked is None or (
            self._asked != transactions.written and self._counts(seeder) is not None
        )
        if self._possible and outdated:
            self._asked = transactions.written
            names = [each.name for each in (seeder, *later)]
            self._ask(transactions.connection, names, names)
        return self._counts(seeder)

    @property
    def standing(self) -> Standing:
        """Where the run stood among the application's releases when it was last asked."""
        ledger = ledger_of(self._settings)
        return Standing.CURRENT if ledger is None else self._newest.standing(ledger)

    def check(self) -> None:
        """Raise `Superseded` if a newer release was there when it was last asked."""
        if self.standing is Standing.SUPERSEDED:
            raise Superseded(self._newest)

    def forget(self) -> None:
        """Ask again before anything is taken for proved."""
        self._asked = None
        self._proofs = {}

    def lost(self, seeders: Sequence[DataSeeder], connection: Connection) -> set[str]:
        """Those of `seeders` that were proved, and on which something was written since."""
        if not self._possible:
            return set()
        names = [each.name for each in seeders]
        self._ask(connection, names, names)
        return {
            name
            for name, proof in self._proofs.items()
            if proof.noted.get("state") is not None and not proof.holds
        }

    def held(self, seeder: Seeder) -> Proof | None:
        """What was noted of the seeder, if its state in the database was still the same; its files may be others."""
        proof = self._proofs.get(seeder.name)
        return proof if proof is not None and proof.holds else None

    def _counts(self, seeder: Seeder) -> Counts | None:
        proof = self._proofs.get(seeder.name)
        if proof is None or not proof.holds or not self._is_as_noted(seeder, proof.noted):
            return None
        with contextlib.suppress(LookupError, TypeError):
            return Counts(**proof.noted["counts"])
        return None

    def _is_as_noted(self, seeder: Seeder, noted: Mapping[str, Any]) -> bool:
        """Whether the seeder is made from what it was made from when that was noted."""
        if seeder.name not in self._digests:
            self._digests[seeder.name] = seeder.inputs.digest(*_settings(self._settings))
        digest = self._digests[seeder.name]
        return digest is not None and digest == noted.get("origin")

    def _ask(self, connection: Connection, names: Collection[str], wanted: Collection[str]) -> None:
        ledger = ledger_of(self._settings)
        assert ledger is not None  # noqa: S101 - nothing is asked without a ledger
        self._proofs = {}
        question = functools.partial(
            ask, connection, ledger, names, wanted, statement_timeout=self._settings.statement_timeout
        )
        # No ledger, no privilege, a table that is locked: the comparison finds out what it is.
        with contextlib.suppress(psycopg.Error):
            if connection.info.transaction_status != TransactionStatus.IDLE:
                with connection.transaction():
                    found = question()
            else:
                with _autocommit(connection):
                    found = question()
            self._proofs = {proof.seeder: proof for proof in found.proofs}
            self._newest = found.newest


@contextlib.contextmanager
def _autocommit(connection: Connection) -> Iterator[None]:
    before = connection.autocommit
    connection.autocommit = True
    try:
        yield
    finally:
        if not connection.closed:
            connection.autocommit = before


class Listing:
    """The seed files under `paths`, by name: nothing is read.

    `names` are the seeders that they may be; `complete` tells whether there is no path of another kind.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._places: list[tuple[Place, list[str]]] = []
        self.complete = True
        for path in dict.fromkeys(paths):
            try:
                place = place_of(path)
                if place is not None:
                    self._places.append((place, sorted(file.name for file in place.files())))
            except OSError:
                place = None
            self.complete = self.complete and place is not None
        self.names = {
            split_name(name)[0]
            for _, names in self._places
            for name in names
            if not history_of(name) and not overlay_of(name)
        }

    def seeders(
        self,
        noted: Mapping[str, Mapping[str, Any]],
        environ: Mapping[str, str],
        environment: str | None,
        is_as_noted: Callable[[Seeder, Mapping[str, Any]], bool],
    ) -> list[DataSeeder] | None:
        """The seeders as they were noted, if the files make these and no others; None if nobody can tell."""
        found: dict[str, DataSeeder] = {}
        for place, names in self._places:
            seed_set = set_of(place)
            unclaimed = set(names) if place.only is None else {place.only}
            if not unclaimed:
                return None
            for own in _owners(place, names):
                name = split_name(own)[0]
                seeder = None
                if name in noted:
                    seeder = _as_noted(noted[name], place, own, names, environ, environment=environment)
                if seeder is not None:
                    seeder.inputs.policies = seed_set.told
                if seeder is None or not is_as_noted(seeder, noted[name]):
                    continue
                if found.setdefault(same_flag(name), seeder) is not seeder:
                    # Two of one name, or one that is found twice.
                    return None
                unclaimed.difference_update(noted[name]["files"])
                unclaimed.difference_update(_overlays(name, names, seed_set.environments))
            if unclaimed:
                return None
        return sorted(found.values(), key=lambda each: each.name)


def _owners(place: Place, names: Sequence[str]) -> Iterator[str]:
    """The files that may be a seeder's own."""
    for name in names:
        if place.only is None or split_name(name)[0] == split_name(place.only)[0]:
            yield name


def _overlays(seeder: str, names: Sequence[str], known: Sequence[str]) -> Iterator[str]:
    """The overlays of a seeder, those of other environments too, unless they are none of those `known`."""
    for name in names:
        overlay = overlay_of(name)
        if overlay is not None and overlay[0] == seeder and (not known or overlay[1] in known):
            yield name


def _as_noted(
    noted: Mapping[str, Any],
    place: Place,
    own: str,
    names: Sequence[str],
    environ: Mapping[str, str],
    *,
    environment: str | None,
) -> DataSeeder | None:
    """The seeder whose own file is `own`, as it was noted; None if it was another file's, or the note is damaged."""
    try:
        files = tuple(noted["files"])
        if files[0] != own or (place.only is not None and place.only not in files):
            return None
        inputs = Inputs(place.folder, [place.folder / each for each in files])
        inputs.patterns = list(noted["patterns"])
        inputs.variables = {each: read_variable(each, environ) for each in noted["variables"]}
        name = split_name(own)[0]
        inputs.beside = beside(own, name, names, environment)
        overlay = next((each for each in files if overlay_of(each) == (name, environment)), None)
        return DataSeeder(
            name=name,
            file=str(place.shown / own),
            environments=frozenset(noted["environments"]),
            depends_on=tuple(noted["depends_on"]),
            required=noted["required"],
            inputs=inputs,
            table=TableName(*noted["table"]),
            formerly=tuple(noted["formerly"]),
            references=frozenset(TableName(*each) for each in noted["references"]),
            overlay=None if overlay is None else str(place.shown / overlay),
            source=Unread(),
        )
    except (LookupError, OSError, TypeError, ValueError):
        return None
