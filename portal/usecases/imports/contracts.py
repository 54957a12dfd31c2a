"""Brings in the operator's contract texts: all files or none, and never a change to what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.contracts import ContractKind, blocks_of, fingerprint, parse_text_name, whole_text
from portal.domain.customers import FieldCode
from portal.store.contracts import ContractText, texts_in_force
from portal.usecases.imports.problems import FilesRefused, Problem, Reason

HEADER = ("title", "valid_from")
LONGEST_TITLE = 200
LARGEST_FILE = 512 * 1024
"""Bytes: more is no contract but a book, and every confirmation shows it whole."""
ENDING = ".txt"


@dataclass(frozen=True, slots=True)
class TextFile:
    """One file as it lies on the disk."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ContractsImported:
    """How many texts did what, and which kinds have none in force afterwards."""

    added: int
    unchanged: int
    missing: Sequence[ContractKind]


@dataclass(frozen=True, slots=True)
class _Text:
    """A text as its file has it."""

    file: str
    kind: ContractKind
    version: str
    language: str
    title: str
    valid_from: date
    body: str

    @property
    def key(self) -> tuple[ContractKind, str, str]:
        return self.kind, self.version, self.language

    @property
    def sha256(self) -> str:
        return fingerprint(whole_text(self.title, self.version, self.valid_from, self.body))


def import_contracts(
    session: Session, files: Sequence[TextFile], *, today: date, now: datetime
) -> ContractsImported:
    """Add the texts of the files; the same file again changes nothing.

    A stored version never changes: other words are another version. Where a text is in force, its successor
    cannot begin before today. Raises FilesRefused. Source: domain.md C19, 15 (10).
    """
    texts = _read(files)
    stored = {
        (text.kind, text.version, text.language): text for text in session.scalars(select(ContractText))
    }
    in_force = texts_in_force(session, today, languages=None)
    problems = [*_conflicts(texts, stored), *_late(texts, stored, in_force, today)]
    if problems:
        raise FilesRefused(problems)
    new = [text for text in texts if text.key not in stored]
    session.add_all(_row(text, now) for text in new)
    session.flush()
    there = {kind for kind, _ in texts_in_force(session, today, languages=None)}
    return ContractsImported(
        len(new), len(texts) - len(new), [kind for kind in ContractKind if kind not in there]
    )


def _read(files: Sequence[TextFile]) -> list[_Text]:
    """Return the texts, or raise FilesRefused with everything that is wrong with them."""
    texts: list[_Text] = []
    problems: list[tuple[str, Problem]] = []
    for file in files:
        found = _text(file)
        if isinstance(found, _Text):
            texts.append(found)
        else:
            problems += [(file.name, problem) for problem in found]
    if not files:
        problems.append(("", Problem(0, "", Reason.NO_TEXTS)))
    if problems:
        raise FilesRefused(problems)
    return texts


def _text(file: TextFile) -> _Text | list[Problem]:
    named = parse_text_name(file.name.removesuffix(ENDING)) if file.name.endswith(ENDING) else None
    if named is None:
        return [Problem(0, "", Reason.NOT_A_TEXT_NAME, {"choices": list(ContractKind)})]
    if len(file.content) > LARGEST_FILE:
        return [Problem(0, "", Reason.TEXT_TOO_LONG, {"limit": LARGEST_FILE // 1024})]
    try:
        lines = file.content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as failure:
        line = file.content[: failure.start].count(b"\n") + 1
        return [Problem(line, "", Reason.TEXT_NOT_UTF8)]
    values, body_at, problems = _header(lines)
    body = "\n".join(line.rstrip() for line in lines[body_at:]).strip()
    problems += _body_problems(lines, body_at, body)
    title, valid_from, wrong = _checked(values)
    problems += wrong
    if problems or valid_from is None:
        return sorted(problems, key=lambda problem: problem.line)
    return _Text(file.name, *named, title, valid_from, body)


def _header(lines: Sequence[str]) -> tuple[dict[str, tuple[int, str]], int, list[Problem]]:
    """Return the header's values with their lines, where the body begins, and what is wrong."""
    values: dict[str, tuple[int, str]] = {}
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            return values, number, problems
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not colon or name not in HEADER:
            problems.append(Problem(number, "", Reason.NOT_A_HEADER, {"found": line, "choices": HEADER}))
        elif name in values:
            problems.append(Problem(number, name, Reason.REPEATED_HEADER, {"other_line": values[name][0]}))
        else:
            values[name] = number, " ".join(value.split())
    return values, len(lines), problems


def _checked(values: Mapping[str, tuple[int, str]]) -> tuple[str, date | None, list[Problem]]:
    problems = [Problem(1, name, Reason.REQUIRED) for name in HEADER if not values.get(name, (0, ""))[1]]
    title_line, title = values.get("title", (1, ""))
    if len(title) > LONGEST_TITLE:
        problems.append(Problem(title_line, "title", FieldCode.TOO_LONG))
    day_line, day = values.get("valid_from", (1, ""))
    valid_from = None
    try:
        valid_from = date.fromisoformat(day) if day else None
    except ValueError:
        problems.append(Problem(day_line, "valid_from", Reason.NOT_A_DAY, {"found": day}))
    return title, valid_from, problems


def _body_problems(lines: Sequence[str], body_at: int, body: str) -> Iterator[Problem]:
    if not blocks_of(body):
        yield Problem(len(lines), "", Reason.EMPTY_TEXT)
    for number, line in enumerate(lines, 1):
        if not line.replace("\t", " ").isprintable():
            yield Problem(number, "", Reason.NOT_PRINTABLE)


_Stored = Mapping[tuple[ContractKind, str, str], ContractText]


def _conflicts(texts: Iterable[_Text], stored: _Stored) -> Iterator[tuple[str, Problem]]:
    """Yield each text that would change a stored version."""
    for text in texts:
        known = stored.get(text.key)
        if known is not None and known.sha256 != text.sha256:
            yield text.file, Problem(0, "", Reason.TEXT_CHANGED, {"version": text.version})


def _late(
    texts: Iterable[_Text],
    stored: _Stored,
    in_force: Mapping[tuple[ContractKind, str], ContractText],
    today: date,
) -> Iterator[tuple[str, Problem]]:
    """Yield each new text that would have been in force, as it were, on days when another one was."""
    for text in texts:
        is_successor = text.key not in stored and (text.kind, text.language) in in_force
        if is_successor and text.valid_from < today:
            found = {"found": text.valid_from, "version": in_force[text.kind, text.language].version}
            yield text.file, Problem(0, "valid_from", Reason.BEFORE_TODAY, found)


def _row(text: _Text, now: datetime) -> ContractText:
    return ContractText(
        kind=text.kind,
        version=text.version,
        language=text.language,
        title=text.title,
        body=text.body,
        valid_from=text.valid_from,
        sha256=text.sha256,
        imported_at=now,
    )
