"""API tokens: their form, and what is kept of them."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from service.core.tokens import hash_token, id_of, new_token


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
