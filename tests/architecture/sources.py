"""Reads our own source files: which there are, what each imports, where a pattern stands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Source:
    """One Python file: its dotted name and its text, so that a test can also invent one."""

    module: str
    text: str
    is_package: bool = False

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def imports(self) -> set[str]:
        """Return the dotted names it imports; `from a import b` counts as `a.b`, which may be a module."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                found |= {f"{self._origin(node)}.{name.name}" for name in node.names}
        return found

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        above = self.module.split(".")
        above = above[: len(above) - node.level + self.is_package]
        return ".".join([*above, node.module] if node.module else above)


def python_sources(*folders: str) -> list[Source]:
    """Return every Python file below the folders of the project."""
    return [_read(path) for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def _read(path: Path) -> Source:
    parts = path.relative_to(ROOT).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    return Source(name, path.read_text(encoding="utf-8"), is_package)


def templates() -> list[Path]:
    """Return every template of the portal."""
    return [path for path in sorted((ROOT / "portal" / "templates").rglob("*")) if path.is_file()]


def lines_with(pattern: str, text: str) -> Iterator[int]:
    """Yield the numbers of the lines in which the pattern begins."""
    for match in re.finditer(pattern, text, re.IGNORECASE):
        yield text.count("\n", 0, match.start()) + 1
