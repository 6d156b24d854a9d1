# SPDX-License-Identifier: Apache-2.0
"""`swiftlet-perf capacity`: what it finds is the machine's business, how it looks for it is not."""

import asyncio
import json

from instrument import python_server
from reports import perf

BRIEF = ["--duration", "200ms", "--connections", "2", "--warm-up", "100ms"]


def echo(delay=0):
    async def handler(connection):
        async for message in connection:
            await asyncio.sleep(delay)
            await connection.send(message)

    return handler


def test_tries_rates_up_to_the_limit(tmp_path):
    file = tmp_path / "result.json"
    with python_server(echo()) as port:
        done = perf(
            "capacity", "--url", f"ws://127.0.0.1:{port}/", *BRIEF, "--rate", "20", "--up-to", "30",
            "--expect", "p50<1h", "--json", str(file),
        )  # fmt: skip
    result = json.loads(file.read_text())
    assert result["scenario"] == "capacity"
    rates = [run["load"]["rate"] for run in result["runs"]]
    assert 20 in rates and rates == sorted(rates) and max(rates) <= 30
    well = [run for run in result["runs"] if not run["faults"]["lost"] and not run["remarks"]]
    assert done.returncode == (0 if well or "all is well" in done.stdout else 3)


def test_says_when_there_is_no_rate_at_which_all_is_well():
    with python_server(echo(delay=0.1)) as port:
        done = perf(
            "capacity", "--url", f"ws://127.0.0.1:{port}/", *BRIEF, "--rate", "10", "--expect", "p50<50ms"
        )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "no rate was found at which all is well" in done.stdout
    assert "not p50<50ms" in done.stdout


def test_says_that_there_are_not_enough_descriptors():
    done = perf("echo", "--url", "ws://127.0.0.1:1/", "--connections", "100000000")
    assert done.returncode != 0
    assert "need more than the" in done.stderr and "ulimit -Hn" in done.stderr
