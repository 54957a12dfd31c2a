"""The web application on the services of the test, and a browser without scripts."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.app import create_app
from portal.wiring import Services


@pytest.fixture
def app(services: Services) -> Flask:
    """The web application; bugs come through as exceptions instead of a 500 page."""
    application = create_app(services)
    application.testing = True
    return application


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without scripts, not signed in."""
    return app.test_client()
