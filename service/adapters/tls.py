"""TLS towards hostile servers: one context that verifies, one that only looks, and what a certificate says."""

from __future__ import annotations

import ssl
from functools import lru_cache
from hashlib import sha256

import httpx
from cryptography import x509

from service.core.facts.page import TlsFacts

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


def facts(der: bytes, error: str) -> TlsFacts:
    """What the leaf certificate says; ``error`` in words where the chain was not trusted, else empty."""
    seen = _read(der)
    return TlsFacts(
        verified=not error,
        error=error or seen.error,
        issuer=seen.issuer,
        names=seen.names,
        not_before=seen.not_before,
        not_after=seen.not_after,
        sha256=seen.sha256,
    )


@lru_cache(maxsize=2048)
def _read(der: bytes) -> TlsFacts:
    digest = sha256(der).hexdigest()
    try:
        certificate = x509.load_der_x509_certificate(der)
        return TlsFacts(
            verified=False,
            issuer=certificate.issuer.rfc4514_string()[:300],
            names=_names(certificate),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            sha256=digest,
        )
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        return TlsFacts(verified=False, error=f"unreadable certificate: {error}"[:200], sha256=digest)


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Host names and addresses that it is for, lower case, sorted."""
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    hosts = {name.lower()[:253] for name in alternative.get_values_for_type(x509.DNSName)}
    addresses = {str(address) for address in alternative.get_values_for_type(x509.IPAddress)}
    return tuple(sorted(hosts | addresses))[:MOST_NAMES]
