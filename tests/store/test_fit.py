"""The database's answer to «does it fit» is the domain's, for every plan, space, use and tick."""

from __future__ import annotations

import itertools
import random

from sqlalchemy import insert, select

from portal.domain.plans import PLANS, SOLD_PLANS, Plan
from portal.domain.space import check_fit
from portal.store.drafts import DraftLine
from portal.store.fit import FIT_PROBLEM, fit_problem, permitted_extra_archive, permitted_extra_mailbox
from portal.store.mailboxes import Mailbox
from portal.wiring import Services
from tests.factories import NOW, TODAY, make_account, make_draft, make_holder

USES_MB = (0, 1, 1023, 1024, 1025, 2048, 2049, 3072, 3073, 8192, 8193, 101 * 1024, 103 * 1024)
EXTRAS = (0, 1, 2, 99, 100)


def lay_out(services: Services) -> None:
    """Store a draft line for each combination of what matters at the edges, and some between."""
    random.seed(7)
    cases = list(itertools.product(SOLD_PLANS, EXTRAS, EXTRAS, (False, True)))
    uses = [(random.choice(USES_MB), random.choice(USES_MB)) for _ in range(3 * len(cases))]
    with services.transaction() as session:
        account, holder = make_account(session), make_holder(session)
        draft = make_draft(session, account)
        boxes = [
            {
                "id": number,
                "address": f"casella.{number}@pec.example",
                "account_id": account.id,
                "holder_id": holder.id,
                "plan": Plan.PREMIUM,
                "expires_on": TODAY,
                "created_at": NOW,
                "mailbox_used_mb": mailbox_mb,
                "archive_used_mb": archive_mb,
            }
            for number, (mailbox_mb, archive_mb) in enumerate(uses, 1)
        ]
        session.execute(insert(Mailbox), boxes)
        lines = [
            {
                "draft_id": draft.id,
                "mailbox_id": number,
                "plan": plan,
                "extra_mailbox_gb": extra_mailbox,
                "extra_archive_gb": extra_archive,
                "archive_deletion_accepted": accepted,
            }
            for number, (plan, extra_mailbox, extra_archive, accepted) in enumerate(cases * 3, 1)
        ]
        session.execute(insert(DraftLine), lines)


def first_problem(line: DraftLine, mailbox: Mailbox) -> str | None:
    problems = check_fit(
        line.plan,
        line.extra_mailbox_gb,
        line.extra_archive_gb,
        mailbox.mailbox_used_mb,
        mailbox.archive_used_mb,
        line.archive_deletion_accepted,
    )
    return problems[0].kind if problems else None


def test_the_database_finds_the_domains_first_problem(services: Services) -> None:
    lay_out(services)

    with services.reading() as session:
        rows = session.execute(
            select(DraftLine, Mailbox, FIT_PROBLEM).join(Mailbox, Mailbox.id == DraftLine.mailbox_id)
        ).all()

    answers = {(answer, first_problem(line, mailbox)) for line, mailbox, answer in rows}
    assert all(asked == told for asked, told in answers)
    assert len(answers) == 6, "every kind of problem, and none at all"


def test_the_database_answers_for_a_plan_not_chosen_yet(services: Services) -> None:
    lay_out(services)

    with services.reading() as session:
        for plan in SOLD_PLANS:
            mailbox_gb = permitted_extra_mailbox(plan, DraftLine.extra_mailbox_gb)
            archive_gb = permitted_extra_archive(plan, DraftLine.extra_archive_gb)
            accepted = DraftLine.archive_deletion_accepted.is_(True)
            columns = (DraftLine, Mailbox, fit_problem(plan, mailbox_gb, archive_gb, accepted))
            for line, mailbox, answer in session.execute(select(*columns).join(Mailbox)):
                facts = PLANS[plan]
                problems = check_fit(
                    plan,
                    min(line.extra_mailbox_gb, facts.max_extra_mailbox_gb),
                    min(line.extra_archive_gb, facts.max_extra_archive_gb),
                    mailbox.mailbox_used_mb,
                    mailbox.archive_used_mb,
                    line.archive_deletion_accepted,
                )
                assert answer == (problems[0].kind if problems else None)
