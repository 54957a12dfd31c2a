"""Mails as subject, text and HTML, made from plain values by templates; no web framework in sight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from portal import formats, languages, sentences
from portal.domain.colours import OWN_COLOUR, Shades, shades_of
from portal.domain.lifecycle import SUSPENDED_CAPABILITIES, Capabilities
from portal.domain.mail_codes import grouped

TEMPLATES = Path(__file__).parent / "templates" / "mail"
LONGEST_SUBJECT = 200
FITS_A_LINE = 28
"""Letters of a word for which every phone has room, within a note too."""
NO_BREAK_HYPHEN = "\u2011"
_inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
"""Mail programs want styles on the elements; the dark colours stay behind as a media query."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every mail may name: who writes, where the portal is, where money goes."""

    brand_name: str
    support_email: str
    public_url: str
    """Links in mails start with this and with nothing else (S33)."""
    beneficiary: str
    iban: str
    bank: str
    postal_account: str
    works_suspended: Capabilities = SUSPENDED_CAPABILITIES
    """What a mailbox can do after its expiry (domain.md C1)."""
    colour: str = OWN_COLOUR
    """The operator's, on which white letters can be read."""

    @property
    def shades(self) -> Shades:
        """Return what buttons and links are drawn in."""
        return shades_of(self.colour)


@dataclass(frozen=True, slots=True)
class Wording:
    """A mail's words."""

    subject: str
    text: str
    html: str


def render(
    kind: str, language: str, context: dict[str, Any], around: Surroundings, *, code: str | None = None
) -> Wording:
    """Return the mail of that kind; raises jinja2's errors where a template and its values disagree.

    It is in Italian where the language has no words for some mail: none is in two languages.

    No value can begin a new line, so none can become a header or a paragraph of its own (S46). `code` is the
    one by which `/verifica` knows the mail.
    """
    if not languages.language(language).writes_mails:
        language = languages.SOURCE
    templates = environment(language)
    values = {**_on_one_line(context), "around": around, "language": language}
    values["code"] = grouped(code) if code else None
    subject, text, html = (
        templates.get_template(f"{kind}/{part}").render(values)
        for part in ("subject.txt", "body.txt", "body.html")
    )
    return Wording(_shortened(_joined(subject)), _tidy(text), _inliner.inline(html))


@lru_cache(maxsize=8)
def environment(language: str) -> Environment:
    """Return the templates of mails, with their words in that language."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html"),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sentences.teach(templates, partial(languages.language, language))
    templates.filters |= {
        "euro": partial(formats.euro, locale=language),
        "long_day": lambda day: formats.long_day(date.fromisoformat(day), language),
        "month_name": lambda day: formats.month_name(date.fromisoformat(day), language),
        "short_day": lambda day: formats.short_day(date.fromisoformat(day), language),
        "iban_groups": formats.iban_groups,
        "gigabytes": partial(formats.gigabytes, locale=language),
        "breakable": breakable,
        "unbroken": unbroken,
    }
    return templates


def breakable(text: str) -> Markup:
    """Return a text whose address, if too long for a line, breaks before «@» or a dot, not in words."""
    if max(map(len, text.split()), default=0) <= FITS_A_LINE:
        return escape(text)
    name, at, domain = text.partition("@")
    return Markup("<wbr>.").join(name.split(".")) + Markup("<wbr>") + at + domain


def unbroken(text: str) -> str:
    """Return the text with «e-mail» on one line; text or markup, as it came."""
    return text.replace("e-mail", f"e{NO_BREAK_HYPHEN}mail").replace("E-Mail", f"E{NO_BREAK_HYPHEN}Mail")


def _on_one_line(value: Any) -> Any:
    """Return the value with every text in it on one line and free of control characters."""
    if isinstance(value, str):
        return _joined(value)
    if isinstance(value, dict):
        return {name: _on_one_line(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_on_one_line(inner) for inner in value]
    return value


def _joined(text: str) -> str:
    """Return the text's words with one space between; whatever cannot be printed is no part of a word."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_SUBJECT else f"{text[: LONGEST_SUBJECT - 1]}…"


def _tidy(text: str) -> str:
    """Return the text without trailing spaces and with one empty line at most between paragraphs."""
    kept: list[str] = []
    for line in text.strip().splitlines():
        stripped = line.rstrip()
        if stripped or kept[-1]:
            kept.append(stripped)
    return "\n".join(kept) + "\n"
