"""Drafts a dated migration from the difference between the migrations so far and the models."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from portal.migrate import FOLDER, alembic_config, upgrade
from portal.store.session import make_engine


def main(subject: str) -> None:
    if not subject:
        sys.exit('say what it does: make migration m="add plan X"')
    config = alembic_config()
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/now.db")
        upgrade(engine)
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.revision(config, subject, autogenerate=True)
        engine.dispose()
    ruff = Path(sys.executable).with_name("ruff")
    subprocess.run([ruff, "format", "--quiet", FOLDER / "versions"], check=True)


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
