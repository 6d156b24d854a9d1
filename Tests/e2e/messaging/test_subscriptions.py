# SPDX-License-Identifier: Apache-2.0
"""subscription_*, and the notifications of a connection that subscribed."""

import re
import time

import pytest
from serverprocess import eventually
from wire import (
    JSON,
    MSGPACK,
    SCHEMA_FAILURE,
    Client,
    decode,
    encoding_of,
    failure,
    invalid,
    new_project,
)

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
NOT_CREATED = (409, "Subscription q not created.")
# No name that could be resolved, were it ever tried.
HOOK = "http://hook.invalid/"


def notification(body, queue="q", ttl=3600):
    return {"body": body, "ttl": ttl, "queue_name": queue, "Message_Type": "Notification"}


def subscriptions(client, queue="q", **fields):
    return client.demand("subscription_list", queue_name=queue, **fields)["subscriptions"]


# Actions


@pytest.mark.parametrize("fields", [{}, {"subscriber": ""}], ids=str)
def test_create(client, fields):
    response = client.ask("subscription_create", queue_name="q", **fields)
    subscription = response.body["subscription_id"]
    expected = {"subscription_id": subscription, "message": "Subscription q created."}
    assert response.outcome == (201, expected) and UUID.fullmatch(subscription)
    assert client.demand("queue_list") == {"queues": [{"name": "q"}]}
    again = client.ask("subscription_create", queue_name="q", ttl=100)
    assert again.outcome == NOT_CREATED
    [listed] = subscriptions(client)
    assert listed["ttl"] == 3600  # not renewed


def test_what_a_subscription_is(client, connect):
    options = {"a": [1, {"b": None}], "_retry_policy": {"minimum_delay": 1}}
    subscription = client.subscribe(ttl=100, options=options)
    plain = connect().subscribe()
    got = client.ask("subscription_get", queue_name="q", subscription_id=subscription)
    assert got.status == 200
    assert 0 <= got.body.pop("age") < 60
    subscriber = got.body.pop("subscriber")
    assert re.match("[a-z-]+:", subscriber)  # URL-like
    assert got.body == {
        "id": subscription,
        "source": "q",
        "ttl": 100,
        "options": options,
        "confirmed": False,
    }
    other = client.demand("subscription_get", queue_name="q", subscription_id=plain)
    assert other["options"] == {} and other["ttl"] == 3600 and other["subscriber"] != subscriber


def test_one_a_connection_and_queue(client, connect):
    client.subscribe("q")
    client.subscribe("r")
    connect().subscribe("q")
    connect(project=new_project()).subscribe("q")
    assert len(subscriptions(client)) == 2
    assert client.ask("subscription_create", queue_name="q").outcome == NOT_CREATED


@pytest.mark.parametrize("ttl", [59, 1, 0, -1])
def test_short_ttl(client, ttl):
    response = client.ask("subscription_create", queue_name="q", ttl=ttl)
    assert response.outcome == invalid(
        "The TTL for a subscription must be at least 60 seconds long."
    )
    assert subscriptions(client) == []


END_OF_TIME = 253402300799  # 9999-12-31 23:59:59


def test_long_ttl(client):
    complaint = (
        "The TTL seconds for a subscription plus current time must be less than "
        "9999-12-31 23:59:59.999999."
    )
    for ttl in (END_OF_TIME, 2**63 - 1, 2**63):
        response = client.ask("subscription_create", queue_name="q", ttl=ttl)
        assert response.outcome == invalid(complaint)
    client.subscribe(ttl=END_OF_TIME - int(time.time()) - 3600)


@pytest.mark.parametrize("accept", ["JSON", "text", ""])
def test_bad_accept(client, accept):
    response = client.ask("subscription_create", queue_name="q", accept=accept)
    assert response.outcome == SCHEMA_FAILURE


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_url_subscribers_outlive_their_connection(client, server, encoding, scheme):
    url = f"{scheme}://hook.invalid/x"
    with Client(server, encoding, client.project) as other:
        subscription = other.subscribe(subscriber=url)
        again = other.ask("subscription_create", queue_name="q", subscriber=url)
        assert again.outcome == NOT_CREATED
        assert other.subscribe() != subscription  # the connection itself, besides
    assert eventually(lambda: len(subscriptions(client)) == 1)
    [listed] = subscriptions(client)
    assert (listed["id"], listed["subscriber"]) == (subscription, url)


@pytest.mark.parametrize(
    "url", ["ftp://a/", "hook.invalid", "mailto:a@b", "trust+http://a", "://a", "file:///etc"]
)
def test_unknown_schemes(client, url):
    response = client.ask("subscription_create", queue_name="q", subscriber=url)
    assert response.status == 400 and response.body["error"] is None
    assert response.body["exception"].startswith(
        "The subscriber type of subscription must be supported in the list ["
    )
    assert subscriptions(client) == []


def test_list_by_pages(client):
    created = [client.subscribe(subscriber=f"{HOOK}{number}") for number in range(25)]
    assert len(subscriptions(client)) == 10
    by_pages, marker = [], ""
    while page := subscriptions(client, limit=20, marker=marker):
        by_pages += [subscription["id"] for subscription in page]
        marker = by_pages[-1]
    assert sorted(by_pages) == sorted(created)


@pytest.mark.parametrize("limit", [0, 21])
def test_list_limit(client, limit):
    response = client.ask("subscription_list", queue_name="q", limit=limit)
    expected = invalid("Limit must be at least 1 and may not be greater than 20.")
    assert response.outcome == expected


def test_list_of_a_queue_that_does_not_exist(client):
    response = client.ask("subscription_list", queue_name="q")
    assert response.outcome == (200, {"subscriptions": []})
    assert client.demand("queue_list") == {"queues": []}


@pytest.mark.parametrize("subscription", ["", "x", UNKNOWN_ID])
def test_what_does_not_exist(client, subscription):
    ask = {"queue_name": "q", "subscription_id": subscription}
    assert client.ask("subscription_get", **ask).outcome == failure(
        404,
        f"Subscription {subscription} does not exist",
        f"Subscription {subscription} for queue q does not exist.",
    )
    deleted = client.ask("subscription_delete", **ask)
    assert deleted.outcome == (204, f"Subscription {subscription} removed.")


def test_delete(client):
    client.post("before")
    subscription = client.subscribe()
    ask = {"queue_name": "q", "subscription_id": subscription}
    response = client.ask("subscription_delete", **ask)
    assert response.outcome == (204, f"Subscription {subscription} removed.")
    assert client.ask("subscription_get", **ask).status == 404
    client.post("unheard")
    client.subscribe()  # and one can be made anew
    client.post("heard")
    assert client.receive() == notification("heard")


def test_queue_delete_keeps_subscriptions(client):
    client.subscribe()
    client.demand("queue_delete", queue_name="q")
    assert len(subscriptions(client)) == 1
    client.post(1)
    assert client.receive() == notification(1)


# Notifications


def send_post(client, *bodies, **fields):
    """Does not wait for the response."""
    body = {"queue_name": "q", "messages": [{"body": body} | fields for body in bodies]}
    client.socket.send(client.encoding.encode(client.envelope("message_post", {}, body)))


def test_own_posts_are_told_after_their_response(client):
    client.post("before")
    client.subscribe()
    for number in range(100):
        send_post(client, [number, "a"], [number, "b"], ttl=99)
    told, answered = 0, 0
    while told < 200:
        message = client.receive()
        if "request" in message:
            answered += 1
        else:
            assert message == notification([told // 2, "ab"[told % 2]], ttl=99)
            assert answered > told // 2
            told += 1
    assert answered == 100


def test_posts_in_either_encoding_are_told_in_that_of_the_subscriber(connect):
    listeners = [connect(encoding=encoding) for encoding in (JSON, MSGPACK)]
    for listener in listeners:
        listener.subscribe()
    poster = connect()
    poster.post({"ä": [1, 2.5, None]})
    for listener in listeners:
        frame = listener.socket.recv()
        assert encoding_of(frame) is listener.encoding
        assert decode(frame) == notification({"ä": [1, 2.5, None]})


def test_a_notified_message_is_stored(client, connect):
    listener = connect()
    listener.subscribe()
    for number in range(50):
        send_post(client, number)
        assert listener.receive() == notification(number)
        [popped] = listener.demand("message_delete_many", queue_name="q", pop=1)["messages"]
        assert popped["body"] == number
        assert client.response().status == 201


def test_notifying_takes_nothing(client, connect):
    listener = connect()
    listener.subscribe()
    client.post("here")
    listener.receive()
    assert client.bodies() == ["here"]


def test_order(connect):
    """Two listeners hear hundreds of posts of two posters in the order of the queue."""
    listeners = [connect(), connect()]
    for listener in listeners:
        listener.subscribe()
    posters = [connect(), connect()]
    for number in range(300):
        for index, poster in enumerate(posters):
            send_post(poster, [index, number, "a"], [index, number, "b"])
    stored = []
    for poster in posters:
        for _ in range(300):
            assert poster.response().status == 201
    while page := posters[0].messages(limit=20, marker=stored[-1]["id"] if stored else ""):
        stored += page
    assert len(stored) == 1200
    for listener in listeners:
        for message in stored:
            assert listener.receive() == notification(message["body"])


def test_other_projects_and_queues_are_not_heard(client, connect):
    client.subscribe()
    connect(project=new_project()).post("another project's")
    connect().post("another queue's", queue="r")
    connect().post("heard")
    assert client.receive() == notification("heard")


def test_several_queues_of_one_connection(client):
    client.subscribe("a")
    client.subscribe("b")
    for name in "abab":
        client.post(name, queue=name)
        assert client.receive() == notification(name, queue=name)


@pytest.mark.parametrize("end", ["close", "cut"])
def test_subscriptions_end_with_their_connection(client, server, encoding, end):
    with Client(server, encoding, client.project) as listener:
        listener.subscribe("q")
        listener.subscribe("r")
        assert len(subscriptions(client)) == 1
        if end == "cut":
            listener.socket.socket.shutdown(2)
    for queue in ("q", "r"):
        assert eventually(lambda queue=queue: subscriptions(client, queue) == [])
