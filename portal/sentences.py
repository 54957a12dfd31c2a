"""What `_`, `ngettext` and `pgettext` are in templates: texts in the reader's language, with their values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from portal.languages import Language


def teach(environment: Environment, spoken: Callable[[], Language]) -> None:
    """Let templates say texts in the language that `spoken` returns.

    As Jinja's own gettext of the new style does (values are escaped, `%` is always `%%`), and besides each
    text is fitted to its values.
    """

    @pass_context
    def gettext(context: Context, text: str, /, **values: Any) -> str:
        language = spoken()
        return _whole(context, language, language.words.gettext(text), values)

    @pass_context
    def ngettext(context: Context, one: str, many: str, count: int, /, **values: Any) -> str:
        language = spoken()
        values.setdefault("num", count)
        return _whole(context, language, language.words.ngettext(one, many, count), values)

    @pass_context
    def pgettext(context: Context, sense: str, text: str, /, **values: Any) -> str:
        language = spoken()
        return _whole(context, language, str(language.words.pgettext(sense, text)), values)

    environment.globals |= {"_": gettext, "gettext": gettext, "ngettext": ngettext, "pgettext": pgettext}


def _whole(context: Context, language: Language, said: str, values: dict[str, Any]) -> str:
    fitted = language.fitted(said, values)
    return (Markup(fitted) if context.eval_ctx.autoescape else fitted) % values
