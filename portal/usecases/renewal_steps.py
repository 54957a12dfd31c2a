"""The steps of the wizard as data, and which of them a draft has reached.

Source: product.md 4, hardening.md S10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

from portal.usecases.draft_totals import OpenDraft


class Step(StrEnum):
    """The steps that are built, in their order; «Extra» and «Dati» go between the first two."""

    PLAN = "plan"
    PAYMENT = "payment"
    CONFIRM = "confirm"


_DONE: Mapping[Step, Callable[[OpenDraft], bool]] = MappingProxyType(
    {
        Step.PLAN: lambda draft: draft.totals.can_go_on,
        Step.PAYMENT: lambda draft: draft.facts.payment_method is not None,
    }
)
"""What each step must leave behind before the next one opens."""


def first_open(wanted: Step, draft: OpenDraft) -> Step:
    """Return the wanted step, or the first before it that is not done: nobody skips a step."""
    before = list(Step)[: list(Step).index(wanted)]
    return next((step for step in before if not _DONE[step](draft)), wanted)
