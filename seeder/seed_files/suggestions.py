"""The word that somebody probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one of `words` that is most like `word`, or None where none is like it at all."""
    import difflib

    by_fold = {each.casefold().replace("-", "_"): each for each in words}
    found = difflib.get_close_matches(word.casefold().replace("-", "_"), by_fold, n=1)
    return by_fold[found[0]] if found else None


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """The end of a message about an unknown word: `; did you mean "x"?`, or nothing."""
    found = nearest(word, words)
    return f'; did you mean "{found}"?' if found else ""
