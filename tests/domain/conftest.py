"""Random examples without a stopwatch: a busy machine is no reason to fail a rule."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("rules", deadline=None)
settings.load_profile("rules")
