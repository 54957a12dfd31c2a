"""What a mailbox becomes when nobody has chosen yet, and what of a choice its plan permits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from portal.domain.conventions import Convention
from portal.domain.plans import PLANS
from portal.domain.pricing import Choice


def permitted(choice: Choice) -> Choice:
    """Return the choice with no more extra space than its plan permits."""
    facts = PLANS[choice.plan]
    return replace(
        choice,
        extra_mailbox_gb=min(choice.extra_mailbox_gb, facts.max_extra_mailbox_gb),
        extra_archive_gb=min(choice.extra_archive_gb, facts.max_extra_archive_gb),
    )


def first_choice(as_it_is: Choice, in_force: Mapping[str, Convention]) -> Choice:
    """Return the mailbox as it is for one more year, or with the plan and the term of its convention.

    Source: domain.md 8.6.
    """
    agreed = in_force.get(as_it_is.convention) if as_it_is.convention else None
    if agreed is None:
        return as_it_is
    return permitted(replace(as_it_is, plan=agreed.plan, years=agreed.term_years))
