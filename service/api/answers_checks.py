"""The shapes of ``/v1/checks``: what ``spoofwatch check --json`` prints of one name or URL."""

from pydantic import Field

from service.api.answers import HOSTILE, Answer, Moment
from service.core.checks import CheckState


class CheckedHop(Answer):
    """One step of a redirect chain."""

    url: str = Field(description=f"What was asked for. {HOSTILE}")
    by: str = Field(description="What led there: start, http, meta, script or refresh.", examples=["http"])
    status: int | None = Field(description="The HTTP status that it answered with.", examples=[302])
    address: str | None = Field(description="The address that was dialled.", examples=["192.0.2.7"])


class CheckedCertificate(Answer):
    """The certificate of a page."""

    verified: bool = Field(description="Whether its chain is one that browsers trust.")
    error: str = Field(description="Why it is not; empty where it is.", examples=[""])
    protocol: str = Field(description="The version of TLS.", examples=["TLSv1.3"])
    subject: str = Field(description=f"Whom it names. {HOSTILE}", examples=["CN=spiegel.ltd"])
    issuer: str = Field(description="Who issued it.", examples=["CN=R3,O=Let's Encrypt,C=US"])
    names: list[str] = Field(description=f"The names that it covers. {HOSTILE}", examples=[["spiegel.ltd"]])
    not_before: Moment | None = Field(description="From when on it is good.")
    not_after: Moment | None = Field(description="Until when.")
    sha256: str = Field(description="Its digest.", examples=["3f9a" * 16])
    key: str = Field(description="Kind and size of its key.", examples=["EC 256"])
    spki_sha256: str = Field(description="The digest of its key.", examples=["3f9a" * 16])


class CheckedPage(Answer):
    """How one address was answered to one kind of visitor."""

    url: str = Field(description=f"What was asked for. {HOSTILE}")
    profile: str = Field(description="As which visitor: desktop, mobile, social, search ...", examples=["social"])
    egress: str = Field(description="Through which way out.", examples=["direct"])
    outcome: str = Field(description="ok, or what went wrong.", examples=["ok"])
    detail: str = Field(description="What went wrong, in words.", examples=[""])
    status: int | None = Field(description="The HTTP status in the end.", examples=[200])
    final_url: str = Field(description=f"Where it ended. {HOSTILE}", examples=["https://spiegel.ltd/"])
    hops: list[CheckedHop] = Field(description="The whole chain, the first address included.")
    title: str | None = Field(description=f"The page's title. {HOSTILE}")
    language: str | None = Field(description="The language that it says.", examples=["de"])
    canonical: str | None = Field(
        description=f"The address that it calls its own. {HOSTILE}", examples=["https://www.spiegel.de/"]
    )
    identifiers: list[str] = Field(description="Trackers and accounts in it.", examples=[["google:G-LAB0000001"]])
    body_sha256: str = Field(description="The digest of its bytes.", examples=["3f9a" * 16])
    favicon_sha256: str | None = Field(description="The digest of its icon.", examples=["3f9a" * 16])
    certificate: CheckedCertificate | None = Field(description="What it showed over TLS; null without.")


class CheckedCloaking(Answer):
    """That different visitors are shown different things."""

    grade: float = Field(description="How sure that is, from 0 to 1.", examples=[1.0])
    url: str = Field(description=f"At which address. {HOSTILE}")
    profiles: list[str] = Field(description="Which visitors.", examples=[["desktop", "social"]])
    differences: list[str] = Field(description=f"What differs. {HOSTILE}", examples=[["desktop ends elsewhere"]])


class CheckedSignal(Answer):
    """One fact that the verdict weighs."""

    name: str = Field(description="Which one.", examples=["structure"])
    value: float = Field(description="How strong it is, from 0 to 1.", examples=[0.97])
    weight: float = Field(description="How much it counts.", examples=[0.4])
    evidence: str = Field(description=f"What it was seen in. {HOSTILE}")


class CheckedOutlet(Answer):
    """What it was judged to be beside one outlet."""

    outlet: str = Field(description="The outlet's id.", examples=["spiegel.de"])
    technique: str = Field(description="How the name resembles it.", examples=["tld-swap"])
    verdict: str = Field(description="unknown, innocent, suspected or impersonation.", examples=["impersonation"])
    score: float = Field(description="From 0 to 1.", examples=[0.94])
    reason: str = Field(description="Why, in one sentence.", examples=["serves the page of Der Spiegel"])
    explanation: list[str] = Field(
        description=f"Why, signal by signal. {HOSTILE}", examples=[["structure 0.97: built like the home page"]]
    )
    signals: list[CheckedSignal] = Field(description="What it rests on.")


class CheckReport(Answer):
    """What was seen and judged. Of a name that does not exist or is an outlet's own there is no more than a summary."""

    name: str = Field(description="The host name that was looked at.", examples=["spiegel.ltd"])
    verdict: str = Field(description="The worst of its verdicts.", examples=["impersonation"])
    availability: str = Field(description="What is there.", examples=["live"])
    summary: str = Field(description="That in words.", examples=["pages came over two profiles"])
    addresses: list[str] = Field([], description="Its addresses.", examples=[["192.0.2.7"]])
    nameservers: list[str] = Field([], description="Its name servers.", examples=[["ns1.example.net"]])
    registered_at: Moment | None = Field(None, description="When it was registered.")
    registration_status: str | None = Field(None, description="Whether that could be found.", examples=["found-date"])
    registrar: str | None = Field(None, description="With whom.", examples=["Example Registrar, Inc."])
    vantages: dict[str, str] = Field(
        {}, description="What is there as each vantage sees it.", examples=[{"system": "live"}]
    )
    pages: list[CheckedPage] = Field([], description="Every page that was asked for.")
    cloaking: CheckedCloaking | None = Field(None, description="Null where all visitors are shown the same.")
    outlets: list[CheckedOutlet] = Field(description="What it was judged to be, outlet by outlet.")
    events: list[str] = Field([], description="What was told because of it.", examples=[["impersonation.confirmed"]])
    evidence: list[str] = Field([], description="Ids of what was kept.", examples=[["evd_" + "3f9a" * 16]])


class CheckAnswer(Answer):
    """A check, and what came of it."""

    id: str = Field(description="The check's id.", examples=["chk_6f0c2d4a9b8e7f10"])
    target: str = Field(description=f"As it was given. {HOSTILE}", examples=["https://spiegel.ltd/politik"])
    state: CheckState = Field(description="queued, running, done, or failed (error says why).", examples=["done"])
    asked_at: Moment = Field(description="When it was asked for.")
    done_at: Moment | None = Field(description="When it was over.")
    error: str | None = Field(description="Why nothing came of it.", examples=[None])
    report: CheckReport | None = Field(description="What came of it; null until it is done.")
