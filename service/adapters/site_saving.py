"""Sites into their tables: only what changed since the version that the caller read.

Nothing is ever deleted here, and facts that changed leave their trace: verdicts and observations are appended. A look
that found nothing new costs one UPDATE of the site and one of its observation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, update

from service.adapters.codec import dumps
from service.adapters.site_loading import Ids, Signals, Summary
from service.adapters.tables import BLOCK, EPISODE, LOOKALIKE, OBSERVATION, SITE, TARGET, VERDICT
from service.adapters.tables_base import storable
from service.core.facts.dns import DnsFacts
from service.core.facts.registration import Registration
from service.core.model import AnalystWord, Failures

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, CursorResult

    from service.adapters.site_loading import Stored
    from service.core.model import Block, Episode, Lookalike, Observation, Site

# Built once: building a statement takes longer than running it. Which columns are set follows from the parameters;
# those named key_... are the row's address.
_UPDATE_SITE = update(SITE).where(SITE.c.id == bindparam("key_id"), SITE.c.version == bindparam("key_version"))
_UPDATE_LOOKALIKE = update(LOOKALIKE).where(LOOKALIKE.c.id == bindparam("key_id"))
_UPDATE_OBSERVATION = update(OBSERVATION).where(
    OBSERVATION.c.site_id == bindparam("key_site"), OBSERVATION.c.number == bindparam("key_number")
)
_UPDATE_EPISODE = update(EPISODE).where(
    EPISODE.c.lookalike_id == bindparam("key_lookalike"), EPISODE.c.number == bindparam("key_number")
)
_UPDATE_BLOCK = update(BLOCK).where(BLOCK.c.site_id == bindparam("key_site"), BLOCK.c.id == bindparam("key_id"))
_INSERT_LOOKALIKE, _INSERT_OBSERVATION, _INSERT_EPISODE = insert(LOOKALIKE), insert(OBSERVATION), insert(EPISODE)
_INSERT_BLOCK, _INSERT_TARGET, _INSERT_VERDICT = insert(BLOCK), insert(TARGET), insert(VERDICT)

_PLAIN = (
    "availability",
    "availability_since",
    "availability_reason",
    "looked_at",
    "active_at",
    "registration_asked_at",
    "pages_fetched_at",
)


def save(connection: Connection, stored: Stored, site: Site, at: datetime) -> bool:
    """Write what differs between ``stored`` and ``site``; False, and nothing written, if the version has moved on."""
    old, new = stored.site, site
    grown = _continues(old.observation, new.observation)
    values = _site_changes(old, new)
    values["version"] = stored.version + 1
    if new.observation is not None and not grown:
        values["observations"] = stored.observations + 1
    key = {"key_id": stored.id, "key_version": stored.version}
    if connection.execute(_UPDATE_SITE, key | values).rowcount != 1:
        return False
    if new.observation is not None and new.observation != old.observation:
        _save_observation(connection, stored, new.observation, grown=grown)
    if new.lookalikes != old.lookalikes:
        _save_lookalikes(connection, stored, new, at)
    if new.blocks != old.blocks:
        _save_blocks(connection, stored, new.blocks)
    if new.targets != old.targets:
        sources = {storable(target.url): target.source for target in new.targets}
        known = {target.url for target in old.targets}
        insert_targets(connection, stored.id, {url: sources[url] for url in sources if url not in known})
    return True


def _continues(old: Observation | None, new: Observation | None) -> bool:
    """Whether the new observation is the last one's row."""
    return old is not None and new is not None and (old.digest, old.first_at) == (new.digest, new.first_at)


def _site_changes(old: Site, new: Site) -> dict[str, Any]:
    """Columns of the site's own row that differ. ``due_at`` always: a claim may have moved it."""
    values: dict[str, Any] = {"due_at": new.due_at}
    if new.urgency != old.urgency:
        values["urgency"] = new.urgency
    for name in _PLAIN:
        value = getattr(new, name)
        if value != getattr(old, name):
            values[name] = value
    if new.failures != old.failures:
        values["failures_json"] = None if new.failures is None else dumps(Failures, new.failures)
    if new.registration != old.registration:
        values.update(_registration(new.registration))
    if new.dns != old.dns:
        values["dns_json"] = None if new.dns is None else dumps(DnsFacts, new.dns)
    return values


def _registration(registration: Registration | None) -> dict[str, Any]:
    if registration is None:
        return dict.fromkeys(("registration_status", "registered_at", "registrar", "registration_json"))
    return {
        "registration_status": registration.status,
        "registered_at": registration.created_at,
        "registrar": registration.registrar,
        "registration_json": dumps(Registration, registration),
    }


def _save_observation(connection: Connection, stored: Stored, observation: Observation, *, grown: bool) -> None:
    values: dict[str, Any] = {"last_at": observation.last_at, "count": observation.count}
    old = stored.site.observation
    if old is None or observation.consensus != old.consensus:
        values["consensus"] = observation.consensus
    if old is None or observation.summary != old.summary:
        values["summary_json"] = dumps(Summary, observation.summary)
    if grown:
        key = {"key_site": stored.id, "key_number": stored.observations}
        connection.execute(_UPDATE_OBSERVATION, key | values)
        return
    values |= {
        "site_id": stored.id,
        "number": stored.observations + 1,
        "digest": observation.digest,
        "first_at": observation.first_at,
        "consensus": observation.consensus,
        "summary_json": dumps(Summary, observation.summary),
    }
    connection.execute(_INSERT_OBSERVATION, values)


def _save_lookalikes(connection: Connection, stored: Stored, site: Site, at: datetime) -> None:
    old = {lookalike.outlet: lookalike for lookalike in stored.site.lookalikes}
    for lookalike in site.lookalikes:
        before = old.get(lookalike.outlet)
        if before == lookalike:
            continue
        if before is None:
            lookalike_id = insert_lookalike(connection, stored.id, lookalike)
        else:
            lookalike_id = stored.lookalike_ids[lookalike.outlet]
            connection.execute(_UPDATE_LOOKALIKE, {"key_id": lookalike_id} | _lookalike_columns(lookalike))
        if before is None or (before.verdict, before.analyst) != (lookalike.verdict, lookalike.analyst):
            _append_verdict(connection, lookalike_id, lookalike, at)
        _save_episodes(connection, lookalike_id, () if before is None else before.episodes, lookalike.episodes)


def _lookalike_columns(lookalike: Lookalike) -> dict[str, Any]:
    """A lookalike's own columns, but for whose it is."""
    return {
        "technique": lookalike.technique,
        "name_score": lookalike.name_score,
        "distance": lookalike.distance,
        "discovered_at": lookalike.discovered_at,
        "verdict": lookalike.verdict,
        "flagged": lookalike.verdict.flagged,
        "score": lookalike.score,
        "reason": lookalike.reason,
        "signals_json": dumps(Signals, lookalike.signals),
        "first_seen_as": lookalike.first_seen_as,
        "flagged_at": lookalike.flagged_at,
        "analyst_json": None if lookalike.analyst is None else dumps(AnalystWord, lookalike.analyst),
        "announced": lookalike.announced,
        "predecessor": lookalike.predecessor,
        "flag_events_json": dumps(Ids, lookalike.flag_events) if lookalike.flag_events else None,
    }


def insert_lookalike(connection: Connection, site_id: int, lookalike: Lookalike) -> int:
    """A new lookalike's row; its id."""
    values = {"site_id": site_id, "outlet": lookalike.outlet} | _lookalike_columns(lookalike)
    return new_id(connection.execute(_INSERT_LOOKALIKE, values))


def new_id(result: CursorResult[Any]) -> int:
    """The number that the database gave to the row just inserted."""
    key: Any = result.inserted_primary_key
    return int(key[0])


def _append_verdict(connection: Connection, lookalike_id: int, lookalike: Lookalike, at: datetime) -> None:
    row = {
        "lookalike_id": lookalike_id,
        "at": at,
        "verdict": lookalike.verdict,
        "score": lookalike.score,
        "reason": lookalike.reason,
        "signals_json": dumps(Signals, lookalike.signals),
        "analyst_json": None if lookalike.analyst is None else dumps(AnalystWord, lookalike.analyst),
    }
    connection.execute(_INSERT_VERDICT, row)


def _save_episodes(
    connection: Connection, lookalike_id: int, old: tuple[Episode, ...], new: tuple[Episode, ...]
) -> None:
    before = {episode.number: episode for episode in old}
    for episode in new:
        if before.get(episode.number) == episode:
            continue
        values = {
            "began_at": episode.began_at,
            "last_seen_at": episode.last_seen_at,
            "ended_at": episode.ended_at,
            "cause": episode.cause,
            "censored": episode.censored,
            "url": episode.url,
            "profile": episode.profile,
        }
        if episode.number in before:
            key = {"key_lookalike": lookalike_id, "key_number": episode.number}
            connection.execute(_UPDATE_EPISODE, key | values)
        else:
            key = {"lookalike_id": lookalike_id, "number": episode.number}
            connection.execute(_INSERT_EPISODE, key | values)


def _save_blocks(connection: Connection, stored: Stored, blocks: tuple[Block, ...]) -> None:
    before = {block.id: block for block in stored.site.blocks}
    for block in blocks:
        if before.get(block.id) == block:
            continue
        values = {
            "place": block.place,
            "effective_from": block.effective_from,
            "known_from": block.known_from,
            "reported": block.reported,
            "lifted_at": block.lifted_at,
            "reference": block.reference,
            "action": block.action,
        }
        if block.id in before:
            connection.execute(_UPDATE_BLOCK, {"key_site": stored.id, "key_id": block.id} | values)
        else:
            connection.execute(_INSERT_BLOCK, {"site_id": stored.id, "id": block.id} | values)


def insert_targets(connection: Connection, site_id: int, targets: dict[str, str]) -> None:
    """New targets of a site: sources by URL."""
    if targets:
        rows = [{"site_id": site_id, "url": url, "source": source} for url, source in targets.items()]
        connection.execute(_INSERT_TARGET, rows)
