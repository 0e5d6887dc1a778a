"""What a run was told in confidence: none of it may be in anything that it says.

Every test that runs the command line has its outputs searched, without asking for it.
"""

from __future__ import annotations

import contextlib
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_CONFIDENTIAL: Final = re.compile(
    r"(?:PASSWORD|PASSWD|SECRET|TOKEN|KEY|CANARY)(?:_FILE)?$|^DATABASE_URL(?:_FILE)?$"
)
_IN_ADDRESS: Final = re.compile(r"://[^\s:/@]*:([^\s@]+)@|\b(?:ssl)?password=('(?:[^'\\]|\\.)*'|[^\s&']+)")
_OUTPUTS: Final = ("report", "log-file", "termination-log")


def told_secrets(environment: Mapping[str, str], arguments: Iterable[str] = ()) -> set[str]:
    """The passwords and the values of confidential variables, as they are and as a URL may spell them.

    Only those with a digit in them, and of six characters or more: others may be words of ours, which are not masked
    in sentences and names of ours.
    """
    found = set(_passwords(arguments))
    for name, value in environment.items():
        found.update(_passwords([value]))
        if not _CONFIDENTIAL.search(name):
            continue
        text = value
        if name.endswith("_FILE"):
            text = ""
            with contextlib.suppress(OSError, ValueError):
                text = Path(value).read_text().strip() if Path(value).is_file() else ""
        found.update(_passwords([text]))
        if "://" not in text and "=" not in text:
            found.add(text)
    found |= {unquote(each) for each in found}
    return {each for each in found if len(each) >= 6 and re.search(r"\d", each)}


def check_outputs(secrets: Iterable[str], texts: Mapping[str, str]) -> None:
    """Fail if one of the secrets is in one of the texts, each of which has a name."""
    for secret in secrets:
        for name, text in texts.items():
            lines = [line[:500] for line in text.splitlines() if secret in line]
            assert not lines, f"{name} shows {secret!r}, which the run was told in confidence: {lines[:3]}"


def output_files(arguments: Sequence[str], environment: Mapping[str, str]) -> dict[str, str]:
    """What is in the files that the run was told to write to."""
    named: list[str] = []
    for option in _OUTPUTS:
        flag = f"--{option}"
        named += [each.removeprefix(f"{flag}=") for each in arguments if each.startswith(f"{flag}=")]
        named += [value for each, value in pairwise(arguments) if each == flag]
        named += environment.get(f"SEED_{option.upper().replace('-', '_')}", "").split(",")
    return {name: Path(name).read_text(errors="replace") for name in named if name and Path(name).is_file()}


def _passwords(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for in_url, in_words in _IN_ADDRESS.findall(text):
            yield in_url or in_words.strip("'")
