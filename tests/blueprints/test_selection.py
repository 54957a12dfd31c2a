"""The selection over HTTP: with plain forms, the same with htmx, and never a stranger's mailbox."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import delete, select

from portal.domain.access import Subject, SubjectKind
from portal.domain.plans import Plan
from portal.store.accounts import Account
from portal.store.prices import PriceRow
from portal.store.selections import SelectedMailbox
from portal.wiring import Services
from tests.blueprints.browser import HTMX, Browser
from tests.factories import (
    fill_account,
    make_account,
    make_mailbox,
    make_order,
    make_prices,
    select_mailboxes,
)
from tests.statements import counted

TICKED = re.compile(r'name="casella" value="(\d+)" checked')


@dataclass
class Scene:
    """An account with three mailboxes and a stranger with one."""

    account: Account
    ids: list[int]
    foreign: int


@pytest.fixture
def scene(services: Services) -> Scene:
    with services.transaction() as session:
        make_prices(session)
        account, stranger = make_account(session), make_account(session)
        boxes = [make_mailbox(session, account, expires_in=days) for days in (10, 20, 300)]
        return Scene(account, [box.id for box in boxes], make_mailbox(session, stranger).id)


@pytest.fixture
def owner(visitor: Browser, services: Services, scene: Scene) -> Browser:
    return visitor.enter(services, Subject(SubjectKind.ACCOUNT, account_id=scene.account.id))


def stored(services: Services) -> set[int]:
    with services.reading() as session:
        return set(session.scalars(select(SelectedMailbox.mailbox_id)))


def ticks(page: str) -> set[int]:
    return {int(number) for number in TICKED.findall(page)}


def form(scene: Scene, *ticked: int) -> dict[str, Any]:
    return {"mostrata": scene.ids, "casella": list(ticked)}


def test_the_plain_form_stores_the_ticks_and_leads_back_to_the_same_page(
    owner: Browser, services: Services, scene: Scene
) -> None:
    query = "cerca=pec&ordine=indirizzo&dopo=2026-12-01~a@pec.example"

    answer = owner.post(f"/caselle/selezione?{query}", form(scene, *scene.ids[:2]))

    assert (answer.status_code, answer.location) == (303, f"/caselle?{query}")
    assert stored(services) == set(scene.ids[:2])
    assert ticks(owner.get("/caselle").text) == set(scene.ids[:2])


def test_the_bar_counts_and_prices(owner: Browser, scene: Scene) -> None:
    owner.post("/caselle/selezione", form(scene, *scene.ids[:2]))

    page = owner.get("/caselle").text

    assert "2 caselle selezionate" in page
    assert "Totale €\u00a010,00 + IVA (piano attuale, 1 anno)" in page
    assert 'action="/rinnovo"' in page


def test_nothing_selected_offers_nothing(owner: Browser) -> None:
    page = owner.get("/caselle").text

    assert "Nessuna casella selezionata" in page
    assert 'action="/rinnovo"' not in page
    assert "Deseleziona tutto" not in page


def test_a_tick_by_htmx_answers_with_the_bar_alone(owner: Browser, services: Services, scene: Scene) -> None:
    answer = owner.post("/caselle/selezione", form(scene, scene.ids[0]), headers=HTMX)

    assert answer.status_code == 200
    assert "1 casella selezionata" in answer.text
    assert "<table" not in answer.text
    assert "<html" not in answer.text
    assert stored(services) == {scene.ids[0]}


def test_unticking_everything_empties_the_page_alone(
    owner: Browser, services: Services, scene: Scene
) -> None:
    owner.post("/caselle/selezione", form(scene, *scene.ids))

    owner.post("/caselle/selezione", {"mostrata": scene.ids[:2]})

    assert stored(services) == {scene.ids[2]}


@pytest.mark.parametrize("field", ["mostrata", "casella"])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_strangers_mailbox_is_not_found_and_nothing_changes(
    owner: Browser, services: Services, scene: Scene, field: str, headers: dict[str, str]
) -> None:
    owner.post("/caselle/selezione", form(scene, scene.ids[0]))
    fields = form(scene, *scene.ids)
    fields[field] = [*fields[field], scene.foreign]

    answer = owner.post("/caselle/selezione", fields, headers=headers)
    made_up = owner.post("/caselle/selezione", {**form(scene), field: [987_654]}, headers=headers)

    assert answer.status_code == 404
    assert answer.data == made_up.data
    assert stored(services) == {scene.ids[0]}


def test_a_strangers_mailbox_in_the_form_is_logged(
    owner: Browser, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    owner.post("/caselle/selezione", {"mostrata": [*scene.ids, scene.foreign]})

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    (line,) = (line for line in lines if line["event"] == "foreign_mailboxes_in_selection")
    assert (line["account_id"], line["posted"]) == (scene.account.id, 4)


@pytest.mark.parametrize("value", ["x", "-1", "0", "1;drop", "9" * 40, "٣", "2147483648", ""])
def test_what_is_no_mailbox_number_is_not_found(
    owner: Browser, services: Services, scene: Scene, value: str
) -> None:
    answer = owner.post("/caselle/selezione", {"mostrata": scene.ids, "casella": [value]})

    assert answer.status_code == 404
    assert stored(services) == set()


def test_a_field_more_sets_nothing(owner: Browser, services: Services, scene: Scene) -> None:
    extra = {"account_id": scene.account.id + 1, "expires_on": "2099-01-01", "selected_at": "2000-01-01"}

    owner.post("/caselle/selezione", {**form(scene, scene.ids[0]), **extra})

    with services.reading() as session:
        (row,) = session.scalars(select(SelectedMailbox))
    assert (row.account_id, row.mailbox_id, row.selected_at) == (
        scene.account.id,
        scene.ids[0],
        services.now(),
    )


# «Seleziona tutte le caselle che scadono entro N mesi»


def test_applying_selects_on_every_page_and_says_how_many(
    owner: Browser, services: Services, scene: Scene
) -> None:
    with services.transaction() as session:
        fill_account(session, scene.account, 120, spread_days=60)

    answer = owner.post("/caselle/selezione/scadenza?ordine=indirizzo", {"mesi": 3})
    page = owner.get(answer.location or "").text

    assert (answer.status_code, answer.location) == (303, "/caselle?ordine=indirizzo")
    assert len(stored(services)) == 122
    assert "Aggiunte 122 caselle che scadono entro il 24 febbraio 2027." in page
    assert "Ora sono selezionate 122 caselle." in page
    assert "122 caselle selezionate" in page


def test_what_is_left_out_is_counted_by_reason_with_a_link(
    owner: Browser, services: Services, scene: Scene
) -> None:
    with services.transaction() as session:
        make_mailbox(session, scene.account, expires_in=-91)
        make_mailbox(session, scene.account, expires_in=-92)
        make_mailbox(session, scene.account, plan=Plan.DOMAIN)
        make_order(session, [make_mailbox(session, scene.account)])

    owner.post("/caselle/selezione/scadenza", {"mesi": 3})
    page = owner.get("/caselle").text

    assert "4 caselle che scadono nello stesso periodo non si possono rinnovare:" in page
    for words in ("2 già cancellate", "1 si rinnova insieme al dominio", "1 con un ordine di rinnovo aperto"):
        assert words in page
    assert 'href="/caselle/escluse?entro=3"' in page


def test_applying_by_htmx_answers_with_the_list_and_its_ticks(
    owner: Browser, services: Services, scene: Scene
) -> None:
    answer = owner.post("/caselle/selezione/scadenza", {"mesi": 1}, headers=HTMX)

    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert ticks(answer.text) == set(scene.ids[:2])
    assert "Aggiunte 2 caselle" in answer.text
    assert "2 caselle selezionate" in answer.text
    assert "Aggiunte" not in owner.get("/caselle").text


@pytest.mark.parametrize("months", ["0", "13", "", "tre", "1.5", "-3", "9" * 30])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_months_out_of_range_are_an_error_at_the_field(
    owner: Browser, services: Services, months: str, headers: dict[str, str]
) -> None:
    answer = owner.post("/caselle/selezione/scadenza", {"mesi": months}, headers=headers)

    assert answer.status_code == 422
    assert "Scegli da 1 a 12 mesi." in answer.text
    assert 'aria-describedby="mesi-error"' in answer.text
    assert stored(services) == set()


def test_clearing_empties_the_selection(owner: Browser, services: Services, scene: Scene) -> None:
    owner.post("/caselle/selezione", form(scene, *scene.ids))

    answer = owner.post("/caselle/selezione/svuota?cerca=pec")

    assert (answer.status_code, answer.location) == (303, "/caselle?cerca=pec")
    assert stored(services) == set()


def test_clearing_by_htmx_answers_with_the_list_unticked(owner: Browser, scene: Scene) -> None:
    owner.post("/caselle/selezione", form(scene, *scene.ids))

    answer = owner.post("/caselle/selezione/svuota", headers=HTMX)

    assert ticks(answer.text) == set()
    assert "Nessuna casella selezionata" in answer.text
    assert "data-focus" in answer.text


def test_a_missing_price_is_said_in_the_bar(owner: Browser, services: Services, scene: Scene) -> None:
    with services.transaction() as session:
        premium = make_mailbox(session, scene.account, plan=Plan.DOMAIN)
        premium.plan = Plan.PRO
        premium.extra_archive_gb = 1
        select_mailboxes(session, scene.account, [premium])
        session.execute(delete(PriceRow))

    answer = owner.get("/caselle")

    assert answer.status_code == 200
    assert "Totale non disponibile: manca un prezzo nel listino." in answer.text


def test_a_tick_takes_as_many_statements_for_thousands_as_for_three(
    owner: Browser, services: Services, scene: Scene
) -> None:
    def sent() -> int:
        token = owner.token()
        with counted(services.engine) as statements:
            owner.post("/caselle/selezione", form(scene, scene.ids[0]), token=token, headers=HTMX)
        return len(statements)

    few = sent()
    with services.transaction() as session:
        fill_account(session, scene.account, 2_000, spread_days=60)
    owner.post("/caselle/selezione/scadenza", {"mesi": 3})

    assert few == sent() <= 5


# The left-out mailboxes


def test_each_left_out_mailbox_is_listed_with_its_reason(
    owner: Browser, services: Services, scene: Scene
) -> None:
    with services.transaction() as session:
        make_mailbox(session, scene.account, "finita@pec.example", expires_in=-91)
        make_mailbox(session, scene.account, "dominio@pec.example", plan=Plan.DOMAIN)

    page = owner.get("/caselle/escluse?entro=1").text

    assert page.index("finita@pec.example") < page.index("Cancellata: non si può più rinnovare.")
    assert page.index("dominio@pec.example") < page.index("Si rinnova insieme al dominio.")


def test_the_left_out_list_has_pages(owner: Browser, services: Services, scene: Scene) -> None:
    with services.transaction() as session:
        fill_account(session, scene.account, 60, plan=Plan.DOMAIN, spread_days=20)

    first = owner.get("/caselle/escluse?entro=2").text
    link = re.search(r'href="(/caselle/escluse\?[^"]+)" rel="next"', first)
    assert link is not None
    second = owner.get(link[1].replace("&amp;", "&")).text

    assert "entro=2" in link[1]
    assert (first.count("rowheader"), second.count("rowheader")) == (50, 10)


def test_nothing_left_out_says_so(owner: Browser) -> None:
    assert "Nessuna casella esclusa" in owner.get("/caselle/escluse?entro=3").text


@pytest.mark.parametrize("months", ["0", "13", "x"])
def test_left_out_of_no_such_period_is_not_found(owner: Browser, months: str) -> None:
    assert owner.get(f"/caselle/escluse?entro={months}").status_code == 404


@pytest.mark.parametrize("path", ["selezione", "selezione/scadenza", "selezione/svuota"])
def test_a_mailbox_session_has_no_selection(
    visitor: Browser, services: Services, scene: Scene, path: str
) -> None:
    own = visitor.enter(services, Subject(SubjectKind.MAILBOX, mailbox_id=scene.ids[0]))

    answer = own.post(f"/caselle/{path}", {"mesi": 3, **form(scene, scene.ids[0])})

    assert answer.status_code == 404
    assert stored(services) == set()
