"""WHOIS texts as registries write them, in the forms that python-whois 0.9.6 tells apart by suffix.

Generic suffixes write the lines that ICANN prescribed (2013 Registrar Accreditation Agreement, RDDS specification 1.4).
Country registries have forms of their own; here are those of the larger ones whose form python-whois knows. Registries
that publish no creation date in WHOIS (.eu, .at, .de) publish none here either.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from service.lab import registrant
from service.lab.world import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from service.lab.world import Name, RegistryRecord

LIMIT_EXCEEDED = "WHOIS LIMIT EXCEEDED\r\nNumber of allowed queries exceeded. Try again later.\r\n"
"""What a client that asks too often reads, under every suffix. python-whois takes it for a record without a date."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """How one registry writes.

    A line of ``record`` is left out where its field has no value, and repeated where it has several. Fields: domain,
    created, updated, expires, now (in the form ``date``), registrar, abuse, status, nameserver.
    """

    record: str
    absent: str
    date: str = "%Y-%m-%d"
    newline: str = "\n"


_GENERIC_RECORD = f"""\
Domain Name: {{domain}}
Registry Domain ID: D0123456789-LAB
Updated Date: {{updated}}
Creation Date: {{created}}
Registry Expiry Date: {{expires}}
Registrar: {{registrar}}
Registrar IANA ID: 9999
Registrar Abuse Contact Email: {{abuse}}
Domain Status: {{status}} https://icann.org/epp#{{status}}
Registrant Name: {registrant.NAME}
Registrant Street: {registrant.STREET}
Registrant City: {registrant.CITY}
Registrant Country: {registrant.COUNTRY}
Registrant Phone: {registrant.PHONE}
Registrant Email: {registrant.EMAIL}
Name Server: {{nameserver}}
DNSSEC: unsigned
>>> Last update of WHOIS database: {{now}} <<<
"""

_RIPE_RECORD = f"""\
domain:         {{domain}}
person:         {registrant.NAME}
e-mail:         {registrant.EMAIL}
nserver:        {{nameserver}}
status:         {{status}}
registrar:      {{registrar}}
created:        {{created}}
changed:        {{updated}}
expires:        {{expires}}
source:         LAB
"""

_RU_RECORD = """\
domain:        {domain}
nserver:       {nameserver}.
state:         REGISTERED, DELEGATED, {status}
person:        Private Person
registrar:     {registrar}
created:       {created}
paid-till:     {expires}
source:        TCI
"""

_FR_RECORD = """\
domain:                        {domain}
status:                        {status}
registrar:                     {registrar}
Expiry Date:                   {expires}
created:                       {created}
last-update:                   {updated}
nserver:                       {nameserver}
source:                        FRNIC
"""

_IT_RECORD = f"""\
Domain:             {{domain}}
Status:             {{status}}
Created:            {{created}}
Last Update:        {{updated}}
Expire Date:        {{expires}}

Registrant
  Organization:     {registrant.NAME}
  Address:          {registrant.STREET}

Registrar
  Organization:     {{registrar}}
  Name:             LAB-REG

Nameservers
  {{nameserver}}
"""

_UK_RECORD = """\
    Domain name:
        {domain}

    Registrar:
        {registrar}

    Relevant dates:
        Registered on: {created}
        Expiry date:  {expires}
        Last updated:  {updated}

    Registration status:
        {status}

    Name servers:
        {nameserver}
"""

_EU_RECORD = """\
Domain: {domain}
Script: LATIN

Registrant:
        NOT DISCLOSED!

Registrar:
        Name: {registrar}
        Website: https://registrar.example

Name servers:
        {nameserver}
"""

_DE_RECORD = """\
Domain: {domain}
Nserver: {nameserver}
Status: {status}
Changed: {updated}
"""

_AT_RECORD = """\
domain:         {domain}
registrar:      {registrar}
nserver:        {nameserver}
changed:        {updated}
source:         AT-DOM
"""

_BE_RECORD = """\
Domain: {domain}
Status: {status}
Registered: {created}

Registrar:
        Name: {registrar}

Nameservers:
        {nameserver}
"""

_DK_RECORD = """\
Domain:               {domain}
Registered:           {created}
Expires:              {expires}
Registrar:            {registrar}
Status:               {status}

Nameservers
Hostname:             {nameserver}
"""

_CN_RECORD = f"""\
Domain Name: {{domain}}
Domain Status: {{status}}
Registrant: {registrant.NAME}
Registrant Contact Email: {registrant.EMAIL}
Sponsoring Registrar: {{registrar}}
Name Server: {{nameserver}}
Registration Time: {{created}}
Expiration Time: {{expires}}
"""

_JP_RECORD = """\
[Domain Name]                   {domain}
[Name Server]                   {nameserver}
[Created on]                    {created}
[Expires on]                    {expires}
[Status]                        {status}
[Last Updated]                  {updated}
"""

_CZ_RECORD = """\
domain:       {domain}
registrar:    {registrar}
status:       {status}
registered:   {created}
changed:      {updated}
expire:       {expires}
nserver:      {nameserver}
"""

_ISO = "%Y-%m-%dT%H:%M:%SZ"
_WITH_TIME = "%Y-%m-%d %H:%M:%S"


def _generic(absent: str) -> Form:
    return Form(record=_GENERIC_RECORD, absent=absent, date=_ISO, newline="\r\n")


_GENERIC = _generic('No match for "{domain}".')

# What registries of generic form write for a name that nobody has, where it is not the usual line.
_ABSENT_IN_GENERIC_FORM = {
    "Domain not found.": ("org", "info", "io", "ai", "app", "money", "life", "studio", "group"),
    "No Data Found": ("us", "biz", "design", "co"),
    "NOT FOUND": ("me", "mobi", "in"),
    "DOMAIN NOT FOUND": ("site",),
    "Not found: {domain}": ("ca", "online"),
    "No entries found": ("bz",),
    "No matching record.": ("lat",),
}

_FORMS = {
    "ru": Form(record=_RU_RECORD, absent="No entries found for the selected source(s).", date=_ISO),
    "su": Form(record=_RU_RECORD, absent="No entries found for the selected source(s).", date=_ISO),
    "fr": Form(record=_FR_RECORD, absent="%% NOT FOUND", date=_ISO),
    "it": Form(
        record=_IT_RECORD, absent="Domain:             {domain}\nStatus:             AVAILABLE", date=_WITH_TIME
    ),
    "uk": Form(record=_UK_RECORD, absent='No match for "{domain}".', date="%d-%b-%Y"),
    "eu": Form(record=_EU_RECORD, absent="Domain: {domain}\nStatus: AVAILABLE"),
    "de": Form(record=_DE_RECORD, absent="Domain: {domain}\nStatus: free", date="%Y-%m-%dT%H:%M:%S+00:00"),
    "at": Form(record=_AT_RECORD, absent="% nothing found", date="%Y%m%d %H:%M:%S"),
    "be": Form(record=_BE_RECORD, absent="Domain: {domain}\nStatus: AVAILABLE", date="%a %b %d %Y"),
    "dk": Form(record=_DK_RECORD, absent="No entries found for the selected source."),
    "cn": Form(record=_CN_RECORD, absent="No matching record.", date=_WITH_TIME),
    "jp": Form(record=_JP_RECORD, absent="No match!!", date="%Y/%m/%d"),
    "cz": Form(record=_CZ_RECORD, absent="% No entries found.", date="%d.%m.%Y %H:%M:%S"),
    "se": Form(record=_RIPE_RECORD, absent='domain "{domain}" not found.'),
    "nu": Form(record=_RIPE_RECORD, absent='domain "{domain}" not found.'),
    "ua": Form(record=_RIPE_RECORD, absent="% ERROR: No entries found", date="%Y-%m-%d %H:%M:%S+00"),
    "pl": Form(record=_RIPE_RECORD, absent="No information available about domain name {domain}", date=_WITH_TIME),
    **{tld: _generic(absent) for absent, tlds in _ABSENT_IN_GENERIC_FORM.items() for tld in tlds},
}


def form_for(domain: str) -> Form:
    """The form of the registry that a name belongs to, by its last label."""
    return _FORMS.get(domain.rpartition(".")[2], _GENERIC)


def absent_text(domain: str) -> str:
    """The text for a name that nobody has registered."""
    form = form_for(domain)
    return form.newline.join((*form.absent.format(domain=domain).split("\n"), ""))


def record_text(name: Name, record: RegistryRecord, now: datetime) -> str:
    """The text for a registered name. ``Channel.NOT_PUBLISHED`` leaves the creation date out; ``now`` is printed."""
    form = form_for(name.domain)
    created = None if record.channel is Channel.NOT_PUBLISHED else record.created_at
    dates = {"created": created, "updated": record.updated_at, "expires": record.expires_at, "now": now}
    fields: dict[str, tuple[str, ...]] = {
        "domain": (name.domain,),
        **{key: () if at is None else (at.astimezone(UTC).strftime(form.date),) for key, at in dates.items()},
        "registrar": (record.registrar,),
        "abuse": (record.abuse_contact,),
        "status": record.epp or ("ok",),
        "nameserver": name.nameservers,
    }
    return form.newline.join((*_lines(form.record, fields), ""))


def _lines(template: str, fields: dict[str, tuple[str, ...]]) -> Iterator[str]:
    for line in template.splitlines():
        field = next((key for key in fields if f"{{{key}}}" in line), None)
        if field is None:
            yield line
            continue
        for value in fields[field]:
            yield line.replace(f"{{{field}}}", value)
