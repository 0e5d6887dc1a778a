"""Every option of a run: its flag, its variable, its default and what it means, in one place.

The command line, its help and the documentation are made from this. The command line wins over the environment, the
environment over the `_seeds.yaml` of a folder, and that over the default; an empty value is not set.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

from seeder import masking
from seeder.config.options import (
    Group,
    Option,
    application_name,
    boolean,
    duration,
    ledger_schema,
    limit,
    one_of,
    option,
    text,
)
from seeder.config.prerequisite import Prerequisite
from seeder.config.regular_file import read_value
from seeder.config.release import Release
from seeder.config.strictness import Strictness
from seeder.errors import NotReadyError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

DATABASE_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE")
"""libpq's variables that name a database. libpq reads them by itself; one of them is enough."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret, or the name of a file that holds it."""

    source: str
    """The flag or variable that gave it."""
    value: str | None = field(default=None, repr=False)
    file: str | None = None

    def read(self) -> str:
        """The secret as it is now: the file is read at each call, because credentials rotate.

        A line end at the end of the file is dropped. What is read is masked from then on. Raises `NotReadyError` if the
        file does not exist yet or is still empty, because another process may write it, and `UsageError` if it can't be
        read.
        """
        text = self.value if self.file is None else self._content(self.file)
        if not text:
            raise NotReadyError(f'{self.source}: the file "{self.file}" is empty')
        masking.add_secret(text)
        return text

    def _content(self, file: str) -> str:
        try:
            return read_value(file)
        except FileNotFoundError:
            raise NotReadyError(f'{self.source}: the file "{file}" does not exist') from None
        except OSError as error:
            raise UsageError(f'{self.source}: can\'t read "{file}": {error.strerror or error}') from error
        except ValueError:
            # The decoder's own message would quote the content.
            raise UsageError(f'{self.source}: the file "{file}" is not UTF-8 text') from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run was told. Durations are in seconds; None is "none". Secrets are not in its repr."""

    database_url: Credential | None = option(
        "The database, in any form people have: postgres://, postgresql://, postgresql+psycopg://,"
        " several hosts, service=. Without it libpq's variables (PGHOST, PGDATABASE, PGSERVICE ...) name it.",
        text,
        metavar="URL",
        variable="DATABASE_URL",
        secret=True,
        short="its URL; by default libpq's PGHOST ...",
        group=Group.DATABASE,
    )
    path: tuple[str, ...] = option(
        "Folders or files of seeds, or installed modules by their dotted name;"
        ' "builtin" names the built-in seeds.',
        text,
        "builtin",
        metavar="PATH",
        separator=":",
        short="folders or files of seeds",
        group=Group.WHAT,
    )
    application: str = option(
        "Whose seeds these are. One ledger serves several applications, and each row belongs to one of them.",
        application_name,
        "default",
        metavar="NAME",
        short="whose seeds these are",
        group=Group.WHAT,
    )
    release: Release | None = option(
        "The version of the seeds: an integer, a SemVer version or a time with its offset. A run of an older release"
        " changes nothing. It needs an application that is named.",
        Release.parse,
        metavar="RELEASE",
        short="the version of the seeds",
        group=Group.WHAT,
    )
    withdraw: Release | None = option(
        "The newer release that this older one replaces. It has no effect if an even newer release has been applied.",
        Release.parse,
        metavar="RELEASE",
        short="the newer release that this one replaces",
        group=Group.WHAT,
    )
    default_path: str | None = option(
        "Seeds that replace the built-in ones if anything of that name exists; the container image says /seeds.",
        text,
        metavar="PATH",
        has_flag=False,
    )
    environment: str | None = option(
        "Seeders that list environments run only in theirs, and overlays of this environment apply.",
        text,
        metavar="NAME",
        short="its seeders run too, and its overlays apply",
        group=Group.WHAT,
    )
    single_transaction: bool = option(
        "Seed all in one transaction, and keep it only if the exit code is 0. Foreign keys that can be deferred are"
        " checked at its end.",
        boolean,
        "off",
        short="all seeders in one transaction, or none",
        group=Group.LIMITS,
    )
    strictness: Strictness = option(
        "How much failure is tolerated before the exit code is not 0: strict (none), lenient (any),"
        " a number of seeders, or a percentage of them as 25%.",
        Strictness.parse,
        "strict",
        metavar="LEVEL",
        short="strict, lenient, or as 2 or 25%",
        words=("strict", "lenient"),
        group=Group.LIMITS,
    )
    wait_timeout: float = option(
        "How long to wait for the database; 0 is one try.",
        duration,
        "120s",
        metavar="DURATION",
        short="how long to wait for it",
        group=Group.DATABASE,
    )
    wait_for: tuple[Prerequisite, ...] = option(
        "What else must be there first: table:NAME, alembic:REVISION, django:APP.MIGRATION, flyway:VERSION,"
        " liquibase:ID.",
        Prerequisite.parse,
        metavar="WHAT",
        separator=",",
        short="table:NAME, alembic:REVISION ...",
        group=Group.DATABASE,
    )
    lock_timeout: float = option(
        "How long the run may wait in total for other replicas and for table locks that others hold.",
        duration,
        "300s",
        metavar="DURATION",
        short="wait for locks, in total",
        group=Group.LIMITS,
    )
    statement_timeout: float | None = option(
        "How long each of the seeders' statements may take: PostgreSQL's statement_timeout. A server that does not"
        " answer is given up 5 s later. 0 is none.",
        limit,
        metavar="DURATION",
        short="for each statement",
        group=Group.LIMITS,
    )
    timeout: float | None = option(
        "How long the whole run may take: then it is rolled back and reported as on SIGTERM, and the exit code is 4."
        " 0 is none.",
        limit,
        metavar="DURATION",
        short="for the whole run",
        group=Group.LIMITS,
    )
    create_tables: bool = option(
        "Create a missing table when its seed file brings its DDL.",
        boolean,
        "on",
        short="create no missing table from its ddl",
        group=Group.WHAT,
    )
    allow_code: bool = option(
        "Let .py, .sql and ddl in seed folders run; without it a seeds folder can only write rows.",
        boolean,
        "off",
        short="let .py, .sql and ddl of seed folders run",
        group=Group.WHAT,
    )
    existing_rows: str | None = option(
        "What becomes of cells that differ in rows that were there before the seeder: keep, overwrite or fail."
        " Used for seed files without the field existing_rows. With --ledger off the default is overwrite.",
        one_of("keep", "overwrite", "fail"),
        metavar="POLICY",
        implied="keep",
        short="rows there before: keep, overwrite, fail",
        group=Group.WHAT,
    )
    ledger: str | None = option(
        "The schema that holds the ledger, by which people's edits are known;"
        " off for a plain upsert, which overwrites them.",
        ledger_schema,
        "seeder",
        metavar="SCHEMA",
        short="the schema of the ledger, or off",
        words=("off",),
        group=Group.DATABASE,
    )
    dry_run: bool = option(
        "Do everything, then roll back.",
        boolean,
        "off",
        short="do everything, then roll back",
        group=Group.LOOKING,
    )
    diff: bool = option(
        "Show row by row what changes, with the values of cells.",
        boolean,
        "off",
        short="show row by row what changes, with values",
        group=Group.LOOKING,
    )
    check: bool = option(
        "As --dry-run, and exit 6 if anything would change.",
        boolean,
        "off",
        short="as --dry-run; exit 6 if anything would change",
        group=Group.LOOKING,
    )
    log_format: str = option(
        "json, or console for people; auto is console on a terminal and JSON elsewhere.",
        one_of("auto", "json", "console"),
        "auto",
        metavar="FORMAT",
        short="json, console or auto",
    )
    log_level: str = option(
        "The lowest level that is logged: debug, info, warning or error.",
        one_of("debug", "info", "warning", "error"),
        "info",
        metavar="LEVEL",
        short="debug, info, warning or error",
    )
    debug: bool = option(
        "Log at level debug, with tracebacks and with the text of errors that code in the database raises.",
        boolean,
        "off",
        short="log everything, with tracebacks",
    )
    log_file: str | None = option(
        "Append the log to this file too, as JSON lines.",
        text,
        metavar="FILE",
        short="append the log to this file too",
    )
    report: tuple[str, ...] = option(
        "Write the run's report to this file: JUnit XML if the name ends in .xml, Markdown in .md, a page in .html,"
        " else JSON. Cells are in Markdown and pages only with --diff.",
        text,
        metavar="FILE",
        separator=",",
        short="write the report: JSON, or .xml, .md, .html",
    )
    termination_log: str | None = option(
        "Where Kubernetes looks for the termination message; by default /dev/termination-log if it exists.",
        text,
        metavar="FILE",
        short="where Kubernetes looks for the outcome",
    )
    auto_seed_database: bool = option(
        "false switches seeding off: the run says so and exits 0 without touching the database.",
        boolean,
        "true",
        variable="AUTO_SEED_DATABASE",
        has_flag=False,
    )
    password: Credential | None = field(default=None, repr=False)
    """From the file that PGPASSWORD_FILE names, for a URL without one. PGPASSWORD itself is libpq's."""
    given: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    """The names of the options that somebody gave. The others have their defaults."""

    @classmethod
    def load(cls, given: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
        """What the command line says (`given`, by field name), else the environment, else the defaults.

        In `given`, a switch is a bool, a repeatable option a sequence of strings, anything else a string; None and
        empty strings are not given, but an empty secret is an error, because another would be used. Raises
        `UsageError` for the first wrong value, naming the option or variable.
        """
        note_secrets(environ)
        values: dict[str, Any] = {}
        for known in OPTIONS:
            value = _from_command_line(known, given.get(known.name))
            if value is _NOT_GIVEN:
                value = _from_environment(known, environ)
            if value is not _NOT_GIVEN:
                values[known.name] = value
        # Anything of that name is meant: if it can't be read or holds no seeder, the run says so.
        if "path" not in values and os.path.lexists(default := values.get("default_path", "")):
            values["path"] = (default,)
        return cls(**values, password=_password(environ), given=frozenset(values))

    @classmethod
    def of(cls, keywords: Mapping[str, Any]) -> Settings:
        """What a call of the library says, by field name, else the defaults. Raises `UsageError`."""
        values = {name: _from_keyword(_BY_NAME[name], value) for name, value in keywords.items()}
        return cls(**values, given=frozenset(values))

    def names_database(self, environ: Mapping[str, str]) -> bool:
        """Whether a database is named, here or by libpq's variables."""
        return self.database_url is not None or any(environ.get(name) for name in DATABASE_VARIABLES)

    def require_database(self, environ: Mapping[str, str]) -> None:
        """Raise `UsageError` unless a database is named, or if a file with its credentials can't be read.

        A file that is not there yet is waited for, as the database is.
        """
        for credential in (self.database_url, self.password):
            if credential is not None:
                with contextlib.suppress(NotReadyError):
                    credential.read()
        if not self.names_database(environ):
            raise UsageError(
                "no database is named; pass --database-url, or set DATABASE_URL, DATABASE_URL_FILE or PGHOST"
            )


OPTIONS: tuple[Option, ...] = tuple(
    replace(known, name=each.name, variable=known.variable or f"SEED_{each.name.upper()}")
    for each in fields(Settings)
    if (known := each.metadata.get("option")) is not None
)
"""Every option, in the order of the help."""

_BY_NAME: Final = {known.name: known for known in OPTIONS}

_NOT_GIVEN: Final = object()
"""Not None, which is a value: `--ledger off`."""


def note_secrets(environ: Mapping[str, str]) -> None:
    """Have the secrets in the environment masked, before anything is read that an error message may quote."""
    for variable in ("PGPASSWORD", *(known.variable for known in OPTIONS if known.secret)):
        if environ.get(variable):
            masking.add_secret(environ[variable])


def _from_command_line(option: Option, given: Any) -> Any:
    if isinstance(given, bool):
        return given
    if option.separator is not None:
        values = tuple(_read(option, option.flag, each) for each in given or () if each.strip())
        return values or _NOT_GIVEN
    if option.secret and given is not None and not given.strip():
        raise UsageError(f"{option.flag} is empty; give it a value, or leave it out to use {option.variable}")
    return _read(option, option.flag, given.strip()) if given and given.strip() else _NOT_GIVEN


def _from_environment(option: Option, environ: Mapping[str, str]) -> Any:
    text = environ.get(option.variable, "").strip()
    file = environ.get(option.file_variable, "") if option.file_variable else ""
    if text and file:
        raise UsageError(f"{option.variable} and {option.file_variable} are both set; set one of them")
    if file:
        return Credential(f"{option.file_variable}", file=file)
    if option.separator is not None:
        return tuple(_read(option, option.variable, each) for each in option.split(text)) or _NOT_GIVEN
    return _read(option, option.variable, text) if text else _NOT_GIVEN


def _from_keyword(option: Option, value: Any) -> Any:
    """The setting for a keyword argument: of the option's own type, or text as the command line takes it."""
    if option.separator is not None:
        values = [value] if isinstance(value, str | os.PathLike) else value
        return tuple(_read(option, option.name, os.fspath(each)) for each in values)
    if option.is_switch != isinstance(value, bool):
        said = "is not a boolean" if option.is_switch else "is a boolean, which is not a value here"
        raise UsageError(f"{option.name}: {value!r} {said}")
    if option.is_switch or (value is None and (option.default is None or option.name == "ledger")):
        return value
    return _read(option, option.name, f"{value:.3f}" if isinstance(value, float) else str(value))


def _read(option: Option, source: str, text: str) -> Any:
    if option.secret:
        masking.add_secret(text)
        return Credential(source, text)
    try:
        return option.read(text)
    except ValueError as error:
        raise UsageError(f'{source}: "{text}" {error}', outside=text) from error


def _password(environ: Mapping[str, str]) -> Credential | None:
    file = environ.get("PGPASSWORD_FILE")
    if not file:
        return None
    if environ.get("PGPASSWORD"):
        raise UsageError("PGPASSWORD and PGPASSWORD_FILE are both set; set one of them")
    return Credential("PGPASSWORD_FILE", file=file)
