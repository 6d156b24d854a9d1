# SPDX-License-Identifier: Apache-2.0
"""Messaging with what was proved at the upgrade: it counts as an authenticate that came before the first request."""

import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from jwt.algorithms import HMACAlgorithm
from serverprocess import PATIENCE, ServerProcess, takes_jwt
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from wire import CLIENT_ID


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "tokens").write_text("one-token one\nother-token other\nold-token one 2020-01-01T00:00:00Z\n")
    process = ServerProcess("--port", "0", "--tokens", str(folder / "tokens"))
    yield process
    process.stop()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def ask(socket, action="queue_list", project="one", **headers) -> int:
    fields = {"Client-ID": CLIENT_ID, "X-Project-ID": project} | headers
    socket.send(json.dumps({"action": action, "headers": fields, "body": {}}))
    return json.loads(socket.recv(timeout=PATIENCE))["headers"]["status"]


@pytest.mark.parametrize("path", ["/v2", "/"])
def test_who_proved_it_at_the_upgrade_is_in(server, path):
    with connect(server.url + path, additional_headers=bearer("one-token")) as socket:
        assert ask(socket) == 200
        assert ask(socket, project="other") == 403


def test_by_subprotocol_and_query(server):
    with connect(f"{server.url}/v2", subprotocols=["bearer.one-token"]) as socket:
        assert socket.subprotocol == "bearer.one-token"
        assert ask(socket) == 200
    with connect(f"{server.url}/v2?access_token=one-token") as socket:
        assert ask(socket) == 200


@pytest.mark.parametrize("path", ["/v2", "/"])
@pytest.mark.parametrize("token", ["old-token", "bad-token"])
def test_a_bad_token_does_not_get_that_far(server, path, token):
    with pytest.raises(InvalidStatus) as refused:
        connect(server.url + path, additional_headers=bearer(token))
    assert refused.value.response.status_code == 401


def test_strangers_may_still_authenticate(server):
    with connect(f"{server.url}/v2") as socket:
        assert ask(socket) == 403
        assert ask(socket, "authenticate", **{"X-Auth-Token": "one-token"}) == 200
        assert ask(socket) == 200


def test_authenticate_changes_the_project(server):
    with connect(f"{server.url}/v2", additional_headers=bearer("one-token")) as socket:
        assert ask(socket, "authenticate", **{"X-Auth-Token": "bad-token"}) == 401
        assert ask(socket) == 200
        assert ask(socket, "authenticate", **{"X-Auth-Token": "other-token"}) == 200
        assert ask(socket) == 403
        assert ask(socket, project="other") == 200


def test_its_end_closes_the_connection(tmp_path):
    end = datetime.now(UTC) + timedelta(seconds=3)
    tokens = tmp_path / "tokens"
    tokens.write_text(f"brief one {end.strftime('%Y-%m-%dT%H:%M:%SZ')}\n")
    process = ServerProcess("--port", "0", "--tokens", str(tokens))
    try:
        with connect(f"{process.url}/v2", additional_headers=bearer("brief")) as socket:
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(timeout=PATIENCE)
            assert closed.value.rcvd.code == 4003
    finally:
        process.stop()


def test_an_open_server_serves_every_project(tmp_path):
    process = ServerProcess("--port", "0")
    try:
        with connect(f"{process.url}/v2", additional_headers=bearer("whatever")) as socket:
            assert ask(socket) == 200
            assert ask(socket, project="other") == 200
    finally:
        process.stop()


SECRET = b"a secret of at least 32 bytes, as RFC 7518 asks"


@pytest.fixture(scope="module")
def jwt_server(tmp_path_factory):
    if not takes_jwt():
        pytest.skip("built without the package trait JWT")
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text(json.dumps({"keys": [HMACAlgorithm.to_jwk(SECRET, as_dict=True)]}))
    process = ServerProcess("--port", "0", "--jwt-keys", str(keys))
    yield process
    process.stop()


def token(project: str, seconds: int = 600) -> str:
    end = datetime.now(UTC) + timedelta(seconds=seconds)
    return jwt.encode({"project": project, "exp": end}, SECRET, "HS256")


def test_json_web_token_at_the_upgrade(jwt_server):
    with connect(f"{jwt_server.url}/v2", additional_headers=bearer(token("one"))) as socket:
        assert ask(socket) == 200
        assert ask(socket, project="other") == 403


def test_json_web_token_by_authenticate(jwt_server):
    with connect(f"{jwt_server.url}/v2") as socket:
        assert ask(socket) == 403
        for bad in (token("one", -600), token("one")[:-2] + "xx", "a.b.c"):
            assert ask(socket, "authenticate", **{"X-Auth-Token": bad}) == 401
        assert ask(socket) == 403
        assert ask(socket, "authenticate", **{"X-Auth-Token": token("one")}) == 200
        assert ask(socket) == 200
        assert ask(socket, "authenticate", **{"X-Auth-Token": token("one", -600)}) == 401
        assert ask(socket) == 200


def test_what_follows_an_authenticate_waits_for_it(jwt_server):
    """Sent in one go, each answered in its order and by what was proved before it."""
    requests = [
        ("queue_list", "one", {}),
        ("authenticate", "one", {"X-Auth-Token": token("one")}),
        ("queue_list", "one", {}),
        ("authenticate", "two", {"X-Auth-Token": token("two")}),
        ("queue_list", "one", {}),
        ("queue_list", "two", {}),
    ]
    with connect(f"{jwt_server.url}/v2") as socket:
        for action, project, more in requests:
            fields = {"Client-ID": CLIENT_ID, "X-Project-ID": project} | more
            socket.send(json.dumps({"action": action, "headers": fields, "body": {}}))
        answers = [json.loads(socket.recv(timeout=PATIENCE)) for _ in requests]
    assert [answer["headers"]["status"] for answer in answers] == [403, 200, 200, 200, 403, 200]
    assert [answer["request"]["action"] for answer in answers] == [each[0] for each in requests]
