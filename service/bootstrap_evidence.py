"""The part of the composition root that keeps evidence: files, archivist, camera, and the watch over the disk."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from importlib.metadata import version

from service.adapters import warc
from service.adapters.browser import BrowserPlan, ChromiumCamera
from service.adapters.dialer import Dialer
from service.adapters.evidence import EvidenceFiles
from service.adapters.warc_upload import render_upload
from service.core.evidence.retention import Retention
from service.core.model import Profile
from service.daemon.space import Space
from service.pipeline.evidence import Archivist, EvidencePlan, Scope
from service.pipeline.screenshots import Photographer, ShotPlan
from service.pipeline.sightings import SightingDesk
from service.pipeline.uploads import CaptureDesk
from service.pipeline.watched import Watched
from service.ports import Clock, Parser, Store
from service.settings import Settings

_MIB = 1024 * 1024
SOFTWARE = f"spoofwatch/{version('spoofwatch')}"
"""What signs files of evidence."""


@dataclass(frozen=True, kw_only=True)
class EvidenceParts:
    """What keeps evidence, wired."""

    files: EvidenceFiles
    space: Space
    archivist: Archivist
    photographer: Photographer

    def captures(self, desk: SightingDesk, parser: Parser) -> CaptureDesk:
        """Where pages are taken in that reporters upload."""
        return CaptureDesk(
            desk=desk,
            evidence=self.files,
            parser=parser,
            render=lambda upload: render_upload(upload, SOFTWARE),
            room=self.space.for_evidence,
        )

    def ready(self) -> dict[str, str]:
        """The lines of /readyz that are about it."""
        return {"disk": self.space.said, "screenshots": self.photographer.state}


@dataclass(frozen=True, kw_only=True)
class Around:
    """The parts of the service that it is built on."""

    settings: Settings
    clock: Clock
    store: Store
    watched: Watched
    dialer: Dialer
    parser: Parser
    profiles: tuple[Profile, ...]


def evidence_parts(around: Around) -> EvidenceParts:
    """Build it. Nothing is written and no browser started before there is something to keep."""
    settings, clock, store = around.settings, around.clock, around.store
    files = EvidenceFiles(settings.path(settings.service.evidence.folder))
    disk = settings.service.disk
    space = Space(
        clock=clock,
        store=store,
        files=files,
        evidence=disk.evidence_above_mib * _MIB,
        looks=disk.looks_above_mib * _MIB,
    )
    archivist = Archivist(
        clock=clock,
        store=store,
        evidence=files,
        render=warc.render,
        plan=_plan(settings),
        room=space.for_evidence,
    )
    return EvidenceParts(
        files=files, space=space, archivist=archivist, photographer=_photographer(around, files, space)
    )


def _photographer(around: Around, files: EvidenceFiles, space: Space) -> Photographer:
    wanted = around.settings.service.screenshots
    plan = BrowserPlan(executable=wanted.executable, user=wanted.user, seconds=wanted.timeout.total_seconds())
    return Photographer(
        clock=around.clock,
        store=around.store,
        evidence=files,
        camera=ChromiumCamera(around.dialer, around.parser, secrets.token_bytes, plan),
        watched=around.watched,
        plan=ShotPlan(profiles=around.profiles, enabled=wanted.enabled),
        room=space.for_evidence,
    )


def _plan(settings: Settings) -> EvidencePlan:
    evidence = settings.service.evidence
    return EvidencePlan(
        software=SOFTWARE,
        scope=Scope(evidence.scope),
        retention=Retention(
            flagged=evidence.keep_flagged,
            other=evidence.keep_other,
            quota=evidence.quota_mib * _MIB,
        ),
    )
