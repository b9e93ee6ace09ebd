"""The disposable process in which hostile bytes are parsed: `python -m monitor.read.worker CPU_SECONDS MEMORY_BYTES`.

It reads requests from standard input and writes replies to standard output until the input ends, as it does when the
parent dies. A frame is four bytes of length, big-endian, and so many bytes: a request is a pickle, a reply is JSON,
since the parent must not unpickle what a process says that hostile bytes may have taken over. An empty frame says
that the worker is ready.
"""

import dataclasses
import json
import logging
import math
import os
import pickle
import resource
import signal
import struct
import sys
from datetime import timedelta
from typing import BinaryIO

from monitor.domain.documents import Capture, ReadResult
from monitor.read.capture import read_capture

LENGTH = struct.Struct(">I")
OUT_OF_MEMORY = 97  # exit status
FILES = 64  # open at once, at most
# What reading never does, as the interpreter reports it (PEP 578): speak to anybody, ask for a name, start anything.
_NEVER = (
    "socket.connect",
    "socket.send",
    "socket.get",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.system",
)


def main() -> None:
    """Set the limits, then serve."""
    cpu, memory = float(sys.argv[1]), int(sys.argv[2])
    # The service manager and a terminal signal the whole group; the parent alone decides when a read is given up.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)
    for limit, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_NPROC, 0),  # not for root
    ):
        resource.setrlimit(limit, (most, most))
    sys.addaudithook(refuse)
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the frames
    serve(sys.stdin.buffer, replies, cpu)


def serve(requests: BinaryIO, replies: BinaryIO, cpu: float) -> None:
    """Answer until the requests end; each may use `cpu` seconds before the kernel ends the process."""
    _send(replies, b"")
    while head := requests.read(LENGTH.size):
        request = pickle.loads(requests.read(*LENGTH.unpack(head)))  # noqa: S301 - from the parent
        renew_cpu_limit(cpu)
        try:
            reply = to_json(_discovered(*request) if len(request) == 1 else read_capture(*request))
        except MemoryError:
            os._exit(OUT_OF_MEMORY)  # nothing may be allocated on the way out
        _send(replies, reply)


def _discovered(capture: Capture) -> ReadResult:
    from monitor.read.discover import discover  # rare, and slow to load

    return discover(capture)


def refuse(event: str, args: tuple[object, ...], never: tuple[str, ...] = _NEVER) -> None:
    """An audit hook: a library that a document talked into it gets PermissionError. It binds Python code; what native
    code could do that hostile bytes took over, the service's unit bounds. What it needs it holds itself: events come
    even when this module's names are taken away at the end."""
    if event.startswith(never):
        raise PermissionError(event)


def renew_cpu_limit(cpu: float) -> None:
    """The kernel counts over the life of a process, in whole seconds: move the limit on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime + cpu), hard))


def to_json(result: ReadResult) -> bytes:
    """The reply: the fields of a ReadResult, times as `str` writes them (ISO 8601), spans of time in seconds."""
    return json.dumps(result, ensure_ascii=False, default=_plain).encode()


def _plain(value: object) -> dict[str, object] | str | float:
    if dataclasses.is_dataclass(value):  # `asdict` would copy every text first
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return value.total_seconds() if isinstance(value, timedelta) else str(value)


def _send(replies: BinaryIO, data: bytes) -> None:
    replies.write(LENGTH.pack(len(data)) + data)
    replies.flush()


if __name__ == "__main__":
    main()
