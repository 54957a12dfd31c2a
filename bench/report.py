"""The table that is printed: each bar with its goal, its figure and whether it is met."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Report:
    """Lines as they come; a goal of None only informs."""

    lines: list[tuple[str, str, float, float | None]] = field(default_factory=list)

    def line(self, bar: str, what: str, figure: float, goal: float | None = None) -> None:
        """Print one figure; smaller is better."""
        self.lines.append((bar, what, figure, goal))
        verdict = "" if goal is None else ("met" if figure <= goal else "MISSED")
        against = "" if goal is None else f"<= {goal:g}"
        print(f"{bar:4} {what:62} {figure:10.2f}  {against:>9}  {verdict}", flush=True)

    def title(self, text: str) -> None:
        """Print a heading."""
        print(f"\n{text}\n{'-' * len(text)}", flush=True)

    @property
    def missed(self) -> int:
        """Return how many goals were missed."""
        return sum(1 for _, _, figure, goal in self.lines if goal is not None and figure > goal)
