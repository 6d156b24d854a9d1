# SPDX-License-Identifier: Apache-2.0
"""claim_*, and the deleting of messages, claimed and free: message_delete, message_delete_many."""

import re

import pytest
from wire import failure, invalid

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
LIMIT = "Limit must be at least 1 and may not be greater than 20."
CLAIM_TTL = (
    "The TTL for a claim may not exceed 43200 seconds, and must be at least 60 seconds long."
)
GRACE = "The grace for a claim may not exceed 43200 seconds, and must be at least 60 seconds long."


def no_claim(client, claim, queue="q"):
    return failure(
        404,
        f"Claim {claim} does not exist in queue {queue} for project {client.project}",
        f"Claim {claim} does not exist.",
    )


# Claims


def test_claim(client):
    ids = client.post("a", "b", "c")
    response = client.ask("claim_create", queue_name="q", limit=2)
    assert response.status == 201 and response.body.keys() == {"claim_id", "messages"}
    claim = response.body["claim_id"]
    assert UUID.fullmatch(claim)
    for message in response.body["messages"]:
        assert 0 <= message.pop("age") < 60
    assert response.body["messages"] == [
        {"id": ids[index], "claim_id": claim, "ttl": 3600, "body": body}
        for index, body in enumerate("ab")
    ]
    got = client.ask("claim_get", queue_name="q", claim_id=claim)
    assert got.status == 200 and got.body.keys() == {"age", "ttl", "messages"}
    assert got.body["ttl"] == 300 and 0 <= got.body["age"] < 60
    assert [message["id"] for message in got.body["messages"]] == ids[:2]
    assert {message["claim_id"] for message in got.body["messages"]} == {claim}


def test_claims_take_the_oldest_free_messages(client):
    client.post(*range(25))
    first = client.claim()
    assert [message["body"] for message in first["messages"]] == list(range(10))
    second = client.claim(limit=5)
    assert [message["body"] for message in second["messages"]] == list(range(10, 15))
    assert client.claim(limit=20)["messages"][0]["body"] == 15
    assert client.ask("claim_create", queue_name="q").status == 204
    client.demand("claim_delete", queue_name="q", claim_id=first["claim_id"])
    again = client.claim(limit=20)
    assert [message["body"] for message in again["messages"]] == list(range(10))


@pytest.mark.parametrize("exists", [True, False])
def test_nothing_to_claim(client, exists):
    if exists:
        client.demand("queue_create", queue_name="q")
    response = client.ask("claim_create", queue_name="q")
    assert response.status == 204 and response.body.keys() == {"claim_id"}
    assert UUID.fullmatch(response.body["claim_id"])
    assert client.demand("queue_list")["queues"] == ([{"name": "q"}] if exists else [])


@pytest.mark.parametrize(
    "fields, complaint",
    [
        ({"ttl": 59, "limit": 0, "grace": 0}, CLAIM_TTL),
        ({"ttl": 43201}, CLAIM_TTL),
        ({"limit": 0, "grace": 0}, LIMIT),
        ({"limit": 21}, LIMIT),
        ({"grace": 59}, GRACE),
        ({"grace": 43201}, GRACE),
        ({"grace": -(2**63)}, GRACE),
        ({"ttl": 2**64 - 1}, CLAIM_TTL),
    ],
    ids=str,
)
def test_refused_claim(client, fields, complaint):
    client.post(1)
    assert client.ask("claim_create", queue_name="q", **fields).outcome == invalid(complaint)
    assert client.bodies() == [1]


def test_claim_at_its_bounds(client):
    client.post(1, 2)
    client.claim(ttl=60, grace=43200, limit=1)
    client.claim(ttl=43200, grace=60, limit=20)


@pytest.mark.parametrize("claim", ["", "x", UNKNOWN_ID])
def test_claims_that_do_not_exist(client, claim):
    for queue in ("none", "q"):
        ask = {"queue_name": queue, "claim_id": claim}
        assert client.ask("claim_get", **ask).outcome == no_claim(client, claim, queue)
        assert client.ask("claim_update", **ask).outcome == no_claim(client, claim, queue)
        assert client.ask("claim_delete", **ask).outcome == (204, f"Claim {claim} deleted.")
        client.demand("queue_create", queue_name="q")


def test_a_claim_counts_in_its_own_queue(client):
    client.post(1)
    client.post(2, queue="r")
    claim = client.claim()["claim_id"]
    ask = {"queue_name": "r", "claim_id": claim}
    assert client.ask("claim_get", **ask).outcome == no_claim(client, claim, "r")
    client.demand("claim_delete", **ask)
    assert client.ask("claim_get", queue_name="q", claim_id=claim).status == 200


def test_claim_update(client):
    client.post(1)
    claim = client.claim(ttl=100)["claim_id"]
    ask = {"queue_name": "q", "claim_id": claim}
    updated = client.ask("claim_update", ttl=200, grace=60, **ask)
    assert updated.outcome == (204, f"Claim {claim} updated.")
    assert client.demand("claim_get", **ask)["ttl"] == 200
    client.demand("claim_update", **ask)
    assert client.demand("claim_get", **ask)["ttl"] == 300  # the default


@pytest.mark.parametrize("ttl", [59, 43201])
def test_claim_update_ttl(client, ttl):
    response = client.ask("claim_update", queue_name="q", claim_id=UNKNOWN_ID, ttl=ttl)
    assert response.outcome == invalid(CLAIM_TTL)


@pytest.mark.parametrize("grace", ["60", 60.0, None, True], ids=repr)
def test_claim_update_grace_of_the_wrong_type(client, grace):
    response = client.ask("claim_update", queue_name="q", claim_id=UNKNOWN_ID, grace=grace)
    expected = 'Bad request. The value of the "grace" field must be a int.'
    assert response.outcome == invalid(expected)


def test_claim_update_bounds_no_grace(client):
    client.post(1, ttl=60)
    claim = client.claim(ttl=60)["claim_id"]
    ask = {"queue_name": "q", "claim_id": claim}
    for grace in (0, 10**6, 2**63):
        assert client.ask("claim_update", ttl=60, grace=grace, **ask).status == 204
        assert client.ask("claim_get", **ask).status == 200


def test_grace(client):
    """A message lives as long as its claim and the grace, if it would not anyway."""

    def ttls():
        return [message["ttl"] for message in client.messages(include_claimed=True)]

    client.post("short", ttl=60)
    client.post("long", ttl=1000)
    claim = client.claim(ttl=100, grace=70)["claim_id"]
    assert ttls() == [170, 1000]
    client.demand("claim_update", queue_name="q", claim_id=claim, ttl=200)
    assert ttls() == [200 + 60, 1000]
    client.demand("claim_delete", queue_name="q", claim_id=claim)
    assert ttls() == [260, 1000]


def test_claim_delete(client):
    client.post(1, 2)
    claim = client.claim()["claim_id"]
    ask = {"queue_name": "q", "claim_id": claim}
    assert client.bodies() == []
    assert client.ask("claim_delete", **ask).outcome == (204, f"Claim {claim} deleted.")
    assert client.bodies() == [1, 2]
    assert client.ask("claim_get", **ask).outcome == no_claim(client, claim)
    assert client.ask("claim_delete", **ask).outcome == (204, f"Claim {claim} deleted.")


def test_a_claim_without_its_messages(client):
    ids = client.post(1, 2)
    claim = client.claim()["claim_id"]
    client.demand("message_delete_many", queue_name="q", message_ids=ids)
    got = client.demand("claim_get", queue_name="q", claim_id=claim)
    assert got["messages"] == []


@pytest.mark.parametrize("exists", [True, False])
def test_dead_letters(client, exists):
    metadata = {
        "_max_claim_count": 2,
        "_dead_letter_queue": "dead",
        "_dead_letter_queue_messages_ttl": 111,
    }
    client.demand("queue_create", queue_name="q", metadata=metadata)
    if exists:
        client.demand("queue_create", queue_name="dead")
    client.post("poison")
    for _ in range(2):
        claim = client.claim()["claim_id"]
        client.demand("claim_delete", queue_name="q", claim_id=claim)
    client.post("sound")
    third = client.claim()
    assert [message["body"] for message in third["messages"]] == ["sound"]
    assert client.bodies(include_claimed=True) == ["sound"]
    [dead] = client.messages("dead")  # and free
    assert (dead["body"], dead["ttl"]) == ("poison", 111)
    client.claim("dead")

    client.demand("message_delete_many", queue_name="q", message_ids=[third["messages"][0]["id"]])
    client.post("poison")
    for _ in range(2):
        claim = client.claim()["claim_id"]
        client.demand("claim_delete", queue_name="q", claim_id=claim)
    assert client.ask("claim_create", queue_name="q").outcome == (204, {"claim_id": None})


# Deleting


def test_delete(client):
    ids = client.post(1, 2)
    ask = {"queue_name": "q", "message_id": ids[0]}
    for _ in range(2):
        assert client.ask("message_delete", **ask).outcome == (204, {})
    assert client.bodies() == [2]
    for queue, message_id in (("q", "x"), ("q", UNKNOWN_ID), ("none", UNKNOWN_ID)):
        response = client.ask("message_delete", queue_name=queue, message_id=message_id)
        assert response.outcome == (204, {})


NEEDS_CLAIM = "This message is claimed; it cannot be deleted without a valid claim ID."
CLAIM_OVER = "The specified claim does not exist or has expired."
NOT_CLAIMED = "A claim was specified, but the message is not currently claimed."


def test_delete_of_a_claimed_message(client):
    [message] = client.post("a")
    claim = client.claim()["claim_id"]
    client.post("b")
    other = client.claim()["claim_id"]
    ask = {"queue_name": "q", "message_id": message}
    without = client.ask("message_delete", **ask)
    assert without.outcome == failure(403, f"Message {message} is claimed", NEEDS_CLAIM)
    by_another = client.ask("message_delete", claim_id=other, **ask)
    assert by_another.outcome == failure(
        403, f"Message {message} is not claimed by {other}", NEEDS_CLAIM
    )
    for unknown in ("", "x", UNKNOWN_ID):
        response = client.ask("message_delete", claim_id=unknown, **ask)
        detail = f"Claim {unknown} does not exist in queue q for project {client.project}"
        assert response.outcome == failure(400, detail, CLAIM_OVER)
    assert client.ask("message_delete", claim_id=claim, **ask).outcome == (204, {})
    assert client.bodies(include_claimed=True) == ["b"]


def test_delete_of_a_free_message_with_a_claim(client):
    released, free = client.post("a", "b")
    claim = client.claim(limit=1)["claim_id"]
    ask = {"queue_name": "q", "message_id": free, "claim_id": claim}
    response = client.ask("message_delete", **ask)
    expected = failure(400, f"Message {free} is no longer claimed", NOT_CLAIMED)
    assert response.outcome == expected
    client.demand("claim_delete", queue_name="q", claim_id=claim)
    late = client.ask("message_delete", queue_name="q", message_id=released, claim_id=claim)
    assert late.status == 400
    assert client.bodies() == ["a", "b"]


def test_delete_many(client):
    ids = client.post(*range(25))
    client.claim(limit=2)  # which is not looked at
    wanted = [ids[0], UNKNOWN_ID, "x", ids[2]]
    response = client.ask("message_delete_many", queue_name="q", message_ids=wanted)
    assert response.outcome == (204, {})
    assert client.bodies(include_claimed=True, limit=3) == [1, 3, 4]
    client.demand("message_delete_many", queue_name="q", message_ids=ids[:20])
    assert client.bodies(include_claimed=True) == list(range(20, 25))
    none = client.ask("message_delete_many", queue_name="none", message_ids=ids[:1])
    assert none.outcome == (204, {})


def test_pop(client):
    ids = client.post(*range(25))
    client.claim(limit=2)
    response = client.ask("message_delete_many", queue_name="q", pop=2)
    assert response.status == 200 and response.body.keys() == {"messages"}
    for message in response.body["messages"]:
        assert isinstance(message.pop("claim_id"), str)
        assert isinstance(message.pop("claim_count"), int)
        assert 0 <= message.pop("age") < 60
    assert response.body["messages"] == [
        {"id": ids[number], "ttl": 3600, "body": number} for number in (2, 3)
    ]
    rest = client.demand("message_delete_many", queue_name="q", pop=20)["messages"]
    assert [message["body"] for message in rest] == list(range(4, 24))
    last = client.demand("message_delete_many", queue_name="q", pop=20)["messages"]
    assert [message["body"] for message in last] == [24]
    for queue in ("q", "none"):
        empty = client.ask("message_delete_many", queue_name=queue, pop=1)
        assert empty.outcome == (200, {"messages": []})


BOTH = "pop and id params cannot be present together in the delete request."
NEITHER = (
    'The request should have either "ids" or "pop" parameter in the request, to be able to delete.'
)
POP = "Pop value must be at least 1 and may not be greater than 20."
IDS = "ids parameter should have at least 1 and not greater than 20 values."


@pytest.mark.parametrize(
    "fields, complaint",
    [
        ({"pop": 1, "message_ids": ["x"]}, BOTH),
        ({"pop": 0, "message_ids": []}, BOTH),
        ({}, NEITHER),
        ({"claim_ids": ["x"]}, NEITHER),
        ({"pop": 0}, POP),
        ({"pop": 21}, POP),
        ({"pop": -1}, POP),
        ({"message_ids": []}, IDS),
        ({"message_ids": ["x"] * 21}, IDS),
    ],
    ids=lambda given: str(given)[:40],
)
def test_refused_delete_many(client, fields, complaint):
    client.post(1)
    response = client.ask("message_delete_many", queue_name="q", **fields)
    assert response.outcome == invalid(complaint)
    assert client.bodies() == [1]
