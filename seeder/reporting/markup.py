"""HTML in which text from outside is only ever text."""

from __future__ import annotations

import html

from seeder.reporting.output import printable


class Markup(str):
    """HTML. Whatever else is put into an element is text, and is escaped."""

    __slots__ = ()


def element(name: str, *content: str | None, **attributes: str | float | None) -> Markup:
    """An element. What is None is left out; `class_` is the attribute `class`, and `view_box` is `viewBox`."""
    given = "".join(
        f' {_NAMES.get(attribute, attribute.replace("_", "-"))}="{escaped(str(value))}"'
        for attribute, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{given}>{together(*content)}</{name}>")


def together(*content: str | None) -> Markup:
    """Elements and text, one after another."""
    return Markup(
        "".join(each if isinstance(each, Markup) else escaped(each) for each in content if each is not None)
    )


def escaped(text: str) -> Markup:
    """Text as it has to be written in HTML. What can't be seen, or changes the order of letters, is escaped."""
    return Markup(html.escape(printable(text)))


_NAMES = {"class_": "class", "view_box": "viewBox"}
