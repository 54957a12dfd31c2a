"""The register meets the database: all or nothing, the same file twice, and what may not be overwritten."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal.domain.plans import Plan
from portal.store import every_table
from portal.store.accounts import Account, Holder, LoginSession
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine, Renewal
from portal.store.selections import SelectedMailbox
from portal.store.stored_methods import RenewsWith
from portal.usecases.imports.problems import Problem, Reason, RowsRefused
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import make_order, select_mailboxes
from tests.registers import ACCOUNT, as_csv, bring_in, good_row
from tests.usecases.renewing import renewing

OTHER_ACCOUNT = "100300@aruba.it"


def many(count: int) -> list[dict[str, object]]:
    """Return rows of one account, a new holder every tenth."""
    return [
        good_row(address=f"casella{number}@pec.example", street_number=str(number // 10))
        for number in range(count)
    ]


def stored(services: Services, address: str = "studio.rossi@pec.example") -> Mailbox:
    with services.reading() as session:
        return session.scalars(select(Mailbox).where(Mailbox.address == address)).one()


def count(services: Services, table: type[Any]) -> int:
    with services.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def everything(services: Services) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""
    with services.reading() as session:
        return {
            table.name: sorted(map(tuple, session.execute(select(table))), key=repr)
            for table in every_table().sorted_tables
        }


def places(problems: list[Problem]) -> list[tuple[int, str, str]]:
    return [(problem.line, problem.column, problem.reason) for problem in problems]


def test_a_row_becomes_mailbox_holder_and_account(services: Services) -> None:
    row = good_row(
        plan="pro", extra_archive_gb=2, archive_used_mb=900, auto_renewal="yes", password="segreta"
    )

    assert bring_in(services, as_csv([row])) == []

    mailbox = stored(services)
    with services.reading() as session:
        account = session.scalars(select(Account)).one()
        holder = session.scalars(select(Holder)).one()
    assert (mailbox.account_id, mailbox.holder_id) == (account.id, holder.id)
    assert (account.username, account.email) == (ACCOUNT, "ufficio@posta.example")
    assert (account.password_hash, account.created_at) == (None, services.now())
    assert (holder.display_name, holder.phone) == ("Mario Rossi", "+39055123456")
    assert (mailbox.plan, mailbox.expires_on) == (Plan.PRO, date(2026, 12, 6))
    assert (mailbox.extra_mailbox_gb, mailbox.extra_archive_gb) == (0, 2)
    assert (mailbox.mailbox_used_mb, mailbox.archive_used_mb, mailbox.auto_renewal) == (430, 900, True)
    assert services.hasher.verify(mailbox.password_hash, "segreta")


def test_a_row_of_required_values_alone_is_enough(services: Services) -> None:
    columns = "address plan expires_on holder_kind tax_code contact_email first_name last_name".split()

    assert bring_in(services, as_csv([good_row()], columns=columns)) == []

    mailbox = stored(services)
    assert (mailbox.account_id, mailbox.of_account_holder, mailbox.password_hash) == (None, True, None)


def test_nothing_is_written_when_the_last_row_is_bad(services: Services) -> None:
    before = everything(services)

    problems = bring_in(services, as_csv([*many(1_200), good_row(plan="gold")]))

    assert places(problems) == [(1_202, "plan", Reason.NOT_A_CHOICE)]
    assert everything(services) == before


def test_the_bad_rows_alone_are_left_out_if_asked(services: Services) -> None:
    rows = [good_row(plan="gold"), *many(20), good_row(address="casella3@pec.example")]

    problems = bring_in(services, as_csv(rows), skip_bad=True)

    assert places(problems) == [
        (2, "plan", Reason.NOT_A_CHOICE),
        (23, "address", Reason.REPEATED_ADDRESS),
    ]
    assert count(services, Mailbox) == 20


def test_once_imported_auto_renewal_is_the_customers_switch(services: Services) -> None:
    """A register that is imported for its use of space must not switch anybody on or off."""
    bring_in(services, as_csv([good_row(auto_renewal="yes")]))
    with services.transaction() as session:
        session.execute(update(Mailbox).values(auto_renewal=False))

    assert bring_in(services, as_csv([good_row(auto_renewal="yes", mailbox_used_mb=431)])) == []

    mailbox = stored(services)
    assert (mailbox.auto_renewal, mailbox.mailbox_used_mb) == (False, 431)


def test_a_mailbox_that_goes_to_another_account_is_renewed_with_nobodys_card(
    services: Services, clock: Clock
) -> None:
    days = renewing(services, clock)
    days.before(20)
    box = days.mailbox()
    row = good_row(address=box.address, expires_on=box.expires_on, account="999999@aruba.it")

    assert bring_in(services, as_csv([row | {"account_email": "altri@posta.example"}])) == []
    days.before(0)

    assert (days.attempts(), days.mailbox().auto_renewal) == ([], False)
    with services.reading() as session:
        assert session.scalars(select(RenewsWith)).all() == []


def test_the_same_file_again_changes_nothing(services: Services, clock: Clock) -> None:
    rows = [*many(1_100), good_row(password="segreta")]
    bring_in(services, as_csv(rows))
    before = everything(services)

    clock.forward(days=1)
    problems = bring_in(services, as_csv(rows, delimiter=";", lineterminator="\r\n"))

    assert problems == []
    assert everything(services) == before
    assert count(services, Holder) == 110


def test_a_changed_row_changes_its_mailbox_and_no_other(services: Services) -> None:
    rows = many(30)
    bring_in(services, as_csv(rows))
    before = everything(services)

    rows[7] |= {"expires_on": "2028-01-31", "plan": "premium", "phone": "055 999999"}
    bring_in(services, as_csv(rows))

    after = everything(services)
    assert len(set(before["mailbox"]) - set(after["mailbox"])) == 1
    assert (after["account"], len(after["holder"])) == (before["account"], 4)
    mailbox = stored(services, "casella7@pec.example")
    assert (mailbox.plan, mailbox.expires_on) == (Plan.PREMIUM, date(2028, 1, 31))


@pytest.mark.parametrize(
    ("later", "paid_until"),
    [
        ({"expires_on": "2029-12-06"}, "2026-12-06"),
        ({"expires_on": "2029-12-06", "extra_mailbox_gb": 0}, None),
    ],
)
def test_an_expiry_that_moves_pays_no_extra_space(
    services: Services, later: dict[str, object], paid_until: str | None
) -> None:
    """Domain 7.3: who renewed the mailbox did not renew it; credit does, or it goes."""
    row = {"extra_mailbox_gb": 1}
    assert bring_in(services, as_csv([good_row(**row)])) == []
    assert bring_in(services, as_csv([good_row(**row | later)])) == []

    with services.reading() as session:
        paid = session.scalars(select(Mailbox.extra_paid_until)).one()
    assert paid == (date.fromisoformat(paid_until) if paid_until else None)


def test_a_holder_nobody_bears_any_more_is_forgotten(services: Services) -> None:
    bring_in(services, as_csv([good_row()]))

    bring_in(services, as_csv([good_row(phone="055 999999")]))

    with services.reading() as session:
        assert session.scalars(select(Holder.phone)).all() == ["+39055999999"]


@pytest.mark.parametrize("given", ["nuova", ""])
def test_a_password_changes_with_its_column_and_stays_without(services: Services, given: str) -> None:
    bring_in(services, as_csv([good_row(password="vecchia")]))

    bring_in(services, as_csv([good_row(password=given, city="Ivrea")]))

    assert services.hasher.verify(stored(services).password_hash, given or "vecchia")


@pytest.mark.parametrize(("given", "signed_out"), [("nuova", True), ("vecchia", False), ("", False)])
def test_a_new_password_signs_out_who_came_in_with_the_old(
    services: Services, given: str, signed_out: bool
) -> None:
    bring_in(services, as_csv([good_row(password="vecchia")]))
    now = services.now()
    with services.transaction() as session:
        session.add(
            LoginSession(
                token_hash="0" * 64,
                mailbox_id=session.scalars(select(Mailbox.id)).one(),
                created_at=now,
                authenticated_at=now,
                last_seen_at=now,
                expires_at=now + timedelta(hours=12),
            )
        )

    bring_in(services, as_csv([good_row(password=given, city="Ivrea")]))

    with services.reading() as session:
        assert session.scalars(select(LoginSession.revoked_at)).one() == (now if signed_out else None)


def test_a_hash_is_taken_as_it_is(services: Services) -> None:
    hashed = services.hasher.hash("segreta")

    bring_in(services, as_csv([good_row(password=hashed)]))

    assert stored(services).password_hash == hashed


def renewed(services: Services, ends_on: date) -> None:
    """Renew the mailbox as a paid order does."""
    with services.transaction() as session:
        mailbox = session.scalars(select(Mailbox)).one()
        order = make_order(session, [mailbox])
        line = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).one()
        session.add(
            Renewal(
                order_line_id=line.id,
                mailbox_id=mailbox.id,
                starts_on=date(2026, 12, 7),
                ends_on=ends_on,
                granted_at=services.now(),
            )
        )
        mailbox.expires_on = ends_on


def test_a_row_that_would_take_back_a_paid_term_is_bad(services: Services) -> None:
    bring_in(services, as_csv([good_row()]))
    renewed(services, date(2027, 12, 6))

    problems = bring_in(services, as_csv([good_row(city="Ivrea"), *many(3)]))

    assert places(problems) == [(2, "expires_on", Reason.BEHIND_RENEWAL)]
    assert problems[0].values == {"renewed_to": "2027-12-06"}
    assert stored(services).expires_on == date(2027, 12, 6)
    assert count(services, Mailbox) == 1


def test_the_register_of_before_the_renewal_still_changes_nothing(services: Services) -> None:
    content = as_csv([good_row()])
    bring_in(services, content)
    renewed(services, date(2027, 12, 6))

    assert bring_in(services, content) == []

    assert stored(services).expires_on == date(2027, 12, 6)


def test_a_register_that_knows_of_the_renewal_is_taken(services: Services) -> None:
    bring_in(services, as_csv([good_row()]))
    renewed(services, date(2027, 12, 6))

    assert bring_in(services, as_csv([good_row(expires_on="2027-12-06", city="Ivrea")])) == []


def test_one_account_has_one_email(services: Services) -> None:
    rows = [good_row(), good_row(address="due@pec.example", account_email="altra@posta.example")]

    problems = bring_in(services, as_csv(rows))

    assert places(problems) == [(3, "account_email", Reason.ACCOUNT_EMAIL_DIFFERS)]


def test_a_new_account_needs_an_email_and_a_known_one_does_not(services: Services) -> None:
    without = [good_row(account_email=""), good_row(address="due@pec.example", account_email="")]

    problems = bring_in(services, as_csv(without))
    bring_in(services, as_csv([good_row(address="tre@pec.example")]))
    later = bring_in(services, as_csv(without))

    assert places(problems) == [(line, "account_email", Reason.ACCOUNT_EMAIL_MISSING) for line in (2, 3)]
    assert later == []
    assert count(services, Account) == 1


OTHER = {"tax_code": "VRDGLI63D04Z999G", "first_name": "Giulia", "last_name": "Verdi"}


@pytest.mark.parametrize(
    ("contacts", "own"),
    [
        (["a@posta.example", "b@posta.example"], "RSSMRA85T10A562S"),
        (["a@posta.example", "Ufficio@posta.example"], "VRDGLI63D04Z999G"),
    ],
)
def test_the_accounts_own_holder_is_known_by_its_email_or_comes_first(
    services: Services, contacts: list[str], own: str
) -> None:
    first = good_row(contact_email=contacts[0])
    second = good_row(address="due@pec.example", contact_email=contacts[1], **OTHER)

    bring_in(services, as_csv([first, second]))

    with services.reading() as session:
        assert session.scalars(select(Account.holder_tax_code)).one() == own
    assert stored(services).of_account_holder is (own == "RSSMRA85T10A562S")
    assert stored(services, "due@pec.example").of_account_holder is (own == "VRDGLI63D04Z999G")


def test_a_later_file_of_few_rows_keeps_the_accounts_own_holder(services: Services) -> None:
    bring_in(services, as_csv([good_row()]))

    bring_in(services, as_csv([good_row(address="due@pec.example", **OTHER)]))

    assert stored(services).of_account_holder
    assert not stored(services, "due@pec.example").of_account_holder


def test_a_later_row_with_the_accounts_email_changes_its_own_holder(services: Services) -> None:
    bring_in(services, as_csv([good_row()]))

    row = good_row(address="due@pec.example", contact_email="ufficio@posta.example", **OTHER)
    bring_in(services, as_csv([row]))

    assert not stored(services).of_account_holder
    assert stored(services, "due@pec.example").of_account_holder


def test_an_email_changed_here_survives_the_same_file(services: Services) -> None:
    content = as_csv([good_row()])
    bring_in(services, content)
    with services.transaction() as session:
        session.scalars(select(Account)).one().email = "nuova@posta.example"

    bring_in(services, content)

    with services.reading() as session:
        assert session.scalars(select(Account.email)).one() == "nuova@posta.example"


def test_a_mailbox_that_changes_account_leaves_the_old_ones_selection(services: Services) -> None:
    bring_in(services, as_csv([good_row(), good_row(address="due@pec.example")]))
    with services.transaction() as session:
        account = session.scalars(select(Account)).one()
        select_mailboxes(session, account, session.scalars(select(Mailbox)).all())

    moved = good_row(account=OTHER_ACCOUNT, account_email="altro@posta.example")
    bring_in(services, as_csv([moved]))

    with services.reading() as session:
        selected = session.scalars(select(SelectedMailbox.mailbox_id)).all()
    assert selected == [stored(services, "due@pec.example").id]
    assert stored(services).account_id != stored(services, "due@pec.example").account_id


@pytest.mark.parametrize("skip_bad", [True, False])
def test_a_renewal_granted_while_the_file_was_read_is_kept(services: Services, skip_bad: bool) -> None:
    bring_in(services, as_csv([good_row()]))
    content = as_csv([good_row(city="Ivrea"), *many(2)])

    def bring() -> list[tuple[int, str, str]]:
        pay = partial(renewed, services, date(2027, 12, 6))
        return places(bring_in(services, content, skip_bad=skip_bad, meanwhile=pay))

    if skip_bad:
        assert bring() == [(2, "expires_on", Reason.BEHIND_RENEWAL)]
    else:
        with pytest.raises(RowsRefused):
            bring()
    assert stored(services).expires_on == date(2027, 12, 6)
    assert count(services, Mailbox) == (3 if skip_bad else 1)
