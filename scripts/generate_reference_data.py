#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "iso4217==1.16.20260101",
#     "pycountry==26.2.16",
#     "python-iso639==2026.7.23",
#     "tzdata==2026.6",
# ]
# ///
"""Write the CSV files of examples/reference-data from the packages that keep the standards' code lists.

    uv run scripts/generate_reference_data.py            write the files
    uv run scripts/generate_reference_data.py --check    exit 1 if a file is not what the packages say

The output depends on the packages above and on nothing else: rows are sorted by their key, lines end in LF,
an empty field is NULL. To take in a newer edition, raise a version above and in the folder's README, run the
script, and read the diff.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from decimal import Decimal
from importlib import metadata, resources
from pathlib import Path
from typing import TypeAlias

try:
    import iso4217
    import pycountry
    from iso639 import ALL_LANGUAGES
except ImportError as error:
    sys.exit(f"{error.name} is not installed; `uv run {sys.argv[0]}` installs what this script needs")

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "reference-data"

Cell: TypeAlias = str | int | Decimal | None
Table: TypeAlias = tuple[tuple[str, ...], Iterable[tuple[Cell, ...]]]

NOT_COUNTRIES = re.compile(
    r"ZZ\d\d_"  # ISO 4217's own marker for entries that belong to nobody: gold, testing, bond units
    r"|EUROPEAN UNION$"
    r"|ARAB MONETARY FUND$"
    r"|INTERNATIONAL MONETARY FUND \(IMF\)$"
    r"|MEMBER COUNTRIES OF THE AFRICAN DEVELOPMENT BANK GROUP$"
    r"|SISTEMA UNITARIO DE COMPENSACION REGIONAL DE PAGOS"
)
"""Whom ISO 4217 lists a currency for although ISO 3166-1 has no code for it."""

OTHER_NAMES = {"HOLY SEE (THE)": "Holy See (Vatican City State)"}
"""ISO 4217's names of countries that `_comparable` does not bring together with ISO 3166-1's."""


def countries() -> Table:
    """ISO 3166-1: every officially assigned code."""
    columns = ("alpha_2", "alpha_3", "numeric_code", "name", "official_name", "common_name")
    return columns, (
        (
            country.alpha_2,
            country.alpha_3,
            country.numeric,
            country.name,
            getattr(country, "official_name", None),
            getattr(country, "common_name", None),
        )
        for country in pycountry.countries
    )


def subdivisions() -> Table:
    """ISO 3166-2: states, provinces, regions and the rest, with the subdivision they belong to."""
    columns = ("code", "country_code", "parent_code", "type", "name")
    return columns, (
        (place.code, place.country_code, place.parent_code, place.type, place.name)
        for place in pycountry.subdivisions
    )


def currencies() -> Table:
    """ISO 4217, list one: currencies and funds in use."""
    columns = ("code", "numeric_code", "name", "minor_units", "is_fund")
    rows = {
        entry["Ccy"]: (
            entry["Ccy"],
            entry["CcyNbr"],
            entry["CcyNm"],
            int(entry["CcyMnrUnts"]) if entry["CcyMnrUnts"].isdigit() else None,
            "true" if "IsFund" in entry else "false",
        )
        for entry in _iso4217_entries()
    }
    return columns, rows.values()


def country_currencies() -> Table:
    """ISO 4217, list one, read the other way: which currencies and funds it lists for a country."""
    alpha_2 = {
        _comparable(name): country.alpha_2
        for country in pycountry.countries
        for name in (country.name, getattr(country, "official_name", country.name))
    }
    return ("country_code", "currency_code"), (
        (alpha_2[_comparable(OTHER_NAMES.get(name, name))], entry["Ccy"])
        for entry in _iso4217_entries()
        for name in [entry["CtryNm"]]
        if not NOT_COUNTRIES.match(name)
    )


def _iso4217_entries() -> Iterator[dict[str, str]]:
    """The entries that have a currency at all; Antarctica and two others have none."""
    for node in iso4217.raw_xml.iterfind("CcyTbl/CcyNtry"):
        entry = {field.tag: (field.text or "").strip() for field in node}
        if node.find("CcyNm").get("IsFund", "").lower() == "true":
            entry["IsFund"] = "true"
        if "Ccy" in entry:
            yield entry


def _comparable(name: str) -> tuple[str, ...]:
    """A country's name without what the standards write differently: accents, articles, word order."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return tuple(sorted(set(re.findall(r"\w+", plain)) - {"the", "of", "and"}))


def languages() -> Table:
    """ISO 639: every language that has a two-letter code (639-1) or a three-letter one of 639-2."""
    columns = ("alpha_3", "alpha_3_bibliographic", "alpha_2", "scope", "type", "macrolanguage", "name")
    chosen = {
        language.part3: language
        for language in ALL_LANGUAGES
        if language.status == "A" and (language.part1 or language.part2t)
    }
    return columns, (
        (
            language.part3,
            language.part2b if language.part2b != language.part3 else None,
            language.part1,
            language.scope,
            language.type,
            language.macrolanguage if language.macrolanguage in chosen else None,
            language.name,
        )
        for language in chosen.values()
    )


def time_zones() -> Table:
    """The tz database: every name, with what it is another name for, where it is, and who keeps its time."""
    data = resources.files("tzdata") / "zoneinfo"
    links = _links((data / "tzdata.zi").read_text(encoding="utf-8"))
    listed = {fields[2]: fields for fields in _tab(data / "zone.tab")}
    observed = {fields[2]: fields[0] for fields in _tab(data / "zone1970.tab")}
    names = (resources.files("tzdata") / "zones").read_text(encoding="utf-8").split()

    def row(name: str) -> tuple[Cell, ...]:
        country, place, _, *comments = listed.get(name, (None, None, name))
        latitude, longitude = _coordinates(place) if place else (None, None)
        observed_in = "{" + observed.get(name, "") + "}"
        return name, links.get(name), country, latitude, longitude, observed_in, *(comments or [None])

    columns = ("name", "links_to", "country_code", "latitude", "longitude", "observed_in", "comments")
    return columns, map(row, names)


def _links(source: str) -> dict[str, str]:
    """Each link of the compact source with the zone it ends at; a link to a link is followed."""
    targets = {
        name: target
        for line in source.splitlines()
        if line.startswith("L ")
        for _, target, name in [line.split()]
    }

    def zone(name: str) -> str:
        return zone(targets[name]) if name in targets else name

    return {name: zone(target) for name, target in targets.items()}


def _tab(file: resources.abc.Traversable) -> Iterator[list[str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def _coordinates(iso6709: str) -> tuple[Decimal, Decimal]:
    """`+4230+00131` or `-690022+0393524` in degrees, to four places: some ten metres."""
    sides = re.fullmatch(r"([+-])(\d\d)(\d\d)(\d\d)?([+-])(\d{3})(\d\d)(\d\d)?", iso6709)
    if not sides:
        raise ValueError(f"no coordinates of ISO 6709: {iso6709!r}")

    def degrees(sign: str, whole: str, minutes: str, seconds: str | None) -> Decimal:
        size = Decimal(whole) + Decimal(minutes) / 60 + Decimal(seconds or 0) / 3600
        return (size if sign == "+" else -size).quantize(Decimal("0.0001"))

    return degrees(*sides.groups()[:4]), degrees(*sides.groups()[4:])


TABLES = {
    "countries": (countries, 1),
    "subdivisions": (subdivisions, 1),
    "currencies": (currencies, 1),
    "country_currencies": (country_currencies, 2),
    "languages": (languages, 1),
    "time_zones": (time_zones, 1),
}
"""Each file's stem, what makes its table, and how many of the first columns are its key."""


def render(stem: str) -> str:
    """The text of one CSV file."""
    make, key_width = TABLES[stem]
    columns, unsorted_rows = make()
    # By code point, and so the same on every machine; the database's collation has no say.
    rows = sorted(unsorted_rows, key=lambda row: [str(cell) for cell in row[:key_width]])
    keys = {row[:key_width] for row in rows}
    if len(keys) != len(rows):
        raise ValueError(f"{stem}: two rows with the same key")
    if any(cell == "" for row in rows for cell in row):
        raise ValueError(f"{stem}: an empty text; in CSV it would turn into NULL")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def pinned() -> dict[str, str]:
    """The packages named at the top of this file, with their versions."""
    source = Path(__file__).read_text(encoding="utf-8")
    return dict(re.findall(r'^# +"([\w-]+)==([\d.]+)",$', source, re.MULTILINE))


def other_versions() -> list[str]:
    """What is installed in another version than this script names."""
    return [
        f"{name} {metadata.version(name)} is installed, {version} is named here"
        for name, version in pinned().items()
        if metadata.version(name) != version
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Write the CSV files of examples/reference-data from the packages pinned in this script."
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit 1 if a file differs from what would be written",
    )
    arguments = parser.parse_args()
    if others := other_versions():
        print(*others, sep="\n", file=sys.stderr)
        return 2
    differing = []
    for stem in TABLES:
        path = FOLDER / f"{stem}.csv"
        content = render(stem).encode()
        if path.exists() and path.read_bytes() == content:
            continue
        differing.append(path.name)
        if not arguments.check:
            path.write_bytes(content)
    verb = "differs from the packages" if arguments.check else "written"
    for name in differing:
        print(f"{name}: {verb}")
    return 1 if arguments.check and differing else 0


if __name__ == "__main__":
    sys.exit(main())
