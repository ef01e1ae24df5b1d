"""What the API takes on persistence: reports and forecasts. Rules as in ``schemas.py``."""

from typing import Annotated, Literal

from pydantic import Field

from service.api.schemas import Id, Instant, Strict, Text, examples
from service.core.persistence.reports import Role


class NewReport(Strict):
    """A report that somebody sent to those who can take a site down."""

    model_config = examples(
        {
            "lookalike": "lka_17",
            "role": "registrar",
            "recipient": "abuse@registrar.example",
            "sent_at": "2022-06-10T08:00:00Z",
            "reference": "ticket 4711",
        }
    )

    lookalike: Id = Field(description="The id of the lookalike that it is about.", examples=["lka_17"])
    role: Role = Field(description="Whom it was sent to.")
    recipient: Annotated[Text, Field(min_length=3)] = Field(
        description="The address or form that it was sent to.", examples=["abuse@registrar.example"]
    )
    sent_at: Instant | None = Field(None, description="When it was sent; now, where it is left out.")
    due_at: Instant | None = Field(
        None, description="By when an answer is expected; reports.answer_within after sending, where it is left out."
    )
    reference: Text = Field("", description="Where it can be looked up: a ticket, a message id.")


class ChangedReport(Strict):
    """What became of a report."""

    model_config = examples({"state": "acted", "at": "2022-06-12T09:30:00Z", "note": "name put on hold"})

    state: Literal["answered", "acted", "refused", "withdrawn"] = Field(
        description="answered: somebody wrote back; acted: they took the site down; refused; withdrawn by its sender."
    )
    at: Instant | None = Field(None, description="When that was; now, where it is left out.")
    note: Text = Field("", description="What was said.")


class NewForecast(Strict):
    """A forecast to make."""

    model_config = examples({"outlet": "spiegel.de", "watch": True})

    outlet: Id = Field(description="The id of the outlet.", examples=["spiegel.de"])
    watch: bool = Field(default=False, description="Ask for its names every few minutes over the next 72 hours.")
