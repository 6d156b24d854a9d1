# SPDX-License-Identifier: Apache-2.0
"""queue_*: making, listing, statistics, purging, and what a queue may be called and told."""

import re

import pytest
from wire import JSON, SCHEMA_FAILURE, invalid, new_project

BAD_NAME = invalid("Queue names may only contain ASCII letters, digits, underscores, and dashes.")
LONG_NAME = invalid("Queue names may not be more than 64 characters long.")
LONG_PROJECT = invalid("Project ids may not be more than 256 characters long.")

GOOD_NAMES = ["q", "a.b-c_D9", "-", ".", "x" * 64]
BAD_NAMES = {
    "": BAD_NAME,
    "a b": BAD_NAME,
    "a/b": BAD_NAME,
    "q\n": BAD_NAME,
    "q\0": BAD_NAME,
    "ä": BAD_NAME,
    "*": BAD_NAME,
    "x" * 65: LONG_NAME,
    "ä" * 65: LONG_NAME,
}


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_create(client, name):
    assert client.ask("queue_create", queue_name=name).outcome == (201, f"Queue {name} created.")
    assert client.ask("queue_create", queue_name=name).outcome == (204, f"Queue {name} created.")
    assert client.demand("queue_list") == {"queues": [{"name": name}]}


@pytest.mark.parametrize("name", BAD_NAMES, ids=repr)
def test_names_are_checked_where_a_queue_may_be_made(client, name):
    expected = BAD_NAMES[name]
    message = {"body": 1}
    assert client.ask("queue_create", queue_name=name).outcome == expected
    assert client.ask("subscription_create", queue_name=name).outcome == expected
    post = client.ask("message_post", queue_name=name, messages=[message])
    assert post.outcome == expected
    # Elsewhere it is a queue that does not exist.
    assert client.ask("queue_get", queue_name=name).outcome == (200, {})
    assert client.ask("queue_delete", queue_name=name).status == 204


def test_long_project_ids(client):
    long = {"X-Project-ID": "ä" * 257}
    assert client.ask("queue_create", long, queue_name="q").outcome == LONG_PROJECT
    assert client.ask("subscription_create", long, queue_name="q").outcome == LONG_PROJECT
    post = client.ask("message_post", long, queue_name="q", messages=[{"body": 1}])
    assert post.outcome == LONG_PROJECT
    assert client.ask("queue_list", long).outcome == (200, {"queues": []})
    longest = {"X-Project-ID": new_project().ljust(256, "ä")}
    assert client.ask("queue_create", longest, queue_name="q").status == 201


def test_an_existing_queue_keeps_its_metadata(client):
    client.demand("queue_create", queue_name="q", metadata={"a": 1})
    client.demand("queue_create", queue_name="q", metadata={"b": 2})
    assert client.ask("queue_get", queue_name="q").outcome == (200, {"a": 1})


RETRY_POLICY = {
    "retries_with_no_delay": 1,
    "minimum_delay_retries": 2,
    "minimum_delay": 5,
    "maximum_delay": 15,
    "maximum_delay_retries": 3,
    "retry_backoff_function": "geometric",
    "ignore_subscription_override": True,
}
GOOD_METADATA = {
    "all reserved keys": {
        "_default_message_ttl": 60,
        "_max_messages_post_size": 262144,
        "_max_claim_count": 10,
        "_dead_letter_queue": "dead",
        "_dead_letter_queue_messages_ttl": 1209600,
        "_default_message_delay": 900,
        "_enable_encrypt_messages": False,
        "_retry_policy": RETRY_POLICY,
    },
    "the user's own": {"deep": {"er": [1, None, {"ä": 2.5}]}, "": "empty key"},
    "as large as it may be": {"k": "x" * (65536 - len('{"k":""}'))},
}


@pytest.mark.parametrize("case", GOOD_METADATA)
def test_metadata(client, case):
    metadata = GOOD_METADATA[case]
    client.demand("queue_create", queue_name="q", metadata=metadata)
    assert client.ask("queue_get", queue_name="q").outcome == (200, metadata)
    listed = client.demand("queue_list", detailed=True)
    assert listed == {"queues": [{"name": "q", "metadata": metadata}]}


@pytest.mark.parametrize("metadata", [None, "", [], {}, 0, False, 0.0], ids=repr)
def test_anything_empty_is_no_metadata(client, metadata):
    client.demand("queue_create", queue_name="q", metadata=metadata)
    assert client.ask("queue_get", queue_name="q").outcome == (200, {})


@pytest.mark.parametrize("metadata", [[1], "x", 1, 1.5, True], ids=repr)
def test_metadata_that_is_no_map(client, metadata):
    response = client.ask("queue_create", queue_name="q", metadata=metadata)
    assert response.outcome == SCHEMA_FAILURE


DEFAULT_TTL = (
    "_default_message_ttl can not exceed 1209600 seconds, and must be at least 60 seconds long."
)
POST_SIZE = "_max_messages_post_size can not exceed 262144,  and must be at least greater than 0."
MESSAGE_TTL = (
    "The TTL for a message may not exceed 1209600 seconds, and must be at least 60 seconds long."
)
DELAY = "The TTL can not exceed 900 seconds, and must be at least 0 seconds long."
BAD_METADATA = [
    *(({"_default_message_ttl": ttl}, DEFAULT_TTL) for ttl in (59, 1209601, -1)),
    *(({"_max_messages_post_size": size}, POST_SIZE) for size in (0, 262145, -1)),
    *(({"_dead_letter_queue_messages_ttl": ttl}, MESSAGE_TTL) for ttl in (59, 1209601)),
    *(({"_default_message_delay": delay}, DELAY) for delay in (-1, 901)),
    *(
        ({key: value}, f"{key} must be integer.")
        for key in (
            "_default_message_ttl",
            "_max_messages_post_size",
            "_max_claim_count",
            "_dead_letter_queue_messages_ttl",
            "_default_message_delay",
        )
        for value in ("60", 60.0)
    ),
    *(
        ({"_enable_encrypt_messages": value}, "_enable_encrypt_messages must be boolean.")
        for value in (1, "true")
    ),
    ({"k": "x" * 65536}, "Queue metadata is too large. Max size: 65536"),
]


@pytest.mark.parametrize("metadata, complaint", BAD_METADATA, ids=lambda given: str(given)[:60])
def test_bad_metadata(client, metadata, complaint):
    response = client.ask("queue_create", queue_name="q", metadata=metadata)
    assert response.outcome == invalid(complaint)
    assert client.demand("queue_list") == {"queues": []}


BAD_RETRY_POLICIES = [
    ("x", "retry_policy must be a dict."),
    ({"retry_backoff_function": 1}, "retry_backoff_function must be a string."),
    ({"retry_backoff_function": "quadratic"}, "invalid retry_backoff_function."),
    ({"ignore_subscription_override": 1}, "ignore_subscription_override must be a boolean."),
    *(
        ({key: "1"}, f"Retry policy: {key} must be a integer.")
        for key, value in RETRY_POLICY.items()
        if type(value) is int
    ),
    ({"minimum_delay": 30}, "minimum_delay must less than maximum_delay."),
    ({"maximum_delay": 5}, "minimum_delay must less than maximum_delay."),
    ({"maximum_delay": 14}, "invalid minimum_delay and maximum_delay."),
]


@pytest.mark.parametrize("policy, complaint", BAD_RETRY_POLICIES, ids=str)
def test_bad_retry_policy(client, policy, complaint):
    metadata = {"_retry_policy": policy}
    queue = client.ask("queue_create", queue_name="q", metadata=metadata)
    assert queue.outcome == invalid(complaint)
    subscription = client.ask("subscription_create", queue_name="q", options=metadata)
    assert subscription.outcome == invalid(complaint)


def names(response):
    return [queue["name"] for queue in response["queues"]]


def test_list_by_pages(client):
    created = [f"q{number}" for number in range(25)]
    for name in reversed(created):
        client.demand("queue_create", queue_name=name)
    in_order = sorted(created)  # as texts: q1, q10, q11, ...
    assert names(client.demand("queue_list")) == in_order[:10]
    assert names(client.demand("queue_list", limit=20)) == in_order[:20]
    assert names(client.demand("queue_list", limit=20, marker=in_order[19])) == in_order[20:]
    assert names(client.demand("queue_list", marker="q24x", limit=2)) == ["q3", "q4"]
    assert names(client.demand("queue_list", marker="z")) == []
    by_one, marker = [], ""
    while page := names(client.demand("queue_list", limit=1, marker=marker)):
        by_one += page
        marker = page[0]
    assert by_one == in_order


@pytest.mark.parametrize("limit", [0, 21, -1, 2**63])
def test_list_limit(client, limit):
    expected = invalid("Limit must be at least 1 and no greater than 20.")
    assert client.ask("queue_list", limit=limit).outcome == expected


def test_list_without_a_body(client):
    response = client.exchange({"action": "queue_list", "headers": client.headers})
    assert response.outcome == (200, {"queues": []})


def test_queues_belong_to_their_project(client, connect):
    other = connect(project=new_project())
    client.post("mine")
    assert other.ask("queue_get_stats", queue_name="q").status == 404
    other.demand("queue_delete", queue_name="q")
    assert client.bodies() == ["mine"]


def test_names_are_case_sensitive(client):
    client.post(1, queue="q")
    client.post(2, queue="Q")
    assert client.bodies("q") == [1] and client.bodies("Q") == [2]


def test_get_of_a_queue_that_does_not_exist(client):
    assert client.ask("queue_get", queue_name="q").outcome == (200, {})
    assert client.demand("queue_list") == {"queues": []}


def test_delete(client):
    client.post(1, 2)
    claim = client.claim(limit=1)["claim_id"]
    assert client.ask("queue_delete", queue_name="q").outcome == (204, "Queue q removed.")
    assert client.ask("queue_delete", queue_name="q").outcome == (204, "Queue q removed.")
    client.demand("queue_create", queue_name="q")
    assert client.bodies(include_claimed=True) == []
    assert client.ask("claim_get", queue_name="q", claim_id=claim).status == 404


def test_statistics_of_a_queue_that_does_not_exist(client):
    response = client.ask("queue_get_stats", queue_name="q")
    assert response.outcome == (404, {"messages": {"claimed": 0, "free": 0, "total": 0}})
    assert client.demand("queue_list") == {"queues": []}


def test_statistics(client):
    client.demand("queue_create", queue_name="q")
    empty = client.demand("queue_get_stats", queue_name="q")
    assert empty == {"messages": {"claimed": 0, "free": 0, "total": 0}}

    ids = client.post("a", "b", "c", ttl=100)
    claim = client.claim(limit=1)
    statistics = client.demand("queue_get_stats", queue_name="q")["messages"]
    assert {key: statistics[key] for key in ("claimed", "free", "total")} == {
        "claimed": 1,
        "free": 2,
        "total": 3,
    }
    oldest, newest = statistics["oldest"], statistics["newest"]
    for message in (oldest, newest):
        assert 0 <= message.pop("age") < 60
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", message.pop("created"))
    ttl = 300 + 60  # the message lives as long as its claim, and the grace
    assert oldest == {
        "id": ids[0],
        "ttl": ttl,
        "body": "a",
        "claim_id": claim["claim_id"],
        "claim_count": 1,
    }
    assert newest == {"id": ids[2], "ttl": 100, "body": "c", "claim_id": None, "claim_count": 0}
    assert statistics.keys() == {"claimed", "free", "total", "oldest", "newest"}

    client.demand("claim_delete", queue_name="q", claim_id=claim["claim_id"])
    released = client.demand("queue_get_stats", queue_name="q")["messages"]
    assert (released["claimed"], released["free"]) == (0, 3)
    assert released["oldest"]["claim_id"] == claim["claim_id"]  # the last one that held it


PURGES = {
    "default": ({}, False, False),
    "messages": ({"resource_types": ["messages"]}, False, True),
    "subscriptions": ({"resource_types": ["subscriptions"]}, True, False),
    "both": ({"resource_types": ["subscriptions", "messages"]}, False, False),
    "unknown": ({"resource_types": ["queues", 5]}, True, True),
}


@pytest.mark.parametrize("case", PURGES)
def test_purge(client, connect, case):
    fields, keeps_messages, keeps_subscriptions = PURGES[case]
    client.post("claimed")
    client.claim()
    client.post("free")
    for number in range(12):
        client.subscribe(subscriber=f"http://example.org/{number}")
    assert client.ask("queue_purge", queue_name="q", **fields).outcome == (204, {})
    left = ["claimed", "free"] if keeps_messages else ["claimed"]
    assert client.bodies(include_claimed=True) == left
    subscriptions = client.demand("subscription_list", queue_name="q", limit=20)["subscriptions"]
    assert len(subscriptions) == (12 if keeps_subscriptions else 0)


def test_purge_of_a_queue_that_does_not_exist(client):
    assert client.ask("queue_purge", queue_name="q").outcome == (204, {})
    assert client.demand("queue_list") == {"queues": []}


def test_update(client):
    missing = client.ask("queue_update", queue_name="q", metadata={"a": 1})
    assert missing.status == 404
    client.demand("queue_create", queue_name="q", metadata={"a": 1})
    updated = client.ask("queue_update", queue_name="q", metadata={"b": 2})
    assert updated.outcome == (204, "Queue q updated.")
    assert client.ask("queue_get", queue_name="q").outcome == (200, {"b": 2})


def test_ping_and_health(server, connect):
    client = connect(encoding=JSON)
    assert client.exchange({"action": "ping"}).outcome == (200, {"message": "pong"})
    assert client.exchange({"action": "health"}).outcome == (200, {"storage_reachable": True})
