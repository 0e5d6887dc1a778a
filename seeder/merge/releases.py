"""The newest release of an application, as the ledger has it, and what a run of another release may do.

`docs/decisions/releases.md` says why no value of a newer release is ever undone.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from seeder.config.release import Release
from seeder.errors import UsageError
from seeder.merge.ledger import Ledger
from seeder.postgres.connection import Connection
from seeder.postgres.locks import Lock
from seeder.postgres.statements import part, run

SINCE: Final = part("pg_catalog.to_char(a.released_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"')")
"""When the newest release of the application `a` came, for people."""


class Standing(enum.Enum):
    """Where a run stands among the releases that the ledger knows."""

    CURRENT = "current"
    """It is of the newest one, or nobody has a release."""
    NEWER = "newer"
    """It is of one that the ledger is to note, because it is newer or replaces the newest, which it withdraws; or that
    is noted but not settled: a transaction of an older one may be under way still."""
    SUPERSEDED = "superseded"
    """It is of one that may write nothing."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The release that counts, since when, and up to which newer one all are withdrawn. None: there is none.

    As long as there is no `since` the release is not settled.
    """

    release: Release | None = None
    since: str | None = None
    withdrawn: Release | None = None

    @classmethod
    def noted(cls, ledger: Ledger, release: str | None, since: str | None, withdrawn: str | None) -> Newest:
        """From what the ledger has noted. Raises `UsageError` if somebody put there what is no release."""
        return cls(_noted(ledger, release), since, _noted(ledger, withdrawn))

    def standing(self, ledger: Ledger) -> Standing:
        """Where a run with this `ledger` stands. Raises `UsageError` if its release is of another kind."""
        own, newest, withdrawn = ledger.release, self.release, self.withdrawn
        if newest is None:
            return Standing.CURRENT if own is None else Standing.NEWER
        if own is None:
            return Standing.SUPERSEDED
        if own.kind != newest.kind:
            raise UsageError(
                f'release {own} is {own.is_a}, and application "{ledger.application}" has release {newest}, which is '
                f"{newest.is_a}; an application stays with one kind (docs/releases.md says how to begin anew)"
            )
        if own == newest:
            return Standing.NEWER if self.since is None else Standing.CURRENT
        if own < newest:
            return Standing.NEWER if ledger.withdraw == newest else Standing.SUPERSEDED
        return Standing.NEWER if withdrawn is None or own > withdrawn else Standing.SUPERSEDED

    def followed_by(self, ledger: Ledger) -> Newest:
        """What is to be noted once a run with this `ledger` has begun that is `NEWER`."""
        own, newest = ledger.release, self.release
        replaces = own is not None and newest is not None and own < newest
        return Newest(own, None, (self.withdrawn or newest) if replaces else None)

    def why(self, own: Release | None) -> str:
        """Why a run of release `own` is superseded, as a sentence."""
        here = f"release {self.release}" + (f", which came at {self.since}" if self.since else "")
        if own is None:
            return f"these seeds have no release, and the database has {here}"
        if self.release is not None and own > self.release:
            return f"release {own} was withdrawn, and replaced by {here}"
        return f"release {own} is older than {here}"


class Superseded(Exception):  # noqa: N818 - nothing went wrong
    """A newer release has come: what the run has not yet begun is left alone."""

    def __init__(self, newest: Newest) -> None:
        super().__init__()
        self.newest = newest


@dataclass(frozen=True, slots=True)
class Noted:
    """What was noted of the run's release. `before` is what counted until then.

    `settled` tells whether no transaction of another release can be under way any more.
    """

    written: bool
    before: Newest
    settled: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """Whether a release that had only been noted is settled now."""

    written: bool


def lock_of(ledger: Ledger, *, shared: bool = False) -> Lock:
    """The lock that each transaction of a run shares. Whoever has it for itself knows that none is under way."""
    return Lock("release", f"{ledger.schema}.{ledger.application}", shared)


def lock_on_noting(ledger: Ledger) -> Lock:
    """The lock under which a release is noted."""
    return Lock("noting a release", f"{ledger.schema}.{ledger.application}")


def ask(connection: Connection, ledger: Ledger) -> Newest:
    """What the ledger knows by now."""
    found = run(
        connection,
        part(
            "SELECT a.release, {since} AS since, a.withdrawn FROM {applications} AS a WHERE a.name = %(application)s",
            since=SINCE,
            **ledger.names,
        ),
        {"application": ledger.application},
    ).one_or_none()
    return Newest() if found is None else Newest.noted(ledger, *found)


def check(connection: Connection, ledger: Ledger) -> None:
    """Raise `Superseded` if a newer release has been noted. The caller shares the lock."""
    newest = ask(connection, ledger)
    if newest.standing(ledger) is Standing.SUPERSEDED:
        raise Superseded(newest)


def note(connection: Connection, ledger: Ledger) -> Noted:
    """Note the release of a run if it is `NEWER`, so that from now on no transaction of an older one begins.

    The caller has the lock on noting.
    """
    before = ask(connection, ledger)
    if before.standing(ledger) is not Standing.NEWER:
        return Noted(written=False, before=before, settled=True)
    if before.release == ledger.release:
        return Noted(written=False, before=before, settled=False)
    ledger.register_application(connection)
    after = before.followed_by(ledger)
    since = run(
        connection,
        part(
            "UPDATE {} SET release = %(release)s, withdrawn = %(withdrawn)s, "
            "released_at = CASE WHEN pg_catalog.pg_try_advisory_xact_lock(%(lock)s) "
            "THEN pg_catalog.clock_timestamp() END WHERE name = %(application)s RETURNING released_at",
            ledger.names["applications"],
        ),
        {
            "release": str(after.release),
            "withdrawn": None if after.withdrawn is None else str(after.withdrawn),
            "lock": lock_of(ledger).key,
            "application": ledger.application,
        },
    ).scalar()
    return Noted(written=True, before=before, settled=since is not None)


def settle(connection: Connection, ledger: Ledger) -> Settled:
    """Note that every transaction has ended that began before the release of the run was noted.

    The caller has the lock for itself, which they share.
    """
    settled = run(
        connection,
        part(
            "UPDATE {} SET released_at = pg_catalog.clock_timestamp() "
            "WHERE name = %(application)s AND release = %(release)s AND released_at IS NULL",
            ledger.names["applications"],
        ),
        {"release": str(ledger.release), "application": ledger.application},
    ).rowcount
    return Settled(written=bool(settled))


def overtaken(connection: Connection, ledger: Ledger) -> tuple[str, ...]:
    """The releases that seeders of the application were last applied under and that come after the run's.

    If the run may write all the same, they were withdrawn or forgotten, and so were the seeders that only they have.
    One of another kind was forgotten too.
    """
    if ledger.release is None:
        return ()
    noted: Sequence[str] = run(
        connection,
        part(
            "SELECT DISTINCT s.release FROM {seeders} AS s JOIN {applications} AS a ON a.id = s.application_id "
            "WHERE a.name = %(application)s AND s.release IS NOT NULL",
            **ledger.names,
        ),
        {"application": ledger.application},
    ).scalars()
    return tuple(sorted(each for each in noted if not _comes_before(each, ledger.release)))


def _comes_before(noted: str, release: Release) -> bool:
    try:
        other = Release.parse(noted)
    except ValueError:
        return False
    return other.kind == release.kind and other <= release


def _noted(ledger: Ledger, text: str | None) -> Release | None:
    if text is None:
        return None
    try:
        return Release.parse(text)
    except ValueError as error:
        raise UsageError(
            f'the ledger in schema "{ledger.schema}" has release "{text}" of application "{ledger.application}", '
            f"which {error}"
        ) from None
