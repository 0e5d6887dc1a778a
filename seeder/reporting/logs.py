"""The log: one JSON object a line, or what people see of a run, with secrets masked.

structlog's own configuration is left alone, because it belongs to the application that seeder may run in. structlog is
imported at the first event.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import logging
import sys
import uuid
from collections.abc import Callable, Iterator, MutableMapping
from contextvars import ContextVar
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from seeder.config.settings import Settings
from seeder.config.version import version
from seeder.errors import SeederError, UsageError
from seeder.masking import redact, redact_addresses, redact_own
from seeder.reporting.events import COMMON_FIELDS, NAME_FIELDS, SENTENCE_FIELDS
from seeder.reporting.output import Output
from seeder.signals import deferred

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from seeder.reporting.view import View


Fields = MutableMapping[str, Any]
Destination = Callable[[Fields], None]


def configure(settings: Settings, *, stream: IO[str] | None = None, run_id: str | None = None) -> None:
    """Have this process log to `stream` (standard output), and to the log file if one is named.

    `run_id` identifies the run in every line; by default a new one is made. Raises `UsageError` if the log file can't
    be written.
    """
    global _process_log  # noqa: PLW0603  a process has one log
    stream = stream or sys.stdout
    view = None
    if is_console(settings, stream):
        from seeder.reporting.screen import screen
        from seeder.reporting.view import View

        view = View(screen(stream))
    destinations = [_to_programs(stream) if view is None else view]
    if settings.log_file is not None:
        file = _opened(settings.log_file)
        destinations.append(_to_programs(file))
        atexit.register(file.close)
    level = "debug" if settings.debug else settings.log_level
    _process_log = _Log(destinations, level, run_id, debug=settings.debug, view=view)


@contextlib.contextmanager
def in_application(settings: Settings, *, run_id: str | None = None) -> Iterator[None]:
    """Inside, log through the application: its structlog if it has configured one, else the standard library.

    The application decides about levels, formats and destinations. This holds in the task or thread that enters, and
    in those that copy its context.
    """
    token = _own_log.set(_Log([_to_application], "debug", run_id, debug=settings.debug))
    try:
        yield
    finally:
        _own_log.reset(token)


def get_logger() -> FilteringBoundLogger:
    """The logger of the current run. Call it where you log, not when a module is imported."""
    return _log().logger


def run_id() -> str:
    """The id of the current run."""
    return _log().run_id


def is_debug() -> bool:
    """Whether the current run logs in detail, with tracebacks."""
    return _log().debug


def view() -> View | None:
    """What people see of the current run; None if its events are for programs."""
    return _log().view


def is_console(settings: Settings, stream: IO[str]) -> bool:
    """Whether the log on `stream` is for people."""
    return settings.log_format == "console" or (settings.log_format == "auto" and stream.isatty())


class _Log:
    """Where the events of one run go, and what all of them have."""

    def __init__(
        self,
        destinations: list[Destination],
        level: str,
        run_id: str | None = None,
        *,
        debug: bool = False,
        view: View | None = None,
    ) -> None:
        self.run_id = run_id or uuid.uuid4().hex
        self.debug = debug
        self.view = view
        self._destinations = destinations
        self._level = level

    @functools.cached_property
    def logger(self) -> FilteringBoundLogger:
        import structlog

        processors = structlog.processors
        logger: FilteringBoundLogger = structlog.wrap_logger(
            self,
            processors=[
                processors.add_log_level,
                processors.TimeStamper(fmt="iso", utc=True),
                self._add_traceback,
                self._write,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(self._level),
            context_class=dict,
            cache_logger_on_first_use=True,
        )
        return logger.bind(run_id=self.run_id, version=version())

    def _add_traceback(self, _logger: object, _method: str, fields: Fields) -> Fields:
        """Add a traceback: for a defect always, for an error that people can fix with `--debug`."""
        error = fields.pop("exc_info", None)
        if isinstance(error, BaseException) and (self.debug or not isinstance(error, SeederError)):
            from seeder.reporting.description import traceback_of

            fields["traceback"] = traceback_of(error)
        return fields

    def _write(self, _logger: object, _method: str, fields: Fields) -> Fields:
        """Write the event. It is dropped then, so that structlog calls no logger with it."""
        from structlog import DropEvent

        masked = _masked(fields)
        with deferred():
            for destination in self._destinations:
                destination(dict(masked))
        raise DropEvent


def _masked(fields: Fields) -> Fields:
    """The fields of an event, those that every event has in front, with secrets masked in what is not our own."""
    masked: Fields = {name: fields.pop(name) for name in COMMON_FIELDS}
    for name, value in fields.items():
        if name in NAME_FIELDS:
            masked[name] = redact_addresses(value)
        else:
            masked[name] = redact_own(value) if name in SENTENCE_FIELDS else redact(value)
    return masked


def _to_programs(stream: IO[str]) -> Destination:
    output = Output(stream)
    # A lone surrogate, as in a file name, is escaped by the stream's backslashreplace, as JSON escapes it.
    encode = json.JSONEncoder(ensure_ascii=False).encode

    def write(fields: Fields) -> None:
        output.write(encode(fields) + "\n")

    return write


def _to_application(fields: Fields) -> None:
    import structlog

    level, event = str(fields.pop("level")), str(fields.pop("event"))
    fields.pop("timestamp")
    if structlog.is_configured():
        getattr(structlog.get_logger("seeder"), level)(event, **fields)
        return
    number = logging.getLevelNamesMapping()[level.upper()]
    details = " ".join(f"{name}={value!r}" for name, value in fields.items() if name not in COMMON_FIELDS)
    logging.getLogger("seeder").log(number, "%s %s", event, details, extra={"seeder": fields})


def _opened(file: str) -> IO[str]:
    try:
        # Open until the process ends: the last line is the one that matters.
        return Path(file).open("a", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(
            f'--log-file (SEED_LOG_FILE): can\'t write "{file}": {error.strerror or error}'
        ) from error


_process_log: _Log | None = None
_own_log: ContextVar[_Log | None] = ContextVar("seeder_log", default=None)


def _log() -> _Log:
    global _process_log  # noqa: PLW0603  a process has one log
    log = _own_log.get() or _process_log
    if log is None:
        log = _process_log = _Log([_to_application], "debug")
    return log
