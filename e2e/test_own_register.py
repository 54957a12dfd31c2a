"""An operator imports a register of their own; its mailbox signs in and is renewed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.steps import mail_about, press, sign_in, to_the_order
from tests.servers.portal import DemoPortal

NOT_IN_THE_REGISTER = {
    "Telefono": "0575 123456",
    "Indirizzo": "Via Roma",
    "Numero civico": "3/B",
    "CAP": "52100",
    "Comune": "Arezzo",
    "Provincia (sigla)": "ar",
}
HEADER = "address,plan,expires_on,holder_kind,first_name,last_name,tax_code,contact_email,password"
ADDRESS = "mario.rossi@pec.example"


def test_own_register_renews(plain: Page, demo: DemoPortal, tmp_path: Path) -> None:
    expires_on = demo.today() + timedelta(days=20)
    person = "individual,Mario,Rossi,RSSMRA85T10A562S,mario@posta.example"
    row = f"{ADDRESS},standard,{expires_on},{person},mia password"
    file = tmp_path / "registro.csv"
    file.write_text(f"{HEADER}\n{row}\n", encoding="utf-8")

    demo.operator("import", "mailboxes", str(file))
    sign_in(plain, ADDRESS, password="mia password")

    expect(plain).to_have_url(demo.url + f"/caselle/{ADDRESS}")
    press(plain, "Rinnova", exact=False)
    press(plain, "Continua")
    number = to_the_order(plain, data=NOT_IN_THE_REGISTER)
    expect(mail_about(plain, number).locator("main")).to_contain_text("mario@posta.example")


def test_a_bad_register_changes_nothing_and_says_where(demo: DemoPortal, tmp_path: Path) -> None:
    file = tmp_path / "registro.csv"
    file.write_text(
        f"{HEADER}\nbuona@pec.example,standard,2027-01-01,individual,Mario,Rossi,RSSMRA85T10A562S,m@posta.example,\n"
        "cattiva@pec.example,standard,01/02/2027,individual,Mario,Rossi,RSSMRA85T10A562S,m@posta.example,\n",
        encoding="utf-8",
    )

    with pytest.raises(RuntimeError, match=r"(?s)3.*expires_on"):
        demo.operator("import", "mailboxes", str(file))
