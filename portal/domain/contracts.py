"""The texts a customer agrees to with an order: their kinds, their building blocks, their fingerprint."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class ContractKind(StrEnum):
    """What has to be agreed to before an order is placed, in its order. Source: domain.md 9 (7)."""

    GENERAL_TERMS = "general_terms"
    ONEROUS_CLAUSES = "onerous_clauses"
    """Approved one by one, articles 1341 and 1342 of the Civil Code. Source: domain.md C19."""
    PRIVACY = "privacy"


class BlockKind(StrEnum):
    """What a text is made of; nothing else is understood, so nothing else can be smuggled in."""

    HEADING = "heading"
    SUBHEADING = "subheading"
    PARAGRAPH = "paragraph"
    ITEMS = "items"


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, one paragraph, or a list whose items are the lines."""

    kind: BlockKind
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.lines)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the customer had before the eyes, which of it was accepted, and from where."""

    shown: Mapping[ContractKind, int]
    """The text of each kind that the page showed, by its id."""
    accepted: frozenset[ContractKind]
    address: str
    """The IP address that the answer came from."""
    start_requested: bool = False
    """Whether it was asked that the service begin before the withdrawal period ends."""


_MARKS: Mapping[str, BlockKind] = {
    "## ": BlockKind.SUBHEADING,
    "# ": BlockKind.HEADING,
    "- ": BlockKind.ITEMS,
}
VERSION = re.compile(r"[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*")
"""No dots: they part the name of a text."""
LANGUAGE = re.compile(r"[a-z]{2}")
LONGEST_VERSION = 20


def blocks_of(body: str) -> tuple[Block, ...]:
    """Return the blocks of a plain text: «# », «## » and «- » begin lines, an empty line ends a paragraph."""
    return tuple(_blocks(body))


def _blocks(body: str) -> Iterator[Block]:
    gathered: list[str] = []
    kind = BlockKind.PARAGRAPH
    for line in [*body.splitlines(), ""]:
        mark, text = _marked(line.strip())
        goes_on = mark is kind and text and kind in {BlockKind.PARAGRAPH, BlockKind.ITEMS}
        if gathered and not goes_on:
            yield Block(kind, tuple(gathered))
            gathered = []
        if text:
            kind = mark
            gathered.append(text)


def _marked(line: str) -> tuple[BlockKind, str]:
    for mark, kind in _MARKS.items():
        if line.startswith(mark):
            return kind, line[len(mark) :].strip()
    return BlockKind.PARAGRAPH, line


def text_name(kind: ContractKind, version: str, language: str) -> str:
    """Return the name of a text, the same in addresses and in the operator's files."""
    return f"{kind}.{version}.{language}"


def parse_text_name(name: str) -> tuple[ContractKind, str, str] | None:
    """Return kind, version and language of «privacy.2026-1.it», or None for anything else."""
    kind, _, rest = name.partition(".")
    version, _, language = rest.partition(".")
    well_made = (
        VERSION.fullmatch(version) and len(version) <= LONGEST_VERSION and LANGUAGE.fullmatch(language)
    )
    if kind not in set(ContractKind) or not well_made:
        return None
    return ContractKind(kind), version, language


def whole_text(title: str, version: str, valid_from: date, body: str) -> str:
    """Return a text as it is downloaded and fingerprinted: what it is, then what it says."""
    return f"{title}\n{version} · {valid_from.isoformat()}\n\n{body}\n"


def fingerprint(whole: str) -> str:
    """Return the SHA-256 of the downloaded text, in hexadecimal digits."""
    return hashlib.sha256(whole.encode()).hexdigest()
