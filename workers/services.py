"""The services of a worker process, from the same settings as the web's."""

from __future__ import annotations

import os

from portal.settings import SettingsError, read_settings
from portal.wiring import Services, build_services


def services_from_environment() -> Services:
    """Return the services; raises SettingsError where workers of their own make no sense."""
    settings = read_settings(os.environ)
    if not settings.redis_url:
        raise SettingsError("PORTAL_REDIS_URL is empty: then the workers live inside the web process")
    return build_services(settings)
