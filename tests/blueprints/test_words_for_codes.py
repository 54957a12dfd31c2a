"""Every code that a page or a mail may have to say has words: without them the page would not be made."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from flask import Flask

from portal import letters
from portal.domain.access import Keeper
from portal.domain.attempts import DECLINES
from portal.domain.billing import EinvoiceRoute
from portal.domain.contracts import ContractKind
from portal.domain.credit import PostingKind
from portal.domain.customers import CustomerKind
from portal.domain.documents import DocumentProblem
from portal.domain.passwords import PasswordProblem
from portal.domain.payments import PaymentMethod
from portal.domain.plans import Plan
from portal.domain.renewability import NotRenewable
from portal.domain.withdrawal import NoWithdrawal
from portal.usecases.line_tasks import Refusal
from portal.usecases.payments import UnappliedReason
from portal.usecases.renewal_steps import Step

IN_MAILS: list[tuple[str, Iterable[str], tuple[object, ...]]] = [
    ("plan_name", Plan, ()),
    ("method", PaymentMethod, ()),
    ("refusal", Refusal, ()),
    ("unapplied", set(UnappliedReason) - {UnappliedReason.UNKNOWN_ORDER}, (3660,)),
    ("failure", DECLINES, ()),
]
IN_PAGES: list[tuple[str, str, Iterable[str], tuple[object, ...]]] = [
    ("mailboxes/_words.html", "plan_name", Plan, ()),
    ("mailboxes/_words.html", "keeper_text", set(Keeper) - {Keeper.NOBODY}, ("100****@aruba.example",)),
    ("mailboxes/_words.html", "missing_reason", NotRenewable, ()),
    ("renewals/_words.html", "method_name", PaymentMethod, ()),
    ("renewals/_words.html", "step_name", Step, ()),
    ("orders/_words.html", "refusal_text", Refusal, ()),
    ("orders/_words.html", "failure_text", DECLINES, ()),
    ("credit/_words.html", "movement_text", set(PostingKind) - {PostingKind.UNCLAIMED}, ()),
    ("contracts/_words.html", "kind_name", ContractKind, ()),
    ("documents/_words.html", "problem_text", DocumentProblem, (10, 20)),
    ("withdrawals/_words.html", "instead_text", NoWithdrawal, (None,)),
    ("people/_words.html", "kind_name", CustomerKind, ()),
    ("people/_words.html", "route_name", EinvoiceRoute, ()),
    ("profile/_words.html", "password_text", PasswordProblem, ()),
]


@pytest.mark.parametrize(("macro", "codes", "more"), IN_MAILS)
def test_a_mail_has_words_for_every_code(macro: str, codes: Iterable[str], more: tuple[object, ...]) -> None:
    words = getattr(letters.environment("it").get_template("_words.txt").module, macro)

    assert_all_differ([words(code, *more) for code in codes])


@pytest.mark.parametrize(("template", "macro", "codes", "more"), IN_PAGES)
def test_a_page_has_words_for_every_code(
    app: Flask, template: str, macro: str, codes: Iterable[str], more: tuple[object, ...]
) -> None:
    with app.test_request_context("/"):
        words = getattr(app.jinja_env.get_template(template).module, macro)

        assert_all_differ([words(code, *more) for code in codes])


def assert_all_differ(said: list[str]) -> None:
    assert all(each.strip() for each in said)
    assert len(set(said)) == len(said)
