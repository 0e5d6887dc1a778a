"""Seeders that are code: what their files say of themselves, read without running them."""

from __future__ import annotations

import ast
import re
import warnings
from pathlib import Path
from typing import Any

from seeder.errors import CodeNotAllowedError, Position, SeederError, SeedFileError, Tell, refuse
from seeder.seed_files.inputs import Inputs
from seeder.seed_files.model import PythonSeeder, Seeder, SqlSeeder
from seeder.seed_files.names import split_name
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.text import NUL, decode_script, read_bytes

_HEAD = re.compile(r"--\s*seeder:(.*)", re.IGNORECASE)
_HEAD_FIELDS = ("depends_on", "environments", "required", "run")
_ENTRY_POINTS = frozenset({"seed", "seed_sync", "seed_async"})
_SETTINGS = {"DEPENDS_ON": "depends_on", "ENVIRONMENTS": "environments", "REQUIRED": "required"}


class NoEntryPointError(SeedFileError):
    """A Python file has no function by which it seeds."""


def read_sql(path: Path, file: str, *, allowed: bool, tell: Tell = refuse) -> Seeder:
    """The seeder of an SQL file; one that carries an `error` if it is wrong or not `allowed`."""
    name, _ = split_name(path.name)
    inputs = Inputs(path.parent, [path])
    try:
        script = decode_script(read_bytes(path, file, inputs), file)
        said = _sql_head(script, file, tell)
    except SeederError as error:
        return Seeder(name=name, file=file, error=error, inputs=inputs)
    refused = None if allowed else _not_allowed(file)
    return SqlSeeder(name=name, file=file, error=refused, inputs=inputs, script=script, **said)


def read_python(
    path: Path,
    file: str,
    *,
    allowed: bool,
    name: str | None = None,
    module: str | None = None,
    tell: Tell = refuse,
) -> Seeder:
    """The seeder of a Python file; one that carries an `error` if it is wrong or not `allowed`."""
    name = name or split_name(path.name)[0]
    inputs = Inputs(path.parent, [path])
    try:
        code = read_bytes(path, file, inputs)
        tree = _parse(decode_script(code, file), file)
        if not _has_entry_point(tree):
            missing = NoEntryPointError(
                "the module has no seed_sync(session), seed_async(session) or seed(); "
                "if it is a helper, its name must begin with _",
                position=Position(file, 1),
            )
            tell(missing)
        said = _settings(tree, file, tell)
    except SeederError as error:
        return Seeder(name=name, file=file, error=error, inputs=inputs)
    refused = None if allowed else _not_allowed(file)
    return PythonSeeder(name=name, file=file, error=refused, inputs=inputs, module=module, code=code, **said)


def _has_entry_point(tree: ast.Module) -> bool:
    """Whether a module defines or imports one of the functions by which it seeds."""
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names = [name]
            case ast.ImportFrom(names=imported):
                names = [each.asname or each.name for each in imported]
            case ast.Assign(targets=targets):
                names = [each.id for each in targets if isinstance(each, ast.Name)]
            case _:
                names = []
        if _ENTRY_POINTS.intersection(names):
            return True
    return False


def _not_allowed(file: str) -> CodeNotAllowedError:
    return CodeNotAllowedError(
        "this is code, and code from a seed folder runs only with --allow-code (SEED_ALLOW_CODE=true)",
        position=Position(file),
    )


def _sql_head(text: str, file: str, tell: Tell) -> dict[str, Any]:
    """What `-- seeder: …` says in the comments above the first statement."""
    said: dict[str, Any] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if stripped and not stripped.startswith("--"):
            break
        found = _HEAD.match(stripped)
        if found is None:
            continue
        offset = len(line) - len(line.lstrip())
        at = offset + found.start(1)
        for entry in found[1].split(","):
            column = at + len(entry) - len(entry.lstrip()) + 1
            at += len(entry) + 1
            if not entry.strip():
                continue
            name, equals, value = (part.strip() for part in entry.partition("="))
            position = Position(file, number, column)
            if not equals:
                message = f'"{name}" must be written name=value, with a comma before the next name'
                tell(SeedFileError(message, position=position, outside=name))
            elif name in said:
                tell(SeedFileError(f"{name} appears twice", position=position, outside=name))
            else:
                try:
                    said[name] = _head_value(name, value, position)
                except SeedFileError as mistake:
                    tell(mistake)
    return said


def _head_value(name: str, value: str, position: Position) -> Any:
    match name:
        case "depends_on":
            return tuple(dict.fromkeys(value.split()))
        case "environments":
            return frozenset(value.split())
        case "required":
            choices: dict[str, Any] = {"true": True, "false": False}
        case "run":
            choices = {"always": "always", "changed": "changed"}
        case _:
            raise SeedFileError(
                f'unknown field "{name}"{did_you_mean(name, _HEAD_FIELDS)}', position=position, outside=name
            )
    if value not in choices:
        raise SeedFileError(
            f'{name} must be {" or ".join(choices)}, not "{value}"{did_you_mean(value, choices)}',
            position=position,
            outside=value,
        )
    return choices[value]


def _parse(text: str, file: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.parse(text, file)
    except SyntaxError as error:
        raise SeedFileError(
            f"not valid Python: {error.msg}",
            position=Position(file, error.lineno, error.offset),
            outside=error.msg,
        ) from None
    except (ValueError, RecursionError, MemoryError):
        raise SeedFileError("not valid Python", position=Position(file)) from None


def _settings(tree: ast.Module, file: str, tell: Tell) -> dict[str, Any]:
    """What the module's DEPENDS_ON, ENVIRONMENTS and REQUIRED say."""
    said: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        if not isinstance(target, ast.Name) or target.id not in _SETTINGS:
            continue
        position = Position(file, value.lineno, value.col_offset + 1)
        try:
            literal = ast.literal_eval(value)
        except (ValueError, TypeError, SyntaxError):
            message = f"{target.id} must be a literal, because it is read without running the module"
            tell(SeedFileError(message, position=position))
            continue
        try:
            said[_SETTINGS[target.id]] = _setting(target.id, literal, position)
        except SeedFileError as mistake:
            tell(mistake)
    return said


def _setting(name: str, literal: Any, position: Position) -> Any:
    if name == "REQUIRED":
        if not isinstance(literal, bool):
            raise SeedFileError("REQUIRED must be True or False", position=position)
        return literal
    if not isinstance(literal, list | tuple | set) or not all(isinstance(each, str) for each in literal):
        raise SeedFileError(f"{name} must be a list of names", position=position)
    if any("\0" in each for each in literal):
        raise SeedFileError(f"{name} {NUL}", position=position)
    return frozenset(literal) if name == "ENVIRONMENTS" else tuple(dict.fromkeys(literal))
