"""What the API answers with on persistence: survival, the effect of an action, reports and forecasts."""

from pydantic import Field

from service.api.answers import ActionAnswer, Answer, Moment
from service.core.persistence.measures import By, Measure
from service.core.persistence.reports import ReportState, Role


class ShareAnswer(Answer):
    """A share by a day, with its 95 % limits."""

    day: int = Field(description="Days since the origin.")
    value: float = Field(description="The share to which it has happened by then (one minus Kaplan-Meier).")
    lower: float = Field(description="Lower 95 % limit.")
    upper: float = Field(description="Upper 95 % limit.")
    at_earliest: float | None = Field(description="The share with every event at its earliest between two looks.")
    at_latest: float | None = Field(description="The share with every event at its latest between two looks.")
    at_risk: int = Field(description="Under watch and without the event at that day.")


class CauseShareAnswer(Answer):
    """The share that one cause has taken by a day (Aalen-Johansen)."""

    cause: str = Field(description="The cause.", examples=["blocked"])
    day: int = Field(description="Days since the origin.")
    value: float = Field(description="Cumulative incidence.")
    lower: float = Field(description="Lower 95 % limit.")
    upper: float = Field(description="Upper 95 % limit.")


class PointAnswer(Answer):
    """A corner of the curve."""

    day: float = Field(description="From this day on.")
    value: float = Field(description="The share to which it has happened.")
    lower: float = Field(description="Lower 95 % limit.")
    upper: float = Field(description="Upper 95 % limit.")
    at_risk: int = Field(description="How many were at risk just before.")
    events: int = Field(description="How many it happened to at that time.")


class RowAnswer(Answer):
    """What one subject counted as."""

    id: str = Field(description="Its lookalike and its block, episode or report.", examples=["lka_17/blk_2f7c0d1a"])
    lookalike: str = Field(description="The lookalike.")
    site: str = Field(description="The host name.")
    outlet: str = Field(description="The outlet.")
    entry: float = Field(description="Day on which it came under watch; 0 is from the start.")
    low: float = Field(description="Last day on which it had not happened yet.")
    high: float = Field(description="First day on which it had; low again where it was not seen to happen.")
    cause: str | None = Field(description="What happened; null where it was not seen to happen (censored).")


class GroupAnswer(Answer):
    """One group of subjects. Rates are left out where too few are behind them."""

    group: str = Field(description="What they have in common; all, or unknown where that is not known.")
    n: int = Field(description="Subjects.")
    events: int = Field(description="To how many it was seen to happen.")
    censored: int = Field(description="Those to whom it was not seen to happen while they were watched.")
    entered_late: int = Field(description="Those that came under watch after the origin; they count from then on.")
    withheld: bool = Field(description="Fewer than minimum: counts and rows only.")
    shares: list[ShareAnswer] = Field(description="Shares at 1, 7, 30 and 90 days, as far as anybody was watched.")
    causes: list[CauseShareAnswer] = Field(description="The same by cause.")
    median: float | None = Field(description="Day by which it has happened to half; null where that was not reached.")
    median_lower: float | None = Field(description="Lower 95 % limit of it.")
    median_upper: float | None = Field(description="Upper 95 % limit of it.")
    mean_30: float | None = Field(description="Mean days without the event within the first 30 (restricted mean).")
    mean_90: float | None = Field(description="Mean days without the event within the first 90 (restricted mean).")
    curve: list[PointAnswer] = Field(description="The whole curve.")
    rows: list[RowAnswer] = Field(description="What each subject counted as, where rows were asked for.")


class LogRankAnswer(Answer):
    """Whether the groups differ (log-rank test)."""

    statistic: float = Field(description="Chi-square.")
    degrees: int = Field(description="Degrees of freedom.")
    p: float = Field(description="How often chance alone would give as much.")


class MeasuredAnswer(Answer):
    """One measure: all subjects together, then by group."""

    measure: Measure = Field(description="What the days are counted to.")
    definition: str = Field(description="From when to when days are counted.")
    all: GroupAnswer = Field(description="All subjects.")
    groups: list[GroupAnswer] = Field(description="By group, the largest first.")
    test: LogRankAnswer | None = Field(description="Whether groups of at least minimum subjects differ.")


class PersistenceAnswer(Answer):
    """How long blocks hold, sites stay away and successors take, as it was known at a time."""

    as_of: Moment = Field(description="Only what was known then counts.")
    by: By | None = Field(description="What they are grouped by here.")
    minimum: int = Field(description="Subjects below which no rate is shown.")
    measures: list[MeasuredAnswer] = Field(description="Down, resurfaced, successor, report.")


class RatioAnswer(Answer):
    """A count of a whole, with the share and its limits unless too few are behind it."""

    count: int = Field(description="How many.")
    n: int = Field(description="Of how many.")
    share: float | None = Field(description="The share; null below minimum.")
    lower: float | None = Field(description="Lower 95 % limit (Wilson).")
    upper: float | None = Field(description="Upper 95 % limit (Wilson).")
    ids: list[str] = Field(description="Those that were counted.")


class DownAtAnswer(Answer):
    """How the blocked lookalikes stood at a day after their blocks."""

    day: int = Field(description="Days after the block.")
    down: RatioAnswer = Field(description="Down, of those of which it is known.")
    least: int = Field(description="Down with every end at its latest between two looks.")
    most: int = Field(description="Down with every end at its earliest between two looks.")
    served: list[str] = Field(description="Lookalikes that were served.")
    unknown: list[str] = Field(description="Lookalikes of which it is not known.")
    pending: list[str] = Field(description="Lookalikes for which that day has not come yet.")


class ReplacementAnswer(Answer):
    """A new lookalike of an outlet that the action was for."""

    lookalike: str = Field(description="The lookalike.")
    site: str = Field(description="The host name.")
    outlet: str = Field(description="The outlet.")
    appeared_at: Moment = Field(
        description="Registered, or found where that is not known; a name held in reserve, when it took over."
    )
    days: float = Field(description="Days since the action.")
    predecessor: str | None = Field(description="The blocked site that it is tied to; null where only time ties it.")
    served: bool = Field(description="It serves the impersonation at as_of.")


class RateAnswer(Answer):
    """New lookalikes in a window, for 30 days."""

    since: Moment = Field(description="Begin of the window.")
    until: Moment = Field(description="End of the window.")
    count: int = Field(description="New lookalikes.")
    per_month: float | None = Field(description="For 30 days; null where the window has no length.")
    lower: float | None = Field(description="Lower 95 % limit.")
    upper: float | None = Field(description="Upper 95 % limit.")
    ids: list[str] = Field(description="The lookalikes.")


class CoverageAnswer(Answer):
    """How well was looked for new names of one outlet in both windows."""

    outlet: str = Field(description="The outlet.")
    since: Moment = Field(description="Begin of the window before.")
    until: Moment = Field(description="End of the window after.")
    complete: int = Field(description="Complete sweeps.")
    incomplete: int = Field(description="Sweeps that did not come to their end.")
    unanswered: int = Field(description="Names that complete sweeps had no answer for.")
    longest_gap: float | None = Field(description="Longest time in days without a complete sweep of the exact labels.")
    sweeps: list[int] = Field(description="The sweeps.")


class BlockedNameAnswer(Answer):
    """One block of the action, and how its lookalike fared."""

    lookalike: str = Field(description="The lookalike.")
    site: str = Field(description="The host name.")
    outlet: str = Field(description="The outlet.")
    block: str = Field(description="The block.")
    effective_from: Moment = Field(description="Since when it is in force.")
    met_episode: int | None = Field(description="The episode that it met; null where nothing was served.")
    episodes: list[int] = Field(description="Every episode of the lookalike.")
    down_after: float | None = Field(description="Days until that episode ended; null while it goes on.")
    state: str = Field(description="served, down or unknown, as last seen by as_of.")
    successors: list[str] = Field(description="Lookalikes that took over from it.")


class EffectAnswer(Answer):
    """Whether an action worked, from what was known at as_of."""

    action: ActionAnswer = Field(description="The action.")
    as_of: Moment = Field(description="Only what was known then counts.")
    minimum: int = Field(description="Subjects below which no rate is shown.")
    names: list[BlockedNameAnswer] = Field(description="Every lookalike that it blocked.")
    served_at_block: RatioAnswer = Field(description="Those that were served when their block took effect.")
    down_at: list[DownAtAnswer] = Field(description="How those stood at 1, 7, 30 and 90 days.")
    to_down: GroupAnswer = Field(description="Days from block to down, of those served then.")
    served_elsewhere: RatioAnswer = Field(description="Blocked lookalikes of which a successor is served at as_of.")
    outlets_again: RatioAnswer = Field(description="Outlets of which a new lookalike came into being afterwards.")
    first_replacement: ReplacementAnswer | None = Field(description="The first new lookalike of those outlets.")
    first_successor: ReplacementAnswer | None = Field(description="The first that is tied to a blocked site.")
    replacements: list[ReplacementAnswer] = Field(description="All new ones, the earliest first.")
    replacements_per_name: float | None = Field(description="New lookalikes for each blocked name.")
    successors_per_name: float | None = Field(description="Tied ones for each blocked name.")
    before: RateAnswer = Field(description="New lookalikes before the action, while those outlets were watched.")
    after: RateAnswer = Field(description="New lookalikes after the action.")
    rate_ratio: float | None = Field(description="The rate after by the rate before.")
    ratio_lower: float | None = Field(description="Lower 95 % limit of it.")
    ratio_upper: float | None = Field(description="Upper 95 % limit of it; null where there is none.")
    coverage: list[CoverageAnswer] = Field(description="How well was looked for new names.")


class ReportChangeAnswer(Answer):
    """A state that a report came to."""

    state: ReportState = Field(description="The state.")
    at: Moment = Field(description="When it happened.")
    recorded_at: Moment = Field(description="When the service was told.")
    note: str = Field(description="What was said.")
    by: str = Field(description="Who said so: the token that it came with; empty for the service itself.")


class ReportAnswer(Answer):
    """A report to somebody who can take a site down."""

    id: str = Field(description="The report's id.", examples=["rep_9c41aa20d0e35b17"])
    lookalike: str = Field(description="The lookalike that it is about.")
    site: str = Field(description="The host name.")
    outlet: str = Field(description="The outlet.")
    role: Role = Field(description="Whom it was sent to.")
    recipient: str = Field(description="The address or form that it was sent to.")
    sent_at: Moment = Field(description="When it was sent.")
    due_at: Moment = Field(description="By when an answer is expected.")
    recorded_at: Moment = Field(description="When it was recorded here.")
    state: ReportState = Field(description="How it stands.")
    reference: str = Field(description="Where it can be looked up: a ticket, a message id.")
    changes: list[ReportChangeAnswer] = Field(description="Every state that it came to, in order.")


class ReportList(Answer):
    """Reports, the newest sent first."""

    data: list[ReportAnswer] = Field(description="The reports.")


class LikelyAnswer(Answer):
    """A name that is likely to be taken next."""

    rank: int = Field(description="Counted from 1, the likeliest.")
    name: str = Field(description="The name.", examples=["spiegel.life"])
    form: str = Field(description="exact: the outlet's own label; used before; or the family of edits that makes it.")
    likelihood: float = Field(description="How likely it is to be the outlet's next, 0 to 1.")


class HitAnswer(Answer):
    """A name of the forecast that exists since."""

    name: str = Field(description="The name.")
    rank: int = Field(description="Its rank.")
    found_at: Moment = Field(description="When it was found.")


class ScoreAnswer(Answer):
    """How a forecast did within 90 days."""

    at: Moment = Field(description="When it was counted.")
    taken: int = Field(description="Lookalikes of the outlet that came into being after the forecast and are flagged.")
    within_10: int = Field(description="Of those, how many were among its first 10.")
    within_100: int = Field(description="Among its first 100.")
    within_1000: int = Field(description="Among its first 1,000.")


class ForecastItem(Answer):
    """A forecast without its names."""

    id: str = Field(description="The forecast's id.", examples=["fct_5b1d7c0f2a9e4d66"])
    outlet: str = Field(description="The outlet.")
    made_at: Moment = Field(description="When it was made and stored, before any name was asked for.")
    reason: str = Field(description="Why it was made: an action, or somebody asked.")
    method: str = Field(description="The method and its version.")
    size: int = Field(description="How many names it has.")
    watched_until: Moment = Field(description="Until when its names are asked for.")
    probed_at: Moment | None = Field(description="When they were asked for last.")
    probes: int = Field(description="How many times.")
    hits: list[HitAnswer] = Field(description="Names that exist since, by rank.")
    score: ScoreAnswer | None = Field(description="How it did so far; null until it was counted.")


class ForecastAnswer(ForecastItem):
    """A forecast."""

    names: list[LikelyAnswer] = Field(description="Its names, the likeliest first.")


class ForecastList(Answer):
    """Forecasts, newest first."""

    data: list[ForecastItem] = Field(description="The forecasts.")
