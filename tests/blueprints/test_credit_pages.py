"""`/credito`, «Ricarica», paying from credit and more space, as a browser without scripts does it."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select

from portal.app import create_app
from portal.domain.attempts import Failure
from portal.domain.credit import LedgerAccount, PostingKind
from portal.domain.orders import OrderKind, OrderState
from portal.domain.payments import PaymentMethod
from portal.domain.plans import Plan
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.usecases import wallets
from portal.usecases.wallets import Why
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.documents.test_order_papers import text_of
from tests.factories import NOW, TODAY, make_mailbox, make_prices
from tests.tills import NUMBER, Till, open_till

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the two databases do alike is tested with the use cases."""
ADDRESS = "grande@pec.example"
SPACE = f"/caselle/{ADDRESS}/spazio"


@pytest.fixture
def till(services: Services) -> Till:
    """An account with an unpaid order of 6.10, a Pro mailbox of 200 days and the demo's gateway."""
    made = open_till(services)
    with made.services.transaction() as session:
        make_prices(session)
        make_mailbox(
            session, account_id=made.subject.account_id, address=ADDRESS, plan=Plan.PRO, expires_in=200
        )
    return made


@pytest.fixture
def visitor(till: Till) -> Browser:
    app: Flask = create_app(till.services)
    app.testing = True
    return Browser(app).enter(till.services, till.subject)


def give(till: Till, cents: int) -> None:
    with till.services.transaction() as session:
        why = Why(PostingKind.ADJUSTMENT, "gift", reason="Prova")
        wallets.put_in(
            session, till.subject, why, cents, LedgerAccount.ADJUSTMENTS, expires_on=TODAY, now=NOW
        )


def orders(till: Till, kind: OrderKind) -> list[Order]:
    with till.services.reading() as session:
        return list(session.scalars(select(Order).where(Order.kind == kind)))


def test_an_empty_wallet_says_so(visitor: Browser) -> None:
    page = visitor.get("/credito").text

    assert "€\u00a00,00" in page
    assert "Nessun movimento" in page


def test_the_wallet_shows_what_lapses_and_what_moved_it(till: Till, visitor: Browser) -> None:
    give(till, 610)
    visitor.post(f"/ordini/{NUMBER}/paga-con-credito", {})

    page = visitor.get("/credito").text

    assert "Ordine pagato" in page
    assert "−€\u00a06,10" in page
    assert "Rettifica" in page
    assert "Prova" in page


def test_the_first_page_tells_the_credit(till: Till, visitor: Browser) -> None:
    assert "€\u00a05,55" not in visitor.get("/").text
    give(till, 555)

    assert "€\u00a05,55" in visitor.get("/").text


def test_a_top_up_leads_to_the_cards_page(till: Till, visitor: Browser) -> None:
    answer = visitor.post("/credito/ricarica", {"amount": "20,00"})

    assert answer.status_code == 303
    (order,) = orders(till, OrderKind.TOP_UP)
    assert (order.due_cents, order.state) == (2000, OrderState.AWAITING_PAYMENT)
    page = visitor.get(f"/ordini/{order.number}").text
    assert "Ricarica del credito" in page
    assert "Paga con il credito" not in page


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("", "Scrivi quanto vuoi ricaricare."),
        ("tanto", "Scrivi l'importo in euro"),
        ("4,99", "Si ricaricano da"),
        ("500,01", "Si ricaricano da"),
    ],
)
def test_a_wrong_amount_is_said_at_the_field_and_kept(
    till: Till, visitor: Browser, amount: str, words: str
) -> None:
    answer = visitor.post("/credito/ricarica", {"amount": amount})

    assert answer.status_code == 422
    assert answer.text.count(words) == 2
    assert f'value="{amount}"' in answer.text
    assert orders(till, OrderKind.TOP_UP) == []


@pytest.mark.parametrize(
    ("asked", "shown"), [("", "20,00"), ("1234", "12,34"), ("1", "20,00"), ("x", "20,00")]
)
def test_the_missing_amount_is_proposed(visitor: Browser, asked: str, shown: str) -> None:
    assert f'value="{shown}"' in visitor.get(f"/credito/ricarica?centesimi={asked}").text


def test_enough_credit_pays_an_order_at_once(till: Till, visitor: Browser) -> None:
    give(till, 1000)
    assert "Paga €\u00a06,10 con il credito" in visitor.get(f"/ordini/{NUMBER}").text

    answer = visitor.post(f"/ordini/{NUMBER}/paga-con-credito", {})

    assert answer.status_code == 303
    assert "Stiamo rinnovando" in visitor.get(f"/ordini/{NUMBER}").text


def test_too_little_credit_asks_for_what_is_missing(till: Till, visitor: Browser) -> None:
    give(till, 1)
    page = visitor.get(f"/ordini/{NUMBER}").text
    assert "mancano €\u00a06,09" in page
    assert "centesimi=609" in page

    visitor.post(f"/ordini/{NUMBER}/paga-con-credito", {})

    assert "Il credito non basta" in visitor.get(f"/ordini/{NUMBER}").text


def test_space_is_priced_before_it_is_bought(till: Till, visitor: Browser) -> None:
    give(till, 1000)
    page = visitor.get(f"{SPACE}?mailbox_gb=0&step=mailbox_gb:%2B1").text
    assert "Conferma e paga €\u00a03,66" in page
    assert "Al rinnovo questo spazio costerà €\u00a03,00 + IVA" in page

    answer = visitor.post(SPACE, {"mailbox_gb": 1, "archive_gb": 0, "shown_due_cents": 366})

    assert answer.status_code == 303
    shown = visitor.get(answer.headers["Location"]).text
    assert "Stiamo attivando lo spazio" in shown
    assert "+1 GB" in shown
    assert ADDRESS in visitor.get("/ordini").text.replace("<wbr>", "")


def test_free_space_is_said_to_be_free(till: Till, visitor: Browser) -> None:
    with till.services.transaction() as session:
        session.scalars(select(Mailbox).where(Mailbox.address == ADDRESS)).one().expires_on = TODAY
    page = visitor.get(f"{SPACE}?mailbox_gb=1").text

    assert "Adesso non paghi nulla" in page
    assert "Attiva gratis" in page


def test_space_at_another_price_or_without_credit_is_not_bought(till: Till, visitor: Browser) -> None:
    wanted = {"mailbox_gb": 1, "archive_gb": 0}

    changed = visitor.post(SPACE, wanted | {"shown_due_cents": 1})
    short = visitor.post(SPACE, wanted | {"shown_due_cents": 366})

    assert (changed.status_code, short.status_code) == (409, 409)
    assert "Il totale è cambiato" in changed.text
    assert "Il credito non basta" in short.text
    assert "Ricarica €\u00a05,00" in short.text
    assert orders(till, OrderKind.EXTRA_SPACE) == []


def test_the_mailboxs_page_leads_to_more_space(visitor: Browser) -> None:
    assert SPACE in visitor.get(f"/caselle/{ADDRESS}").text


def asked_for(return_to: str) -> str:
    return f"/credito/ricarica?torna={quote(return_to)}"


def topped_up(till: Till, visitor: Browser, return_to: str) -> str:
    """Ask for a top-up with that way back, pay it, come back; return where that leads."""
    answer = visitor.post("/credito/ricarica", {"amount": "20,00", "torna": return_to})
    assert answer.status_code == 303
    till.decide()
    (order,) = orders(till, OrderKind.TOP_UP)
    reference = till.attempts()[-1].reference
    return str(visitor.get(f"/ordini/{order.number}/pagamento/{reference}").headers["Location"])


def test_a_top_up_leads_back_to_what_it_was_for(till: Till, visitor: Browser) -> None:
    assert "torna=" in visitor.get(f"{SPACE}?mailbox_gb=1").text
    goal = f"{SPACE}?mailbox_gb=1&archive_gb=0#prezzo"
    assert f'name="torna" value="{escape(goal)}"' in visitor.get(asked_for(goal)).text

    assert topped_up(till, visitor, goal) == goal

    page = visitor.get(goal).text
    assert "il credito è disponibile, puoi continuare" in page
    assert "Conferma e paga €\u00a03,66" in page


def test_the_order_that_was_short_is_gone_back_to(till: Till, visitor: Browser) -> None:
    give(till, 1)
    assert f"torna=/ordini/{NUMBER}%23credito" in visitor.get(f"/ordini/{NUMBER}").text

    assert topped_up(till, visitor, f"/ordini/{NUMBER}#credito") == f"/ordini/{NUMBER}#credito"


@pytest.mark.parametrize(
    "goal",
    [
        "",
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "credito",
        "/" + "a" * 300,
    ],
)
def test_s32_a_top_up_leads_nowhere_else(till: Till, visitor: Browser, goal: str) -> None:
    assert 'name="torna"' not in visitor.get(asked_for(goal)).text

    visitor.post("/credito/ricarica", {"amount": "20,00", "torna": goal})

    (order,) = orders(till, OrderKind.TOP_UP)
    assert order.return_path is None


def test_an_unpaid_top_up_leads_to_its_own_page(till: Till, visitor: Browser) -> None:
    visitor.post("/credito/ricarica", {"amount": "20,00", "torna": "/credito"})
    (order,) = orders(till, OrderKind.TOP_UP)
    reference = till.attempts()[-1].reference

    answer = visitor.get(f"/ordini/{order.number}/pagamento/{reference}")

    assert answer.headers["Location"] == f"/ordini/{order.number}"


def test_credit_is_bought_by_card_only(till: Till, visitor: Browser) -> None:
    visitor.post("/credito/ricarica", {"amount": "20,00"})
    (order,) = orders(till, OrderKind.TOP_UP)
    page = visitor.get(f"/ordini/{order.number}").text
    assert "con carta" in page
    assert "con PayPal" not in page
    till.decide(Failure.ABANDONED)

    answer = visitor.post(f"/ordini/{order.number}/paga", {"method": "paypal"})

    assert answer.status_code == 409
    assert "solo con carta" in answer.text
    assert {attempt.method for attempt in till.attempts()} == {PaymentMethod.CARD}
    changed = visitor.post(f"/ordini/{order.number}/metodo", {"method": "bank_transfer"})
    assert changed.status_code == 422


def test_the_paper_of_a_top_up_and_of_space_says_what_was_bought(till: Till, visitor: Browser) -> None:
    give(till, 1000)
    visitor.post("/credito/ricarica", {"amount": "20,00"})
    visitor.post(SPACE, {"mailbox_gb": 1, "archive_gb": 0, "shown_due_cents": 366})
    (credit,), (space,) = orders(till, OrderKind.TOP_UP), orders(till, OrderKind.EXTRA_SPACE)

    papers = [text_of(visitor.get(f"/ordini/{one.number}/ordine.pdf").data) for one in (credit, space)]

    assert "ricarica del credito" in papers[0]
    for part in (ADDRESS, "spazio aggiuntivo", "+1 GB", "Fino al"):
        assert part in papers[1]


def test_an_order_of_space_is_found_by_its_mailbox(till: Till, visitor: Browser) -> None:
    give(till, 1000)
    visitor.post(SPACE, {"mailbox_gb": 1, "archive_gb": 0, "shown_due_cents": 366})
    (space,) = orders(till, OrderKind.EXTRA_SPACE)

    found = visitor.get("/ordini?cerca=grande@pec").text

    assert f"/ordini/{space.number}" in found
    assert f"/ordini/{NUMBER}" not in found
