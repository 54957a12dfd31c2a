"""Signing in with two steps: by an app's code, by a passkey, and back in after forgetting the password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Request, expect

from e2e.steps import ACCOUNT, PASSWORD, mail_about, no_barriers, press, sign_in
from e2e.test_keyboard_only import tab_to
from portal.demo.register import CONVENTION_MAILBOX, ROSSI, SAFE_ACCOUNT, SINGLE_MAILBOX
from tests.servers.portal import DemoPortal

TAX_CODE = str(ROSSI.columns()["tax_code"])
NEW = "sette gatti sotto la luna"
USED: set[str] = set()
"""Codes of the app that somebody has entered with."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoPortal]:
    """The portal under a name: passkeys are good for names, not for numbers."""
    portal = DemoPortal(tmp_path_factory.mktemp("demo"), host="localhost").start()
    portal.wait(seconds=180)
    yield portal
    portal.stop()


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def know_password(page: Page, who: str) -> None:
    page.goto("/accedi")
    page.get_by_label("Account o casella PEC").fill(who)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Accedi")
    heading(page, "Verifica in due passaggi")


def code_now(page: Page) -> str:
    """Read the demo's authenticator in another window."""
    other = page.context.new_page()
    other.goto("/demo/codice")
    code = other.locator("#codice").inner_text()
    other.close()
    return code


def unused_code(page: Page) -> str:
    """Read a code that no visitor before this one has used up: a wrong try more, and the limit is near."""
    while (code := code_now(page)) in USED:
        page.wait_for_timeout(3_000)
    USED.add(code)
    return code


def test_enter_with_the_code_of_an_app(any_page: Page) -> None:
    page = any_page
    know_password(page, SAFE_ACCOUNT)
    no_barriers(page)

    page.get_by_label("Codice di verifica").fill("000000")
    press(page, "Conferma")
    expect(page.get_by_role("alert")).to_contain_text("Codice non valido")
    no_barriers(page)
    page.get_by_label("Codice di verifica").fill(unused_code(page))
    press(page, "Conferma")

    expect(page.get_by_role("heading", level=1)).not_to_have_text("Verifica in due passaggi")
    assert "/accedi" not in page.url


@contextmanager
def authenticator(page: Page) -> Iterator[None]:
    """Give the browser a key that always says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield


def test_enter_with_a_passkey(desktop: Page, demo: DemoPortal) -> None:
    page = desktop
    sent: list[str] = []
    page.on("request", lambda request: sent.extend(_answers(request)))
    sign_in(page, ACCOUNT)
    with authenticator(page):
        page.goto("/profilo/verifica")
        no_barriers(page)
        page.get_by_label("Nome della passkey").fill("Chiave di prova")
        press(page, "Aggiungi una passkey")
        heading(page, "Codici di recupero")
        no_barriers(page)
        with page.expect_download() as saved:
            page.get_by_role("link", name="Scarica").click()
        codes = saved.value.path().read_text(encoding="utf-8").split()
        assert len(codes) == 10
        press(page, "Li ho conservati")
        expect(page.get_by_text("Chiave di prova")).to_be_visible()
        page.context.clear_cookies()

        know_password(page, ACCOUNT)
        no_barriers(page)
        press(page, "Usa una passkey")
        page.wait_for_url(re.compile(r"/$"))

        page.context.clear_cookies()
        know_password(page, ACCOUNT)
        replayed = page.request.post(
            "/accedi/verifica",
            form={
                "csrf_token": page.locator("[name=csrf_token]").first.input_value(),
                "conferma-passkey": sent[-1],
            },
        )
        assert replayed.status == 422, "the same answer a second time"
        page.get_by_label("Codice di recupero").fill(codes[0])
        press(page, "Conferma")
        page.wait_for_url(re.compile(r"/$"))

        page.goto("/profilo/verifica")
        press(page, "Rimuovi la passkey Chiave di prova")
        expect(page.get_by_text("Passkey rimossa")).to_be_visible()


def _answers(request: Request) -> list[str]:
    """Return the passkey's answer in a form that was sent."""
    if request.method != "POST" or not request.url.endswith("/accedi/verifica"):
        return []
    fields = request.post_data_json or {}
    return [fields["conferma-passkey"]] if fields.get("conferma-passkey") else []


def test_switch_an_app_on_for_a_mailbox_without_scripts(plain: Page) -> None:
    page = plain
    sign_in(page, CONVENTION_MAILBOX)
    page.goto("/profilo")
    no_barriers(page)
    press(page, "Gestisci la verifica in due passaggi")
    heading(page, "Verifica in due passaggi")
    no_barriers(page)
    press(page, "Attiva con un'app")
    heading(page, "Attiva l'app di autenticazione")
    no_barriers(page)
    expect(page.get_by_role("img", name=re.compile("Codice QR"))).to_be_visible()
    page.get_by_label("Codice di 6 cifre").fill("000000")
    press(page, "Attiva")
    expect(page.get_by_role("alert")).to_contain_text("Codice non valido")


def test_forget_the_password_and_choose_another(plain: Page) -> None:
    page = plain
    page.goto("/accedi")
    press(page, "Password dimenticata?")
    heading(page, "Password dimenticata")
    no_barriers(page)
    page.get_by_label("Account o casella PEC").fill(SINGLE_MAILBOX)
    page.get_by_label("Codice fiscale o partita IVA del titolare", exact=False).fill(TAX_CODE)
    press(page, "Invia")
    heading(page, "Controlla la posta")
    no_barriers(page)

    mail_about(page, "Scegli una nuova password")
    link = re.search(r"http\S+/recupero/link/[\w-]+", page.locator("main").inner_text())
    assert link
    page.goto(link[0])
    assert page.url.endswith("/recupero/nuova-password")
    heading(page, "Scegli una nuova password")
    no_barriers(page)
    page.get_by_label("Nuova password", exact=True).fill(NEW)
    page.get_by_label("Ripeti la nuova password").fill(NEW)
    press(page, "Salva la nuova password")
    heading(page, "Accedi")
    sign_in(page, SINGLE_MAILBOX, password=NEW)

    page.goto("/profilo/password")
    no_barriers(page)
    page.get_by_label("La tua password").fill(NEW)
    page.get_by_label("Nuova password", exact=True).fill(PASSWORD + PASSWORD)
    page.get_by_label("Ripeti la nuova password").fill(PASSWORD + PASSWORD)
    press(page, "Cambia password")
    heading(page, "Profilo")
    page.goto("/profilo/sessioni")
    expect(page.get_by_text("Questo dispositivo")).to_be_visible()
    no_barriers(page)


def test_two_steps_with_the_keyboard(desktop: Page) -> None:
    page = desktop
    page.goto("/accedi")
    tab_to(page, page.get_by_label("Account o casella PEC"))
    page.keyboard.type(SAFE_ACCOUNT)
    tab_to(page, page.get_by_label("Password", exact=True))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    heading(page, "Verifica in due passaggi")
    tab_to(page, page.get_by_label("Codice di verifica"))
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Conferma", exact=True))
