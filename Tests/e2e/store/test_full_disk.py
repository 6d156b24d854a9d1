# SPDX-License-Identifier: Apache-2.0
"""A disk without room: what must be written is refused, and the server lives on."""

import contextlib
import subprocess

import pytest
from crash import Connection

SIZE = 8 << 20


@pytest.fixture
def small_disk(tmp_path):
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", tmp_path], capture_output=True
    )
    if mount.returncode:
        pytest.skip("no file system can be mounted here")
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


def post(connection: Connection) -> tuple[int, dict]:
    return connection.ask("message_post", messages=[{"body": bytes(3000), "ttl": 3600}])


def post_until_refused(connection: Connection) -> list[str]:
    """The ids of what went in."""
    ids = []
    while True:
        status, answer = post(connection)
        if status != 201:
            assert (status, answer["error"]) == (500, "Unexpected error.")
            return ids
        ids += answer["message_ids"]
        assert len(ids) < SIZE // 3000


def fill(path) -> None:
    """Makes a file that takes all room there is."""
    with open(path, "ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_full_disk(small_disk, start_server):
    # Stopped by its fixture before the file system goes.
    flags = "--store", f"sqlite:{small_disk}/store"
    server = start_server(*flags)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(SIZE // 2))  # so that room can be made
    with Connection.open(server, "q") as connection:
        ids = post_until_refused(connection)
        assert ids
        assert "full" in server.stderr()
        fill(filler)

        # What reads is answered, what must write is not, each as its action says it. A little may still
        # go where a failed attempt has taken room.
        assert [m["id"] for m in connection.messages(include_claimed=True)] == ids
        status, answer = connection.ask("queue_get_stats")
        assert (status, answer["messages"]["total"]) == (200, len(ids))
        large = {"rest": "x" * 60000}
        status, answer = connection.ask("claim_create")
        assert (status, answer["error"]) == (500, "Unexpected error.")
        status, answer = connection.ask("queue_create", queue_name="new", metadata=large)
        assert (status, answer["error"]) == (503, "Queue new could not be created.")
        status, answer = connection.ask("subscription_create", options=large)
        assert (status, answer["error"]) == (503, "Subscription q could not be created.")

        # Nor is the log filled.
        for _ in range(100):
            assert connection.ask("queue_create", queue_name="new", metadata=large)[0] == 503
        assert server.stderr().count("full") < 50

        filler.unlink()
        more = post_until_refused(connection)
        assert more
        assert [m["id"] for m in connection.messages(include_claimed=True)] == ids + more

    server.stop()
    with Connection.open(start_server(*flags), "q") as connection:
        assert [m["id"] for m in connection.messages(include_claimed=True)] == ids + more
