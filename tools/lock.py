"""Writes requirements/*.txt anew from pyproject.toml, with the hash of every wheel; `--upgrade`: newest."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".cache" / "lock"
OPTIONS = (
    "--universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url "
    "--only-binary :all: --quiet"
).split()
SETS = {
    "run.txt": ["pyproject.toml"],
    "test.txt": ["pyproject.toml", "--group", "test", "-c", "requirements/run.txt"],
    "browser.txt": ["--group", "browser"],
    "lock.txt": ["--group", "lock"],
    "supply.txt": ["--group", "supply"],
}


def main() -> None:
    if not (FOLDER / "bin" / "uv").exists():
        venv.create(FOLDER, with_pip=True, clear=True)
        pip = [FOLDER / "bin" / "python", "-m", "pip", "install", "-qq", "--require-hashes"]
        subprocess.run([*pip, "-r", ROOT / "requirements" / "lock.txt"], check=True)
    for name, choice in SETS.items():
        command = [FOLDER / "bin" / "uv", "pip", "compile", *choice, *OPTIONS, *sys.argv[1:]]
        subprocess.run([*command, "-o", f"requirements/{name}"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
