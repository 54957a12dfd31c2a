"""Who may do what: the matrix of domain.md 2.2, cell by cell."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from portal.domain.access import (
    Action,
    Keeper,
    Relation,
    Subject,
    SubjectKind,
    allowed,
    keeper_of,
    masked_account,
    relation_of,
)

ACCOUNT, MAILBOX = SubjectKind
OWN, OTHER_HOLDER, OF_ACCOUNT_HOLDER, OF_OTHER_HOLDER, CONVENTION = Relation

MATRIX = """
                        account_own  account_other_holder  mailbox_of_account_holder  mailbox_of_other_holder  mailbox_convention
see_mailbox             yes          yes                   yes                        yes                      yes
renew                   yes          yes                   yes                        yes                      yes
change_plan             yes          yes                   yes                        no                       no
change_extra_space      yes          yes                   yes                        no                       yes
toggle_auto_renewal     yes          yes                   yes                        no                       no
manage_stored_methods   yes          yes                   no                         no                       no
use_credit              yes          yes                   yes                        no                       yes
see_own_orders          yes          yes                   yes                        yes                      yes
see_invoices            yes          yes                   no                         no                       no
see_other_mailboxes     yes          yes                   no                         no                       no
edit_holder_contacts    yes          yes                   yes                        yes                      yes
"""  # noqa: E501 - a table is read across
COLUMNS, *ROWS = [line.split() for line in MATRIX.strip().splitlines()]
CELLS = [
    (Action(action), Relation(column), answer == "yes")
    for action, *answers in ROWS
    for column, answer in zip(COLUMNS, answers, strict=True)
]


def test_the_matrix_has_a_cell_for_everything() -> None:
    assert len(CELLS) == len(Action) * len(Relation)
    assert {(action, relation) for action, relation, _ in CELLS} == {(a, r) for a in Action for r in Relation}


@pytest.mark.parametrize(("action", "relation", "answer"), CELLS)
def test_each_cell_of_the_matrix(action: Action, relation: Relation, answer: bool) -> None:
    assert allowed(relation, action) is answer


@pytest.mark.parametrize(
    ("kind", "owner_account", "same_holder", "has_convention", "relation"),
    [
        (ACCOUNT, 7, True, False, OWN),
        (ACCOUNT, 7, False, False, OTHER_HOLDER),
        (ACCOUNT, 7, True, True, OWN),
        (MAILBOX, 7, True, False, OF_ACCOUNT_HOLDER),
        (MAILBOX, 7, False, False, OF_OTHER_HOLDER),
        (MAILBOX, 7, True, True, CONVENTION),
        (MAILBOX, 7, False, True, CONVENTION),
        (MAILBOX, None, False, True, CONVENTION),
        (MAILBOX, None, False, False, OF_ACCOUNT_HOLDER),  # nobody else could do it
        (MAILBOX, None, True, False, OF_ACCOUNT_HOLDER),
    ],
)
def test_how_a_subject_stands_to_a_mailbox(
    kind: SubjectKind, owner_account: int | None, same_holder: bool, has_convention: bool, relation: Relation
) -> None:
    assert relation_of(kind, owner_account, same_holder, has_convention) is relation


@pytest.mark.parametrize(
    ("kind", "account_id", "mailbox_id"),
    [
        (ACCOUNT, None, None),
        (ACCOUNT, None, 2),
        (ACCOUNT, 1, 2),
        (MAILBOX, None, None),
        (MAILBOX, 1, None),
        (MAILBOX, 1, 2),
    ],
)
def test_a_subject_is_one_account_or_one_mailbox(
    kind: SubjectKind, account_id: int | None, mailbox_id: int | None
) -> None:
    with pytest.raises(ValueError, match="one account or one mailbox"):
        Subject(kind, account_id, mailbox_id)


@pytest.mark.parametrize("subject", [Subject(ACCOUNT, 1, None), Subject(MAILBOX, None, 2)])
def test_a_subject_does_not_change(subject: Subject) -> None:
    with pytest.raises(FrozenInstanceError):
        subject.account_id = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("relation", "action", "has_account", "keeper"),
    [
        (OWN, Action.CHANGE_PLAN, True, None),
        (OF_ACCOUNT_HOLDER, Action.CHANGE_PLAN, True, None),
        (OF_ACCOUNT_HOLDER, Action.MANAGE_STORED_METHODS, True, Keeper.ACCOUNT),
        (OF_ACCOUNT_HOLDER, Action.MANAGE_STORED_METHODS, False, Keeper.NOBODY),
        (OF_OTHER_HOLDER, Action.CHANGE_PLAN, True, Keeper.ACCOUNT),
        (OF_OTHER_HOLDER, Action.CHANGE_EXTRA_SPACE, True, Keeper.ACCOUNT),
        (OF_OTHER_HOLDER, Action.RENEW, True, None),
        (CONVENTION, Action.CHANGE_PLAN, True, Keeper.CONVENTION),
        (CONVENTION, Action.CHANGE_PLAN, False, Keeper.CONVENTION),
        (CONVENTION, Action.CHANGE_EXTRA_SPACE, False, None),
        (CONVENTION, Action.TOGGLE_AUTO_RENEWAL, True, Keeper.ACCOUNT),
        (CONVENTION, Action.TOGGLE_AUTO_RENEWAL, False, Keeper.NOBODY),
    ],
)
def test_who_can_do_it_instead(
    relation: Relation, action: Action, has_account: bool, keeper: Keeper | None
) -> None:
    assert keeper_of(relation, action, has_account=has_account) is keeper


def test_somebody_is_named_exactly_where_the_matrix_says_no() -> None:
    for action, relation, answer in CELLS:
        assert (keeper_of(relation, action, has_account=True) is None) is answer


@pytest.mark.parametrize(
    ("username", "masked"),
    [
        ("100200@aruba.it", "10••••@aruba.it"),
        ("1@aruba.it", "••••@aruba.it"),
        ("12@aruba.it", "1••••@aruba.it"),
        ("1234567890@aruba.it", "12••••••••@aruba.it"),
    ],
)
def test_an_account_is_named_so_that_only_who_knows_it_recognises_it(username: str, masked: str) -> None:
    assert masked_account(username) == masked
