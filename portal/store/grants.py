"""What each role of a PostgreSQL database may do: the least that it needs.

Two roles besides the owner, who alone changes the structure: web and workers serve customers; the clock and
the operator's commands keep house. Source: hardening.md S53, ASVS 5.0 v5.0.0-13.2.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType

ADD, CHANGE, TAKE = "INSERT", "UPDATE", "DELETE"
STRUCTURE = "alembic_version"
"""Read by everybody, to tell whether the database is as new as the code; written by its owner."""


class Role(StrEnum):
    """Who signs in to the database."""

    SERVING = "serving"
    """The web and the workers."""
    KEEPING = "keeping"
    """The clock and the commands: what serving may, besides importing, planning and forgetting."""


def _each(tables: str, *rights: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(tables.split(), rights)


SERVING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    _each("clock_slot contract_text convention extra history_retention lifecycle_step price promotion")
    | _each("auto_renewal_consent contract_acceptance history_event ledger_entry ledger_posting", ADD)
    | _each("order_billing order_extra order_holder payment quote webhook_event", ADD)
    | {"mandate": (ADD, f"{CHANGE} (revoked_at)")}
    | _each("notice_address recovery_request renewal", ADD, TAKE)
    | _each("account holder mailbox notice space_end statement_line", CHANGE)
    | _each("address_confirmation auto_renewal_cycle billing_profile credit_lot customer_order", ADD, CHANGE)
    | _each("document email_change gateway_refund login_session mail order_line outbox", ADD, CHANGE)
    | _each("passkey_challenge payment_attempt pending_sign_in recovery_link renewal_draft", ADD, CHANGE)
    | _each("scheduled_change space_purchase stored_method wallet withdrawal", ADD, CHANGE)
    | _each("calendar_feed draft_extra draft_line passkey payment_declaration", ADD, CHANGE, TAKE)
    | _each("recovery_code renews_with selected_mailbox sign_in_failures totp", ADD, CHANGE, TAKE)
)
"""By table: what serving may besides reading it."""

KEEPING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    _each("contract_text history_retention lifecycle_step space_end statement_line", ADD)
    | _each("convention extra price promotion", ADD, CHANGE)
    | _each("account mailbox notice", ADD)
    | _each("holder", ADD, TAKE)
    | _each("order_extra", CHANGE)
    | _each("clock_slot", ADD, CHANGE, TAKE)
    | _each("history_event login_session outbox passkey_challenge pending_sign_in recovery_link", TAKE)
)
"""What keeping may besides; of the history it deletes what is to be forgotten, which a trigger sees to."""


def rights_of(role: Role) -> Mapping[str, frozenset[str]]:
    """Return by table what the role may besides reading."""
    more = KEEPING if role is Role.KEEPING else {}
    return {table: frozenset((*rights, *more.get(table, ()))) for table, rights in SERVING.items()}


def statements(role: Role, name: str) -> Iterator[str]:
    """Give the SQL that lets the database's role of this quoted name do so much and no more.

    To be run by the owner of the tables, after every upgrade; again changes nothing.
    """
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    yield f"REVOKE ALL ON SCHEMA public FROM {name}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {name}"
    yield f"GRANT USAGE ON SCHEMA public TO {name}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}"
    yield f"GRANT SELECT ON {STRUCTURE} TO {name}"
    for table, rights in sorted(rights_of(role).items()):
        yield f"GRANT {', '.join(['SELECT', *sorted(rights)])} ON {table} TO {name}"
