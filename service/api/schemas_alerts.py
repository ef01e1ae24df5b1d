"""What ``/v1/alert-groups`` takes."""

from pydantic import Field

from service.api.schemas import Strict, Text, examples

_GROUP = "The group's key, or the host name of a site that it is about."


class Acknowledgement(Strict):
    """Somebody has it in hand."""

    model_config = examples({"group": "campaign:cmp_2f7c0d1a9b3e", "note": "reported to the registrar"})

    group: Text = Field(min_length=1, description=_GROUP)
    note: Text = Field("", description="What is being done, for those who come on duty next.")


class Reopening(Strict):
    """It is nobody's any more."""

    model_config = examples({"group": "spiegel.ltd"})

    group: Text = Field(min_length=1, description=_GROUP)
