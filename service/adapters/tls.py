"""TLS towards hostile servers: one context that verifies, one that only looks, and what a certificate says."""

from __future__ import annotations

import ssl
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256

import httpx
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.core.facts.page import TlsFacts

_LONGEST_NAME = 300
"""Characters kept of a distinguished name."""

MOST_NAMES = 200
"""Subject alternative names kept of one certificate; certificate authorities issue at most 100 or 250."""


def verifying_context(ca_file: str | None) -> ssl.SSLContext:
    """A context that trusts the web's authorities, and those in ``ca_file`` (PEM) beside them."""
    context = httpx.create_ssl_context(verify=True, trust_env=False)
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def lenient_context() -> ssl.SSLContext:
    """A context for looking at sites whose certificate was not trusted: any certificate, any protocol still built in.

    Nothing secret is sent over it; what it shows is marked as unverified.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def facts(der: bytes, error: str, protocol: str = "") -> TlsFacts:
    """What the leaf certificate says; ``error`` in words where the chain was not trusted, else empty.

    ``protocol`` is the version that was agreed on, as ``ssl`` names it.
    """
    seen = _read(der)
    return replace(seen, verified=not error, error=error or seen.error, protocol=protocol)


@lru_cache(maxsize=2048)
def _read(der: bytes) -> TlsFacts:
    digest = sha256(der).hexdigest()
    try:
        certificate = x509.load_der_x509_certificate(der)
        return TlsFacts(
            verified=False,
            subject=certificate.subject.rfc4514_string()[:_LONGEST_NAME],
            issuer=certificate.issuer.rfc4514_string()[:_LONGEST_NAME],
            names=_names(certificate),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            sha256=digest,
            **_key(certificate),
        )
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        return TlsFacts(verified=False, error=f"unreadable certificate: {error}"[:200], sha256=digest)


def _key(certificate: x509.Certificate) -> dict[str, str]:
    """Kind and fingerprint of the key; nothing of one in an encoding that cannot be read, as the rest can be."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return {}
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {"key": _kind_of(key), "spki_sha256": sha256(info).hexdigest()}


def _kind_of(key: object) -> str:
    match key:
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}"
        case dsa.DSAPublicKey():
            return f"DSA {key.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"EC {key.curve.name}"
        case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
            return type(key).__name__.removesuffix("PublicKey")
        case _:
            return "other"


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Host names and addresses that it is for, lower case, sorted."""
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    hosts = {name.lower()[:253] for name in alternative.get_values_for_type(x509.DNSName)}
    addresses = {str(address) for address in alternative.get_values_for_type(x509.IPAddress)}
    return tuple(sorted(hosts | addresses))[:MOST_NAMES]
