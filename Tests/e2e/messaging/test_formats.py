# SPDX-License-Identifier: Apache-2.0
"""In which encoding responses and notifications come: the modes of --notification-format."""

import contextlib

import msgpack
import pytest
from serverprocess import ServerProcess
from wire import JSON, MSGPACK, Client, encoding_of, new_project

BOTH = [JSON, MSGPACK]


@pytest.fixture(scope="module")
def servers():
    """A server a mode, started when it is first wanted."""
    started = {}

    def get(mode):
        if mode not in started:
            started[mode] = ServerProcess("--port", "0", "--notification-format", mode)
        return started[mode]

    yield get
    for process in started.values():
        process.stop()


@pytest.fixture
def connect(servers, watch):
    """Opens a connection to the server with a mode."""
    project = new_project()
    with contextlib.ExitStack() as closes:

        def open_one(mode) -> Client:
            watch(servers(mode))
            return closes.enter_context(Client(servers(mode), project=project))

        yield open_one


def subscribe(client, encoding, queue="q", **fields):
    """The encoding of the response."""
    response = client.ask("subscription_create", encoding=encoding, queue_name=queue, **fields)
    assert response.status == 201
    return response.encoding


def notified(client, queue="q"):
    """The encoding in which the client is told of another's post."""
    with Client(client.server, MSGPACK, client.project) as poster:
        poster.post(1, queue=queue)
        frame = client.socket.recv()
    return encoding_of(frame)


@pytest.mark.parametrize("request_", BOTH, ids=lambda encoding: encoding.name)
@pytest.mark.parametrize("accept", [None, *BOTH], ids=lambda given: given and given.name)
@pytest.mark.parametrize("mode", ["subscription", "accept"])
def test_accept(connect, mode, accept, request_):
    client = connect(mode)
    fields = {"accept": accept.name} if accept else {}
    assert subscribe(client, request_, **fields) is request_
    default = request_ if mode == "subscription" else JSON
    assert notified(client) is (accept or default)


def test_each_subscription_has_its_own(connect):
    client = connect("subscription")
    subscribe(client, JSON, "a")
    subscribe(client, MSGPACK, "b")
    assert notified(client, "a") is JSON
    assert notified(client, "b") is MSGPACK
    # One that is refused changes nothing.
    again = client.ask("subscription_create", encoding=MSGPACK, queue_name="a", accept="msgpack")
    assert again.status == 409
    assert notified(client, "a") is JSON


@pytest.mark.parametrize("first, other", [BOTH, BOTH[::-1]], ids=["json", "msgpack"])
def test_first_message(connect, first, other):
    client = connect("first-message")
    # What cannot be decoded decides nothing, and is answered as what it came in.
    undecodable = {JSON: "{", MSGPACK: b"\xc1"}
    assert client.exchange_frame(undecodable[other]).encoding is other
    assert client.exchange(None, first).encoding is first  # decoded, if no request
    for encoding in (first, other, other):
        assert client.ask("queue_list", encoding=encoding).encoding is first
        assert client.ask("nothing", encoding=encoding).encoding is first
        assert client.exchange_frame(undecodable[encoding]).encoding is first
    assert subscribe(client, other, accept=other.name) is first
    assert notified(client) is first
    # It is decided for one connection only.
    assert connect("first-message").ask("queue_list", encoding=other).encoding is other


@pytest.mark.parametrize("mode", BOTH, ids=lambda encoding: encoding.name)
def test_always_the_same(connect, mode):
    client = connect(mode.name)
    for encoding in BOTH:
        assert client.ask("queue_list", encoding=encoding).encoding is mode
        assert client.ask("nothing", encoding=encoding).encoding is mode
    assert client.exchange_frame("{").encoding is mode
    assert client.exchange_frame(b"\xc1").encoding is mode
    for queue, encoding in (("a", JSON), ("b", MSGPACK)):
        assert subscribe(client, encoding, queue, accept=encoding.name) is mode
        assert notified(client, queue) is mode


def test_a_binary_request_repeated_in_json(connect):
    client = connect("json")
    values = [b"\xff", b"ok", msgpack.ExtType(5, b"a"), msgpack.Timestamp(1), float("nan")]
    response = client.ask("queue_get", encoding=MSGPACK, queue_name="q", x=values)
    assert response.encoding is JSON
    repeated = response.envelope["request"]["body"]["x"]
    assert repeated == ["/w==", "ok", [5, "a"], "1970-01-01T00:00:01Z", None]
