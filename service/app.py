"""The running service as one frozen value: what api, daemon and command line take. ``bootstrap.py`` builds it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from service.core.alerts.condition import Channel
from service.pipeline.admit import Door
from service.pipeline.alert import Courier
from service.pipeline.baselines import BaselineKeeper
from service.pipeline.blocks import BlockBook
from service.pipeline.check_desk import CheckDesk
from service.pipeline.digest import Digester
from service.pipeline.evidence import Archivist
from service.pipeline.examine import Examiner
from service.pipeline.export import Exporter
from service.pipeline.forecast import Forecaster
from service.pipeline.link import Linker
from service.pipeline.onboard import Onboarder
from service.pipeline.persistence import Persister
from service.pipeline.report import Reporter
from service.pipeline.screenshots import Photographer
from service.pipeline.siblings import SiblingSweeper
from service.pipeline.sightings import SightingDesk
from service.pipeline.sweep import Sweeper
from service.pipeline.track import Tracker
from service.pipeline.uploads import CaptureDesk
from service.pipeline.watched import Watched
from service.ports import Clock, Resolver, Store
from service.ports_evidence import Evidence


@dataclass(frozen=True, kw_only=True)
class App:
    """Ports and pipeline steps, wired. ``ready`` maps each check to "ok" or to what is wrong in words.

    ``metrics`` are numbers in Prometheus' text format. ``full`` says why nothing may be written now, else nothing.
    ``vet_webhook`` says why a URL is refused, None where it is not. ``token_bytes`` is the source of secrets (n -> n
    bytes); ``seal`` makes of a secret what may be stored.
    """

    version: str
    clock: Clock
    store: Store
    resolver: Resolver
    watched: Watched
    door: Door
    examiner: Examiner
    checks: CheckDesk
    tracker: Tracker
    blocks: BlockBook
    linker: Linker
    sweeper: Sweeper
    siblings: SiblingSweeper
    sightings: SightingDesk
    captures: CaptureDesk
    courier: Courier
    digester: Digester
    onboarder: Onboarder
    baselines: BaselineKeeper
    persister: Persister
    reporter: Reporter
    forecaster: Forecaster
    evidence: Evidence
    archivist: Archivist
    photographer: Photographer
    exporter: Exporter
    ready: Callable[[], Awaitable[Mapping[str, str]]]
    metrics: Callable[[], Awaitable[bytes]]
    full: Callable[[], str]
    vet_webhook: Callable[[str, Channel], Awaitable[str | None]]
    token_bytes: Callable[[int], bytes]
    seal: Callable[[str], str]
