# SPDX-License-Identifier: Apache-2.0
"""python-zaqarclient, OpenStack's own, by its transport: the part of it that WebSockets reach."""

import json

import pytest
from serverprocess import ServerProcess
from wire import new_project
from zaqarclient import transport
from zaqarclient.transport import errors
from zaqarclient.transport.request import Request

TOKEN = "the-token"


@pytest.fixture(scope="module", params=["authentication off", "authentication on"])
def zaqar_server(request, tmp_path_factory):
    """A server, and the project of the client."""
    flags, project = [], new_project()
    if request.param == "authentication on":
        tokens = tmp_path_factory.mktemp("secrets") / "tokens"
        tokens.write_text(f"{TOKEN} {project}\n")
        flags = ["--tokens", str(tokens)]
    process = ServerProcess("--port", "0", *flags)
    yield process, project
    process.stop()


def options(project, token=TOKEN):
    return {
        "auth_opts": {
            "backend": "keystone",
            "options": {"os_auth_token": token, "os_project_id": project},
        }
    }


@pytest.fixture
def send(zaqar_server, watch):
    """Sends a request through the client: the status and the body of the response."""
    server, project = zaqar_server
    watch(server)

    def send(operation, **body):
        request = Request(server.url, operation, content=json.dumps(body))
        response = client.send(request)
        return response.status_code, response.deserialized_content

    with transport.get_transport_for(server.url, options=options(project)) as client:
        send.receive = client.recv
        yield send


def test_queues_messages_and_claims(send):
    assert send("queue_create", queue_name="q", metadata={"a": 1}) == (201, "Queue q created.")
    assert send("queue_create", queue_name="q") == (204, "Queue q created.")
    assert send("queue_list", detailed=True) == (
        200,
        {"queues": [{"name": "q", "metadata": {"a": 1}}]},
    )
    messages = [{"body": {"number": number}, "ttl": 300} for number in range(3)]
    status, posted = send("message_post", queue_name="q", messages=messages)
    assert status == 201 and len(posted["message_ids"]) == 3

    status, listed = send("message_list", queue_name="q", echo=True)
    assert [message["id"] for message in listed["messages"]] == posted["message_ids"]
    assert [message["body"] for message in listed["messages"]] == [
        {"number": number} for number in range(3)
    ]

    status, claim = send("claim_create", queue_name="q", limit=1, ttl=60, grace=60)
    assert status == 201
    [message] = claim["messages"]
    with pytest.raises(errors.ForbiddenError, match="cannot be deleted without a valid claim ID"):
        send("message_delete", queue_name="q", message_id=message["id"])
    delete = {"queue_name": "q", "message_id": message["id"], "claim_id": claim["claim_id"]}
    assert send("message_delete", **delete)[0] == 204
    claim = {"queue_name": "q", "claim_id": claim["claim_id"]}
    assert send("claim_delete", **claim)[0] == 204

    status, popped = send("message_delete_many", queue_name="q", pop=5)
    assert [message["body"]["number"] for message in popped["messages"]] == [1, 2]
    assert send("queue_delete", queue_name="q") == (204, "Queue q removed.")


def test_subscription(send):
    status, subscription = send("subscription_create", queue_name="s", ttl=60)
    assert status == 201
    # The client takes what comes next for its reply.
    assert send("message_post", queue_name="s", messages=[{"body": "news"}])[0] == 201
    assert send.receive() == {
        "body": "news",
        "ttl": 3600,
        "queue_name": "s",
        "Message_Type": "Notification",
    }
    assert send("subscription_delete", queue_name="s", **subscription)[0] == 204


def test_errors(send):
    with pytest.raises(errors.MalformedRequest, match="Schema validation failed"):
        send("queue_get")
    with pytest.raises(errors.ResourceNotFound):
        send("message_list", queue_name="none")
    send("subscription_create", queue_name="e")
    with pytest.raises(errors.ConflictError):
        send("subscription_create", queue_name="e")


@pytest.mark.parametrize("zaqar_server", ["authentication on"], indirect=True)
def test_bad_token(zaqar_server):
    server, project = zaqar_server
    with (
        transport.get_transport_for(server.url, options=options(project, "x")) as client,
        pytest.raises(errors.UnauthorizedError, match="Authentication failed"),
    ):
        client.send(Request(server.url, "queue_list"))
