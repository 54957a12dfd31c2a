"""Who may call which endpoint at all; the application does not start with one missing or stale (S01)."""

from __future__ import annotations

from enum import StrEnum

from flask import Flask


class Policy(StrEnum):
    """What a caller must be before a view runs; what is whose is the query's business (store/scope.py)."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    ACCOUNT = "account"
    WEBHOOK = "webhook"
    """Signed by who sends it: no session, no token of a form."""


POLICIES: dict[str, Policy] = {
    "static": Policy.PUBLIC,
    "brand.file": Policy.PUBLIC,
    "access.sign_in": Policy.PUBLIC,
    "access.sign_out": Policy.PUBLIC,
    "health.live": Policy.PUBLIC,
    "health.metrics": Policy.PUBLIC,
    "health.report": Policy.PUBLIC,
    "health.ready": Policy.PUBLIC,
    "home.index": Policy.SIGNED_IN,
    "home.accessibility": Policy.PUBLIC,
    "second_step.verify": Policy.PUBLIC,
    "second_step.challenge": Policy.PUBLIC,
    "recovery.ask": Policy.PUBLIC,
    "recovery.asked": Policy.PUBLIC,
    "recovery.open_link": Policy.PUBLIC,
    "recovery.choose": Policy.PUBLIC,
    "home.help_page": Policy.PUBLIC,
    "recent.confirm": Policy.SIGNED_IN,
    "recent.challenge": Policy.SIGNED_IN,
    "profile_second_step.index": Policy.SIGNED_IN,
    "profile_second_step.begin_totp": Policy.SIGNED_IN,
    "profile_second_step.totp": Policy.SIGNED_IN,
    "profile_second_step.remove_totp": Policy.SIGNED_IN,
    "profile_second_step.codes": Policy.SIGNED_IN,
    "profile_second_step.passkey_challenge": Policy.ACCOUNT,
    "profile_second_step.add_passkey": Policy.ACCOUNT,
    "profile_second_step.remove_passkey": Policy.ACCOUNT,
    "profile.index": Policy.SIGNED_IN,
    "profile_data.show": Policy.SIGNED_IN,
    "profile_data.save_holder": Policy.SIGNED_IN,
    "profile_data.save_billing": Policy.SIGNED_IN,
    "notice_addresses.show": Policy.SIGNED_IN,
    "notice_addresses.ask": Policy.SIGNED_IN,
    "notice_addresses.remove": Policy.SIGNED_IN,
    "notice_addresses.show_mailbox": Policy.SIGNED_IN,
    "notice_addresses.ask_mailbox": Policy.SIGNED_IN,
    "notice_addresses.remove_mailbox": Policy.SIGNED_IN,
    "notice_addresses.open_link": Policy.PUBLIC,
    "notice_addresses.confirm": Policy.PUBLIC,
    "profile.password": Policy.SIGNED_IN,
    "profile.sessions_page": Policy.SIGNED_IN,
    "profile.end_session": Policy.SIGNED_IN,
    "profile.end_other_sessions": Policy.SIGNED_IN,
    "languages.choose": Policy.PUBLIC,
    "mailboxes.index": Policy.SIGNED_IN,
    "mailboxes.show": Policy.SIGNED_IN,
    "mailbox_export.download": Policy.ACCOUNT,
    "budget.year": Policy.ACCOUNT,
    "budget.download": Policy.ACCOUNT,
    "budget.align": Policy.ACCOUNT,
    "calendar_feed.show": Policy.SIGNED_IN,
    "calendar_feed.make": Policy.SIGNED_IN,
    "calendar_feed.end": Policy.SIGNED_IN,
    "calendar_feed.read": Policy.PUBLIC,
    "documents.show": Policy.SIGNED_IN,
    "documents.send": Policy.SIGNED_IN,
    "documents.download": Policy.SIGNED_IN,
    "documents.take_back": Policy.SIGNED_IN,
    "selection.change": Policy.ACCOUNT,
    "selection.expiring": Policy.ACCOUNT,
    "selection.clear": Policy.ACCOUNT,
    "selection.left_out": Policy.ACCOUNT,
    "renewals.prepare": Policy.SIGNED_IN,
    "renewals.start": Policy.ACCOUNT,
    "renewals.plan": Policy.SIGNED_IN,
    "renewals.change": Policy.SIGNED_IN,
    "renewals.apply_to_all": Policy.SIGNED_IN,
    "people.data": Policy.SIGNED_IN,
    "people.save_holder": Policy.SIGNED_IN,
    "renewal_extras.choose": Policy.SIGNED_IN,
    "payment_step.payment": Policy.SIGNED_IN,
    "confirm_step.confirm": Policy.SIGNED_IN,
    "contracts.index": Policy.PUBLIC,
    "contracts.show": Policy.PUBLIC,
    "contracts.download": Policy.PUBLIC,
    "renewals.discard": Policy.SIGNED_IN,
    "contact_email.open_link": Policy.PUBLIC,
    "contact_email.confirm": Policy.PUBLIC,
    "contact_email.confirmed": Policy.PUBLIC,
    "quotes.give": Policy.SIGNED_IN,
    "quotes.of_draft": Policy.SIGNED_IN,
    "quotes.of_order": Policy.SIGNED_IN,
    "history.index": Policy.SIGNED_IN,
    "mails.index": Policy.SIGNED_IN,
    "mails.show": Policy.SIGNED_IN,
    "mails.verify": Policy.PUBLIC,
    "orders.index": Policy.SIGNED_IN,
    "orders.show": Policy.SIGNED_IN,
    "orders.cancel": Policy.SIGNED_IN,
    "orders.status": Policy.SIGNED_IN,
    "paying.start": Policy.SIGNED_IN,
    "paying.back": Policy.SIGNED_IN,
    "paying.status": Policy.SIGNED_IN,
    "stored_methods.index": Policy.SIGNED_IN,
    "stored_methods.add": Policy.ACCOUNT,
    "stored_methods.back": Policy.ACCOUNT,
    "stored_methods.remove": Policy.SIGNED_IN,
    "auto_renewal.show": Policy.SIGNED_IN,
    "auto_renewal.switch_on": Policy.SIGNED_IN,
    "auto_renewal.switch_off": Policy.SIGNED_IN,
    "auto_renewal_many.show": Policy.ACCOUNT,
    "auto_renewal_many.switch_on": Policy.ACCOUNT,
    "auto_renewal_many.switch_off": Policy.ACCOUNT,
    "webhooks.hear": Policy.WEBHOOK,
    "credit.index": Policy.SIGNED_IN,
    "credit.top_up": Policy.SIGNED_IN,
    "credit.pay": Policy.SIGNED_IN,
    "space.show": Policy.SIGNED_IN,
    "space.buy": Policy.SIGNED_IN,
    "withdrawals.declare": Policy.SIGNED_IN,
    "withdrawals.confirm": Policy.SIGNED_IN,
    "order_payments.change_method": Policy.SIGNED_IN,
    "order_payments.declare": Policy.SIGNED_IN,
    "order_payments.withdraw": Policy.SIGNED_IN,
    "order_payments.code": Policy.SIGNED_IN,
    "order_payments.instructions": Policy.SIGNED_IN,
    "order_payments.paper": Policy.SIGNED_IN,
}
DEMO_ONLY: dict[str, Policy] = {
    "demo.mails": Policy.PUBLIC,
    "demo.mail": Policy.PUBLIC,
    "demo.mail_html": Policy.PUBLIC,
    "demo.components": Policy.PUBLIC,
    "demo.code": Policy.PUBLIC,
    "demo_till.page": Policy.PUBLIC,
}
FRESH = frozenset(
    {
        "documents.show",
        "documents.send",
        "documents.download",
        "profile.password",
        "profile_second_step.begin_totp",
        "profile_second_step.totp",
        "profile_second_step.remove_totp",
        "profile_second_step.codes",
        "profile_second_step.passkey_challenge",
        "profile_second_step.add_passkey",
        "profile_second_step.remove_passkey",
        "notice_addresses.ask",
        "notice_addresses.remove",
        "notice_addresses.ask_mailbox",
        "notice_addresses.remove_mailbox",
        "profile.sessions_page",
        "profile.end_session",
        "profile.end_other_sessions",
        "stored_methods.add",
        "auto_renewal.switch_on",
        "auto_renewal_many.switch_on",
        "calendar_feed.make",
    }
)
"""Endpoints that open only to who has given the password lately (S20).

Where only some of what a form can hold needs it, its use case raises ProofNeeded: a new address or phone
number at «Dati», a mandate given with an order.
"""
OWN_PROOF = frozenset({"profile.password"})
"""Of those, what asks for the password in a form of its own, whatever was given before."""
UPLOADS: dict[str, int] = {"documents.send": 5 * 1024 * 1024 + 64 * 1024}
"""Endpoints that take a file, and how many bytes: only from who is signed in."""
POLLED = frozenset({"orders.status", "paying.status"})
"""Endpoints that pages ask by themselves: they do not keep a session alive (S19)."""
REPEATED_FIELDS = frozenset({"casella", "mostrata"})
"""Fields that a form may carry several times; any other is refused when doubled (S08)."""


def policy_of(endpoint: str) -> Policy:
    """Return the endpoint's policy; raises KeyError for one that nobody declared."""
    return POLICIES.get(endpoint) or DEMO_ONLY[endpoint]


def check(app: Flask) -> None:
    """Refuse to start with an undeclared endpoint, or with a line about one that is gone."""
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    declared = set(POLICIES) | (set(DEMO_ONLY) if "demo" in app.blueprints else set())
    undeclared, stale = endpoints - declared, (declared | FRESH | OWN_PROOF) - endpoints
    if undeclared or stale:
        raise RuntimeError(f"policies.py: undeclared {sorted(undeclared)}, stale {sorted(stale)}")
