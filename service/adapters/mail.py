"""Alerts by mail: one message in plain text and HTML, through the operator's SMTP server."""

from __future__ import annotations

import asyncio
import re
import smtplib
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

from jinja2 import Environment

from service.adapters.webhook import plain
from service.core.alerts.deliveries import Attempt
from service.core.alerts.messages import Message, message

if TYPE_CHECKING:
    from datetime import datetime

    from service.core.alerts.deliveries import Delivery

_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")

_HTML = Environment(autoescape=True).from_string(
    """<!doctype html><meta charset="utf-8">
<h2>{{ said.title }}</h2>
<table cellpadding="4">{% for name, value in said.facts %}
<tr valign="top"><th align="left">{{ name }}</th><td>{{ value }}</td></tr>{% endfor %}
</table>
<p>{{ said.severity }} · {{ said.at }}</p>
"""
)


@dataclass(frozen=True, kw_only=True, slots=True)
class MailServer:
    """Where mail goes out. ``timeout`` in seconds for each step of the conversation."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    user: str = ""
    password: str = ""
    timeout: float = 20.0


class MailSink:
    """Sends events as mails (``ports.Sink``); the endpoint's URL is ``mailto:`` and one address or more."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def send(self, delivery: Delivery, at: datetime) -> Attempt:
        """Hand one mail over once. Only a server that refuses every recipient for good is permanent."""
        try:
            mail = letter(message(delivery.event), self._server.sender, recipients(delivery.endpoint.url), at)
            return await asyncio.to_thread(self._hand_over, mail)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            return Attempt(ok=False, status=None, detail=plain(str(error)), permanent=min(codes) >= 500)  # noqa: PLR2004 - RFC 5321 4.2.1
        except (smtplib.SMTPException, OSError, MessageError, ValueError) as error:
            return Attempt(ok=False, status=None, detail=plain(f"{type(error).__name__}: {error}"))

    def _hand_over(self, mail: EmailMessage) -> Attempt:
        server, context = self._server, ssl.create_default_context()
        connection = (
            smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=context)
            if server.security == "tls"
            else smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        )
        with connection as smtp:
            if server.security == "starttls":
                smtp.starttls(context=context)
            if server.user:
                smtp.login(server.user, server.password)
            refused = smtp.send_message(mail)
        return Attempt(ok=True, status=None, detail=plain(f"refused: {', '.join(refused)}") if refused else "")


def letter(said: Message, sender: str, to: tuple[str, ...], at: datetime) -> EmailMessage:
    """A mail whose id is the event's, so that one that comes twice is known again."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Subject"] = f"[{said.severity}] {said.title}"
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{said.id}@{sender.rpartition('@')[2].strip('<> ')}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence notice answers it
    mail.set_content(said.plain())
    mail.add_alternative(_HTML.render(said=said), subtype="html")
    return mail


def recipients(url: str) -> tuple[str, ...]:
    """The addresses of a ``mailto:`` URL (RFC 6068, without header fields). ValueError where one is none."""
    scheme, _, rest = url.partition(":")
    found = tuple(unquote(one).strip() for one in rest.split(","))
    if scheme != "mailto" or not all(_ADDRESS.fullmatch(one) for one in found):
        raise ValueError("mail goes to addresses, as in mailto:desk@news.example,night@news.example")
    return found
