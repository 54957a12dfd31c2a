"""What can be wrong with a file: where, and why as a code; the words for it are the terminal's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from portal.domain.errors import DomainError


class Reason(StrEnum):
    """Why a file, a row or one of its values cannot be taken."""

    # the file
    EMPTY_FILE = "empty_file"
    NOT_UTF8 = "not_utf8"
    UTF16 = "utf16"
    SPREADSHEET = "spreadsheet"
    TAB_SEPARATED = "tab_separated"
    LINE_TOO_LONG = "line_too_long"
    OPEN_QUOTES = "open_quotes"
    MISSING_COLUMN = "missing_column"
    UNKNOWN_COLUMN = "unknown_column"
    DUPLICATE_COLUMN = "duplicate_column"
    NAMELESS_COLUMN = "nameless_column"
    # the row
    BROKEN_QUOTES = "broken_quotes"
    FIELD_TOO_LONG = "field_too_long"
    TOO_FEW_VALUES = "too_few_values"
    TOO_MANY_VALUES = "too_many_values"
    # the value
    REQUIRED = "required"
    NOT_PRINTABLE = "not_printable"
    NOT_A_CHOICE = "not_a_choice"
    NOT_A_DAY = "not_a_day"
    ITALIAN_DAY = "italian_day"
    SERIAL_DAY = "serial_day"
    DAY_OUT_OF_RANGE = "day_out_of_range"
    NOT_A_WHOLE_NUMBER = "not_a_whole_number"
    NUMBER_TOO_LARGE = "number_too_large"
    # the register
    REPEATED_ADDRESS = "repeated_address"
    ADDRESS_OF_ACCOUNT = "address_of_account"
    NOT_AN_ACCOUNT = "not_an_account"
    ACCOUNT_MISSING = "account_missing"
    ACCOUNT_EMAIL_DIFFERS = "account_email_differs"
    ACCOUNT_EMAIL_MISSING = "account_email_missing"
    NOT_IN_PLAN = "not_in_plan"
    NOT_WITH_DOMAIN = "not_with_domain"
    NOT_A_CODE = "not_a_code"
    PASSWORD_TOO_LONG = "password_too_long"
    NOT_ARGON2ID = "not_argon2id"
    HASH_TOO_COSTLY = "hash_too_costly"
    BEHIND_RENEWAL = "behind_renewal"
    # the statement
    FILE_TOO_LARGE = "file_too_large"
    NOT_XML = "not_xml"
    HAS_DOCTYPE = "has_doctype"
    NOT_CAMT = "not_camt"
    FOREIGN_ACCOUNT = "foreign_account"
    MOVEMENT_UNREADABLE = "movement_unreadable"
    # the price list
    NOT_AN_AMOUNT = "not_an_amount"
    AMOUNT_TOO_LARGE = "amount_too_large"
    NOT_TERMS = "not_terms"
    ENDS_BEFORE_START = "ends_before_start"
    OVERLAPS_LINE = "overlaps_line"
    OVERLAPS_STORED = "overlaps_stored"
    ALREADY_IN_FORCE = "already_in_force"
    # promotions and extras
    REPEATED_CODE = "repeated_code"
    PROMOTION_BEGUN = "promotion_begun"
    PROMOTION_ENDED = "promotion_ended"
    PROMOTION_OVERLAPS = "promotion_overlaps"
    WORDS_TOO_LONG = "words_too_long"
    # the conventions
    NOT_A_TERM = "not_a_term"
    FREE_FOR_MEMBER = "free_for_member"
    BODY_TOO_LONG = "body_too_long"
    CONVENTION_OVERLAPS = "convention_overlaps"
    CONVENTION_IN_FORCE = "convention_in_force"
    # the contract texts
    NO_TEXTS = "no_texts"
    NOT_A_TEXT_NAME = "not_a_text_name"
    TEXT_TOO_LONG = "text_too_long"
    TEXT_NOT_UTF8 = "text_not_utf8"
    NOT_A_HEADER = "not_a_header"
    REPEATED_HEADER = "repeated_header"
    EMPTY_TEXT = "empty_text"
    TEXT_CHANGED = "text_changed"
    BEFORE_TODAY = "before_today"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: the physical line, the column (empty: the whole row or file) and the reason."""

    line: int
    column: str
    reason: str
    """A `Reason`, or a `FieldCode` of `domain.customers`."""
    values: Mapping[str, object] = field(default_factory=dict)
    """What the sentence needs: limits, other lines, what was found. Never a password."""


@dataclass(eq=False)
class FileRefused(DomainError):
    """The file cannot be read to its end, so no row of it is taken, not even by skipping."""

    problems: Final[Sequence[Problem]]


@dataclass(eq=False)
class RowsRefused(DomainError):
    """Some rows are bad, so none is taken."""

    problems: Final[Sequence[Problem]]


@dataclass(eq=False)
class FilesRefused(DomainError):
    """Some of several files are bad, so none is taken: each problem with the name of its file."""

    problems: Final[Sequence[tuple[str, Problem]]]
