"""What ``/v1/webhooks`` and ``/v1/deliveries`` answer with."""

from pydantic import Field

from service.api.answers import HOSTILE, Answer, Moment
from service.core.alerts.condition import Channel, Severity
from service.core.alerts.deliveries import DeliveryState


class WebhookAnswer(Answer):
    """A receiver of events. Its secret is never shown again."""

    id: str = Field(description="The webhook's id.", examples=["whk_0c6b1f5e2d3a"])
    kind: Channel = Field(description="A webhook, or which channel of people.")
    url: str = Field(description="Where events are posted to; of a chat only its host, since the rest is a secret.")
    events: list[str] = Field(description="Only these types of event; empty for all.")
    outlets: list[str] = Field(description="Only events about these outlets; empty for all.")
    severity: Severity = Field(description="Only events that matter as much, or more.")
    digest_minutes: int = Field(
        description="How many minutes what can wait is collected for a digest; 0: each event is sent by itself."
    )
    enabled: bool = Field(description="False: paused, or disabled by the service.")
    disabled_because: str = Field(description="Why the service disabled it; empty where it did not.")
    failures: int = Field(description="Tries that failed, in a row.")
    failing_since: Moment | None = Field(description="Since when it fails; after five days it is disabled.")
    next_probe_at: Moment | None = Field(description="Until when nothing is sent to it, while it fails.")
    old_secret_until: Moment | None = Field(description="Until when the secret before the last rotation signs along.")
    note: str = Field(description="What it is for.")
    created_at: Moment = Field(description="Since when it exists.")


class CreatedWebhook(WebhookAnswer):
    """A receiver with the secret that signs what is sent to it. Keep it: it is shown this once."""

    secret: str | None = Field(description="whsec_ and Base64 (Standard Webhooks); null for a channel of people.")


class WebhookList(Answer):
    """Receivers, by id."""

    data: list[WebhookAnswer] = Field(description="The webhooks.")
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null on the last page.")


class TestSent(Answer):
    """A test event is on its way."""

    event: str = Field(description="The event's id: the header webhook-id that it arrives with.")


class Replayed(Answer):
    """Events are on their way again, each under its own id."""

    queued: int = Field(description="How many events that is.")


class DeliveryItem(Answer):
    """One event on its way to one webhook."""

    id: str = Field(description="The delivery's id.", examples=["dlv_1"])
    webhook: str = Field(description="The webhook's id.")
    event: str = Field(description="The event's id: the header webhook-id, the same at every try.")
    type: str = Field(description="Which event it is.")
    state: DeliveryState = Field(
        description="pending, held (for the next digest), summed-up (in one, where it was news), delivered, or dead: "
        "given up, and kept for a retry or replay."
    )
    tries: int = Field(description="How often it was tried.")
    queued_at: Moment = Field(description="When the event was committed.")
    next_at: Moment | None = Field(description="When it is tried next; null where it is done.")
    status: int | None = Field(description="The HTTP status of the last answer; null where there was none.")
    answer: str = Field(description=f"The first kilobyte of the last answer, or why there was none. {HOSTILE}")


class AttemptItem(Answer):
    """One try."""

    number: int = Field(description="Its number, from 1.")
    at: Moment = Field(description="When it was made.")
    ok: bool = Field(description="Whether it was taken: answered with 2xx.")
    status: int | None = Field(description="The HTTP status; null where there was no answer.")
    answer: str = Field(description=f"The first kilobyte of the answer, or why there was none. {HOSTILE}")


class DeliveryDetail(DeliveryItem):
    """One delivery with every try."""

    attempts: list[AttemptItem] = Field(description="The tries, oldest first.")


class DeliveryPage(Answer):
    """Deliveries, newest first."""

    data: list[DeliveryItem] = Field(description="The deliveries.")
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null on the last page.")
