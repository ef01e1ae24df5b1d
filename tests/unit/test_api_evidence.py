"""/v1/evidence: files as attachments that no browser shows."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus

import pytest

from service.core.errors import NotFound
from service.core.evidence.items import EvidenceItem, EvidenceKind
from service.core.states import Verdict
from service.pipeline.dossier import lookalike_of
from tests.builders import START
from tests.fakes import FakeEvidence
from tests.fakes_api import SPIEGEL, ApiUnderTest, api_under_test

HOST = "spiegel.ltd"


@dataclass
class Kept:
    """The API with one piece of evidence of a flagged site."""

    api: ApiUnderTest
    files: FakeEvidence
    item: EvidenceItem

    @property
    def path(self) -> str:
        return f"/v1/evidence/{self.item.id}"


@pytest.fixture
def kept() -> Iterator[Kept]:
    with api_under_test() as api:
        files = FakeEvidence(START)
        api.app = api.build(evidence=files)
        api.watch(SPIEGEL)
        api.admit(HOST)
        api.look(HOST, "spiegel", Verdict.IMPERSONATION)
        made = api.run(files.keep(EvidenceKind.WARC, lambda: b"<script>alert(1)</script>"))
        item = EvidenceItem(
            kept=made, host=HOST, taken_at=START, url=f"https://{HOST}/", profile="social", outlets=("spiegel",)
        )
        api.run(api.store.write(lambda uow: uow.evidence.add([item], START)))
        yield Kept(api, files, item)


def test_a_file_comes_as_an_attachment_in_a_sandbox(kept: Kept) -> None:
    answer = kept.api.answer("GET", kept.path)
    assert answer.status_code == HTTPStatus.OK
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == f'attachment; filename="{kept.item.kept.name}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_the_detail_of_a_lookalike_lists_it(kept: Kept) -> None:
    (row,) = kept.api.get("/v1/lookalikes")["data"]
    (shown,) = kept.api.get(f"/v1/lookalikes/{row['id']}")["evidence"]
    assert (shown["id"], shown["kind"], shown["outlets"]) == (kept.item.id, "warc", ["spiegel"])
    assert shown["removed_at"] is None


def test_what_was_never_there_and_what_is_gone_are_told_apart(kept: Kept) -> None:
    assert kept.api.answer("GET", "/v1/evidence/evd_" + "0" * 64).status_code == HTTPStatus.NOT_FOUND
    assert kept.api.answer("GET", "/v1/evidence/..%2f..%2fetc%2fpasswd").status_code == HTTPStatus.NOT_FOUND
    kept.api.run(kept.api.store.write(lambda uow: uow.evidence.let_go([(kept.item, "older than 90 days")], START)))
    gone = kept.api.answer("GET", kept.path)
    assert gone.status_code == HTTPStatus.NOT_FOUND
    assert "older than 90 days" in gone.json()["detail"]


def test_what_was_let_go_and_is_shown_again_is_back(kept: Kept) -> None:
    kept.api.run(kept.api.store.write(lambda uow: uow.evidence.let_go([(kept.item, "older than 90 days")], START)))
    kept.api.run(kept.api.store.write(lambda uow: uow.evidence.add([kept.item], START)))
    assert kept.api.answer("GET", kept.path).status_code == HTTPStatus.OK


def test_a_missing_file_and_an_altered_one_say_so(kept: Kept) -> None:
    name = kept.item.kept.name
    kept.files.files[name] = b"altered", START
    altered = kept.api.answer("GET", kept.path)
    assert (altered.status_code, "altered" in altered.json()["detail"]) == (HTTPStatus.CONFLICT, True)
    del kept.files.files[name]
    missing = kept.api.answer("GET", kept.path)
    assert (missing.status_code, "missing" in missing.json()["detail"]) == (HTTPStatus.NOT_FOUND, True)


def test_the_same_file_of_two_hosts_is_found_while_one_of_them_keeps_it(kept: Kept) -> None:
    other = replace(kept.item, host="bild.ltd")
    kept.api.run(kept.api.store.write(lambda uow: uow.evidence.add([other], START)))
    kept.api.run(kept.api.store.write(lambda uow: uow.evidence.let_go([(other, "older than 90 days")], START)))
    assert kept.api.answer("GET", kept.path).status_code == HTTPStatus.OK


# --- dossiers --------------------------------------------------------------------------------------------------------


def dossier(kept: Kept) -> dict[str, bytes]:
    (row,) = kept.api.get("/v1/lookalikes")["data"]
    answer = kept.api.answer("GET", f"/v1/lookalikes/{row['id']}/dossier")
    assert answer.status_code == HTTPStatus.OK
    assert answer.headers["content-disposition"] == f'attachment; filename="dossier-{row["id"]}.zip"'
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_a_dossier_holds_evidence_facts_reasons_and_letters_with_their_digests(kept: Kept) -> None:
    files = dossier(kept)
    assert files[f"evidence/{kept.item.kept.name}"] == b"<script>alert(1)</script>"
    sums = dict(line.split("  ")[::-1] for line in files["SHA256SUMS"].decode().splitlines())
    others = {name: content for name, content in files.items() if name != "SHA256SUMS"}
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in others.items()}
    assert {"README.txt", "letter-registrar.txt", "letter-host.txt", "verdict.txt", "chain.txt"} < set(files)
    assert json.loads(files["registration.json"])["registrar"] == "Example Registrar"
    assert b"impersonation.confirmed" in files["timeline.txt"]


def test_letters_are_addressed_defanged_and_called_drafts(kept: Kept) -> None:
    files = dossier(kept)
    registrar, host = files["letter-registrar.txt"].decode(), files["letter-host.txt"].decode()
    assert "Subject: spiegel[.]ltd impersonates Der Spiegel" in registrar
    assert "Example Registrar" in registrar
    assert "192.0.2.1" in host.splitlines()[0]
    for letter in (registrar, host):
        assert "DRAFT" in letter
        assert "spiegel.ltd" not in letter
        assert "http://" not in letter
        assert "https://" not in letter
        assert kept.item.kept.sha256 in letter


def test_query_strings_are_left_out_of_every_paper(kept: Kept) -> None:
    evidence = "seen at https://spiegel.ltd/a?victim=anna@example.org#x and <b>\u202emore"
    kept.api.look(HOST, "spiegel", Verdict.IMPERSONATION, evidence)
    files = dossier(kept)
    assert not [name for name, content in files.items() if b"anna" in content]
    assert "hxxps://spiegel[.]ltd/a?[left-out]" in files["letter-host.txt"].decode()
    assert "\u202e" not in files["letter-host.txt"].decode()


def test_evidence_that_is_gone_or_too_much_is_named_and_left_out(kept: Kept) -> None:
    kept.files.files[kept.item.kept.name] = b"altered", START
    files = dossier(kept)
    assert not [name for name in files if name.startswith("evidence/")]
    assert kept.item.id in files["README.txt"].decode()


def test_there_is_no_dossier_on_what_is_no_lookalike(kept: Kept) -> None:
    assert kept.api.answer("GET", "/v1/lookalikes/lka_999/dossier").status_code == HTTPStatus.NOT_FOUND
    with pytest.raises(NotFound, match="no lookalike"):
        kept.api.run(lookalike_of(kept.api.store, "absent.ltd", None))
    assert kept.api.run(lookalike_of(kept.api.store, HOST, "spiegel"))["site"] == HOST
