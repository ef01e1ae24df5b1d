"""Dates as registries write them; the first thirty are from real answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.facts.registry_dates import parse_registry_date


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("02-jan-2000", "2000-01-02"),
        ("11-February-2000", "2000-02-11"),
        ("20-10-2000", "2000-10-20"),
        ("2000-01-02", "2000-01-02"),
        ("2.1.2000", "2000-01-02"),
        ("2000.01.02", "2000-01-02"),
        ("2000/01/02", "2000-01-02"),
        ("2011/06/01 01:05:01", "2011-06-01 01:05:01"),
        ("2011/06/01 01:05:01 (+0900)", "2011-05-31 16:05:01"),
        ("2001/03/22 (JST)", "2001-03-21 15:00:00"),
        ("20170209", "2017-02-09"),
        ("20110908 14:44:51", "2011-09-08 14:44:51"),
        ("19990518 #12345", "1999-05-18"),
        ("02/01/2013", "2013-01-02"),
        ("12/31/2013", "2013-12-31"),
        ("2000. 01. 02.", "2000-01-02"),
        ("2014.03.08 10:28:24", "2014-03-08 10:28:24"),
        ("24-Jul-2009 13:20:03 UTC", "2009-07-24 13:20:03"),
        ("Tue Jun 21 23:59:59 GMT 2011", "2011-06-21 23:59:59"),
        ("Tue Dec 12 2000", "2000-12-12"),
        ("Fri, 13 Oct 2000 08:00:00 +0200", "2000-10-13 06:00:00"),
        ("2007-01-26T19:10:31Z", "2007-01-26 19:10:31"),
        ("2007-01-26T19:10:31Z[UTC]", "2007-01-26 19:10:31"),
        ("2018-05-19 12:18:44.329522", "2018-05-19 12:18:44"),
        ("2011-09-08T14:44:51.622265+03:00", "2011-09-08 11:44:51"),
        ("2013-12-06T08:17:22-0800", "2013-12-06 16:17:22"),
        ("2018-11-02 11:29:08+02", "2018-11-02 09:29:08"),
        ("08 Apr 2013 05:44:00", "2013-04-08 05:44:00"),
        ("23/04/2015 12:00:07 EEST", "2015-04-23 09:00:07"),
        ("August 14 2017", "2017-08-14"),
        ("April 14, 2004", "2004-04-14"),
        ("30th April 1999 at 00:00:00.000", "1999-04-30"),
        ("2017-09-26 11:38:29 (GMT+00:00)", "2017-09-26 11:38:29"),
        ("2010-05-05 08:41:41 (UTC+8)", "2010-05-05 00:41:41"),
        ("2024-Apr-02.", "2024-04-02"),
        ("before 2001", "2001-01-01"),
        ("before aug-1996", "1996-08-01"),
        ("before 1996-01-01", "1996-01-01"),
        ("before 19960821", "1996-08-21"),
    ],
)
def test_a_registrys_date_is_understood(text: str, date: str) -> None:
    assert parse_registry_date(text) == datetime.fromisoformat(date).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yes", "31.13.2000", "99999999", "2000-00-01", "not available", "30-Foo-2000", "1.2.3.4"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_registry_date(text) is None


@given(st.text(alphabet="0123456789 -/.:TZ+()janfebUTC", max_size=80))
def test_no_text_raises(text: str) -> None:
    parse_registry_date(text)


@given(st.integers(0, 3_600_000_000))
def test_every_date_is_read_back_from_every_usual_form(seconds: int) -> None:
    moment = datetime(1985, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    day = moment.replace(hour=0, minute=0, second=0)
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%Y%m%d", "%d-%b-%Y", "%B %d %Y", "%Y. %m. %d."):
        assert parse_registry_date(moment.strftime(form)) == day
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y/%m/%d %H:%M:%S", "%a %b %d %H:%M:%S UTC %Y", "%d.%m.%Y %H:%M:%S"):
        assert parse_registry_date(moment.strftime(form)) == moment
