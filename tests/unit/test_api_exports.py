"""/v1/exports over a real store."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from datetime import timedelta

import dns.zone
import pytest

from service.core.exports.formats import FORMATS
from service.core.model import AnalystWord
from service.core.persistence.inputs import VerdictGiven
from service.core.states import Verdict, WordReason
from service.core.tokens import Scope
from service.pipeline.export import Exporter, ExportPlan
from tests.fakes_api import BILD, SPIEGEL, ApiUnderTest, api_under_test


@pytest.fixture
def api() -> Iterator[ApiUnderTest]:
    with api_under_test() as made:
        exporter = Exporter(clock=made.clock, store=made.store, watched=made.watched, plan=ExportPlan())
        made.app = made.build(exporter=exporter)
        made.watch(SPIEGEL, BILD)
        yield made


def confirmed(api: ApiUnderTest, host: str, outlet: str) -> None:
    api.admit(host)
    api.look(host, outlet, Verdict.IMPERSONATION)
    word = AnalystWord(
        verdict=Verdict.IMPERSONATION, reason=WordReason.OTHER, note="seen", by="ana", at=api.clock.now()
    )
    api.run(api.tracker.commit(host, VerdictGiven(outlet=outlet, word=word)))


def serial(zone: str) -> int:
    found: int = dns.zone.from_text(zone, origin="spoofwatch.rpz.").get_soa().serial
    return found


def test_every_listed_format_can_be_downloaded_under_a_name(api: ApiUnderTest) -> None:
    confirmed(api, "spiegel.ltd", "spiegel")
    listed = api.get("/v1/exports")["data"]
    assert [one["format"] for one in listed] == list(FORMATS)
    for one in listed:
        answer = api.answer("GET", f"/v1/exports/{one['format']}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(one["media_type"])
        assert answer.headers["content-disposition"].startswith('attachment; filename="spoofwatch-')
        assert "spiegel" in answer.text


def test_what_has_not_changed_is_not_sent_again(api: ApiUnderTest) -> None:
    confirmed(api, "spiegel.ltd", "spiegel")
    first = api.answer("GET", "/v1/exports/stix")
    again = api.answer("GET", "/v1/exports/stix", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    confirmed(api, "bild.ltd", "bild")
    assert api.answer("GET", "/v1/exports/stix", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_a_client_that_takes_gzip_gets_it_and_equal_content_is_equal_bytes(api: ApiUnderTest) -> None:
    confirmed(api, "spiegel.ltd", "spiegel")

    def raw(accepted: str) -> tuple[str | None, bytes]:
        answer = api.answer("GET", "/v1/exports/ndjson", headers={"Accept-Encoding": accepted})
        return answer.headers.get("content-encoding"), answer.content

    assert raw("identity") == (None, raw("gzip")[1])
    assert raw("gzip")[0] == raw("br, gzip;q=0.5")[0] == "gzip"
    assert raw("gzip;q=0")[0] is None
    made = io.BytesIO()
    with gzip.GzipFile(fileobj=made, mode="wb", mtime=0, filename="", compresslevel=6) as packer:
        packer.write(raw("identity")[1])
    assert gzip.decompress(made.getvalue()) == raw("identity")[1]


def test_a_zones_serial_stays_with_its_content_and_only_grows(api: ApiUnderTest) -> None:
    def zone() -> str:
        return api.answer("GET", "/v1/exports/rpz").text

    empty = serial(zone())
    api.clock.advance(timedelta(days=1))
    assert serial(zone()) == empty
    confirmed(api, "spiegel.ltd", "spiegel")
    grown = serial(zone())
    confirmed(api, "bild.ltd", "bild")
    assert empty < grown < serial(zone())
    assert zone() == zone()
    assert "spiegel.ltd IN CNAME ." in zone()


def test_filters_choose_outlets_and_an_unknown_filter_is_refused(api: ApiUnderTest) -> None:
    confirmed(api, "spiegel.ltd", "spiegel")
    confirmed(api, "bild.ltd", "bild")
    rows = list(csv.DictReader(io.StringIO(api.answer("GET", "/v1/exports/csv?outlet=bild").text)))
    assert [row["site"] for row in rows] == ["bild[.]ltd"]
    later = (api.clock.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert api.answer("GET", f"/v1/exports/domains?changed_after={later}").text == ""
    assert api.answer("GET", "/v1/exports/csv?outlets=bild").status_code == 422
    assert api.answer("GET", "/v1/exports/pdf").status_code == 404
    assert api.answer("GET", "/v1/exports/csv", token=api.token(Scope.WRITE)).status_code == 403


def test_the_feed_holds_the_events_that_its_manifest_names(api: ApiUnderTest) -> None:
    confirmed(api, "spiegel.ltd", "spiegel")
    confirmed(api, "bild.ltd", "bild")
    manifest = api.get("/v1/exports/misp-feed/manifest.json")
    events = [api.get(f"/v1/exports/misp-feed/{uuid}.json") for uuid in manifest]
    assert sorted(event["Event"]["Attribute"][0]["value"] for event in events) == ["bild.ltd", "spiegel.ltd"]
    assert all(event["Event"]["uuid"] in manifest for event in events)
    assert len(api.answer("GET", "/v1/exports/misp-feed/hashes.csv").text.splitlines()) == 2
    assert api.answer("GET", "/v1/exports/misp-feed/other.json").status_code == 404
    assert api.answer("GET", "/v1/exports/misp-feed/..%2Fsecret").status_code in (404, 422)
    assert json.dumps(manifest)


def test_a_token_that_is_limited_to_an_outlet_gets_no_other_outlets_entries(api: ApiUnderTest) -> None:
    confirmed(api, "spiegel.ltd", "spiegel")
    confirmed(api, "bild.ltd", "bild")
    token = api.token(Scope.READ, outlets=frozenset({"spiegel"}))

    def names(query: str = "") -> str:
        return api.answer("GET", f"/v1/exports/domains{query}", token=token).text

    assert names() == "spiegel.ltd\n"
    assert names("?outlet=bild") == ""
    assert names("?outlet=bild&outlet=spiegel") == "spiegel.ltd\n"
