# SPDX-License-Identifier: Apache-2.0
"""Who is served: tokens, projects, the end of a token, and permits that `swiftlet sign` makes."""

import hashlib
import hmac
import json
import re
import subprocess
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
import websockets
from serverprocess import PATIENCE, ServerProcess, binary
from wire import CLIENT_ID, JSON, SCHEMA_FAILURE, Client, refusal

NOT_AUTHENTIFIED = refusal(403, "Not authentified.")
NOT_AUTHENTICATED = refusal(403, "Not authenticated.")
FAILED = refusal(401, "Authentication failed.")
GOOD = (200, {"message": "Authentified."})
KEY = "s3cr3t"

TOKENS = f"""\
# A comment.
one-token one
other-token other 2100-01-01T00:00:00Z
sha256:{hashlib.sha256(b"hashed-token").hexdigest()} one
old-token one 2020-01-01T00:00:00Z
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Where the tokens and the key are."""
    folder = tmp_path_factory.mktemp("secrets")
    for name, text in (("tokens", TOKENS), ("key", KEY), ("vector-key", "secret")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    return folder


@pytest.fixture(scope="module")
def strict_server(files):
    tokens, key = files / "tokens", files / "key"
    process = ServerProcess("--port", "0", "--tokens", str(tokens), "--signing-key", str(key))
    yield process
    process.stop()


@pytest.fixture
def server(strict_server, watch):
    watch(strict_server)
    return strict_server


@pytest.fixture
def client(server, encoding):
    with Client(server, encoding, "one") as client:
        yield client


def authenticate(client, token, project="one"):
    headers = {"X-Auth-Token": token, "X-Project-ID": project}
    return client.exchange({"action": "authenticate", "headers": headers})


# Tokens


def test_strangers_are_not_served(client):
    for action in ("queue_list", "subscription_list", "message_delete"):
        response = client.ask(action, queue_name="q", message_id="x")
        assert response.outcome == NOT_AUTHENTIFIED
    # A token in any other request proves nothing.
    response = client.ask("queue_list", {"X-Auth-Token": "one-token"})
    assert response.outcome == NOT_AUTHENTIFIED


def test_requests_are_checked_before_their_sender(client):
    assert client.ask("nothing").outcome == refusal(400, "nothing is not a valid action")
    assert client.ask("queue_get").outcome == SCHEMA_FAILURE
    assert client.ask("message_list", queue_name="q", limit=0).outcome == NOT_AUTHENTIFIED


@pytest.mark.parametrize("token", ["one-token", "hashed-token"])
def test_good_token(client, token):
    response = authenticate(client, token)
    assert response.outcome == GOOD
    assert response.envelope["request"] == {
        "action": "authenticate",
        "body": {},
        "headers": {},
        "api": "v2",
    }
    assert response.encoding is client.encoding
    assert client.ask("queue_list").status == 200


BAD_TOKENS = ["", "x", "one-token ", "one-tokem", "old-token", "sha256:" + "0" * 64]


@pytest.mark.parametrize("token", BAD_TOKENS)
def test_bad_token(client, token):
    response = authenticate(client, token)
    assert response.outcome == FAILED
    assert response.envelope["request"]["headers"] == {}
    assert client.ask("queue_list").outcome == NOT_AUTHENTIFIED
    # Again, and in vain after that: an earlier good one stays in force.
    assert authenticate(client, "one-token").outcome == GOOD
    assert authenticate(client, token).outcome == FAILED
    assert client.ask("queue_list").status == 200


def test_a_client_is_bound_to_its_project(client):
    # What authenticate itself says of it does not matter.
    assert authenticate(client, "one-token", project="other").outcome == GOOD
    assert client.ask("queue_list").status == 200
    for project in ("other", "", "ONE", "one "):
        response = client.ask("queue_list", {"X-Project-ID": project})
        assert response.outcome == NOT_AUTHENTICATED
    assert authenticate(client, "other-token").outcome == GOOD  # in place of the first
    assert client.ask("queue_list").outcome == NOT_AUTHENTICATED
    assert client.ask("queue_list", {"X-Project-ID": "other"}).status == 200


def test_authentication_is_of_one_connection(client, server):
    assert authenticate(client, "one-token").outcome == GOOD
    with Client(server, project="one") as other:
        assert other.ask("queue_list").outcome == NOT_AUTHENTIFIED


def test_expiry_closes_the_connection(tmp_path, start_server):
    expires = datetime.now(UTC) + timedelta(seconds=2)
    text = f"brief one {expires:%Y-%m-%dT%H:%M:%SZ}\nlasting one\n"
    (tmp_path / "tokens").write_text(text)
    server = start_server("--tokens", str(tmp_path / "tokens"))
    with (
        Client(server, JSON, "one") as first,
        Client(server, JSON, "one") as renewed,
        Client(server, JSON, "one") as late,
    ):
        for client in (first, renewed):
            assert authenticate(client, "brief").outcome == GOOD
        assert authenticate(renewed, "lasting").outcome == GOOD
        assert first.ask("queue_list").status == 200
        with pytest.raises(websockets.ConnectionClosed) as closed:
            first.socket.recv(timeout=PATIENCE)
        assert time.time() >= int(expires.timestamp())
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
            4003,
            "Authentication expired.",
        )
        assert renewed.ask("queue_list").status == 200
        assert authenticate(late, "brief").outcome == FAILED


# Permits


def sign(files, *options, key="key"):
    """What `swiftlet sign` prints."""
    command = [binary(), "sign", "--signing-key", files / key, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return json.loads(done.stdout)


def headers(permit):
    return {
        "X-Project-ID": permit["project"],
        "URL-Paths": permit["paths"],
        "URL-Methods": permit["methods"],
        "URL-Expires": permit["expires"],
        "URL-Signature": permit["signature"],
    }


def signed(paths, methods, /, project="one", expires="2100-01-01T00:00:00", key=KEY, **instead):
    """Headers as a permit's, signed here, some of them then replaced or (as None) left out."""
    text = r"\n".join([",".join(sorted(paths)), ",".join(sorted(methods)), project, expires])
    permit = {
        "project": project,
        "paths": paths,
        "methods": methods,
        "expires": expires,
        "signature": hmac.new(key.encode(), text.encode(), "sha256").hexdigest(),
    }
    given = headers(permit | instead)
    return {name: value for name, value in given.items() if value is not None}


MESSAGES = "/v2/queues/q/messages"


def test_vector(files):
    options = ["--project", "superproject", "--queue", "myqueue"]
    options += ["--path", "messages", "--path", "claims", "--expires", "2035-08-05T15:16:33"]
    options += ["--method", "POST", "--method", "GET", "--method", "DELETE"]
    permit = sign(files, *options, key="vector-key")
    assert permit["signature"] == (
        "f8298441055362bfcc6b4e68db4ea6912c59770bc4bf712df1811229cebe516e"
    )
    paths = [f"/v2/queues/myqueue/{resource}" for resource in ("claims", "messages")]
    assert sorted(permit.pop("paths")) == paths
    assert sorted(permit.pop("methods")) == ["DELETE", "GET", "POST"]
    assert (permit["project"], permit["expires"]) == ("superproject", "2035-08-05T15:16:33")
    arguments = (paths, ["POST", "GET", "DELETE"], "superproject", permit["expires"], "secret")
    assert signed(*arguments)["URL-Signature"] == permit["signature"]


def test_what_sign_prints_by_default(files):
    permit = sign(files, "--project", "one", "--queue", "q")
    assert permit.keys() == {"paths", "methods", "project", "expires", "signature"}
    assert (permit["paths"], permit["methods"]) == ([MESSAGES], ["GET"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", permit["expires"])
    expires = datetime.fromisoformat(permit["expires"]).replace(tzinfo=UTC)
    left = expires - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(days=1)


ACTIONS = {
    "GET": ["message_list", "message_get", "message_get_many"],
    "POST": ["message_post"],
    "DELETE": ["message_delete", "message_delete_many"],
}
BODY = {
    "message_ids": ["x"],
    "message_id": "x",
    "messages": [{"body": 1}],
}


@pytest.mark.parametrize("method", ACTIONS)
def test_a_permit_allows_the_actions_of_its_methods(client, files, method):
    permit = sign(files, "--project", "one", "--queue", "q", "--method", method)
    for allowed, actions in ACTIONS.items():
        for action in actions:
            response = client.ask(action, headers(permit), queue_name="q", **BODY)
            if allowed == method:
                assert response.status != 403, action
            else:
                assert response.outcome == NOT_AUTHENTIFIED, action
    others = ["queue_create", "queue_get_stats", "claim_create", "subscription_create"]
    for action in others:
        response = client.ask(action, headers(permit), queue_name="q")
        assert response.outcome == NOT_AUTHENTIFIED


def test_permitted_post_and_list(client):
    both = signed([MESSAGES], ["POST", "GET"])
    posted = client.ask("message_post", both, queue_name="q", messages=[{"body": "by permit"}])
    assert posted.status == 201
    [message] = posted.body["message_ids"]
    listed = client.ask("message_list", both, queue_name="q", echo=True, limit=20)
    assert message in [message["id"] for message in listed.body["messages"]]
    # Of one message alone.
    one = signed([f"{MESSAGES}/{message}"], ["GET", "DELETE"])
    got = client.ask("message_get", one, queue_name="q", message_id=message)
    assert got.body["messages"]["body"] == "by permit"
    assert client.ask("message_list", one, queue_name="q").outcome == NOT_AUTHENTIFIED
    other = client.ask("message_get", one, queue_name="q", message_id=CLIENT_ID)
    assert other.outcome == NOT_AUTHENTIFIED
    assert client.ask("message_delete", one, queue_name="q", message_id=message).status == 204


EXPIRES_LOCALLY = datetime.now(timezone(timedelta(hours=5))) + timedelta(hours=1)
GOOD_PERMITS = {
    "several of all": signed(
        ["/v2/queues/z/messages", MESSAGES, "/v2/queues/q/claims"], ["PUT", "GET", "DELETE"]
    ),
    "written in a zone": signed(
        [MESSAGES],
        ["GET"],
        expires=EXPIRES_LOCALLY.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
    )
    | {"URL-Expires": EXPIRES_LOCALLY.isoformat()},
}


@pytest.mark.parametrize("case", GOOD_PERMITS)
def test_good_permits(client, case):
    response = client.ask("message_get_many", GOOD_PERMITS[case], queue_name="q", message_ids=["x"])
    assert response.outcome == (200, {"messages": []})


GET = ([MESSAGES], ["GET"])
BAD_PERMITS = {
    "expired": signed(*GET, expires="2020-01-01T00:00:00"),
    "expires as a number": signed(*GET, expires="4102444800") | {"URL-Expires": 4102444800},
    "expires unparsable": signed(*GET, expires="soon"),
    "expires missing": signed(*GET) | {"URL-Expires": None},
    "expires later than signed": signed(*GET) | {"URL-Expires": "2100-01-01T00:00:01"},
    "paths empty": signed([], ["GET"]),
    "paths missing": signed([], ["GET"], paths=None),
    "path added": signed(["/v2/queues/r/messages"], ["GET"], paths=[MESSAGES]),
    "paths a string": signed(*GET, paths=MESSAGES),
    "paths of no strings": signed(*GET, paths=[1]),
    "another queue's": signed(["/v2/queues/r/messages"], ["GET"]),
    "the queue's claims": signed(["/v2/queues/q/claims"], ["GET"]),
    "the queue itself": signed(["/v2/queues/q"], ["GET"]),
    "path below": signed([MESSAGES + "/"], ["GET"]),
    "methods missing": signed([MESSAGES], [], methods=None),
    "methods a string": signed(*GET, methods="GET"),
    "methods empty": signed([MESSAGES], []),
    "another method": signed([MESSAGES], ["POST"]),
    "method in lower case": signed([MESSAGES], ["get"]),
    "method added": signed([MESSAGES], ["POST"], methods=["GET"]),
    "another project's": signed(*GET, project="other", key=KEY) | {"X-Project-ID": "one"},
    "another key": signed(*GET, key="other"),
    "signature empty": signed(*GET, signature=""),
    "signature in upper case": signed(*GET)
    | {"URL-Signature": signed(*GET)["URL-Signature"].upper()},
    "signature cut": signed(*GET) | {"URL-Signature": signed(*GET)["URL-Signature"][:-1]},
    "signature a number": signed(*GET) | {"URL-Signature": 5},
    "signature missing": signed(*GET, signature=None),
}


@pytest.mark.parametrize("case", BAD_PERMITS)
def test_bad_permits(client, case):
    response = client.ask("message_list", BAD_PERMITS[case], queue_name="q")
    assert response.outcome == NOT_AUTHENTIFIED


def test_a_permit_is_of_no_matter_to_the_authenticated(client):
    authenticate(client, "one-token")
    bad = signed(*GET, key="other")
    assert client.ask("queue_list", bad).status == 200
    theirs = signed(*GET, project="other")
    assert client.ask("message_list", theirs, queue_name="q").outcome == NOT_AUTHENTICATED


def test_permits_without_a_key(files, start_server, encoding):
    server = start_server("--tokens", str(files / "tokens"))
    with Client(server, encoding, "one") as client:
        for permit in (signed(*GET), signed(*GET, key="")):
            response = client.ask("message_list", permit, queue_name="q")
            assert response.outcome == NOT_AUTHENTIFIED


def test_permits_without_authentication(start_server):
    with Client(start_server()) as client:
        response = client.ask("queue_create", signed(*GET, key="other"), queue_name="q")
        assert response.status == 201
