"""What the groups of measurements hand to the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.measure import Usage


@dataclass(frozen=True)
class Figure:
    """One figure that has a goal. `met` is None where it was not measured."""

    what: str
    measured: str
    goal: str
    met: bool | None


@dataclass(frozen=True)
class Comparison:
    """Several programs at the same work. Ratios are against `base`; a text says why a side was not measured."""

    title: str
    base: str
    sides: dict[str, Usage | str]

    def usage(self, name: str) -> Usage:
        """What a side used that was measured for certain."""
        usage = self.sides[name]
        assert not isinstance(usage, str), f"{name}: {usage}"
        return usage

    def cpu_ratio(self, name: str, base: str | None = None) -> float:
        """CPU of client and server, of `name` against `base`."""
        return self.usage(name).cpu / self.usage(base or self.base).cpu

    def wall_ratio(self, name: str, base: str | None = None) -> float:
        """Wall time, of `name` against `base`."""
        return self.usage(name).wall / self.usage(base or self.base).wall


@dataclass
class Results:
    """Everything that one run of the benchmark found out."""

    figures: list[Figure] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)

    def at_most(self, what: str, value: float, goal: float, unit: str = "", digits: int = 2) -> None:
        """Add a figure that should not be above `goal`."""
        behind = f" {unit}" if unit else ""
        text = f"{value:.{digits}f}{behind}"
        self.figures.append(Figure(what, text, f"≤ {goal:g}{behind}", met=round(value, digits) <= goal))

    def below(self, what: str, value: float, goal: float) -> None:
        """Add a figure that should be less than `goal`."""
        self.figures.append(Figure(what, f"{value:.2f}", f"< {goal:g}", met=value < goal))

    def between(self, what: str, value: float, least: float, most: float) -> None:
        """Add a figure that should not be above `most`; below `least` is good too."""
        self.figures.append(
            Figure(what, f"{value:.1f}", f"{least:g} to {most:g}", met=round(value, 1) <= most)
        )

    def not_measured(self, what: str, why: str, goal: str) -> None:
        """Add a figure that has a goal and no value."""
        self.figures.append(Figure(what, f"not measured: {why}", goal, met=None))
