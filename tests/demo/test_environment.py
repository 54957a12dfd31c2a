"""The demo takes nothing from a real installation and keeps its secret to itself."""

from __future__ import annotations

from pathlib import Path

from portal.demo.environment import demo_environment
from portal.settings import read_settings


def test_a_real_installation_in_the_environment_is_not_touched(tmp_path: Path) -> None:
    real = {
        "PORTAL_DATABASE_URL": "postgresql://production/portal",
        "PORTAL_REDIS_URL": "redis://production",
        "PORTAL_SMTP_HOST": "smtp.production",
        "PORTAL_SECRET_KEY": "the secret key of the real installation",
        "PORTAL_DATA": str(tmp_path),
    }

    settings = read_settings(demo_environment(real))

    assert settings.demo
    assert settings.database_url == f"sqlite:///{tmp_path}/portal.db"
    assert (settings.redis_url, settings.smtp.host) == ("", "127.0.0.1")
    assert settings.secret_key != real["PORTAL_SECRET_KEY"]


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    environ = {"PORTAL_DATA": str(tmp_path / "new" / "folder"), "PORT": "8123"}

    first, second = demo_environment(environ), demo_environment(environ)

    path = tmp_path / "new" / "folder" / "secret.key"
    assert first == second
    assert len(first["PORTAL_SECRET_KEY"]) == 64
    assert path.stat().st_mode & 0o777 == 0o600
    assert first["PORTAL_URL"] == "http://localhost:8123"
