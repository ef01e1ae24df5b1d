"""Secrets that have to be read again (webhooks sign with them), sealed under a key that is not in the database.

Fernet (https://github.com/fernet/spec) by ``cryptography``. The key's file holds one key a line: the first seals, all
open. A key is replaced by a line above it and a restart, which seals everything anew; then the old line can go.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from service.core.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

_SEALED = "fernet:"
_KEY = "webhooks.key_file"


class Vault:
    """Seals and opens. ``file`` is read when it is first needed, and made then where it is missing."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._keys: MultiFernet | None = None

    def seal(self, secret: str) -> str:
        """A secret as it may be stored; the first ever makes the key. ConfigError where there can be none."""
        if self._keys is None and not self._file.exists():
            self._make()
        return _SEALED + self._ring().encrypt(secret.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """The secret. What was stored before secrets were sealed is given back as it is.

        ConfigError where the key is missing, or is another one.
        """
        if not sealed.startswith(_SEALED):
            return sealed
        try:
            return self._ring().decrypt(sealed.removeprefix(_SEALED)).decode()
        except InvalidToken:
            raise self._wrong("none of its keys opens what is stored", "put back the key that sealed it") from None

    def renewed(self, sealed: str) -> str:
        """The same secret under the newest key, as it is where it is so already; nothing stays nothing."""
        if sealed.startswith(_SEALED):
            try:
                Fernet(self._lines()[0]).decrypt(sealed.removeprefix(_SEALED))
            except InvalidToken:
                pass
            else:
                return sealed
        return self.seal(self.open(sealed)) if sealed else ""

    def _ring(self) -> MultiFernet:
        if self._keys is None:
            self._keys = MultiFernet([Fernet(line) for line in self._lines()])
        return self._keys

    def _lines(self) -> list[str]:
        try:
            lines = self._file.read_text(encoding="ascii").split()
        except FileNotFoundError:
            raise self._wrong("no such file, but the database holds secrets sealed with it", "put it back") from None
        except (OSError, UnicodeDecodeError) as error:
            words = error.strerror if isinstance(error, OSError) else "is not text"
            raise self._wrong(f"cannot be read: {words}", "chown or chmod it for the user of the service") from None
        for number, line in enumerate(lines, 1):
            try:
                Fernet(line)
            except ValueError:
                raise self._wrong(f"key {number} is none: 32 bytes in URL-safe Base64 are asked for", "") from None
        if not lines:
            raise self._wrong("is empty", "remove it, and a key is made")
        return lines

    def _make(self) -> None:
        """A first key, for our user alone, whole or not there. Of two processes that make one the first one's stays."""
        ours = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(ours, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                stream.write(Fernet.generate_key() + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
            with suppress(FileExistsError):
                os.link(ours, self._file)
            ours.unlink()
        except OSError as error:
            raise self._wrong(f"cannot be made: {error.strerror}", "name a place that the service may write") from None

    def _wrong(self, reason: str, mend: str) -> ConfigError:
        return ConfigError(file="service.toml", key=_KEY, value=str(self._file), reason=reason, mend=mend)
