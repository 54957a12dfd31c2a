"""A password that somebody chooses, wherever that is: judging it, and what is kept of it."""

from __future__ import annotations

from portal import web
from portal.forms.profile import PasswordForm
from portal.usecases.passwords import NewPassword, problem_with


def problem_of(form: PasswordForm, identifier: str) -> str:
    """Return what is wrong with the new password, by the name of the problem, or an empty text."""
    services = web.services()
    brand = services.settings.brand
    own_words = (identifier, brand.name, brand.account_domain)
    return problem_with(form.new, own_words, services.stolen) or ("" if form.new == form.again else "differs")


def chosen(form: PasswordForm) -> NewPassword:
    """Return the password that was chosen, as what is kept of it: slow, so outside of a transaction."""
    services = web.services()
    return NewPassword(
        services.hasher.hash(form.new), services.sealer, kept_elsewhere=not services.verifier.keeps_hashes
    )
