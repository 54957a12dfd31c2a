"""Reads the operator's contract texts from a file or a folder, for `portal import contracts` and the demo."""

from __future__ import annotations

from pathlib import Path

from portal.usecases.imports.contracts import ENDING, ContractsImported, TextFile, import_contracts
from portal.wiring import Services


def import_contract_files(services: Services, path: Path) -> ContractsImported:
    """Import one text, or every text of a folder, in one transaction. Raises FilesRefused, OSError."""
    paths = sorted(path.glob(f"*{ENDING}")) if path.is_dir() else [path]
    files = [TextFile(each.name, each.read_bytes()) for each in paths]
    with services.transaction() as session:
        return import_contracts(session, files, today=services.today(), now=services.now())
