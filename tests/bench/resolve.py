"""How fast names are probed, beside what one would use instead, and that faults lose none.

    python -m tests.bench resolve [--names 200000] [--faults 50000]

The server is NSD where it is on PATH (Debian: ``apt install nsd``); without it the lab's own server answers, the rows
say so and judge nothing, because that server is then the slower side. aiodns and dnstwist are measured where they are
installed, on fewer names where they are slow; massdns where it is on PATH.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import queue
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.resolver

from service.adapters.dns import DnsResolver
from service.adapters.prober import ChildProber
from service.lab.dns import DnsServer
from service.lab.world import Name, World
from tests.faulty_dns import Faults, FaultyDns, Zone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

HOST = "127.0.0.1"
SUFFIXES = ("ltd", "com", "net", "online", "site", "top", "info", "press", "news", "live")
CONTROL = "control.example"
EXISTING = 0.01
SLOW = 10
"""Share of the names, one in so many, that the slow ones are measured on."""

MEMORY_LIMIT_MB = 120
AIODNS_TIMES = 3
DNSPYTHON_TIMES = 30


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measurement. ``good`` is None where nothing is judged."""

    what: str
    figure: str
    good: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Server:
    """What answers. ``judges``: fast enough that the client is measured and not the server."""

    port: int
    name: str
    judges: bool


def run(count: int = 200_000, faulty: int = 50_000) -> list[Row]:
    """All rows: speed beside others, memory, the fault run, and the cost of a full look."""
    existing, names = make_names(count)
    with serving(existing) as server:
        rows = [Row(what="server", figure=f"{server.name}, {count} names, {len(existing)} of them exist")]
        rows += asyncio.run(_ours(names, len(existing), server))
        rows += _others(names, server, rows)
        rows.append(asyncio.run(_looks(existing[:500], server)))
    with serving(existing, negative_ttl=3600) as server:
        rows.append(asyncio.run(_again(names, server)))
    return [*rows, asyncio.run(_fault_run(faulty))]


def make_names(count: int) -> tuple[list[str], list[str]]:
    """Names that exist, and all names to be asked for, in a mixed order."""
    names = [f"spiegel-{number:x}.{SUFFIXES[number % len(SUFFIXES)]}" for number in range(count)]
    return names[:: int(1 / EXISTING)], names


@contextmanager
def serving(
    existing: Sequence[str], zones: Sequence[str] = (*SUFFIXES, "example"), negative_ttl: int = 0
) -> Iterator[Server]:
    """NSD with these ``zones`` ("." for all there is), or the lab's server in a process of its own.

    Denials hold for ``negative_ttl`` seconds (0 at the lab's): with 0 every round asks for every name.
    """
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        nsd = shutil.which("nsd")
        if nsd is None:
            Path(folder, "names").write_text("\n".join(existing))
            command = [sys.executable, "-m", "tests.bench.resolve", "--serve", str(port), str(Path(folder, "names"))]
        else:
            command = [nsd, "-d", "-c", str(_write_zones(Path(folder), port, existing, zones, negative_ttl))]
        process = subprocess.Popen(command)
        try:
            _wait_for(port)
            judges = nsd is not None
            yield Server(port=port, name="NSD" if judges else "the lab's server (server-bound)", judges=judges)
        finally:
            process.terminate()
            process.wait()


def free_port() -> int:
    """A port that nobody uses right now, for UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((HOST, 0))
        port: int = sock.getsockname()[1]
        return port


def _write_zones(folder: Path, port: int, existing: Sequence[str], names: Sequence[str], negative_ttl: int) -> Path:
    times = f"1 3600 600 86400 {negative_ttl}"
    soa = f"$TTL 3600\n@ IN SOA ns1.host.example. root.host.example. {times}\n@ IN NS ns1.host.example.\n"
    for suffix in names:
        inside = [name for name in (CONTROL, *existing) if suffix == "." or name.endswith(f".{suffix}")]
        delegations = "".join(f"{name}. IN NS ns1.host.example.\n" for name in inside)
        Path(folder, f"zone-{suffix}").write_text(soa + delegations)
    zones = "".join(f'zone:\n  name: "{s}"\n  zonefile: "{folder}/zone-{s}"\n' for s in names)
    path = folder / "nsd.conf"
    # NSD limits answers to one client to 200 a second of a kind unless told otherwise.
    server = {
        "server-count": 1,
        "ip-address": f"{HOST}@{port}",
        "username": '""',
        "database": '""',
        "rrl-ratelimit": 0,
        "logfile": f'"{folder}/log"',
        "zonesdir": f'"{folder}"',
        "pidfile": f'"{folder}/pid"',
        "xfrdfile": '""',
        "zonelistfile": f'"{folder}/zones"',
    }
    lines = "".join(f"  {key}: {value}\n" for key, value in server.items())
    path.write_text(f"server:\n{lines}remote-control:\n  control-enable: no\n{zones}")
    return path


def _wait_for(port: int) -> None:
    resolver = _dnspython(dns.resolver.Resolver(configure=False), port)
    for _ in range(100):
        try:
            resolver.resolve(CONTROL, "NS", raise_on_no_answer=False, lifetime=0.3)
        except (dns.exception.DNSException, OSError):
            time.sleep(0.1)
            continue
        return
    raise RuntimeError("the DNS server did not start")


async def serve(port: int, existing: Sequence[str]) -> None:
    """The lab's server, for ever."""
    names = {name: Name(domain=name) for name in (*existing, CONTROL)}
    server = DnsServer(World(now=datetime.now(UTC), names=names))
    server.listen_on(HOST, port)
    await asyncio.Event().wait()


async def _ours(names: Sequence[str], existing: int, server: Server) -> list[Row]:
    prober = ChildProber([f"{HOST}:{server.port}"], 0, control_live=[CONTROL])
    await prober.probe(names[:10])
    child = prober._child
    assert child is not None
    rates, memory = [], []
    for _ in range(3):
        began = time.perf_counter()
        report = await prober.probe(names)
        rates.append(len(names) / (time.perf_counter() - began))
        memory.append(_status_kb(child.pid, "VmHWM") / 1024)
        whole = len(report.existing) == existing and report.absent == len(names) - existing
        assert whole, report.detail or "names are missing"
    cpu = _cpu_seconds(child.pid) / (3 * len(names)) * 100_000
    await prober.close()
    return [
        Row(what="prober, names a second", figure=f"{max(rates):.0f} (of {', '.join(f'{r:.0f}' for r in rates)})"),
        Row(what="prober, CPU seconds for 100,000 names", figure=f"{cpu:.2f}"),
        Row(
            what=f"prober, peak memory below {MEMORY_LIMIT_MB} MB, after one, two, three rounds",
            figure=", ".join(f"{megabytes:.0f}" for megabytes in memory),
            good=memory[-1] < MEMORY_LIMIT_MB,
        ),
    ]


async def _again(names: Sequence[str], server: Server) -> Row:
    """A second pass within the time that the suffixes' SOAs give their denials."""
    prober = ChildProber([f"{HOST}:{server.port}"], 0, control_live=[CONTROL])
    rates, queries = [], []
    for _ in range(2):
        began = time.perf_counter()
        report = await prober.probe(names)
        rates.append(len(names) / (time.perf_counter() - began))
        queries.append(report.queries)
    await prober.close()
    figure = f"{rates[1]:.0f} names a second after {rates[0]:.0f}, {queries[1]} queries after {queries[0]}"
    return Row(what="the same names again while their denials hold", figure=figure)


def _others(names: Sequence[str], server: Server, rows: Sequence[Row]) -> list[Row]:
    ours = float(rows[1].figure.split()[0])
    found: list[Row] = []
    peers: list[tuple[str, Callable[[Sequence[str], int], float] | None, int, int]] = [
        ("aiodns", _aiodns() if _installed("aiodns") else None, 1, AIODNS_TIMES),
        ("dnspython's async resolver", _asyncresolver, SLOW, DNSPYTHON_TIMES),
        ("dnstwist's scanner", _dnstwist if _installed("dnstwist") else None, SLOW, DNSPYTHON_TIMES),
        ("massdns at its defaults", _massdns if shutil.which("massdns") else None, 1, 1),
    ]
    for name, measure, share, times in peers:
        if measure is None:
            found.append(Row(what=name, figure="not installed"))
            continue
        rate = measure(names[::share], server.port)
        good = ours >= times * rate if server.judges else None
        found.append(Row(what=f"{name}, names a second; at most 1/{times} of ours", figure=f"{rate:.0f}", good=good))
    return found


def _timed(work: Callable[[], object], count: int) -> float:
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def _asyncresolver(names: Sequence[str], port: int) -> float:
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [HOST], port

    async def ask(name: str) -> None:
        try:
            await resolver.resolve(name, "NS", raise_on_no_answer=False)
        except dns.exception.DNSException:
            return

    return _timed(lambda: asyncio.run(_all(names, ask)), len(names))


def _aiodns() -> Callable[[Sequence[str], int], float]:
    aiodns = importlib.import_module("aiodns")

    def measure(names: Sequence[str], port: int) -> float:
        async def inside() -> None:
            async with aiodns.DNSResolver(nameservers=[HOST], udp_port=port, tcp_port=port, tries=3) as resolver:

                async def ask(name: str) -> None:
                    try:
                        await resolver.query_dns(name, "NS")
                    except aiodns.error.DNSError:
                        return

                await _all(names, ask)

        return _timed(lambda: asyncio.run(inside()), len(names))

    return measure


async def _all(names: Sequence[str], ask: Callable[[str], Awaitable[None]], at_once: int = 200) -> None:
    waiting = iter(names)

    async def worker() -> None:
        for name in waiting:
            await ask(name)

    await asyncio.gather(*(worker() for _ in range(at_once)))


def _dnstwist(names: Sequence[str], port: int) -> float:
    dnstwist = importlib.import_module("dnstwist")
    jobs: queue.Queue[dict[str, str]] = queue.Queue()
    for name in names:
        jobs.put({"fuzzer": "bench", "domain": name})
    threads: list[threading.Thread] = []
    for _ in range(10):
        scanner = dnstwist.Scanner(jobs)
        scanner.option_extdns = True
        scanner.nameservers = [dns.nameserver.Do53Nameserver(HOST, port)]
        threads.append(scanner)

    def work() -> None:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return _timed(work, len(names))


def _massdns(names: Sequence[str], port: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "names").write_text("\n".join(names))
        Path(folder, "resolvers").write_text(f"{HOST}:{port}\n")
        options = ["--root", "-q", "-t", "NS", "-r", f"{folder}/resolvers", "-o", "S", "-w", f"{folder}/out"]
        command = [str(shutil.which("massdns")), *options, f"{folder}/names"]
        return _timed(lambda: subprocess.run(command, check=True), len(names))


async def _looks(existing: Sequence[str], server: Server) -> Row:
    resolver = DnsResolver({"own": [f"{HOST}:{server.port}"]}, [CONTROL])
    await resolver.facts(existing[0], existing[0])
    began = time.thread_time()
    for name in existing:
        await resolver.facts(name, name)
    cost = (time.thread_time() - began) / len(existing) * 1000
    return Row(what="a look with all record types, CPU milliseconds below 3", figure=f"{cost:.2f}", good=cost < 3)


async def _fault_run(count: int) -> Row:
    """Loss, SERVFAIL, forgeries, truncation and duplicates at once."""
    real = [f"real-{number}.ltd" for number in range(count // 100)]
    names = [f"gone-{number}.ltd" for number in range(count - len(real))] + real
    zone = Zone(records={(name, "NS"): ("ns1.host.example.",) for name in (CONTROL, *real)})
    faults = Faults(lost=0.05, servfail=0.03, forged_question=0.01, forged_id=0.01, truncated=0.001, twice=0.01)
    with FaultyDns(zone, faults) as server:
        prober = ChildProber([server.address], 0, timeout=0.5, window=200, control_live=[CONTROL])
        began = time.perf_counter()
        report = await prober.probe(names)
        rate = count / (time.perf_counter() - began)
        await prober.close()
    whole = len(report.existing) + report.absent + len(report.unanswered) == count
    true = set(report.existing) <= set(real) and report.absent <= count - len(real)
    figure = (
        f"{len(report.existing)} existing, {report.absent} absent, {len(report.unanswered)} unanswered, "
        f"{report.foreign} forged or late dropped, {rate:.0f} names a second"
    )
    return Row(
        what=f"{count} names through faults: all accounted for, no forgery believed", figure=figure, good=whole and true
    )


def _dnspython(resolver: dns.resolver.Resolver, port: int) -> dns.resolver.Resolver:
    resolver.nameservers, resolver.port = [HOST], port
    return resolver


def _installed(module: str) -> bool:
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


def _status_kb(pid: int, key: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:"))


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def show(rows: Sequence[Row]) -> int:
    """Print rows; 1 where one of them is not good."""
    for row in rows:
        mark = {None: "    ", True: "good", False: "BAD "}[row.good]
        print(f"{mark}  {row.what}: {row.figure}")
    return int(any(row.good is False for row in rows))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print all rows; 1 where one of them is not good."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.resolve")
    parser.add_argument("--names", type=int, default=200_000)
    parser.add_argument("--faults", type=int, default=50_000)
    parser.add_argument("--serve", nargs=2, metavar=("PORT", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        asyncio.run(serve(int(options.serve[0]), Path(options.serve[1]).read_text().split()))
        return 0
    return show(run(options.names, options.faults))


if __name__ == "__main__":
    sys.exit(main())
