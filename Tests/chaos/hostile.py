# SPDX-License-Identifier: Apache-2.0
"""Clients that do everything a client should not, many at a time until told to stop.

    python hostile.py PORT CLIENTS SEED plain|tls

Runs until standard input ends; then the figures are one line of JSON: how often each kind ran, and what
the server did that it should not have. Which client does what, and how much, follows from the seed; what
meets what in time does not.
"""

import asyncio
import contextlib
import json
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator

from client import Broken, Client, Deed
from plain import PLAIN
from tls import TLS

# A bound on hangs, far above what any step takes.
PATIENCE = 60.0


async def run(port: int, clients: int, seed: int, deeds: dict[str, Deed]) -> dict:
    kinds = sorted(deeds)
    counts: Counter[str] = Counter()
    broken: list[str] = []
    stop = asyncio.Event()

    async def act(number: int) -> None:
        chance = random.Random(f"{seed} {number}")
        while not stop.is_set():
            kind = chance.choice(kinds)
            try:
                async with asyncio.timeout(PATIENCE), opened(port, chance) as client:
                    await deeds[kind](client)
            except Broken as error:
                broken.append(f"{kind}: {error}")
            except TimeoutError:
                broken.append(f"{kind}: the server left it waiting for {PATIENCE} s")
            except OSError as error:
                broken.append(f"{kind}: {error}")
            counts[kind] += 1
            # Bounds how many connections a second there are: the kernel remembers each for minutes.
            await asyncio.sleep(chance.random() * 0.2)

    tasks = [asyncio.create_task(act(number)) for number in range(clients)]
    await asyncio.to_thread(sys.stdin.read)
    stop.set()
    await asyncio.gather(*tasks)
    return {"counts": dict(sorted(counts.items())), "broken": broken}


@contextlib.asynccontextmanager
async def opened(port: int, chance: random.Random) -> AsyncIterator[Client]:
    client = Client(port, chance)
    try:
        yield client
    finally:
        client.socket.close()


if __name__ == "__main__":
    port, clients, seed = map(int, sys.argv[1:4])
    deeds = {"plain": PLAIN, "tls": TLS}[sys.argv[4]]
    print(json.dumps(asyncio.run(run(port, clients, seed, deeds))))
