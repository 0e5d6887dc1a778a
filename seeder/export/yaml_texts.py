"""How a text is written in YAML: as it is, in quotes, or as a block."""

from __future__ import annotations

import functools
import re
from typing import Any, Final

import yaml
from yaml.resolver import Resolver

# What YAML 1.2 takes for a number, beside what PyYAML's resolver, of YAML 1.1, takes for something else than a text.
_NUMBER: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+")

_WORDS: Final = re.compile(r"[A-Za-z][A-Za-z0-9_/]*(?:[ ,.;()'-]+[A-Za-z0-9_/]+)*[.!?)]?")
"""Most texts. Of these only a single word may be something else."""
_NOT_PRINTABLE: Final = re.compile(
    "[^\t\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffe]"
)
_NOT_BLOCK_START: Final = re.compile(r"\A\s|\n\n\Z")
_NOT_BLOCK_END: Final = re.compile(r"[ \t](?:\n|\Z)")

_resolver = Resolver()
_TEXT: Final = "tag:yaml.org,2002:str"


def style_of(text: str) -> str | None:
    """The style of a scalar that is a text, as PyYAML names it; None for one without quotes.

    PyYAML puts quotes around a text that cannot stand without them.
    """
    if "\n" in text:
        return "|" if is_block(text) else '"'
    if _NOT_PRINTABLE.search(text) or "\t" in text:
        return '"'
    return None if _is_text(text) else "'"


def is_block(text: str) -> bool:
    """Whether a text of several lines can be a block in which all of it can be seen."""
    return not (_NOT_PRINTABLE.search(text) or _NOT_BLOCK_START.search(text) or _NOT_BLOCK_END.search(text))


@functools.lru_cache(maxsize=4096)
def _is_text(text: str) -> bool:
    """Whether every reader of YAML takes it for a text, without quotes."""
    if " " in text and _WORDS.fullmatch(text):
        return True
    if _NUMBER.fullmatch(text):
        return False
    resolve: Any = _resolver.resolve
    found: str = resolve(yaml.ScalarNode, text, (True, False))
    return found == _TEXT
