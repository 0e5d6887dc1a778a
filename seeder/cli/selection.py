"""The seeders that the words of a command line name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click


def selected(
    flags: Sequence[str],
    only: Sequence[str],
    seeders: Sequence[str],
    *,
    options: Sequence[str],
    everything: bool,
) -> Sequence[str] | None:
    """The names, of those of all `seeders`, that `flags` and `only` name. None if everything is to run.

    Underscore and hyphen are the same. Raises `UsageError` for a word that names none, with the nearest of `options`
    and seeders.
    """
    names = (*flagged(flags, seeders, options=options), *named(only, seeders))
    return None if everything else tuple(dict.fromkeys(names))


def flagged(flags: Sequence[str], seeders: Sequence[str], *, options: Sequence[str]) -> list[str]:
    """The names, of those of all `seeders`, that `flags` name.

    Raises `UsageError` for a flag that names none, with the nearest of `options` and seeders.
    """
    names = {each.replace("-", "_"): each for each in seeders}
    found: list[str] = []
    for flag in flags:
        name, equals, _ = flag.removeprefix("--").partition("=")
        if name.replace("-", "_") not in names:
            hint = did_you_mean(f"--{name}", [*options, *(f"--{each}" for each in seeders)])
            there = ", ".join(names.values()) or "none"
            raise UsageError(
                f"there is no option and no seeder --{name}{hint} The seeders are {there}", outside=name
            )
        if equals:
            raise UsageError(f"--{name} names a seeder and takes no value")
        found.append(names[name.replace("-", "_")])
    return found


def named(names: Sequence[str], seeders: Sequence[str]) -> tuple[str, ...]:
    """The names, of those of all `seeders`, that `names` mean. Raises `UsageError` for one that there is not."""
    known = {found.replace("-", "_"): found for found in seeders}
    for name in names:
        if name.replace("-", "_") not in known:
            hint = did_you_mean(name, seeders)
            raise UsageError(
                f'there is no seeder "{name}"{hint} The seeders are {", ".join(seeders) or "none"}',
                outside=name,
            )
    return tuple(dict.fromkeys(known[name.replace("-", "_")] for name in names))


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """The end of a sentence that refuses `word`: the nearest of those that are `known`, or a full stop."""
    from seeder.seed_files.suggestions import nearest

    found = nearest(word, known) or nearest(f"--{word}", known)
    return f"; did you mean {found}?" if found else "."


def option_flags(context: click.Context) -> list[str]:
    """The flags of the command's options, on and off."""
    return [flag for param in context.command.params for flag in (*param.opts, *param.secondary_opts)]


def has_own_flag(context: click.Context, seeder: str) -> bool:
    """Whether the flag of a seeder is its own. If it is an option's, only `--all` and `--only` run the seeder."""
    return f"--{seeder}".replace("_", "-") not in option_flags(context)
