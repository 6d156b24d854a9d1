# SPDX-License-Identifier: Apache-2.0
"""message_post, message_list, message_get and message_get_many."""

import json
import re

import pytest
from wire import CLIENT_ID, OTHER_CLIENT_ID, SCHEMA_FAILURE, failure, invalid, new_project

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"

BAD_CLIENT_ID = invalid("badly formed hexadecimal UUID string")
BAD_TTL = invalid('Bad request. The value of the "ttl" field must be a int.')
NO_BODY = invalid('Bad request. Missing "body" field.')
EMPTY_POST = invalid("No messages to enqueu.")
LARGE_POST = invalid("Message collection size is too large. Max size 262144")
TTL_BOUNDS = invalid(
    "The TTL for a message may not exceed 1209600 seconds, and must be at least 60 seconds long."
)
BAD_LIMIT = invalid("Limit must be at least 1 and may not be greater than 20.")


def no_queue(client):
    return failure(404, f"Queue q does not exist for project {client.project}")


def no_message(client, message):
    return failure(404, f"Message {message} does not exist in queue q for project {client.project}")


# Posting


def test_post(client):
    messages = [{"body": "a", "ttl": 60}, {"body": None, "delay": 5, "x": 1}, {"body": [{}]}]
    response = client.ask("message_post", queue_name="q", messages=messages)
    assert response.status == 201 and response.body.keys() == {"message_ids"}
    ids = response.body["message_ids"]
    assert len(set(ids)) == 3 and all(map(UUID.fullmatch, ids))
    listed = client.messages()
    for message in listed:
        assert 0 <= message.pop("age") < 60
    assert listed == [
        {"id": ids[0], "claim_id": None, "ttl": 60, "body": "a"},
        {"id": ids[1], "claim_id": None, "ttl": 3600, "body": None},
        {"id": ids[2], "claim_id": None, "ttl": 3600, "body": [{}]},
    ]


def test_many_messages_in_one_post(client):
    ids = client.post(*range(5000))
    assert len(set(ids)) == 5000
    assert client.demand("queue_get_stats", queue_name="q")["messages"]["total"] == 5000
    middle = client.messages(marker=ids[2499], limit=1)
    assert [(message["id"], message["body"]) for message in middle] == [(ids[2500], 2500)]


def test_a_queue_has_its_own_ttl(client):
    client.demand("queue_create", queue_name="q", metadata={"_default_message_ttl": 77})
    client.post(1)
    client.post(2, ttl=99)
    assert [message["ttl"] for message in client.messages()] == [77, 99]


@pytest.mark.parametrize("ttl", [60, 1209600])
def test_ttl_at_its_bounds(client, ttl):
    client.post(1, ttl=ttl)
    assert client.messages()[0]["ttl"] == ttl


GOOD = {"body": 1}
REFUSED = {
    "no message": ([], EMPTY_POST),
    "no body": ([GOOD, {"ttl": 60}], NO_BODY),
    "ttl null": ([GOOD, GOOD | {"ttl": None}], BAD_TTL),
    "ttl a string": ([GOOD | {"ttl": "60"}], BAD_TTL),
    "ttl a float": ([GOOD | {"ttl": 60.0}], BAD_TTL),
    "ttl before body": ([{"ttl": "60"}], BAD_TTL),
    "ttl 59": ([GOOD, GOOD | {"ttl": 59}], TTL_BOUNDS),
    "ttl 1209601": ([GOOD | {"ttl": 1209601}], TTL_BOUNDS),
    "ttl beyond 63 bits": ([GOOD | {"ttl": 2**64 - 1}], TTL_BOUNDS),
    "ttl true, which is 1": ([GOOD | {"ttl": True}], TTL_BOUNDS),
    "too large": ([GOOD | {"body": "x" * 262144}], LARGE_POST),
    "too large, and no body": ([{"x": "x" * 262144}], LARGE_POST),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_post(client, case):
    messages, expected = REFUSED[case]
    response = client.ask("message_post", queue_name="q", messages=messages)
    assert response.outcome == expected
    # All or nothing; but the queue is there.
    assert client.demand("queue_list") == {"queues": [{"name": "q"}]}
    assert client.messages() == []


@pytest.mark.parametrize("message", [None, 1, "x", [GOOD]], ids=repr)
def test_a_message_that_is_no_map(client, message):
    response = client.ask("message_post", queue_name="q", messages=[GOOD, message])
    assert response.status == 400 and response.body["error"] is None
    assert response.body["exception"].startswith("Bad request. ")
    assert client.messages() == []


def test_order_of_checks(client):
    bad_id = {"Client-ID": "c"}

    def post(headers, *messages, queue="q"):
        return client.ask("message_post", headers, queue_name=queue, messages=messages).outcome

    assert post(bad_id, {"ttl": 1}, queue="a b")[1]["exception"].startswith("Queue names")
    assert post(bad_id, {"x": "x" * 262144}) == LARGE_POST
    assert post(bad_id, {"ttl": 1}) == NO_BODY
    assert post(bad_id, GOOD | {"ttl": 1}) == BAD_CLIENT_ID
    assert post(bad_id) == BAD_CLIENT_ID
    assert post({}) == EMPTY_POST


def size(messages):
    return len(json.dumps(messages, separators=(",", ":"), ensure_ascii=False).encode())


def test_the_largest_post(client):
    text = "ä" * ((262144 - size([{"body": ""}])) // 2)
    messages = [{"body": text}]
    assert size(messages) in (262143, 262144)
    assert client.ask("message_post", queue_name="q", messages=messages).status == 201
    assert client.bodies() == [text]
    larger = [{"body": text + "ää"}]
    assert client.ask("message_post", queue_name="q", messages=larger).outcome == LARGE_POST


def test_a_queue_has_its_own_bound(client):
    client.demand("queue_create", queue_name="q", metadata={"_max_messages_post_size": 22})
    client.demand("message_post", queue_name="q", messages=[{"body": "x" * 9}])
    for message in ({"body": "x" * 10}, {"ttl": "no int and no body"}):
        response = client.ask("message_post", queue_name="q", messages=[message])
        assert response.outcome == invalid(
            "Message collection size is too large. The max size for current queue is 22. It is "
            "calculated by max size = min(max_messages_post_size_config: 262144, "
            "max_messages_post_size_queue: 22)."
        )


# Client-ID


SPELLINGS = [
    CLIENT_ID,
    CLIENT_ID.upper(),
    CLIENT_ID.replace("-", ""),
    "{" + CLIENT_ID + "}",
    "urn:uuid:" + CLIENT_ID,
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spellings_of_a_client_id(connect, spelling):
    poster, reader, other = (
        connect(),
        connect(client_id=spelling),
        connect(client_id=OTHER_CLIENT_ID),
    )
    poster.post("mine")
    other.post("theirs")
    listed = reader.demand("message_list", queue_name="q")["messages"]
    assert [message["body"] for message in listed] == ["theirs"]
    assert reader.bodies() == ["mine", "theirs"]


@pytest.mark.parametrize("client_id", ["", "c", CLIENT_ID[:-1], CLIENT_ID + "0", "g" * 32])
def test_bad_client_id(client, client_id):
    headers = {"Client-ID": client_id}
    post = client.ask("message_post", headers, queue_name="q", messages=[GOOD])
    assert post.outcome == BAD_CLIENT_ID
    # Before the limit and the queue are looked at.
    listing = client.ask("message_list", headers, queue_name="none", limit=0)
    assert listing.outcome == BAD_CLIENT_ID
    for action in ("queue_get", "queue_get_stats", "claim_create", "subscription_list"):
        assert client.ask(action, headers, queue_name="q").status in (200, 204), action


# Listing


def test_list_by_pages(client):
    ids = client.post(*range(25))
    listed = [message["id"] for message in client.messages()]
    assert listed == ids[:10]
    assert client.bodies(limit=20) == list(range(20))
    assert client.bodies(limit=20, marker=ids[19]) == list(range(20, 25))
    assert client.bodies(marker=ids[24]) == []
    by_one, marker = [], ""
    while page := client.messages(limit=1, marker=marker):
        by_one.append(page[0]["body"])
        marker = page[0]["id"]
    assert by_one == list(range(25))


def test_a_marker_that_has_gone_still_marks_its_place(client):
    ids = client.post(*range(6))
    client.demand("message_delete", queue_name="q", message_id=ids[2])
    assert client.bodies(marker=ids[2]) == [3, 4, 5]
    client.demand("message_delete_many", queue_name="q", message_ids=ids[:5])
    assert client.bodies(marker=ids[2]) == [5]


@pytest.mark.parametrize("marker", ["", "x", UNKNOWN_ID])
def test_a_marker_never_seen_starts_from_the_first(client, marker):
    client.post(1, 2)
    assert client.bodies(marker=marker) == [1, 2]


def test_pages_are_cut_after_they_are_filtered(connect):
    mine, theirs = connect(), connect(client_id=OTHER_CLIENT_ID)
    mine.post(*["mine"] * 30)
    theirs.post("theirs 1")
    mine.post(*["mine"] * 30)
    theirs.post("theirs 2")
    listed = mine.demand("message_list", queue_name="q", limit=2)["messages"]
    assert [message["body"] for message in listed] == ["theirs 1", "theirs 2"]
    # A whole page of claimed ones does not end the list.
    theirs.claim(limit=20)
    assert len(theirs.messages(limit=20)) == 20


def test_claimed_messages_are_left_out(client):
    client.post(1, 2, 3)
    client.claim(limit=2)
    assert client.bodies() == [3]
    listed = client.messages(include_claimed=True)
    assert [message["body"] for message in listed] == [1, 2, 3]
    assert [message["claim_id"] for message in listed] == [None] * 3
    assert client.bodies(include_delayed=True) == [3]


@pytest.mark.parametrize("limit", [0, 21, -1, 2**63])
def test_list_limit(client, limit):
    # Before the queue is looked for.
    assert client.ask("message_list", queue_name="q", limit=limit).outcome == BAD_LIMIT


def test_list_of_a_queue_that_does_not_exist(client):
    assert client.ask("message_list", queue_name="q").outcome == no_queue(client)


# Getting


def test_get(client):
    ids = client.post("a", "b")
    client.claim(limit=1)
    for index, body in enumerate("ab"):
        response = client.ask("message_get", queue_name="q", message_id=ids[index])
        message = response.body["messages"]
        ttl = message["ttl"]
        assert response.outcome == (
            200,
            {
                "messages": {
                    "id": ids[index],
                    "claim_id": None,
                    "ttl": ttl,
                    "age": message["age"],
                    "body": body,
                }
            },
        )


@pytest.mark.parametrize("message_id", ["", "x", UNKNOWN_ID])
def test_get_of_what_does_not_exist(client, message_id):
    ask = {"queue_name": "q", "message_id": message_id}
    assert client.ask("message_get", **ask).outcome == no_queue(client)
    client.demand("queue_create", queue_name="q")
    assert client.ask("message_get", **ask).outcome == no_message(client, message_id)


def test_get_many(client):
    ids = client.post(*range(20))
    wanted = [ids[7], UNKNOWN_ID, "x", ids[3]]
    response = client.ask("message_get_many", queue_name="q", message_ids=wanted)
    assert response.status == 200
    assert [message["body"] for message in response.body["messages"]] == [7, 3]
    every = client.demand("message_get_many", queue_name="q", message_ids=ids)["messages"]
    assert [message["id"] for message in every] == ids
    none = client.ask("message_get_many", queue_name="none", message_ids=ids)
    assert none.outcome == (200, {"messages": []})
    for count in (0, 21):
        too_many = client.ask("message_get_many", queue_name="q", message_ids=[ids[0]] * count)
        assert too_many.outcome == BAD_LIMIT


def test_an_id_counts_in_its_own_project_and_queue(client, connect):
    other = connect(project=new_project())
    [message] = client.post("mine")
    client.post("another", queue="r")
    other.post("theirs")
    for stranger, queue in ((other, "q"), (client, "r")):
        got = stranger.ask("message_get", queue_name=queue, message_id=message)
        assert got.status == 404
        many = stranger.demand("message_get_many", queue_name=queue, message_ids=[message])
        assert many == {"messages": []}
        gone = stranger.ask("message_delete", queue_name=queue, message_id=message)
        assert gone.outcome == (204, {})
        stranger.demand("message_delete_many", queue_name=queue, message_ids=[message])
    assert client.bodies() == ["mine"]


def test_a_body_field_of_the_wrong_type_goes_before_all(client):
    response = client.ask("message_list", {"Client-ID": "c"}, queue_name="q", limit="0")
    assert response.outcome == SCHEMA_FAILURE
