"""Python seeders: the module, and the function by which it seeds."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from seeder.seed_files import PythonSeeder

_POSITIONAL: Final = frozenset(
    {
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.VAR_POSITIONAL,
    }
)


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """The function by which a module seeds. One that takes no argument brings its own session."""

    function: Callable[..., Any]
    takes_session: bool
    is_async: bool


def load(seeder: PythonSeeder) -> ModuleType:
    """Import the module of a seeder. Whatever its code raises is let through."""
    if seeder.module is not None:
        return importlib.import_module(seeder.module)
    # Named after its content too, so that a file is run once, as modules are, and again when it has changed.
    name = f"_seeder_{seeder.path.stem}_{seeder.digest().hex()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, seeder.path)
    assert spec is not None  # noqa: S101 - every .py file has one
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        # Compiled here and not by the loader, which would leave a __pycache__ in the seed folder.
        code = compile(seeder.code, str(seeder.path), "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102 - leave was given
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextlib.contextmanager
def importable(folder: Path | None) -> Iterator[None]:
    """Let what runs inside import the helpers in `folder`; whatever is installed comes before them."""
    place = str(folder)
    if folder is None or place in sys.path:
        yield
        return
    sys.path.append(place)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(place)


def entry_point(module: ModuleType, *, prefers_async: bool) -> EntryPoint | None:
    """The function of `module` that suits best: one that takes a session, of the kind that is preferred.

    If there is none, one that brings its own session.
    """
    names = ["seed_async", "seed_sync"] if prefers_async else ["seed_sync", "seed_async"]
    found = [
        EntryPoint(
            function,
            takes_session=name != "seed" and _takes_argument(function),
            is_async=name == "seed_async" or inspect.iscoroutinefunction(function),
        )
        for name in (*names, "seed")
        if callable(function := getattr(module, name, None))
    ]
    own = [entry for entry in found if not entry.takes_session]
    # Of those that bring their own session, seed() is what such a module's author runs himself.
    return next((entry for entry in found if entry.takes_session), own[-1] if own else None)


def _takes_argument(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(parameter.kind in _POSITIONAL for parameter in parameters)
