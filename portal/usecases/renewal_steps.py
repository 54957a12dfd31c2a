"""The steps of the wizard as data, and which of them a draft has reached.

Source: product.md 4, hardening.md S10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

from portal.usecases.draft_people import People
from portal.usecases.draft_totals import OpenDraft


class Step(StrEnum):
    """The steps, in their order."""

    PLAN = "plan"
    EXTRA = "extra"
    DATA = "data"
    PAYMENT = "payment"
    CONFIRM = "confirm"


_DONE: Mapping[Step, Callable[[OpenDraft, People | None], bool]] = MappingProxyType(
    {
        Step.PLAN: lambda draft, _: draft.totals.can_go_on,
        Step.EXTRA: lambda draft, _: draft.facts.extras_answered,
        Step.DATA: lambda _, people: people is not None and people.is_done,
        Step.PAYMENT: lambda draft, _: draft.facts.payment_method is not None,
    }
)
"""What each step must leave behind before the next one opens."""


def steps_of(draft: OpenDraft) -> list[Step]:
    """Return the steps of this draft: no «Extra» without anything on offer, or on a convention's short way.

    Source: product.md 4 (2), domain.md 9.
    """
    offered = draft.offers_extras and not draft.totals.agreed_only
    return [step for step in Step if step is not Step.EXTRA or offered]


def first_open(wanted: Step, draft: OpenDraft, people: People | None = None) -> Step:
    """Return the wanted step, or the first before it that is not done: nobody skips a step.

    The steps after «Dati» are reached with `people` alone.
    """
    steps = steps_of(draft)
    before = steps[: steps.index(wanted)] if wanted in steps else [Step.PLAN]
    return next((step for step in before if not _DONE[step](draft, people)), wanted)
