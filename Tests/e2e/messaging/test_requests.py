# SPDX-License-Identifier: Apache-2.0
"""From a frame to an action: decoding, the envelope, schemas, and what a response repeats."""

import json

import msgpack
import pytest
from wire import CLIENT_ID, JSON, MSGPACK, SCHEMA_FAILURE, Client, refusal
from websockets.sync.client import connect as connect_to

EMPTY_REQUEST = {"action": None, "body": {}, "headers": {}, "api": "v2"}

# The MessagePack of {"action": "queue_list", "x":  without the value of x and what it needs.
OPEN_MAP = b"\x82\xa6action\xaaqueue_list\xa1x"

UNDECODABLE_TEXT = {
    "empty": "",
    "no JSON": "queue_list",
    "cut off": '{"action": "queue_list"',
    "trailing data": '{"action": "queue_list"} {}',
    "byte order mark": '\ufeff{"action": "queue_list"}',
    "NaN": '{"action": NaN}',
    "Infinity": '{"action": -Infinity}',
    "too deep": "[" * 100_000 + "]" * 100_000,
    "integer beyond 64 bits": '{"action": "queue_list", "body": {"limit": 18446744073709551616}}',
    "lone surrogate": r'{"action": "\ud800"}',
}
UNDECODABLE_BINARY = {
    "empty": b"",
    "cut off": b"\x81\xa6action",
    "trailing data": b"\x80\x80",
    "reserved byte": b"\xc1",
    "length beyond the input": b"\xdd\xff\xff\xff\xff\x01",
    "integer key": OPEN_MAP + b"\x81\x01\x02",
    "nil key": OPEN_MAP + b"\x81\xc0\x02",
    "array key": OPEN_MAP + b"\x81\x90\x02",
    "invalid UTF-8": OPEN_MAP + b"\xa2\xc3\x28",
    "too deep": OPEN_MAP + b"\x91" * 1100 + b"\xc0",
}


@pytest.mark.parametrize("case", UNDECODABLE_TEXT)
def test_undecodable_text(server, case):
    with Client(server) as client:
        response = client.exchange_frame(UNDECODABLE_TEXT[case])
    expect_undecodable(response, JSON, "Can't decode text (JSON) request. ")


@pytest.mark.parametrize("case", UNDECODABLE_BINARY)
def test_undecodable_binary(server, case):
    with Client(server) as client:
        response = client.exchange_frame(UNDECODABLE_BINARY[case])
    expect_undecodable(response, MSGPACK, "Can't decode binary (MessagePack) request. ")


def expect_undecodable(response, encoding, beginning):
    assert response.status == 400 and response.encoding is encoding
    assert response.envelope["request"] == EMPTY_REQUEST
    assert response.body.keys() == {"error"}
    kind, colon, _ = response.body["error"].removeprefix(beginning).partition(": ")
    assert response.body["error"].startswith(beginning) and kind and colon


@pytest.mark.parametrize("value", [None, True, 7, 1.5, "queue_list", [], [{}]], ids=repr)
def test_request_that_is_no_map(client, value):
    response = client.exchange(value)
    assert response.outcome == refusal(400, "Unexpected body type. Expected dict or dict like.")
    assert response.envelope["request"] == EMPTY_REQUEST


NOT_IMPLEMENTED = [
    "get_home_doc",
    "check_node_health",
    "ping_node",
    *(f"{kind}_{verb}" for kind in ("pool", "flavor") for verb in
      ("list", "create", "get", "update", "delete")),
]  # fmt: skip


@pytest.mark.parametrize(
    "action", ["queue_make", "", "Queue_List", "queue_list ", *NOT_IMPLEMENTED]
)
def test_unknown_action(client, action):
    assert client.ask(action).outcome == refusal(400, f"{action} is not a valid action")


@pytest.mark.parametrize(
    "action, shown", [(None, "None"), (5, "5"), (True, "True"), (["a"], None), ({"a": 1}, None)]
)
def test_action_that_is_no_string(client, action, shown):
    response = client.exchange(client.envelope(action, {}, {}))
    assert response.status == 400 and response.envelope["request"]["action"] == action
    if shown:
        assert response.body == {"error": f"{shown} is not a valid action"}
    assert response.body["error"].endswith(" is not a valid action")
    assert client.ask("queue_list").status == 200  # and the connection lives


def test_no_action(client):
    assert client.exchange({}).outcome == refusal(400, "None is not a valid action")


def test_binary_strings_are_no_text(connect):
    client = connect(encoding=MSGPACK)
    action = client.exchange(client.envelope(b"queue_list", {}, {}))
    assert action.outcome == refusal(400, "b'queue_list' is not a valid action")
    assert client.ask("queue_get", queue_name=b"q").outcome == SCHEMA_FAILURE
    assert client.ask("queue_list", {"X-Project-ID": b"p"}).outcome == SCHEMA_FAILURE
    key = client.exchange({b"action": "queue_list"})
    assert key.outcome == refusal(400, "None is not a valid action")


# Fields: what they are like, and what they are not. An integer is neither a boolean nor 2.0.
WRONG = {
    "s": [1, None, True, [], {}],
    "i": ["1", None, True, 2.0, [], {}],
    "b": ["true", None, 1, [], {}],
    "a": ["x", None, 1, {}],
    "o": ["x", None, 1, []],
}
# Of each action the required fields, then the optional ones.
SCHEMAS = {
    "queue_list": ("", "marker:s limit:i detailed:b"),
    "queue_create": ("queue_name:s", ""),
    "queue_get": ("queue_name:s", ""),
    "queue_delete": ("queue_name:s", ""),
    "queue_get_stats": ("queue_name:s", ""),
    "queue_purge": ("queue_name:s", "resource_types:a"),
    "message_post": ("queue_name:s messages:a", ""),
    "message_list": ("queue_name:s", "marker:s limit:i echo:b include_claimed:b"),
    "message_get": ("queue_name:s message_id:s", ""),
    "message_get_many": ("queue_name:s message_ids:a", ""),
    "message_delete": ("queue_name:s message_id:s", "claim_id:s"),
    "message_delete_many": ("queue_name:s", "message_ids:a claim_ids:a pop:i"),
    "claim_create": ("queue_name:s", "limit:i ttl:i grace:i"),
    "claim_get": ("queue_name:s claim_id:s", ""),
    "claim_update": ("queue_name:s claim_id:s", "ttl:i"),
    "claim_delete": ("queue_name:s claim_id:s", ""),
    "subscription_create": ("queue_name:s", "subscriber:s ttl:i options:o accept:s"),
    "subscription_list": ("queue_name:s", ""),
    "subscription_get": ("queue_name:s subscription_id:s", ""),
    "subscription_delete": ("queue_name:s subscription_id:s", ""),
}
RIGHT = {"s": "q", "i": 10, "b": True, "a": [], "o": {}}


def fields(text: str) -> list[tuple[str, str]]:
    return [tuple(field.split(":")) for field in text.split()]


@pytest.mark.parametrize("action", SCHEMAS)
def test_schema(client, action):
    required, optional = map(fields, SCHEMAS[action])
    good = {name: RIGHT[kind] for name, kind in required}
    for name, _ in required:
        bad = {key: value for key, value in good.items() if key != name}
        assert client.ask(action, **bad).outcome == SCHEMA_FAILURE, f"without {name}"
    for name, kind in required + optional:
        for value in WRONG[kind]:
            bad = good | {name: value}
            assert client.ask(action, **bad).outcome == SCHEMA_FAILURE, f"{name} is {value}"
    for missing in client.headers:
        headers = {name: value for name, value in client.headers.items() if name != missing}
        response = client.exchange({"action": action, "headers": headers, "body": good})
        assert response.outcome == SCHEMA_FAILURE, f"without {missing}"
    for headers in ({"Client-ID": 1}, {"X-Project-ID": None}, {"Date": 5}, {"Accept": []}):
        assert client.ask(action, headers, **good).outcome == SCHEMA_FAILURE, headers
    for body in (None, [], "x", 1):
        response = client.exchange(client.envelope(action, {}, body))
        assert response.outcome == SCHEMA_FAILURE, f"a body of {body}"
    response = client.exchange({"action": action, "headers": client.headers})
    assert (response.outcome == SCHEMA_FAILURE) == (action != "queue_list"), "without a body"
    # Fields that nobody knows are no matter.
    known = client.ask(action, {"X-Shoe-Size": 46}, shoe_size=46, **good)
    assert known.outcome != SCHEMA_FAILURE


def test_header_names_are_case_sensitive(client):
    headers = {"Client-ID": CLIENT_ID, "X-Project-Id": "p"}
    response = client.exchange({"action": "queue_list", "headers": headers})
    assert response.outcome == SCHEMA_FAILURE


@pytest.mark.parametrize("headers", [{}, [], None, "x"], ids=repr)
def test_headers_that_hold_nothing(client, headers):
    response = client.exchange({"action": "queue_list", "headers": headers})
    assert response.outcome == SCHEMA_FAILURE


def test_a_project_may_have_no_name(client):
    headers = {"X-Project-ID": ""}
    assert client.ask("queue_create", headers, queue_name=client.project).status == 201
    assert client.project in str(client.ask("queue_list", headers, limit=20).body)
    assert client.ask("queue_list").body == {"queues": []}


def test_what_a_response_repeats(client):
    headers = client.headers | {"X-Auth-Token": "t", "X-Shoe-Size": [46]}
    body = {"queue_name": "q", "deep": {"a": [1, None, 2.5, 'ä\n"\U0001f600']}}
    response = client.exchange({"action": "queue_get", "headers": headers, "body": body, "x": 1})
    assert response.envelope["request"] == {
        "action": "queue_get",
        "body": body,
        "headers": headers,
        "api": "v2",
    }


@pytest.mark.parametrize(
    "request_, echo",
    [
        ({"action": "queue_list"}, {"action": "queue_list", "body": {}, "headers": {}}),
        ({"action": "queue_list", "headers": None, "body": None},
         {"action": "queue_list", "body": None, "headers": {}}),
        ({"action": 3, "headers": {}}, {"action": 3, "body": {}, "headers": {}}),
        ({"body": [1]}, {"action": None, "body": [1], "headers": {}}),
    ],
    ids=["nothing", "null", "empty", "no action"],
)  # fmt: skip
def test_what_a_response_repeats_of_a_poor_request(client, request_, echo):
    assert client.exchange(request_).envelope["request"] == echo | {"api": "v2"}


def test_the_last_of_two_keys_wins(server):
    with Client(server) as client:
        text = '{"action": "x", "action": "queue_get", "headers": {"Client-ID": "c", '
        text += '"X-Project-ID": "p"}, "body": {"queue_name": 1, "queue_name": "q"}}'
        assert client.exchange_frame(text).status == 200
        binary = b"\x83\xa6action\xa1x\xa6action\xaaqueue_list\xa7headers"
        binary += msgpack.packb(client.headers)
        assert client.exchange_frame(binary).status == 200


def test_authenticate_with_authentication_off(client):
    response = client.exchange(
        {"action": "authenticate", "headers": {"X-Auth-Token": "t", "X-Project-ID": "p"}}
    )
    assert response.outcome == (200, {"message": "Authentified."})
    assert response.envelope["request"] == {
        "action": "authenticate",
        "body": {},
        "headers": {},
        "api": "v2",
    }
    for headers in ({"X-Auth-Token": "t"}, {"X-Project-ID": "p"}, {}):
        bad = client.exchange({"action": "authenticate", "headers": headers})
        assert bad.outcome == SCHEMA_FAILURE


def test_frame_types_mix_on_one_connection(client):
    for encoding in (JSON, MSGPACK, MSGPACK, JSON):
        assert client.ask("queue_list", encoding=encoding).encoding is encoding
        assert client.ask("nothing", encoding=encoding).encoding is encoding
    assert client.exchange_frame("{").encoding is JSON
    assert client.exchange_frame(b"\xc1").encoding is MSGPACK


def test_pipelined_requests_are_answered_in_order(client):
    names = [f"q{number}" for number in range(500)]
    kinds = [JSON, MSGPACK]
    for number, name in enumerate(names):
        messages = [{"body": {"number": number}}]
        post = client.envelope("message_post", {}, {"queue_name": name, "messages": messages})
        listing = client.envelope("message_list", {}, {"queue_name": name, "echo": True})
        client.socket.send(kinds[number % 2].encode(post))
        client.socket.send(kinds[number // 2 % 2].encode(listing))
    for number, name in enumerate(names):
        posted, listed = client.response(), client.response()
        assert (posted.encoding, posted.status) == (kinds[number % 2], 201)
        assert (listed.encoding, listed.status) == (kinds[number // 2 % 2], 200)
        assert posted.envelope["request"]["body"]["queue_name"] == name
        [message] = listed.body["messages"]
        assert [message["id"]] == posted.body["message_ids"]
        assert message["body"] == {"number": number}


def test_fragments_make_one_request(client):
    frame = client.encoding.encode(client.envelope("queue_list", {}, {}))
    client.socket.send(frame[index : index + 10] for index in range(0, len(frame), 10))
    assert client.response().outcome == (200, {"queues": []})


def test_what_json_writes_of_text(server, project):
    """Controls escaped, so that a response is one line, and all else as readers understand it."""
    with Client(server, project=project) as client:
        text = '\x00\n\r\t"\\/\x7f\u2028ä€\U0001f600'
        client.post(text)
        assert client.bodies() == [text]


@pytest.mark.parametrize("offer", [["zaqar"], None])
def test_offers_are_not_taken(server, offer):
    with connect_to(f"{server.url}/v2?token=x&y", subprotocols=offer, origin="null") as socket:
        assert socket.subprotocol is None and socket.protocol.extensions == []
        socket.send(json.dumps({"action": 1}))
        assert json.loads(socket.recv())["headers"] == {"status": 400}
