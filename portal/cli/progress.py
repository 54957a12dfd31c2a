"""A progress bar on the error stream, where somebody is looking; silent in a pipe or a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn
from rich.progress import TimeRemainingColumn as TimeLeft


@contextmanager
def counting(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how many of `total` rows are done; gives the function that moves the bar on."""
    with _bar(MofNCompleteColumn()) as progress:
        task = progress.add_task(title, total=total)
        yield lambda rows: progress.advance(task, rows)


@contextmanager
def reading(title: str, path: Path) -> Iterator[BinaryIO]:
    """Open a file and show how much of it has been read, unless it is a pipe, whose size nobody knows."""
    with path.open("rb") as file, _bar(TaskProgressColumn()) as progress:
        size = path.stat().st_size
        yield progress.wrap_file(file, total=size, description=title) if size else file


def _bar(amount: MofNCompleteColumn | TaskProgressColumn) -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), amount, TimeLeft())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
