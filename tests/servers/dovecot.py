"""A Dovecot of the tests' own: IMAP over TLS, mailboxes with a quota, a user who may act for all of them."""

from __future__ import annotations

import getpass
import grp
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
from pathlib import Path

from imapclient import IMAPClient

from tests.servers.certificates import Certificate
from tests.servers.processes import free_port, start, stop, wait_until
from tools.dovecot import Dovecot

USAGE_USER, USAGE_PASSWORD = "portal-usage", "solo per sapere quanto è piena"
_MODULES = b"/usr/lib/dovecot/modules"
"""Where Debian's build looks for its modules, whatever its settings say."""
_SETTINGS = """
import_environment = LD_LIBRARY_PATH
base_dir = {folder}/base
state_dir = {folder}/state
libexec_dir = {programs}
mail_plugin_dir = {programs}/modules
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 1
mail_uid = {user}
mail_gid = {group}
mail_location = maildir:{folder}/mail/%u
auth_failure_delay = 0
auth_master_user_separator = *
passdb {{
  driver = passwd-file
  args = {folder}/masters
  master = yes
  result_success = continue
}}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
  default_fields = home={folder}/mail/%u
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
protocol imap {{
  mail_plugins = acl quota imap_quota
}}
plugin {{
  acl = vfile
  quota = maildir:User quota
  quota_rule = *:storage=1G
}}
"""


class DovecotServer:
    """One server in a temporary folder; `passwords` are its mailboxes."""

    def __init__(self, dovecot: Dovecot, certificate: Certificate, passwords: dict[str, str]) -> None:
        self.port = free_port()
        self.host = "localhost"
        self._folder = Path(tempfile.mkdtemp(prefix="dv-", dir="/tmp"))
        self._folder.chmod(0o755)
        self._certificate, self._passwords = certificate, passwords
        self._process: subprocess.Popen[bytes] | None = None
        self._programs = _relocated(dovecot, self._folder)
        self._write(certificate, passwords)

    def start(self) -> DovecotServer:
        """Start it and wait until it takes connections."""
        settings = self._folder / "dovecot.conf"
        reader, master = self._programs.settings_reader, self._programs.master
        self._process = start(
            [reader, "-f", "service=master", "-c", settings, "-e", master, "-F", "-c", settings],
            env={**os.environ, "LD_LIBRARY_PATH": str(self._programs.programs)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._is_ready, "Dovecot")
        return self

    def remove(self) -> None:
        """Stop it and forget its mailboxes."""
        if self._process is not None:
            stop(self._process, by=signal.SIGTERM)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def log(self) -> str:
        """Everything it wrote so far."""
        path = self._folder / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def deliver(self, address: str, size: int, folder: str = "INBOX") -> None:
        """Put a message of so many bytes into a folder of the mailbox."""
        context = ssl.create_default_context(cafile=str(self._certificate.authority))
        with IMAPClient(self.host, self.port, ssl_context=context, timeout=20) as client:
            client.login(address, self._passwords[address])
            if not client.folder_exists(folder):
                client.create_folder(folder)
            client.append(folder, b"Subject: prova\r\n\r\n".ljust(size, b"x"))

    def _write(self, certificate: Certificate, passwords: dict[str, str]) -> None:
        for name in ("base", "state", "mail"):
            (self._folder / name).mkdir()
        _give(self._folder / "mail")
        users = [f"{name}:{{PLAIN}}{password}::::::" for name, password in passwords.items()]
        (self._folder / "users").write_text("\n".join(users), encoding="utf-8")
        (self._folder / "masters").write_text(f"{USAGE_USER}:{{PLAIN}}{USAGE_PASSWORD}\n", encoding="utf-8")
        user, group = _who()
        self._folder.joinpath("dovecot.conf").write_text(
            _SETTINGS.format(
                folder=self._folder,
                programs=self._programs.programs,
                certificate=certificate.certificate,
                key=certificate.key,
                port=self.port,
                user=user,
                group=group,
            ),
            encoding="utf-8",
        )

    def _is_ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"Dovecot ended at its start: {self.log}")
        return "starting up" in self.log and _answers(self.port)


def _relocated(dovecot: Dovecot, folder: Path) -> Dovecot:
    """Return the one to run: an unpacked one is copied, and told where its modules are now.

    The path is part of the programs; another of the same length takes its place, slashes at its end.
    """
    if not dovecot.is_unpacked:
        return dovecot
    copy = Dovecot(folder / "dovecot")
    shutil.copytree(dovecot.prefix / "usr", copy.prefix / "usr", symlinks=True)
    link = folder / "m"
    link.symlink_to(copy.programs / "modules")
    here = str(link).encode().ljust(len(_MODULES), b"/")
    if len(here) > len(_MODULES):
        raise RuntimeError(f"{folder} is too long a name for Dovecot's modules")
    for path in copy.prefix.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if _MODULES in content:
                path.write_bytes(content.replace(_MODULES, here))
    return copy


def _who() -> tuple[str, str]:
    """Return the user and the group that the server runs as: nobody where the tests are root's."""
    if os.getuid() == 0:
        return "nobody", "nogroup"
    return getpass.getuser(), grp.getgrgid(os.getgid()).gr_name


def _give(path: Path) -> None:
    if os.getuid() == 0:
        shutil.chown(path, *_who())


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
