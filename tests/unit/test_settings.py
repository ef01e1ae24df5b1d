"""What a wrong file is told, and that the shipped files say what the service does."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from service.core.errors import ConfigError
from service.settings import Service, load, read_secret

SHIPPED = Path(__file__).parents[2] / "config"


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text)
    return tmp_path


def refusal(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return caught.value


def test_an_empty_folder_means_every_default(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.service == Service()
    assert settings.outlets.outlets == ()


def test_the_shipped_settings_are_the_defaults() -> None:
    assert load(SHIPPED).service == Service()


def test_the_shipped_watch_list_has_the_outlets_of_the_campaign_of_2022() -> None:
    outlets = {outlet.id: outlet for outlet in load(SHIPPED).outlets.outlets}
    assert {"bild", "spiegel", "guardian", "ansa"} <= set(outlets)
    assert len(outlets) == 17
    assert all(outlet.languages and outlet.country for outlet in outlets.values())


def keys(model: type[BaseModel], prefix: str = "") -> set[str]:
    found = set()
    for name, field in model.model_fields.items():
        nested = field.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            found |= keys(nested, f"{prefix}{name}.")
        else:
            found.add(prefix + name)
    return found


def test_every_setting_stands_in_the_shipped_file_with_a_reason() -> None:
    lines = (SHIPPED / "service.toml").read_text().splitlines()
    section, explained = "", set()
    for before, line in zip(["", *lines], lines, strict=False):
        bare = line.removeprefix("# ")
        if bare.startswith("[") and "=" not in bare:
            section = bare.strip("[]") + "."
            if bare.startswith("[["):
                explained.add(bare.strip("[]"))
        elif "=" in bare and before.startswith("#"):
            explained.add(section + bare.partition("=")[0].strip())
    missing = keys(Service) - explained
    assert not missing, f"not explained in config/service.toml: {sorted(missing)}"


def test_every_key_of_the_shipped_file_is_a_setting() -> None:
    tables = tomllib.loads((SHIPPED / "service.toml").read_text())
    written = {f"{section}.{key}" for section, table in tables.items() for key in table}
    assert written <= keys(Service)


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("[databse]\nurl = 'x'", "databse", "did you mean 'database'"),
        ("[dns]\nupstream = ['127.0.0.1:53']", "dns.upstream", "did you mean 'upstreams'"),
        ("[dns]\nupstreams = ['127.0.0.1']", "dns.upstreams[0]", "an address and a port"),
        ("[dns]\nwindow = 0", "dns.window", "greater than or equal to 1"),
        ("[watch]\nyoung = '3 weeks'", "watch.young", "a whole number and a unit"),
        ("[fetch]\nallow_networks = {pages = ['10.0.0.0/33']}", "fetch.allow_networks.pages[0]", "10.0.0.0/33"),
        ("[fetch]\nca_file = 'nowhere.pem'", "fetch.ca_file", "no such file"),
        ("[api]\ntoken_file = 'nowhere'", "api.token_file", "cannot be read"),
        ("[database]\npassword_file = 'nowhere'", "database.password_file", "cannot be read"),
        ("[[dns.vantage]]\nname = 'isp'", "dns.vantage[0].upstreams", "is missing"),
        ("[api", "(whole file)", "is not TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_file_key_and_reason(tmp_path: Path, text: str, key: str, words: str) -> None:
    error = refusal(folder(tmp_path, service=text))
    assert error.key == key
    assert words in str(error)
    assert str(tmp_path / "service.toml") in str(error)


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("[[outlet]]\nname = 'x'", "outlet[0].domain", "is missing"),
        ("[[outlet]]\ndomain = 'not a name'", "outlet[0].domain", ""),
        ("[[outlet]]\ndomain = 'co.uk'", "outlet[0].domain", "public suffix"),
        ("[[outlet]]\ndomain = 'a.de'\nown_domains = ['com']", "outlet[0].own_domains[0]", "public suffix"),
        ("[[outlet]]\ndomain = 'a.de'\ndomains = []", "outlet[0].domains", "did you mean 'domain'"),
        ("[[outlet]]\ndomain = 'a.de'\nlabels = 'x'", "outlet[0].labels", "list of texts"),
        ("[[outlet]]\ndomain = 'a.de'\nid = 'x'\n[[outlet]]\ndomain = 'b.de'\nid = 'x'", "outlet[1].id", "has this id"),
        ("[[outlet]]\ndomain = 'a.de'\nid='x'\n[[outlet]]\ndomain = 'a.de'", "outlet[1].own_domains", "as its own"),
        ("[[outlets]]\ndomain = 'a.de'", "outlets", "did you mean 'outlet'"),
        ("outlet = 3", "outlet", "[[outlet]] tables"),
    ],
)
def test_a_wrong_outlet_is_named_with_its_table(tmp_path: Path, text: str, key: str, words: str) -> None:
    error = refusal(folder(tmp_path, outlets=text))
    assert error.key == key
    assert words in str(error)


def test_only_the_domain_of_an_outlet_is_required(tmp_path: Path) -> None:
    (outlet,) = load(folder(tmp_path, outlets="[[outlet]]\ndomain = 'Spiegel.DE.'")).outlets.outlets
    assert (outlet.id, outlet.name, outlet.domain) == ("spiegel.de", "spiegel.de", "spiegel.de")


def test_a_path_is_relative_to_the_folder_of_its_file(tmp_path: Path) -> None:
    settings = load(folder(tmp_path, service="[database]\nurl = 'sqlite:///../data/x.db'"))
    assert settings.database_url == f"sqlite:///{tmp_path.parent / 'data' / 'x.db'}"


def test_a_password_comes_from_its_file_and_may_hold_anything(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("p@ss/w:rd %\n")
    at = "[database]\npassword_file = 'password'\nurl = "
    settings = load(folder(tmp_path, service=f"{at}'postgresql+psycopg://me@db.example:5433/spoofwatch'"))
    assert settings.database_url == "postgresql+psycopg://me:p%40ss%2Fw%3Ard%20%25@db.example:5433/spoofwatch"
    for url in ("postgresql+psycopg://db/spoofwatch", "postgresql+psycopg://me:word@db/spoofwatch", "sqlite:///x.db"):
        error = refusal(folder(tmp_path, service=f"{at}'{url}'"))
        assert error.key == "database.password_file"
        assert "p@ss" not in str(error)


def test_durations_take_one_unit(tmp_path: Path) -> None:
    settings = load(folder(tmp_path, service="[watch]\nfirst = '90s'\nyoung = '36h'"))
    assert (settings.service.watch.first, settings.service.watch.young) == (timedelta(seconds=90), timedelta(hours=36))


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "secret"
    empty.write_text("\n")
    with pytest.raises(ConfigError, match="is empty"):
        read_secret(empty, "api.token_file", tmp_path / "service.toml")


def test_what_is_wrong_with_a_file_as_a_whole_says_so(tmp_path: Path) -> None:
    twice = '[[feed]]\nid = "a"\npath = "x"\n' * 2
    assert str(refusal(folder(tmp_path, feeds=twice))).endswith(
        "feeds.toml: (whole file): each feed needs an id of its own; a is there twice"
    )


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert "no such folder" in str(refusal(tmp_path / "nowhere"))


def test_settings_are_frozen() -> None:
    settings: Any = load(SHIPPED)
    with pytest.raises(Exception, match="frozen"):
        settings.service.api.port = 1
