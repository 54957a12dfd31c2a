"""One row of the operator's mailbox register: its columns, rules and fingerprints. Source: product.md 5."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from portal.domain.customers import CustomerKind, check_holder, email, mailbox_address, register_fields
from portal.domain.errors import FieldProblem
from portal.domain.plans import PLANS, Plan
from portal.usecases.imports.csv_file import Row
from portal.usecases.imports.problems import Problem, Reason
from portal.usecases.imports.values import Values

REQUIRED = ("address", "plan", "expires_on", "holder_kind", "tax_code", "contact_email")
HOLDER_FIELDS = (
    "first_name",
    "last_name",
    "business_name",
    "tax_code",
    "vat_number",
    "contact_email",
    "phone",
    "street",
    "street_number",
    "postal_code",
    "city",
    "province",
    "country",
)
"""Columns that are the holder's, and columns of the table `holder`."""
OF_COUNTRY = ("phone", "postal_code", "province")
"""Judged by the country's rules: nothing can be said of them while the country is wrong."""
OPTIONAL = (
    *(name for name in HOLDER_FIELDS if name not in REQUIRED),
    "account",
    "account_email",
    "extra_mailbox_gb",
    "extra_archive_gb",
    "mailbox_used_mb",
    "archive_used_mb",
    "auto_renewal",
    "convention",
    "password",
)

LARGEST_USE_MB = 100 * 1024 * 1024
"""100 TB: more is a number in bytes or kilobytes."""
LONGEST_PASSWORD = 200
COSTLIEST_KIB, COSTLIEST_ROUNDS = 256 * 1024, 10
"""A hash that costs more would let one sign-in fill the memory or keep a core busy for seconds."""

_ARGON2ID = re.compile(
    r"\$argon2id\$v=19\$m=(?P<kib>[0-9]{1,10}),t=(?P<rounds>[0-9]{1,10}),p=(?P<lanes>[0-9]{1,3})"
    r"\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}"
)


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A good row: every value checked and in its one form."""

    line: int
    address: str
    plan: Plan
    expires_on: date
    account: str
    """Username in lower case; empty where the mailbox belongs to no account."""
    account_email: str
    holder_kind: CustomerKind
    holder: Mapping[str, str]
    """By `HOLDER_FIELDS`."""
    extra_mailbox_gb: int
    extra_archive_gb: int
    mailbox_used_mb: int
    archive_used_mb: int
    auto_renewal: bool
    convention: str
    password: str
    """Plain, or an argon2id hash, or empty."""

    @property
    def plain_password(self) -> str:
        """Return the password to be hashed, empty where there is none."""
        return "" if is_hash(self.password) else self.password

    @property
    def digest(self) -> str:
        """Return the SHA-256 of everything but a plain password.

        A fast hash beside an argon2id one would make the password cheap to guess; so whether a plain one
        is still the same is asked of the argon2id hash.
        """
        password = self.password if is_hash(self.password) else ""
        return _sha256(
            self.address,
            self.plan,
            self.expires_on.isoformat(),
            self.account,
            self.account_email,
            self.holder_kind,
            *(self.holder[name] for name in HOLDER_FIELDS),
            self.extra_mailbox_gb,
            self.extra_archive_gb,
            self.mailbox_used_mb,
            self.archive_used_mb,
            self.auto_renewal,
            self.convention,
            password,
        )

    @property
    def holder_fingerprint(self) -> str:
        """Return the SHA-256 that equal holders of one account share, and of one mailbox without account."""
        scope = self.account or self.address
        return _sha256(scope, self.holder_kind, *(self.holder[name] for name in HOLDER_FIELDS))


def register_row(row: Row, *, account_domain: str, today: date) -> RegisterRow | Sequence[Problem]:
    """Return the good row, or everything that is wrong with it."""
    values = Values(row)
    address = _address(values, account_domain)
    plan = values.choice("plan", Plan)
    values.required("expires_on")
    expires_on = values.day("expires_on")
    account, account_email = _account(values, account_domain)
    kind = values.choice("holder_kind", CustomerKind)
    holder = _holder(values, kind, address, today)
    extra_mailbox_gb, extra_archive_gb = _extra_space(values, plan)
    mailbox_used_mb = values.whole("mailbox_used_mb", limit=LARGEST_USE_MB)
    archive_used_mb = _archive_use(values, plan)
    auto_renewal = values.flag("auto_renewal")
    convention = values.code("convention")
    _check_domain(values, plan, auto_renewal, convention)
    password = _password(values)
    if values.problems or plan is None or expires_on is None or kind is None:
        return values.verdict()
    return RegisterRow(
        line=row.line,
        address=address,
        plan=plan,
        expires_on=expires_on,
        account=account,
        account_email=account_email,
        holder_kind=kind,
        holder=holder,
        extra_mailbox_gb=extra_mailbox_gb,
        extra_archive_gb=extra_archive_gb,
        mailbox_used_mb=mailbox_used_mb,
        archive_used_mb=archive_used_mb,
        auto_renewal=auto_renewal,
        convention=convention,
        password=password,
    )


def is_hash(password: str) -> bool:
    """Say whether the password column holds a hash and not the password itself."""
    return password.startswith("$argon2")


def _address(values: Values, account_domain: str) -> str:
    text = values.required("address")
    if not text:
        return ""
    address = values.checked("address", lambda: mailbox_address(text)) or ""
    if address.endswith(f"@{account_domain}"):
        values.refuse("address", Reason.ADDRESS_OF_ACCOUNT, domain=account_domain)
    return address


def _account(values: Values, account_domain: str) -> tuple[str, str]:
    """Return username and e-mail. Whoever signs in below the account domain is an account (domain.md 2.1)."""
    username, contact = values.text("account").lower(), values.text("account_email")
    if contact:
        contact = values.checked("account_email", lambda: email(contact, "account_email")) or ""
    if username and not _is_below(username, account_domain):
        values.refuse("account", Reason.NOT_AN_ACCOUNT, found=username, domain=account_domain)
    if contact and not username:
        values.refuse("account", Reason.ACCOUNT_MISSING)
    return username, contact


def _is_below(username: str, account_domain: str) -> bool:
    try:
        return email(username, "account").endswith(f"@{account_domain}")
    except FieldProblem:
        return False


def _holder(values: Values, kind: CustomerKind | None, address: str, today: date) -> dict[str, str]:
    texts = {name: values.text(name) for name in HOLDER_FIELDS}
    if kind is None:
        return texts
    checked, problems = check_holder(
        kind, texts, required=register_fields(kind, texts), address=address, today=today
    )
    consequences = OF_COUNTRY if any(problem.field == "country" for problem in problems) else ()
    for problem in problems:
        if problem.field not in consequences and not values.has_refused(problem.field):
            values.refuse(problem.field, problem.code, found=texts[problem.field], kind=kind.value)
    return checked


def _extra_space(values: Values, plan: Plan | None) -> tuple[int, int]:
    limits = (
        (99, 99) if plan is None else (PLANS[plan].max_extra_mailbox_gb, PLANS[plan].max_extra_archive_gb)
    )
    return (
        values.whole("extra_mailbox_gb", limit=limits[0]),
        values.whole("extra_archive_gb", limit=limits[1]),
    )


def _archive_use(values: Values, plan: Plan | None) -> int:
    used = values.whole("archive_used_mb", limit=LARGEST_USE_MB)
    if used and plan is not None and not PLANS[plan].has_archive:
        values.refuse("archive_used_mb", Reason.NOT_IN_PLAN, plan=plan.value)
    return used


def _check_domain(values: Values, plan: Plan | None, auto_renewal: bool, convention: str) -> None:
    """Refuse for a mailbox on a domain what only makes sense where it is renewed. Source: domain.md 3.6."""
    if plan is None or PLANS[plan].renewable_here:
        return
    for column, given in (("auto_renewal", auto_renewal), ("convention", bool(convention))):
        if given:
            values.refuse(column, Reason.NOT_WITH_DOMAIN)


def _password(values: Values) -> str:
    """Return the password as it stands: blanks at its ends are part of it."""
    password = values.raw("password")
    if not password.isprintable():
        values.refuse("password", Reason.NOT_PRINTABLE)
    if not is_hash(password):
        if len(password) > LONGEST_PASSWORD:
            values.refuse("password", Reason.PASSWORD_TOO_LONG, limit=LONGEST_PASSWORD)
        return password
    match = _ARGON2ID.fullmatch(password)
    if match is None or len(password) > 255:
        values.refuse("password", Reason.NOT_ARGON2ID)
    elif int(match["kib"]) > COSTLIEST_KIB or int(match["rounds"]) > COSTLIEST_ROUNDS:
        values.refuse("password", Reason.HASH_TOO_COSTLY, kib=COSTLIEST_KIB, rounds=COSTLIEST_ROUNDS)
    return password


def _sha256(*values: object) -> str:
    """Return one hash of the values in this order; JSON keeps their borders apart."""
    return sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()
