"""Counts add up, and a result stays a result."""

from __future__ import annotations

from seeder.reporting.counts import Counts
from seeder.reporting.report import SeederResult


def test_counts_add_up_one_by_one() -> None:
    total = Counts(inserted=1, updated=2, conflicts=1) + Counts(
        updated=3, deleted=4, unchanged=5, kept=6, kept_existing=2
    )
    assert total.counts() == {
        "inserted": 1,
        "updated": 5,
        "deleted": 4,
        "unchanged": 5,
        "kept": 6,
        "kept_existing": 2,
        "conflicts": 1,
    }
    assert total.changed == 10


def test_a_result_with_counts_added_is_still_that_result() -> None:
    result = SeederResult(name="tools", outcome="succeeded", inserted=1, file="tools.yaml")
    assert result + Counts(inserted=2, kept=1) == SeederResult(
        name="tools", outcome="succeeded", inserted=3, kept=1, file="tools.yaml"
    )
