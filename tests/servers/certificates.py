"""Certificates for servers on this machine, vouched for by an authority of the tests' own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """The files of a server: its certificate, its key, and who vouches."""

    certificate: Path
    key: Path
    authority: Path
    """Who vouches for it."""


class Authority:
    """Who vouches; `file` is what clients are told to believe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("The tests' own authority")
        made = self._certificate(self._name, self._key.public_key(), days=2)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(_pem(made.sign(self._key, hashes.SHA256())))

    def vouch(self, host: str, *, days: int = 2) -> Certificate:
        """Return a certificate for that host, which has run out where `days` are below 0."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(host)]
        others = [x509.IPAddress(ip_address("127.0.0.1"))] if host == "localhost" else []
        made = self._certificate(_name(host), key.public_key(), days=days)
        made = made.add_extension(x509.SubjectAlternativeName([*names, *others]), critical=False)
        stem = f"{host}{days}"
        found = Certificate(self._folder / f"{stem}.pem", self._folder / f"{stem}.key", self.file)
        found.certificate.write_bytes(_pem(made.sign(self._key, hashes.SHA256())))
        found.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return found

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, days: int
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=9))
            .not_valid_after(now + timedelta(days=days))
        )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
