"""Every kind of mail, as text and as HTML, in the widths of a phone and of a reading pane."""

from __future__ import annotations

from datetime import date, timedelta
from html import escape
from typing import Any

from playwright.sync_api import Page

from portal.domain.changes import first_day_of_term
from portal.domain.credit import leftover_expires_on
from portal.domain.lifecycle import cancelled_from, last_day_to_renew
from portal.domain.payments import REGISTRATION_TIMES, PaymentMethod
from portal.domain.plans import PLANS, Plan
from portal.languages import codes
from portal.letters import Surroundings, render
from tools.pictures.album import FOLDER, SCHEMES, Album

AROUND = Surroundings(
    brand_name="Posta Sicura",
    support_email="assistenza@postasicura.example",
    public_url="https://area.postasicura.example",
    beneficiary="Posta Sicura S.p.A.",
    iban="IT60X0542811101000000123456",
    bank="Banca Dimostrativa",
    postal_account="000012345678",
)
WIDTHS = (360, 640)
ADDRESS, NUMBER = "studio.rossi@pec.example", "K7Q2M9XRTA"
TODAY, EXPIRY = date(2026, 11, 26), date(2026, 12, 8)
SMALLER_ON = first_day_of_term(EXPIRY).isoformat()


def _days(days_left: int) -> dict[str, Any]:
    """Return the days of a mailbox that expires so many days after today."""
    expires_on, grace_days = TODAY + timedelta(days=days_left), PLANS[Plan.STANDARD].grace_days
    last_day = last_day_to_renew(expires_on, grace_days)
    return {
        "expires_on": expires_on.isoformat(),
        "days_left": days_left,
        "last_day": last_day.isoformat(),
        "days_to_last": (last_day - TODAY).days,
        "gone_from": cancelled_from(expires_on, grace_days).isoformat(),
    }


def _registration_days(method: PaymentMethod) -> list[int]:
    times = REGISTRATION_TIMES[method]
    return [times.min_working_days, times.max_working_days]


_LINE = {
    "address": ADDRESS,
    "plan_before": "premium",
    "plan": "standard",
    "extra_mailbox_gb": 1,
    "extra_archive_gb": 0,
    "term_years": 2,
    "expires_before": "2026-12-08",
    "expires_after": "2028-12-08",
    "net_cents": 1_500,
    "deletes_archive": True,
    "refusal": None,
}
_LINES = {
    "lines": [
        _LINE,
        {
            **_LINE,
            "address": "avvocata.chiara.montefalco.notifiche@ordine-avvocati.pec.example",
            "plan": "premium",
        },
    ],
    "line_count": 12,
    "extras": [
        {
            "names": {
                "it": "Kit di Firma Digitale",
                "en": "Digital signature kit",
                "de": "Kit für die digitale Signatur",
            },
            "pieces": 1,
        }
    ],
}
_ORDER = {
    "name": "Paolo Rossi",
    "number": NUMBER,
    "placed_on": "2026-11-26",
    "method": "bank_transfer",
    "net_cents": 20_200,
    "vat_rate": "22",
    "vat_cents": 4_444,
    "gross_cents": 24_644,
    "split_payment": False,
    "due_cents": 24_644,
    "withdrawable_until": "2026-12-10",
    "payable_until": None,
}
_PAID = {
    "amount_cents": 24_644,
    "paid_on": "2026-11-24",
    "registered_on": "2026-11-26",
    "paid_by": "bank_transfer",
}
_EXPIRY = {
    "name": "Paolo Rossi",
    "address": ADDRESS,
    "milestone": -7,
    "firm": True,
    "order": None,
    "paying_body": None,
    "asked_body": None,
    "convention_code": None,
    **_days(7),
    "slow_methods": True,
}
_SPACE = {
    "name": "Paolo Rossi",
    "number": NUMBER,
    "address": ADDRESS,
    "mailbox_gb": 2,
    "archive_gb": 1,
    "due_cents": 1_098,
}
_PACKAGE = {"plan": "premium", "extra_mailbox_gb": 1, "extra_archive_gb": 0}
_SMALLER: dict[str, object] = {
    "number": NUMBER,
    "address": ADDRESS,
    "name": "Paolo Rossi",
    "day": SMALLER_ON,
    "before": _PACKAGE,
    "after": {**_PACKAGE, "plan": "standard"},
    "deleted_mb": 2_000,
}
_METHOD = {
    "name": "",
    "tried": "card",
    "brand": "Visa",
    "last_four": "4242",
    "mailboxes": 3,
    "replaces": True,
}
_ACCESS = {"name": "", "identifier": "100200@aruba.it"}
_CHARGE = {
    **_PACKAGE,
    "address": ADDRESS,
    "term_years": 1,
    "expires_on": "2026-12-26",
    "amount_cents": 5_246,
    "charge_on": "2026-12-19",
    "allowed": True,
    "credit_first": False,
    "method": "card",
    "brand": "Visa",
    "last_four": "4242",
}
_RENEWS = {"name": "Paolo Rossi", "address": ADDRESS, "expires_on": "2026-12-26"}
SAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "order_confirmation": (
        "order_confirmation",
        {
            **_ORDER,
            **_LINES,
            "registration_days": _registration_days(PaymentMethod.BANK_TRANSFER),
            "payable_until": "2026-12-31",
            "texts": [
                {"title": "Condizioni generali di contratto", "version": "2026-11", "name": "general-2026-11"}
            ],
            "deletions": [{"address": ADDRESS, "deleted_mb": 2_000, "day": SMALLER_ON}],
        },
    ),
    "order_confirmation_card": (
        "order_confirmation",
        {**_ORDER, **_LINES, "method": "card", "registration_days": [0, 0], "texts": [], "deletions": []},
    ),
    "order_confirmation_slip": (
        "order_confirmation",
        {
            **_ORDER,
            **_LINES,
            "method": "postal_slip",
            "split_payment": True,
            "due_cents": 20_200,
            "registration_days": _registration_days(PaymentMethod.POSTAL_SLIP),
            "texts": [],
            "deletions": [],
        },
    ),
    "order_expired": (
        "order_expired",
        {
            **_ORDER,
            "placed_on": "2026-11-16",
            "lines": [{**_LINE, "expires_before": _days(-91)["expires_on"]}],
            "line_count": 1,
            "mailboxes_gone": True,
        },
    ),
    "order_cancelled": ("order_cancelled", {**_ORDER, **_LINES}),
    "order_credited": (
        "order_credited",
        {
            **_ORDER,
            **_PAID,
            "amount_cents": 24_000,
            "reason": "wrong_amount",
            "credit_until": leftover_expires_on(TODAY).isoformat(),
        },
    ),
    "charge_sent_back": ("charge_sent_back", {**_ORDER, **_PAID, "paid_by": "card"}),
    "payment_received": ("payment_received", {**_ORDER, **_LINES, **_PAID}),
    "payment_reminder": ("payment_reminder", {**_ORDER, **_LINES, "registration_days": [1, 3]}),
    "payment_confirmation": (
        "payment_confirmation",
        {
            **_ORDER,
            **_LINES,
            **_PAID,
            "line_count": 11,
            "refused": [{**_LINE, "address": "cantiere@pec.example", "refusal": "mailbox_cancelled"}],
            "refused_count": 1,
            "owed_cents": 610,
            "credit_until": leftover_expires_on(TODAY).isoformat(),
        },
    ),
    "payment_failed": ("payment_failed", {**_ORDER, "failure": "insufficient_funds", "tried": "card"}),
    "extra_sent": ("extra_sent", {**_ORDER, "extra": _LINES["extras"][0]}),  # type: ignore[index]
    "withdrawal_ack": (
        "withdrawal_ack",
        {
            **_ORDER,
            **_LINES,
            "was_paid": True,
            "withdrawn_on": "2026-11-26",
            "withdrawn_at": "16:20",
            "email": "paolo@posta.example",
            "refund_cents": 24_584,
            "kept_cents": 60,
        },
    ),
    "refund_sent": (
        "refund_sent",
        {
            "name": "Paolo Rossi",
            "number": NUMBER,
            "refund_cents": 24_584,
            "refunded_on": "2026-11-28",
            "way": "card",
        },
    ),
    "downgrade_ahead": ("downgrade_notice", {"stage": "ahead", **_SMALLER}),
    "downgrade_done": ("downgrade_notice", {"stage": "done", **_SMALLER, "over_quota": True}),
    "expiry_notice": ("expiry_notice", _EXPIRY),
    "expiry_notice_order": ("expiry_notice", {**_EXPIRY, "order": NUMBER, "firm": False}),
    "expiry_notice_body": ("expiry_notice", {**_EXPIRY, "paying_body": "Ordine degli Architetti di Esempio"}),
    "mailbox_suspended": ("mailbox_suspended", {**_EXPIRY, **_days(-1)}),
    "suspension_reminder": (
        "suspension_reminder",
        {**_EXPIRY, **_days(-83), "slow_methods": False},
    ),
    "mailbox_cancelled": ("mailbox_cancelled", {**_EXPIRY, **_days(-91)}),
    "quota_warning": (
        "quota_warning",
        {**_EXPIRY, "milestone": 95, "used_mb": 1_003, "capacity_mb": 1_024, "percent": 98},
    ),
    "quota_full": (
        "quota_warning",
        {**_EXPIRY, "milestone": 100, "used_mb": 1_024, "capacity_mb": 1_024, "percent": 100},
    ),
    "credit_needed": (
        "credit_needed",
        {**_EXPIRY, "missing_cents": 610, "top_up_cents": 1_000, "paid_until": _EXPIRY["expires_on"]},
    ),
    "notice_digest": (
        "notice_digest",
        {
            "name": "",
            "total": 40,
            "shown": 4,
            "to_renew": True,
            "firm": True,
            "groups": [
                {
                    "kind": "expiry_notice",
                    "milestone": -7,
                    "occasion": _EXPIRY["expires_on"],
                    "count": 30,
                    "mailboxes": [
                        _EXPIRY,
                        {
                            **_EXPIRY,
                            "address": "ufficio.acquisti.e.appalti@contiesoci.pec.example",
                            "order": NUMBER,
                        },
                    ],
                },
                {
                    "kind": "mailbox_suspended",
                    "milestone": 1,
                    "occasion": _days(-1)["expires_on"],
                    "count": 9,
                    "mailboxes": [{**_EXPIRY, **_days(-1), "address": "privacy@contiesoci.pec.example"}],
                },
                {
                    "kind": "quota_warning",
                    "milestone": 95,
                    "occasion": "2026-11-26",
                    "count": 1,
                    "mailboxes": [{**_EXPIRY, "percent": 97, "address": "protocollo@contiesoci.pec.example"}],
                },
            ],
        },
    ),
    "expiry_notice_auto": (
        "expiry_notice_auto",
        {"name": "Paolo Rossi", "count": 1, "total_cents": 5_246, "charges": [_CHARGE], "ordered": 15},
    ),
    "expiry_notice_auto_many": (
        "expiry_notice_auto",
        {
            "name": "",
            "count": 12,
            "total_cents": 11 * 5_246,
            "over_limit": 1,
            "charges": [_CHARGE, {**_CHARGE, "allowed": False, "address": "avv.verdi@pec.example"}],
            "ordered": 15,
        },
    ),
    "auto_renewal_enabled": (
        "auto_renewal_enabled",
        {
            **_RENEWS,
            **_LINES,
            "line_count": 1,
            "order": NUMBER,
            "charge_on": "2028-12-01",
            "method": "card",
            "brand": "Visa",
            "last_four": "4242",
            "maximum_cents": 9_000,
            "announced": 30,
            "credit_first": True,
            "many": [],
        },
    ),
    "auto_renewal_disabled": ("auto_renewal_disabled", {**_RENEWS, "order": NUMBER}),
    "auto_renewal_failed": (
        "auto_renewal_failed",
        {
            **_RENEWS,
            "number": NUMBER,
            "amount_cents": 5_246,
            "method": "card",
            "brand": "Visa",
            "last_four": "4242",
            "why": "insufficient_funds",
            "next_on": "2026-12-21",
        },
    ),
    "top_up_receipt": (
        "top_up_receipt",
        {
            "name": "",
            "number": NUMBER,
            "amount_cents": 5_000,
            "balance_cents": 6_200,
            "paid_on": "2026-11-26",
        },
    ),
    "extra_space_activated": (
        "extra_space_activated",
        {**_SPACE, "expires_on": "2027-11-26", "renewal_net_cents": 900},
    ),
    "extra_space_removed": (
        "extra_space_removed",
        {**_SPACE, "paid_until": "2026-11-26", "over_quota": True},
    ),
    "payment_method_changed": ("payment_method_changed", _METHOD),
    "payment_method_removed": ("payment_method_removed", _METHOD),
    "payment_method_expiring": (
        "payment_method_expiring",
        {**_METHOD, "month": "2026-12-01", "addresses": [ADDRESS], "is_account": True},
    ),
    "address_confirm": ("address_confirm", {**_ACCESS, "email": "nuovo@posta.example", "token": "w" * 43}),
    "address_changed": ("address_changed", {**_ACCESS, "email": "nuovo@posta.example", "replaced": False}),
    "email_change_confirm": (
        "email_change_confirm",
        {"name": "Paolo Rossi", "new_email": "nuovo@posta.example", "token": "w" * 43},
    ),
    "email_changed": ("email_changed", {"name": "Paolo Rossi", "new_email": "nuovo@posta.example"}),
    "password_reset": ("password_reset", {**_ACCESS, "token": "w" * 43}),
    "password_changed": ("password_changed", {**_ACCESS, "changed_on": "2026-11-26"}),
    "second_step_changed": ("second_step_changed", {**_ACCESS, "what": "totp_on"}),
    "username_reminder": ("username_reminder", {"name": "", "names": ["100200@aruba.it", ADDRESS]}),
}
"""A picture's name, the mail's kind, and what it is about."""


def walk(album: Album) -> None:
    """Photograph each mail: its HTML light and dark, its text once; in other languages on a phone."""
    with album.visitor() as context:
        page = context.new_page()
        for name, (kind, about) in SAMPLES.items():
            _shoot(page, name, kind, about)
        page.set_viewport_size({"width": WIDTHS[0], "height": 400})
        page.emulate_media(color_scheme="light")
        for language in codes()[1:]:
            for name, (kind, about) in SAMPLES.items():
                page.set_content(render(kind, language, about, AROUND, code="ABCDEFGHJKLM").html)
                page.screenshot(path=FOLDER / f"mail-{language}-{name}-{WIDTHS[0]}-light.png", full_page=True)


def _shoot(page: Page, name: str, kind: str, about: dict[str, Any]) -> None:
    words = render(kind, "it", about, AROUND, code="ABCDEFGHJKLM")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 400})
        page.set_content(words.html)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.screenshot(path=FOLDER / f"mail-{name}-{width}-{scheme}.png", full_page=True)
    page.set_viewport_size({"width": 640, "height": 400})
    page.set_content(
        f"<h3>{escape(words.subject)}</h3><pre style='white-space:pre-wrap'>{escape(words.text)}</pre>"
    )
    page.screenshot(path=FOLDER / f"mail-{name}-text.png", full_page=True)
