"""How more space is sold in the middle of a term, as the operator sets it."""

from __future__ import annotations

from collections.abc import Mapping

from portal.domain.extra_space import ExtraSpacePolicy as ExtraSpacePolicy


def read_extra_space_policy(environ: Mapping[str, str]) -> ExtraSpacePolicy:
    """Return PORTAL_EXTRA_SPACE_POLICY, the seed's unless set. Raises ValueError. Source: domain.md C7."""
    text = environ.get("PORTAL_EXTRA_SPACE_POLICY") or ExtraSpacePolicy.FULL_YEAR_WITH_FREE_WINDOW
    try:
        return ExtraSpacePolicy(text)
    except ValueError as failure:
        known = " or ".join(ExtraSpacePolicy)
        raise ValueError(f"PORTAL_EXTRA_SPACE_POLICY must be {known}") from failure
