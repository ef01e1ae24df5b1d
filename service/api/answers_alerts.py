"""What ``/v1/alert-groups`` answers with."""

from pydantic import Field

from service.api.answers import Answer, Moment
from service.core.alerts.condition import Severity


class AlertGroupAnswer(Answer):
    """What alerts are told together by: a campaign, or the names that resemble one outlet."""

    group: str = Field(description="campaign: and its id, or family: and the outlet's.", examples=["family:spiegel.de"])
    severity: Severity = Field(description="How much the worst of its events matters.")
    events: int = Field(description="How many events there were.")
    first_at: Moment = Field(description="When the first one happened.")
    last_at: Moment = Field(description="When the last one happened.")
    last_event: str = Field(description="The type of the last one.", examples=["site.down"])
    last_site: str = Field(description="The site that the last one is about.", examples=["spiegel.ltd"])
    acknowledged: bool = Field(description="Digests leave it out until it gets worse.")
    acknowledged_at: Moment | None = Field(description="Since when; null where it is not acknowledged.")
    acknowledged_by: str = Field(
        description="Who acknowledged it last; empty where nobody ever did.", examples=["token 4f2a1c0b9d8e"]
    )
    note: str = Field(description="What they said about it.", examples=["reported to the registrar"])
    reopened_by: str = Field(
        description="The id of the event that was worse and ended the last acknowledgement; empty where none did.",
        examples=["evt_5b1d7c0f2a9e4d6683b0c1f7a2"],
    )


class AlertGroupList(Answer):
    """Alert groups, those with the last alert first."""

    data: list[AlertGroupAnswer] = Field(description="The groups.")
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null on the last page.")
