# SPDX-License-Identifier: Apache-2.0
"""`swiftlet-perf fanout` on topics that do well, and on such that do not."""

import json
import re

import pytest
from hdrh.histogram import HdrHistogram
from instrument import BRIEF, python_server
from reports import perf

SUBSCRIBERS = ["--connections", "5"]


class Topic:
    """Sends each message to all other connections; of every twentieth `spoil` says what is sent."""

    def __init__(self, spoil=lambda message: [message]):
        self.members, self.spoil, self.count = set(), spoil, 0

    async def __call__(self, connection):
        self.members.add(connection)
        try:
            async for message in connection:
                self.count += 1
                for index, member in enumerate(self.members - {connection}):
                    is_spoilt = self.count % 20 == 0 and index == 0
                    for part in self.spoil(message) if is_spoilt else [message]:
                        await member.send(part)
        finally:
            self.members.discard(connection)


@pytest.mark.parametrize("format", ["binary", "json"])
@pytest.mark.parametrize("rate", [[], ["--rate", "200"], ["--depth", "8"]])
def test_every_subscriber_gets_every_message(format, rate, tmp_path):
    file = tmp_path / "result.json"
    with python_server(Topic()) as port:
        done = perf(
            "fanout", "--url", f"ws://127.0.0.1:{port}/", *BRIEF, *SUBSCRIBERS, *rate,
            "--format", format, "--size", "100", "--json", str(file),
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every message was right" in done.stdout
    [run] = json.loads(file.read_text())["runs"]
    assert run["load"]["pattern"] == "fanout" and run["load"]["connections"] == 6
    deliveries = run["times"]["delivery"]
    assert HdrHistogram.decode(deliveries["hdr"].encode()).get_total_count() == deliveries["count"]
    # Each message that reached its last subscriber while it was measured reached the others too, some of
    # them before.
    assert deliveries["count"] >= 5 * (run["figures"]["rate"] * run["figures"]["measuredSeconds"] - 64)
    assert run["figures"]["deliveries"] > 0
    assert deliveries["max"] <= run["times"]["response"]["max"]


SPOILS = {
    "lost": lambda message: [],
    "duplicated": lambda message: [message, message],
    "corrupted": lambda message: [message[:-1] + b"?"],
}


@pytest.mark.parametrize("fault", SPOILS)
def test_names_what_a_topic_does_wrong(fault):
    # At a rate, since a message that is lost would hold up those that wait for it.
    with python_server(Topic(SPOILS[fault])) as port:
        done = perf(
            "fanout", "--url", f"ws://127.0.0.1:{port}/", *BRIEF, *SUBSCRIBERS, "--rate", "200",
            "--depth", "1000", "--patience", "300ms",
        )  # fmt: skip
    assert done.returncode == 1
    assert re.search(rf"^WRONG: .*\d+ {fault}", done.stdout, re.MULTILINE)


def test_names_messages_out_of_order():
    held = []

    def hold(message):
        held.append(message)
        return []

    class Late(Topic):
        async def __call__(self, connection):
            async def send(message, original=connection.send):
                await original(message)
                while held:
                    await original(held.pop())

            connection.send = send
            await super().__call__(connection)

    with python_server(Late(hold)) as port:
        done = perf(
            "fanout", "--url", f"ws://127.0.0.1:{port}/", *BRIEF, "--connections", "1", "--rate", "200",
            "--depth", "1000", "--patience", "300ms",
        )  # fmt: skip
    assert done.returncode == 1
    assert re.search(r"^WRONG: .*\d+ out of order", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    "expectation, status", [("deliveries>=1", 0), ("deliveries>1000000000", 3), ("delivery.max<1h", 0)]
)
def test_expectations_know_deliveries(expectation, status):
    with python_server(Topic()) as port:
        done = perf(
            "fanout", "--url", f"ws://127.0.0.1:{port}/", *BRIEF, *SUBSCRIBERS, "--expect", expectation
        )
    assert done.returncode == status, done.stdout + done.stderr
