"""A real resolver loads the lists that are made for it, and blocks what they name (Unbound, where it is installed)."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rcode
import pytest

from service.core.exports import lists
from service.core.exports.context import Context
from service.core.exports.entry import Entry
from tests.unit.test_exports import context, entry

UNBOUND = shutil.which("unbound", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
pytestmark = pytest.mark.skipif(UNBOUND is None, reason="Unbound is not installed (Debian: unbound)")

SERVER = """
server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  interface: 127.0.0.1@{port}
  do-ip6: no
  num-threads: 1
  module-config: "respip iterator"
  local-zone: "ltd." transparent
  local-data: "innocent.ltd. A 192.0.2.1"
  root-hints: ""
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@1
"""
RPZ = 'rpz:\n  name: "spoofwatch.rpz."\n  zonefile: "list"\n'
INCLUDED = 'include: "{folder}/list"\n'
PATIENCE = 20


@contextmanager
def resolver(folder: Path, settings: str, written: str) -> Iterator[int]:
    """Unbound over a list; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "list").write_text(written, encoding="utf-8")
    config = folder / "unbound.conf"
    config.write_text(SERVER.format(folder=folder, port=port) + settings.format(folder=folder))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([str(UNBOUND), "-d", "-c", str(config)], stdout=log, stderr=log)
        try:
            wait_for(port, process, folder)
            yield port
        finally:
            process.terminate()
            process.wait(PATIENCE)


def wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(PATIENCE * 5):
        assert process.poll() is None, (folder / "log").read_text(errors="replace")
        try:
            ask(port, "innocent.ltd", timeout=0.2)
        except (dns.exception.Timeout, OSError):
            time.sleep(0.05)
        else:
            return
    pytest.fail((folder / "log").read_text(errors="replace"))


def ask(port: int, name: str, timeout: float = 5) -> dns.rcode.Rcode:
    return dns.query.udp(dns.message.make_query(name, "A"), "127.0.0.1", port=port, timeout=timeout).rcode()


@pytest.mark.parametrize(("write", "settings"), [(lists.rpz, RPZ), (lists.unbound, INCLUDED)])
def test_unbound_loads_the_list_and_blocks_the_name_and_what_is_below(
    write: Callable[[Iterable[Entry], Context], Iterator[str]], settings: str, tmp_path: Path
) -> None:
    hostile = entry("bild.pics", id="lka_2", outlet="bild", reason='"\nserver: ; $INCLUDE /etc/passwd', registrar='")')
    written = "".join(write([entry("spiegel.ltd"), hostile], context()))
    with resolver(tmp_path, settings, written) as port:
        found = {name: ask(port, name) for name in ("spiegel.ltd", "www.spiegel.ltd", "bild.pics", "innocent.ltd")}
        own = ask(port, "www.spiegel.de")
    blocked = dns.rcode.NXDOMAIN
    assert found == {
        "spiegel.ltd": blocked,
        "www.spiegel.ltd": blocked,
        "bild.pics": blocked,
        "innocent.ltd": dns.rcode.NOERROR,
    }
    assert own != blocked  # it is asked of an upstream that is not there
