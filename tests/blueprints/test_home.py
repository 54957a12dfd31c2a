"""`/`: what needs doing first, in few statements however much there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, event, update

from portal.domain.access import Subject, SubjectKind
from portal.domain.dates import add_months
from portal.domain.orders import OrderState
from portal.domain.plans import Plan
from portal.formats import month
from portal.store.accounts import Account
from portal.store.declarations import PaymentDeclaration
from portal.store.drafts import DraftState, RenewalDraft
from portal.store.orders import Order
from portal.usecases import home
from portal.wiring import Services
from tests.blueprints.world import BOX, COLLEAGUE, GONE, OTHERS, OWNER, World, browser_of, make_world
from tests.blueprints.world import password_hash as a_hash
from tests.factories import (
    NOW,
    TODAY,
    fill_account,
    make_account,
    make_mail,
    make_mailbox,
    make_order,
    make_prices,
)


@pytest.fixture
def world(services: Services) -> World:
    """Everybody's things at once."""
    return make_world(services)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Give the list of the statements that are run meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def test_home_shows_what_expires_what_to_pay_and_what_was_begun(app: Flask, world: World) -> None:
    page = browser_of(app, OWNER).get("/").text

    assert page.index("sospesa@") < page.index("anna@"), "the one that needs it most comes first"
    assert f"/ordini/{world.belongings[OWNER].number[0]}" in page
    assert "Riprendi il rinnovo" in page
    assert f"/rinnovo/{world.belongings[OWNER].draft[0]}" in page
    assert "Rinnova caselle" in page
    assert "Gestisci" in page


def test_home_says_until_when_an_expired_mailbox_can_be_renewed(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        make_mailbox(session, account, address="sospesa@pec.example", expires_on=TODAY - timedelta(days=45))
        make_mailbox(session, account, address="attiva@pec.example", expires_on=TODAY + timedelta(days=45))
    with services.reading() as session:
        page = home.look(session, Subject(SubjectKind.ACCOUNT, account_id=1), today=TODAY)

    assert [each.last_day for each in page.expiries] == [TODAY + timedelta(days=45), None]


def test_home_leaves_out_what_is_gone_or_anothers(app: Flask, world: World) -> None:
    page = browser_of(app, OWNER).get("/").text

    assert GONE.split("@")[0] not in page
    assert OTHERS.split("@")[0] not in page
    assert world.belongings[COLLEAGUE].number[0] not in page


def test_home_of_an_account_with_nothing_to_do_is_calm(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        make_account(session, OWNER, password_hash=a_hash())

    page = browser_of(app, OWNER).get("/").text

    assert "Nessuna casella" in page
    assert "Da pagare" not in page
    assert "Riprendi" not in page


def test_home_forgets_what_is_done(app: Flask, services: Services, world: World) -> None:
    with services.transaction() as session:
        session.execute(update(Order).values(state=OrderState.PAID))
        session.execute(update(RenewalDraft).values(state=DraftState.DISCARDED))

    page = browser_of(app, OWNER).get("/").text

    assert "Riprendi" not in page
    assert "Ordini da pagare" not in page
    assert "rinnovo in lavorazione" in page


def test_home_shows_the_five_that_expire_first_of_both_tabs(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session, OWNER, password_hash=a_hash())
        fill_account(session, account, 50, first_expiry=TODAY + timedelta(days=30))
        make_mailbox(session, account, "primissima@pec.example", expires_in=3, of_account_holder=False)

    page = browser_of(app, OWNER).get("/").text

    assert "primissima" in page
    assert page.count("casella.") // 2 == 4, "each is named by its link and its text"


def test_home_asks_the_database_little_however_much_there_is(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session, OWNER, password_hash=a_hash())
        fill_account(session, account, 3_000)
    client = browser_of(app, OWNER)

    with counted(services.engine) as statements:
        answer = client.get("/")

    assert answer.status_code == 200
    assert len(statements) <= 6, statements


def test_home_says_how_much_is_needed_month_by_month(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        make_prices(session)
        account = make_account(session, OWNER, password_hash=a_hash())
        fill_account(session, account, 3, first_expiry=TODAY + timedelta(days=30))
        make_mailbox(session, account, "scaduta@pec.example", expires_in=-3)
        make_mailbox(session, account, "lontana@pec.example", expires_in=500)

    page = browser_of(app, OWNER).get("/").text

    assert "4 caselle" in page
    assert f"Da rinnovare fino a {month(add_months(TODAY, 11))}" in page
    assert page.index("Già scadute") < page.index(month(TODAY)) < page.index(month(add_months(TODAY, 1)))
    assert f"Poi più nulla fino a {month(add_months(TODAY, 11))}." in page
    assert month(add_months(TODAY, 12)) not in page


def test_home_is_loud_about_what_is_lost_tomorrow(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session, OWNER, password_hash=a_hash())
        make_mailbox(session, account, "oggi@pec.example", expires_in=-90)
        make_mailbox(session, account, "domani@pec.example", expires_in=-89)

    page = browser_of(app, OWNER).get("/").text

    notice = page[page.index("È l&#39;ultimo giorno" if "È l&#39;" in page else "È l'ultimo giorno") :]
    assert "/caselle/oggi@pec.example/rinnova" in notice[: notice.index("</ul>")]
    assert "domani@" not in notice[: notice.index("</ul>")]
    assert page.index("ultimo giorno per rinnovare") < page.index("Da rinnovare fino a")
    assert "rinnovabile fino al 25/11/2026" in page


@pytest.mark.parametrize(("lost_tomorrow", "said"), [(4, False), (6, True)])
def test_home_says_that_more_than_it_names_may_be_lost_tomorrow(
    app: Flask, services: Services, lost_tomorrow: int, said: bool
) -> None:
    with services.transaction() as session:
        account = make_account(session, OWNER, password_hash=a_hash())
        for number in range(lost_tomorrow):
            make_mailbox(session, account, f"oggi{number}@pec.example", expires_in=-90)
        make_mailbox(session, account, "domani@pec.example", expires_in=-89)

    assert ("Possono essercene altre" in browser_of(app, OWNER).get("/").text) is said


@pytest.mark.parametrize(
    ("state", "declared", "words", "is_urged"),
    [
        (OrderState.AWAITING_PAYMENT, False, "ordine da pagare", True),
        (OrderState.AWAITING_PAYMENT, True, "pagamento dichiarato", False),
        (OrderState.PAID, False, "rinnovo in lavorazione", False),
    ],
)
def test_home_says_what_is_being_done_about_an_expired_mailbox(
    app: Flask, services: Services, state: OrderState, declared: bool, words: str, is_urged: bool
) -> None:
    with services.transaction() as session:
        account = make_account(session, OWNER, password_hash=a_hash())
        box = make_mailbox(session, account, "oggi@pec.example", expires_in=-90)
        order = make_order(session, [box], state=state)
        if declared:
            session.add(
                PaymentDeclaration(order_id=order.id, reference="TRN1", sent_on=TODAY, declared_at=NOW)
            )

    page = browser_of(app, OWNER).get("/").text

    assert words in page
    assert "rinnovabile fino al" not in page
    assert ("Paga l" in page) is is_urged
    assert (">Paga<" in page) is is_urged
    assert "hanno già un ordine" in page
    assert ("Pagamenti che aspettiamo" in page) is declared


def test_home_says_who_renews_what_is_not_renewed_here(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session, OWNER, password_hash=a_hash())
        make_mailbox(session, account, "dominio@pec.example", expires_in=-3, plan=Plan.DOMAIN)

    page = browser_of(app, OWNER).get("/").text

    assert "Si rinnova insieme al dominio." in page
    assert "Scadute e prossime scadenze" in page


def test_home_shows_the_newest_mails(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session, OWNER, password_hash=a_hash())
        mailbox = make_mailbox(session, account, "una@pec.example", expires_in=30)
        for number in range(4):
            make_mail(session, account=account, mailbox=mailbox, subject=f"Avviso {number}")

    page = browser_of(app, OWNER).get("/").text

    assert page.count("Avviso ") == 3
    assert "Tutte le comunicazioni" in page


def test_home_of_a_mailbox_session_is_its_mailbox(app: Flask, world: World) -> None:
    answer = browser_of(app, BOX).get("/")

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/caselle/{BOX}")


def test_home_sends_a_stranger_to_sign_in(app: Flask) -> None:
    answer = app.test_client().get("/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/accedi?next=/")


def test_a_disabled_account_has_no_home(app: Flask, services: Services, world: World) -> None:
    client = browser_of(app, OWNER)
    with services.transaction() as session:
        session.execute(update(Account).values(disabled_at=services.now()))

    assert client.get("/").status_code == 302


def test_the_statement_on_accessibility_is_for_everybody(app: Flask) -> None:
    assert "WCAG 2.2" in app.test_client().get("/accessibilita").text
