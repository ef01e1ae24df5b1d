"""Secrets sealed in the database under a key that is not in it."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet

from service.adapters.vault import Vault
from service.core.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "var" / "webhooks.key"


def test_the_first_secret_makes_a_key_for_our_user_alone(file: Path) -> None:
    sealed = Vault(file).seal("whsec_x")
    assert "whsec_x" not in sealed
    assert Vault(file).open(sealed) == "whsec_x"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == [file.name]


def test_nothing_is_made_where_nothing_is_sealed(file: Path) -> None:
    assert Vault(file).open("whsec_plain") == "whsec_plain"
    assert Vault(file).renewed("") == ""
    assert not file.exists()


def test_secrets_stored_before_are_sealed_and_those_under_an_older_key_are_sealed_anew(file: Path) -> None:
    old = Vault(file).renewed("whsec_plain")
    assert Vault(file).renewed(old) == old
    file.write_text(Fernet.generate_key().decode() + "\n" + file.read_text())
    renewed = Vault(file).renewed(old)
    assert renewed != old
    file.write_text(file.read_text().splitlines()[0])
    assert Vault(file).open(renewed) == "whsec_plain"
    with pytest.raises(ConfigError, match="put back the key that sealed it"):
        Vault(file).open(old)


def test_a_key_that_is_missing_is_said_and_no_other_is_made(file: Path) -> None:
    sealed = Vault(file).seal("whsec_x")
    file.unlink()
    with pytest.raises(ConfigError, match="the database holds secrets sealed with it"):
        Vault(file).open(sealed)
    with pytest.raises(ConfigError):
        Vault(file).renewed(sealed)
    assert not file.exists()


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "is empty"), (b"secret\n", "key 1 is none"), (b"\xff", "is not text")]
)
def test_a_file_that_holds_no_key_is_refused_in_words(file: Path, content: bytes, reason: str) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=reason):
        Vault(file).seal("whsec_x")
