"""Finds a Dovecot for the tests; where none is installed, unpacks Debian's packages into .cache.

No root and no system service: apt works in folders of its own, and nothing outside .cache is touched. Where
there is no apt, or it reaches nothing, the tests that need a Dovecot are skipped and say so.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".cache" / "dovecot"
PACKAGE = "dovecot-imapd"
INSTALLED = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
SECONDS = 180


class NoDovecot(Exception):
    """There is no Dovecot and none could be fetched."""


@dataclass(frozen=True)
class Dovecot:
    """An installed Dovecot, or one that was unpacked below `prefix`."""

    prefix: Path

    @property
    def master(self) -> Path:
        return self.prefix / "usr/sbin/dovecot"

    @property
    def settings_reader(self) -> Path:
        return self.prefix / "usr/bin/doveconf"

    @property
    def programs(self) -> Path:
        return self.prefix / "usr/lib/dovecot"

    @property
    def is_unpacked(self) -> bool:
        return self.prefix != Path("/")


def find() -> Dovecot:
    """Return an installed or the unpacked one; raises NoDovecot."""
    for found in (Dovecot(Path("/")), Dovecot(FOLDER)):
        if found.master.exists() and (found.programs / "imap").exists():
            return found
    raise NoDovecot("no Dovecot is installed and none was fetched: run make setup where apt works")


def fetch() -> Dovecot:
    """Return what `find` finds, unpacking Debian's packages first if need be; raises NoDovecot."""
    with contextlib.suppress(NoDovecot):
        return find()
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise NoDovecot("there is neither a Dovecot nor apt on this machine")
    print(f"portal: fetching {PACKAGE}", flush=True)
    with tempfile.TemporaryDirectory(prefix="portal-apt-") as folder:
        _unpack(_download(Path(folder)))
    return find()


def _download(folder: Path) -> list[Path]:
    """Return the packages that are missing on this machine, checked by apt against Debian's signatures."""
    for name in ("lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True)
    _apt(folder, "update", "-qq")
    told = _apt(folder, "install", "--print-uris", "-qq", "-y", "--no-install-recommends", PACKAGE)
    names = [line.split()[1].partition("_")[0] for line in told.splitlines() if ".deb" in line]
    _apt(folder, "download", "-qq", *names)
    return sorted(folder.glob("*.deb"))


def _apt(folder: Path, *words: str) -> str:
    options = (f"Dir::State::Lists={folder}/lists", f"Dir::Cache={folder}", "Debug::NoLocking=1")
    settings = [part for option in (*options, "APT::Sandbox::User=") for part in ("-o", option)]
    try:
        done = subprocess.run(
            ["apt-get", *settings, *words],
            cwd=folder,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as failure:
        raise NoDovecot("apt gave no answer") from failure
    if done.returncode:
        raise NoDovecot(f"apt could not fetch {PACKAGE}: {done.stderr.strip()[-300:]}")
    return done.stdout


def _unpack(packages: list[Path]) -> None:
    """Lay the packages out; FOLDER appears whole or not at all."""
    if not packages:
        raise NoDovecot(f"apt had nothing to fetch for {PACKAGE}")
    target = FOLDER.with_name("dovecot.part")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for package in packages:
        done = subprocess.run(["dpkg-deb", "-x", package, target], check=False)
        if done.returncode:
            raise NoDovecot(f"{package.name} could not be unpacked")
    shutil.rmtree(FOLDER, ignore_errors=True)
    target.rename(FOLDER)


if __name__ == "__main__":
    try:
        fetch()
    except NoDovecot as reason:
        print(f"portal: the tests against a real mail server will be skipped: {reason}", flush=True)
