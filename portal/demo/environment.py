"""The settings of the demo: everything on this machine, nothing of a real installation."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

DATA_FOLDER = "var/demo"
PORT = "8000"
OUTBOX_POLL_MS = "250"
"""Whoever tries the portal watches orders being fulfilled; on an embedded database asking costs little."""
KEPT = {
    *(
        "PORTAL_BRAND",
        "PORTAL_BRAND_COLOUR",
        "PORTAL_BRAND_LOGO",
        "PORTAL_SUPPORT_EMAIL",
        "PORTAL_TRUSTED_HOSTS",
        "PORTAL_URL",
    ),
    "PORTAL_EXTRA_SPACE_POLICY",
}
"""What the demo takes from the environment; a real database or mail server never."""


def data_folder(environ: Mapping[str, str]) -> Path:
    """Return where the demo keeps everything."""
    return Path(environ.get("PORTAL_DATA") or DATA_FOLDER)


def demo_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the demo's PORTAL_* variables, with a secret key made at first use and then kept."""
    folder = data_folder(environ)
    own = {name: value for name, value in environ.items() if name in KEPT}
    return {
        "PORTAL_URL": f"http://localhost:{environ.get('PORT') or PORT}",
        **own,
        "PORTAL_DEMO": "yes",
        "PORTAL_DATA": str(folder),
        "PORTAL_OUTBOX_POLL_MS": OUTBOX_POLL_MS,
        "PORTAL_SECRET_KEY": kept_secret(folder / "secret.key"),
    }


def kept_secret(path: Path) -> str:
    """Return the secret in the file, which only its owner may read; make it when there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        secret = secrets.token_hex(32)
        file.write(f"{secret}\n")
    return secret
