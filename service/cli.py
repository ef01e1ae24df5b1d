"""The command line: parse, call, print. What each command does stands in ``commands/``.

Exit codes: 0 done, 1 findings under ``--fail-on``, 2 bad usage or configuration.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from service.commands import (
    admin,
    alerts,
    baselines,
    blocks,
    check,
    daemon,
    dossier,
    evidence,
    export,
    lab,
    names,
    outlets,
    persistence,
    replay,
    sightings,
    sweep,
    tokens,
)
from service.commands.terminal import printable
from service.core.errors import SpoofwatchError
from service.core.exports.formats import FORMATS
from service.core.persistence.measures import By
from service.core.states import BaselineState, Place, Tier
from service.core.tlp import LEVELS
from service.core.tokens import Scope
from service.pipeline.export import Chosen
from service.settings import load
from service.settings_fields import duration

USAGE_ERROR = 2


def main(arguments: list[str] | None = None) -> None:
    """Entry point of ``spoofwatch``; ends the process with its exit code."""
    parsed = parser().parse_args(arguments)
    try:
        code = parsed.call(parsed)
    except SpoofwatchError as error:
        print("\n".join(map(printable, f"spoofwatch: {error}".split("\n"))), file=sys.stderr)
        code = USAGE_ERROR
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        sys.stderr.close()
        code = 0
    sys.exit(code)


def parser() -> argparse.ArgumentParser:
    """The whole command line; also what the documentation test reads."""
    top = argparse.ArgumentParser(
        prog="spoofwatch",
        description="Watches for websites that impersonate news outlets, and keeps watching after they are blocked.",
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for add in (
        _run,
        _sweep,
        _candidates,
        _match,
        _check,
        _outlets,
        _evidence,
        _dossier,
        _blocks,
        _sightings,
        _db,
        _config,
        _token,
        _webhook,
        _alerts,
        _lab,
        _replay,
        *_AFTERWARDS,
        _export,
    ):
        add(commands)
    return top


_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - its only name


def _command(commands: _Commands, name: str, help_: str) -> argparse.ArgumentParser:
    made = commands.add_parser(name, help=help_, description=help_[:1].upper() + help_[1:] + ".")
    made.add_argument(
        "--config", type=Path, default=Path("config"), metavar="DIR", help="folder of the four settings files"
    )
    return made


def _run(commands: _Commands) -> None:
    made = _command(commands, "run", "the daemon: scheduler, loop and REST API")
    made.add_argument("--role", choices=["all"], default="all", help="`all` runs everything in one process")
    made.set_defaults(call=lambda a: daemon.run(load(a.config)))


def _sweep(commands: _Commands) -> None:
    made = _command(commands, "sweep", "one sweep now; found names are looked at by the daemon")
    made.add_argument("--outlet", metavar="ID", help="this outlet only")
    made.add_argument("--tier", choices=["exact", "edits", "full"], default="exact")
    made.add_argument("--json", action="store_true", help="a JSON line for each name found, and one for the sweep")
    made.set_defaults(call=lambda a: sweep.run(load(a.config), a.outlet, a.tier, as_json=a.json))


def _candidates(commands: _Commands) -> None:
    made = _command(commands, "candidates", "names that a lookalike could have, one a line")
    made.add_argument("outlet", metavar="ID|DOMAIN", help="an outlet of the watch list, or any domain")
    made.add_argument("--tier", choices=["exact", "edits", "full"], default="edits")
    made.set_defaults(call=lambda a: names.candidates(outlets.watch_list(load(a.config)), a.outlet, Tier(a.tier)))


def _match(commands: _Commands) -> None:
    made = _command(commands, "match", "names from text, CSV (first column), NDJSON, also gzipped; a JSON line a match")
    made.add_argument("files", nargs="*", metavar="FILE", default=["-"], help="`-` reads standard input")
    made.set_defaults(call=lambda a: names.match(outlets.watch_list(load(a.config)), a.files))


def _check(commands: _Commands) -> None:
    made = _command(commands, "check", "look at a site now and explain the verdict")
    made.add_argument("names", nargs="+", metavar="NAME|URL")
    made.add_argument("--json", action="store_true", help="one JSON object a name")
    made.add_argument(
        "--fail-on", choices=["suspected", "impersonation"], help="exit with 1 where this or worse is found"
    )
    made.set_defaults(call=lambda a: check.run(load(a.config), a.names, as_json=a.json, fail_on=a.fail_on))


def _outlets(commands: _Commands) -> None:
    made = commands.add_parser("outlets", help="the watch list", description="The watch list.")
    kinds = made.add_subparsers(required=True, metavar="add|list|check|baseline")
    add = _command(kinds, "add", "watch further outlets")
    add.add_argument("urls", nargs="*", metavar="URL", help="an outlet's address or domain")
    add.add_argument("-f", "--file", type=Path, help="a TOML file of [[outlet]] tables")
    add.set_defaults(call=lambda a: outlets.add(load(a.config), a.urls, a.file))
    shown = _command(kinds, "list", "who is watched")
    shown.add_argument("--json", action="store_true", help="one JSON object a line")
    shown.set_defaults(call=lambda a: outlets.show(load(a.config), as_json=a.json))
    checked = _command(kinds, "check", "whether the outlets' own sites answer and give baselines")
    checked.set_defaults(call=lambda a: outlets.check(load(a.config)))
    _baseline(kinds)


def _baseline(commands: _Commands) -> None:
    about = "what an outlet's real site looks like, in versions"
    made = commands.add_parser("baseline", help=about, description=f"{about[:1].upper()}{about[1:]}.")
    kinds = made.add_subparsers(required=True, metavar="add|list|revoke|accept")
    add = _command(kinds, "add", "keep archived pages, so that older layouts are known")
    add.add_argument("outlet", metavar="ID", help="an outlet of the watch list")
    add.add_argument("files", nargs="+", type=Path, metavar="FILE", help="an HTML page, gzipped or not")
    add.add_argument(
        "--taken", metavar="DATE", help="the day that they were archived on; default: the files' own dates"
    )
    add.set_defaults(call=lambda a: baselines.add(load(a.config), a.outlet, a.files, a.taken))
    shown = _command(kinds, "list", "every version: in use, held back until seen on two days, superseded, revoked")
    shown.add_argument("outlet", metavar="ID")
    shown.add_argument("--json", action="store_true", help="one JSON object a line")
    shown.set_defaults(call=lambda a: baselines.show(load(a.config), a.outlet, as_json=a.json))
    for name, state, help_ in (
        ("revoke", BaselineState.REVOKED, "no longer judge by these versions: the site was broken or not the outlet's"),
        ("accept", BaselineState.IN_USE, "judge by these versions, without waiting for a second day"),
    ):
        put = _command(kinds, name, help_)
        put.add_argument("outlet", metavar="ID")
        put.add_argument("versions", nargs="+", metavar="BASELINE", help="as listed: bl_17")
        put.add_argument("--note", default="", help="why; kept with the version")
        put.set_defaults(call=lambda a, s=state: baselines.put_state(load(a.config), a.outlet, a.versions, s, a.note))


def _evidence(commands: _Commands) -> None:
    made = commands.add_parser("evidence", help="what was kept of sites", description="What was kept of sites.")
    kinds = made.add_subparsers(required=True, metavar="list|verify|export")
    shown = _command(kinds, "list", "what is kept, newest first")
    shown.add_argument("host", nargs="?", metavar="HOST", help="of this host only")
    shown.add_argument("--json", action="store_true", help="one JSON object a line")
    shown.set_defaults(call=lambda a: evidence.show(load(a.config), a.host, as_json=a.json))
    verified = _command(kinds, "verify", "read every file and say which is missing, altered or surplus; exit code 1")
    verified.add_argument("ids", nargs="*", metavar="ID", help="these only, as check --json shows them: evd_...")
    verified.add_argument("--json", action="store_true", help="one JSON object")
    verified.set_defaults(call=lambda a: evidence.check(load(a.config), a.ids, as_json=a.json))
    exported = _command(kinds, "export", "copy files out, under date, host and digest")
    exported.add_argument("folder", type=Path, metavar="DIR")
    exported.add_argument("--host", metavar="HOST", help="of this host only")
    exported.set_defaults(call=lambda a: evidence.export(load(a.config), a.host, a.folder))


def _dossier(commands: _Commands) -> None:
    made = _command(commands, "dossier", "what is known of a site as a ZIP, with draft letters; nothing is sent")
    made.add_argument("host", metavar="HOST")
    made.add_argument("file", type=Path, metavar="FILE")
    made.add_argument("--outlet", metavar="ID", help="as a lookalike of this outlet; default: the worst")
    made.set_defaults(call=lambda a: dossier.write(load(a.config), a.host, a.outlet, a.file))


def _blocks(commands: _Commands) -> None:
    made = commands.add_parser("blocks", help="blocks of sites", description="Blocks of sites.")
    kinds = made.add_subparsers(required=True, metavar="import")
    taken = _command(kinds, "import", "record a list of blocks, CSV or STIX 2.1; a list again changes nothing")
    taken.add_argument("file", metavar="FILE", help="`-` reads standard input")
    taken.add_argument("--place", choices=[place.value for place in Place], help="where those act that do not say it")
    taken.add_argument("--action", metavar="ID", help="the action that they are part of")
    taken.add_argument("--reference", metavar="TEXT", help="where they can be looked up")
    taken.add_argument("--since", metavar="DATE", help="since when those are in force that do not say it")
    taken.add_argument("--json", action="store_true", help="one JSON object an entry")
    taken.set_defaults(
        call=lambda a: blocks.run(
            load(a.config),
            a.file,
            {"place": a.place, "action": a.action, "reference": a.reference, "since": a.since},
            as_json=a.json,
        )
    )


def _sightings(commands: _Commands) -> None:
    made = commands.add_parser("sightings", help="what people report", description="What people report.")
    kinds = made.add_subparsers(required=True, metavar="add")
    add = _command(kinds, "add", "report files of URLs: text, CSV, NDJSON, STIX, MISP, web server logs, also gzipped")
    add.add_argument("files", nargs="+", metavar="FILE", help="`-` reads standard input")
    add.add_argument("--tlp", choices=LEVELS, default="", help="how far all of it may be passed on (TLP 2.0)")
    add.add_argument("--json", action="store_true", help="one JSON object an entry")
    add.set_defaults(call=lambda a: sightings.add(load(a.config), a.files, a.tlp, as_json=a.json))


def _db(commands: _Commands) -> None:
    made = commands.add_parser("db", help="the database", description="The database.")
    kinds = made.add_subparsers(required=True, metavar="upgrade|backup")
    upgrade = _command(kinds, "upgrade", "bring the schema to this version")
    upgrade.set_defaults(call=lambda a: admin.upgrade_database(load(a.config)))
    backup = _command(kinds, "backup", "a consistent copy, also while the daemon runs")
    backup.add_argument("file", type=Path)
    backup.set_defaults(call=lambda a: admin.backup_database(load(a.config), a.file))


def _config(commands: _Commands) -> None:
    made = commands.add_parser("config", help="the settings", description="The settings.")
    kinds = made.add_subparsers(required=True, metavar="check")
    checked = _command(kinds, "check", "read the settings as the daemon would and say what is wrong")
    checked.set_defaults(call=lambda a: admin.check_config(a.config))


def _token(commands: _Commands) -> None:
    made = commands.add_parser("token", help="API tokens", description="API tokens.")
    kinds = made.add_subparsers(required=True, metavar="create|list|revoke")
    create = _command(kinds, "create", "make a token; it is shown once")
    create.add_argument("--scope", action="append", choices=[scope.value for scope in Scope], help="default: read")
    create.add_argument("--outlet", action="append", default=[], metavar="ID", help="limit it to this outlet")
    create.add_argument("--expires", metavar="DURATION", help='how long it lasts, as in "90d"; default: for ever')
    create.add_argument("--note", default="", help="whom it is for")
    create.set_defaults(
        call=lambda a: tokens.create(
            load(a.config), a.scope or ["read"], a.outlet, duration("--expires", a.expires), a.note
        )
    )
    shown = _command(kinds, "list", "who may ask, and for what; without the secrets")
    shown.add_argument("--json", action="store_true", help="one JSON object a line")
    shown.set_defaults(call=lambda a: tokens.show(load(a.config), as_json=a.json))
    revoke = _command(kinds, "revoke", "refuse a token from now on")
    revoke.add_argument("id", metavar="ID", help="the middle part of the token, as `token list` shows it")
    revoke.set_defaults(call=lambda a: tokens.revoke(load(a.config), a.id))


def _webhook(commands: _Commands) -> None:
    made = commands.add_parser("webhook", help="webhooks", description="Webhooks.")
    kinds = made.add_subparsers(required=True, metavar="test")
    test = _command(kinds, "test", "send a signed webhook.test to a URL and show the answer")
    test.add_argument("url")
    test.add_argument("--secret-file", type=Path, help="the endpoint's secret; without it one is made and shown")
    test.set_defaults(call=lambda a: admin.test_webhook(load(a.config), a.url, a.secret_file))


def _alerts(commands: _Commands) -> None:
    made = commands.add_parser("alerts", help="what alerts are about", description="What alerts are about.")
    kinds = made.add_subparsers(required=True, metavar="list|acknowledge|reopen")
    shown = _command(
        kinds, "list", "groups of alerts, the last first: campaigns, and families of an outlet's lookalikes"
    )
    shown.add_argument(
        "--days", type=int, default=30, metavar="N", help="with an alert within so many days; default: 30"
    )
    shown.add_argument("--json", action="store_true", help="one JSON object a line")
    shown.set_defaults(call=lambda a: alerts.show(load(a.config), a.days, as_json=a.json))
    taken = _command(kinds, "acknowledge", "digests leave a group out until it gets worse")
    taken.add_argument("group", metavar="GROUP|SITE", help="as listed, or a site that it is about")
    taken.add_argument("--note", default="", help="what is being done")
    taken.set_defaults(call=lambda a: alerts.acknowledge(load(a.config), a.group, a.note))
    back = _command(kinds, "reopen", "take an acknowledgement back")
    back.add_argument("group", metavar="GROUP|SITE")
    back.set_defaults(call=lambda a: alerts.reopen(load(a.config), a.group))


def _persistence(commands: _Commands) -> None:
    made = _command(commands, "persistence", "how long blocks hold: days to down, to resurfacing, to a successor")
    made.add_argument("--by", choices=[by.value for by in By], help="group by this")
    made.add_argument("--outlet", metavar="ID", help="lookalikes of this outlet only")
    made.add_argument("--as-of", type=_moment, metavar="TIME", help="from what was known then; default: now")
    made.add_argument("--json", action="store_true", help="one JSON object, as GET /v1/persistence")
    made.set_defaults(
        call=lambda a: persistence.show(load(a.config), By(a.by) if a.by else None, a.outlet, a.as_of, as_json=a.json)
    )


def _effect(commands: _Commands) -> None:
    made = _command(commands, "effect", "whether an action worked, in words and figures")
    made.add_argument("action", metavar="ACTION", help="an action's id")
    made.add_argument("--as-of", type=_moment, metavar="TIME", help="from what was known then; default: now")
    made.add_argument("--json", action="store_true", help="one JSON object, as GET /v1/actions/ACTION/effect")
    made.set_defaults(call=lambda a: persistence.effect(load(a.config), a.action, a.as_of, as_json=a.json))


def _forecast(commands: _Commands) -> None:
    made = _command(commands, "forecast", "names that an outlet's impersonators are likely to take next; stored")
    made.add_argument("outlet", metavar="OUTLET", help="an outlet's id")
    made.add_argument("--top", type=int, default=20, metavar="N", help="show so many; default: 20")
    made.add_argument("--watch", action="store_true", help="the daemon asks for its names over the next 72 hours")
    made.add_argument("--json", action="store_true", help="one JSON line a name")
    made.set_defaults(
        call=lambda a: persistence.forecast(load(a.config), a.outlet, a.top, watch=a.watch, as_json=a.json)
    )


_AFTERWARDS = (_persistence, _effect, _forecast)


def _moment(text: str) -> datetime:
    """A day or a time; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 2022-10-27 or 2022-10-27T12:00:00Z") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _export(commands: _Commands) -> None:
    made = _command(commands, "export", "what is flagged, in the formats that others load")
    made.add_argument("format", choices=[*FORMATS, export.FEED], help="docs/exports.md says what each holds")
    made.add_argument("--out", type=Path, metavar="FILE", help="default: standard output; for misp-feed a folder")
    made.add_argument("--outlet", action="append", default=[], metavar="ID", help="these outlets only")
    made.add_argument("--changed-after", type=_moment, metavar="TIME", help="with verdicts changed later only")
    made.add_argument("--live", action="store_true", help="only what serves the impersonation")
    made.set_defaults(
        call=lambda a: export.run(
            load(a.config),
            a.format,
            a.out,
            Chosen(outlets=tuple(sorted(set(a.outlet))) or None, changed_after=a.changed_after, live=a.live),
        )
    )


def _lab(commands: _Commands) -> None:
    made = _command(commands, "lab", "a small internet on loopback; prints the settings that point a daemon at it")
    made.add_argument("scenario", nargs="?", default="three-days", help="a shipped scenario's name or a file")
    made.add_argument("--at", metavar="DATE", help="the day that it begins on; default: the scenario's first")
    made.add_argument("--folder", type=Path, metavar="DIR", help="keep its certificate authority and lists there")
    made.add_argument("--tied", action="store_true", help="end when standard input closes")
    made.set_defaults(call=lambda a: lab.run(a.scenario, a.at, a.folder, tied=a.tied))


def _replay(commands: _Commands) -> None:
    made = _command(commands, "replay", "play a recorded campaign through the whole loop, on loopback")
    made.add_argument("scenario", metavar="SCENARIO", help="a shipped scenario's name or a file")
    made.add_argument("--json", action="store_true", help="one object as the last line instead of words")
    made.add_argument("--state", type=Path, metavar="DIR", help="keep the database there; a killed replay goes on")
    made.add_argument(
        "--names",
        type=int,
        metavar="N",
        help="what regular sweeps may ask for (replay.names), beside those on a day on which a name comes to be in DNS",
    )
    made.add_argument("--serve", action="store_true", help="leave the API up on what was found")
    made.set_defaults(
        call=lambda a: replay.run(
            replay.settings_from(a.config, a.names),
            a.scenario,
            as_json=a.json,
            state=a.state,
            serve_after=a.serve,
        )
    )
