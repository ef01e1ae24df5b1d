"""The prober's own process: ``python -m service.adapters.prober_child``, batches on stdin, results on stdout.

The first frame holds the settings as JSON, each further one a batch of names. Every second ``{"beat":N}`` says that
the process is alive and how many names have ended; where nobody reads it any more, the process ends. See ``prober.py``
for the other side.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from dataclasses import asdict
from typing import Any, BinaryIO

from service.adapters.prober_batch import BatchProber
from service.adapters.prober_frames import pack_object, read_frame, unpack_names
from service.adapters.prober_loop import LoopSettings, ProbeLoop

_clock = time.monotonic  # noqa: TID251  # limits of network waits are real time by design, and this process has nothing else


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer batches until the source ends."""
    first = read_frame(source)
    if first is None:
        return
    fields = json.loads(first)

    def say(message: dict[str, Any]) -> None:
        sink.write(pack_object(message))
        sink.flush()

    loop = ProbeLoop(_loop_settings(fields), _clock, lambda: say({"beat": prober.ended}))
    prober = BatchProber(loop, fields["controls"], _clock)
    try:
        while (batch := read_frame(source)) is not None:
            before, foreign = loop.queries, loop.foreign
            result = prober.probe(unpack_names(batch))
            say(asdict(result) | {"queries": loop.queries - before, "foreign": loop.foreign - foreign})
    finally:
        loop.close()


def _loop_settings(fields: dict[str, Any]) -> LoopSettings:
    return LoopSettings(
        upstreams=tuple((host, port) for host, port in fields["upstreams"]),
        qps=fields["qps"],
        window=fields["window"],
        timeout=fields["timeout"],
        tries=fields["tries"],
        use_0x20=fields["use_0x20"],
    )


def main() -> int:
    """Serve on the standard streams. Ctrl-C reaches the whole process group, and the service decides what it means."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        serve(sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
