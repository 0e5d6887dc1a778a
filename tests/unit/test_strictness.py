"""How much failure is tolerated, and which exit code wins."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeder.config.strictness import Strictness
from seeder.errors import ExitCode
from seeder.run.verdict import PRECEDENCE, TOLERABLE, first, verdict

COUNTS = st.integers(0, 200).flatmap(lambda selected: st.tuples(st.integers(0, selected), st.just(selected)))
PERCENTS = st.tuples(st.integers(0, 99), st.text("0123456789", max_size=6)).map(
    lambda parts: f"{parts[0]}.{parts[1]}%" if parts[1] else f"{parts[0]}%"
) | st.sampled_from(["100%", "100.0%"])
LEVELS = st.just("strict") | st.just("lenient") | st.integers(0, 300).map(str) | PERCENTS
CODES = st.sampled_from(sorted(ExitCode))
FAILURES = st.lists(st.sampled_from([code for code in ExitCode if code != ExitCode.OK]), max_size=6)


@given(PERCENTS, COUNTS)
def test_a_share_is_compared_exactly(text: str, counts: tuple[int, int]) -> None:
    failed, selected = counts
    exactly = Fraction(failed) <= Fraction(text.rstrip("%")) / 100 * selected
    assert Strictness.parse(text).tolerates(failed, selected) == exactly


@given(st.integers(0, 300), COUNTS)
def test_a_number_is_that_many(limit: int, counts: tuple[int, int]) -> None:
    assert Strictness.parse(str(limit)).tolerates(*counts) == (counts[0] <= limit)


@given(COUNTS)
def test_the_words(counts: tuple[int, int]) -> None:
    assert Strictness.parse("Strict").tolerates(*counts) == (counts[0] == 0)
    assert Strictness.parse("LENIENT").tolerates(*counts)


@given(LEVELS, COUNTS)
def test_what_is_printed_means_the_same(text: str, counts: tuple[int, int]) -> None:
    strictness = Strictness.parse(text)
    assert Strictness.parse(str(strictness)).tolerates(*counts) == strictness.tolerates(*counts)


@given(LEVELS, COUNTS)
def test_fewer_failures_are_never_worse(text: str, counts: tuple[int, int]) -> None:
    failed, selected = counts
    strictness = Strictness.parse(text)
    assert strictness.tolerates(0, selected)
    if failed and strictness.tolerates(failed, selected):
        assert strictness.tolerates(failed - 1, selected)


@pytest.mark.parametrize(
    "text", ["", "-1", "1.5", "101%", "100.1%", "%", ".5%", "5.%", "1e2", "٣", "strictly", "5%%"]
)
def test_what_is_not_a_strictness_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a strictness; write"):
        Strictness.parse(text)


@pytest.mark.parametrize(
    ("text", "code"), [("0", 1), ("1", 0), ("25%", 0), ("24.9%", 1), ("lenient", 0), ("strict", 1)]
)
def test_one_broken_of_four(text: str, code: int) -> None:
    assert verdict(Strictness.parse(text), [ExitCode.FAILED], 4) == code


def test_an_unreachable_database_is_every_seeder_failed() -> None:
    failures = [ExitCode.NOT_READY] * 4
    assert verdict(Strictness.parse("3"), failures, 4) == ExitCode.NOT_READY
    assert verdict(Strictness.parse("4"), failures, 4) == ExitCode.OK
    assert verdict(Strictness.parse("lenient"), failures, 4) == ExitCode.OK


def test_the_order_is_the_contracts() -> None:
    assert [int(code) for code in PRECEDENCE] == [70, 143, 130, 2, 3, 4, 5, 1, 6, 0]
    assert set(PRECEDENCE) == set(ExitCode)


@given(st.lists(CODES))
def test_the_first_is_one_of_them_and_before_all_others(codes: list[ExitCode]) -> None:
    code = first(codes)
    assert all(PRECEDENCE.index(code) <= PRECEDENCE.index(other) for other in codes)
    assert code in codes or not codes


@given(LEVELS, FAILURES, st.integers(0, 6), st.booleans(), st.none() | CODES, st.booleans())
def test_the_verdict(  # noqa: PLR0917  hypothesis fills them in
    text: str, failures: list[ExitCode], others: int, required: bool, stopped: ExitCode | None, change: bool
) -> None:
    strictness = Strictness.parse(text)
    selected = len(failures) + others
    code = verdict(
        strictness, failures, selected, required_failed=required, stopped=stopped, would_change=change
    )
    exceeded = required or not strictness.tolerates(len(failures), selected)
    standing = {failure for failure in failures if exceeded or failure not in TOLERABLE}
    standing |= {stopped} - {None} if stopped is not None else set()
    standing |= {ExitCode.WOULD_CHANGE} if change else set()
    expected = [known for known in PRECEDENCE if known in standing]
    assert code == (expected[0] if expected else ExitCode.OK)


@given(FAILURES.filter(bool))
def test_required_must_succeed_whatever_the_strictness(failures: list[ExitCode]) -> None:
    assert verdict(Strictness.parse("lenient"), failures, len(failures), required_failed=True) == first(
        failures
    )
