"""R28: rows that another version of the portal wrote are understood, and rows of ours by it.

While two versions run beside each other each does the other's rows. What stands here was written by a version
that customers use: a payload may gain fields, never lose or rename one, and a reader minds no unknown
one.
"""

from __future__ import annotations

from typing import Any

import pytest

from portal.store.outbox import Claim
from portal.wiring import Services
from tests.factories import NOW
from workers.broker import all_works

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WRITTEN: dict[str, dict[str, Any]] = {
    "mail.send": {"mail_id": 1},
    "platform.renew": {"order_line_id": 1},
    "platform.change": {"order_line_id": 1},
    "platform.withdraw": {"order_line_id": 1},
    "platform.space": {"space_purchase_id": 1},
    "platform.space_end": {"space_end_id": 1},
    "platform.suspend": {"mailbox_id": 1, "expires_on": "2026-12-01"},
    "platform.cancel": {"mailbox_id": 1, "expires_on": "2026-12-01"},
    "platform.restore": {"mailbox_id": 1, "key": "restore:1"},
    "payment.ask": {"reference": "p-1", "number": 0},
    "auto_renewal.charge": {"cycle_id": 1},
    "payment.refund": {"reference": "r-1", "number": 0},
    "method.ask": {"reference": "m-1", "number": 0},
    "method.forget": {"method_id": 1},
    "document.drop": {"name": "x"},
    "document.sweep": {},
    "usage.read": {"mailbox_id": 1},
    "platform.password": {"key": "k", "address": "anna@pec.example", "sealed": ""},
    "recovery.answer": {"request_id": 1},
    "order.progress": {"order_id": 1},
    "change.done": {"order_line_id": 1},
    "change.notice": {"order_line_id": 1},
}


def written(services: Services, kind: str) -> dict[str, Any]:
    """Return the payload, with what is sealed sealed by this installation's key."""
    payload = WRITTEN[kind]
    return payload | ({"sealed": services.sealer.seal("x")} if "sealed" in payload else {})


def test_every_kind_of_work_has_its_payload_here(services: Services) -> None:
    """A new kind is a line above: the payload as it is first written."""
    assert {work.kind for work in all_works(services)} == set(WRITTEN)


@pytest.mark.parametrize("kind", list(WRITTEN))
@pytest.mark.parametrize("more", [{}, {"version": 2, "trace": "x"}], ids=["as written", "with more"])
def test_r28_a_row_of_another_version_is_begun(services: Services, kind: str, more: dict[str, Any]) -> None:
    """About nothing that exists: what counts is that the payload is read."""
    (work,) = [work for work in all_works(services) if work.kind == kind]

    with services.transaction() as session:
        assert (
            work.begin(session, [Claim(1, f"{kind}:1", written(services, kind) | more, 1)], now=NOW)
            is not None
        )


@pytest.mark.parametrize("kind", sorted(set(WRITTEN) - {"document.sweep", "usage.read"}))
def test_a_renamed_field_is_noticed(services: Services, kind: str) -> None:
    """The control: a reader that needs a field which nobody wrote fails; two kinds read none here."""
    (work,) = [work for work in all_works(services) if work.kind == kind]
    first = next(iter(WRITTEN[kind]))
    renamed = {f"new_{first}" if name == first else name: value for name, value in WRITTEN[kind].items()}

    with pytest.raises(KeyError), services.transaction() as session:
        work.begin(session, [Claim(1, f"{kind}:1", renamed, 1)], now=NOW)
