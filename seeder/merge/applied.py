"""Which files a seeder last applied, which before that, and what is said of files that come again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from seeder.config.release import Release

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

MOST: Final = 50
"""How many digests of files that were replaced are remembered."""

REVERTED: Final = (
    "these seed files were applied before and replaced since; without a release nobody can tell whether that is meant, "
    "so they are applied, and no row is retired; with --release an older version would be left alone"
)
_REUSED: Final = "other seed files were applied under the same release before; give each version its own"


@dataclass(frozen=True, slots=True)
class Applied:
    """What the ledger noted when a seeder's files were last applied: their digest, their release, and the digests that
    these replaced, the latest last.
    """

    digest: bytes | None = None
    release: str | None = None
    earlier: Sequence[bytes] = ()

    def replaced_by(self, digest: bytes) -> list[bytes]:
        """The digests that were replaced, once the files with `digest` are applied."""
        if self.digest is None or self.digest == digest:
            return list(self.earlier)
        return [*(each for each in self.earlier if each != self.digest), self.digest][-MOST:]

    def is_reverted_by(self, digest: bytes, release: Release | None) -> bool:
        """Whether the files with `digest` are earlier ones, and no release says which are the newer ones."""
        return release is None and digest in self.earlier

    def warn(
        self,
        log: FilteringBoundLogger,
        seeder: str,
        digest: bytes,
        release: Release | None,
        *,
        again: bool = False,
    ) -> None:
        """Log if the files with `digest` are earlier ones, or others of the same release.

        `again` logs earlier ones also if they are those that were last applied.
        """
        is_new = self.digest is not None and self.digest != digest
        if self.is_reverted_by(digest, release) and (is_new or again):
            log.warning("seeder.reverted", seeder=seeder, message=REVERTED)
        if is_new and release is not None and self.release is not None and _is(self.release, release):
            log.warning("seeder.release_reused", seeder=seeder, release=str(release), message=_REUSED)


def _is(noted: str, release: Release) -> bool:
    try:
        return Release.parse(noted) == release
    except ValueError:
        return False
