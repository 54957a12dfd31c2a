"""`/caselle` over HTTP: who sees what, filters as a form, pages that keep them, parts for htmx."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.domain.access import Subject, SubjectKind
from portal.domain.customers import CustomerKind
from portal.domain.orders import OrderState
from portal.domain.plans import Plan
from portal.store.accounts import Account
from portal.wiring import Services
from tests.blueprints.browser import HTMX, Browser
from tests.blueprints.people import ON_BOTH
from tests.factories import (
    ARCHITECTS,
    LAWYERS,
    TODAY,
    fill_account,
    make_account,
    make_conventions,
    make_holder,
    make_mailbox,
    make_order,
    make_prices,
    select_mailboxes,
)
from tests.statements import counted

pytestmark = ON_BOTH

ADDRESS_LINK = re.compile(r'rowheader"><a href="/caselle/([^"]+)"')


@pytest.fixture
def account(services: Services) -> Account:
    """An account with two mailboxes, so that its list is not skipped."""
    with services.transaction() as session:
        make_prices(session)
        made = make_account(session)
        make_mailbox(session, made, "vicina@pec.example", expires_in=12)
        make_mailbox(session, made, "lontana@pec.example", expires_in=300)
        return made


@pytest.fixture
def owner(visitor: Browser, services: Services, account: Account) -> Browser:
    return visitor.enter(services, Subject(SubjectKind.ACCOUNT, account_id=account.id))


@pytest.fixture
def store(services: Services) -> Callable[[Callable[[Session], object]], None]:
    """Stores what a test needs."""

    def run(build: Callable[[Session], object]) -> None:
        with services.transaction() as session:
            build(session)

    return run


def addresses(page: str) -> list[str]:
    return ADDRESS_LINK.findall(page)


def test_the_list_shows_the_mailboxes_with_words_for_everything(owner: Browser) -> None:
    page = owner.get("/caselle").text

    assert addresses(page) == ["vicina@pec.example", "lontana@pec.example"]
    for words in ("In scadenza", "06/12/2026", "tra 12 giorni", "tra 10 mesi", "Rinnovo manuale", "Standard"):
        assert words in page
    assert 'href="/caselle/vicina@pec.example/rinnova"' in page


def test_an_account_of_one_mailbox_goes_straight_to_it(visitor: Browser, services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        make_mailbox(session, account, "sola@pec.example")
    owner = visitor.enter(services, Subject(SubjectKind.ACCOUNT, account_id=account.id))

    answer = owner.get("/caselle")

    assert (answer.status_code, answer.location) == (303, "/caselle/sola@pec.example")


def test_a_mailbox_session_goes_to_its_own_page(visitor: Browser, services: Services) -> None:
    with services.transaction() as session:
        mailbox = make_mailbox(session, make_account(session), "mia@pec.example")
    owner = visitor.enter(services, Subject(SubjectKind.MAILBOX, mailbox_id=mailbox.id))

    answer = owner.get("/caselle")

    assert (answer.status_code, answer.location) == (303, "/caselle/mia@pec.example")


def test_an_empty_account_is_told_what_to_do(visitor: Browser, services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
    owner = visitor.enter(services, Subject(SubjectKind.ACCOUNT, account_id=account.id))

    page = owner.get("/caselle").text

    assert "Nessuna casella" in page
    assert "scrivi all'assistenza" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["vicina", "lontana"]),
        ("?cerca=VICINA", ["vicina"]),
        ("?cerca=%25", []),
        ("?stato=attiva", ["lontana"]),
        ("?stato=in-scadenza", ["vicina"]),
        ("?stato=sospesa", []),
        ("?tipologia=pro", []),
        ("?tipologia=standard&stato=attiva", ["lontana"]),
        ("?ordine=scadenza-inversa", ["lontana", "vicina"]),
        ("?ordine=indirizzo", ["lontana", "vicina"]),
        ("?ordine=indirizzo-inverso", ["vicina", "lontana"]),
        ("?scheda=altri", []),
    ],
)
def test_the_query_string_filters_and_sorts(owner: Browser, query: str, found: list[str]) -> None:
    page = owner.get(f"/caselle{query}").text

    assert addresses(page) == [f"{name}@pec.example" for name in found]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("stato=boh", "stato"),
        ("tipologia=oro", "tipologia"),
        ("ordine=address%20desc", "ordine"),
        ("cerca=" + "x" * 255, "cerca"),
        ("cerca=a%1Fb", "cerca"),
    ],
)
def test_a_bad_filter_is_an_error_at_its_field_and_the_list_is_there(
    owner: Browser, query: str, field: str
) -> None:
    answer = owner.get(f"/caselle?{query}")

    assert answer.status_code == 200
    assert len(addresses(answer.text)) == 2
    assert f'href="#{field}"' in answer.text
    assert re.search(rf'id="{field}"[^>]* aria-invalid="true"', answer.text)


def test_a_tab_that_does_not_exist_shows_the_own_mailboxes(owner: Browser) -> None:
    page = owner.get("/caselle?scheda=tutte").text

    assert len(addresses(page)) == 2
    assert "Questa scheda non esiste" in page


@pytest.mark.parametrize(
    "place", ["dopo=ieri", "dopo=2026-13-45~a@pec.example", "prima=~", "dopo=2026-12-01~a%1Fb", "dopo="]
)
def test_a_bad_place_is_the_first_page(owner: Browser, place: str) -> None:
    answer = owner.get(f"/caselle?{place}")

    assert answer.status_code == 200
    assert len(addresses(answer.text)) == 2


def test_the_pages_keep_the_filters_there_and_back(
    owner: Browser, account: Account, store: Callable[[Callable[[Session], object]], None]
) -> None:
    store(lambda session: fill_account(session, account, 120))

    first = owner.get("/caselle?cerca=casella&ordine=indirizzo&stato=tutte").text
    forward = re.search(r'href="([^"]+)" rel="next"', first)
    assert forward is not None
    second = owner.get(forward[1].replace("&amp;", "&")).text
    backward = re.search(r'href="([^"]+)" rel="prev"', second)
    assert backward is not None
    again = owner.get(backward[1].replace("&amp;", "&")).text

    for link in (forward[1], backward[1]):
        assert "cerca=casella" in link
        assert "ordine=indirizzo" in link
        assert "stato=tutte" in link
    assert addresses(first) == addresses(again)
    assert not set(addresses(first)) & set(addresses(second))


def test_the_end_of_the_list_leads_back_to_its_beginning(owner: Browser) -> None:
    page = owner.get("/caselle?cerca=pec&dopo=2099-01-01~z@pec.example").text

    assert "Qui l'elenco è finito" in page
    assert 'href="/caselle?cerca=pec"' in page


def test_cancelled_mailboxes_are_shown_when_asked_for(
    owner: Browser, account: Account, store: Callable[[Callable[[Session], object]], None]
) -> None:
    store(lambda session: make_mailbox(session, account, "finita@pec.example", expires_in=-91))

    assert "finita@pec.example" not in addresses(owner.get("/caselle").text)
    assert addresses(owner.get("/caselle?stato=cancellata").text) == ["finita@pec.example"]
    assert addresses(owner.get("/caselle?stato=tutte").text)[0] == "finita@pec.example"


def test_an_unpaid_order_gives_pay_and_cancel_instead_of_renew(
    owner: Browser, account: Account, store: Callable[[Callable[[Session], object]], None]
) -> None:
    store(
        lambda session: make_order(session, [make_mailbox(session, account, "o@pec.example")], number="KX1")
    )

    page = owner.get("/caselle?cerca=o@pec").text

    assert 'href="/ordini/KX1"' in page
    assert 'href="/ordini/KX1/annulla"' in page
    assert "/caselle/o@pec.example/rinnova" not in page
    assert 'name="casella"' not in page


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"plan": Plan.DOMAIN}, "Si rinnova insieme al dominio."),
        ({"convention_code": ARCHITECTS.code}, "la rinnova l'ente (Ordine degli Architetti)."),
        ({"convention_code": LAWYERS.code}, "per rinnovare scrivi all'ente (Ordine degli Avvocati)."),
        ({"convention_code": "UNKNOWN"}, "per rinnovare scrivi all'ente (chi gestisce la convenzione)."),
        ({"expires_in": -91}, "Cancellata: non si può più rinnovare."),
    ],
)
def test_a_missing_button_says_why(
    owner: Browser,
    account: Account,
    store: Callable[[Callable[[Session], object]], None],
    fields: dict[str, object],
    reason: str,
) -> None:
    store(make_conventions)
    store(lambda session: make_mailbox(session, account, "senza@pec.example", **fields))  # type: ignore[arg-type]

    page = owner.get("/caselle?cerca=senza&stato=tutte").text

    assert reason in page
    assert "/rinnova" not in page


def test_htmx_gets_the_list_alone(owner: Browser) -> None:
    answer = owner.get("/caselle?cerca=vicina", headers=HTMX)

    assert answer.text.lstrip().startswith('<div class="stack">')
    assert "<html" not in answer.text
    assert addresses(answer.text) == ["vicina@pec.example"]


def test_the_list_takes_three_statements_however_long(
    owner: Browser,
    services: Services,
    account: Account,
    store: Callable[[Callable[[Session], object]], None],
) -> None:
    def sent() -> int:
        with counted(services.engine) as statements:
            owner.get("/caselle")
        return len(statements)

    few = sent()
    store(lambda session: fill_account(session, account, 2_000))
    store(lambda session: select_mailboxes(session, account, [make_mailbox(session, account)]))

    assert few == sent() == 3


def test_text_from_outside_stays_text(
    owner: Browser, account: Account, store: Callable[[Callable[[Session], object]], None]
) -> None:
    holder_name = "<script>alert(1)</script>"
    store(
        lambda session: make_mailbox(
            session,
            account,
            '"><img/src=x>@pec.example',
            holder=make_holder(session, business_name=holder_name),
        )
    )

    page = owner.get("/caselle?cerca=<script>alert(2)</script>").text
    listed = owner.get("/caselle").text
    details = owner.get('/caselle/"><img%2Fsrc=x>@pec.example')

    for text in (page, listed, details.text):
        assert "<script>alert" not in text
        assert "<img" not in text


# One mailbox


def test_the_page_of_a_mailbox_says_it_all(
    owner: Browser, account: Account, store: Callable[[Callable[[Session], object]], None]
) -> None:
    def build(session: Session) -> None:
        holder = make_holder(session, kind=CustomerKind.COMPANY, business_name="Verdi S.r.l.")
        mailbox = make_mailbox(
            session,
            account,
            "verdi@pec.example",
            holder=holder,
            plan=Plan.PRO,
            mailbox_used_mb=430,
            archive_used_mb=2_800,
            auto_renewal=True,
        )
        make_order(session, [mailbox], number="KA1", state=OrderState.FULFILLED)

    store(build)

    page = owner.get("/caselle/verdi@pec.example").text

    for words in (
        "verdi@pec.example",
        "Verdi S.r.l.",
        "Gli avvisi vanno a",
        "0,42 GB su 2,00 GB (21% occupato)",
        "Quasi esaurito",
        "24 dicembre 2026 · tra 30 giorni",
        "Ultimo giorno per rinnovare",
        "24 marzo 2027",
        "Rinnova ora / cambia piano",
        "Manca il metodo di pagamento: non addebiteremo nulla",
        "Ordini associati al prodotto",
        "KA1",
        "€\u00a06,10",
    ):
        assert words in page, words
    assert "Camera di commercio" not in page


def test_a_suspended_firm_is_told_until_when_and_about_the_register(
    owner: Browser, account: Account, store: Callable[[Callable[[Session], object]], None]
) -> None:
    def build(session: Session) -> None:
        holder = make_holder(session, kind=CustomerKind.COMPANY, business_name="Verdi S.r.l.")
        make_mailbox(session, account, "verdi@pec.example", holder=holder, expires_in=-10)

    store(build)

    page = owner.get("/caselle/verdi@pec.example").text

    assert "Puoi ancora rinnovarla fino al 12 febbraio 2027" in page
    assert "Registro delle Imprese" in page
    assert "Lettura: sì, invio: no, ricezione: no." in page


def test_a_cancelled_mailbox_says_so_and_offers_nothing_that_cannot_be(
    owner: Browser, account: Account, store: Callable[[Callable[[Session], object]], None]
) -> None:
    def build(session: Session) -> None:
        holder = make_holder(session, kind=CustomerKind.SOLE_TRADER)
        make_mailbox(session, account, "finita@pec.example", holder=holder, expires_in=-91)

    store(build)

    page = owner.get("/caselle/finita@pec.example").text

    assert "La casella è stata cancellata il 24 novembre 2026" in page
    assert "comunica al Registro un altro indirizzo PEC" in page
    assert "rinnova la casella" not in page
    assert "/rinnova" not in page


@pytest.mark.parametrize("url", ["", "https://hosting.example/domini"])
def test_a_domain_mailbox_leads_to_where_it_is_renewed(
    services: Services, account: Account, url: str
) -> None:
    brand = replace(services.settings.brand, hosting_url=url)
    elsewhere = replace(services, settings=replace(services.settings, brand=brand))
    with services.transaction() as session:
        make_mailbox(session, account, "dominio@pec.example", plan=Plan.DOMAIN)
    subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)

    page = Browser(create_app(elsewhere)).enter(services, subject).get("/caselle/dominio@pec.example").text

    assert "si rinnova insieme al dominio" in page
    assert (f'href="{url}"' in page) == bool(url)
    assert "/rinnova" not in page


@pytest.mark.parametrize("address", ["estranea@pec.example", "inesistente@pec.example", "a%00b", "%ff"])
def test_what_is_not_yours_is_byte_equal_to_what_is_not_there(
    owner: Browser, store: Callable[[Callable[[Session], object]], None], address: str
) -> None:
    store(lambda session: make_mailbox(session, make_account(session), "estranea@pec.example"))

    answer = owner.get(f"/caselle/{address}")
    nothing = owner.get("/caselle/nulla@pec.example")

    assert answer.status_code == 404
    assert answer.data == nothing.data


def test_the_page_of_a_mailbox_takes_five_statements(owner: Browser, services: Services) -> None:
    with counted(services.engine) as statements:
        owner.get("/caselle/vicina@pec.example")

    assert len(statements) == 5


def test_the_page_changes_on_the_day_the_dates_say(owner: Browser, services: Services, clock: object) -> None:
    expiry = TODAY + timedelta(days=12)
    texts = {}
    for days in (12, 13, 102, 103):
        clock.set(services.now() + timedelta(days=days - (services.today() - TODAY).days))  # type: ignore[attr-defined]
        owner.enter(services, _subject_of(services))
        texts[days] = owner.get("/caselle/vicina@pec.example").text

    assert expiry.isoformat() == "2026-12-06"
    assert "In scadenza" in texts[12]
    assert "Sospesa (scaduta)" in texts[13]
    assert "Sospesa (scaduta)" in texts[102]
    assert "Cancellata" in texts[103]


def _subject_of(services: Services) -> Subject:
    with services.reading() as session:
        account = session.query(Account).one()
    return Subject(SubjectKind.ACCOUNT, account_id=account.id)


@pytest.mark.parametrize("as_owner", [True, False])
def test_the_page_says_what_credit_the_extra_space_needs_and_whose_it_is(
    visitor: Browser,
    services: Services,
    account: Account,
    store: Callable[[Callable[[Session], object]], None],
    as_owner: bool,
) -> None:
    """A body renews for three years; how much is missing is the business of the wallet's owner alone."""

    def extra(session: Session) -> None:
        make_conventions(session)
        make_mailbox(
            session,
            account,
            "iscritto@pec.example",
            id=77,
            convention_code=ARCHITECTS.code,
            extra_mailbox_gb=1,
            extra_paid_until=TODAY + timedelta(days=30),
        )

    store(extra)
    own = Subject(SubjectKind.ACCOUNT, account_id=account.id)
    subject = own if as_owner else Subject(SubjectKind.MAILBOX, mailbox_id=77)
    page = (
        visitor.enter(services, subject)
        .get("/caselle/iscritto@pec.example")
        .text.replace("\N{NO-BREAK SPACE}", " ")
    )

    assert "Spazio aggiuntivo pagato fino al 24 dicembre 2026; per rinnovarlo servono € 10,98" in page
    assert ("Ne mancano € 10,98" in page) is as_owner
    assert ("/credito/ricarica?centesimi=1098&amp;torna=/caselle/iscritto@pec.example" in page) is as_owner
