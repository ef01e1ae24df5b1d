"""The first token: made and shown once where nobody has one, or taken from a file that others wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.commands.daemon import first_token, given_token
from service.core.errors import ConfigError
from service.core.tokens import new_token
from service.settings import Settings, load
from tests.fakes_api import ApiUnderTest, api_under_test

GIVEN = new_token(lambda n: b"\7" * n).plain


@pytest.fixture
def api() -> Iterator[ApiUnderTest]:
    with api_under_test() as made:
        yield made


def settings(folder: Path, token: str) -> Settings:
    (folder / "service.toml").write_text("[api]\ntoken_file = 'token'")
    (folder / "token").write_text(token)
    return load(folder)


def test_where_there_is_a_token_none_is_made(api: ApiUnderTest, capsys: pytest.CaptureFixture[str]) -> None:
    api.run(first_token(api.app))
    assert capsys.readouterr().out == ""
    assert len(api.get("/v1/tokens")["data"]) == 1


def test_a_token_that_was_given_is_kept_once_and_never_printed(
    api: ApiUnderTest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = given_token(settings(tmp_path, GIVEN + "\n"))
    assert plain == GIVEN
    for _ in range(2):
        api.run(first_token(api.app, plain))
    assert capsys.readouterr().out == ""
    assert len(api.get("/v1/tokens", token=GIVEN)["data"]) == 2


def test_a_file_that_holds_no_token_is_told_with_what_a_token_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"api\.token_file = 'token': holds no token \(a token reads sw_"):
        given_token(settings(tmp_path, "secret"))
