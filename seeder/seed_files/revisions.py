"""Earlier versions of a folder of seed files, read from git by the program `git`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path, PurePosixPath
from typing import Final

from seeder.errors import UsageError

_PATTERN: Final = frozenset("*?[")
_LINK: Final = b"120000"


class Repository:
    """The git repository that a folder lies in. Raises `UsageError` if there is none, or no git."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        program = shutil.which("git")
        if program is None:
            raise UsageError("--git needs the program git, which is not installed; give folders instead")
        self._program = program
        prefix = self._said("rev-parse", "--show-prefix")
        if prefix is None:
            raise UsageError(
                f"{folder} is in no git repository that can be read; give folders instead of --git"
            )
        self.prefix = prefix
        """Where the folder lies in the repository, with a slash at the end; empty for the repository itself."""

    def releases(self, revision: str) -> list[tuple[str, str]]:
        """What `revision` names: of each the tag, or else the short hash, and the commit. A pattern names tags.

        They are in the order of the versions in their names. Raises `UsageError` if there is none.
        """
        if _PATTERN.isdisjoint(revision):
            commit = self._commit(revision)
            if commit is None:
                raise UsageError(f"git knows no revision {revision} in {self._folder}", outside=revision)
            if self._said("rev-parse", "--verify", "--quiet", f"refs/tags/{revision}") is not None:
                return [(revision, commit)]
            return [(self._said("rev-parse", "--short", commit) or commit, commit)]
        tags = (self._said("tag", "--list", "--sort=version:refname", revision) or "").split("\n")
        found = [(tag, self._commit(f"refs/tags/{tag}")) for tag in tags if tag]
        if not found:
            raise UsageError(f"no tag of {self._folder} matches {revision}", outside=revision)
        return [(tag, commit) for tag, commit in found if commit is not None]

    def extract(self, commit: str, target: Path) -> bool:
        """Write the folder as it was in `commit` into the empty folder `target`. False if there was none."""
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", f"{commit}:{self.prefix}")
        if listed is None:
            return False
        for entry in filter(None, listed.split(b"\0")):
            facts, _, path = entry.partition(b"\t")
            mode, kind, blob = facts.split()
            name = PurePosixPath(os.fsdecode(path))
            if kind == b"blob" and not name.is_absolute() and ".." not in name.parts:
                self._write(target / name, blob.decode(), is_link=mode == _LINK)
        return True

    def _write(self, file: Path, blob: str, *, is_link: bool) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        content = self._run("cat-file", "blob", blob)
        if content is None:
            raise UsageError(f"git can't read {blob}, which is {file.name} in an earlier version")
        if is_link:
            # What leads out of the folder is no seed file, and `!file` does not follow it.
            file.symlink_to(os.fsdecode(content))
        else:
            file.write_bytes(content)

    def _commit(self, revision: str) -> str | None:
        return self._said("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")

    def _said(self, *arguments: str) -> str | None:
        said = self._run(*arguments)
        return None if said is None else os.fsdecode(said).rstrip("\n")

    def _run(self, *arguments: str) -> bytes | None:
        """What git says; None if it fails."""
        command = [self._program, "-C", str(self._folder), *arguments]
        environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
        done = subprocess.run(command, capture_output=True, check=False, env=environment)  # noqa: S603 - no shell
        return done.stdout if done.returncode == 0 else None
