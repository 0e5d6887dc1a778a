"""Every option of a run: its flag, its variable, its default and what it means, in one place.

The command line, its help and the documentation are made from what stands here. The command line wins over
the environment, the environment over the default; an empty value is as good as none.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeder import masking
from seeder.config.options import (
    Option,
    application_name,
    duration,
    ledger_schema,
    limit,
    one_of,
    option,
    parsed,
    strictness_text,
    text,
    truth,
)
from seeder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

DATABASE_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE")
"""libpq's variables that name a database. libpq reads them by itself; one of them is enough."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret, given as itself or by the name of a file that holds it."""

    source: str
    """The flag or variable it came by."""
    value: str | None = field(default=None, repr=False)
    file: str | None = None

    def read(self) -> str:
        """The secret as it is now: the file is read at each call, because credentials rotate.

        Line ends at the end of the file are not part of it. What was read is masked from then on. Raises
        `UsageError` when the file can't be read or holds nothing.
        """
        text = self.value if self.file is None else self._content(self.file)
        if not text:
            raise UsageError(f'{self.source}: the file "{self.file}" is empty')
        masking.add_secret(text)
        return text

    def _content(self, file: str) -> str:
        try:
            return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise UsageError(f'{self.source}: can\'t read "{file}": {error.strerror or error}') from error
        except ValueError:
            # The decoder's own message would quote the content.
            raise UsageError(f'{self.source}: the file "{file}" is not UTF-8 text') from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run was told. Durations are in seconds; None is "none". Secrets are not in its repr."""

    database_url: Credential | None = option(  # noqa: RUF009  it makes a dataclass field
        "The database, in any form people have: postgres://, postgresql://, postgresql+psycopg://,"
        " several hosts, service=. Without it libpq's variables (PGHOST, PGDATABASE, PGSERVICE ...) name it.",
        text,
        metavar="URL",
        variable="DATABASE_URL",
        secret=True,
    )
    path: tuple[str, ...] = option(
        "Folders or files of seeds, or installed modules by their dotted name;"
        ' "builtin" names the built-in seeds.',
        text,
        "builtin",
        metavar="PATH",
        separator=":",
    )
    application: str = option(
        "Whose seeds these are. One ledger serves several applications, and each row belongs to one of them.",
        application_name,
        "default",
        metavar="NAME",
    )
    default_path: str | None = option(
        "Seeds that take the place of the built-in ones where there is anything of that name; the container image"
        " says /seeds.",
        text,
        metavar="PATH",
        has_flag=False,
    )
    environment: str | None = option(
        "Seeders that list environments run only in theirs.", text, metavar="NAME"
    )
    strictness: str = option(
        "How much failure is tolerated before the exit code is not 0: strict (none), lenient (any),"
        " a number of seeders, or a share of them as 25%.",
        strictness_text,
        "strict",
        metavar="LEVEL",
    )
    wait_timeout: float = option(
        "How long to wait for the database; 0 is one try.", duration, "120s", metavar="DURATION"
    )
    wait_for: tuple[str, ...] = option(
        "What else must be there first: table:NAME, alembic:REVISION, django:APP.MIGRATION, flyway:VERSION,"
        " liquibase:ID.",
        text,
        metavar="WHAT",
        separator=",",
    )
    lock_timeout: float = option(
        "How long the run may wait in all for other replicas and for table locks that others hold.",
        duration,
        "300s",
        metavar="DURATION",
    )
    statement_timeout: float | None = option(
        "PostgreSQL's statement_timeout for the seeders' statements; 0 is none.", limit, metavar="DURATION"
    )
    create_tables: bool = option("Create a missing table when its seed file brings its DDL.", truth, "on")
    allow_code: bool = option(
        "Let .py, .sql and ddl in seed folders run; without it a seeds folder can only write rows.",
        truth,
        "off",
    )
    ledger: str | None = option(
        "The schema that holds the ledger, by which people's edits are told from seeds;"
        " off for a plain upsert, which overwrites them.",
        ledger_schema,
        "seeder",
        metavar="SCHEMA",
    )
    dry_run: bool = option("Do everything, then roll back.", truth, "off")
    diff: bool = option(
        "Show row by row what changes. The one output that shows the values of cells.", truth, "off"
    )
    check: bool = option("As --dry-run, and exit 6 if anything would change.", truth, "off")
    log_format: str = option(
        "json or console; auto is console on a terminal and JSON elsewhere.",
        one_of("auto", "json", "console"),
        "auto",
        metavar="FORMAT",
    )
    log_level: str = option(
        "The least level that is logged: debug, info, warning or error.",
        one_of("debug", "info", "warning", "error"),
        "info",
        metavar="LEVEL",
    )
    debug: bool = option(
        "Log at level debug, with tracebacks and with the text of errors that code in the database raises.",
        truth,
        "off",
    )
    log_file: str | None = option("Append the log to this file too, as JSON lines.", text, metavar="FILE")
    report: tuple[str, ...] = option(
        "Write the run's report to this file: JSON, or JUnit XML where the name ends in .xml.",
        text,
        metavar="FILE",
        separator=",",
    )
    termination_log: str | None = option(
        "Where Kubernetes looks for the termination message; by default /dev/termination-log where it"
        " exists.",
        text,
        metavar="FILE",
    )
    auto_seed_database: bool = option(
        "false switches seeding off: the run says so and exits 0 without touching the database.",
        truth,
        "true",
        variable="AUTO_SEED_DATABASE",
        has_flag=False,
    )
    password: Credential | None = field(default=None, repr=False)
    """From the file that PGPASSWORD_FILE names, for a URL without one. PGPASSWORD itself is libpq's."""

    @classmethod
    def load(cls, given: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
        """What the command line says (`given`, by field name), else the environment, else the defaults.

        In `given`, a switch is a bool, a repeatable option a sequence of strings, anything else a string;
        None is not given. Raises `UsageError` for the first wrong value, naming the option or variable it
        came by.
        """
        note_secrets(environ)
        values: dict[str, Any] = {}
        for known in OPTIONS:
            value = _from_command_line(known, given.get(known.name))
            if value is _MISSING:
                value = _from_environment(known, environ)
            if value is not _MISSING:
                values[known.name] = value
        # Whatever is there was meant: what can't be read or holds no seeder is then told, and not passed over.
        if "path" not in values and os.path.lexists(default := values.get("default_path", "")):
            values["path"] = (default,)
        return cls(**values, password=_password(environ))

    def require_database(self, environ: Mapping[str, str]) -> None:
        """Raise `UsageError` unless a database is named and the files with its credentials can be read."""
        for credential in (self.database_url, self.password):
            if credential is not None:
                credential.read()
        if self.database_url is None and not any(environ.get(name) for name in DATABASE_VARIABLES):
            raise UsageError(
                "no database is named; pass --database-url, or set DATABASE_URL, DATABASE_URL_FILE or PGHOST"
            )


OPTIONS: tuple[Option, ...] = tuple(
    Option(
        name=f.name,
        **{**f.metadata, "variable": f.metadata["variable"] or f"SEED_{f.name.upper()}"},
    )
    for f in fields(Settings)
    if f.metadata
)
"""Every option, in the order of the help."""

RESERVED_NAMES: frozenset[str] = frozenset(
    {"all", "help", "json", "version", "no_create_tables"} | {o.name for o in OPTIONS if o.has_flag}
)
"""Names, with underscores, that no seeder may have, because their flags are taken."""


def note_secrets(environ: Mapping[str, str]) -> None:
    """Have the secrets in the environment masked. Done before anything is read that may have to be refused."""
    for variable in ("PGPASSWORD", *(known.variable for known in OPTIONS if known.secret)):
        if environ.get(variable):
            masking.add_secret(environ[variable])


_MISSING = object()
"""Nothing was said; None is a value, as in `--ledger off`."""


def _from_command_line(option: Option, given: Any) -> Any:
    if isinstance(given, bool):
        return given
    if option.separator is not None and not isinstance(given, str):
        given = option.separator.join(given or ())
    return _value(option, option.flag, given or "")


def _from_environment(option: Option, environ: Mapping[str, str]) -> Any:
    text = environ.get(option.variable, "")
    file = environ.get(option.file_variable, "") if option.file_variable else ""
    if text.strip() and file:
        raise UsageError(f"{option.variable} and {option.file_variable} are both set; set one of them")
    if file:
        return Credential(f"{option.file_variable}", file=file)
    return _value(option, option.variable, text)


def _value(option: Option, source: str, text: str) -> Any:
    text = text.strip()
    if not text:
        return _MISSING
    if option.secret:
        masking.add_secret(text)
        return Credential(source, text)
    try:
        value = parsed(option.parse, option.separator, text)
    except ValueError as error:
        raise UsageError(f'{source}: "{text}" {error}', outside=text) from error
    return _MISSING if value == () else value


def _password(environ: Mapping[str, str]) -> Credential | None:
    file = environ.get("PGPASSWORD_FILE")
    if not file:
        return None
    if environ.get("PGPASSWORD"):
        raise UsageError("PGPASSWORD and PGPASSWORD_FILE are both set; set one of them")
    return Credential("PGPASSWORD_FILE", file=file)
