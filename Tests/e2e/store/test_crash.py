# SPDX-License-Identifier: Apache-2.0
"""What outlives a server that is killed, and what must not."""

import random

from crash import Connection, run
from serverprocess import ServerProcess


def test_nothing_acknowledged_is_lost_and_nothing_deleted_returns(tmp_path):
    """The short form of `make crash`."""
    seed = random.getrandbits(32)
    try:
        run(tmp_path / "store", rounds=5, seed=seed)
    except AssertionError as failure:
        failure.add_note(f"seed {seed}")
        raise


def test_subscriptions_of_a_dead_servers_connections_are_gone(start_server, tmp_path):
    flags = "--store", f"sqlite:{tmp_path}/store"
    server = ServerProcess("--port", "0", *flags)
    with Connection.open(server, "q") as connection:
        assert connection.ask("subscription_create")[0] == 201
        status, made = connection.ask("subscription_create", subscriber="https://hook.invalid/")
        assert status == 201
        server.kill()
    with Connection.open(start_server(*flags), "q") as connection:
        status, answer = connection.ask("subscription_list")
    assert status == 200
    assert [s["id"] for s in answer["subscriptions"]] == [made["subscription_id"]]


def test_queue_keeps_its_metadata_and_its_bounds(start_server, tmp_path):
    flags = "--store", f"sqlite:{tmp_path}/store"
    metadata = {"_max_messages_post_size": 100, "_default_message_ttl": 77, "blob": b"\xff\x00"}
    server = ServerProcess("--port", "0", *flags)
    with Connection.open(server, "q") as connection:
        assert connection.ask("queue_create", metadata=metadata)[0] == 201
        server.kill()
    with Connection.open(start_server(*flags), "q") as connection:
        assert connection.ask("queue_get") == (200, metadata)
        assert connection.ask("message_post", messages=[{"body": "x" * 100}])[0] == 400
        assert connection.ask("message_post", messages=[{"body": "x"}])[0] == 201
        assert connection.ask("message_list", echo=True)[1]["messages"][0]["ttl"] == 77
