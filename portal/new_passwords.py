"""Judging a password that somebody chooses, wherever that is."""

from __future__ import annotations

from portal import web
from portal.domain.passwords import password_problem
from portal.forms.profile import PasswordForm


def problem_of(form: PasswordForm, identifier: str) -> str:
    """Return what is wrong with the new password, by the name of the problem, or an empty text."""
    brand = web.services().settings.brand
    own_words = (identifier, brand.name, brand.account_domain)
    return password_problem(form.new, own_words) or ("" if form.new == form.again else "differs")
