"""What ``/v1/webhooks`` and ``/v1/deliveries`` take."""

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from service.api.schemas import MAX_URL, Instant, Strict, Text, examples, sane
from service.core.alerts.catalogue import CATALOGUE
from service.core.alerts.condition import Channel, Severity
from service.core.alerts.signature import secret_bytes
from service.core.errors import InvalidInput


def _secret(text: str) -> str:
    """A secret as Standard Webhooks 1.0 has it."""
    try:
        secret_bytes(text)
    except InvalidInput as error:
        raise ValueError(str(error)) from None
    return text


def _event_type(name: str) -> str:
    if name not in CATALOGUE:
        raise ValueError(f"there is no such event; there are {', '.join(CATALOGUE)}")
    return name


EventName = Annotated[str, AfterValidator(_event_type), WithJsonSchema({"type": "string", "enum": list(CATALOGUE)})]
"""A type of event."""

Secret = Annotated[str, AfterValidator(_secret)]
"""A secret that signs."""

_FILTER_EVENTS = "Only these types of event; empty for all."
_FILTER_OUTLETS = "Only events about these outlets; empty for all, and for events about the service itself."
_FILTER_SEVERITY = "Only events that matter as much, or more."
_SECRET = "whsec_ and Base64 of 24 to 64 bytes; made for you where it is left out."  # noqa: S105 - words about secrets

_DIGEST = (
    "How many minutes what can wait is collected before it is sent as one `alerts.digest`; 0 sends each event by "
    "itself. Confirmed impersonations, returns and trouble of the watch itself never wait."
)

DigestMinutes = Annotated[int, Field(ge=0, le=7 * 24 * 60)]
EventNames = Annotated[tuple[EventName, ...], Field(max_length=len(CATALOGUE))]
OutletIds = Annotated[tuple[Text, ...], Field(max_length=500)]


class NewWebhook(Strict):
    """A receiver of events: a webhook (Standard Webhooks), or a channel of people."""

    model_config = examples(
        {"url": "https://hooks.example.org/spoofwatch", "events": ["impersonation.confirmed", "site.resurfaced"]},
    )

    url: Annotated[str, Field(max_length=MAX_URL), AfterValidator(sane)] = Field(
        description="Where events are posted to. A private address is refused unless the operator allows its network.",
        examples=["https://hooks.example.org/spoofwatch"],
    )
    kind: Channel = Field(
        Channel.WEBHOOK,
        description="What takes them there: a chat's webhook, mailto: addresses for email, or an address of Apprise.",
    )
    secret: Secret | None = Field(None, description=_SECRET + " For the kind webhook alone.")
    events: EventNames = Field((), description=_FILTER_EVENTS)
    outlets: OutletIds = Field((), description=_FILTER_OUTLETS)
    severity: Severity = Field(Severity.INFO, description=_FILTER_SEVERITY)
    digest_minutes: DigestMinutes | None = Field(
        None,
        description=_DIGEST + " Left out: 0 for the kind webhook, and "
        "alerts.digest_every of the settings for people's channels.",
    )
    note: Text = Field("", description="What it is for.")


class ChangedWebhook(Strict):
    """What is to change of a receiver; what is left out stays."""

    model_config = examples(
        {"enabled": False},
    )

    enabled: bool | None = Field(
        None,
        description="False pauses it: nothing is queued for it and nothing sent. True also takes back that the service "
        "disabled it.",
    )
    events: EventNames | None = Field(None, description=_FILTER_EVENTS)
    outlets: OutletIds | None = Field(None, description=_FILTER_OUTLETS)
    severity: Severity | None = Field(None, description=_FILTER_SEVERITY)
    digest_minutes: DigestMinutes | None = Field(None, description=_DIGEST)
    note: Text | None = Field(None, description="What it is for.")


class Rotation(Strict):
    """A new secret; the one before signs along for 24 hours."""

    model_config = examples({}, {"secret": "whsec_YW4gZXhhbXBsZSwgbm90IGEgc2VjcmV0"})

    secret: Secret | None = Field(None, description=_SECRET)


class Replay(Strict):
    """Which events are sent again."""

    model_config = examples({"since": "2022-06-09T14:05:00Z"})

    since: Instant = Field(description="Events committed at this time or later.")
    delivered: bool = Field(
        default=False,
        description="True: also those that were taken already; else what died, and what was never queued.",
    )
