"""The import law: which part may know which other, and which library. Source: architecture.md."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.architecture.sources import ROOT, Source, python_sources

ANYTHING = {"portal"}
DOMAIN_ONLY = {"portal.domain"}

LAW: dict[str, set[str]] = {
    "portal.domain": set(),
    "portal.failpoints": set(),
    "portal.demo": DOMAIN_ONLY,
    "portal.elision": set(),
    "portal.languages": {"portal.elision"},
    "portal.sentences": {"portal.languages"},
    "portal.formats": {"portal.languages"},
    "portal.letters": {"portal.domain", "portal.formats", "portal.languages", "portal.sentences"},
    "portal.documents": {"portal.domain", "portal.formats", "portal.languages"},
    "portal.gateway_ports": DOMAIN_ONLY,
    "portal.ports": {"portal.domain", "portal.gateway_ports"},
    "portal.document_ports": DOMAIN_ONLY,
    "portal.brand_settings": DOMAIN_ONLY,
    "portal.gateway_settings": DOMAIN_ONLY,
    "portal.space_settings": DOMAIN_ONLY,
    "portal.auto_renewal_settings": DOMAIN_ONLY,
    "portal.keeping_settings": set(),
    "portal.mail_server_settings": set(),
    "portal.scanner_settings": set(),
    "portal.settings": {
        "portal.auto_renewal_settings",
        "portal.brand_settings",
        "portal.failpoints",
        "portal.gateway_settings",
        "portal.keeping_settings",
        "portal.mail_server_settings",
        "portal.scanner_settings",
        "portal.space_settings",
    },
    "portal.log_lines": set(),
    "portal.logs": {"portal.log_lines"},
    "portal.store": DOMAIN_ONLY,
    "portal.migrate": {"portal.store"},
    "portal.usecases": {"portal.domain", "portal.failpoints", "portal.store", "portal.ports"},
    "portal.adapters": {
        "portal.domain",
        "portal.gateway_settings",
        "portal.mail_server_settings",
        "portal.ports",
        "portal.scanner_settings",
        "portal.settings",
        "portal.store.session",
    },
    "portal.wiring": {
        "portal.adapters",
        "portal.document_ports",
        "portal.domain",
        "portal.failpoints",
        "portal.ports",
        "portal.settings",
        "portal.store.house",
        "portal.store.session",
    },
    "portal.till": {
        "portal.domain",
        "portal.failpoints",
        "portal.ports",
        "portal.till_methods",
        "portal.usecases",
        "portal.wiring",
    },
    "portal.till_methods": {
        "portal.domain",
        "portal.failpoints",
        "portal.ports",
        "portal.usecases",
        "portal.wiring",
    },
    "portal.forms": {"portal.domain", "portal.languages"},
    "portal.policies": DOMAIN_ONLY,
    "portal.web": {
        "portal.brand_settings",
        "portal.domain",
        "portal.formats",
        "portal.usecases",
        "portal.wiring",
    },
    "portal.counting": set(),
    "portal.rate_limits": {
        "portal.counting",
        "portal.settings",
        "portal.usecases",
        "portal.web",
        "portal.wiring",
    },
    "portal.proofs": {"portal.domain", "portal.ports", "portal.rate_limits", "portal.usecases", "portal.web"},
    "portal.recent": {
        "portal.domain",
        "portal.login",
        "portal.policies",
        "portal.proofs",
        "portal.rate_limits",
        "portal.usecases",
        "portal.web",
    },
    "portal.new_passwords": {"portal.domain", "portal.forms", "portal.usecases", "portal.web"},
    "portal.locales": {"portal.languages", "portal.sentences", "portal.web"},
    "portal.login": {
        "portal.domain",
        "portal.locales",
        "portal.policies",
        "portal.usecases",
        "portal.web",
        "portal.wiring",
    },
    "portal.slimming": set(),
    "portal.headers": {
        "portal.languages",
        "portal.settings",
        "portal.slimming",
        "portal.web",
        "portal.wiring",
    },
    "portal.error_pages": {
        "portal.domain",
        "portal.languages",
        "portal.ports",
        "portal.rate_limits",
        "portal.web",
    },
    "portal.blueprints": {
        "portal.demo",
        "portal.documents",
        "portal.domain",
        "portal.failpoints",
        "portal.forms",
        "portal.languages",
        "portal.locales",
        "portal.login",
        "portal.migrate.newest_revision",
        "portal.new_passwords",
        "portal.ports",
        "portal.proofs",
        "portal.rate_limits",
        "portal.recent",
        "portal.till",
        "portal.till_methods",
        "portal.usecases",
        "portal.web",
    },
    "portal.app": ANYTHING,
    "portal.cli": ANYTHING | {"workers"},
    "workers": {
        "portal.documents",
        "portal.domain",
        "portal.failpoints",
        "portal.letters",
        "portal.log_lines",
        "portal.ports",
        "portal.settings",
        "portal.store.clock_slots",
        "portal.store.outbox",
        "portal.usecases",
        "portal.wiring",
    },
    "migrations": {"portal.store"},
}
"""Each part and what of ours it may import besides itself."""

LIBRARIES: dict[str, set[str]] = {
    "flask": {
        "portal.app",
        "portal.blueprints",
        "portal.cli",
        "portal.error_pages",
        "portal.headers",
        "portal.locales",
        "portal.login",
        "portal.logs",
        "portal.policies",
        "portal.proofs",
        "portal.rate_limits",
        "portal.recent",
        "portal.web",
        "portal.forms",
    },
    "sqlalchemy": {
        "portal.migrate",
        "portal.store",
        "portal.usecases",
        "portal.wiring",
        "portal.web",
        "portal.login",
        "portal.proofs",
        "portal.cli",
        "portal.error_pages",
        "workers",
        "migrations",
    },
    "dramatiq": {"workers", "portal.cli"},
    "redis": {"workers", "portal.adapters", "portal.cli", "portal.counting"},
    "requests": {"portal.adapters"},
    "smtplib": {"portal.adapters"},
    "stripe": {"portal.adapters"},
    "fpdf": {"portal.documents"},
    "socket": {"portal.adapters"},
}
"""Libraries that only some parts may use; everything that begins with the name counts (flask_wtf)."""

SESSION = "sqlalchemy.orm.Session"
"""The type of what every use case takes first; whoever calls one may name it."""

PURE = {"stdnum"}
"""What the domain may use beyond the standard library."""


def part_of(module: str) -> str:
    """Return the part of the law that a module belongs to; raises KeyError when the law forgot it."""
    words = module.split(".")
    depth = 1 if words[0] in LAW else 2
    part = ".".join(words[:depth])
    if part not in LAW:
        raise KeyError(f"{module}: say in tests/architecture/test_imports.py what it may import")
    return part


def within(module: str, parts: set[str]) -> bool:
    return any(module == part or module.startswith(f"{part}.") for part in parts)


def offences(source: Source) -> list[str]:
    """Return what a file imports against the law."""
    if source.module == "portal":
        return sorted(source.imports())
    part = part_of(source.module)
    found = []
    for name in sorted(source.imports()):
        library = name.split(".")[0]
        if library in {"portal", "workers", "migrations"} and not within(name, LAW[part] | {part}):
            found.append(f"{source.module} imports {name}")
        if name != SESSION and any(
            library.startswith(known) and not within(part, users) for known, users in LIBRARIES.items()
        ):
            found.append(f"{source.module} uses {name}")
        if part == "portal.domain" and not _is_pure(library):
            found.append(f"{source.module} uses {name}")
    return found


def _is_pure(library: str) -> bool:
    return library in {"portal", "__future__"} | PURE or library in sys.stdlib_module_names


SOURCES = python_sources("portal", "workers", "migrations")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.module)
def test_imports_keep_the_law(source: Source) -> None:
    assert offences(source) == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("portal.domain.pricing", "from portal.store.prices import Price"),
        ("portal.domain.pricing", "import sqlalchemy"),
        ("portal.domain.pricing", "from ..store import prices"),
        ("portal.domain.pricing", "import requests"),
        ("portal.usecases.orders", "from flask import request"),
        ("portal.usecases.orders", "def late():\n    import portal.blueprints.orders"),
        ("portal.blueprints.orders", "from portal.store.orders import Order"),
        ("portal.blueprints.orders", "from portal import store"),
        ("portal.forms.sign_in", "from portal.usecases import access"),
        ("workers.mail", "from flask_login import current_user"),
        ("workers.mail", "from portal.store import mails"),
        ("portal", "from portal import app"),
    ],
)
def test_a_forbidden_import_is_caught(module: str, text: str) -> None:
    assert offences(Source(module, text))


def test_a_part_that_the_law_forgot_is_caught() -> None:
    with pytest.raises(KeyError):
        offences(Source("portal.helpers", ""))


def test_the_domain_loads_neither_flask_nor_sqlalchemy() -> None:
    modules = [source.module for source in SOURCES if within(source.module, {"portal.domain"})]
    script = (
        "import importlib, sys\n"
        f"[importlib.import_module(name) for name in {modules!r}]\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'flask', 'sqlalchemy', 'werkzeug'}))"
    )

    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert answer.stdout.strip() == "[]"
    assert len(modules) > 10
