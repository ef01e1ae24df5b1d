"""A certificate authority of the lab's own: certificates for any names, good ones and deliberately bad ones.

Clients trust it through ``ca_file``. Keys are elliptic (P-256), because they are made on demand, in the middle of a
handshake. Validity follows real time, also under a driven clock: TLS libraries ask the machine's clock.
"""

from __future__ import annotations

import hashlib
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from service.lab.world import Certificate

if TYPE_CHECKING:
    from pathlib import Path

OTHER_NAME = "elsewhere.lab.example"
"""The only name in a certificate that was asked to be for another name."""

_COMMON_NAME = "Spoofwatch lab authority"
_LONGEST_COMMON_NAME = 64  # RFC 5280 appendix A.1, ub-common-name
_CLOCK_SKEW = timedelta(days=1)
_LIFETIME = timedelta(days=90)

_KEY_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class Authority:
    """Issues certificates and keeps what it issued: the same names always show the same certificate.

    ``folder`` gets the file ``ca.pem``; ``now`` (aware) is the real time that validity is counted from.
    """

    def __init__(self, folder: Path, now: datetime | None = None) -> None:
        self._now = now or datetime.now(UTC)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._sign_itself()
        self._contexts: dict[tuple[tuple[str, ...], Certificate], ssl.SSLContext] = {}
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, names: tuple[str, ...], kind: Certificate = Certificate.TRUSTED) -> ssl.SSLContext:
        """A TLS context whose certificate is for ``names`` (A-labels, ``*.`` allowed), as good as ``kind`` says."""
        known = self._contexts.get((names, kind))
        if known is None:
            known = self._contexts[names, kind] = self._new_context(names, kind)
        return known

    def issue(self, names: tuple[str, ...], kind: Certificate) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        """A fresh certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        signed_by = key if kind is Certificate.SELF_SIGNED else self._key
        return self._leaf(names, kind, key).sign(signed_by, hashes.SHA256()), key

    def issue_logged(self, names: tuple[str, ...]) -> tuple[x509.Certificate, x509.Certificate]:
        """A precertificate and its certificate, as they stand in logs (RFC 6962 3.1). Their key is nobody's."""
        builder = self._leaf(names, Certificate.TRUSTED, self._key)
        poisoned = builder.add_extension(x509.PrecertPoison(), critical=True)
        return poisoned.sign(self._key, hashes.SHA256()), builder.sign(self._key, hashes.SHA256())

    @property
    def certificate(self) -> x509.Certificate:
        """The authority's own."""
        return self._certificate

    def _leaf(
        self, names: tuple[str, ...], kind: Certificate, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        shown = (OTHER_NAME,) if kind is Certificate.OTHER_NAME else names
        end = self._now - _CLOCK_SKEW if kind is Certificate.EXPIRED else self._now + _LIFETIME
        signed_by = key if kind is Certificate.SELF_SIGNED else self._key
        subject = _subject(shown[0])
        issuer = subject if kind is Certificate.SELF_SIGNED else self._certificate.subject
        return (
            _builder(subject, issuer, key.public_key(), end - _LIFETIME - _CLOCK_SKEW, end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage((ExtendedKeyUsageOID.SERVER_AUTH,)), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in shown]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_by.public_key()), critical=False)
        )

    def _sign_itself(self) -> x509.Certificate:
        subject = _subject(_COMMON_NAME)
        end = self._now + 4 * _LIFETIME
        builder = (
            _builder(subject, subject, self._key.public_key(), self._now - 2 * _LIFETIME, end)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage("key_cert_sign", "crl_sign"), critical=True)
        )
        return builder.sign(self._key, hashes.SHA256())

    def _new_context(self, names: tuple[str, ...], kind: Certificate) -> ssl.SSLContext:
        certificate, key = self.issue(names, kind)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.num_tickets = 0  # its clients come back without them
        pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        # OpenSSL's interface in Python loads from files only; this one lives for as long as the loading takes.
        path = self._folder / f"{hashlib.sha256(pem).hexdigest()}.pem"
        path.touch(mode=0o600)
        try:
            path.write_bytes(pem)
            context.load_cert_chain(path)
        finally:
            path.unlink()
        return context


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:_LONGEST_COMMON_NAME])])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*uses: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{use: use in uses for use in _KEY_USES})
