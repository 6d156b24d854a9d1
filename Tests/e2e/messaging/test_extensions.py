# SPDX-License-Identifier: Apache-2.0
"""What clients may ask for beyond Zaqar's wire: ids, the past, several queues, claims pushed."""

import pytest
from serverprocess import eventually
from wire import SCHEMA_FAILURE, Client, failure, new_project

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


def subscribe(client, *names, **fields):
    """Subscribes to queues and patterns; their subscriptions' ids by name."""
    created = client.demand("subscription_create", queue_names=names, **fields)["subscriptions"]
    return {one["queue_name"]: one["subscription_id"] for one in created}


def bodies(client, count):
    return [client.receive()["body"] for _ in range(count)]


# The id of a request


@pytest.mark.parametrize("id_", [7, "seven", None, [1], {"a": 1}, 2**64 - 1], ids=repr)
def test_an_id_comes_back(client, id_):
    for action in ("queue_list", "nothing"):
        request = client.envelope(action, {}, {}) | {"id": id_}
        client.socket.send(client.encoding.encode(request))
        response = client.receive()
        assert response["id"] == id_ and type(response["id"]) is type(id_)
        assert "id" not in response["request"]
    client.ask("queue_list")  # whose response must have none


# Ids in notifications


def test_ids(client):
    subscription = client.subscribe(options={"ids": True})
    [message] = client.post("a", ttl=100)
    assert client.receive() == {
        "body": "a",
        "ttl": 100,
        "queue_name": "q",
        "Message_Type": "Notification",
        "message_id": message,
        "subscription_id": subscription,
    }


@pytest.mark.parametrize("options", [{"ids": 1}, {"ack": "yes"}, {"ids": None}], ids=str)
def test_options_of_the_wrong_type(client, options):
    response = client.ask("subscription_create", queue_name="q", options=options)
    [name] = options
    assert response.outcome == failure(400, f"The option {name} must be a boolean.")


# The past


@pytest.mark.parametrize(
    "since, first", [(None, 100), ("", 0), ("x", 0), (UNKNOWN_ID, 0), (0, 1), (98, 99), (99, 100)]
)
def test_since(client, connect, since, first):
    """All behind the marker, then what is posted, each once."""
    ids = client.post(*range(100))
    listener = connect()
    marker = ids[since] if isinstance(since, int) else since
    listener.subscribe(**({} if marker is None else {"since": marker}))
    client.post(*range(100, 110))
    assert bodies(listener, 110 - first) == list(range(first, 110))


def test_since_a_message_that_is_gone(client, connect):
    ids = client.post(*range(6))
    client.demand("message_delete_many", queue_name="q", message_ids=ids[:3])
    listener = connect()
    listener.subscribe(since=ids[1])
    assert bodies(listener, 3) == [3, 4, 5]


def test_nothing_is_left_out_or_told_twice_while_others_post(client, connect):
    client.post(*range(500))
    for number in range(500, 1000):
        body = {"queue_name": "q", "messages": [{"body": number}]}
        client.socket.send(client.encoding.encode(client.envelope("message_post", {}, body)))
    listener = connect()
    listener.subscribe(since="")
    assert bodies(listener, 1000) == list(range(1000))


@pytest.mark.parametrize("since", [5, None, ["x"], {"q": 5}], ids=repr)
def test_since_of_the_wrong_type(client, since):
    response = client.ask("subscription_create", queue_name="q", since=since)
    assert response.outcome == SCHEMA_FAILURE


# Several queues


def test_several_queues_and_patterns(client, connect):
    listener = connect()
    ids = subscribe(listener, "news", "orders.*", "*.tea", options={"ids": True})
    assert list(ids) == ["news", "orders.*", "*.tea"]
    for queue in ("news", "orders.tea", "other", "black.tea", "orders."):
        client.post(queue, queue=queue)
    told = [listener.receive() for _ in range(4)]
    assert [(one["queue_name"], one["subscription_id"]) for one in told] == [
        ("news", ids["news"]),
        ("orders.tea", ids["orders.*"]),  # once, by the first that fits
        ("black.tea", ids["*.tea"]),
        ("orders.", ids["orders.*"]),
    ]


def test_patterns_are_listed_and_deleted(client, connect):
    listener = connect()
    ids = subscribe(listener, "orders.*", "*.eu", options={"ids": True})
    [listed] = client.demand("subscription_list", queue_name="orders.*")["subscriptions"]
    assert (listed["id"], listed["source"]) == (ids["orders.*"], "orders.*")
    client.demand(
        "subscription_delete", queue_name="orders.*", subscription_id=ids["orders.*"]
    )
    client.post("a", queue="orders.eu")
    assert listener.receive()["subscription_id"] == ids["*.eu"]  # the next that fits
    assert client.demand("queue_list")["queues"] == [{"name": "orders.eu"}]


def test_a_pattern_is_of_its_project(connect):
    listener, stranger, poster = connect(), connect(project=new_project()), connect()
    subscribe(listener, "*")
    stranger.post("theirs")
    poster.post("ours")
    assert bodies(listener, 1) == ["ours"]


def test_since_by_queue(client, connect):
    first = client.post(1, 2, 3, queue="a")
    client.post(4, 5, queue="b.1")
    listener = connect()
    subscribe(listener, "a", "b.*", since={"a": first[1], "b.1": ""})
    assert sorted(bodies(listener, 3)) == [3, 4, 5]


@pytest.mark.parametrize(
    "fields",
    [
        {"queue_names": []},
        {"queue_names": ["q"] * 21},
        {"queue_names": ["a b"]},
        {"queue_names": ["a*b c"]},
        {"queue_names": ["q"], "subscriber": "http://hook.invalid/"},
        {"queue_names": ["q", "r"], "since": "x"},
        {"queue_names": ["q"], "since": {"r": ""}},
        {"queue_names": ["q"], "since": {"q": ""}, "options": {"ack": True}},
        {"queue_names": ["q*"], "options": {"ack": True}},
    ],
    ids=str,
)
def test_refused(client, fields):
    response = client.ask("subscription_create", **fields)
    assert response.status == 400 and response.body["exception"], response.body
    assert client.demand("queue_list") == {"queues": []}


@pytest.mark.parametrize(
    "fields", [{}, {"queue_name": "q", "queue_names": ["q"]}, {"queue_names": [5]}], ids=str
)
def test_refused_by_schema(client, fields):
    assert client.ask("subscription_create", **fields).outcome == SCHEMA_FAILURE


# Acknowledged push


def test_acknowledged_push(client, connect):
    [message] = client.post("a")
    listener = connect()
    subscription = listener.subscribe(options={"ack": True})
    told = listener.receive()
    claim = told["claim_id"]
    assert told == {
        "body": "a",
        "ttl": 3600,
        "queue_name": "q",
        "Message_Type": "Notification",
        "message_id": message,
        "claim_id": claim,
        "subscription_id": subscription,
    }
    assert client.bodies() == []
    # Given back it is told again, by a claim of its own.
    client.demand("claim_delete", queue_name="q", claim_id=claim)
    again = listener.receive()
    assert again["message_id"] == message and again["claim_id"] != claim
    late = {"queue_name": "q", "message_id": message, "claim_id": claim}
    assert client.ask("message_delete", **late).status == 400
    client.demand("message_delete", **(late | {"claim_id": again["claim_id"]}))
    assert client.bodies(include_claimed=True) == []


def test_what_a_lost_listener_held_is_told_to_another(client, server, encoding, connect):
    client.post(*range(5))
    with Client(server, encoding, client.project) as lost:
        lost.subscribe(options={"ack": True})
        assert bodies(lost, 5) == list(range(5))
        listener = connect()
        listener.subscribe(options={"ack": True})
    assert sorted(bodies(listener, 5)) == list(range(5))


def test_each_message_goes_to_one_listener_with_a_bounded_number_at_a_time(client, connect):
    listeners = [connect(), connect()]
    for listener in listeners:
        listener.subscribe(options={"ack": True})
    client.post(*range(100))
    most = 32
    told = [[listener.receive() for _ in range(most)] for listener in listeners]
    counts = client.demand("queue_get_stats", queue_name="q")["messages"]
    assert (counts["claimed"], counts["free"]) == (2 * most, 100 - 2 * most)
    held = told[0] + told[1]
    assert len({one["body"] for one in held}) == 2 * most
    # Each that is acknowledged makes room for another.
    for one in held:
        fields = {"message_id": one["message_id"], "claim_id": one["claim_id"]}
        client.demand("message_delete", queue_name="q", **fields)
    rest = 100 - 2 * most

    def is_all_claimed():
        counts = client.demand("queue_get_stats", queue_name="q")["messages"]
        return (counts["claimed"], counts["free"]) == (rest, 0)

    assert eventually(is_all_claimed)


# Changing a subscription


def test_update(client):
    subscription = client.subscribe(ttl=100)
    ask = {"queue_name": "q", "subscription_id": subscription}
    updated = client.ask("subscription_update", ttl=200, options={"ids": True, "a": 1}, **ask)
    assert updated.outcome == (204, f"Subscription {subscription} updated.")
    got = client.demand("subscription_get", **ask)
    assert got["ttl"] == 200 and got["options"] == {"ids": True, "a": 1}
    [message] = client.post(1)
    assert client.receive()["message_id"] == message
    missing = client.ask("subscription_update", queue_name="q", subscription_id=UNKNOWN_ID)
    assert missing.status == 404
    assert client.ask("subscription_update", ttl=59, **ask).status == 400
