"""API tokens: their form, and what is kept of them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.core.tokens import Token, hash_token, id_of, new_token, why_refused


def test_a_token_has_256_secret_bits_and_an_id_that_is_no_part_of_them() -> None:
    asked: list[int] = []

    def token_bytes(count: int) -> bytes:
        asked.append(count)
        return bytes([len(asked)]) * count

    made = new_token(token_bytes)
    assert asked == [6, 32]
    assert made.plain == "sw_" + "01" * 6 + "_" + "02" * 32
    assert made.id == "01" * 6


@given(st.binary(min_size=38, max_size=38))
def test_the_id_of_a_token_is_read_back_and_its_secret_is_not_kept(random: bytes) -> None:
    source = iter((random[:6], random[6:]))
    made = new_token(lambda _: next(source))
    assert id_of(made.plain) == made.id
    assert made.digest == hash_token(made.plain) == hashlib.sha256(made.plain.encode()).hexdigest()
    assert random[6:].hex() not in made.digest


@given(st.text(max_size=90))
def test_no_other_text_is_a_token(text: str) -> None:
    assert id_of(text) is None


def test_a_token_with_anything_before_or_after_it_is_none() -> None:
    plain = new_token(bytes).plain
    for wrong in (plain + "\n", " " + plain, plain + "0", plain.upper(), plain[:-1]):
        assert id_of(wrong) is None


NOW = datetime(2022, 6, 1, tzinfo=UTC)
TOKEN = Token(id="t", digest="right", scopes=frozenset(), created_at=NOW)


def test_a_token_is_good_until_it_ends_or_is_revoked() -> None:
    assert why_refused(TOKEN, "right", NOW) is None
    ending = replace(TOKEN, expires_at=NOW + timedelta(seconds=1))
    assert why_refused(ending, "right", NOW) is None
    assert why_refused(ending, "right", NOW + timedelta(seconds=1)) == "This token has expired."
    assert why_refused(replace(TOKEN, revoked_at=NOW), "right", NOW) == "This token was revoked."


def test_who_has_only_the_id_is_not_told_what_became_of_the_token() -> None:
    for token in (None, TOKEN, replace(TOKEN, revoked_at=NOW), replace(TOKEN, expires_at=NOW)):
        assert why_refused(token, "wrong", NOW) == "This token is not known here."


def test_a_use_is_noted_once_a_minute() -> None:
    assert TOKEN.use_is_news(NOW)
    used = replace(TOKEN, last_used_at=NOW)
    assert not used.use_is_news(NOW + timedelta(seconds=59))
    assert used.use_is_news(NOW + timedelta(minutes=1))
