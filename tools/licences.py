"""The licences of what is locked, as each package says of itself."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

LOCKED = Path(__file__).resolve().parent.parent / "requirements" / "run.txt"
UNKNOWN = "unknown"
READ = {"imapclient": "BSD-3-Clause"}
"""Of packages that do not say it in their metadata: read in the licence they bring along."""
_NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)


def locked_names(path: Path = LOCKED) -> list[str]:
    """Return the packages of a lock."""
    return _NAME.findall(path.read_text(encoding="utf-8"))


def licences_of_lock() -> dict[str, str]:
    """Return the licence of each locked package that is installed here; some are for other systems."""
    found = {}
    for name in locked_names():
        try:
            found[name] = READ.get(name) or licence_of(distribution(name))
        except PackageNotFoundError:
            continue
    return found


def licence_of(package: Distribution) -> str:
    """Return the SPDX expression, else the classifiers, else the first line of what is said of it."""
    told = package.metadata
    expression = told.get("License-Expression")
    if expression:
        return expression
    classified = [
        line.rpartition(" :: ")[2]
        for line in told.get_all("Classifier") or []
        if line.startswith("License :: ") and not line.endswith(":: OSI Approved")
    ]
    return "; ".join(classified) or (told.get("License") or UNKNOWN).strip().splitlines()[0]
