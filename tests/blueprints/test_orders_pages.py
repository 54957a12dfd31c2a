"""The pages of orders: the list, one order from unpaid to done, cancelling it, and a very big one."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from portal.domain.order_numbers import new_order_number
from portal.domain.orders import LineState, OrderState
from portal.domain.payments import PaymentMethod
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order, OrderLine
from portal.usecases.payments import register_payment
from portal.wiring import Services
from tests.blueprints.browser import HTMX, Browser
from tests.blueprints.shop import big_shopper, shopper
from tests.factories import NOW, TODAY, make_order
from tests.statements import counted

SERVER_THREADS = 8


def pay(services: Services, number: str, *, cents: int) -> None:
    with services.transaction() as session:
        register_payment(
            session,
            number,
            cents,
            services.today(),
            PaymentMethod.BANK_TRANSFER,
            f"TRN-{number}-{cents}",
            now=services.now(),
        )


def set_state(services: Services, state: OrderState, line: LineState, **values: object) -> None:
    """Put the only order into a state as fulfilment would."""
    with services.transaction() as session:
        session.execute(update(Order).values(state=state, **values))
        session.execute(update(OrderLine).values(state=line, is_open=state is OrderState.PAID))


def test_an_unpaid_order_says_how_to_pay_it(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    number = person.order()

    page = person.browser.get(f"/ordini/{number}").text

    assert "In attesa di pagamento" in page
    assert f'data-copy="{number}"' in page
    assert 'data-copy="IT60X0542811101000000123456"' in page
    assert 'data-copy="6,10"' in page
    assert "tra il 25 novembre 2026 e il 27 novembre 2026" in page
    assert "24/12/2026 →" in page
    assert "24/12/2027" in page
    assert 'hx-trigger="every' not in page


def test_money_that_would_come_late_is_said(app: Flask, services: Services) -> None:
    person = shopper(app, services, {"expires_in": 2}).start()
    number = person.order()

    assert "resta sospesa finché non lo registriamo" in person.browser.get(f"/ordini/{number}").text


def test_a_paid_order_is_looked_at_again_until_it_is_done(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}, {}).start()
    number = person.order()
    pay(services, number, cents=1220)

    page = person.browser.get(f"/ordini/{number}").text
    part = person.browser.get(f"/ordini/{number}/stato", headers=HTMX).text
    assert all('hx-trigger="every 3s"' in each for each in (page, part))
    assert "0 di 2 lavorate" in part
    assert "Annulla l" not in page
    assert "<html" not in part

    set_state(services, OrderState.FULFILLED, LineState.FULFILLED, closed_at=services.now())
    done = person.browser.get(f"/ordini/{number}/stato", headers=HTMX).text
    assert "hx-trigger" not in done
    assert "Evaso" in done


def test_a_refused_line_says_what_comes_back(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}, {}).start()
    number = person.order()
    pay(services, number, cents=1220)
    set_state(services, OrderState.FULFILLED, LineState.FULFILLED, closed_at=services.now())
    with services.transaction() as session:
        first = select(func.min(OrderLine.id)).scalar_subquery()
        refused = update(OrderLine).where(OrderLine.id == first)
        session.execute(refused.values(state=LineState.REFUSED, refusal="mailbox_cancelled"))

    page = person.browser.get(f"/ordini/{number}").text

    assert "1 casella: il rinnovo non è riuscito. Ti abbiamo riconosciuto €\u00a06,10" in page
    assert "Rinnovo completato in parte" in page
    assert "Non riuscita" in page
    assert "Rinnovata" in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (OrderState.PAID, "A lavorazione finita trovi €\u00a06,10 nel tuo credito."),
        (OrderState.REFUNDED, "Ti abbiamo restituito €\u00a06,10."),
        (OrderState.CREDITED, "Ti abbiamo riconosciuto €\u00a06,10, che trovi nel tuo credito."),
    ],
)
def test_where_the_money_of_a_refused_line_is(
    app: Flask, services: Services, state: OrderState, words: str
) -> None:
    person = shopper(app, services, {}).start()
    number = person.order()
    set_state(services, state, LineState.REFUSED, paid_at=services.now())

    page = person.browser.get(f"/ordini/{number}").text

    assert words in page
    assert "24/12/2027" not in page, "an expiry that never came"


@pytest.mark.parametrize(
    ("payable_until", "expires_in", "words"),
    [
        (TODAY - timedelta(days=1), 30, "fino al 23 novembre 2026. La casella si può rinnovare di nuovo"),
        (None, -200, "La casella di questo ordine non si poteva più rinnovare."),
    ],
)
def test_an_expired_order_says_why(
    app: Flask, services: Services, payable_until: date | None, expires_in: int, words: str
) -> None:
    person = shopper(app, services, {}).start()
    number = person.order()
    closed = {"closed_at": services.now(), "payable_until": payable_until}
    set_state(services, OrderState.EXPIRED, LineState.WAITING, **closed)
    with services.transaction() as session:
        session.execute(update(Mailbox).values(expires_on=TODAY + timedelta(days=expires_in)))

    page = person.browser.get(f"/ordini/{number}").text

    assert words in page
    assert ("Rinnova di nuovo" in page) is (expires_in > 0)


def test_money_that_comes_after_the_end_is_told_once(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    number = person.order()
    person.browser.post(f"/ordini/{number}/annulla")
    pay(services, number, cents=610)

    page = person.browser.get(f"/ordini/{number}").text

    assert "puoi usarlo fino al 24 novembre 2027" in page
    assert "Se hai già mandato un pagamento" not in page
    assert "Pagamento ricevuto" in page


def test_an_order_counts_the_mailboxes_that_wait(app: Flask, services: Services) -> None:
    each = [{"expires_in": days} for days in (-3, -2, 1, 2, 300)]
    person = shopper(app, services, *each).start()
    number = person.order()

    page = person.browser.get(f"/ordini/{number}").text

    assert "2 caselle scadono tra poco" in page
    assert "2 caselle sono già sospese" in page
    assert page.index("2 caselle sono già sospese") < page.index("Scarica le istruzioni")


def test_money_that_does_not_fit_is_told_on_the_page(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    number = person.order()
    pay(services, number, cents=600)

    page = person.browser.get(f"/ordini/{number}").text

    assert "abbiamo ricevuto €\u00a06,00 invece di €\u00a06,10" in page
    assert "In attesa di pagamento" in page


def test_the_number_is_known_in_any_spelling(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    number = person.order()

    for spelling in (number.lower(), f"{number[:4]}%20{number[4:]}", f"{number[:5]}-{number[5:]}"):
        answer = person.browser.get(f"/ordini/{spelling}")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/ordini/{number}")


@pytest.mark.parametrize("number", ["NIENTE", "K7MP2XQ9AA", "1", new_order_number(bytes(9))])
def test_what_is_no_order_is_not_found(app: Flask, services: Services, number: str) -> None:
    person = shopper(app, services, {})

    for path in (f"/ordini/{number}", f"/ordini/{number}/annulla", f"/ordini/{number}/stato"):
        assert person.browser.get(path, headers=HTMX).status_code == 404
    assert person.browser.post(f"/ordini/{number}/annulla").status_code == 404


def test_cancelling_asks_first_and_frees_the_mailbox(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    number = person.order()

    asked = person.browser.get(f"/ordini/{number}/annulla")
    assert "Annullare l&#39;ordine" in asked.text or "Annullare l'ordine" in asked.text
    done = person.browser.post(f"/ordini/{number}/annulla")
    page = person.browser.get(done.headers["Location"]).text

    assert "Annullato" in page
    assert "La casella si può rinnovare di nuovo." in page
    assert f'href="/caselle/{person.addresses[0]}/rinnova"' in page
    assert "Paga con bonifico" not in page
    assert person.browser.post(f"/ordini/{number}/annulla").status_code == 303
    assert person.browser.post(f"/caselle/{person.addresses[0]}/rinnova").status_code == 303


def test_a_paid_order_is_not_cancelled(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    number = person.order()
    pay(services, number, cents=610)

    answer = person.browser.post(f"/ordini/{number}/annulla")

    assert answer.status_code == 409
    assert "non si può più annullare" in answer.text
    assert "Pagato" in answer.text


def test_an_account_without_orders_is_told_what_to_do(app: Flask, services: Services) -> None:
    person = shopper(app, services, {})

    assert "Nessun ordine" in person.browser.get("/ordini").text


def test_the_list_goes_on_from_page_to_page(app: Flask, services: Services) -> None:
    person = shopper(app, services, *({} for _ in range(120)))
    with services.transaction() as session:
        boxes = session.scalars(select(Mailbox).order_by(Mailbox.id)).all()
        for hours, box in enumerate(boxes):
            number = new_order_number(bytes(7) + bytes(divmod(hours, 32)))
            make_order(session, [box], number=number, placed_at=NOW - timedelta(hours=hours // 2))
        newest_first = list(
            session.scalars(select(Order.number).order_by(Order.placed_at.desc(), Order.id.desc()))
        )

    pages, back = walk(person.browser, "/ordini")

    assert pages == [newest_first[:50], newest_first[50:100], newest_first[100:]]
    assert back == newest_first[50:100]


def walk(browser: Browser, address: str) -> tuple[list[list[str]], list[str]]:
    """Return the numbers of each page, following «Successive», and those of the last page's «Precedenti»."""
    pages, before = [], ""
    while address:
        page = browser.get(address).text
        pages.append(numbers(page))
        before, address = neighbour(page, "prev"), neighbour(page, "next")
    return pages, numbers(browser.get(before).text)


def numbers(page: str) -> list[str]:
    return re.findall(r'<a class="number" href="/ordini/([A-Z2-9]{10})"', page)


def neighbour(page: str, rel: str) -> str:
    found = re.search(rf'href="([^"]+)" rel="{rel}"', page)
    return found[1].replace("&amp;", "&") if found else ""


@pytest.mark.parametrize("place", ["dopo=x", "dopo=99999999T999999999999~1", "prima=~"])
def test_a_place_that_is_none_is_the_first_page(app: Flask, services: Services, place: str) -> None:
    person = shopper(app, services, {}).start()
    number = person.order()

    assert number in person.browser.get(f"/ordini?{place}").text


def test_statements_of_the_order_pages(app: Flask, services: Services) -> None:
    person = big_shopper(app, services, 120).start()
    number = person.order()
    sent = {}

    for name, path in (
        ("list", "/ordini"),
        ("order", f"/ordini/{number}"),
        ("page", f"/ordini/{number}?dopo=50"),
    ):
        with counted(services.engine) as statements:
            assert person.browser.get(path).status_code == 200
        sent[name] = len(statements)

    assert sent == {"list": 2, "order": 12, "page": 12}


def test_five_thousand_mailboxes_are_one_order(app: Flask, services: Services) -> None:
    person = big_shopper(app, services, 5_000).start()
    assert person.pay_by_transfer().status_code == 303
    fields, token = person.summary(), person.browser.token()

    with counted(services.engine) as statements:
        answer = person.browser.post(f"{person.plan}/conferma", fields, token=token)

    assert answer.status_code == 303
    assert len(statements) <= 45  # as many for 200 mailboxes; one of them is the history's
    page = person.browser.get(answer.headers["Location"]).text
    assert "5000 caselle in questo ordine" in page
    with services.reading() as session:
        order = session.scalars(select(Order)).one()
        assert session.scalar(select(func.count(OrderLine.id))) == 5_000
        assert session.scalar(select(func.sum(OrderLine.net_cents))) == order.net_cents
        assert str(order.due_cents) == fields["shown_due_cents"]


def test_fifty_posts_by_eight_hands_lead_to_one_order(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}, {}).start()
    person.pay_by_transfer()
    fields = person.summary() | {"csrf_token": person.browser.token()}
    cookies = [app.test_client() for _ in range(SERVER_THREADS)]
    gate = Barrier(SERVER_THREADS)
    session_cookie = person.browser.session_cookie
    assert session_cookie

    def press(hand: int) -> list[TestResponse]:
        client = cookies[hand]
        client.set_cookie("portal", session_cookie)
        gate.wait()
        return [client.post(f"{person.plan}/conferma", data=fields) for _ in range(7 if hand < 2 else 6)]

    with ThreadPoolExecutor(SERVER_THREADS) as pool:
        answers = [answer for some in pool.map(press, range(SERVER_THREADS)) for answer in some]

    assert len(answers) == 50
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    with services.reading() as session:
        assert session.scalar(select(func.count(Order.id))) == 1
