"""What both ways of serving the web application share: its first requests, and the collector's rest."""

from __future__ import annotations

import gc

from flask import Flask

FIRST_REQUESTS = ("/healthz", "/accedi")
"""They load templates and compile what is compiled once; none of them changes anything."""


def warm_up(app: Flask) -> None:
    """Serve a few requests to nobody, then keep what is loaded out of the garbage collector's rounds.

    Without it the slowest page in a hundred is ten times slower. Source: hardening.md 1.3, 4.3.
    """
    browser = app.test_client()
    for path in FIRST_REQUESTS:
        browser.get(path, base_url="http://localhost")
    gc.collect()
    gc.freeze()
