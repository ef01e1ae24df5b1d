"""Signatures of webhooks, checked with the standard's own verifier."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from service.core.alerts.signature import new_secret, sign
from service.core.errors import InvalidInput

SECRET = new_secret(bytes(range(32)))
OTHER = new_secret(bytes(range(32, 64)))
BODY = '{"type":"webhook.test","data":{"name":"bücher.example"}}'.encode()


def headers(signature: str, timestamp: int, message_id: str = "evt_1") -> dict[str, str]:
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": signature}


def real_now() -> int:
    return int(datetime.now(UTC).timestamp())  # noqa: TID251 - the standard's verifier compares with the real clock


def test_the_standards_verifier_accepts_what_is_signed() -> None:
    now = real_now()
    signature = sign(SECRET, "evt_1", now, BODY)
    assert Webhook(SECRET).verify(BODY, headers(signature, now)) == json.loads(BODY)


def test_during_a_change_of_secrets_both_verify() -> None:
    now = real_now()
    signature = sign(f"{SECRET} {OTHER}", "evt_1", now, BODY)
    assert len(signature.split(" ")) == 2
    for secret in (SECRET, OTHER):
        Webhook(secret).verify(BODY, headers(signature, now))


def test_the_standards_verifier_rejects_anything_else() -> None:
    now = real_now()
    signature = sign(SECRET, "evt_1", now, BODY)
    for body, given, secret in (
        (BODY + b" ", headers(signature, now), SECRET),
        (BODY, headers(signature, now, "evt_2"), SECRET),
        (BODY, headers(signature, now - 1), SECRET),
        (BODY, headers(sign(SECRET, "evt_1", now - 600, BODY), now - 600), SECRET),
        (BODY, headers(signature, now), OTHER),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, given)


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("", "no secret"),
        ("abc", "begins with"),
        ("whsec_***", "Base64"),
        ("whsec_ü", "Base64"),
        ("whsec_" + base64.b64encode(b"short").decode(), "5 bytes"),
    ],
)
def test_a_secret_that_is_none_is_refused(secret: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        sign(secret, "evt_1", 1, b"")
