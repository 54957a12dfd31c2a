"""Smaller plans that wait: each for its own day, however many orders follow. Source: domain.md 3.3, 3.4."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal import letters
from portal.domain.changes import Package, PackageFrom
from portal.domain.dates import add_years
from portal.domain.orders import LineState, OrderState
from portal.domain.plans import Plan
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine
from portal.store.outbox import OutboxRow
from portal.store.scheduled_changes import ChangeState, ScheduledChange
from portal.usecases import scheduled_changes
from portal.usecases.line_tasks import Refusal
from portal.wiring import Services
from tests.factories import NOW, make_order
from tests.usecases.paid_lines import (
    EXPIRY,
    begin,
    change,
    line_of,
    mailbox_of,
    mails,
    noon,
    pay_for,
    renew,
    waiting,
)
from tests.usecases.test_notices import AROUND

STANDARD, PRO, PREMIUM, _ = Plan
FIRST = EXPIRY + timedelta(days=1)
SECOND = add_years(EXPIRY, 1) + timedelta(days=1)
THIRD = add_years(EXPIRY, 2) + timedelta(days=1)


def order_smaller(services: Services, mailbox: dict[str, Any] | None = None, **line: Any) -> int:
    """Store and fulfil a paid order that makes a Pro mailbox Standard; return its line."""
    values = {"plan": STANDARD, "extra_mailbox_gb": 0, "extra_archive_gb": 0}
    values |= {"archive_deletion_accepted": True, **line}
    (line_id,) = pay_for(services, {"plan": PRO, **(mailbox or {})}, line=values)
    renew(services, line_id)
    return line_id


def order_again(services: Services, line_id: int, package: Package) -> int:
    """Store a further paid order of that mailbox and fulfil it; return its line."""
    with services.transaction() as session:
        mailbox = session.get_one(Mailbox, line_of(services, line_id).mailbox_id)
        order = make_order(session, [mailbox], state=OrderState.PAID, paid_at=NOW)
        line = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).one()
        line.plan, line.archive_deletion_accepted = package.plan, True
        line.extra_mailbox_gb, line.extra_archive_gb = package.extra_mailbox_gb, package.extra_archive_gb
        again = line.id
    renew(services, again)
    return again


def package_of(services: Services, line_id: int) -> Package:
    mailbox = mailbox_of(services, line_id)
    return Package(mailbox.plan, mailbox.extra_mailbox_gb, mailbox.extra_archive_gb)


def states(services: Services) -> list[ChangeState]:
    with services.reading() as session:
        return list(session.scalars(select(ScheduledChange.state).order_by(ScheduledChange.id)))


def outbox(services: Services, kind: str) -> list[OutboxRow]:
    with services.reading() as session:
        return list(session.scalars(select(OutboxRow).where(OutboxRow.kind == kind).order_by(OutboxRow.id)))


def told(services: Services) -> list[str]:
    """Return the stages of the mails about smaller packages, each once."""
    found = [mail.context["stage"] for mail in mails(services) if mail.kind == "downgrade_notice"]
    return list(dict.fromkeys(found))


def announce(services: Services, line_id: int, now: datetime) -> None:
    with services.transaction() as session:
        scheduled_changes.announce_changes(session, line_id, now=now)


def tell(services: Services, row: OutboxRow, now: datetime) -> None:
    with services.transaction() as session:
        scheduled_changes.tell_done(session, row.payload["order_line_id"], now=now)


def test_a_smaller_plan_waits_for_the_day_after_the_old_expiry(services: Services) -> None:
    line_id = order_smaller(services)

    (row,) = outbox(services, "platform.change")
    assert package_of(services, line_id) == Package(PRO)
    assert waiting(services, mailbox_of(services, line_id).id) == [
        PackageFrom(date(2026, 12, 25), Package(STANDARD))
    ]
    assert row.not_before == datetime(2026, 12, 24, 23, tzinfo=UTC)
    assert line_of(services, line_id).state is LineState.FULFILLED


def test_a_smaller_plan_holds_when_its_day_has_come(services: Services) -> None:
    line_id = order_smaller(services)

    assert change(services, line_id, noon(EXPIRY)) == []
    (task,) = change(services, line_id, noon(FIRST))

    assert task.order is not None
    assert (task.order.key, task.order.plan) == (f"change:{line_id}", STANDARD)
    assert package_of(services, line_id) == Package(STANDARD)
    assert mailbox_of(services, line_id).expires_on == add_years(EXPIRY, 1)
    assert states(services) == [ChangeState.DONE]
    assert told(services) == ["done"]


def test_a_smaller_plan_is_applied_once(services: Services) -> None:
    line_id = order_smaller(services)

    change(services, line_id, noon(FIRST))

    assert change(services, line_id, noon(FIRST)) == []


def test_less_space_waits_as_well(services: Services) -> None:
    line_id = order_smaller(
        services, {"extra_mailbox_gb": 3, "extra_archive_gb": 2}, plan=PRO, extra_archive_gb=1
    )

    before = package_of(services, line_id)
    change(services, line_id, noon(FIRST))

    assert (before, package_of(services, line_id)) == (Package(PRO, 3, 2), Package(PRO, 0, 1))


def test_in_suspension_a_smaller_plan_holds_at_once(services: Services) -> None:
    line_id = order_smaller(services, {"expires_in": -5})

    assert package_of(services, line_id) == Package(STANDARD)
    assert states(services) == []


def test_an_accepted_deletion_leaves_no_archive_to_ask_about_again(services: Services) -> None:
    line_id = order_smaller(services, {"expires_in": -5, "archive_used_mb": 2_000})

    mailbox = mailbox_of(services, line_id)
    assert (mailbox.plan, mailbox.archive_used_mb) == (STANDARD, 0)


def test_whether_it_was_suspended_is_judged_on_the_day_of_payment(services: Services) -> None:
    """The hour of the attempt must not matter, or a repeated call would tell the platform something else."""
    (line_id,) = pay_for(services, {"plan": PRO, "expires_in": 0}, line={"plan": STANDARD})

    on_the_day = begin(services, line_id)
    after_midnight = begin(services, line_id, now=NOW + timedelta(days=1))

    assert [task.order for task in on_the_day] == [task.order for task in after_midnight]
    assert [task.restores for task in (*on_the_day, *after_midnight)] == [False, True]


# Several orders


def test_the_same_smaller_plan_again_keeps_its_first_day(services: Services) -> None:
    first = order_smaller(services)
    second = order_again(services, first, Package(STANDARD))

    change(services, first, noon(FIRST))

    assert package_of(services, first) == Package(STANDARD)
    assert change(services, second, noon(SECOND)) == []
    assert states(services) == [ChangeState.DONE, ChangeState.OVERTAKEN]
    assert told(services) == ["done"]


def test_two_smaller_plans_come_one_after_the_other(services: Services) -> None:
    first = order_smaller(services, {"plan": PREMIUM}, plan=PRO)
    second = order_again(services, first, Package(STANDARD))
    seen = [package_of(services, first)]

    for line_id, day in ((first, FIRST), (second, SECOND)):
        change(services, line_id, noon(day))
        seen.append(package_of(services, first))

    assert [package.plan for package in seen] == [PREMIUM, PRO, STANDARD]


def test_a_bigger_plan_ordered_later_overtakes_what_waits(services: Services) -> None:
    first = order_smaller(services)
    second = order_again(services, first, Package(PRO))

    assert change(services, first, noon(FIRST)) == []
    assert change(services, second, noon(SECOND)) == []
    assert package_of(services, first) == Package(PRO)
    assert told(services) == []


def test_an_order_in_between_takes_part_of_what_waits(services: Services) -> None:
    """Premium now, Standard next year, then Pro: what was paid for is never taken away before its term."""
    first = order_smaller(services, {"plan": PREMIUM, "extra_mailbox_gb": 2}, plan=STANDARD)
    order_again(services, first, Package(PRO, 1))

    (task,) = change(services, first, noon(FIRST))

    assert task.order is not None
    assert (task.order.plan, task.order.extra_mailbox_gb) == (PRO, 1)
    assert package_of(services, first) == Package(PRO, 1)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_days_that_were_missed_heal_in_any_order(services: Services, order: tuple[int, int]) -> None:
    first = order_smaller(services, {"plan": PREMIUM}, plan=PRO)
    lines = [first, order_again(services, first, Package(STANDARD))]

    for place in order:
        change(services, lines[place], noon(SECOND + timedelta(days=20)))

    assert package_of(services, first) == Package(STANDARD)
    assert states(services) == [ChangeState.OVERTAKEN, ChangeState.DONE]


def test_an_order_paid_while_the_platform_is_asked_is_asked_for_again(services: Services) -> None:
    first = order_smaller(services)
    with services.transaction() as session:
        tasks = scheduled_changes.begin_changes(session, [first], now=noon(FIRST))
    order = tasks[first].order
    assert order is not None
    second = order_again(services, first, Package(PRO))
    with services.transaction() as session:
        scheduled_changes.complete_change(session, first, order, now=noon(FIRST))

    smaller = package_of(services, first)
    change(services, first, noon(FIRST))

    assert [row.key for row in outbox(services, "platform.change")][-1] == f"platform.change:{first}:{second}"
    assert (smaller, package_of(services, first)) == (Package(STANDARD), Package(PRO))


def test_what_waits_ends_with_a_renewal_in_suspension(services: Services) -> None:
    """Nobody had done the change yet: what was ordered last holds at once."""
    first = order_smaller(services)
    with services.transaction() as session:
        mailbox = session.get_one(Mailbox, line_of(services, first).mailbox_id)
        late = noon(mailbox.expires_on + timedelta(days=3))
        order = make_order(session, [mailbox], state=OrderState.PAID, paid_at=late)
        second = session.scalars(select(OrderLine.id).where(OrderLine.order_id == order.id)).one()

    renew(services, second, now=late)

    assert package_of(services, first) == Package(PRO)
    assert states(services) == [ChangeState.OVERTAKEN]


def test_a_mailbox_that_is_gone_is_not_changed(services: Services) -> None:
    line_id = order_smaller(services)
    with services.transaction() as session:
        session.get_one(Mailbox, line_of(services, line_id).mailbox_id).cancelled_on = FIRST

    assert change(services, line_id, noon(FIRST)) == []
    assert states(services) == [ChangeState.OVERTAKEN]


# The check when it takes effect


@pytest.mark.parametrize(("used_mb", "over_quota"), [(1023, False), (1024, False), (1025, True)])
def test_a_mailbox_that_has_grown_keeps_its_messages(
    services: Services, used_mb: int, over_quota: bool
) -> None:
    line_id = order_smaller(services, {"mailbox_used_mb": used_mb})

    change(services, line_id, noon(FIRST))

    mailbox = mailbox_of(services, line_id)
    context = [mail.context for mail in mails(services) if mail.kind == "downgrade_notice"]
    assert (mailbox.plan, mailbox.mailbox_used_mb) == (STANDARD, used_mb)
    assert [told["over_quota"] for told in context] == [over_quota] * 2


@pytest.mark.parametrize(("used_mb", "over_quota"), [(3072, False), (3073, True)])
def test_an_archive_that_has_grown_keeps_its_messages(
    services: Services, used_mb: int, over_quota: bool
) -> None:
    line_id = order_smaller(services, {"plan": PREMIUM, "archive_used_mb": used_mb}, plan=PRO)

    change(services, line_id, noon(FIRST))

    mailbox = mailbox_of(services, line_id)
    context = [mail.context for mail in mails(services) if mail.kind == "downgrade_notice"]
    assert (mailbox.plan, mailbox.archive_used_mb) == (PRO, used_mb)
    assert {told["over_quota"] for told in context} == {over_quota}


def test_an_accepted_deletion_is_told_with_its_size(services: Services) -> None:
    line_id = order_smaller(services, {"archive_used_mb": 2_000})

    change(services, line_id, noon(FIRST))

    assert mailbox_of(services, line_id).archive_used_mb == 0
    assert {m.context["deleted_mb"] for m in mails(services) if m.kind == "downgrade_notice"} == {2_000}


def test_an_archive_is_never_deleted_without_consent(services: Services) -> None:
    line_id = order_smaller(services, {"archive_used_mb": 1}, archive_deletion_accepted=False)

    (task,) = change(services, line_id, noon(FIRST))

    mailbox = mailbox_of(services, line_id)
    assert (task.order, task.refusal) == (None, Refusal.ARCHIVE_DELETION_NOT_ACCEPTED)
    assert (mailbox.plan, mailbox.archive_used_mb) == (PRO, 1)
    assert (states(services), told(services)) == ([ChangeState.REFUSED], ["refused"])
    assert change(services, line_id, noon(FIRST)) == []


# The notice a week before


def test_a_week_before_the_customer_is_told(services: Services) -> None:
    line_id = order_smaller(services, {"archive_used_mb": 2_000})
    (row,) = outbox(services, "change.notice")

    announce(services, line_id, row.not_before)
    announce(services, line_id, row.not_before)

    ahead = [mail for mail in mails(services) if mail.kind == "downgrade_notice"]
    assert row.not_before == datetime(2026, 12, 17, 23, tzinfo=UTC)
    assert len({mail.recipient for mail in ahead}) == len(ahead) == 2
    assert {(mail.context["day"], mail.context["deleted_mb"]) for mail in ahead} == {("2026-12-25", 2_000)}


def test_an_order_of_many_is_told_in_one_mail_that_names_them(services: Services) -> None:
    smaller = {"plan": STANDARD, "archive_deletion_accepted": True}
    boxes = [{"plan": PRO, "archive_used_mb": 1_500}, {"plan": PRO}, {"plan": PREMIUM}]
    line_ids = pay_for(services, *boxes, line=smaller)
    renew(services, *line_ids)
    (row,) = outbox(services, "change.notice")

    for _ in range(2):
        announce(services, row.payload["order_line_id"], row.not_before)

    (mail,) = [mail for mail in mails(services) if mail.kind == "downgrade_notice"]
    told = mail.context
    assert (told["day"], told["count"], told["deleted_mb"]) == ("2026-12-25", 3, 1_500)
    assert {box["address"] for box in told["mailboxes"]} == {
        mailbox_of(services, line_id).address for line_id in line_ids
    }
    words = letters.render(mail.kind, "it", told, AROUND)
    assert words.subject == "Dal 25/12/2026 3 caselle avranno un piano più piccolo"
    assert "l'archivio (1,46 GB) viene cancellato" in words.text
    assert "/ordini/" in words.html


def test_what_becomes_smaller_on_another_day_is_told_in_its_own_mail(services: Services) -> None:
    boxes = [{"plan": PRO}, {"plan": PRO}, {"plan": PRO, "expires_in": 45}]
    smaller_order(services, *boxes)

    for row in outbox(services, "change.notice"):
        announce(services, row.payload["order_line_id"], row.not_before)

    told = [mail.context for mail in mails(services) if mail.kind == "downgrade_notice"]
    assert {(each["day"], each.get("count", 1)) for each in told} == {("2026-12-25", 2), ("2027-01-09", 1)}


def smaller_order(services: Services, *boxes: dict[str, Any]) -> list[int]:
    """Store and fulfil one paid order that makes each of these mailboxes Standard; return its lines."""
    line_ids = pay_for(services, *boxes, line={"plan": STANDARD, "archive_deletion_accepted": True})
    renew(services, *line_ids)
    return line_ids


def done_mails(services: Services) -> list[dict[str, Any]]:
    found = [mail.context for mail in mails(services) if mail.kind == "downgrade_notice"]
    return [told for told in found if told["stage"] == "many_done"]


def test_an_order_of_many_is_told_in_one_mail_once_all_are_done(services: Services) -> None:
    boxes = [
        {"plan": PRO, "archive_used_mb": 1_500},
        {"plan": PRO, "mailbox_used_mb": 1_025},
        {"plan": PREMIUM},
    ]
    line_ids = smaller_order(services, *boxes)

    seen = []
    for line_id in line_ids:
        change(services, line_id, noon(FIRST))
        seen.append(len(done_mails(services)))
    (row,) = outbox(services, "change.done")
    tell(services, row, row.not_before)

    (mail,) = done_mails(services)
    assert seen == [0, 0, 1]
    assert (mail["day"], mail["count"], mail["deleted_mb"], mail["over_quota"]) == ("2026-12-25", 3, 1_500, 1)
    words = letters.render("downgrade_notice", "it", mail, AROUND)
    assert words.subject == "3 caselle hanno ora un piano più piccolo"
    assert "l'archivio (1,46 GB) è stato cancellato" in words.text
    assert words.text.count("lo spazio usato è più di quello che ha") == 1


def test_those_that_are_done_are_told_though_another_is_stuck(services: Services) -> None:
    line_ids = smaller_order(services, {"plan": PRO}, {"plan": PRO}, {"plan": PRO}, {"plan": PRO})
    for line_id in line_ids[:2]:
        change(services, line_id, noon(FIRST))
    (row,) = outbox(services, "change.done")
    tell(services, row, row.not_before)

    for line_id in line_ids[2:]:
        change(services, line_id, noon(FIRST + timedelta(days=1)))

    assert [told["count"] for told in done_mails(services)] == [2, 2]
    assert len({box["address"] for told in done_mails(services) for box in told["mailboxes"]}) == 4
    assert len(outbox(services, "change.done")) == 2


def test_within_the_last_week_the_confirmation_was_enough(services: Services) -> None:
    order_smaller(services, {"expires_in": 6})

    assert outbox(services, "change.notice") == []


def test_what_was_overtaken_is_not_announced(services: Services) -> None:
    first = order_smaller(services)
    second = order_again(services, first, Package(PRO))

    for line_id in (first, second):
        announce(services, line_id, noon(FIRST - timedelta(days=7)))

    assert told(services) == []


def test_what_was_overtaken_in_part_is_announced_as_it_will_be(services: Services) -> None:
    first = order_smaller(services, {"plan": PREMIUM}, plan=STANDARD)
    order_again(services, first, Package(PRO))

    announce(services, first, noon(FIRST - timedelta(days=7)))

    ahead = [mail.context for mail in mails(services) if mail.kind == "downgrade_notice"]
    assert {told["after"]["plan"] for told in ahead} == {"pro"}
