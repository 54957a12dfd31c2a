"""From planned notices to mails: one each, or one that lists many, and never too many a day.

A notice is marked in the transaction that writes its mail, so it stands in one mail or in none.
Source: domain.md 12, lessons.md 1 (11, 13, 15).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.domain.conventions import ConventionStanding
from portal.domain.credit import top_up_for
from portal.domain.customers import BUSINESS_REGISTER
from portal.domain.dates import day_bounds
from portal.domain.extra_renewal import LAST_CALL, NOTICE_DAYS
from portal.domain.lifecycle import cancelled_from, last_day_to_renew
from portal.domain.notices import NoticeKind, Telling, how_to_tell
from portal.domain.plans import PLANS
from portal.store import notice_queries
from portal.store.base import AnyRow
from portal.store.conventions import membership_of
from portal.store.notice_queries import Waiting
from portal.usecases.mail_rows import Context, NewMail, write_mails
from portal.usecases.mailbox_space import space_of

RECIPIENTS = 200
"""How many recipients one transaction writes to."""
LISTED = 400
"""How many mailboxes a digest names; the rest is in the portal's list."""
SLOW_DAYS = 10
"""So near the last day a transfer or a slip may come too late. Source: domain.md 5 «Race to warn about»."""


def write_notices(
    session: Session, cursor: str | None, *, today: date, now: datetime
) -> tuple[int, str | None]:
    """Write the mails to the next recipients; return how many mails, and the last recipient if not done."""
    if cursor is None:
        notice_queries.skip_untrue(session, today=today)
        notice_queries.skip_settled(session)
    waiting = notice_queries.waiting_recipients(session, cursor or "", RECIPIENTS)
    if not waiting:
        return 0, None
    begins, _ = day_bounds(today)
    names = {told.recipient for told in waiting}
    ways = _ways(waiting, notice_queries.mails_since(session, names, begins))
    count = _write_singles(session, ways[Telling.ONE_BY_ONE], today, now)
    for told in ways[Telling.DIGEST]:
        _write_digest(session, told, today, now)
    return count + len(ways[Telling.DIGEST]), waiting[-1].recipient


def _ways(waiting: Sequence[Waiting], mails_today: Mapping[str, int]) -> dict[Telling, list[Waiting]]:
    """Return who is told how; what one recipient hears about several accounts counts together."""
    ways: dict[Telling, list[Waiting]] = {way: [] for way in Telling}
    so_far = dict(mails_today)
    for told in waiting:
        before = so_far.get(told.recipient, 0)
        way = how_to_tell(told.count, before)
        ways[way].append(told)
        so_far[told.recipient] = before + (told.count if way is Telling.ONE_BY_ONE else 1)
    return ways


def _write_singles(
    session: Session,
    told: Sequence[Waiting],
    today: date,
    now: datetime,
) -> int:
    if not told:
        return 0
    rows = notice_queries.single_notices(session, told, today)
    mails = [_single(row, _facts(row, today)) for row in rows]
    ids = write_mails(session, mails, now=now)
    notice_queries.mark_written(session, list(zip((row.id for row in rows), ids, strict=True)), now=now)
    return len(ids)


def _single(row: AnyRow, facts: Context) -> NewMail:
    occasion = row.occasion.isoformat()
    return NewMail(
        kind=row.kind.value,
        key=f"{row.kind}:{row.address}:{occasion}{row.milestone:+}:{row.recipient}",
        recipient=row.recipient,
        language=row.language,
        context=facts,
        account_id=row.account_id,
        mailbox_id=row.mailbox_id,
    )


def _write_digest(session: Session, told: Waiting, today: date, now: datetime) -> None:
    rows = notice_queries.digest_notices(session, told, LISTED, today)
    groups = notice_queries.digest_groups(session, told)
    mail = NewMail(
        kind="notice_digest",
        key=f"notice_digest:{told.account_id or 0}:{today}:{told.newest_id}:{told.recipient}",
        recipient=told.recipient,
        language=rows[0].language,
        context=_digest(rows, groups, today),
        account_id=told.account_id,
        mailbox_id=None,
    )
    (mail_id,) = write_mails(session, [mail], now=now)
    notice_queries.mark_all_written(session, told, mail_id, now=now)


def _digest(rows: Sequence[AnyRow], groups: Sequence[AnyRow], today: date) -> Context:
    total: int = sum(group._mapping["count"] for group in groups)
    return {
        "name": "",
        "total": total,
        "shown": len(rows),
        "to_renew": total > len(rows) or not all(_is_others_to_renew(row) for row in rows),
        "firm": any(row.holder_kind in BUSINESS_REGISTER for row in rows),
        "groups": [
            {
                "kind": group.kind.value,
                "milestone": group.milestone,
                "occasion": group.occasion.isoformat(),
                "count": group.count,
                "mailboxes": [_facts(row, today) for row in _in_group(rows, group)],
            }
            for group in groups
        ],
    }


def _in_group(rows: Iterable[AnyRow], group: AnyRow) -> list[AnyRow]:
    key = (group.kind, group.milestone, group.occasion)
    return [row for row in rows if (row.kind, row.milestone, row.occasion) == key]


def _facts(row: AnyRow, today: date) -> Context:
    """Return what a mail says about one mailbox, as plain values."""
    facts: Context = {
        "name": row.business_name or f"{row.first_name} {row.last_name}".strip(),
        "address": row.address,
        "milestone": row.milestone,
        "firm": row.holder_kind in BUSINESS_REGISTER,
        "order": row.order_number,
        **_convention(row),
    }
    return facts | _ABOUT.get(row.kind, _days)(row, today)


def _convention(row: AnyRow) -> Context:
    """Return who renews the mailbox, or whom to ask, where that is not its holder. Source: domain.md 8.6."""
    membership = membership_of(row)
    standing = membership.standing if membership else None
    name = membership.body or membership.code if membership else None
    return {
        "paying_body": name if standing is ConventionStanding.BODY_PAYS else None,
        "asked_body": name if standing is ConventionStanding.NOT_IN_FORCE else None,
        "convention_code": row.convention_code,
    }


def _is_others_to_renew(row: AnyRow) -> bool:
    told = _convention(row)
    return bool(told["paying_body"] or told["asked_body"])


def _days(row: AnyRow, today: date) -> Context:
    grace_days = PLANS[row.plan].grace_days
    last_day = last_day_to_renew(row.occasion, grace_days)
    return {
        "expires_on": row.occasion.isoformat(),
        "days_left": (row.occasion - today).days,
        "last_day": last_day.isoformat(),
        "days_to_last": (last_day - today).days,
        "gone_from": cancelled_from(row.occasion, grace_days).isoformat(),
        "slow_methods": last_day - today > timedelta(days=SLOW_DAYS),
    }


def _credit(row: AnyRow, today: date) -> Context:
    is_over = row.milestone == LAST_CALL
    return {
        "kept_until": (today + timedelta(days=NOTICE_DAYS)).isoformat() if is_over else None,
        "missing_cents": row.missing_cents,
        "top_up_cents": top_up_for(row.missing_cents or 0),
        "paid_until": row.occasion.isoformat(),
    }


def _space(row: AnyRow, _today: date) -> Context:
    space = space_of(row)
    return {"used_mb": space.used_mb, "capacity_mb": space.capacity_mb, "percent": space.percent}


_ABOUT = {NoticeKind.QUOTA_WARNING: _space, NoticeKind.CREDIT_NEEDED: _credit}
"""What a mail says of a mailbox besides its expiry."""
