# SPDX-License-Identifier: Apache-2.0
"""What the server itself counts."""

import re

from rawsocket import RawSocket
from serverprocess import ServerProcess, eventually

COUNTER = re.compile(r"^swiftlet_(\S+) (\d+)$", re.MULTILINE)


def counters(process: ServerProcess) -> dict[str, int]:
    """All of `/metrics` by name, without `swiftlet_`."""
    with RawSocket(process.port) as raw:
        text = raw.get("/metrics").body.decode()
    return {name: int(value) for name, value in COUNTER.findall(text)}


def counts_to(process: ServerProcess, name: str, value: int) -> bool:
    return eventually(lambda: counters(process)[name] == value)
