"""Who asks, how they stand to a mailbox, and what that allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class SubjectKind(StrEnum):
    """The two ways in. Source: domain.md 2.1."""

    ACCOUNT = "account"
    MAILBOX = "mailbox"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is signed in: an account or a mailbox, never both.

    A mailbox's session carries no account, or it would reach all of that account's mailboxes.
    Raises ValueError.
    """

    kind: SubjectKind
    account_id: int | None = None
    mailbox_id: int | None = None

    def __post_init__(self) -> None:
        has = (self.account_id is not None, self.mailbox_id is not None)
        if has != (self.kind is SubjectKind.ACCOUNT, self.kind is SubjectKind.MAILBOX):
            raise ValueError(f"a subject is one account or one mailbox, not {self}")


class Relation(StrEnum):
    """How the subject stands to a mailbox: the five columns of domain.md 2.2."""

    ACCOUNT_OWN = "account_own"
    ACCOUNT_OTHER_HOLDER = "account_other_holder"
    MAILBOX_OF_ACCOUNT_HOLDER = "mailbox_of_account_holder"
    MAILBOX_OF_OTHER_HOLDER = "mailbox_of_other_holder"
    MAILBOX_CONVENTION = "mailbox_convention"


class Action(StrEnum):
    """What can be asked for: the rows of domain.md 2.2, parted where a row answers differently within."""

    SEE_MAILBOX = "see_mailbox"
    RENEW = "renew"
    CHANGE_PLAN = "change_plan"
    CHANGE_EXTRA_SPACE = "change_extra_space"
    TOGGLE_AUTO_RENEWAL = "toggle_auto_renewal"
    MANAGE_STORED_METHODS = "manage_stored_methods"
    USE_CREDIT = "use_credit"
    SEE_OWN_ORDERS = "see_own_orders"
    SEE_INVOICES = "see_invoices"
    SEE_OTHER_MAILBOXES = "see_other_mailboxes"
    EDIT_HOLDER_CONTACTS = "edit_holder_contacts"


_ACCOUNT = frozenset({Relation.ACCOUNT_OWN, Relation.ACCOUNT_OTHER_HOLDER})
_EVERYBODY = frozenset(Relation)

RIGHTS: Mapping[Action, frozenset[Relation]] = MappingProxyType(
    {
        Action.SEE_MAILBOX: _EVERYBODY,
        Action.RENEW: _EVERYBODY,
        Action.CHANGE_PLAN: _ACCOUNT | {Relation.MAILBOX_OF_ACCOUNT_HOLDER},
        Action.CHANGE_EXTRA_SPACE: _EVERYBODY - {Relation.MAILBOX_OF_OTHER_HOLDER},
        Action.TOGGLE_AUTO_RENEWAL: _ACCOUNT | {Relation.MAILBOX_OF_ACCOUNT_HOLDER},
        Action.MANAGE_STORED_METHODS: _ACCOUNT,
        Action.USE_CREDIT: _EVERYBODY - {Relation.MAILBOX_OF_OTHER_HOLDER},
        Action.SEE_OWN_ORDERS: _EVERYBODY,
        Action.SEE_INVOICES: _ACCOUNT,
        Action.SEE_OTHER_MAILBOXES: _ACCOUNT,
        Action.EDIT_HOLDER_CONTACTS: _EVERYBODY,
    }
)
"""Who may do what. Source: domain.md 2.2."""


def relation_of(
    subject_kind: SubjectKind,
    owner_account: int | None,
    same_holder_as_account: bool,
    has_convention: bool,
) -> Relation:
    """Return how a subject stands to a mailbox it can see.

    `owner_account` is the account the mailbox was bought with. Where there is none and no convention,
    nobody else could act, so the mailbox's own session has the rights of the holder. Source: domain.md 2.2.
    """
    if subject_kind is SubjectKind.ACCOUNT:
        return Relation.ACCOUNT_OWN if same_holder_as_account else Relation.ACCOUNT_OTHER_HOLDER
    if has_convention:
        return Relation.MAILBOX_CONVENTION
    if owner_account is None or same_holder_as_account:
        return Relation.MAILBOX_OF_ACCOUNT_HOLDER
    return Relation.MAILBOX_OF_OTHER_HOLDER


def allowed(relation: Relation, action: Action) -> bool:
    """Say whether that relation permits the action. Source: domain.md 2.2."""
    return relation in RIGHTS[action]


class Keeper(StrEnum):
    """Who can do what this subject may not."""

    ACCOUNT = "account"
    """The account the mailbox was bought with."""
    CONVENTION = "convention"
    """Nobody: the convention has fixed it."""
    NOBODY = "nobody"
    """It is not to be had for such a mailbox."""


def keeper_of(relation: Relation, action: Action, *, has_account: bool) -> Keeper | None:
    """Return who can do it instead, None where the subject itself may. Source: domain.md 2.2, C17."""
    if allowed(relation, action):
        return None
    if relation is Relation.MAILBOX_CONVENTION and action is Action.CHANGE_PLAN:
        return Keeper.CONVENTION
    return Keeper.ACCOUNT if has_account else Keeper.NOBODY


def lacking_of(relation: Relation, *, has_account: bool) -> Mapping[Action, Keeper]:
    """Return all that the relation does not permit, and who can do it. Source: domain.md 2.2."""
    keepers = {action: keeper_of(relation, action, has_account=has_account) for action in Action}
    return {action: keeper for action, keeper in keepers.items() if keeper is not None}


def masked_account(username: str) -> str:
    """Return «10••••@aruba.it»: enough to know one's own account, too little to sign in with another's."""
    name, at, domain = username.partition("@")
    shown = name[: min(2, len(name) - 1)]
    return f"{shown}{'•' * max(4, len(name) - len(shown))}{at}{domain}"
