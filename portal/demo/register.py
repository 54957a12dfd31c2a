"""The demo's mailbox register: made-up mailboxes in every state, relative to the day it is written."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TextIO

from portal.demo.holders import Holder, body, person

ACCOUNT = "100200@aruba.it"
BIG_ACCOUNT = "100300@aruba.it"
BIG_COUNT = 2_000
SINGLE_MAILBOX = "studio.rossi@pec.example"
CONVENTION_MAILBOX = "dott.bianchi@ordine.example"
SAFE_ACCOUNT = "100400@aruba.it"
SAFE_SECRET = "PROVA2PROVA3PROVA4PROVA5PROVA6PR"
"""What the authenticator of that account knows: in the demo anybody may, for its page shows the code."""
PASSWORD = "prova-portale-2026"
"""The same for every account and mailbox of the demo. Source: product.md 5."""

CONTI = body("company", "Conti e Soci S.r.l. (dati di prova)", "amministrazione@contiesoci.example", 1)
FERRI = body("company", "Ferri Trasporti S.p.A. (dati di prova)", "ufficio@ferritrasporti.example", 2)
MULINO = body("company", "Mulino del Borgo S.n.c. (dati di prova)", "info@mulinodelborgo.example", 3)
COMUNE = body("public_body", "Comune di Esempio (dati di prova)", "protocollo@comune.example", 4, vat=False)
CORO = body("nonprofit", "Coro d'Esempio (dati di prova)", "segreteria@coro.example", 5, vat=False)
GALLO = person("sole_trader", "Anna", "Gallo", 6, vat=True)
VERDI = person("freelancer", "Giulia", "Verdi", 7, vat=True)
NERI = person("individual", "Davide", "Neri", 8)
ROSSI = person("freelancer", "Paolo", "Rossi", 9, vat=True)
BIANCHI = person("freelancer", "Elena", "Bianchi", 10, vat=True)
RIVA = person("freelancer", "Marta", "Riva", 12, vat=True)
SERRA = person("freelancer", "Luca", "Serra", 13, vat=True)
LUPI = person("freelancer", "Sara", "Lupi", 14, vat=True)
SOLE = person("freelancer", "Marta", "Sole", 15, vat=True)


@dataclass(frozen=True, slots=True)
class Sample:
    """One mailbox of the demo; `days` counts from today to its last paid day."""

    local: str
    days: int
    plan: str = "standard"
    holder: Holder = CONTI
    extra: tuple[int, int] = (0, 0)
    """Extra GB of mailbox and of archive."""
    used: tuple[int, int] = (210, 0)
    """MB in mailbox and in archive."""
    auto_renewal: bool = False
    convention: str = ""

    def columns(self, today: date, address: str) -> dict[str, object]:
        """Return the mailbox's own columns of the register."""
        return {
            "address": address,
            "plan": self.plan,
            "expires_on": (today + timedelta(days=self.days)).isoformat(),
            **self.holder.columns(),
            "extra_mailbox_gb": self.extra[0],
            "extra_archive_gb": self.extra[1],
            "mailbox_used_mb": self.used[0],
            "archive_used_mb": self.used[1],
            "auto_renewal": "yes" if self.auto_renewal else "no",
            "convention": self.convention,
            "password": PASSWORD,
        }


SAMPLES = (
    # in force for long
    Sample("direzione", 512, "premium", used=(1_120, 4_300), auto_renewal=True),
    Sample("amministrazione", 404, "pro", used=(880, 1_250)),
    Sample("contabilita", 331, used=(640, 0), auto_renewal=True),
    Sample("personale", 298, used=(120, 0)),
    Sample("acquisti", 240, used=(455, 0)),
    Sample("vendite", 196, "pro", used=(1_500, 700)),
    Sample("gare", 151, used=(330, 0)),
    Sample("logistica", 120, used=(90, 0)),
    # expiring
    Sample("legale", 88, "premium", used=(1_700, 5_000)),
    Sample("qualita", 60, used=(410, 0)),
    Sample("magazzino", 45, used=(75, 0)),
    Sample("export", 30, "pro", used=(1_950, 2_100)),
    Sample("assistenza", 30, used=(700, 0), auto_renewal=True),
    Sample("cantieri", 12, used=(260, 0)),
    Sample("sicurezza", 7, used=(35, 0)),
    Sample("fornitori", 3, used=(180, 0)),
    Sample("segreteria", 0, used=(505, 0)),
    # suspended, and gone
    Sample("privacy", -1, used=(60, 0)),
    Sample("ambiente", -45, used=(220, 0)),
    Sample("fatture2024", -89, used=(940, 0)),
    Sample("vecchiasede", -90, used=(15, 0)),
    Sample("progetto2023", -91, used=(10, 0)),
    Sample("filialesud", -180, "pro", used=(640, 320)),
    # hardly any room left, or too much in use for a smaller plan
    Sample("protocollo", 55, used=(1_003, 0)),
    Sample("ufficiotecnico", 70, extra=(1, 0), used=(1_610, 0)),
    Sample("contratti", 25, "pro", used=(1_600, 0)),
    Sample("archivio", 40, "pro", extra=(3, 2), used=(4_500, 4_400)),
    Sample("bilanci", 65, "premium", extra=(1, 0), used=(2_900, 7_990)),
    Sample("ricorsi", 15, "pro", used=(2_048, 3_072)),
    # with the domain
    Sample("info", 20, "domain", used=(300, 0)),
    Sample("noreply", -10, "domain", used=(5, 0)),
    # other holders
    Sample("ferri.trasporti", 21, "pro", FERRI, used=(1_210, 900)),
    Sample("ferri.autisti", 21, "standard", FERRI, used=(640, 0)),
    Sample("ferri.officina", -30, "standard", FERRI, used=(110, 0)),
    Sample("mulino.borgo", 75, "standard", MULINO, used=(350, 0), auto_renewal=True),
    Sample("mulino.negozio", 260, "standard", MULINO, used=(80, 0)),
    Sample("comune.protocollo", 50, "premium", COMUNE, used=(1_450, 6_200)),
    Sample("comune.anagrafe", 50, "pro", COMUNE, used=(900, 1_100)),
    Sample("comune.tributi", 5, "standard", COMUNE, used=(760, 0)),
    Sample("coro.esempio", 18, "standard", CORO, used=(95, 0)),
    Sample("anna.gallo", 9, "standard", GALLO, used=(130, 0)),
    Sample("avv.verdi", 33, "pro", VERDI, used=(1_020, 1_500), auto_renewal=True),
    Sample("avv.verdi.notifiche", -5, "standard", VERDI, used=(870, 0)),
    Sample("davide.neri", 350, "standard", NERI, used=(40, 0)),
    Sample("davide.neri.casa", -100, "standard", NERI, used=(12, 0)),
    # in a convention that the member pays, that the body pays, that is over
    Sample("dott.riva", 48, "standard", RIVA, used=(310, 0), convention="OMCEO-GE-0015"),
    Sample("arch.serra", 44, "standard", SERRA, used=(150, 0), convention="ARCH-ES-0001"),
    Sample("avv.lupi", 52, "standard", LUPI, used=(260, 0), convention="AVV-ES-0007"),
)
LETTERS = "ABCDEFGHILMNOPQRSTUV"
COLUMNS = (
    *Sample("", 0).columns(date(2026, 1, 1), ""),
    "account",
    "account_email",
)


def write_register(file: TextIO, today: date, *, big: bool = False) -> None:
    """Write the register as CSV; the same day gives the same bytes."""
    writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(register_rows(today, big=big))


def register_rows(today: date, *, big: bool = False) -> Iterator[dict[str, object]]:
    """Yield the mailboxes of two accounts, two that belong to none, and 2,000 more if `big`."""
    for sample in SAMPLES:
        yield _of_account(sample, today, ACCOUNT, CONTI)
    yield Sample("", 12, holder=ROSSI, used=(430, 0)).columns(today, SINGLE_MAILBOX)
    member = Sample("", 40, holder=BIANCHI, used=(215, 0), convention="OMCEO-GE-0015")
    yield member.columns(today, CONVENTION_MAILBOX)
    yield _of_account(Sample("marta.sole", 75, holder=SOLE, used=(180, 0)), today, SAFE_ACCOUNT, SOLE)
    if big:
        yield from large_register(today, BIG_COUNT)


def large_register(today: date, count: int, account: str = BIG_ACCOUNT) -> Iterator[dict[str, object]]:
    """Yield `count` mailboxes of one account, spread over years and holders; without passwords."""
    owner = body("company", "Gestione Caselle S.p.A. (dati di prova)", "ufficio@gestionecaselle.example", 11)
    for number in range(count):
        row = _of_account(_spread(number, owner), today, account, owner)
        yield {**row, "password": ""}


def _spread(number: int, owner: Holder) -> Sample:
    """Return the mailbox of this number: three plans, every state, one in ten of another holder."""
    plan = ("standard", "standard", "pro", "premium")[number % 4]
    tenth = number // 10 % 200
    stranger = person(
        "freelancer", "Cliente", f"Prova {LETTERS[tenth // 20]}{LETTERS[tenth % 20]}", 20 + tenth
    )
    return Sample(
        f"casella{number:06}",
        (number * 7_919) % 900 - 100,
        plan,
        stranger if number % 10 == 9 else owner,
        used=(number * 37 % 1_000, 0 if plan == "standard" else number * 53 % 3_000),
        auto_renewal=number % 5 == 0,
    )


def _of_account(sample: Sample, today: date, account: str, owner: Holder) -> dict[str, object]:
    return {
        **sample.columns(today, _address(sample)),
        "account": account,
        "account_email": owner.contact_email,
    }


def _address(sample: Sample) -> str:
    if sample.plan == "domain":
        return f"{sample.local}@contiesoci.example"
    if sample.holder is CONTI:
        return f"{sample.local}@contiesoci.pec.example"
    return f"{sample.local}@pec.example"
