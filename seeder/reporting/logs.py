"""The log: one JSON object a line, or one line for people, without any secret.

Nothing here touches structlog's own configuration, which belongs to the application that seeder may run in.
structlog is imported with the first event, so that what logs nothing does not pay for it.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import logging
import os
import sys
import threading
import traceback
import uuid
from collections.abc import Callable, Iterator, MutableMapping
from contextvars import ContextVar
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from seeder.config.version import version
from seeder.errors import SeederError, UsageError
from seeder.masking import add_names, add_secret, redact, redact_addresses, redact_own
from seeder.reporting.events import COMMON_FIELDS, EVENTS, NAME_FIELDS, SENTENCE_FIELDS, Event
from seeder.signals import deferred

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from seeder.config.settings import Settings

__all__ = [
    "EVENTS",
    "Event",
    "about",
    "add_names",
    "add_secret",
    "configure",
    "describe_error",
    "get_logger",
    "in_application",
    "is_console",
    "is_debug",
    "redact",
    "redact_own",
    "run_id",
]

Fields = MutableMapping[str, Any]
Destination = Callable[[Fields], None]

_ABOUT_CODE = (AttributeError, ImportError, NameError, RecursionError, SyntaxError, TypeError)
"""Exceptions whose message is about code. That of any other may hold a cell's value, and is left out."""


def configure(settings: Settings, *, stream: IO[str] | None = None, run_id: str | None = None) -> None:
    """Have this process log to `stream` (standard output), and to the log file if one is named.

    `run_id` identifies the run in every line; a new one is made by default. Raises `UsageError` when the log
    file can't be written.
    """
    global _process_log  # noqa: PLW0603  a process has one log
    stream = stream or sys.stdout
    destinations = [_to_people(stream) if is_console(settings, stream) else _to_programs(stream)]
    if settings.log_file is not None:
        file = _opened(settings.log_file)
        destinations.append(_to_programs(file))
        atexit.register(file.close)
    _process_log = _Log(
        destinations, "debug" if settings.debug else settings.log_level, run_id, settings.debug
    )


@contextlib.contextmanager
def in_application(settings: Settings, *, run_id: str | None = None) -> Iterator[None]:
    """Inside, log through the application: its structlog if it has configured one, else the standard library.

    The application decides about levels, formats and places. For the task or thread that enters it, and
    those it starts by way of asyncio.
    """
    token = _own_log.set(_Log([_to_application], "debug", run_id, settings.debug))
    try:
        yield
    finally:
        _own_log.reset(token)


def get_logger() -> FilteringBoundLogger:
    """The logger of the run in hand. Ask for it where you log, and not when a module is imported."""
    return _log().logger


def run_id() -> str:
    """The identity of the run in hand."""
    return _log().run_id


def is_debug() -> bool:
    """Whether the run in hand was asked for details, tracebacks among them."""
    return _log().debug


def is_console(settings: Settings, stream: IO[str]) -> bool:
    """Whether the log on `stream` is for people."""
    return settings.log_format == "console" or (settings.log_format == "auto" and stream.isatty())


def describe_error(error: BaseException) -> dict[str, Any]:
    """The fields that say what is known of a failure, for an event or a report."""
    if not isinstance(error, SeederError):
        return {"error": {"type": type(error).__name__, "message": _unexpected(error)}}
    position = error.position
    known = {
        "file": position and position.file,
        "line": position and position.line,
        "column": position and position.column,
        "table": error.table,
        "key": redact(error.key),
        "sqlstate": error.sqlstate,
    }
    said = {"error": {"type": type(error).__name__, "message": redact_own(error.message)}}
    return said | {name: value for name, value in known.items() if value is not None}


class _Log:
    """Where the events of one run go, and what all of them have."""

    def __init__(
        self,
        destinations: list[Destination],
        level: str,
        run_id: str | None = None,
        debug: bool = False,  # noqa: FBT001  made in this module alone
    ) -> None:
        self.run_id = run_id or uuid.uuid4().hex
        self._destinations = destinations
        self._level = level
        self.debug = debug

    @functools.cached_property
    def logger(self) -> FilteringBoundLogger:
        import structlog

        logger: FilteringBoundLogger = structlog.wrap_logger(
            _Fan(self._destinations),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                self._trace,
                _arrange,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(self._level),
            context_class=dict,
            cache_logger_on_first_use=True,
        )
        return logger.bind(run_id=self.run_id, version=version())

    def _trace(self, _logger: object, _method: str, fields: Fields) -> Fields:
        """Add a traceback where one is due: for a defect always, for what people can mend with `--debug`."""
        error = fields.pop("exc_info", None)
        if error is True:
            error = sys.exc_info()[1]
        if isinstance(error, BaseException) and (self.debug or not isinstance(error, SeederError)):
            fields["traceback"] = _traceback(error)
        return fields


class _Fan:
    """What structlog calls with the finished event, by the name of its level."""

    def __init__(self, destinations: list[Destination]) -> None:
        self._destinations = destinations

    def info(self, **fields: Any) -> None:
        with deferred():
            for destination in self._destinations:
                destination(dict(fields))

    debug = warning = error = critical = info


def _arrange(_logger: object, _method: str, fields: Fields) -> Fields:
    """Put what every line has in front, and mask the secrets in what is not our own."""
    common: Fields = {name: fields.pop(name) for name in COMMON_FIELDS}
    for name, value in fields.items():
        if name in NAME_FIELDS:
            common[name] = redact_addresses(value)
        else:
            common[name] = redact_own(value) if name in SENTENCE_FIELDS else redact(value)
    return common


class _Lines:
    """A stream that takes lines until it can't, and then says so once: no run fails for its log."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._broken = False

    def write(self, line: str) -> None:
        if self._broken:
            return
        try:
            with self._lock:
                self._stream.write(line + "\n")
                self._stream.flush()
        except BrokenPipeError:
            self._broken = True
        except (OSError, ValueError) as error:
            self._broken = True
            with contextlib.suppress(OSError, ValueError, AttributeError):
                sys.stderr.write(f"seeder: can't write the log to {self._stream.name} any more: {error}\n")


def _to_programs(stream: IO[str]) -> Destination:

    lines = _Lines(stream)
    # Nothing is escaped but what must be; a lone surrogate, from a file name say, is left to the stream's own
    # backslashreplace, which writes it as JSON does.
    encode = json.JSONEncoder(ensure_ascii=False).encode
    return lambda fields: lines.write(encode(fields))


def _to_people(stream: IO[str]) -> Destination:
    lines = _Lines(stream)
    coloured = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    @functools.cache
    def renderer() -> Callable[[object, str, Fields], str]:
        import structlog

        return structlog.dev.ConsoleRenderer(colors=coloured, sort_keys=False, pad_event_to=18)

    def write(fields: Fields) -> None:
        for name in ("run_id", "version"):
            fields.pop(name, None)
        if isinstance(error := fields.pop("error", None), dict):
            fields["error"] = f"{error['type']}: {error['message']}"
        elif error is not None:
            fields["error"] = error
        trace = fields.pop("traceback", None)
        line = renderer()(None, str(fields["level"]), fields)
        lines.write(f"{line}\n{trace}" if trace else line)

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


def about(error: BaseException) -> str:
    """The type of somebody's exception, and its message where that can't hold a value."""
    said = f": {redact(str(error))}" if isinstance(error, (SeederError, *_ABOUT_CODE)) else ""
    return f"{type(error).__name__}{said}"


def _unexpected(error: BaseException) -> str:
    """What may be said of an exception that is not ours: where it was raised, and never what it quotes."""
    said = f": {redact(str(error))}" if isinstance(error, _ABOUT_CODE) else ""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"unexpected {type(error).__name__}{where}{said}"


def _traceback(error: BaseException) -> str:
    """The frames of `error` and of what led to it, with the messages that hold no value."""
    parts: list[str] = []
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        said = ""
        if link is error and isinstance(link, SeederError):
            said = f": {link}"
        elif isinstance(link, (SeederError, *_ABOUT_CODE)):
            said = f": {redact(str(link))}"
        frames = "".join(map(_frame, traceback.StackSummary.extract(traceback.walk_tb(link.__traceback__))))
        parts.append(f"{frames}{type(link).__module__}.{type(link).__qualname__}{said}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n\nwhich led to:\n\n".join(reversed(parts))


def _frame(frame: traceback.FrameSummary) -> str:
    """A frame as Python shows it. The line of code is somebody's text; file and function are names."""
    where, newline, code = traceback.StackSummary().format_frame_summary(frame).partition("\n")
    return f"{where}{newline}{redact(code)}"


_process_log: _Log | None = None
_own_log: ContextVar[_Log | None] = ContextVar("seeder_log", default=None)


def _log() -> _Log:
    global _process_log  # noqa: PLW0603  a process has one log
    log = _own_log.get() or _process_log
    if log is None:
        log = _process_log = _Log([_to_application], "debug")
    return log
