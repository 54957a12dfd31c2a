"""Letters: what mails say where it depends, and how they bear a narrow screen."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from portal.letters import FITS_A_LINE, Wording, breakable, render, unbroken
from tools.pictures.letters import AROUND, SAMPLES

TAG = re.compile(r"<(?!wbr)[^>]*>")


def letter(sample: str, /, **changes: Any) -> Wording:
    kind, about = SAMPLES[sample]
    return render(kind, "it", {**about, **changes}, AROUND, code="ABCDEFGHJKLM")


def charges(*allowed: bool) -> list[dict[str, Any]]:
    (charge,) = SAMPLES["expiry_notice_auto"][1]["charges"]
    return [{**charge, "allowed": each} for each in allowed]


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_long_address_breaks_before_its_at_sign(sample: str) -> None:
    shown = TAG.sub(" ", letter(sample).html.partition("<body")[2].partition("<table")[2])

    addresses = re.findall(r"(?:[\w.-]|<wbr>)+@[\w.-]+", shown)
    long = [each for each in addresses if len(each.replace("<wbr>", "")) > FITS_A_LINE]

    assert long, "the help desk's stands at the foot"
    assert [each for each in long if "<wbr>@" not in each] == []
    assert "e-mail" not in shown.rpartition("Assistenza")[2], "the foot keeps «e-mail» on one line"


def test_what_breaks_an_address_escapes_it() -> None:
    assert breakable("<b>.una-casella-dal-nome-lungo@pec.example") == (
        "&lt;b&gt;<wbr>.una-casella-dal-nome-lungo<wbr>@pec.example"
    )
    assert breakable("<breve>@pec.example") == "&lt;breve&gt;@pec.example", "it goes to the next line whole"
    assert unbroken("e-mail, E-Mail") == "e\u2011mail, E\u2011Mail"


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("2027-11-08", "Ti riconosciamo € 6,10: sono nel tuo credito e puoi usarli fino all'8 novembre 2027"),
        (None, "Ti riconosciamo € 6,10: sono nel tuo credito e puoi usarli per i prossimi ordini."),
    ],
)
def test_what_was_not_renewed_is_in_the_credit(until: str | None, said: str) -> None:
    words = letter("payment_confirmation", credit_until=until)

    for told in (words.text, words.html):
        assert said in unescape(told).replace("\u00a0", " ")
        assert "Se preferisci il rimborso" in told
        assert "Ti dobbiamo" not in told
    assert "Rinnovo completato in parte" in words.html


def test_nothing_owed_is_nothing_said_of_credit() -> None:
    words = letter("payment_confirmation", owed_cents=0)

    assert "credito" not in words.text + words.html
    assert "Rinnovo completato<" in letter("payment_confirmation", refused_count=0, refused=[]).html


@pytest.mark.parametrize(
    ("allowed", "subject", "heading", "lead"),
    [
        ([True], "rinnovo automatico il 19/12/2026", "Tra poco rinnoviamo", "Non devi fare nulla:"),
        ([False], "il rinnovo supera il limite, pagalo tu", "Il rinnovo supera", "non lo addebitiamo."),
        ([True, True], "di 2 caselle PEC", "Tra poco rinnoviamo", "Non devi fare nulla:"),
        ([True, False], "di 2 caselle PEC", "Tra poco rinnoviamo", "Devi fare qualcosa solo per quelle"),
        ([False, False], "di 2 caselle PEC", "I rinnovi superano", "non addebitiamo nulla."),
    ],
)
def test_an_announcement_says_whether_anything_is_to_be_done(
    allowed: list[bool], subject: str, heading: str, lead: str
) -> None:
    words = letter("expiry_notice_auto", charges=charges(*allowed), count=len(allowed))

    assert subject in words.subject
    assert heading in words.html
    for told in (words.text, words.html):
        assert lead in told
        assert ("Paga tu l'ordine che prepareremo, o alza il limite" in told) is not all(allowed)

    assert ("Vedi le caselle" in words.html) is (len(allowed) > 1)


def test_a_withdrawals_receipt_stands_after_all_its_mailboxes() -> None:
    words = letter("withdrawal_ack")

    for told in (words.text, words.html):
        assert told.index("e altre 10") < told.index("Ricevuta inviata a: paolo")
        assert "tratteniamo" in told


def test_a_promotion_says_at_once_until_when_it_is_paid() -> None:
    words = letter("order_confirmation", payable_until="2026-12-08")

    deadline = "Il prezzo in promozione si può pagare fino all'8 dicembre 2026"
    for told, pay in ((words.text, "COME PAGARE"), (words.html, "Come pagare</h2>")):
        assert deadline in told.partition(pay)[2][:400]
    assert "Se intanto le caselle scadono, restano sospese" in words.html
    assert "Se intanto la casella scade, resta sospesa" in letter("order_confirmation", line_count=1).html


def test_a_charge_that_failed_says_what_hurries_and_where_the_methods_are() -> None:
    words = letter("auto_renewal_failed")

    for told in (words.text, words.html):
        assert "La casella scade il 26 dicembre 2026." in told
        assert f"{AROUND.public_url}/metodi-di-pagamento" in told


@pytest.mark.parametrize(
    ("box", "archive", "named"),
    [
        (0, 0, "Premium"),
        (1, 0, "Premium con 1 GB di casella in più"),
        (0, 2, "Premium con 2 GB di archivio in più"),
        (1, 2, "Premium con 1 GB di casella e 2 GB di archivio in più"),
    ],
)
def test_a_package_has_a_name_within_a_sentence(box: int, archive: int, named: str) -> None:
    before = {"plan": "premium", "extra_mailbox_gb": box, "extra_archive_gb": archive}

    words = letter("downgrade_ahead", before=before)

    assert f"passa da «{named}» a «Standard con 1 GB di casella in più»." in words.text
