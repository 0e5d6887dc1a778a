"""Releases: what is one, and which of two is the newer one."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeder.config.release import Release
from seeder.errors import ExitCode, UsageError

RISING = {
    "integers": ["0", "7", "0008", "9", "10", "1780000000"],
    # The list of SemVer 2.0's own text, with what comes before and after it.
    "versions": [
        *(
            "0.9.9",
            "1.0.0-0",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0--",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
        ),
        *(
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "v1.0.1",
            "1.2.0",
            "1.10.0",
            "2.0.0",
        ),
    ],
    "times": [
        *("2026-01-02T03:04:05+02:00", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.5Z"),
        *("2026-01-02 03:04:05-01:00", "20260103T000000Z", "2026-02-01T00:00+00:00"),
    ],
}
NUMBERS = st.integers(0, 30)
IDENTIFIERS = st.one_of(
    NUMBERS.map(str), st.text("abAB-", min_size=1, max_size=3), st.text("0a-", min_size=1, max_size=3)
).filter(lambda text: not text.isdigit() or text == str(int(text)))
VERSIONS = st.builds(
    lambda core, pre, build: (
        ".".join(map(str, core))
        + ("-" + ".".join(pre) if pre else "")
        + ("+" + ".".join(build) if build else "")
    ),
    st.tuples(NUMBERS, NUMBERS, NUMBERS),
    st.lists(IDENTIFIERS, max_size=3),
    st.lists(st.text("09aZ-", min_size=1, max_size=3), max_size=2),
)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1), timezones=OFFSETS)  # noqa: DTZ001


@pytest.mark.parametrize("rising", RISING.values(), ids=RISING)
def test_the_order(rising: list[str]) -> None:
    for older, newer in itertools.combinations(map(Release.parse, rising), 2):
        assert older < newer
        assert not newer < older
        assert older != newer


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("v1.2.3", "1.2.3"),
        ("1.2.3+build.5", "1.2.3+other"),
        ("1.0.0-rc.1+5", "1.0.0-rc.1"),
        ("007", "7"),
        ("2026-01-02T03:04:05+01:00", "2026-01-02T02:04:05Z"),
    ],
)
def test_what_is_equal(one: str, other: str) -> None:
    first, second = Release.parse(one), Release.parse(other)
    assert first == second
    assert hash(first) == hash(second)
    assert not first < second
    assert first <= second


def test_the_v_of_a_version_is_dropped() -> None:
    assert str(Release.parse("v1.4.0")) == str(Release.parse("V1.4.0")) == "1.4.0"
    assert str(Release.parse("1.4.0-v1")) == "1.4.0-v1"


@given(VERSIONS, VERSIONS)
def test_versions_have_the_precedence_of_semver(one: str, other: str) -> None:
    first, second = Release.parse(one), Release.parse(other)
    expected = _compare(one.partition("+")[0], other.partition("+")[0])
    assert (first < second, first == second, first > second) == (expected < 0, expected == 0, expected > 0)


def _compare(one: str, other: str) -> int:
    """SemVer 2.0, paragraph 11, word by word: negative where `one` comes first."""
    (first, _, first_pre), (second, _, second_pre) = one.partition("-"), other.partition("-")
    for left, right in zip(first.split("."), second.split("."), strict=True):
        if left != right:
            return int(left) - int(right)
    if not first_pre or not second_pre:
        return bool(second_pre) * 1 - bool(first_pre) * 1
    lefts, rights = first_pre.split("."), second_pre.split(".")
    for left, right in zip(lefts, rights, strict=False):
        if left == right:
            continue
        if left.isdigit() and right.isdigit():
            return int(left) - int(right)
        if left.isdigit() != right.isdigit():
            return -1 if left.isdigit() else 1
        return -1 if left.encode() < right.encode() else 1
    return len(lefts) - len(rights)


@given(st.lists(VERSIONS, max_size=6))
def test_any_versions_can_be_sorted(texts: list[str]) -> None:
    found = sorted(map(Release.parse, texts))
    assert all(one <= other for one, other in itertools.combinations(found, 2))


@given(TIMES, TIMES)
def test_times_have_the_order_of_points_in_time(one: datetime, other: datetime) -> None:
    first, second = Release.parse(one.isoformat()), Release.parse(other.isoformat())
    assert (first < second) == (one.astimezone(UTC) < other.astimezone(UTC))
    assert (first == second) == (one.astimezone(UTC) == other.astimezone(UTC))


@given(st.integers(0, 10**18 - 1), st.integers(0, 10**18 - 1))
def test_integers_have_the_order_of_numbers(one: int, other: int) -> None:
    assert (Release.parse(str(one)) < Release.parse(str(other))) == (one < other)


@given(st.text())
def test_any_text_is_a_release_or_a_value_error(text: str) -> None:
    try:
        release = Release.parse(text)
    except ValueError:
        return
    assert Release.parse(str(release)) == release


@pytest.mark.parametrize(
    "text", ["9fceb02", "9fceb02d0ae598e95dc970b74767f19372d61af8", "deadbeef" * 8, "1" * 40]
)
def test_a_hash_is_refused_with_what_to_use_instead(text: str) -> None:
    with pytest.raises(ValueError, match=r"git log -1 --format=%cI"):
        Release.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "main",
            "latest",
            "1.4",
            "1.4.0.1",
            "01.2.3",
            "1.2.3-01",
            "1.2.3-",
            "1.2.3+",
            "v7",
            "-1",
            "1e5",
            "٣",
        ),
        *(
            "2026-01-02",
            "2026-01-02T03:04:05",
            "2026-13-02T03:04:05Z",
            "03:04:05Z",
            "0001-01-01T00:00:00+14:00",
        ),
        "1.2.3-" + "a" * 300,
    ],
)
def test_what_is_no_release(text: str) -> None:
    with pytest.raises(ValueError, match=r"write an integer as 42"):
        Release.parse(text)


@pytest.mark.parametrize(
    ("one", "other"), list(itertools.permutations(["42", "1.4.0", "2026-01-02T03:04:05Z"], 2))
)
def test_two_kinds_have_no_order(one: str, other: str) -> None:
    first, second = Release.parse(one), Release.parse(other)
    assert first != second
    with pytest.raises(UsageError, match=f"{one.partition('T')[0]}.* is an? .* and {other}") as error:
        assert first < second
    assert error.value.exit_code is ExitCode.USAGE
