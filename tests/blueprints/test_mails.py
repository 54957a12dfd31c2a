"""`/comunicazioni` and `/verifica`: whose mails, their text, and what a stranger may ask (L9)."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from portal.domain.mail_codes import grouped
from portal.store.accounts import Account
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail, MailState
from portal.store.notices import NoticeAddress
from portal.wiring import Services
from tests.blueprints.world import BOX, OTHERS, OWNER, World, browser_of, make_world, password_hash
from tests.factories import NOW, make_account, make_mail, make_mailbox
from tests.statements import counted

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


def store(services: Services, **fields: object) -> Mail:
    with services.transaction() as session:
        return make_mail(session, **fields)  # type: ignore[arg-type]


def page(app: Flask, path: str, identifier: str | None = None) -> str:
    return browser_of(app, identifier).get(path).get_data(as_text=True)


def test_a_mailbox_sees_its_own_mails_and_an_account_all_of_its(app: Flask, world: World) -> None:
    owner, box = (page(app, "/comunicazioni", who) for who in (OWNER, BOX))

    assert [grouped(code) in owner for code in world.belongings[OWNER].mail_code] == [True, True]
    assert [grouped(code) in box for code in world.belongings[OWNER].mail_code] == [False, True]
    assert "Ancora nessuna e-mail" in page(app, "/comunicazioni", OTHERS)


def test_a_mail_is_shown_as_it_went_out_and_as_text(app: Flask, services: Services, world: World) -> None:
    code = grouped(world.belongings[BOX].mail_code[0]).lower()

    shown = page(app, f"/comunicazioni/{code}", BOX)

    assert "Gentile Mario Rossi, la casella scade." in shown
    assert "mario.rossi<wbr>@posta.example" in shown


@ONE_DATABASE
def test_a_mails_text_links_to_our_pages_alone(app: Flask, services: Services) -> None:
    text = (
        "- Condizioni\n  http://localhost/contratti/a_b.2020-1.it\n"
        "<b>http://altrove.example/caselle (http://localhost/x), http://localhost/y."
    )
    with services.transaction() as session:
        account = make_account(session, OWNER, password_hash=password_hash())
        code = make_mail(session, account=account, text=text).code

    shown = page(app, f"/comunicazioni/{code}", OWNER)

    assert (
        '\n\u00a0\u00a0<a href="/contratti/a_b.2020-1.it">http://localhost/contratti/a_b.2020-1.it</a>\n'
        in shown
    )
    assert (
        '&lt;b&gt;http://altrove.example/caselle (<a href="/x">http://localhost/x</a>), <a href="/y">http://localhost/y</a>.'
        in shown
    )


@ONE_DATABASE
@pytest.mark.parametrize(
    ("state", "words"),
    [
        (MailState.WAITING, "In partenza"),
        (MailState.SENT, "Inviata"),
        (MailState.BOUNCED, "Respinta"),
        (MailState.FAILED, "Non inviata"),
        (MailState.SKIPPED, "Non più necessaria"),
    ],
)
def test_each_state_has_its_words(app: Flask, services: Services, state: MailState, words: str) -> None:
    world = make_world(services)
    with services.transaction() as session:
        mail = session.query(Mail).filter_by(code=world.belongings[BOX].mail_code[0]).one()
        mail.state, mail.text = state, "" if state is not MailState.SENT else mail.text

    assert words in page(app, "/comunicazioni", BOX)
    assert words in page(app, f"/comunicazioni/{mail.code}", BOX)


def test_pages_of_mails_take_as_many_statements_as_one(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session, OWNER, password_hash=password_hash())
        box = make_mailbox(session, account)
        for _ in range(70):
            make_mail(session, account=account, mailbox=box)
    client = browser_of(app, OWNER)

    first = client.get("/comunicazioni").get_data(as_text=True)
    assert first.count("/comunicazioni/") == 30
    seen, path, pages = set(), "/comunicazioni", 0
    while path:
        with counted(services.engine) as statements:
            body = client.get(path).get_data(as_text=True)
        assert len(statements) <= 3
        seen |= set(_links(body))
        path, pages = _older(body), pages + 1

    assert (len(seen), pages) == (70, 3)


def _links(body: str) -> list[str]:
    return re.findall(r'href="/comunicazioni/([^"]+)"', body)


def _older(body: str) -> str:
    found = re.search(r'href="(/comunicazioni\?prima=\d+)"', body)
    return found[1] if found else ""


@ONE_DATABASE
def test_anybody_can_ask_whether_a_mail_is_ours(app: Flask, services: Services) -> None:
    mail = store(services, sent_at=NOW)

    answer = page(app, f"/verifica?codice={grouped(mail.code or '').lower()}")

    assert "Codice riconosciuto" in answer
    assert "Avviso di scadenza" in answer
    assert "m…i@p…a.example" in answer
    for hidden in ("mario.rossi", "scade tra 30 giorni", "Gentile"):
        assert hidden not in answer


@ONE_DATABASE
@pytest.mark.parametrize("code", ["ABCD-EFGH-JKLM", "x", "<script>alert(1)</script>", "A" * 4000])
def test_a_code_that_is_not_ours_is_said_to_be_so(app: Flask, code: str) -> None:
    answer = browser_of(app, None).get("/verifica", query_string={"codice": code})

    assert answer.status_code == 200
    assert "Codice non riconosciuto" in answer.get_data(as_text=True)
    assert "<script>alert" not in answer.get_data(as_text=True)


@ONE_DATABASE
def test_a_mail_that_never_left_is_not_confirmed(app: Flask, services: Services) -> None:
    mail = store(services, state=MailState.WAITING, sent_at=None)

    assert "Codice non riconosciuto" in page(app, f"/verifica?codice={mail.code}")


@ONE_DATABASE
def test_questions_are_limited_and_the_empty_form_is_not(app: Flask) -> None:
    client = browser_of(app, None)

    asked = [client.get("/verifica?codice=ABCD").status_code for _ in range(31)]

    assert asked == [200] * 30 + [429]
    assert client.get("/verifica").status_code == 200


@ONE_DATABASE
def test_a_mailboxs_page_says_where_notices_go_and_which_came_back(app: Flask, services: Services) -> None:
    make_world(services)
    with services.transaction() as session:
        box = session.query(Mailbox).filter_by(address=BOX).one()
        session.add(NoticeAddress(mailbox_id=box.id, email="studio@fiscale.example", created_at=NOW))
        account = session.get_one(Account, box.account_id)
        mail = make_mail(session, account=account, mailbox=box, recipient="studio@fiscale.example")
        mail.state = MailState.BOUNCED

    by_account, by_mailbox = (page(app, f"/caselle/{BOX}", who) for who in (OWNER, BOX))

    assert "studio<wbr>@fiscale.example" in by_account
    assert by_account.count("è tornata indietro") == by_mailbox.count("è tornata indietro") == 1
    assert "studio<wbr>@fiscale.example" not in by_mailbox
    assert "s…o<wbr>@f…e.example" in by_mailbox
    assert account.email not in by_mailbox
